package recur

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/smm"
)

// Set is what recurs, on the wall clock of a zone: what the Rule gives from the
// Start on, and the Rdates, without the Exdates. It is a value: reading it from
// several goroutines is safe, and it survives JSON.
type Set struct {
	// Start is the earliest that the rule gives, and lends it what it leaves
	// open: FREQ=WEEKLY is its weekday at its time. It is an occurrence only if
	// the rule gives it, or if there is no rule. Whole seconds.
	Start civil.DateTime `json:"start"`
	Zone  civil.Zone     `json:"zone"`
	Rule  *Rule          `json:"rule,omitempty"` // nil: only Start and the Rdates
	// Exdates are the wall times of occurrences that are left out, as the rule
	// has them: those in a gap with the time that is skipped. They win over Rdates.
	Exdates []civil.DateTime `json:"exdates,omitempty"`
	Rdates  []civil.DateTime `json:"rdates,omitempty"` // times that are added
	// SkipGaps leaves out what lies in a gap, instead of moving it behind the gap.
	SkipGaps bool `json:"skip_gaps,omitempty"`
}

// Occurrence is one time that recurs.
type Occurrence struct {
	At    time.Time      // the instant, UTC
	Civil civil.DateTime // as the rule has it: if Kind is civil.Gap, clocks never show it
	Kind  civil.Kind
}

// Check reports what is wrong with s, as an error that matches smm.ErrInvalid.
func (s *Set) Check() error {
	if err := s.Zone.Check(); err != nil {
		return err
	}
	if s.Rule != nil {
		if err := s.Rule.Check(); err != nil {
			return err
		}
	}
	for _, dt := range slices.Concat([]civil.DateTime{s.Start}, s.Exdates, s.Rdates) {
		if err := dt.Check(); err != nil {
			return err
		}
		if dt.Time.Nanosecond != 0 {
			return fmt.Errorf("%w: %s: recurring times have whole seconds", smm.ErrInvalid, dt)
		}
	}
	return nil
}

// All yields the occurrences in the order of their instants, each instant once.
// Most rules have no end, so the caller breaks off. They are computed as they are
// asked for. An error, of Check or ErrNever, ends the sequence.
func (s *Set) All() iter.Seq2[Occurrence, error] { return s.from(time.Time{}) }

// Between yields the occurrences at or after from and before until. A rule
// without COUNT is not worked through from its start.
func (s *Set) Between(from, until time.Time) iter.Seq2[Occurrence, error] {
	return func(yield func(Occurrence, error) bool) {
		for o, err := range s.from(from) {
			switch {
			case err == nil && o.At.Before(from):
				continue
			case err == nil && !o.At.Before(until):
				return
			case !yield(o, err):
				return
			}
		}
	}
}

// After returns the next n occurrences after t, fewer if there are no more.
func (s *Set) After(t time.Time, n int) ([]Occurrence, error) {
	var out []Occurrence
	if n <= 0 {
		return out, s.Check()
	}
	for o, err := range s.from(t) {
		if err != nil {
			return out, err
		}
		if !o.At.After(t) {
			continue
		}
		if out = append(out, o); len(out) == n {
			break
		}
	}
	return out, nil
}

// from yields the occurrences at or after an instant, and maybe some before.
func (s *Set) from(t time.Time) iter.Seq2[Occurrence, error] {
	return func(yield func(Occurrence, error) bool) {
		if err := s.Check(); err != nil {
			yield(Occurrence{}, err)
			return
		}
		out := sequence{yield: yield}
		for o, err := range s.onTheWall(t) {
			if err != nil {
				if out.flush() {
					yield(Occurrence{}, err)
				}
				return
			}
			if !slices.Contains(s.Exdates, o.Civil) && !out.add(o) {
				return
			}
		}
		out.flush()
	}
}

// onTheWall yields what the rule gives and the Rdates, in the order of the wall
// clock, before Exdates.
func (s *Set) onTheWall(t time.Time) iter.Seq2[Occurrence, error] {
	return func(yield func(Occurrence, error) bool) {
		added := slices.Clone(s.Rdates)
		if s.Rule == nil {
			added = append(added, s.Start)
		}
		slices.SortFunc(added, civil.DateTime.Compare)
		before := func(dt *civil.DateTime) bool { // the added ones before dt, all if nil
			for len(added) > 0 && (dt == nil || added[0].Before(*dt)) {
				o := resolve(added[0], s.Zone)
				added = added[1:]
				if !(s.SkipGaps && o.Kind == civil.Gap) && !yield(o, nil) {
					return false
				}
			}
			return true
		}
		for o, err := range s.given(t) {
			if err != nil {
				yield(o, err)
				return
			}
			if !before(&o.Civil) || !yield(o, nil) {
				return
			}
		}
		before(nil)
	}
}

// given yields what the rule gives.
func (s *Set) given(t time.Time) iter.Seq2[Occurrence, error] {
	if s.Rule == nil {
		return func(func(Occurrence, error) bool) {}
	}
	g := &generator{rule: s.Rule.filled(s.Start), start: s.Start, zone: s.Zone, skipGaps: s.SkipGaps}
	if wall := civil.In(t, s.Zone); s.Rule.Count == 0 && wall.Check() == nil && wall.After(s.Start) {
		g.skip = g.rule.periodsBefore(s.Start.Date, wall.Date)
	}
	return g.all()
}

func resolve(dt civil.DateTime, z civil.Zone) Occurrence {
	at, kind := civil.Resolve(dt, z)
	return Occurrence{at, dt, kind}
}

// sequence brings occurrences that come in the order of the wall clock into that
// of their instants. Only those in a gap are out of order.
type sequence struct {
	yield func(Occurrence, error) bool
	moved []Occurrence // those in a gap, until one behind them has come
	last  time.Time
}

// add takes the next occurrence; false means that the reader has enough.
func (q *sequence) add(o Occurrence) bool {
	if o.Kind == civil.Gap {
		q.moved = append(q.moved, o)
		return true
	}
	for len(q.moved) > 0 && q.moved[0].At.Before(o.At) {
		if !q.pass(q.moved[0]) {
			return false
		}
		q.moved = q.moved[1:]
	}
	return q.pass(o)
}

func (q *sequence) flush() bool {
	for _, o := range q.moved {
		if !q.pass(o) {
			return false
		}
	}
	return true
}

func (q *sequence) pass(o Occurrence) bool {
	if !o.At.After(q.last) && !q.last.IsZero() {
		return true // the same instant again
	}
	q.last = o.At
	return q.yield(o, nil)
}
