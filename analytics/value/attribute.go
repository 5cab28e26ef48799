package value

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Options are how paths are read.
type Options struct {
	// Lookback is how long before a conversion a touch may be; 0: as long as you
	// like.
	Lookback time.Duration
	// Currency is what all values are turned into, with Rates, at the rate of the
	// day of the conversion. Empty: all values must have the same currency.
	Currency string
	Rates    *DatedRates
	// Bootstrap asks for intervals; nil: none.
	Bootstrap *Bootstrap
}

// Conversion is one conversion in Credit.Millionths.
const Conversion = 1_000_000

// Credit is what one channel gets.
type Credit struct {
	Channel    string
	Value      smm.Money
	Millionths int64 // of conversions
	// Range is the bootstrap interval of Value, if one was asked for and there
	// are enough paths.
	Range *Range
}

// Conversions returns the credit in conversions.
func (c Credit) Conversions() float64 { return float64(c.Millionths) / Conversion }

// Attribution is the value of all conversions, divided among channels. The
// values of Channels and Unassigned sum up to Total, to the millionth of the
// currency, and their Millionths to Conversions.
type Attribution struct {
	Model       string
	Channels    []Credit // by name
	Unassigned  Credit   // of conversions that no touch preceded
	Total       smm.Money
	Conversions int64 // number of them
	Unvalued    int64 // how many of them have no known value: Total is a lower bound if there are any
	Paths       int64 // all, converted or not
}

// Attribute divides the values of the paths' conversions among channels by a
// model.
//
// Unit: money in millionths, conversions in millionths. Each path is divided by
// the largest-remainder method, so that nothing is lost or made. Errors match
// smm.ErrInvalid: paths out of order, more than one currency without rates, a
// sum beyond int64, too many channels for GameRate. Safe for concurrent use; the
// paths are not changed.
func Attribute(paths []Path, m Model, o Options) (*Attribution, error) {
	if m.err != nil {
		return nil, m.err
	}
	if m.weigh == nil && m.game != GameRate {
		return nil, fmt.Errorf("%w: no model: use FirstTouch, Linear or another constructor", smm.ErrInvalid)
	}
	ps, currency, err := prepare(paths, o)
	if err != nil {
		return nil, err
	}
	a := &Attribution{Model: m.name, Paths: int64(len(paths))}
	a.Total.Currency, a.Unassigned.Value.Currency = currency, currency
	for i := range ps {
		if !ps[i].converted {
			continue
		}
		a.Conversions++
		a.Total.Micros += ps[i].micros // prepare saw to it that no sum overflows
		if ps[i].unvalued {
			a.Unvalued++
		}
		if len(ps[i].touches) == 0 {
			a.Unassigned.Value.Micros += ps[i].micros
			a.Unassigned.Millionths += Conversion
		}
	}
	names := channelsOf(ps)
	var credit crediter
	if m.game == GameRate {
		credit, err = newRateGame(ps, names)
	} else {
		credit = newPathwise(ps, names, m)
	}
	if err != nil {
		return nil, err
	}
	values, conversions := credit.exact()
	for i, name := range names {
		a.Channels = append(a.Channels, Credit{Channel: name, Value: smm.Money{Micros: values[i], Currency: currency}, Millionths: conversions[i]})
	}
	if o.Bootstrap != nil {
		return a, a.addRanges(credit, len(ps), *o.Bootstrap)
	}
	return a, nil
}

// crediter divides the value of prepared paths among channels.
type crediter interface {
	// exact returns micros and millionths of conversions by channel.
	exact() (values, conversions []int64)
	// resampled puts the micros by channel into out, of a sample in which path i
	// occurs times[i] times.
	resampled(times []int32, out []float64)
}

// prepared is a path after all checks.
type prepared struct {
	touches   []Touch
	converted bool
	unvalued  bool
	micros    int64
}

func prepare(paths []Path, o Options) ([]prepared, string, error) {
	currency := o.Currency
	var sum float64
	out := make([]prepared, len(paths))
	for i := range paths {
		p := &paths[i]
		if err := p.check(i); err != nil {
			return nil, "", err
		}
		out[i] = prepared{touches: p.within(o.Lookback), converted: p.Converted}
		if !p.Converted {
			continue
		}
		if p.Value == (smm.Money{}) {
			out[i].unvalued = true
			continue
		}
		v, err := unify(p.Value, &currency, o.Rates, p.At)
		if err != nil {
			return nil, "", fmt.Errorf("path %d: %w", i, err)
		}
		out[i].micros = v.Micros
		sum += math.Abs(float64(v.Micros))
	}
	if sum >= math.MaxInt64/2 || len(paths) > math.MaxInt64/2/Conversion {
		return nil, "", fmt.Errorf("%w: the values of the paths sum up beyond what fits: attribute fewer at once", smm.ErrInvalid)
	}
	return out, currency, nil
}

// unify returns v in *currency, which it sets from v if it is empty.
func unify(v smm.Money, currency *string, rates *DatedRates, at time.Time) (smm.Money, error) {
	if *currency == "" {
		*currency = v.Currency
	}
	switch {
	case v.Currency == "":
		return v, fmt.Errorf("%w: an amount without a currency", smm.ErrInvalid)
	case v.Currency == *currency:
		return v, nil
	case rates == nil:
		return v, fmt.Errorf("%w: %s beside %s: give Currency and Rates to convert", smm.ErrInvalid, v.Currency, *currency)
	}
	return rates.Convert(v, *currency, at)
}

func channelsOf(ps []prepared) []string {
	names := map[string]bool{}
	for i := range ps {
		for _, t := range ps[i].touches {
			names[t.Channel] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// pathwise divides every path for itself.
type pathwise struct {
	channels int
	shares   [][]share // by path
}

type share struct {
	channel            int
	micros, millionths int64
}

func newPathwise(ps []prepared, names []string, m Model) *pathwise {
	w := &pathwise{channels: len(names), shares: make([][]share, len(ps))}
	at := make(map[string]int, len(names))
	for i, name := range names {
		at[name] = i
	}
	for i := range ps {
		p := &ps[i]
		if !p.converted || len(p.touches) == 0 {
			continue
		}
		weights := m.weigh(p.touches)
		micros, millionths := split(p.micros, weights), split(Conversion, weights)
		for k, t := range p.touches {
			if micros[k] != 0 || millionths[k] != 0 {
				w.shares[i] = append(w.shares[i], share{at[t.Channel], micros[k], millionths[k]})
			}
		}
	}
	return w
}

func (w *pathwise) exact() (values, conversions []int64) {
	values, conversions = make([]int64, w.channels), make([]int64, w.channels)
	for _, shares := range w.shares {
		for _, s := range shares {
			values[s.channel] += s.micros
			conversions[s.channel] += s.millionths
		}
	}
	return values, conversions
}

func (w *pathwise) resampled(times []int32, out []float64) {
	clear(out)
	for i, n := range times {
		if n == 0 {
			continue
		}
		for _, s := range w.shares[i] {
			out[s.channel] += float64(n) * float64(s.micros)
		}
	}
}
