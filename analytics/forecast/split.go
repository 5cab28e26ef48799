package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Split is a way to divide a budget: a share for each lever, in their order,
// none negative, adding up to 1.
type Split struct {
	Name   string    `json:"name"`
	Shares []float64 `json:"shares"`
}

// SplitOutcome is what a Split does.
type SplitOutcome struct {
	Split   Split     `json:"split"`
	Outcome Outcome   `json:"outcome"`
	Against Range     `json:"against"` // results more than with the present shares of the same budget
	Clear   bool      `json:"clear"`   // Against lies on one side of zero
	Budget  smm.Money `json:"budget"`
}

// Present is the name of the split that keeps the shares as they are.
const Present = "present shares"

// CompareSplits works out what each split of the budget brings, best first by
// expected results, the present shares always among them. Where the difference
// to the present shares is not Clear, the numbers do not tell which is better.
// The difference is bounded with the same elasticity on both sides, and so
// more narrowly than the two outcomes are.
//
// Change of the levers is not looked at. Errors match smm.ErrInvalid: those of
// Scenario.Evaluate, shares that do not add up to 1, a budget in another currency, a
// lever without spend or without a Response, since then nothing can be
// compared. Safe for concurrent use.
func CompareSplits(levers []Lever, budget smm.Money, splits []Split) ([]SplitOutcome, error) {
	now, err := presentShares(levers, budget)
	if err != nil {
		return nil, err
	}
	base := apply(levers, budget, now)
	var out []SplitOutcome
	for _, sp := range append([]Split{now}, splits...) {
		if err := sp.check(len(levers)); err != nil {
			return nil, err
		}
		changed := apply(levers, budget, sp)
		o, err := Scenario{Name: sp.Name, Levers: changed}.Evaluate()
		if err != nil {
			return nil, fmt.Errorf("split %q: %w", sp.Name, err)
		}
		so := SplitOutcome{Split: sp, Outcome: o, Budget: budget}
		for i := range changed {
			so.Against = so.Against.plus(difference(levers[i], base[i].Change, changed[i].Change))
		}
		so.Clear = so.Against.Low > 0 || so.Against.High < 0
		out = append(out, so)
	}
	slices.SortStableFunc(out, func(a, b SplitOutcome) int {
		return cmp.Compare(b.Outcome.Results.Expected, a.Outcome.Results.Expected)
	})
	return out, nil
}

func presentShares(levers []Lever, budget smm.Money) (Split, error) {
	if len(levers) == 0 || budget.Micros <= 0 {
		return Split{}, fmt.Errorf("%w: want levers and a budget above zero", smm.ErrInvalid)
	}
	total := 0.0
	for _, l := range levers {
		switch {
		case l.Spend.Micros <= 0:
			return Split{}, fmt.Errorf("%w: nothing is spent on %s now: try it first, a budget without history cannot be compared", smm.ErrInvalid, l.Name)
		case l.Spend.Currency != budget.Currency:
			return Split{}, fmt.Errorf("%w: spend of %s in %q and a budget in %q: convert first, at a rate of your choice", smm.ErrInvalid, l.Name, l.Spend.Currency, budget.Currency)
		case !l.Response.defined() || l.Response.Low <= 0:
			return Split{}, fmt.Errorf("%w: %s has no response above zero to compare by: measure it, or give one with Assumed", smm.ErrInvalid, l.Name)
		}
		total += float64(l.Spend.Micros)
	}
	sp := Split{Name: Present, Shares: make([]float64, len(levers))}
	for i, l := range levers {
		sp.Shares[i] = float64(l.Spend.Micros) / total
	}
	return sp, nil
}

func (s Split) check(n int) error {
	if len(s.Shares) != n {
		return fmt.Errorf("%w: split %q has %d shares for %d levers", smm.ErrInvalid, s.Name, len(s.Shares), n)
	}
	sum := 0.0
	for _, v := range s.Shares {
		if !(v >= 0) {
			return fmt.Errorf("%w: split %q has a share of %v", smm.ErrInvalid, s.Name, v)
		}
		sum += v
	}
	if math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("%w: the shares of split %q add up to %v: want 1", smm.ErrInvalid, s.Name, sum)
	}
	return nil
}

// apply turns shares of the budget into changes of the levers. The running
// total is rounded, and not each amount, so that they add up to the budget.
func apply(levers []Lever, budget smm.Money, sp Split) []Lever {
	out := slices.Clone(levers)
	share, given := 0.0, int64(0)
	for i := range out {
		share += sp.Shares[i]
		upTo := budget.Micros
		if i < len(out)-1 {
			upTo = min(upTo, int64(math.Round(share*float64(budget.Micros))))
		}
		out[i].Change = float64(upTo-given)/float64(out[i].Spend.Micros) - 1
		given = upTo
	}
	return out
}

// difference bounds results·((1+b)^e - (1+a)^e) over the elasticities of the
// response. It need not rise or fall with e, so that it is looked at in between.
func difference(l Lever, a, b float64) Range {
	at := func(e float64) float64 { return l.Results * (math.Pow(1+b, e) - math.Pow(1+a, e)) }
	r := l.Response
	out := Range{Expected: at(r.Elasticity), Low: math.Inf(1), High: math.Inf(-1)}
	const steps = 40
	for i := range steps + 1 {
		v := at(r.Low + (r.High-r.Low)*float64(i)/steps)
		out.Low, out.High = min(out.Low, v), max(out.High, v)
	}
	return out
}

// Best returns the first of outcomes that is clearly better than the present
// shares, and false if none is.
func Best(outcomes []SplitOutcome) (SplitOutcome, bool) {
	for _, o := range outcomes {
		if o.Clear && o.Against.Low > 0 && o.Outcome.State == analytics.StateEstimated {
			return o, true
		}
	}
	return SplitOutcome{}, false
}
