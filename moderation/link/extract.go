package link

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

// Link is a link of a message.
type Link struct {
	Target     string // the address, as the platform or the author gave it
	Host       string // in canonical form; "" if the address has none
	Shown      string // the text that stands for it
	Start, End int    // bytes of the text
	user       bool
}

// maxLinks bounds the links that are looked at in one message. More are
// certainly too many.
const maxLinks = 200

// Links returns the links of a message in order: those that the platform
// marked, then those that only stand in the text. rest says that there were
// more than it looks at.
func Links(m *smm.Message) (links []Link, rest bool) {
	text := string(m.Text)
	for _, e := range m.Entities {
		if e.Kind != smm.EntityLink || e.Start < 0 || e.End > len(text) || e.Start >= e.End {
			continue
		}
		shown := text[e.Start:e.End]
		links = append(links, newLink(cmp.Or(e.Target, shown), shown, e.Start, e.End))
	}
	slices.SortFunc(links, func(a, b Link) int { return cmp.Compare(a.Start, b.Start) })
	for _, e := range written(text) {
		// Entities of one text do not overlap, so the last that begins before
		// the end of this one decides.
		i, _ := slices.BinarySearchFunc(links, e.End, func(l Link, end int) int { return cmp.Compare(l.Start, end) })
		if i > 0 && links[i-1].End > e.Start {
			continue
		}
		links = slices.Insert(links, i, newLink(e.Value, e.Value, e.Start, e.End))
		if len(links) > maxLinks {
			break
		}
	}
	if len(links) > maxLinks {
		return links[:maxLinks], true
	}
	return links, false
}

// written returns the addresses that stand in a text: those with a scheme,
// however odd their host, and those without whose top level domain exists.
func written(text string) []textx.Entity {
	return append(schemed(text), textx.Extract(text, textx.Rules{URLs: textx.TwitterRules().URLs})...)
}

// schemed finds what begins with http:// or https://, in any case, up to white
// space or a closing sign. Platforms that link text are stricter; here an odd
// address is looked at rather than passed over.
func schemed(text string) []textx.Entity {
	var out []textx.Entity
	for at := 0; len(out) <= maxLinks; {
		i := strings.Index(text[at:], "://")
		if i < 0 {
			break
		}
		i += at
		start := i - 4
		if start >= 1 && (text[i-1] == 's' || text[i-1] == 'S') {
			start--
		}
		at = i + 3
		if start < 0 || !strings.HasPrefix(strings.ToLower(text[start:i]), "http") {
			continue
		}
		end := len(text)
		if n := strings.IndexFunc(text[at:], endsAddress); n >= 0 {
			end = at + n
		}
		end = at + len(strings.TrimRight(text[at:end], ".,;:!?'*_)]}\u2026"))
		if end > at {
			out = append(out, textx.Entity{Kind: textx.URL, Start: start, End: end, Value: text[start:end]})
			at = end
		}
	}
	return out
}

func endsAddress(r rune) bool {
	return unicode.IsSpace(r) || r == utf8.RuneError || strings.ContainsRune("<>\"\u201c\u201d\u300c\u300d", r)
}

func newLink(target, shown string, start, end int) Link {
	l := Link{Target: target, Shown: shown, Start: start, End: end}
	var err error
	if l.Host, l.user, err = hostOf(target); err != nil {
		l.Host = ""
	}
	return l
}

// shownHost returns the host that the text of a link pretends to be, or "" if
// it does not look like an address.
func (l *Link) shownHost() string {
	shown := strings.TrimRight(strings.TrimSpace(l.Shown), "….")
	found := written(shown)
	if len(found) == 0 || found[0].Start != 0 {
		return ""
	}
	host, _, err := hostOf(found[0].Value)
	if err != nil {
		return ""
	}
	return host
}
