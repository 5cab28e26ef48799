package recur

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // for machines without a database

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/smm"
)

func at(s string) civil.DateTime {
	dt, err := civil.ParseDateTime(s)
	if err != nil {
		panic(err)
	}
	return dt
}

func civilZone(t testing.TB, name string) civil.Zone {
	t.Helper()
	z, err := civil.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func set(t testing.TB, zone, start, rule string) *Set {
	t.Helper()
	s := &Set{Start: at(start), Zone: civilZone(t, zone)}
	if rule != "" {
		r, err := Parse(rule)
		if err != nil {
			t.Fatal(err)
		}
		s.Rule = &r
	}
	return s
}

// walls writes the wall times of the first n occurrences; "..." follows if there
// are more.
func walls(t testing.TB, seq iter.Seq2[Occurrence, error], n int) string {
	t.Helper()
	var out []string
	for o, err := range seq {
		if err != nil {
			out = append(out, err.Error())
			break
		}
		if len(out) == n {
			out = append(out, "...")
			break
		}
		out = append(out, o.Civil.String())
	}
	return strings.Join(out, " ")
}

// dates shortens a list of days at 09:00.
func dates(s string) string {
	f := strings.Fields(s)
	for i := range f {
		if f[i] != "..." && len(f[i]) == 10 {
			f[i] += "T09:00"
		}
	}
	return strings.Join(f, " ")
}

// Worked out on paper with a calendar. 2026 begins on a Thursday.
func TestByHand(t *testing.T) {
	for _, c := range []struct{ start, rule, want string }{
		{"2026-01-01", "FREQ=DAILY;COUNT=3", "2026-01-01 2026-01-02 2026-01-03"},
		{"2026-01-30", "FREQ=DAILY;INTERVAL=10", "2026-01-30 2026-02-09 2026-02-19 2026-03-01 ..."},
		{"2026-01-01", "FREQ=DAILY;UNTIL=20260102", "2026-01-01 2026-01-02"},
		{"2026-01-01", "FREQ=DAILY;UNTIL=20260102T085959", "2026-01-01"},
		{"2026-01-01", "FREQ=DAILY;UNTIL=20260102T090000", "2026-01-01 2026-01-02"},
		{"2026-01-01", "FREQ=DAILY;UNTIL=20260102T080000Z", "2026-01-01 2026-01-02"}, // 09:00 in Berlin
		{"2026-01-01", "FREQ=DAILY;UNTIL=20260102T075959Z", "2026-01-01"},
		{"2026-01-01", "FREQ=DAILY;UNTIL=20251231", ""},
		{"2026-01-30", "FREQ=DAILY;BYMONTH=2;BYDAY=MO", "2026-02-02 2026-02-09 2026-02-16 2026-02-23 ..."},
		{"2026-01-01", "FREQ=DAILY;BYMONTHDAY=13;BYDAY=FR", "2026-02-13 2026-03-13 2026-11-13 2027-08-13 ..."},
		{"2026-01-01", "FREQ=WEEKLY", "2026-01-01 2026-01-08 2026-01-15 2026-01-22 ..."},
		{"2026-01-01", "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=4", "2026-01-02 2026-01-05 2026-01-07 2026-01-09"},
		{"2026-01-06", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO;COUNT=4", "2026-01-06 2026-01-11 2026-01-20 2026-01-25"},
		{"2026-01-06", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4", "2026-01-06 2026-01-18 2026-01-20 2026-02-01"},
		{"2026-01-31", "FREQ=MONTHLY;COUNT=4", "2026-01-31 2026-03-31 2026-05-31 2026-07-31"},
		{"2026-01-01", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4", "2026-01-31 2026-02-28 2026-03-31 2026-04-30"},
		{"2026-01-01", "FREQ=MONTHLY;BYMONTHDAY=1,-1;COUNT=4", "2026-01-01 2026-01-31 2026-02-01 2026-02-28"},
		{"2026-01-01", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=4", "2026-01-30 2026-02-27 2026-03-27 2026-04-24"},
		{"2026-01-01", "FREQ=MONTHLY;BYDAY=1MO,3MO;COUNT=4", "2026-01-05 2026-01-19 2026-02-02 2026-02-16"},
		{"2026-01-01", "FREQ=MONTHLY;BYDAY=5SA;COUNT=4", "2026-01-31 2026-05-30 2026-08-29 2026-10-31"},
		{"2026-01-01", "FREQ=MONTHLY;BYDAY=SU,1FR;COUNT=5", "2026-01-02 2026-01-04 2026-01-11 2026-01-18 2026-01-25"},
		{"2026-01-01", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=4", "2026-01-30 2026-02-27 2026-03-31 2026-04-30"},
		{"2026-01-01", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1;COUNT=3", "2026-01-01 2026-01-30 2026-02-02"},
		{"2026-01-01", "FREQ=MONTHLY;INTERVAL=13;COUNT=3", "2026-01-01 2027-02-01 2028-03-01"},
		{"2026-01-05", "FREQ=MONTHLY;BYMONTH=3,1;COUNT=4", "2026-01-05 2026-03-05 2027-01-05 2027-03-05"},
		{"2024-02-29", "FREQ=YEARLY;COUNT=3", "2024-02-29 2028-02-29 2032-02-29"},
		{"2026-01-01", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", "2026-11-26 2027-11-25 2028-11-23"},
		{"2026-01-01", "FREQ=YEARLY;BYDAY=-1SU;COUNT=3", "2026-12-27 2027-12-26 2028-12-31"},
		{"2026-01-01", "FREQ=YEARLY;BYDAY=20MO;COUNT=2", "2026-05-18 2027-05-17"},
		{"2026-01-01", "FREQ=YEARLY;BYDAY=53TH;COUNT=2", "2026-12-31 2032-12-30"},
		{"2026-01-07", "FREQ=YEARLY;BYMONTH=6,1;COUNT=3", "2026-01-07 2026-06-07 2027-01-07"},
		{"2026-03-01", "FREQ=YEARLY;BYMONTHDAY=31;COUNT=3", "2026-03-31 2026-05-31 2026-07-31"},
		{"2026-01-01", "FREQ=YEARLY;BYMONTH=1;BYDAY=MO;BYSETPOS=2;COUNT=2", "2026-01-12 2027-01-11"},
		{"2026-01-01", "FREQ=DAILY;BYHOUR=7,9;BYMINUTE=0,30;COUNT=3", "2026-01-01T09:00 2026-01-01T09:30 2026-01-02T07:00"},
		{"2026-01-01", "FREQ=DAILY;BYHOUR=7,21;BYSETPOS=-1;COUNT=2", "2026-01-01T21:00 2026-01-02T21:00"},
		// The week of the start is whole: its first day is the Monday before.
		{"2026-01-01", "FREQ=WEEKLY;BYDAY=MO,TH,SA;BYSETPOS=1;COUNT=2", "2026-01-05 2026-01-12"},
		{"9999-12-30", "FREQ=DAILY", "9999-12-30 9999-12-31"},
		{"9999-12-30", "FREQ=WEEKLY;BYDAY=WE,TH,FR,SA", "9999-12-30 9999-12-31"},
		{"9998-01-01", "FREQ=MONTHLY;INTERVAL=12", "9998-01-01 9999-01-01"},
	} {
		s := set(t, "Europe/Berlin", c.start+"T09:00", c.rule)
		if got := walls(t, s.All(), 4+strings.Count(c.rule, "COUNT=5")); got != dates(c.want) {
			t.Errorf("%s %s:\n got %s\nwant %s", c.start, c.rule, got, dates(c.want))
		}
	}
}

func TestNever(t *testing.T) {
	for _, rule := range []string{
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=MONTHLY;BYDAY=6MO",
		"FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2MO",
		"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
		"FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20270101",
		"FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", // from an odd year
		"FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=YEARLY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29",
		"FREQ=MONTHLY;INTERVAL=12;BYMONTH=2",
	} {
		s := set(t, "UTC", "2027-01-01T09:00", rule)
		began := time.Now()
		_, err := s.After(time.Time{}, 1)
		took := time.Since(began)
		if !errors.Is(err, ErrNever) || !errors.Is(err, smm.ErrInvalid) || took > 5*time.Second {
			t.Errorf("%s: %v after %s", rule, err, took)
		}
		for _, from := range []string{"2040-01-01T00:00", "9000-01-01T00:00"} {
			if _, err := s.After(utc(from), 1); !errors.Is(err, ErrNever) {
				t.Errorf("%s from %s: %v", rule, from, err)
			}
		}
	}
	// Rare is not never.
	for rule, want := range map[string]string{
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU":      "2028-02-29T09:00",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TH":      "2052-02-29T09:00",
		"FREQ=YEARLY;INTERVAL=25;BYMONTH=2;BYMONTHDAY=29":   "2052-02-29T09:00",
		"FREQ=WEEKLY;INTERVAL=53;BYDAY=MO;BYMONTH=2":        "2034-02-06T09:00",
		"FREQ=DAILY;INTERVAL=1461;BYMONTH=1;BYMONTHDAY=2":   "2103-01-02T09:00",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU":      "2032-02-29T09:00",
		"FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=-31;BYMONTH=12": "2029-12-01T09:00",
	} {
		s := set(t, "UTC", "2027-01-01T09:00", rule)
		if got := walls(t, s.All(), 1); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
	// None is left at the end of time, which is no error where there were some.
	s := set(t, "UTC", "2027-01-01T09:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
	for _, from := range []string{"9996-06-01T00:00", "9999-06-01T00:00"} {
		if got, err := s.After(utc(from), 1); err != nil || len(got) != 0 {
			t.Errorf("from %s: %v %v", from, got, err)
		}
	}
}

func utc(s string) time.Time {
	t, _ := civil.Resolve(at(s), civil.UTC())
	return t
}

func instants(t testing.TB, seq iter.Seq2[Occurrence, error]) string {
	t.Helper()
	var out []string
	for o, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o.At.Format("02T15:04")+"="+o.Civil.Time.String()+":"+o.Kind.String())
	}
	return strings.Join(out, " ")
}

// Clocks in Berlin went from 02:00 to 03:00 on 29 March 2026, and back from 03:00
// on 25 October.
func TestGapsAndOverlaps(t *testing.T) {
	for _, c := range []struct {
		name, zone, start, rule, want string
		skip                          bool
	}{
		{"moved", "Europe/Berlin", "2026-03-28T02:30", "FREQ=DAILY;COUNT=3",
			"28T01:30=02:30:exact 29T01:30=02:30:gap 30T00:30=02:30:exact", false},
		{"skipped, and not counted", "Europe/Berlin", "2026-03-28T02:30", "FREQ=DAILY;COUNT=3",
			"28T01:30=02:30:exact 30T00:30=02:30:exact 31T00:30=02:30:exact", true},
		{"in the order of the instants", "Europe/Berlin", "2026-03-29T02:30", "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15,45;COUNT=4",
			"29T01:15=03:15:exact 29T01:45=03:45:exact 30T00:15=02:15:exact", false},
		{"the first of two", "Europe/Berlin", "2026-10-24T02:30", "FREQ=DAILY;COUNT=3",
			"24T00:30=02:30:exact 25T00:30=02:30:overlap 26T01:30=02:30:exact", false},
		{"a whole day", "Pacific/Apia", "2011-12-29T10:00", "FREQ=DAILY;COUNT=3",
			"29T20:00=10:00:exact 30T20:00=10:00:exact", false},
		{"a whole day skipped", "Pacific/Apia", "2011-12-29T10:00", "FREQ=DAILY;COUNT=3",
			"29T20:00=10:00:exact 30T20:00=10:00:exact 31T20:00=10:00:exact", true},
		{"a day between", "Pacific/Apia", "2011-12-30T10:00", "FREQ=DAILY;INTERVAL=7;COUNT=2",
			"30T20:00=10:00:gap 05T20:00=10:00:exact", false},
	} {
		s := set(t, c.zone, c.start, c.rule)
		s.SkipGaps = c.skip
		if got := instants(t, s.All()); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestExdatesAndRdates(t *testing.T) {
	s := set(t, "Europe/Berlin", "2026-01-01T09:00", "FREQ=DAILY;COUNT=4")
	s.Exdates = []civil.DateTime{at("2026-01-02T09:00"), at("2026-01-03T08:00"), at("2026-02-01T09:00")}
	s.Rdates = []civil.DateTime{at("2026-02-01T09:00"), at("2026-01-03T07:00"), at("2025-12-24T09:00"), at("2026-01-04T09:00"), at("2026-03-01T09:00")}
	want := "2025-12-24T09:00 2026-01-01T09:00 2026-01-03T07:00 2026-01-03T09:00 2026-01-04T09:00 2026-03-01T09:00"
	for range 2 { // reading it changes nothing
		if got := walls(t, s.All(), 9); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	single := set(t, "Europe/Berlin", "2026-01-01T09:00", "")
	single.Rdates = []civil.DateTime{at("2026-01-01T09:00"), at("2025-01-01T09:00")}
	if got := walls(t, single.All(), 9); got != "2025-01-01T09:00 2026-01-01T09:00" {
		t.Errorf("without a rule: %s", got)
	}
}

func TestBetweenAndAfter(t *testing.T) {
	s := set(t, "UTC", "2020-01-01T09:00", "FREQ=WEEKLY;BYDAY=WE")
	if got := walls(t, s.Between(utc("2026-01-07T09:00"), utc("2026-01-21T09:00")), 9); got != "2026-01-07T09:00 2026-01-14T09:00" {
		t.Error(got)
	}
	next, err := s.After(utc("2026-01-07T09:00"), 2)
	if err != nil || len(next) != 2 || next[0].Civil != at("2026-01-14T09:00") || next[1].Civil != at("2026-01-21T09:00") {
		t.Error(next, err)
	}
	if got, err := s.After(utc("2026-01-07T09:00"), 0); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
	// Looking late is the same as looking from the start, with every frequency.
	for _, rule := range []string{
		"FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,MO;WKST=SU", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1",
		"FREQ=YEARLY;INTERVAL=3;BYDAY=-1SU", "FREQ=DAILY;COUNT=900", "FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=2,-2", "FREQ=DAILY;UNTIL=20250301T090000",
	} {
		s := set(t, "America/New_York", "2019-12-31T23:30", rule)
		var all []time.Time
		for o, err := range s.Between(time.Time{}, utc("2031-01-01T00:00")) {
			if err != nil {
				t.Fatal(rule, err)
			}
			all = append(all, o.At)
		}
		if len(all) < 3 {
			t.Errorf("%s: only %d", rule, len(all))
		}
		if more, err := s.After(all[len(all)-1], 1); err != nil || len(more) > 0 && more[0].At.Before(utc("2031-01-01T00:00")) {
			t.Errorf("%s: after the last: %v %v", rule, more, err)
		}
		for i, want := range all {
			for _, from := range []time.Time{want, want.Add(-time.Second)} {
				for o := range s.Between(from, want.Add(time.Second)) {
					if !o.At.Equal(want) {
						t.Errorf("%s: between, %d: %s, want %s", rule, i, o.At, want)
					}
				}
			}
			if got, err := s.After(want.Add(-time.Second), 1); err != nil || len(got) != 1 || !got[0].At.Equal(want) {
				t.Errorf("%s: after, %d: %v %v, want %s", rule, i, got, err, want)
			}
		}
	}
}

func TestSetCheck(t *testing.T) {
	good := set(t, "UTC", "2026-01-01T09:00", "FREQ=DAILY")
	for name, change := range map[string]func(s *Set){
		"no zone":        func(s *Set) { s.Zone = civil.Zone{} },
		"no start":       func(s *Set) { s.Start = civil.DateTime{} },
		"a fraction":     func(s *Set) { s.Start.Time.Nanosecond = 1 },
		"a bad exdate":   func(s *Set) { s.Exdates = []civil.DateTime{{}} },
		"a bad rdate":    func(s *Set) { s.Rdates = []civil.DateTime{at("2026-01-01T09:00:00.1")} },
		"a bad rule":     func(s *Set) { s.Rule = &Rule{} },
		"30 February":    func(s *Set) { s.Start.Date = civil.Date{Year: 2026, Month: 2, Day: 30} },
		"the year 10000": func(s *Set) { s.Start.Date.Year = 10_000 },
	} {
		s := *good
		change(&s)
		if err := s.Check(); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		for _, err := range s.All() {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.After(time.Time{}, 1); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
