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

// labelRun is a run of characters that a label may have.
type labelRun struct {
	start, end int
	last       int // where the last character starts
	underscore int // where the last underscore is, -1 if there is none
	tld        int // length of the top level domain it starts with, -1 if nobody asked
}

// from is the part of the run that starts at i, as a label.
func (l *labelRun) from(text string, i int) (end int, sub, name bool) {
	if i >= l.end || text[i] == '-' || text[i] == '_' {
		return i, false, false
	}
	if l.last-i > maxLabelBytes {
		return i + maxLabelBytes + 1, false, false
	}
	sub = text[l.last] != '-' && text[l.last] != '_'
	return l.end, sub, sub && l.underscore < i
}

// hosts finds the domains of one text. It remembers the labels that it has
// read, because in "a.a.a.a" or "a-a-a" each character may begin a domain, and
// reading on from each of them would cost a thousand times the length.
type hosts struct {
	text string
	runs []labelRun // neighbours with a dot between them; the last may be empty
	gone int        // how many of runs are behind the search
}

// at returns the index of the run with the character at i, which it reads if
// need be.
func (h *hosts) at(i int) int {
	for h.gone < len(h.runs) && h.runs[h.gone].end <= i {
		h.gone++
	}
	if h.gone == len(h.runs) || h.runs[h.gone].start > i {
		h.runs, h.gone = append(h.runs[:0], readRun(h.text, i)), 0
	}
	if h.gone > 2*maxLabels {
		h.runs = append(h.runs[:0], h.runs[h.gone:]...)
		h.gone = 0
	}
	return h.gone
}

func readRun(text string, i int) labelRun {
	l := labelRun{start: i, end: i, last: i, underscore: -1, tld: -1}
	for l.end < len(text) {
		r, size := utf8.DecodeRuneInString(text[l.end:])
		if r == '_' {
			l.underscore = l.end
		} else if r != '-' && !isDomainRune(r) {
			break
		}
		l.last = l.end
		l.end += size
	}
	return l
}

// topLevel is the length of the top level domain that the run k starts with.
func (h *hosts) topLevel(k int) int {
	l := &h.runs[k]
	if l.tld < 0 {
		end, _, _ := l.from(h.text, l.start)
		l.tld = tldPrefix(h.text[l.start:end], h.text[end:])
	}
	return l.tld
}

// domain returns the end of the domain that starts at i, 0 if there is none.
// It takes as many labels as possible before a top level domain.
func (h *hosts) domain(i int) int {
	if i >= len(h.text) {
		return 0
	}
	if r, _ := utf8.DecodeRuneInString(h.text[i:]); !isDomainRune(r) {
		return 0
	}
	first := h.at(i)
	var names [maxLabels]bool
	n := 0
	for at := i; n < maxLabels && at <= len(h.text); n++ {
		if first+n == len(h.runs) {
			h.runs = append(h.runs, readRun(h.text, at))
		}
		end, sub, name := h.runs[first+n].from(h.text, at)
		names[n] = name
		if end-i > maxDomainBytes || end >= len(h.text) || h.text[end] != '.' || !sub {
			n++
			break
		}
		at = end + 1
	}
	for k := n - 1; k >= 1; k-- {
		if !names[k-1] {
			continue
		}
		if m := h.topLevel(first + k); m > 0 {
			return h.runs[first+k].start + m
		}
	}
	return 0
}

// bareDomains adds the ASCII (and Latin) domains inside a host that was
// written without a scheme; a path belongs to the last of them.
func bareDomains(es []Entity, text string, hostAt, hostEnd, end int, hasPath bool) []Entity {
	first := len(es)
	for i := hostAt; i < hostEnd; {
		e, read := asciiDomain(text[:hostEnd], i)
		if e == 0 {
			// What starts later in the same labels has the same ones after it.
			_, size := utf8.DecodeRuneInString(text[i:])
			i = max(read, i+size)
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

// asciiDomain returns the end of the domain that starts at i, 0 if there is
// none, and how far it looked.
func asciiDomain(host string, i int) (best, read int) {
	for at, n := i, 0; n < maxLabels; n++ {
		end := at
		for end < len(host) {
			r, size := utf8.DecodeRuneInString(host[end:])
			if r != '-' && (r >= utf8.RuneSelf || !isAlnum(byte(r))) && !isLatinAccent(r) {
				break
			}
			end += size
		}
		read = end
		if end == at || end >= len(host) || host[end] != '.' {
			return best, read
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
	return best, read
}

// validHostLabels refuses labels over 63 bytes in their ASCII form, and a
// host that starts as Punycode but is not ASCII.
func validHostLabels(host string) bool {
	if strings.HasPrefix(host, "xn--") {
		if end, _ := asciiDomain(host, 0); end == 0 {
			return false
		}
	}
	for l := range strings.SplitSeq(host, ".") {
		if n := asciiLabelLen(l); n < 1 || n > 63 {
			return false
		}
	}
	return true
}
