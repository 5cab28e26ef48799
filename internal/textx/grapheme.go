package textx

import (
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// Graphemes is the number of user-perceived characters: extended grapheme
// clusters after Unicode Annex 29. CR LF is one; an invalid byte is one, except
// that an unfinished sequence at the very end belongs to what is before it.
func Graphemes(text string) int {
	n := 0
	slow := graphemes.FromString(text)
	w := simpleWidth(text)
	for i := 0; i < len(text); {
		if w == 1 && i+1 < len(text) && text[i+1] < utf8.RuneSelf {
			end := asciiRun(text, i+1)
			// The last ASCII character may be the base of a combining mark,
			// so it is left for the general path unless it ends the text.
			if end < len(text) {
				end--
				if text[end] == '\n' && end > i && text[end-1] == '\r' {
					end--
				}
			}
			n += asciiClusters(text[i:end])
			i = end
			w = simpleWidth(text[i:])
			if i == len(text) {
				break
			}
		}
		if w > 0 {
			// The second look is carried over, so each character is
			// classified once.
			next := simpleWidth(text[i+w:])
			if next > 0 || i+w == len(text) {
				n++
				i += w
				w = next
				continue
			}
		}
		slow.SetText(text[i:])
		slow.Next()
		n++
		i += slow.End()
		w = simpleWidth(text[i:])
	}
	return n
}

// asciiRun returns the end of the run of ASCII bytes that starts at i. It
// reads eight bytes at a time; the compiler merges the loads.
func asciiRun(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		if load64(s, i)&0x8080808080808080 != 0 {
			break
		}
	}
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	return i
}

func load64(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// asciiClusters counts the clusters of pure ASCII: one per byte, except that
// CR LF is one.
func asciiClusters(s string) int {
	n := len(s)
	i := 0
	for ; i+8 <= len(s); i += 8 {
		const cr = 0x0D0D0D0D0D0D0D0D
		x := load64(s, i) ^ cr
		if (x-0x0101010101010101)&^x&0x8080808080808080 != 0 {
			break
		}
	}
	for ; i+1 < len(s); i++ {
		if s[i] == '\r' && s[i+1] == '\n' {
			n--
		}
	}
	return n
}

// simpleWidth is the width in bytes of the first character of s if that
// character never joins a neighbour of the same sort, so that between two
// simple characters there is always a boundary; 0 otherwise. It is
// conservative: leaving a character out costs time, not correctness.
// The ranges hold code points whose Grapheme_Cluster_Break is Other (among
// them Extended_Pictographic, which joins only after ZWJ), LV or LVT.
func simpleWidth(s string) int {
	if s == "" {
		return 0
	}
	c := s[0]
	switch {
	case c < utf8.RuneSelf:
		if c == '\r' {
			return 0
		}
		return 1
	case c >= 0xC3 && c <= 0xDF:
		if len(s) < 2 || s[1]&0xC0 != 0x80 {
			return 0
		}
		if simple2(rune(c&0x1F)<<6 | rune(s[1]&0x3F)) {
			return 2
		}
	case c >= 0xE0 && c <= 0xEF:
		if len(s) < 3 || s[1]&0xC0 != 0x80 || s[2]&0xC0 != 0x80 {
			return 0
		}
		if simple3(rune(c&0x0F)<<12 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F)) {
			return 3
		}
	case c == 0xF0:
		if len(s) < 4 || s[1]&0xC0 != 0x80 || s[2]&0xC0 != 0x80 || s[3]&0xC0 != 0x80 {
			return 0
		}
		if simple4(rune(s[1]&0x3F)<<12 | rune(s[2]&0x3F)<<6 | rune(s[3]&0x3F)) {
			return 4
		}
	}
	return 0
}

func simple2(r rune) bool {
	return r >= 0xC0 && r <= 0x2FF || // Latin
		r >= 0x370 && r <= 0x482 || r >= 0x48A && r <= 0x58F || // Greek, Cyrillic, Armenian
		r >= 0x5D0 && r <= 0x5EA || r >= 0x620 && r <= 0x64A // Hebrew, Arabic
}

//nolint:cyclop // one expression over a list of ranges
func simple3(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7A3 || // ideographs, Hangul syllables
		r >= 0x3041 && r <= 0x3096 || r >= 0x30A0 && r <= 0x30FF || // kana
		r >= 0x3000 && r <= 0x3029 || r >= 0x3400 && r <= 0x4DBF ||
		r >= 0x2010 && r <= 0x2027 || r >= 0x2030 && r <= 0x205F || // punctuation
		r >= 0x20A0 && r <= 0x20C0 || r >= 0x2100 && r <= 0x2BFF || // currency, symbols
		r >= 0xFF01 && r <= 0xFF9D ||
		r >= 0x0904 && r <= 0x0939 || r >= 0x0E01 && r <= 0x0E30 || r >= 0x0E40 && r <= 0x0E46 || // Devanagari, Thai letters
		r >= 0x1E00 && r <= 0x1FFF // Vietnamese, old Greek
}

func simple4(r rune) bool {
	return r >= 0x1F300 && r <= 0x1F3FA || r >= 0x1F400 && r <= 0x1FAFF || // pictographs
		r >= 0x20000 && r <= 0x2A6DF
}
