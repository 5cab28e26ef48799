package ical_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/ical"
	"github.com/smmkit/smmkit/smm"
)

func start() time.Time { return time.Date(2030, 3, 31, 1, 30, 0, 0, time.UTC) }

func write(t *testing.T, c ical.Calendar) string {
	t.Helper()
	var b bytes.Buffer
	if err := ical.Write(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unfold undoes what section 3.1 says of long lines.
func unfold(t *testing.T, file string) []string {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(file, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(file, "\r\n ", ""), "\r\n"), "\r\n")
}

// value returns the only line of a name.
func value(t *testing.T, lines []string, name string) string {
	t.Helper()
	var found []string
	for _, l := range lines {
		if v, ok := strings.CutPrefix(l, name+":"); ok {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines of %s, want 1", len(found), name)
	}
	return found[0]
}

func unescape(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\\`, `\`, `\;`, ";", `\,`, ",").Replace(s)
}

func TestTextsSurvive(t *testing.T) {
	texts := []string{
		"plain", `back\slash; semi, comma`, "two\nlines", strings.Repeat("ü", 200), strings.Repeat("👩‍👩‍👧", 40),
		`\n is not a line`, "tab\tstays", strings.Repeat("x", 74), strings.Repeat("x", 75), strings.Repeat("x", 76),
	}
	for _, text := range texts {
		lines := unfold(t, write(t, ical.Calendar{Now: start(), Events: []ical.Event{{UID: "1", Start: start(), Summary: text, Description: text}}}))
		if got := unescape(value(t, lines, "SUMMARY")); got != text {
			t.Errorf("summary %q, want %q", got, text)
		}
		if got := unescape(value(t, lines, "DESCRIPTION")); got != text {
			t.Errorf("description %q, want %q", got, text)
		}
	}
}

func TestLineBreaksAndControlCharacters(t *testing.T) {
	lines := unfold(t, write(t, ical.Calendar{Name: "A\x00B", Events: []ical.Event{{
		UID: "1", Start: start(), Summary: "a\r\nEND:VEVENT\rb\u2028c\x07d\xff", Categories: []string{"x,y", "z"},
	}}}))
	if got := value(t, lines, "SUMMARY"); got != `a\nEND:VEVENT\nb\ncd` {
		t.Errorf("summary %q", got)
	}
	if got := value(t, lines, "CATEGORIES"); got != `x\,y,z` {
		t.Errorf("categories %q", got)
	}
	if got := value(t, lines, "X-WR-CALNAME"); got != "AB" {
		t.Errorf("name %q", got)
	}
}

func TestTimes(t *testing.T) {
	berlin := time.FixedZone("", 7200)
	lines := unfold(t, write(t, ical.Calendar{Now: start(), Refresh: 36 * time.Hour, Events: []ical.Event{
		{UID: "1", Start: start().In(berlin), Duration: 90 * time.Second, Alarm: 26*time.Hour + 5*time.Minute, Sequence: 7},
	}}))
	for name, want := range map[string]string{
		"DTSTART": "20300331T013000Z", "DTEND": "20300331T013130Z", "DTSTAMP": "20300331T013000Z", "SEQUENCE": "7",
		"TRIGGER": "-P1DT2H5M", "REFRESH-INTERVAL;VALUE=DURATION": "P1DT12H", "STATUS": "CONFIRMED", "UID": "1",
	} {
		if got := value(t, lines, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	good := ical.Event{UID: "1", Start: start()}
	for name, spoil := range map[string]func(*ical.Event){
		"no UID":            func(e *ical.Event) { e.UID = "" },
		"UID with a line":   func(e *ical.Event) { e.UID = "a\nb" },
		"no start":          func(e *ical.Event) { e.Start = time.Time{} },
		"far year":          func(e *ical.Event) { e.Start = e.Start.AddDate(9000, 0, 0) },
		"negative duration": func(e *ical.Event) { e.Duration = -1 },
		"negative sequence": func(e *ical.Event) { e.Sequence = -1 },
		"status":            func(e *ical.Event) { e.Status = "MAYBE" },
	} {
		e := good
		spoil(&e)
		var b bytes.Buffer
		if err := ical.Write(&b, ical.Calendar{Events: []ical.Event{good, e}}); !errors.Is(err, smm.ErrInvalid) || b.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes, want ErrInvalid and none", name, err, b.Len())
		}
	}
	if err := ical.Write(&bytes.Buffer{}, ical.Calendar{Events: []ical.Event{good, good}}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("two of a UID: %v", err)
	}
}

func record(id string, phase smm.Phase) *scheduler.Record {
	return &scheduler.Record{
		Version: 3, NotBefore: start(),
		Delivery: smm.Delivery{ID: id, Tenant: "a", Phase: phase, Request: smm.PublishRequest{
			Channel: smm.Ref{Platform: "fake", Kind: smm.KindChannel, ID: "main"},
			Post: smm.Post{
				Text:   "We open at nine and close at eight, on every day of the week but the last one\nsee you",
				Media:  []smm.Media{{Name: "door.jpg", AltText: "our door"}},
				Labels: smm.Labels{Campaign: "spring", Assignee: "Kim", Tags: []string{"shop"}},
			},
		}},
	}
}

func TestFromRecords(t *testing.T) {
	part := record("part", smm.PhaseWaiting)
	part.Delivery.Parent = "one"
	rs := []*scheduler.Record{record("one", smm.PhasePreparing), record("two", smm.PhaseCancelled), record("three", smm.PhaseHuman), part}
	rs[1].Delivery.Outcome.URL = "javascript" // no address
	events := ical.FromRecords(rs, &ical.RecordOptions{Channel: func(smm.Ref) string { return "Shop" }, Alarm: time.Hour})
	if len(events) != 3 {
		t.Fatalf("%d events, want 3: parts are left out", len(events))
	}
	e := events[0]
	if want := "Shop: We open at nine and close at eight, on every day of the …"; e.Summary != want {
		t.Errorf("summary %q, want %q", e.Summary, want)
	}
	if e.UID != "one.a@smmkit" || e.Sequence != 2 || e.Alarm != time.Hour || events[1].Alarm != 0 {
		t.Errorf("event %+v", e)
	}
	for i, want := range []ical.Status{ical.StatusConfirmed, ical.StatusCancelled, ical.StatusTentative} {
		if events[i].Status != want {
			t.Errorf("status of %s is %s, want %s", events[i].UID, events[i].Status, want)
		}
	}
	file := write(t, ical.Calendar{Events: events})
	if strings.Contains(file, "javascript") || !strings.Contains(file, "our door") || !strings.Contains(file, "CATEGORIES:spring,shop") {
		t.Errorf("file:\n%s", file)
	}
	if n := len(ical.FromRecords(rs, &ical.RecordOptions{Parts: true})); n != 4 {
		t.Errorf("%d events with parts, want 4", n)
	}
}
