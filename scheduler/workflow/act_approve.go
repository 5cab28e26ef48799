package workflow

import (
	"fmt"
	"slices"
	"time"
)

// RequestApproval asks for the approvals. The draft must be in the last working
// stage and complete. Escalation counts from here.
type RequestApproval struct{}

// Approve is a yes to a step. Sum is Draft.Sum of what the person looked at.
type Approve struct {
	Step string // may be "" if the process has one step only
	Sum  string
	For  string // on whose behalf, by delegation; "": their own
	Note string
	Link string // ID of the signed link that it came by, "" for none
}

// Reject is a no, with a reason. All approvals are void, and the draft goes back
// to the stage before review, also if it was approved or scheduled.
type Reject struct {
	Step   string
	Sum    string
	For    string
	Reason string
	Link   string
}

// Withdraw takes back the actor's approvals of a step, or of all if that is "",
// given by them or on their behalf.
type Withdraw struct {
	Step   string
	Reason string
}

// Delegate lets somebody act for the actor on this draft. From and Roles are
// those of the actor, Start is now if it is zero.
type Delegate struct{ Delegation Delegation }

// RevokeLink makes a signed link useless that has not decided yet.
type RevokeLink struct{ ID string }

// Kind implements Action.
func (RequestApproval) Kind() ActionKind { return KindRequest }

// Kind implements Action.
func (Approve) Kind() ActionKind { return KindApprove }

// Kind implements Action.
func (Reject) Kind() ActionKind { return KindReject }

// Kind implements Action.
func (Withdraw) Kind() ActionKind { return KindWithdraw }

// Kind implements Action.
func (Delegate) Kind() ActionKind { return KindDelegate }

// Kind implements Action.
func (RevokeLink) Kind() ActionKind { return KindRevokeLink }

func (RequestApproval) apply(c *change) error {
	d := c.d
	if err := c.open(KindRequest); err != nil {
		return err
	}
	if d.Stage == StageApproved || d.Stage == StageScheduled || (d.Stage == c.p.review() && !d.Requested.IsZero()) {
		return errSame
	}
	missing := d.incomplete(c.p)
	if d.Stage != c.p.review() {
		missing = append([]Reason{stageReason(d.Stage, c.p.review())}, missing...)
	}
	if len(missing) > 0 {
		return &IncompleteError{Action: KindRequest, Missing: missing}
	}
	d.Requested = c.now
	return nil
}

func (a Approve) apply(c *change) error {
	d := c.d
	if err := c.useLink(a.Link, string(KindApprove)); err != nil {
		return err
	}
	s, roles, err := c.decision(KindApprove, a.Step, a.For, a.Sum)
	if err != nil {
		return err
	}
	if d.Stage != StageApproved && d.Stage != StageScheduled && (d.Stage != c.p.review() || d.Requested.IsZero()) {
		return &IncompleteError{Action: KindApprove, Missing: []Reason{{Code: "request", Message: "nobody has asked for approval yet"}}}
	}
	if c.p.InOrder {
		for i := range c.p.Steps {
			before := &c.p.Steps[i]
			if before.Name == s.Name {
				break
			}
			if n := d.have(c.p, before, c.now); n < before.need() {
				return &IncompleteError{Action: KindApprove, Missing: []Reason{approvalReason(before, n, before.Roles, false)}}
			}
		}
	}
	yes := Approval{Step: s.Name, By: c.by.ID, Roles: roles, At: c.now, Hash: d.Content.Hash(s.covers()), Note: a.Note, Link: a.Link}
	if a.For != c.by.ID {
		yes.For = a.For
	}
	for i := range d.Approvals { // given again, it counts from now
		if old := &d.Approvals[i]; old.Void == "" && old.Step == yes.Step && old.By == yes.By && old.For == yes.For {
			old.Void = "given again"
		}
	}
	d.Approvals = append(d.Approvals, yes)
	c.forWhom, c.note = yes.For, joinNote(s.Name, a.Note)
	return nil
}

func joinNote(step, note string) string {
	if note == "" {
		return step
	}
	return step + ": " + note
}

func (a Reject) apply(c *change) error {
	d := c.d
	if err := c.useLink(a.Link, string(KindReject)); err != nil {
		return err
	}
	if a.Reason == "" {
		return invalid("a rejection needs a reason: what must change?")
	}
	s, _, err := c.decision(KindReject, a.Step, a.For, a.Sum)
	if err != nil {
		return err
	}
	for i := range d.Approvals {
		if y := &d.Approvals[i]; y.Void == "" {
			y.Void = "rejected by " + c.by.ID
		}
	}
	d.Comments = append(d.Comments, Comment{
		ID: fmt.Sprintf("c%d", len(d.Audit)+1), By: c.by.ID, At: c.now, Text: a.Reason, Content: d.Sum(),
	})
	d.unschedule()
	d.Stage, d.Requested = c.p.Stages[max(0, len(c.p.Stages)-2)].Name, time.Time{}
	if a.For != c.by.ID {
		c.forWhom = a.For
	}
	c.note = joinNote(s.Name, a.Reason)
	return nil
}

func (a Withdraw) apply(c *change) error {
	n := 0
	for i := range c.d.Approvals {
		y := &c.d.Approvals[i]
		if y.Void != "" || (y.By != c.by.ID && y.For != c.by.ID) || (a.Step != "" && y.Step != a.Step) {
			continue
		}
		y.Void = "withdrawn by " + c.by.ID
		n++
	}
	if n == 0 {
		return errSame
	}
	if err := c.open(KindWithdraw); err != nil {
		return err
	}
	c.note = joinNote(a.Step, a.Reason)
	return nil
}

func (a Delegate) apply(c *change) error {
	if err := c.open(KindDelegate); err != nil {
		return err
	}
	e := a.Delegation
	e.From, e.Roles = c.by.ID, slices.Clone(c.by.Roles)
	if e.Start.IsZero() {
		e.Start = c.now
	}
	if e.Step != "" && c.p.step(e.Step) == nil {
		return invalid("%q is no approval step of the process", e.Step)
	}
	if _, err := AddDelegation(c.delegations(), e); err != nil {
		return err
	}
	c.d.Delegations = append(c.d.Delegations, e)
	c.note = "to " + e.To
	return nil
}

func (a RevokeLink) apply(c *change) error {
	if a.ID == "" {
		return invalid("name the link to revoke")
	}
	return c.useLink(a.ID, "revoked")
}

// useLink notes what a link is used for. The same decision again changes
// nothing; another one is refused.
func (c *change) useLink(id, decision string) error {
	if id == "" {
		return nil
	}
	for _, u := range c.d.Links {
		switch {
		case u.ID != id:
		case u.Decision == decision:
			return errSame
		default:
			return &LinkUsedError{Decision: u.Decision}
		}
	}
	c.d.Links = append(c.d.Links, LinkUse{ID: id, Decision: decision, At: c.now})
	return nil
}
