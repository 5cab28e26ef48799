package strategy

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// sorted yields channels in the order of their text, so that reports do not vary.
func sorted(m map[smm.Ref][]Planned) iter.Seq2[smm.Ref, []Planned] {
	return func(yield func(smm.Ref, []Planned) bool) {
		keys := slices.SortedFunc(maps.Keys(m), func(x, y smm.Ref) int { return cmp.Compare(x.String(), y.String()) })
		for _, k := range keys {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

func (a *audit) cadences() {
	posts, all := byChannel(a.posts), byChannel(a.all)
	for _, c := range a.s.Cadences {
		a.counts(c, all[c.Channel])
		a.distances(c, posts[c.Channel], all[c.Channel])
	}
}

// counts checks Min and Max in each period that touches the span. Posts outside of
// the span count in its first and last period.
func (a *audit) counts(c Cadence, ps []Planned) {
	for begin := c.Per.begin(a.r.From.In(a.zone)); begin.Before(a.r.Until); begin = c.Per.next(begin) {
		end := c.Per.next(begin)
		in := within(ps, begin, end)
		whole := !begin.Before(a.r.From) && !end.After(a.r.Until)
		arguments := args("from", day(begin), "until", day(end), "have", strconv.Itoa(len(in)), "items", strings.Join(ids(in), ","))
		switch {
		case whole && len(in) < c.Min:
			arguments["want"] = strconv.Itoa(c.Min)
			a.find(CodeTooFew, c.Channel, arguments, "%d posts on %s in the %s from %s, at least %d are planned for", len(in), c.Channel, c.Per, a.date(begin), c.Min)
		case c.Max > 0 && len(in) > c.Max:
			arguments["want"] = strconv.Itoa(c.Max)
			a.find(CodeTooMany, c.Channel, arguments, "%d posts on %s in the %s from %s, at most %d are wanted", len(in), c.Channel, c.Per, a.date(begin), c.Max)
		}
	}
}

func (a *audit) date(t time.Time) string { return t.In(a.zone).Format(time.DateOnly) }

// begin returns the first instant of the period that t lies in, in t's zone.
func (p Period) begin(t time.Time) time.Time {
	y, m, d := t.Date()
	switch p {
	case PerWeek:
		d -= (int(t.Weekday()) + 6) % 7
	case PerMonth:
		d = 1
	case PerDay:
	}
	return midnight(y, m, d, t.Location())
}

// next returns the first instant of the period behind the one that begins at t.
func (p Period) next(t time.Time) time.Time {
	y, m, d := t.Date()
	switch p {
	case PerWeek:
		d += 7
	case PerMonth:
		m, d = m+1, 1
	case PerDay:
		d++
	}
	return midnight(y, m, d, t.Location())
}

// midnight returns when a day begins, which is later than 00:00 where a change of
// the clocks skips that.
func midnight(y int, m time.Month, d int, loc *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	want := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	if t.Day() == want.Day() {
		return t
	}
	// time.Date may give an instant of the day before: the day begins at the change.
	for hour := 1; hour <= 24; hour++ {
		if next := time.Date(y, m, d, hour, 0, 0, 0, loc); next.Day() == want.Day() {
			back := next
			for back.Add(-time.Minute).Day() == want.Day() {
				back = back.Add(-time.Minute)
			}
			return back
		}
	}
	return t.Add(24 * time.Hour) // a day that the zone left out
}

// distances checks MinGap and MaxGap. The last post before the span and the first
// one behind it count, and so does the span's own end if there is none: what is not
// planned yet is a gap.
func (a *audit) distances(c Cadence, ps, all []Planned) {
	for i := 1; i < len(ps); i++ {
		if gap := ps[i].At.Sub(ps[i-1].At); gap < c.MinGap {
			a.find(CodeTooClose, c.Channel, args("items", ps[i-1].ID+","+ps[i].ID, "from", day(ps[i-1].At), "have", gap.String(), "want", c.MinGap.String()),
				"two posts on %s within %s at %s, at least %s is wanted", c.Channel, gap, a.local(ps[i-1].At), c.MinGap)
		}
	}
	if c.MaxGap == 0 {
		return
	}
	last, end := a.r.From, a.r.Until
	for _, p := range all {
		if p.At.Before(a.r.From) {
			last = p.At
		}
	}
	silent := func(until time.Time) {
		if gap := until.Sub(last); gap > c.MaxGap {
			a.find(CodeGap, c.Channel, args("from", day(last), "until", day(until), "have", gap.String(), "want", c.MaxGap.String()),
				"no post on %s from %s until %s", c.Channel, a.local(last), a.local(until))
		}
	}
	for _, p := range ps {
		silent(p.At)
		last = p.At
	}
	for _, p := range all {
		if !p.At.Before(a.r.Until) {
			end = p.At
			break
		}
	}
	silent(end)
}
