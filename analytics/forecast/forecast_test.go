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
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

var nan = math.NaN()

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v within %v", what, got, want, within)
	}
}

func mustDaily(t *testing.T, p []analytics.Point, o Options) Forecast {
	t.Helper()
	f, err := Daily(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func weekly(n int, base float64) []float64 {
	y := make([]float64, n)
	for t := range y {
		y[t] = base * week[t%7]
	}
	return y
}

// A season that repeats exactly is forecast exactly, whatever is missing in the
// history, and by the simplest method that can.
func TestGapsAreNotZeros(t *testing.T) {
	y := weekly(100, 200)
	for _, i := range []int{3, 10, 40, 41, 42, 43, 60, 92, 97, 98} {
		y[i] = nan
	}
	f := mustDaily(t, points(y), Options{Horizon: 10})
	if f.Method != SeasonalNaive || f.State != analytics.StateEstimated {
		t.Fatalf("%s by %q", f.State, f.Method)
	}
	if want := (History{First: epoch, Last: epoch.AddDate(0, 0, 99), Days: 100, Known: 90, Missing: 10}); f.History != want {
		t.Errorf("history %+v", f.History)
	}
	for h, d := range f.Days {
		near(t, d.At.Format(time.DateOnly), d.Expected, math.Round(200*week[(100+h)%7]), 1e-9)
		if want := epoch.AddDate(0, 0, 100+h); !d.At.Equal(want) {
			t.Errorf("day %d is %s, want %s", h, d.At, want)
		}
	}
	if !slices.ContainsFunc(f.Notes, func(n string) bool { return strings.HasPrefix(n, "10 of 100 days are missing") }) {
		t.Errorf("notes do not tell of the gaps: %q", f.Notes)
	}
	// The smoothing methods must not be pulled down by gaps either.
	for _, m := range []Method{SimpleSmoothing, DampedTrend, HoltWinters} {
		flat := make([]float64, 100)
		for i := range flat {
			flat[i] = 50
			if i%9 == 4 {
				flat[i] = nan
			}
		}
		f := mustDaily(t, points(flat), Options{Methods: []Method{m}})
		if f.Method != m {
			t.Fatalf("chose %s, offered %s alone", f.Method, m)
		}
		for _, d := range f.Days {
			near(t, string(m), d.Expected, 50, 1e-6)
		}
	}
}

// The days after the last known one are forecast, however many unreported days
// follow it.
func TestBeginsAfterTheLastKnownDay(t *testing.T) {
	y := append(weekly(80, 100), nan, nan, nan)
	f := mustDaily(t, points(y), Options{Horizon: 3})
	if want := epoch.AddDate(0, 0, 80); !f.Days[0].At.Equal(want) || f.History.Missing != 0 {
		t.Errorf("begins %s with %d missing, want %s and none", f.Days[0].At, f.History.Missing, want)
	}
}

func TestNotEnough(t *testing.T) {
	gappy := weekly(100, 10)
	for i := range gappy {
		if i%3 == 1 {
			gappy[i] = nan
		}
	}
	late := weekly(150, 10)
	for i := 1; i < 18; i++ {
		late[i] = nan
	}
	for name, c := range map[string]struct {
		y    []float64
		o    Options
		want string
	}{
		"nothing":        {nil, Options{}, "no day is known"},
		"nothing known":  {[]float64{nan, nan}, Options{}, "no day is known"},
		"one day short":  {weekly(43, 10), Options{}, "43 days, and 44 are needed (21 to learn from, 10 rounds of back-test, 14 days ahead)"},
		"long horizon":   {weekly(100, 10), Options{Horizon: 90}, "100 days, and 120 are needed"},
		"mostly missing": {gappy, Options{}, "67 of 100 days are known, and three of four"},
		"gap at first":   {late, Options{}, "4 of the first 21 days are known"},
	} {
		t.Run(name, func(t *testing.T) {
			f := mustDaily(t, points(c.y), c.o)
			if f.State != analytics.StateUndefined || !strings.Contains(f.Reason, c.want) || len(f.Days) != 0 || f.Method != "" {
				t.Errorf("%s %q, %d days", f.State, f.Reason, len(f.Days))
			}
		})
	}
	if f := mustDaily(t, points(weekly(44, 10)), Options{}); f.State != analytics.StateEstimated || f.Origins != minOrigins {
		t.Errorf("44 days: %s %q, %d origins", f.State, f.Reason, f.Origins)
	}
}

func TestDailyRefuses(t *testing.T) {
	p := points(weekly(60, 10))
	double := append(slices.Clone(p), p[5])
	negative := slices.Clone(p)
	negative[7].N = -1
	timeless := slices.Clone(p)
	timeless[7].At = time.Time{}
	eur, usd := smm.Money{Micros: 1, Currency: "EUR"}, smm.Money{Micros: 1, Currency: "USD"}
	for name, c := range map[string]struct {
		p    []analytics.Point
		o    Options
		want string
	}{
		"two numbers for a day": {double, Options{}, "two numbers for 2026-03-07"},
		"negative count":        {negative, Options{}, "Options.Signed"},
		"no time":               {timeless, Options{}, "point 7 has no time"},
		"ages":                  {[]analytics.Point{{At: epoch, State: smm.MetricZero}, {At: epoch.AddDate(11, 0, 0), State: smm.MetricZero}}, Options{}, "at most 3660"},
		"horizon":               {p, Options{Horizon: 400}, "1 to 366"},
		"negative horizon":      {p, Options{Horizon: -1}, "1 to 366"},
		"period":                {p, Options{Period: -7}, "1 to 366"},
		"origins":               {p, Options{Origins: 3}, "at least 10"},
		"level":                 {p, Options{Levels: []float64{95}}, "a fraction"},
		"method":                {p, Options{Methods: []Method{"prophet"}}, "see Methods"},
		"currencies":            {p, Options{Spend: []SpendDay{{epoch, eur}, {epoch.AddDate(0, 0, 1), usd}}}, "convert first"},
		"spend twice":           {p, Options{Spend: []SpendDay{{epoch, eur}, {epoch.Add(time.Hour), eur}}}, "add them up"},
		"spend without time":    {p, Options{Spend: []SpendDay{{time.Time{}, eur}}}, "set At"},
		"negative spend":        {p, Options{Spend: []SpendDay{{epoch, smm.Money{Micros: -1, Currency: "EUR"}}}}, "cannot be negative"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Daily(c.p, c.o)
			if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if f := mustDaily(t, negative, Options{Signed: true}); f.State != analytics.StateEstimated {
		t.Errorf("signed: %s", f.Reason)
	}
}

// Counts stay at or above zero where the line would fall below.
func TestNeverBelowZero(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	y := make([]float64, 90)
	for i := range y {
		y[i] = max(0, 300-3.6*float64(i)+10*r.NormFloat64())
	}
	o := Options{Horizon: 30, Methods: []Method{DampedTrend}}
	f := mustDaily(t, points(y), o)
	floor := 0
	for _, d := range f.Days {
		for _, v := range []float64{d.Expected, d.Intervals[0].Low, d.Intervals[1].Low, d.Intervals[0].High} {
			if v < 0 {
				t.Errorf("%s: %v", d.At.Format(time.DateOnly), v)
			}
		}
		if d.Intervals[1].Low == 0 {
			floor++
		}
	}
	if floor == 0 {
		t.Error("the test never comes near zero")
	}
	o.Signed = true
	if f := mustDaily(t, points(y), o); f.Days[29].Intervals[1].Low >= 0 {
		t.Error("a signed number is not free to fall")
	}
}

// All methods answer for their errors beside the two baselines, on the same
// days, and the chosen one is the best of those that were offered.
func TestTrials(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	y := make([]float64, 120)
	for i := range y {
		y[i] = poisson(r, 100*week[i%7])
	}
	f := mustDaily(t, points(y), Options{Horizon: 7})
	if len(f.Trials) != len(Methods()) {
		t.Fatalf("%d trials", len(f.Trials))
	}
	best := math.Inf(1)
	for _, tr := range f.Trials {
		spend := strings.HasPrefix(string(tr.Method), "spend")
		if (tr.MASE.Value == nil) != spend || (tr.Reason == "no spend is given") != spend {
			t.Errorf("%s: %v %q", tr.Method, tr.MASE, tr.Reason)
		}
		if !spend {
			best = min(best, *tr.MASE.Value)
			if tr.Forecasts != 7*56 || *tr.SMAPE.Value <= 0 || *tr.SMAPE.Value > 2 {
				t.Errorf("%s: %d forecasts, sMAPE %v", tr.Method, tr.Forecasts, *tr.SMAPE.Value)
			}
		}
	}
	chosen, _ := f.Trial(f.Method)
	if f.Method != HoltWinters || *chosen.MASE.Value > best/(1-Improvement) {
		t.Errorf("chose %s with %v, best %v", f.Method, *chosen.MASE.Value, best)
	}
	naive := mustDaily(t, points(y), Options{Horizon: 7, Methods: []Method{Naive}})
	if _, ok := naive.Trial(SeasonalNaive); naive.Method != Naive || !ok || len(naive.Trials) != 2 {
		t.Errorf("offered naive alone: %s, %d trials", naive.Method, len(naive.Trials))
	}
	if tr, _ := mustDaily(t, points(y), Options{Period: 1}).Trial(HoltWinters); !strings.Contains(tr.Reason, "no season") {
		t.Errorf("without a season: %q", tr.Reason)
	}
	if _, ok := f.Trial("oracle"); ok {
		t.Error("a trial of nobody")
	}
}

// The back-test must not see what it forecasts: a change in the last days may
// change errors, but never what earlier origins forecast.
func TestNoLookAhead(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	y := make([]float64, 100)
	for i := range y {
		y[i] = poisson(r, 80*week[i%7])
	}
	forecasts := func(y []float64) [][][]float64 {
		s, err := newSeries(points(y), false)
		if err != nil {
			t.Fatal(err)
		}
		return roll(s, []Method{Naive, SeasonalNaive, SimpleSmoothing, DampedTrend, HoltWinters}, 7, 7, 20).forecast
	}
	a := forecasts(y)
	y[93], y[96], y[99] = 900, 0, 700
	b := forecasts(y)
	if !reflect.DeepEqual(a, b) {
		t.Error("the last seven days are known to forecasts of the days before")
	}
	y[92] = 900
	if c := forecasts(y); reflect.DeepEqual(a, c) {
		t.Error("the test cannot fail: the eighth day from the end changes nothing")
	}
}

func TestSameInputSameOutput(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	y := make([]float64, 90)
	for i := range y {
		y[i] = poisson(r, 30*week[i%7])
	}
	p := points(y)
	a := mustDaily(t, p, Options{})
	shuffled := slices.Clone(p)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	b := mustDaily(t, shuffled, Options{})
	one, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := json.Marshal(b)
	if string(one) != string(two) {
		t.Error("the order of the points matters")
	}
	var back Forecast
	if err := json.Unmarshal(one, &back); err != nil || !reflect.DeepEqual(a, back) {
		t.Errorf("does not survive JSON: %v", err)
	}
}

// The sum over the horizon has an interval of its own where the back-test is
// long enough, and says so where it is not.
func TestSum(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	y := make([]float64, 150)
	for i := range y {
		y[i] = poisson(r, 50*week[i%7])
	}
	f := mustDaily(t, points(y), Options{Horizon: 30})
	if f.Origins != 60 || len(f.Sum.Intervals) != 2 || f.Sum.Reason != "" {
		t.Fatalf("%d origins, %+v", f.Origins, f.Sum)
	}
	days, wide := 0.0, 0.0
	for _, d := range f.Days {
		days += d.Expected
		wide += d.Intervals[0].High - d.Intervals[0].Low
	}
	near(t, "sum", f.Sum.Expected, days, 1e-9)
	// Errors of days cancel out in part, so that the sum is known better than
	// the sums of the bounds say.
	if got := f.Sum.Intervals[0].High - f.Sum.Intervals[0].Low; got <= 0 || got > wide/2 {
		t.Errorf("the sum is bounded within %.0f, the days together within %.0f", got, wide)
	}
	f = mustDaily(t, points(y[:70]), Options{Horizon: 30})
	if f.Sum.Intervals != nil || !strings.Contains(f.Sum.Reason, "20 windows of 30 days") || !strings.Contains(f.Sum.Reason, "60 are needed") {
		t.Errorf("%d origins, %+v", f.Origins, f.Sum)
	}
}

func TestConstantHistory(t *testing.T) {
	y := make([]float64, 60)
	f := mustDaily(t, points(y), Options{})
	if f.Method != Naive || f.Days[0].Expected != 0 || f.State != analytics.StateEstimated {
		t.Errorf("%s by %s: %+v", f.State, f.Method, f.Days[0])
	}
	if tr, _ := f.Trial(Naive); tr.MASE.Value != nil || tr.MASE.State != analytics.StateUndefined {
		t.Errorf("an error in units of nothing: %+v", tr.MASE)
	}
	if !slices.ContainsFunc(f.Notes, func(n string) bool { return strings.Contains(n, "never changes") }) {
		t.Errorf("notes: %q", f.Notes)
	}
}

// FuzzDaily looks for panics and for numbers that are none.
func FuzzDaily(f *testing.F) {
	f.Add([]byte("the quick brown fox jumps over the lazy dog, and then again, and again"), 7, 7, false)
	f.Add(make([]byte, 60), 14, 1, true)
	f.Fuzz(func(t *testing.T, raw []byte, horizon, period int, signed bool) {
		if len(raw) > 200 {
			return
		}
		p := make([]analytics.Point, len(raw))
		for i, b := range raw {
			p[i] = analytics.Point{At: epoch.AddDate(0, 0, i), N: int64(b) * int64(b), State: smm.MetricMeasured}
			switch b {
			case ' ':
				p[i].State = smm.MetricNotReported
			case 0xff:
				p[i].N = math.MaxInt64
			}
		}
		fc, err := Daily(p, Options{Horizon: horizon % 30, Period: period % 30, Signed: signed, Origins: 12})
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if (fc.State == analytics.StateUndefined) != (len(fc.Days) == 0) || (fc.State == analytics.StateUndefined) == (fc.Reason == "") {
			t.Fatalf("%s %q with %d days", fc.State, fc.Reason, len(fc.Days))
		}
		if _, err := json.Marshal(fc); err != nil {
			t.Fatal(err)
		}
		for _, d := range fc.Days {
			for _, iv := range d.Intervals {
				if !(iv.Low <= iv.High) || (!signed && iv.Low < 0) {
					t.Fatalf("%+v", d)
				}
			}
		}
	})
}
