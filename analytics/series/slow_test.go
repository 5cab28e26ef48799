package series_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/series"
	"github.com/smmkit/smmkit/smm"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var columns = []series.Column{
	{Name: smm.MetricReach}, {Name: smm.MetricLikes}, {Name: smm.MetricComments},
	{Name: smm.MetricSpend, Unit: smm.UnitMicros, Currency: "EUR"}, {Name: smm.MetricConversions},
	{Name: smm.MetricClicks}, {Name: smm.MetricViews}, {Name: smm.MetricShares}, {Name: smm.MetricSaves},
}

var ratios = []series.Ratio{
	{Name: "engagement rate by reach", Num: []smm.MetricName{smm.MetricLikes, smm.MetricComments}, Den: smm.MetricReach},
	{Name: "cost per conversion", Num: []smm.MetricName{smm.MetricSpend}, Den: smm.MetricConversions},
	{Name: "saves by views", Num: []smm.MetricName{smm.MetricSaves}, Den: smm.MetricViews},
}

var states = []smm.MetricState{smm.MetricMeasured, smm.MetricZero, smm.MetricEstimated, smm.MetricNotReported, smm.MetricNotYet, smm.MetricWithdrawn, "guessed"}

func ref(kind smm.Kind, id string) smm.Ref {
	return smm.Ref{Platform: "mastodon", Space: "social.example", Kind: kind, ID: id}
}

// randomRows draws rows of which a share has cells in any state.
func randomRows(r *rand.Rand, n int, odd float64) []series.Row {
	word := func(prefix string, n int) string {
		if i := r.IntN(n); i > 0 {
			return prefix + fmt.Sprint(i)
		}
		return ""
	}
	rows := make([]series.Row, n)
	for i := range rows {
		row := series.Row{
			Channel: ref(smm.KindChannel, fmt.Sprint(r.IntN(5))), Campaign: word("campaign ", 4), ContentType: word("type ", 3),
			At: time.Date(2025, 12, 20, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(40*24*60)) * time.Minute),
		}
		if r.IntN(10) > 0 {
			row.Post = ref(smm.KindPost, fmt.Sprint(r.IntN(50)))
		}
		for range r.IntN(4) {
			row.Labels = append(row.Labels, word("label ", 5))
		}
		for range columns[:len(columns)-r.IntN(2)] {
			c := series.Cell{Value: r.Int64N(1000), State: smm.MetricMeasured}
			if r.Float64() < odd {
				c.State = states[r.IntN(len(states))]
			}
			row.Values = append(row.Values, c)
		}
		rows[i] = row
	}
	return rows
}

func tableOf(rows []series.Row, zone *time.Location) *series.Table {
	t := must(series.New(columns, zone))
	for i := range rows {
		if err := t.Append(&rows[i]); err != nil {
			panic(err)
		}
	}
	return t
}

// slow answers a query the plain way: a map of structs, and the sums and pools
// of package analytics.
func slow(rows []series.Row, q series.Query, zone *time.Location) map[series.Key]*series.Group {
	out := make(map[series.Key]*series.Group)
	pools := make(map[series.Key][][]analytics.Ratio)
	for i := range rows {
		row := &rows[i]
		at := row.At.In(zone)
		if !passes(row, at, &q.Where) {
			continue
		}
		for _, k := range keysOf(row, at, q.By) {
			g := out[k]
			if g == nil {
				g = &series.Group{Key: k, Sums: make([]analytics.Value, len(columns)), Rates: make([]series.Rate, len(q.Ratios))}
				out[k], pools[k] = g, make([][]analytics.Ratio, len(q.Ratios))
			}
			g.Rows++
			values := make(map[smm.MetricName]analytics.Value)
			for j, c := range columns {
				m := smm.Metric{Unit: cmp.Or(c.Unit, smm.UnitCount), Currency: c.Currency}
				if j < len(row.Values) {
					m.State, m.Value = row.Values[j].State, row.Values[j].Value
				}
				values[c.Name] = analytics.ValueOf(m)
				g.Sums[j] = must(g.Sums[j].Add(values[c.Name]))
			}
			for j, x := range q.Ratios {
				var num []analytics.Value
				for _, name := range x.Num {
					num = append(num, values[name])
				}
				pools[k][j] = append(pools[k][j], analytics.Ratio{Num: must(analytics.Sum(num...)), Den: values[x.Den]})
			}
		}
	}
	for k, g := range out {
		for j := range q.Ratios {
			g.Rates[j].Ratio = must(analytics.Pool(pools[k][j]...))
		}
	}
	return out
}

