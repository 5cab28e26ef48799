package queue

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Planner is what plans the posts: a *scheduler.Scheduler.
type Planner interface {
	ScheduleAll(ctx context.Context, entries []scheduler.Entry) ([][]scheduler.Item, []smm.Findings, error)
}

// Manager works on queues. It keeps nothing: it is safe for concurrent use, and
// any number of processes may work on the same queues.
type Manager struct {
	planner Planner
	store   scheduler.Store
	clock   smm.Clock
}

// Option configures New.
type Option func(*Manager)

// WithClock replaces the clock.
func WithClock(c smm.Clock) Option { return func(m *Manager) { m.clock = c } }

// New returns a Manager. The planner must plan into the store.
func New(planner Planner, store scheduler.Store, opts ...Option) (*Manager, error) {
	m := &Manager{planner: planner, store: store, clock: smm.SystemClock()}
	for _, o := range opts {
		o(m)
	}
	if planner == nil || store == nil || m.clock == nil {
		return nil, fmt.Errorf("%w: a manager of queues needs a planner, a store and a clock", smm.ErrInvalid)
	}
	return m, nil
}

// Place is a slot and what is in it.
type Place struct {
	Slot
	// ID is the delivery that has the slot, or that stands too near to it; "" if
	// the slot is free.
	ID string
	// Near says that ID is not in the slot: it is another post of the channel that
	// is planned closer to it than MinGap.
	Near bool
}

// Next returns the next free slot of each channel, in the order of q.Channels. It
// is a look ahead and reserves nothing. The error is a *FullError if a channel
// has none.
func (m *Manager) Next(ctx context.Context, q *Queue) ([]Slot, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	out := make([]Slot, 0, len(q.Channels))
	for _, ch := range q.Channels {
		t, err := m.taken(ctx, q, ch)
		if err != nil {
			return nil, err
		}
		s, err := m.free(q, ch, t, m.clock.Now())
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Preview returns the next n slots of each channel, taken or not, by channel in
// the order of q.Channels; fewer if the Horizon has fewer.
func (m *Manager) Preview(ctx context.Context, q *Queue, n int) ([]Place, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	var out []Place
	for _, ch := range q.Channels {
		t, err := m.taken(ctx, q, ch)
		if err != nil {
			return nil, err
		}
		left := n
		for s := range m.after(q, ch, m.clock.Now()) {
			if left--; left < 0 {
				break
			}
			out = append(out, t.place(s))
		}
	}
	return out, nil
}

// after yields the slots of a channel behind a moment and behind now, up to the
// horizon.
func (m *Manager) after(q *Queue, ch smm.Ref, t time.Time) iter.Seq[Slot] {
	now := m.clock.Now()
	end := now.Add(q.horizon())
	if t.Before(now) {
		t = now
	}
	return func(yield func(Slot) bool) {
		for from := t; from.Before(end); from = from.Add(4 * week) {
			until := from.Add(4 * week)
			if until.After(end) {
				until = end
			}
			for _, s := range q.Slots(ch, from, until) {
				if s.Start.After(t) && !yield(s) {
					return
				}
			}
		}
	}
}

// free returns the first free slot behind a moment.
func (m *Manager) free(q *Queue, ch smm.Ref, t *taken, after time.Time) (Slot, error) {
	for s := range m.after(q, ch, after) {
		if t.place(s).ID == "" {
			return s, nil
		}
	}
	return Slot{}, &FullError{Queue: q.Name, Channel: ch, Until: m.clock.Now().Add(q.horizon())}
}

// taken is what a channel has planned.
type taken struct {
	gap     time.Duration
	slots   map[string]string // delivery by slot
	records []*scheduler.Record
}

// openPhases are those of records that may still take a slot anywhere in time.
var openPhases = []smm.Phase{
	smm.PhaseWaiting, smm.PhasePreparing, smm.PhaseReady, smm.PhaseCommitting, smm.PhaseSettling, smm.PhaseHuman,
}

// taken reads what a channel has planned, and what it published so lately that it
// matters.
func (m *Manager) taken(ctx context.Context, q *Queue, ch smm.Ref) (*taken, error) {
	t := &taken{gap: q.MinGap, slots: make(map[string]string)}
	since := m.clock.Now().Add(-max(q.MinGap, day))
	for r, err := range m.store.List(ctx, scheduler.Query{Tenant: q.Tenant, Channel: ch, From: since}) {
		if err != nil {
			return nil, err
		}
		t.add(r)
	}
	for r, err := range m.store.List(ctx, scheduler.Query{Tenant: q.Tenant, Channel: ch, Until: since, Phases: openPhases}) {
		if err != nil {
			return nil, err
		}
		t.add(r)
	}
	return t, nil
}

func (t *taken) add(r *scheduler.Record) {
	if r.Delivery.Parent != "" || !r.Live() {
		return
	}
	t.records = append(t.records, r)
	if r.Slot != "" {
		t.slots[r.Slot] = r.Delivery.ID
	}
}

// place says what is in a slot.
func (t *taken) place(s Slot) Place {
	if id, ok := t.slots[s.Name]; ok {
		return Place{Slot: s, ID: id}
	}
	i := slices.IndexFunc(t.records, func(r *scheduler.Record) bool { return r.NotBefore.Sub(s.At).Abs() < t.gap })
	if i >= 0 {
		return Place{Slot: s, ID: t.records[i].Delivery.ID, Near: true}
	}
	return Place{Slot: s}
}
