package rrule

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // for machines without a database

	"github.com/stretchr/testify/require"
	oracle "github.com/teambition/rrule-go"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/recur"
)

// classes are the differences that are expected, with the reason.
var classes = map[string]string{
	"first-week-setpos": "WEEKLY with BYSETPOS in the week of DTSTART: section 3.3.10 selects from the set of one whole interval, " +
		"and a week begins at WKST. The other side begins that week at DTSTART",
	"panic": "BYDAY numbers beyond the weeks of a month: section 3.3.10 allows 53 and such a day does not exist. " +
		"The other side indexes past its table",
}

const rules = 8_000

// TestOracle compares what random rules give.
func TestOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one goroutine, in which the race detector sees nothing")
	}
	rng := rand.New(rand.NewPCG(5545, 2026))
	berlin, err := civil.LoadZone("Europe/Berlin")
	require.NoError(t, err)
	zones := []civil.Zone{civil.UTC(), berlin}
	differ, freqs := make(map[string]int), make(map[recur.Freq]int)
	agreed, never, asked, compared, occurrences := 0, 0, 0, 0, 0
	for n := range rules {
		r := draw(rng)
		start := civil.DateTime{
			Date: civil.Date{Year: 1997 + rng.IntN(40), Month: time.Month(1 + rng.IntN(12)), Day: 1 + rng.IntN(28)}.AddDays(rng.IntN(4)),
			Time: civil.Time{Hour: rng.IntN(24), Minute: rng.IntN(60), Second: rng.IntN(2) * 30},
		}
		if rng.IntN(5) == 0 {
			r.Until = until(rng, start)
			r.Count = 0
		}
		set := &recur.Set{Start: start, Zone: zones[n%2], Rule: &r}
		ours, isNever := mine(t, set)
		if isNever {
			never++
			if never%100 != 0 {
				continue // the other side looks through 8,000 years, which takes it a second
			}
			asked++
		}
		theirs, crashed := others(t, set)
		freqs[r.Freq]++
		occurrences += len(ours)
		if crashed == "" && !isNever {
			compared++
		}
		if crashed != "" {
			require.True(t, beyond(&r), "%s: the other side: %s", r.String(), crashed)
			differ["panic"]++
			continue
		}
		if slices.Equal(ours, theirs) {
			agreed++
			continue
		}
		class := classOf(set, ours, theirs)
		if class == "" {
			t.Fatalf("rule %d: %s from %s in %s\nours   %v\ntheirs %v", n, r.String(), start, set.Zone, head(ours), head(theirs))
		}
		differ[class]++
	}
	t.Logf("%d rules %v, %d occurrences, %d compared and %d agree, %d never occur (%d of them asked of the other side)",
		rules, freqs, occurrences, compared+asked, agreed, never, asked)
	for _, c := range slices.Sorted(maps.Keys(differ)) {
		t.Logf("%d differ: %s: %s", differ[c], c, classes[c])
	}
	require.Greater(t, occurrences, 10*rules, "the rules give too little to compare")
	require.Greater(t, compared, rules*5/6)
	require.Greater(t, agreed, compared*9/10)
	require.Positive(t, asked)
}

// limit is how many occurrences of a rule are compared, and years how far.
const (
	limit = 40
	years = 60
)

// mine lists the wall times and instants that recur gives.
func mine(t *testing.T, set *recur.Set) (out []string, never bool) {
	end, _ := civil.Resolve(civil.DateTime{Date: civil.Date{Year: set.Start.Date.Year + years, Month: 1, Day: 1}}, civil.UTC())
	for o, err := range set.Between(time.Time{}, end) {
		if errors.Is(err, recur.ErrNever) {
			return nil, true
		}
		require.NoError(t, err, set.Rule.String())
		if out = append(out, o.At.Format(time.RFC3339)); len(out) == limit {
			break
		}
	}
	return out, false
}

