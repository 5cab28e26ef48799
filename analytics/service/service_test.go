package service_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/service"
	"github.com/smmkit/smmkit/smm"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// talk makes a conversation of "kind minute" pairs, minutes after monday.
func talk(events ...any) service.Conversation {
	var c service.Conversation
	for i := 0; i < len(events); i += 2 {
		c.Events = append(c.Events, service.Event{Kind: events[i].(service.EventKind), At: asOf(events[i+1].(int)).AsOf})
	}
	return c
}

const (
	in, reply, auto     = service.EventInbound, service.EventReply, service.EventAutoReply
	wait, resume        = service.EventWaiting, service.EventResumed
	resolved, reopening = service.EventResolved, service.EventReopened
)

func asOf(minutes int) service.Options {
	return service.Options{AsOf: monday.Add(time.Duration(minutes) * time.Minute)}
}

func TestFirstResponseAndResolution(t *testing.T) {
	const open, none = "open", "none"
	for name, c := range map[string]struct {
		c                    service.Conversation
		first, resolution    int // minutes
		firstIs, resolution2 string
	}{
		"answered and resolved":      {talk(in, 0, reply, 10, resolved, 30), 10, 30, "", ""},
		"order does not matter":      {talk(resolved, 30, reply, 10, in, 0), 10, 30, "", ""},
		"the first message":          {talk(in, 0, in, 5, reply, 10, reply, 20), 10, 100, "", open},
		"a machine is no answer":     {talk(in, 0, auto, 1, reply, 12), 12, 100, "", open},
		"nobody answered":            {talk(in, 40), 60, 60, open, open},
		"we began":                   {talk(reply, 0, in, 10, reply, 25, resolved, 26), 15, 16, "", ""},
		"nobody wrote":               {talk(reply, 0, resolved, 3), 0, 0, none, none},
		"resolved unanswered":        {talk(in, 0, resolved, 3), 0, 3, none, ""},
		"answered when it came back": {talk(in, 0, resolved, 3, in, 50, reply, 52), 0, 53, none, open},
		"opened again":               {talk(in, 0, reply, 1, resolved, 10, in, 60, reply, 61, resolved, 80), 1, 30, "", ""},
		"opened again, by us":        {talk(in, 0, reply, 1, resolved, 10, reopening, 60), 1, 50, "", open},
		"resolved twice":             {talk(in, 0, reply, 1, resolved, 10, resolved, 20), 1, 10, "", ""},
		"later than asked":           {talk(in, 0, reply, 101, resolved, 102), 100, 100, open, open},
		"waiting counts":             {talk(in, 0, reply, 1, wait, 2, in, 50, resolved, 60), 1, 60, "", ""},
	} {
		check := func(what string, times service.Times, err error, minutes int, state string) {
			t.Helper()
			if err != nil {
				t.Fatal(name, err)
			}
			want := time.Duration(minutes) * time.Minute
			d, known := times.Mean.Duration()
			least, some := times.Mean.AtLeast()
			switch {
			case state == none:
				if some || times.N != 0 || times.Mean.State != analytics.StateUndefined {
					t.Errorf("%s: %s is %v of %d", name, what, times.Mean, times.N)
				}
			case state == open:
				if known || least != want || times.Open != 1 {
					t.Errorf("%s: %s is %v, want at least %s", name, what, times.Mean, want)
				}
			case !known || d != want || times.Open != 0:
				t.Errorf("%s: %s is %v, want %s", name, what, times.Mean, want)
			}
		}
		before := slices.Clone(c.c.Events)
		times, err := service.FirstResponse([]service.Conversation{c.c}, asOf(100))
		check("first response", times, err, c.first, c.firstIs)
		if wantLeft := c.firstIs == none && name != "nobody wrote"; (times.LeftOut == 1) != wantLeft {
			t.Errorf("%s: %d left out", name, times.LeftOut)
		}
		times, err = service.Resolution([]service.Conversation{c.c}, asOf(100))
		check("resolution", times, err, c.resolution, c.resolution2)
		if !slices.Equal(before, c.c.Events) {
			t.Errorf("%s: the caller's events were reordered", name)
		}
	}
}

