package smm_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func TestAKeyIsRepeatedWithinItsWindowOnly(t *testing.T) {
	const window = 20 * time.Minute
	f := newFake("x")
	f.prepare = func(*smm.PublishRequest) (smm.Prepared, error) {
		g := f.guarantee()
		g.Class, g.KeyWindow = smm.ClassKey, window
		return smm.Prepared{Ready: true, Guarantee: g}, nil
	}
	var first time.Time
	f.commit = func(_ context.Context, _ *smm.PublishRequest, a smm.Attempt) (smm.Outcome, error) {
		if first.IsZero() {
			first = a.Intent
		}
		if a.First != first {
			t.Errorf("attempt %d counts its window from %s, not from %s", a.N, a.First, first)
		}
		if latest := a.Deadline.Add(20 * time.Second); latest.After(first.Add(window)) {
			t.Errorf("attempt %d may arrive at %s, when the platform has forgotten the key", a.N, latest)
		}
		return smm.Outcome{}, smm.ErrUnavailable
	}
	looked := false
	f.settle = func(*smm.PublishRequest) (smm.Outcome, error) {
		looked = true
		return smm.Outcome{State: smm.OutcomePublished, Post: f.ref(smm.KindPost, "1"), Evidence: smm.EvidenceReadBack}, nil
	}
	c, _ := newClient(t, nil, f)
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Wait: 2 * time.Hour, Policy: smm.Policy{MaxAttempts: 100}})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Deliveries[0].Attempt.N; n < 5 || !looked {
		t.Fatalf("%d attempts, looked: %v", n, looked)
	}
}

func TestAbsenceCountsFromTheBeginningOfTheRead(t *testing.T) {
	f := newFake("x")
	commits := 0
	f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		if commits++; commits == 1 {
			return smm.Outcome{}, smm.ErrUnavailable
		}
		return f.show(r), nil
	}
	c, clock := newClient(t, nil, f)
	var d *smm.Delivery
	f.settle = func(*smm.PublishRequest) (smm.Outcome, error) {
		if begin := clock.Now(); begin.Before(d.QuietAt()) {
			clock.Advance(d.QuietAt().Sub(begin) + time.Second) // a slow read of an early state
		}
		return smm.Outcome{State: smm.OutcomeAbsent}, nil
	}
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d = ds[0]
	for range 3 { // prepare, commit, the slow read
		if d.Wake.After(clock.Now()) {
			clock.Advance(d.Wake.Sub(clock.Now()))
		}
		if err := c.Advance(t.Context(), d, nil); err != nil {
			t.Fatal(err)
		}
	}
	if d.Phase != smm.PhaseSettling || !d.Attempt.Doubt {
		t.Fatalf("phase %s: an early read that ended late was believed", d.Phase)
	}
}

func TestACommitCannotShowAbsence(t *testing.T) {
	f := newFake("x")
	f.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		return smm.Outcome{State: smm.OutcomeAbsent}, nil
	}
	c, clock := newClient(t, nil, f)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Advance(t.Context(), ds[0], nil); err != nil {
			t.Fatal(err)
		}
	}
	if cmd, at := smm.Next(ds[0], clock.Now()); !ds[0].Attempt.Doubt || cmd != smm.CommandWait || !at.After(clock.Now()) {
		t.Fatalf("doubt %v, next %s at %s", ds[0].Attempt.Doubt, cmd, at)
	}
	wantEqual(t, "outcome", ds[0].Outcome.State, smm.OutcomeUnknown)
}

func TestReadBackIsNeverRepeatedOnTheDriversWord(t *testing.T) {
	f := newFake("x")
	commits := 0
	f.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		commits++
		return smm.Outcome{State: smm.OutcomeRepeatable}, nil
	}
	f.settle = func(*smm.PublishRequest) (smm.Outcome, error) {
		return smm.Outcome{State: smm.OutcomeRepeatable}, nil
	}
	c, _ := newClient(t, nil, f)
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Wait: 24 * time.Hour})
	wantIs(t, err, smm.ErrInDoubt)
	wantEqual(t, "commits", commits, 1)
	wantEqual(t, "phase", r.Deliveries[0].Phase, smm.PhaseHuman)
}

