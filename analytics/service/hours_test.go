package service_test

import (
	"errors"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the subject, wherever this runs

	"github.com/smmkit/smmkit/analytics/service"
	"github.com/smmkit/smmkit/smm"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func hours(t testing.TB, text string, z *time.Location, holidays ...service.Date) *service.Hours {
	t.Helper()
	h, err := service.ParseHours(text, z, holidays...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func at(t testing.TB, z *time.Location, text string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHoursBetween(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	work := hours(t, "Mon-Fri 09:00-12:30,13:30-18:00; Sat 10:00-14:00", berlin, service.Date{Year: 2026, Month: time.December, Day: 25})
	night := hours(t, "Mon-Sun 00:00-06:00", berlin)
	late := hours(t, "Fri 22:00-02:00", berlin)
	for _, c := range []struct {
		h        *service.Hours
		from, to string
		want     time.Duration
	}{
		{work, "2026-11-26 08:00", "2026-11-26 10:00", time.Hour},
		{work, "2026-11-26 12:00", "2026-11-26 14:00", time.Hour},               // over lunch
		{work, "2026-11-27 17:00", "2026-11-28 11:00", 2 * time.Hour},           // Friday to Saturday
		{work, "2026-11-28 14:00", "2026-11-30 09:00", 0},                       // the rest of a weekend
		{work, "2026-12-24 17:00", "2026-12-26 11:00", 2 * time.Hour},           // Christmas Day between
		{work, "2026-11-23 00:00", "2026-11-30 00:00", 44 * time.Hour},          // a week
		{night, "2026-03-29 00:00", "2026-03-29 12:00", 5 * time.Hour},          // 02:00 to 03:00 does not exist
		{night, "2026-10-25 00:00", "2026-10-25 12:00", 7 * time.Hour},          // 02:00 to 03:00 comes twice
		{work, "2026-03-27 17:00", "2026-03-30 10:00", (1 + 4 + 1) * time.Hour}, // daylight saving begins between
		{late, "2026-11-27 12:00", "2026-11-28 12:00", 4 * time.Hour},
		{work, "2026-11-26 12:00", "2026-11-26 11:00", 0},
		{nil, "2026-11-26 12:00", "2026-11-28 12:00", 48 * time.Hour},
	} {
		if got := c.h.Between(at(t, berlin, c.from), at(t, berlin, c.to)); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

// Against a walk minute by minute that looks at the wall clock.
func TestHoursAcrossTransitions(t *testing.T) {
	text := "Mon-Fri 00:00-01:40,01:50-02:30,09:15-17:00,23:30-24:00; Sat,Sun 00:20-24:00"
	spans := func(weekday time.Weekday) [][2]int {
		if weekday == time.Saturday || weekday == time.Sunday {
			return [][2]int{{20, 1440}}
		}
		return [][2]int{{0, 100}, {110, 150}, {555, 1020}, {1410, 1440}}
	}
	for _, c := range []struct{ zone, around string }{
		{"Europe/Berlin", "2026-03-29"}, {"Europe/Berlin", "2026-10-25"},
		{"America/New_York", "2026-03-08"}, {"America/New_York", "2026-11-01"},
		{"Australia/Lord_Howe", "2026-04-05"}, {"Australia/Lord_Howe", "2026-10-04"}, // half an hour
		{"America/Santiago", "2026-04-05"}, {"America/Santiago", "2026-09-06"}, // at midnight
		{"America/Havana", "2026-03-08"}, {"America/Havana", "2026-11-01"}, // to 00:00 again
		{"Pacific/Apia", "2011-12-30"},      // a day that did not exist
		{"Asia/Kathmandu", "1985-12-31"},    // a new offset of 15 minutes
		{"Africa/Casablanca", "2026-02-15"}, // Ramadan
	} {
		z := zone(t, c.zone)
		h := hours(t, text, z)
		middle := at(t, time.UTC, c.around+" 00:00")
		from, to := middle.Add(-60*time.Hour), middle.Add(60*time.Hour)
		var want time.Duration
		for m := from; m.Before(to); m = m.Add(time.Minute) {
			local := m.In(z)
			minute := local.Hour()*60 + local.Minute()
			for _, s := range spans(local.Weekday()) {
				if minute >= s[0] && minute < s[1] {
					want += time.Minute
				}
			}
			// The deadline of what has passed is where it passed.
			if local.Minute() == 7 && want > 0 {
				due, ok := h.Due(from, want)
				if !ok || h.Between(from, due) != want || h.Between(from, due.Add(-time.Second)) != want-time.Second {
					t.Fatalf("%s: %s after %s is due %s, %v", c.zone, want, from, due, ok)
				}
			}
		}
		if got := h.Between(from, to); got != want {
			t.Errorf("%s around %s: %s, want %s", c.zone, c.around, got, want)
		}
	}
}

func TestDue(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	h := hours(t, "Mon-Fri 09:00-17:00", berlin)
	for _, c := range []struct {
		from string
		d    time.Duration
		want string
	}{
		{"2026-11-27 16:00", 2 * time.Hour, "2026-11-30 10:00"},
		{"2026-11-28 16:00", time.Hour, "2026-11-30 10:00"},
		{"2026-11-27 16:00", time.Hour, "2026-11-27 17:00"},
		{"2026-11-28 16:00", 0, "2026-11-28 16:00"},
		{"2026-03-27 16:00", 2 * time.Hour, "2026-03-30 10:00"},
	} {
		if got, ok := h.Due(at(t, berlin, c.from), c.d); !ok || !got.Equal(at(t, berlin, c.want)) {
			t.Errorf("%s and %s: %s %v, want %s", c.from, c.d, got, ok, c.want)
		}
	}
	if due, ok := h.Due(at(t, berlin, "2026-11-27 16:00"), 1e6*time.Hour); ok {
		t.Errorf("a million hours are due %s", due)
	}
	var always *service.Hours
	from := at(t, berlin, "2026-11-28 16:00")
	if due, ok := always.Due(from, time.Hour); !ok || !due.Equal(from.Add(time.Hour)) {
		t.Errorf("always open: %s %v", due, ok)
	}
}

func TestHoursRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "only separators": " ; ;", "no hours": "Mon", "no day": "09:00-17:00", "day": "Monday 09:00-17:00", "range": "Mon- 09:00-17:00",
		"clock": "Mon 9-17", "minute": "Mon 09:60-17:00", "hour": "Mon 09:00-25:00", "after the end": "Mon 09:00-24:01", "nothing": "Mon 09:00-09:00",
		"begins at the end": "Mon 24:00-02:00", "sign": "Mon +9:00-17:00", "three parts": "Mon 09:00 - 17:00", "comma": "Mon 09:00-12:00, 13:00-17:00",
		"long": fmt.Sprintf("Mon 09:00-%01000d:00", 17),
	} {
		if _, err := service.ParseHours(text, nil); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %q gave %v", name, text, err)
		}
	}
	for name, spans := range map[string][]service.Span{"backward": {{600, 500}}, "negative": {{-1, 500}}, "long": {{0, 1441}}} {
		if _, err := service.NewHours(nil, service.Week{time.Monday: spans}); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := service.ParseHours("Mon 09:00-10:00", nil, service.Date{Year: 2026, Month: time.February, Day: 29}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("29 February 2026: %v", err)
	}
}

func TestParseHoursMeansWhatNewHoursDoes(t *testing.T) {
	week := service.Week{time.Friday: {{1320, 1440}}, time.Saturday: {{0, 120}, {600, 840}}, time.Sunday: {{600, 840}}, time.Monday: {{600, 840}}}
	built, err := service.NewHours(nil, week)
	if err != nil {
		t.Fatal(err)
	}
	parsed := hours(t, "fri 22:00-02:00; Sat-Mon 10:00-12:00,11:00-14:00", nil)
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for h := range 24 * 8 {
		to := from.Add(time.Duration(h) * time.Hour)
		if got, want := parsed.Between(from, to), built.Between(from, to); got != want {
			t.Fatalf("until %s: %s, want %s", to, got, want)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	for _, s := range []string{"Mon-Fri 09:00-17:30; Sat 10:00-14:00", "Fri-Mon 22:00-02:00", "Sun 0:00-24:00", "Mon,Wed 1:00-2:00,3:00-4:00", "x", ";;", "Mon 9:00-", "\xff 1:00-2:00"} {
		f.Add(s)
	}
	week := 7 * 24 * time.Hour
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := service.ParseHours(text, nil)
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) || h != nil {
				t.Fatalf("%q: %v %v", text, h, err)
			}
			return
		}
		open := h.Between(from, from.Add(week))
		if open <= 0 || open > week {
			t.Fatalf("%q: open %s a week", text, open)
		}
		if due, ok := h.Due(from, open); !ok || due.After(from.Add(week)) {
			t.Fatalf("%q: %s are due %s, %v", text, open, due, ok)
		}
		// Naming it twice changes nothing.
		if len(text) < 400 {
			twice, err := service.ParseHours(text+";"+text, nil)
			if err != nil || twice.Between(from, from.Add(week)) != open {
				t.Fatalf("%q twice: %v", text, err)
			}
		}
	})
}
