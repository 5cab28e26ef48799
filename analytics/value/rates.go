package value

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Rate is the price of one unit of a currency in another, on a day.
type Rate struct {
	From, To string    // ISO 4217
	Num, Den int64     // 1 From = Num/Den To
	On       time.Time // from when on it holds, an instant
	Source   string    // who says so, for people: "ECB reference rate"
}

// NewRate returns the rate that a decimal number states: "1.0832" means that one
// unit of from costs 1.0832 of to. It has at most 15 digits. Errors match
// smm.ErrInvalid.
func NewRate(from, to, decimal string, on time.Time, source string) (Rate, error) {
	r := Rate{From: from, To: to, Den: 1, On: on, Source: source}
	whole, fraction, _ := strings.Cut(decimal, ".")
	num, err := strconv.ParseUint(whole+fraction, 10, 63)
	if err != nil || whole == "" || len(whole+fraction) > 15 {
		return Rate{}, fmt.Errorf("%w: rate %q: want a decimal number with a point and at most 15 digits", smm.ErrInvalid, decimal)
	}
	r.Num = int64(num)
	for range fraction {
		r.Den *= 10
	}
	return r, r.check()
}

func (r Rate) check() error {
	switch {
	case r.From == "" || r.To == "" || r.From == r.To:
		return fmt.Errorf("%w: rate %s/%s: want two different currencies", smm.ErrInvalid, r.From, r.To)
	case r.Num <= 0 || r.Den <= 0:
		return fmt.Errorf("%w: rate %s/%s: want a price above 0", smm.ErrInvalid, r.From, r.To)
	case r.On.IsZero() || r.Source == "":
		return fmt.Errorf("%w: rate %s/%s: want its day and its source, since a report must name them", smm.ErrInvalid, r.From, r.To)
	}
	return nil
}

// Rates converts money at dated rates. It does not change and is safe for
// concurrent use. A nil *Rates has no rate.
type Rates struct {
	maxAge time.Duration
	rates  []Rate // by On
}

// NewRates returns the given rates. maxAge is how old a rate may be when it is
// used; 0 means any age. Errors match smm.ErrInvalid.
func NewRates(maxAge time.Duration, rates ...Rate) (*Rates, error) {
	for _, r := range rates {
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	rates = slices.Clone(rates)
	slices.SortStableFunc(rates, func(a, b Rate) int { return a.On.Compare(b.On) })
	return &Rates{maxAge: maxAge, rates: rates}, nil
}

// Used returns the rate at which money of one currency becomes another at a
// time: the newest that is not later, in either direction. Of two of the same
// time the later in the list counts. There are no chains over a third currency.
func (r *Rates) Used(from, to string, at time.Time) (Rate, bool) {
	if r == nil {
		return Rate{}, false
	}
	end, _ := slices.BinarySearchFunc(r.rates, at, func(x Rate, at time.Time) int { return cmp.Or(x.On.Compare(at), -1) })
	for i := end - 1; i >= 0; i-- {
		x := r.rates[i]
		if x.From == to && x.To == from {
			x.From, x.To, x.Num, x.Den = x.To, x.From, x.Den, x.Num
		}
		if x.From == from && x.To == to {
			return x, r.maxAge <= 0 || at.Sub(x.On) <= r.maxAge
		}
	}
	return Rate{}, false
}

// Convert returns m in another currency at the rate of a time, rounded half away
// from zero to a millionth. Errors match smm.ErrInvalid: no rate, or one that
// is too old, or a result beyond int64.
func (r *Rates) Convert(m smm.Money, to string, at time.Time) (smm.Money, error) {
	if m.Currency == to {
		return m, nil
	}
	rate, ok := r.Used(m.Currency, to, at)
	if !ok {
		return smm.Money{}, fmt.Errorf("%w: no rate from %s to %s for %s: add one of that day or before",
			smm.ErrInvalid, m.Currency, to, at.UTC().Format(time.DateOnly))
	}
	micros, ok := scale(m.Micros, rate.Num, rate.Den)
	if !ok {
		return smm.Money{}, fmt.Errorf("%w: %s in %s is beyond what fits", smm.ErrInvalid, m, to)
	}
	return smm.Money{Micros: micros, Currency: to}, nil
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
