package service

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Span is a part of a day in minutes after midnight on the wall clock: 9:00 to
// 17:30 is {540, 1050}. From is 0 to 1439, To is above From and at most 1440.
type Span struct{ From, To int }

// Date is a day on the calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Week holds the spans of each weekday, by time.Weekday: Week[time.Monday].
type Week [7][]Span

// Hours are business hours: a weekly schedule in a zone, without the holidays.
// A moment is within them if the wall clock of the zone then shows a time of a
// span, so an hour that daylight saving leaves out does not count and one that
// it repeats counts twice.
//
// A nil *Hours is always open. Make others with NewHours or ParseHours; they
// are immutable and safe for concurrent use.
type Hours struct {
	zone     *time.Location
	week     Week
	holidays map[Date]bool
}

// NewHours returns business hours; a nil zone is UTC. Spans that touch or
// overlap are joined; one beyond midnight is given as two. Spans outside a day,
// a week without any and dates that do not exist are errors that match
// smm.ErrInvalid.
func NewHours(zone *time.Location, week Week, holidays ...Date) (*Hours, error) {
	if zone == nil {
		zone = time.UTC
	}
	h := &Hours{zone: zone, holidays: make(map[Date]bool, len(holidays))}
	open := false
	for day, spans := range week {
		joined, err := join(spans)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", time.Weekday(day), err)
		}
		h.week[day] = joined
		open = open || len(joined) > 0
	}
	if !open {
		return nil, fmt.Errorf("%w: the week has no hours: give some, or a nil *Hours for always", smm.ErrInvalid)
	}
	for _, d := range holidays {
		if y, m, day := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Date(); (Date{y, m, day}) != d {
			return nil, fmt.Errorf("%w: holiday %d-%02d-%02d is not on the calendar", smm.ErrInvalid, d.Year, d.Month, d.Day)
		}
		h.holidays[d] = true
	}
	return h, nil
}

func join(spans []Span) ([]Span, error) {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b Span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var out []Span
	for _, s := range sorted {
		if s.From < 0 || s.To <= s.From || s.To > 24*60 {
			return nil, fmt.Errorf("%w: hours from minute %d to %d: give 0 to 1440, the later one last, and two spans across midnight", smm.ErrInvalid, s.From, s.To)
		}
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out, nil
}

// Between returns how much of the time from one moment to another lies within
// the hours, and 0 if to is not after from.
func (h *Hours) Between(from, to time.Time) time.Duration {
	var sum time.Duration
	h.each(from, to, func(start, end time.Time) bool {
		sum += end.Sub(start)
		return true
	})
	return sum
}

// farthest bounds the search of Due.
const farthest = 10 * 366 * 24 * time.Hour

// Due returns the first moment at which d of the hours has passed since from:
// the deadline of a target. It is from itself if d is not above zero, and
// false if that takes more than ten years.
func (h *Hours) Due(from time.Time, d time.Duration) (time.Time, bool) {
	if d <= 0 {
		return from, true
	}
	var due time.Time
	h.each(from, from.Add(farthest), func(start, end time.Time) bool {
		if open := end.Sub(start); open < d {
			d -= open
			return true
		}
		due, d = start.Add(d), 0
		return false
	})
	return due, d == 0
}

// each calls yield with the open intervals between two moments, in order, until
// it returns false. It goes through stretches of one offset to UTC, in which
// the wall clock runs evenly.
func (h *Hours) each(from, to time.Time, yield func(start, end time.Time) bool) {
	if !to.After(from) {
		return
	}
	if h == nil {
		yield(from, to)
		return
	}
	for from.Before(to) {
		local := from.In(h.zone)
		_, offset := local.Zone()
		end := to
		if _, next := local.ZoneBounds(); !next.IsZero() && next.Before(to) {
			end = next
		}
		if !h.even(from, end, time.Duration(offset)*time.Second, yield) {
			return
		}
		from = end
	}
}

func (h *Hours) even(from, to time.Time, offset time.Duration, yield func(start, end time.Time) bool) bool {
	day := from.UTC().Add(offset).Truncate(24 * time.Hour) // the wall clock, as if it were UTC
	for ; day.Add(-offset).Before(to); day = day.AddDate(0, 0, 1) {
		y, m, d := day.Date()
		if h.holidays[Date{y, m, d}] {
			continue
		}
		for _, s := range h.week[day.Weekday()] {
			start, end := day.Add(time.Duration(s.From)*time.Minute-offset), day.Add(time.Duration(s.To)*time.Minute-offset)
			if start.Before(from) {
				start = from
			}
			if end.After(to) {
				end = to
			}
			if end.After(start) && !yield(start, end) {
				return false
			}
		}
	}
	return true
}
