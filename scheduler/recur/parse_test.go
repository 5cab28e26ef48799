package recur

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text, part  string
		offset      int
		say         string
		unsupported bool
	}{
		{"", "", 0, "empty", false},
		{"RRULE:", "", 6, "empty", false},
		{"INTERVAL=2", "FREQ", 10, "missing", false},
		{"FREQ=SECONDLY", "FREQ", 0, "not supported", true},
		{"RRULE:FREQ=HOURLY", "FREQ", 6, "not supported", true},
		{"FREQ=OFTEN", "FREQ", 0, "none of DAILY", false},
		{"FREQ=", "FREQ", 0, "none of DAILY", false},
		{"FREQ=DAILY;", "", 11, "no part", false},
		{"FREQ=DAILY;;COUNT=1", "", 11, "no part", false},
		{"FREQ=DAILY COUNT=1", "FREQ", 0, "none of DAILY", false},
		{"FREQ=DAILY;BYWEEKNO=20", "BYWEEKNO", 11, "not supported", true},
		{"FREQ=YEARLY;BYYEARDAY=100", "BYYEARDAY", 12, "not supported", true},
		{"FREQ=DAILY;BYSECOND=0", "BYSECOND", 11, "not supported", true},
		{"FREQ=MONTHLY;SKIP=FORWARD", "SKIP", 13, "not supported", true},
		{"FREQ=YEARLY;BYEASTER=0", "BYEASTER", 12, "no part of RFC 5545", true},
		{"FREQ=DAILY;X-FOO=1", "", 11, "no part of the name \"X-FOO\"", false},
		{"FREQ=DAILY;FREQ=DAILY", "FREQ", 11, "twice", false},
		{"FREQ=DAILY;INTERVAL=0", "INTERVAL", 11, "no number from 1", false},
		{"FREQ=DAILY;INTERVAL=-1", "INTERVAL", 11, "no number from 1", false},
		{"FREQ=DAILY;INTERVAL=1000001", "INTERVAL", 11, "no number from 1", false},
		{"FREQ=DAILY;INTERVAL=99999999999999999999", "INTERVAL", 11, "no number from 1", false},
		{"FREQ=DAILY;COUNT=1.5", "COUNT", 11, "no number from 1", false},
		{"FREQ=DAILY;COUNT=0", "COUNT", 11, "no number from 1", false},
		{"FREQ=DAILY;COUNT=2;UNTIL=20260101", "COUNT", 11, "either COUNT or UNTIL", false},
		{"FREQ=DAILY;UNTIL=2026-01-01", "UNTIL", 11, "is no time", false},
		{"FREQ=DAILY;UNTIL=20260230", "UNTIL", 11, "is no time", false},
		{"FREQ=DAILY;UNTIL=20260101T10", "UNTIL", 11, "is no time", false},
		{"FREQ=DAILY;UNTIL=20260101T100000+0100", "UNTIL", 11, "is no time", false},
		{"FREQ=DAILY;UNTIL=20260101Z", "UNTIL", 11, "is no time", false},
		{"FREQ=DAILY;UNTIL=00000101", "UNTIL", 11, "is no time", false},
		{"FREQ=WEEKLY;BYDAY=XX", "BYDAY", 12, "no day", false},
		{"FREQ=WEEKLY;BYDAY=", "BYDAY", 12, "no day", false},
		{"FREQ=WEEKLY;BYDAY=MO,,TU", "BYDAY", 12, "no day", false},
		{"FREQ=WEEKLY;BYDAY=1MO", "BYDAY", 12, "only FREQ=MONTHLY", false},
		{"FREQ=MONTHLY;BYDAY=0MO", "BYDAY", 13, "not from 1 to 53", false},
		{"FREQ=MONTHLY;BYDAY=54MO", "BYDAY", 13, "not from 1 to 53", false},
		{"FREQ=MONTHLY;BYDAY=--1MO", "BYDAY", 13, "not from 1 to 53", false},
		{"FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY", 13, "from -31 to -1", false},
		{"FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY", 13, "from 1 to 31", false},
		{"FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY", 12, "weekly", false},
		{"FREQ=DAILY;BYMONTH=13", "BYMONTH", 11, "from 1 to 12", false},
		{"FREQ=DAILY;BYMONTH=-1", "BYMONTH", 11, "from 1 to 12", false},
		{"FREQ=DAILY;BYMONTH=1;BYMONTHDAY=1,99", "BYMONTHDAY", 21, "from 1 to 31", false},
		{"FREQ=DAILY;BYHOUR=24", "BYHOUR", 11, "from 0 to 23", false},
		{"FREQ=DAILY;BYMINUTE=60", "BYMINUTE", 11, "from 0 to 59", false},
		{"FREQ=DAILY;BYSETPOS=1", "BYSETPOS", 11, "among what another BY part", false},
		{"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS", 22, "from 1 to 366", false},
		{"FREQ=DAILY;WKST=1", "WKST", 11, "no day", false},
		{strings.Repeat("A", 10_000), "", 0, "at most 8192", false},
	} {
		_, err := Parse(c.text)
		var pe *ParseError
		if !errors.As(err, &pe) || !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%.40q: %v, want a *ParseError", c.text, err)
			continue
		}
		if pe.Part != c.part || pe.Offset != c.offset || !strings.Contains(err.Error(), c.say) || errors.Is(err, smm.ErrUnsupported) != c.unsupported {
			t.Errorf("%.40q: part %q at %d, unsupported %t: %v; want %q at %d, %t: %s",
				c.text, pe.Part, pe.Offset, pe.unsupported, err, c.part, c.offset, c.unsupported, c.say)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		"rrule:freq=weekly;byday=mo,we;interval=2":                 "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
		"BYDAY=-1FR,+2SU;FREQ=MONTHLY;COUNT=10":                    "FREQ=MONTHLY;COUNT=10;BYDAY=-1FR,2SU",
		"FREQ=DAILY;INTERVAL=1;WKST=MO":                            "FREQ=DAILY",
		"FREQ=WEEKLY;WKST=SU":                                      "FREQ=WEEKLY;WKST=SU",
		"FREQ=DAILY;UNTIL=20261231":                                "FREQ=DAILY;UNTIL=20261231",
		"FREQ=DAILY;UNTIL=20261231T235959":                         "FREQ=DAILY;UNTIL=20261231T235959",
		"FREQ=DAILY;UNTIL=20261231T235959Z":                        "FREQ=DAILY;UNTIL=20261231T235959Z",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1,1;BYHOUR=9,17":        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1,1;BYHOUR=9,17",
		"FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU,WE,TH,FR;BYMINUTE=5": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYMINUTE=5;BYSETPOS=-1",
	} {
		r, err := Parse(text)
		if err != nil || r.String() != want {
			t.Errorf("%s: %s %v, want %s", text, r, err, want)
		}
	}
}

