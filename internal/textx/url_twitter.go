package textx

import (
	"strings"
	"unicode/utf8"
)

const (
	maxTwitterURL  = 4096 // bytes of the address with its scheme
	maxTcoSlug     = 40
	maxLabels      = 127 // more labels cannot be a DNS name
	defaultScheme  = "https://"
	tcoHost        = "t.co/"
	maxDomainBytes = 4096
	maxLabelBytes  = 1024 // far over the 63 that are allowed; bounds the work
)

// twitterURLs finds URLs after the rules of twitter-text. A URL needs a
// character before it that may precede one (or the start of the text); that
// character must not belong to the URL before.
func twitterURLs(es []Entity, text string) []Entity {
	if !strings.Contains(text, ".") {
		return es
	}
	h := &hosts{text: text}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		end := 0
		if mayPrecedeURL(r) {
			es, end = twitterURLAt(es, h, i+size, r)
		}
		if end == 0 && i == 0 {
			es, end = twitterURLAt(es, h, 0, -1)
		}
		if end > 0 {
			i = end
			continue
		}
		i = skipLabel(text, i+size, mayPrecedeURL(r))
	}
	return es
}

// skipLabel avoids trying every character of a long label as the start of a
// domain: a later start inside the same label sees the same labels after it,
// unless an underscore is passed or a scheme begins. It returns the position
// of the character before the next start that makes a difference.
func skipLabel(text string, i int, tried bool) int {
	if !tried {
		return i
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	if size == 0 || !isDomainRune(r) {
		return i
	}
	for i < len(text) {
		r, size = utf8.DecodeRuneInString(text[i:])
		if !isDomainRune(r) || schemeLen(text[i+size:]) > 0 {
			return i
		}
		i += size
	}
	return i
}

func mayPrecedeURL(r rune) bool {
	if r < utf8.RuneSelf {
		c := byte(r)
		return !isAlnum(c) && c != '@' && c != '$' && c != '#'
	}
	return r != '＠' && r != '＃' && !isInvalidTweetRune(r)
}

// twitterURLAt tries a URL at i, after the character before. It returns the
// position where the search goes on, 0 if there is no URL. A URL may match
// and yet be refused: then the search goes on behind it.
func twitterURLAt(es []Entity, h *hosts, i int, before rune) ([]Entity, int) {
	text := h.text
	hostAt := i + schemeLen(text[i:])
	hostEnd := h.domain(hostAt)
	if hostEnd == 0 {
		return es, 0
	}
	host := text[hostAt:hostEnd]
	end := hostEnd
	if n := portLen(text[end:]); n > 0 {
		end += n
	}
	pathAt := end
	if end < len(text) && text[end] == '/' {
		end = twitterPath(text, end+1)
	}
	hasPath := end > pathAt
	end = twitterQuery(text, end)
	scheme := text[i:hostAt]
	if !validHostLabels(host) || max(len(scheme), len(defaultScheme))+end-i > maxTwitterURL {
		return es, end
	}
	if scheme == "" {
		if before == '-' || before == '_' || before == '.' || before == '/' {
			return es, end
		}
		return bareDomains(es, text, hostAt, hostEnd, end, hasPath), end
	}
	tcoEnd, ok := trimTco(text[hostAt:end])
	if !ok {
		return es, end
	}
	if tcoEnd > 0 {
		end = hostAt + tcoEnd
	}
	return append(es, Entity{Kind: URL, Start: i, End: end, Value: text[i:end]}), end
}

func schemeLen(s string) int {
	for _, p := range [...]string{"https://", "http://"} {
		if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
			return len(p)
		}
	}
	return 0
}

func portLen(s string) int {
	if len(s) < 2 || s[0] != ':' || !isDigit(s[1]) {
		return 0
	}
	n := 2
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// trimTco cuts an address of X's own shortener behind its slug or query. It
// returns 0 if host is another one, and false if the slug is too long.
func trimTco(rest string) (int, bool) {
	if len(rest) <= len(tcoHost) || !strings.EqualFold(rest[:len(tcoHost)], tcoHost) {
		return 0, true
	}
	n := len(tcoHost)
	for n < len(rest) && isAlnum(rest[n]) {
		n++
	}
	slug := n - len(tcoHost)
	if slug == 0 {
		return 0, true
	}
	if slug > maxTcoSlug {
		return 0, false
	}
	return twitterQuery(rest, n), true
}
