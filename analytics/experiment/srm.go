package experiment

import (
	"fmt"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// SampleRatioAlpha is the p-value below which RatioCheck.Mismatch answers yes.
// It is strict because the check is made often and a mismatch ends the
// experiment.
const SampleRatioAlpha = 0.001

// RatioCheck says whether units were divided as planned. If not, assignment or
// counting is broken, and no result of the experiment can be trusted.
type RatioCheck struct {
	State            analytics.State `json:"state"` // complete, or undefined
	Reason           string          `json:"reason,omitempty"`
	Observed         []int64         `json:"observed"`
	Expected         []float64       `json:"expected"`
	Statistic        *float64        `json:"statistic"` // chi-square
	DegreesOfFreedom int             `json:"degrees_of_freedom"`
	PValue           *float64        `json:"p_value"`
}

// SampleRatio checks the numbers of units of all variants against the weights
// they were assigned by.
//
// Formula: the chi-square test of fit, sum of (observed - expected)^2 /
// expected with one degree of freedom less than variants. Sources: K. Pearson,
// 1900, for the test; A. Fabijan and others, "Diagnosing Sample Ratio Mismatch
// in Online Controlled Experiments", 2019, for its use.
//
// It is undefined while fewer than 5 units are expected in a variant. Negative
// counts, weights that are not above zero, different lengths and fewer than
// two variants are errors that match smm.ErrInvalid. Safe for concurrent use.
func SampleRatio(observed []int64, weights []float64) (RatioCheck, error) {
	if len(observed) != len(weights) || len(observed) < 2 {
		return RatioCheck{}, fmt.Errorf("%w: %d counts and %d weights: give both of every variant, of at least two", smm.ErrInvalid, len(observed), len(weights))
	}
	var units, weight float64
	for i, n := range observed {
		if n < 0 || !(weights[i] > 0) || !isFinite(weights[i]) {
			return RatioCheck{}, fmt.Errorf("%w: variant %d has %d units at weight %v: give a count and a weight above 0", smm.ErrInvalid, i, n, weights[i])
		}
		units += float64(n)
		weight += weights[i]
	}
	c := RatioCheck{
		State: analytics.StateComplete, Observed: append([]int64(nil), observed...),
		Expected: make([]float64, len(observed)), DegreesOfFreedom: len(observed) - 1,
	}
	chi := 0.0
	for i, n := range observed {
		e := units * (weights[i] / weight)
		c.Expected[i] = e
		if e < 5 {
			c.State, c.Reason = analytics.StateUndefined, "fewer than 5 units are expected in a variant"
			continue
		}
		chi += (float64(n) - e) / e * (float64(n) - e)
	}
	if c.State == analytics.StateComplete {
		c.Statistic, c.PValue = &chi, new(stat.ChiSquareSF(chi, float64(len(observed)-1)))
	}
	return c, nil
}

// Mismatch reports whether the units were not divided as planned, and false as
// ok while that is undefined.
func (c RatioCheck) Mismatch() (mismatch, ok bool) {
	if c.PValue == nil {
		return false, false
	}
	return *c.PValue < SampleRatioAlpha, true
}

// Words returns the finding as a sentence for people.
func (c RatioCheck) Words() string {
	mismatch, ok := c.Mismatch()
	switch {
	case !ok:
		return "Whether units were divided as planned cannot be said: " + c.Reason
	case mismatch:
		return fmt.Sprintf("Units were not divided as planned (p = %.2g): find out why before believing any result", *c.PValue)
	}
	return fmt.Sprintf("Units were divided as planned (p = %.2g)", *c.PValue)
}