func passes(row *series.Row, at time.Time, f *series.Filter) bool {
	labels := slices.DeleteFunc(slices.Clone(row.Labels), func(l string) bool { return l == "" })
	if len(labels) == 0 {
		labels = []string{""}
	}
	return (f.Period == series.Period{} || f.Period.Contains(series.DayOf(at))) &&
		anyOf(f.Channels, row.Channel) && anyOf(f.Posts, row.Post) && anyOf(f.Campaigns, row.Campaign) &&
		anyOf(f.ContentTypes, row.ContentType) && anyOf(f.Labels, labels...) && anyOf(f.Weekdays, at.Weekday()) && anyOf(f.Hours, at.Hour())
}

func anyOf[T comparable](allowed []T, have ...T) bool {
	return len(allowed) == 0 || slices.ContainsFunc(have, func(v T) bool { return slices.Contains(allowed, v) })
}

func keysOf(row *series.Row, at time.Time, by []series.By) []series.Key {
	var k series.Key
	labels := []string{""}
	for _, b := range by {
		switch b {
		case series.ByChannel:
			k.Channel = row.Channel
		case series.ByPost:
			k.Post = row.Post
		case series.ByDay:
			k.Day = series.DayOf(at)
		case series.ByWeek:
			d := series.DayOf(at)
			for d.Weekday() != time.Monday {
				d--
			}
			k.Week = d
		case series.ByWeekday:
			k.Weekday = at.Weekday()
		case series.ByHour:
			k.Hour = at.Hour()
		case series.ByCampaign:
			k.Campaign = row.Campaign
		case series.ByContentType:
			k.ContentType = row.ContentType
		case series.ByLabel:
			set := slices.DeleteFunc(slices.Clone(row.Labels), func(l string) bool { return l == "" })
			slices.Sort(set)
			if set = slices.Compact(set); len(set) > 0 {
				labels = set
			}
		}
	}
	keys := make([]series.Key, len(labels))
	for i, l := range labels {
		keys[i] = k
		keys[i].Label = l
	}
	return keys
}

func randomQuery(r *rand.Rand) series.Query {
	all := []series.By{
		series.ByChannel, series.ByPost, series.ByDay, series.ByWeek, series.ByWeekday, series.ByHour,
		series.ByCampaign, series.ByContentType, series.ByLabel,
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	q := series.Query{By: all[:r.IntN(5)], Ratios: ratios}
	w := &q.Where
	for range r.IntN(3) {
		switch r.IntN(8) {
		case 0:
			from := series.Date(2025, 12, 10+r.IntN(30))
			w.Period = series.Period{From: from, To: from + 1 + series.Day(r.IntN(30))}
		case 1:
			w.Channels = []smm.Ref{ref(smm.KindChannel, "1"), ref(smm.KindChannel, "3"), ref(smm.KindChannel, "none")}
		case 2:
			w.Campaigns = []string{"", "campaign 2"}
		case 3:
			w.ContentTypes = []string{"type 1"}
		case 4:
			w.Labels = [][]string{{""}, {"label 1", "label 3"}}[r.IntN(2)]
		case 5:
			w.Weekdays = []time.Weekday{time.Sunday, time.Tuesday}
		case 6:
			w.Hours = []int{0, 7, 23}
		case 7:
			w.Posts = []smm.Ref{{}, ref(smm.KindPost, "7")}
		}
	}
	return q
}

// TestEqualsSlowPath compares tables with the plain way on random rows and
// queries, and checks the order and completeness of the groups.
func TestEqualsSlowPath(t *testing.T) {
	kathmandu := time.FixedZone("+05:45", 5*3600+45*60)
	queries, groups := 0, 0
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 6))
		zone := []*time.Location{time.UTC, kathmandu}[seed%2]
		n := []int{1, 40, 900, 1200}[seed%4]
		if seed == 3 || seed == 6 {
			n = 17_000 // more than a chunk
		}
		rows := randomRows(r, n, []float64{0, 0.05, 0.6, 1}[seed/4%4])
		table := tableOf(rows, zone)
		for range map[bool]int{false: 14, true: 2}[n > 10_000] {
			q := randomQuery(r)
			got, want := must(table.Query(q)), slow(rows, q, zone)
			if len(got.Groups) != len(want) {
				t.Fatalf("seed %d, %+v: %d groups, want %d", seed, q, len(got.Groups), len(want))
			}
			for i := range got.Groups {
				g := got.Groups[i]
				w := want[g.Key]
				if w == nil {
					t.Fatalf("seed %d, %+v: group %+v is too many", seed, q, g.Key)
				}
				for j := range g.Rates {
					if n := g.Rates[j].Rows + g.Rates[j].LeftOut; n != g.Rows {
						t.Fatalf("seed %d: %d rows entered or were left out of %d", seed, n, g.Rows)
					}
					if g.Rates[j].Ratio != w.Rates[j].Ratio {
						t.Fatalf("seed %d, %+v, %+v: rate %d: got %+v, want %+v", seed, q, g.Key, j, g.Rates[j].Ratio, w.Rates[j].Ratio)
					}
				}
				if g.Rows != w.Rows || !reflect.DeepEqual(g.Sums, w.Sums) {
					t.Fatalf("seed %d, %+v, %+v: got %+v, want %+v", seed, q, g.Key, g, *w)
				}
				if i > 0 && series.CompareKeys(q.By, &got.Groups[i-1].Key, &g.Key) >= 0 {
					t.Fatalf("seed %d, %+v: %+v comes before %+v", seed, q, got.Groups[i-1].Key, g.Key)
				}
			}
			queries++
			groups += len(want)
		}
	}
	t.Logf("%d queries with %d groups are equal", queries, groups)
	if queries < 100 || groups < 10_000 {
		t.Error("too few to mean anything")
	}
}

