package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// TooLateError says that a delivery went too far to be changed. It matches
// smm.ErrConflict.
type TooLateError struct {
	ID    string // of the delivery
	Phase smm.Phase
}

// Error implements error.
func (e *TooLateError) Error() string {
	return fmt.Sprintf("delivery %s is %s, too late for this change: cancel what can be cancelled and plan anew, or edit the item once it is public", e.ID, e.Phase)
}

// Unwrap returns smm.ErrConflict.
func (e *TooLateError) Unwrap() error { return smm.ErrConflict }

// EditOptions shape Edit. nil means the zero value.
type EditOptions struct {
	// Labels, if not zero, replace the labels of the post.
	Labels smm.Labels
	// Repeat is as in ScheduleOptions; the zero value keeps the distance that was
	// asked for so far.
	Repeat RepeatPolicy
}

// Edit replaces the content of an entry on one channel, which is that of the
// delivery named: all parts, whose number may change. The time, the slot and
// everything else that was planned stay. The post is validated as in Schedule.
//
// It works while nothing was uploaded or sent; the error is a *TooLateError
// otherwise. A process that is about to publish the old content finds the record
// changed, and cannot. Parts that are no longer needed are cancelled.
func (s *Scheduler) Edit(ctx context.Context, tenant smm.Tenant, id string, post *smm.Post, opts *EditOptions) ([]Item, smm.Findings, error) {
	if opts == nil {
		opts = &EditOptions{}
	}
	if post == nil {
		return nil, nil, fmt.Errorf("%w: no post to put in place", smm.ErrInvalid)
	}
	so := &ScheduleOptions{Tenant: tenant, Labels: opts.Labels, Repeat: opts.Repeat}
	if _, err := payloadHash(post, nil, time.Time{}, so); err != nil {
		return nil, nil, err
	}
	var findings smm.Findings
	rs, err := s.change(ctx, func(now time.Time) ([]*Record, error) {
		old, err := s.onChannel(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		for _, r := range old {
			if d := &r.Delivery; !untouched(d) {
				return nil, &TooLateError{ID: d.ID, Phase: d.Phase}
			}
		}
		var rs []*Record
		rs, findings, err = s.replace(ctx, old, post, so, now)
		return rs, err
	})
	if err != nil {
		return nil, findings, err
	}
	return itemsOf(slices.DeleteFunc(rs, func(r *Record) bool { return r.Delivery.Phase.Final() })), findings, nil
}

// onChannel returns the parts of the delivery's entry on its channel that did not
// end without a post, in order. If all did, the error is a *TooLateError.
func (s *Scheduler) onChannel(ctx context.Context, tenant smm.Tenant, id string) ([]*Record, error) {
	rs, err := s.entry(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rs, func(r *Record) bool { return r.Delivery.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%w: record %s", ErrNotFound, id)
	}
	named := rs[i]
	rs = slices.DeleteFunc(rs, func(r *Record) bool {
		return r.Delivery.Request.Channel != named.Delivery.Request.Channel || !r.Live()
	})
	if len(rs) == 0 {
		return nil, &TooLateError{ID: id, Phase: named.Delivery.Phase}
	}
	return rs, nil
}

// untouched reports whether nothing of d was uploaded or sent.
func untouched(d *smm.Delivery) bool {
	return unsent(d) && d.Phase != smm.PhaseReady && len(d.Prepared.State) == 0 && d.Prepared.Progress == 0
}

// replace returns the writes that give an entry's channel another post.
func (s *Scheduler) replace(ctx context.Context, old []*Record, post *smm.Post, so *ScheduleOptions, now time.Time) ([]*Record, smm.Findings, error) {
	head := old[0]
	d := &head.Delivery
	opts := *so
	opts.Policy = d.Policy
	opts.Policy.StaleAfter = time.Time{}
	opts.Repeat = RepeatPolicy{Action: RepeatAllow} // looked at when they have their IDs
	if post.Labels.IsZero() && opts.Labels.IsZero() {
		opts.Labels = d.Request.Post.Labels // which freezes go by
	}
	if post.ReplyTo.IsZero() && !d.Request.Post.ReplyTo.IsZero() {
		p := *post
		p.ReplyTo = d.Request.Post.ReplyTo
		post = &p
	}
	opts.Manual = d.Manual
	if d.Parent != "" && post.ReplyTo.IsZero() {
		opts.After = &smm.After{Parent: d.Parent, Relation: d.Relation}
	}
	fresh, findings, err := s.plan(ctx, post, []smm.Ref{d.Request.Channel}, head.NotBefore, &opts, nil)
	if err != nil {
		return nil, findings, err
	}
	takePlace(fresh, old, now)
	fresh[0].Apart = head.Apart
	if so.Repeat.Action != "" {
		fresh[0].Apart = 0
		found, err := s.mark(ctx, fresh, so.Repeat)
		if err != nil {
			return nil, findings, err
		}
		findings = append(findings, found...)
	}
	for _, r := range old[min(len(fresh), len(old)):] {
		if err := r.Delivery.Cancel(now); err != nil {
			return nil, findings, err
		}
		r.LeaseUntil = time.Time{}
		fresh = append(fresh, r)
	}
	return fresh, findings, nil
}

// takePlace gives the new parts of an entry the names and the places of the old.
func takePlace(fresh, old []*Record, now time.Time) {
	head := old[0]
	d := &head.Delivery
	renamed := make(map[string]string, len(fresh))
	for i, r := range fresh {
		if i < len(old) {
			renamed[r.Delivery.ID] = old[i].Delivery.ID
		}
	}
	for i, r := range fresh {
		n := &r.Delivery
		if to, ok := renamed[n.ID]; ok {
			n.ID, n.Request.ID = to, to
		}
		if to, ok := renamed[n.Parent]; ok {
			n.Parent = to
		}
		n.Entry, n.Policy, n.Wake = d.Entry, d.Policy, later(head.NotBefore, now)
		r.Draft, r.Zone = head.Draft, head.Zone
		if i < len(old) {
			o := old[i]
			r.Version, r.Epoch, r.Token, r.PayloadHash, r.Slot, r.Lane = o.Version, o.Epoch, o.Token, o.PayloadHash, o.Slot, o.Lane
			n.Log = append(o.Delivery.Log, smm.LogLine{At: now, Phase: n.Phase, Note: "edited"}) //nolint:gocritic // o is dropped
			n.Log = n.Log[max(0, len(n.Log)-heldLogs):]
		}
	}
}

// RescheduleOptions shape Reschedule. nil means the zero value.
type RescheduleOptions struct {
	// Channels to move; empty for all.
	Channels []smm.Ref
	Zone     string // replaces that of the records, if not empty
	Slot     string // likewise; see ScheduleOptions
	NoSlot   bool   // gives up the slot that the entry has; Slot must be empty
	// AllowPast is as in ScheduleOptions.
	AllowPast bool
}

// Reschedule moves an entry to another time: all channels and parts, or those on
// the channels named, all or nothing. It works while nothing was sent, and what
// was uploaded is kept; the error is a *TooLateError otherwise. Parts that failed
// or were cancelled stay as they are. StaleAfter keeps its distance to the
// planned time. The new place may be taken: see SlotError and RepeatError.
func (s *Scheduler) Reschedule(ctx context.Context, tenant smm.Tenant, id string, at time.Time, opts *RescheduleOptions) ([]Item, error) {
	if opts == nil {
		opts = &RescheduleOptions{}
	}
	if err := s.checkTime(at, opts.AllowPast); err != nil {
		return nil, err
	}
	if opts.NoSlot && opts.Slot != "" {
		return nil, fmt.Errorf("%w: NoSlot and a Slot", smm.ErrInvalid)
	}
	at = Micro(at)
	rs, err := s.change(ctx, func(now time.Time) ([]*Record, error) {
		rs, err := s.entry(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		ended := smm.Phase("")
		rs = slices.DeleteFunc(rs, func(r *Record) bool {
			skip := len(opts.Channels) > 0 && !slices.Contains(opts.Channels, r.Delivery.Request.Channel)
			if !skip && !r.Live() {
				ended = r.Delivery.Phase
			}
			return skip || !r.Live()
		})
		if len(rs) == 0 && ended != "" {
			return nil, &TooLateError{ID: id, Phase: ended}
		}
		for _, r := range rs {
			if err := r.move(at, opts, now); err != nil {
				return nil, err
			}
		}
		if i := slotHolder(rs); i >= 0 && (opts.Slot != "" || opts.NoSlot) {
			rs[i].Slot = opts.Slot
		}
		return rs, nil
	})
	if err != nil {
		return nil, err
	}
	return itemsOf(rs), nil
}

// move plans r for another time.
func (r *Record) move(at time.Time, opts *RescheduleOptions, now time.Time) error {
	d := &r.Delivery
	if !unsent(d) {
		return &TooLateError{ID: d.ID, Phase: d.Phase}
	}
	if stale := d.Policy.StaleAfter; !stale.IsZero() {
		d.Policy.StaleAfter = stale.Add(at.Sub(r.NotBefore))
	}
	r.NotBefore, d.Wake, r.LeaseUntil = at, at, time.Time{}
	if untouched(d) {
		d.Request.Created = at.Truncate(time.Millisecond)
	}
	if opts.Zone != "" {
		r.Zone = opts.Zone
	}
	if !hardHeld(r) {
		r.Held = ""
	}
	d.Log = append(d.Log, smm.LogLine{At: now, Phase: d.Phase, Note: "moved to " + at.UTC().Format(time.RFC3339)})
	d.Log = d.Log[max(0, len(d.Log)-heldLogs):]
	return nil
}

// slotHolder returns which record has the slot of an entry, or would have it; -1
// for none.
func slotHolder(rs []*Record) int {
	if i := slices.IndexFunc(rs, func(r *Record) bool { return r.Slot != "" }); i >= 0 {
		return i
	}
	return slices.IndexFunc(rs, func(r *Record) bool { return r.Delivery.Parent == "" })
}

// unsent reports whether nothing of d was sent to be published, by this history or
// one that a restored backup knows nothing of.
func unsent(d *smm.Delivery) bool {
	switch d.Phase {
	case smm.PhaseWaiting, smm.PhasePreparing, smm.PhaseReady, smm.PhaseManual:
		return !d.Attempt.Doubt && d.Restored.IsZero()
	}
	return false
}

// change reads records, changes them and writes them, all or none; again if
// somebody else was faster.
func (s *Scheduler) change(ctx context.Context, f func(now time.Time) ([]*Record, error)) ([]*Record, error) {
	const tries = 10
	for n := 1; ; n++ {
		now := s.clock.Now()
		rs, err := f(now)
		if err != nil || len(rs) == 0 {
			return rs, err
		}
		err = s.store.Apply(ctx, now, rs...)
		if err == nil {
			for _, r := range rs {
				s.wake(ctx, r)
			}
			return rs, nil
		}
		if n == tries || !errors.Is(err, ErrFenced) {
			return nil, fmt.Errorf("scheduler: change %s: %w", rs[0].Delivery.ID, err)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
