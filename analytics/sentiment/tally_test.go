package sentiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

func scored(compound float64) Score {
	return Score{State: StateScored, Compound: compound, Class: classOf(compound)}
}

func TestTally(t *testing.T) {
	var a, b Tally
	for _, s := range []Score{scored(0.5), scored(0.3), scored(-0.2), {State: StateLanguage}, {State: StateScript}} {
		a.Add(s)
	}
	for _, s := range []Score{scored(0), {State: StateNoWords}, {State: StateUnknown}, {State: StateUnsupported}, {}} {
		b.Add(s)
	}
	a.Merge(b)
	if want := (Tally{Positive: 2, Neutral: 1, Negative: 1, NoWords: 1, OtherLanguage: 2, UnknownLanguage: 1, Unsupported: 2, CompoundSum: a.CompoundSum}); a != want {
		t.Errorf("got %+v", a)
	}
	if a.Scored() != 4 || a.Unscored() != 6 {
		t.Errorf("%d scored, %d not", a.Scored(), a.Unscored())
	}
	if mean, ok := a.Mean(); !ok || math.Abs(mean-0.15) > 1e-12 {
		t.Errorf("mean %v %v", mean, ok)
	}
	if net, ok := a.NetByScored(); !ok || net != 0.25 {
		t.Errorf("net %v %v", net, ok)
	}
	if share, ok := a.Share(Positive); !ok || share.Value != 0.5 || share.Count != 2 || share.Of != 4 {
		t.Errorf("share %+v %v", share, ok)
	}
	if r := a.Ratio(Negative); r.State() != analytics.StateIncomplete || r.LeftOut != 6 {
		t.Errorf("ratio %+v is %s", r, r.State())
	} else if f, ok := r.Float64(); !ok || f != 0.25 {
		t.Errorf("ratio %v %v", f, ok)
	}
}

func TestNothingScoredIsUndefined(t *testing.T) {
	for _, tally := range []Tally{{}, {OtherLanguage: 7}} {
		_, mean := tally.Mean()
		_, net := tally.NetByScored()
		_, share := tally.Share(Neutral)
		if mean || net || share || tally.Ratio(Neutral).State() != analytics.StateUndefined {
			t.Errorf("%+v has figures", tally)
		}
	}
	if _, ok := (Tally{Positive: 1}).Share("cheerful"); ok {
		t.Error("a class that does not exist has a share")
	}
}

// Wilson's interval solves (p-q)² = z²q(1-q)/n for q, which is checked here instead
// of the formula; the ends are 0 and 1.
func TestWilson(t *testing.T) {
	const z = 1.959963984540054 // of 95 %
	for _, c := range [][2]int{{0, 1}, {1, 1}, {1, 3}, {81, 263}, {15, 148}, {0, 20}, {20, 20}, {500_000, 1_000_000}} {
		low, high := wilson(c[0], c[1])
		p, n := float64(c[0])/float64(c[1]), float64(c[1])
		if low > p || high < p || low < 0 || high > 1 || low == high {
			t.Errorf("%v: [%v, %v]", c, low, high)
		}
		for _, q := range []float64{low, high} {
			if q == 0 || q == 1 {
				continue
			}
			if d := (p-q)*(p-q) - z*z*q*(1-q)/n; math.Abs(d) > 1e-12 {
				t.Errorf("%v: %v is no solution, off by %v", c, q, d)
			}
		}
	}
	a, b := Tally{Positive: 90, Negative: 10}, Tally{Positive: 10, Negative: 90}
	x, _ := a.Share(Positive)
	y, _ := b.Share(Positive)
	if x.Overlaps(y) || !x.Overlaps(x) {
		t.Error("overlap")
	}
}

func TestGroupBy(t *testing.T) {
	records := slices.Values([]Record{
		{Score: scored(0.5), Product: "boots", Labels: smm.Labels{Campaign: "spring", Topic: "price", Tags: []string{"vip", "vip", "nl"}}},
		{Score: scored(-0.5), Product: "boots", Labels: smm.Labels{Campaign: "spring", Tags: []string{"nl"}}},
		{Score: Score{State: StateLanguage}, Product: "bags", Labels: smm.Labels{Topic: "price"}},
	})
	for _, c := range []struct {
		by   Dimension
		want string
	}{
		{ByCampaign, "[ 0+0-1 spring 1+1-0]"}, {ByTopic, "[ 0+1-0 price 1+0-1]"},
		{ByProduct, "[bags 0+0-1 boots 1+1-0]"}, {ByLabel, "[ 0+0-1 nl 1+1-0 vip 1+0-0]"},
	} {
		groups, err := GroupBy(records, c.by)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range groups {
			got = append(got, fmt.Sprintf("%s %d+%d-%d", g.Key, g.Tally.Positive, g.Tally.Negative, g.Tally.Unscored()))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", c.by, got, c.want)
		}
	}
	_, err := GroupBy(records, "weather")
	isInvalid(t, err)
}

func isInvalid(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.Is(err, smm.ErrInvalid) || !errors.As(err, &e) || e.Cure == "" || e.Problem == "" || e.Field == "" {
		t.Errorf("got %v, want an *Error with a cure", err)
	}
}

func TestOver(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	records := slices.Values([]Record{
		{Score: scored(0.5), At: at("2026-03-31T22:30:00Z")}, // the first of April in Berlin
		{Score: scored(-0.5), At: at("2026-03-29T12:00:00Z")},
		{Score: scored(0.5), At: at("2026-03-28T23:30:00Z")}, // a day of 23 hours has begun
	})
	for _, c := range []struct {
		step Step
		zone *time.Location
		want []string
	}{
		{Daily, berlin, []string{"2026-03-29 23h 1+1", "2026-03-30 24h 0+0", "2026-03-31 24h 0+0", "2026-04-01 24h 1+0"}},
		{Daily, nil, []string{"2026-03-28 24h 1+0", "2026-03-29 24h 0+1", "2026-03-30 24h 0+0", "2026-03-31 24h 1+0"}},
		{Weekly, berlin, []string{"2026-03-23 167h 1+1", "2026-03-30 168h 1+0"}},
		{Monthly, berlin, []string{"2026-03-01 743h 1+1", "2026-04-01 720h 1+0"}},
	} {
		periods, err := Over(records, c.step, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, p := range periods {
			got = append(got, fmt.Sprintf("%s %.0fh %d+%d", p.From.Format(time.DateOnly), p.To.Sub(p.From).Hours(), p.Tally.Positive, p.Tally.Negative))
			if i > 0 && !p.From.Equal(periods[i-1].To) {
				t.Errorf("%s: a gap before %s", c.step, p.From)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s in %v: %q", c.step, c.zone, got)
		}
	}
}

func TestOverRefuses(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := Over(slices.Values([]Record{{At: now}}), "hour", nil)
	isInvalid(t, err)
	_, err = Over(slices.Values([]Record{{At: now}, {}}), Daily, nil)
	isInvalid(t, err)
	_, err = Over(slices.Values([]Record{{At: now}, {At: now.AddDate(-300, 0, 0)}}), Daily, nil)
	isInvalid(t, err)
	if periods, err := Over(slices.Values([]Record(nil)), Daily, nil); err != nil || periods != nil {
		t.Errorf("nothing: %v, %v", periods, err)
	}
}

func TestTallySurvivesJSON(t *testing.T) {
	want := Tally{Positive: 3, Negative: 1, OtherLanguage: 2, CompoundSum: 1.25}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Tally
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}
