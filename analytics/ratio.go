package analytics

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Ratio is a rate as its two sides, so that it can be pooled and questioned.
// It is undefined without both sides, with a denominator that is not above
// zero, and between two currencies.
type Ratio struct {
	Num, Den Value
	// LeftOut is how many ratios a Pool left out because a side was unknown.
	LeftOut int
}

// Float64 returns the rate as a fraction, and false if it is undefined.
func (r Ratio) Float64() (float64, bool) {
	num, numOK := r.Num.Int64()
	den, denOK := r.Den.Int64()
	if !numOK || !denOK || den <= 0 || r.currencies() {
		return 0, false
	}
	return float64(num) / float64(den), true
}

// currencies reports whether the sides are money of two currencies.
func (r Ratio) currencies() bool {
	return r.Num.Currency != "" && r.Den.Currency != "" && r.Num.Currency != r.Den.Currency
}

// Duration returns an amount of time for each of something, such as the
// average watch time, rounded half away from zero to a nanosecond. False if the
// ratio is undefined or its numerator is not in smm.UnitMillis.
func (r Ratio) Duration() (time.Duration, bool) {
	if _, ok := r.Float64(); !ok || r.Num.Unit != smm.UnitMillis {
		return 0, false
	}
	d, ok := moneyFor(smm.Money{Micros: r.Num.Total}, r.Den.Total, int64(time.Millisecond))
	return time.Duration(d.Micros), ok
}

// State says what the rate is worth: the weaker of both sides, and incomplete
// if a pool left something out. Only the numerator of an incomplete rate is a
// lower bound; the rate itself may err in either direction.
func (r Ratio) State() State {
	num, den := r.Num.State(), r.Den.State()
	if _, ok := r.Float64(); !ok {
		return StateUndefined
	}
	switch {
	case num == StateIncomplete || den == StateIncomplete || r.LeftOut > 0:
		return StateIncomplete
	case num == StateEstimated || den == StateEstimated:
		return StateEstimated
	}
	return StateComplete
}

// Reason explains every state but StateComplete, for people.
func (r Ratio) Reason() string {
	switch {
	case r.State() == StateComplete:
		return ""
	case r.Num.State() == StateUndefined:
		return "numerator: " + r.Num.Reason()
	case r.Den.State() == StateUndefined:
		return "denominator: " + r.Den.Reason()
	case r.currencies():
		return fmt.Sprintf("%s over %s: convert first", r.Num.Currency, r.Den.Currency)
	case r.Den.Total <= 0:
		return fmt.Sprintf("denominator is %d", r.Den.Total)
	case r.LeftOut > 0:
		return fmt.Sprintf("%d left out, a side being unknown", r.LeftOut)
	case r.Num.State() != StateComplete:
		return "numerator: " + r.Num.Reason()
	}
	return "denominator: " + r.Den.Reason()
}

// Pool returns the ratio of sums over those ratios whose two sides are known;
// LeftOut counts the others. If none is known, the sides keep the reasons.
// Errors are those of Value.Add.
func Pool(ratios ...Ratio) (Ratio, error) {
	var known, all Ratio
	for _, r := range ratios {
		var err error
		if all, err = all.plus(r); err != nil {
			return Ratio{}, err
		}
		if r.Num.Parts.Known() == 0 || r.Den.Parts.Known() == 0 {
			known.LeftOut++
			continue
		}
		if known, err = known.plus(r); err != nil {
			return Ratio{}, err
		}
	}
	if known.LeftOut == len(ratios) {
		all.LeftOut = len(ratios)
		if _, ok := all.Float64(); ok {
			// Each side is known somewhere, but never both of the same subject:
			// dividing them would compare different things.
			all.Den = Value{Unit: all.Den.Unit, Parts: Parts{NotReported: len(ratios)}}
		}
		return all, nil
	}
	return known, nil
}

func (r Ratio) plus(o Ratio) (Ratio, error) {
	num, err := r.Num.Add(o.Num)
	if err != nil {
		return Ratio{}, fmt.Errorf("numerator: %w", err)
	}
	den, err := r.Den.Add(o.Den)
	if err != nil {
		return Ratio{}, fmt.Errorf("denominator: %w", err)
	}
	return Ratio{Num: num, Den: den, LeftOut: r.LeftOut + o.LeftOut}, nil
}
