package textx

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const fullwidthHash = "＃"

// hashSign returns the width of the hash sign at i, 0 if there is none.
func hashSign(text string, i int) int {
	if text[i] == '#' {
		return 1
	}
	if strings.HasPrefix(text[i:], fullwidthHash) {
		return len(fullwidthHash)
	}
	return 0
}

const (
	textSelector  = 0xFE0E // variation selector for text presentation
	emojiSelector = 0xFE0F // variation selector for emoji presentation
	keycapMark    = 0x20E3
	joiner        = 0x200D // zero width joiner
	nonJoiner     = 0x200C
)

func isTwitterTagRune(r rune) (ok, letter bool) {
	if r < utf8.RuneSelf {
		c := byte(r)
		return isWord(c), isAlpha(c)
	}
	if r == utf8.RuneError {
		return false, false
	}
	if unicode.IsLetter(r) || unicode.IsMark(r) {
		return true, true
	}
	switch r {
	case nonJoiner, joiner, 0xA67E, 0x05BE, 0x05F3, 0x05F4, '～', '〜', 0x309B, 0x309C, 0x30A0, '・', '〃', 0x0F0B, 0x0F0C, '·':
		return true, false
	}
	return unicode.Is(unicode.Nd, r), false
}

func twitterHashtags(es []Entity, text string) []Entity {
	from := 0 // the character before a hashtag must not belong to the last one
	for i := 0; i < len(text); {
		sign := hashSign(text, i)
		if sign == 0 {
			i++
			continue
		}
		nameAt := i + sign
		end, letters := nameAt, false
		if next := firstRune(text[nameAt:]); next != emojiSelector && next != keycapMark {
			for end < len(text) {
				r, size := utf8.DecodeRuneInString(text[end:])
				ok, letter := isTwitterTagRune(r)
				if !ok {
					break
				}
				letters = letters || letter
				end += size
			}
		}
		if !letters || i > 0 && i <= from || !mayPrecedeHashtag(prevRune(text, i)) {
			i = nameAt
			continue
		}
		if end >= len(text) || hashSign(text, end) == 0 && !strings.HasPrefix(text[end:], "://") {
			es = append(es, Entity{Kind: Hashtag, Start: i, End: end, Value: text[nameAt:end]})
		}
		i, from = end, end
	}
	return es
}

func mayPrecedeHashtag(r rune) bool {
	if r < 0 || r == textSelector || r == emojiSelector {
		return true
	}
	ok, _ := isTwitterTagRune(r)
	return !ok && r != '&'
}

// fediverseHashtags follows the documented rule of Mastodon: a sign that does
// not follow a word character, a slash or a closing parenthesis; then word
// characters with middle dots, katakana middle dots, hyphenation points and
// non-joiners inside; not digits alone.
func fediverseHashtags(es []Entity, text string) []Entity {
	for i := 0; i < len(text); {
		sign := hashSign(text, i)
		if sign == 0 {
			i++
			continue
		}
		nameAt := i + sign
		before := prevRune(text, i)
		if before == '/' || before == ')' || before == '=' || before == '&' || before >= 0 && isWordRune(before) && before != emojiSelector {
			i = nameAt
			continue
		}
		end, letters := nameAt, false
		for j := nameAt; j < len(text); {
			r, size := utf8.DecodeRuneInString(text[j:])
			inner := r == '·' || r == '・' || r == '‧' || r == nonJoiner
			if !inner && (r == utf8.RuneError || !isWordRune(r)) || inner && j == nameAt {
				break
			}
			j += size
			if !inner {
				end = j
				letters = letters || r != '_' && !unicode.IsNumber(r) && r != emojiSelector && r != keycapMark
			}
		}
		if letters {
			es = append(es, Entity{Kind: Hashtag, Start: i, End: end, Value: text[nameAt:end]})
		}
		i = max(end, nameAt)
	}
	return es
}

// maxBlueskyTag is the limit of app.bsky.richtext.facet#tag, in graphemes.
const maxBlueskyTag = 64

func blueskyHashtags(es []Entity, text string) []Entity {
	for i := 0; i < len(text); {
		sign := hashSign(text, i)
		if sign == 0 {
			i++
			continue
		}
		nameAt := i + sign
		before := prevRune(text, i)
		if before >= 0 && !unicode.IsSpace(before) || firstRune(text[nameAt:]) == emojiSelector {
			i = nameAt
			continue
		}
		end := nameAt
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if unicode.IsSpace(r) || isHidden(r) || r == keycapMark {
				break
			}
			end += size
		}
		name := strings.TrimRightFunc(text[nameAt:end], unicode.IsPunct)
		if strings.ContainsFunc(name, isTagBody) && Graphemes(name) <= maxBlueskyTag {
			es = append(es, Entity{Kind: Hashtag, Start: i, End: nameAt + len(name), Value: name})
		}
		i = end
	}
	return es
}

func isTagBody(r rune) bool { return !unicode.IsDigit(r) && !unicode.IsPunct(r) }

// isHidden are the invisible characters that end a Bluesky tag.
func isHidden(r rune) bool {
	return r == 0xAD || r == 0x2060 || r >= 0x200A && r <= 0x200D || r == 0x20E2
}

// cashtags finds $TICKER after white space: up to six letters, then
// optionally a dot or underscore and one or two letters.
func cashtags(es []Entity, text string) []Entity {
	for i := range len(text) {
		if text[i] != '$' || i > 0 && !isTwitterSpace(prevRune(text, i)) {
			continue
		}
		end := alphaRun(text, i+1)
		if end == i+1 || end-i-1 > 6 {
			continue
		}
		if end < len(text) && (text[end] == '.' || text[end] == '_') {
			if suffix := alphaRun(text, end+1); suffix > end+1 && suffix <= end+3 && endsCashtag(text[suffix:]) {
				end = suffix
			}
		}
		if endsCashtag(text[end:]) {
			es = append(es, Entity{Kind: Cashtag, Start: i, End: end, Value: text[i+1 : end]})
		}
	}
	return es
}

func alphaRun(text string, i int) int {
	for i < len(text) && isAlpha(text[i]) {
		i++
	}
	return i
}

func endsCashtag(rest string) bool {
	if rest == "" {
		return true
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsSpace(r) || r < utf8.RuneSelf && isTwitterPunct(byte(r))
}
