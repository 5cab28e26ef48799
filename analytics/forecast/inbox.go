package forecast

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// InboxOptions say what to forecast. The zero value asks for two weeks in UTC
// with 80 % intervals.
type InboxOptions struct {
	Horizon int     // days, 1 to 366; 0 is 14
	Level   float64 // of the intervals, above 0 and below 1; 0 is 0.80
	// Zone is where weekday and hour are those of the people who write; nil is
	// UTC. Hours begin at the full hour of UTC, so that in a zone off by half an
	// hour they are named by the hour that they begin in.
	Zone *time.Location
}

// Hour is the forecast of the messages that arrive within an hour.
type Hour struct {
	At       time.Time `json:"at"` // its beginning, UTC
	Expected float64   `json:"expected"`
	Interval Interval  `json:"interval"`
}

// InboxForecast is the answer of Inbox.
type InboxForecast struct {
	// State is StateEstimated, or StateUndefined if the history is not enough;
	// Reason then says what is lacking, and there are no Hours.
	State  analytics.State `json:"state"`
	Reason string          `json:"reason,omitempty"`

	Hours []Hour `json:"hours,omitempty"`
	// Daily is the forecast of the days, by the local date, with the back-test.
	Daily Forecast `json:"daily"`
	// Profile is the share of a day's messages by weekday (Sunday is 0) and
	// local hour; each day adds up to 1.
	Profile [7][24]float64 `json:"profile"`
	// Dispersion is how much more the hours scatter around the profile than
	// chance alone makes them: 1 is pure chance, 3 means that messages come in
	// waves.
	Dispersion float64 `json:"dispersion"`
}

// Arrivals counts times of arrival by the hour from the hour of from up to but
// not including to. Every hour in between is known, zeros included, so from and to must
// be bounds between which every message was seen. Times outside are left out.
// More than ten years are an error that matches smm.ErrInvalid.
func Arrivals(times []time.Time, from, to time.Time) ([]analytics.Point, error) {
	first := from.UTC().Truncate(time.Hour)
	n := int((to.Sub(first) + time.Hour - 1) / time.Hour)
	if from.IsZero() || n <= 0 || n > maxDays*24 {
		return nil, fmt.Errorf("%w: hours from %v to %v: want bounds in this order, at most ten years apart", smm.ErrInvalid, from, to)
	}
	counts := make([]int64, n)
	for _, t := range times {
		if !t.Before(from) && t.Before(to) {
			counts[int(t.Sub(first)/time.Hour)]++
		}
	}
	out := make([]analytics.Point, n)
	for i, c := range counts {
		out[i] = analytics.Point{At: first.Add(time.Duration(i) * time.Hour), N: c, State: smm.Counted(c)}
	}
	return out, nil
}

// priorMessages is the weight, in messages, of the hours of all weekdays in the
// profile of one: with few messages a weekday looks like the others.
const priorMessages = 20

