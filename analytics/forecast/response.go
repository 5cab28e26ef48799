package forecast

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Response is how results answer to spend: results grow with the spend to the
// power of Elasticity. At 0.6, 20 % more spend brings 1.2^0.6 - 1 = 11.6 % more
// results. At 1 every unit of money buys the same, below it each buys less.
type Response struct {
	// State is StateEstimated, or StateUndefined if nothing can be said; Reason
	// then says why. The zero Response is undefined.
	State  analytics.State `json:"state"`
	Reason string          `json:"reason,omitempty"`

	Elasticity float64 `json:"elasticity"`
	Low        float64 `json:"low"` // Low and High bound it with the confidence Level
	High       float64 `json:"high"`
	Level      float64 `json:"level"`

	// Days is how many days it was measured on; 0 says that the caller gave it.
	Days int `json:"days,omitempty"`
	// From and To are the lowest and the highest spend of those days as a
	// multiple of their mean. A scenario outside is one that was never tried.
	From float64 `json:"from,omitempty"`
	To   float64 `json:"to,omitempty"`
}

// Assumed is a Response that the caller takes from elsewhere: an experiment, a
// study, or a guess. Low and High are its bounds at 95 %.
func Assumed(elasticity, low, high float64) Response {
	return Response{State: analytics.StateEstimated, Elasticity: elasticity, Low: low, High: high, Level: 0.95}
}

// What a measured elasticity needs.
const (
	minResponseDays = 28   // four of each weekday
	minSpendSpread  = 0.10 // standard deviation of ln spend within a weekday: about 10 %
	maxSilent       = 0.10 // share of days with spend and without results
)

// MeasureResponse estimates the elasticity from a history of results and spend
// by day, as the slope of
//
//	ln results = effect of the weekday + elasticity · ln spend
//
// by least squares, with an interval that knows that good and bad days come in
// runs (Newey and West's, over lags of up to a week and an autoregression). Level
// is its confidence, above 0 and below 1; 0 is 0.95. Measured on simulated
// histories of 12 weeks whose moods and plans last for days, 95 % intervals held
// the truth in about 91 %. Days without a known
// number or without spend are left out.
//
// It is a relation and not yet an effect: where spend was raised because demand was
// high, it is too large. Only an experiment tells them apart (package
// experiment).
//
// Unit: none. The Response is in StateUndefined with a reason if fewer than 28
// days are usable, if the spend hardly varied, or if more than a tenth of the
// days with spend had no result at all (add up weeks then). Errors match
// smm.ErrInvalid and are those of Daily. Safe for concurrent use.
// Source: W. K. Newey and K. D. West, "A simple, positive semi-definite,
// heteroskedasticity and autocorrelation consistent covariance matrix",
// Econometrica 55 (1987), 703-708.
func MeasureResponse(results []analytics.Point, spend []SpendDay, level float64) (Response, error) {
	if level == 0 {
		level = 0.95
	}
	if !(level > 0 && level < 1) {
		return Response{}, fmt.Errorf("%w: a level of %v: want a fraction above 0 and below 1", smm.ErrInvalid, level)
	}
	s, err := newSeries(results, false)
	if err != nil {
		return Response{}, err
	}
	if err := s.addSpend(spend, 0); err != nil {
		return Response{}, err
	}
	undefined := func(format string, args ...any) (Response, error) {
		return Response{State: analytics.StateUndefined, Reason: fmt.Sprintf(format, args...)}, nil
	}
	if s.spend == nil {
		return undefined("no day with both results and spend")
	}
	x, y, silent, r := logs(s)
	switch {
	case r.Days < minResponseDays:
		return undefined("not enough history: %d days with results and spend, and %d are needed", r.Days, minResponseDays)
	case float64(silent) > maxSilent*float64(silent+r.Days):
		return undefined("%d of %d days with spend had no result: add up weeks first", silent, silent+r.Days)
	}
	byWeekday(x)
	byWeekday(y)
	sxx, sxy := 0.0, 0.0
	for i, v := range x {
		if known(v) {
			sxx += v * v
			sxy += v * y[i]
		}
	}
	if math.Sqrt(sxx/float64(r.Days)) < minSpendSpread {
		return undefined("the spend hardly varied: within a weekday by %.1f %%, and about %.0f %% are needed to see an effect", 100*math.Sqrt(sxx/float64(r.Days)), 100*minSpendSpread)
	}
	r.State, r.Level, r.Elasticity = analytics.StateEstimated, level, sxy/sxx
	n := float64(r.Days)
	half := stat.TUpper((1-level)/2, max(minFreedom, min(n-8, 1.5*n/(hacLags+1)))) * longRun(x, y, r.Elasticity) / sxx * math.Sqrt(n/(n-8)) // seven weekdays and the slope
	r.Low, r.High = r.Elasticity-half, r.Elasticity+half
	return r, nil
}

