package forecast

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// SpendDay is the money spent, or planned to be spent, on a UTC day.
type SpendDay struct {
	At    time.Time
	Spend smm.Money
}

// Options say what to forecast. The zero value asks for two weeks of a count
// with a weekly season, by the best of all methods, with 80 % and 95 %
// intervals.
type Options struct {
	// Horizon is how many days to forecast, 1 to 366; 0 is 14.
	Horizon int
	// Period is the length of the season in days, 1 to 366; 0 is 7, 1 is no
	// season.
	Period int
	// Levels are the probabilities of the intervals, each above 0 and below 1;
	// nil is 0.80 and 0.95.
	Levels []float64
	// Methods take part in the back-test; nil is all that the data allow.
	Methods []Method
	// Origins is how many days the back-test stands on, at most; 0 is 56, eight
	// weeks, or twice the horizon where that is more. The least is 10.
	Origins int
	// Signed allows numbers below zero, such as a net growth. Without it
	// neither forecast nor interval ever goes below zero.
	Signed bool
	// Spend is the money of the days of the history and, as planned, of the
	// horizon. Without a plan for every day of the horizon the regressions on
	// spend do not take part. The back-test takes the spend of the days that it
	// forecasts as known, since a plan is.
	Spend []SpendDay
}

// Day is the forecast of one day.
type Day struct {
	At        time.Time  `json:"at"` // UTC midnight
	Expected  float64    `json:"expected"`
	Intervals []Interval `json:"intervals"` // in the order of Options.Levels
}

// Sum is the forecast of the whole horizon together. Its intervals come from
// the errors of such sums and are not the sums of the days' intervals. They need
// a back-test over twice the horizon.
type Sum struct {
	Expected  float64    `json:"expected"`
	Intervals []Interval `json:"intervals,omitempty"`
	Reason    string     `json:"reason,omitempty"` // why there are no intervals
}

// Forecast is the answer of Daily.
type Forecast struct {
	// State is StateEstimated, or StateUndefined if the history is not enough;
	// Reason then says what is lacking, and there are no Days.
	State  analytics.State `json:"state"`
	Reason string          `json:"reason,omitempty"`

	Method  Method  `json:"method,omitempty"` // the chosen one
	Params  []Param `json:"params,omitempty"`
	Days    []Day   `json:"days,omitempty"`
	Sum     Sum     `json:"sum,omitzero"`
	Trials  []Trial `json:"trials,omitempty"` // all methods, naive and seasonal-naive always among them
	Origins int     `json:"origins,omitempty"`
	History History `json:"history"`
	// Notes are what a reader must know, in words.
	Notes []string `json:"notes,omitempty"`
}

// Trial returns how the method did in the back-test.
func (f Forecast) Trial(m Method) (Trial, bool) {
	i := slices.IndexFunc(f.Trials, func(t Trial) bool { return t.Method == m })
	if i < 0 {
		return Trial{}, false
	}
	return f.Trials[i], true
}

