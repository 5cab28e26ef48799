package series

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// A dictionary numbers what it is shown, in the order of appearance. Rows
// repeat few keys in any order, so that a small cache in front of the map
// answers nearly always, without hashing whole keys.

const cacheSize = 256 // a power of two

// slotOf picks a place in the cache by the cheapest part that tells keys apart:
// ids that count up differ in their last letters.
func slotOf(s string) uint {
	h := uint(len(s))
	for i := len(s) - 1; i >= 0 && i >= len(s)-3; i-- {
		h = h*31 + uint(s[i])
	}
	return h % cacheSize
}

type refDict struct {
	codes map[smm.Ref]uint32
	refs  []smm.Ref
	cache [cacheSize]uint32 // code + 1
}

func (d *refDict) code(r *smm.Ref) uint32 {
	slot := &d.cache[slotOf(r.ID)]
	if c := *slot; c > 0 && d.refs[c-1] == *r {
		return c - 1
	}
	c, ok := d.codes[*r]
	if !ok {
		if d.codes == nil {
			d.codes = make(map[smm.Ref]uint32)
		}
		c = uint32(len(d.refs))
		d.codes[*r] = c
		d.refs = append(d.refs, *r)
	}
	*slot = c + 1
	return c
}

type wordDict struct {
	codes map[string]uint32
	words []string
	cache [cacheSize]uint32
}

func (d *wordDict) code(s string) uint32 {
	slot := &d.cache[slotOf(s)]
	if c := *slot; c > 0 && d.words[c-1] == s {
		return c - 1
	}
	c, ok := d.codes[s]
	if !ok {
		if d.codes == nil {
			d.codes = make(map[string]uint32)
		}
		s = strings.Clone(s) // it may be a piece of a file
		c = uint32(len(d.words))
		d.codes[s] = c
		d.words = append(d.words, s)
	}
	*slot = c + 1
	return c
}

// setDict numbers sets of labels. A row has one code whatever the number of its
// labels.
type setDict struct {
	labels wordDict
	codes  map[string]uint32
	sets   [][]uint32 // codes of labels
	cache  [cacheSize]struct {
		labels []string
		code   uint32 // + 1
	}
	key []byte
}

func (d *setDict) code(labels []string) uint32 {
	h := uint(len(labels))
	for _, l := range labels {
		h = h*31 + slotOf(l)
	}
	slot := &d.cache[h%cacheSize]
	if slot.code > 0 && slices.Equal(slot.labels, labels) {
		return slot.code - 1
	}
	set := make([]uint32, 0, len(labels))
	for _, l := range labels {
		if l != "" {
			set = append(set, d.labels.code(l))
		}
	}
	slices.Sort(set)
	set = slices.Compact(set)
	d.key = d.key[:0]
	for _, c := range set {
		d.key = binary.LittleEndian.AppendUint32(d.key, c)
	}
	c, ok := d.codes[string(d.key)]
	if !ok {
		if d.codes == nil {
			d.codes = make(map[string]uint32)
		}
		c = uint32(len(d.sets))
		d.codes[string(d.key)] = c
		d.sets = append(d.sets, set)
	}
	slot.labels, slot.code = slices.Clone(labels), c+1
	return c
}

// most returns the size of the largest set, at least 1.
func (d *setDict) most() int {
	n := 1
	for _, s := range d.sets {
		n = max(n, len(s))
	}
	return n
}

// ranks returns the place of each code in the order of compare, and the codes
// in that order.
func ranks[T any](all []T, compare func(a, b T) int) (rank, order []uint32) {
	order = make([]uint32, len(all))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return compare(all[a], all[b]) })
	rank = make([]uint32, len(all))
	for place, c := range order {
		rank[c] = uint32(place)
	}
	return rank, order
}

func compareRefs(a, b smm.Ref) int {
	return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Space, b.Space), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}
