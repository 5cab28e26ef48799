package sentiment

import "unicode/utf8"

// What a byte can be.
const (
	space uint8 = 1 << iota
	letter
	digit
	upper
	wide // part of a rune beyond ASCII
)

var classes = func() (c [256]uint8) {
	for i := range c {
		switch b := byte(i); {
		case b <= ' ':
			c[i] = space
		case 'a' <= b && b <= 'z':
			c[i] = letter
		case 'A' <= b && b <= 'Z':
			c[i] = letter | upper
		case isDigit(b):
			c[i] = digit
		case b >= utf8.RuneSelf:
			c[i] = wide
		}
	}
	return c
}()

// scan reads the text from the left and hands words, symbols and punctuation on.
func (s *state) scan() {
	text := s.text
	for i := 0; i < len(text); {
		class := classes[text[i]]
		if class&space != 0 {
			if text[i] == '\n' {
				s.pause()
			}
			i++
			continue
		}
		if i == 0 || classes[text[i-1]]&space != 0 {
			if n := s.chunk(i); n > 0 {
				i += n
				continue
			}
		}
		switch {
		case class&(letter|digit) != 0:
			i = s.word(i)
		case class&wide != 0:
			i = s.wide(i)
		default:
			i = s.punctuation(i)
		}
	}
}

// chunk looks at what stands between two spaces as a whole: addresses, names of
// people, emoticons. It returns the length of what it took.
func (s *state) chunk(from int) int {
	text := s.text
	c := text[from]
	plain := classes[c]&letter != 0
	if plain && c|0x20 != 'h' && c|0x20 != 'w' {
		// Few emoticons begin with a letter, and they are short: XD, o_O, D:
		if from+2 < len(text) && classes[text[from+1]]&letter != 0 && classes[text[from+2]]&(letter|space) != 0 && c|0x20 != 'x' {
			return 0
		}
	} else if plain && classes[text[min(from+1, len(text)-1)]]&letter == 0 {
		return 0
	}
	end, colon := from+1, -1
	for end < len(text) && classes[text[end]]&space == 0 {
		if text[end] == ':' && colon < 0 {
			colon = end
		}
		end++
	}
	switch size := end - from; {
	case c == '@' && size > 1 && classes[text[from+1]]&(letter|digit) != 0:
		return size
	case plain && colon > 0 && colon+2 < end && text[colon+1] == '/' && text[colon+2] == '/':
		return size
	case plain && size > 4 && text[from+3] == '.' && c|0x20 == 'w' && text[from+1]|0x20 == 'w' && text[from+2]|0x20 == 'w':
		return size
	case size < 2 || size > 12 || classes[c]&wide != 0:
		return 0
	}
	return s.emoticon(from, end)
}

// emoticon takes the longest emoticon that begins at from, at most to end.
func (s *state) emoticon(from, end int) int {
	var key [12]byte
	n, odd := 0, false
	for ; n < len(key) && from+n < end; n++ {
		c := s.text[from+n]
		if classes[c]&upper != 0 {
			c |= 0x20
		}
		key[n] = c
		odd = odd || classes[c]&(letter|wide) == 0
	}
	if !odd {
		return 0
	}
	for ; n > 1; n-- {
		if from+n < len(s.text) && classes[s.text[from+n]]&(letter|digit) != 0 {
			continue
		}
		if e := s.table.lookup(key[:n]); e != nil && e.flags&weighs != 0 && oddKey(e.key) {
			s.symbol(e, from, from+n)
			return n
		}
	}
	return 0
}

// oddKey says whether a key is more than a word: something in it is neither letter
// nor apostrophe inside.
func oddKey(key string) bool {
	for i := range len(key) {
		if classes[key[i]]&(letter|digit) == 0 {
			return true
		}
	}
	return false
}

func (t *table) lookup(key []byte) *entry {
	h := uint32(hashSeed)
	for _, c := range key {
		h = (h ^ uint32(c)) * hashPrime
	}
	return t.get(key, h)
}

