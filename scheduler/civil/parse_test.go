package civil

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func TestParseRefuses(t *testing.T) {
	for text, say := range map[string]string{
		"":                          "want a date and a time",
		"2026-03-29":                "want a date and a time",
		"2026-03-29T":               "want hour and minute",
		"2026-02-30T09:00":          "no such day",
		"2025-02-29T09:00":          "no such day",
		"0000-01-01T09:00":          "no such day",
		"2026-13-01T09:00":          "no such day",
		"29.03.2026T09:00":          "want year, month and day",
		"2026-3-029T09:00":          "want year, month and day",
		"2026-03-29t09:00":          "want a date and a time",
		"2026-03-29  09:00":         "want hour and minute",
		"2026-03-29T9:00":           "want hour and minute",
		"2026-03-29T24:00":          "next day",
		"2026-03-29T25:00":          "no such time",
		"2026-03-29T09:60":          "no such time",
		"2026-03-29T23:59:60":       "leap seconds",
		"2026-03-29T09:00:00.":      "want hour and minute",
		"2026-03-29T09:00.5":        "want hour and minute",
		"2026-03-29T09:00:00,5":     "want hour and minute",
		"2026-03-29T09:00Z":         "want hour and minute",
		"2026-03-29T09:00 AM":       "want hour and minute",
		"2026-03-29T+9:00":          "want hour and minute",
		"٢٠٢٦-٠٣-٢٩T09:00":          "want",
		"2026-03-29T09:00:00+02:00": "want hour and minute",
	} {
		_, err := ParseDateTime(text)
		var pe *ParseError
		if !errors.As(err, &pe) || !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q", text, err, say)
		}
	}
}

func TestParseRoundTrip(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-29T09:30":           "2026-03-29T09:30",
		"2026-03-29 09:30":           "2026-03-29T09:30",
		"2026-03-29T09:30:00":        "2026-03-29T09:30",
		"2026-03-29T09:30:15":        "2026-03-29T09:30:15",
		"2026-03-29T09:30:15.25":     "2026-03-29T09:30:15.25",
		"2024-02-29T00:00":           "2024-02-29T00:00",
		"9999-12-31T23:59:59.999999": "9999-12-31T23:59:59.999999",
		"0001-01-01T00:00":           "0001-01-01T00:00",
	} {
		dt, err := ParseDateTime(text)
		if err != nil || dt.String() != want {
			t.Errorf("%q: %s %v, want %s", text, dt, err, want)
		}
	}
}

