// Package forecast looks ahead, and says how far that can be trusted.
//
//	f, err := forecast.Daily(points, forecast.Options{Horizon: 14})
//	if f.State == analytics.StateUndefined {
//		fmt.Println(f.Reason) // "not enough history: 30 days, and 44 are needed ..."
//	}
//	for _, day := range f.Days {
//		fmt.Println(day.At, day.Expected, day.Intervals)
//	}
//
// [Daily] forecasts any number that comes once a day: results, reach, referral
// sessions, followers, messages. [Scenario] answers "what if we spend 20 % more
// here" and prints what it assumes; [CompareSplits] sets budgets against each
// other. [Inbox] forecasts messages by the hour, and [Agents] says how many
// people answer them in time.
//
// # Design notes
//
// The method is chosen by a back-test and never by the caller's taste, and the
// errors of all methods stand in the answer, naive and seasonal-naive always
// among them: a forecast that does not beat "the same as last week" should be
// seen not to. Information criteria were rejected, since they cannot compare
// smoothing with regressions or with repeating the past.
//
// Intervals come from the errors that the method made in the back-test, and not
// from its own model of the noise, which is usually too narrow: it knows nothing
// of estimated parameters, of a wrong model, or of skewed counts. What they
// hold was measured on simulated series of eight families (TestIntervalCoverage
// prints the tables). With five months of history, 80 % intervals held 79 to 87 %
// of the days and 95 % intervals 93 to 98 %; with the 44 days that are the least
// for two weeks ahead, 81 to 91 % and 94 to 98 %: rather too wide than too narrow.
// Sums over the horizon get an interval only where the back-test is twice as
// long, since windows that overlap by more than half tell nothing new.
//
// Days without a number are gaps. Filling them, with zeros or with guesses,
// was rejected: a filled day looks like evidence. The state of a smoothing moves
// on over a gap as it forecast, and learns nothing.
//
// A scenario takes one number for each channel, the elasticity, measured or
// given, because it can be said in a sentence and doubted by whoever reads it.
// A media-mix model with carry-over was left out: the history of one brand
// rarely has enough independent changes of spend to fit it.
//
// Erlang C lets everybody wait for as long as it takes, which fits messages
// better than calls. Erlang A, with people who give up, needs a patience that
// no platform reports.
//
// A combination of several methods often wins competitions by a little. It was
// left out because nobody can explain its numbers to a stakeholder. ARIMA
// models were left out because on weekly social numbers they rarely beat damped
// smoothing and need far more code to fit safely. Multiplicative seasons were
// left out because they break on zeros, which small channels have.
package forecast
