package scheduler

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// MaxPostSize bounds the JSON form of a post that is scheduled, in bytes. Media
// are names and do not count.
const MaxPostSize = 1 << 20

// ScheduleOptions shape Schedule, Enqueue and Reply. nil means the zero value.
type ScheduleOptions struct {
	// Tenant is on whose behalf the post is published.
	Tenant smm.Tenant
	// Token makes the call repeatable: the host's own name for this entry, for
	// example the key of its database row. A second call with the same tenant,
	// token and payload gives the deliveries of the first and adds nothing; with
	// another payload the error is a *TokenError. The payload is everything that
	// is passed: post, channels, time and options. A token is remembered as long
	// as its deliveries, see Store.Purge.
	Token string
	// StaleAfter is how late publication may begin after the planned time. What
	// is later than that, for example after an outage, expires instead. 0: never.
	StaleAfter time.Duration
	// Policy bounds the deliveries. Its StaleAfter must be zero.
	Policy smm.Policy
	// Labels, if not zero, replace the labels of the post.
	Labels smm.Labels
	// Slot is the place in the host's plan that the entry takes: the error is a
	// *SlotError if another live entry of the tenant has it. It is one place: with
	// several channels, the delivery on the first of them stands for the entry.
	Slot string
	// Draft is the host's draft that the entry is made of, for gates.
	Draft string
	// Zone is the IANA name of the zone that the time was planned in, for people.
	Zone string
	// Repeat says what to do if a channel has the same content; the zero value
	// leaves it to WithRepeat.
	Repeat RepeatPolicy
	// After, if not nil, makes the post wait for another delivery of the tenant, on
	// any channel, to answer it or to carry its address; see smm.After. A parent
	// must not be purged before, see Purge.
	After *smm.After
	// Manual, if not nil, makes the post a task for a person on each channel; see
	// Task and smm.ManualOptions. Platforms without a driver work too.
	Manual *smm.ManualOptions
	// AllowPast permits a planned time that lies long in the past, for imports.
	// Such a post is due at once.
	AllowPast bool
}

// Item is one delivery, in short.
type Item struct {
	ID      string // of the delivery
	Entry   string // what all deliveries of one call share
	Channel smm.Ref
	Part    int       // on this channel: 0 the post, then the rest of its thread and the first comment
	At      time.Time // planned for
	Phase   smm.Phase
}

// TokenError says that a token was used before, for something else. It matches
// ErrTokenUsed.
type TokenError struct {
	Tenant smm.Tenant
	Token  string
}

// Error implements error.
func (e *TokenError) Error() string {
	return fmt.Sprintf("token %q was used for another payload: cancel that entry, or take a new token", e.Token)
}

// Unwrap returns ErrTokenUsed.
func (e *TokenError) Unwrap() error { return ErrTokenUsed }

// Schedule plans a post on channels for a time. It validates the post on every
// channel, and stores either everything or nothing: one delivery for each part
// on each channel. When it returns nil, the deliveries are durable, and some
// process that runs a scheduler on this store will publish them.
//
// Findings are what validation had to say, warnings included, with or without
// an error. A post with findings that stop it gives a *smm.FindingsError. A zero
// time, and one longer ago than WithMaxPast allows, are refused with an error
// that matches smm.ErrInvalid. Validation happens now: what changes until the
// planned time shows when the platform is asked.
func (s *Scheduler) Schedule(ctx context.Context, post *smm.Post, channels []smm.Ref, at time.Time, opts *ScheduleOptions) ([]Item, smm.Findings, error) {
	if at.IsZero() {
		return nil, nil, fmt.Errorf("%w: no time to publish at: use Enqueue to publish now", smm.ErrInvalid)
	}
	return s.schedule(ctx, post, channels, at, opts)
}

// Enqueue plans a post for now. Unlike smm.Client.Publish it returns as soon as
// the deliveries are durable.
func (s *Scheduler) Enqueue(ctx context.Context, post *smm.Post, channels []smm.Ref, opts *ScheduleOptions) ([]Item, smm.Findings, error) {
	return s.schedule(ctx, post, channels, time.Time{}, opts)
}

// EnqueueDeliveries stores deliveries that were planned elsewhere, such as the
// answers of smm/inbox, to be published now: all or nothing. Deliveries whose IDs
// are known already stay as they are, whatever became of them, and are no error,
// so that asking twice is harmless.
func (s *Scheduler) EnqueueDeliveries(ctx context.Context, ds []*smm.Delivery) error {
	now := Micro(s.clock.Now())
	rs := make([]*Record, 0, len(ds))
	for _, d := range ds {
		r := &Record{Delivery: *d, NotBefore: now, Lane: lane(d)}
		r.Delivery.Wake = now
		if d.Parent == "" {
			r.Fingerprint = fingerprint([]*smm.Delivery{d})
		}
		rs = append(rs, r)
	}
	for len(rs) > 0 {
		err := s.store.Insert(ctx, rs...)
		if err == nil {
			break
		}
		fresh := rs
		if errors.Is(err, smm.ErrConflict) {
			if fresh, err = s.unknown(ctx, rs); err == nil && len(fresh) == len(rs) {
				err = fmt.Errorf("%w: the store knows none of the deliveries and refuses them", smm.ErrConflict)
			}
		}
		if err != nil {
			return fmt.Errorf("scheduler: store the deliveries: %w", err)
		}
		rs = fresh
	}
	for _, r := range rs {
		s.wake(ctx, r)
	}
	return nil
}

