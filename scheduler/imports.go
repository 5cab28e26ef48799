package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// ImportOptions select what Import takes.
type ImportOptions struct {
	Since  time.Time  // posts from then on; zero: all
	Until  time.Time  // posts before then; zero: until now
	Labels smm.Labels // set on what is imported
	Limit  int        // at most so many posts are added, newest first; 0: all
}

// ImportReport says what Import found.
type ImportReport struct {
	Listed int // posts within the time
	Added  int
	Known  int // published by this scheduler, or imported before
	// Unsettled posts look like a delivery that is being published or is in
	// doubt. They were left out: import again when that is settled.
	Unsettled int
	Undated   int // posts of which the platform does not say when; left out
}

// Import lists the posts of a channel and adds those that were published
// elsewhere as final records, in smm.PhasePublished with the evidence "import", at
// the time when they were published. So a calendar shows all that a channel had.
// IDs are derived from the posts, and importing again adds only what is new.
//
// After an error the report says what was done until then, and the call can be
// repeated. A platform that cannot list posts gives one that matches
// smm.ErrUnsupported.
func (s *Scheduler) Import(ctx context.Context, tenant smm.Tenant, channel smm.Ref, o ImportOptions) (ImportReport, error) {
	var rep ImportReport
	if o.Limit < 0 || (!o.Until.IsZero() && !o.Until.After(o.Since)) {
		return rep, fmt.Errorf("%w: import: the limit is negative, or Until is not after Since", smm.ErrInvalid)
	}
	known, err := s.knownPosts(ctx, tenant, channel)
	if err != nil {
		return rep, err
	}
	open, err := s.openTexts(ctx, tenant, channel)
	if err != nil {
		return rep, err
	}
	list := s.client.ForTenant(tenant).Channel(channel).Posts(&smm.ListOptions{Since: o.Since, Until: o.Until})
	for p, err := range list.All(ctx) {
		switch {
		case err != nil:
			return rep, fmt.Errorf("scheduler: import from %s: %w", channel, err)
		case p.At.IsZero():
			rep.Undated++
			continue
		case !o.Until.IsZero() && !p.At.Before(o.Until):
			continue
		case p.At.Before(o.Since): // some platforms put an old one on top, so go on
			continue
		}
		rep.Listed++
		switch text := SameText(string(p.Text)); {
		case known[p.Ref]:
			rep.Known++
		case text != "" && open[text]:
			rep.Unsettled++
		default:
			known[p.Ref] = true
			if err := s.importOne(ctx, importRecord(tenant, channel, &p, o.Labels, s.clock.Now()), &rep); err != nil {
				return rep, err
			}
		}
		if rep.Added == o.Limit && o.Limit > 0 {
			return rep, nil
		}
	}
	return rep, nil
}

func (s *Scheduler) importOne(ctx context.Context, r *Record, rep *ImportReport) error {
	switch err := s.store.Insert(ctx, r); {
	case errors.Is(err, smm.ErrConflict): // another process imports as well
		rep.Known++
	case err != nil:
		return fmt.Errorf("scheduler: store the import of %s: %w", r.Delivery.Outcome.Post, err)
	default:
		rep.Added++
	}
	return nil
}

func importRecord(tenant smm.Tenant, channel smm.Ref, p *smm.PublishedPost, labels smm.Labels, now time.Time) *Record {
	sum := sha256.Sum256(fmt.Appendf(nil, "import %q %q %q", tenant, channel.String(), p.Ref.String()))
	id := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
	labels.Tags = slices.Clone(labels.Tags)
	post := smm.Post{
		Text: string(p.Text), Entities: slices.Clone(p.Entities), ReplyTo: p.InReplyTo, Quote: p.Quote,
		Visibility: p.Visibility, Labels: labels,
	}
	kind := smm.CreatePost
	if !p.InReplyTo.IsZero() {
		kind = smm.CreateReply
	}
	address := p.URL
	if smm.CheckWebURL(address) != nil {
		address = ""
	}
	return &Record{
		NotBefore: Micro(p.At),
		Delivery: smm.Delivery{
			Schema: smm.DeliverySchema, ID: id, Tenant: tenant, Entry: "import-" + id,
			Request: smm.PublishRequest{ID: id, Tenant: tenant, Channel: channel, Kind: kind, Post: post, Created: p.At.UTC().Truncate(time.Millisecond)},
			Phase:   smm.PhasePublished,
			Outcome: smm.Outcome{State: smm.OutcomePublished, Post: p.Ref, URL: address, Evidence: smm.EvidenceImport},
			Log:     []smm.LogLine{{At: now, Phase: smm.PhasePublished, State: smm.OutcomePublished, Note: "published elsewhere, imported"}},
		},
	}
}