func TestRuleJSON(t *testing.T) {
	s := set(t, "Europe/Berlin", "2026-01-01T09:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=3")
	b, err := json.Marshal(s)
	const want = `{"start":"2026-01-01T09:00","zone":"Europe/Berlin","rule":"FREQ=WEEKLY;COUNT=3;BYDAY=MO"}`
	if err != nil || string(b) != want {
		t.Fatalf("%s %v, want %s", b, err, want)
	}
	var q Set
	if err := json.Unmarshal(b, &q); err != nil || walls(t, q.All(), 9) != walls(t, s.All(), 9) {
		t.Errorf("%v %v", q, err)
	}
	if _, err := json.Marshal(Rule{}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("a rule without FREQ was written: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"rule":"FREQ=HOURLY"}`), &q); !errors.Is(err, smm.ErrUnsupported) {
		t.Errorf("hourly: %v", err)
	}
}

// A Rule that is built by hand is held to the same limits as one that is parsed.
func TestCheck(t *testing.T) {
	for _, r := range []Rule{
		{}, {Freq: 5}, {Freq: Daily, Interval: -1}, {Freq: Daily, Count: -1}, {Freq: Daily, Interval: maxInterval + 1},
		{Freq: Daily, Days: []NthDay{{Day: 0}}}, {Freq: Daily, Days: []NthDay{{Day: 8}}}, {Freq: Daily, Days: []NthDay{{1, MO}}},
		{Freq: Monthly, Days: []NthDay{{54, MO}}}, {Freq: Weekly, MonthDays: []int{1}}, {Freq: Daily, MonthDays: []int{0}},
		{Freq: Daily, Hours: []int{24}}, {Freq: Daily, Minutes: []int{-1}}, {Freq: Daily, Months: []time.Month{0}},
		{Freq: Daily, SetPos: []int{1}}, {Freq: Daily, Hours: []int{1}, SetPos: []int{367}}, {Freq: Daily, WeekStart: 8},
		{Freq: Daily, Until: Until{Form: UntilDate}}, {Freq: Daily, Until: Until{4, at("2026-01-01T00:00")}},
		{Freq: Daily, Until: Until{UntilDate, at("2026-01-01T09:00")}}, {Freq: Daily, Count: 1, Until: Until{UntilUTC, at("2026-01-01T09:00")}},
		{Freq: Daily, Until: Until{UntilLocal, at("2026-01-01T09:00:00.5")}},
	} {
		var pe *ParseError
		if err := r.Check(); !errors.As(err, &pe) || pe.Offset != -1 || pe.Part == "" {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// FuzzParse: what is read is written and read again as the same, and has an
// occurrence, an error or an end.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;INTERVAL=2;WKST=SU", "FREQ=MONTHLY;BYDAY=-1FR,2SU;COUNT=10",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYSETPOS=-1,366;BYDAY=MO;BYHOUR=1,2;BYMINUTE=30",
		"FREQ=DAILY;UNTIL=20261231T235959Z", "FREQ=SECONDLY", "FREQ=DAILY;;", "=", "FREQ=YEARLY;INTERVAL=1000000;BYMONTHDAY=-31",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Parse(s)
		if err != nil {
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Offset < 0 || pe.Offset > len(s) || len(err.Error()) > 400 {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		text := r.String()
		again, err := Parse(text)
		if err != nil || again.String() != text {
			t.Fatalf("%q is %q, and that %q %v", s, text, again, err)
		}
		set := Set{Start: at("2026-01-31T02:30"), Zone: civilZone(t, "Europe/Berlin"), Rule: &r}
		last := time.Time{}
		n := 0
		for o, err := range set.All() {
			if err != nil && !errors.Is(err, ErrNever) {
				t.Errorf("%q: %v", text, err)
			}
			if err == nil && !o.At.After(last) {
				t.Errorf("%q: %s after %s", text, o.At, last)
			}
			last = o.At
			if n++; n == 20 {
				break
			}
		}
	})
}
