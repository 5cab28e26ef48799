package analytics

import (
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// KPIUnit says how the number of a KPI is to be read.
type KPIUnit string

// The units of KPIs.
const (
	UnitFraction KPIUnit = "fraction" // 0.05 is 5 %
	UnitTimes    KPIUnit = "times"    // so many for each one
	UnitMoney    KPIUnit = "money"    // smm.Money for each of Denominator, or for Per of it
	UnitDuration KPIUnit = "duration" // time for each of Denominator
	UnitPerDay   KPIUnit = "per-day"  // so many on an average day
)

// KPI is the definition of a key figure, for reports and documentation that
// print what they show, and for tables that compute their columns from it.
type KPI struct {
	Name    string // as in the JSON of ChannelKPI: "engagement_rate_by_reach"
	Title   string // for people, in English
	Unit    KPIUnit
	Formula string
	// Sums is what is added up above the fraction bar, Less what is taken away
	// from it, and Denominator what is added up below. Over several posts each
	// side is added up first and divided once; see Pool. They are empty for a
	// KPI that compares levels of two days, such as follower growth.
	Sums, Less, Denominator Definition
	// Per is 1000 for a cost of a thousand, otherwise 0.
	Per    int64
	Note   string // what a reader must know not to misread it, or empty
	Source string // of the formula, with the date read, or that it is our own
}

// Definitions returns the definition of every KPI of this package, in the
// order in which a report explains them. The caller owns the slice.
func Definitions() []KPI {
	all := slices.Clone(kpiTable)
	for i := range all {
		k := &all[i]
		k.Sums, k.Less, k.Denominator = slices.Clone(k.Sums), slices.Clone(k.Less), slices.Clone(k.Denominator)
	}
	return all
}

// LookupKPI returns the definition of that name, and false if there is none.
func LookupKPI(name string) (KPI, bool) {
	all := Definitions()
	if i := slices.IndexFunc(all, func(k KPI) bool { return k.Name == name }); i >= 0 {
		return all[i], true
	}
	return KPI{}, false
}

// Ratio computes the KPI from the numbers of one subject. For a KPI in
// UnitMoney it is in micros for one of the denominator, see Cost. Two
// currencies, and a KPI that compares levels of two days, are errors that match
// smm.ErrInvalid.
func (k KPI) Ratio(c Counts) (Ratio, error) {
	if len(k.Sums) == 0 || len(k.Denominator) == 0 {
		return Ratio{}, fmt.Errorf("%w: %s compares two days: use FollowerGrowth, or Summarize", smm.ErrInvalid, k.Name)
	}
	num, err := c.Engagements(k.Sums)
	if err != nil {
		return Ratio{}, err
	}
	if len(k.Less) > 0 {
		less, err := c.Engagements(k.Less)
		if err != nil {
			return Ratio{}, err
		}
		if num, err = num.Sub(less); err != nil {
			return Ratio{}, err
		}
	}
	den, err := c.Engagements(k.Denominator)
	if err != nil {
		return Ratio{}, err
	}
	return Ratio{Num: num, Den: den}, nil
}

// Cost computes a KPI in UnitMoney. Errors are those of KPI.Ratio, and a KPI in
// another unit is one too.
func (k KPI) Cost(c Counts) (Cost, error) {
	if k.Unit != UnitMoney {
		return Cost{}, fmt.Errorf("%w: %s is no amount of money: use KPI.Ratio", smm.ErrInvalid, k.Name)
	}
	r, err := k.Ratio(c)
	return Cost{Spend: r.Num, Each: r.Den, Per: k.Per}, err
}
