package workflow

import (
	"fmt"
	"slices"
	"time"
)

// Edit replaces the content. Approvals of what changed are void, and a request
// for approval is taken back: ask again when the edits are done.
type Edit struct {
	Content Content
	// Base is the Sum that the edit began with, so that nobody's work is
	// overwritten unseen: the error is a *ChangedError otherwise. "": whatever it is.
	Base string
}

// Move takes the draft to another working stage: forward when the tasks on the
// way are done, or back.
type Move struct{ Stage string }

// Assign names who looks after the draft; "" for nobody.
type Assign struct{ To string }

// AddTask adds a task, to be done before the draft leaves its Stage; "" is the
// stage that it is in. By and Done are ignored.
type AddTask struct{ Task Task }

// CompleteTask says that a task is done.
type CompleteTask struct{ ID string }

// AddComment adds a remark. ID is given by the machine if it is empty; By, At,
// Settled and Content always are.
type AddComment struct{ Comment Comment }

// SettleComment closes a remark.
type SettleComment struct{ ID string }

// Drop ends the draft. What is scheduled is not sent.
type Drop struct{ Reason string }

// Reopen brings a dropped draft back, to a working stage or, if that is "", the
// first.
type Reopen struct{ Stage string }

// Kind implements Action.
func (Edit) Kind() ActionKind { return KindEdit }

// Kind implements Action.
func (Move) Kind() ActionKind { return KindMove }

// Kind implements Action.
func (Assign) Kind() ActionKind { return KindAssign }

// Kind implements Action.
func (AddTask) Kind() ActionKind { return KindTask }

// Kind implements Action.
func (CompleteTask) Kind() ActionKind { return KindComplete }

// Kind implements Action.
func (AddComment) Kind() ActionKind { return KindComment }

// Kind implements Action.
func (SettleComment) Kind() ActionKind { return KindSettle }

// Kind implements Action.
func (Drop) Kind() ActionKind { return KindDrop }

// Kind implements Action.
func (Reopen) Kind() ActionKind { return KindReopen }

// working is the index of the working stage that d is in, or was last.
func (c *change) working() int {
	if i := c.p.stage(c.d.Stage); i >= 0 {
		return i
	}
	return len(c.p.Stages) - 1
}

func (a Edit) apply(c *change) error {
	d := c.d
	if err := c.open(KindEdit); err != nil {
		return err
	}
	if err := c.may(KindEdit, c.p.Stages[c.working()].Edit, "the draft is in stage "+d.Stage); err != nil {
		return err
	}
	if a.Base != "" && a.Base != d.Sum() {
		return &ChangedError{Seen: a.Base, Current: d.Sum()}
	}
	content, err := a.Content.Normal()
	if err != nil {
		return err
	}
	changed := d.Content.Changed(&content)
	if changed == 0 {
		return errSame
	}
	c.note = changed.String()
	d.Content, d.Requested = content, time.Time{}
	if !slices.Contains(d.Authors, c.by.ID) {
		d.Authors = append(d.Authors, c.by.ID)
	}
	if d.Stage == StageScheduled { // its deliveries are of another content
		d.unschedule()
		d.Stage = StageApproved
	}
	return nil
}

func (a Move) apply(c *change) error {
	d := c.d
	if err := c.open(KindMove); err != nil {
		return err
	}
	to := c.p.stage(a.Stage)
	if to < 0 {
		return invalid("%q is no working stage of the process", a.Stage)
	}
	if d.Stage == a.Stage {
		return errSame
	}
	if err := c.may(KindMove, c.p.Stages[to].Enter, "moving to stage "+a.Stage); err != nil {
		return err
	}
	var missing []Reason
	for i := c.working(); i < to; i++ {
		missing = append(missing, taskReasons(d.openTasks(c.p, c.p.Stages[i].Name))...)
	}
	if len(missing) > 0 {
		return &IncompleteError{Action: KindMove, Missing: missing}
	}
	d.unschedule()
	d.Stage, d.Requested = a.Stage, time.Time{}
	d.enter(c.p)
	return nil
}

func (a Assign) apply(c *change) error {
	if err := c.open(KindAssign); err != nil {
		return err
	}
	if c.d.Assignee == a.To {
		return errSame
	}
	c.d.Assignee, c.note = a.To, a.To
	return nil
}

