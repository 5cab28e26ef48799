package analytics

import (
	"fmt"
	"math"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// State says what a computed number is worth.
type State string

// The states of computed numbers.
const (
	StateUndefined  State = "undefined"  // there is no number; Reason says why
	StateIncomplete State = "incomplete" // some parts are missing; a sum of counts is then a lower bound
	StateEstimated  State = "estimated"  // all parts are there, and at least one is an estimate of the platform
	StateComplete   State = "complete"   // all parts were counted
)

// Value is a sum of metrics that remembers what it is made of. The zero Value
// is the empty sum, which is undefined.
type Value struct {
	Total    int64    // of the known parts, in Unit
	Unit     smm.Unit // "" as long as no part said
	Currency string   // ISO 4217, where Unit is smm.UnitMicros
	Parts    Parts
}

// Parts counts what a Value was added up from, by state.
type Parts struct {
	Measured    int
	Estimated   int
	NotReported int
	NotYet      int
	Withdrawn   int
}

// Known returns how many parts had a number.
func (p Parts) Known() int { return p.Measured + p.Estimated }

// Missing returns how many parts had none.
func (p Parts) Missing() int { return p.NotReported + p.NotYet + p.Withdrawn }

func (p Parts) add(q Parts) Parts {
	return Parts{
		Measured: p.Measured + q.Measured, Estimated: p.Estimated + q.Estimated,
		NotReported: p.NotReported + q.NotReported, NotYet: p.NotYet + q.NotYet, Withdrawn: p.Withdrawn + q.Withdrawn,
	}
}

// Count returns a Value of one measured count.
func Count(n int64) Value {
	return Value{Total: n, Unit: smm.UnitCount, Parts: Parts{Measured: 1}}
}

// ValueOf returns the Value of one metric. A metric in a state that this
// package does not know counts as not reported.
func ValueOf(m smm.Metric) Value {
	v := Value{Unit: m.Unit, Currency: m.Currency}
	switch m.State {
	case smm.MetricMeasured:
		v.Total, v.Parts.Measured = m.Value, 1
	case smm.MetricZero:
		v.Parts.Measured = 1
	case smm.MetricEstimated:
		v.Total, v.Parts.Estimated = m.Value, 1
	case smm.MetricNotYet:
		v.Parts.NotYet = 1
	case smm.MetricWithdrawn:
		v.Parts.Withdrawn = 1
	default:
		v.Parts.NotReported = 1
	}
	return v
}

// Int64 returns the number, and false if no part is known. A number whose
// State is StateIncomplete is the sum of the known parts.
func (v Value) Int64() (int64, bool) { return v.Total, v.Parts.Known() > 0 }

// State says what the number is worth.
func (v Value) State() State {
	switch {
	case v.Parts.Known() == 0:
		return StateUndefined
	case v.Parts.Missing() > 0:
		return StateIncomplete
	case v.Parts.Estimated > 0:
		return StateEstimated
	}
	return StateComplete
}

// Reason explains every state but StateComplete, for people: "not reported",
// "2 of 5 parts missing: 1 not reported, 1 not yet known".
func (v Value) Reason() string {
	p := v.Parts
	switch v.State() {
	case StateComplete:
		return ""
	case StateEstimated:
		return "estimated by the platform"
	}
	if p == (Parts{}) {
		return "nothing to add up"
	}
	var why []string
	for _, part := range []struct {
		n    int
		what string
	}{{p.NotReported, "not reported"}, {p.NotYet, "not yet known"}, {p.Withdrawn, "withdrawn by the platform"}} {
		switch {
		case part.n == p.Missing() && p.Known() == 0:
			return part.what
		case part.n > 0:
			why = append(why, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if p.Known() == 0 {
		return strings.Join(why, ", ")
	}
	return fmt.Sprintf("%d of %d parts missing: %s", p.Missing(), p.Missing()+p.Known(), strings.Join(why, ", "))
}

// Add returns the sum. Different units, different currencies and overflow are
// errors that match smm.ErrInvalid; a Value without a known part has the unit
// of whatever it is added to if it does not name one itself.
func (v Value) Add(w Value) (Value, error) {
	out := Value{Unit: v.Unit, Currency: v.Currency, Parts: v.Parts.add(w.Parts)}
	if out.Unit == "" {
		out.Unit = w.Unit
	}
	if out.Currency == "" {
		out.Currency = w.Currency
	}
	if w.Unit != "" && w.Unit != out.Unit {
		return Value{}, fmt.Errorf("%w: cannot add %s to %s", smm.ErrInvalid, w.Unit, out.Unit)
	}
	if w.Currency != "" && w.Currency != out.Currency {
		return Value{}, fmt.Errorf("%w: cannot add %s to %s: convert first, at a rate of your choice", smm.ErrInvalid, w.Currency, out.Currency)
	}
	if (w.Total > 0 && v.Total > math.MaxInt64-w.Total) || (w.Total < 0 && v.Total < math.MinInt64-w.Total) {
		return Value{}, fmt.Errorf("%w: sum overflows", smm.ErrInvalid)
	}
	out.Total = v.Total + w.Total
	return out, nil
}

// Sub returns the difference. Unlike a sum, it is undefined unless both sides
// have a known part, and where parts are missing it may err in either
// direction. Errors are those of Value.Add.
func (v Value) Sub(w Value) (Value, error) {
	if w.Total == math.MinInt64 {
		return Value{}, fmt.Errorf("%w: difference overflows", smm.ErrInvalid)
	}
	minus := w
	minus.Total = -w.Total
	out, err := v.Add(minus)
	if err != nil {
		return Value{}, err
	}
	if v.Parts.Known() == 0 || w.Parts.Known() == 0 {
		out.Total, out.Parts.Measured, out.Parts.Estimated = 0, 0, 0
	}
	return out, nil
}

// Sum adds up values; see Value.Add.
func Sum(values ...Value) (Value, error) {
	var (
		sum Value
		err error
	)
	for _, v := range values {
		if sum, err = sum.Add(v); err != nil {
			return Value{}, err
		}
	}
	return sum, nil
}
