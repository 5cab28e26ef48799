package analytics

import (
	"encoding/json"
	"errors"
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

// Every column is where its definition says, with the number worked out by hand.
func TestSummarizeColumns(t *testing.T) {
	money := func(name smm.MetricName, id string, micros int64) smm.Metric {
		m := count(name, post(id), micros)
		m.Unit, m.Currency = smm.UnitMicros, "EUR"
		return m
	}
	watch := count(smm.MetricWatchTime, post("a"), 9000)
	watch.Unit = smm.UnitMillis
	of := func(name smm.MetricName, n int64, d int) smm.Metric {
		m := count(name, channel, n)
		m.Channel, m.AsOf = smm.Ref{}, at(d)
		return m
	}
	in := []smm.Metric{
		of(smm.MetricFollowers, 1000, 0), of(smm.MetricFollowers, 1100, 10), of(smm.MetricFollows, 150, 10), of(smm.MetricUnfollows, 50, 10),
		of(smm.MetricPosts, 300, 0), of(smm.MetricPosts, 305, 10), of(smm.MetricProfileViews, 20, 10), of(smm.MetricReach, 400, 10),
		of(smm.MetricMentions, 30, 10), of(smm.MetricMarketMentions, 120, 10), of(smm.MetricSiteSessions, 250, 10),
		watch, money(smm.MetricSpend, "a", 12e6), money(smm.MetricRevenue, "a", 30e6),
	}
	for name, n := range map[smm.MetricName]int64{
		smm.MetricImpressions: 4000, smm.MetricReach: 2200, smm.MetricViews: 1000, smm.MetricLikes: 110, smm.MetricComments: 22,
		smm.MetricShares: 44, smm.MetricSaves: 11, smm.MetricClicks: 60, smm.MetricConversions: 6, smm.MetricSessions: 50,
		smm.MetricLeads: 3, smm.MetricResults: 8, smm.MetricInstalls: 2, smm.MetricCompletions: 200, smm.MetricViews25: 700,
		smm.MetricViews50: 500, smm.MetricViews75: 300, smm.MetricHookViews: 1200,
	} {
		in = append(in, count(name, post("a"), n))
	}
	rows, err := Summarize(in)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	type column struct {
		Value, Micros, Seconds *float64
		State                  State
	}
	columns := jsonColumns[column](t, rows[0])
	want := map[string]float64{
		"engagement_rate_by_reach": 0.08, "engagement_rate_by_impressions": 0.044, "engagement_rate_by_followers": 0.16,
		"engagement_rate_by_views": 0.176, "ctr": 0.015, "reach_rate_by_followers": 2, "frequency": 4000.0 / 2200,
		"amplification_rate_by_followers": 0.04, "applause_rate_by_followers": 0.1, "conversation_rate_by_followers": 0.02,
		"virality_rate_by_impressions": 0.011, "virality_rate_by_reach": 0.02, "save_rate_by_reach": 0.005, "save_rate_by_impressions": 0.00275,
		"profile_visit_rate_by_reach": 0.05, "video_completion_rate_by_views": 0.2, "view_through_rate_25_by_views": 0.7,
		"view_through_rate_50_by_views": 0.5, "view_through_rate_75_by_views": 0.3, "hook_rate_by_impressions": 0.3,
		"average_watch_time_per_view": 0.009, "cvr_by_clicks": 0.1, "cvr_by_sessions": 0.12, "cpc": 200_000, "cpm": 3e6, "cpv": 12_000,
		"cpa": 2e6, "cost_per_lead": 4e6, "cost_per_result": 1.5e6, "cost_per_engagement": 68_182, "cost_per_install": 6e6,
		"roas": 2.5, "roi": 1.5, "follower_growth": 0.1, "net_followers_per_day": 10, "gross_follower_growth_rate": 0.15,
		"gross_followers_per_day": 15, "unfollow_rate": 0.05, "posting_frequency": 0.5, "share_of_voice": 0.25, "referral_sessions_share": 0.2,
	}
	for _, k := range Definitions() {
		c, known := columns[k.Name]
		w, worked := want[k.Name]
		if !known || !worked {
			t.Errorf("%s: a column %v, a number to compare %v", k.Name, known, worked)
			continue
		}
		got := c.Value
		switch k.Unit {
		case UnitMoney:
			got = c.Micros
		case UnitDuration:
			got = c.Seconds
		}
		if got == nil || math.Abs(*got-w) > 1e-12*max(1, w) || c.State != StateComplete {
			t.Errorf("%s is %s; want %v", k.Name, js(t, c), w)
		}
	}
}

// jsonColumns reads the columns that are objects.
func jsonColumns[T any](t *testing.T, row ChannelKPI) map[string]T {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(js(t, row)), &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]T{}
	for name, text := range raw {
		if text[0] != '{' {
			continue
		}
		var v T
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = v
	}
	return out
}

// Costs and returns over several posts: sums over sums, and a post without one
// side stays out of both.
func TestSummarizePoolsMoney(t *testing.T) {
	money := func(name smm.MetricName, id string, micros int64) smm.Metric {
		m := count(name, post(id), micros)
		m.Unit, m.Currency = smm.UnitMicros, "EUR"
		return m
	}
	rows, err := Summarize([]smm.Metric{
		money(smm.MetricSpend, "a", 10e6), money(smm.MetricRevenue, "a", 10e6), count(smm.MetricImpressions, post("a"), 1000),
		money(smm.MetricSpend, "b", 10e6), money(smm.MetricRevenue, "b", 50e6), count(smm.MetricImpressions, post("b"), 9000),
		money(smm.MetricSpend, "c", 77e6), // what it brought is not known
	})
	if err != nil {
		t.Fatal(err)
	}
	k := rows[0]
	if *k.CPM.Micros != 2e6 || k.CPM.State != StateIncomplete || *k.ROAS.Value != 3 || *k.ROI.Value != 2 || k.ROI.State != StateIncomplete {
		t.Errorf("CPM %s, ROAS %s, ROI %s", js(t, k.CPM), js(t, k.ROAS), js(t, k.ROI))
	}
	if k.CostPerLead.Micros != nil || k.CostPerLead.Reason == "" || k.NetFollowersPerDay.Value != nil || k.NetFollowersPerDay.Reason == "" {
		t.Errorf("cost per lead %s, followers a day %s", js(t, k.CostPerLead), js(t, k.NetFollowersPerDay))
	}
}