func TestBusinessHoursInFigures(t *testing.T) {
	o := asOf(60 * 24 * 7)
	o.Hours = hours(t, "Mon-Fri 09:00-17:00", nil)
	c := []service.Conversation{talk(in, 7*60, reply, 24*60+30, resolved, 24*60+60)} // Monday 16:00, Tuesday 9:30, 10:00
	first, err := service.FirstResponse(c, o)
	if d, ok := first.Median.Duration(); err != nil || !ok || d != 90*time.Minute {
		t.Errorf("first response %v %v", first.Median, err)
	}
	solved, err := service.Resolution(c, o)
	if d, ok := solved.Median.Duration(); err != nil || !ok || d != 2*time.Hour {
		t.Errorf("resolution %v %v", solved.Median, err)
	}
}

// Ten cases, worked by hand: what is open moves the figures up.
func TestOpenOnesAreNotDropped(t *testing.T) {
	var obs []service.Observation
	for i := 1; i <= 10; i++ {
		obs = append(obs, service.Observation{Took: time.Duration(i) * time.Hour, Ended: true})
	}
	times, err := service.Summarize(obs, 0)
	if err != nil {
		t.Fatal(err)
	}
	median, _ := times.Median.Duration()
	p90, _ := times.P90.Duration()
	mean, _ := times.Mean.Duration()
	if median != 5*time.Hour || p90 != 9*time.Hour || mean != 5*time.Hour+30*time.Minute {
		t.Errorf("all ended: median %s, p90 %s, mean %s", median, p90, mean)
	}
	// The third and fifth go on: S is 0.9, 0.8, (6/7)0.8, (4/5)(6/7)0.8 = 0.549, then 0.411 at 7.
	obs[2].Ended, obs[4].Ended = false, false
	times, err = service.Summarize(obs, 0)
	if median, ok := times.Median.Duration(); err != nil || !ok || median != 7*time.Hour {
		t.Errorf("two open: median %v, want 7h; %v", times.Median, err)
	}
	if _, ok := times.Mean.Duration(); ok || times.Mean.State != analytics.StateIncomplete || times.Mean.Reason != "2 of 10 are still open" {
		t.Errorf("two open: mean %v (%s)", times.Mean, times.Mean.Reason)
	}
	// Area below S, in hours: 1 + .9 + 2(.8) + .8(6/7)2 + ... up to 10.
	s := 0.8 * 6 / 7
	area := 1 + 0.9 + 0.8*2 + s*2 + s*4/5 + s*3/5 + s*2/5 + s*1/5
	if got, _ := times.Mean.AtLeast(); math.Abs(got.Hours()-area) > 1e-9 {
		t.Errorf("two open: mean at least %v, want %v hours", got.Hours(), area)
	}
	for i := range obs {
		obs[i].Ended = i < 3
	}
	times, err = service.Summarize(obs, 0)
	if least, ok := times.Median.AtLeast(); err != nil || !ok || least != 10*time.Hour || times.Median.String() != "at least 10h0m0s" {
		t.Errorf("seven open: median %v %v", times.Median, err)
	}
	b, err := json.Marshal(times)
	if err != nil || !strings.Contains(string(b), `"state":"incomplete","reason":"too many are still open"`) {
		t.Errorf("%s %v", b, err)
	}
}

// The interval of the median of what is partly open covers the truth.
func TestMedianCovers(t *testing.T) {
	const runs, n = 1000, 80
	covered, open := 0, 0
	seed := uint64(5)
	random := func() float64 { // 53 bits of a linear congruential generator
		seed = seed*6364136223846793005 + 1442695040888963407
		return (float64(seed>>11) + 0.5) / (1 << 53)
	}
	for range runs {
		var obs []service.Observation
		for range n {
			took, seen := -math.Log(random()), 2*random()
			obs = append(obs, service.Observation{Took: time.Duration(min(took, seen) * float64(time.Hour)), Ended: took <= seen})
			if took > seen {
				open++
			}
		}
		times, err := service.Summarize(obs, 0)
		if err != nil {
			t.Fatal(err)
		}
		truth := seconds(3600 * math.Ln2)
		if m := times.Median; m.Low != nil && *m.Low <= truth && (m.High == nil || *m.High >= truth) {
			covered++
		}
	}
	t.Logf("95 %% interval of the median covers in %.1f %% of %d runs, %.0f %% of the cases open", 100*float64(covered)/runs, runs, 100*float64(open)/runs/n)
	if covered < runs*93/100 || covered > runs*98/100 {
		t.Errorf("covered %d of %d", covered, runs)
	}
}