// logs takes the logarithms of the days that have both, and counts those with
// spend and without results.
func logs(s *series) (x, y []float64, silent int, r Response) {
	n := len(s.y)
	x, y = nans(n), nans(n)
	sum := 0.0
	r.From = math.Inf(1)
	for i, v := range s.y {
		if !known(v) || !known(s.spend[i]) || s.spend[i] <= 0 {
			continue
		}
		if v <= 0 {
			silent++
			continue
		}
		x[i], y[i] = math.Log(s.spend[i]), math.Log(v)
		r.Days++
		sum += s.spend[i]
		r.From, r.To = min(r.From, s.spend[i]), max(r.To, s.spend[i])
	}
	if r.Days > 0 {
		mean := sum / float64(r.Days)
		r.From, r.To = r.From/mean, r.To/mean
	}
	return x, y, silent, r
}

// byWeekday takes the mean of each weekday out of v.
func byWeekday(v []float64) {
	for d := range 7 {
		sum, n := 0.0, 0.0
		for i := d; i < len(v); i += 7 {
			if known(v[i]) {
				sum += v[i]
				n++
			}
		}
		for i := d; i < len(v); i += 7 {
			v[i] -= sum / n
		}
	}
}

// hacLags is how many days the errors are taken to depend on each other.
const hacLags = 7

// longRun is the square root of the long-run sum of squared scores x·e: of Newey
// and West, after an autoregression of the first order was taken out of them
// and put back, since seven lags alone see too little of long moods. The estimate
// is worth 1.5·n/(lags+1) independent days.
// The autocorrelation is corrected for its bias in short series, (1 + 4ρ)/n
// (M. G. Kendall, "Note on bias in the estimation of autocorrelation",
// Biometrika 41 (1954), 403-404).
// Source: D. W. K. Andrews and J. C. Monahan, "An improved heteroskedasticity
// and autocorrelation consistent covariance matrix estimator", Econometrica 60
// (1992), 953-966; for the equivalent degrees of freedom of Bartlett's weights,
// M. B. Priestley, "Spectral Analysis and Time Series", 1981.
func longRun(x, y []float64, slope float64) float64 {
	u := make([]float64, len(x))
	for i, v := range x {
		if known(v) {
			u[i] = v * (y[i] - slope*v)
		}
	}
	rho := 0.0
	if d := dot(u, u); d > 0 {
		rho = dot(u[1:], u) / d
		rho = clamp(rho+(1+4*rho)/float64(len(u)), -0.9, 0.9)
	}
	white := make([]float64, len(u))
	white[0] = u[0] * math.Sqrt(1-rho*rho)
	for i := 1; i < len(u); i++ {
		white[i] = u[i] - rho*u[i-1]
	}
	sum := dot(white, white)
	for k := 1; k <= hacLags && k < len(white); k++ {
		sum += 2 * (1 - float64(k)/(hacLags+1)) * dot(white[k:], white)
	}
	return math.Sqrt(max(0, sum)) / (1 - rho)
}
