package scheduler

import (
	"slices"
	"strings"
	"time"
)

// memPlaces has the slots and the contents of one tenant's live records, so that
// a write is compared with those that it can collide with and no others.
type memPlaces struct {
	slots  map[string]string // slot to ID
	prints map[string]*memPrints
}

// memPrints are the records with one fingerprint, by planned time.
type memPrints struct {
	of    []memPrint
	apart time.Duration // the largest so far
}

type memPrint struct {
	at    time.Time
	id    string
	apart time.Duration
}

func (p memPrint) compare(q memPrint) int {
	if n := p.at.Compare(q.at); n != 0 {
		return n
	}
	return strings.Compare(p.id, q.id)
}

func printOf(r *Record) memPrint { return memPrint{Micro(r.NotBefore), r.Delivery.ID, r.Apart} }

func (r *Record) hasPlace() bool { return r.Slot != "" || len(r.Fingerprint) > 0 }

// add gives r its place, or says why it cannot have it.
func (p *memPlaces) add(r *Record) error {
	tenant := r.Delivery.Tenant
	if by, taken := p.slots[r.Slot]; taken && r.Slot != "" {
		return &SlotError{Slot: r.Slot, By: Key{tenant, by}}
	}
	if g := p.prints[string(r.Fingerprint)]; g != nil && len(r.Fingerprint) > 0 {
		if o, near := g.near(printOf(r)); near {
			return &RepeatError{Of: Key{tenant, o.id}, At: o.at}
		}
	}
	p.take(r)
	return nil
}

// near returns the first record that p stands too close to.
func (g *memPrints) near(p memPrint) (memPrint, bool) {
	reach := max(g.apart, p.apart)
	if reach == 0 {
		return memPrint{}, false
	}
	i, _ := slices.BinarySearchFunc(g.of, memPrint{at: p.at.Add(-reach)}, memPrint.compare)
	for _, o := range g.of[i:] {
		if o.at.Sub(p.at) >= reach {
			break
		}
		if o.at.Sub(p.at).Abs() < max(o.apart, p.apart) {
			return o, true
		}
	}
	return memPrint{}, false
}

// take gives r its place without looking.
func (p *memPlaces) take(r *Record) {
	if r.Slot != "" {
		p.slots[r.Slot] = r.Delivery.ID
	}
	if len(r.Fingerprint) == 0 {
		return
	}
	g := p.prints[string(r.Fingerprint)]
	if g == nil {
		g = &memPrints{}
		p.prints[string(r.Fingerprint)] = g
	}
	mine := printOf(r)
	g.apart = max(g.apart, mine.apart)
	i, _ := slices.BinarySearchFunc(g.of, mine, memPrint.compare)
	g.of = slices.Insert(g.of, i, mine)
}

// remove takes r's place away, if it has one.
func (p *memPlaces) remove(r *Record) {
	if r.Slot != "" && p.slots[r.Slot] == r.Delivery.ID {
		delete(p.slots, r.Slot)
	}
	g := p.prints[string(r.Fingerprint)]
	if g == nil {
		return
	}
	if i, found := slices.BinarySearchFunc(g.of, printOf(r), memPrint.compare); found {
		g.of = slices.Delete(g.of, i, i+1)
	}
	if len(g.of) == 0 {
		delete(p.prints, string(r.Fingerprint))
	}
}
