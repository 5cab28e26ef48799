package keyword

import (
	"strings"
	"unicode/utf8"
)

// lookalikes lists, for each letter, what is written in its place: digits,
// signs, and letters of other scripts. The full table of Unicode folds letters
// that nobody confuses; this is what is seen in the wild.
const lookalikes = `
a 4 @ а α
b 8 6 в β
c ( < с ϲ
e 3 € е ё ε
g 9
h н һ
i 1 ! | l і ι ı
k к κ
l 1 | i ӏ
m м
n п η
o 0 о ο
p р ρ
r г
s 5 $ § ѕ
t 7 + т τ
u υ µ
v ν
w ѡ ω
x × х χ
y у ү γ
z 2 ζ`

// standsFor maps what is written to the letters it may stand for, and keys to
// the one letter by which the automaton goes.
var standsFor, keys = parseLookalikes()

func parseLookalikes() (map[rune]string, map[rune]rune) {
	stands, keys := make(map[rune]string), make(map[rune]rune)
	for line := range strings.Lines(lookalikes) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		letter := fields[0]
		for _, f := range fields[1:] {
			for _, r := range f {
				stands[r] += letter
				if _, ok := keys[r]; !ok {
					keys[r], _ = utf8.DecodeRuneInString(letter)
				}
			}
		}
	}
	keys['l'], keys['i'] = 'i', 'i' // 1 and | stand for both, so they share a key
	keys['ӏ'] = 'i'
	delete(stands, 'i')
	delete(stands, 'l')
	return stands, keys
}

// coarse returns the key of a folded rune.
func coarse(r rune) rune {
	if k, ok := keys[r]; ok {
		return k
	}
	return r
}

// match says how a letter of a text relates to one of a pattern.
type match int

const (
	differs match = iota
	imitates
	equals
)

func compare(text, pattern rune) match {
	switch {
	case text == pattern:
		return equals
	case strings.ContainsRune(standsFor[text], pattern):
		return imitates
	}
	return differs
}
