package value

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// DatedRates converts each amount at the rate of its day, where analytics.Rates has
// one rate for a pair of currencies. It does not change and is safe for concurrent
// use. A nil *DatedRates has no rate.
type DatedRates struct {
	maxAge time.Duration
	rates  []dated // by date
}

type dated struct {
	analytics.ExchangeRate

	alone analytics.Rates // this one, which does the arithmetic
}

// NewDatedRates returns the given rates; the Date of each is the instant from which
// on it holds. maxAge is how old a rate may be when it is used; 0 means any age.
// Errors are those of analytics.NewRates, but that a pair may have many rates.
func NewDatedRates(maxAge time.Duration, rates ...analytics.ExchangeRate) (*DatedRates, error) {
	out := &DatedRates{maxAge: maxAge}
	for i, r := range rates {
		alone, err := analytics.NewRates(r)
		if err != nil {
			return nil, fmt.Errorf("of %d rates, number %d: %w", len(rates), i+1, err)
		}
		out.rates = append(out.rates, dated{r, alone})
	}
	slices.SortStableFunc(out.rates, func(a, b dated) int { return a.Date.Compare(b.Date) })
	return out, nil
}

// Used returns the rate at which money of one currency becomes another at a time,
// as it was given: the newest that is not later, in either direction. Of two of the
// same time the later in the list counts. There are no chains over a third currency.
func (r *DatedRates) Used(from, to string, at time.Time) (analytics.ExchangeRate, bool) {
	d, ok := r.find(from, to, at)
	return d.ExchangeRate, ok
}

func (r *DatedRates) find(from, to string, at time.Time) (dated, bool) {
	if r == nil {
		return dated{}, false
	}
	end, _ := slices.BinarySearchFunc(r.rates, at, func(x dated, at time.Time) int { return cmp.Or(x.Date.Compare(at), -1) })
	for _, x := range slices.Backward(r.rates[:end]) {
		if x.From == from && x.To == to || x.From == to && x.To == from {
			return x, r.maxAge <= 0 || at.Sub(x.Date) <= r.maxAge
		}
	}
	return dated{}, false
}

// Convert returns m in another currency at the rate of a time, rounded half away
// from zero to a millionth. Errors match smm.ErrInvalid: no rate, or one that
// is too old, or a result beyond int64.
func (r *DatedRates) Convert(m smm.Money, to string, at time.Time) (smm.Money, error) {
	if m.Currency == to {
		return m, nil
	}
	x, ok := r.find(m.Currency, to, at)
	if !ok {
		return smm.Money{}, fmt.Errorf("%w: no rate from %s to %s for %s: add one of that day or before",
			smm.ErrInvalid, m.Currency, to, at.UTC().Format(time.DateOnly))
	}
	return x.alone.Convert(m, to)
}

// scale returns n * num / den, rounded half away from zero, and false if that
// does not fit. num and den must be above zero.
func scale(n, num, den int64) (int64, bool) {
	abs := uint64(n)
	if n < 0 {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, uint64(num))
	lo, carry := bits.Add64(lo, uint64(den)/2, 0)
	hi += carry
	if hi >= uint64(den) {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	switch {
	case q > math.MaxInt64:
		return 0, false
	case n < 0:
		return -int64(q), true
	}
	return int64(q), true
}
