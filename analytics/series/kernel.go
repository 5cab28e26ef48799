package series

import (
	"fmt"
	"math/bits"

	"github.com/smmkit/smmkit/smm"
)

// blockRows keeps what is passed from step to step in the first-level cache.
const blockRows = 1 << 10

// scan turns rows into group numbers, block by block. Group 0 is that of the
// rows that are filtered out.
type scan struct {
	plan   *plan
	base   Day
	dense  bool
	groups uint32            // in use, group 0 included
	number map[uint64]uint32 // where the plan has too many groups for a cell each
	keys   []uint64          // of the numbers, where number is in use
	wide   [blockRows]uint64
	key    [blockRows]uint32
	odd    [blockRows]uint16 // rows of the block with a number that is no plain count
	odds   int
}

func newScan(t *Table, p *plan) *scan {
	const small = 1 << 16
	s := &scan{plan: p, base: t.min, groups: 1}
	if s.dense = p.groups <= uint64(small+t.rows); s.dense {
		s.groups = uint32(p.groups) + 1
	} else {
		s.number, s.keys = make(map[uint64]uint32), []uint64{skip}
	}
	return s
}

// block computes the group numbers of the rows [from, to) of c, with sets the
// table of this pass, which may be nil.
func (s *scan) block(c *chunk, from, to int, sets []uint64) {
	key := s.key[:to-from]
	if a, b, ok := s.pair(c, from, to, sets); ok {
		lookUpPair(key, &a, &b)
	} else {
		wide := s.wide[:to-from]
		s.lookUpAll(wide, c, from, to, sets)
		if s.dense {
			narrow(key, wide)
		} else {
			s.compact(wide)
		}
	}
	s.odds = oddRows(&s.odd, c.odd[from:to])
}

// lookup is a key column of a block with its table.
type lookup struct {
	codes []uint32
	table []uint64
	base  uint32
}

// pair returns both lookups of a plan that has exactly two, which is what most
// reports ask for, and lets them be done in one step.
func (s *scan) pair(c *chunk, from, to int, sets []uint64) (a, b lookup, ok bool) {
	if !s.dense || sets != nil || s.plan.base[dimHour] != nil {
		return a, b, false
	}
	n := 0
	for dim, column := range [...][]uint32{c.channel, c.post, c.day, nil, c.campaign, c.kind, c.sets} {
		table := s.plan.base[dim]
		if table == nil {
			continue
		}
		a, b = b, lookup{codes: column[from:to], table: table}
		if dim == dimDay {
			b.base = uint32(s.base)
		}
		n++
	}
	return a, b, n == 2
}

func lookUpPair(key []uint32, a, b *lookup) {
	x, y := a.codes[:len(key)], b.codes[:len(key)]
	for i := range key {
		w := a.table[x[i]-a.base] + b.table[y[i]-b.base]
		k := uint32(w) + 1
		if w >= skip {
			k = 0
		}
		key[i] = k
	}
}

func (s *scan) lookUpAll(wide []uint64, c *chunk, from, to int, sets []uint64) {
	clear(wide)
	for dim, column := range [...][]uint32{c.channel, c.post, nil, nil, c.campaign, c.kind, c.sets} {
		if table := s.plan.base[dim]; table != nil && column != nil {
			lookUp(wide, column[from:to], table, 0)
		}
	}
	if table := s.plan.base[dimDay]; table != nil {
		lookUp(wide, c.day[from:to], table, uint32(s.base))
	}
	if table := s.plan.base[dimHour]; table != nil {
		for i, h := range c.hour[from:to] {
			wide[i] += table[h]
		}
	}
	if sets != nil {
		lookUp(wide, c.sets[from:to], sets, 0)
	}
}

func lookUp(wide []uint64, codes []uint32, table []uint64, base uint32) {
	codes = codes[:len(wide)]
	for i, c := range codes {
		wide[i] += table[c-base]
	}
}

func narrow(key []uint32, wide []uint64) {
	wide = wide[:len(key)]
	for i, w := range wide {
		k := uint32(w) + 1
		if w >= skip {
			k = 0
		}
		key[i] = k
	}
}

