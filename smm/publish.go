package smm

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// PublishOptions shape Publish and Plan. nil means the zero value.
type PublishOptions struct {
	// Token makes planning repeatable: the same token, tenant and channel give
	// the same delivery IDs and so the same keys at platforms that know keys. A
	// host that may ask twice passes its own record's id. Empty: random IDs.
	Token string
	// Journal keeps the deliveries of Publish across a crash. nil: they live in
	// the Results alone, and a crash of the process in the middle of a commit
	// leaves nobody who knows of it. Use package scheduler, or a Journal, for
	// everything that must not be lost.
	Journal Journal
	// Wait bounds how long Publish stays with a channel that is not done:
	// media being processed, a reply that was lost. Default 1 minute. What is
	// not done by then is in Result.Deliveries, to be resumed.
	Wait time.Duration
	// Policy bounds the deliveries.
	Policy Policy
	// SkipValidation sends without looking for findings: for posts that were
	// validated a moment ago. Gates are skipped as well.
	SkipValidation bool
	// After, if not nil, makes the post wait for another delivery. Only for Plan;
	// the caller tells the first delivery of each channel what became of that one,
	// by Delivery.Link.
	After *After
	// Manual, if not nil, makes the post a task for a person: one delivery in
	// PhaseManual on each channel, with all parts in Request.Post. The platform
	// needs no driver, and findings do not stop it. Publish sends nothing then.
	Manual *ManualOptions
	// Progress, if not nil, is told of each step, from several goroutines.
	Progress func(*Delivery)
}

// Result is what became of a post on one channel.
type Result struct {
	Channel Ref
	// Post and URL are of the first part, once it is public.
	Post Ref
	URL  string
	// Outcome is the state of the first part that is not public, or
	// OutcomePublished if all are. OutcomeUnknown means: it may be public. Do
	// not publish it again; keep Deliveries and Resume them later.
	Outcome OutcomeState
	// Findings is what validation had to say, warnings included.
	Findings Findings
	// Deliveries are the parts, in order: the post, the rest of its thread, the
	// first comment. They survive JSON.
	Deliveries []*Delivery
	// Err says why the channel is not done. nil only if everything is public.
	Err error
}

// ErrInDoubt is what Result.Err matches when an item may or may not be public
// and the protocol still has to find out, or a person has to say.
var ErrInDoubt = errors.New("in doubt: it may be public; do not send it again, resume it")

// ErrNotDone is what Result.Err matches when nothing is public yet and Resume
// goes on.
var ErrNotDone = errors.New("not done yet: resume it later")

// Publish publishes p to every channel at once and returns one result for each,
// in order. The channels are independent: one that fails or is slow changes
// nothing for the others, and the call takes as long as the slowest. What is
// not done can be taken up by Resume, that channel alone.
//
// The error is about the call as a whole: no channels, or a channel named
// twice. Everything else is in the results.
func (c *Client) Publish(ctx context.Context, p *Post, channels []Ref, opts *PublishOptions) ([]Result, error) {
	if opts == nil {
		opts = &PublishOptions{}
	}
	if err := checkChannels(channels); err != nil {
		return nil, err
	}
	if opts.After != nil {
		return nil, fmt.Errorf("%w: Publish cannot wait for another delivery: use Plan, or package scheduler", ErrInvalid)
	}
	entry, now := c.entryID(opts), c.clock.Now()
	return c.each(len(channels), func(i int) Result {
		res := Result{Channel: channels[i]}
		res.Deliveries, res.Findings, res.Err = c.plan(ctx, p, channels[i], entry, now, opts)
		if res.Err != nil {
			res.Outcome = OutcomeNotSent
			return res
		}
		return c.run(ctx, res, opts)
	}), nil
}

// Resume goes on with what Publish left undone, each result on its own: it
// settles what is in doubt and commits what was not sent. Deliveries that
// failed are begun again only if they were proved to have left nothing public.
// Results that are done come back unchanged.
func (c *Client) Resume(ctx context.Context, results []Result, opts *PublishOptions) []Result {
	if opts == nil {
		opts = &PublishOptions{}
	}
	return c.each(len(results), func(i int) Result {
		res := results[i]
		if res.Err == nil || len(res.Deliveries) == 0 {
			return res
		}
		now := c.clock.Now()
		for _, d := range res.Deliveries {
			if d.Phase == PhaseFailed || d.Phase == PhaseExpired {
				if res.Err = d.Requeue(opts.Policy.StaleAfter, now); res.Err != nil {
					return res
				}
			} else if !d.Phase.Final() && !d.Phase.forPeople() && d.Phase != PhaseSettling {
				d.Wake = now
			}
		}
		return c.run(ctx, res, opts)
	})
}

