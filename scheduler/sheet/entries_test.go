package sheet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/sheet"
	"github.com/smmkit/smmkit/smm"
)

// fake is a platform that takes texts of at most 20 bytes.
type fake struct{}

func (fake) Platform() smm.Platform { return "fake" }

func (fake) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	granted := smm.Support{State: smm.StateGranted}
	return smm.NewCapabilities(time.Now(), map[smm.Capability]smm.Support{smm.CapPost: granted, smm.CapReply: granted, smm.CapThread: granted, smm.CapLink: granted}, smm.Limits{}), nil
}

func (fake) Prepare(context.Context, *smm.PublishRequest, smm.Prepared) (smm.Prepared, error) {
	return smm.Prepared{State: json.RawMessage(`{}`), Ready: true, Guarantee: smm.Guarantee{Class: smm.ClassKey}}, nil
}

func (fake) Commit(_ context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID)}, nil
}

func (fake) Settle(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
	return smm.Outcome{}, nil
}

func resolve(platform, channel string) ([]smm.Ref, error) {
	switch {
	case platform == "fake" && channel == "all":
		return []smm.Ref{ref("a"), ref("b")}, nil
	case platform == "fake" && len(channel) == 1:
		return []smm.Ref{ref(channel)}, nil
	case platform == "broken":
		return nil, errors.New("ask again later")
	}
	return nil, nil
}

func ref(name string) smm.Ref { return smm.Ref{Platform: "fake", Kind: smm.KindChannel, ID: name} }

func newScheduler(t testing.TB) (*scheduler.Scheduler, scheduler.Store) {
	t.Helper()
	tooLong := smm.GateFunc(func(_ context.Context, _ smm.Ref, p *smm.Post) (smm.Findings, error) {
		if len(p.Text) <= 20 {
			return nil, nil
		}
		return smm.Findings{{Code: "text.too-long", Severity: smm.SeverityError, Path: "text", Message: "too long"}}, nil
	})
	client, err := smm.New([]smm.Driver{fake{}}, smm.WithGates(tooLong))
	if err != nil {
		t.Fatal(err)
	}
	store := scheduler.NewMemory()
	s, err := scheduler.New(client, store)
	if err != nil {
		t.Fatal(err)
	}
	return s, store
}

const calendar = `id,day,time,platform,channel,type,text,thread,link,labels,campaign,assignee,status
one,2090-04-01,9:00,fake,all,text,Hello,"two
---
three",,"x, y",spring,Kim,approved
two,2090-04-02,10:30,fake,a | b | a,link,See,,https://example.org/,,,,
three,,,fake,a,,An idea,,,,,,idea
four,2020-04-02,10:30,fake,a,,Old,,,,,,published
`

func TestPlanAndSchedule(t *testing.T) {
	table := read(t, calendar, sheet.Options{Zone: "America/New_York"})
	plan, err := table.Plan(resolve, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Entries) != 2 || len(plan.Drafts) != 1 || len(plan.Done) != 1 {
		t.Fatalf("%d entries, %d drafts, %d done", len(plan.Entries), len(plan.Drafts), len(plan.Done))
	}
	e := plan.Entries[0]
	wantPost := &smm.Post{
		Text: "Hello", Thread: []smm.Post{{Text: "two"}, {Text: "three"}},
		Labels: smm.Labels{ContentType: "text", Campaign: "spring", Assignee: "Kim", Tags: []string{"x", "y"}},
	}
	if !reflect.DeepEqual(e.Post, wantPost) || !slices.Equal(e.Channels, []smm.Ref{ref("a"), ref("b")}) ||
		!e.At.Equal(time.Date(2090, 4, 1, 13, 0, 0, 0, time.UTC)) || e.Options.Token != "sheet:one" || e.Options.Zone != "America/New_York" {
		t.Errorf("entry %+v of %+v with %+v", e, e.Post, e.Options)
	}
	if got := plan.Entries[1]; len(got.Channels) != 2 || got.Post.Card.URL != "https://example.org/" {
		t.Errorf("entry %+v", got)
	}

	s, store := newScheduler(t)
	for range 2 { // the second time adds nothing
		if _, _, err := s.ScheduleAll(t.Context(), plan.Entries); err != nil {
			t.Fatal(plan.Errors(err))
		}
	}
	var rs []*scheduler.Record
	for r, err := range store.List(t.Context(), scheduler.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	if len(rs) != 2*3+2 {
		t.Fatalf("%d records, want 8", len(rs))
	}
	rows, err := sheet.FromRecords(rs, sheet.RecordOptions{Channel: func(r smm.Ref) (string, string) { return "fake", r.ID }})
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i := range rows {
		want := table.Rows[i/2]
		want.Line, want.ID, want.Channel, want.Status = 0, rows[i].ID, rows[i].Channel, "scheduled"
		if !reflect.DeepEqual(rows[i], want) {
			t.Errorf("row %d came back as\n%+v, was\n%+v", i, rows[i], want)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	table := read(t, `day,time,platform,channel,text
2090-04-01,9:00,,,x
2090-04-01,9:00,fake,nobody,x
2090-04-01,9:00,fake broken,a,x
2090-04-01,9:00,fake,a,x
`, sheet.Options{Zone: "UTC"})
	plan, err := table.Plan(resolve, nil)
	errs, ok := errors.AsType[sheet.Errors](err)
	if !ok || plan != nil || len(errs) != 3 || errs[0].Line != 2 || errs[1].Line != 3 || errs[2].Line != 4 || errs[2].Column != "channel" {
		t.Errorf("plan %v, error %v", plan, err)
	}
	if _, err := table.Plan(nil, nil); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("no resolver: %v", err)
	}
}

// What the platform or the scheduler refuse is named by its line, and nothing is
// planned.
func TestNothingIsImportedHalf(t *testing.T) {
	table := read(t, `day,time,platform,channel,text
2090-04-01,9:00,fake,a,fine
2020-04-01,9:00,fake,a,long ago
2090-04-01,9:00,fake,b,much too long for this platform
`, sheet.Options{Zone: "UTC"})
	plan, err := table.Plan(resolve, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, store := newScheduler(t)
	_, _, err = s.ScheduleAll(t.Context(), plan.Entries)
	errs, ok := errors.AsType[sheet.Errors](plan.Errors(err))
	if !ok || len(errs) != 2 || errs[0].Line != 3 || errs[1].Line != 4 || !strings.Contains(errs[1].Message, "text") {
		t.Errorf("error %v", plan.Errors(err))
	}
	for r := range store.List(t.Context(), scheduler.Query{}) {
		t.Errorf("%s was planned", r.Delivery.ID)
	}
	if err := plan.Errors(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("another error became %v", err)
	}
}

// BenchmarkImport reads a thousand rows and schedules them.
func BenchmarkImport(b *testing.B) {
	var text strings.Builder
	text.WriteString("id,day,time,platform,channel,text,labels\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "r%d,2090-04-%02d,%d:%02d,fake,a,post %d,\"x, y\"\n", i, 1+i%28, i/28%24, i%60, i)
	}
	for b.Loop() {
		s, _ := newScheduler(b)
		table, err := sheet.Read(strings.NewReader(text.String()), sheet.Options{Zone: "Europe/Berlin"})
		if err != nil {
			b.Fatal(err)
		}
		plan, err := table.Plan(resolve, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := s.ScheduleAll(b.Context(), plan.Entries); err != nil {
			b.Fatal(err)
		}
	}
}
