package textx

import (
	"sort"
	"strings"
	"unicode/utf8"
)

func isEmojiRune(r rune) bool {
	if r < 0xA9 {
		return false
	}
	i := sort.Search(len(emojiRanges), func(i int) bool { return emojiRanges[i][1] >= r })
	return i < len(emojiRanges) && emojiRanges[i][0] <= r
}

// needsSelector are shown as text unless the emoji selector follows.
func needsSelector(r rune) bool { return r == 0xA9 || r == 0xAE || r == 0x2122 || r == 0x265F }

const (
	regionalA, regionalZ = 0x1F1E6, 0x1F1FF
	tonesFrom, tonesTo   = 0x1F3FB, 0x1F3FF
	blackFlag            = 0x1F3F4
	tagFrom, tagCancel   = 0xE0020, 0xE007F
	maxJoined            = 4 // parts of the longest published joined sequence
)

// emojiAt returns the length in bytes of the emoji at the start of s, 0 if
// there is none: a keycap, a flag, or up to four pictographs joined by zero
// width joiners, each with a skin tone or a presentation selector.
func emojiAt(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	if r < utf8.RuneSelf {
		return keycapAt(s, r)
	}
	if r >= regionalA && r <= regionalZ {
		return flagAt(s, r, size)
	}
	end := pictographAt(s)
	if end == 0 {
		if r >= tonesFrom && r <= tonesTo {
			return size // a lone skin tone is shown as a swatch
		}
		return 0
	}
	for parts := 1; parts < maxJoined; parts++ {
		j, w := utf8.DecodeRuneInString(s[end:])
		if j != joiner {
			break
		}
		n := pictographAt(s[end+w:])
		if n == 0 {
			break
		}
		end += w + n
	}
	return end
}

func keycapAt(s string, r rune) int {
	if (r < '0' || r > '9') && r != '#' && r != '*' {
		return 0
	}
	end := 1
	if next, w := utf8.DecodeRuneInString(s[end:]); next == emojiSelector {
		end += w
	}
	if next, w := utf8.DecodeRuneInString(s[end:]); next == keycapMark {
		return end + w
	}
	return 0
}

func flagAt(s string, first rune, size int) int {
	second, w := utf8.DecodeRuneInString(s[size:])
	if second < regionalA || second > regionalZ {
		return 0
	}
	region := string([]byte{byte('A' + first - regionalA), byte('A' + second - regionalA)})
	for at := 0; at < len(flagRegions); at += 2 {
		if flagRegions[at:at+2] == region {
			return size + w
		}
	}
	return 0
}

func pictographAt(s string) int {
	r, end := utf8.DecodeRuneInString(s)
	if !isEmojiRune(r) {
		return 0
	}
	next, w := utf8.DecodeRuneInString(s[end:])
	switch {
	case next == textSelector:
		return 0
	case next == emojiSelector:
		end += w
	case needsSelector(r):
		return 0
	}
	if r == blackFlag {
		return end + subdivisionTags(s[end:])
	}
	if next, w = utf8.DecodeRuneInString(s[end:]); next >= tonesFrom && next <= tonesTo {
		end += w
		if next, w = utf8.DecodeRuneInString(s[end:]); next == emojiSelector {
			end += w
		}
	}
	return end
}

// subdivisionTags is the length of the tag sequence of the flag of England,
// Scotland or Wales.
func subdivisionTags(s string) int {
	var region strings.Builder
	for i, r := range s {
		if r == tagCancel {
			switch region.String() {
			case "gbeng", "gbsct", "gbwls":
				return i + utf8.RuneLen(r)
			}
			return 0
		}
		if r < tagFrom || r > tagCancel || region.Len() == 5 {
			return 0
		}
		region.WriteByte(byte(r - 0xE0000))
	}
	return 0
}
