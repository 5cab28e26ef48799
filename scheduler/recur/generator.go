package recur

import (
	"iter"
	"slices"

	"github.com/smmkit/smmkit/scheduler/civil"
)

// generator yields what a rule gives, on the wall clock and in its order.
type generator struct {
	rule     Rule // filled in
	start    civil.DateTime
	zone     civil.Zone
	skipGaps bool
	skip     int // periods that need not be looked at
}

// all yields the occurrences, with the instants that they are resolved to. The
// order is that of the wall clock, which a gap can make differ from that of the
// instants.
func (g *generator) all() iter.Seq2[Occurrence, error] {
	return func(yield func(Occurrence, error) bool) {
		left, found, empty := g.rule.Count, false, 0
		for n := g.skip; ; n++ {
			days, ok := g.rule.days(g.start.Date, n)
			if empty++; !ok || empty > g.rule.cycle() {
				break
			}
			for dt := range g.times(days) {
				empty = 0
				if dt.Before(g.start) {
					continue
				}
				found = true
				o := resolve(dt, g.zone)
				switch in, more := g.within(o); {
				case !more:
					return
				case !in, g.skipGaps && o.Kind == civil.Gap:
					continue
				}
				if !yield(o, nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
		}
		if !found && g.never() {
			yield(Occurrence{}, ErrNever)
		}
	}
}

// never reports whether a rule that gave nothing from g.skip on gives nothing
// before either.
func (g *generator) never() bool {
	if g.skip == 0 {
		return true
	}
	whole := *g
	whole.skip = 0
	for _, err := range whole.all() {
		return err != nil
	}
	return false // it is UNTIL that leaves nothing
}

// times yields the times of a period, those that BYSETPOS selects.
func (g *generator) times(days []civil.Date) iter.Seq[civil.DateTime] {
	r := &g.rule
	at := func(i int) civil.DateTime {
		perDay := len(r.Hours) * len(r.Minutes)
		day, i := days[i/perDay], i%perDay
		return day.At(civil.Time{Hour: r.Hours[i/len(r.Minutes)], Minute: r.Minutes[i%len(r.Minutes)], Second: g.start.Time.Second})
	}
	return func(yield func(civil.DateTime) bool) {
		total := len(days) * len(r.Hours) * len(r.Minutes)
		if len(r.SetPos) > 0 {
			for _, i := range positions(r.SetPos, total) {
				if !yield(at(i)) {
					return
				}
			}
			return
		}
		for i := range total {
			if !yield(at(i)) {
				return
			}
		}
	}
}

// positions turns BYSETPOS into indices from 0, sorted and without doubles.
func positions(setPos []int, total int) []int {
	var out []int
	for _, p := range setPos {
		if p < 0 {
			p += total + 1
		}
		if p >= 1 && p <= total {
			out = append(out, p-1)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// within compares an occurrence with UNTIL; more is false if all that follow are
// behind it.
func (g *generator) within(o Occurrence) (in, more bool) {
	u := g.rule.Until
	switch u.Form {
	case UntilDate:
		in = !o.Civil.Date.After(u.At.Date)
		return in, in
	case UntilLocal:
		in = !o.Civil.After(u.At)
		return in, in
	case UntilUTC:
		end, _ := civil.Resolve(u.At, civil.UTC())
		return !o.At.After(end), o.Civil.Date.AddDays(-2).Compare(u.At.Date) <= 0
	case NoUntil:
	}
	return true, true
}
