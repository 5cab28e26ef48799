package analytics

import (
	"encoding/csv"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// plainRates are the functions with plain numbers, by KPI.
func plainRates() map[string]func(num, den int64) (float64, bool) {
	return map[string]func(num, den int64) (float64, bool){
		"engagement_rate_by_reach": EngagementRateByReach, "engagement_rate_by_impressions": EngagementRateByImpressions,
		"engagement_rate_by_followers": EngagementRateByFollowers, "engagement_rate_by_views": EngagementRateByViews,
		"ctr": CTR, "reach_rate_by_followers": ReachRateByFollowers, "frequency": Frequency,
		"amplification_rate_by_followers": AmplificationRateByFollowers, "applause_rate_by_followers": ApplauseRateByFollowers,
		"conversation_rate_by_followers": ConversationRateByFollowers, "virality_rate_by_impressions": ViralityRateByImpressions,
		"virality_rate_by_reach": ViralityRateByReach, "save_rate_by_reach": SaveRateByReach, "save_rate_by_impressions": SaveRateByImpressions,
		"profile_visit_rate_by_reach": ProfileVisitRateByReach, "video_completion_rate_by_views": VideoCompletionRateByViews,
		"view_through_rate_25_by_views": ViewThroughRateByViews, "view_through_rate_50_by_views": ViewThroughRateByViews,
		"view_through_rate_75_by_views": ViewThroughRateByViews, "hook_rate_by_impressions": HookRateByImpressions,
		"cvr_by_clicks": CVRByClicks, "cvr_by_sessions": CVRBySessions, "gross_follower_growth_rate": GrossFollowerGrowthRate,
		"unfollow_rate": UnfollowRate, "share_of_voice": ShareOfVoice, "referral_sessions_share": ReferralSessionsShare,
		"roas": func(num, den int64) (float64, bool) { return ROAS(smm.Money{Micros: num}, smm.Money{Micros: den}) },
		"roi":  func(num, den int64) (float64, bool) { return ROI(smm.Money{Micros: num + den}, smm.Money{Micros: den}) },
		"average_watch_time_per_view": func(num, den int64) (float64, bool) {
			d, ok := AverageWatchTimePerView(time.Duration(num)*time.Millisecond, den)
			return float64(d) / 1e6, ok
		},
	}
}

func plainCosts() map[string]func(smm.Money, int64) (smm.Money, bool) {
	return map[string]func(smm.Money, int64) (smm.Money, bool){
		"cpc": CPC, "cpm": CPM, "cpv": CPV, "cpa": CPA, "cost_per_lead": CostPerLead, "cost_per_result": CostPerResult,
		"cost_per_engagement": CostPerEngagement, "cost_per_install": CostPerInstall,
	}
}

// methods are the stateful forms, by KPI.
func methods(c Counts) map[string]func() (Ratio, error) {
	ok := func(f func() Ratio) func() (Ratio, error) { return func() (Ratio, error) { return f(), nil } }
	cost := func(f func() Cost) func() (Ratio, error) { return func() (Ratio, error) { return f().Ratio(), nil } }
	engagement := func(b Base) func() (Ratio, error) {
		return func() (Ratio, error) { return c.EngagementRate(nil, b) }
	}
	through := func(q Quartile) func() (Ratio, error) {
		return func() (Ratio, error) { return c.ViewThroughRateByViews(q), nil }
	}
	return map[string]func() (Ratio, error){
		"engagement_rate_by_reach": engagement(ByReach), "engagement_rate_by_impressions": engagement(ByImpressions),
		"engagement_rate_by_followers": engagement(ByFollowers), "engagement_rate_by_views": engagement(ByViews),
		"ctr": ok(c.CTR), "reach_rate_by_followers": ok(c.ReachRateByFollowers), "frequency": ok(c.Frequency),
		"amplification_rate_by_followers": ok(c.AmplificationRateByFollowers), "applause_rate_by_followers": ok(c.ApplauseRateByFollowers),
		"conversation_rate_by_followers": ok(c.ConversationRateByFollowers), "virality_rate_by_impressions": ok(c.ViralityRateByImpressions),
		"virality_rate_by_reach": ok(c.ViralityRateByReach), "save_rate_by_reach": ok(c.SaveRateByReach),
		"save_rate_by_impressions": ok(c.SaveRateByImpressions), "profile_visit_rate_by_reach": ok(c.ProfileVisitRateByReach),
		"video_completion_rate_by_views": ok(c.VideoCompletionRateByViews), "view_through_rate_25_by_views": through(FirstQuartile),
		"view_through_rate_50_by_views": through(Midpoint), "view_through_rate_75_by_views": through(ThirdQuartile),
		"hook_rate_by_impressions": ok(c.HookRateByImpressions), "average_watch_time_per_view": ok(c.AverageWatchTimePerView),
		"cvr_by_clicks": ok(c.CVRByClicks), "cvr_by_sessions": ok(c.CVRBySessions),
		"cpc": cost(c.CPC), "cpm": cost(c.CPM), "cpv": cost(c.CPV), "cpa": cost(c.CPA), "cost_per_lead": cost(c.CostPerLead),
		"cost_per_result": cost(c.CostPerResult), "cost_per_install": cost(c.CostPerInstall),
		"cost_per_engagement": func() (Ratio, error) { e, err := c.CostPerEngagement(nil); return e.Ratio(), err },
		"roas":                ok(c.ROAS), "roi": c.ROI, "gross_follower_growth_rate": ok(c.GrossFollowerGrowthRate),
		"unfollow_rate": ok(c.UnfollowRate), "share_of_voice": ok(c.ShareOfVoice), "referral_sessions_share": ok(c.ReferralSessionsShare),
	}
}

// workedInputs reads "spend=200 USD;clicks=4".
func workedInputs(t *testing.T, text string) (Counts, map[string]int64) {
	t.Helper()
	var c Counts
	plain := map[string]int64{}
	for _, part := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		number, unit, _ := strings.Cut(value, " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		v := Count(n)
		switch unit {
		case "":
		case "ms":
			v.Unit = smm.UnitMillis
		default:
			v.Total, v.Unit, v.Currency = n*1e6, smm.UnitMicros, unit
		}
		c = c.With(smm.MetricName(name), v)
		plain[name] = n
	}
	return c, plain
}

// printed rounds an exact number to as many decimals as the source printed,
// half away from zero.
func printed(exact *big.Rat, like string) string {
	_, decimals, _ := strings.Cut(like, ".")
	return exact.FloatString(len(decimals))
}

func TestWorkedExamples(t *testing.T) {
	f, err := os.Open("testdata/worked.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows, seen, sourced := rows[1:], map[string]bool{}, 0
	for _, row := range rows {
		seen[row[0]] = true
		if strings.HasPrefix(row[3], "own arithmetic") != (row[4] == "") && !strings.Contains(row[3], " on the events of ") {
			t.Errorf("%v: a source needs the day on which it was read", row)
		}
		if !strings.HasPrefix(row[3], "own") {
			sourced++
		}
		t.Run(row[0]+" "+row[1], func(t *testing.T) { workedExample(t, row[0], row[1], row[2]) })
	}
	for _, k := range Definitions() {
		if !seen[k.Name] {
			t.Errorf("%s has no worked example", k.Name)
		}
	}
	if len(rows) < 60 || sourced < 60 {
		t.Errorf("%d examples, %d of them published; want 60", len(rows), sourced)
	}
	t.Logf("%d worked examples, %d of them published, of %d KPIs", len(rows), sourced, len(seen))
}

func workedExample(t *testing.T, name, inputs, expected string) {
	k, ok := LookupKPI(name)
	if !ok {
		t.Fatal("no such KPI")
	}
	c, plain := workedInputs(t, inputs)
	want, unit, _ := strings.Cut(expected, " ")
	if len(k.Sums) == 0 {
		workedLevels(t, name, plain, want)
		return
	}
	r, err := k.Ratio(c)
	if err != nil || r.State() != StateComplete {
		t.Fatalf("%s %s, %v", r.State(), r.Reason(), err)
	}
	m, err := methods(c)[name]()
	if err != nil || m != r {
		t.Errorf("the method says %+v, %v; the definition %+v", m, err, r)
	}
	exact := big.NewRat(r.Num.Total, r.Den.Total)
	float, _ := exact.Float64()
	if got, ok := r.Float64(); !ok || got != float {
		t.Errorf("ratio %v, want exactly %v", got, float)
	}
	if k.Unit == UnitMoney {
		cost, err := k.Cost(c)
		money, ok := cost.Money()
		if err != nil || !ok || money.Currency != unit {
			t.Fatalf("%v %v, %v", money, ok, err)
		}
		if p, ok := plainCosts()[name](smm.Money{Micros: r.Num.Total, Currency: unit}, r.Den.Total); !ok || p != money {
			t.Errorf("plain %v, stateful %v", p, money)
		}
		exact.Mul(exact, big.NewRat(max(k.Per, 1), 1))
		if got := exact.FloatString(0); got != strconv.FormatInt(money.Micros, 10) {
			t.Errorf("%d micros, want exactly %s", money.Micros, got)
		}
		exact.Quo(exact, big.NewRat(1e6, 1))
	} else if p, ok := plainRates()[name](r.Num.Total, r.Den.Total); !ok || k.Unit != UnitDuration && p != float {
		t.Errorf("plain %v %v, want exactly %v", p, ok, float)
	}
	switch {
	case unit == "%":
		exact.Mul(exact, big.NewRat(100, 1))
	case unit == "s":
		if d, ok := r.Duration(); !ok || printed(big.NewRat(int64(d), 1e9), want) != want {
			t.Errorf("%v %v, want %s s", d, ok, want)
		}
		exact.Quo(exact, big.NewRat(1000, 1))
	}
	if got := printed(exact, want); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func workedLevels(t *testing.T, name string, in map[string]int64, want string) {
	var exact *big.Rat
	var got float64
	var ok bool
	switch name {
	case "follower_growth":
		exact = big.NewRat(in["last"]-in["first"], in["first"])
		got, ok = GrowthRate(in["first"], in["last"])
	case "net_followers_per_day":
		exact = big.NewRat(in["last"]-in["first"], in["days"])
		got, ok = NetFollowersPerDay(in["first"], in["last"], in["days"])
	case "gross_followers_per_day":
		exact = big.NewRat(in["follows"], in["days"])
		got, ok = GrossFollowersPerDay(in["follows"], in["days"])
	case "posting_frequency":
		exact = big.NewRat(in["last"]-in["first"], in["days"])
		got, ok = PostingFrequency(in["last"]-in["first"], time.Duration(in["days"])*24*time.Hour)
	}
	if float, _ := exact.Float64(); !ok || got != float {
		t.Errorf("%v %v, want exactly %v", got, ok, float)
	}
	if name == "follower_growth" {
		exact.Mul(exact, big.NewRat(100, 1))
	}
	if got := printed(exact, want); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Nothing in the denominator is no number, whatever stands above it.
func TestEveryKPIUndefinedOverNothing(t *testing.T) {
	for name, f := range plainRates() {
		for _, den := range []int64{0, -1} {
			if v, ok := f(7, den); ok || v != 0 {
				t.Errorf("%s over %d = %v, %v; want undefined", name, den, v, ok)
			}
		}
	}
	for name, f := range plainCosts() {
		if v, ok := f(smm.Money{Micros: 7, Currency: "EUR"}, 0); ok || v != (smm.Money{}) {
			t.Errorf("%s for nothing = %v, %v; want undefined", name, v, ok)
		}
	}
	for _, k := range Definitions() {
		if len(k.Sums) == 0 {
			continue
		}
		r, err := k.Ratio(Counts{})
		if err != nil || r.State() != StateUndefined || r.Reason() == "" {
			t.Errorf("%s of nothing: %s %q, %v", k.Name, r.State(), r.Reason(), err)
		}
	}
	if v, ok := NetFollowersPerDay(1, 2, 0); ok {
		t.Errorf("net followers of no day = %v", v)
	}
	if v, ok := PostingFrequency(3, 0); ok {
		t.Errorf("posts of no time = %v", v)
	}
}
