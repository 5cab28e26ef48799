package strategy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/strategy"
	"github.com/smmkit/smmkit/smm"
)

func ref(name string) smm.Ref { return smm.Ref{Platform: "fake", Kind: smm.KindChannel, ID: name} }

// on returns an instant of April 2030 in Berlin. The first is a Monday.
func on(t *testing.T, day, hour, minute int) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2030, 4, day, hour, minute, 0, 0, loc)
}

func euros(n int64) smm.Money { return smm.Money{Micros: n * 1_000_000, Currency: "EUR"} }

// posts makes one post at nine for each day given.
func posts(t *testing.T, channel string, days ...int) []strategy.Planned {
	t.Helper()
	out := make([]strategy.Planned, 0, len(days))
	for _, d := range days {
		out = append(out, strategy.Planned{ID: fmt.Sprintf("%s%02d", channel, d), Channel: ref(channel), At: on(t, d, 9, 0)})
	}
	return out
}

// found runs an audit of April and returns its findings as "code items" or
// "code name".
func found(t *testing.T, s strategy.Strategy, ps []strategy.Planned) []string {
	t.Helper()
	s.Zone = "Europe/Berlin"
	r, err := strategy.Audit(&s, ps, on(t, 1, 0, 0), on(t, 31, 0, 0), on(t, 10, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range r.Findings {
		line := strings.TrimPrefix(f.Code, "strategy.")
		for _, k := range []string{"name", "items", "have", "want"} {
			if v := f.Args[k]; v != "" {
				line += " " + k + "=" + v
			}
		}
		out = append(out, line)
		if f.Severity != smm.SeverityWarning || f.Message == "" || strings.Contains(f.Message, "%!") {
			t.Errorf("finding %+v", f)
		}
	}
	return out
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("findings\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestMix(t *testing.T) {
	labelled := func(pillars ...string) []strategy.Planned {
		ps := posts(t, "a", 2, 4, 6, 8, 10, 12, 14, 16, 18, 20)[:len(pillars)]
		for i, p := range pillars {
			ps[i].Labels.Pillar = p
		}
		return ps
	}
	s := strategy.Strategy{Pillars: []strategy.Share{{Name: "news", Target: 0.5}, {Name: "tips", Target: 0.3, Tolerance: 0.05}}}
	want(t, found(t, s, labelled("news", "news", "news", "news", "news", "tips", "tips", "tips", "fun", "fun")))
	want(t, found(t, s, labelled("news", "news", "news", "news", "news", "news", "news", "tips", "tips", "tips")), "mix name=news have=70 % want=50 %")
	want(t, found(t, s, labelled("news", "news", "news", "news", "news", "news", "tips", "tips", "tips", "tips")), "mix name=tips have=40 % want=30 %")
	// Of three posts no number is closer to a half than one, or to 0.3.
	want(t, found(t, s, labelled("news", "tips", "fun")))
	want(t, found(t, s, labelled("news", "", "tips", "news", "news")), "unlabelled name=pillar items=a04", "mix name=news have=75 % want=50 %")
	want(t, found(t, s, nil))
}

func TestCadence(t *testing.T) {
	c := strategy.Cadence{Channel: ref("a"), Per: strategy.PerWeek, Min: 2, Max: 3}
	s := strategy.Strategy{Cadences: []strategy.Cadence{c}}
	// Weeks from the 1st, 8th, 15th, 22nd; that of the 29th lies partly outside.
	want(t, found(t, s, posts(t, "a", 1, 7, 8, 9, 10, 14, 15, 22, 23)),
		"too-many items=a08,a09,a10,a14 have=4 want=3", "too-few items=a15 have=1 want=2")
	s.Cadences[0] = strategy.Cadence{Channel: ref("a"), Per: strategy.PerMonth, Min: 2}
	want(t, found(t, s, posts(t, "b", 1, 2)), "too-few have=0 want=2")
	s.Cadences[0] = strategy.Cadence{Channel: ref("a"), Per: strategy.PerDay, Max: 1}
	two := posts(t, "a", 5, 5)
	two[1].ID, two[1].At = "late", on(t, 5, 23, 59)
	want(t, found(t, s, two), "too-many items=a05,late have=2 want=1")
}

func TestGaps(t *testing.T) {
	s := strategy.Strategy{Cadences: []strategy.Cadence{{Channel: ref("a"), Per: strategy.PerMonth, MinGap: 25 * time.Hour, MaxGap: 7 * 24 * time.Hour}}}
	want(t, found(t, s, posts(t, "a", 3, 4, 12, 19, 26)), "too-close items=a03,a04 have=24h0m0s want=25h0m0s", "gap have=192h0m0s want=168h0m0s")
	// The neighbours outside of the span count: 39 is the ninth of May, and -4 lies
	// before the change of the clocks.
	want(t, found(t, s, posts(t, "a", -4, 8, 15, 22, 29, 39)),
		"gap have=287h0m0s want=168h0m0s", "gap have=240h0m0s want=168h0m0s")
	want(t, found(t, s, nil), "gap have=720h0m0s want=168h0m0s")
}

func TestCollisions(t *testing.T) {
	ps := posts(t, "a", 5, 5, 5)
	for i, minute := range []int{0, 14, 29} {
		ps[i].ID, ps[i].At = fmt.Sprint(minute), on(t, 5, 9, minute)
	}
	other := posts(t, "b", 5)
	want(t, found(t, strategy.Strategy{}, append(ps, other...)), "collision items=0,14")
	want(t, found(t, strategy.Strategy{Collision: 20 * time.Minute}, ps), "collision items=0,14", "collision items=14,29")
	want(t, found(t, strategy.Strategy{Collision: -1}, ps))
}

func TestCampaigns(t *testing.T) {
	launch := strategy.Campaign{
		Name: "launch", From: on(t, 10, 0, 0), Until: on(t, 20, 0, 0), Channels: []smm.Ref{ref("a"), ref("b")}, Budget: euros(10),
		Milestones: []strategy.Milestone{
			{Name: "teaser", At: on(t, 12, 12, 0)},
			{Name: "day", At: on(t, 15, 9, 0), Lead: time.Hour, Lag: time.Hour, Posts: 1, Channels: []smm.Ref{ref("a"), ref("b")}},
		},
	}
	s := strategy.Strategy{Campaigns: []strategy.Campaign{launch, {Name: "later", From: on(t, 40, 0, 0), Until: on(t, 50, 0, 0)}}}
	want(t, found(t, s, nil), "milestone-missing name=teaser have=0 want=1", "milestone-missing name=day have=0 want=1",
		"milestone-missing name=day have=0 want=1", "empty-campaign name=launch")
	ps := append(posts(t, "a", 12, 15, 20), posts(t, "c", 13)...)
	for i := range ps {
		ps[i].Labels.Campaign, ps[i].Cost = "launch", euros(3)
	}
	stranger := posts(t, "b", 2)
	stranger[0].Labels.Campaign = "lunch"
	want(t, found(t, s, append(ps, stranger...)), "milestone-missing name=day have=0 want=1", "outside-campaign name=launch items=c13,a20",
		`over-budget name=campaign "launch" have=12.00 EUR want=10.00 EUR`, "unknown-campaign name=lunch items=b02")

	last := posts(t, "b", 15, 20)
	last[0].At, last[1].At = on(t, 15, 10, 0), on(t, 20, 0, 0) // at the very end of the milestone, and of the campaign
	for i := range last {
		last[i].Labels.Campaign = "launch"
	}
	want(t, found(t, s, append(slices.Clone(ps[:2]), last...)), "outside-campaign name=launch items=b20")

	ps[0].Phase, ps[1].Phase = smm.PhasePublished, smm.PhaseFailed
	r, err := s.Report("launch", append(ps, stranger...))
	if err != nil || r.Posts != 4 || r.Published != 1 || r.Failed != 1 || r.ByChannel[ref("a")] != 3 || r.Cost != euros(12) ||
		!reflect.DeepEqual(r.Missing, map[string]int{"day": 1}) || !r.First.Equal(on(t, 12, 9, 0)) || !r.Last.Equal(on(t, 20, 9, 0)) {
		t.Errorf("report %+v, %v", r, err)
	}
	if _, err := s.Report("none", nil); !errors.Is(err, smm.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestBlackoutsBudgetAndReview(t *testing.T) {
	s := strategy.Strategy{
		Budget: euros(5), Review: on(t, 9, 0, 0),
		Blackouts: []strategy.Blackout{
			{Name: "election", From: on(t, 5, 0, 0), Until: on(t, 6, 0, 0)},
			{Name: "until nine", From: on(t, 6, 8, 0), Until: on(t, 6, 9, 0)},
			{Name: "b only", From: on(t, 7, 0, 0), Until: on(t, 8, 0, 0), Channels: []smm.Ref{ref("b")}},
		},
		Goals: []strategy.Goal{{Name: "reach", By: on(t, 9, 0, 0)}, {Name: "later", By: on(t, 11, 0, 0)}},
	}
	ps := posts(t, "a", 5, 6, 7)
	for i := range ps {
		ps[i].Cost = euros(2)
	}
	want(t, found(t, s, ps), "blackout name=election items=a05", "over-budget name=the strategy have=6.00 EUR want=5.00 EUR",
		"review-overdue name=the strategy", "goal-date-over name=reach")
	ps[0].Cost.Currency = "USD"
	got := found(t, s, ps)
	if !slices.Contains(got, "currency") {
		t.Errorf("findings %q lack the mixed currencies", got)
	}
}

// Days begin where a change of the clocks lets them begin: in Cairo on 26 April
// 2030 that is one o'clock, and in Havana likewise in March.
func TestDaysWithoutMidnight(t *testing.T) {
	cairo, err := time.LoadLocation("Africa/Cairo")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2030, 4, day, hour, 0, 0, 0, cairo) }
	if at(26, 0).Hour() == 0 {
		t.Skip("this machine's time zones have a midnight on that day in Cairo")
	}
	s := strategy.Strategy{Zone: "Africa/Cairo", Cadences: []strategy.Cadence{{Channel: ref("a"), Per: strategy.PerDay, Min: 1, Max: 1}}}
	ps := []strategy.Planned{
		{ID: "1", Channel: ref("a"), At: at(25, 23)}, {ID: "2", Channel: ref("a"), At: at(26, 1)}, {ID: "3", Channel: ref("a"), At: at(27, 0)},
	}
	r, err := strategy.Audit(&s, ps, at(25, 0), at(28, 0), at(1, 0))
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("findings %v, %v", r.Findings, err)
	}
}

func TestRefused(t *testing.T) {
	for name, spoil := range map[string]func(*strategy.Strategy){
		"schema":  func(s *strategy.Strategy) { s.Schema = 99 },
		"zone":    func(s *strategy.Strategy) { s.Zone = "Berlin" },
		"no zone": func(s *strategy.Strategy) { s.Zone = "" },
		"local":   func(s *strategy.Strategy) { s.Zone = "Local" },
		"shares": func(s *strategy.Strategy) {
			s.Pillars = []strategy.Share{{Name: "a", Target: 0.6}, {Name: "b", Target: 0.6}}
		},
		"twice":   func(s *strategy.Strategy) { s.Pillars = []strategy.Share{{Name: "a"}, {Name: "a"}} },
		"persona": func(s *strategy.Strategy) { s.Personas = []strategy.Persona{{Name: "Ann", Audience: "none"}} },
		"period":  func(s *strategy.Strategy) { s.Cadences = []strategy.Cadence{{Channel: ref("a"), Per: "year"}} },
		"min": func(s *strategy.Strategy) {
			s.Cadences = []strategy.Cadence{{Channel: ref("a"), Per: strategy.PerDay, Min: 3, Max: 2}}
		},
		"channel":  func(s *strategy.Strategy) { s.Cadences = []strategy.Cadence{{Per: strategy.PerDay}} },
		"blackout": func(s *strategy.Strategy) { s.Blackouts = []strategy.Blackout{{Name: "x"}} },
		"campaign": func(s *strategy.Strategy) { s.Campaigns = []strategy.Campaign{{Name: "x"}} },
		"milestone": func(s *strategy.Strategy) {
			s.Campaigns = []strategy.Campaign{{Name: "x", From: on(t, 1, 0, 0), Until: on(t, 2, 0, 0), Milestones: []strategy.Milestone{{At: on(t, 3, 0, 0)}}}}
		},
	} {
		s := strategy.Strategy{Zone: "UTC"}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(&s)
		if _, err := strategy.Audit(&s, nil, on(t, 1, 0, 0), on(t, 2, 0, 0), on(t, 1, 0, 0)); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, until := range []time.Time{on(t, 1, 0, 0), on(t, 1, 0, 0).AddDate(11, 0, 0)} {
		if _, err := strategy.Audit(&strategy.Strategy{Zone: "UTC"}, nil, on(t, 1, 0, 0), until, on(t, 1, 0, 0)); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("span until %s: error %v", until, err)
		}
	}
}

func TestSurvivesJSON(t *testing.T) {
	s := strategy.Strategy{
		Schema: strategy.Schema, Name: "2030", Zone: "Europe/Berlin", Budget: euros(5), Review: on(t, 1, 0, 0).UTC(),
		Audiences: []strategy.Audience{{Name: "locals", Places: []string{"Berlin"}}}, Personas: []strategy.Persona{{Name: "Ann", Audience: "locals"}},
		Cadences: []strategy.Cadence{{Channel: ref("a"), Per: strategy.PerWeek, Min: 1, MaxGap: time.Hour}},
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back strategy.Strategy
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("came back as %+v, %v", back, err)
	}
}

func TestFromRecords(t *testing.T) {
	rec := func(id string, kind smm.CreateKind, phase smm.Phase, parent string) *scheduler.Record {
		return &scheduler.Record{NotBefore: on(t, 1, 9, 0), Delivery: smm.Delivery{
			ID: id, Phase: phase, Parent: parent, Request: smm.PublishRequest{Kind: kind, Channel: ref("a"), Post: smm.Post{Labels: smm.Labels{Pillar: "news"}}},
		}}
	}
	ps := strategy.FromRecords([]*scheduler.Record{
		rec("1", smm.CreatePost, smm.PhasePreparing, ""), rec("2", smm.CreateReply, smm.PhasePreparing, ""), rec("3", smm.CreatePost, smm.PhaseCancelled, ""),
		rec("4", smm.CreatePost, smm.PhasePublished, ""), rec("5", smm.CreatePost, smm.PhaseWaiting, "1"),
	})
	if len(ps) != 2 || ps[0].ID != "1" || ps[1].ID != "4" || ps[0].Labels.Pillar != "news" || !ps[0].At.Equal(on(t, 1, 9, 0)) {
		t.Errorf("posts %+v", ps)
	}
}