func TestARefusalEndsTheRepetitionsButNotTheDoubt(t *testing.T) {
	f := newFake("x")
	f.class = smm.ClassKey
	commits := 0
	f.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		if commits++; commits == 1 {
			return smm.Outcome{}, smm.ErrUnavailable
		}
		return smm.Outcome{State: smm.OutcomeRefused}, smm.ErrRejected
	}
	reads := 0
	f.settle = func(*smm.PublishRequest) (smm.Outcome, error) {
		reads++
		return smm.Outcome{State: smm.OutcomeAbsent}, nil
	}
	c, clock := newClient(t, nil, f)
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Wait: time.Hour})
	wantIs(t, err, smm.ErrRejected)
	wantEqual(t, "commits", commits, 2)
	d := r.Deliveries[0]
	wantEqual(t, "phase", d.Phase, smm.PhaseFailed)
	if reads == 0 || clock.Now().Sub(start) < 20*time.Second {
		t.Fatalf("failed after %d reads at %s, while the first request might still arrive", reads, clock.Now())
	}
}

func TestAnAnswerIsSavedThoughTheCallerLeft(t *testing.T) {
	f := newFake("x")
	ctx, cancel := context.WithCancel(t.Context())
	f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		cancel()
		return f.show(r), nil
	}
	var saved smm.Phase
	j := contextJournal(func(ctx context.Context, d *smm.Delivery) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		saved = d.Phase
		return nil
	})
	c, _ := newClient(t, nil, f)
	if _, err := c.Channel(f.channel()).Publish(ctx, &smm.Post{Text: "x"}, &smm.PublishOptions{Journal: j}); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "saved phase", saved, smm.PhasePublished)
}

type contextJournal func(context.Context, *smm.Delivery) error

func (j contextJournal) Save(ctx context.Context, d *smm.Delivery) error { return j(ctx, d) }

func TestAFailedIntentLeavesTheDeliveryAsItWas(t *testing.T) {
	f := newFake("x")
	full := errors.New("the disk is full")
	c, _ := newClient(t, nil, f)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Advance(t.Context(), ds[0], nil); err != nil {
		t.Fatal(err)
	}
	wantIs(t, c.Advance(t.Context(), ds[0], journalFunc(func(*smm.Delivery) error { return full })), full)
	if d := ds[0]; d.Phase != smm.PhaseReady || d.Attempt != (smm.Attempt{}) {
		t.Fatalf("phase %s, %+v", d.Phase, d.Attempt)
	}
	wantEqual(t, "public", len(f.public), 0)
}

func TestAReadThatFailsIsNotWhyItWasRefused(t *testing.T) {
	f := newFake("x")
	commits, reads := 0, 0
	f.prepare = func(*smm.PublishRequest) (smm.Prepared, error) {
		g := f.guarantee()
		g.Class = smm.ClassKey
		return smm.Prepared{Ready: true, Guarantee: g}, nil
	}
	f.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		if commits++; commits == 1 {
			return smm.Outcome{}, smm.ErrUnavailable
		}
		return smm.Outcome{State: smm.OutcomeRefused}, smm.ErrUnauthorized
	}
	f.settle = func(*smm.PublishRequest) (smm.Outcome, error) {
		if reads++; reads == 1 {
			return smm.Outcome{}, smm.ErrRateLimited
		}
		return smm.Outcome{State: smm.OutcomeAbsent}, nil
	}
	c, _ := newClient(t, nil, f)
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Wait: 2 * time.Hour})
	wantIs(t, err, smm.ErrUnauthorized)
	d := r.Deliveries[0]
	if reads < 2 || d.Phase != smm.PhaseFailed || !d.Failure.Reconnect || d.Failure.Op != "commit" {
		t.Errorf("after %d reads: %s, %+v; want it failed because of the token", reads, d.Phase, d.Failure)
	}
}
