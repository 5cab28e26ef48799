package analytics

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func TestSummarize(t *testing.T) {
	noReach := count(smm.MetricReach, post("b"), 0)
	noReach.State = smm.MetricNotYet
	level := func(n int64, d int) smm.Metric {
		m := count(smm.MetricFollowers, channel, n)
		m.Channel, m.AsOf = smm.Ref{}, at(d)
		return m
	}
	money := func(id string, micros int64) smm.Metric {
		m := count(smm.MetricSpend, post(id), micros)
		m.Unit, m.Currency = smm.UnitMicros, "EUR"
		return m
	}
	kpis, err := Summarize([]smm.Metric{
		level(1000, 0), level(1100, 9),
		count(smm.MetricReach, channel, 77777), // the account's own reach contains that of the posts
		count(smm.MetricLikes, post("a"), 80), count(smm.MetricComments, post("a"), 15), count(smm.MetricShares, post("a"), 5),
		count(smm.MetricReach, post("a"), 1000), count(smm.MetricClicks, post("a"), 30), count(smm.MetricImpressions, post("a"), 2000),
		count(smm.MetricLikes, post("b"), 10), count(smm.MetricComments, post("b"), 0), count(smm.MetricShares, post("b"), 0),
		noReach,
		money("a", 30e6), count(smm.MetricConversions, post("a"), 4),
		money("b", 99e6), // no conversions known: must not raise the cost of the others
	})
	if err != nil || len(kpis) != 1 {
		t.Fatalf("%d rows, %v", len(kpis), err)
	}
	k := kpis[0]
	number := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		got   Number
		want  *int64
		state State
	}{
		"followers":   {k.Followers, number(1100), StateComplete},
		"likes":       {k.Likes, number(90), StateComplete},
		"engagements": {k.Engagements, number(110), StateComplete},
		"reach":       {k.Reach, number(1000), StateIncomplete},
		"views":       {k.Views, nil, StateUndefined},
		"spend":       {Number{Value: k.Spend.Micros, State: k.Spend.State}, number(129e6), StateComplete},
		"cpa":         {Number{Value: k.CPA.Micros, State: k.CPA.State}, number(7_500_000), StateIncomplete},
	} {
		if !reflect.DeepEqual(c.got.Value, c.want) || c.got.State != c.state {
			t.Errorf("%s: %s; want %v %s", name, js(t, c.got), c.want, c.state)
		}
	}
	for name, c := range map[string]struct {
		got   Rate
		want  float64
		state State
	}{
		"by reach":        {k.EngagementRateByReach, 0.1, StateIncomplete}, // b's likes have no reach to stand over
		"by followers":    {k.EngagementRateByFollowers, 110.0 / 2200, StateComplete},
		"by impressions":  {k.EngagementRateByImpressions, 0.05, StateIncomplete},
		"ctr":             {k.CTR, 0.015, StateIncomplete},
		"follower growth": {k.FollowerGrowth, 0.1, StateComplete},
	} {
		if c.got.Value == nil || math.Abs(*c.got.Value-c.want) > 1e-12 || c.got.State != c.state {
			t.Errorf("%s: %s; want %v %s", name, js(t, c.got), c.want, c.state)
		}
	}
	if k.EngagementRateByViews.Value != nil || k.EngagementRateByViews.Reason == "" {
		t.Errorf("by views: %s; want null and a reason", js(t, k.EngagementRateByViews))
	}
	if k.Posts != 2 {
		t.Errorf("%d posts", k.Posts)
	}
}

func js(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The JSON form is read by other programs: names and nulls are pinned, and it
// comes back as it was.
func TestChannelKPIJSON(t *testing.T) {
	kpis, err := Summarize([]smm.Metric{count(smm.MetricLikes, post("a"), 3)})
	if err != nil {
		t.Fatal(err)
	}
	text := js(t, kpis)
	var back []ChannelKPI
	if err := json.Unmarshal([]byte(text), &back); err != nil || !reflect.DeepEqual(back, kpis) {
		t.Errorf("came back as %+v, %v", back, err)
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	for key, want := range map[string]string{
		"channel":                  `"mastodon@social.example/channel/7"`,
		"likes":                    `{"value":3,"state":"complete"}`,
		"engagement_rate_by_reach": `{"value":null,"state":"undefined","reason":"denominator: not reported"}`,
		"cpa":                      `{"micros":null,"state":"undefined","reason":"numerator: not reported"}`,
		"follower_growth":          `{"value":null,"state":"undefined","reason":"no day is known"}`,
	} {
		if got := string(rows[0][key]); got != want {
			t.Errorf("%s: %s; want %s", key, got, want)
		}
	}
}

func TestSummarizeRefusesTwoCurrencies(t *testing.T) {
	a, b := count(smm.MetricSpend, post("a"), 1), count(smm.MetricSpend, post("b"), 1)
	a.Unit, a.Currency, b.Unit, b.Currency = smm.UnitMicros, "EUR", smm.UnitMicros, "USD"
	if _, err := Summarize([]smm.Metric{a, b}); err == nil {
		t.Error("euros and dollars were added")
	}
}

func TestSummarizeManyChannels(t *testing.T) {
	var in []smm.Metric
	for i := range 2000 {
		m := count(smm.MetricLikes, post(strconv.Itoa(i)), 1)
		m.Channel.ID = strconv.Itoa(i % 40)
		m.AsOf = m.AsOf.Add(time.Duration(i))
		in = append(in, m)
	}
	kpis, err := Summarize(in)
	if err != nil || len(kpis) != 40 {
		t.Fatalf("%d rows, %v", len(kpis), err)
	}
	for i, k := range kpis {
		if k.Posts != 50 || *k.Likes.Value != 50 || i > 0 && k.Channel.String() < kpis[i-1].Channel.String() {
			t.Errorf("row %d: %s", i, js(t, k))
		}
	}
}
