package anomaly_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/anomaly"
	"github.com/smmkit/smmkit/analytics/series"
	"github.com/smmkit/smmkit/smm"
)

const start = series.Day(20_000)

// draw makes days with a weekly pattern, a slow trend, noise, and 5 % of days
// that are not reported. From shifted on, numbers are factor times as large.
func draw(seed uint64, days, shifted int, factor float64) series.Daily {
	r := rand.New(rand.NewPCG(seed, 5))
	week := [7]float64{1, 1.1, 1.2, 1.1, 0.9, 0.6, 0.5}
	base, trend := 200+2000*r.Float64(), 0.0008*r.NormFloat64()
	d := series.Daily{From: start, Values: make([]analytics.Value, days)}
	for i := range d.Values {
		n := base * week[i%7] * math.Exp(trend*float64(i)+0.2*r.NormFloat64())
		if i >= shifted {
			n *= factor
		}
		d.Values[i] = analytics.Count(int64(n))
		if i != shifted && r.IntN(20) == 0 {
			d.Values[i] = analytics.ValueOf(smm.Metric{Unit: smm.UnitCount})
		}
	}
	return d
}

func TestFalseAlarmsAndShifts(t *testing.T) {
	const runs, year, learn = 200, 365, 56
	alarms, noisy, found := 0, 0, 0
	for seed := range uint64(runs) {
		a, err := anomaly.Find(draw(seed, learn+year, 1<<30, 1), anomaly.Options{})
		if err != nil {
			t.Fatal(err)
		}
		alarms += len(a)
		if len(a) > 1 {
			noisy++
		}
		at := learn + int(seed%200)
		factor := []float64{2.5, 0.4}[seed%2]
		if a, err = anomaly.Find(draw(seed+1e6, at+3, at, factor), anomaly.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, x := range a {
			if n := int(x.Day-start) - at; n >= 0 && n <= 2 && (x.Score > 0) == (factor > 1) {
				found++
				break
			}
		}
	}
	perYear := float64(alarms) / (runs * float64(learn+year-28) / year)
	t.Logf("%d null series: %.3f alarms a channel-year, %d with more than one; shifts by 2.5 and 0.4: %d of %d within 3 days", runs, perYear, noisy, found, runs)
	if perYear > 1 || found < runs*90/100 {
		t.Error("want at most 1 alarm a channel-year, and 90 % of the shifts")
	}
}

func TestUnknownIsNoAlarm(t *testing.T) {
	d := draw(1, 100, 1<<30, 1)
	for i := 80; i < 90; i++ {
		d.Values[i] = analytics.Value{Total: 1, Unit: smm.UnitCount, Parts: analytics.Parts{Measured: 1, NotYet: 3}}
	}
	if a, err := anomaly.Find(d, anomaly.Options{}); err != nil || len(a) != 0 {
		t.Error(a, err)
	}
	d.Values[95] = analytics.Count(9_000_000)
	d.Values[97] = analytics.Count(9_000_000)
	a, err := anomaly.Find(d, anomaly.Options{})
	if err != nil || len(a) != 1 || a[0].Day != start+95 || a[0].Value != 9_000_000 || a[0].Score < 6 || a[0].Run {
		t.Error(a, err)
	}
	d.Values[3] = analytics.Count(-1)
	if _, err := anomaly.Find(d, anomaly.Options{}); !errors.Is(err, smm.ErrInvalid) {
		t.Error(err)
	}
	if _, err := anomaly.Find(series.Daily{}, anomaly.Options{Day: -1}); !errors.Is(err, smm.ErrInvalid) {
		t.Error(err)
	}
}

// ExampleFind has twelve even weeks and a day that went round the world.
func ExampleFind() {
	d := series.Daily{From: series.Date(2026, 1, 5), Values: make([]analytics.Value, 84)}
	for i := range d.Values {
		d.Values[i] = analytics.Count(int64(100 + 40*(i%7) + i%3))
	}
	d.Values[80] = analytics.Count(5000)
	alarms, err := anomaly.Find(d, anomaly.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range alarms {
		fmt.Printf("%s: %d, expected about %.0f\n", a.Day, a.Value, a.Expected)
	}
	// Output:
	// 2026-03-26: 5000, expected about 221
}
