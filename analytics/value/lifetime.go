package value

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Customer is one customer with all orders so far.
type Customer struct {
	Channel  string // that won the customer
	Acquired time.Time
	Orders   []Order
}

// Order is one payment, negative for a refund.
type Order struct {
	At    time.Time
	Value smm.Money
}

// LifetimeOptions are what a lifetime value depends on. AsOf, Margin and, with
// Extrapolate, Horizon must be given.
type LifetimeOptions struct {
	AsOf     time.Time     // until when the orders are known
	Period   time.Duration // 0: 30 days
	Margin   float64       // what is left of revenue, a fraction above 0 and up to 1; 1 gives the value in revenue
	Discount float64       // for each period, a fraction of 0 or more: 0.01
	// Horizon is how many periods of a customer's life count, the first being
	// number 0; 0: as many as are observed.
	Horizon int
	// MinAtRisk is how many customers must have been observed for a whole period
	// for it to count as observed; 0 is 30.
	MinAtRisk int
	// Extrapolate continues the curve to the horizon; nil: the value of the
	// observed periods alone, which is then a lower bound.
	Extrapolate *Extrapolation

	Currency  string // as in Options, with the rate of the day of the order
	Rates     *DatedRates
	Bootstrap *Bootstrap // over customers; nil: no range
}

// Extrapolation is the assumption that after the last observed period the
// contribution of a customer shrinks by the same factor each period: the mean
// factor of the last Fit steps. There is no other model here, since a curve of a
// few points cannot tell one from another.
type Extrapolation struct {
	Fit int // 0 is 3
}

// CurvePoint is one period of the life of a channel's customers, over those who
// were observed for all of it.
type CurvePoint struct {
	Period    int
	Retention analytics.Ratio // customers with an order in it, over customers observed
	Revenue   smm.Money       // of all customers observed
	// Contribution is revenue times margin for each customer observed, not
	// discounted.
	Contribution smm.Money
}

// Lifetime is the lifetime value of the customers of one channel.
type Lifetime struct {
	Channel   string
	Customers int
	Curve     []CurvePoint // observed periods
	// Value is what one customer contributes up to the horizon, discounted to the
	// time of acquisition: Observed + Extrapolated.
	Value, Observed, Extrapolated smm.Money
	// State is undefined without an observed period, incomplete if the horizon
	// was not reached, estimated if something is extrapolated or if later periods
	// are known of the older customers only, and complete otherwise.
	State  analytics.State
	Reason string // explains every state but complete, the assumption included
	Range  *Range // of Value
}

// LifetimeValues returns the customer lifetime value (CLV, LTV) by channel, in
// the order of names.
//
// Unit: money for each customer. Formula: the sum over periods t of margin x
// revenue(t) / customers(t) / (1 + discount)^t, where customers(t) are those who
// have been customers for t+1 whole periods, and revenue(t) is theirs in that
// period. Younger customers are right-censored: they count for the periods that
// they have lived through and no longer, so that a young cohort does not look
// like a disloyal one. The cost of acquisition is not subtracted.
// Source: Berger and Nasr, "Customer lifetime value: Marketing models and
// applications", Journal of Interactive Marketing 12 (1998).
//
// Errors match smm.ErrInvalid: options out of range, a customer without a
// channel, orders before the acquisition, currencies without rates. Orders and
// customers after AsOf are left out. Safe for concurrent use.
func LifetimeValues(customers []Customer, o LifetimeOptions) ([]Lifetime, error) {
	o, err := o.normal()
	if err != nil {
		return nil, err
	}
	groups, currency, err := observe(customers, o)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(groups))
	for name := range groups {
		names = append(names, name)
	}
	slices.Sort(names)
	out := make([]Lifetime, 0, len(names))
	for _, name := range names {
		l, err := lifetime(groups[name], currency, o)
		if err != nil {
			return nil, err
		}
		l.Channel = name
		out = append(out, l)
	}
	return out, nil
}

// maxPeriods bounds what a caller can ask for: a century of months.
const maxPeriods = 1200

