package workflow_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

func TestCommentsAreAnchored(t *testing.T) {
	w := newDesk(t, oneStep())
	w.do(ben, workflow.AddComment{Comment: workflow.Comment{
		Text: "warmer?", By: "somebody else", Anchor: &workflow.Anchor{Path: "text", Span: smm.Span{Start: 0, End: 5}, Quote: "hello"},
	}})
	m := w.d.Comments[0]
	if m.By != "ben" || m.ID == "" || m.Content != w.d.Sum() || m.At.IsZero() {
		t.Fatalf("comment %+v", m)
	}
	w.do(anna, workflow.AddComment{Comment: workflow.Comment{Text: "done", Answers: m.ID}}, workflow.SettleComment{ID: m.ID})
	for _, bad := range []workflow.Action{
		workflow.AddComment{}, workflow.AddComment{Comment: workflow.Comment{Text: "x", Answers: "none"}},
		workflow.AddComment{Comment: workflow.Comment{Text: "x", Anchor: &workflow.Anchor{Path: "text", Span: smm.Span{Start: 2, End: 1}}}},
		workflow.AddComment{Comment: workflow.Comment{Text: "x", ID: m.ID}}, workflow.SettleComment{ID: "none"},
		workflow.AddTask{}, workflow.CompleteTask{ID: "none"}, workflow.Move{Stage: "approved"}, workflow.RevokeLink{},
	} {
		wantIs(t, w.try(anna, bad), smm.ErrInvalid)
	}
	if got := w.d.Comments[0].Settled; got != "anna" {
		t.Fatalf("settled by %q", got)
	}
}

func TestAuditTrailShowsTampering(t *testing.T) {
	w := newDesk(t, oneStep())
	w.ask()
	w.yes(ben, "")
	for i := range w.d.Audit {
		d := w.d
		d.Audit = slices.Clone(w.d.Audit)
		d.Audit[i].By = "mallory"
		wantIs(t, d.VerifyAudit(), smm.ErrConflict)
		d.Audit = slices.Delete(slices.Clone(w.d.Audit), i, i+1)
		if i < len(w.d.Audit)-1 {
			wantIs(t, d.VerifyAudit(), smm.ErrConflict)
		}
	}
}

func TestDraftSurvivesJSON(t *testing.T) {
	w := newDesk(t, oneStep())
	w.ask()
	w.yes(ben, "")
	w.do(ben, workflow.Delegate{Delegation: workflow.Delegation{To: "cleo"}})
	b, err := json.Marshal(w.d)
	ok(t, err)
	got, err := workflow.ParseDraft(b)
	ok(t, err)
	if !reflect.DeepEqual(got, w.d) {
		t.Fatalf("came back as\n%+v\nwant\n%+v", got, w.d)
	}
	ok(t, got.VerifyAudit())
	for _, bad := range []string{``, `null`, `{}`, `{"schema":2,"id":"a","stage":"b"}`, `{"schema":1,"id":"a"}`, `{"schema":1,"id":"a","stage":"b","content":{"channels":["x"]}}`} {
		_, err := workflow.ParseDraft([]byte(bad))
		wantIs(t, err, smm.ErrInvalid)
	}
}
