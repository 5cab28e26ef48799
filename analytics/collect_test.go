package analytics

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

var (
	day0    = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	channel = smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}
)

func post(id string) smm.Ref { return channel.WithKind(smm.KindPost, id) }

func at(n int) time.Time { return day0.AddDate(0, 0, n) }

func count(name smm.MetricName, subject smm.Ref, n int64) smm.Metric {
	return smm.Metric{
		Name: name, Subject: subject, Channel: channel, State: smm.Counted(n), Value: n, Unit: smm.UnitCount,
		Window: smm.Window{To: at(9)}, AsOf: at(9),
	}
}

func daily(n int64, from, to int) smm.Metric {
	m := count(smm.MetricReach, channel, n)
	m.Window = smm.Window{From: at(from), To: at(to)}
	return m
}

func TestCollectWindows(t *testing.T) {
	later := func(m smm.Metric, state smm.MetricState) smm.Metric {
		m.AsOf = m.AsOf.Add(time.Hour)
		m.State = state
		return m
	}
	level := func(n int64, d int) smm.Metric {
		m := count(smm.MetricFollowers, channel, n)
		m.Window, m.AsOf = smm.Window{To: at(d)}, at(d)
		return m
	}
	for name, c := range map[string]struct {
		in    []smm.Metric
		want  int64
		state State
	}{
		"days are added":         {[]smm.Metric{daily(2, 1, 2), daily(1, 0, 1)}, 3, StateComplete},
		"days with a gap":        {[]smm.Metric{daily(2, 4, 5), daily(1, 0, 1)}, 3, StateComplete},
		"read twice":             {[]smm.Metric{daily(2, 0, 1), daily(2, 0, 1), daily(5, 1, 2)}, 7, StateComplete},
		"corrected":              {[]smm.Metric{later(daily(9, 0, 1), smm.MetricMeasured), daily(2, 0, 1)}, 9, StateComplete},
		"withdrawn":              {[]smm.Metric{daily(2, 0, 1), later(daily(2, 0, 1), smm.MetricWithdrawn)}, 0, StateUndefined},
		"a day is not yet known": {[]smm.Metric{daily(2, 0, 1), later(daily(0, 1, 2), smm.MetricNotYet)}, 2, StateIncomplete},
		"lifetime, ages differ":  {[]smm.Metric{count(smm.MetricReach, channel, 9), later(count(smm.MetricReach, channel, 12), smm.MetricMeasured)}, 12, StateComplete},
		"a level is the latest":  {[]smm.Metric{level(120, 5), level(100, 1), level(110, 3)}, 120, StateComplete},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				subjects, err := Collect(c.in)
				if err != nil || len(subjects) != 1 {
					t.Fatalf("%v, %v", subjects, err)
				}
				v := subjects[0].Counts.Get(c.in[0].Name)
				if n, _ := v.Int64(); n != c.want || v.State() != c.state {
					t.Errorf("%d %s (%s); want %d %s", n, v.State(), v.Reason(), c.want, c.state)
				}
				rand.Shuffle(len(c.in), func(i, j int) { c.in[i], c.in[j] = c.in[j], c.in[i] })
			}
		})
	}
}

func TestCollectRefusesAll(t *testing.T) {
	open := daily(1, 0, 1)
	open.Window.To = time.Time{}
	negative := count(smm.MetricLikes, post("n"), -1)
	negative.State = smm.MetricMeasured
	elsewhere := count(smm.MetricLikes, post("a"), 1)
	elsewhere.Channel.ID = "8"
	for name, c := range map[string]struct {
		in   []smm.Metric
		want []string
	}{
		"overlap":            {[]smm.Metric{daily(1, 0, 2), daily(1, 1, 3)}, []string{"overlap"}},
		"no end":             {[]smm.Metric{open, daily(1, 1, 3)}, []string{"overlap"}},
		"week and its day":   {[]smm.Metric{daily(1, 0, 7), daily(1, 0, 1)}, []string{"overlap"}},
		"lifetime and a day": {[]smm.Metric{count(smm.MetricReach, channel, 5), daily(1, 0, 1)}, []string{"lifetime"}},
		"all at once": {
			[]smm.Metric{
				{}, {Name: "x"}, {Name: "x", Subject: post("b")}, negative, count(smm.MetricLikes, post("a"), 1), elsewhere,
				{Name: smm.MetricSpend, Subject: post("b"), Channel: channel, Unit: smm.UnitMicros, State: smm.MetricMeasured, Value: 1},
			},
			[]string{"metric 0: ", "metric 1: ", "metric 2: ", "metric 3: ", "cannot be negative", "metric 5: ", "metric 6: ", "without a currency"},
		},
	} {
		subjects, err := Collect(c.in)
		if subjects != nil || !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v, %v", name, subjects, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q lacks %q", name, err, w)
			}
		}
	}
}

