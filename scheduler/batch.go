package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Entry is what one call of Schedule is given.
type Entry struct {
	Post     *smm.Post
	Channels []smm.Ref
	At       time.Time
	Options  *ScheduleOptions // nil means the zero value
}

// BatchError says which entries of a ScheduleAll are refused, and why. It matches
// what any of its errors matches.
type BatchError struct {
	Errors map[int]error // by the index of the entry
}

// Error implements error. It names the first few.
func (e *BatchError) Error() string {
	const shown = 3
	var b strings.Builder
	fmt.Fprintf(&b, "%d entries are refused, and nothing was planned", len(e.Errors))
	for n, i := range slices.Sorted(maps.Keys(e.Errors)) {
		if n == shown {
			b.WriteString("; ...")
			break
		}
		fmt.Fprintf(&b, "; entry %d: %v", i, e.Errors[i])
	}
	return b.String()
}

// Unwrap returns the errors, by index.
func (e *BatchError) Unwrap() []error {
	out := make([]error, 0, len(e.Errors))
	for _, i := range slices.Sorted(maps.Keys(e.Errors)) {
		out = append(out, e.Errors[i])
	}
	return out
}

// ScheduleAll plans entries as Schedule does each: all of them or none. All are
// looked at whatever becomes of the others: the findings of each stand at its
// index, and the error, if entries are refused, is one *BatchError with all of
// the reasons. Entries whose tokens are planned already with the same payload
// count as planned, so that a call may be repeated. It is not for batches beyond
// some ten thousand entries: they are one write of the store.
func (s *Scheduler) ScheduleAll(ctx context.Context, entries []Entry) ([][]Item, []smm.Findings, error) {
	b := &batch{s: s, entries: entries, rs: make([][]*Record, len(entries)), errs: make(map[int]error)}
	items, findings := make([][]Item, len(entries)), make([]smm.Findings, len(entries))
	for i := range entries {
		var err error
		if items[i], findings[i], err = b.plan(ctx, i); err != nil {
			b.errs[i] = err
		}
		if ctx.Err() != nil {
			return nil, findings, ctx.Err()
		}
	}
	b.compare(findings)
	if len(b.errs) > 0 {
		return nil, findings, &BatchError{b.errs}
	}
	all := slices.Concat(b.rs...)
	if err := s.store.Insert(ctx, all...); err != nil {
		if b.blame(ctx, err); len(b.errs) > 0 {
			return nil, findings, &BatchError{b.errs}
		}
		return nil, findings, fmt.Errorf("scheduler: store the deliveries: %w", err)
	}
	for i, rs := range b.rs {
		if len(rs) > 0 {
			items[i] = itemsOf(rs)
		}
		for _, r := range rs {
			s.wake(ctx, r)
		}
	}
	return items, findings, nil
}

// batch is a ScheduleAll under way.
type batch struct {
	s       *Scheduler
	entries []Entry
	rs      [][]*Record // by entry; none if its token was planned already
	errs    map[int]error
}

// plan makes the records of an entry, or finds what its token stands for.
func (b *batch) plan(ctx context.Context, i int) ([]Item, smm.Findings, error) {
	e := &b.entries[i]
	opts := e.Options
	if opts == nil {
		opts = &ScheduleOptions{}
	}
	hash, err := payloadHash(e.Post, e.Channels, e.At, opts)
	if err != nil {
		return nil, nil, err
	}
	if items, err := b.s.byToken(ctx, opts, hash); len(items) > 0 || err != nil {
		return items, nil, err
	}
	if err := b.s.checkTime(e.At, opts.AllowPast); err != nil {
		return nil, nil, err
	}
	rs, findings, err := b.s.plan(ctx, e.Post, e.Channels, e.At, opts, hash)
	if err == nil {
		b.rs[i] = rs
	}
	return nil, findings, err
}

// compare refuses entries that stand in the way of an earlier one, and warns of
// those that repeat one.
func (b *batch) compare(findings []smm.Findings) {
	type name struct {
		tenant smm.Tenant
		token  string // or fingerprint
	}
	tokens, places, same := make(map[name]bool), make(map[smm.Tenant]*memPlaces), make(map[name][]*Record)
	for i, rs := range b.rs {
		warn := b.window(i)
		for n, r := range rs {
			if content := (name{r.Delivery.Tenant, string(r.Fingerprint)}); content.token != "" {
				findings[i] = append(findings[i], near(r, same[content], warn)...)
				same[content] = append(same[content], r)
			}
			t := name{r.Delivery.Tenant, r.Token}
			if n == 0 && r.Token != "" && tokens[t] {
				b.errs[i] = &TokenError{Tenant: t.tenant, Token: t.token}
			}
			tokens[t] = true
			p := places[t.tenant]
			if p == nil {
				p = &memPlaces{slots: make(map[string]string), prints: make(map[string]*memPrints)}
				places[t.tenant] = p
			}
			if err := p.add(r); err != nil && b.errs[i] == nil {
				b.errs[i] = err
			}
		}
	}
}

// window is how close to each other the entry is warned of repeats, 0 for not.
func (b *batch) window(i int) time.Duration {
	var p RepeatPolicy
	if o := b.entries[i].Options; o != nil {
		p = o.Repeat
	}
	if p = b.s.repeatOf(p); p.Action == RepeatWarn {
		return p.Window
	}
	return 0
}

// near gives a warning for each of others that is closer to r than the window.
func near(r *Record, others []*Record, window time.Duration) smm.Findings {
	if window == 0 {
		return nil
	}
	var out smm.Findings
	for _, o := range others {
		if r.NotBefore.Sub(o.NotBefore).Abs() < window {
			out = append(out, repeatFinding(r.Delivery.Request.Channel, o))
		}
	}
	return out
}

// blame finds the entries that the store refused: it names the record that stands
// in the way, and not the one that it is in the way of.
func (b *batch) blame(ctx context.Context, err error) {
	slot, isSlot := errors.AsType[*SlotError](err)
	repeat, isRepeat := errors.AsType[*RepeatError](err)
	var other *Record
	if isRepeat {
		if other, _ = b.s.store.Get(ctx, repeat.Of); other == nil {
			return
		}
	}
	for i, rs := range b.rs {
		for _, r := range rs {
			switch {
			case isSlot && r.Slot == slot.Slot && r.Delivery.Tenant == slot.By.Tenant,
				isRepeat && r.Delivery.Tenant == repeat.Of.Tenant && r.Collides(other) != nil:
				b.errs[i] = err
			}
		}
	}
}
