package workflow

import (
	"errors"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// ActionKind names what is done to a draft, in the audit trail and in errors.
type ActionKind string

// The kinds of actions.
const (
	KindCreate     ActionKind = "create"
	KindEdit       ActionKind = "edit"
	KindMove       ActionKind = "move"
	KindAssign     ActionKind = "assign"
	KindTask       ActionKind = "add a task"
	KindComplete   ActionKind = "complete a task"
	KindComment    ActionKind = "comment"
	KindSettle     ActionKind = "settle a comment"
	KindRequest    ActionKind = "request approval"
	KindApprove    ActionKind = "approve"
	KindReject     ActionKind = "reject"
	KindWithdraw   ActionKind = "withdraw approval"
	KindDelegate   ActionKind = "delegate"
	KindRevokeLink ActionKind = "revoke a link"
	KindEmbargo    ActionKind = "set an embargo"
	KindExpire     ActionKind = "expire"
	KindSchedule   ActionKind = "schedule"
	KindFinish     ActionKind = "finish"
	KindDrop       ActionKind = "drop"
	KindReopen     ActionKind = "reopen"
	// KindVoid and KindAdvance are what the machine does by itself, as a
	// consequence: approvals that do not count any more, and another stage.
	KindVoid    ActionKind = "void"
	KindAdvance ActionKind = "advance"
)

// SystemActor is who does what follows by itself.
const SystemActor = "system"

// Action is something to do to a draft: Edit, Move, Approve and the others of
// this package.
type Action interface {
	Kind() ActionKind
	apply(c *change) error
}

// change is an action on its way.
type change struct {
	d   *Draft // a copy
	p   *Process
	by  Actor
	now time.Time

	note, forWhom string // for the audit trail
	overdue       bool   // the time did something that is recorded now
}

// errSame ends an action that changes nothing.
var errSame = errors.New("nothing changes")

// Apply returns d after the action, or why that is not possible. It is pure: d
// and p stay as they are, the time is an argument, and the same arguments give
// the same result. All rules of approval are here. First it takes account of what
// the time has done since: approvals that expired. What changes nothing, such as
// a decision that is repeated, gives d back without a line in the audit trail.
//
// Errors: *NotAllowedError, *IncompleteError, *ChangedError, *LinkUsedError, and
// others that match smm.ErrInvalid.
func Apply(d Draft, p *Process, by Actor, a Action, now time.Time) (Draft, error) {
	if err := p.Check(); err != nil {
		return d, err
	}
	if by.ID == "" || a == nil {
		return d, invalid("an action needs somebody who does it")
	}
	if d.Schema < 1 || d.Schema > DraftSchema || d.ID == "" {
		return d, invalid("that is no draft: make one with NewDraft")
	}
	out := d.clone()
	c := &change{d: &out, p: p, by: by, now: now.UTC().Truncate(time.Microsecond)}
	c.settle()
	c.overdue = len(out.Audit) > len(d.Audit)
	stage, sum := out.Stage, out.Sum()
	if err := a.apply(c); errors.Is(err, errSame) {
		return d, nil
	} else if err != nil {
		return d, err
	}
	e := Event{At: c.now, By: by.ID, For: c.forWhom, Kind: a.Kind(), Note: c.note, From: stage, Before: sum}
	if out.Stage != stage {
		e.To = out.Stage
	}
	if after := out.Sum(); after != sum {
		e.After = after
	}
	out.record(e)
	c.settle()
	return out, nil
}

// NewDraft returns a draft in the first stage of p.
func NewDraft(tenant smm.Tenant, id string, content Content, p *Process, by Actor, now time.Time) (Draft, error) {
	if err := p.Check(); err != nil {
		return Draft{}, err
	}
	if id == "" || by.ID == "" {
		return Draft{}, invalid("a draft needs an ID and an author")
	}
	normal, err := content.Normal()
	if err != nil {
		return Draft{}, err
	}
	d := Draft{
		Schema: DraftSchema, ID: id, Tenant: tenant, Stage: p.Stages[0].Name,
		Content: normal, Authors: []string{by.ID}, Assignee: normal.Post.Labels.Assignee,
	}
	d.enter(p)
	d.record(Event{At: now.UTC().Truncate(time.Microsecond), By: by.ID, Kind: KindCreate, To: d.Stage, After: d.Sum()})
	return d, nil
}

// enter gives a draft the tasks of the stage that it is in.
func (d *Draft) enter(p *Process) {
	i := p.stage(d.Stage)
	if i < 0 {
		return
	}
	for _, r := range p.Stages[i].Tasks {
		d.fromRule(r, d.Stage)
	}
}

// fromRule returns the task of a rule, which it adds if need be.
func (d *Draft) fromRule(r TaskRule, stage string) *Task {
	if t := d.task(r.ID); t != nil {
		return t
	}
	d.Tasks = append(d.Tasks, Task{ID: r.ID, Title: r.Title, Role: r.Role, Stage: stage})
	return &d.Tasks[len(d.Tasks)-1]
}

func (d *Draft) task(id string) *Task {
	i := slices.IndexFunc(d.Tasks, func(t Task) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return &d.Tasks[i]
}

// settle draws the consequences: approvals that do not count are void for good,
// what is not approved any more goes back to review, and what has all that it
// needs is approved.
func (c *change) settle() {
	d := c.d
	for i := range d.Approvals {
		a := &d.Approvals[i]
		if a.Void != "" {
			continue
		}
		if a.Void = d.whyVoid(c.p, a, c.now); a.Void != "" {
			c.system(KindVoid, a.Step+" by "+a.By+": "+a.Void, "")
		}
	}
	review := c.p.review()
	switch d.Stage {
	case StageApproved, StageScheduled:
		if !d.approved(c.p, c.now) {
			d.unschedule()
			c.system(KindAdvance, "it is not approved any more", review)
		}
	case review:
		if !d.Requested.IsZero() && d.approved(c.p, c.now) && len(d.openTasks(c.p, review)) == 0 {
			c.system(KindAdvance, "all approvals are there", StageApproved)
		}
	}
}

// system records what happens by itself, and goes to a stage if one is named.
func (c *change) system(kind ActionKind, note, stage string) {
	e := Event{At: c.now, By: SystemActor, Kind: kind, Note: note, From: c.d.Stage, Before: c.d.Sum()}
	if stage != "" {
		e.To, c.d.Stage = stage, stage
	}
	c.d.record(e)
}

// unschedule gives up the deliveries that the draft was made into. The gate lets
// none of them pass from now on.
func (d *Draft) unschedule() {
	if d.Stage == StageScheduled {
		d.Deliveries = nil
		d.Round++
	}
}

// openTasks returns what is still to be done in a stage: tasks that were added,
// and those of the process.
func (d *Draft) openTasks(p *Process, stage string) []Task {
	var out []Task
	for _, t := range d.Tasks {
		if t.Stage == stage && t.Done.IsZero() {
			out = append(out, t)
		}
	}
	if i := p.stage(stage); i >= 0 {
		for _, r := range p.Stages[i].Tasks {
			if d.task(r.ID) == nil {
				out = append(out, Task{ID: r.ID, Title: r.Title, Role: r.Role, Stage: stage})
			}
		}
	}
	return out
}

// may refuses an actor who has none of the roles.
func (c *change) may(kind ActionKind, roles []string, why string) error {
	if c.by.has(roles) {
		return nil
	}
	return &NotAllowedError{Action: kind, Actor: c.by.ID, Roles: roles, Why: why}
}

// open refuses drafts that are over.
func (c *change) open(kind ActionKind) error {
	switch c.d.Stage {
	case StageDone:
		return &NotAllowedError{Action: kind, Actor: c.by.ID, Why: "the draft is done: make a new one"}
	case StageDropped:
		return &NotAllowedError{Action: kind, Actor: c.by.ID, Why: "the draft was dropped: reopen it first"}
	}
	return nil
}
