package series

import (
	"fmt"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Daily is one number for each day of a run of days. A day without rows has the
// zero Value, which is undefined and not 0.
type Daily struct {
	From   Day
	Values []analytics.Value
}

// Daily returns a column of the rows that pass f, by day, over f.Period or, if
// that is zero, over the days of the table. Errors are those of Query.
func (t *Table) Daily(name smm.MetricName, f Filter) (Daily, error) {
	if f.Period == (Period{}) {
		f.Period, _ = t.Period()
		if t.rows == 0 {
			return Daily{}, nil
		}
	}
	r, err := t.Query(Query{Where: f, By: []By{ByDay}, Sums: []smm.MetricName{name}})
	if err != nil {
		return Daily{}, err
	}
	out := Daily{From: f.Period.From, Values: make([]analytics.Value, f.Period.Days())}
	for _, g := range r.Groups {
		out.Values[g.Key.Day-out.From] = g.Sums[0]
	}
	return out, nil
}

// Period returns the days of the series.
func (d Daily) Period() Period { return Period{d.From, d.From + Day(len(d.Values))} }

// Running returns the running totals. Days that are missing make all later
// totals incomplete: a day without rows counts as one part not reported. Errors
// are those of analytics.Value.Add.
func (d Daily) Running() (Daily, error) {
	out := Daily{From: d.From, Values: make([]analytics.Value, len(d.Values))}
	var sum analytics.Value
	for i, v := range d.Values {
		if v.Parts == (analytics.Parts{}) {
			v.Parts.NotReported = 1
		}
		var err error
		if sum, err = sum.Add(v); err != nil {
			return Daily{}, fmt.Errorf("%s: %w", d.From+Day(i), err)
		}
		out.Values[i] = sum
	}
	return out, nil
}

// Gap is a run of days without a number.
type Gap struct {
	Period Period
	Reason string // of its first day: "nothing to add up" where there was no row
}

// Gaps returns the runs of days on which the number is undefined, in order.
// Neighbours with different reasons are two gaps.
func (d Daily) Gaps() []Gap {
	var out []Gap
	for i, v := range d.Values {
		if v.State() != analytics.StateUndefined {
			continue
		}
		day := d.From + Day(i)
		if n := len(out); n > 0 && out[n-1].Period.To == day && out[n-1].Reason == v.Reason() {
			out[n-1].Period.To++
			continue
		}
		out = append(out, Gap{Period{day, day + 1}, v.Reason()})
	}
	return out
}

// Goal is a total to be reached within a period.
type Goal struct {
	Target int64 // above zero, in the unit of the series
	Period Period
}

// Pace says how far a goal is.
type Pace struct {
	Done      analytics.Value // up to and without the day that was asked about
	Elapsed   int             // days of the period that are over
	Left      int             // days that are not
	Expected  float64         // the share of Target that an even pace had reached by now
	Target    int64
	knownDays int
}

// Pace compares d with a goal at the beginning of the day today, which is not
// counted itself. Errors match smm.ErrInvalid: a target that is not above zero,
// a period without a day, and a series that does not cover the days that are
// over.
func (d Daily) Pace(g Goal, today Day) (Pace, error) {
	if err := g.Period.check(); err != nil {
		return Pace{}, err
	}
	end := max(min(today, g.Period.To), g.Period.From)
	p := Pace{Elapsed: int(end - g.Period.From), Left: int(g.Period.To - end), Target: g.Target}
	switch {
	case g.Target <= 0:
		return Pace{}, fmt.Errorf("%w: a goal of %d: set a target above zero", smm.ErrInvalid, g.Target)
	case p.Elapsed > 0 && (d.From > g.Period.From || d.Period().To < end):
		return Pace{}, fmt.Errorf("%w: the goal needs the days %s, and the series has %s", smm.ErrInvalid, Period{g.Period.From, end}, d.Period())
	}
	p.Expected = float64(g.Target) * float64(p.Elapsed) / float64(g.Period.Days())
	if p.Elapsed == 0 {
		return p, nil
	}
	run := Daily{From: g.Period.From, Values: d.Values[g.Period.From-d.From : end-d.From]}
	for _, v := range run.Values {
		if v.Parts.Known() > 0 {
			p.knownDays++
		}
	}
	total, err := run.Running()
	if err != nil {
		return Pace{}, err
	}
	p.Done = total.Values[len(total.Values)-1]
	return p, nil
}

// Ratio returns Done over Expected: 1 is on pace, above is ahead. False if
// nothing is known or no day is over. If Done is incomplete it is a lower bound.
//
// Unit: fraction. Formula: done / (target · elapsed days / days of the period),
// an even pace.
func (p Pace) Ratio() (float64, bool) {
	done, ok := p.Done.Int64()
	if !ok || p.Expected <= 0 {
		return 0, false
	}
	return float64(done) / p.Expected, true
}

// Projected returns the total at the end of the period if the days that are
// left, and those that are over and not known, go like the average known day.
// False if no day is known.
//
// Unit: that of the series. Formula: done + done / known days · (days of the
// period - known days).
func (p Pace) Projected() (float64, bool) {
	done, ok := p.Done.Int64()
	if !ok || p.knownDays == 0 {
		return 0, false
	}
	days := float64(p.Elapsed + p.Left)
	return float64(done) * days / float64(p.knownDays), true
}

// Needed returns how much each day that is left must bring; 0 if the goal is
// reached. False if no day is left, or if days are over and nothing is known of
// them.
//
// Unit: that of the series, a day. Formula: (target - done) / days left.
func (p Pace) Needed() (float64, bool) {
	done, ok := p.Done.Int64()
	if p.Left == 0 || (p.Elapsed > 0 && !ok) {
		return 0, false
	}
	return max(float64(p.Target)-float64(done), 0) / float64(p.Left), true
}
