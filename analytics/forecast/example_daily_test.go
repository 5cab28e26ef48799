package forecast_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/forecast"
	"github.com/smmkit/smmkit/smm"
)

// Eight weeks of clicks, with two days that the platform did not report.
func ExampleDaily() {
	monday := time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)
	week := []int64{120, 132, 125, 118, 96, 60, 74}
	wobble := []int64{3, -5, 0, 4, -2, 6, -4, 1, -1, 5, -6}
	var points []analytics.Point
	for i := range 56 {
		if i == 17 || i == 40 {
			continue
		}
		n := week[i%7] + wobble[i%11]
		points = append(points, analytics.Point{At: monday.AddDate(0, 0, i), N: n, State: smm.Counted(n)})
	}
	f, err := forecast.Daily(points, forecast.Options{Horizon: 7})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.State, "by", f.Method)
	for _, m := range []forecast.Method{forecast.Naive, forecast.SeasonalNaive} {
		trial, _ := f.Trial(m)
		fmt.Printf("%s errs %.2f (MASE)\n", m, *trial.MASE.Value)
	}
	sat := f.Days[5]
	fmt.Printf("%s: %.0f, with 95 %% between %.0f and %.0f\n", sat.At.Format("Mon 2 Jan"), sat.Expected, sat.Intervals[1].Low, sat.Intervals[1].High)
	fmt.Println(f.Notes[0])
	// Output:
	// estimated by seasonal-naive
	// naive errs 5.97 (MASE)
	// seasonal-naive errs 0.92 (MASE)
	// Sat 7 Nov: 54, with 95 % between 42 and 66
	// 2 of 56 days are missing and were passed over, not taken as zero
}

// A young channel gets a reason and not a line.
func ExampleDaily_notEnough() {
	var points []analytics.Point
	for i := range 20 {
		points = append(points, analytics.Point{At: time.Date(2026, 9, 1+i, 0, 0, 0, 0, time.UTC), N: 5, State: smm.MetricMeasured})
	}
	f, _ := forecast.Daily(points, forecast.Options{Horizon: 7})
	fmt.Println(f.State+":", f.Reason)
	// Output:
	// undefined: not enough history: 20 days, and 37 are needed (21 to learn from, 10 rounds of back-test, 7 days ahead)
}