func TestPoolCosts(t *testing.T) {
	spend := func(micros int64, currency string) Value {
		return Value{Total: micros, Unit: smm.UnitMicros, Currency: currency, Parts: Parts{Measured: 1}}
	}
	cpm := func(micros, impressions int64) Cost {
		return Cost{Spend: spend(micros, "EUR"), Each: Count(impressions), Per: 1000}
	}
	got, err := PoolCosts(cpm(10, 1000), cpm(10, 9000), Cost{Spend: spend(5, "EUR"), Each: Value{Parts: Parts{NotYet: 1}}, Per: 1000})
	if m, ok := got.Money(); err != nil || !ok || m.Micros != 2 || got.State() != StateIncomplete {
		t.Errorf("%v %v %s, %v; want 2 micros for 1,000, not the mean of 10 and 1.1", m, ok, got.State(), err)
	}
	if _, err := PoolCosts(cpm(10, 1000), Cost{Spend: spend(1, "EUR"), Each: Count(1)}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("a CPM and a CPC: %v", err)
	}
	if _, err := PoolCosts(Cost{Spend: spend(1, "EUR"), Each: Count(1)}, Cost{Spend: spend(1, "USD"), Each: Count(1)}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("two currencies: %v", err)
	}
	if c, err := PoolCosts(); err != nil || c.State() != StateUndefined {
		t.Errorf("nothing: %+v, %v", c, err)
	}
	huge := Cost{Spend: spend(math.MaxInt64, "EUR"), Each: Count(1), Per: 1000}
	if m, ok := huge.Money(); ok || huge.State() != StateUndefined || huge.Reason() != "the amount is larger than money can be" {
		t.Errorf("%v %s %q", m, huge.State(), huge.Reason())
	}
}

func TestMoneyOfTwoCurrencies(t *testing.T) {
	eur, usd := smm.Money{Micros: 4, Currency: "EUR"}, smm.Money{Micros: 1, Currency: "USD"}
	if v, ok := ROAS(eur, usd); ok {
		t.Errorf("ROAS of euros over dollars = %v", v)
	}
	if v, ok := ROI(eur, usd); ok {
		t.Errorf("ROI of euros over dollars = %v", v)
	}
	of := func(m smm.Money) Value {
		return Value{Total: m.Micros, Unit: smm.UnitMicros, Currency: m.Currency, Parts: Parts{Measured: 1}}
	}
	c := Counts{}.With(smm.MetricRevenue, of(eur)).With(smm.MetricSpend, of(usd))
	if r := c.ROAS(); r.State() != StateUndefined || r.Reason() != "EUR over USD: convert first" {
		t.Errorf("%s %q", r.State(), r.Reason())
	}
	if _, err := c.ROI(); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("ROI: %v", err)
	}
	if v, ok := ROI(smm.Money{Micros: math.MinInt64}, smm.Money{Micros: math.MaxInt64}); !ok || math.Abs(v+2) > 1e-9 {
		t.Errorf("the largest loss is %v %v", v, ok)
	}
}

// A gain is unknown as long as either side is: revenue not known yet is no
// total loss.
func TestSub(t *testing.T) {
	missing := Value{Parts: Parts{NotYet: 1}}
	for name, c := range map[string]struct {
		a, b  Value
		want  int64
		state State
	}{
		"both":       {Count(3), Count(5), -2, StateComplete},
		"no first":   {missing, Count(5), 0, StateUndefined},
		"no second":  {Count(3), missing, 0, StateUndefined},
		"half known": {Value{Total: 3, Parts: Parts{Measured: 1, NotYet: 1}}, Count(1), 2, StateIncomplete},
	} {
		v, err := c.a.Sub(c.b)
		if err != nil || v.Total != c.want || v.State() != c.state {
			t.Errorf("%s: %+v, %v; want %d %s", name, v, err, c.want, c.state)
		}
	}
	if _, err := Count(0).Sub(Count(math.MinInt64)); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("overflow: %v", err)
	}
}

func TestDefinitions(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Definitions() {
		if k.Name == "" || k.Title == "" || k.Unit == "" || k.Formula == "" || k.Source == "" || seen[k.Name] {
			t.Errorf("%+v is incomplete or there twice", k)
		}
		seen[k.Name] = true
		if _, err := k.Cost(Counts{}); (k.Unit == UnitMoney) != (err == nil) || err != nil && !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s as a cost: %v", k.Name, err)
		}
		if _, err := k.Ratio(Counts{}); (len(k.Sums) > 0) != (err == nil) {
			t.Errorf("%s as a ratio: %v", k.Name, err)
		}
	}
	mine := Definitions()
	mine[0].Sums[0], mine[0].Denominator[0] = "x", "y"
	if again := Definitions()[0]; again.Sums[0] == "x" || again.Denominator[0] == "y" {
		t.Error("a caller changed the definitions of all")
	}
	if _, ok := LookupKPI("happiness"); ok {
		t.Error("there is a KPI of happiness")
	}
}
