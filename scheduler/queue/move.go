package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Move is a record that changed its slot.
type Move struct {
	ID       string
	Channel  smm.Ref
	From, To time.Time
}

// MoveOptions shape Reshuffle, Remove and Realign. nil means the zero value.
type MoveOptions struct {
	Seed   uint64   // of Reshuffle: the same one gives the same order
	Pinned []string // deliveries that stay where they are
	// CloseUp is for Remove: what comes behind moves up by one. Without it, the
	// slot is left free.
	CloseUp bool
}

// Reshuffle gives the posts that wait in the queue another order, each channel by
// itself, in the slots that they have. What was begun, what is due and what is
// pinned stays. It is one write: all or nothing. It returns what moved.
func (m *Manager) Reshuffle(ctx context.Context, q *Queue, opts *MoveOptions) ([]Move, error) {
	opts = orNone(opts)
	return m.change(ctx, q, func(now time.Time) ([]move, []*scheduler.Record, error) {
		var out []move
		for _, ch := range q.Channels {
			rs, err := m.waiting(ctx, q, ch, opts.Pinned, func(r *scheduler.Record) bool { return r.NotBefore.After(now) })
			if err != nil {
				return nil, nil, err
			}
			order := rand.New(rand.NewPCG(opts.Seed, mix(opts.Seed, ch.String()))).Perm(len(rs)) //nolint:gosec // an order needs no secrecy
			for i, r := range rs {
				out = append(out, move{r, spotOf(rs[order[i]])})
			}
		}
		return out, nil, nil
	})
}

// Remove takes a post out of the queue: all its parts on that channel are
// cancelled, and what waits behind it moves up by one slot if that is asked for.
// It is one write: all or nothing. It returns what moved. The error is a
// *BegunError if the delivery does not wait in q.
func (m *Manager) Remove(ctx context.Context, q *Queue, id string, opts *MoveOptions) ([]Move, error) {
	opts = orNone(opts)
	return m.change(ctx, q, func(now time.Time) ([]move, []*scheduler.Record, error) {
		gone, err := m.store.Get(ctx, scheduler.Key{Tenant: q.Tenant, ID: id})
		if err != nil {
			return nil, nil, err
		}
		ch := gone.Delivery.Request.Channel
		if !m.waits(q, gone, now) {
			return nil, nil, &BegunError{Queue: q.Name, ID: id}
		}
		cancelled, err := m.parts(ctx, gone)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range slices.Backward(cancelled) {
			if err := r.Delivery.Cancel(now); err != nil {
				return nil, nil, err
			}
		}
		if !opts.CloseUp {
			return nil, cancelled, nil
		}
		rs, err := m.waiting(ctx, q, ch, opts.Pinned, func(r *scheduler.Record) bool {
			return r.NotBefore.After(now) && r.Position().Compare(gone.Position()) > 0
		})
		if err != nil {
			return nil, nil, err
		}
		var out []move
		spot := spotOf(gone)
		for _, r := range rs {
			out = append(out, move{r, spot})
			spot = spotOf(r)
		}
		if !spotOf(gone).at.After(now) { // its time is over: nothing moves up into it
			out = nil
		}
		return out, cancelled, nil
	})
}

// Realign moves the posts that wait in the queue to the first slots that there are
// now, in the order that they have, also those whose time is over: after a pause,
// or when the queue's times, zone or blackouts have changed. What was begun and
// what is pinned stays. It is one write: all or nothing. It returns what moved.
// The error is a *FullError if there are too few slots.
func (m *Manager) Realign(ctx context.Context, q *Queue, opts *MoveOptions) ([]Move, error) {
	opts = orNone(opts)
	return m.change(ctx, q, func(now time.Time) ([]move, []*scheduler.Record, error) {
		var out []move
		for _, ch := range q.Channels {
			rs, err := m.waiting(ctx, q, ch, opts.Pinned, func(*scheduler.Record) bool { return true })
			if err != nil {
				return nil, nil, err
			}
			t, err := m.taken(ctx, q, ch)
			if err != nil {
				return nil, nil, err
			}
			t.without(rs)
			after := now
			for _, r := range rs {
				s, err := m.free(q, ch, t, after)
				if err != nil {
					return nil, nil, err
				}
				after = s.Start
				out = append(out, move{r, spot{s.Name, s.At, q.Zone.Name()}})
			}
		}
		return out, nil, nil
	})
}

func orNone(o *MoveOptions) *MoveOptions {
	if o == nil {
		return &MoveOptions{}
	}
	return o
}

// without forgets records that are about to get other slots.
func (t *taken) without(rs []*scheduler.Record) {
	for _, r := range rs {
		delete(t.slots, r.Slot)
		t.records = slices.DeleteFunc(t.records, func(o *scheduler.Record) bool { return o.Key() == r.Key() })
	}
}

