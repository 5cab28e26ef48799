package textx

import (
	"strings"
	"unicode/utf8"
)

// isDomainRune reports whether r may start or end a label: anything but
// punctuation, spaces and directional marks. Hyphen and underscore are
// allowed inside only.
func isDomainRune(r rune) bool {
	if r < utf8.RuneSelf {
		return !isTwitterPunct(byte(r)) && !isTwitterSpace(r)
	}
	return !isTwitterSpace(r) && !isInvalidTweetRune(r) && !isDirectional(r)
}

type label struct {
	start, end int
	sub        bool // valid as a subdomain
	name       bool // valid as the name before the top level domain
}

// twitterDomain returns the end of the domain that starts at i, 0 if there is
// none. It takes as many labels as possible before a top level domain.
func twitterDomain(text string, i int) int {
	if i >= len(text) {
		return 0
	}
	if r, _ := utf8.DecodeRuneInString(text[i:]); !isDomainRune(r) {
		return 0
	}
	var labels [maxLabels]label
	n := 0
	for at := i; n < maxLabels && at <= len(text); n++ {
		labels[n] = scanLabel(text, at)
		end := labels[n].end
		if end-i > maxDomainBytes || end >= len(text) || text[end] != '.' || !labels[n].sub {
			n++
			break
		}
		at = end + 1
	}
	for k := n - 1; k >= 1; k-- {
		if !labels[k-1].name {
			continue
		}
		l := labels[k]
		if m := tldPrefix(text[l.start:l.end], text[l.end:]); m > 0 {
			return l.start + m
		}
	}
	return 0
}

func scanLabel(text string, i int) label {
	l := label{start: i, end: i}
	edge, underscore := false, false
	for l.end < len(text) {
		r, size := utf8.DecodeRuneInString(text[l.end:])
		inner := r == '-' || r == '_'
		if !inner && !isDomainRune(r) {
			break
		}
		if l.end == i && inner || l.end-i > maxLabelBytes {
			return label{start: i, end: l.end}
		}
		underscore = underscore || r == '_'
		edge = !inner
		l.end += size
	}
	l.sub = l.end > i && edge
	l.name = l.sub && !underscore
	return l
}

// bareDomains adds the ASCII (and Latin) domains inside a host that was
// written without a scheme; a path belongs to the last of them.
func bareDomains(es []Entity, text string, hostAt, hostEnd, end int, hasPath bool) []Entity {
	first := len(es)
	for i := hostAt; i < hostEnd; {
		e := asciiDomain(text[:hostEnd], i)
		if e == 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		es = append(es, Entity{Kind: URL, Start: i, End: e, Value: text[i:e]})
		i = e
	}
	if hasPath && len(es) > first {
		last := &es[len(es)-1]
		last.Value += text[hostEnd:end]
		last.End = end
	}
	return es
}

func asciiDomain(host string, i int) int {
	best := 0
	for at, n := i, 0; n < maxLabels; n++ {
		end := at
		for end < len(host) {
			r, size := utf8.DecodeRuneInString(host[end:])
			if r != '-' && (r >= utf8.RuneSelf || !isAlnum(byte(r))) && !isLatinAccent(r) {
				break
			}
			end += size
		}
		if end == at || end >= len(host) || host[end] != '.' {
			return best
		}
		at = end + 1
		stop := strings.IndexByte(host[at:], '.')
		if stop < 0 {
			stop = len(host) - at
		}
		if m := tldPrefix(host[at:at+stop], host[at+stop:]); m > 0 {
			best = at + m
		}
	}
	return best
}

// validHostLabels refuses labels over 63 bytes in their ASCII form, and a
// host that starts as Punycode but is not ASCII.
func validHostLabels(host string) bool {
	if strings.HasPrefix(host, "xn--") && asciiDomain(host, 0) == 0 {
		return false
	}
	for l := range strings.SplitSeq(host, ".") {
		if n := asciiLabelLen(l); n < 1 || n > 63 {
			return false
		}
	}
	return true
}
