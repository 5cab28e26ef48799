package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// office is a service with a scheduler whose gate it is, in a synctest bubble.
type office struct {
	t      testing.TB
	ctx    context.Context
	clock  bubble
	rows   *workflow.MemoryRows
	svc    *workflow.Service
	driver *schedulertest.Driver
	sched  *scheduler.Scheduler
}

func newOffice(t testing.TB, o workflow.GateOptions) *office {
	t.Helper()
	w := &office{t: t, ctx: t.Context(), clock: bubble{smm.SystemClock()}, rows: workflow.NewMemoryRows()}
	time.Sleep(time.Until(t0))
	var err error
	w.svc, err = workflow.New(w.rows, workflow.Options{Processes: workflow.Fixed(oneStep())})
	ok(t, err)
	w.driver = &schedulertest.Driver{}
	client, err := smm.New([]smm.Driver{driver{w.driver}}, smm.WithMediaStore(media{}))
	ok(t, err)
	w.sched, err = scheduler.New(client, scheduler.NewMemory(), scheduler.WithGate(w.svc.Gate(o)))
	ok(t, err)
	return w
}

func (w *office) do(id string, by workflow.Actor, a workflow.Action) workflow.Draft {
	w.t.Helper()
	d, err := w.svc.Do(w.ctx, "", id, by, a)
	if err != nil {
		w.t.Fatalf("%T: %v", a, err)
	}
	return d
}

// approved creates a draft and takes it to approval.
func (w *office) approved(id string, c workflow.Content) workflow.Draft {
	w.t.Helper()
	_, err := w.svc.Create(w.ctx, "", anna, workflow.Item{ID: id, Content: c})
	ok(w.t, err)
	return w.again(id)
}

func (w *office) again(id string) workflow.Draft {
	w.t.Helper()
	w.do(id, anna, workflow.Move{Stage: "review"})
	d := w.do(id, anna, workflow.RequestApproval{})
	return w.do(id, ben, workflow.Approve{Sum: d.Sum()})
}

func (w *office) schedule(id string) workflow.Draft {
	w.t.Helper()
	d, _, err := w.svc.Schedule(w.ctx, w.sched, "", id, ben)
	ok(w.t, err)
	return d
}

func (w *office) public(want ...string) {
	w.t.Helper()
	w.clock.Advance(24 * time.Hour)
	ok(w.t, w.sched.RunUntilIdle(w.ctx, time.Second))
	got := []string{}
	for _, it := range w.driver.Ledger.Items() {
		got = append(got, it.Text)
	}
	slices.Sort(got)
	if !slices.Equal(got, append([]string{}, want...)) {
		w.t.Fatalf("the public saw %q, want %q", got, want)
	}
}

func (w *office) records(id string) []*scheduler.Record {
	w.t.Helper()
	var out []*scheduler.Record
	for r, err := range w.sched.List(w.ctx, scheduler.Query{Draft: id}) {
		ok(w.t, err)
		out = append(out, r)
	}
	return out
}

func TestScheduleOnceAndFinish(t *testing.T) { synctest.Test(t, testScheduleOnceAndFinish) }

func testScheduleOnceAndFinish(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	c := content("post")
	c.Post.Thread, c.Post.FirstComment = []smm.Post{{Text: "second"}}, "third"
	c.Channels = append(c.Channels, schedulertest.Channel("two"))
	w.approved("a", c)
	one, two := w.schedule("a"), w.schedule("a")
	if len(one.Deliveries) != 6 || !slices.Equal(one.Deliveries, two.Deliveries) || len(w.records("a")) != 6 {
		t.Fatalf("deliveries %v, then %v, %d records", one.Deliveries, two.Deliveries, len(w.records("a")))
	}
	done, err := w.svc.Finish(w.ctx, w.sched, "", "a")
	if err != nil || done {
		t.Fatalf("done %t, %v", done, err)
	}
	w.public("post", "post", "second", "second", "third", "third")
	done, err = w.svc.Finish(w.ctx, w.sched, "", "a")
	if err != nil || !done {
		t.Fatalf("done %t, %v", done, err)
	}
}

