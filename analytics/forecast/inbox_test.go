package forecast

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// dayShape is how messages come over a day: none at night, most at noon and in
// the evening.
func dayShape(h int, weekend bool) float64 {
	v := []float64{1, 0, 0, 0, 0, 1, 3, 6, 9, 10, 10, 11, 12, 10, 9, 9, 10, 12, 14, 16, 14, 10, 6, 3}[h]
	if weekend {
		v = []float64{2, 1, 0, 0, 0, 0, 1, 2, 5, 8, 10, 10, 9, 8, 8, 8, 8, 8, 9, 10, 10, 8, 5, 3}[h]
	}
	return v
}

// inboxHours makes up hours in a zone, from a local midnight on.
func inboxHours(r *rand.Rand, from time.Time, days int, scale float64, zone *time.Location) []analytics.Point {
	var out []analytics.Point
	end := from.In(zone).AddDate(0, 0, days)
	for at := from; at.Before(end); at = at.Add(time.Hour) {
		l := at.In(zone)
		weekend := l.Weekday() == time.Sunday || l.Weekday() == time.Saturday
		n := int64(poisson(r, scale*dayShape(l.Hour(), weekend)))
		out = append(out, analytics.Point{At: at.UTC(), N: n, State: smm.Counted(n)})
	}
	return out
}

func TestInboxCoverage(t *testing.T) {
	const runs, history, horizon = 12, 70, 7
	for _, scale := range []float64{0.1, 1, 10} {
		var hit, best [2]float64
		total, off := 0.0, 0.0
		for run := range runs {
			r := rand.New(rand.NewPCG(uint64(run), 77))
			all := inboxHours(r, epoch, history+horizon, scale, time.UTC)
			for l, level := range []float64{0.80, 0.95} {
				f, err := Inbox(all[:24*history], InboxOptions{Horizon: horizon, Level: level})
				if err != nil || f.State != analytics.StateEstimated {
					t.Fatal(err, f.Reason)
				}
				for i, h := range f.Hours {
					truth := all[24*history+i]
					if !truth.At.Equal(h.At) {
						t.Fatalf("hour %d is %s, want %s", i, h.At, truth.At)
					}
					rate := scale * dayShape(h.At.Hour(), h.At.Weekday() == time.Sunday || h.At.Weekday() == time.Saturday)
					v := float64(truth.N)
					if h.Interval.Low <= v && v <= h.Interval.High {
						hit[l]++
					}
					if low, high := countInterval(rate, rate, level); low <= v && v <= high {
						best[l]++
					}
					if l == 0 {
						total++
						off += (h.Expected - rate) * (h.Expected - rate)
					}
				}
			}
		}
		t.Logf("about %4.0f messages a day: 80 %% intervals hold %.3f (those of the true rate %.3f), 95 %% hold %.3f (%.3f) of %.0f hours; mean square distance to the true rate %.3f",
			160*scale, hit[0]/total, best[0]/total, hit[1]/total, best[1]/total, total, off/total)
		// Counts are whole and nights are empty, so that even the true rate's
		// intervals hold more than they say.
		for l := range hit {
			if d := (hit[l] - best[l]) / total; d < -0.02 || d > 0.04 {
				t.Errorf("coverage %.3f, by the true rate %.3f", hit[l]/total, best[l]/total)
			}
		}
	}
}

// Quantiles of counts against sums of probabilities worked out by hand.
func TestCountInterval(t *testing.T) {
	// Poisson of mean 3: P(0) = 0.0498, P(<=1) = 0.199, P(<=4) = 0.815, P(<=5) = 0.916.
	low, high := countInterval(3, 3, 0.80)
	near(t, "low", low, 1, 0)
	near(t, "high", high, 5, 0)
	// Geometric of mean 1 (negative binomial of size 1, variance 2): P(<=k) = 1 - 2^-(k+1).
	low, high = countInterval(1, 2, 0.95)
	near(t, "low", low, 0, 0)
	near(t, "high, 1 - 2^-6 = 0.984", high, 5, 0)
	low, high = countInterval(0, 0, 0.95)
	near(t, "nothing", low+high, 0, 0)
	low, high = countInterval(10000, 10000, 0.95)
	near(t, "large low", low, 10000-196, 3)
	near(t, "large high", high, 10000+196, 3)
}

