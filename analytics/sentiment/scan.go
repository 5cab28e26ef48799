package sentiment

import (
	"strings"
	"unicode/utf8"
)

// What a byte can be.
const (
	space uint8 = 1 << iota
	letter
	digit
	upper
	small
	wide  // part of a rune beyond ASCII
	joins // may go on with a word
)

var classes = func() (c [256]uint8) {
	for i := range c {
		switch b := byte(i); {
		case b <= ' ':
			c[i] = space
		case 'a' <= b && b <= 'z':
			c[i] = letter | small
		case 'A' <= b && b <= 'Z':
			c[i] = letter | upper
		case isDigit(b):
			c[i] = digit
		case b >= utf8.RuneSelf:
			c[i] = wide | joins
		case b == '\'' || b == '*' || b == '&':
			c[i] = joins
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
		// Two letters that are not the first of an address begin a word.
		plain := class&letter != 0 && i+1 < len(text) && classes[text[i+1]]&letter != 0 && text[i]|0x20 != 'h' && text[i]|0x20 != 'w'
		if !plain && (i == 0 || classes[text[i-1]]&space != 0) {
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

// chunk looks at what begins behind a space: addresses, names of people, emoticons.
// It returns the length of what it took.
func (s *state) chunk(from int) int {
	text := s.text
	c, next := text[from], byte(' ')
	if from+1 < len(text) {
		next = text[from+1]
	}
	switch class := classes[c]; {
	case class&(letter|digit) != 0 && classes[next]&(letter|digit) != 0:
		if c |= 0x20; c == 'h' || c == 'w' {
			return s.address(from)
		}
		return 0
	case class&wide != 0 || classes[next]&space != 0:
		return 0
	case c == '@' && classes[next]&(letter|digit) != 0:
		s.within = false
		return s.toSpace(from) - from
	}
	return s.emoticon(from, min(len(text), from+maxEmoticon))
}

// address returns the length of a web address.
func (s *state) address(from int) int {
	rest := s.text[from:]
	if len(rest) < 8 {
		return 0
	}
	scheme, p := strings.EqualFold(rest[:4], "http"), rest[4:8]
	if scheme && (p[:3] == "://" || p == "s://" || p == "S://") || strings.EqualFold(rest[:4], "www.") {
		return s.toSpace(from) - from
	}
	return 0
}

func (s *state) toSpace(i int) int {
	for i < len(s.text) && classes[s.text[i]]&space == 0 {
		i++
	}
	return i
}

// maxEmoticon is the length in bytes of the longest emoticon that is searched for.
const maxEmoticon = 12

// emoticon takes the longest emoticon that begins at from, at most to end.
func (s *state) emoticon(from, end int) int {
	var key [maxEmoticon]byte
	n, odd := 0, false
	for ; n < len(key) && from+n < end && classes[s.text[from+n]]&space == 0; n++ {
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

// lower has the small form of ASCII letters and digits, and 0 for everything else.
var lower = func() (l [256]byte) {
	for i := range l {
		switch b := byte(i); {
		case classes[b]&upper != 0:
			l[i] = b | 0x20
		case classes[b]&(letter|digit) != 0:
			l[i] = b
		}
	}
	return l
}()

// token is a word as it is read.
type token struct {
	key         [maxKey]byte // in small letters, as far as it goes
	n           int          // bytes of the whole word
	hash        uint32
	first, rest uint8 // classes of the first byte, and of all others together
	marked      bool  // has letters that English does not have
}

func (t *token) add(c byte, class uint8) {
	if t.n == 0 {
		t.first = class
	} else {
		t.rest |= class
	}
	if t.n < len(t.key) {
		t.key[t.n] = c
	}
	t.n++
	t.hash = (t.hash ^ uint32(c)) * hashPrime
}

// word takes a run of letters, digits and apostrophes between letters.
func (s *state) word(from int) int {
	text := s.text
	t := token{hash: hashSeed}
	i, h := from, uint32(hashSeed)
	end := min(len(text), from+maxKey)
	// Most words are ASCII letters alone.
	if c := lower[text[i]]; c != 0 {
		t.key[0], t.first = c, classes[text[i]]
		h = (h ^ uint32(c)) * hashPrime
		i++
		for i < end {
			b := text[i]
			c := lower[b]
			if c == 0 {
				break
			}
			t.key[(i-from)&(maxKey-1)] = c // within bounds for the compiler too
			h = (h ^ uint32(c)) * hashPrime
			t.rest |= classes[b]
			i++
		}
	}
	t.n, t.hash = i-from, h
	if i < len(text) && (i == end || classes[text[i]]&joins != 0) {
		i = s.rest(&t, from, i)
	}
	if t.n == 0 {
		return i + 1 // a rune that no rule wants
	}
	s.found(&t, from, i)
	return i
}

// rest goes on with a word that is long, or has more than ASCII letters and digits.
func (s *state) rest(t *token, from, i int) int {
	text := s.text
	for i < len(text) {
		c := text[i]
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		class := classes[c]
		switch {
		case class&upper != 0:
			c |= 0x20
		case class&(letter|digit) != 0:
		case i == from && class&wide == 0:
			return i
		case c == '\'' && classes[next]&letter != 0:
		case c == '*' && (next == '*' || classes[next]&letter != 0):
		case c == '&' && i == from+1 && classes[next]&letter != 0 && (i+2 >= len(text) || classes[text[i+2]]&letter == 0):
		case class&wide != 0:
			size := s.wideInWord(t, i)
			if size == 0 {
				return i
			}
			i += size
			continue
		default:
			return i
		}
		t.add(c, class)
		i++
	}
	return i
}

// wideInWord adds the rune at i if it belongs to a word, and returns its length, else 0.
func (s *state) wideInWord(t *token, i int) int {
	r, size := utf8.DecodeRuneInString(s.text[i:])
	if r == '’' {
		if t.n == 0 || i+size >= len(s.text) || classes[s.text[i+size]]&letter == 0 {
			return 0
		}
		t.add('\'', 0)
		return size
	}
	if kindOf(r) != latinRune {
		return 0
	}
	class, l := letter|small, lowerLatin(r)
	if l != r {
		class = letter | upper
	}
	t.marked = true
	for j := range utf8.EncodeRune(s.scratch[:], l) {
		t.add(s.scratch[j], class)
		class = letter
	}
	return size
}

// found looks a word up and hands it on.
func (s *state) found(t *token, from, to int) {
	var e *entry
	if t.n <= len(t.key) {
		key := t.key[:t.n]
		e = s.table.get(key, t.hash)
		if e == nil && t.n > 3 {
			e = s.inflected(key)
		}
	}
	all := t.first | t.rest
	if all&letter == 0 { // a number
		if e != nil {
			s.take(&word{e: e, from: from, to: to})
		}
		return
	}
	s.lang.latin += t.n
	if t.marked {
		s.lang.marked++
	}
	s.lang.add(e)
	loud := all&small == 0 && t.n > 1
	if loud {
		s.loudWords++
	} else if t.n > 1 {
		s.quietWords++
	}
	if e == nil || e.flags&acts == 0 && e.idioms == 0 {
		s.pass(e, from, to)
		return
	}
	s.take(&word{e: e, from: from, to: to, capitals: loud, title: t.first&upper != 0 && t.rest&(upper|small) == small})
}

// inflected looks for a word without its possessive, or with drawn-out letters.
func (s *state) inflected(key []byte) *entry {
	n := len(key)
	if key[n-2] == '\'' && key[n-1] == 's' {
		return s.table.lookup(key[:n-2])
	}
	for i := 2; i < n; i++ {
		if key[i] != key[i-1] {
			continue
		}
		if key[i] == key[i-2] {
			return s.stretched(key)
		}
	}
	return nil
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