// knownPosts are the items of a channel that the store knows.
func (s *Scheduler) knownPosts(ctx context.Context, tenant smm.Tenant, channel smm.Ref) (map[smm.Ref]bool, error) {
	known := make(map[smm.Ref]bool)
	q := Query{Tenant: tenant, Channel: channel, Phases: []smm.Phase{smm.PhasePublished}}
	for r, err := range s.store.List(ctx, q) {
		if err != nil {
			return nil, err
		}
		known[r.Delivery.Outcome.Post] = true
	}
	return known, nil
}

// openTexts are the texts on a channel that may be public without the store
// knowing as what.
func (s *Scheduler) openTexts(ctx context.Context, tenant smm.Tenant, channel smm.Ref) (map[string]bool, error) {
	open := make(map[string]bool)
	q := Query{Tenant: tenant, Channel: channel, Phases: []smm.Phase{
		smm.PhaseCommitting, smm.PhaseSettling, smm.PhaseHuman, smm.PhaseReady, smm.PhasePreparing, smm.PhaseManual,
	}}
	now := s.clock.Now()
	for r, err := range s.store.List(ctx, q) {
		if err != nil {
			return nil, err
		}
		if !r.NotBefore.Add(-beforeDue).After(now) {
			open[SameText(r.Delivery.Request.Post.Text)] = true
		}
	}
	return open, nil
}

// checkAfter verifies that what a post shall wait for is there.
func (s *Scheduler) checkAfter(ctx context.Context, channels []smm.Ref, opts *ScheduleOptions) error {
	a := opts.After
	if a == nil {
		return nil
	}
	r, err := s.store.Get(ctx, Key{opts.Tenant, a.Parent})
	switch {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: After: there is no delivery %q to wait for", smm.ErrInvalid, a.Parent)
	case err != nil:
		return err
	case !r.Live():
		return fmt.Errorf("%w: After: delivery %s ended as %s and will not be public", smm.ErrInvalid, a.Parent, r.Delivery.Phase)
	}
	for _, ch := range channels {
		if on := r.Delivery.Request.Channel.Platform; a.Relation == smm.RelationReply && ch.Platform != on {
			return fmt.Errorf("%w: After: what is on %s cannot be answered on %s: link to it", smm.ErrInvalid, on, ch.Platform)
		}
	}
	return nil
}

// tellParent tells the delivery in hand what became of its parent. The platform
// is asked for an address that did not come along.
func (w *work) tellParent(parent *smm.Delivery, now time.Time) error {
	d, o := &w.r.Delivery, &parent.Outcome
	if d.Relation == smm.RelationLink && parent.Phase == smm.PhasePublished && o.URL == "" && o.Post.ID != "" {
		address, err := w.address(parent)
		if err != nil {
			if w.lease.ctx.Err() != nil {
				return w.lease.ctx.Err()
			}
			return d.NoLink(err, w.s.clock.Now())
		}
		o.URL = address // of this copy
	}
	return d.Link(parent, now)
}

func (w *work) address(parent *smm.Delivery) (string, error) {
	if err := w.lease.ensure(w.lease.length / 2); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(w.lease.ctx, readBackLimit)
	defer cancel()
	p, err := w.s.client.ForTenant(parent.Tenant).Channel(parent.Request.Channel).Post(ctx, parent.Outcome.Post)
	switch {
	case errors.Is(err, smm.ErrNotFound): // a read may be behind
		return "", fmt.Errorf("%w: not found yet: %v", smm.ErrUnavailable, err) //nolint:errorlint // not found is final elsewhere
	case err != nil:
		return "", err
	case p.URL == "":
		return "", fmt.Errorf("%w: the platform gives no address for it", smm.ErrUnsupported)
	}
	return p.URL, nil
}
