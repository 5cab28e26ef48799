package workflow_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

var (
	anna = workflow.Actor{ID: "anna", Roles: []string{"writer"}}
	ben  = workflow.Actor{ID: "ben", Roles: []string{"boss"}}
	cleo = workflow.Actor{ID: "cleo", Roles: []string{"boss"}}
	lena = workflow.Actor{ID: "lena", Roles: []string{"legal"}}
)

// desk is a draft with the process and the time that it lives in.
type desk struct {
	t   testing.TB
	d   workflow.Draft
	p   workflow.Process
	now time.Time
}

func oneStep() workflow.Process {
	return workflow.Process{
		Stages: workflow.DefaultStages(),
		Steps:  []workflow.Step{{Name: "brand", Roles: []string{"boss"}}},
	}
}

func content(text string) workflow.Content {
	return workflow.Content{
		Post: smm.Post{Text: text}, Channels: []smm.Ref{schedulertest.Channel("main")}, At: t0.Add(24 * time.Hour),
	}
}

func newDesk(t testing.TB, p workflow.Process) *desk {
	t.Helper()
	w := &desk{t: t, p: p, now: t0}
	d, err := workflow.NewDraft("", "d1", content("hello"), &p, anna, t0)
	ok(t, err)
	w.d = d
	return w
}

func (w *desk) try(by workflow.Actor, a workflow.Action) error {
	before, err := json.Marshal(w.d)
	ok(w.t, err)
	d, err := workflow.Apply(w.d, &w.p, by, a, w.now)
	after, err2 := json.Marshal(w.d)
	ok(w.t, err2)
	if string(before) != string(after) {
		w.t.Fatalf("Apply changed its argument")
	}
	if err == nil {
		ok(w.t, d.VerifyAudit())
		w.d = d
	}
	return err
}

func (w *desk) do(by workflow.Actor, as ...workflow.Action) {
	w.t.Helper()
	for _, a := range as {
		if err := w.try(by, a); err != nil {
			w.t.Fatalf("%T: %v", a, err)
		}
	}
}

func (w *desk) stage(want string) {
	w.t.Helper()
	if w.d.Stage != want {
		w.t.Fatalf("stage %s, want %s; why: %v", w.d.Stage, want, workflow.Why(w.d, &w.p, w.now))
	}
}

func (w *desk) ask() {
	w.t.Helper()
	w.do(anna, workflow.Move{Stage: "review"}, workflow.RequestApproval{})
}

func (w *desk) yes(by workflow.Actor, step string) {
	w.t.Helper()
	w.do(by, workflow.Approve{Step: step, Sum: w.d.Sum()})
}

func (w *desk) notAllowed(by workflow.Actor, a workflow.Action, roles ...string) {
	w.t.Helper()
	err := w.try(by, a)
	e, is := errors.AsType[*workflow.NotAllowedError](err)
	if !is || !slices.Equal(e.Roles, roles) {
		w.t.Fatalf("%T by %s: %v, want a NotAllowedError with roles %v", a, by.ID, err, roles)
	}
	wantIs(w.t, err, smm.ErrForbidden)
}

func (w *desk) incomplete(by workflow.Actor, a workflow.Action, codes ...string) {
	w.t.Helper()
	err := w.try(by, a)
	e, is := errors.AsType[*workflow.IncompleteError](err)
	if !is {
		w.t.Fatalf("%T: %v, want an IncompleteError", a, err)
	}
	if got := codesOf(e.Missing); !slices.Equal(got, codes) {
		w.t.Fatalf("%T misses %v, want %v", a, got, codes)
	}
	wantIs(w.t, err, smm.ErrInvalid)
}

func codesOf(rs []workflow.Reason) []string {
	var out []string
	for _, r := range rs {
		out = append(out, r.Code)
	}
	return out
}

