package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/analytics"
)

// TestIntervalCoverage makes up series of several families, forecasts the days
// after each from what lies before, and counts how often the truth lies in the
// intervals: with a history of five months, and with the shortest that is taken.
func TestIntervalCoverage(t *testing.T) {
	for _, c := range []struct {
		name             string
		history, horizon int
		slack            float64 // a short history may err by more
	}{{"five months", 150, 14, 0}, {"shortest", 44, 14, 0.06}} {
		t.Run(c.name, func(t *testing.T) {
			runs, slack := 60, c.slack
			if testing.Short() {
				runs, slack = 12, slack+0.08
				t.Log("-short: fewer series and wider bounds")
			}
			var table strings.Builder
			var mean, sums [2]float64
			fmt.Fprintf(&table, "%-45s %7s %7s %7s %7s %7s %7s  %s\n", "family", "80 %", "95 %", "sum 80", "sum 95", "MASE", "s-naive", "chosen most")
			for i, f := range families() {
				got := cover(t, f, uint64(i)+1, c.history, c.horizon, runs)
				fmt.Fprintf(&table, "%-45s %7.3f %7.3f %7.3f %7.3f %7.3f %7.3f  %s\n", f.name, got.day[0], got.day[1], got.sum[0], got.sum[1], got.mase, got.naive, got.most)
				if got.day[0] < 0.77-slack || got.day[0] > 0.89+slack || got.day[1] < 0.92-slack || got.day[1] > 0.99+slack {
					t.Errorf("%s: coverage %.3f and %.3f, want about 0.80 and 0.95", f.name, got.day[0], got.day[1])
				}
				if got.mase >= got.naive*(1+slack) {
					t.Errorf("%s: MASE %.3f, and %.3f by repeating the last week", f.name, got.mase, got.naive)
				}
				if c.history >= 150 == math.IsNaN(got.sum[0]) {
					t.Errorf("%s: intervals of the sum %v", f.name, got.sum)
				}
				sums[0] += got.sum[0] / float64(len(families()))
				sums[1] += got.sum[1] / float64(len(families()))
				mean[0] += got.day[0] / float64(len(families()))
				mean[1] += got.day[1] / float64(len(families()))
			}
			if mean[0] < 0.79-slack/2 || mean[0] > 0.85+slack/2 || mean[1] < 0.94-slack/2 || mean[1] > 0.98+slack/2 {
				t.Errorf("coverage over all families %.3f and %.3f", mean[0], mean[1])
			}
			if sums[0] < 0.77-slack || sums[1] < 0.91-slack {
				t.Errorf("coverage of sums over all families %.3f and %.3f", sums[0], sums[1])
			}
			t.Logf("%d series a family, %d days of history, %d ahead\n%s%-45s %7.3f %7.3f %7.3f %7.3f", runs, c.history, c.horizon, table.String(), "mean", mean[0], mean[1], sums[0], sums[1])
		})
	}
}

// covered is what was seen of one family.
type covered struct {
	day, sum    [2]float64 // shares that the 80 % and 95 % intervals hold
	mase, naive float64    // of the forecasts, and of repeating the last week
	most        Method     // chosen most often
}

func cover(t *testing.T, f family, seed uint64, history, horizon, runs int) covered {
	t.Helper()
	var out covered
	days := 0
	chosen := map[Method]int{}
	for run := range runs {
		y, spend := f.make(rand.New(rand.NewPCG(seed, uint64(run))), history+horizon)
		fc, err := Daily(points(y[:history]), Options{Horizon: horizon, Spend: spendDays(spend)})
		if err != nil || fc.State != analytics.StateEstimated {
			t.Fatalf("%s: %v %s", f.name, err, fc.Reason)
		}
		chosen[fc.Method]++
		if chosen[fc.Method] > chosen[out.most] {
			out.most = fc.Method
		}
		truth, total := make([]float64, horizon), 0.0
		expected, lastWeek := make([]float64, horizon), make([]float64, horizon)
		for h := range truth {
			truth[h] = math.Round(y[history+h])
			total += truth[h]
			expected[h], lastWeek[h] = fc.Days[h].Expected, y[history-7+h%7]
			days++
		}
		for l := range out.day {
			for h, v := range truth {
				if iv := fc.Days[h].Intervals[l]; iv.Low <= v && v <= iv.High {
					out.day[l]++
				}
			}
			if iv := fc.Sum.Intervals; iv == nil {
				out.sum[l] = math.NaN() // and stays it
			} else if iv[l].Low <= total && total <= iv[l].High {
				out.sum[l] += 1 / float64(runs)
			}
		}
		scale, _ := NaiveScale(y[:history], 7)
		m, _ := MASE(truth, expected, scale)
		n, _ := MASE(truth, lastWeek, scale)
		out.mase += m / float64(runs)
		out.naive += n / float64(runs)
	}
	for l := range out.day {
		out.day[l] /= float64(days)
	}
	return out
}
