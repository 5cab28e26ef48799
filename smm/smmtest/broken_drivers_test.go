package smmtest

import (
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest/internal/reference"
)

// Each type below is the reference driver with one bug in it.

type (
	commitFunc  func(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error)
	prepareFunc func(context.Context, *smm.PublishRequest, smm.Prepared) (smm.Prepared, error)
)

// badPublisher replaces steps of the protocol.
type badPublisher struct {
	*reference.Driver
	prepare prepareFunc
	commit  commitFunc
	settle  commitFunc
}

func (d *badPublisher) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	if d.prepare != nil {
		return d.prepare(ctx, r, last)
	}
	return d.Driver.Prepare(ctx, r, last)
}

func (d *badPublisher) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	if d.commit != nil {
		return d.commit(ctx, r, p, a)
	}
	return d.Driver.Commit(ctx, r, p, a)
}

func (d *badPublisher) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	if d.settle != nil {
		return d.settle(ctx, r, p, a)
	}
	return d.Driver.Settle(ctx, r, p, a)
}

// badReader replaces what reads and validates.
type badReader struct {
	*reference.Driver
	capabilities func(context.Context, smm.Ref) (smm.Capabilities, error)
	comments     func(context.Context, smm.Ref, smm.Ref, smm.PageRequest) (smm.Page[smm.Message], error)
	posts        func(context.Context, smm.Ref, smm.PageRequest) (smm.Page[smm.PublishedPost], error)
	metrics      func(context.Context, smm.Ref, smm.MetricRequest) ([]smm.Metric, error)
	facts        func(context.Context, smm.Ref) (smm.Facts, error)
}

func (d *badReader) ReadFacts(ctx context.Context, ch smm.Ref) (smm.Facts, error) {
	if d.facts != nil {
		return d.facts(ctx, ch)
	}
	return d.Driver.ReadFacts(ctx, ch)
}

func (d *badReader) Capabilities(ctx context.Context, ch smm.Ref) (smm.Capabilities, error) {
	if d.capabilities != nil {
		return d.capabilities(ctx, ch)
	}
	return d.Driver.Capabilities(ctx, ch)
}

func (d *badReader) ListComments(ctx context.Context, ch, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	if d.comments != nil {
		return d.comments(ctx, ch, post, r)
	}
	return d.Driver.ListComments(ctx, ch, post, r)
}

func (d *badReader) ListPosts(ctx context.Context, ch smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	if d.posts != nil {
		return d.posts(ctx, ch, r)
	}
	return d.Driver.ListPosts(ctx, ch, r)
}

func (d *badReader) ReadMetrics(ctx context.Context, ch smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	if d.metrics != nil {
		return d.metrics(ctx, ch, r)
	}
	return d.Driver.ReadMetrics(ctx, ch, r)
}

// toggler takes "hidden" for "the other way round".
type toggler struct {
	*reference.Driver
	mu     sync.Mutex
	hidden map[smm.Ref]bool
}

func (d *toggler) SetHidden(ctx context.Context, ch, c smm.Ref, _ bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hidden[c] = !d.hidden[c]
	return d.Driver.SetHidden(ctx, ch, c, d.hidden[c])
}

// strictDeleter fails on what is gone already.
type strictDeleter struct{ *reference.Driver }

func (d strictDeleter) DeleteItem(ctx context.Context, ch, item smm.Ref) error {
	if _, err := d.GetPost(ctx, ch, item); err != nil {
		return err
	}
	return d.Driver.DeleteItem(ctx, ch, item)
}

// eager likes something in order to validate a post.
type eager struct{ *reference.Driver }

func (d eager) ValidatePost(ctx context.Context, ch smm.Ref, p *smm.Post, _ smm.Capabilities) (smm.Findings, error) {
	return nil, d.SetLiked(ctx, ch, ch.WithKind(smm.KindPost, "i000001"), true)
}

// careless forgets its limits of media.
type careless struct{ *reference.Driver }

func (d careless) Capabilities(ctx context.Context, ch smm.Ref) (smm.Capabilities, error) {
	c, err := d.Driver.Capabilities(ctx, ch)
	l := c.Limits()
	l.Media = smm.MediaLimits{}
	m := map[smm.Capability]smm.Support{}
	for x, s := range c.All() {
		m[x] = s
	}
	return smm.NewCapabilities(c.AsOf(), m, l), err
}

// leaky serves every tenant with the credentials of the first.
type leaky struct{ smm.CredentialStore }

func (l leaky) Load(ctx context.Context, _ smm.Tenant, a smm.Ref) (smm.Credential, error) {
	return l.CredentialStore.Load(ctx, "", a)
}

// single serves every channel with the one credential it knows.
type single struct {
	smm.CredentialStore
	account smm.Ref
}

func (s single) Load(ctx context.Context, t smm.Tenant, _ smm.Ref) (smm.Credential, error) {
	return s.CredentialStore.Load(ctx, t, s.account)
}

// deaf thinks that every message is a stranger's.
type deaf struct{ *reference.Driver }

func (d deaf) ListMessages(ctx context.Context, ch, c smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	p, err := d.Driver.ListMessages(ctx, ch, c, r)
	for i := range p.Items {
		p.Items[i].Own = false
	}
	return p, err
}

// inMemory keeps what Prepare did in the process instead of in State.
func inMemory(d *reference.Driver) smm.Driver {
	kept := map[string]smm.Prepared{}
	var mu sync.Mutex
	return &badPublisher{Driver: d,
		prepare: func(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
			mu.Lock()
			defer mu.Unlock()
			p, err := d.Prepare(ctx, r, kept[r.ID])
			kept[r.ID] = p
			p.State = json.RawMessage(`{}`)
			return p, err
		},
		commit: func(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
			mu.Lock()
			defer mu.Unlock()
			return d.Commit(ctx, r, kept[r.ID], a)
		},
	}
}

// trusting believes names.
type trusting struct{ *reference.Driver }

func (trusting) ProbeMedia(context.Context, io.ReadSeeker) (smm.MediaInfo, error) {
	return smm.MediaInfo{Type: "image/png", Class: smm.MediaImage, Size: 5}, nil
}
