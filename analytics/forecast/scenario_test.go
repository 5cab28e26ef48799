package forecast

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

func eur(units float64) smm.Money {
	return smm.Money{Micros: int64(math.Round(units * 1e6)), Currency: "EUR"}
}

// spendHistory makes up results that answer to spend with the elasticity, with
// weekdays, and with moods and plans that last (AR 0.5 and 0.7).
func spendHistory(r *rand.Rand, n int, elasticity float64) ([]analytics.Point, []SpendDay) {
	y, spend, mood, plan := make([]float64, n), make([]float64, n), 0.0, 0.0
	for i := range y {
		plan = 0.7*plan + 0.2*r.NormFloat64()
		mood = 0.5*mood + 0.08*r.NormFloat64()
		// The spend follows the weekday as well, which must not pass for an effect.
		spend[i] = 100 * week[i%7] * math.Exp(plan)
		y[i] = 400 * week[i%7] * math.Pow(spend[i]/100, elasticity) * math.Exp(mood)
	}
	return points(y), spendDays(spend)
}

func TestMeasureResponse(t *testing.T) {
	const runs = 300
	for _, e := range []float64{0, 0.5, 0.9} {
		held, bias := 0, 0.0
		for run := range runs {
			p, sp := spendHistory(rand.New(rand.NewPCG(uint64(run), 11)), 84, e)
			r, err := MeasureResponse(p, sp, 0.95)
			if err != nil || r.State != analytics.StateEstimated || r.Days != 84 {
				t.Fatal(err, r)
			}
			bias += (r.Elasticity - e) / runs
			if r.Low <= e && e <= r.High {
				held++
			}
		}
		share := float64(held) / runs
		t.Logf("elasticity %.1f: 95 %% intervals hold it in %.3f of %d histories, bias %+.4f", e, share, runs, bias)
		if share < 0.89 || share > 0.98 || math.Abs(bias) > 0.01 {
			t.Errorf("elasticity %v: %.3f, bias %v", e, share, bias)
		}
	}
	// Without noise the slope is exact, whatever the weekdays do.
	n := 56
	y, spend := make([]float64, n), make([]float64, n)
	for i := range y {
		spend[i] = 50 + float64(i*i%97)
		y[i] = 1e6 * week[i%7] * math.Sqrt(spend[i])
	}
	r, err := MeasureResponse(points(y), spendDays(spend), 0.8)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "square root", r.Elasticity, 0.5, 1e-6)
	near(t, "bounds", r.High-r.Low, 0, 1e-6)
}

// The long-run sum of an autoregression is known: n·σ²/(1-ρ)². Seven lags alone
// would see about half of it.
func TestLongRun(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	const n, rho = 20_000, 0.8
	ones, mood := make([]float64, n), make([]float64, n)
	for i := range ones {
		ones[i] = 1
		if i > 0 {
			mood[i] = rho*mood[i-1] + r.NormFloat64()
		}
	}
	near(t, "long run", longRun(ones, mood, 0)/math.Sqrt(n)*(1-rho), 1, 0.06)
	for i := range mood {
		mood[i] = r.NormFloat64()
	}
	near(t, "independent", longRun(ones, mood, 0)/math.Sqrt(n), 1, 0.06)
	// What is like the day before yesterday and not like yesterday is seen by the
	// lags alone: 1 + 0.81 + 2·(1 - 2/8)·0.9 of the true 1.9².
	for i := n - 1; i >= 2; i-- {
		mood[i] += 0.9 * mood[i-2]
	}
	near(t, "every other day", longRun(ones, mood, 0)/math.Sqrt(n), math.Sqrt(1.81+1.35), 0.05)
}

