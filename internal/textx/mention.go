package textx

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const fullwidthAt = "＠"

// atSign returns the width of the at sign at i, 0 if there is none.
func atSign(text string, i int) int {
	if text[i] == '@' {
		return 1
	}
	if strings.HasPrefix(text[i:], fullwidthAt) {
		return len(fullwidthAt)
	}
	return 0
}

func twitterMentions(es []Entity, text string) []Entity {
	const maxName, maxList = 20, 25
	from := 0 // the character before a mention must not belong to the last one
	for i := 0; i < len(text); {
		at := atSign(text, i)
		if at == 0 {
			i++
			continue
		}
		nameAt := i + at
		end := nameAt
		for end < len(text) && end-nameAt < maxName && isWord(text[end]) {
			end++
		}
		if end == nameAt || !mayPrecedeMention(text, from, i) {
			i += at
			continue
		}
		if end+1 < len(text) && text[end] == '/' && isAlpha(text[end+1]) {
			slug := end + 1
			end += 2
			for end < len(text) && end-slug < maxList && (isWord(text[end]) || text[end] == '-') {
				end++
			}
		}
		if !endsMention(text[end:]) {
			es = append(es, Entity{Kind: Mention, Start: i, End: end, Value: text[nameAt:end]})
		}
		i, from = end, end
	}
	return es
}

// mayPrecedeMention: no word character or one of !#$%&*@ stands before the
// sign, unless it is the end of "RT" or "RT:" that stands alone.
func mayPrecedeMention(text string, from, i int) bool {
	if i == 0 {
		return true
	}
	if i <= from {
		return false
	}
	r := prevRune(text, i)
	if r >= utf8.RuneSelf && r != '＠' || r < utf8.RuneSelf && !isWord(byte(r)) && !strings.ContainsRune("!#$%&*@", r) {
		return true
	}
	rt := i - 2
	if rt < from || !strings.EqualFold(text[rt:i], "rt") {
		return false
	}
	if rt == 0 {
		return true
	}
	if rt == from {
		return false
	}
	r = prevRune(text, rt)
	return r >= utf8.RuneSelf || !isWord(byte(r)) && !strings.ContainsRune("+~.-", r)
}

// endsMention reports what may not follow a user name: another sign, an
// accented letter or "://".
func endsMention(rest string) bool {
	if rest == "" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return r == '@' || r == '＠' || isLatinAccent(r) || strings.HasPrefix(rest, "://")
}

func fediverseMentions(es []Entity, text string) []Entity {
	for i := 0; i < len(text); {
		if text[i] != '@' {
			i++
			continue
		}
		end := fediverseUser(text, i+1)
		before := prevRune(text, i)
		if end == i+1 || before == '/' || before == '@' || before >= 0 && isWordRune(before) {
			i++
			continue
		}
		if end < len(text) && text[end] == '@' {
			if host := fediverseHost(text, end+1); host > end+1 {
				end = host
			}
		}
		es = append(es, Entity{Kind: Mention, Start: i, End: end, Value: text[i+1 : end]})
		i = end
	}
	return es
}

// fediverseUser: [a-z0-9_] with dots and hyphens inside.
func fediverseUser(text string, i int) int {
	end := i
	for j := i; j < len(text); j++ {
		if isWord(text[j]) {
			end = j + 1
		} else if text[j] != '.' && text[j] != '-' || j == i {
			break
		}
	}
	return end
}

// fediverseHost: letters and digits of any script, dots and hyphens inside,
// and a port.
func fediverseHost(text string, i int) int {
	end := i
	for j := i; j < len(text); {
		r, size := utf8.DecodeRuneInString(text[j:])
		switch {
		case r != utf8.RuneError && isWordRune(r):
			end = j + size
		case (r == '.' || r == '-') && j > i:
		default:
			return end + portLen(text[end:])
		}
		j += size
	}
	return end
}

func blueskyMentions(es []Entity, text string) []Entity {
	for i := 0; i < len(text); {
		if text[i] != '@' {
			i++
			continue
		}
		before := prevRune(text, i)
		end := i + 1
		if before < 0 || before == '(' || unicode.IsSpace(before) {
			end = handleEnd(text, i+1)
		}
		if end > i+1 {
			es = append(es, Entity{Kind: Mention, Start: i, End: end, Value: text[i+1 : end]})
		}
		i = end
	}
	return es
}

// handleEnd returns the end of the handle at i (i if there is none): labels of
// letters, digits and inner hyphens, 63 bytes each and 253 in all, the last
// one a known top level domain or ".test" (AT Protocol handle syntax, and the
// client's check of the domain).
func handleEnd(text string, i int) int {
	run := i
	for run < len(text) && (isAlnum(text[run]) || text[run] == '.' || text[run] == '-') {
		run++
	}
	if run < len(text) && (text[run] == '_' || text[run] >= utf8.RuneSelf && isWordRune(firstRune(text[run:]))) {
		return i
	}
	handle := strings.TrimRight(text[i:run], ".-")
	labels := strings.Split(handle, ".")
	if len(handle) > 253 || len(labels) < 2 {
		return i
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return i
		}
	}
	last := labels[len(labels)-1]
	if !isTLD(last) && !strings.EqualFold(last, "test") && punycodeTLD(last) != len(last) {
		return i
	}
	return i + len(handle)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