// spot is where a record stands.
type spot struct {
	slot string
	at   time.Time
	zone string
}

func spotOf(r *scheduler.Record) spot { return spot{r.Slot, r.NotBefore, r.Zone} }

func (s spot) equal(o spot) bool { return s.slot == o.slot && s.zone == o.zone && s.at.Equal(o.at) }

// move is what a record is about to do.
type move struct {
	r  *scheduler.Record
	to spot
}

// waits reports whether a record waits in the queue, and nobody works on it.
func (m *Manager) waits(q *Queue, r *scheduler.Record, now time.Time) bool {
	d := &r.Delivery
	return d.Parent == "" && strings.HasPrefix(r.Slot, q.prefix(d.Request.Channel)) && untouched(d) && !r.LeaseUntil.After(now)
}

// untouched reports whether nothing of d was uploaded or sent.
func untouched(d *smm.Delivery) bool {
	return d.Phase == smm.PhaseWaiting ||
		d.Phase == smm.PhasePreparing && len(d.Prepared.State) == 0 && d.Prepared.Progress == 0 && !d.Attempt.Doubt
}

// waiting returns the records of a channel that wait in the queue, in order.
func (m *Manager) waiting(ctx context.Context, q *Queue, ch smm.Ref, pinned []string, want func(*scheduler.Record) bool) ([]*scheduler.Record, error) {
	var out []*scheduler.Record
	now := m.clock.Now()
	for r, err := range m.store.List(ctx, scheduler.Query{Tenant: q.Tenant, Channel: ch, Phases: openPhases}) {
		if err != nil {
			return nil, err
		}
		if m.waits(q, r, now) && !slices.Contains(pinned, r.Delivery.ID) && want(r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// parts returns a record and those that wait for it on its channel, in order.
func (m *Manager) parts(ctx context.Context, root *scheduler.Record) ([]*scheduler.Record, error) {
	out := []*scheduler.Record{root}
	d := &root.Delivery
	if d.Entry == "" {
		return out, nil
	}
	var rest []*scheduler.Record
	for r, err := range m.store.List(ctx, scheduler.Query{Tenant: d.Tenant, Entry: d.Entry, Channel: d.Request.Channel}) {
		if err != nil {
			return nil, err
		}
		if r.Delivery.ID != d.ID && !r.Delivery.Phase.Final() {
			rest = append(rest, r)
		}
	}
	for i := 0; i < len(out); i++ {
		for _, r := range rest {
			if r.Delivery.Parent == out[i].Delivery.ID {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// change writes moves and other changes at once; again if somebody else was
// faster.
func (m *Manager) change(ctx context.Context, q *Queue, f func(now time.Time) ([]move, []*scheduler.Record, error)) ([]Move, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	const tries = 10
	for n := 1; ; n++ {
		now := m.clock.Now()
		moves, rs, err := f(now)
		if err != nil {
			return nil, err
		}
		var told []Move
		for _, mv := range moves {
			if mv.to.equal(spotOf(mv.r)) {
				continue
			}
			parts, err := m.parts(ctx, mv.r)
			if err != nil {
				return nil, err
			}
			told = append(told, Move{mv.r.Delivery.ID, mv.r.Delivery.Request.Channel, mv.r.NotBefore, mv.to.at})
			for _, r := range parts {
				place(r, mv.to, now)
			}
			mv.r.Slot = mv.to.slot
			rs = append(rs, parts...)
		}
		if len(rs) == 0 {
			return nil, nil
		}
		err = m.store.Apply(ctx, now, rs...)
		if err == nil {
			return told, nil
		}
		if n == tries || !errors.Is(err, smm.ErrConflict) {
			return nil, fmt.Errorf("queue %q: %w", q.Name, err)
		}
	}
}

// place plans a record for another time; what is stale keeps its distance.
func place(r *scheduler.Record, to spot, now time.Time) {
	d := &r.Delivery
	at := scheduler.Micro(to.at)
	if stale := d.Policy.StaleAfter; !stale.IsZero() {
		d.Policy.StaleAfter = stale.Add(at.Sub(r.NotBefore))
	}
	r.NotBefore, d.Wake, d.Request.Created, r.Zone, r.LeaseUntil = at, at, at.Truncate(time.Millisecond), to.zone, time.Time{}
	if !strings.HasPrefix(r.Held, scheduler.HeldFindings) && !strings.HasPrefix(r.Held, scheduler.HeldLate) {
		r.Held = ""
	}
	const logged = 40
	d.Log = append(d.Log, smm.LogLine{At: now, Phase: d.Phase, Note: "moved within its queue to " + at.Format(time.RFC3339)})
	d.Log = d.Log[max(0, len(d.Log)-logged):]
}