// unknown returns the records that the store does not have.
func (s *Scheduler) unknown(ctx context.Context, rs []*Record) ([]*Record, error) {
	var out []*Record
	for _, r := range rs {
		switch _, err := s.store.Get(ctx, r.Key()); {
		case isNotFound(err):
			out = append(out, r)
		case err != nil:
			return nil, err
		}
	}
	return out, nil
}

// Reply answers a post, comment, conversation or review now: it is Enqueue with
// post.ReplyTo set.
func (s *Scheduler) Reply(ctx context.Context, channel, to smm.Ref, post *smm.Post, opts *ScheduleOptions) ([]Item, smm.Findings, error) {
	if post == nil || to.IsZero() {
		return nil, nil, fmt.Errorf("%w: a reply needs a post and something to answer", smm.ErrInvalid)
	}
	p := *post
	p.ReplyTo = to
	return s.Enqueue(ctx, &p, []smm.Ref{channel}, opts)
}

// schedule plans; a zero time means now.
func (s *Scheduler) schedule(ctx context.Context, post *smm.Post, channels []smm.Ref, at time.Time, opts *ScheduleOptions) ([]Item, smm.Findings, error) {
	if opts == nil {
		opts = &ScheduleOptions{}
	}
	hash, err := payloadHash(post, channels, at, opts)
	if err != nil {
		return nil, nil, err
	}
	if items, err := s.byToken(ctx, opts, hash); len(items) > 0 || err != nil {
		return items, nil, err
	}
	if at.IsZero() {
		at = s.clock.Now()
	}
	if err := s.checkTime(at, opts.AllowPast); err != nil {
		return nil, nil, err
	}

	rs, findings, err := s.plan(ctx, post, channels, at, opts, hash)
	if err != nil {
		return nil, findings, err
	}
	if err = s.store.Insert(ctx, rs...); err != nil {
		// Another process may have been faster with the same token.
		if items, tokenErr := s.byToken(ctx, opts, hash); len(items) > 0 || tokenErr != nil {
			return items, findings, tokenErr
		}
		return nil, findings, fmt.Errorf("scheduler: store the deliveries: %w", err)
	}
	for _, r := range rs {
		s.wake(ctx, r)
	}
	return itemsOf(rs), findings, nil
}

// checkTime refuses a time that nobody can have meant.
func (s *Scheduler) checkTime(at time.Time, allowPast bool) error {
	past := s.clock.Now().Sub(at)
	switch {
	case at.IsZero():
		return fmt.Errorf("%w: no time to publish at: use Enqueue to publish now", smm.ErrInvalid)
	case at.Year() > 9999:
		return fmt.Errorf("%w: the year %d is beyond what can be stored", smm.ErrInvalid, at.Year())
	case past > s.maxPast && !allowPast:
		return fmt.Errorf("%w: %s is %s ago: correct it, or set AllowPast", smm.ErrInvalid,
			at.UTC().Format(time.RFC3339), past.Round(time.Second))
	}
	return nil
}

// plan makes the records of an entry.
func (s *Scheduler) plan(ctx context.Context, post *smm.Post, channels []smm.Ref, at time.Time, opts *ScheduleOptions, hash []byte) ([]*Record, smm.Findings, error) {
	if err := s.checkAfter(ctx, channels, opts); err != nil {
		return nil, nil, err
	}
	at = Micro(at)
	policy := opts.Policy
	if opts.StaleAfter > 0 {
		policy.StaleAfter = at.Add(opts.StaleAfter)
	}
	p := *post
	if !opts.Labels.IsZero() {
		p.Labels = opts.Labels
	}
	ds, findings, err := s.client.ForTenant(opts.Tenant).Plan(ctx, &p, channels, &smm.PublishOptions{
		Token: opts.Token, Policy: policy, After: opts.After, Manual: opts.Manual,
	})
	if err != nil {
		return nil, findings, err
	}
	rs := make([]*Record, 0, len(ds))
	for _, d := range ds {
		// Platforms that take the time from us show the planned one.
		d.Wake, d.Request.Created = at, at.Truncate(time.Millisecond)
		if d.Request.Post.Labels.IsZero() { // parts of a thread rarely carry their own
			d.Request.Post.Labels = p.Labels
		}
		r := &Record{Delivery: *d, NotBefore: at, Token: opts.Token, Lane: lane(d), Draft: opts.Draft, Zone: opts.Zone}
		if opts.Token != "" {
			r.PayloadHash = hash
		}
		rs = append(rs, r)
	}
	rs[0].Slot = opts.Slot
	more, err := s.mark(ctx, rs, s.repeatOf(opts.Repeat))
	return rs, append(findings, more...), err
}

