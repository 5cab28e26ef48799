package experiment

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Method names the calculation behind a Result. The values are stable.
type Method string

// The methods. The functions of this package give formula and source.
const (
	MethodZPooled    Method = "z-pooled"           // TwoProportions
	MethodZUnpooled  Method = "z-unpooled"         // TwoProportionsUnpooled
	MethodFisher     Method = "fisher-exact"       // FisherExact
	MethodWelch      Method = "welch-t"            // Welch
	MethodDelta      Method = "delta-z"            // DeltaRatios
	MethodSequential Method = "mixture-sequential" // Sequential
)

// Result is what a comparison of two groups found: A, what is there today, and
// B, what was tried. It survives JSON and is a value without hidden state. What
// is undefined is null in JSON, nil here, and its reason stands beside it.
type Result struct {
	Method  Method          `json:"method"`
	State   analytics.State `json:"state"` // complete, or undefined if there is no p-value
	Reason  string          `json:"reason,omitempty"`
	Warning string          `json:"warning,omitempty"` // a condition of the method that the data strain
	Level   float64         `json:"level"`             // of the intervals, as a fraction: 0.95

	A Group `json:"a"`
	B Group `json:"b"`
	// Difference is B - A, in the unit of the groups' values.
	Difference Interval `json:"difference"`
	// Uplift is (B - A) / A, a fraction; undefined where A is not above zero.
	Uplift Interval `json:"uplift"`

	// PValue is two-sided: the probability of a difference at least this large
	// if A and B are alike.
	PValue           *float64 `json:"p_value"`
	Statistic        *float64 `json:"statistic,omitempty"`          // z or t, where the method has one
	DegreesOfFreedom *float64 `json:"degrees_of_freedom,omitempty"` // of t
}

// Group is one side of a comparison.
type Group struct {
	N     int64    `json:"n"`     // units: people, sessions, posts
	Value *float64 `json:"value"` // rate, mean or ratio; null if undefined
}

// Interval is an estimate with its confidence interval at the level of its
// Result. State is complete with estimate and bounds, incomplete with an
// estimate only, and else undefined; Reason explains the latter two.
type Interval struct {
	Estimate *float64        `json:"estimate"`
	Low      *float64        `json:"low"`
	High     *float64        `json:"high"`
	State    analytics.State `json:"state"`
	Reason   string          `json:"reason,omitempty"`
}

// Float64 returns the estimate, and false if it is undefined.
func (i Interval) Float64() (float64, bool) {
	if i.Estimate == nil {
		return 0, false
	}
	return *i.Estimate, true
}

// Bounds returns the interval, and false if it is undefined.
func (i Interval) Bounds() (low, high float64, ok bool) {
	if i.Low == nil || i.High == nil {
		return 0, 0, false
	}
	return *i.Low, *i.High, true
}

// P returns the p-value, and false if it is undefined.
func (r Result) P() (float64, bool) {
	if r.PValue == nil {
		return 0, false
	}
	return *r.PValue, true
}

// Significant reports whether the p-value is below 1 - Level. An undefined
// result is not significant.
func (r Result) Significant() bool {
	p, ok := r.P()
	return ok && p < 1-r.Level
}

// arm is the value of a group with the variance of that value.
type arm struct {
	n               int64
	value, variance float64
}

// compare begins a result with both intervals at the quantile q.
func compare(m Method, level float64, a, b arm, q float64) Result {
	return Result{
		Method: m, State: analytics.StateComplete, Level: level,
		A: Group{a.n, new(a.value)}, B: Group{b.n, new(b.value)},
		Difference: difference(a, b, q), Uplift: uplift(a, b, q),
	}
}

func difference(a, b arm, q float64) Interval {
	d, half := b.value-a.value, q*math.Sqrt(a.variance+b.variance)
	return interval(d, d-half, d+half)
}

// uplift is B/A - 1 with the interval of Fieller: all ratios that the test
// behind q does not reject. So it excludes 0 exactly where the interval of the
// difference does.
func uplift(a, b arm, q float64) Interval {
	if !(a.value > 0) {
		return undefined("A is not above zero")
	}
	ratio := b.value / a.value
	g := q * q * (a.variance / a.value) / a.value
	if g >= 1 {
		i := partial(ratio-1, "A is not clearly above zero, so that the relative difference has no bounds")
		return i
	}
	half := q / a.value * math.Sqrt(b.variance*(1-g)+ratio*ratio*a.variance)
	return interval(ratio-1, (ratio-half)/(1-g)-1, (ratio+half)/(1-g)-1)
}

// nothing is the result where there is no p-value.
func nothing(m Method, level float64, a, b Group, reason string) Result {
	return Result{
		Method: m, State: analytics.StateUndefined, Reason: reason, Level: level, A: a, B: b,
		Difference: undefined(reason), Uplift: undefined(reason),
	}
}

// finite turns a result into an undefined one if a number of it left the range
// of float64, which JSON cannot carry.
func (r Result) finite() Result {
	for _, v := range []*float64{
		r.A.Value, r.B.Value, r.Difference.Estimate, r.Difference.Low, r.Difference.High,
		r.Uplift.Estimate, r.Uplift.Low, r.Uplift.High, r.PValue, r.Statistic, r.DegreesOfFreedom,
	} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			return nothing(r.Method, r.Level, Group{N: r.A.N}, Group{N: r.B.N}, "the numbers are too large or too small to calculate with")
		}
	}
	return r
}

func interval(estimate, low, high float64) Interval {
	return Interval{Estimate: &estimate, Low: &low, High: &high, State: analytics.StateComplete}
}

func partial(estimate float64, reason string) Interval {
	return Interval{Estimate: &estimate, State: analytics.StateIncomplete, Reason: reason}
}

func undefined(reason string) Interval {
	return Interval{State: analytics.StateUndefined, Reason: reason}
}

// levelOf applies the default and checks a confidence level.
func levelOf(level float64) (float64, error) {
	if level == 0 {
		return 0.95, nil
	}
	if !(level >= 0.5 && level <= 0.999999) {
		return 0, fmt.Errorf("%w: confidence level %v: give a fraction from 0.5 to 0.999999, for example 0.95, or 0 for 0.95", smm.ErrInvalid, level)
	}
	return level, nil
}
