package smm

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// ManualOptions make a post a task for a person, who publishes it by hand: for
// what no API allows, and for platforms without a driver.
type ManualOptions struct {
	Reason string   `json:"reason,omitempty"` // why it takes a person
	Steps  []string `json:"steps,omitempty"`  // what to do, in order; empty: the usual steps
	// Remind is how often the person is reminded once the task is due, default
	// 1 h. It ends when the task is done, cancelled, or stale.
	Remind time.Duration `json:"remind,omitempty"`
}

func (m *ManualOptions) clone() *ManualOptions {
	if m == nil {
		return nil
	}
	c := *m
	c.Steps = slices.Clone(m.Steps)
	return &c
}

// Remind sets when a person is to be reminded of a delivery that needs one, or of
// a manual task, the next time: call it when they were, at CommandHuman and
// CommandTask. Tries counts the calls for a task. The error matches ErrInvalid.
func (d *Delivery) Remind(now time.Time) error {
	switch d.Phase {
	case PhaseHuman:
		d.Wake = now.Add(d.Policy.remind())
	case PhaseManual:
		d.Wake = now.Add(orDefault(d.Manual.Remind, time.Hour))
		// Next expires what is past this moment.
		if stale := d.Policy.StaleAfter.Add(time.Microsecond); stale.After(now) {
			d.Wake = minTime(d.Wake, stale)
		}
		if d.Tries == 0 {
			d.note(now, "", "due: a person must publish it")
		}
		d.Tries++
	default:
		return fmt.Errorf("%w: delivery %s is %s and waits for nobody", ErrInvalid, d.ID, d.Phase)
	}
	return nil
}

// Done ends a manual task: the item is public. post or address, or both, say
// where. The evidence is EvidenceHuman, or EvidenceReadBack if a program found it.
// Telling it the same twice is harmless. The error matches ErrInvalid, or
// ErrConflict if d is no task that is still open.
func (d *Delivery) Done(post Ref, address string, e Evidence, now time.Time) error {
	o := Outcome{State: OutcomePublished, Post: post, URL: address, Evidence: e}
	switch {
	case post.IsZero() && address == "":
		return fmt.Errorf("%w: tell the address of the item, or its ref", ErrInvalid)
	case e != EvidenceHuman && e != EvidenceReadBack:
		return fmt.Errorf("%w: a task is not done by evidence %q", ErrInvalid, e)
	}
	if !post.IsZero() {
		if err := post.Check(); err != nil {
			return err
		}
		if post.Platform != d.Request.Channel.Platform || post.Kind == KindChannel {
			return fmt.Errorf("%w: %s is no item on %s", ErrInvalid, post, d.Request.Channel.Platform)
		}
	}
	if address != "" {
		if err := CheckWebURL(address); err != nil {
			return err
		}
	}
	switch {
	case d.Manual != nil && d.Phase == PhasePublished && d.Outcome == o:
		return nil
	case d.Phase != PhaseManual:
		return fmt.Errorf("%w: delivery %s is %s and no open task", ErrConflict, d.ID, d.Phase)
	}
	d.publish(o, now)
	return nil
}

// planManual plans a task: one delivery with all parts of the post. It needs no
// driver. What validation finds does not stop it, since people can do more than
// an API, and neither does a check that cannot be made.
func (c *Client) planManual(ctx context.Context, post Post, ch Ref, entry string, now time.Time, opts *PublishOptions) ([]*Delivery, Findings, error) {
	if err := checkChannel(ch); err != nil {
		return nil, nil, err
	}
	if opts.Manual.Remind < 0 {
		return nil, nil, fmt.Errorf("%w: Manual.Remind is negative", ErrInvalid)
	}
	findings := c.lookManual(ctx, post, ch, opts)
	kind, err := post.CreateKind()
	if err != nil {
		return nil, findings, err
	}
	id := deliveryID(entry, c.tenant, ch, 0)
	d := &Delivery{
		Schema: DeliverySchema, ID: id, Tenant: c.tenant, Entry: entry, Policy: opts.Policy, Manual: opts.Manual.clone(),
		Phase: PhaseManual, Wake: now,
		Request: PublishRequest{ID: id, Tenant: c.tenant, Channel: ch, Kind: kind, Post: post, Created: now.UTC().Truncate(time.Millisecond)},
	}
	d.waitFor(opts.After)
	return []*Delivery{d}, findings, nil
}

func (c *Client) lookManual(ctx context.Context, post Post, ch Ref, opts *PublishOptions) Findings {
	if opts.SkipValidation {
		return nil
	}
	look := opts.After.standIn(post)
	v := &validation{c: c, ch: ch, answers: opts.After.answers()}
	var err error
	if _, ok := c.drivers[ch.Platform]; ok {
		err = v.run(ctx, &look)
	} else {
		err = v.gates(ctx, &look)
	}
	if err != nil {
		v.found = append(v.found, Finding{
			Code: "manual.unchecked", Severity: SeverityWarning, Channel: ch,
			Message: "not everything could be checked: " + CleanMessage(err.Error()),
		})
	}
	return v.found
}

// waitFor makes d wait for its parent, if it has one.
func (d *Delivery) waitFor(a *After) {
	if a == nil {
		return
	}
	d.Parent, d.Relation, d.Phase = a.Parent, a.Relation, PhaseWaiting
	if a.answers() {
		d.Request.Kind = CreateReply
	}
}

func (a *After) answers() bool { return a != nil && a.Relation == RelationReply }