// 84 days are worth 1.5·84/8 = 15.75 independent ones: the 95 % interval is
// wider than the 80 % one by Student's t of 16, 2.120/1.337, and not by the
// normal 1.960/1.282 = 1.529.
func TestResponseLevels(t *testing.T) {
	p, sp := spendHistory(rand.New(rand.NewPCG(2, 2)), 84, 0.5)
	wide, err := MeasureResponse(p, sp, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := MeasureResponse(p, sp, 0.80)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ratio of widths", (wide.High-wide.Low)/(narrow.High-narrow.Low), 2.120/1.337, 0.004)
}

func TestMeasureResponseUndefined(t *testing.T) {
	p, sp := spendHistory(rand.New(rand.NewPCG(1, 1)), 60, 0.5)
	flat := slices.Clone(sp)
	for i := range flat {
		flat[i].Spend = eur(100)
	}
	silent := slices.Clone(p)
	for i := range silent {
		if i%5 == 0 {
			silent[i].N, silent[i].State = 0, smm.MetricZero
		}
	}
	for name, c := range map[string]struct {
		p    []analytics.Point
		s    []SpendDay
		want string
	}{
		"no spend":     {p, nil, "no day with both"},
		"no results":   {nil, sp, "no day with both"},
		"short":        {p[:27], sp, "27 days with results and spend, and 28 are needed"},
		"never varies": {p, flat, "hardly varied"},
		"silent":       {silent, sp, "12 of 60 days with spend had no result"},
	} {
		r, err := MeasureResponse(c.p, c.s, 0)
		if err != nil || r.State != analytics.StateUndefined || !strings.Contains(r.Reason, c.want) {
			t.Errorf("%s: %v %+v", name, err, r)
		}
	}
	if _, err := MeasureResponse(p, sp, 95); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("level: %v", err)
	}
	if _, err := MeasureResponse(append(slices.Clone(p), p[0]), sp, 0); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("twice: %v", err)
	}
}