func (w *desk) why(codes ...string) {
	w.t.Helper()
	if got := codesOf(workflow.Why(w.d, &w.p, w.now)); !slices.Equal(got, codes) {
		w.t.Fatalf("why %v, want %v", got, codes)
	}
}

func TestFromIdeaToDone(t *testing.T) {
	w := newDesk(t, oneStep())
	w.stage("idea")
	w.why("stage", "request", "approval", "schedule")
	w.do(anna, workflow.Move{Stage: "brief"}, workflow.Move{Stage: "production"}, workflow.Move{Stage: "idea"}, workflow.Move{Stage: "review"})
	w.incomplete(ben, workflow.Approve{Sum: w.d.Sum()}, "request")
	w.do(anna, workflow.RequestApproval{})
	w.yes(ben, "")
	w.stage(workflow.StageApproved)
	w.why("schedule")
	w.do(ben, workflow.MarkScheduled{Sum: w.d.Sum(), Deliveries: []string{"x"}})
	w.stage(workflow.StageScheduled)
	w.why("planned")
	w.now = w.d.Content.At
	w.why()
	w.do(ben, workflow.MarkDone{})
	w.stage(workflow.StageDone)
	w.notAllowed(anna, workflow.Edit{Content: content("x")})
	w.why("done")
	kinds := make([]workflow.ActionKind, 0, len(w.d.Audit))
	for _, e := range w.d.Audit {
		kinds = append(kinds, e.Kind)
	}
	want := []workflow.ActionKind{"create", "move", "move", "move", "move", "request approval", "approve", "advance", "schedule", "finish"}
	if !slices.Equal(kinds, want) {
		t.Fatalf("audit trail %q, want %q", kinds, want)
	}
}

func TestEveryChangeVoidsWhatCoversIt(t *testing.T) {
	change := map[workflow.Fields]func(c *workflow.Content){
		workflow.FieldText:     func(c *workflow.Content) { c.Post.Text += "!" },
		workflow.FieldMedia:    func(c *workflow.Content) { c.Post.Media = []smm.Media{{Name: "a", Hash: "00"}} },
		workflow.FieldChannels: func(c *workflow.Content) { c.Channels = append(c.Channels, schedulertest.Channel("two")) },
		workflow.FieldTime:     func(c *workflow.Content) { c.At = c.At.Add(time.Minute) },
		workflow.FieldLabels:   func(c *workflow.Content) { c.Post.Labels.Campaign = "spring" },
	}
	for covered := range change {
		for changed, edit := range change {
			p := oneStep()
			p.Steps = []workflow.Step{
				{Name: "one", Roles: []string{"boss"}, Covers: covered},
				{Name: "rest", Roles: []string{"legal"}, Covers: workflow.FieldsAll},
			}
			w := newDesk(t, p)
			w.ask()
			w.yes(ben, "one")
			c := content("hello")
			edit(&c)
			if got := w.d.Content.Changed(&c); got != changed {
				t.Fatalf("the edit of %s changed %s", changed, got)
			}
			w.do(anna, workflow.Edit{Content: c}, workflow.RequestApproval{})
			w.yes(lena, "rest")
			if stands := w.d.Stage == workflow.StageApproved; stands == (covered == changed) {
				t.Errorf("step over %s, edit of %s: approved %t", covered, changed, stands)
			}
		}
	}
}

func TestWhatWasVoidedStaysVoid(t *testing.T) {
	w := newDesk(t, oneStep())
	w.ask()
	w.yes(ben, "")
	w.do(anna, workflow.Edit{Content: content("other")})
	w.stage("review")
	w.do(anna, workflow.Edit{Content: content("hello")}, workflow.RequestApproval{})
	w.stage("review")
	if v := w.d.Approvals[0].Void; v != "the content changed" {
		t.Fatalf("void %q", v)
	}
	w.yes(ben, "")
	w.stage(workflow.StageApproved)
}

