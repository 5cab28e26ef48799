package workflow_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// TestGateHoldsWhatDiffers takes a delivery that passes and changes one thing.
func TestGateHoldsWhatDiffers(t *testing.T) { synctest.Test(t, testGateHoldsWhatDiffers) }

func testGateHoldsWhatDiffers(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	c := content("post")
	c.Post.Media = []smm.Media{asset("a")}
	c.Post.Thread = []smm.Post{{Text: "second"}}
	w.approved("a", c)
	w.schedule("a")
	w.clock.Advance(24 * time.Hour)
	gate := w.svc.Gate(workflow.GateOptions{})
	root := w.records("a")[0]
	if root.Delivery.Parent != "" {
		root = w.records("a")[1]
	}
	admit := func(r *scheduler.Record) string {
		h, err := gate.Admit(w.ctx, r)
		if err != nil {
			return "error: " + err.Error()
		}
		return h.Reason
	}
	for _, r := range w.records("a") {
		r.Delivery.Request.Post.Labels.Topic = "labels are not sent"
		if r.Delivery.Parent != "" {
			r.Delivery.Request.Post.ReplyTo = smm.Ref{Platform: "fake", Kind: smm.KindPost, ID: "its parent"}
		}
		if why := admit(r); why != "" {
			t.Fatalf("a good delivery is held: %s", why)
		}
	}
	for name, spoil := range map[string]func(r *scheduler.Record){
		"text":       func(r *scheduler.Record) { r.Delivery.Request.Post.Text += " " },
		"alt text":   func(r *scheduler.Record) { r.Delivery.Request.Post.Media[0].AltText = "" },
		"media hash": func(r *scheduler.Record) { r.Delivery.Request.Post.Media[0].Hash = "11" },
		"no media":   func(r *scheduler.Record) { r.Delivery.Request.Post.Media = nil },
		"reply": func(r *scheduler.Record) {
			r.Delivery.Request.Post.ReplyTo = smm.Ref{Platform: "fake", Kind: smm.KindPost, ID: "1"}
		},
		"channel":       func(r *scheduler.Record) { r.Delivery.Request.Channel = schedulertest.Channel("other") },
		"kind":          func(r *scheduler.Record) { r.Delivery.Request.Kind = smm.CreateMessage },
		"part as post":  func(r *scheduler.Record) { r.Delivery.Request.Post = smm.Post{Text: "second"} },
		"another draft": func(r *scheduler.Record) { r.Draft = "b" },
		"tenant":        func(r *scheduler.Record) { r.Delivery.Tenant = "other" },
		"unknown ID":    func(r *scheduler.Record) { r.Delivery.ID = "rogue" },
		"earlier":       func(r *scheduler.Record) { r.NotBefore = r.NotBefore.Add(-time.Microsecond) },
		"much later":    func(r *scheduler.Record) { r.NotBefore = r.NotBefore.Add(24*time.Hour + 1) },
	} {
		r := root.Clone()
		r.Delivery.Request.Post.Media = append([]smm.Media(nil), r.Delivery.Request.Post.Media...)
		spoil(r)
		if why := admit(r); !strings.HasPrefix(why, "workflow: ") {
			t.Errorf("%s: admitted (%q)", name, why)
		}
	}
	if h, err := gate.Admit(w.ctx, &scheduler.Record{}); err != nil || h.Reason != "" {
		t.Errorf("a delivery without a draft is held: %q, %v", h.Reason, err)
	}
	if h, _ := w.svc.Gate(workflow.GateOptions{RequireDraft: true}).Admit(w.ctx, &scheduler.Record{}); h.Reason == "" {
		t.Errorf("a delivery without a draft passes")
	}
	late := root.Clone()
	late.NotBefore = late.NotBefore.Add(time.Microsecond)
	if h, _ := w.svc.Gate(workflow.GateOptions{Late: -1}).Admit(w.ctx, late); h.Reason == "" {
		t.Errorf("a late delivery passes where none may be late")
	}
}

func TestGateAndEmbargoToTheMoment(t *testing.T) { synctest.Test(t, testGateAndEmbargoToTheMoment) }

func testGateAndEmbargoToTheMoment(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	w.approved("a", content("post"))
	w.schedule("a")
	end := t0.Add(30 * time.Hour)
	w.do("a", anna, workflow.SetEmbargo{Until: end})
	w.public() // due and under embargo
	gate, r := w.svc.Gate(workflow.GateOptions{}), w.records("a")[0]
	if r.Held == "" {
		t.Fatalf("the record does not say that it is held")
	}
	w.clock.Advance(end.Sub(w.clock.Now()) - 1)
	h, err := gate.Admit(w.ctx, r)
	ok(t, err)
	if h.Reason == "" || !h.Until.Equal(end) {
		t.Fatalf("a moment before the end: %+v", h)
	}
	w.clock.Advance(1)
	if h, err = gate.Admit(w.ctx, r); err != nil || h.Reason != "" {
		t.Fatalf("at the end: %+v, %v", h, err)
	}
	w.public("post")
}

func TestGateFailsClosed(t *testing.T) { synctest.Test(t, testGateFailsClosed) }

func testGateFailsClosed(t *testing.T) {
	w := newOffice(t, workflow.GateOptions{})
	w.approved("a", content("post"))
	w.schedule("a")
	w.clock.Advance(24 * time.Hour)
	r := w.records("a")[0]
	down := &crashRows{Rows: w.rows, down: func() bool { return true }}
	for name, o := range map[string]struct {
		rows workflow.Rows
		src  workflow.Source
	}{
		"the store fails":    {down, workflow.Fixed(oneStep())},
		"no process":         {w.rows, func(context.Context, smm.Tenant, string) (*workflow.Process, error) { return nil, errCrash }},
		"a process unsound":  {w.rows, workflow.Fixed(workflow.Process{})},
		"a stricter process": {w.rows, workflow.Fixed(func() workflow.Process { p := oneStep(); p.Steps[0].Need = 2; return p }())},
		"a draft damaged": {func() workflow.Rows {
			rows := workflow.NewMemoryRows()
			ok(t, rows.Put(w.ctx, &workflow.Row{ID: "a", Data: []byte("{")}))
			return rows
		}(), workflow.Fixed(oneStep())},
		"another draft in its row": {func() workflow.Rows {
			rows := workflow.NewMemoryRows()
			old, err := w.rows.Get(w.ctx, "", "a")
			ok(t, err)
			ok(t, rows.Put(w.ctx, &workflow.Row{ID: "a", Data: []byte(strings.Replace(string(old.Data), `"id":"a"`, `"id":"b"`, 1))}))
			return rows
		}(), workflow.Fixed(oneStep())},
		"the draft is gone": {workflow.NewMemoryRows(), workflow.Fixed(oneStep())},
	} {
		svc, err := workflow.New(o.rows, workflow.Options{Processes: o.src, Clock: w.clock})
		ok(t, err)
		h, err := svc.Gate(workflow.GateOptions{}).Admit(w.ctx, r)
		if err == nil && h.Reason == "" {
			t.Errorf("%s: it passes", name)
		}
	}
}