// Plan validates p and returns the deliveries that would publish it on the
// channels, without sending anything: one for the post, one for each further
// part of its thread, one for the first comment. A channel with findings that
// stop the post fails the whole plan with a *FindingsError; nothing is half
// planned.
func (c *Client) Plan(ctx context.Context, p *Post, channels []Ref, opts *PublishOptions) ([]*Delivery, Findings, error) {
	if opts == nil {
		opts = &PublishOptions{}
	}
	if err := checkChannels(channels); err != nil {
		return nil, nil, err
	}
	entry, now := c.entryID(opts), c.clock.Now()
	results := c.each(len(channels), func(i int) (r Result) {
		r.Deliveries, r.Findings, r.Err = c.plan(ctx, p, channels[i], entry, now, opts)
		return r
	})
	var (
		all      []*Delivery
		findings Findings
		errs     []error
	)
	for _, r := range results {
		all = append(all, r.Deliveries...)
		findings = append(findings, r.Findings...)
		if r.Err != nil {
			errs = append(errs, r.Err)
		}
	}
	if len(errs) > 0 {
		return nil, findings, errors.Join(errs...)
	}
	return all, findings, nil
}

func checkChannels(channels []Ref) error {
	if len(channels) == 0 {
		return fmt.Errorf("%w: no channels to publish to", ErrInvalid)
	}
	seen := make(map[Ref]bool, len(channels))
	for _, ch := range channels {
		if seen[ch] {
			return fmt.Errorf("%w: channel %s is named twice", ErrInvalid, ch)
		}
		seen[ch] = true
	}
	return nil
}

// each runs f for 0..n-1 with the client's concurrency and keeps the order.
func (c *Client) each(n int, f func(int) Result) []Result {
	out := make([]Result, n)
	slots := make(chan struct{}, c.concurrency)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i] = f(i)
		})
	}
	wg.Wait()
	return out
}

func (c *Client) plan(ctx context.Context, p *Post, ch Ref, entry string, now time.Time, opts *PublishOptions) ([]*Delivery, Findings, error) {
	ctx = defaultPriority(ctx, p.priority()) // what a post is checked by is as urgent as the post
	post := p.For(ch.Platform)
	if err := opts.After.check(&post); err != nil {
		return nil, nil, err
	}
	if opts.Manual != nil {
		return c.planManual(ctx, post, ch, entry, now, opts)
	}
	if _, err := driverAs[Publisher](c, ch, "publish"); err != nil {
		return nil, nil, err
	}
	v := &validation{c: c, ch: ch, answers: opts.After.answers()}
	if !opts.SkipValidation {
		look := opts.After.standIn(post)
		if err := v.run(ctx, &look); err != nil {
			return nil, v.found, err
		}
		if err := v.found.Err(); err != nil {
			return nil, v.found, err
		}
	}
	ds, err := c.deliveries(post, ch, entry, now, opts)
	return ds, v.found, err
}

