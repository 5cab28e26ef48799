package series

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Against says which earlier period a period is compared with.
type Against string

// The earlier periods.
const (
	// PreviousPeriod is as long, and ends where the period begins.
	PreviousPeriod Against = "previous period"
	// SameWeekdays is as long, and lies back by the fewest whole weeks that keep
	// the two apart: each day meets its own weekday.
	SameWeekdays Against = "same weekdays"
	// YearAgo has the same dates of the year before; 29 February meets the 28th.
	YearAgo Against = "year ago"
)

// Before returns the period that p is compared with. Errors match
// smm.ErrInvalid: a period without a day, or one that begins before 1970.
func (p Period) Before(a Against) (Period, error) {
	if err := p.check(); err != nil {
		return Period{}, err
	}
	n := Day(p.Days())
	var out Period
	switch a {
	case PreviousPeriod:
		out = Period{p.From - n, p.From}
	case SameWeekdays:
		back := (n + daysPerWeek - 1) / daysPerWeek * daysPerWeek
		out = Period{p.From - back, p.To - back}
	case YearAgo:
		out = Period{yearBefore(p.From), yearBefore(p.To-1) + 1}
	default:
		return Period{}, fmt.Errorf("%w: cannot compare with %q: use PreviousPeriod, SameWeekdays or YearAgo", smm.ErrInvalid, a)
	}
	return out, out.check()
}

func yearBefore(d Day) Day {
	y, m, day := d.Time().Date()
	if m == 2 && day == 29 {
		day = 28
	}
	return Date(y-1, m, day)
}

// Change is a group in two periods. A group that had no rows in one of them has
// sums and rates there that are undefined.
type Change struct {
	Key         Key // with ByDay: the day of the current period
	Now, Before Group
}

// Sum returns how the sum of column i of the Result changed: the difference, and
// the growth as a fraction of the earlier value. Each is false where undefined.
// The state is the weaker of both sides; where it is incomplete, the change may
// err in either direction.
func (c *Change) Sum(i int) (difference int64, differenceOK bool, growth float64, growthOK bool, state analytics.State) {
	now, nowOK := c.Now.Sums[i].Int64()
	before, beforeOK := c.Before.Sums[i].Int64()
	if !nowOK || !beforeOK {
		return 0, false, 0, false, analytics.StateUndefined
	}
	growth, growthOK = analytics.GrowthRate(before, now)
	return now - before, true, growth, growthOK, weaker(c.Now.Sums[i].State(), c.Before.Sums[i].State())
}

// Rate returns the difference of rate i in fractions (0.01 is one percentage
// point), and false where a side is undefined.
func (c *Change) Rate(i int) (float64, bool) {
	now, nowOK := c.Now.Rates[i].Float64()
	before, beforeOK := c.Before.Rates[i].Float64()
	if !nowOK || !beforeOK {
		return 0, false
	}
	return now - before, true
}

func weaker(a, b analytics.State) analytics.State {
	order := []analytics.State{analytics.StateUndefined, analytics.StateIncomplete, analytics.StateEstimated, analytics.StateComplete}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

// Compare answers q for its period and for an earlier one. Groups come in the
// order of q.By; with ByDay, days meet by their distance from the beginning of
// their period. Errors are those of Query and Period.Before, and ByWeek, whose
// weeks would meet in parts only.
func (t *Table) Compare(q Query, a Against) ([]Change, error) {
	earlier, err := q.Where.Period.Before(a)
	if err != nil {
		return nil, err
	}
	if slices.Contains(q.By, ByWeek) {
		return nil, fmt.Errorf("%w: periods are not compared by week: use ByDay or ByWeekday", smm.ErrInvalid)
	}
	now, err := t.Query(q)
	if err != nil {
		return nil, err
	}
	shift := q.Where.Period.From - earlier.From
	q.Where.Period = earlier
	before, err := t.Query(q)
	if err != nil {
		return nil, err
	}
	none := func(k Key) Group {
		return Group{Key: k, Sums: make([]analytics.Value, len(now.Columns)), Rates: make([]Rate, len(now.Ratios))}
	}
	var out []Change
	at := make(map[Key]int, len(now.Groups))
	for _, g := range now.Groups {
		at[g.Key] = len(out)
		out = append(out, Change{Key: g.Key, Now: g, Before: none(g.Key)})
	}
	for _, g := range before.Groups {
		k := g.Key
		if slices.Contains(q.By, ByDay) {
			k.Day += shift
		}
		if i, ok := at[k]; ok {
			out[i].Before = g
			continue
		}
		out = append(out, Change{Key: k, Now: none(k), Before: g})
	}
	slices.SortFunc(out, func(a, b Change) int { return compareKeys(q.By, &a.Key, &b.Key) })
	return out, nil
}

func compareKeys(by []By, a, b *Key) int {
	for _, x := range by {
		var c int
		switch x {
		case ByChannel:
			c = compareRefs(a.Channel, b.Channel)
		case ByPost:
			c = compareRefs(a.Post, b.Post)
		case ByDay:
			c = cmp.Compare(a.Day, b.Day)
		case ByWeek:
			c = cmp.Compare(a.Week, b.Week)
		case ByWeekday:
			c = cmp.Compare(mondayFirst(a.Weekday), mondayFirst(b.Weekday))
		case ByHour:
			c = cmp.Compare(a.Hour, b.Hour)
		case ByCampaign:
			c = cmp.Compare(a.Campaign, b.Campaign)
		case ByContentType:
			c = cmp.Compare(a.ContentType, b.ContentType)
		case ByLabel:
			c = cmp.Compare(a.Label, b.Label)
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