func TestScheduleSurvivesACrash(t *testing.T) { synctest.Test(t, testScheduleSurvivesACrash) }

func testScheduleSurvivesACrash(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	w.approved("a", content("post"))
	for how := range 3 { // 1 and 2: cut off before and after the draft is saved
		rows := &crashRows{
			Rows: w.rows, next: func() int { return how }, down: func() bool { return false }, written: func(*workflow.Row) {},
		}
		svc, err := workflow.New(rows, workflow.Options{Processes: workflow.Fixed(oneStep()), Clock: w.clock})
		ok(t, err)
		if how == 0 {
			continue
		}
		if _, _, err := svc.Schedule(w.ctx, w.sched, "", "a", ben); !errors.Is(err, errCrash) {
			t.Fatalf("no crash: %v", err)
		}
		if how == 1 { // planned, and the draft does not know
			w.clock.Advance(25 * time.Hour)
			ok(t, w.sched.RunUntilIdle(w.ctx, 0))
			if n := len(w.driver.Ledger.Items()); n != 0 {
				t.Fatalf("%d items of a draft that is not scheduled", n)
			}
		}
	}
	w.schedule("a")
	w.public("post")
}

func TestEditingAScheduledDraft(t *testing.T) { synctest.Test(t, testEditingAScheduledDraft) }

func testEditingAScheduledDraft(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	w.approved("a", content("post"))
	w.schedule("a")
	d := w.do("a", anna, workflow.Edit{Content: content("better")})
	if d.Stage != "review" || d.Deliveries != nil {
		t.Fatalf("stage %s, deliveries %v", d.Stage, d.Deliveries)
	}
	w.clock.Advance(23 * time.Hour)
	w.again("a")
	w.schedule("a")
	for _, r := range w.records("a") {
		if r.Delivery.Request.Post.Text == "post" && r.Delivery.Phase != smm.PhaseCancelled {
			t.Fatalf("the old delivery is %s", r.Delivery.Phase)
		}
	}
	w.public("better")

	// Back to what it was: the first deliveries were cancelled, new ones are made.
	w.approved("b", content("first"))
	w.schedule("b")
	w.do("b", anna, workflow.Edit{Content: content("second")})
	ok(t, w.svc.Tidy(w.ctx, w.sched, "", "b"))
	w.do("b", anna, workflow.Edit{Content: content("first")})
	w.again("b")
	w.schedule("b")
	w.public("better", "first")
}

func TestNothingIsPublishedTwice(t *testing.T) { synctest.Test(t, testNothingIsPublishedTwice) }

func testNothingIsPublishedTwice(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	w.approved("a", content("post"))
	w.schedule("a")
	w.public("post")
	c := content("post, again")
	c.At = w.clock.Now().Add(time.Hour)
	w.do("a", anna, workflow.Edit{Content: c})
	w.again("a")
	_, _, err := w.svc.Schedule(w.ctx, w.sched, "", "a", ben)
	e, is := errors.AsType[*workflow.PublicError](err)
	if !is || !slices.Equal(e.Channels, c.Channels) || !errors.Is(err, smm.ErrConflict) {
		t.Fatalf("error %v", err)
	}
	c.Channels = []smm.Ref{schedulertest.Channel("another")}
	w.do("a", anna, workflow.Edit{Content: c})
	w.again("a")
	w.schedule("a")
	w.public("post", "post, again")
}

func TestDroppedAndRevokedAreNotSent(t *testing.T) { synctest.Test(t, testDroppedAndRevokedAreNotSent) }

