package sheet_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/sheet"
	"github.com/smmkit/smmkit/smm"
)

func read(t *testing.T, text string, o sheet.Options) *sheet.Sheet {
	t.Helper()
	s, err := sheet.Read(strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return s
}

// wrong returns what is wrong with a table, as "line column code".
func wrong(t *testing.T, text string, o sheet.Options) []string {
	t.Helper()
	s, err := sheet.Read(strings.NewReader(text), o)
	errs, ok := errors.AsType[sheet.Errors](err)
	if !ok || s != nil || !errors.Is(err, smm.ErrInvalid) {
		t.Fatalf("sheet %v and error %v, want Errors alone", s, err)
	}
	out := make([]string, 0, len(errs))
	for _, e := range errs {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s", e.Line, e.Column, e.Code)))
		if e.Message == "" || strings.Contains(e.Error(), "%!") {
			t.Errorf("error %+v", e)
		}
	}
	return out
}

func day(y int, m time.Month, d int) civil.Date { return civil.Date{Year: y, Month: m, Day: d} }

func TestRead(t *testing.T) {
	s := read(t, `Content plan for spring,,,,,
,,,,,
Date,Time,Network,Account,Caption,Image,Alt,Tags,Campaign,Goal,Owner,Stage,Budget,Thread,First_Comment,Time zone,Content Type
2030-04-01,9:00,bluesky,shop,"Hello, you",a.jpg | b.jpg,one | ,"x, y",spring,reach,Kim,Approved,5,"two
---
three",see you,,image

2030-04-02,9:15 PM,bluesky,shop,Late,,,,,,,draft,,,,America/New_York,
`, sheet.Options{Zone: "Europe/Berlin"})
	want := []sheet.Row{
		{
			Line: 4, Day: day(2030, 4, 1), Time: civil.Time{Hour: 9}, Zone: "Europe/Berlin", Platform: "bluesky", Channel: "shop", Type: "image",
			Text: "Hello, you", Thread: []string{"two", "three"}, FirstComment: "see you",
			Media: []sheet.Media{{Name: "a.jpg", Alt: "one"}, {Name: "b.jpg"}}, Labels: []string{"x", "y"},
			Campaign: "spring", Objective: "reach", Assignee: "Kim", Status: "Approved", Other: []sheet.Cell{{Column: "Budget", Value: "5"}},
		},
		{Line: 8, Day: day(2030, 4, 2), Time: civil.Time{Hour: 21, Minute: 15}, Zone: "America/New_York", Platform: "bluesky", Channel: "shop", Text: "Late", Status: "draft"},
	}
	if !reflect.DeepEqual(s.Rows, want) {
		t.Errorf("rows\n%+v\nwant\n%+v", s.Rows, want)
	}
}

func TestForms(t *testing.T) {
	plain := read(t, "day,time,text\n2030-04-01,09:00,Grüße\n", sheet.Options{Zone: "UTC"})
	utf16File := func(order binary.AppendByteOrder) string {
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeffday\ttime\ttext\r\n2030-04-01\t09:00\tGrüße\r\n")) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
	for name, text := range map[string]string{
		"semicolons": "day;time;text\n2030-04-01;09:00;Grüße\n",
		"tabs":       "day\ttime\ttext\r\n2030-04-01\t09:00\tGrüße\r\n",
		"mark":       "\ufeffday,time,text\r\n2030-04-01,09:00,Grüße",
		"little end": utf16File(binary.LittleEndian),
		"big end":    utf16File(binary.BigEndian),
		"quotes":     "\"day\";\"time\";\"te,xt\";\"text\"\n2030-04-01;09:00;;Grüße\n",
		"when":       "when,text,channel\n2030-04-01 09:00,Grüße,\n",
		"when T":     "when,text,channel\n2030-04-01T09:00,Grüße,\n",
		"when zone":  "when,text,channel\n2030-04-01T11:00:00+02:00,Grüße,\n",
		"when named": "when,text,channel\n\"Mon, Apr 1, 2030, 9:00 AM\",Grüße,\n",
	} {
		if got := read(t, text, sheet.Options{Zone: "UTC"}); !reflect.DeepEqual(got.Rows, plain.Rows) {
			t.Errorf("%s: rows %+v", name, got.Rows)
		}
	}
}

func TestDates(t *testing.T) {
	days := func(o sheet.DateOrder, cells ...string) []civil.Date {
		text := "day,time,text\n"
		for _, c := range cells {
			text += `"` + c + `",9pm,x` + "\n"
		}
		s := read(t, text, sheet.Options{Zone: "UTC", DateOrder: o})
		out := make([]civil.Date, 0, len(cells))
		for _, r := range s.Rows {
			out = append(out, r.Day)
		}
		return out
	}
	last := day(2030, 12, 31)
	same := []string{"2030-12-31", "31.12.2030", "2030/12/31", "31 Dec 2030", "Dec 31, 2030", "December 31 2030", "31-Dec-2030", "Tuesday, 31 December 2030", "Tue, Dec 31, 2030"}
	for i, d := range days("", same...) {
		if d != last {
			t.Errorf("%q is %s", same[i], d)
		}
	}
	if got := days("", "31/12/2030", "1/2/2030"); got[1] != day(2030, 2, 1) {
		t.Errorf("the day stands first: %v", got)
	}
	if got := days("", "1/2/2030", "12/31/2030"); got[0] != day(2030, 1, 2) {
		t.Errorf("the month stands first: %v", got)
	}
	if got := days(sheet.DayFirst, "1/2/2030"); got[0] != day(2030, 2, 1) {
		t.Errorf("as told: %v", got)
	}
	if got := days("", "5/5/2030"); got[0] != day(2030, 5, 5) {
		t.Errorf("either way: %v", got)
	}
	for cell, want := range map[string]string{
		"1/2/2030": "2 day day.ambiguous", "31/31/2030": "2 day day", "30.2.2030": "2 day day", "1/2/30": "2 day day", "tomorrow": "2 day day",
		"Mon, Dec 31, 2030": "2 day day", "2030-13-01": "2 day day", "+1/2/2030": "2 day day", "0/1/2030": "2 day day",
	} {
		if got := wrong(t, "day,time,text\n\""+cell+"\",9:00,x\n", sheet.Options{Zone: "UTC"}); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: %v, want %q", cell, got, want)
		}
	}
	both := wrong(t, "day,time,text\n31/12/2030,9:00,x\n12/31/2030,9:00,x\n1/2/2030,9:00,x\n", sheet.Options{Zone: "UTC"})
	if !slices.Equal(both, []string{"2 day day.ambiguous", "3 day day.ambiguous", "4 day day.ambiguous"}) {
		t.Errorf("both orders: %v", both)
	}
	against := wrong(t, "day,time,text\n31/12/2030,9:00,x\n", sheet.Options{Zone: "UTC", DateOrder: sheet.MonthFirst})
	if !slices.Equal(against, []string{"2 day day"}) {
		t.Errorf("against the order: %v", against)
	}
}

func TestTimes(t *testing.T) {
	for cell, want := range map[string]civil.Time{
		"9:00": {Hour: 9}, "09:00:30": {Hour: 9, Second: 30}, "9:05 AM": {Hour: 9, Minute: 5}, "12 am": {}, "12pm": {Hour: 12}, "9.30": {Hour: 9, Minute: 30},
		"9:05 p.m.": {Hour: 21, Minute: 5}, "23:59": {Hour: 23, Minute: 59}, "9:05:10 PM": {Hour: 21, Minute: 5, Second: 10},
	} {
		if got := read(t, "day,time,text\n2030-04-01,"+cell+",x\n", sheet.Options{Zone: "UTC"}).Rows[0].Time; got != want {
			t.Errorf("%q is %s, want %s", cell, got, want)
		}
	}
	for _, cell := range []string{"24:00", "9", "nine", "13:00 PM", "", "9:60"} {
		if got := wrong(t, "day,time,text\n2030-04-01,"+cell+",x\n", sheet.Options{Zone: "UTC"}); !slices.Equal(got, []string{"2 time time"}) {
			t.Errorf("%q: %v", cell, got)
		}
	}
	noon := civil.Time{Hour: 12}
	if got := read(t, "day,text\n2030-04-01,x\n", sheet.Options{Zone: "UTC", Time: &noon}).Rows[0].Time; got != noon {
		t.Errorf("time %s, want that of the options", got)
	}
}

func TestClocksThatAreSet(t *testing.T) {
	s := read(t, "day,time,text\n2030-03-31,02:30,x\n2030-10-27,02:30,x\n2030-10-27,04:30,x\n", sheet.Options{Zone: "Europe/Berlin"})
	if len(s.Notes) != 2 || s.Notes[0].Code != "time.gap" || s.Notes[1].Code != "time.overlap" || s.Notes[1].Line != 3 {
		t.Errorf("notes %v", s.Notes)
	}
}

func TestEverythingWrongAtOnce(t *testing.T) {
	got := wrong(t, `id,day,time,zone,text,status,media,alt text,thread
a,2030-04-01,9:00,Europe/Berlin,ok,,,,
a,2030-04-01,9:00,Berlin,,,,,
,soon,25:00,,x,maybe,a.jpg,one|two,
,,9:00,,x,,,,"---"
,,,,x,,,,
,,,,x,draft,,,
,2030-04-01,9:00,UTC,x,,,,,too much
`, sheet.Options{Zone: "UTC"})
	want := []string{
		"3 text text", "3 id id", "3 zone zone", "4 alt text alt", "4 day day", "4 time time", "4 status status",
		"5 day day", "5 thread thread", "6 day day", "8  cells",
	}
	if !slices.Equal(got, want) {
		t.Errorf("errors\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":       {"", "0  header"},
		"no header":   {"a,b\n1,2\n", "0  header"},
		"no rows":     {"day,text\n,\n", "0  empty"},
		"quotes":      {"day,text\n\"x,y\n", "2  csv"},
		"latin":       {"day,text\nGr\xfc\xdfe,x\n", "0  encoding"},
		"when twice":  {"when,day,text\n2030-04-01 9:00,2030-04-01,x\n", "2 when when"},
		"when broken": {"when,text,channel\n2030-04-31 9:00,x,\n", "2 when day"},
	} {
		if got := wrong(t, c.text, sheet.Options{Zone: "UTC"}); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := wrong(t, "day,time,text\n2030-04-01,9:00,x\n", sheet.Options{}); !slices.Equal(got, []string{"2 zone zone"}) {
		t.Errorf("no zone: %v", got)
	}
	if _, err := sheet.Read(strings.NewReader(strings.Repeat("x", sheet.MaxSize+1)), sheet.Options{}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("too large: %v", err)
	}
	many := sheet.Errors(slices.Repeat([]sheet.CellError{{Line: 1, Message: "x"}}, 25))
	if text := many.Error(); strings.Count(text, "\n") != 11 || !strings.HasSuffix(text, "and 15 more") {
		t.Errorf("text of many errors: %s", text)
	}
}

// nasty are texts that a table could take for something else.
func nasty() []string {
	return []string{
		"plain", "a,b", "a;b", "a|b", `a\|b`, `back\slash`, "=1+1", "+1", "-1", "@you", "'quoted'", "'=1", "''", "'", "'-", "two\nlines",
		`say "hi"`, "---", `\---`, "a\n---\nb", "a\n\\---\nb", "\n\nblank", "tab\there", "\tbehind", "🎉 ünï", "{{.}}", "0123", "TRUE",
	}
}

// Rows that are written are read back equal.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		pick := func() string { return nasty()[rnd.IntN(len(nasty()))] }
		trimmed := func() string { return strings.TrimSpace(strings.NewReplacer("\n", " ", "\t", " ").Replace(pick())) }
		maybe := func() string {
			if rnd.IntN(3) == 0 {
				return ""
			}
			return trimmed()
		}
		var rows []sheet.Row
		for i := range 1 + rnd.IntN(4) {
			r := sheet.Row{
				ID: fmt.Sprintf("id%d", i), Day: day(2030, time.Month(1+rnd.IntN(12)), 1+rnd.IntN(28)), Zone: "Asia/Kolkata",
				Time: civil.Time{Hour: rnd.IntN(24), Minute: rnd.IntN(60), Second: rnd.IntN(2) * 30}, Platform: "bluesky mastodon", Channel: maybe(),
				Type: maybe(), Title: maybe(), Text: pick(), FirstComment: pick(), Link: "https://example.org/?a=1,2|3", Language: "en",
				Campaign: maybe(), Objective: maybe(), Assignee: maybe(), Topic: maybe(), Pillar: maybe(), Brand: maybe(), Status: "approved",
			}
			for range rnd.IntN(3) {
				r.Thread = append(r.Thread, pick())
				r.Labels = append(r.Labels, trimmed())
				r.Media = append(r.Media, sheet.Media{Name: trimmed(), Alt: maybe()})
				r.Other = append(r.Other, sheet.Cell{Column: fmt.Sprint("own ", len(r.Other)), Value: pick()})
			}
			rows = append(rows, r)
		}
		for _, o := range []sheet.WriteOptions{{}, {Semicolons: true, Mark: true}} {
			var b bytes.Buffer
			if err := sheet.Write(&b, rows, o); err != nil {
				t.Fatal(err)
			}
			back := read(t, b.String(), sheet.Options{}).Rows
			for i := range back {
				back[i].Line = 0
				slices.SortFunc(back[i].Other, func(a, b sheet.Cell) int { return strings.Compare(a.Column, b.Column) })
			}
			if !reflect.DeepEqual(back, rows) {
				t.Fatalf("seed %d: came back as\n%#v\nfrom\n%#v\nby\n%s", seed, back, rows, b.String())
			}
		}
	}
}

func TestNothingIsAFormula(t *testing.T) {
	var b bytes.Buffer
	row := sheet.Row{Text: "=cmd|' /C calc'!A0", Title: "@SUM(1)", Other: []sheet.Cell{{Column: "-x", Value: "+1"}}}
	if err := sheet.Write(&b, []sheet.Row{row}, sheet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, cell := range []string{",'=cmd", "'@SUM", ",'-x", ",'+1"} {
		if !strings.Contains(b.String(), cell) {
			t.Errorf("%s is not in\n%s", cell, b.String())
		}
	}
	row.Other[0].Column = "Caption"
	if err := sheet.Write(&b, []sheet.Row{row}, sheet.WriteOptions{}); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("a further column with a known name: %v", err)
	}
}

func TestTwoColumnsOfAKind(t *testing.T) {
	s := read(t, "Name,Title,Day,Time,Text,Body\nn,t,2030-04-01,9:00,x,y\n", sheet.Options{Zone: "UTC"})
	r := s.Rows[0]
	if r.Title != "t" || r.Text != "x" || !reflect.DeepEqual(r.Other, []sheet.Cell{{Column: "Name (2)", Value: "n"}, {Column: "Body (2)", Value: "y"}}) {
		t.Errorf("row %+v", r)
	}
}

func TestStatuses(t *testing.T) {
	more := map[string]sheet.State{"wartet": sheet.StateDraft}
	s := read(t, "day,time,text,status\n2030-04-01,9:00,x,Wartet\n2030-04-01,9:00,x,PUBLISHED\n", sheet.Options{Zone: "UTC", Statuses: more})
	if st, ok := s.Rows[0].State(more); st != sheet.StateDraft || !ok {
		t.Errorf("state %s %t", st, ok)
	}
	if st, ok := s.Rows[1].State(nil); st != sheet.StateDone || !ok {
		t.Errorf("state %s %t", st, ok)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("day,time,text\n2030-04-01,9:00,x\n")
	f.Add("Date;Time;Caption;Thread\n31/12/2030;9pm;\"a\n---\nb\";\n")
	f.Add("\xff\xfed\x00a\x00y\x00")
	f.Add("when,text,alt text,media\n2030-04-01T09:00:00Z,x,a||b,\"1\n2\n3\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := sheet.Read(strings.NewReader(text), sheet.Options{Zone: "UTC"})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := sheet.Write(&b, s.Rows, sheet.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		back, err := sheet.Read(&b, sheet.Options{Zone: "UTC"})
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if len(back.Rows) != len(s.Rows) {
			t.Fatalf("%d rows, %d before", len(back.Rows), len(s.Rows))
		}
		for i := range s.Rows {
			a, b := s.Rows[i], back.Rows[i]
			if a.Text != b.Text || a.Day != b.Day || a.Time != b.Time || a.Zone != b.Zone || !slices.Equal(a.Thread, b.Thread) || !slices.Equal(a.Labels, b.Labels) || !slices.Equal(a.Media, b.Media) {
				t.Fatalf("row %d came back as\n%+v, was\n%+v", i, b, a)
			}
		}
	})
}
