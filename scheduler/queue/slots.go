package queue

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/recur"
	"github.com/smmkit/smmkit/smm"
)

// Slot is one place of a queue on one channel.
type Slot struct {
	Name    string // the Record.Slot of what is in it
	Channel smm.Ref
	Start   time.Time      // as planned, UTC
	At      time.Time      // when to publish: Start and its jitter
	Civil   civil.DateTime // Start on the wall clock, as planned: in a gap a time that clocks never show
	Kind    civil.Kind
	Score   float64 // of a proposal; 0 for a weekly time
	Reason  string  // of a proposal
}

// prefix is what the names of a queue's slots on a channel begin with.
func (q *Queue) prefix(channel smm.Ref) string {
	return "queue/" + q.Name + "/" + channel.String() + "/"
}

// Slots returns the slots of a channel whose Start is at or after from and before
// until, in order. They depend on nothing but q. q must pass its Check.
func (q *Queue) Slots(channel smm.Ref, from, until time.Time) []Slot {
	if !slices.Contains(q.Channels, channel) || !from.Before(until) {
		return nil
	}
	// Whether a time is too near to one before it is decided from some days back
	// on, so that it does not depend on where the window begins.
	out := q.weekly(from.Add(-8*day), until)
	out = append(out, q.proposed(channel)...)
	slices.SortFunc(out, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	out = slices.DeleteFunc(out, func(s Slot) bool { return s.Start.Before(from) || !s.Start.Before(until) })
	for i := range out {
		s := &out[i]
		s.Channel = channel
		s.Name = q.prefix(channel) + s.Start.UTC().Format(time.RFC3339)
		s.At = s.Start.Add(q.jitter(s.Name))
		if q.black(civil.In(s.At, q.Zone).Date) { // not into a day that is kept free
			s.At = s.Start
		}
	}
	return out
}

// weekly returns the slots of the Times, without names.
func (q *Queue) weekly(from, until time.Time) []Slot {
	var out []Slot
	last := civil.In(until, q.Zone).Date.AddDays(1)
	for d := civil.In(from, q.Zone).Date.AddDays(-2); !d.After(last); d = d.AddDays(1) {
		if q.black(d) {
			continue
		}
		for _, w := range q.Times {
			if w.Day == recur.DayOf(d.Weekday()) {
				dt := d.At(w.At)
				at, kind := civil.Resolve(dt, q.Zone)
				out = append(out, Slot{Start: at, Civil: dt, Kind: kind})
			}
		}
	}
	// At one instant, what the wall clock shows goes before what a gap moved there.
	slices.SortFunc(out, func(a, b Slot) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Kind, b.Kind)) })
	kept := out[:0]
	for _, s := range out {
		if n := len(kept); n > 0 && (s.Start.Equal(kept[n-1].Start) || s.Start.Sub(kept[n-1].Start) < q.apart()) {
			continue
		}
		if s.Kind == civil.Gap && q.black(civil.In(s.Start, q.Zone).Date) {
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// proposed returns the proposals of a channel that are far enough from the weekly
// slots and from better ones.
func (q *Queue) proposed(channel smm.Ref) []Slot {
	var ps []smm.Slot
	for _, p := range q.Proposals {
		if p.Channel.IsZero() || p.Channel == channel {
			p.Start = p.Start.UTC().Truncate(time.Second)
			ps = append(ps, p)
		}
	}
	slices.SortStableFunc(ps, func(a, b smm.Slot) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Start.Compare(b.Start))
	})
	apart := max(q.apart(), time.Second) // never two at one instant
	var out []Slot
	for _, p := range ps {
		near := func(s Slot) bool { return s.Start.Sub(p.Start).Abs() < apart }
		wall := civil.In(p.Start, q.Zone)
		if q.black(wall.Date) || slices.ContainsFunc(out, near) ||
			slices.ContainsFunc(q.weekly(p.Start.Add(-8*day), p.Start.Add(apart)), near) {
			continue
		}
		out = append(out, Slot{Start: p.Start, Civil: wall, Score: p.Score, Reason: p.Reason})
	}
	return out
}

func (q *Queue) black(d civil.Date) bool {
	return slices.ContainsFunc(q.Blackouts, func(b Blackout) bool { return !d.Before(b.From) && !d.After(b.Until) })
}

// jitter is the delay of a slot, in whole seconds.
func (q *Queue) jitter(name string) time.Duration {
	seconds := uint64(q.Jitter / time.Second)
	if seconds == 0 {
		return 0
	}
	return time.Duration(mix(q.Seed, name)%seconds) * time.Second
}

// mix turns a seed and a name into a number, the same everywhere and always.
func mix(seed uint64, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strconv.FormatUint(seed, 10) + "/" + name)) //nolint:gosec // a hash never fails
	x := h.Sum64()
	x ^= x >> 31
	x *= 0x9e3779b97f4a7c15
	return x ^ x>>29
}