func TestResponseRate(t *testing.T) {
	all := []service.Conversation{
		talk(in, 0, reply, 10), talk(in, 0, reply, 50), talk(in, 0), talk(in, 85), talk(in, 90, resolved, 91), talk(reply, 0),
	}
	for _, c := range []struct {
		within          time.Duration
		num, den, young int
	}{{0, 2, 5, 0}, {30 * time.Minute, 1, 4, 1}, {50 * time.Minute, 2, 4, 1}, {10 * time.Minute, 1, 5, 0}} {
		r, err := service.ResponseRate(all, c.within, asOf(100))
		if err != nil {
			t.Fatal(err)
		}
		if r.Num.Total != int64(c.num) || r.Den.Total != int64(c.den) || r.LeftOut != c.young {
			t.Errorf("within %s: %d of %d, %d left out; want %d of %d, %d", c.within, r.Num.Total, r.Den.Total, r.LeftOut, c.num, c.den, c.young)
		}
	}
	r, err := service.ResponseRate(nil, 0, asOf(0))
	if _, ok := r.Float64(); ok || err != nil {
		t.Errorf("no conversations: %v %v", r, err)
	}
}

func TestReopenedRate(t *testing.T) {
	r, err := service.ReopenedRate([]service.Conversation{
		talk(in, 0, resolved, 1, in, 2, resolved, 3, in, 4), talk(in, 0, resolved, 1), talk(in, 0), talk(in, 0, resolved, 1, reopening, 5), talk(in, 0, resolved, 1, in, 200),
	}, monday.Add(100*time.Minute))
	if err != nil || r.Num.Total != 2 || r.Den.Total != 4 {
		t.Errorf("%d of %d, %v; want 2 of 4", r.Num.Total, r.Den.Total, err)
	}
}

func TestBacklog(t *testing.T) {
	all := []service.Conversation{
		talk(in, 0), talk(in, 0, reply, 5), talk(in, 0, reply, 5, in, 6), talk(in, 40), talk(in, 41), talk(in, 99), talk(in, 0, resolved, 5), talk(reply, 0), talk(in, 0, resolved, 5, in, 95),
	}
	got, err := service.Backlog(all, monday.Add(100*time.Minute), time.Hour, 90*time.Minute)
	want := []service.AgeGroup{{0, time.Hour, 2, 2}, {time.Hour, 90 * time.Minute, 1, 1}, {90 * time.Minute, 0, 4, 3}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v\nwant %v", got, err, want)
	}
	if got, err := service.Backlog(nil, monday); err != nil || !slices.Equal(got, []service.AgeGroup{{}}) {
		t.Errorf("no edges: %v %v", got, err)
	}
}

func TestSLA(t *testing.T) {
	urgent := func(c service.Conversation) service.Conversation { c.Priority = "urgent"; return c }
	label := func(c service.Conversation, l ...string) service.Conversation { c.Labels = l; return c }
	all := []service.Conversation{
		urgent(talk(in, 0, reply, 15, resolved, 60)),                       // exactly in time
		urgent(talk(in, 0, reply, 16, resolved, 61)),                       // both a minute late
		urgent(label(talk(in, 90), "refund")),                              // open, not due; the first target that fits
		urgent(talk(in, 0)),                                                // open and overdue
		urgent(talk(in, 0, resolved, 2)),                                   // resolved without a reply
		label(talk(in, 0, reply, 10, in, 70, resolved, 80), "x", "refund"), // 20 minutes were ours
		label(talk(in, 0, reply, 5, wait, 6, in, 90), "refund"),            // 15 so far
		talk(in, 0),
		talk(reply, 0),
	}
	targets := []service.Target{
		{Name: "urgent", Priority: "urgent", FirstResponse: 15 * time.Minute, Resolution: time.Hour},
		{Name: "refunds", Label: "refund", Resolution: 20 * time.Minute, Pause: service.PauseAfterReply},
	}
	got, unmatched, err := service.SLA(all, targets, asOf(100))
	if err != nil || unmatched != 1 || len(got) != 2 {
		t.Fatal(got, unmatched, err)
	}
	check := func(what string, a service.Attainment, met, missed, open, left int) {
		t.Helper()
		if a.Met != met || a.Missed != missed || a.Open != open || a.LeftOut != left {
			t.Errorf("%s: met %d, missed %d, open %d, left out %d; want %d %d %d %d", what, a.Met, a.Missed, a.Open, a.LeftOut, met, missed, open, left)
		}
		if v, ok := a.Rate.Float64(); met+missed > 0 && (!ok || v != float64(met)/float64(met+missed)) {
			t.Errorf("%s: rate %v", what, a.Rate)
		}
	}
	check("urgent, first", got[0].FirstResponse, 1, 2, 1, 1)
	check("urgent, resolution", got[0].Resolution, 2, 2, 1, 0)
	check("refunds, resolution", got[1].Resolution, 1, 0, 1, 0)
	if got[1].FirstResponse.Promised != 0 || got[1].FirstResponse.Rate.State != analytics.StateUndefined {
		t.Errorf("nothing was promised: %+v", got[1].FirstResponse)
	}
	if got[0].Conversations != 5 || got[1].Conversations != 2 {
		t.Errorf("%d and %d conversations", got[0].Conversations, got[1].Conversations)
	}
}