func TestScenario(t *testing.T) {
	measured := Response{State: analytics.StateEstimated, Elasticity: 1, Low: 0.8, High: 1.2, Level: 0.8, Days: 90, From: 0.5, To: 1.1}
	s := Scenario{Name: "20 % more on Instagram", Levers: []Lever{
		{Name: "Instagram", Spend: eur(1000), Results: 200, Change: 0.2, Response: Assumed(0.5, 0.4, 0.6)},
		{Name: "LinkedIn", Spend: eur(500), Results: 50, Change: 0.2, Response: measured},
		{Name: "TikTok", Spend: eur(300), Results: 90},
	}}
	o, err := s.Evaluate()
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Instagram", o.Levers[0].Results.Expected, 200*math.Sqrt(1.2), 1e-9)
	near(t, "Instagram low", o.Levers[0].Extra.Low, 200*(math.Pow(1.2, 0.4)-1), 1e-9)
	near(t, "Instagram high", o.Levers[0].Extra.High, 200*(math.Pow(1.2, 0.6)-1), 1e-9)
	near(t, "LinkedIn", o.Levers[1].Extra.Expected, 10, 1e-9)
	near(t, "sum", o.Extra.Expected, 200*(math.Sqrt(1.2)-1)+10, 1e-9)
	near(t, "all results", o.Results.Expected, o.Extra.Expected+340, 1e-9)
	if o.SpendBefore != eur(1800) || o.SpendAfter != eur(2100) || o.State != analytics.StateEstimated {
		t.Errorf("%s to %s, %s", o.SpendBefore, o.SpendAfter, o.State)
	}
	if c := o.Levers[1].CostPerExtra; c == nil || *c != eur(10) {
		t.Errorf("100.00 EUR more for 10 results cost %v each", c)
	}
	if o.Levers[2].CostPerExtra != nil {
		t.Error("a cost for nothing more")
	}
	all := strings.Join(o.Assumptions, "\n")
	for _, want := range []string{
		"Instagram: spend from 1000.00 EUR to 1200.00 EUR (+20 %); results are taken to change with the spend to the power of 0.50 (95 %: 0.40 to 0.60), as given and not measured",
		"LinkedIn: spend from 500.00 EUR to 600.00 EUR (+20 %)", "measured on 90 days; that is outside what was ever spent (0.50 to 1.10 times the mean), so it is a guess",
		"TikTok: stays at 300.00 EUR and 90 results", "nothing else changes",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("assumptions lack %q:\n%s", want, all)
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var back Outcome
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(o, back) {
		t.Errorf("does not survive JSON: %v", err)
	}
}

// Less spend turns the bounds around, and none at all leaves no results.
func TestScenarioLess(t *testing.T) {
	at := func(change float64) LeverOutcome {
		o, err := Scenario{Levers: []Lever{{Name: "X", Spend: eur(100), Results: 100, Change: change, Response: Assumed(0.5, 0.4, 0.6)}}}.Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		return o.Levers[0]
	}
	half := at(-0.5)
	near(t, "half the spend", half.Results.Expected, 100*math.Sqrt(0.5), 1e-9)
	if !(half.Results.Low < half.Results.Expected && half.Results.Expected < half.Results.High) || half.CostPerExtra != nil {
		t.Errorf("%+v", half)
	}
	none := at(-1)
	if none.Results != (Range{}) || none.Spend != eur(0) {
		t.Errorf("no spend: %+v", none)
	}
}

func TestScenarioUndefined(t *testing.T) {
	good := Lever{Name: "X", Spend: eur(100), Results: 100, Change: 0.1, Response: Assumed(1, 1, 1)}
	for name, c := range map[string]struct {
		l    Lever
		want string
	}{
		"no response":    {Lever{Name: "Y", Spend: eur(100), Results: 10, Change: 0.2}, "not known"},
		"hardly varied":  {Lever{Name: "Y", Spend: eur(100), Results: 10, Change: 0.2, Response: Response{State: analytics.StateUndefined, Reason: "the spend hardly varied"}}, "hardly varied"},
		"no spend":       {Lever{Name: "Y", Spend: eur(0), Results: 0, Change: 0.2, Response: Assumed(1, 1, 1)}, "no base"},
		"nothing at all": {Lever{Name: "Y", Spend: eur(10), Results: 5, Change: -1, Response: Assumed(0.1, -0.1, 0.3)}, "no spend at all"},
	} {
		o, err := Scenario{Levers: []Lever{good, c.l}}.Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		if o.State != analytics.StateIncomplete || !strings.Contains(o.Reason, c.want) || o.Levers[1].State != analytics.StateUndefined {
			t.Errorf("%s: %s %q", name, o.State, o.Reason)
		}
		near(t, name, o.Extra.Expected, 10, 1e-9)
		if !strings.Contains(o.Assumptions[1], "not worked out") {
			t.Errorf("%s: %q", name, o.Assumptions[1])
		}
	}
}

func TestScenarioRefuses(t *testing.T) {
	good := Lever{Name: "X", Spend: eur(100), Results: 100, Change: 0.1, Response: Assumed(1, 1, 1)}
	with := func(f func(*Lever)) []Lever { l := good; f(&l); return []Lever{good, l} }
	for name, levers := range map[string][]Lever{
		"no levers":      nil,
		"more than all":  with(func(l *Lever) { l.Change = -1.5 }),
		"NaN":            with(func(l *Lever) { l.Change = nan }),
		"negative":       with(func(l *Lever) { l.Results = -1 }),
		"endless":        with(func(l *Lever) { l.Results = math.Inf(1) }),
		"no currency":    with(func(l *Lever) { l.Spend.Currency = "" }),
		"currencies":     with(func(l *Lever) { l.Spend.Currency = "USD" }),
		"bounds":         with(func(l *Lever) { l.Response = Assumed(0.5, 0.6, 0.7) }),
		"overflow":       with(func(l *Lever) { l.Spend.Micros, l.Change = math.MaxInt64/2, 5 }),
		"negative spend": with(func(l *Lever) { l.Spend.Micros = -1 }),
	} {
		if _, err := (Scenario{Levers: levers}).Evaluate(); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompareSplits(t *testing.T) {
	levers := []Lever{
		{Name: "Instagram", Spend: eur(500), Results: 300, Response: Assumed(0.8, 0.7, 0.9)},
		{Name: "LinkedIn", Spend: eur(500), Results: 100, Response: Assumed(0.4, 0.3, 0.5)},
	}
	out, err := CompareSplits(levers, eur(1000), []Split{{"to LinkedIn", []float64{0.2, 0.8}}, {"to Instagram", []float64{0.7, 0.3}}, {"a little", []float64{0.5001, 0.4999}}})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(out))
	for i, o := range out {
		names[i] = o.Split.Name
	}
	if !slices.Equal(names, []string{"to Instagram", "a little", Present, "to LinkedIn"}) {
		t.Fatalf("order %q", names)
	}
	near(t, "to Instagram", out[0].Against.Expected, 300*(math.Pow(1.4, 0.8)-1)+100*(math.Pow(0.6, 0.4)-1), 1e-9)
	if !out[0].Clear || !out[3].Clear || out[3].Against.High >= 0 || out[2].Clear || out[2].Against != (Range{}) {
		t.Errorf("%+v", out)
	}
	if best, ok := Best(out); !ok || best.Split.Name != "to Instagram" {
		t.Errorf("best %q %v", best.Split.Name, ok)
	}
	if sum := out[0].Outcome.SpendAfter; sum != eur(1000) {
		t.Errorf("spends %s of 1000.00 EUR", sum)
	}
	double, err := CompareSplits(levers, eur(2000), []Split{{"to Instagram", []float64{0.7, 0.3}}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "twice the budget", double[0].Against.Expected, 300*(math.Pow(2.8, 0.8)-math.Pow(2, 0.8))+100*(math.Pow(1.2, 0.4)-math.Pow(2, 0.4)), 1e-9)
	if double[1].Split.Name != Present || double[1].Against != (Range{}) {
		t.Errorf("the present shares differ from themselves: %+v", double[1].Against)
	}
	third := append(slices.Clone(levers), Lever{Name: "X", Spend: eur(123.456789), Results: 7, Response: Assumed(1, 1, 1)})
	thirds, err := CompareSplits(third, eur(1000), []Split{{"thirds", []float64{1.0 / 3, 1.0 / 3, 1.0 / 3}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range thirds {
		if o.Outcome.SpendAfter != eur(1000) {
			t.Errorf("%s spends %v", o.Split.Name, o.Outcome.SpendAfter)
		}
	}
	// Where the bounds are wide, nothing is clear and nothing is best.
	levers[0].Response, levers[1].Response = Assumed(0.8, 0.1, 1.5), Assumed(0.7, 0.1, 1.4)
	levers[1].Results = 250
	out, err = CompareSplits(levers, eur(1000), []Split{{"shift", []float64{0.6, 0.4}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := Best(out); ok || out[0].Clear {
		t.Errorf("clear in spite of its bounds: %+v", out[0].Against)
	}
}

func TestCompareSplitsRefuses(t *testing.T) {
	good := []Lever{{Name: "X", Spend: eur(1), Results: 1, Response: Assumed(1, 1, 1)}, {Name: "Y", Spend: eur(1), Results: 1, Response: Assumed(1, 1, 1)}}
	with := func(f func(*Lever)) []Lever { l := slices.Clone(good); f(&l[1]); return l }
	half := []Split{{"half", []float64{0.5, 0.5}}}
	for name, c := range map[string]struct {
		l      []Lever
		budget smm.Money
		s      []Split
	}{
		"no levers":   {nil, eur(1), half},
		"no budget":   {good, eur(0), half},
		"currency":    {good, smm.Money{Micros: 1, Currency: "USD"}, half},
		"no spend":    {with(func(l *Lever) { l.Spend = eur(0) }), eur(1), half},
		"no response": {with(func(l *Lever) { l.Response = Response{} }), eur(1), half},
		"shares":      {good, eur(1), []Split{{"less", []float64{0.5, 0.4}}}},
		"negative":    {good, eur(1), []Split{{"below", []float64{1.5, -0.5}}}},
		"one":         {good, eur(1), []Split{{"one", []float64{1}}}},
	} {
		if _, err := CompareSplits(c.l, c.budget, c.s); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
