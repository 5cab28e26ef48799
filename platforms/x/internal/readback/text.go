// Package readback tells whether a text that X gives back is one that was sent.
//
// X changes texts: links become short ones of t.co, those to a post's own media
// and to what it quotes are added at the end, replies begin with the names of
// those whom they answer, and & < > are escaped. What it documents of that is
// taken into account; where it is not certain the answer is Maybe, because a No
// that is wrong makes a second post.
package readback

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/textx"
)

// Fit says how sure it is that something is what was sent.
type Fit int

// The answers, in the order of their certainty.
const (
	No Fit = iota
	Maybe
	Yes
)

// Link is a link of a text: its address there, "" if it has none, and where it
// leads, "" if X does not say.
type Link struct {
	Short, Long string
	Media       bool // X says that it leads to media of the post
}

// Text is a text as X gives it back.
type Text struct {
	Text   string
	Links  []Link
	Media  bool   // the post has media
	Quoted string // the post that the one that was sent quotes; "" for none
	Short  bool   // the text may be cut, as the short form of a long one is
}

var (
	shortLink = regexp.MustCompile(`https?://t\.co/\w+`)
	mediaLink = regexp.MustCompile(`/status/\d+/(photo|video)/\d+$`)
)

var escapes = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// Unescape takes back X's escapes of & < >, once.
func Unescape(text string) string { return escapes.Replace(text) }

// same compares with and without X's escapes, which it is not certain to make.
func same(got, want string) bool {
	return textx.SameText(got, want) || textx.SameText(Unescape(got), want)
}

// LeadsToMedia reports whether an address is one of media of a post.
func LeadsToMedia(address string) bool { return mediaLink.MatchString(address) }

// Is says whether t is the text sent; reply says that it was one, and so may
// begin with names. It says No only where it is certain.
func (t *Text) Is(sent string, reply bool) Fit {
	want, hosts := sentLinks(sent, true)
	long := t.long()
	if slices.ContainsFunc(withoutNames(long, reply), func(s string) bool { return same(s, want) }) {
		return Yes
	}
	if t.Short && slices.ContainsFunc(withoutNames(long, reply), func(s string) bool { return isCut(s, want) }) {
		return Maybe
	}
	if !shortLink.MatchString(t.Text) || !t.mayLead(hosts) {
		return No // every difference is one of words
	}
	// Without its links, as X's long form of one may be another than what was sent.
	bare, _ := sentLinks(sent, false)
	rest := strings.TrimSpace(shortLink.ReplaceAllString(t.Text, ""))
	if slices.ContainsFunc(withoutNames(rest, reply), func(s string) bool { return same(s, bare) }) {
		return Maybe
	}
	return No
}

// long is the text with links in their long form and without those that X added.
// Links are found by their address and not by their place, which counts in units
// that X's pages do not agree on.
func (t *Text) long() string {
	text := t.Text
	for _, l := range t.Links {
		if l.Short == "" || l.Long == "" {
			continue
		}
		to := plainURL(l.Long)
		if l.Media || t.Media && LeadsToMedia(l.Long) || t.Quoted != "" && strings.HasSuffix(to, "/status/"+t.Quoted) {
			to = ""
		}
		text = strings.ReplaceAll(text, l.Short, to)
	}
	text = strings.TrimSpace(text)
	for t.Media { // addresses at the end that no link explains
		at := shortLink.FindAllStringIndex(text, -1)
		if len(at) == 0 || at[len(at)-1][1] != len(text) {
			break
		}
		text = strings.TrimSpace(text[:at[len(at)-1][0]])
	}
	out, _ := sentLinks(text, true) // messages may have links as they were sent
	return out
}

// plainURL leaves out of an address what X may add or change: the scheme, the
// case of the host, a slash at the end.
func plainURL(raw string) string {
	if scheme, rest, ok := strings.Cut(raw, "://"); ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http")) {
		raw = rest
	}
	host, path, _ := strings.Cut(raw, "/")
	if path == "" {
		return strings.ToLower(host)
	}
	return strings.ToLower(host) + "/" + strings.TrimSuffix(path, "/")
}

// sentLinks replaces the links of a text as it was sent by their plain form, or by
// nothing, and returns their hosts.
func sentLinks(text string, keep bool) (out string, hosts []string) {
	var b strings.Builder
	pos := 0
	for _, e := range textx.Extract(text, textx.TwitterRules()) {
		if e.Kind != textx.URL {
			continue
		}
		b.WriteString(text[pos:e.Start])
		plain := plainURL(text[e.Start:e.End])
		if keep {
			b.WriteString(plain)
		}
		host, _, _ := strings.Cut(plain, "/")
		hosts = append(hosts, host)
		pos = e.End
	}
	return b.String() + text[pos:], hosts
}

// mayLead reports whether the links may be those that were sent: one that X does
// not explain may lead anywhere.
func (t *Text) mayLead(hosts []string) bool {
	if len(t.Links) == 0 {
		return true
	}
	var got []string
	for _, l := range t.Links {
		u, err := url.Parse(l.Long)
		if err != nil || u.Host == "" {
			return true
		}
		got = append(got, strings.ToLower(u.Host))
	}
	return !slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(got, h) })
}

// isCut reports whether a text is the beginning of what was sent, as the short
// form of a long post is.
func isCut(text, want string) bool {
	text, rest, ok := strings.Cut(text, "…")
	return ok && strings.TrimSpace(rest) == "" && utf8.RuneCountInString(text) > 100 && strings.HasPrefix(textx.Canonical(want), textx.Canonical(text))
}

// withoutNames is a text, and for a reply also what is left of it without the
// first name at its beginning, without the first two, and so on.
func withoutNames(text string, reply bool) []string {
	out := []string{text}
	for reply && strings.HasPrefix(text, "@") {
		name, rest, ok := strings.Cut(text[1:], " ")
		if strings.ContainsAny(name, "@#/.:") {
			break
		}
		if text = strings.TrimSpace(rest); !ok {
			text = ""
		}
		out = append(out, text)
	}
	return out
}
