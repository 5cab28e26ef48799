// Package service measures how customers are served: how soon they are
// answered, how long until their matter is settled, whether promises were kept,
// and what they think of it.
//
//	hours, err := service.ParseHours("Mon-Fri 09:00-17:30; Sat 10:00-14:00", berlin)
//	o := service.Options{AsOf: time.Now(), Hours: hours}
//	first, err := service.FirstResponse(conversations, o)
//	fmt.Println(first.Median) // 1h12m0s
//
// Everything takes [Conversation]: the events of one conversation, which a host
// fills from what package inbox stores; [FromMessages] and the example show how.
// Rates are fractions. What cannot be computed is undefined, with its reason,
// and never 0 or NaN.
//
// # Design notes
//
// Open conversations are not dropped. A report over what is finished shows good
// figures exactly when the hard cases are not finished. They count as lasting at
// least as long as they have (Kaplan and Meier), and a figure that they keep
// unknown is an "at least".
//
// Figures are computed as of a time that the caller gives, from events. Running
// counters were rejected: they cannot be computed again with other hours, or
// corrected when a message arrives late.
//
// Business hours are defined by what the wall clock shows. The other way, from
// the moments at which a span begins and ends, has to invent an answer for
// times that a day in spring does not have and one in autumn has twice.
//
// The package takes plain events and not types of package inbox, which
// analytics must not import: a script that measures a help desk's export needs
// no inbox.
//
// Values agree with statsmodels 0.13.5 (Kaplan-Meier quantiles and their
// intervals, Wilson) and numpy; testdata/make.py makes them.
package service
