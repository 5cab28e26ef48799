package workflow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Gate lets a delivery pass only if the draft that it came from is approved for
// exactly what it sends, at that moment, and is under no embargo. It reads the
// draft each time it is asked, and holds what it cannot judge. Give it to
// scheduler.WithGate in every process that publishes.
type Gate struct {
	s *Service
	o GateOptions
}

// GateOptions shape Gate. The zero value is useful.
type GateOptions struct {
	// RequireDraft holds deliveries that name no draft, too. Without it they pass:
	// replies, and posts that are scheduled past the workflow.
	RequireDraft bool
	// Late is how much later than its draft says a delivery may be planned, where
	// a step covers the time: a failed one that is begun again has a later time.
	// Default 24 hours; negative: not at all. Earlier is never right.
	Late time.Duration
}

var _ scheduler.Gate = (*Gate)(nil)

// Gate returns a gate over the drafts of s.
func (s *Service) Gate(o GateOptions) *Gate {
	o.Late = max(cmp.Or(o.Late, 24*time.Hour), 0)
	return &Gate{s: s, o: o}
}

// Admit implements scheduler.Gate.
func (g *Gate) Admit(ctx context.Context, r *scheduler.Record) (scheduler.Hold, error) {
	if r.Draft == "" {
		if g.o.RequireDraft {
			return scheduler.Hold{Reason: "workflow: it comes from no draft"}, nil
		}
		return scheduler.Hold{}, nil
	}
	d, err := g.s.Get(ctx, r.Delivery.Tenant, r.Draft)
	switch {
	case errors.Is(err, smm.ErrNotFound):
		return scheduler.Hold{Reason: "workflow: its draft " + r.Draft + " is gone"}, nil
	case err != nil:
		return scheduler.Hold{}, err
	}
	p, err := g.s.process(ctx, d.Tenant, d.Process)
	if err != nil {
		return scheduler.Hold{}, err
	}
	h := admit(&d, p, r, g.s.clock.Now(), g.o.Late)
	if h.Reason != "" {
		h.Reason = "workflow: " + h.Reason
	}
	return h, nil
}

// admit is the decision, without a store.
func admit(d *Draft, p *Process, r *scheduler.Record, now time.Time, late time.Duration) scheduler.Hold {
	hold := func(why string) scheduler.Hold { return scheduler.Hold{Reason: why} }
	if d.Stage != StageScheduled && d.Stage != StageDone {
		return hold("its draft is in stage " + d.Stage)
	}
	if !slices.Contains(d.Deliveries, r.Delivery.ID) {
		return hold("its draft was made into other deliveries since")
	}
	if !d.Content.sends(&r.Delivery) {
		return hold("it is not what its draft says: edit the draft, and have that approved")
	}
	if d.embargoed(now) {
		return scheduler.Hold{Reason: "it is under embargo until " + show(d.Embargo), Until: d.Embargo}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if n := d.have(p, s, now); n < s.need() {
			return hold(approvalReason(s, n, s.Roles, false).Message)
		}
		if !s.covers().Has(FieldTime) {
			continue
		}
		if at := d.Content.At; r.NotBefore.Before(at) || r.NotBefore.After(at.Add(late)) {
			return hold("it is planned for " + show(r.NotBefore) + ", and approved for " + show(at))
		}
	}
	return scheduler.Hold{}
}
