package workflow

import (
	"slices"
	"strings"
	"time"
)

// whyVoid says why an approval does not count now, "" if it does.
func (d *Draft) whyVoid(p *Process, a *Approval, now time.Time) string {
	s := p.step(a.Step)
	switch {
	case a.Void != "":
		return a.Void
	case s == nil:
		return "the process has no such step any more"
	case a.Hash == "" || a.Hash != d.Content.Hash(s.covers()):
		return "the content changed"
	case s.Expiry > 0 && !now.Before(a.At.Add(s.Expiry)):
		return "expired"
	case !s.Author && (slices.Contains(d.Authors, a.By) || slices.Contains(d.Authors, a.principal())):
		return "given by or for somebody who wrote some of it"
	case len(common(a.Roles, s.everRoles())) == 0:
		return "the step is not for this role any more"
	}
	return ""
}

func (a *Approval) principal() string {
	if a.For != "" {
		return a.For
	}
	return a.By
}

// everRoles are the roles that may approve, now or after escalation.
func (s *Step) everRoles() []string {
	if s.Escalate == nil {
		return s.Roles
	}
	return slices.Concat(s.Roles, s.Escalate.Roles)
}

// rolesAt are the roles that may approve now, and whether the step escalated.
func (s *Step) rolesAt(requested, now time.Time) ([]string, bool) {
	if s.Escalate == nil || requested.IsZero() || now.Before(requested.Add(s.Escalate.After)) {
		return s.Roles, false
	}
	return s.everRoles(), true
}

func common(a, b []string) []string {
	var out []string
	for _, r := range a {
		if slices.Contains(b, r) && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// have counts the people who approved a step. Nobody counts twice, neither by
// acting for somebody nor by having somebody act for them.
func (d *Draft) have(p *Process, s *Step, now time.Time) int {
	n, seen := 0, make(map[string]bool)
	for i := range d.Approvals {
		a := &d.Approvals[i]
		if a.Step != s.Name || seen[a.By] || seen[a.principal()] || d.whyVoid(p, a, now) != "" {
			continue
		}
		seen[a.By], seen[a.principal()] = true, true
		n++
	}
	return n
}

// approved reports whether every step has the approvals that it needs, for the
// content as it is and at this moment.
func (d *Draft) approved(p *Process, now time.Time) bool {
	for i := range p.Steps {
		if s := &p.Steps[i]; d.have(p, s, now) < s.need() {
			return false
		}
	}
	return len(p.Steps) > 0
}

// Approved reports whether every step of p has the approvals that it needs, for
// the content as it is and at the time given. It looks at the approvals alone,
// not at the stage or the embargo; see Why.
func (d *Draft) Approved(p *Process, now time.Time) bool {
	return p.Check() == nil && d.approved(p, now)
}

// expiring returns the first moment at which a step that is approved now has too
// few approvals left, zero if there is none, and the step.
func (d *Draft) expiring(p *Process, now time.Time) (time.Time, string) {
	var first time.Time
	step := ""
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Expiry == 0 {
			continue
		}
		var ends []time.Time
		for j := range d.Approvals {
			if a := &d.Approvals[j]; a.Step == s.Name && d.whyVoid(p, a, now) == "" {
				ends = append(ends, a.At.Add(s.Expiry))
			}
		}
		slices.SortFunc(ends, time.Time.Compare)
		for _, end := range ends {
			if d.have(p, s, end) < s.need() {
				if first.IsZero() || end.Before(first) {
					first, step = end, s.Name
				}
				break
			}
		}
	}
	return first, step
}

// decision finds the step that a decision is about, and the roles by which the
// actor may take it.
func (c *change) decision(kind ActionKind, step, forWhom, seen string) (*Step, []string, error) {
	if err := c.open(kind); err != nil {
		return nil, nil, err
	}
	if step == "" && len(c.p.Steps) == 1 {
		step = c.p.Steps[0].Name
	}
	s := c.p.step(step)
	if s == nil {
		return nil, nil, invalid("%q is no approval step of the process", step)
	}
	if seen == "" || seen != c.d.Sum() {
		return nil, nil, &ChangedError{Seen: seen, Current: c.d.Sum()}
	}
	allowed, _ := s.rolesAt(c.d.Requested, c.now)
	refuse := func(why string) error {
		return &NotAllowedError{Action: kind, Actor: c.by.ID, Roles: allowed, Why: why}
	}
	person, roles := c.by.ID, c.by.Roles
	if forWhom != "" && forWhom != c.by.ID {
		person = forWhom
		roles = rolesFor(c.delegations(), c.by.ID, forWhom, s.Name, c.now)
		if len(roles) == 0 {
			return nil, nil, refuse(forWhom + " has not delegated to them")
		}
	}
	roles = common(roles, allowed)
	if len(roles) == 0 {
		why := "step " + s.Name + " is not theirs"
		if others := c.principals(s, allowed); len(others) > 0 {
			why += " (they may act for " + strings.Join(others, ", ") + ")"
		}
		return nil, nil, refuse(why)
	}
	if kind == KindApprove && !s.Author && (slices.Contains(c.d.Authors, c.by.ID) || slices.Contains(c.d.Authors, person)) {
		return nil, nil, refuse("who wrote some of it does not approve step " + s.Name)
	}
	return s, roles, nil
}

func (c *change) delegations() []Delegation { return slices.Concat(c.p.Delegations, c.d.Delegations) }

// principals are those for whom the actor may decide a step.
func (c *change) principals(s *Step, allowed []string) []string {
	var out []string
	list := c.delegations()
	for _, e := range list {
		if !slices.Contains(out, e.From) && len(common(rolesFor(list, c.by.ID, e.From, s.Name, c.now), allowed)) > 0 {
			out = append(out, e.From)
		}
	}
	return out
}
