package sentiment

import (
	"unicode"
	"unicode/utf8"
)

type runeKind uint8

const (
	otherRune   runeKind = iota // punctuation and the like
	latinRune                   // a letter of the Latin script
	foreignRune                 // a letter of another script
	spaceRune
	joinerRune // changes or joins the symbols beside it
	symbolRune // may be an emoji
)

// kindOf tells runes beyond ASCII apart. It goes by blocks, which is exact enough to
// know scripts from symbols.
func kindOf(r rune) runeKind {
	switch {
	case r == 0xA0 || r == 0x3000 || 0x2000 <= r && r <= 0x200B || r == 0x2028 || r == 0x2029:
		return spaceRune
	case 0xC0 <= r && r < 0x250 && r != 0xD7 && r != 0xF7 || 0x1E00 <= r && r < 0x1F00 || r == 0xAA || r == 0xBA:
		return latinRune
	case r == 0x200D || r == 0xFE0F || r == 0xFE0E || r == 0x20E3 || 0x1F3FB <= r && r <= 0x1F3FF || 0x300 <= r && r < 0x370:
		return joinerRune
	case 0x2190 <= r && r < 0x2C00 || 0x1F000 <= r && r < 0x1FB00 || r == 0x3030 || r == 0x303D || r == 0x3297 || r == 0x3299:
		return symbolRune
	case r < 0x250 || 0x2000 <= r && r < 0x2190 || 0x3001 <= r && r < 0x3040 || 0xFE10 <= r && r < 0xFE70 || r == utf8.RuneError:
		return otherRune
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return foreignRune
	}
	return otherRune
}

func lowerLatin(r rune) rune {
	switch {
	case 0xC0 <= r && r <= 0xDE:
		return r + 0x20
	case r < 0x100:
		return r
	}
	return unicode.ToLower(r)
}

// wide takes what begins with a rune beyond ASCII.
func (s *state) wide(from int) int {
	r, size := utf8.DecodeRuneInString(s.text[from:])
	switch kindOf(r) {
	case latinRune:
		return s.word(from)
	case foreignRune:
		to := from + size
		s.lang.other++
		for to < len(s.text) && classes[s.text[to]]&wide != 0 {
			r, size := utf8.DecodeRuneInString(s.text[to:])
			if kind := kindOf(r); kind != foreignRune && kind != joinerRune {
				break
			}
			s.lang.other++
			to += size
		}
		s.lang.words++
		s.pass(nil, from, to)
		return to
	case symbolRune:
		return s.emoji(from, size)
	}
	return from + size
}

// emoji takes a symbol with everything that is joined to it: the first of a
// sequence says what it is.
func (s *state) emoji(from, size int) int {
	n := copy(s.scratch[:], s.text[from:from+size])
	e := s.table.lookup(s.scratch[:n])
	to := from + size
	for to < len(s.text) && classes[s.text[to]]&wide != 0 {
		r, size := utf8.DecodeRuneInString(s.text[to:])
		if kindOf(r) != joinerRune {
			break
		}
		to += size
		if r == 0x200D && to < len(s.text) {
			_, size = utf8.DecodeRuneInString(s.text[to:])
			to += size
		}
	}
	if e != nil && e.flags&weighs != 0 {
		s.symbol(e, from, to)
	}
	return to
}

// punctuation takes one mark, or an emoticon that stands behind a word.
func (s *state) punctuation(from int) int {
	text := s.text
	switch c := text[from]; c {
	case ':', ';', '=', '<', '^':
		if n := s.emoticon(from, min(len(text), from+5)); n > 0 {
			return from + n
		}
		if c == ';' {
			s.pause()
		}
		s.within = false
	case '!':
		s.exclamations++
		s.pause()
	case '?':
		s.question()
	case '"', '(', '*', '|', '>', '~':
		s.within = false
	case '.':
		if from+1 == len(text) || classes[text[from+1]]&(letter|digit) == 0 {
			s.pause()
		}
	case '&':
		return s.entity(from)
	}
	return from + 1
}

// entity takes an HTML entity, which exports of platforms are full of.
func (s *state) entity(from int) int {
	rest := s.text[from:]
	for _, e := range [...]struct{ text, emoticon string }{{"&amp;", ""}, {"&lt;3", "<3"}, {"&lt;", ""}, {"&gt;", ""}, {"&quot;", ""}, {"&#39;", ""}} {
		if len(rest) >= len(e.text) && rest[:len(e.text)] == e.text {
			if e.emoticon != "" {
				s.symbol(&s.table.entries[s.table.find(e.emoticon, hash(e.emoticon))-1], from, from+len(e.text))
			}
			return from + len(e.text)
		}
	}
	return from + 1
}
