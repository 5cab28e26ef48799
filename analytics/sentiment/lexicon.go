package sentiment

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed lexicon.txt
var lexiconText string

// flags say what a word does besides its own weight.
type flags uint16

const (
	weighs  flags = 1 << iota // it has a weight of its own
	negates                   // turns what follows
	boosts                    // strengthens or weakens what follows
	but                       // what follows counts more than what came before
	never                     // negates, but "never so" and "never this" strengthen
	soThis                    // the second word of these
	nothing                   // "no": negates a weight that follows, else has its own
	english                   // a frequent word that only English has
	mild                      // weighs less than the lexicon says
	unsure                    // what follows is not said to be so
	shared                    // a weight, but the word exists in other languages too
)

// acts are what a word does when it is met, rather than when a later one looks back.
const acts = weighs | but | unsure

// entry is what is known of one word.
type entry struct {
	key     string
	weight  float32
	boost   float32
	flags   flags
	foreign tongues // languages that have it among their frequent words
	idioms  uint16  // place of the first idiom that ends with it, plus one
}

// idiom is a sequence of words with a weight of its own.
type idiom struct {
	before []uint16 // entries of the words before the last, the nearest first
	weight float32
	next   uint16 // place of the next idiom with the same end, plus one
}

// table finds entries by hash, with open addressing. A slot is the high half of the
// hash and the place of the entry plus one, so that most misses never read an entry.
type table struct {
	slots   []uint32
	entries []entry
	idioms  []idiom
}

const (
	hashSeed  = 2166136261
	hashPrime = 16777619
)

// hash is FNV-1a over lower-case bytes.
func hash(s string) uint32 {
	h := uint32(hashSeed)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * hashPrime
	}
	return h
}

// spread mixes the low bits, which FNV leaves alike for alike ends.
func spread(h uint32) uint32 {
	h ^= h >> 15
	return h * 0x2c1b3c6d
}

// find returns the place of the entry plus one, 0 for none.
func (t *table) find(key string, h uint32) uint32 {
	h = spread(h)
	mask := uint32(len(t.slots) - 1)
	for i := h >> 8 & mask; ; i = (i + 1) & mask {
		slot := t.slots[i]
		if slot == 0 {
			return 0
		}
		if slot>>16 == h>>16 && t.entries[slot&0xffff-1].key == key {
			return slot & 0xffff
		}
	}
}

// at returns the entry of a key, which it adds if it is missing.
func (t *table) at(key string) *entry {
	if i := t.find(key, hash(key)); i != 0 {
		return &t.entries[i-1]
	}
	t.entries = append(t.entries, entry{key: key})
	h := spread(hash(key))
	mask := uint32(len(t.slots) - 1)
	i := h >> 8 & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = h&0xffff0000 | uint32(len(t.entries))
	return &t.entries[len(t.entries)-1]
}

// weigh gives a key a weight in [-4, 4]; 0 takes it away. A key of several words
// becomes an idiom.
func (t *table) weigh(key string, weight float32) {
	words := strings.Fields(key)
	if isASCIILetter(key[0]) {
		words = strings.FieldsFunc(key, func(r rune) bool { return r == ' ' || r == '-' })
	}
	if len(words) > 1 {
		t.addIdiom(words, weight)
		return
	}
	e := t.at(key)
	e.weight = weight
	if e.flags |= weighs; weight == 0 {
		e.flags &^= weighs
	}
}

func (t *table) addIdiom(words []string, weight float32) {
	added := idiom{weight: weight}
	for i := len(words) - 2; i >= 0; i-- {
		t.at(words[i])
		added.before = append(added.before, uint16(t.find(words[i], hash(words[i]))))
	}
	last := t.at(words[len(words)-1])
	added.next = last.idioms
	t.idioms = append(t.idioms, added)
	last.idioms = uint16(len(t.idioms))
}

// newTable reads the embedded lists.
func newTable() *table {
	t := &table{slots: make([]uint32, 1<<15), entries: make([]entry, 0, 1<<14)}
	for line := range strings.Lines(lexiconText) {
		key, tenths, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || key == "" {
			continue // the notice
		}
		n, err := strconv.Atoi(tenths)
		if err != nil {
			panic("sentiment: embedded lexicon: " + err.Error()) // the generator wrote what a test reads
		}
		if usable(key) {
			t.weigh(key, float32(n)/10)
		}
	}
	for _, own := range opinions {
		for word := range strings.FieldsSeq(own.words) {
			// What people rated stands over our own opinion.
			if t.find(word, hash(word)) == 0 {
				t.weigh(word, float32(own.tenths)/10)
			}
		}
	}
	for _, own := range ownWeights {
		for word := range strings.FieldsSeq(own.words) {
			t.weigh(strings.ReplaceAll(word, "_", " "), float32(own.tenths)/10)
		}
	}
	t.addRoles()
	return t
}

// usable says whether the tokenizer can meet a key: keys with inner spaces that are
// not words, and emoticons that are numerals in a list, are left out.
func usable(key string) bool {
	if strings.ContainsAny(key, " ") && !isASCIILetter(key[0]) {
		return false
	}
	return len(key) <= maxKey && key != "8)"
}

// addRoles marks the words that work on others.
func (t *table) addRoles() {
	mark := func(words string, f flags) {
		for word := range strings.FieldsSeq(words) {
			t.at(word).flags |= f
		}
	}
	mark(negations, negates)
	mark("but", but)
	mark("never", never)
	mark("so this", soThis)
	mark("no", nothing)
	mark(sharedWords, shared)
	for word := range strings.FieldsSeq(stronger) {
		t.at(word).boost = +1
	}
	for word := range strings.FieldsSeq(weaker) {
		t.at(word).boost = -1
	}
	for word := range strings.FieldsSeq(stronger + weaker) {
		e := t.at(word)
		e.flags = e.flags&^weighs | boosts
	}
	mark(mildWords, mild)
	mark(unsureWords, unsure)
	mark(englishWords, english)
	for tongue, words := range foreignWords {
		for word := range strings.FieldsSeq(words) {
			t.at(word).foreign |= 1 << tongue
		}
	}
}

var defaultTable = sync.OnceValue(newTable)

// clone returns a table that can be changed without changing this one.
func (t *table) clone() *table {
	return &table{
		slots:   append([]uint32(nil), t.slots...),
		entries: append(make([]entry, 0, len(t.entries)+64), t.entries...),
		idioms:  append([]idiom(nil), t.idioms...),
	}
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