func TestNobodyApprovesTheirOwn(t *testing.T) {
	w := newDesk(t, oneStep())
	w.do(ben, workflow.Edit{Content: content("ben's words")})
	w.ask()
	w.notAllowed(ben, workflow.Approve{Sum: w.d.Sum()}, "boss")
	w.notAllowed(anna, workflow.Approve{Sum: w.d.Sum()}, "boss")
	w.notAllowed(lena, workflow.Approve{Sum: w.d.Sum()}, "boss")
	w.do(ben, workflow.Delegate{Delegation: workflow.Delegation{To: "cleo"}})
	w.notAllowed(cleo, workflow.Approve{Sum: w.d.Sum(), For: "ben"}, "boss") // nor by proxy
	w.yes(cleo, "")
	w.do(cleo, workflow.Edit{Content: func() workflow.Content { c := content("ben's words"); c.Post.Labels.Topic = "x"; return c }()})
	w.stage("review")

	p := oneStep()
	p.Steps[0].Covers = workflow.FieldsSent
	w = newDesk(t, p)
	w.ask()
	w.yes(ben, "")
	labels := content("hello")
	labels.Post.Labels.Topic = "x"
	w.do(ben, workflow.Edit{Content: labels}) // nothing that the step covers, but now he is an author
	w.stage("review")

	p = oneStep()
	p.Steps[0].Author = true
	w = newDesk(t, p)
	w.do(ben, workflow.Edit{Content: content("ben's words")})
	w.ask()
	w.yes(ben, "")
	w.stage(workflow.StageApproved)
}

func TestCountsPeopleNotClicks(t *testing.T) {
	p := oneStep()
	p.Steps[0].Need = 2
	w := newDesk(t, p)
	w.ask()
	w.yes(ben, "")
	w.yes(ben, "")
	w.stage("review")
	w.do(cleo, workflow.Delegate{Delegation: workflow.Delegation{To: "ben"}})
	w.do(ben, workflow.Approve{Sum: w.d.Sum(), For: "cleo"}) // ben again, for cleo
	w.stage("review")
	w.yes(cleo, "")
	w.stage(workflow.StageApproved)
	w.do(cleo, workflow.Withdraw{Reason: "no"})
	w.stage("review")
	if why := workflow.Why(w.d, &w.p, w.now); why[0].Have != 1 || why[0].Need != 2 {
		t.Fatalf("why %+v", why)
	}
}

func TestApprovalExpires(t *testing.T) {
	p := oneStep()
	p.Steps[0].Expiry = 48 * time.Hour
	w := newDesk(t, p)
	w.ask()
	w.yes(ben, "")
	w.now = t0.Add(48*time.Hour - time.Microsecond)
	w.do(anna, workflow.Expire{})
	w.stage(workflow.StageApproved)
	w.now = t0.Add(48 * time.Hour)
	if w.d.Approved(&w.p, w.now) {
		t.Fatalf("it counts at the moment at which it expires")
	}
	w.do(anna, workflow.Expire{})
	w.stage("review")

	c := content("hello")
	c.At = t0.Add(100 * time.Hour) // behind the end of any approval given now
	w.do(anna, workflow.Edit{Content: c}, workflow.RequestApproval{})
	w.yes(ben, "")
	w.incomplete(ben, workflow.MarkScheduled{Sum: w.d.Sum(), Deliveries: []string{"x"}}, "expires")
	w.now = w.now.Add(10 * time.Hour)
	w.yes(ben, "") // given again, it lasts longer
	w.do(ben, workflow.MarkScheduled{Sum: w.d.Sum(), Deliveries: []string{"x"}})
}

func TestStepsInOrder(t *testing.T) {
	p := oneStep()
	p.InOrder = true
	p.Steps = append(p.Steps, workflow.Step{Name: "law", Roles: []string{"legal"}})
	w := newDesk(t, p)
	w.ask()
	w.incomplete(lena, workflow.Approve{Step: "law", Sum: w.d.Sum()}, "approval")
	w.yes(ben, "brand")
	w.stage("review")
	w.yes(lena, "law")
	w.stage(workflow.StageApproved)
	if err := w.try(lena, workflow.Approve{Sum: w.d.Sum()}); !errors.Is(err, smm.ErrInvalid) {
		t.Fatalf("a step must be named: %v", err)
	}
}

