package scheduler

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// memItem is a record in a Memory.
type memItem struct {
	r     *Record
	due   time.Time
	index int // in its tenant's queue, -1 if it has no Due

	lane   *memLane
	rank   int  // in the lane, -1 if it does not block
	parked bool // the lane was found to hold it back
}

// memQueue is a heap of items by Due.
type memQueue []*memItem

// Len implements heap.Interface.
func (q *memQueue) Len() int { return len(*q) }

// Less implements heap.Interface.
func (q *memQueue) Less(i, j int) bool { return (*q)[i].due.Before((*q)[j].due) }

// Swap implements heap.Interface.
func (q *memQueue) Swap(i, j int) {
	s := *q
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements heap.Interface.
func (q *memQueue) Push(x any) {
	it := x.(*memItem) //nolint:errcheck,forcetypeassert // only place pushes
	it.index = len(*q)
	*q = append(*q, it)
}

// Pop implements heap.Interface.
func (q *memQueue) Pop() any {
	old := *q
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	it.index = -1
	return it
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// Claim implements Store.
func (m *Memory) Claim(ctx context.Context, c Claim) ([]*Record, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	items := m.due(c)
	slices.SortStableFunc(items, func(a, b *memItem) int {
		return cmp.Or(a.due.Compare(b.due), strings.Compare(a.r.Delivery.ID, b.r.Delivery.ID))
	})
	out := make([]*Record, 0, len(items))
	for _, it := range items {
		r := it.r
		r.Version++
		r.Epoch++
		r.LeaseOwner, r.LeaseUntil = c.Owner, Micro(c.Now.Add(c.Lease))
		m.tenants[r.Delivery.Tenant].place(it)
		out = append(out, r.Clone())
	}
	return out, nil
}

// due takes the records of a claim out of the queues, in turns.
func (m *Memory) due(c Claim) []*memItem {
	if len(c.Keys) > 0 {
		return m.dueOf(c)
	}
	for _, mt := range m.order {
		mt.setLimit(c.LaneLimit)
	}
	var out []*memItem
	for n := len(m.order); n > 0 && len(out) < c.Limit; {
		mt := m.order[m.turn%len(m.order)]
		m.turn = (m.turn + 1) % len(m.order)
		it := mt.next(c.Now)
		if it == nil {
			n-- // a whole round without a due record ends it
			continue
		}
		n = len(m.order)
		out = append(out, it)
	}
	return out
}

// dueOf takes the records named.
func (m *Memory) dueOf(c Claim) []*memItem {
	var out []*memItem
	for _, k := range c.Keys {
		mt, it := m.item(k)
		if it != nil && it.index >= 0 && !it.due.After(c.Now) && len(out) < c.Limit && it.mayGo(c.LaneLimit) {
			mt.remove(it)
			out = append(out, it)
		}
	}
	return out
}

// next takes the next record that may go out of the queue, and parks what its
// lane holds back; nil if there is none. Parked records are not met again until
// their lane moves, so that a long lane costs a claim nothing.
func (mt *memTenant) next(now time.Time) *memItem {
	for len(mt.queue) > 0 && !mt.queue[0].due.After(now) {
		it := mt.queue[0]
		mt.remove(it)
		if it.mayGo(mt.limit) {
			return it
		}
		it.parked = true
		mt.place(it)
		if it.rank < 0 {
			it.lane.others = append(it.lane.others, it)
		}
	}
	return nil
}

// setLimit makes the queue that of claims with this LaneLimit.
func (mt *memTenant) setLimit(n int) {
	if n == mt.limit {
		return
	}
	for len(mt.parked) > 0 {
		mt.unpark(mt.parked[0])
	}
	mt.limit = n
}

func (mt *memTenant) unpark(it *memItem) {
	if !it.parked {
		return
	}
	mt.remove(it)
	it.parked = false
	mt.place(it)
}

func (mt *memTenant) queueOf(it *memItem) *memQueue {
	if it.parked {
		return &mt.parked
	}
	return &mt.queue
}

// remove takes it out of its queue.
func (mt *memTenant) remove(it *memItem) {
	if it.index >= 0 {
		heap.Remove(mt.queueOf(it), it.index)
	}
}

// place puts it where its record's Due says, or takes it out.
func (mt *memTenant) place(it *memItem) {
	due, ok := it.r.Due()
	it.due = due
	switch {
	case ok && it.index >= 0:
		heap.Fix(mt.queueOf(it), it.index)
	case ok:
		heap.Push(mt.queueOf(it), it)
	default:
		mt.remove(it)
	}
}

// enlist puts an item that was written into its queue and its lane.
func (mt *memTenant) enlist(it *memItem) {
	mt.unpark(it)
	mt.place(it)
	if it.r.Lane == "" {
		return
	}
	l := mt.lanes[it.r.Lane]
	if l == nil {
		l = &memLane{}
		mt.lanes[it.r.Lane] = l
	}
	if it.lane == nil {
		it.lane = l
		l.items++
	}
	switch was := it.rank >= 0; {
	case it.r.Blocks() && !was:
		heap.Push(l, it)
		return // nobody may go for its sake
	case it.r.Blocks():
		heap.Fix(l, it.rank)
	case was:
		heap.Remove(l, it.rank)
	default:
		return
	}
	for _, other := range l.first(mt.limit) {
		mt.unpark(other)
	}
	for len(l.others) > 0 {
		other := l.others[0]
		l.others = l.others[1:]
		mt.unpark(other)
	}
}

// memLane is a heap, by Position, of the records of a lane that block those
// behind them.
type memLane struct {
	open   []*memItem
	others []*memItem // parked ones that block nobody
	items  int        // all of them
}

// mayGo reports whether the lane of it lets it go.
func (it *memItem) mayGo(limit int) bool {
	if limit == 0 || it.lane == nil {
		return true
	}
	return it.lane.before(it.r.Position(), 0, limit) < limit
}

// before counts the records before p in the heap below i, up to limit.
func (l *memLane) before(p Position, i, limit int) int {
	if limit <= 0 || i >= len(l.open) || l.open[i].r.Position().Compare(p) >= 0 {
		return 0
	}
	n := 1 + l.before(p, 2*i+1, limit-1)
	return n + l.before(p, 2*i+2, limit-n)
}

// first returns the n records that stand first.
func (l *memLane) first(n int) []*memItem {
	if len(l.open) == 0 {
		return nil
	}
	out, next := make([]*memItem, 0, min(n, len(l.open))), []*memItem{l.open[0]}
	for len(out) < n && len(next) > 0 {
		it := next[0]
		next = next[1:]
		out = append(out, it)
		for _, child := range [...]int{2*it.rank + 1, 2*it.rank + 2} {
			if child < len(l.open) {
				i, _ := slices.BinarySearchFunc(next, l.open[child], byPosition)
				next = slices.Insert(next, i, l.open[child])
			}
		}
	}
	return out
}

func byPosition(a, b *memItem) int { return a.r.Position().Compare(b.r.Position()) }

// Len implements heap.Interface.
func (l *memLane) Len() int { return len(l.open) }

// Less implements heap.Interface.
func (l *memLane) Less(i, j int) bool { return byPosition(l.open[i], l.open[j]) < 0 }

// Swap implements heap.Interface.
func (l *memLane) Swap(i, j int) {
	l.open[i], l.open[j] = l.open[j], l.open[i]
	l.open[i].rank, l.open[j].rank = i, j
}

// Push implements heap.Interface.
func (l *memLane) Push(x any) {
	it := x.(*memItem) //nolint:errcheck,forcetypeassert // only enlist pushes
	it.rank = len(l.open)
	l.open = append(l.open, it)
}

// Pop implements heap.Interface.
func (l *memLane) Pop() any {
	it := l.open[len(l.open)-1]
	l.open[len(l.open)-1] = nil
	l.open = l.open[:len(l.open)-1]
	it.rank = -1
	return it
}
