package textx

import (
	_ "embed" // for the list of top level domains
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed tlds.txt
var tldList string

// knownTLDs is built on first use; it is never written afterwards.
var knownTLDs = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{}, 1600)
	for line := range strings.Lines(tldList) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			set[line] = struct{}{}
		}
	}
	return set
})

// maxTLDLen bounds the search; the longest name of the list has 24 bytes in
// ASCII and 30 in other scripts.
const maxTLDLen = 48

func isTLD(s string) bool {
	if s == "" || len(s) > maxTLDLen {
		return false
	}
	_, ok := knownTLDs()[strings.ToLower(s)]
	return ok
}

// tldPrefix returns the length of the top level domain at the start of label,
// 0 if there is none. follow is what comes after the label. Text in another
// script may follow directly ("example.comです"), but no ASCII letter, digit,
// @, + or -.
func tldPrefix(label, follow string) int {
	n := 0
	for n < len(label) && isAlnum(label[n]) {
		n++
	}
	if n > 0 {
		if tldEnds(label[n:], follow) && isTLD(label[:n]) {
			return n
		}
		return punycodeTLD(label)
	}
	best := 0
	for i, r := range label {
		end := i + utf8.RuneLen(r)
		if r == utf8.RuneError || end > maxTLDLen {
			break
		}
		if isTLD(label[:end]) && tldEnds(label[end:], follow) {
			best = end
		}
	}
	return best
}

func punycodeTLD(label string) int {
	if len(label) < 5 || !strings.EqualFold(label[:4], "xn--") {
		return 0
	}
	n := 4
	for n < len(label) && (isAlnum(label[n]) || label[n] == '-') {
		n++
	}
	if n == 4 {
		return 0
	}
	return n
}

func tldEnds(rest, follow string) bool {
	if rest == "" {
		rest = follow
	}
	return rest == "" || !isAlnum(rest[0]) && rest[0] != '@' && rest[0] != '+' && rest[0] != '-'
}