func TestParseInstant(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		text string
		zone Zone
		want string // the instant and kind, or what the error says
	}{
		{"2026-03-29T09:30:00Z", Zone{}, "2026-03-29T09:30:00Z exact"},
		{"2026-03-29T09:30:00+02:00", Zone{}, "2026-03-29T07:30:00Z exact"},
		{"2026-03-29T09:30-03:30", berlin, "2026-03-29T13:00:00Z exact"},
		{"2026-03-29 09:30", berlin, "2026-03-29T07:30:00Z exact"},
		{"2026-03-29T02:30", berlin, "2026-03-29T01:30:00Z gap"},
		{"2026-10-25T02:30", berlin, "2026-10-25T00:30:00Z overlap"},
		{"2026-10-25T02:30+01:00[Europe/Berlin]", Zone{}, "2026-10-25T01:30:00Z exact"},
		{"2026-10-25T02:30+02:00[Europe/Berlin]", Zone{}, "2026-10-25T00:30:00Z exact"},
		{"2026-07-01T12:00Z[Europe/Berlin]", Zone{}, "2026-07-01T12:00:00Z exact"},
		{"2026-07-01T12:00[Asia/Tokyo]", berlin, "2026-07-01T03:00:00Z exact"},
		{"2026-07-01T12:00+01:00[Europe/Berlin]", Zone{}, "does not have this offset"},
		{"2026-03-29T09:30", Zone{}, "no time zone"},
		{"2026-03-29T09:30[CET]", berlin, "abbreviation"},
		{"2026-03-29T09:30[]", berlin, "name one"},
		{"2026-03-29T09:30[Europe/Berlin", berlin, "in brackets"},
		{"2026-03-29T09:30[Europe/Berlin][u-ca=hebrew]", berlin, "in brackets"},
		{"2026-03-29T09:30+0200", berlin, "the offset must be"},
		{"2026-03-29T09:30+02", berlin, "the offset must be"},
		{"2026-03-29T09:30+24:00", berlin, "the offset must be"},
		{"2026-03-29T09:30 CET", berlin, "want hour and minute"},
		{"2026-03-29", berlin, "want a date and a time"},
		{"tomorrow", berlin, "want a date and a time"},
	} {
		at, kind, err := ParseInstant(c.text, c.zone)
		got := at.Format(time.RFC3339) + " " + kind.String()
		if err != nil {
			got = err.Error()
			if !errors.Is(err, smm.ErrInvalid) {
				t.Errorf("%q: %v does not match ErrInvalid", c.text, err)
			}
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestFormat(t *testing.T) {
	at := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	if got := Format(at, zone(t, "Europe/Berlin")); got != "2026-10-25T02:30:00+01:00[Europe/Berlin]" {
		t.Error(got)
	}
	if got := Format(at, Zone{}); got != "2026-10-25T01:30:00Z[UTC]" {
		t.Error(got)
	}
}

func TestDates(t *testing.T) {
	d := Date{2024, 2, 28}
	if got := d.AddDays(2); got != (Date{2024, 3, 1}) {
		t.Error(got)
	}
	if got := (Date{2026, 1, 1}).AddDays(-1); got != (Date{2025, 12, 31}) {
		t.Error(got)
	}
	if got := (Date{1, 1, 1}).DaysUntil(Date{9999, 12, 31}); got != 3652058 {
		t.Error(got)
	}
	if got := (Date{2026, 3, 29}).Weekday(); got != time.Sunday {
		t.Error(got)
	}
	for n := range 400 * 366 { // the days of four centuries, one after the other
		e := d.AddDays(n)
		if e.Check() != nil || d.DaysUntil(e) != n || e.AddDays(-n) != d || (n > 0) != d.Before(e) {
			t.Fatalf("day %d is %s", n, e)
		}
	}
	dt := DateTime{Date{2026, 12, 31}, Time{23, 59, 30, 0}}
	if got := dt.Add(time.Minute); got.String() != "2027-01-01T00:00:30" || got.Sub(dt) != time.Minute || !got.After(dt) || !dt.Before(got) {
		t.Error(got)
	}
}

func TestJSON(t *testing.T) {
	type plan struct {
		Day  Date     `json:"day,omitzero"`
		At   Time     `json:"at"`
		When DateTime `json:"when,omitzero"`
	}
	p := plan{Date{2026, 3, 29}, Time{9, 5, 0, 0}, DateTime{Date{2026, 3, 29}, Time{2, 30, 1, 0}}}
	b, err := json.Marshal(p)
	if err != nil || string(b) != `{"day":"2026-03-29","at":"09:05","when":"2026-03-29T02:30:01"}` {
		t.Fatalf("%s %v", b, err)
	}
	var q plan
	if err := json.Unmarshal(b, &q); err != nil || q != p {
		t.Errorf("%v %v", q, err)
	}
	if _, err := json.Marshal(plan{Day: Date{2026, 2, 30}}); err == nil {
		t.Error("30 February was written")
	}
	if _, err := json.Marshal(plan{At: Time{Hour: 24}}); err == nil {
		t.Error("24:00 was written")
	}
	if err := json.Unmarshal([]byte(`{"day":"","when":""}`), &q); err != nil || !q.Day.IsZero() || !q.When.IsZero() {
		t.Errorf("empty: %v %v", q, err)
	}
}

// FuzzParseInstant: what is read is written and read again as the same.
func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{
		"2026-03-29T09:30:00+02:00", "2026-03-29T02:30[Europe/Berlin]", "2026-10-25T02:30+01:00[Europe/Berlin]",
		"2026-03-29 09:30", "9999-12-31T23:59:59.999999999-23:59", "0001-01-01T00:00Z", "2026-03-29T09:30Z[CET]", "][", "Z", "2026-03-29T09:30+",
	} {
		f.Add(s)
	}
	berlin := zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, s string) {
		at, _, err := ParseInstant(s, berlin)
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) || len(err.Error()) > 600 {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if y := at.Year(); y < 1900 || y > 9990 {
			return // offsets with seconds are not written, and years end
		}
		text := Format(at, berlin)
		if again, _, err := ParseInstant(text, Zone{}); err != nil || !again.Equal(at) {
			t.Errorf("%q is %s, written %q, read %s %v", s, at, text, again, err)
		}
	})
}