func (o LifetimeOptions) normal() (LifetimeOptions, error) {
	o.Period = cmp.Or(o.Period, 30*24*time.Hour)
	o.MinAtRisk = cmp.Or(o.MinAtRisk, 30)
	switch {
	case o.AsOf.IsZero():
		return o, fmt.Errorf("%w: lifetime value: want AsOf, until when the orders are known", smm.ErrInvalid)
	case o.Period < time.Hour || o.MinAtRisk < 1:
		return o, fmt.Errorf("%w: lifetime value: want a Period of an hour or more and MinAtRisk of 1 or more", smm.ErrInvalid)
	case !(o.Margin > 0 && o.Margin <= 1):
		return o, fmt.Errorf("%w: lifetime value: want a Margin above 0 and up to 1, not %v; 1 gives the value in revenue", smm.ErrInvalid, o.Margin)
	case !(o.Discount >= 0 && o.Discount < math.Inf(1)):
		return o, fmt.Errorf("%w: lifetime value: want a Discount of 0 or more for each period, not %v", smm.ErrInvalid, o.Discount)
	case o.Horizon < 0 || o.Horizon > maxPeriods:
		return o, fmt.Errorf("%w: lifetime value: want a Horizon of 0 to %d periods", smm.ErrInvalid, maxPeriods)
	case o.Extrapolate != nil && (o.Horizon == 0 || o.Extrapolate.Fit < 0):
		return o, fmt.Errorf("%w: lifetime value: to extrapolate, say how far with Horizon, and Fit of 0 or more", smm.ErrInvalid)
	}
	return o, nil
}

// life is a customer as periods: micros and activity by whole period lived.
type life struct {
	micros []int64
	active []bool
}

// observe groups customers by channel.
func observe(customers []Customer, o LifetimeOptions) (map[string][]life, string, error) {
	groups := map[string][]life{}
	currency := o.Currency
	sum := 0.0
	for i, c := range customers {
		if c.Channel == "" || c.Acquired.IsZero() {
			return nil, "", fmt.Errorf("%w: customer %d needs a channel and a time of acquisition", smm.ErrInvalid, i)
		}
		if c.Acquired.After(o.AsOf) {
			continue
		}
		n := min(int(o.AsOf.Sub(c.Acquired)/o.Period), maxPeriods)
		l := life{micros: make([]int64, n), active: make([]bool, n)}
		for k, order := range c.Orders {
			if order.At.Before(c.Acquired) {
				return nil, "", fmt.Errorf("%w: customer %d, order %d is before the acquisition", smm.ErrInvalid, i, k)
			}
			v, err := unify(order.Value, &currency, o.Rates, order.At)
			if err != nil {
				return nil, "", fmt.Errorf("customer %d, order %d: %w", i, k, err)
			}
			if p := int(order.At.Sub(c.Acquired) / o.Period); p < n {
				l.micros[p] += v.Micros
				l.active[p] = l.active[p] || v.Micros > 0
			}
			sum += math.Abs(float64(v.Micros))
		}
		groups[c.Channel] = append(groups[c.Channel], l)
	}
	if sum >= math.MaxInt64/2 {
		return nil, "", fmt.Errorf("%w: the orders sum up beyond what fits: take fewer at once", smm.ErrInvalid)
	}
	return groups, currency, nil
}

// curve is the pooled life of customers.
type curve struct {
	atRisk, active []float64
	micros         []float64
}

func (c *curve) reset(n int) {
	for _, s := range []*[]float64{&c.atRisk, &c.active, &c.micros} {
		*s = append((*s)[:0], make([]float64, n)...)
	}
}

// fill pools lives, each as often as times says; nil: once.
func (c *curve) fill(lives []life, times []int32, n int) {
	c.reset(n)
	for i := range lives {
		w := 1.0
		if times != nil {
			w = float64(times[i])
		}
		if w == 0 {
			continue
		}
		for t, m := range lives[i].micros[:min(n, len(lives[i].micros))] {
			c.atRisk[t] += w
			c.micros[t] += w * float64(m)
			if lives[i].active[t] {
				c.active[t] += w
			}
		}
	}
}

// observed returns how many periods have enough customers.
func (c *curve) observed(minAtRisk int) int {
	for t, n := range c.atRisk {
		if n < float64(minAtRisk) {
			return t
		}
	}
	return len(c.atRisk)
}

// value returns the discounted contribution of the first n periods, and what
// follows until the horizon if a factor is given.
func (c *curve) value(n, horizon int, factor float64, o LifetimeOptions) (seen, tail float64) {
	discount, last := 1.0, 0.0
	for t := range horizon {
		if t < n {
			last = o.Margin * c.micros[t] / c.atRisk[t]
			seen += last * discount
		} else {
			last *= factor
			tail += last * discount
		}
		discount /= 1 + o.Discount
	}
	return seen, tail
}

