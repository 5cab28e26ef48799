package analytics

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// VideoCompletionRateByViews returns completions / views, a fraction: of the
// plays, how many reached the end. Some platforms count 95 % as the end. False
// if views is not above zero.
//
// Unit: fraction. Also called VCR. Source: rundemapp.com, "How to calculate
// Video Completion Rate", read 2026-11-26.
func VideoCompletionRateByViews(completions, views int64) (float64, bool) {
	return rate(completions, views)
}

// ViewThroughRateByViews returns quartileViews / views, a fraction: of the
// plays, how many reached a given quarter of the video. False if views is not
// above zero.
//
// Unit: fraction. The quartile is the caller's; see
// Counts.ViewThroughRateByViews. Source: help.kr.ooyala.com, "View Through
// Rate" (the quartile events), read 2026-11-26.
func ViewThroughRateByViews(quartileViews, views int64) (float64, bool) {
	return rate(quartileViews, views)
}

// HookRateByImpressions returns hookViews / impressions, a fraction: of the
// times shown, how many went past the first 2 or 3 seconds (the platform says
// which). False if impressions is not above zero.
//
// Unit: fraction. Also called thumb-stop ratio. Source: calclet.com, "3-second
// hook rate", read 2026-11-26.
func HookRateByImpressions(hookViews, impressions int64) (float64, bool) {
	return rate(hookViews, impressions)
}

// AverageWatchTimePerView returns watchTime / views, how long a play lasted on
// average, rounded half away from zero to a nanosecond. Repetitions count as
// the platform counts them. False if views is not above zero.
//
// Unit: time. Also called average view duration. Source: bevyl.ai, "Average
// watch time", read 2026-11-26.
func AverageWatchTimePerView(watchTime time.Duration, views int64) (time.Duration, bool) {
	d, ok := moneyFor(smm.Money{Micros: int64(watchTime)}, views, 1)
	return time.Duration(d.Micros), ok
}
