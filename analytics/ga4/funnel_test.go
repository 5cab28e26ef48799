package ga4

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

func near(a, b, by float64) bool { return math.Abs(a-b) <= by }

func TestFunnelOfReport(t *testing.T) {
	r := runReportOf(t, fixture(t, "runreport.json"))
	channels, err := r.Funnel(FunnelOptions{Channel: ByPlatform(book(t))})
	if err != nil || len(channels) != 4 {
		t.Fatalf("%+v, %v", channels, err)
	}
	names := ""
	for _, c := range channels {
		names += c.Name + ","
	}
	if names != "Direct,Organic Search,instagram (paid),linkedin," {
		t.Error(names)
	}
	l := channels[3]
	if l.Sessions.Total != 300 || l.EngagedSessions.Total != 200 || l.KeyEvents.Total != 12 || l.Revenue.Total != 649_950_000 || l.Revenue.Currency != "EUR" {
		t.Errorf("%+v", l)
	}
	if m, ok := l.RevenuePerSession.Money(); !ok || m != (smm.Money{Micros: 2_166_500, Currency: "EUR"}) {
		t.Errorf("%v", m)
	}
	steps := map[string]Step{}
	for _, s := range l.Steps {
		steps[s.Name] = s
	}
	if rate, ok := steps[StepEngagement].Rate.Float64(); !ok || !near(rate, 2.0/3, 1e-12) || !steps[StepEngagement].Bounded {
		t.Errorf("%+v", steps[StepEngagement])
	}
	for _, name := range []string{StepLanding, StepConversion} {
		if s := steps[name]; s.Bounded || s.Rate.State() != analytics.StateUndefined {
			t.Errorf("%+v", s)
		}
	}
	if s := steps[StepCloses]; s.Rate.Den.Total != 200 || !s.Bounded {
		t.Errorf("%+v", s)
	}
	partial, err := Funnel(r.Rows, FunnelOptions{Channel: ByPlatform(book(t)), Partial: true})
	if err != nil || partial[3].Steps[1].Bounded || partial[3].Steps[1].Rate.State() != analytics.StateIncomplete {
		t.Errorf("%+v, %v", partial, err)
	}
}

// Wilson 10 of 100 at 95 %: the textbook's 0.0552 to 0.1744. Poisson 10 in 100
// units by the score: (10 + 1.9207 -+ 1.96 sqrt(10.9604)) / 100.
func TestIntervals(t *testing.T) {
	low, high, ok := share(10, 100, 1.959964)
	if !ok || !near(low, 0.05523, 1e-5) || !near(high, 0.17437, 1e-5) {
		t.Errorf("%v %v %v", low, high, ok)
	}
	low, high, ok = poisson(10, 100, 1.959964)
	if !ok || !near(low, 0.05432, 1e-5) || !near(high, 0.18410, 1e-5) {
		t.Errorf("%v %v %v", low, high, ok)
	}
	for _, c := range [][2]int64{{-1, 5}, {1, 0}, {6, 5}} {
		if _, _, ok := share(c[0], c[1], 2); ok {
			t.Errorf("wilson %v", c)
		}
	}
	for _, c := range [][2]int64{{-1, 5}, {1, 0}} {
		if _, _, ok := poisson(c[0], c[1], 2); ok {
			t.Errorf("poisson %v", c)
		}
	}
	if low, high, ok = share(0, 10, 2); !ok || low != 0 || high <= 0 {
		t.Errorf("%v %v %v", low, high, ok)
	}
	if low, high, ok = share(10, 10, 2); !ok || high != 1 || low >= 1 {
		t.Errorf("%v %v %v", low, high, ok)
	}
}

// Both intervals contain the truth about as often as they say.
func TestIntervalCoverage(t *testing.T) {
	const runs, n, p = 4000, 400, 0.03
	rng := rand.New(rand.NewPCG(3, 4))
	proportion, mean := 0, 0
	for range runs {
		k, events := int64(0), int64(0)
		for range n {
			if rng.Float64() < p {
				k++
			}
			// Poisson of mean p, by Knuth's product of uniforms.
			for u := rng.Float64(); u > math.Exp(-p); u *= rng.Float64() {
				events++
			}
		}
		if low, high, _ := share(k, n, 1.959964); low <= p && p <= high {
			proportion++
		}
		if low, high, _ := poisson(events, n, 1.959964); low <= p && p <= high {
			mean++
		}
	}
	a, b := float64(proportion)/runs, float64(mean)/runs
	t.Logf("coverage over %d runs of %d sessions at %v: Wilson %.4f, Poisson score %.4f", runs, n, p, a, b)
	if a < 0.93 || a > 0.975 || b < 0.93 || b > 0.975 {
		t.Errorf("%v %v", a, b)
	}
}

func TestFunnelRefuses(t *testing.T) {
	channel := func(*Row) string { return "c" }
	one := Row{Line: 3, Sessions: analytics.Count(1)}
	byEvent, march, april, dollars, euros := one, one, one, one, one
	byEvent.Event = FieldOf("purchase")
	march.DateRange, april.DateRange = FieldOf("march"), FieldOf("april")
	dollars.Revenue = analytics.Value{Total: 1, Unit: smm.UnitMicros, Currency: "USD", Parts: analytics.Parts{Measured: 1}}
	euros.Revenue = dollars.Revenue
	euros.Revenue.Currency = "EUR"
	for want, c := range map[string]struct {
		rows []Row
		o    FunnelOptions
	}{
		"ByPlatform":      {[]Row{one}, FunnelOptions{}},
		"want Z":          {[]Row{one}, FunnelOptions{Channel: channel, Z: -1}},
		"split by event":  {[]Row{byEvent}, FunnelOptions{Channel: channel}},
		"two date ranges": {[]Row{march, one, april}, FunnelOptions{Channel: channel}},
		"line 3: ":        {[]Row{dollars, euros}, FunnelOptions{Channel: channel}},
	} {
		_, err := Funnel(c.rows, c.o)
		refused(t, err, want)
	}
	if _, err := Funnel([]Row{march, march}, FunnelOptions{Channel: channel}); err != nil {
		t.Error(err)
	}
}

func TestByPlatform(t *testing.T) {
	name := ByPlatform(book(t))
	for want, r := range map[string]Row{
		"linkedin":         {Source: FieldOf("linkedin"), Medium: FieldOf("social")},
		"instagram (paid)": {Source: FieldOf("instagram"), Group: FieldOf("Paid Social")},
		"x (paid)":         {Source: FieldOf("t.co"), Medium: FieldOf("paid-social")},
		"(other)":          {Source: FieldOf("(other)")},
		"Organic Shopping": {Source: FieldOf("google"), Group: FieldOf("Organic Shopping")},
		"Direct":           {Source: FieldOf("(direct)"), Medium: FieldOf("(none)")},
		"Unassigned":       {Source: FieldOf("(not set)"), Medium: FieldOf("(not set)")},
		"mastodon":         {LandingPage: FieldOf("/a?utm_source=mastodon&utm_medium=social")},
		"youtube":          {LandingPage: FieldOf("https://shop.example/?utm_source=youtube")},
	} {
		if got := name(&r); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