// TestEqualsSummarize compares with the front door of package analytics.
func TestEqualsSummarize(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	published := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	var metrics []smm.Metric
	for i := range 60 {
		for _, name := range []smm.MetricName{smm.MetricReach, smm.MetricLikes, smm.MetricComments, smm.MetricShares} {
			for reading := range 1 + r.IntN(3) {
				at := published.Add(time.Duration(reading+r.IntN(2)*10) * time.Hour)
				metrics = append(metrics, smm.Metric{
					Name: name, Subject: ref(smm.KindPost, fmt.Sprint(i)), Channel: ref(smm.KindChannel, fmt.Sprint(i%4)), Unit: smm.UnitCount,
					State: states[r.IntN(len(states)-1)], Value: r.Int64N(500), Window: smm.Window{To: at}, AsOf: at.Add(time.Duration(len(metrics))),
				})
			}
		}
	}
	metrics = append(metrics, smm.Metric{Name: smm.MetricReach, Subject: ref(smm.KindChannel, "1"), State: smm.MetricMeasured, Value: 1e6, Unit: smm.UnitCount})
	rows := must(series.RowsOf(metrics, columns, func(smm.Ref) series.Subject {
		return series.Subject{Published: published, Labels: smm.Labels{Topic: "tea", ContentType: "video", Campaign: "spring", Tags: []string{"new"}}}
	}))
	if len(rows) != 60 || !rows[0].At.Equal(published) || !slices.Equal(rows[0].Labels, []string{"new", "tea"}) || rows[0].Campaign != "spring" || rows[0].ContentType != "video" {
		t.Fatalf("%d rows, first %+v", len(rows), rows[0])
	}
	got := must(tableOf(rows, time.UTC).Query(series.Query{By: []series.By{series.ByChannel}, Ratios: []series.Ratio{
		{Name: "er", Num: analytics.PublicEngagement(), Den: smm.MetricReach},
	}}))
	want := must(analytics.Summarize(metrics))
	if len(want) != 4 || len(got.Groups) != 4 {
		t.Fatal(len(want), len(got.Groups))
	}
	for i, w := range want {
		g := &got.Groups[i]
		if g.Key.Channel != w.Channel || g.Rows != w.Posts || !reflect.DeepEqual(got.Sum(g, smm.MetricReach).Number(), w.Reach) ||
			!reflect.DeepEqual(got.Sum(g, smm.MetricLikes).Number(), w.Likes) || !reflect.DeepEqual(got.Rate(g, "er").Rate(), w.EngagementRateByReach) {
			t.Errorf("%+v\n%+v", g, w)
		}
	}
}