func TestDecisionsNameWhatWasLookedAt(t *testing.T) {
	w := newDesk(t, oneStep())
	w.ask()
	seen := w.d.Sum()
	w.do(anna, workflow.Edit{Content: content("slipped in")}, workflow.RequestApproval{})
	for _, a := range []workflow.Action{
		workflow.Approve{Sum: seen}, workflow.Approve{}, workflow.Reject{Sum: seen, Reason: "x"},
		workflow.Edit{Content: content("y"), Base: seen},
	} {
		err := w.try(ben, a)
		if _, is := errors.AsType[*workflow.ChangedError](err); !is || !errors.Is(err, smm.ErrConflict) {
			t.Fatalf("%T: %v", a, err)
		}
	}
	w.do(ben, workflow.Edit{Content: content("y"), Base: w.d.Sum()})
}

func TestRejectionGoesBackAndVoids(t *testing.T) {
	p := oneStep()
	p.Steps = append(p.Steps, workflow.Step{Name: "law", Roles: []string{"legal"}})
	w := newDesk(t, p)
	w.ask()
	w.yes(ben, "brand")
	if err := w.try(lena, workflow.Reject{Step: "law", Sum: w.d.Sum()}); !errors.Is(err, smm.ErrInvalid) {
		t.Fatalf("a rejection needs a reason: %v", err)
	}
	w.do(lena, workflow.Reject{Step: "law", Sum: w.d.Sum(), Reason: "the claim needs a source"})
	w.stage("production")
	if n := len(w.d.Comments); n != 1 || w.d.Comments[0].Text != "the claim needs a source" {
		t.Fatalf("comments %+v", w.d.Comments)
	}
	w.ask()
	w.yes(lena, "law")
	w.stage("review") // the yes of before is void
	w.yes(ben, "brand")
	w.do(ben, workflow.MarkScheduled{Sum: w.d.Sum(), Deliveries: []string{"x"}})
	w.do(lena, workflow.Reject{Step: "law", Sum: w.d.Sum(), Reason: "stop"})
	w.stage("production")
	if w.d.Deliveries != nil || w.d.Round != 1 {
		t.Fatalf("deliveries %v, round %d", w.d.Deliveries, w.d.Round)
	}
}

func TestTasksAndRolesOfStages(t *testing.T) {
	p := oneStep()
	p.Stages[1].Tasks = []workflow.TaskRule{{ID: "goal", Title: "Write down the goal", Role: "strategist"}}
	p.Stages[2].Edit = []string{"writer"}
	p.Stages[3].Enter = []string{"editor"}
	p.Stages[3].Tasks = []workflow.TaskRule{{ID: "facts", Title: "Check the facts"}}
	p.Drop, p.Schedule, p.Embargo = []string{"boss"}, []string{"boss"}, []string{"boss"}
	w := newDesk(t, p)
	editor := workflow.Actor{ID: "eddie", Roles: []string{"editor"}}
	w.notAllowed(anna, workflow.Move{Stage: "review"}, "editor")
	w.incomplete(editor, workflow.Move{Stage: "review"}, "task")
	w.do(anna, workflow.Move{Stage: "brief"}, workflow.AddTask{Task: workflow.Task{ID: "photo", Title: "Photo", Assignee: "paul"}})
	w.incomplete(anna, workflow.Move{Stage: "production"}, "task", "task")
	w.notAllowed(anna, workflow.CompleteTask{ID: "goal"}, "strategist")
	w.do(workflow.Actor{ID: "sam", Roles: []string{"strategist"}}, workflow.CompleteTask{ID: "goal"})
	w.do(workflow.Actor{ID: "paul"}, workflow.CompleteTask{ID: "photo"})
	w.do(anna, workflow.Move{Stage: "production"})
	w.notAllowed(ben, workflow.Edit{Content: content("x")}, "writer")
	w.do(anna, workflow.Edit{Content: content("x")})
	w.do(editor, workflow.Move{Stage: "review"}, workflow.RequestApproval{})
	w.yes(ben, "")
	w.stage("review") // the facts are not checked
	w.do(editor, workflow.CompleteTask{ID: "facts"})
	w.stage(workflow.StageApproved)
	w.notAllowed(anna, workflow.Drop{}, "boss")
	w.notAllowed(anna, workflow.MarkScheduled{Sum: w.d.Sum(), Deliveries: []string{"x"}}, "boss")
	w.notAllowed(anna, workflow.SetEmbargo{Until: t0.Add(time.Hour)}, "boss")
	w.do(ben, workflow.Drop{Reason: "no"})
	w.why("dropped")
	w.notAllowed(anna, workflow.Edit{Content: content("z")})
	w.notAllowed(anna, workflow.Reopen{}, "boss")
	w.do(ben, workflow.Reopen{Stage: "production"})
	w.stage("production")
}

