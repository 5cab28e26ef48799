package value

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Bootstrap says how intervals are computed: the data is drawn again, with
// replacement and as many as there were, and the figure computed of each such
// sample; the interval lies between the percentiles. Source: Efron and
// Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. It is too
// narrow for a handful of observations, as any percentile interval.
type Bootstrap struct {
	// Seed decides the draws: the same seed and data give the same interval.
	Seed uint64
	// Resamples is how many samples are drawn; 0 is 1000. At least 100.
	Resamples int
	// Level is the share of samples within the interval, above 0 and below 1; 0
	// is 0.95.
	Level float64
}

// Interval bounds a figure.
type Interval struct {
	Low, High float64
	Level     float64 // 0.95: of many such intervals, about 95 % contain the true figure
	Resamples int     // of which the figure was defined
}

// Range bounds an amount of money.
type Range struct {
	Low, High smm.Money
	Level     float64
	Resamples int
}

func (b Bootstrap) normal() (Bootstrap, error) {
	if b.Resamples == 0 {
		b.Resamples = 1000
	}
	if b.Level == 0 {
		b.Level = 0.95
	}
	if b.Resamples < 100 || b.Resamples > 1_000_000 || !(b.Level > 0 && b.Level < 1) {
		return b, fmt.Errorf("%w: bootstrap: want 100 to 1000000 resamples and a level between 0 and 1, not %d and %v", smm.ErrInvalid, b.Resamples, b.Level)
	}
	return b, nil
}

// Interval returns the interval of a figure of n observations. figure gets how
// often each occurs in a sample, must not keep that slice, and answers false if
// it is undefined. The interval is false with fewer than 2 observations, or if
// the figure is undefined in more than one of twenty samples. Errors match
// smm.ErrInvalid.
func (b Bootstrap) Interval(n int, figure func(times []int32) (float64, bool)) (Interval, bool, error) {
	out, ok, err := b.intervals(n, 1, func(times []int32, out []float64) bool {
		v, ok := figure(times)
		out[0] = v
		return ok && !math.IsNaN(v)
	})
	if err != nil || !ok {
		return Interval{}, false, err
	}
	return out[0], true, nil
}

// intervals is Interval for several figures of the same samples.
func (b Bootstrap) intervals(n, figures int, compute func(times []int32, out []float64) bool) ([]Interval, bool, error) {
	b, err := b.normal()
	if err != nil || n < 2 {
		return nil, false, err
	}
	rng := rand.New(rand.NewPCG(b.Seed, 0x736d6d6b6974)) //nolint:gosec // a bootstrap wants to be repeatable, not secret
	times, out := make([]int32, n), make([]float64, figures)
	drawn := make([][]float64, figures)
	for range b.Resamples {
		clear(times)
		for range n {
			times[rng.IntN(n)]++
		}
		if !compute(times, out) {
			continue
		}
		for i, v := range out {
			drawn[i] = append(drawn[i], v)
		}
	}
	if figures == 0 || len(drawn[0])*20 < b.Resamples*19 {
		return nil, false, nil
	}
	all := make([]Interval, figures)
	for i, vs := range drawn {
		slices.Sort(vs)
		tail := (1 - b.Level) / 2
		all[i] = Interval{Low: stat.Quantile(vs, tail), High: stat.Quantile(vs, 1-tail), Level: b.Level, Resamples: len(vs)}
	}
	return all, true, nil
}

func (i Interval) money(currency string) *Range {
	return &Range{
		Low:   smm.Money{Micros: int64(math.Floor(i.Low)), Currency: currency},
		High:  smm.Money{Micros: int64(math.Ceil(i.High)), Currency: currency},
		Level: i.Level, Resamples: i.Resamples,
	}
}

func (a *Attribution) addRanges(credit crediter, paths int, b Bootstrap) error {
	ranges, ok, err := b.intervals(paths, len(a.Channels), func(times []int32, out []float64) bool {
		credit.resampled(times, out)
		return true
	})
	if err != nil || !ok {
		return err
	}
	for i := range a.Channels {
		a.Channels[i].Range = ranges[i].money(a.Total.Currency)
	}
	return nil
}