func TestPauses(t *testing.T) {
	c := talk(in, 0, reply, 10, wait, 30, resume, 40, wait, 50, in, 60, resolved, 100)
	for pause, ours := range map[service.Pause]time.Duration{
		service.PauseNever:      100 * time.Minute,
		service.PauseWaiting:    80 * time.Minute,
		service.PauseAfterReply: 50 * time.Minute,
	} {
		for _, d := range []struct {
			promised    time.Duration
			met, missed int
		}{{ours, 1, 0}, {ours - time.Second, 0, 1}} {
			got, _, err := service.SLA([]service.Conversation{c}, []service.Target{{Resolution: d.promised, Pause: pause}}, asOf(200))
			if err != nil || got[0].Resolution.Met != d.met || got[0].Resolution.Missed != d.missed {
				t.Errorf("pause %q, promised %s: %+v %v", pause, d.promised, got, err)
			}
		}
	}
	// The hours of the target hold, for both clocks.
	weekend := talk(in, 60*24*4+7*60, reply, 60*24*7+30, resolved, 60*24*7+60) // Friday 16:00, Monday 9:30, 10:00
	h := hours(t, "Mon-Fri 09:00-17:00", nil)
	got, _, err := service.SLA([]service.Conversation{weekend}, []service.Target{{FirstResponse: 90 * time.Minute, Resolution: 2 * time.Hour, Hours: h}}, asOf(60*24*8))
	if err != nil || got[0].FirstResponse.Met != 1 || got[0].Resolution.Met != 1 {
		t.Errorf("over a weekend: %+v %v", got, err)
	}
}

