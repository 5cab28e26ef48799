package workflow

import (
	"slices"
	"time"
)

// Actor is who does something. The host has made sure of it.
type Actor struct {
	ID    string   `json:"id"` // the host's name for the person, never empty
	Roles []string `json:"roles,omitempty"`
}

// has reports whether a has one of the roles; no roles mean everybody.
func (a *Actor) has(roles []string) bool {
	return len(roles) == 0 || slices.ContainsFunc(a.Roles, func(r string) bool { return slices.Contains(roles, r) })
}

// Delegation lets one person act for another in approvals.
type Delegation struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Roles []string `json:"roles"`          // those of From that To may use
	Step  string   `json:"step,omitempty"` // only in this step; "": in all
	// Start and Until bound it, Until exclusive; zero for no bound.
	Start time.Time `json:"start,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

func (d *Delegation) active(step string, now time.Time) bool {
	return (d.Step == "" || d.Step == step) && !now.Before(d.Start) && (d.Until.IsZero() || now.Before(d.Until))
}

// overlaps reports whether there may be a moment and a step with both.
func (d *Delegation) overlaps(e *Delegation) bool {
	return (d.Step == "" || e.Step == "" || d.Step == e.Step) &&
		(d.Until.IsZero() || e.Start.Before(d.Until)) && (e.Until.IsZero() || d.Start.Before(e.Until))
}

// AddDelegation returns list with d. It refuses, with an error that matches
// smm.ErrInvalid, what is incomplete and what would let authority come back to
// where it came from, through any number of people whose periods overlap.
func AddDelegation(list []Delegation, d Delegation) ([]Delegation, error) {
	switch {
	case d.From == "" || d.To == "" || len(d.Roles) == 0:
		return nil, invalid("a delegation needs who, to whom, and roles")
	case d.From == d.To:
		return nil, invalid("%s cannot delegate to themselves", d.From)
	case !d.Until.IsZero() && !d.Until.After(d.Start):
		return nil, invalid("the delegation from %s to %s ends before it begins", d.From, d.To)
	}
	seen := map[string]bool{d.To: true}
	for queue := []string{d.To}; len(queue) > 0; queue = queue[1:] {
		for i := range list {
			e := &list[i]
			if e.From != queue[0] || !e.overlaps(&d) || seen[e.To] {
				continue
			}
			if e.To == d.From {
				return nil, invalid("%s cannot delegate to %s, who acts by delegation for whom %s would act: it would go in a circle", d.From, d.To, d.From)
			}
			seen[e.To] = true
			queue = append(queue, e.To)
		}
	}
	return append(slices.Clone(list), d), nil
}

// rolesFor returns the roles of the person named that actor may use in a step
// now: directly or through others.
func rolesFor(list []Delegation, actor, person, step string, now time.Time) []string {
	var out []string
	for i := range list {
		if d := &list[i]; d.From == person && d.active(step, now) && reaches(list, d.To, actor, step, now) {
			out = append(out, d.Roles...)
		}
	}
	return out
}

func reaches(list []Delegation, from, to, step string, now time.Time) bool {
	seen := map[string]bool{from: true}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return true
		}
		for i := range list {
			if e := &list[i]; e.From == queue[0] && e.active(step, now) && !seen[e.To] {
				seen[e.To] = true
				queue = append(queue, e.To)
			}
		}
	}
	return false
}
