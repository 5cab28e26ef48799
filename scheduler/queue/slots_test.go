package queue

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/recur"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// Worked out by hand. Clocks in Berlin went from 02:00 to 03:00 on Sunday, 29
// March 2026, and back from 03:00 on Sunday, 25 October.
func TestSlots(t *testing.T) {
	for _, c := range []struct {
		name        string
		times       []string
		gap         time.Duration
		from, until string
		want        string
	}{
		{"an ordinary week", []string{"MO 09:00", "TH 18:30"}, 0, "2026-03-02T00:00Z", "2026-03-16T00:00Z", "02T08:00 05T17:30 09T08:00 12T17:30"},
		{"from is in, until is not", []string{"MO 09:00"}, 0, "2026-03-02T08:00Z", "2026-03-09T08:00Z", "02T08:00"},
		{"the same time on the wall", []string{"SA 09:00", "MO 09:00"}, 0, "2026-03-28T00:00Z", "2026-03-31T00:00Z", "28T08:00 30T07:00"},
		{"moved behind the gap", []string{"SU 02:30"}, 0, "2026-03-21T00:00Z", "2026-04-06T00:00Z", "22T01:30 29T01:30 05T00:30"},
		{"moved onto another slot", []string{"SU 02:30", "SU 03:30"}, 0, "2026-03-29T00:00Z", "2026-03-30T00:00Z", "29T01:30"},
		{"moved too near to another", []string{"SU 02:30", "SU 03:00"}, 30 * time.Minute, "2026-03-29T00:00Z", "2026-03-30T00:00Z", "29T01:00 29T01:30"},
		{"moved nearer than MinGap", []string{"SU 02:30", "SU 03:15"}, 30 * time.Minute, "2026-03-29T00:00Z", "2026-03-30T00:00Z", "29T01:15"},
		{"the gap brings two together", []string{"SU 01:45", "SU 03:15"}, time.Hour, "2026-03-29T00:00Z", "2026-03-30T00:00Z", "29T00:45"},
		{"over some days", []string{"MO 00:00", "TH 11:45"}, 83*time.Hour + 30*time.Minute, "2026-03-29T12:00Z", "2026-03-31T00:00Z", ""},
		{"over some days in another week", []string{"MO 00:00", "TH 11:45"}, 83*time.Hour + 30*time.Minute, "2026-03-22T12:00Z", "2026-03-24T00:00Z", "22T23:00"},
		{"the first of two", []string{"SU 02:30", "SU 03:00"}, 0, "2026-10-25T00:00Z", "2026-10-26T00:00Z", "25T00:30 25T02:00"},
	} {
		q := berlin(t, c.times...)
		q.MinGap = c.gap
		if err := q.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := starts(q.Slots(main(), at(c.from), at(c.until))); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSlotNames(t *testing.T) {
	s := berlin(t, "SU 02:30").Slots(main(), at("2026-03-29T00:00Z"), at("2026-03-30T00:00Z"))
	if len(s) != 1 || s[0].Name != "queue/tips/"+main().String()+"/2026-03-29T01:30:00Z" ||
		s[0].Kind != civil.Gap || s[0].Civil.String() != "2026-03-29T02:30" || s[0].Channel != main() || !s[0].At.Equal(s[0].Start) {
		t.Errorf("%+v", s)
	}
	if other := schedulertest.Channel("other"); len(berlin(t, "SU 02:30").Slots(other, at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z"))) != 0 {
		t.Error("slots of a channel that the queue has not")
	}
}

// Samoa had no 30 December 2011, a Friday.
func TestSkippedDay(t *testing.T) {
	q := berlin(t, "FR 10:00", "SA 10:00")
	q.Zone = zone(t, "Pacific/Apia")
	s := q.Slots(main(), at("2011-12-29T00:00Z"), at("2012-01-01T00:00Z"))
	if starts(s) != "30T20:00" || s[0].Kind != civil.Exact || s[0].Civil.String() != "2011-12-31T10:00" {
		t.Errorf("%+v", s)
	}
	q.Times = q.Times[:1]
	if s := q.Slots(main(), at("2011-12-29T00:00Z"), at("2012-01-01T00:00Z")); starts(s) != "30T20:00" || s[0].Kind != civil.Gap {
		t.Errorf("%+v", s)
	}
	q.Blackouts = []Blackout{{From: civil.Date{Year: 2011, Month: 12, Day: 31}, Until: civil.Date{Year: 2011, Month: 12, Day: 31}}}
	if s := q.Slots(main(), at("2011-12-29T00:00Z"), at("2012-01-01T00:00Z")); len(s) != 0 {
		t.Errorf("moved into a blackout: %+v", s)
	}
}

// A window shows what a larger one shows of it, in every zone that is odd, with
// MinGap, jitter, blackouts and proposals; and slots keep their distance.
func TestSlotsDoNotDependOnTheWindow(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia", "UTC"} {
		q := berlin(t, "SU 01:00", "SU 02:15", "SU 03:30", "WE 12:00", "FR 23:59", "SA 00:59")
		q.Zone, q.MinGap, q.Jitter, q.Seed = zone(t, name), 40*time.Minute, 20*time.Minute, 7
		q.Blackouts = []Blackout{{From: civil.Date{Year: 2011, Month: 5, Day: 1}, Until: civil.Date{Year: 2011, Month: 5, Day: 9}}}
		for i := range 40 {
			q.Proposals = append(q.Proposals, smm.Slot{Start: at("2011-03-01T00:00Z").Add(time.Duration(i*i) * 5 * time.Hour), Score: float64(i % 7)})
		}
		if err := q.Check(); err != nil {
			t.Fatal(err)
		}
		begin, end := at("2011-01-01T00:00Z"), at("2012-02-01T00:00Z")
		all := q.Slots(main(), begin, end)
		var pieces []Slot
		for from := begin; from.Before(end); from = from.Add(31 * time.Hour) {
			until := from.Add(31 * time.Hour)
			if until.After(end) {
				until = end
			}
			pieces = append(pieces, q.Slots(main(), from, until)...)
		}
		if !reflect.DeepEqual(all, pieces) || len(all) < 300 {
			t.Errorf("%s: %d slots at once, %d in pieces", name, len(all), len(pieces))
		}
		for i, s := range all {
			if i > 0 && s.At.Sub(all[i-1].At) < q.MinGap {
				t.Errorf("%s: %s and %s are closer than MinGap", name, all[i-1].At, s.At)
			}
			if d := s.At.Sub(s.Start); d < 0 || d >= q.Jitter {
				t.Errorf("%s: %s is delayed by %s", name, s.Name, d)
			}
			if q.black(civil.In(s.At, q.Zone).Date) || q.black(s.Civil.Date) {
				t.Errorf("%s: %s is in a blackout", name, s.At)
			}
		}
	}
}

func TestProposals(t *testing.T) {
	q := berlin(t, "MO 09:00")
	q.MinGap = time.Hour
	q.Channels = append(q.Channels, schedulertest.Channel("other"))
	q.Proposals = []smm.Slot{
		{Start: at("2026-03-03T10:00Z"), Score: 1.1},
		{Start: at("2026-03-03T10:30Z"), Score: 1.4, Reason: "lunch"}, // better than the one before
		{Start: at("2026-03-02T08:30Z"), Score: 9},                    // too near to Monday's
		{Start: at("2026-03-04T10:00Z"), Channel: schedulertest.Channel("other")},
		{Start: at("2026-03-03T11:30Z"), Score: 1.2},
		{Start: at("2026-03-06T11:30Z"), Score: 1.2}, // blacked out
	}
	q.Blackouts = []Blackout{{From: civil.Date{Year: 2026, Month: 3, Day: 6}, Until: civil.Date{Year: 2026, Month: 3, Day: 6}}}
	got := q.Slots(main(), at("2026-03-01T00:00Z"), at("2026-03-08T00:00Z"))
	if starts(got) != "02T08:00 03T10:30 03T11:30" || got[1].Reason != "lunch" || got[1].Score != 1.4 {
		t.Errorf("%+v", got)
	}
	if got := starts(q.Slots(schedulertest.Channel("other"), at("2026-03-01T00:00Z"), at("2026-03-08T00:00Z"))); got != "02T08:00 03T10:30 03T11:30 04T10:00" {
		t.Error(got)
	}
}

func TestJitter(t *testing.T) {
	q := berlin(t, "MO 09:00", "TU 09:00", "WE 09:00", "TH 09:00", "FR 09:00")
	q.Jitter = 30 * time.Minute
	delays := make(map[time.Duration]bool)
	for _, s := range q.Slots(main(), at("2026-01-01T00:00Z"), at("2026-12-31T00:00Z")) {
		delays[s.At.Sub(s.Start)] = true
	}
	if len(delays) < 150 {
		t.Errorf("only %d different delays", len(delays))
	}
	a := q.Slots(main(), at("2026-03-02T00:00Z"), at("2026-03-03T00:00Z"))[0]
	q.Seed++
	if b := q.Slots(main(), at("2026-03-02T00:00Z"), at("2026-03-03T00:00Z"))[0]; b.Name != a.Name || b.At.Equal(a.At) {
		t.Errorf("another seed: %v, was %v", b, a)
	}
	// A delay never leads into a day that is kept free.
	q = berlin(t, "MO 23:59")
	q.Jitter = 12 * time.Hour
	q.Blackouts = []Blackout{{From: civil.Date{Year: 2026, Month: 3, Day: 3}, Until: civil.Date{Year: 2026, Month: 3, Day: 3}}}
	if s := q.Slots(main(), at("2026-03-02T00:00Z"), at("2026-03-04T00:00Z")); len(s) != 1 || !s[0].At.Equal(s[0].Start) {
		t.Errorf("%+v", s)
	}
}

func TestQueueCheck(t *testing.T) {
	for name, change := range map[string]func(q *Queue){
		"no name":         func(q *Queue) { q.Name = "" },
		"a slash":         func(q *Queue) { q.Name = "a/b" },
		"a long name":     func(q *Queue) { q.Name = strings.Repeat("a", 65) },
		"no zone":         func(q *Queue) { q.Zone = civil.Zone{} },
		"no channels":     func(q *Queue) { q.Channels = nil },
		"no channel":      func(q *Queue) { q.Channels = []smm.Ref{main().WithKind(smm.KindPost, "1")} },
		"a channel twice": func(q *Queue) { q.Channels = append(q.Channels, main()) },
		"no times":        func(q *Queue) { q.Times = nil },
		"too many times":  func(q *Queue) { q.Times = slices.Repeat(q.Times, 1001) },
		"a time twice":    func(q *Queue) { q.Times = append(q.Times, q.Times[0]) },
		"no day":          func(q *Queue) { q.Times[0].Day = 0 },
		"seconds":         func(q *Queue) { q.Times[0].At.Second = 1 },
		"too close":       func(q *Queue) { q.Times = times(t, "MO 09:00", "MO 09:30"); q.MinGap = time.Hour },
		"too close by jitter": func(q *Queue) {
			q.Times = times(t, "MO 09:00", "MO 10:00")
			q.MinGap, q.Jitter = time.Hour, time.Second
		},
		"too close round the end of the week": func(q *Queue) {
			q.Times = times(t, "MO 00:10", "SU 23:50")
			q.MinGap = time.Hour
		},
		"a negative gap":      func(q *Queue) { q.MinGap = -1 },
		"a long gap":          func(q *Queue) { q.MinGap = 6 * 24 * time.Hour },
		"a negative jitter":   func(q *Queue) { q.Jitter = -1 },
		"a long jitter":       func(q *Queue) { q.Jitter = 24 * time.Hour },
		"a negative horizon":  func(q *Queue) { q.Horizon = -1 },
		"a long horizon":      func(q *Queue) { q.Horizon = 4000 * 24 * time.Hour },
		"a foreign proposal":  func(q *Queue) { q.Proposals = []smm.Slot{{Start: time.Now(), Channel: schedulertest.Channel("x")}} },
		"a timeless proposal": func(q *Queue) { q.Proposals = []smm.Slot{{}} },
		"a blackout backwards": func(q *Queue) {
			q.Blackouts = []Blackout{{From: civil.Date{Year: 2026, Month: 2, Day: 2}, Until: civil.Date{Year: 2026, Month: 2, Day: 1}}}
		},
		"a blackout of no days": func(q *Queue) { q.Blackouts = []Blackout{{}} },
	} {
		q := berlin(t, "MO 09:00")
		change(q)
		wantErr(t, name, q.Check(), smm.ErrInvalid)
	}
}

func TestQueueJSON(t *testing.T) {
	q := berlin(t, "MO 09:00", "SU 18:30")
	q.Proposals = []smm.Slot{{Start: at("2026-03-03T10:00Z"), Score: 1.1}}
	q.Blackouts = []Blackout{{From: civil.Date{Year: 2026, Month: 12, Day: 24}, Until: civil.Date{Year: 2026, Month: 12, Day: 26}, Reason: "Christmas"}}
	q.MinGap, q.Paused = time.Hour, true
	b, err := json.Marshal(q)
	if err != nil || !strings.Contains(string(b), `"zone":"Europe/Berlin"`) || !strings.Contains(string(b), `"times":["MO 09:00","SU 18:30"]`) {
		t.Fatalf("%s %v", b, err)
	}
	var r Queue
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(r)
	if err != nil || string(again) != string(b) {
		t.Errorf("%s %v, want %s", again, err, b)
	}
	if got, want := r.Slots(main(), at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z")), q.Slots(main(), at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z")); starts(got) != starts(want) {
		t.Error("other slots after JSON")
	}
	for _, bad := range []string{"", "MO", "MO 9:00", "XX 09:00", "MO 09:00:01", "MO  09:00", "09:00", "MO 24:00"} {
		if _, err := ParseWeekly(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if w, err := ParseWeekly("mo 09:00"); err != nil || w.Day != recur.MO {
		t.Error(w, err)
	}
	if _, err := json.Marshal(Weekly{}); err == nil {
		t.Error("a time without a day was written")
	}
}
