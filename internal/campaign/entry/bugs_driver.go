package entry

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// buggyDriver is a driver with other answers.
type buggyDriver struct {
	smm.Driver

	pub    smm.Publisher
	before func(p *smm.Prepared, a smm.Attempt)
	anew   bool // every further attempt is prepared anew
	answer func(r *smm.PublishRequest, o smm.Outcome, err error) (smm.Outcome, error)
	settle func(o smm.Outcome, err error) (smm.Outcome, error)
	ready  func(p *smm.Prepared)
}

// buggyProber is one of a driver that looks at media and options.
type buggyProber struct {
	*buggyDriver
	smm.MediaProber
	smm.PostValidator
}

// Prepare implements smm.Publisher.
func (d *buggyDriver) Prepare(ctx context.Context, r *smm.PublishRequest, last smm.Prepared) (smm.Prepared, error) {
	p, err := d.pub.Prepare(ctx, r, last)
	if d.ready != nil && err == nil {
		d.ready(&p)
	}
	return p, err
}

// Commit implements smm.Publisher.
func (d *buggyDriver) Commit(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	if d.before != nil {
		p.State = bytes.Clone(p.State)
		d.before(&p, a)
	}
	if d.anew && a.N > 1 {
		if again, err := d.prepareAnew(ctx, r); err == nil {
			p = again
		}
	}
	o, err := d.pub.Commit(ctx, r, p, a)
	if d.answer != nil {
		return d.answer(r, o, err)
	}
	return o, err
}

// Settle implements smm.Publisher.
func (d *buggyDriver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	o, err := d.pub.Settle(ctx, r, p, a)
	if d.settle != nil {
		return d.settle(o, err)
	}
	return o, err
}

func (d *buggyDriver) prepareAnew(ctx context.Context, r *smm.PublishRequest) (smm.Prepared, error) {
	const steps = 20
	var p smm.Prepared
	for range steps {
		var err error
		if p, err = d.pub.Prepare(ctx, r, p); err != nil || p.Ready {
			return p, err
		}
		if err := smm.SystemClock().Sleep(ctx, time.Second); err != nil {
			return p, err
		}
	}
	return p, smm.ErrUnavailable
}

func newContainer(d *buggyDriver) { d.anew = true }

// believedLie takes a refusal for final that drivers look into first.
func believedLie(d *buggyDriver) {
	d.answer = func(_ *smm.PublishRequest, o smm.Outcome, err error) (smm.Outcome, error) {
		e, ok := errors.AsType[*smm.Error](err)
		if ok && e.Status >= 400 && e.Status < 500 && (o.State == smm.OutcomeUnknown || o.State == smm.OutcomePending) {
			return smm.Outcome{State: smm.OutcomeRefused}, err
		}
		return o, err
	}
}

func duplicateRefused(d *buggyDriver) {
	d.answer = func(_ *smm.PublishRequest, o smm.Outcome, err error) (smm.Outcome, error) {
		if errors.Is(err, smm.ErrDuplicate) {
			return smm.Outcome{State: smm.OutcomeRefused}, err
		}
		return o, err
	}
}

func duplicatePublished(d *buggyDriver) {
	d.answer = func(r *smm.PublishRequest, o smm.Outcome, err error) (smm.Outcome, error) {
		if errors.Is(err, smm.ErrDuplicate) {
			return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, "1"), Evidence: smm.EvidenceReply}, nil
		}
		return o, err
	}
}

func retryUnknown(d *buggyDriver) {
	d.answer = func(_ *smm.PublishRequest, o smm.Outcome, err error) (smm.Outcome, error) {
		if o.State == smm.OutcomeUnknown {
			o.State, o.Retry = smm.OutcomeNotSent, true
			err = smm.ErrUnavailable
		}
		return o, err
	}
}

func earlyReadBack(d *buggyDriver) {
	d.ready = func(p *smm.Prepared) { p.Guarantee.RequestLife, p.Guarantee.ReadLag = 0, 0 }
}

// The keys in the states of the drivers: Mastodon's and the address of a Bluesky
// record.
var (
	keyInState = regexp.MustCompile(`"key":"[^"]+"`)
	uriInState = regexp.MustCompile(`("uri":"at://[^"/]+/app\.bsky\.feed\.post/[2-7a-z]{10})[2-7a-z]{3}"`)
)

func keyPerAttempt(d *buggyDriver) {
	d.before = func(p *smm.Prepared, _ smm.Attempt) {
		fresh := strings.ToLower(rand.Text())
		p.State = keyInState.ReplaceAll(p.State, []byte(`"key":"`+fresh+`"`))
		p.State = json.RawMessage(uriInState.ReplaceAll(p.State, []byte(`${1}`+fresh[:3]+`"`)))
	}
}

func serverErrorRefused(d *buggyDriver) {
	d.answer = func(_ *smm.PublishRequest, o smm.Outcome, err error) (smm.Outcome, error) {
		if e, ok := errors.AsType[*smm.Error](err); ok && e.Status >= 500 && o.State == smm.OutcomeUnknown {
			o.State, o.Retry = smm.OutcomeRefused, true
		}
		return o, err
	}
}

func settleAbsent(d *buggyDriver) {
	d.settle = func(o smm.Outcome, err error) (smm.Outcome, error) {
		if o.State == smm.OutcomePublished {
			return smm.Outcome{State: smm.OutcomeAbsent}, nil
		}
		return o, err
	}
}

func cutPublished(d *buggyDriver) {
	d.answer = func(r *smm.PublishRequest, o smm.Outcome, err error) (smm.Outcome, error) {
		if err != nil && o.State == smm.OutcomeUnknown {
			return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, "1"), Evidence: smm.EvidenceReply}, nil
		}
		return o, err
	}
}
