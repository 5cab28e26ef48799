package series

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// Ranked is a place in a ranking by a rate. If the intervals of Low and High
// hold, the true place is between Best and Worst: a group is surely behind
// another only if their intervals do not meet.
type Ranked struct {
	Group       Group
	Rate        float64
	Low, High   float64 // 95 % bounds, see Rate.Interval
	Place       int     // by Rate, 1 being the highest
	Best, Worst int
}

// topConfidence is that of the bounds in a ranking.
const topConfidence = 0.95

// Top ranks the groups of r by the rate called name, the highest first, and
// returns the first n; a negative n is for the last, the lowest first. Groups
// with fewer than three rows have no interval and are left aside, as are those
// whose rate is undefined: an outlier of one post leads every list otherwise.
// Equal rates keep the order of the result. Errors match smm.ErrInvalid: a rate
// that r does not have.
func (r *Result) Top(name string, n int) ([]Ranked, error) {
	i := r.ratio(name)
	if i < 0 {
		return nil, fmt.Errorf("%w: the result has no rate called %q: name it in Query.Ratios", smm.ErrInvalid, name)
	}
	var all []Ranked
	for _, g := range r.Groups {
		rate, _ := g.Rates[i].Float64()
		if low, high, ok := g.Rates[i].Interval(topConfidence); ok {
			all = append(all, Ranked{Group: g, Rate: rate, Low: low, High: high})
		}
	}
	slices.SortStableFunc(all, func(a, b Ranked) int { return cmp.Compare(b.Rate, a.Rate) })
	lows, highs := make([]float64, len(all)), make([]float64, len(all))
	for j := range all {
		lows[j], highs[j] = all[j].Low, all[j].High
	}
	slices.Sort(lows)
	slices.Sort(highs)
	for j := range all {
		x := &all[j]
		above, met := slices.BinarySearch(lows, x.High) // the lows that are not above High
		for met && above < len(lows) && lows[above] == x.High {
			above++
		}
		below, _ := slices.BinarySearch(highs, x.Low)
		x.Place, x.Best, x.Worst = j+1, 1+len(all)-above, len(all)-below
	}
	if n < 0 {
		slices.Reverse(all)
		n = -n
	}
	return all[:min(n, len(all))], nil
}
