package value

import (
	"cmp"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
)

// Cohort is the customers whom one channel won in one calendar month, UTC.
type Cohort struct {
	Channel   string
	Month     time.Time // its first instant
	Customers int
	// Retention is, for every period that all of the cohort lived through, the
	// customers with an order in it over all of them. Later periods are not known
	// yet, and are not there.
	Retention []analytics.Ratio
}

// Cohorts returns the retention of cohorts, by channel and month: the triangle
// from which a lifetime curve is pooled. Of the options, AsOf, Period, Currency
// and Rates count. Errors are those of LifetimeValues.
func Cohorts(customers []Customer, o LifetimeOptions) ([]Cohort, error) {
	o.Margin, o.Discount, o.Horizon, o.Extrapolate = 1, 0, 0, nil
	o, err := o.normal()
	if err != nil {
		return nil, err
	}
	// All at once first, so that an error names the customer by its place.
	if _, o.Currency, err = observe(customers, o); err != nil {
		return nil, err
	}
	type key struct {
		channel string
		month   time.Time
	}
	groups := map[key][]Customer{}
	for _, c := range customers {
		if !c.Acquired.After(o.AsOf) {
			at := c.Acquired.UTC()
			k := key{c.Channel, time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)}
			groups[k] = append(groups[k], c)
		}
	}
	var out []Cohort
	for k, members := range groups {
		lives, _, err := observe(members, o)
		if err != nil {
			return nil, err
		}
		out = append(out, Cohort{Channel: k.channel, Month: k.month, Customers: len(members), Retention: retention(lives[k.channel])})
	}
	slices.SortFunc(out, func(a, b Cohort) int { return cmp.Or(cmp.Compare(a.Channel, b.Channel), a.Month.Compare(b.Month)) })
	return out, nil
}

func retention(lives []life) []analytics.Ratio {
	shortest := maxPeriods
	for _, l := range lives {
		shortest = min(shortest, len(l.micros))
	}
	var c curve
	c.fill(lives, nil, shortest)
	out := make([]analytics.Ratio, shortest)
	for t := range out {
		out[t] = analytics.Ratio{Num: analytics.Count(int64(c.active[t])), Den: analytics.Count(int64(c.atRisk[t]))}
	}
	return out
}