func testDroppedAndRevokedAreNotSent(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	for _, id := range []string{"dropped", "revoked", "kept"} {
		w.approved(id, content(id))
		w.schedule(id)
	}
	w.do("dropped", anna, workflow.Drop{})
	w.do("revoked", ben, workflow.Withdraw{})
	w.public("kept")
	ok(t, w.svc.Tidy(w.ctx, w.sched, "", "dropped"))
	if p := w.records("dropped")[0].Delivery.Phase; p != smm.PhaseCancelled {
		t.Fatalf("phase %s", p)
	}
	if held := w.records("revoked")[0].Held; held != "workflow: its draft is in stage review" {
		t.Fatalf("held %q", held)
	}
}

func TestDoIsAppliedToWhatOthersStored(t *testing.T) {
	synctest.Test(t, testDoIsAppliedToWhatOthersStored)
}

func testDoIsAppliedToWhatOthersStored(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	_, err := w.svc.Create(w.ctx, "", anna, workflow.Item{ID: "a", Content: content("x")})
	ok(t, err)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := w.svc.Do(w.ctx, "", "a", anna, workflow.AddComment{Comment: workflow.Comment{Text: fmt.Sprint(i)}}); err != nil {
				t.Errorf("comment: %v", err)
			}
		})
	}
	wg.Wait()
	d, err := w.svc.Get(w.ctx, "", "a")
	ok(t, err)
	if len(d.Comments) != 8 || len(d.Audit) != 9 || d.Version != 9 {
		t.Fatalf("%d comments, %d lines, version %d", len(d.Comments), len(d.Audit), d.Version)
	}
	ok(t, d.VerifyAudit())
	_, err = w.svc.Do(w.ctx, "other", "a", anna, workflow.Drop{})
	wantIs(t, err, smm.ErrNotFound)
}

// rival writes a comment of its own before each of the first writes of others.
type rival struct {
	workflow.Rows

	svc  *workflow.Service
	left int
}

func (r *rival) Put(ctx context.Context, row *workflow.Row) error {
	if r.left > 0 {
		r.left--
		_, err := r.svc.Do(ctx, "", row.ID, anna, workflow.AddComment{Comment: workflow.Comment{Text: "first"}})
		if err != nil {
			return err
		}
	}
	return r.Rows.Put(ctx, row)
}

func TestDoTriesAgain(t *testing.T) { synctest.Test(t, testDoTriesAgain) }

func testDoTriesAgain(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	_, err := w.svc.Create(w.ctx, "", anna, workflow.Item{ID: "a", Content: content("x")})
	ok(t, err)
	r := &rival{Rows: w.rows, svc: w.svc, left: 3}
	svc, err := workflow.New(r, workflow.Options{Processes: workflow.Fixed(oneStep())})
	ok(t, err)
	d, err := svc.Do(w.ctx, "", "a", ben, workflow.AddComment{Comment: workflow.Comment{Text: "last"}})
	ok(t, err)
	if len(d.Comments) != 4 || d.Comments[3].Text != "last" {
		t.Fatalf("comments %+v", d.Comments)
	}
	r.left = 1000
	_, err = svc.Do(w.ctx, "", "a", ben, workflow.Assign{To: "x"})
	wantIs(t, err, smm.ErrConflict)
}

func TestListByStageAssigneeAndTime(t *testing.T) { synctest.Test(t, testListByStageAssigneeAndTime) }