func TestInboxProfile(t *testing.T) {
	f, err := Inbox(inboxHours(rand.New(rand.NewPCG(1, 1)), epoch, 84, 3, time.UTC), InboxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for wd, row := range f.Profile {
		sum, want := 0.0, 0.0
		weekend := wd == 0 || wd == 6
		for h := range row {
			sum += row[h]
			want += dayShape(h, weekend)
		}
		near(t, "a day", sum, 1, 1e-12)
		for h := range row {
			near(t, time.Weekday(wd).String(), row[h], dayShape(h, weekend)/want, 0.012)
		}
	}
	near(t, "pure chance", f.Dispersion, 1, 0.1)
	if len(f.Hours) != 14*24 {
		t.Errorf("%d hours", len(f.Hours))
	}
}

// Messages in waves scatter more than chance, and intervals must know it.
func TestInboxWaves(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	hours := inboxHours(r, epoch, 84, 1, time.UTC)
	calm, _ := Inbox(hours, InboxOptions{})
	for i := range hours {
		hours[i].N = int64(poisson(r, gammaInt(r, 2, float64(hours[i].N)+0.01)))
		hours[i].State = smm.Counted(hours[i].N)
	}
	waves, err := Inbox(hours, InboxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	width := func(f InboxForecast) (sum float64) {
		for _, h := range f.Hours {
			sum += h.Interval.High - h.Interval.Low
		}
		return sum
	}
	if waves.Dispersion < 2 || width(waves) < 1.4*width(calm) {
		t.Errorf("dispersion %.2f, intervals %.0f wide beside %.0f", waves.Dispersion, width(waves), width(calm))
	}
}

// The clock of a zone that changes to winter time: the day has 25 hours, and
// each is forecast once. Hours follow the local clock before and after.
func TestInboxChangeOfClocks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal("this test needs the zone database:", err)
	}
	from := time.Date(2026, 8, 3, 0, 0, 0, 0, berlin)
	hours := inboxHours(rand.New(rand.NewPCG(2, 2)), from, 77, 2, berlin)
	for i := range hours { // some at night too, when the clocks change
		hours[i].N += 3
		hours[i].State = smm.MetricMeasured
	}
	f, err := Inbox(hours, InboxOptions{Zone: berlin, Horizon: 14})
	if err != nil || f.State != analytics.StateEstimated {
		t.Fatal(err, f.Reason)
	}
	if first := f.Hours[0].At; !first.Equal(time.Date(2026, 10, 19, 0, 0, 0, 0, berlin)) {
		t.Errorf("begins %s", first)
	}
	if len(f.Hours) != 14*24+1 { // clocks go back on 25 October 2026
		t.Errorf("%d hours", len(f.Hours))
	}
	ofDay := map[time.Time]float64{}
	for _, h := range f.Hours {
		ofDay[localDate(h.At, berlin)] += h.Expected
	}
	for _, d := range f.Daily.Days {
		near(t, "hours of "+d.At.Format(time.DateOnly), ofDay[d.At], d.Expected, 1e-9)
	}
	for i, h := range f.Hours {
		if i > 0 && h.At.Sub(f.Hours[i-1].At) != time.Hour {
			t.Errorf("%s after %s", h.At, f.Hours[i-1].At)
		}
		if l := h.At.In(berlin); l.Hour() == 19 && (h.Expected < 12 || l.Weekday() > 0 && l.Weekday() < 6 && h.Expected < 24) {
			t.Errorf("%s: %.1f", l, h.Expected)
		}
	}
}

