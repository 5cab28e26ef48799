package xtest

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/textx"
)

// entity is a part of a text as it is shown, in code points.
type entity struct {
	kind       textx.Kind
	start, end int
	value      string // the name of a mention, hashtag or cashtag
	user       *user  // of a mention of somebody who exists
	short      string // of an address
	expanded   string
	display    string
	mediaKey   string
}

func lower(v string) string { return strings.ToLower(v) }

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// writer builds the text of a post as it is shown, and finds its parts.
type writer struct {
	b      strings.Builder
	n      int // code points so far
	escape bool
}

func (w *writer) plain(t string) {
	if w.escape {
		t = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(t)
	}
	w.b.WriteString(t)
	w.n += utf8.RuneCountInString(t)
}

func (w *writer) put(t string, e entity) entity {
	e.start = w.n
	w.plain(t)
	e.end = w.n
	return e
}

// word writes a post's text as X does: those whom it answers in front, addresses
// replaced by short ones of 23 characters, and links to its media and to what it
// quotes at the end.
func (s *Server) word(p *post, answered []*user) {
	w := &writer{escape: s.opts.EscapeText}
	if !s.opts.BareReplies {
		for _, u := range answered {
			p.entities = append(p.entities, w.put("@"+u.name, entity{kind: textx.Mention, value: u.name, user: u}))
			w.plain(" ")
		}
	}
	p.mentions = append(p.mentions, answered...)
	p.shown = w.n
	pos := 0
	for _, e := range textx.Extract(p.asked, textx.TwitterRules()) {
		w.plain(p.asked[pos:e.Start])
		pos = e.End
		raw := p.asked[e.Start:e.End]
		out := entity{kind: e.Kind, value: e.Value}
		switch e.Kind {
		case textx.URL:
			p.links++
			out.expanded, out.short = expand(raw), shorten(raw)
			out.display = display(out.expanded)
			raw = out.short
		case textx.Mention:
			if out.user = s.names[lower(e.Value)]; out.user != nil {
				p.mentions = appendNew(p.mentions, out.user)
			}
		}
		p.entities = append(p.entities, w.put(raw, out))
	}
	w.plain(p.asked[pos:])
	s.attach(w, p)
	p.text = w.b.String()
}

func (s *Server) attach(w *writer, p *post) {
	add := func(e entity) {
		if w.n > 0 {
			w.plain(" ")
		}
		e.kind = textx.URL
		p.entities = append(p.entities, w.put(e.short, e))
	}
	if len(p.media) > 0 {
		short := shorten(p.id + " media")
		part := "/photo/1"
		if p.media[0].kind == "video" {
			part = "/video/1"
		}
		add(entity{short: short, expanded: permalink(p) + part, display: "pic.x.com/" + short[len(shortHost):], mediaKey: p.media[0].key})
	}
	if p.quote != nil {
		to := permalink(p.quote)
		add(entity{short: shorten(p.id + " quote"), expanded: to, display: display(to)})
	}
}

func appendNew(list []*user, u *user) []*user {
	for _, o := range list {
		if o == u {
			return list
		}
	}
	return append(list, u)
}

const shortHost = "https://t.co/"

// shorten gives an address of 23 characters, the same for the same input.
func shorten(v string) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte(v))
	n := binary.BigEndian.Uint64(sum[:8])
	out := make([]byte, 10)
	for i := range out {
		out[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return shortHost + string(out)
}

func expand(u string) string {
	if l := lower(u); strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://") {
		return u
	}
	return "http://" + u
}

func display(u string) string {
	_, rest, _ := strings.Cut(u, "://")
	rest = strings.TrimPrefix(rest, "www.")
	if r := []rune(rest); len(r) > 27 {
		return string(r[:26]) + "…"
	}
	return rest
}

// long reports whether a post has a text of its own beside the short one.
func (p *post) long() bool { return utf8.RuneCountInString(p.asked) > maxLength }

// short is the text as it is shown where long ones have no place.
func (p *post) short() string {
	if !p.long() {
		return p.text
	}
	r := []rune(p.text)
	return string(r[:maxLength-1]) + "…"
}

// entitiesJSON lists the parts that lie before a bound, in code points.
func entitiesJSON(list []entity, bound int) object {
	out := object{}
	add := func(kind string, o object) {
		l, _ := out[kind].([]object)
		out[kind] = append(l, o)
	}
	for _, e := range list {
		if e.end > bound {
			continue
		}
		o := object{"start": e.start, "end": e.end}
		switch e.kind {
		case textx.URL:
			o["url"], o["expanded_url"], o["display_url"] = e.short, e.expanded, e.display
			if e.mediaKey != "" {
				o["media_key"] = e.mediaKey
			}
			add("urls", o)
		case textx.Mention:
			o["username"] = e.value
			if e.user != nil {
				o["id"] = e.user.id
			}
			add("mentions", o)
		case textx.Hashtag:
			o["tag"] = e.value
			add("hashtags", o)
		case textx.Cashtag:
			o["tag"] = e.value
			add("cashtags", o)
		}
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