func testListByStageAssigneeAndTime(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	for i, who := range []string{"anna", "ben", "anna", ""} {
		c := content("x")
		c.At = t0.Add(time.Duration(i) * time.Hour)
		_, err := w.svc.Create(w.ctx, "", anna, workflow.Item{ID: fmt.Sprint("d", i), Content: c, Assignee: who})
		ok(t, err)
	}
	w.do("d2", anna, workflow.Move{Stage: "brief"})
	w.do("d3", anna, workflow.AddTask{Task: workflow.Task{ID: "t", Title: "T", Assignee: "anna"}})
	list := func(f workflow.Filter) string {
		var out []string
		for d, err := range w.svc.List(w.ctx, "", f) {
			ok(t, err)
			out = append(out, d.ID)
		}
		return fmt.Sprint(out)
	}
	for want, f := range map[string]workflow.Filter{
		"[d0 d1 d2 d3]": {},
		"[d2]":          {Stages: []string{"brief"}},
		"[d0 d2 d3]":    {Assignee: "anna"},
		"[d0 d2]":       {Assignee: "anna", Limit: 2},
		"[d1 d2]":       {From: t0.Add(time.Hour), Until: t0.Add(3 * time.Hour)},
		"[d2 d3]":       {After: "d1"},
	} {
		if got := list(f); got != want {
			t.Errorf("%+v lists %s, want %s", f, got, want)
		}
	}
	w.do("d3", anna, workflow.CompleteTask{ID: "t"})
	if got := list(workflow.Filter{Assignee: "anna"}); got != "[d0 d2]" {
		t.Errorf("with the task done: %s", got)
	}
}

func TestCreateAll(t *testing.T) { // not in a bubble: it measures
	svc, err := workflow.New(workflow.NewMemoryRows(), workflow.Options{Processes: workflow.Fixed(oneStep())})
	ok(t, err)
	w := &office{ctx: t.Context(), svc: svc}
	items := make([]workflow.Item, 1000)
	for i := range items {
		items[i] = workflow.Item{ID: fmt.Sprintf("row-%04d", i), Content: content(fmt.Sprint("text ", i))}
	}
	items[3].ID, items[7].ID = "", items[6].ID
	items[500].Content.Zone = "Nowhere/Land"
	_, err = w.svc.CreateAll(w.ctx, "", anna, items)
	bulk, is := errors.AsType[*workflow.BulkError](err)
	if !is || len(bulk.Items) != 3 || bulk.Items[0].Index != 3 || bulk.Items[1].Index != 7 || bulk.Items[2].Index != 500 {
		t.Fatalf("error %v", err)
	}
	wantIs(t, err, smm.ErrInvalid)
	if _, err := w.svc.Get(w.ctx, "", "row-0000"); !errors.Is(err, smm.ErrNotFound) {
		t.Fatalf("something was stored: %v", err)
	}
	items[3].ID, items[7].ID, items[500].Content.Zone = "row-0003", "row-0007", ""
	begin := time.Now()
	ds, err := w.svc.CreateAll(w.ctx, "", anna, items)
	ok(t, err)
	took := time.Since(begin)
	t.Logf("1,000 drafts in %s", took)
	if len(ds) != 1000 || took > 5*time.Second { // a second on an idle machine
		t.Fatalf("%d drafts in %s", len(ds), took)
	}
	again, err := w.svc.CreateAll(w.ctx, "", anna, items)
	ok(t, err)
	if len(again) != 1000 || again[999].Version != 1 {
		t.Fatalf("the second call made version %d", again[999].Version)
	}
	items[10].Content = content("another")
	_, err = w.svc.CreateAll(w.ctx, "", anna, items)
	wantIs(t, err, smm.ErrConflict)
}

func TestNewAndProcessesThatFail(t *testing.T) {
	_, err := workflow.New(nil, workflow.Options{})
	wantIs(t, err, smm.ErrInvalid)
	bad := workflow.Process{}
	for _, src := range []workflow.Source{
		workflow.Fixed(bad),
		func(context.Context, smm.Tenant, string) (*workflow.Process, error) { return nil, nil },
		func(context.Context, smm.Tenant, string) (*workflow.Process, error) { return nil, errCrash },
	} {
		svc, err := workflow.New(workflow.NewMemoryRows(), workflow.Options{Processes: src})
		ok(t, err)
		if _, err := svc.Create(t.Context(), "", anna, workflow.Item{ID: "a"}); err == nil {
			t.Fatalf("a draft without a process")
		}
	}
}
