package inbox_test

import (
	"context"
	"errors"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// judge decides by the text: the text is the action.
func judge(_ context.Context, m *smm.Message) (inbox.Decision, error) {
	if m.Text == "broken" {
		return inbox.Decision{Action: inbox.ActionAllow}, errors.New("no model")
	}
	return inbox.Decision{Action: inbox.Action(m.Text)}, nil
}

func TestTriage(t *testing.T) {
	for text, want := range map[string]struct {
		action  inbox.Action
		outcome inbox.Outcome
		call    string
	}{
		"allow":    {inbox.ActionAllow, inbox.OutcomeNothing, ""},
		"hold":     {inbox.ActionHold, inbox.OutcomeNothing, ""},
		"escalate": {inbox.ActionEscalate, inbox.OutcomeNothing, ""},
		"hide":     {inbox.ActionHide, inbox.OutcomeDone, "hide m"},
		"delete":   {inbox.ActionDelete, inbox.OutcomeDone, "delete m"},
		"block":    {inbox.ActionBlock, inbox.OutcomeDone, "block them"},
		"report":   {inbox.ActionReport, inbox.OutcomeDone, "report m"},
		"broken":   {inbox.ActionHold, inbox.OutcomeHeld, ""},
		"unheard":  {inbox.ActionHold, inbox.OutcomeHeld, ""},
	} {
		t.Run(text, func(t *testing.T) {
			d := newDesk(t)
			d.platform.mentions = []smm.Message{said("m", 1, text)}
			d.sync(t, nil)
			for range 2 {
				done, err := d.Triage(t.Context(), d.client, judge)
				if err != nil {
					t.Fatal(err)
				}
				if len(done) > 0 && (done[0].Decision.Action != want.action || done[0].Decision.Outcome != want.outcome) {
					t.Errorf("%+v", done[0].Decision)
				}
			}
			it := d.items(t, ref(smm.KindComment, "m"))[0]
			if it.Decision.Action != want.action || it.Decision.Outcome != want.outcome || it.Undecided() {
				t.Errorf("recorded %+v", it.Decision)
			}
			if n := d.platform.did(want.call); want.call != "" && n != 1 {
				t.Errorf("%s: %d times", want.call, n)
			}
		})
	}
}

func TestTriageFailures(t *testing.T) {
	d := newDesk(t)
	d.platform.mentions = []smm.Message{said("h", 3, "hide"), said("b", 2, "block"), said("r", 1, "report"), said("x", 0, "delete")}
	d.platform.fail["hide h"] = smm.ErrUnavailable
	d.platform.fail["report r"] = smm.ErrUnavailable
	d.platform.fail["block them"] = smm.ErrForbidden
	d.sync(t, nil)
	done, err := d.Triage(t.Context(), d.client, judge)
	if len(done) != 3 || !errors.Is(err, smm.ErrUnavailable) {
		t.Fatalf("%+v, %v: one of four waits", done, err)
	}
	outcome := func(id string) inbox.Outcome { return d.items(t, ref(smm.KindComment, id))[0].Decision.Outcome }
	if outcome("b") != inbox.OutcomeRefused || outcome("x") != inbox.OutcomeDone || outcome("r") != inbox.OutcomeStarted {
		t.Errorf("%s %s %s", outcome("b"), outcome("x"), outcome("r"))
	}
	d.platform.fail = map[string]error{}
	if done, err := d.Triage(t.Context(), d.client, judge); err != nil || len(done) != 1 || outcome("h") != inbox.OutcomeDone {
		t.Errorf("%+v, %v", done, err)
	}
	if n := d.platform.did("report r"); n != 1 {
		t.Errorf("reported %d times", n)
	}
}

func TestTriageEditedAndUnsupported(t *testing.T) {
	d := newDesk(t)
	d.platform.noHide = true
	m := said("m", 1, "allow")
	d.platform.mentions = []smm.Message{m}
	d.sync(t, nil)
	if _, err := d.Triage(t.Context(), d.client, judge); err != nil {
		t.Fatal(err)
	}
	m.Text, m.Edited = "hide", minute(2) // first harmless, then not
	d.platform.mentions = []smm.Message{m}
	d.sync(t, nil)
	done, err := d.Triage(t.Context(), d.client, judge)
	if err != nil || len(done) != 1 || done[0].Decision.Outcome != inbox.OutcomeCannot {
		t.Errorf("%+v, %v: an edit is judged anew, and what the channel cannot do is said", done, err)
	}
}

func TestTriageStopped(t *testing.T) {
	d := newDesk(t)
	d.platform.mentions = []smm.Message{said("m", 1, "hide")}
	d.sync(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := d.Triage(ctx, d.client, func(context.Context, *smm.Message) (inbox.Decision, error) {
		cancel()
		return inbox.Decision{}, context.Canceled
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if it := d.items(t, ref(smm.KindComment, "m"))[0]; !it.Undecided() {
		t.Errorf("%+v: a judge that was stopped decided nothing", it.Decision)
	}
}

// A report cannot be taken back or repeated, so it is on record before it
// leaves: a process that dies meanwhile must not report again.
func TestTriageReportIsRecordedFirst(t *testing.T) {
	d := newDesk(t)
	d.platform.mentions = []smm.Message{said("r", 1, "report")}
	d.sync(t, nil)
	d.platform.before = func(op string) {
		if it := d.items(t, ref(smm.KindComment, "r"))[0]; it.Undecided() || it.Decision.Outcome != inbox.OutcomeStarted {
			t.Errorf("%s while the record says %+v", op, it.Decision)
		}
	}
	if _, err := d.Triage(t.Context(), d.client, judge); err != nil {
		t.Fatal(err)
	}
}
