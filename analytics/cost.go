package analytics

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/smmkit/smmkit/smm"
)

// mille is the number of impressions that a CPM is the price of.
const mille = 1000

// moneyFor returns spend * per / each, rounded half away from zero to a
// millionth of the currency, and false if each is not above zero or the amount
// does not fit into an int64.
func moneyFor(spend smm.Money, each, per int64) (smm.Money, bool) {
	if each <= 0 || per <= 0 {
		return smm.Money{}, false
	}
	negative, size := spend.Micros < 0, uint64(spend.Micros)
	if negative {
		size = -size
	}
	high, low := bits.Mul64(size, uint64(per))
	if high >= uint64(each) {
		return smm.Money{}, false
	}
	q, r := bits.Div64(high, low, uint64(each))
	if r >= uint64(each)-r { // half or more, without the overflow of 2*r
		q++
	}
	switch {
	case negative && q <= 1<<63:
		return smm.Money{Micros: int64(-q), Currency: spend.Currency}, true
	case !negative && q <= math.MaxInt64:
		return smm.Money{Micros: int64(q), Currency: spend.Currency}, true
	}
	return smm.Money{}, false
}

// CPA returns spend / acquisitions, the cost of one acquisition (conversion,
// sale, lead: whatever was counted), rounded half away from zero to a
// millionth of the currency. False if acquisitions is not above zero: a cost
// for each of nothing is not zero.
//
// Unit: money. Source: calculatorlib.com, "Cost Per Acquisition (CPA)", read
// 2026-11-22.
func CPA(spend smm.Money, acquisitions int64) (smm.Money, bool) {
	return moneyFor(spend, acquisitions, 1)
}

// CPC returns spend / clicks, the cost of one click, rounded as by CPA. False
// if clicks is not above zero.
//
// Unit: money. Source: programmatic101.net, "How to calculate CPC", read
// 2026-11-26.
func CPC(spend smm.Money, clicks int64) (smm.Money, bool) { return moneyFor(spend, clicks, 1) }

// CPM returns 1000 * spend / impressions, the cost of a thousand impressions
// (cost per mille), rounded once and half away from zero to a millionth of the
// currency. False if impressions is not above zero, or the amount is beyond
// what smm.Money holds.
//
// Unit: money for 1,000 impressions. Source: adwisely.com, "CPM Equation",
// read 2026-11-26.
func CPM(spend smm.Money, impressions int64) (smm.Money, bool) {
	return moneyFor(spend, impressions, mille)
}

// CPV returns spend / views, the cost of one video view, rounded as by CPA.
// What counts as a view is the platform's choice, from 2 to 30 seconds. False
// if views is not above zero.
//
// Unit: money. Source: cunits.io, "Cost Per View (CPV) Calculator", read
// 2026-11-26.
func CPV(spend smm.Money, views int64) (smm.Money, bool) { return moneyFor(spend, views, 1) }

// CostPerLead returns spend / leads (CPL), rounded as by CPA. False if leads
// is not above zero.
//
// Unit: money. Source: markinblog.com, "Cost per Lead (CPL)", read 2026-11-26.
func CostPerLead(spend smm.Money, leads int64) (smm.Money, bool) { return moneyFor(spend, leads, 1) }

// CostPerResult returns spend / results, rounded as by CPA. A result is what
// the campaign was optimized for, so that campaigns with different objectives
// cannot be compared by it. False if results is not above zero.
//
// Unit: money. Source: geniegoals.co.uk, "Cost per Result", read 2026-11-26.
func CostPerResult(spend smm.Money, results int64) (smm.Money, bool) {
	return moneyFor(spend, results, 1)
}

// CostPerEngagement returns spend / engagements (CPE), rounded as by CPA.
// False if engagements is not above zero.
//
// Unit: money. Source: calculator.academy, "Cost Per Engagement (CPE)
// Calculator", read 2026-11-26.
func CostPerEngagement(spend smm.Money, engagements int64) (smm.Money, bool) {
	return moneyFor(spend, engagements, 1)
}

