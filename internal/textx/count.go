package textx

import "unicode/utf8"

// Counter measures a text in some unit. Implementations are pure and return
// 0 for the empty string.
type Counter func(text string) int

// Bytes is the number of bytes, which for valid UTF-8 text is what the AT
// Protocol limits beside graphemes.
func Bytes(text string) int { return len(text) }

// Runes is the number of Unicode code points; each invalid byte counts one.
func Runes(text string) int { return utf8.RuneCountInString(text) }

// UTF16Units is the number of UTF-16 code units: 2 for a code point above
// U+FFFF, otherwise 1. An invalid byte counts one, as the replacement
// character that an encoder would emit for it.
func UTF16Units(text string) int {
	n := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		n += utf16Width(r)
		i += size
	}
	return n
}

func utf16Width(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