// get is find for bytes.
func (t *table) get(key []byte, h uint32) *entry {
	h = spread(h)
	mask := uint32(len(t.slots) - 1)
	for i := h >> 8 & mask; ; i = (i + 1) & mask {
		slot := t.slots[i]
		if slot == 0 {
			return nil
		}
		if slot>>16 == h>>16 {
			if e := &t.entries[slot&0xffff-1]; e.key == string(key) {
				return e
			}
		}
	}
}

// word takes a run of letters, digits and apostrophes between letters.
func (s *state) word(from int) int {
	var key [maxKey]byte
	text := s.text
	h := uint32(hashSeed)
	n, i := 0, from
	capitals, small, digits, marks, run, longest := 0, 0, 0, 0, 1, 1
	last := byte(0)
loop:
	for i < len(text) {
		c := text[i]
		class := classes[c]
		switch {
		case class&letter != 0:
			if class&upper != 0 {
				capitals++
				c |= 0x20
			} else {
				small++
			}
		case class&digit != 0:
			digits++
		case c == '\'' && i > from && i+1 < len(text) && classes[text[i+1]]&letter != 0:
		case c == '*' && i > from && i+1 < len(text) && (text[i+1] == '*' || classes[text[i+1]]&letter != 0):
		case c == '&' && i > from && i+1 < len(text) && i-from == 1 && classes[text[i+1]]&letter != 0 && (i+2 >= len(text) || classes[text[i+2]]&letter == 0):
		case class&wide != 0:
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == '’' {
				if i+size < len(text) && classes[text[i+size]]&letter != 0 {
					c = '\''
					i += size - 1
					break
				}
				break loop
			}
			if kindOf(r) != latinRune {
				break loop
			}
			marks++
			small++
			r = lowerLatin(r)
			for j := range utf8.EncodeRune(s.scratch[:], r) {
				b := s.scratch[j]
				if n < len(key) {
					key[n] = b
				}
				n++
				h = (h ^ uint32(b)) * hashPrime
			}
			i += size
			last, run = 0, 1
			continue
		default:
			break loop
		}
		if c == last {
			run++
			longest = max(longest, run)
		} else {
			last, run = c, 1
		}
		if n < len(key) {
			key[n] = c
		}
		n++
		h = (h ^ uint32(c)) * hashPrime
		i++
	}
	if n == 0 {
		return i + 1 // a rune that no rule wants
	}
	var e *entry
	if n <= len(key) {
		e = s.table.get(key[:n], h)
		if e == nil && longest > 2 {
			e = s.stretched(key[:n])
		}
		if e == nil && n > 3 && key[n-2] == '\'' && key[n-1] == 's' {
			e = s.table.lookup(key[:n-2])
		}
	}
	w := word{e: e, from: from, to: i, capitals: capitals > 1 && small == 0}
	if capitals+small == 0 { // a number
		if e != nil {
			s.take(w)
		}
		return i
	}
	w.title = capitals == 1 && small > 0 && classes[text[from]]&upper != 0
	s.lang.latin += capitals + small
	if marks > 0 {
		s.lang.marked++
	}
	s.lang.add(e)
	if small == 0 && capitals > 1 {
		s.loudWords++
	} else if small > 0 && capitals+small > 1 {
		s.quietWords++
	}
	s.take(w)
	return i
}

// stretched looks for a word whose letters were drawn out: runs of three and more
// become two letters, then one.
func (s *state) stretched(key []byte) *entry {
	var short [maxKey]byte
	for keep := 2; keep > 0; keep-- {
		n, run := 0, 0
		for i, c := range key {
			if i > 0 && c == key[i-1] {
				run++
			} else {
				run = 1
			}
			if run <= keep || run <= 2 && !longRun(key, i) {
				short[n] = c
				n++
			}
		}
		if e := s.table.lookup(short[:n]); e != nil {
			return e
		}
	}
	return nil
}

// longRun says whether the byte at i belongs to a run of three or more.
func longRun(key []byte, i int) bool {
	from, to := i, i+1
	for from > 0 && key[from-1] == key[i] {
		from--
	}
	for to < len(key) && key[to] == key[i] {
		to++
	}
	return to-from > 2
}