// Daily forecasts a number that comes once a day: results, reach, messages, a
// level such as followers. Points may come in any order; those in a state that
// is not known, and days without a point, are gaps and never zeros.
//
// Every method is tried from each of the last days of the history as if it
// ended there (rolling origin), with parameters that know nothing later. The
// one with the smallest mean absolute error (so with the smallest MASE) over
// the horizon is chosen, a simpler one unless the other is better by
// Improvement, and fitted to the whole history. The intervals come from its
// errors in the back-test, by horizon.
//
// A history that is too short for that is not an error but a Forecast in
// StateUndefined with its reason. Needed are three periods (at least 14 days)
// before the first of 10 origins, and the horizon after the last, with three of
// four days known.
//
// Unit: that of the points. Errors match smm.ErrInvalid: options out of range, two
// numbers for a day, a negative count, spend in two currencies. The same input
// gives the same output. Safe for concurrent use.
// Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice",
// on time series cross-validation; L. J. Tashman, "Out-of-sample tests of
// forecasting accuracy", International Journal of Forecasting 16 (2000), 437-450.
func Daily(points []analytics.Point, o Options) (Forecast, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Forecast{}, err
	}
	s, err := newSeries(points, o.Signed)
	if err != nil {
		return Forecast{}, err
	}
	if err := s.addSpend(o.Spend, o.Horizon); err != nil {
		return Forecast{}, err
	}
	origins, why := o.enough(s)
	if why != "" {
		return Forecast{State: analytics.StateUndefined, Reason: why, History: s.hist}, nil
	}
	methods, out := o.eligible(s)
	b := roll(s, methods, o.Period, o.Horizon, origins)
	trials, errs := b.trials(s, o.Period)
	f := Forecast{State: analytics.StateEstimated, Trials: append(trials, out...), Origins: origins, History: s.hist}
	best, ok := choose(o.offered(methods, errs))
	if !ok {
		return Forecast{State: analytics.StateUndefined, Reason: "none of the methods could be tried on this history", Trials: f.Trials, History: s.hist}, nil
	}
	f.Method = methods[best]
	mod := newModel(f.Method, o.Period)
	expected := make([]float64, o.Horizon)
	if !mod.fit(s, len(s.y)) || !mod.predict(s, len(s.y), expected) {
		return Forecast{State: analytics.StateUndefined, Reason: fmt.Sprintf("%s could not be fitted to the whole history", f.Method), Trials: f.Trials, History: s.hist}, nil
	}
	f.Params = mod.params()
	f.Days, f.Sum = o.days(s.hist.Last, expected, newSpread(b.residuals(s, best)))
	f.Notes = notes(s, f)
	return f, nil
}

func (o Options) withDefaults() (Options, error) {
	if o.Horizon == 0 {
		o.Horizon = 14
	}
	if o.Period == 0 {
		o.Period = 7
	}
	if o.Origins == 0 {
		o.Origins = max(56, 2*o.Horizon)
	}
	if o.Levels == nil {
		o.Levels = []float64{0.80, 0.95}
	}
	if o.Methods == nil {
		o.Methods = Methods()
	}
	switch {
	case o.Horizon < 1 || o.Horizon > 366:
		return o, fmt.Errorf("%w: a horizon of %d days: want 1 to 366", smm.ErrInvalid, o.Horizon)
	case o.Period < 1 || o.Period > 366:
		return o, fmt.Errorf("%w: a period of %d days: want 1 to 366", smm.ErrInvalid, o.Period)
	case o.Origins < minOrigins || o.Origins > maxDays:
		return o, fmt.Errorf("%w: %d origins: want at least %d and at most %d", smm.ErrInvalid, o.Origins, minOrigins, maxDays)
	}
	for _, l := range o.Levels {
		if !(l > 0 && l < 1) {
			return o, fmt.Errorf("%w: a level of %v: want a fraction above 0 and below 1", smm.ErrInvalid, l)
		}
	}
	for _, m := range o.Methods {
		if newModel(m, o.Period) == nil {
			return o, fmt.Errorf("%w: no method is called %q: see Methods", smm.ErrInvalid, m)
		}
	}
	return o, nil
}

// enough returns how many origins the history bears, or why it does not bear
// any.
func (o Options) enough(s *series) (int, string) {
	n, train := len(s.y), max(14, 3*o.Period)
	least := train + minOrigins + o.Horizon - 1
	switch {
	case n == 0:
		return 0, "not enough history: no day is known"
	case n < least:
		return 0, fmt.Sprintf("not enough history: %d days, and %d are needed (%d to learn from, %d rounds of back-test, %d days ahead)", n, least, train, minOrigins, o.Horizon)
	case 4*s.hist.Known < 3*n:
		return 0, fmt.Sprintf("not enough history: %d of %d days are known, and three of four are needed", s.hist.Known, n)
	case s.knownIn(0, train) < train/2:
		return 0, fmt.Sprintf("not enough history: %d of the first %d days are known: leave out what lies before the gap", s.knownIn(0, train), train)
	}
	return min(o.Origins, n-train-o.Horizon+1), ""
}

