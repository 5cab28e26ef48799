package textx

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }
func isWord(c byte) bool  { return isAlnum(c) || c == '_' }

func isWordRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

// prevRune is the rune that ends at i, or -1 at the start of the text.
func prevRune(s string, i int) rune {
	if i <= 0 {
		return -1
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return r
}

// isLatinAccent is the set that twitter-text allows in paths and bare
// domains, and refuses after a user name.
func isLatinAccent(r rune) bool {
	switch {
	case r < 0xC0:
		return false
	case r <= 0x24F:
		return r != 0xD7 && r != 0xF7
	case r <= 0x2BB:
		switch r {
		case 0x253, 0x254, 0x256, 0x257, 0x259, 0x25B, 0x263, 0x268, 0x26F, 0x272, 0x289, 0x28B, 0x2BB:
			return true
		}
		return false
	}
	return r >= 0x300 && r <= 0x36F || r >= 0x1E00 && r <= 0x1EFF
}

// isTwitterSpace is the white space of twitter-text.
func isTwitterSpace(r rune) bool {
	return r >= 0x09 && r <= 0x0D || r == 0x20 || r == 0x85 || r == 0xA0 || r == 0x1680 || r == 0x180E ||
		r >= 0x2000 && r <= 0x200A || r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000
}

const twitterPunct = `!'#%&()*+,\-./:;<=>?@[]^_{|}~$`

func isTwitterPunct(c byte) bool { return strings.IndexByte(twitterPunct, c) >= 0 }

func isInvalidTweetRune(r rune) bool { return r == 0xFFFE || r == 0xFFFF || r == 0xFEFF }

func isDirectional(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r == 0x61C || r == 0x200E || r == 0x200F || r >= 0x2066 && r <= 0x2069
}
