package analytics

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// ExchangeRate says what one unit of a currency is worth in another.
type ExchangeRate struct {
	From string `json:"from"` // ISO 4217
	To   string `json:"to"`   // ISO 4217
	// Rate is how many To one From is: a decimal number ("1.0837") or a
	// fraction of two ("10000/9229"), above zero, with at most 32 characters.
	// It is text so that it is exact.
	Rate   string    `json:"rate"`
	Date   time.Time `json:"date"`   // the day it was in force
	Source string    `json:"source"` // who published it: "ECB reference rate"
}

// maxRateText bounds the text of a rate, so that its arithmetic stays small.
const maxRateText = 32

// Rates converts money at rates that the host chose. The zero Rates converts
// nothing. A Rates does not change, and may be used by several goroutines.
type Rates struct {
	all   []ExchangeRate
	exact map[[2]string]*big.Rat
}

// NewRates checks rates and returns them. A code that is not three capital
// letters, a rate that cannot be read or is not above zero, a rate of a
// currency to itself, one without date or source, and two for the same pair
// (one in each direction included) are reported all at once, in an error that
// matches smm.ErrInvalid. A rate also serves its opposite direction, as 1/Rate.
func NewRates(rates ...ExchangeRate) (Rates, error) {
	out := Rates{all: slices.Clone(rates), exact: make(map[[2]string]*big.Rat, 2*len(rates))}
	var errs []error
	for i, r := range rates {
		exact, err := r.check()
		if err == nil && out.exact[[2]string{r.From, r.To}] != nil {
			err = fmt.Errorf("%w: a second rate between %s and %s: keep one", smm.ErrInvalid, r.From, r.To)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("rate %d: %w", i, err))
			continue
		}
		out.exact[[2]string{r.From, r.To}] = exact
		out.exact[[2]string{r.To, r.From}] = new(big.Rat).Inv(exact)
	}
	if len(errs) > 0 {
		return Rates{}, errors.Join(errs...)
	}
	return out, nil
}

func (r ExchangeRate) check() (*big.Rat, error) {
	for _, code := range []string{r.From, r.To} {
		if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, fmt.Errorf("%w: %q is no currency: want three capital letters (ISO 4217)", smm.ErrInvalid, code)
		}
	}
	switch {
	case r.From == r.To:
		return nil, fmt.Errorf("%w: %s to itself needs no rate", smm.ErrInvalid, r.From)
	case r.Date.IsZero():
		return nil, fmt.Errorf("%w: %s to %s: set the Date on which the rate was in force", smm.ErrInvalid, r.From, r.To)
	case strings.TrimSpace(r.Source) == "":
		return nil, fmt.Errorf("%w: %s to %s: set the Source, who published the rate", smm.ErrInvalid, r.From, r.To)
	}
	return parseRate(r.Rate)
}

// parseRate reads "1.0837" or "10000/9229": digits with at most one point on
// either side of at most one slash, which is less than big.Rat would take.
func parseRate(text string) (*big.Rat, error) {
	bad := fmt.Errorf("%w: %.40q is no rate: want a number above zero such as 1.0837 or 10000/9229, in at most %d characters",
		smm.ErrInvalid, text, maxRateText)
	if len(text) > maxRateText {
		return nil, bad
	}
	num, den, fraction := strings.Cut(text, "/")
	out, ok := parseDecimal(num)
	if !ok {
		return nil, bad
	}
	if fraction {
		below, ok := parseDecimal(den)
		if !ok {
			return nil, bad
		}
		out.Quo(out, below)
	}
	return out, nil
}

func parseDecimal(text string) (*big.Rat, bool) {
	whole, part, point := strings.Cut(text, ".")
	if whole == "" || (point && part == "") || strings.Trim(whole+part, "0123456789") != "" {
		return nil, false
	}
	out, ok := new(big.Rat).SetString(text)
	return out, ok && out.Sign() > 0
}

// All returns the rates, for a report that says what it converted at.
func (r Rates) All() []ExchangeRate { return slices.Clone(r.all) }

// MarshalJSON writes the list of rates.
func (r Rates) MarshalJSON() ([]byte, error) {
	if r.all == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(r.all)
}

// UnmarshalJSON reads the list of rates and checks it as NewRates does.
func (r *Rates) UnmarshalJSON(text []byte) error {
	var all []ExchangeRate
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	checked, err := NewRates(all...)
	if err != nil {
		return err
	}
	*r = checked
	return nil
}

// Convert returns m in the currency to, rounded half away from zero to a
// millionth. Money that is already in it comes back as it is. Without a rate
// between the two, and for an amount beyond what smm.Money holds, the error
// matches smm.ErrInvalid. A way over a third currency is not sought.
func (r Rates) Convert(m smm.Money, to string) (smm.Money, error) {
	if m.Currency == to {
		return m, nil
	}
	exact := r.exact[[2]string{m.Currency, to}]
	if exact == nil {
		return smm.Money{}, fmt.Errorf("%w: no rate between %q and %q: give one to NewRates", smm.ErrInvalid, m.Currency, to)
	}
	product := new(big.Int).Mul(big.NewInt(m.Micros), exact.Num())
	negative := product.Sign() < 0
	product.Abs(product)
	q, rest := product.QuoRem(product, exact.Denom(), new(big.Int))
	if rest.Lsh(rest, 1).Cmp(exact.Denom()) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	if negative {
		q.Neg(q)
	}
	if !q.IsInt64() {
		return smm.Money{}, fmt.Errorf("%w: %s in %s is larger than money can be", smm.ErrInvalid, m, to)
	}
	return smm.Money{Micros: q.Int64(), Currency: to}, nil
}

// Value converts a sum of money and keeps its state: a converted amount that is
// incomplete stays so. Anything but money is an error that matches
// smm.ErrInvalid; a sum without a known part needs no rate.
func (r Rates) Value(v Value, to string) (Value, error) {
	if v.Unit != smm.UnitMicros && v.Unit != "" {
		return Value{}, fmt.Errorf("%w: %s is not money", smm.ErrInvalid, v.Unit)
	}
	if v.Parts.Known() > 0 {
		m, err := r.Convert(smm.Money{Micros: v.Total, Currency: v.Currency}, to)
		if err != nil {
			return Value{}, err
		}
		v.Total = m.Micros
	}
	v.Unit, v.Currency = smm.UnitMicros, to
	return v, nil
}

// Metrics returns the metrics with all money in the currency to, so that
// Summarize can add it up. The argument is not changed. Every metric is rounded
// by itself, at most half a millionth. All problems are reported at once, in an
// error that matches smm.ErrInvalid.
func (r Rates) Metrics(metrics []smm.Metric, to string) ([]smm.Metric, error) {
	out := slices.Clone(metrics)
	var errs []error
	for i := range out {
		m := &out[i]
		if m.Unit != smm.UnitMicros {
			continue
		}
		if m.State.Known() {
			money, err := r.Convert(smm.Money{Micros: m.Value, Currency: m.Currency}, to)
			if err != nil {
				errs = append(errs, fmt.Errorf("metric %d, %s of %s: %w", i, m.Name, m.Subject, err))
				continue
			}
			m.Value = money.Micros
		}
		m.Currency = to
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}
