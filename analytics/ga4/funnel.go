package ga4

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/analytics/utm"
	"github.com/smmkit/smmkit/smm"
)

// FunnelOptions are how rows become channels.
type FunnelOptions struct {
	// Channel names the channel of a row; see ByPlatform. It must be given.
	Channel func(*Row) string
	// Clicks are the clicks that the platform, or a link shortener, counted, by
	// channel. They are another party's count: bots, people who leave before the
	// page has loaded and visitors without consent are in it.
	Clicks map[string]analytics.Value
	// Z is the normal quantile of the intervals; 0 is 1.959964, for 95 %.
	Z float64
	// Partial says that the rows are not all there are (Report.Partial), which
	// makes every sum incomplete.
	Partial bool
}

// Step is the passage from one stage to the next.
type Step struct {
	Name string
	Rate analytics.Ratio
	// Low and High bound the rate if Bounded: by how much it would differ in
	// another sample of like visitors. An incomplete rate has no bounds, since
	// what is missing may differ from what is there.
	Low, High float64
	Bounded   bool
}

// The names of steps.
const (
	StepLanding    = "sessions per click"        // may exceed 1; no bounds, as two parties count
	StepEngagement = "engagement rate"           // engaged sessions / sessions
	StepConversion = "session key event rate"    // sessions with a key event / sessions
	StepKeyEvents  = "key events per session"    // may exceed 1
	StepCloses     = "key events per engagement" // key events / engaged sessions; may exceed 1
)

// Channel is the funnel of one channel.
type Channel struct {
	Name               string
	Clicks             analytics.Value
	Sessions           analytics.Value
	EngagedSessions    analytics.Value
	ConvertingSessions analytics.Value
	KeyEvents          analytics.Value
	Revenue            analytics.Value
	RevenuePerSession  analytics.Cost // revenue as Spend, sessions as Each
	Steps              []Step
}

// Funnel adds up rows by channel, by name, and computes the steps from click to
// key event.
//
// Unit: counts, money, fractions. The bounds of rates are Wilson's score
// interval (Wilson, "Probable inference, the law of succession, and statistical
// inference", 1927), those of key events per session and per engaged session
// the score interval of a Poisson mean, as of independent events. Errors match
// smm.ErrInvalid: rows of several date ranges or split by event, in which a
// session is more than once; two currencies. Safe for concurrent use.
func Funnel(rows []Row, o FunnelOptions) ([]Channel, error) {
	if o.Channel == nil {
		return nil, fmt.Errorf("%w: say what a channel is with FunnelOptions.Channel: ByPlatform does for most", smm.ErrInvalid)
	}
	z := o.Z
	if z == 0 {
		z = 1.959964
	}
	if !(z > 0 && z < 10) {
		return nil, fmt.Errorf("%w: want Z between 0 and 10, as 1.645 for 90 %%, not %v", smm.ErrInvalid, o.Z)
	}
	if err := checkSplit(rows); err != nil {
		return nil, err
	}
	channels := map[string]*Channel{}
	get := func(name string) *Channel {
		if channels[name] == nil {
			channels[name] = &Channel{Name: name, Clicks: analytics.Value{Parts: analytics.Parts{NotReported: 1}}}
		}
		return channels[name]
	}
	for i := range rows {
		if err := get(o.Channel(&rows[i])).add(&rows[i]); err != nil {
			return nil, fmt.Errorf("line %d: %w", rows[i].Line, err)
		}
	}
	for name, v := range o.Clicks {
		get(name).Clicks = v
	}
	out := make([]Channel, 0, len(channels))
	for _, name := range slices.Sorted(maps.Keys(channels)) {
		c := channels[name]
		if o.Partial {
			for _, v := range c.sums() {
				v.Parts.NotReported++
			}
		}
		c.finish(z)
		out = append(out, *c)
	}
	return out, nil
}

// Funnel is the function Funnel of the report's rows, incomplete if the report
// is.
func (r *Report) Funnel(o FunnelOptions) ([]Channel, error) {
	o.Partial = o.Partial || r.Partial() != ""
	return Funnel(r.Rows, o)
}

func checkSplit(rows []Row) error {
	var ranges string
	for i := range rows {
		r := &rows[i]
		if r.Event.State != FieldAbsent {
			return fmt.Errorf("%w: the rows are split by event, and a session is in several: leave out eventName", smm.ErrInvalid)
		}
		if r.DateRange.State == FieldAbsent {
			continue
		}
		if ranges != "" && ranges != r.DateRange.Text {
			return fmt.Errorf("%w: rows of two date ranges, %q and %q: take one at a time", smm.ErrInvalid, clip(ranges), clip(r.DateRange.Text))
		}
		ranges = r.DateRange.Text
	}
	return nil
}