// others lists what the other side gives.
//
// BYDAY with and without numbers, as in MO,1FR, is one list of days in section
// 3.3.10, each of which counts. The other side wants a day to be in both sublists,
// so it is asked about each of them, and COUNT is applied to the two together.
func others(t *testing.T, set *recur.Set) (out []string, crashed string) {
	plain, numbered := byNumber(set.Rule.Days)
	if len(plain) == 0 || len(numbered) == 0 {
		return ask(t, set)
	}
	for _, days := range [][]recur.NthDay{plain, numbered} {
		r := *set.Rule
		r.Days, r.Count = days, 0
		part, crash := ask(t, &recur.Set{Start: set.Start, Zone: set.Zone, Rule: &r})
		if crash != "" {
			return nil, crash
		}
		out = append(out, part...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	most := limit
	if n := set.Rule.Count; n > 0 {
		most = min(most, n)
	}
	return out[:min(len(out), most)], ""
}

func byNumber(days []recur.NthDay) (plain, numbered []recur.NthDay) {
	for _, d := range days {
		if d.N == 0 {
			plain = append(plain, d)
		} else {
			numbered = append(numbered, d)
		}
	}
	return plain, numbered
}

// ask lists what the other side gives for a rule as it is. It works on UTC, so that what it does
// with gaps stays out of it, and the wall times are resolved as ours are.
func ask(t *testing.T, set *recur.Set) (out []string, crashed string) {
	defer func() {
		if p := recover(); p != nil {
			crashed = fmt.Sprint(p)
		}
	}()
	opt, err := oracle.StrToROption(theirText(set))
	require.NoError(t, err, set.Rule.String())
	opt.Dtstart = utc(set.Start)
	rule, err := oracle.NewRRule(*opt)
	require.NoError(t, err, set.Rule.String())
	end, _ := civil.Resolve(civil.DateTime{Date: civil.Date{Year: set.Start.Date.Year + years, Month: 1, Day: 1}}, civil.UTC())
	next := rule.Iterator()
	for len(out) < limit {
		at, ok := next()
		if !ok || at.Year() > set.Start.Date.Year+years {
			break
		}
		instant, _ := civil.Resolve(civil.Of(at), set.Zone)
		if !instant.Before(end) {
			break
		}
		out = append(out, instant.Format(time.RFC3339))
	}
	return out, ""
}

// beyond reports whether the rule numbers days past the end of a month.
func beyond(r *recur.Rule) bool {
	months := r.Freq == recur.Monthly || r.Freq == recur.Yearly && len(r.Months) > 0
	return months && slices.ContainsFunc(r.Days, func(d recur.NthDay) bool { return max(d.N, -d.N) >= 5 })
}

// theirText is the rule's text; an UNTIL is turned into a wall time.
func theirText(set *recur.Set) string {
	r := *set.Rule
	switch r.Until.Form {
	case recur.UntilDate:
		r.Until.At.Time = civil.Time{Hour: 23, Minute: 59, Second: 59}
	case recur.UntilUTC:
		r.Until.At = civil.In(utc(r.Until.At), set.Zone)
	}
	if r.Until.Form != recur.NoUntil {
		r.Until.Form = recur.UntilUTC
	}
	return r.String()
}

func utc(dt civil.DateTime) time.Time {
	at, _ := civil.Resolve(dt, civil.UTC())
	return at
}

// classOf names the class of a difference; "" for none.
func classOf(set *recur.Set, ours, theirs []string) string {
	r := set.Rule
	if r.Freq == recur.Weekly && len(r.SetPos) > 0 && sameAfterFirstWeek(set, ours, theirs) {
		return "first-week-setpos"
	}
	return ""
}

// sameAfterFirstWeek compares what lies behind the week of the start. With COUNT
// the lists may end apart, by what the first week has more or less.
func sameAfterFirstWeek(set *recur.Set, ours, theirs []string) bool {
	edge, _ := civil.Resolve(set.Start.Date.AddDays(7).At(set.Start.Time), set.Zone)
	cut := func(s []string) []string {
		return slices.DeleteFunc(slices.Clone(s), func(x string) bool { return x < edge.Format(time.RFC3339) })
	}
	a, b := cut(ours), cut(theirs)
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n]) && max(len(a), len(b))-n <= 14
}

func head(s []string) string {
	if len(s) > 12 {
		return fmt.Sprint(strings.Join(s[:12], " "), " ... ", len(s))
	}
	return strings.Join(s, " ")
}