func TestInboxGaps(t *testing.T) {
	hours := inboxHours(rand.New(rand.NewPCG(5, 5)), epoch, 84, 2, time.UTC)
	whole, _ := Inbox(hours, InboxOptions{})
	for i := range hours {
		// Every ninth day the inbox was not connected in the afternoon.
		if day, hour := i/24, i%24; day%9 == 4 && hour >= 12 {
			hours[i].State, hours[i].N = smm.MetricNotReported, 0
		}
	}
	gaps, err := Inbox(hours, InboxOptions{})
	if err != nil || gaps.State != analytics.StateEstimated {
		t.Fatal(err, gaps.Reason)
	}
	if gaps.Daily.History.Missing != 9 {
		t.Errorf("%d days missing", gaps.Daily.History.Missing)
	}
	for i, h := range gaps.Hours {
		near(t, h.At.String(), h.Expected, whole.Hours[i].Expected, 3.5)
	}
}

func TestInboxNotEnough(t *testing.T) {
	f, err := Inbox(inboxHours(rand.New(rand.NewPCG(5, 5)), epoch, 20, 2, time.UTC), InboxOptions{})
	if err != nil || f.State != analytics.StateUndefined || !strings.Contains(f.Reason, "20 days, and 44 are needed") || f.Hours != nil {
		t.Errorf("%v %s %q", err, f.State, f.Reason)
	}
	if f, err := Inbox(nil, InboxOptions{}); err != nil || f.State != analytics.StateUndefined {
		t.Errorf("%v %s", err, f.State)
	}
	if staff, err := f.Staff(StaffOptions{}); err != nil || len(staff) != 0 {
		t.Errorf("%v %v", staff, err)
	}
}

func TestInboxRefuses(t *testing.T) {
	at := epoch
	for name, c := range map[string]struct {
		hours []analytics.Point
		want  string
	}{
		"twice":    {[]analytics.Point{{At: at, N: 1, State: smm.MetricMeasured}, {At: at.Add(time.Minute), N: 1, State: smm.MetricMeasured}}, "two counts"},
		"no time":  {[]analytics.Point{{N: 1, State: smm.MetricMeasured}}, "set At"},
		"negative": {[]analytics.Point{{At: at, N: -1, State: smm.MetricMeasured}}, "negative"},
		"ages":     {[]analytics.Point{{At: at, N: 1, State: smm.MetricMeasured}, {At: at.AddDate(12, 0, 0), N: 1, State: smm.MetricMeasured}}, "recent part"},
	} {
		if _, err := Inbox(c.hours, InboxOptions{}); !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Inbox(nil, InboxOptions{Level: 95}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("level: %v", err)
	}
	if _, err := Arrivals(nil, at, at.Add(-time.Hour)); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("bounds: %v", err)
	}
}

func TestArrivals(t *testing.T) {
	got, err := Arrivals([]time.Time{
		epoch.Add(-time.Second), epoch.Add(59 * time.Minute), epoch.Add(time.Hour), epoch.Add(125 * time.Minute), epoch.Add(3 * time.Hour),
	}, epoch, epoch.Add(3*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []analytics.Point{
		{At: epoch, N: 1, State: smm.MetricMeasured},
		{At: epoch.Add(time.Hour), N: 1, State: smm.MetricMeasured},
		{At: epoch.Add(2 * time.Hour), N: 1, State: smm.MetricMeasured},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestStaffByHour(t *testing.T) {
	f, _ := Inbox(inboxHours(rand.New(rand.NewPCG(8, 8)), epoch, 70, 1, time.UTC), InboxOptions{Horizon: 7})
	o := StaffOptions{Handle: 6 * time.Minute, Target: ServiceTarget{0.8, 2 * time.Minute}, Shrinkage: 0.25}
	staff, err := f.Staff(o)
	if err != nil || len(staff) != 7*24 {
		t.Fatal(err, len(staff))
	}
	for i, s := range staff {
		if s.Busy.Agents < s.Expected.Agents || s.Expected.Scheduled < s.Expected.Agents || !s.At.Equal(f.Hours[i].At) {
			t.Errorf("%+v", s)
		}
	}
	if night, evening := staff[3].Expected, staff[19].Expected; night.Agents > 1 || evening.Agents < 3 {
		t.Errorf("%d at night, %d in the evening", night.Agents, evening.Agents)
	}
	if _, err := f.Staff(StaffOptions{}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("%v", err)
	}
}
