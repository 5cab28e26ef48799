package utm

import (
	"net"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// Skip says why a link was left alone.
type Skip string

// The reasons.
const (
	SkipNone    Skip = ""            // it was tagged
	SkipScheme  Skip = "scheme"      // mailto, tel and others have no query that analytics reads
	SkipAddress Skip = "address"     // not an address: no host, a password, broken encoding
	SkipHost    Skip = "host"        // not one of Convention.Only
	SkipNever   Skip = "never"       // one of Convention.Never
	SkipTagged  Skip = "tagged"      // it has tags, and Convention.Keep is set
	SkipWaits   Skip = "placeholder" // it stands for an address that is not known yet (smm.LinkPlaceholder)
)

// Change is what became of one link.
type Change struct {
	Platform smm.Platform
	Path     string // where in the post: "text", "card.url", "thread[0].text"; "" for Book.Link
	From, To string // To equals From if the link was skipped or was tagged like that before
	Skip     Skip
	// Longer is by how many Unicode code points the field at Path grew: 0 where
	// people see other words than the address. A platform that counts every link
	// alike (X) may charge less, which validation knows.
	Longer int
}

// Link puts the tags of v onto an address, in place of those it has. The Change
// says whether it did; a link that must not be tagged is no error. Errors are
// those of Tags.
func (b *Book) Link(address string, v Values) (Change, error) {
	t, err := b.Tags(v)
	if err != nil {
		return Change{}, err
	}
	return b.tagged(address, t), nil
}

func (b *Book) tagged(address string, t Tags) Change {
	c := Change{From: address, To: address}
	if address == smm.LinkPlaceholder {
		c.Skip = SkipWaits
		return c
	}
	if u, err := url.Parse(address); err == nil && u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		c.Skip = SkipScheme
		return c
	}
	a, err := Parse(address)
	if err != nil {
		c.Skip = SkipAddress
		return c
	}
	host := a.host()
	switch {
	case matchHost(b.conv.Never, host):
		c.Skip = SkipNever
	case len(b.conv.Only) > 0 && !matchHost(b.conv.Only, host):
		c.Skip = SkipHost
	case b.conv.Keep && (!a.Tags.IsZero() || len(a.Unknown) > 0):
		c.Skip = SkipTagged
	default:
		c.To = a.with(t)
		c.Longer = utf8.RuneCountInString(c.To) - utf8.RuneCountInString(c.From)
	}
	return c
}

// host returns the host in lower case, without port and final dot.
func (a *Address) host() string {
	_, rest, _ := strings.Cut(a.head, "://")
	host, _, _ := strings.Cut(rest, "/")
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// matchHost reports whether host is in a list whose entries may begin with a dot
// to mean subdomains too. International names match in the form in which they
// are written in both places.
func matchHost(list []string, host string) bool {
	for _, entry := range list {
		entry = strings.TrimSuffix(strings.ToLower(entry), ".")
		if name, ok := strings.CutPrefix(entry, "."); host == name || (ok && strings.HasSuffix(host, entry)) {
			return true
		}
	}
	return false
}

// span is a link in a text, in bytes.
type span struct{ start, end int }

// findLinks returns the http and https addresses in a text. One begins where a
// word begins, so that an address inside another (mailto:a@b?body=https://...)
// is not found, and ends before white space, quotation marks, the punctuation of
// Chinese and Japanese, and before punctuation that closes a sentence or an
// open bracket.
func findLinks(text string) []span {
	var out []span
	for i := 0; i < len(text); {
		if !hasScheme(text[i:]) || !mayPrecede(text[:i]) {
			i++
			continue
		}
		end := i + strings.IndexFunc(text[i:]+" ", endsLink)
		end = i + len(trimLink(text[i:end]))
		if smm.CheckWebURL(text[i:end]) == nil {
			out = append(out, span{i, end})
		}
		i = max(end, i+1)
	}
	return out
}

func hasScheme(s string) bool {
	for _, scheme := range [...]string{"https://", "http://"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

func mayPrecede(before string) bool {
	r, n := utf8.DecodeLastRuneInString(before)
	switch {
	case n == 0:
		return true
	case r < utf8.RuneSelf:
		return !isWord(r) && !strings.ContainsRune("=/:&?%@#_-.+~$", r)
	}
	return true
}

func isWord(r rune) bool {
	return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9')
}

func endsLink(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune("<>\"`\\^{}|«»“”„‘’。、\uff0c\uff01\uff1f\uff1a\uff1b\uff08\uff09「」『』【】\u3000\u00a0\u2028\u2029\u200b", r)
}

// trimLink takes off punctuation that belongs to the sentence, and a closing
// bracket that was not opened inside the address.
func trimLink(s string) string {
	for s != "" {
		last := s[len(s)-1]
		switch {
		case strings.IndexByte(".,:;!?'*", last) >= 0:
		case last == ')' && strings.Count(s, ")") > strings.Count(s, "("):
		case last == ']' && strings.Count(s, "]") > strings.Count(s, "["):
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}