func TestRequestListsAllThatIsMissing(t *testing.T) {
	w := newDesk(t, oneStep())
	c := workflow.Content{Post: smm.Post{Text: " "}}
	w.do(anna, workflow.Edit{Content: c})
	w.incomplete(anna, workflow.RequestApproval{}, "stage", "channels", "content")
	w.do(anna, workflow.Move{Stage: "review"})
	c = content("")
	c.Post.Thread = []smm.Post{{Media: []smm.Media{{Name: "b"}}}}
	c.Post.Variants = map[smm.Platform]smm.Variant{"x": {Media: []smm.Media{{Name: "a"}}}}
	w.do(anna, workflow.Edit{Content: c})
	w.incomplete(anna, workflow.RequestApproval{}, "media-hash", "media-hash")
	w.p.LooseMedia = true
	w.do(anna, workflow.RequestApproval{})
}

func TestEmbargoAndTime(t *testing.T) {
	w := newDesk(t, oneStep())
	w.ask()
	w.do(anna, workflow.SetEmbargo{Until: t0.Add(24*time.Hour + time.Nanosecond)})
	w.yes(ben, "")
	w.stage(workflow.StageApproved)
	w.incomplete(ben, workflow.MarkScheduled{Sum: w.d.Sum(), Deliveries: []string{"x"}}, "embargo")
	w.do(anna, workflow.SetEmbargo{Until: t0.Add(24 * time.Hour)}) // its very time
	w.do(ben, workflow.MarkScheduled{Sum: w.d.Sum(), Deliveries: []string{"x"}})
	w.do(anna, workflow.SetEmbargo{Until: t0.Add(48 * time.Hour)})
	w.why("embargo", "planned")
	w.do(anna, workflow.SetEmbargo{})
	w.why("planned")
}

func TestEscalationWidensAStep(t *testing.T) {
	p := oneStep()
	p.Steps[0].Escalate = &workflow.Escalation{After: 4 * time.Hour, Roles: []string{"chief"}}
	w := newDesk(t, p)
	chief := workflow.Actor{ID: "carl", Roles: []string{"chief"}}
	w.ask()
	w.now = t0.Add(4*time.Hour - time.Microsecond)
	w.notAllowed(chief, workflow.Approve{Sum: w.d.Sum()}, "boss")
	w.now = t0.Add(4 * time.Hour)
	if why := workflow.Why(w.d, &w.p, w.now); !slices.Equal(why[0].Roles, []string{"boss", "chief"}) || !strings.Contains(why[0].Message, "escalated") {
		t.Fatalf("why %+v", why)
	}
	w.yes(chief, "")
	w.stage(workflow.StageApproved)
}
