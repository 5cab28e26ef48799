package forecast

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Lever is what a scenario does to one channel.
type Lever struct {
	Channel smm.Ref `json:"channel,omitzero"`
	Name    string  `json:"name"` // for people
	// Spend and Results are those of a period as it is now, for example of the
	// last month or of a Forecast's Sum.
	Spend   smm.Money `json:"spend"`
	Results float64   `json:"results"`
	// Change of the spend as a fraction: 0.2 is 20 % more, -1 is none.
	Change   float64  `json:"change"`
	Response Response `json:"response"`
}

// Scenario is a "what if" over channels.
type Scenario struct {
	Name   string  `json:"name"`
	Levers []Lever `json:"levers"`
}

// Range is an expectation between bounds.
type Range struct {
	Expected float64 `json:"expected"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// LeverOutcome is what the scenario does to one channel.
type LeverOutcome struct {
	Lever  Lever           `json:"lever"`
	State  analytics.State `json:"state"` // StateEstimated, or StateUndefined with a Reason
	Reason string          `json:"reason,omitempty"`

	Spend   smm.Money `json:"spend"`   // afterwards
	Results Range     `json:"results"` // afterwards
	Extra   Range     `json:"extra"`   // the change of the results
	// CostPerExtra is the additional spend for each additional result, null
	// unless both grow. It is what the next result costs, and more than the average
	// one wherever the elasticity is below 1.
	CostPerExtra *smm.Money `json:"cost_per_extra,omitempty"`
}

// Outcome is the answer of a Scenario.
type Outcome struct {
	Name   string          `json:"name"`
	State  analytics.State `json:"state"` // StateIncomplete if a channel is undefined, and then left out of the sums
	Reason string          `json:"reason,omitempty"`

	Levers      []LeverOutcome `json:"levers"`
	SpendBefore smm.Money      `json:"spend_before"`
	SpendAfter  smm.Money      `json:"spend_after"`
	Results     Range          `json:"results"`
	Extra       Range          `json:"extra"`
	// Assumptions say in words what all this rests on. Print them with it.
	Assumptions []string `json:"assumptions"`
}

// Evaluate works the scenario out: of every lever
//
//	results afterwards = results · (1 + change)^elasticity
//
// with the bounds of the elasticity as bounds. The bounds of the sums add up
// those of the channels, as if all erred in the same direction: they are wide
// rather than wrong. A lever whose Response is undefined is undefined itself
// unless it changes nothing.
//
// Errors match smm.ErrInvalid: no lever, a change below -1, negative or
// endless results, spend in two currencies, bounds that do not enclose the
// elasticity. Safe for concurrent use.
func (s Scenario) Evaluate() (Outcome, error) {
	if len(s.Levers) == 0 {
		return Outcome{}, fmt.Errorf("%w: scenario %q has no levers: say which channel changes", smm.ErrInvalid, s.Name)
	}
	out := Outcome{Name: s.Name, State: analytics.StateEstimated}
	for i, l := range s.Levers {
		if err := l.check(); err != nil {
			return Outcome{}, fmt.Errorf("lever %d (%s): %w", i, l.Name, err)
		}
		lo, err := l.evaluate()
		if err != nil {
			return Outcome{}, fmt.Errorf("lever %d (%s): %w", i, l.Name, err)
		}
		out.Levers = append(out.Levers, lo)
		if out.SpendBefore, err = out.SpendBefore.Add(l.Spend); err != nil {
			return Outcome{}, err
		}
		if out.SpendAfter, err = out.SpendAfter.Add(lo.Spend); err != nil {
			return Outcome{}, err
		}
		out.Assumptions = append(out.Assumptions, lo.words())
		if lo.State == analytics.StateUndefined {
			out.State = analytics.StateIncomplete
			out.Reason = fmt.Sprintf("%s is left out of the results: %s", l.Name, lo.Reason)
			continue
		}
		out.Results = out.Results.plus(lo.Results)
		out.Extra = out.Extra.plus(lo.Extra)
	}
	out.Assumptions = append(out.Assumptions,
		"channels do not take results from each other, and nothing else changes (season, prices, competitors, content)",
		"the bounds of the sums add up the bounds of the channels, as if all erred in the same direction")
	return out, nil
}

func (r Range) plus(o Range) Range {
	return Range{r.Expected + o.Expected, r.Low + o.Low, r.High + o.High}
}

func (l Lever) check() error {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	r := l.Response
	switch {
	case !finite(l.Change) || l.Change < -1:
		return fmt.Errorf("%w: a change of %v: want a fraction of at least -1", smm.ErrInvalid, l.Change)
	case !finite(l.Results) || l.Results < 0:
		return fmt.Errorf("%w: results of %v: want a number that is not negative", smm.ErrInvalid, l.Results)
	case l.Spend.Micros < 0 || l.Spend.Currency == "":
		return fmt.Errorf("%w: a spend of %s: want an amount with a currency that is not negative", smm.ErrInvalid, l.Spend)
	case r.defined() && !(finite(r.Low) && finite(r.High) && r.Low <= r.Elasticity && r.Elasticity <= r.High):
		return fmt.Errorf("%w: an elasticity of %v between %v and %v: give bounds that enclose it", smm.ErrInvalid, r.Elasticity, r.Low, r.High)
	}
	return nil
}

func (r Response) defined() bool {
	return r.State != analytics.StateUndefined && r.State != ""
}

// factor is what (1+change) to the power of the elasticity does to the results.
func (r Response) factor(change float64) Range {
	at := func(e float64) float64 { return math.Pow(1+change, e) }
	return Range{at(r.Elasticity), min(at(r.Low), at(r.High)), max(at(r.Low), at(r.High))}
}

func (l Lever) evaluate() (LeverOutcome, error) {
	out := LeverOutcome{Lever: l, State: analytics.StateEstimated, Spend: l.Spend}
	after := math.Round(float64(l.Spend.Micros) * (1 + l.Change))
	if after >= math.MaxInt64 {
		return out, fmt.Errorf("%w: a change of %v makes the spend overflow", smm.ErrInvalid, l.Change)
	}
	switch {
	case l.Change == 0:
		out.Results = Range{l.Results, l.Results, l.Results}
		return out, nil
	case l.Spend.Micros == 0:
		out.State, out.Reason = analytics.StateUndefined, "nothing is spent there now, so a change of it has no base"
		return out, nil
	}
	out.Spend.Micros = int64(after)
	if !l.Response.defined() {
		out.State, out.Reason = analytics.StateUndefined, "how it answers to spend is not known"
		if l.Response.Reason != "" {
			out.Reason += ": " + l.Response.Reason
		}
		return out, nil
	}
	if l.Change == -1 && l.Response.Low <= 0 {
		out.State, out.Reason = analytics.StateUndefined, "an elasticity that may be zero or less says nothing about no spend at all"
		return out, nil
	}
	f := l.Response.factor(l.Change)
	out.Results = Range{l.Results * f.Expected, l.Results * f.Low, l.Results * f.High}
	out.Extra = out.Results.plus(Range{-l.Results, -l.Results, -l.Results})
	if more := out.Spend.Micros - l.Spend.Micros; more > 0 && out.Extra.Expected > 0 {
		if each := float64(more) / out.Extra.Expected; each < math.MaxInt64 {
			out.CostPerExtra = &smm.Money{Micros: int64(math.Round(each)), Currency: l.Spend.Currency}
		}
	}
	return out, nil
}

// words states the assumption about one channel.
func (o LeverOutcome) words() string {
	l, r := o.Lever, o.Lever.Response
	if l.Change == 0 {
		return fmt.Sprintf("%s: stays at %s and %.0f results", l.Name, l.Spend, l.Results)
	}
	head := fmt.Sprintf("%s: spend from %s to %s (%+.0f %%)", l.Name, l.Spend, o.Spend, 100*l.Change)
	if o.State == analytics.StateUndefined {
		return head + "; not worked out: " + o.Reason
	}
	head += fmt.Sprintf("; results are taken to change with the spend to the power of %.2f (%.0f %%: %.2f to %.2f)", r.Elasticity, 100*r.Level, r.Low, r.High)
	if r.Days == 0 {
		return head + ", as given and not measured"
	}
	head += fmt.Sprintf(", measured on %d days", r.Days)
	if f := 1 + l.Change; f < r.From || f > r.To {
		head += fmt.Sprintf("; that is outside what was ever spent (%.2f to %.2f times the mean), so it is a guess", r.From, r.To)
	}
	return head
}
