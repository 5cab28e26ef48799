package series_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/series"
	"github.com/smmkit/smmkit/smm"
)

func wantInvalid(t *testing.T, err error, part string) {
	t.Helper()
	if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want smm.ErrInvalid with %q", err, part)
	}
}

func reachTable(t *testing.T, days map[int]int64) *series.Table {
	t.Helper()
	table := must(series.New([]series.Column{{Name: smm.MetricReach}}, nil))
	for d, n := range days {
		row := series.Row{Channel: ref(smm.KindChannel, "1"), At: series.Date(2026, 3, d).Time(), Values: []series.Cell{series.Counted(n)}}
		if n < 0 {
			row.Values[0] = series.Cell{State: smm.MetricNotYet}
		}
		if err := table.Append(&row); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

func TestNewRefuses(t *testing.T) {
	for part, c := range map[string][]series.Column{
		"needs a column":      nil,
		"has no name":         {{}},
		"two columns":         {{Name: "a"}, {Name: "a"}},
		"level":               {{Name: smm.MetricFollowers}},
		"rates cannot":        {{Name: "a", Unit: smm.UnitPPM}},
		"money has":           {{Name: smm.MetricSpend, Unit: smm.UnitMicros}},
		"nothing else has on": {{Name: "a", Currency: "EUR"}},
	} {
		_, err := series.New(c, nil)
		wantInvalid(t, err, part)
	}
}

func TestAppendRefuses(t *testing.T) {
	table := must(series.New([]series.Column{{Name: smm.MetricReach}}, nil))
	ch, at := ref(smm.KindChannel, "1"), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for part, row := range map[string]series.Row{
		"set Channel":       {At: at},
		"1970 to 2199":      {Channel: ch},
		"At is 2200-01-01":  {Channel: ch, At: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)},
		"2 values":          {Channel: ch, At: at, Values: make([]series.Cell, 2)},
		"a negative number": {Channel: ch, At: at, Values: []series.Cell{{Value: -1, State: smm.MetricEstimated}}},
	} {
		wantInvalid(t, table.Append(&row), part)
	}
	if table.Len() != 0 {
		t.Fatal("a refused row was kept")
	}
	last := series.Row{Channel: ch, At: time.Date(2199, 12, 31, 23, 0, 0, 0, time.UTC), Values: []series.Cell{{Value: -1}}}
	if err := table.Append(&last); err != nil {
		t.Fatal(err)
	}
}

func TestQueryRefuses(t *testing.T) {
	table := tableOf(randomRows(newRand(1), 10, 0), nil)
	for part, q := range map[string]series.Query{
		"twice":          {By: []series.By{series.ByDay, series.ByDay}},
		"cannot group":   {By: []series.By{"moon"}},
		"no column":      {Sums: []smm.MetricName{"none"}},
		"asks for reach": {Sums: []smm.MetricName{smm.MetricReach, smm.MetricReach}},
		"has no column":  {Ratios: []series.Ratio{{Name: "x", Num: []smm.MetricName{"none"}, Den: smm.MetricReach}}},
		"units differ":   {Ratios: []series.Ratio{{Name: "x", Num: []smm.MetricName{smm.MetricLikes, smm.MetricSpend}, Den: smm.MetricReach}}},
		"above the line": {Ratios: []series.Ratio{{Name: "x", Num: []smm.MetricName{smm.MetricLikes, smm.MetricLikes}, Den: smm.MetricReach}}},
		"set Name":       {Ratios: []series.Ratio{{Num: []smm.MetricName{smm.MetricLikes}, Den: smm.MetricReach}}},
		"two ratios":     {Ratios: []series.Ratio{ratios[0], ratios[0]}},
		"the period has": {Where: series.Filter{Period: series.Period{From: 5, To: 5}}},
		"1970 to 2199":   {Where: series.Filter{Period: series.Period{From: -5, To: 5}}},
	} {
		_, err := table.Query(q)
		wantInvalid(t, err, part)
	}
}

func TestOverflow(t *testing.T) {
	build := func(v ...int64) *series.Table {
		table := must(series.New([]series.Column{{Name: "a"}, {Name: "b"}}, nil))
		for i, n := range v {
			row := series.Row{Channel: ref(smm.KindChannel, string(rune('0'+i))), At: series.Date(2026, 3, 2).Time(), Values: []series.Cell{series.Counted(n), series.Counted(n)}}
			if err := table.Append(&row); err != nil {
				t.Fatal(err)
			}
		}
		return table
	}
	_, err := build(math.MaxInt64, 1).Query(series.Query{Sums: []smm.MetricName{"a"}})
	wantInvalid(t, err, "overflows")
	r := must(build(math.MaxInt64-1, 1).Query(series.Query{}))
	if r.Groups[0].Sums[0].Total != math.MaxInt64 {
		t.Error(r.Groups[0])
	}
	// What is filtered out may be as large as it likes.
	big := build(5, math.MaxInt64, math.MaxInt64, 7)
	few := series.Filter{Channels: []smm.Ref{ref(smm.KindChannel, "0"), ref(smm.KindChannel, "3")}}
	r = must(big.Query(series.Query{Where: few, Ratios: []series.Ratio{{Name: "x", Num: []smm.MetricName{"a"}, Den: "b"}}}))
	if r.Groups[0].Sums[1].Total != 12 || r.Groups[0].Rates[0].Num.Total != 12 {
		t.Error(r.Groups[0])
	}
	_, err = build(math.MaxInt64/2 + 1).Query(series.Query{Sums: []smm.MetricName{}, Ratios: []series.Ratio{{Name: "x", Num: []smm.MetricName{"a", "b"}, Den: "a"}}})
	wantInvalid(t, err, "overflows")
}

func TestDays(t *testing.T) {
	if d := series.Date(2025, 12, 29); d.Weekday() != time.Monday || d.Monday() != d || (d+6).Monday() != d || d.String() != "2025-12-29" {
		t.Error(d, d.Weekday(), d.Monday())
	}
	if y, w := series.Date(2025, 12, 29).ISOWeek(); y != 2026 || w != 1 {
		t.Error(y, w)
	}
	for d := series.Day(0); d < 400; d++ {
		if d.Weekday() != d.Time().Weekday() || series.DayOf(d.Time().Add(23*time.Hour)) != d {
			t.Fatal(d)
		}
	}
}

func TestBefore(t *testing.T) {
	week := series.Period{From: series.Date(2026, 3, 9), To: series.Date(2026, 3, 16)}
	march := series.Period{From: series.Date(2026, 3, 1), To: series.Date(2026, 4, 1)}
	leap := series.Period{From: series.Date(2024, 2, 29), To: series.Date(2024, 3, 1)}
	for _, c := range []struct {
		p    series.Period
		a    series.Against
		want string
	}{
		{week, series.PreviousPeriod, "2026-03-02 to 2026-03-08"},
		{week, series.SameWeekdays, "2026-03-02 to 2026-03-08"},
		{week, series.YearAgo, "2025-03-09 to 2025-03-15"},
		{march, series.PreviousPeriod, "2026-01-29 to 2026-02-28"},
		{march, series.SameWeekdays, "2026-01-25 to 2026-02-24"},
		{march, series.YearAgo, "2025-03-01 to 2025-03-31"},
		{leap, series.YearAgo, "2023-02-28 to 2023-02-28"},
	} {
		if got := must(c.p.Before(c.a)); got.String() != c.want {
			t.Errorf("%s, %s: %s, want %s", c.p, c.a, got, c.want)
		}
	}
	_, err := week.Before("yesterday")
	wantInvalid(t, err, "cannot compare")
	_, err = series.Period{From: 2, To: 9}.Before(series.PreviousPeriod)
	wantInvalid(t, err, "1970")
}

func TestCompare(t *testing.T) {
	table := reachTable(t, map[int]int64{2: 100, 3: 10, 9: 150, 10: -1, 11: 7})
	q := series.Query{By: []series.By{series.ByDay}, Where: series.Filter{Period: series.Period{From: series.Date(2026, 3, 9), To: series.Date(2026, 3, 16)}}}
	got := must(table.Compare(q, series.SameWeekdays))
	if len(got) != 3 || got[0].Key.Day != series.Date(2026, 3, 9) || got[0].Before.Key.Day != series.Date(2026, 3, 2) {
		t.Fatalf("%+v", got)
	}
	if d, ok, f, fok, s := got[0].Sum(0); d != 50 || !ok || f != 0.5 || !fok || s != analytics.StateComplete {
		t.Error(d, ok, f, fok, s)
	}
	for _, c := range got[1:] { // one is not yet known, the other had no row before
		if _, ok, _, fok, s := c.Sum(0); ok || fok || s != analytics.StateUndefined {
			t.Errorf("%+v", c)
		}
	}
	q.By = nil
	got = must(table.Compare(q, series.PreviousPeriod))
	if d, _, _, _, s := got[0].Sum(0); d != 157-110 || s != analytics.StateIncomplete {
		t.Error(d, s)
	}
	q.By = []series.By{series.ByWeek}
	_, err := table.Compare(q, series.YearAgo)
	wantInvalid(t, err, "ByDay")
}

func TestDaily(t *testing.T) {
	table := reachTable(t, map[int]int64{2: 5, 3: 0, 4: -1, 7: 8})
	d := must(table.Daily(smm.MetricReach, series.Filter{}))
	var days []string
	for _, g := range d.Gaps() {
		days = append(days, g.Period.String()+": "+g.Reason)
	}
	if !slices.Equal(days, []string{"2026-03-04 to 2026-03-04: not yet known", "2026-03-05 to 2026-03-06: nothing to add up"}) {
		t.Error(days)
	}
	run := must(d.Running())
	last := run.Values[len(run.Values)-1]
	if last.Total != 13 || last.Parts != (analytics.Parts{Measured: 3, NotYet: 1, NotReported: 2}) || run.Values[1].State() != analytics.StateComplete {
		t.Errorf("%+v", run)
	}
}

func TestPace(t *testing.T) {
	d := must(reachTable(t, map[int]int64{2: 30, 3: 20, 4: -1, 5: 10}).Daily(smm.MetricReach, series.Filter{}))
	goal := series.Goal{Target: 200, Period: series.Period{From: series.Date(2026, 3, 2), To: series.Date(2026, 3, 12)}}
	p := must(d.Pace(goal, series.Date(2026, 3, 6)))
	ratio, _ := p.Ratio()
	projected, _ := p.Projected()
	needed, _ := p.Needed()
	// 60 on three known days of four; ten days like those would bring 200.
	if p.Elapsed != 4 || p.Left != 6 || p.Expected != 80 || ratio != 0.75 || projected != 200 || needed != 140.0/6 || p.Done.State() != analytics.StateIncomplete {
		t.Errorf("%+v %v %v %v", p, ratio, projected, needed)
	}
	p = must(d.Pace(goal, series.Date(2026, 3, 1)))
	_, ok := p.Ratio()
	needed, nok := p.Needed()
	if ok || !nok || needed != 20 {
		t.Errorf("%+v %v", p, needed)
	}
	_, err := d.Pace(goal, series.Date(2026, 3, 9))
	wantInvalid(t, err, "the series has")
	goal.Target = 0
	_, err = d.Pace(goal, series.Date(2026, 3, 6))
	wantInvalid(t, err, "above zero")
}

func TestRowsOfRefuses(t *testing.T) {
	m := smm.Metric{Name: smm.MetricReach, Subject: ref(smm.KindPost, "1"), Channel: ref(smm.KindChannel, "1"), State: smm.MetricMeasured, Value: 1, Unit: smm.UnitCount}
	none := func(smm.Ref) series.Subject { return series.Subject{} }
	_, err := series.RowsOf([]smm.Metric{m}, columns, none)
	wantInvalid(t, err, "when it was published")
	m.Window.From = series.Date(2026, 3, 2).Time()
	m.Unit = smm.UnitMillis
	_, err = series.RowsOf([]smm.Metric{m}, columns, none)
	wantInvalid(t, err, "its column in")
	m.Name, m.Unit, m.Currency = smm.MetricSpend, smm.UnitMicros, "USD"
	_, err = series.RowsOf([]smm.Metric{m}, columns, none)
	wantInvalid(t, err, "convert first")
	m.Currency = "EUR"
	rows := must(series.RowsOf([]smm.Metric{m}, columns, none))
	if len(rows) != 1 || rows[0].Values[3].Value != 1 || !rows[0].At.Equal(m.Window.From) {
		t.Errorf("%+v", rows)
	}
}
