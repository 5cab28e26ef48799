package analytics

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func metric(state smm.MetricState, v int64) smm.Metric {
	return smm.Metric{Name: smm.MetricLikes, State: state, Value: v, Unit: smm.UnitCount}
}

func TestValueStates(t *testing.T) {
	for name, c := range map[string]struct {
		parts  []smm.Metric
		total  int64
		state  State
		reason string
	}{
		"nothing":              {nil, 0, StateUndefined, "nothing to add up"},
		"measured":             {[]smm.Metric{metric(smm.MetricMeasured, 3), metric(smm.MetricZero, 0)}, 3, StateComplete, ""},
		"a zero is a number":   {[]smm.Metric{metric(smm.MetricZero, 99)}, 0, StateComplete, ""},
		"estimated":            {[]smm.Metric{metric(smm.MetricMeasured, 3), metric(smm.MetricEstimated, 4)}, 7, StateEstimated, "estimated by the platform"},
		"forgotten state":      {[]smm.Metric{{Value: 5}}, 0, StateUndefined, "not reported"},
		"unknown state":        {[]smm.Metric{metric("guessed", 5)}, 0, StateUndefined, "not reported"},
		"not yet":              {[]smm.Metric{metric(smm.MetricNotYet, 5)}, 0, StateUndefined, "not yet known"},
		"withdrawn":            {[]smm.Metric{metric(smm.MetricWithdrawn, 5)}, 0, StateUndefined, "withdrawn by the platform"},
		"several ways to lack": {[]smm.Metric{metric(smm.MetricWithdrawn, 5), metric(smm.MetricNotYet, 1)}, 0, StateUndefined, "1 not yet known, 1 withdrawn by the platform"},
		"incomplete": {
			[]smm.Metric{metric(smm.MetricMeasured, 3), metric(smm.MetricNotReported, 100), metric(smm.MetricNotYet, 100), metric(smm.MetricEstimated, 1)},
			4, StateIncomplete, "2 of 4 parts missing: 1 not reported, 1 not yet known",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sum Value
			for _, m := range c.parts {
				var err error
				if sum, err = sum.Add(ValueOf(m)); err != nil {
					t.Fatal(err)
				}
			}
			n, ok := sum.Int64()
			if n != c.total || ok != (c.state != StateUndefined) || sum.State() != c.state || sum.Reason() != c.reason {
				t.Errorf("%d %v %s %q; want %d %s %q", n, ok, sum.State(), sum.Reason(), c.total, c.state, c.reason)
			}
		})
	}
}

func TestValueAddRefuses(t *testing.T) {
	money := func(cur string) Value {
		return Value{Total: 1, Unit: smm.UnitMicros, Currency: cur, Parts: Parts{Measured: 1}}
	}
	for name, c := range map[string]struct {
		a, b Value
		want string
	}{
		"units":      {Count(1), Value{Total: 1, Unit: smm.UnitMillis, Parts: Parts{Measured: 1}}, "cannot add millis to count"},
		"currencies": {money("EUR"), money("USD"), "convert first"},
		"overflow":   {Count(math.MaxInt64), Count(1), "overflows"},
		"underflow":  {Count(math.MinInt64), Count(-1), "overflows"},
	} {
		_, err := c.a.Add(c.b)
		if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	if v, err := (Value{}).Add(money("EUR")); err != nil || v.Currency != "EUR" || v.Unit != smm.UnitMicros {
		t.Errorf("the empty sum takes unit and currency: %+v, %v", v, err)
	}
}

// Adding is associative and commutative, states included.
func FuzzValueAdd(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), uint8(0x12), uint8(0x34), uint8(0x56))
	f.Fuzz(func(t *testing.T, a, b, c int64, pa, pb, pc uint8) {
		x, y, z := fuzzValue(a, pa), fuzzValue(b, pb), fuzzValue(c, pc)
		left, errL := Sum(x, y, z)
		right, errR := Sum(z, y, x)
		if errL == nil && errR == nil && left != right {
			t.Fatalf("%+v != %+v", left, right)
		}
	})
}

func fuzzValue(n int64, parts uint8) Value {
	return Value{Total: n / 4, Unit: smm.UnitCount, Parts: Parts{
		Measured: int(parts & 3), Estimated: int(parts >> 2 & 3), NotYet: int(parts >> 4 & 3), Withdrawn: int(parts >> 6),
	}}
}

func TestRatio(t *testing.T) {
	missing := Value{Parts: Parts{NotReported: 1}}
	for name, c := range map[string]struct {
		r      Ratio
		want   float64
		state  State
		reason string
	}{
		"complete":         {Ratio{Num: Count(1), Den: Count(4)}, 0.25, StateComplete, ""},
		"zero numerator":   {Ratio{Num: Count(0), Den: Count(4)}, 0, StateComplete, ""},
		"zero denominator": {Ratio{Num: Count(1), Den: Count(0)}, 0, StateUndefined, "denominator is 0"},
		"negative":         {Ratio{Num: Count(1), Den: Count(-2)}, 0, StateUndefined, "denominator is -2"},
		"no denominator":   {Ratio{Num: Count(1), Den: missing}, 0, StateUndefined, "denominator: not reported"},
		"no numerator":     {Ratio{Num: missing, Den: Count(1)}, 0, StateUndefined, "numerator: not reported"},
		"empty":            {Ratio{}, 0, StateUndefined, "numerator: nothing to add up"},
		"half a numerator": {
			Ratio{Num: Value{Total: 1, Parts: Parts{Measured: 1, NotYet: 1}}, Den: Count(4)},
			0.25, StateIncomplete, "numerator: 1 of 2 parts missing: 1 not yet known",
		},
		"estimated": {Ratio{Num: Count(1), Den: Value{Total: 4, Parts: Parts{Estimated: 1}}}, 0.25, StateEstimated, "denominator: estimated by the platform"},
	} {
		got, ok := c.r.Float64()
		if got != c.want || ok != (c.state != StateUndefined) || c.r.State() != c.state || c.r.Reason() != c.reason {
			t.Errorf("%s: %v %v %s %q; want %v %s %q", name, got, ok, c.r.State(), c.r.Reason(), c.want, c.state, c.reason)
		}
	}
}

func TestPool(t *testing.T) {
	missing := Value{Parts: Parts{NotReported: 1}}
	r := func(n, d int64) Ratio { return Ratio{Num: Count(n), Den: Count(d)} }
	for name, c := range map[string]struct {
		in    []Ratio
		want  float64
		state State
	}{
		// The mean of the two rates would be 0.275.
		"of sums, not of rates": {[]Ratio{r(50, 100), r(50, 1000)}, 100.0 / 1100, StateComplete},
		// The 90 actions of the second have no reach to stand over.
		"both sides or none":       {[]Ratio{r(10, 100), {Num: Count(90), Den: missing}}, 0.1, StateIncomplete},
		"never both":               {[]Ratio{{Num: missing, Den: Count(10)}, {Num: Count(5), Den: missing}}, 0, StateUndefined},
		"nothing":                  {nil, 0, StateUndefined},
		"a zero denominator joins": {[]Ratio{r(0, 0), r(1, 10)}, 0.1, StateComplete},
	} {
		p, err := Pool(c.in...)
		got, _ := p.Float64()
		if err != nil || math.Abs(got-c.want) > 1e-12 || p.State() != c.state {
			t.Errorf("%s: %v %s %q, %v; want %v %s", name, got, p.State(), p.Reason(), err, c.want, c.state)
		}
	}
}