// factor is by what the contribution changes each period, over the last steps.
func (c *curve) factor(n, steps int) (float64, bool) {
	if n < steps+1 {
		return 0, false
	}
	var before, after float64
	for t := n - steps; t < n; t++ {
		before += c.micros[t-1] / c.atRisk[t-1]
		after += c.micros[t] / c.atRisk[t]
	}
	if before <= 0 || after < 0 || after >= before {
		return 0, false
	}
	return after / before, true
}

func lifetime(lives []life, currency string, o LifetimeOptions) (Lifetime, error) {
	l := Lifetime{Customers: len(lives)}
	longest := 0
	for _, x := range lives {
		longest = max(longest, len(x.micros))
	}
	var c curve
	c.fill(lives, nil, longest)
	n := c.observed(o.MinAtRisk)
	horizon := o.Horizon
	if horizon == 0 {
		horizon = n
	}
	n = min(n, horizon)
	money := func(x float64) smm.Money { return smm.Money{Micros: int64(math.Round(x)), Currency: currency} }
	for t := range n {
		l.Curve = append(l.Curve, CurvePoint{
			Period:    t,
			Retention: analytics.Ratio{Num: analytics.Count(int64(c.active[t])), Den: analytics.Count(int64(c.atRisk[t]))},
			Revenue:   money(c.micros[t]), Contribution: money(o.Margin * c.micros[t] / c.atRisk[t]),
		})
	}
	steps, factor, ok := 3, 0.0, false
	if o.Extrapolate != nil {
		steps = cmp.Or(o.Extrapolate.Fit, steps)
		factor, ok = c.factor(n, steps)
	}
	l.explain(&c, n, horizon, steps, factor, ok, o)
	if l.State == analytics.StateUndefined {
		return l, nil
	}
	seen, tail := c.value(n, horizon, factor, o)
	if math.Abs(seen)+math.Abs(tail) >= math.MaxInt64/2 {
		return l, fmt.Errorf("%w: the value of a customer is beyond what fits: take a smaller horizon", smm.ErrInvalid)
	}
	l.Observed, l.Extrapolated = money(seen), money(tail)
	l.Value = smm.Money{Micros: l.Observed.Micros + l.Extrapolated.Micros, Currency: currency}
	if o.Bootstrap == nil {
		return l, nil
	}
	extrapolated := ok && horizon > n
	r, ok, err := o.Bootstrap.Interval(len(lives), func(times []int32) (float64, bool) {
		c.fill(lives, times, n)
		factor := 0.0
		if c.observed(1) < n {
			return 0, false
		}
		if extrapolated {
			var ok bool
			if factor, ok = c.factor(n, steps); !ok {
				return 0, false
			}
		}
		seen, tail := c.value(n, horizon, factor, o)
		return seen + tail, true
	})
	if err == nil && ok {
		l.Range = r.money(currency)
	}
	return l, err
}

// explain sets State and Reason.
func (l *Lifetime) explain(c *curve, n, horizon, steps int, factor float64, fits bool, o LifetimeOptions) {
	switch {
	case n == 0:
		l.State = analytics.StateUndefined
		l.Reason = fmt.Sprintf("no period was observed of at least %d customers", o.MinAtRisk)
	case n < horizon && fits:
		l.State = analytics.StateEstimated
		l.Reason = fmt.Sprintf("observed %d of %d periods; assumed after that: the contribution of a customer is %.3f times that of the period before, as over the last %d steps",
			n, horizon, factor, steps)
	case n < horizon && o.Extrapolate != nil:
		l.State = analytics.StateIncomplete
		l.Reason = fmt.Sprintf("observed %d of %d periods; not extrapolated: the last %d steps are not all there, or do not decline", n, horizon, steps)
	case n < horizon:
		l.State = analytics.StateIncomplete
		l.Reason = fmt.Sprintf("observed %d of %d periods", n, horizon)
	case int(c.atRisk[n-1]) < l.Customers:
		l.State = analytics.StateEstimated
		l.Reason = fmt.Sprintf("period %d is known of %d of %d customers; the others are taken to be like them", n-1, int(c.atRisk[n-1]), l.Customers)
	default:
		l.State = analytics.StateComplete
	}
}