// deliveries splits a post into its parts.
func (c *Client) deliveries(post Post, ch Ref, entry string, now time.Time, opts *PublishOptions) ([]*Delivery, error) {
	parts := append([]Post{post}, post.Thread...)
	comment := post.FirstComment
	var ds []*Delivery
	add := func(body Post, parent *Delivery) error {
		body.Thread, body.FirstComment = nil, ""
		kind, err := body.CreateKind()
		if err != nil {
			return err
		}
		id := deliveryID(entry, c.tenant, ch, len(ds))
		d := &Delivery{
			Schema: DeliverySchema, ID: id, Tenant: c.tenant, Entry: entry, Policy: opts.Policy,
			Phase: PhasePreparing, Wake: now,
			Request: PublishRequest{ID: id, Tenant: c.tenant, Channel: ch, Kind: kind, Post: body, Created: now.UTC().Truncate(time.Millisecond)},
		}
		d.waitFor(opts.After)
		if parent != nil {
			d.waitFor(&After{Parent: parent.ID})
		}
		ds = append(ds, d)
		return nil
	}
	for i, part := range parts {
		var parent *Delivery
		if i > 0 {
			parent = ds[i-1]
		}
		if err := add(part, parent); err != nil {
			return nil, err
		}
	}
	if comment != "" {
		if err := add(Post{Text: comment, Languages: post.Languages, Visibility: post.Visibility, Labels: post.Labels}, ds[0]); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

// run advances the deliveries of one channel in order until all are done, one
// cannot go on, or the time is up.
func (c *Client) run(ctx context.Context, res Result, opts *PublishOptions) Result {
	end := c.clock.Now().Add(orDefault(opts.Wait, time.Minute))
	byID := make(map[string]*Delivery, len(res.Deliveries))
	res.Err = nil
	for _, d := range res.Deliveries {
		byID[d.ID] = d
		if res.Err == nil {
			res.Err = c.runOne(ctx, d, byID[d.Parent], end, opts)
		}
	}
	res.summarize()
	return res
}

func (c *Client) runOne(ctx context.Context, d, parent *Delivery, end time.Time, opts *PublishOptions) error {
	if d.Phase == PhaseWaiting && parent != nil {
		if err := d.Link(parent, c.clock.Now()); err != nil {
			return err
		}
	}
	if d.Phase == PhaseWaiting {
		return nil
	}
	for !d.Phase.Final() && !d.Phase.forPeople() {
		now := c.clock.Now()
		if d.Wake.After(now) {
			if d.Wake.After(end) {
				return nil
			}
			if err := c.clock.Sleep(ctx, d.Wake.Sub(now)); err != nil {
				return nil //nolint:nilerr // the result says that it is not done
			}
		}
		if err := c.Advance(ctx, d, opts.Journal); err != nil {
			return err
		}
		if opts.Progress != nil {
			opts.Progress(d)
		}
	}
	return nil
}

// summarize derives the channel's result from its deliveries.
func (r *Result) summarize() {
	first := r.Deliveries[0]
	r.Outcome = OutcomePublished
	if first.Phase == PhasePublished {
		r.Post, r.URL = first.Outcome.Post, first.Outcome.URL
	}
	for i, d := range r.Deliveries {
		if d.Phase == PhasePublished {
			continue
		}
		r.Outcome = d.State()
		if r.Err == nil {
			r.Err = d.Err()
			if len(r.Deliveries) > 1 {
				r.Err = fmt.Errorf("part %d of %d: %w", i+1, len(r.Deliveries), r.Err)
			}
		}
		return
	}
	r.Err = nil
}

// State sums up what is known about d's item: OutcomePublished, OutcomePending,
// OutcomeUnknown while it is in doubt, OutcomeRefused if it failed for good and
// is not public, and OutcomeNotSent if nothing was sent so far.
func (d *Delivery) State() OutcomeState {
	switch {
	case d.Phase == PhasePublished:
		return OutcomePublished
	case d.Phase == PhaseFailed && d.Outcome.Evidence == EvidenceHuman:
		return OutcomeUnknown
	case d.Phase == PhaseFailed && d.Failure != nil && d.Failure.Op != "parent":
		return OutcomeRefused
	case d.Phase == PhaseSettling && d.Outcome.State == OutcomePending && !d.Attempt.Doubt:
		return OutcomePending
	case d.Phase == PhaseCommitting, d.Phase == PhaseSettling, d.Phase == PhaseHuman, d.Attempt.Doubt:
		return OutcomeUnknown
	}
	return OutcomeNotSent
}

// Err says why d's item is not public, or nil if it is.
func (d *Delivery) Err() error {
	if d.Phase == PhasePublished {
		return nil
	}
	base := ErrNotDone
	switch d.State() {
	case OutcomeUnknown:
		base = ErrInDoubt
	case OutcomeRefused:
		base = ErrRejected
		if s := d.Failure.sentinel(); s != nil && finalError(s) {
			base = s
		}
	}
	e := &Error{Op: "publish", Platform: d.Request.Channel.Platform, Channel: d.Request.Channel, Outcome: d.State(), Err: base}
	if d.Failure != nil {
		e.Status, e.Code, e.Message = d.Failure.Status, d.Failure.Code, d.Failure.Message
	}
	return e
}

func (c *Client) entryID(opts *PublishOptions) string {
	if opts.Token != "" {
		return "t-" + opts.Token
	}
	return strings.ToLower(rand.Text())
}

// deliveryID derives the ID of a part: 26 letters and digits, the same for the
// same entry, tenant, channel and part.
func deliveryID(entry string, t Tenant, ch Ref, part int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d", entry, t, ch.String(), part))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}
