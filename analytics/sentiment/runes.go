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

// blocks are the runes that are known by their place, the common ones first. It goes
// by blocks, which is exact enough to know scripts from symbols.
var blocks = [...]struct {
	from, to rune
	kind     runeKind
}{
	{0xC0, 0x24F, latinRune}, {0x1F3FB, 0x1F3FF, joinerRune}, {0x1F000, 0x1FAFF, symbolRune}, {0x2190, 0x2BFF, symbolRune},
	{0x2000, 0x200B, spaceRune}, {0x200D, 0x200D, joinerRune}, {0x2028, 0x2029, spaceRune}, {0x20E3, 0x20E3, joinerRune},
	{0x2000, 0x218F, otherRune}, {0xFE0E, 0xFE0F, joinerRune}, {0x300, 0x36F, joinerRune}, {0xA0, 0xA0, spaceRune},
	{0x1E00, 0x1EFF, latinRune}, {0xAA, 0xAA, latinRune}, {0xBA, 0xBA, latinRune}, {0x80, 0xBF, otherRune},
	{0x3000, 0x3000, spaceRune}, {0x3030, 0x3030, symbolRune}, {0x303D, 0x303D, symbolRune}, {0x3001, 0x303F, otherRune},
	{0x3297, 0x3297, symbolRune}, {0x3299, 0x3299, symbolRune}, {0xFE10, 0xFE6F, otherRune}, {utf8.RuneError, utf8.RuneError, otherRune},
}

// kindOf tells runes beyond ASCII apart.
func kindOf(r rune) runeKind {
	if r == '×' || r == '÷' {
		return otherRune
	}
	for i := range blocks {
		if b := &blocks[i]; b.from <= r && r <= b.to {
			return b.kind
		}
	}
	if unicode.IsLetter(r) || unicode.IsMark(r) {
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