// CostPerInstall returns spend / installs (CPI), rounded as by CPA. Installs
// are those that the spend brought, not organic ones. False if installs is not
// above zero.
//
// Unit: money. Source: calculatorlib.com, "Cost Per Install (CPI)", read
// 2026-11-26.
func CostPerInstall(spend smm.Money, installs int64) (smm.Money, bool) {
	return moneyFor(spend, installs, 1)
}

// ROAS returns revenue / spend, the return on advertising spend: 5 means five
// of revenue for each one spent. False if spend is not above zero or the
// currencies differ; [Rates.Convert] first.
//
// Unit: ratio of money to money. Source: verticalrail.com, "Calculate ROAS",
// read 2026-11-26.
func ROAS(revenue, spend smm.Money) (float64, bool) {
	if revenue.Currency != spend.Currency {
		return 0, false
	}
	return rate(revenue.Micros, spend.Micros)
}

// ROI returns (revenue - cost) / cost, the return on investment: 0 is break
// even, -1 the loss of everything. The cost should hold all that the campaign
// cost, not only the advertising. False if cost is not above zero or the
// currencies differ; [Rates.Convert] first.
//
// Unit: fraction. Source: calculatorlib.com, "Marketing ROI", read 2026-11-26.
func ROI(revenue, cost smm.Money) (float64, bool) {
	if revenue.Currency != cost.Currency || cost.Micros <= 0 {
		return 0, false
	}
	if revenue.Micros < math.MinInt64+cost.Micros { // the exact difference does not fit
		return (float64(revenue.Micros) - float64(cost.Micros)) / float64(cost.Micros), true
	}
	return float64(revenue.Micros-cost.Micros) / float64(cost.Micros), true
}

// Cost is an amount of money for each of something, or for so many of it.
type Cost struct {
	Spend Value // in smm.UnitMicros with a currency
	Each  Value // a count
	// Per is how many of Each the amount is for: 1000 for a CPM. 0 means 1.
	Per int64
	// LeftOut is how many costs a pool left out because a side was unknown.
	LeftOut int
}

// Money returns the amount, rounded half away from zero to a millionth of the
// currency, and false if it is undefined.
func (c Cost) Money() (smm.Money, bool) {
	spend, spendOK := c.Spend.Int64()
	each, eachOK := c.Each.Int64()
	if !spendOK || !eachOK {
		return smm.Money{}, false
	}
	return moneyFor(smm.Money{Micros: spend, Currency: c.Spend.Currency}, each, max(c.Per, 1))
}

// State says what the amount is worth.
func (c Cost) State() State {
	if _, ok := c.Money(); !ok {
		return StateUndefined
	}
	return c.Ratio().State()
}

// Reason explains every state but StateComplete, for people.
func (c Cost) Reason() string {
	r := c.Ratio()
	if _, ok := c.Money(); !ok && r.State() != StateUndefined {
		return "the amount is larger than money can be"
	}
	return r.Reason()
}

// Ratio returns the cost as spend over count, in micros for one, for
// [Bootstrap] and for sums of one's own.
func (c Cost) Ratio() Ratio { return Ratio{Num: c.Spend, Den: c.Each, LeftOut: c.LeftOut} }

// PoolCosts returns the cost over all subjects whose two sides are known, as
// [Pool] does for rates. Two currencies, or costs for different numbers, are
// an error that matches smm.ErrInvalid.
func PoolCosts(costs ...Cost) (Cost, error) {
	ratios := make([]Ratio, len(costs))
	for i, c := range costs {
		if max(c.Per, 1) != max(costs[0].Per, 1) {
			return Cost{}, fmt.Errorf("%w: a cost for %d and one for %d cannot be pooled: pool costs of one kind",
				smm.ErrInvalid, max(costs[0].Per, 1), max(c.Per, 1))
		}
		ratios[i] = c.Ratio()
	}
	pooled, err := Pool(ratios...)
	if err != nil || len(costs) == 0 {
		return Cost{}, err
	}
	return Cost{Spend: pooled.Num, Each: pooled.Den, Per: costs[0].Per, LeftOut: pooled.LeftOut}, nil
}
