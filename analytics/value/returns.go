package value

import (
	"fmt"
	"maps"
	"slices"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// MoneyValue returns an amount as one measured part; the zero Money, which has
// no currency, is one that is not reported.
func MoneyValue(m smm.Money) analytics.Value {
	v := analytics.Value{Total: m.Micros, Unit: smm.UnitMicros, Currency: m.Currency}
	if m == (smm.Money{}) {
		v.Parts.NotReported = 1
		return v
	}
	v.Parts.Measured = 1
	return v
}

// ROAS returns revenue / spend, the return on advertising spend as a fraction: 4
// means that every unit spent brought four. Undefined unless both are known and
// the spend is above zero.
//
// Unit: fraction. Source: Farris et al., "Marketing Metrics", chapter on
// advertising. Errors match smm.ErrInvalid: no money, or two currencies.
func ROAS(revenue, spend analytics.Value) (analytics.Ratio, error) {
	if err := sameMoney(revenue, spend); err != nil {
		return analytics.Ratio{}, err
	}
	return analytics.Ratio{Num: revenue, Den: spend}, nil
}

// ROI returns (gain - cost) / cost, the return on investment as a fraction: 0 is
// break-even, -1 is all lost. gain should be what is left of the revenue before
// the cost, such as the gross margin; with revenue itself the figure flatters.
// Undefined unless both are known and the cost is above zero.
//
// Unit: fraction. Source: Farris et al., "Marketing Metrics", chapter on
// marketing and finance. Errors match smm.ErrInvalid: no money, two currencies,
// or overflow.
func ROI(gain, cost analytics.Value) (analytics.Ratio, error) {
	if err := sameMoney(gain, cost); err != nil {
		return analytics.Ratio{}, err
	}
	net, err := gain.Sub(cost)
	if err != nil {
		return analytics.Ratio{}, err
	}
	return analytics.Ratio{Num: net, Den: cost}, nil
}

func sameMoney(a, b analytics.Value) error {
	for _, v := range []analytics.Value{a, b} {
		if v.Unit != smm.UnitMicros && v.Parts.Known() > 0 {
			return fmt.Errorf("%w: want money, in %s, not %q", smm.ErrInvalid, smm.UnitMicros, v.Unit)
		}
	}
	if a.Currency != b.Currency && a.Parts.Known() > 0 && b.Parts.Known() > 0 {
		return fmt.Errorf("%w: %s beside %s: convert one with DatedRates", smm.ErrInvalid, a.Currency, b.Currency)
	}
	return nil
}

// Return is what one channel brought for what it cost.
type Return struct {
	Channel           string
	Revenue           analytics.Value // credit of an attribution model
	Cost              analytics.Value
	ROAS              analytics.Ratio
	ROI               analytics.Ratio // of revenue: see ROI
	CostPerConversion smm.Money       // the zero Money if it is undefined
	// ROASRange bounds ROAS if the attribution has ranges and the cost is known:
	// it is the uncertainty of the revenue alone.
	ROASRange *Interval
}

// Returns sets the credit of channels against their cost, one row for each
// channel that is in either, by name. A channel without a known cost has no
// ROAS; one with a cost and without credit has a revenue of 0, which is known,
// since all conversions were divided. Revenue is incomplete if conversions had
// no known value. Errors match smm.ErrInvalid.
func Returns(a *Attribution, cost map[string]analytics.Value) ([]Return, error) {
	rows := map[string]*Return{}
	for name, c := range cost {
		rows[name] = &Return{Channel: name, Cost: c, Revenue: MoneyValue(smm.Money{Currency: currencyOf(a, c)})}
	}
	credits := map[string]Credit{}
	for _, c := range a.Channels {
		credits[c.Channel] = c
		if rows[c.Channel] == nil {
			rows[c.Channel] = &Return{Channel: c.Channel, Cost: MoneyValue(smm.Money{})}
		}
		rows[c.Channel].Revenue = MoneyValue(c.Value)
	}
	var out []Return
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		if a.Unvalued > 0 {
			r.Revenue.Parts.NotReported++
		}
		var err error
		if r.ROAS, err = ROAS(r.Revenue, r.Cost); err != nil {
			return nil, fmt.Errorf("channel %s: %w", name, err)
		}
		if r.ROI, err = ROI(r.Revenue, r.Cost); err != nil {
			return nil, fmt.Errorf("channel %s: %w", name, err)
		}
		r.addCost(credits[name])
		out = append(out, *r)
	}
	return out, nil
}

func currencyOf(a *Attribution, cost analytics.Value) string {
	if a.Total.Currency != "" {
		return a.Total.Currency
	}
	return cost.Currency
}

// addCost fills in what needs the cost as a number.
func (r *Return) addCost(c Credit) {
	spent, ok := r.Cost.Int64()
	if !ok || spent <= 0 {
		return
	}
	if c.Millionths > 0 {
		if each, ok := scale(spent, Conversion, c.Millionths); ok {
			r.CostPerConversion = smm.Money{Micros: each, Currency: r.Cost.Currency}
		}
	}
	if c.Range != nil {
		r.ROASRange = &Interval{
			Low: float64(c.Range.Low.Micros) / float64(spent), High: float64(c.Range.High.Micros) / float64(spent),
			Level: c.Range.Level, Resamples: c.Range.Resamples,
		}
	}
}

// Payback returns after how many periods the contributions of one customer have
// earned back what winning the customer cost: the number of the first period, from
// 1, at whose end their sum is at least cost. False if that is not so within the
// periods given. A cost of 0 or less is paid back after 0 periods.
//
// Unit: periods. Source: Farris et al., "Marketing Metrics", payback. Errors
// match smm.ErrInvalid: two currencies, or overflow.
func Payback(cost smm.Money, contributions []smm.Money) (periods int, ok bool, err error) {
	if cost.Micros <= 0 {
		return 0, true, nil
	}
	sum := smm.Money{Currency: cost.Currency}
	for i, c := range contributions {
		if sum, err = sum.Add(c); err != nil {
			return 0, false, fmt.Errorf("period %d: %w", i+1, err)
		}
		if sum.Micros >= cost.Micros {
			return i + 1, true, nil
		}
	}
	return 0, false, nil
}
