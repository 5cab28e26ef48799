package workflow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Outbox is what a Service needs of a *scheduler.Scheduler.
type Outbox interface {
	Schedule(ctx context.Context, post *smm.Post, channels []smm.Ref, at time.Time, opts *scheduler.ScheduleOptions) ([]scheduler.Item, smm.Findings, error)
	List(ctx context.Context, q scheduler.Query) iter.Seq2[*scheduler.Record, error]
	Cancel(ctx context.Context, tenant smm.Tenant, id string, channels ...smm.Ref) ([]scheduler.Item, error)
}

// PublicError says that some channels have a part of an earlier form of the draft,
// or may have it: scheduling it again would publish it twice. It matches
// smm.ErrConflict.
type PublicError struct {
	Channels   []smm.Ref
	Deliveries []string
}

// Error implements error.
func (e *PublicError) Error() string {
	names := make([]string, 0, len(e.Channels))
	for _, ch := range e.Channels {
		names = append(names, ch.String())
	}
	return fmt.Sprintf("an earlier form of the draft is public on %s, or may become so: take the channels out, or make a new draft",
		strings.Join(names, ", "))
}

// Unwrap returns smm.ErrConflict.
func (e *PublicError) Unwrap() error { return smm.ErrConflict }

// Schedule makes an approved draft into deliveries, planned for its time, exactly
// once: the token of the entry is made of the draft and its content, so that a
// call that broke off is simply repeated. Deliveries of earlier forms of the draft
// are cancelled first; the error is a *PublicError if some cannot be. The gate
// lets a delivery pass only once the draft knows it.
//
// The findings are those of scheduler.Schedule, as are the errors besides those of
// Apply.
func (s *Service) Schedule(ctx context.Context, out Outbox, tenant smm.Tenant, id string, by Actor) (Draft, smm.Findings, error) {
	d, err := s.Get(ctx, tenant, id)
	if err != nil {
		return Draft{}, nil, err
	}
	p, err := s.process(ctx, tenant, d.Process)
	if err != nil {
		return Draft{}, nil, err
	}
	if err := mayScheduleNow(d, p, by, s.clock.Now()); err != nil {
		return d, nil, err
	}
	if d.Stage == StageScheduled {
		return d, nil, nil
	}
	token := d.token()
	if err := cancelOthers(ctx, out, &d, "t-"+token, true); err != nil {
		return d, nil, err
	}
	items, findings, err := out.Schedule(ctx, &d.Content.Post, d.Content.Channels, d.Content.At, &scheduler.ScheduleOptions{
		Tenant: tenant, Token: token, StaleAfter: d.Content.StaleAfter, Draft: d.ID, Zone: d.Content.Zone, AllowPast: true,
	})
	if err != nil {
		return d, findings, err
	}
	ids := make([]string, 0, len(items))
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	after, err := s.Do(ctx, tenant, id, by, MarkScheduled{Sum: d.Sum(), Round: d.Round, Deliveries: ids})
	return after, findings, err
}

// token names the entry of d as it is.
func (d *Draft) token() string { return fmt.Sprintf("draft-%s-%d-%s", d.ID, d.Round, d.Sum()[:32]) }

func mayScheduleNow(d Draft, p *Process, by Actor, now time.Time) error {
	out := d.clone()
	c := &change{d: &out, p: p, by: by, now: now.UTC().Truncate(time.Microsecond)}
	c.settle()
	return c.unready()
}

// cancelOthers cancels the deliveries of d that are not of the entry named. With
// strict, those on d's channels that cannot be cancelled are an error.
func cancelOthers(ctx context.Context, out Outbox, d *Draft, entry string, strict bool) error {
	var entries []string
	var others []*scheduler.Record
	for r, err := range out.List(ctx, scheduler.Query{Tenant: d.Tenant, Draft: d.ID}) {
		if err != nil {
			return err
		}
		if r.Delivery.Entry != entry && !slices.Contains(d.Deliveries, r.Delivery.ID) {
			others = append(others, r)
		}
	}
	for _, r := range others {
		if r.Delivery.Phase.Final() || slices.Contains(entries, r.Delivery.Entry) {
			continue
		}
		entries = append(entries, r.Delivery.Entry)
		// What cannot be cancelled is looked at below.
		if _, err := out.Cancel(ctx, d.Tenant, r.Delivery.ID); err != nil && !errors.Is(err, smm.ErrConflict) {
			return err
		}
	}
	if !strict {
		return nil
	}
	public := &PublicError{}
	for r, err := range out.List(ctx, scheduler.Query{Tenant: d.Tenant, Draft: d.ID}) {
		if err != nil {
			return err
		}
		ch := r.Delivery.Request.Channel
		if r.Delivery.Entry == entry || !mayBePublic(r) || !slices.Contains(d.Content.Channels, ch) {
			continue
		}
		public.Deliveries = append(public.Deliveries, r.Delivery.ID)
		if !slices.Contains(public.Channels, ch) {
			public.Channels = append(public.Channels, ch)
		}
	}
	if len(public.Channels) > 0 {
		return public
	}
	return nil
}

// mayBePublic reports whether the public sees a record's item, or may yet see it.
// What a person dropped while it was in doubt counts.
func mayBePublic(r *scheduler.Record) bool {
	return r.Live() || (r.Delivery.Phase == smm.PhaseFailed && r.Delivery.Outcome.Evidence == smm.EvidenceHuman)
}

// Tidy cancels the deliveries that a draft gave up: after it was edited, dropped,
// or lost its approval while it was scheduled. The gate lets none of them pass in
// any case; this takes them out of the calendar. It may be called any time. What
// is being sent, or may be public, stays.
func (s *Service) Tidy(ctx context.Context, out Outbox, tenant smm.Tenant, id string) error {
	d, err := s.Get(ctx, tenant, id)
	if err != nil {
		return err
	}
	entry := ""
	if d.Stage == StageApproved { // Schedule may be at work
		entry = "t-" + d.token()
	}
	return cancelOthers(ctx, out, &d, entry, false)
}

// Finish marks a scheduled draft as done if no delivery of it is on its way any
// more: each is published, failed, expired or cancelled. It reports whether the
// draft is done now.
func (s *Service) Finish(ctx context.Context, out Outbox, tenant smm.Tenant, id string) (bool, error) {
	d, err := s.Get(ctx, tenant, id)
	if err != nil || d.Stage != StageScheduled {
		return d.Stage == StageDone, err
	}
	for r, err := range out.List(ctx, scheduler.Query{Tenant: tenant, Draft: id}) {
		if err != nil {
			return false, err
		}
		if slices.Contains(d.Deliveries, r.Delivery.ID) && !r.Delivery.Phase.Final() {
			return false, nil
		}
	}
	d, err = s.Do(ctx, tenant, id, Actor{ID: SystemActor}, MarkDone{})
	return d.Stage == StageDone, err
}
