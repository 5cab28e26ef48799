package smm_test

import (
	"context"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// inDoubt returns a blind delivery whose reply was lost.
func inDoubt(t *testing.T) (*smm.Client, *fake, *smm.Delivery) {
	t.Helper()
	f := newFake("x")
	f.class = smm.ClassBlind
	f.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		return smm.Outcome{}, smm.ErrUnavailable
	}
	c, _ := newClient(t, nil, f)
	r := publish(t, c, &smm.Post{Text: "x"}, f)[0]
	wantEqual(t, "phase", r.Deliveries[0].Phase, smm.PhaseHuman)
	f.commit = nil
	return c, f, r.Deliveries[0]
}

func TestResolveTakesExactlyOneAnswer(t *testing.T) {
	_, f, d := inDoubt(t)
	later := d.QuietAt()
	for _, r := range []smm.Resolution{{}, {SendAgain: true, Drop: true}, {Live: f.ref(smm.KindPost, "1"), Drop: true}} {
		wantIs(t, d.Resolve(r, later), smm.ErrInvalid)
	}
	wantIs(t, d.Resolve(smm.Resolution{SendAgain: true}, later.Add(-time.Second)), smm.ErrInvalid)
	if err := d.Resolve(smm.Resolution{SendAgain: true}, later); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "phase", d.Phase, smm.PhasePreparing)
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestDroppedDoubtIsNotRequeued(t *testing.T) {
	_, _, d := inDoubt(t)
	if err := d.Resolve(smm.Resolution{Drop: true}, d.QuietAt()); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "phase", d.Phase, smm.PhaseFailed)
	wantEqual(t, "state", d.State(), smm.OutcomeUnknown)
	wantIs(t, d.Requeue(time.Time{}, start), smm.ErrInvalid)
}

func TestCancelOnlyBeforeTheFirstCommit(t *testing.T) {
	f := newFake("x")
	c, clock := newClient(t, nil, f)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ds[0].Cancel(clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := ds[0].Cancel(clock.Now()); err != nil {
		t.Fatalf("cancelling twice: %v", err)
	}
	if err := c.Advance(t.Context(), ds[0], nil); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "public", len(f.public), 0)
	_, _, d := inDoubt(t)
	wantIs(t, d.Cancel(clock.Now()), smm.ErrConflict)
}

func TestCheckFindsBrokenRecords(t *testing.T) {
	f := newFake("x")
	c, _ := newClient(t, nil, f)
	for name, breaks := range map[string]func(*smm.Delivery){
		"newer schema":              func(d *smm.Delivery) { d.Schema++ },
		"foreign request":           func(d *smm.Delivery) { d.Request.ID = "other" },
		"foreign tenant":            func(d *smm.Delivery) { d.Tenant = "other" },
		"no such phase":             func(d *smm.Delivery) { d.Phase = "lost" },
		"commit without intent":     func(d *smm.Delivery) { d.Phase, d.Prepared.Ready = smm.PhaseCommitting, true },
		"ready without preparation": func(d *smm.Delivery) { d.Phase = smm.PhaseReady },
		"doubt forgotten":           func(d *smm.Delivery) { d.Attempt.Doubt = true },
		"published without a ref":   func(d *smm.Delivery) { d.Phase = smm.PhasePublished },
		"asleep for ever":           func(d *smm.Delivery) { d.Wake = time.Time{} },
	} {
		ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		breaks(ds[0])
		if err := c.Advance(t.Context(), ds[0], nil); err == nil {
			t.Errorf("%s: Advance took it", name)
		}
	}
	wantEqual(t, "public", len(f.public), 0)
}

func TestPrepareErrors(t *testing.T) {
	f := newFake("x")
	tries := 0
	var fail error
	f.prepare = func(*smm.PublishRequest) (smm.Prepared, error) {
		tries++
		if tries < 4 {
			return smm.Prepared{}, fail
		}
		return smm.Prepared{Ready: true, Guarantee: f.guarantee()}, nil
	}
	c, clock := newClient(t, nil, f)
	fail = &smm.RateLimitError{After: 40 * time.Second}
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Wait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if waited := clock.Now().Sub(start); waited != 2*time.Minute {
		t.Fatalf("waited %s, the platform asked for three times 40 s", waited)
	}
	wantEqual(t, "outcome", r.Outcome, smm.OutcomePublished)

	tries, fail = 0, smm.ErrForbidden
	_, err = c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "y"}, nil)
	wantIs(t, err, smm.ErrForbidden)
	wantEqual(t, "tries after a final error", tries, 1)

	tries, fail = 0, nil
	f.prepare = func(*smm.PublishRequest) (smm.Prepared, error) { return smm.Prepared{Ready: true}, nil }
	if _, err = c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "z"}, nil); err == nil {
		t.Fatal("a driver without a guarantee was let through")
	}
}
