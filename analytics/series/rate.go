package series

import (
	"fmt"
	"math"
	"slices"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Rate is a ratio of sums over the rows of a group in which both sides are
// known. It remembers how much the rows differ.
type Rate struct {
	analytics.Ratio
	Rows     int // that entered, without those that Ratio.LeftOut counts
	variance float64
}

// Interval returns bounds between which the rate lies with the given
// confidence, 0.95 for 95 %, if rows are independent draws, which holds best
// for one row a post. False if the rate is undefined, if fewer than three rows
// entered, or if confidence is not between 0 and 1. The lower bound is not
// below 0.
//
// Unit: fraction. Formula: r ± t(k-1) · sqrt(k/(k-1) · Σ(nᵢ - r·dᵢ)²) / Σdᵢ,
// the linearised variance of a ratio of sums over k rows with Student's t.
// Source: Cochran, "Sampling Techniques", chapter on ratio estimators.
func (r Rate) Interval(confidence float64) (low, high float64, ok bool) {
	rate, ok := r.Float64()
	if !ok || r.Rows < 3 || !(confidence > 0 && confidence < 1) {
		return 0, 0, false
	}
	half := studentTwoSided(1-confidence, r.Rows-1) * math.Sqrt(r.variance)
	return max(rate-half, 0), rate + half, true
}

// rates accumulates one ratio.
type rates struct {
	num     []int
	den     int
	mask    uint8
	checked bool
	acc     []rateSums
	odd     []rateTallies
}

type rateSums struct {
	num, den         int64
	leftNum, leftDen int64 // of rows with an unknown side
	rows, left       uint32
	nn, nd, dd       float64
}

type rateTallies struct{ num, den, leftNum, leftDen tally }

func (t *Table) rates(r *Ratio) (*rates, error) {
	out := &rates{}
	columns := slices.Concat(r.Num, []smm.MetricName{r.Den})
	for i, name := range columns {
		c, ok := t.index[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: ratio %q: the table has no column %q", smm.ErrInvalid, r.Name, name)
		case slices.Contains(r.Num[:min(i, len(r.Num))], name) && i < len(r.Num):
			return nil, fmt.Errorf("%w: ratio %q has %s twice above the line", smm.ErrInvalid, r.Name, name)
		}
		out.mask |= 1 << (c % 8)
		if i == len(r.Num) {
			out.den = c
			break
		}
		out.num = append(out.num, c)
		if a, b := t.columns[out.num[0]], t.columns[c]; a.Unit != b.Unit || a.Currency != b.Currency {
			return nil, fmt.Errorf("%w: ratio %q: cannot add %s to %s: their units differ", smm.ErrInvalid, r.Name, b.Name, a.Name)
		}
	}
	if len(out.num) == 0 || r.Name == "" {
		return nil, fmt.Errorf("%w: ratio %q: set Name, Num and Den", smm.ErrInvalid, r.Name)
	}
	out.checked = !t.fits(out.num...) || !t.fits(out.den)
	return out, nil
}

func (a *rates) add(s *scan, c *chunk, from, to int) error {
	a.acc, a.odd = grown(a.acc, s.groups), grown(a.odd, s.groups)
	key := s.key[:to-from]
	den := c.values[a.den][from:to]
	for i, k := range key {
		row := from + i
		if c.odd[row]&a.mask != 0 {
			if !a.addOdd(c, row, k) && k > 0 {
				return overflow()
			}
			continue
		}
		var n int64
		for _, column := range a.num {
			if n += c.values[column][row]; n < 0 && k > 0 {
				return overflow()
			}
		}
		g := &a.acc[k]
		if !g.add(n, den[i]) && a.checked && k > 0 {
			return overflow()
		}
	}
	return nil
}

// add reports false on overflow.
func (g *rateSums) add(n, d int64) bool {
	g.num += n
	g.den += d
	g.rows++
	x, y := float64(n), float64(d)
	g.nn += x * x
	g.nd += x * y
	g.dd += y * y
	return n >= 0 && g.num >= 0 && g.den >= 0
}

// addOdd adds a row in which a number is missing or estimated.
func (a *rates) addOdd(c *chunk, row int, k uint32) bool {
	var (
		n     int64
		known bool
	)
	for _, column := range a.num {
		n += c.values[column][row]
		if n < 0 {
			return false
		}
		known = known || c.states[column][row].known()
	}
	d, g, odd := c.values[a.den][row], &a.acc[k], &a.odd[k]
	num, den := &odd.num, &odd.den
	var good bool
	if known && c.states[a.den][row].known() {
		good = g.add(n, d)
	} else {
		g.left++
		g.leftNum += n
		g.leftDen += d
		num, den = &odd.leftNum, &odd.leftDen
		good = g.leftNum >= 0 && g.leftDen >= 0
	}
	for _, column := range a.num {
		num.add(c.states[column][row])
	}
	den.add(c.states[a.den][row])
	return good
}

// rate is the result of a group, by the rules of analytics.Pool.
func (a *rates) rate(t *Table, k uint32) Rate {
	g, odd := &a.acc[k], &a.odd[k]
	num, den := t.columns[a.num[0]], t.columns[a.den]
	ratio := func(n, d int64, nt, dt *tally, rows uint32) analytics.Ratio {
		return analytics.Ratio{
			Num:     analytics.Value{Total: n, Unit: num.Unit, Currency: num.Currency, Parts: nt.parts(int(rows) * len(a.num))},
			Den:     analytics.Value{Total: d, Unit: den.Unit, Currency: den.Currency, Parts: dt.parts(int(rows))},
			LeftOut: int(g.left),
		}
	}
	if g.rows > 0 {
		r := Rate{Ratio: ratio(g.num, g.den, &odd.num, &odd.den, g.rows), Rows: int(g.rows)}
		if v, ok := r.Float64(); ok && g.rows > 1 {
			k := float64(g.rows)
			d := float64(g.den)
			r.variance = max(g.nn-2*v*g.nd+v*v*g.dd, 0) * k / (k - 1) / (d * d)
		}
		return r
	}
	r := ratio(g.leftNum, g.leftDen, &odd.leftNum, &odd.leftDen, g.left)
	if _, ok := r.Float64(); ok {
		// Each side is known somewhere, but never both in one row.
		r.Den = analytics.Value{Unit: den.Unit, Parts: analytics.Parts{NotReported: int(g.left)}}
	}
	return Rate{Ratio: r}
}

// studentTwoSided returns the t that a Student variable with n degrees of
// freedom exceeds in size with probability p. At least four digits are right
// for n of 3 and more. Source: Hill, "Algorithm 396: Student's t-quantiles",
// Communications of the ACM 13 (1970).
func studentTwoSided(p float64, n int) float64 {
	df := float64(n)
	switch n {
	case 1:
		return 1 / math.Tan(p*math.Pi/2)
	case 2:
		return math.Sqrt(2/(p*(2-p)) - 2)
	}
	a := 1 / (df - 0.5)
	b := 48 / (a * a)
	c := ((20700*a/b-98)*a-16)*a + 96.36
	d := ((94.5/(b+c)-3)/b + 1) * math.Sqrt(a*math.Pi/2) * df
	y := math.Pow(d*p, 2/df)
	if y <= 0.05+a {
		y = ((1/(((df+6)/(df*y)-0.089*d-0.822)*(df+2)*3)+0.5/(df+4))*y-1)*(df+1)/(df+2) + 1/y
		return math.Sqrt(df * y)
	}
	x := -math.Sqrt2 * math.Erfcinv(p) // the normal quantile of p/2
	y = x * x
	if n < 5 {
		c += 0.3 * (df - 4.5) * (x + 0.6)
	}
	c += (((0.05*d*x-5)*x-7)*x-2)*x + b
	y = (((((0.4*y+6.3)*y+36)*y+94.5)/c-y-3)/b + 1) * x
	return math.Sqrt(df * math.Expm1(a*y*y))
}
