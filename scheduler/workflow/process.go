package workflow

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The stages that every process knows. The first four are what DefaultStages
// uses; the others are the machine's own and cannot be named by a process.
const (
	StageIdea       = "idea"
	StageBrief      = "brief"
	StageProduction = "production"
	StageReview     = "review"

	StageApproved  = "approved"  // reached by itself with the last approval
	StageScheduled = "scheduled" // its deliveries are in the scheduler
	StageDone      = "done"      // and none of them is on its way any more
	StageDropped   = "dropped"
)

// Process is how a host's content gets from idea to approval. It is a value: keep
// it as JSON, and give it to Apply. Lists of roles that are empty mean everybody,
// unless it says otherwise.
type Process struct {
	// Stages are the working stages in their order. In the last of them the
	// draft is reviewed. At least one.
	Stages []Stage `json:"stages"`
	// Steps are the approvals that it takes, at least one. Between them they
	// cover FieldsSent.
	Steps []Step `json:"steps"`
	// InOrder asks for the steps one after the other; else they are parallel.
	InOrder bool `json:"in_order,omitempty"`

	Schedule []string `json:"schedule,omitempty"` // roles that may schedule what is approved
	Embargo  []string `json:"embargo,omitempty"`  // roles that may set and lift an embargo
	Drop     []string `json:"drop,omitempty"`     // roles that may drop and reopen

	// Delegations hold for all drafts of the process; see AddDelegation. Those of
	// one draft are in Draft.Delegations.
	Delegations []Delegation `json:"delegations,omitempty"`
	// LooseMedia permits media without a hash in what is approved. Then nobody
	// notices when another file takes the name of one that was approved.
	LooseMedia bool `json:"loose_media,omitempty"`
}

// Stage is a working stage.
type Stage struct {
	Name  string     `json:"name"`
	Enter []string   `json:"enter,omitempty"` // roles that may move a draft here
	Edit  []string   `json:"edit,omitempty"`  // roles that may edit a draft that is here
	Tasks []TaskRule `json:"tasks,omitempty"` // to be done before a draft goes on from here
}

// TaskRule is a task that every draft gets when it enters a stage.
type TaskRule struct {
	ID    string `json:"id"` // unique in the process
	Title string `json:"title"`
	Role  string `json:"role,omitempty"` // who may complete it besides the assignee; "": everybody
}

// Step is an approval that a draft needs.
type Step struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`          // who may approve, at least one role
	Need  int      `json:"need,omitempty"` // how many different people, 0 means 1
	// Author permits approval by people who wrote some of the content, and on
	// their behalf.
	Author bool `json:"author,omitempty"`
	// Covers is what is approved: a change to any of it voids the approval. Zero
	// means FieldsAll.
	Covers Fields `json:"covers,omitempty"`
	// Expiry is how long an approval counts: it ends at that moment. 0: for ever.
	Expiry time.Duration `json:"expiry,omitempty"`
	// Escalate lets further roles approve when a request has waited too long.
	Escalate *Escalation `json:"escalate,omitempty"`
}

// Escalation widens a step.
type Escalation struct {
	After time.Duration `json:"after"` // counted from the request
	Roles []string      `json:"roles"`
}

func (s *Step) need() int { return max(s.Need, 1) }

func (s *Step) covers() Fields { return cmp.Or(s.Covers, FieldsAll) }

// DefaultStages returns idea, brief, production and review, open to everybody.
func DefaultStages() []Stage {
	return []Stage{{Name: StageIdea}, {Name: StageBrief}, {Name: StageProduction}, {Name: StageReview}}
}

func (p *Process) review() string { return p.Stages[len(p.Stages)-1].Name }

// stage returns the index of a working stage, -1 for any other.
func (p *Process) stage(name string) int {
	return slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Name == name })
}

// step returns a step, nil if there is none of that name.
func (p *Process) step(name string) *Step {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Steps[i]
}

func (p *Process) taskRule(id string) (TaskRule, string, bool) {
	for _, s := range p.Stages {
		for _, t := range s.Tasks {
			if t.ID == id {
				return t, s.Name, true
			}
		}
	}
	return TaskRule{}, "", false
}

// Check reports what is wrong with p, as an error that matches smm.ErrInvalid.
func (p *Process) Check() error {
	if len(p.Stages) == 0 || len(p.Steps) == 0 {
		return invalid("a process needs a stage and an approval step")
	}
	if err := p.checkStages(); err != nil {
		return err
	}
	var covered Fields
	names := make(map[string]bool)
	for i := range p.Steps {
		s := &p.Steps[i]
		if err := s.check(); err != nil {
			return err
		}
		if names[s.Name] {
			return invalid("step %q is there twice", s.Name)
		}
		names[s.Name] = true
		covered |= s.covers()
	}
	if !covered.Has(FieldsSent) {
		return invalid("no step covers %s: it would be sent although nobody approved it", FieldsSent&^covered)
	}
	var known []Delegation
	for _, d := range p.Delegations {
		var err error
		if known, err = AddDelegation(known, d); err != nil {
			return err
		}
	}
	return nil
}

func (p *Process) checkStages() error {
	names, tasks := make(map[string]bool), make(map[string]bool)
	for _, s := range p.Stages {
		switch {
		case s.Name == "" || strings.TrimSpace(s.Name) != s.Name:
			return invalid("stage %q needs a name without spaces around it", s.Name)
		case s.Name == StageApproved || s.Name == StageScheduled || s.Name == StageDone || s.Name == StageDropped:
			return invalid("stage %q is the machine's own: leave it out", s.Name)
		case names[s.Name]:
			return invalid("stage %q is there twice", s.Name)
		}
		names[s.Name] = true
		for _, t := range s.Tasks {
			if t.ID == "" || t.Title == "" || tasks[t.ID] {
				return invalid("task %q of stage %q needs an ID of its own and a title", t.ID, s.Name)
			}
			tasks[t.ID] = true
		}
	}
	return nil
}

func (s *Step) check() error {
	switch {
	case s.Name == "":
		return invalid("an approval step needs a name")
	case len(s.Roles) == 0 || slices.Contains(s.Roles, ""):
		return invalid("step %q needs the roles that may approve", s.Name)
	case s.Need < 0 || s.Expiry < 0:
		return invalid("step %q has a negative number", s.Name)
	case s.Covers > FieldsAll:
		return invalid("step %q covers fields that there are not", s.Name)
	case s.Escalate != nil && (s.Escalate.After <= 0 || len(s.Escalate.Roles) == 0 || slices.Contains(s.Escalate.Roles, "")):
		return invalid("the escalation of step %q needs a time and roles", s.Name)
	}
	return nil
}
