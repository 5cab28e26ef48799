package queue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/smm"
)

// Pool is a set of evergreen posts, which are published again and again. It is a
// value, as a Queue is.
type Pool struct {
	Name  string      `json:"name"` // as that of a Queue
	Seed  uint64      `json:"seed,omitempty"`
	Posts []Evergreen `json:"posts"`
}

// Evergreen is a post of a pool. Its limits hold on each channel by itself.
type Evergreen struct {
	ID string `json:"id"` // unique within the pool; as the name of a Queue
	// Variants are the forms of the post, at least one. Each use takes the one
	// that was not used for longest, since platforms refuse the same text twice.
	Variants []smm.Post `json:"variants"`
	Weight   int        `json:"weight,omitempty"`   // how often, relative to others: 1 to 100; 0 is 1
	MinDays  int        `json:"min_days,omitempty"` // days from one use to the next, at least; 0 to 3660
	MaxUses  int        `json:"max_uses,omitempty"` // 0: no limit
	Expires  civil.Date `json:"expires,omitzero"`   // the last day, in the queue's zone; zero: none
	Seasons  []Season   `json:"seasons,omitempty"`  // the days of the year that it is for; empty: all
	Channels []smm.Ref  `json:"channels,omitempty"` // empty: all
}

// Season is a span of the year, its last day included. It may go over the end of
// the year: from 1 December until 6 January.
type Season struct {
	From  MonthDay `json:"from"`
	Until MonthDay `json:"until"`
}

// MonthDay is a day of every year.
type MonthDay struct {
	Month time.Month `json:"month"`
	Day   int        `json:"day"` // 29 February is the day before 1 March in other years too
}

func (d MonthDay) compare(e MonthDay) int {
	return cmp.Or(cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

func (s Season) has(d MonthDay) bool {
	in, before := s.From.compare(d) <= 0, d.compare(s.Until) <= 0
	if s.From.compare(s.Until) > 0 {
		return in || before
	}
	return in && before
}

// Check reports what is wrong with p, as an error that matches smm.ErrInvalid.
func (p *Pool) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: pool %q: %s", smm.ErrInvalid, p.Name, fmt.Sprintf(format, args...))
	}
	if !isName(p.Name) {
		return bad("the name must be 1 to %d letters, digits, \"-\", \"_\" and \".\"", maxName)
	}
	seen := make(map[string]bool)
	for i := range p.Posts {
		e := &p.Posts[i]
		switch {
		case !isName(e.ID):
			return bad("post %q: the ID must be 1 to %d letters, digits, \"-\", \"_\" and \".\"", e.ID, maxName)
		case seen[e.ID]:
			return bad("post %q is there twice", e.ID)
		case len(e.Variants) == 0:
			return bad("post %q has no variant", e.ID)
		case e.Weight < 0 || e.Weight > 100:
			return bad("post %q: weight %d is not from 1 to 100", e.ID, e.Weight)
		case e.MinDays < 0 || e.MinDays > 3660:
			return bad("post %q: MinDays %d is not from 0 to 3660", e.ID, e.MinDays)
		case e.MaxUses < 0:
			return bad("post %q: MaxUses is negative", e.ID)
		case !e.Expires.IsZero() && e.Expires.Check() != nil:
			return bad("post %q: there is no day %s to expire on", e.ID, e.Expires)
		}
		seen[e.ID] = true
		for _, s := range e.Seasons {
			for _, d := range []MonthDay{s.From, s.Until} {
				if d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > civil.DaysIn(2024, d.Month) {
					return bad("post %q: a season has no day %d of month %d", e.ID, d.Day, d.Month)
				}
			}
		}
	}
	return nil
}

// Use is one use of an evergreen post on a channel, planned or published.
type Use struct {
	Post    string // ID
	Variant int
	At      time.Time
}

// Pick is what a pool has for a slot.
type Pick struct {
	Post    string
	Variant int
}

// Picks returns what may stand in a slot, the best first, from the uses on the
// slot's channel, past and planned. It depends on nothing else. Posts that are
// expired, out of season, used up, or used less than their MinDays before or after
// the slot are none of them. First come those that were not used for longest,
// times their weight; those never used before all others; among equals the heavier
// one, then an order that the seed gives.
func (p *Pool) Picks(s Slot, zone civil.Zone, uses []Use) []Pick {
	type candidate struct {
		pick   Pick
		unused bool
		wait   float64
		weight int
		tie    uint64
	}
	today := civil.In(s.At, zone).Date
	var out []candidate
	for i := range p.Posts {
		e := &p.Posts[i]
		mine := slices.DeleteFunc(slices.Clone(uses), func(u Use) bool { return u.Post != e.ID })
		if !e.fits(s.Channel, today, zone, mine) {
			continue
		}
		c := candidate{unused: len(mine) == 0, weight: max(e.Weight, 1), tie: mix(p.Seed, e.ID)}
		nearest := time.Duration(0)
		for n, u := range mine { // to the nearest use, which may be planned behind the slot
			if d := s.At.Sub(u.At).Abs(); n == 0 || d < nearest {
				nearest = d
			}
		}
		c.wait = float64(nearest) * float64(c.weight)
		c.pick = Pick{e.ID, e.variant(mine)}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b candidate) int {
		if a.unused != b.unused {
			if a.unused {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.wait, a.wait), cmp.Compare(b.weight, a.weight),
			cmp.Compare(a.tie, b.tie), strings.Compare(a.pick.Post, b.pick.Post))
	})
	picks := make([]Pick, 0, len(out))
	for _, c := range out {
		picks = append(picks, c.pick)
	}
	return picks
}

// fits reports whether e may be used on a day, by its uses so far.
func (e *Evergreen) fits(ch smm.Ref, today civil.Date, zone civil.Zone, uses []Use) bool {
	here := MonthDay{today.Month, today.Day}
	switch {
	case len(e.Channels) > 0 && !slices.Contains(e.Channels, ch),
		!e.Expires.IsZero() && today.After(e.Expires),
		e.MaxUses > 0 && len(uses) >= e.MaxUses,
		len(e.Seasons) > 0 && !slices.ContainsFunc(e.Seasons, func(s Season) bool { return s.has(here) }):
		return false
	}
	return !slices.ContainsFunc(uses, func(u Use) bool {
		d := civil.In(u.At, zone).Date.DaysUntil(today)
		return max(d, -d) < e.MinDays
	})
}

// variant returns the one that was used the least lately.
func (e *Evergreen) variant(uses []Use) int {
	last := make([]time.Time, len(e.Variants))
	for _, u := range uses {
		if u.Variant < len(last) && u.At.After(last[u.Variant]) {
			last[u.Variant] = u.At
		}
	}
	best := 0
	for i, at := range last {
		if at.Before(last[best]) {
			best = i
		}
	}
	return best
}

// post returns a post of the pool.
func (p *Pool) post(id string) *Evergreen {
	i := slices.IndexFunc(p.Posts, func(e Evergreen) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return &p.Posts[i]
}
