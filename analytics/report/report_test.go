package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

var update = flag.Bool("update", false, "write the golden files anew")

func num[T any](v T) *T { return &v }

func sampleKPIs() []analytics.ChannelKPI {
	none := analytics.Rate{State: analytics.StateUndefined, Reason: "denominator: not reported"}
	unknown := analytics.Number{State: analytics.StateUndefined, Reason: "not reported"}
	n := func(v int64) analytics.Number { return analytics.Number{Value: &v, State: analytics.StateComplete} }
	r := func(v float64) analytics.Rate { return analytics.Rate{Value: &v, State: analytics.StateComplete} }
	return []analytics.ChannelKPI{
		{
			Channel: smm.Ref{Platform: "bluesky", Kind: smm.KindChannel, ID: "did:plc:abc"}, Posts: 6,
			Followers: n(1240), FollowerGrowth: r(0.031), Impressions: unknown, Reach: unknown, Views: unknown,
			Likes: n(310), Comments: n(24), Shares: n(41), Clicks: unknown, Engagements: n(375),
			EngagementRateByReach: none, EngagementRateByImpressions: none, EngagementRateByFollowers: r(0.0504),
			EngagementRateByViews: none, CTR: none, CPA: analytics.Amount{State: analytics.StateUndefined, Reason: "numerator: not reported"},
		},
		{
			Channel: smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}, Posts: 6,
			Followers: n(15830), FollowerGrowth: r(-0.002), Impressions: unknown,
			Reach: analytics.Number{Value: num(int64(120400)), State: analytics.StateIncomplete, Reason: "1 of 6 parts missing: 1 not yet known"},
			Views: unknown, Likes: n(2100), Comments: n(180), Shares: n(96), Clicks: n(77), Engagements: n(2376),
			EngagementRateByReach: r(0.0197), EngagementRateByImpressions: none, EngagementRateByFollowers: r(0.025),
			EngagementRateByViews: none, CTR: none,
			CPA: analytics.Amount{Micros: num(int64(12_500_000)), Currency: "EUR", State: analytics.StateComplete},
		},
	}
}

func sample() *Report {
	r := ForChannels("Spring <b>campaign</b> & more", sampleKPIs(), nil)
	r.Generated = time.Date(2026, 3, 9, 8, 30, 0, 0, time.UTC)
	r.Window = smm.Window{From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)}
	r.Summary = []string{"Mastodon brought most of the engagements."}
	r.Sections = append(r.Sections, Section{Title: "Posts", Text: []string{"The best one."}, Table: &Table{
		Caption: "Best posts", Columns: []Column{{Name: "Post"}, {Name: "Likes", Numeric: true}},
		Rows: [][]Cell{{{Text: "Morning roast", Link: "https://social.example/@a/1?x=1&y=2"}, Text("210"), Text("cut off")}, {Text("No number")}},
	}})
	return r
}

func render(t testing.TB, r *Report) (page, text string) {
	t.Helper()
	var h, p bytes.Buffer
	if err := r.WriteHTML(&h); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteText(&p); err != nil {
		t.Fatal(err)
	}
	return h.String(), p.String()
}

func TestGolden(t *testing.T) {
	page, text := render(t, sample())
	for name, got := range map[string]string{"channels.html": page, "channels.txt": text} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; look at it, then run go test -update\n%s", name, got)
		}
	}
}

func TestPageStructure(t *testing.T) {
	page, _ := render(t, sample())
	for _, want := range []string{
		`<html lang="en">`, `Content-Security-Policy" content="default-src 'none'`, "<main>", "<caption>Best posts</caption>",
		`<th scope="col" class="num">Likes</th>`, `<th scope="row">`, `role="img"`, "<desc ", `prefers-color-scheme: dark`, "@media print",
		`Spring &lt;b&gt;campaign&lt;/b&gt; &amp; more`, `href="https://social.example/@a/1?x=1&amp;y=2"`, "n/a", "at least 120\u202f400",
		"1 March 2026 to 8 March 2026",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "cut off") {
		t.Error("a cell beyond the last column was kept")
	}
	if problems := inspect(page); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
}

func TestEmptyReports(t *testing.T) {
	for name, r := range map[string]*Report{
		"zero":         {},
		"no channels":  ForChannels("Nothing", nil, nil),
		"empty chart":  {Sections: []Section{{Chart: &Chart{}, Table: &Table{}}}},
		"row, no cols": {Sections: []Section{{Table: &Table{Rows: [][]Cell{{Text("x")}}}}}},
	} {
		page, text := render(t, r)
		if problems := inspect(page); len(problems) > 0 || text == "" {
			t.Errorf("%s: %q", name, problems)
		}
	}
}

func TestChartOddValues(t *testing.T) {
	c := &Chart{Title: "Odd", Bars: []Bar{
		{Label: "largest", Value: num(math.MaxFloat64), Text: "max"}, {Label: "half", Value: num(math.MaxFloat64 / 2), Text: "half"},
		{Label: "nan", Value: num(math.NaN()), Text: "not a number"}, {Label: "inf", Value: num(math.Inf(1)), Text: "endless"},
		{Label: "loss", Value: num(-5.0), Text: "-5"}, {Label: "none", Text: "n/a"}, {Label: "zero", Value: num(0.0), Text: "0"},
	}}
	v := draw(c, 1)
	for i, want := range []float64{barMax, barMax / 2, 0, 0, 0, 0, 0} {
		if b := v.Bars[i]; b.Width != want || b.Drawn != (i < 2 || i == 6) {
			t.Errorf("%s: width %v drawn %v; want %v", b.Label, b.Width, b.Drawn, want)
		}
	}
	page, text := render(t, &Report{Sections: []Section{{Chart: c}}})
	for _, bad := range []string{"NaN", "+Inf", "e+"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
	if !strings.Contains(text, strings.Repeat("#", textBar)+" max") || !strings.Contains(text, strings.Repeat("#", textBar/2)+" half") {
		t.Errorf("bars of the text form:\n%s", text)
	}
}

func TestGroup(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1234: "1234", 12345: "12\u202f345", 123456: "123\u202f456", -1234567: "-1\u202f234\u202f567",
		math.MinInt64: "-9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f808",
	} {
		if got := group(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for in, want := range map[string]string{"": "", "abc": "abc", "abcd": "abcd", "abcde": "abc…", "äöüßx": "äöü…", "äöüß": "äöüß"} {
		if got := cut(in, 4); got != want {
			t.Errorf("cut(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLargeReport(t *testing.T) {
	var kpis []analytics.ChannelKPI
	for range 500 {
		kpis = append(kpis, sampleKPIs()...)
	}
	page, _ := render(t, ForChannels("Many", kpis, nil))
	if problems := inspect(page); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
}
func TestChannelNames(t *testing.T) {
	kpis := sampleKPIs()
	first := kpis[0].Channel
	page, _ := render(t, ForChannels("Named", kpis, func(r smm.Ref) string {
		if r == first {
			return "the <shop>"
		}
		return ""
	}))
	if n := strings.Count(page, "the &lt;shop&gt;"); n < 3 {
		t.Errorf("the name stands in %d places, want tables and chart", n)
	}
	if !strings.Contains(page, kpis[1].Channel.ID) {
		t.Error("a channel without a name lost its ref")
	}
}