func (a AddTask) apply(c *change) error {
	if err := c.open(KindTask); err != nil {
		return err
	}
	t := a.Task
	t.By, t.Done = "", time.Time{}
	if t.Stage == "" {
		t.Stage = c.d.Stage
	}
	if t.ID == "" {
		t.ID = fmt.Sprintf("t%d", len(c.d.Audit)+1)
	}
	_, _, known := c.p.taskRule(t.ID)
	switch {
	case t.Title == "":
		return invalid("a task needs a title")
	case c.p.stage(t.Stage) < 0:
		return invalid("a task belongs to a working stage, and %q is none", t.Stage)
	case known || c.d.task(t.ID) != nil:
		return invalid("the draft has a task %q already", t.ID)
	}
	c.d.Tasks = append(c.d.Tasks, t)
	c.note = t.ID + ": " + t.Title
	return nil
}

func (a CompleteTask) apply(c *change) error {
	if err := c.open(KindComplete); err != nil {
		return err
	}
	t := c.d.task(a.ID)
	if r, stage, ok := c.p.taskRule(a.ID); t == nil && ok {
		t = c.d.fromRule(r, stage)
	}
	if t == nil {
		return invalid("the draft has no task %q", a.ID)
	}
	if !t.Done.IsZero() {
		return errSame
	}
	if t.Role != "" && c.by.ID != t.Assignee {
		if err := c.may(KindComplete, []string{t.Role}, "the task "+t.Title+" is not theirs"); err != nil {
			return err
		}
	}
	t.By, t.Done = c.by.ID, c.now
	c.note = t.ID
	return nil
}

func (a AddComment) apply(c *change) error {
	m := a.Comment
	if m.Text == "" {
		return invalid("a comment needs a text")
	}
	if n := m.Anchor; n != nil && (n.Path == "" || n.Span.Start < 0 || n.Span.End < n.Span.Start) {
		return invalid("a comment's anchor needs a path and a span that does not end before it begins")
	}
	if m.ID == "" {
		m.ID = fmt.Sprintf("c%d", len(c.d.Audit)+1)
	}
	if m.Answers != "" && c.d.comment(m.Answers) == nil {
		return invalid("there is no comment %q to answer", m.Answers)
	}
	if c.d.comment(m.ID) != nil {
		return invalid("the draft has a comment %q already", m.ID)
	}
	m.By, m.At, m.Settled, m.Content = c.by.ID, c.now, "", c.d.Sum()
	c.d.Comments = append(c.d.Comments, m)
	c.note = m.ID
	return nil
}

func (d *Draft) comment(id string) *Comment {
	i := slices.IndexFunc(d.Comments, func(m Comment) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &d.Comments[i]
}

func (a SettleComment) apply(c *change) error {
	m := c.d.comment(a.ID)
	if m == nil {
		return invalid("the draft has no comment %q", a.ID)
	}
	if m.Settled != "" {
		return errSame
	}
	m.Settled, c.note = c.by.ID, a.ID
	return nil
}

func (a Drop) apply(c *change) error {
	if c.d.Stage == StageDropped {
		return errSame
	}
	if err := c.open(KindDrop); err != nil {
		return err
	}
	if err := c.may(KindDrop, c.p.Drop, "dropping a draft"); err != nil {
		return err
	}
	c.d.unschedule()
	c.d.Stage, c.d.Requested, c.note = StageDropped, time.Time{}, a.Reason
	return nil
}

func (a Reopen) apply(c *change) error {
	if c.d.Stage != StageDropped {
		return &NotAllowedError{Action: KindReopen, Actor: c.by.ID, Why: "the draft is in stage " + c.d.Stage + ", and only what was dropped can be reopened"}
	}
	if err := c.may(KindReopen, c.p.Drop, "reopening a draft"); err != nil {
		return err
	}
	stage := a.Stage
	if stage == "" {
		stage = c.p.Stages[0].Name
	}
	to := c.p.stage(stage)
	if to < 0 {
		return invalid("%q is no working stage of the process", stage)
	}
	if err := c.may(KindReopen, c.p.Stages[to].Enter, "moving to stage "+stage); err != nil {
		return err
	}
	var missing []Reason
	for i := range to {
		missing = append(missing, taskReasons(c.d.openTasks(c.p, c.p.Stages[i].Name))...)
	}
	if len(missing) > 0 {
		return &IncompleteError{Action: KindReopen, Missing: missing}
	}
	c.d.Stage = stage
	c.d.enter(c.p)
	return nil
}
