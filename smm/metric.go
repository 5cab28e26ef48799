package smm

import (
	"fmt"
	"math"
	"time"
)

// Metric is one number about one thing, with everything needed to add it up
// without lying: what exactly was counted, over which time, and whether the
// number is known at all.
type Metric struct {
	Name    MetricName   `json:"name"`
	Native  NativeMetric `json:"native,omitzero"`
	Subject Ref          `json:"subject"`          // the post, channel or ad that was measured
	Channel Ref          `json:"channel,omitzero"` // the channel it belongs to
	State   MetricState  `json:"state"`
	Value   int64        `json:"value"` // in Unit; meaningful in the states Measured, Zero and Estimated only
	Unit    Unit         `json:"unit"`
	// Currency is the ISO 4217 code where Unit is UnitMicros.
	Currency string `json:"currency,omitempty"`
	Window   Window `json:"window"`
	// AsOf is when the platform counted, or when we asked if it does not say.
	AsOf time.Time `json:"as_of"`
	// Breakdown names one cell of a split, for example {"country", "DE"}.
	Breakdown []Dimension `json:"breakdown,omitempty"`
}

// MetricName is a portable name. Two platforms share a name only where they
// count the same thing; the definition is in Native.
type MetricName string

// The portable metrics.
const (
	MetricImpressions  MetricName = "impressions"   // times shown
	MetricReach        MetricName = "reach"         // people who saw it at least once
	MetricViews        MetricName = "views"         // plays, by the platform's own threshold
	MetricLikes        MetricName = "likes"         // likes, favourites, reactions of any kind
	MetricComments     MetricName = "comments"      // replies and comments
	MetricShares       MetricName = "shares"        // reposts, boosts, shares
	MetricQuotes       MetricName = "quotes"        // reposts with added text
	MetricSaves        MetricName = "saves"         // saves and bookmarks
	MetricClicks       MetricName = "clicks"        // on links of the post
	MetricEngagements  MetricName = "engagements"   // as the platform sums them up
	MetricFollowers    MetricName = "followers"     // of the account, a level
	MetricFollowing    MetricName = "following"     // accounts followed, a level
	MetricPosts        MetricName = "posts"         // published items of the account, a level
	MetricVotes        MetricName = "votes"         // in a poll
	MetricVoters       MetricName = "voters"        // people who voted in a poll
	MetricProfileViews MetricName = "profile_views" //
	MetricWatchTime    MetricName = "watch_time"    // in UnitMillis
	MetricSpend        MetricName = "spend"         // in UnitMicros
	MetricConversions  MetricName = "conversions"   //
)

// The portable metrics of advertising, web analytics, video retention and
// listening, which come with ad accounts and imports more often than with a
// channel.
const (
	MetricRevenue        MetricName = "revenue"         // attributed to the subject, in UnitMicros
	MetricLeads          MetricName = "leads"           // people who left their contact
	MetricInstalls       MetricName = "installs"        // of an app
	MetricResults        MetricName = "results"         // what the campaign was optimized for, by the platform's choice
	MetricSessions       MetricName = "sessions"        // web sessions that the subject's links began
	MetricSiteSessions   MetricName = "site_sessions"   // all web sessions of the same website and time
	MetricFollows        MetricName = "follows"         // people who began to follow
	MetricUnfollows      MetricName = "unfollows"       // people who ceased to
	MetricHookViews      MetricName = "hook_views"      // plays past the first 2 or 3 seconds, by the platform's threshold
	MetricViews25        MetricName = "views_25"        // plays that reached a quarter of the video
	MetricViews50        MetricName = "views_50"        // plays that reached half of it
	MetricViews75        MetricName = "views_75"        // plays that reached three quarters
	MetricCompletions    MetricName = "completions"     // plays that reached the end
	MetricMentions       MetricName = "mentions"        // of the brand
	MetricMarketMentions MetricName = "market_mentions" // of the brand and the competitors it is compared with
)

// NativeMetric is the vendor's side of a metric.
type NativeMetric struct {
	Name       string `json:"name,omitempty"`       // "favourites_count"
	Definition string `json:"definition,omitempty"` // what the vendor says it counts
}

// Unit is the unit of Metric.Value. All units are integers so that sums are
// exact.
type Unit string

// The units of metrics.
const (
	UnitCount  Unit = "count"
	UnitMicros Unit = "micros" // millionths of a currency unit
	UnitMillis Unit = "millis" // milliseconds
	UnitPPM    Unit = "ppm"    // parts per million, for ratios that only the platform can compute
)

// MetricState says what a value is worth. The zero state is NotReported, so
// that a forgotten field never turns into a measured 0.
type MetricState string

// The states of a metric.
const (
	MetricNotReported MetricState = ""          // the platform does not give it, or not for this thing
	MetricMeasured    MetricState = "measured"  // the platform counted Value
	MetricZero        MetricState = "zero"      // the platform counted, and the count is 0
	MetricNotYet      MetricState = "not-yet"   // it will be reported later (delayed or too young)
	MetricWithdrawn   MetricState = "withdrawn" // it was reported once and no longer is
	MetricEstimated   MetricState = "estimated" // modelled, sampled or rounded by the platform
)

// Known reports whether Value means something.
func (s MetricState) Known() bool {
	return s == MetricMeasured || s == MetricZero || s == MetricEstimated
}

// Counted returns the state for a count the platform reported: MetricZero for
// 0, else MetricMeasured.
func Counted(v int64) MetricState {
	if v == 0 {
		return MetricZero
	}
	return MetricMeasured
}

// Window is the time a metric covers: [From, To). A zero From with a set To
// means since the beginning, up to To ("lifetime"); that cannot be added to
// the value of a day.
type Window struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Lifetime reports whether the window has no beginning.
func (w Window) Lifetime() bool { return w.From.IsZero() }

// Dimension is one coordinate of a breakdown.
type Dimension struct {
	Name  string `json:"name"`  // "country", "age", "gender", "device"
	Value string `json:"value"` // in the platform's words
}

// Money is an exact amount: millionths of the currency's main unit.
type Money struct {
	Micros   int64  `json:"micros"`
	Currency string `json:"currency"` // ISO 4217
}

// Add returns the sum. Different currencies and overflow are errors that match
// ErrInvalid: convert first, at a rate of your choice. A zero Money without a
// currency adds to any.
func (m Money) Add(n Money) (Money, error) {
	if m == (Money{}) {
		return n, nil
	}
	if n == (Money{}) {
		return m, nil
	}
	if m.Currency != n.Currency {
		return Money{}, fmt.Errorf("%w: cannot add %s to %s without a rate", ErrInvalid, n.Currency, m.Currency)
	}
	if (n.Micros > 0 && m.Micros > math.MaxInt64-n.Micros) || (n.Micros < 0 && m.Micros < math.MinInt64-n.Micros) {
		return Money{}, fmt.Errorf("%w: sum of money overflows", ErrInvalid)
	}
	return Money{m.Micros + n.Micros, m.Currency}, nil
}

// String formats the amount with two to six decimals, for example "12.50 EUR".
func (m Money) String() string {
	sign, u := "", uint64(m.Micros)
	if m.Micros < 0 {
		sign, u = "-", -u
	}
	frac := fmt.Sprintf("%06d", u%1e6)
	for len(frac) > 2 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	s := fmt.Sprintf("%s%d.%s", sign, u/1e6, frac)
	if m.Currency != "" {
		s += " " + m.Currency
	}
	return s
}
