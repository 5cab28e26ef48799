package textx

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// schemeURLs finds http:// and https:// addresses: everything up to white
// space or one of <>"`, less trailing punctuation and brackets that were not
// opened inside. The host needs a dot inside, or a port, or brackets.
func schemeURLs(es []Entity, text string) []Entity {
	for i := 0; i < len(text); {
		at := strings.Index(text[i:], "://")
		if at < 0 {
			return es
		}
		at += i
		start := at - schemeBack(text[i:at])
		i = at + len("://")
		if start == at || !startsWord(text, start) {
			continue
		}
		// The host is judged before the rest is read, so that a row of
		// schemes does not cost the square of its length.
		if !plausibleHost(hostPart(text[i:])) {
			continue
		}
		end := urlEnd(text, i)
		es = append(es, Entity{Kind: URL, Start: start, End: end, Value: text[start:end]})
		i = end
	}
	return es
}

// schemeBack is the length of "http" or "https" at the end of s.
func schemeBack(s string) int {
	for _, p := range [...]string{"https", "http"} {
		if len(s) >= len(p) && strings.EqualFold(s[len(s)-len(p):], p) {
			return len(p)
		}
	}
	return 0
}

// startsWord: no ASCII word character stands before i. Other scripts do not
// put spaces around a URL.
func startsWord(text string, i int) bool {
	r := prevRune(text, i)
	return r < 0 || r >= utf8.RuneSelf || !isWord(byte(r))
}

func endsURL(r rune) bool {
	return r <= ' ' || r == 0x7F || unicode.IsSpace(r) || strings.ContainsRune("<>\"`「」『』（）。、", r)
}

func urlEnd(text string, i int) int {
	end := strings.IndexFunc(text[i:], endsURL)
	if end < 0 {
		end = len(text) - i
	}
	return i + len(trimURL(text[i:i+end]))
}

// hostPart is the host with port and user at the start of s.
func hostPart(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return r == '/' || r == '?' || r == '#' || endsURL(r) })
	if end < 0 {
		end = len(s)
	}
	if end < len(s) && s[end] == '/' {
		return s[:end]
	}
	return trimURL(s[:end])
}

// trimURL removes trailing punctuation and unbalanced closing brackets.
func trimURL(s string) string {
	opened := [...]int{
		strings.Count(s, "(") - strings.Count(s, ")"),
		strings.Count(s, "[") - strings.Count(s, "]"),
		strings.Count(s, "{") - strings.Count(s, "}"),
	}
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		if k := strings.IndexRune(")]}", r); k >= 0 {
			if opened[k] >= 0 {
				return s
			}
			opened[k]++
		} else if k := strings.IndexRune("([{", r); k >= 0 {
			opened[k]--
		} else if !strings.ContainsRune(".,;:!?'*~|…’”»！？，；：", r) {
			return s
		}
		s = s[:len(s)-size]
	}
	return s
}

func plausibleHost(host string) bool {
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if strings.HasPrefix(host, "[") {
		return strings.Contains(host, "]")
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && (port == "" || strings.Trim(port, "0123456789") != "") {
		return false
	}
	dot := strings.IndexByte(name, '.')
	return name != "" && (hasPort || dot > 0) && !strings.HasSuffix(name, ".") && !strings.Contains(name, "..")
}

// blueskyURLs finds addresses with a scheme, and bare domains after a space
// or an opening parenthesis.
func blueskyURLs(es []Entity, text string) []Entity {
	es = schemeURLs(es, text)
	for i := 0; i < len(text); {
		before := prevRune(text, i)
		if !isAlpha(text[i]) || before >= 0 && before != '(' && !unicode.IsSpace(before) {
			i++
			continue
		}
		end := urlEnd(text, i)
		if host := bareHost(text[i:end]); host > 0 {
			es = append(es, Entity{Kind: URL, Start: i, End: end, Value: text[i:end]})
		}
		i = max(end, i+1)
	}
	return es
}

// bareHost is the length of a domain with a known top level domain that s
// starts with, followed by nothing, a port, a path, a query or a fragment.
func bareHost(s string) int {
	n := strings.IndexAny(s, ":/?#")
	if n < 0 {
		n = len(s)
	}
	labels := strings.Split(s[:n], ".")
	if len(labels) < 2 || len(labels) > maxLabels || n < len(s) && s[n] == ':' && portLen(s[n:]) == 0 {
		return 0
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return 0
		}
		for i := range len(l) {
			if !isAlnum(l[i]) && l[i] != '-' {
				return 0
			}
		}
	}
	if !isTLD(labels[len(labels)-1]) {
		return 0
	}
	return n
}
