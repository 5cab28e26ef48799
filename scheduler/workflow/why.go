package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Reason is one thing that stands between a draft and being sent. Code and the
// fields are stable, so that a host can phrase it in its own language; Message is
// the English text.
type Reason struct {
	// Code is "dropped", "done", "stage", "task", "content", "channels",
	// "media-hash", "request", "approval", "expires", "time", "embargo",
	// "schedule" or "planned".
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Step    string    `json:"step,omitempty"`
	Task    string    `json:"task,omitempty"`
	Roles   []string  `json:"roles,omitempty"` // who can do something about it; none: anybody
	Have    int       `json:"have,omitempty"`
	Need    int       `json:"need,omitempty"`
	Until   time.Time `json:"until,omitzero"` // it goes away by itself then; of "expires": when it comes
}

// Why says what stands between d and being sent, in the order in which it is
// dealt with. It is empty when the gate lets its deliveries pass.
func Why(d Draft, p *Process, now time.Time) []Reason {
	if err := p.Check(); err != nil {
		return []Reason{{Code: "stage", Message: err.Error()}}
	}
	switch d.Stage {
	case StageDropped:
		return []Reason{{Code: "dropped", Message: "the draft was dropped", Roles: p.Drop}}
	case StageDone:
		return []Reason{{Code: "done", Message: "all that it was made into has been dealt with"}}
	}
	out := d.toApprove(p, now)
	out = append(out, d.toPlan(p, now)...)
	if d.Stage != StageScheduled {
		return append(out, Reason{Code: "schedule", Message: "it is not scheduled", Roles: p.Schedule})
	}
	if now.Before(d.Content.At) {
		out = append(out, Reason{Code: "planned", Message: "its time is " + show(d.Content.At), Until: d.Content.At})
	}
	return out
}

// toApprove is what is missing until d is approved.
func (d *Draft) toApprove(p *Process, now time.Time) []Reason {
	var out []Reason
	review := p.review()
	at := p.stage(d.Stage)
	if at >= 0 && d.Stage != review {
		out = append(out, stageReason(d.Stage, review))
	}
	if at >= 0 {
		for _, s := range p.Stages[at:] {
			out = append(out, taskReasons(d.openTasks(p, s.Name))...)
		}
	}
	out = append(out, d.incomplete(p)...)
	if at >= 0 && d.Requested.IsZero() {
		out = append(out, Reason{Code: "request", Message: "nobody has asked for approval"})
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if n := d.have(p, s, now); n < s.need() {
			roles, escalated := s.rolesAt(d.Requested, now)
			out = append(out, approvalReason(s, n, roles, escalated))
		}
	}
	return out
}

// toPlan is what is missing until an approved draft can be scheduled and sent.
func (d *Draft) toPlan(p *Process, now time.Time) []Reason {
	var out []Reason
	at := d.Content.At
	if at.IsZero() {
		out = append(out, Reason{Code: "time", Message: "it has no time"})
	}
	if d.embargoed(at) && d.embargoed(now) {
		out = append(out, Reason{Code: "embargo", Message: "it is under embargo until " + show(d.Embargo), Roles: p.Embargo, Until: d.Embargo})
	}
	if end, step := d.expiring(p, now); !end.IsZero() && !at.Before(end) && now.Before(at) {
		out = append(out, Reason{
			Code: "expires", Message: fmt.Sprintf("the approval of step %s ends at %s, before its time", step, show(end)),
			Step: step, Roles: p.step(step).Roles, Until: end,
		})
	}
	return out
}

// embargoed reports whether an embargo holds at a moment. It ends at the very
// moment that it names.
func (d *Draft) embargoed(at time.Time) bool { return at.Before(d.Embargo) }

// incomplete is what a content lacks that can be approved.
func (d *Draft) incomplete(p *Process) []Reason {
	var out []Reason
	c := &d.Content
	if len(c.Channels) == 0 {
		out = append(out, Reason{Code: "channels", Message: "it has no channels"})
	}
	if empty(&c.Post) {
		out = append(out, Reason{Code: "content", Message: "it has neither text nor media"})
	}
	if p.LooseMedia {
		return out
	}
	for _, name := range unhashed(&c.Post) {
		out = append(out, Reason{Code: "media-hash", Message: fmt.Sprintf(
			"the media %q has no hash: another file could take its name after approval", name)})
	}
	return out
}

func empty(p *smm.Post) bool {
	if strings.TrimSpace(p.Text) != "" || len(p.Media) > 0 || p.Poll != nil || p.Card != nil {
		return false
	}
	for _, v := range p.Variants {
		if (v.Text != nil && *v.Text != "") || len(v.Media) > 0 {
			return false
		}
	}
	return true
}

// unhashed returns the names of media without a hash.
func unhashed(p *smm.Post) []string {
	var out []string
	var walk func(t mediaTree)
	walk = func(t mediaTree) {
		for _, m := range t.Media {
			if m.Hash == "" && !slices.Contains(out, m.Name) {
				out = append(out, m.Name)
			}
		}
		for _, part := range t.Thread {
			walk(part)
		}
		for _, v := range t.Variants {
			walk(v)
		}
	}
	walk(mediaOf(p))
	slices.Sort(out)
	return out
}

func taskReasons(tasks []Task) []Reason {
	var out []Reason
	for _, t := range tasks {
		r := Reason{Code: "task", Task: t.ID, Message: fmt.Sprintf("the task %q of stage %s is open", t.Title, t.Stage)}
		if t.Role != "" {
			r.Roles = []string{t.Role}
		}
		out = append(out, r)
	}
	return out
}

func stageReason(is, want string) Reason {
	return Reason{Code: "stage", Message: fmt.Sprintf("it is in stage %s, not %s", is, want)}
}

func approvalReason(s *Step, have int, roles []string, escalated bool) Reason {
	msg := fmt.Sprintf("step %s has %d of %d approvals by %s", s.Name, have, s.need(), strings.Join(roles, " or "))
	if escalated {
		msg += " (escalated)"
	}
	return Reason{Code: "approval", Message: msg, Step: s.Name, Roles: roles, Have: have, Need: s.need()}
}

func show(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
