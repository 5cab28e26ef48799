package scheduler

import (
	"container/heap"
	"errors"
	"time"
)

// memItem is a record in a Memory.
type memItem struct {
	r     *Record
	due   time.Time
	index int // in its tenant's queue, -1 if it has no Due
}

// memQueue is a heap of items by Due.
type memQueue []*memItem

// place puts it where its record's Due says, or takes it out.
func (q *memQueue) place(it *memItem) {
	due, ok := it.r.Due()
	it.due = due
	switch {
	case ok && it.index >= 0:
		heap.Fix(q, it.index)
	case ok:
		heap.Push(q, it)
	case it.index >= 0:
		heap.Remove(q, it.index)
	}
}

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