// eligible returns the methods to try, with naive and seasonal-naive always
// among them, and the trials of those that cannot take part.
func (o Options) eligible(s *series) ([]Method, []Trial) {
	var in []Method
	var out []Trial
	for _, m := range Methods() {
		baseline := m == Naive || m == SeasonalNaive
		if !baseline && !slices.Contains(o.Methods, m) {
			continue
		}
		why := ""
		switch m {
		case SeasonalNaive, HoltWinters:
			if o.Period == 1 {
				why = "no season: Options.Period is 1"
			}
		case SpendLinear, SpendLog, SpendSaturating:
			why = s.lacksSpend(o.Horizon)
		}
		if why == "" {
			in = append(in, m)
			continue
		}
		undefined := analytics.Rate{State: analytics.StateUndefined, Reason: why}
		out = append(out, Trial{Method: m, MASE: undefined, SMAPE: undefined, Reason: why})
	}
	return in, out
}

func (s *series) lacksSpend(horizon int) string {
	if s.spend == nil {
		return "no spend is given"
	}
	n := len(s.y)
	missing := 0
	for i, v := range s.spend[:n] {
		if known(s.y[i]) && !known(v) {
			missing++
		}
	}
	if 4*missing > s.hist.Known {
		return fmt.Sprintf("the spend of %d of %d days is unknown", missing, s.hist.Known)
	}
	for h, v := range s.spend[n : n+horizon] {
		if !known(v) {
			return "no spend is planned for " + s.start.AddDate(0, 0, n+h).Format(time.DateOnly)
		}
	}
	return ""
}

// offered leaves the errors of those methods alone that the caller wants.
func (o Options) offered(methods []Method, errs []float64) []float64 {
	out := slices.Clone(errs)
	for i, m := range methods {
		if !slices.Contains(o.Methods, m) {
			out[i] = math.NaN()
		}
	}
	return out
}

// days puts the intervals around the forecasts of the days after last.
func (o Options) days(last time.Time, expected []float64, sp *spread) ([]Day, Sum) {
	floor := func(v float64) float64 {
		if o.Signed {
			return v
		}
		return max(0, v)
	}
	around := func(h int, centre float64) []Interval {
		out := make([]Interval, len(o.Levels))
		for i, l := range o.Levels {
			iv := sp.at(h, centre, l)
			out[i] = Interval{Level: l, Low: floor(iv.Low), High: floor(iv.High)}
		}
		return out
	}
	var sum Sum
	days, raw := make([]Day, len(expected)), 0.0
	for h, v := range expected {
		days[h] = Day{At: last.AddDate(0, 0, h+1), Expected: floor(v), Intervals: around(h, v)}
		sum.Expected += floor(v)
		raw += v
	}
	// Windows that overlap by more than half are one window seen twice.
	if need := max(minOrigins, 2*len(expected)); sp.sums < need {
		sum.Reason = fmt.Sprintf("not enough history for the sum: %d windows of %d days with at most a quarter missing in the back-test, and %d are needed",
			sp.sums, len(expected), need)
		return days, sum
	}
	sum.Intervals = around(sp.last, raw)
	return days, sum
}

func notes(s *series, f Forecast) []string {
	var out []string
	if s.hist.Missing > 0 {
		out = append(out, fmt.Sprintf("%d of %d days are missing and were passed over, not taken as zero", s.hist.Missing, s.hist.Days))
	}
	if s.hist.Estimated > 0 {
		out = append(out, fmt.Sprintf("%d days are estimates of the platform", s.hist.Estimated))
	}
	if _, changes := NaiveScale(s.y, 1); !changes {
		out = append(out, "the history never changes: the intervals say nothing about a first change")
	}
	switch f.Method {
	case Naive, SeasonalNaive:
		out = append(out, "no method was clearly better than repeating the past")
	case SpendLinear, SpendLog, SpendSaturating:
		out = append(out, "holds if the spend is as planned and works as it did; days are related to the spend of the same day only")
	}
	return out
}