// mark gives the heads among rs their fingerprints, and looks for repeats. The
// parts of a channel stand behind its head.
func (s *Scheduler) mark(ctx context.Context, rs []*Record, repeat RepeatPolicy) (smm.Findings, error) {
	var findings smm.Findings
	for i, r := range rs {
		if r.Delivery.Parent != "" {
			continue
		}
		ds := []*smm.Delivery{&r.Delivery}
		for _, part := range rs[i+1:] {
			if part.Delivery.Parent == "" {
				break
			}
			ds = append(ds, &part.Delivery)
		}
		r.Fingerprint = fingerprint(ds)
		switch repeat.Action {
		case RepeatRefuse:
			r.Apart = repeat.Window
		case RepeatWarn:
			found, err := s.repeats(ctx, r, repeat.Window)
			if err != nil {
				return nil, err
			}
			findings = append(findings, found...)
		}
	}
	return findings, nil
}

// byToken returns what an earlier call with the token stored.
func (s *Scheduler) byToken(ctx context.Context, opts *ScheduleOptions, hash []byte) ([]Item, error) {
	if opts.Token == "" {
		return nil, nil
	}
	entry := ""
	for r, err := range s.store.List(ctx, Query{Tenant: opts.Tenant, Token: opts.Token}) {
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(r.PayloadHash, hash) {
			return nil, &TokenError{Tenant: opts.Tenant, Token: opts.Token}
		}
		entry = r.Delivery.Entry
	}
	if entry == "" {
		return nil, nil
	}
	var rs []*Record // Edit may have added some
	for r, err := range s.store.List(ctx, Query{Tenant: opts.Tenant, Entry: entry}) {
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return itemsOf(rs), nil
}

// payloadHash checks what was passed, and sums it up.
func payloadHash(post *smm.Post, channels []smm.Ref, at time.Time, opts *ScheduleOptions) ([]byte, error) {
	switch {
	case post == nil:
		return nil, fmt.Errorf("%w: no post to schedule", smm.ErrInvalid)
	case at.Year() > 9999:
		return nil, fmt.Errorf("%w: the year %d is beyond what can be stored", smm.ErrInvalid, at.Year())
	case opts.StaleAfter < 0:
		return nil, fmt.Errorf("%w: StaleAfter is negative", smm.ErrInvalid)
	case opts.Repeat.check() != nil:
		return nil, opts.Repeat.check()
	case !opts.Policy.StaleAfter.IsZero():
		return nil, fmt.Errorf("%w: set ScheduleOptions.StaleAfter instead of Policy.StaleAfter", smm.ErrInvalid)
	}
	b, err := json.Marshal(post)
	if err != nil {
		return nil, fmt.Errorf("%w: post: %w", smm.ErrInvalid, err)
	}
	if len(b) > MaxPostSize {
		return nil, fmt.Errorf("%w: the post has %d bytes, at most %d can be stored", smm.ErrInvalid, len(b), MaxPostSize)
	}
	rest, err := json.Marshal(struct {
		Channels   []smm.Ref
		At         time.Time
		StaleAfter time.Duration
		Policy     smm.Policy
		Labels     smm.Labels
		Slot       string             `json:",omitempty"` // a token's payload from before it had these stays the same
		Draft      string             `json:",omitempty"`
		Zone       string             `json:",omitempty"`
		Repeat     RepeatPolicy       `json:",omitzero"`
		After      *smm.After         `json:",omitempty"`
		Manual     *smm.ManualOptions `json:",omitempty"`
	}{
		channels, at.UTC().Truncate(time.Microsecond), opts.StaleAfter, opts.Policy, opts.Labels,
		opts.Slot, opts.Draft, opts.Zone, opts.Repeat, opts.After, opts.Manual,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", smm.ErrInvalid, err)
	}
	sum := sha256.Sum256(slices.Concat(b, []byte{'\n'}, rest))
	return sum[:], nil
}

// itemsOf sums up the records of one entry: sorted by channel,
// each with its parts in order.
func itemsOf(rs []*Record) []Item {
	items := make([]Item, 0, len(rs))
	for _, r := range inOrder(rs) {
		d := &r.Delivery
		it := Item{ID: d.ID, Entry: d.Entry, Channel: d.Request.Channel, At: r.NotBefore, Phase: d.Phase}
		if n := len(items); n > 0 && items[n-1].Channel == it.Channel && items[n-1].Entry == it.Entry {
			it.Part = items[n-1].Part + 1
		}
		items = append(items, it)
	}
	return items
}
