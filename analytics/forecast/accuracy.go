package forecast

import "math"

// NaiveScale returns the mean absolute difference between days that lie lag
// days apart: the error that the (seasonal-)naive forecast makes on the history
// itself, and so the yardstick of MASE. A missing day is NaN; pairs with one
// are left out. False if lag is not positive, no pair is known, or the history
// never changes, since there is no error to measure by.
//
// Unit: that of the history. Source: R. J. Hyndman and A. B. Koehler, "Another
// look at measures of forecast accuracy", International Journal of Forecasting
// 22 (2006), 679-688; the seasonal form with lag m: Hyndman and Athanasopoulos,
// "Forecasting: Principles and Practice", section on scaled errors.
func NaiveScale(history []float64, lag int) (float64, bool) {
	if lag <= 0 {
		return 0, false
	}
	sum, n := 0.0, 0
	for i := lag; i < len(history); i++ {
		if known(history[i]) && known(history[i-lag]) {
			sum += math.Abs(history[i] - history[i-lag])
			n++
		}
	}
	if n == 0 || sum == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

// MASE returns the mean absolute scaled error: mean(|actual - forecast|) /
// scale. Below 1 the forecasts were better than scale, which NaiveScale gives;
// note that the yardstick looks lag days ahead and forecasts may look further.
// Pairs with a NaN (a missing day) are left out. False without a pair, with a
// scale that is not above zero, or with slices of different lengths.
//
// Unit: none. Source: see NaiveScale.
func MASE(actual, forecast []float64, scale float64) (float64, bool) {
	mae, ok := MAE(actual, forecast)
	if !ok || !(scale > 0) {
		return 0, false
	}
	return mae / scale, true
}

// MAE returns the mean absolute error: mean(|actual - forecast|). Pairs with a
// NaN (a missing day) are left out. False without a pair or with slices of
// different lengths.
//
// Unit: that of the numbers. Source: Hyndman and Athanasopoulos, "Forecasting:
// Principles and Practice", section on scale-dependent errors.
func MAE(actual, forecast []float64) (float64, bool) {
	return meanOver(actual, forecast, func(a, f float64) float64 { return math.Abs(a - f) })
}

// SMAPE returns the symmetric mean absolute percentage error as a fraction
// between 0 and 2: mean(2·|actual - forecast| / (|actual| + |forecast|)). A pair
// of two zeros is a right forecast and counts as 0. Pairs with a NaN (a missing
// day) are left out. False without a pair or with slices of different lengths.
//
// It is unstable near zero, which is why MASE chooses and this only informs.
// Unit: fraction. Source: the form of the M3 competition: S. Makridakis and
// M. Hibon, "The M3-Competition", International Journal of Forecasting 16
// (2000), 451-476.
func SMAPE(actual, forecast []float64) (float64, bool) {
	return meanOver(actual, forecast, func(a, f float64) float64 {
		if a == f {
			return 0
		}
		return 2 * math.Abs(a-f) / (math.Abs(a) + math.Abs(f))
	})
}

// Pinball returns the mean pinball (quantile) loss of forecasts of the p-th
// quantile: p·(actual - q) where the actual lies above q, else (1 - p)·(q -
// actual). The lower the better; it rewards intervals that are both narrow and
// right. Pairs with a NaN are left out. False unless 0 < p < 1 and a pair is
// known.
//
// Unit: that of the numbers. Source: R. Koenker and G. Bassett, "Regression
// Quantiles", Econometrica 46 (1978), 33-50.
func Pinball(actual, quantile []float64, p float64) (float64, bool) {
	if !(p > 0 && p < 1) {
		return 0, false
	}
	return meanOver(actual, quantile, func(a, q float64) float64 { return max(p*(a-q), (1-p)*(q-a)) })
}

func meanOver(actual, forecast []float64, loss func(a, f float64) float64) (float64, bool) {
	if len(actual) != len(forecast) {
		return 0, false
	}
	sum, n := 0.0, 0
	for i, a := range actual {
		if f := forecast[i]; known(a) && known(f) {
			sum += loss(a, f)
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}
