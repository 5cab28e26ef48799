package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/analytics"
)

// TestIntervalCoverage makes up series of several families, forecasts the last
// two weeks of each from what lies before, and counts how often the truth lies in
// the intervals.
func TestIntervalCoverage(t *testing.T) {
	const history, horizon, runs = 150, 14, 80
	var table strings.Builder
	var all [2]float64
	fmt.Fprintf(&table, "%-45s %7s %7s %7s %7s %7s %7s  %s\n", "family", "80 %", "95 %", "sum 80", "sum 95", "MASE", "s-naive", "chosen most")
	for i, f := range families() {
		var hit, sum [2]int
		var days int
		var mase, naive float64
		chosen := map[Method]int{}
		for run := range runs {
			r := rand.New(rand.NewPCG(uint64(i)+1, uint64(run)))
			y, spend := f.make(r, history+horizon)
			fc, err := Daily(points(y[:history]), Options{Horizon: horizon, Spend: spendDays(spend)})
			if err != nil {
				t.Fatal(err)
			}
			if fc.State != analytics.StateEstimated {
				t.Fatalf("%s: %s", f.name, fc.Reason)
			}
			chosen[fc.Method]++
			var actual, expected []float64
			total := 0.0
			shift := daysBetween(epoch, fc.Days[0].At)
			for h, d := range fc.Days {
				if shift+h >= len(y) {
					break
				}
				a := y[shift+h]
				actual, expected = append(actual, a), append(expected, d.Expected)
				total += a
				if math.IsNaN(a) {
					continue
				}
				days++
				for l, iv := range d.Intervals {
					if a = math.Round(a); iv.Low <= a && a <= iv.High {
						hit[l]++
					}
				}
			}
			for l, iv := range fc.Sum.Intervals {
				if iv.Low <= total && total <= iv.High {
					sum[l]++
				}
			}
			scale, _ := NaiveScale(y[:history], 7)
			m, _ := MASE(actual, expected, scale)
			mase += m / runs
			last := y[:history]
			for h := range actual {
				expected[h] = last[len(last)-7+h%7]
			}
			m, _ = MASE(actual, expected, scale)
			naive += m / runs
		}
		most := Method("")
		for m, n := range chosen {
			if n > chosen[most] || n == chosen[most] && m < most {
				most = m
			}
		}
		c80, c95 := float64(hit[0])/float64(days), float64(hit[1])/float64(days)
		all[0] += c80 / float64(len(families()))
		all[1] += c95 / float64(len(families()))
		if c80 < 0.77 || c80 > 0.89 || c95 < 0.92 || c95 > 0.99 {
			t.Errorf("%s: coverage %.3f and %.3f, want about 0.80 and 0.95", f.name, c80, c95)
		}
		if mase >= naive {
			t.Errorf("%s: MASE %.3f, and %.3f by repeating the last week", f.name, mase, naive)
		}
		fmt.Fprintf(&table, "%-45s %7.3f %7.3f %7.3f %7.3f %7.3f %7.3f  %s %d\n", f.name, c80, c95,
			float64(sum[0])/runs, float64(sum[1])/runs, mase, naive, most, chosen[most])
	}
	if all[0] < 0.79 || all[0] > 0.85 || all[1] < 0.94 || all[1] > 0.98 {
		t.Errorf("coverage over all families %.3f and %.3f", all[0], all[1])
	}
	t.Logf("%d series a family, %d days of history, %d ahead\n%s%-45s %7.3f %7.3f", runs, history, horizon, table.String(), "mean", all[0], all[1])
}