func TestCollectLeavesBreakdownsAside(t *testing.T) {
	cell := count(smm.MetricReach, channel, 40)
	cell.AsOf = cell.AsOf.Add(1) // a later reading would replace the total
	cell.Breakdown = []smm.Dimension{{Name: "country", Value: "DE"}}
	got, err := Collect([]smm.Metric{count(smm.MetricReach, channel, 100), cell})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := got[0].Counts.Get(smm.MetricReach).Int64(); n != 100 {
		t.Errorf("reach %d, want 100: a cell of a split is part of the total", n)
	}
}

func TestCountsAreValues(t *testing.T) {
	a := Counts{}.With(smm.MetricLikes, Count(1))
	b := a.With(smm.MetricLikes, Count(2)).With(smm.MetricViews, Count(3))
	if n, _ := a.Get(smm.MetricLikes).Int64(); n != 1 {
		t.Error("With changed the original")
	}
	if got := b.Names(); !reflect.DeepEqual(got, []smm.MetricName{smm.MetricLikes, smm.MetricViews}) {
		t.Errorf("names %v", got)
	}
	e, err := b.Engagements(nil)
	if n, ok := e.Int64(); err != nil || n != 2 || !ok || e.State() != StateIncomplete {
		t.Errorf("engagements %d %s %v: comments and shares are not known", n, e.State(), err)
	}
}

func TestFollowerGrowth(t *testing.T) {
	p := func(d int, n int64) Point { return Point{At: at(d).Add(5 * time.Hour), N: n, State: smm.Counted(n)} }
	gone := Point{At: at(20), N: 99999, State: smm.MetricNotReported}
	for name, c := range map[string]struct {
		in            []Point
		net           int64
		rate          float64
		days, missing int
		state         State
	}{
		"a month":             {[]Point{p(0, 1000), p(30, 1100)}, 100, 0.1, 30, 29, StateComplete},
		"a loss":              {[]Point{p(0, 400), p(1, 300)}, -100, -0.25, 1, 0, StateComplete},
		"to nothing":          {[]Point{p(0, 400), p(1, 0)}, -400, -1, 1, 0, StateComplete},
		"any order":           {[]Point{p(2, 130), p(0, 100), p(1, 50)}, 30, 0.3, 2, 0, StateComplete},
		"days missing":        {[]Point{p(0, 100), p(4, 110), p(10, 120)}, 20, 0.2, 10, 8, StateComplete},
		"twice a day":         {[]Point{p(0, 100), {At: at(1), N: 5, State: smm.MetricMeasured}, p(1, 110)}, 10, 0.1, 1, 0, StateComplete},
		"unknown is no level": {[]Point{p(0, 100), p(10, 110), gone}, 10, 0.1, 10, 9, StateComplete},
		"from nothing":        {[]Point{p(0, 0), p(1, 10)}, 10, 0, 1, 0, StateUndefined},
		"one day":             {[]Point{p(0, 10), p(0, 12)}, 0, 0, 0, 0, StateUndefined},
		"none":                {[]Point{gone}, 0, 0, 0, 0, StateUndefined},
		"estimated":           {[]Point{{At: at(0), N: 100, State: smm.MetricEstimated}, p(1, 110)}, 10, 0.1, 1, 0, StateEstimated},
	} {
		g, err := FollowerGrowth(c.in)
		net, _ := g.Net()
		rate, ok := g.Rate()
		if err != nil || net != c.net || rate < c.rate-1e-12 || rate > c.rate+1e-12 || ok != (c.state != StateUndefined) ||
			g.Days != c.days || g.Missing != c.missing || g.State() != c.state || (g.Reason() == "") != (c.state == StateComplete) {
			t.Errorf("%s: net %d rate %v %v days %d missing %d %s %q %v; want %+v", name, net, rate, ok, g.Days, g.Missing, g.State(), g.Reason(), err, c)
		}
	}
	g, err := FollowerGrowth([]Point{p(0, 100), p(60, 121)})
	if r, ok := g.RatePer(30); err != nil || !ok || r < 0.0999 || r > 0.1001 {
		t.Errorf("21 %% in 60 days are 10 %% a month, got %v %v %v", r, ok, err)
	}
	for _, bad := range []Point{{N: 1, State: smm.MetricMeasured}, {At: day0, N: -1, State: smm.MetricMeasured}} {
		if _, err := FollowerGrowth([]Point{bad}); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// The same metrics in any order give the same subjects in one order.
func TestCollectOrder(t *testing.T) {
	var in []smm.Metric
	for _, ch := range []string{"9", "8"} {
		for _, id := range []string{"c", "a", "e", "b", "d"} {
			m := count(smm.MetricLikes, post(id+ch), 1)
			m.Channel.ID = ch
			in = append(in, m)
		}
	}
	got, err := Collect(in)
	if err != nil || len(got) != 10 {
		t.Fatalf("%d subjects, %v", len(got), err)
	}
	for i := 1; i < len(got); i++ {
		a, b := got[i-1], got[i]
		if a.Channel.String() > b.Channel.String() || a.Channel == b.Channel && a.Ref.String() >= b.Ref.String() {
			t.Errorf("%s of %s stands before %s of %s", a.Ref, a.Channel, b.Ref, b.Channel)
		}
	}
}
