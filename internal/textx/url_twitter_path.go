package textx

import (
	"strings"
	"unicode/utf8"
)

func isPathRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r)) || strings.IndexByte("!*';:=+,.$/%#[]-_~@|&", byte(r)) >= 0
	}
	return r == '–' || r >= 0x400 && r <= 0x4FF || isLatinAccent(r)
}

func isPathEnd(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r)) || strings.IndexByte("+-=_#/", byte(r)) >= 0
	}
	return r >= 0x400 && r <= 0x4FF || isLatinAccent(r)
}

// twitterPath returns the end of the path whose first character behind the
// slash is at i. Trailing punctuation does not belong to it; parentheses do
// if they are balanced, up to two deep.
func twitterPath(text string, i int) int {
	end := i
	for i < len(text) {
		if text[i] == '(' {
			n := balancedParens(text[i:])
			if n == 0 {
				break
			}
			i += n
			end = i
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isPathRune(r) {
			break
		}
		i += size
		if isPathEnd(r) {
			end = i
		}
	}
	return end
}

// balancedParens returns the length of "(...)" at the start of s with at most
// one pair inside and no empty pair; 0 if there is none.
func balancedParens(s string) int {
	depth, inner, filled := 0, false, false
	for i, r := range s {
		switch {
		case r == '(':
			if depth == 2 || depth == 1 && inner {
				return 0
			}
			depth++
			inner = depth == 2
			filled = false
		case r == ')':
			if !filled {
				return 0
			}
			depth--
			if depth == 0 {
				return i + 1
			}
		case isPathRune(r):
			filled = true
		default:
			return 0
		}
	}
	return 0
}

// twitterQuery returns the end of the query string at i, i if there is none.
func twitterQuery(text string, i int) int {
	if i >= len(text) || text[i] != '?' {
		return i
	}
	end := i
	for j := i + 1; j < len(text); j++ {
		c := text[j]
		switch {
		case isAlnum(c) || strings.IndexByte("-_&=#/", c) >= 0:
			end = j + 1
		case strings.IndexByte("!?*'@();:+$%[].,~|", c) >= 0:
		default:
			return end
		}
	}
	return end
}
