package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// AddOptions shape Add. nil means the zero value.
type AddOptions struct {
	Channels []smm.Ref // of the queue; empty: all
	After    time.Time // only slots behind this; zero: now
	// Schedule is passed on. Its Tenant, Slot and Zone must be empty: they are the
	// queue's. A Token is the host's own name for the addition, for all channels:
	// added again, what is planned already under it stays as it is.
	Schedule scheduler.ScheduleOptions
}

// maxTries bounds how often a slot may be lost to others before Add gives up. It
// is lost once for each that others take meanwhile.
const maxTries = 1000

// Add plans a post in the next free slot of each channel: on all of them or on
// none. The channels' slots may differ. Two that add at once, in whatever
// processes, never get the same slot. The items are by channel, as in
// scheduler.Scheduler.Schedule.
//
// Errors: ErrPaused, *FullError, those of Schedule such as *smm.FindingsError and
// *scheduler.RepeatError, and what matches smm.ErrInvalid.
func (m *Manager) Add(ctx context.Context, q *Queue, post *smm.Post, opts *AddOptions) ([]scheduler.Item, smm.Findings, error) {
	if opts == nil {
		opts = &AddOptions{}
	}
	channels, err := q.mayAdd(opts)
	if err != nil {
		return nil, nil, err
	}
	items, channels, err := m.known(ctx, q, channels, opts)
	if err != nil || len(channels) == 0 {
		return items, nil, err
	}
	var plans []*plan
	for _, ch := range channels {
		t, err := m.taken(ctx, q, ch)
		if err != nil {
			return nil, nil, err
		}
		plans = append(plans, &plan{channel: ch, taken: t})
	}
	for range maxTries {
		added, findings, again, err := m.try(ctx, q, post, plans, opts)
		if !again {
			return append(items, added...), findings, err
		}
	}
	return nil, nil, fmt.Errorf("queue %q: %d slots in a row were taken by others: %w", q.Name, maxTries, smm.ErrConflict)
}

// mayAdd checks what was passed, and returns the channels.
func (q *Queue) mayAdd(opts *AddOptions) ([]smm.Ref, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	so := &opts.Schedule
	switch {
	case q.Paused:
		return nil, fmt.Errorf("queue %q: %w", q.Name, ErrPaused)
	case so.Slot != "" || so.Zone != "" || so.Tenant != "" && so.Tenant != q.Tenant:
		return nil, fmt.Errorf("%w: Tenant, Slot and Zone of what is added to queue %q are the queue's: leave them empty", smm.ErrInvalid, q.Name)
	case len(opts.Channels) == 0:
		return q.Channels, nil
	}
	for i, ch := range opts.Channels {
		if !slices.Contains(q.Channels, ch) || slices.Contains(opts.Channels[:i], ch) {
			return nil, fmt.Errorf("%w: queue %q does not have channel %s, or it is named twice", smm.ErrInvalid, q.Name, ch)
		}
	}
	return opts.Channels, nil
}

// plan is what is tried for a channel.
type plan struct {
	channel smm.Ref
	taken   *taken
	slot    Slot
}

// token is the scheduler's token of an addition: one for each channel, since each
// is an entry of its own.
func (q *Queue) token(opts *AddOptions, ch smm.Ref) string {
	if opts.Schedule.Token == "" {
		return ""
	}
	return "queue/" + q.Name + "/" + opts.Schedule.Token + "/" + ch.String()
}

// known finds the channels that an earlier call with the token planned, and
// returns the others.
func (m *Manager) known(ctx context.Context, q *Queue, channels []smm.Ref, opts *AddOptions) ([]scheduler.Item, []smm.Ref, error) {
	if opts.Schedule.Token == "" {
		return nil, channels, nil
	}
	var items []scheduler.Item
	var left []smm.Ref
	for _, ch := range channels {
		part := 0
		for r, err := range m.store.List(ctx, scheduler.Query{Tenant: q.Tenant, Token: q.token(opts, ch)}) {
			if err != nil {
				return nil, nil, err
			}
			d := &r.Delivery
			items = append(items, scheduler.Item{ID: d.ID, Entry: d.Entry, Channel: ch, Part: part, At: r.NotBefore, Phase: d.Phase})
			part++
		}
		if part == 0 {
			left = append(left, ch)
		}
	}
	return items, left, nil
}

// try plans the post in the slots that look free; again is true if one was not.
func (m *Manager) try(ctx context.Context, q *Queue, post *smm.Post, plans []*plan, opts *AddOptions) (items []scheduler.Item, found smm.Findings, again bool, err error) {
	entries := make([]scheduler.Entry, 0, len(plans))
	for _, p := range plans {
		if p.slot, err = m.free(q, p.channel, p.taken, opts.After); err != nil {
			return nil, nil, false, err
		}
		entries = append(entries, m.entry(q, post, p.slot, opts.Schedule, q.token(opts, p.channel)))
	}
	all, findings, err := m.planner.ScheduleAll(ctx, entries)
	found = slices.Concat(findings...)
	if err == nil {
		return slices.Concat(all...), found, false, nil
	}
	batch, ok := errors.AsType[*scheduler.BatchError](err)
	if !ok {
		return nil, found, false, err
	}
	for i, e := range batch.Errors {
		slot, lost := errors.AsType[*scheduler.SlotError](e)
		if !lost {
			return nil, found, false, err // not for want of a slot
		}
		plans[i].taken.slots[plans[i].slot.Name] = slot.By.ID
	}
	return nil, nil, true, nil
}

// entry is a post in a slot.
func (m *Manager) entry(q *Queue, post *smm.Post, s Slot, so scheduler.ScheduleOptions, token string) scheduler.Entry {
	so.Tenant, so.Slot, so.Zone, so.Token = q.Tenant, s.Name, q.Zone.Name(), token
	return scheduler.Entry{Post: post, Channels: []smm.Ref{s.Channel}, At: s.At, Options: &so}
}
