package rrule

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/recur"
)

// draw returns a random rule that passes its Check.
func draw(rng *rand.Rand) recur.Rule {
	for {
		r := recur.Rule{Freq: recur.Freq(1 + rng.IntN(4))}
		maybe := func(chance int) bool { return rng.IntN(chance) == 0 }
		if maybe(2) {
			r.Interval = 1 + rng.IntN(7)
		}
		if maybe(3) {
			r.Count = 1 + rng.IntN(30)
		}
		if maybe(4) {
			r.Months = some(rng, 4, func() time.Month { return time.Month(1 + rng.IntN(12)) })
		}
		if maybe(4) {
			r.MonthDays = some(rng, 4, func() int { return signed(rng, 31) })
		}
		if maybe(2) {
			r.Days = some(rng, 5, func() recur.NthDay { return day(rng, r) })
		}
		if maybe(6) {
			r.Hours = some(rng, 3, func() int { return rng.IntN(24) })
		}
		if maybe(6) {
			r.Minutes = some(rng, 3, func() int { return rng.IntN(60) })
		}
		if maybe(4) {
			r.SetPos = some(rng, 3, func() int { return signed(rng, 8) })
		}
		if maybe(3) {
			r.WeekStart = recur.Day(1 + rng.IntN(7))
		}
		if r.Freq == recur.Daily && len(r.Hours)*max(len(r.Minutes), 1) < 2 {
			r.SetPos = nil // a day has one occurrence then: most positions never occur
		}
		if plain, numbered := byNumber(r.Days); len(plain) > 0 && len(numbered) > 0 {
			r.SetPos = nil // see others
		}
		if r.Check() == nil {
			return r
		}
	}
}

func some[T comparable](rng *rand.Rand, most int, one func() T) []T {
	var out []T
	for range 1 + rng.IntN(most) {
		if v := one(); !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func signed(rng *rand.Rand, most int) int {
	n := 1 + rng.IntN(most)
	if rng.IntN(3) == 0 {
		return -n
	}
	return n
}

func day(rng *rand.Rand, r recur.Rule) recur.NthDay {
	d := recur.NthDay{Day: recur.Day(1 + rng.IntN(7))}
	if r.Freq >= recur.Monthly && rng.IntN(3) != 0 {
		most := 5
		if r.Freq == recur.Yearly && rng.IntN(2) == 0 {
			most = 53
		}
		d.N = signed(rng, most)
	}
	return d
}

// until returns an UNTIL of any form, some time after the start.
func until(rng *rand.Rand, start civil.DateTime) recur.Until {
	at := start.Add(time.Duration(rng.IntN(2000*24*60)) * time.Minute)
	if rng.IntN(3) == 0 { // on an occurrence, maybe
		at = start.Date.AddDays(rng.IntN(2000)).At(start.Time)
	}
	u := recur.Until{Form: recur.UntilForm(1 + rng.IntN(3)), At: at}
	if u.Form == recur.UntilDate {
		u.At.Time = civil.Time{}
	}
	return u
}