// Inbox forecasts messages by the hour from the counts of past hours: the total
// of each day by Daily, spread over its hours by the profile of its weekday.
//
// Hours that are not known are gaps and never zeros; a day with one has no
// total, and its other hours still tell of the profile. Days are those of the zone,
// so that a day of 23 or 25 hours is forecast as one. The interval of an hour adds
// the uncertainty of its day to the scatter of hours within days, both as
// measured.
//
// Unit: messages an hour. Errors and what a history needs are those of Daily; two
// counts for an hour are an error too. Safe for concurrent use.
func Inbox(hours []analytics.Point, o InboxOptions) (InboxForecast, error) {
	if o.Level == 0 {
		o.Level = 0.80
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	in, err := newIntake(hours, o.Zone)
	if err != nil {
		return InboxForecast{}, err
	}
	daily, err := Daily(in.totals(), Options{Horizon: o.Horizon, Levels: []float64{o.Level}})
	if err != nil {
		return InboxForecast{}, err
	}
	f := InboxForecast{State: daily.State, Reason: daily.Reason, Daily: daily}
	if f.State == analytics.StateUndefined {
		return f, nil
	}
	f.Profile = in.profile()
	f.Dispersion = in.dispersion(f.Profile)
	z := stat.NormalUpper((1 - o.Level) / 2)
	for _, d := range daily.Days {
		daySD := (d.Intervals[0].High - d.Intervals[0].Low) / (2 * z)
		starts := hoursOf(d.At, o.Zone)
		shares := make([]float64, len(starts))
		sum := 0.0
		for i, at := range starts {
			shares[i] = f.Profile[d.At.Weekday()][at.In(o.Zone).Hour()]
			sum += shares[i]
		}
		for i, at := range starts {
			share := shares[i] / sum // of this day, which may have 23 or 25 hours
			mean := d.Expected * share
			variance := f.Dispersion*mean*(1-share) + share*share*daySD*daySD
			low, high := countInterval(mean, variance, o.Level)
			f.Hours = append(f.Hours, Hour{At: at, Expected: mean, Interval: Interval{o.Level, low, high}})
		}
	}
	return f, nil
}

// countInterval returns the quantiles of a count at both tails: those of a
// Poisson distribution, or with more variance than that of a negative binomial
// one. Counts are whole, so that an interval holds more than its level where
// they are small. Large ones are bounded on the scale of square roots, where
// counts scatter evenly (F. J. Anscombe, "The transformation of Poisson, binomial
// and negative-binomial data", Biometrika 35 (1948), 246-254).
func countInterval(mean, variance, level float64) (low, high float64) {
	tail := (1 - level) / 2
	if mean > 400 {
		root := math.Sqrt(mean + 0.375)
		half := stat.NormalUpper(tail) * math.Sqrt(variance) / (2 * root)
		low, high = max(0, root-half), root+half
		return max(0, math.Floor(low*low-0.375)), math.Ceil(high*high - 0.375)
	}
	// The next probability of a negative binomial count of that mean and size is
	// (k + size)/(k + 1)·mean/(mean + size) times the last; size -> ∞ is Poisson.
	p, ratio := math.Exp(-mean), func(k float64) float64 { return mean / (k + 1) }
	if variance > mean*(1+1e-9) {
		size := mean * mean / (variance - mean)
		p = math.Exp(size * math.Log(size/(size+mean)))
		ratio = func(k float64) float64 { return (k + size) / (k + 1) * mean / (mean + size) }
	}
	sum, k := p, 0.0
	for sum < tail {
		p *= ratio(k)
		k++
		sum += p
	}
	low = k
	for sum < 1-tail && k < 1e6 {
		p *= ratio(k)
		k++
		sum += p
	}
	return low, k
}

// intake is a history of hours by local day.
type intake struct {
	days []intakeDay
}

type intakeDay struct {
	date   time.Time // the local date, as UTC midnight
	start  []time.Time
	counts []float64 // NaN where not known
}

// hoursOf returns the beginnings of the hours of a local date.
func hoursOf(day time.Time, zone *time.Location) []time.Time {
	y, m, d := day.Date()
	at := time.Date(y, m, d, 0, 0, 0, 0, zone).UTC()
	if t := at.Truncate(time.Hour); t.Before(at) {
		at = t.Add(time.Hour)
	}
	end := time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	var out []time.Time
	for ; at.Before(end); at = at.Add(time.Hour) {
		out = append(out, at)
	}
	return out
}

func localDate(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func newIntake(hours []analytics.Point, zone *time.Location) (*intake, error) {
	counts := make(map[time.Time]float64, len(hours))
	var first, last time.Time
	for i, p := range hours {
		switch {
		case p.At.IsZero():
			return nil, fmt.Errorf("%w: hour %d has no time: set At", smm.ErrInvalid, i)
		case !p.State.Known():
			continue
		case p.N < 0:
			return nil, fmt.Errorf("%w: hour %d is %d, and a count cannot be negative", smm.ErrInvalid, i, p.N)
		}
		at := p.At.UTC().Truncate(time.Hour)
		if _, twice := counts[at]; twice {
			return nil, fmt.Errorf("%w: two counts for the hour of %s: add them up first", smm.ErrInvalid, at.Format("2006-01-02T15:04Z"))
		}
		if p.State == smm.MetricZero {
			p.N = 0
		}
		counts[at] = float64(p.N)
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	in := &intake{}
	if len(counts) == 0 {
		return in, nil
	}
	from, to := localDate(first, zone), localDate(last, zone)
	if n := daysBetween(from, to); n >= maxDays {
		return nil, fmt.Errorf("%w: the history spans %d days, at most %d are taken: give the recent part", smm.ErrInvalid, n+1, maxDays)
	}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		d := intakeDay{date: day, start: hoursOf(day, zone)}
		for _, at := range d.start {
			v, ok := counts[at]
			if !ok {
				v = math.NaN()
			}
			d.counts = append(d.counts, v)
		}
		for i, at := range d.start {
			d.start[i] = at.In(zone)
		}
		in.days = append(in.days, d)
	}
	return in, nil
}

func (d *intakeDay) total() (float64, bool) {
	sum := 0.0
	for _, v := range d.counts {
		sum += v // NaN spreads
	}
	return sum, known(sum)
}

func (in *intake) totals() []analytics.Point {
	var out []analytics.Point
	for i := range in.days {
		if sum, ok := in.days[i].total(); ok {
			out = append(out, analytics.Point{At: in.days[i].date, N: int64(sum), State: smm.Counted(int64(sum))})
		}
	}
	return out
}

// profile estimates the shares of the hours. Cells that were never known are
// filled by the hour's share over all weekdays.
func (in *intake) profile() [7][24]float64 {
	var sum, weeks [7][24]float64
	for _, d := range in.days {
		wd := d.date.Weekday()
		for i, v := range d.counts {
			if known(v) {
				h := d.start[i].Hour()
				sum[wd][h] += v
				weeks[wd][h]++
			}
		}
	}
	var hourly [24]float64 // mean an hour, over all weekdays
	total := 0.0
	for h := range hourly {
		s, n := 0.0, 0.0
		for wd := range sum {
			s, n = s+sum[wd][h], n+weeks[wd][h]
		}
		if n > 0 {
			hourly[h] = s / n
		}
		total += hourly[h]
	}
	var out [7][24]float64
	for wd := range out {
		most := slices.Max(weeks[wd][:])
		day := 0.0
		for h := range out[wd] {
			share := 1.0 / 24
			if total > 0 {
				share = hourly[h] / total
			}
			out[wd][h] = priorMessages * share
			if n := weeks[wd][h]; n > 0 {
				out[wd][h] += sum[wd][h] / n * most
			} else {
				out[wd][h] += hourly[h] * most
			}
			day += out[wd][h]
		}
		for h := range out[wd] {
			out[wd][h] /= day
		}
	}
	return out
}

// dispersion is Pearson's statistic of the hours of complete days around their
// shares of the day's total, over its degrees of freedom; at least 1.
// Source: P. McCullagh and J. A. Nelder, "Generalized Linear Models", on
// over-dispersion.
func (in *intake) dispersion(profile [7][24]float64) float64 {
	sum, n := 0.0, 0.0
	for i := range in.days {
		d := &in.days[i]
		total, ok := d.total()
		if !ok || total == 0 {
			continue
		}
		for j, v := range d.counts {
			p := profile[d.date.Weekday()][d.start[j].Hour()]
			if mean := total * p; mean > 0 {
				sum += (v - mean) * (v - mean) / (mean * (1 - p))
				n++
			}
		}
	}
	// 168 shares were estimated, of which each weekday's add up to 1.
	if n -= 161; n <= 0 {
		return 1
	}
	return max(1, sum/n)
}

// HourStaff is who is needed in an hour.
type HourStaff struct {
	At       time.Time `json:"at"`
	Expected Staffing  `json:"expected"` // for the expected messages
	Busy     Staffing  `json:"busy"`     // for the upper end of the interval
}

// Staff returns how many people each hour needs, for the expected messages and
// for as many as the interval holds at most. Each hour is staffed by itself, as
// if its queue began empty. A forecast without hours needs nobody. Errors are those of
// Agents.
func (f InboxForecast) Staff(o StaffOptions) ([]HourStaff, error) {
	out := make([]HourStaff, 0, len(f.Hours))
	for _, h := range f.Hours {
		expected, err := Agents(h.Expected, time.Hour, o)
		if err != nil {
			return nil, err
		}
		// The bound of a count may be 0 where a little is expected.
		busy, err := Agents(max(h.Expected, h.Interval.High), time.Hour, o)
		if err != nil {
			return nil, err
		}
		out = append(out, HourStaff{At: h.At, Expected: expected, Busy: busy})
	}
	return out, nil
}
