package keyword

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// cell is one letter, digit or gap of a text as it is compared.
type cell struct {
	r          rune // folded; ' ' for a gap between words
	key        rune // the coarse letter by which the automaton goes
	start, end int  // bytes of the text as written
	run        int  // how many times the letter stands there
}

// letters folds a text and calls yield for each rune that is left, with the
// bytes that it came from.
func letters(text string, yield func(r rune, start, end int)) {
	fold := cases.Fold()
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			yield(rune(c), i, i+1)
			i++
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); invisibleAt(text, i) {
			i += size
			continue
		}
		n := segment(text, i)
		for _, r := range fold.String(norm.NFKC.String(text[i : i+n])) {
			if !invisible(r) && !unicode.Is(overlays, r) {
				yield(r, i, i+n)
			}
		}
		i += n
	}
}

// segment returns the length of the shortest piece at i that normalises by
// itself, at most maxSegment bytes.
func segment(text string, i int) int {
	const maxSegment = 128 // longer piles of marks are cut; they are not writing
	rest := text[i:min(len(text), i+maxSegment)]
	n := norm.NFKC.NextBoundaryInString(rest, true)
	for n > 0 && i+n < len(text) && !utf8.RuneStart(text[i+n]) {
		n-- // the piece was cut in the middle of a character
	}
	if n <= 0 {
		_, n = utf8.DecodeRuneInString(text[i:])
	}
	return n
}

func invisibleAt(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return invisible(r)
}

// invisible reports characters that a reader does not see and that split words
// only for machines: joiners, soft hyphens, variation selectors, directional
// marks, tags.
func invisible(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xfeff, r == 0xffa0,
		r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

// overlays are combining marks of the general blocks. What is left of them
// after composition is decoration.
var overlays = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x300, Hi: 0x36f, Stride: 1}, {Lo: 0x1ab0, Hi: 0x1aff, Stride: 1}, {Lo: 0x1dc0, Hi: 0x1dff, Stride: 1},
	{Lo: 0x20d0, Hi: 0x20ff, Stride: 1}, {Lo: 0xfe20, Hi: 0xfe2f, Stride: 1},
}}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}

// spaceless reports letters of scripts that put no spaces between words.
func spaceless(r rune) bool {
	return r >= 0xe00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// view builds the cells of a text. signs says whether signs may stand for
// letters; else they are gaps like all that is not part of a word.
func view(text string, signs bool) []cell {
	out := make([]cell, 0, len(text))
	letters(text, func(r rune, start, end int) {
		key := coarse(r)
		if !isWord(r) && (!signs || key == r) {
			r, key = ' ', ' '
		}
		if n := len(out); n > 0 && out[n-1].key == key && (r == ' ' || out[n-1].r == r) {
			out[n-1].run++
			out[n-1].end = max(out[n-1].end, end)
			return
		}
		out = append(out, cell{r: r, key: key, start: start, end: end, run: 1})
	})
	return out
}

// spelled returns the parts of a view in which three or more single letters are
// set apart, without the gaps.
func spelled(cells []cell) [][]cell {
	var (
		out  [][]cell
		part []cell
	)
	flush := func() {
		if len(part) >= 3 {
			out = append(out, join(part))
		}
		part = nil
	}
	for i, c := range cells {
		single := c.r != ' ' && c.run == 1 && (i == 0 || cells[i-1].r == ' ') && (i+1 == len(cells) || cells[i+1].r == ' ')
		switch {
		case single:
			part = append(part, c)
		case c.r == ' ' && c.run <= 3:
		default:
			flush()
		}
	}
	flush()
	return out
}

// join merges equal neighbours, as view does.
func join(part []cell) []cell {
	var out []cell
	for _, c := range part {
		if n := len(out); n > 0 && out[n-1].r == c.r {
			out[n-1].run++
			out[n-1].end = c.end
			continue
		}
		out = append(out, c)
	}
	return out
}