func (c *Channel) sums() []*analytics.Value {
	return []*analytics.Value{&c.Sessions, &c.EngagedSessions, &c.ConvertingSessions, &c.KeyEvents, &c.Revenue}
}

func (c *Channel) add(r *Row) error {
	for i, v := range []analytics.Value{r.Sessions, r.EngagedSessions, r.ConvertingSessions, r.KeyEvents, r.Revenue} {
		sum := c.sums()[i]
		var err error
		if *sum, err = sum.Add(v); err != nil {
			return err
		}
	}
	return nil
}

func (c *Channel) finish(z float64) {
	c.RevenuePerSession = analytics.Cost{Spend: c.Revenue, Each: c.Sessions}
	c.Steps = []Step{
		{Name: StepLanding, Rate: analytics.Ratio{Num: c.Sessions, Den: c.Clicks}},
		{Name: StepEngagement, Rate: analytics.Ratio{Num: c.EngagedSessions, Den: c.Sessions}},
		{Name: StepConversion, Rate: analytics.Ratio{Num: c.ConvertingSessions, Den: c.Sessions}},
		{Name: StepKeyEvents, Rate: analytics.Ratio{Num: c.KeyEvents, Den: c.Sessions}},
		{Name: StepCloses, Rate: analytics.Ratio{Num: c.KeyEvents, Den: c.EngagedSessions}},
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		if state := s.Rate.State(); state == analytics.StateUndefined || state == analytics.StateIncomplete {
			continue
		}
		switch s.Name {
		case StepEngagement, StepConversion:
			s.Low, s.High, s.Bounded = share(s.Rate.Num.Total, s.Rate.Den.Total, z)
		case StepKeyEvents, StepCloses:
			s.Low, s.High, s.Bounded = poisson(s.Rate.Num.Total, s.Rate.Den.Total, z)
		}
	}
}

// share bounds k of n.
func share(k, n int64, z float64) (low, high float64, ok bool) {
	if k < 0 || n <= 0 || k > n {
		return 0, 0, false
	}
	low, high = stat.Wilson(float64(k), float64(n), z)
	return low, high, true
}

// poisson bounds k events in n units: (k + z2/2 -+ z sqrt(k + z2/4)) / n.
func poisson(k, n int64, z float64) (low, high float64, ok bool) {
	if k < 0 || n <= 0 {
		return 0, 0, false
	}
	K, N, z2 := float64(k), float64(n), z*z
	half := z * math.Sqrt(K+z2/4)
	return max(0, (K+z2/2-half)/N), (K + z2/2 + half) / N, true
}

// ByPlatform names the channel of a row after its social platform, with
// " (paid)" for paid visits, or else after its channel group: "linkedin",
// "instagram (paid)", "Organic Search". The group is Google's where the report
// has it. Rows that Google rolled up are "(other)".
func ByPlatform(b *utm.Book) func(*Row) string {
	return func(r *Row) string {
		if r.Source.State == FieldOther || r.Group.State == FieldOther {
			return "(other)"
		}
		tags := r.Tags()
		if r.Source.State == FieldAbsent && r.Group.State == FieldAbsent {
			// The query of a landing page has the tags where it is all there is.
			if page, ok := r.LandingPage.Value(); ok && strings.HasPrefix(page, "/") {
				page = "https://landing.invalid" + page
				tags, _ = utm.Read(page)
			} else if ok {
				tags, _ = utm.Read(page)
			}
		}
		return channelName(b.OriginOf(tags), r.Group)
	}
}

// BySession is ByPlatform for sessions of events, for Visits.Paths. Direct visits
// are named "direct", as value.Direct.
func BySession(b *utm.Book) func(*Session) string {
	return func(s *Session) string {
		o := b.OriginOf(s.Tags)
		if o.Group == utm.GroupDirect {
			return "direct"
		}
		return channelName(o, Field{})
	}
}

func channelName(o utm.Origin, group Field) string {
	switch name, ok := group.Value(); {
	case o.Platform != "" && (o.Group == utm.GroupPaidSocial || name == string(utm.GroupPaidSocial)):
		return string(o.Platform) + " (paid)"
	case o.Platform != "":
		return string(o.Platform)
	case ok:
		return name
	}
	return string(o.Group)
}