func TestTargetsFitChannels(t *testing.T) {
	x := smm.Ref{Platform: "x", Kind: smm.KindChannel, ID: "1"}
	c := talk(in, 0, reply, 1)
	c.Channel = x
	targets := []service.Target{
		{Name: "other", Channel: smm.Ref{Platform: "x", Kind: smm.KindChannel, ID: "2"}, FirstResponse: time.Hour},
		{Name: "this", Channel: x, FirstResponse: time.Hour},
	}
	got, _, err := service.SLA([]service.Conversation{c}, targets, asOf(10))
	if err != nil || got[0].Conversations != 0 || got[1].Conversations != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestFromMessagesAndEpisodes(t *testing.T) {
	ch := smm.Ref{Platform: "x", Kind: smm.KindChannel, ID: "1"}
	message := func(minute int, own bool) smm.Message {
		return smm.Message{Channel: ch, Own: own, At: monday.Add(time.Duration(minute) * time.Minute)}
	}
	gone := message(1, true)
	gone.Deleted = true
	c := service.FromMessages(smm.Ref{ID: "t"}, []smm.Message{message(0, false), gone, {Own: true}, message(9, true)})
	want := talk(in, 0, reply, 9)
	if !slices.Equal(c.Events, want.Events) || c.Channel != ch || c.Ref.ID != "t" {
		t.Errorf("%+v", c)
	}

	c = talk(in, 0, reply, 5, resolved, 10, in, 15, resolved, 20, reply, 25, in, 2000, reply, 2001)
	c.Labels, c.Priority = []string{"a"}, "p"
	got := c.Episodes(time.Hour)
	if len(got) != 2 || len(got[0].Events) != 6 || len(got[1].Events) != 2 || got[1].Priority != "p" || !slices.Equal(got[1].Labels, c.Labels) {
		t.Errorf("%+v", got)
	}
	if got := talk(in, 0, in, 9000).Episodes(time.Hour); len(got) != 1 {
		t.Errorf("without a resolution: %+v", got)
	}
	if got := (service.Conversation{}).Episodes(time.Hour); len(got) != 0 {
		t.Errorf("without events: %+v", got)
	}
}

func TestScoresUndefined(t *testing.T) {
	s, err := service.CSAT(0, 0, 0)
	if _, ok := s.Float64(); ok || err != nil || s.State != analytics.StateUndefined || s.String() != "undefined: nobody answered" {
		t.Errorf("CSAT of nobody: %v %v", s, err)
	}
	s, err = service.NPS(0, 0, 0, 0)
	if _, ok := s.Float64(); ok || err != nil || s.State != analytics.StateUndefined {
		t.Errorf("NPS of nobody: %v %v", s, err)
	}
	s, err = service.NPS(12, 0, 0, 0)
	v, ok := s.Float64()
	if _, _, bounds := s.Bounds(); !ok || v != 1 || bounds || err != nil || s.State != analytics.StateIncomplete {
		t.Errorf("NPS of promoters: %v %v", s, err)
	}
}

func TestScoresOfRatings(t *testing.T) {
	s, err := service.CSATOf([]int{1, 2, 3, 4, 5}, 0)
	if v, _ := s.Float64(); err != nil || v != 0.4 || s.N != 5 {
		t.Errorf("CSAT %v %v", s, err)
	}
	s, err = service.NPSOf([]int{0, 6, 7, 8, 9, 10, 10}, 0)
	if v, _ := s.Float64(); err != nil || math.Abs(v-1./7) > 1e-15 || s.N != 7 {
		t.Errorf("NPS %v %v", s, err)
	}
}

func TestRefused(t *testing.T) {
	first := func(_ any, err error) error { return err }
	one := []service.Conversation{talk(in, 0)}
	sla := func(c []service.Conversation, o service.Options, targets ...service.Target) error {
		_, _, err := service.SLA(c, targets, o)
		return err
	}
	for name, err := range map[string]error{
		"no AsOf":      first(service.FirstResponse(one, service.Options{})),
		"no AsOf, SLA": sla(one, service.Options{}),
		"no time":      first(service.Resolution([]service.Conversation{{Events: []service.Event{{Kind: in}}}}, asOf(1))),
		"unknown kind": first(service.ReopenedRate([]service.Conversation{talk(service.EventKind("sneezed"), 0)}, monday)),
		"level":        first(service.FirstResponse(one, service.Options{AsOf: monday, Level: 95})),
		"SLA level":    sla(one, service.Options{AsOf: monday, Level: 2}),
		"empty target": sla(one, asOf(1), service.Target{Name: "t"}),
		"negative":     sla(one, asOf(1), service.Target{FirstResponse: -1, Resolution: 1}),
		"pause":        sla(one, asOf(1), service.Target{FirstResponse: 1, Pause: "often"}),
		"within":       first(service.ResponseRate(one, -1, asOf(1))),
		"edges":        first(service.Backlog(one, monday, time.Hour, time.Hour)),
		"edge 0":       first(service.Backlog(one, monday, 0)),
		"duration":     first(service.Summarize([]service.Observation{{Took: -1}}, 0)),
		"satisfied":    first(service.CSAT(2, 1, 0)),
		"rating":       first(service.CSATOf([]int{0}, 0)),
		"NPS rating":   first(service.NPSOf([]int{11}, 0)),
		"NPS count":    first(service.NPS(-1, 2, 3, 0)),
		"NPS overflow": first(service.NPS(math.MaxInt64, 1, 1, 0)),
		"NPS level":    first(service.NPS(1, 1, 1, 1)),
	} {
		if !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v, want an error that matches smm.ErrInvalid", name, err)
		}
	}
}