// oddRows lists rows without a branch that would be mispredicted for each.
func oddRows(list *[blockRows]uint16, odd []uint8) int {
	n := 0
	for i, o := range odd {
		list[n&(blockRows-1)] = uint16(i)
		n += int((uint32(o) + 255) >> 8)
	}
	return n
}

func (s *scan) compact(wide []uint64) {
	for i, w := range wide {
		if w >= skip {
			s.key[i] = 0
			continue
		}
		k, ok := s.number[w]
		if !ok {
			k = s.groups
			s.groups++
			s.number[w] = k
			s.keys = append(s.keys, w)
		}
		s.key[i] = k
	}
}

// wideKey is the group's key in the plan.
func (s *scan) wideKey(group uint32) uint64 {
	if s.dense {
		return uint64(group) - 1
	}
	return s.keys[group]
}

// sums accumulates whole columns.
type sums struct {
	columns []int
	checked bool         // a sum may overflow
	quads   [][][4]int64 // four columns to a line of the cache
	rows    []uint32
	odd     [][]tally // by column
	mask    uint8     // the bits of chunk.odd that matter
	byBit   [8][]int  // which of the columns share a bit
}

func newSums(t *Table, columns []int) *sums {
	a := &sums{columns: columns, quads: make([][][4]int64, (len(columns)+3)/4), odd: make([][]tally, len(columns))}
	for i, c := range columns {
		a.checked = a.checked || !t.fits(c)
		a.mask |= 1 << (c % 8)
		a.byBit[c%8] = append(a.byBit[c%8], i)
	}
	return a
}

func grown[T any](s []T, n uint32) []T {
	if int(n) <= len(s) {
		return s
	}
	return append(s, make([]T, int(n)-len(s))...)
}

func (a *sums) grow(groups uint32) {
	a.rows = grown(a.rows, groups)
	for i := range a.quads {
		a.quads[i] = grown(a.quads[i], groups)
	}
	for i := range a.odd {
		a.odd[i] = grown(a.odd[i], groups)
	}
}

func (a *sums) add(s *scan, c *chunk, from, to int) error {
	a.grow(s.groups)
	key := s.key[:to-from]
	for _, k := range key {
		a.rows[k]++
	}
	for q := range a.quads {
		// A quad that is not full repeats its last column, which is in the cache.
		var v [4][]int64
		for lane := range v {
			v[lane] = c.values[a.columns[min(q*4+lane, len(a.columns)-1)]][from:to]
		}
		switch {
		case !a.checked:
			addFour(a.quads[q], key, v[0], v[1], v[2], v[3])
		case !addChecked(a.quads[q], key, &v):
			return overflow()
		}
	}
	mask, byBit := a.mask, &a.byBit
	for _, i := range s.odd[:s.odds] {
		for m := c.odd[from+int(i)] & mask; m != 0; m &= m - 1 {
			for _, j := range byBit[bits.TrailingZeros8(m)] {
				a.odd[j][key[i]].add(c.states[a.columns[j]][from+int(i)])
			}
		}
	}
	return nil
}

func addFour(acc [][4]int64, key []uint32, v0, v1, v2, v3 []int64) {
	v0, v1, v2, v3 = v0[:len(key)], v1[:len(key)], v2[:len(key)], v3[:len(key)]
	for i, k := range key {
		a := &acc[k]
		a[0] += v0[i]
		a[1] += v1[i]
		a[2] += v2[i]
		a[3] += v3[i]
	}
}

// addChecked reports false on overflow. Numbers are not negative, so that the
// sign tells.
func addChecked(acc [][4]int64, key []uint32, v *[4][]int64) bool {
	for i, k := range key {
		for lane := range v {
			acc[k][lane] += v[lane][i]
			if acc[k][lane] < 0 {
				if k > 0 {
					return false
				}
				acc[k][lane] = 0 // nobody asks for the rows that are filtered out
			}
		}
	}
	return true
}

func overflow() error { return fmt.Errorf("%w: sum overflows", smm.ErrInvalid) }
