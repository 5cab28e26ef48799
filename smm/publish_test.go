package smm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func publish(t *testing.T, c *smm.Client, p *smm.Post, fakes ...*fake) []smm.Result {
	t.Helper()
	var refs []smm.Ref
	for _, f := range fakes {
		refs = append(refs, f.channel())
	}
	rs, err := c.Publish(t.Context(), p, refs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestPublishChannelsAreIndependent(t *testing.T) {
	good, refusing, silent := newFake("good"), newFake("refusing"), newFake("silent")
	refusing.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		return smm.Outcome{State: smm.OutcomeRefused}, &smm.Error{Platform: "refusing", Status: 422, Code: "too-bad", Err: smm.ErrRejected}
	}
	silent.class = smm.ClassBlind
	silent.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		return smm.Outcome{}, smm.ErrUnavailable
	}
	c, _ := newClient(t, nil, good, refusing, silent)
	rs, err := c.Publish(t.Context(), &smm.Post{Text: "hello"}, []smm.Ref{
		good.channel(), refusing.channel(), silent.channel(), {Platform: "nobody", Kind: smm.KindChannel, ID: "1"}, {Platform: "good", Kind: smm.KindPost, ID: "1"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rs[0].Err != nil || rs[0].Outcome != smm.OutcomePublished || rs[0].Post.ID != "1" {
		t.Fatalf("good channel: %+v", rs[0])
	}
	wantIs(t, rs[1].Err, smm.ErrRejected)
	if e, ok := errors.AsType[*smm.Error](rs[1].Err); !ok || e.Code != "too-bad" || e.Outcome != smm.OutcomeRefused {
		t.Fatalf("refusing channel: %v", rs[1].Err)
	}
	wantIs(t, rs[2].Err, smm.ErrInDoubt)
	wantEqual(t, "silent outcome", rs[2].Outcome, smm.OutcomeUnknown)
	wantIs(t, rs[3].Err, smm.ErrInvalid)
	wantIs(t, rs[4].Err, smm.ErrInvalid)
	wantEqual(t, "public on the good channel", len(good.public), 1)
}

func TestPublishTakesAsLongAsTheSlowestChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var drivers []smm.Driver
		var refs []smm.Ref
		for i := range 20 {
			f := newFake(smm.Platform(fmt.Sprintf("p%d", i)))
			f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				return f.show(r), nil
			}
			drivers, refs = append(drivers, f), append(refs, f.channel())
		}
		c, err := smm.New(drivers)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := c.Publish(t.Context(), &smm.Post{Text: "x"}, refs, nil); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "time taken", time.Since(begin), 1900*time.Millisecond)
	})
}

func TestPublishRefusesNonsense(t *testing.T) {
	f := newFake("x")
	c, _ := newClient(t, nil, f)
	_, err := c.Publish(t.Context(), &smm.Post{Text: "x"}, nil, nil)
	wantIs(t, err, smm.ErrInvalid)
	_, err = c.Publish(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel(), f.channel()}, nil)
	wantIs(t, err, smm.ErrInvalid)
	_, err = smm.New([]smm.Driver{f, f})
	wantIs(t, err, smm.ErrInvalid)
	_, err = smm.New([]smm.Driver{nil})
	wantIs(t, err, smm.ErrInvalid)
}

func TestResumeRetriesWhatFailedAlone(t *testing.T) {
	good, flaky := newFake("good"), newFake("flaky")
	var down atomic.Bool
	down.Store(true)
	flaky.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		if down.Load() {
			return smm.Outcome{State: smm.OutcomeRefused}, smm.ErrRejected
		}
		return flaky.show(r), nil
	}
	c, _ := newClient(t, nil, good, flaky)
	rs := publish(t, c, &smm.Post{Text: "once"}, good, flaky)
	wantIs(t, rs[1].Err, smm.ErrRejected)
	down.Store(false)
	b, err := json.Marshal(rs[1].Deliveries) // the process ends here
	if err != nil {
		t.Fatal(err)
	}
	rs[1].Deliveries = nil
	if err := json.Unmarshal(b, &rs[1].Deliveries); err != nil {
		t.Fatal(err)
	}
	rs = c.Resume(t.Context(), rs, nil)
	if rs[0].Err != nil || rs[1].Err != nil {
		t.Fatal(rs[0].Err, rs[1].Err)
	}
	wantEqual(t, "good", len(good.public), 1)
	wantEqual(t, "flaky", len(flaky.public), 1)
}

func TestLostReplyIsReadBackAndNotRepeated(t *testing.T) {
	f := newFake("x")
	commits := 0
	f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		commits++
		f.show(r)
		return smm.Outcome{}, smm.ErrUnavailable
	}
	f.settle = func(*smm.PublishRequest) (smm.Outcome, error) {
		return smm.Outcome{State: smm.OutcomePublished, Post: f.ref(smm.KindPost, "1"), Evidence: smm.EvidenceReadBack}, nil
	}
	c, _ := newClient(t, nil, f)
	rs := publish(t, c, &smm.Post{Text: "once"}, f)
	if rs[0].Err != nil {
		t.Fatal(rs[0].Err)
	}
	wantEqual(t, "commits", commits, 1)
	wantEqual(t, "evidence", rs[0].Deliveries[0].Outcome.Evidence, smm.EvidenceReadBack)
}

func TestThreadAndFirstCommentWaitForTheirParents(t *testing.T) {
	f := newFake("x")
	parents := map[string]string{}
	f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		o := f.show(r)
		parents[r.Post.Text] = r.Post.ReplyTo.ID
		return o, nil
	}
	c, _ := newClient(t, nil, f)
	rs := publish(t, c, &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}, FirstComment: "comment"}, f)
	if rs[0].Err != nil {
		t.Fatal(rs[0].Err)
	}
	for text, parent := range map[string]string{"one": "", "two": "1", "three": "2", "comment": "1"} {
		wantEqual(t, "parent of "+text, parents[text], parent)
	}
}

func TestThreadStopsAtAPartInDoubt(t *testing.T) {
	f := newFake("x")
	f.class = smm.ClassBlind
	f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		if r.Post.Text == "two" {
			return smm.Outcome{}, smm.ErrUnavailable
		}
		return f.show(r), nil
	}
	c, clock := newClient(t, nil, f)
	rs := publish(t, c, &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}}, f)
	wantIs(t, rs[0].Err, smm.ErrInDoubt)
	wantEqual(t, "first part", rs[0].Post.ID, "1")
	wantEqual(t, "public", len(f.public), 1)

	two := rs[0].Deliveries[1]
	wantIs(t, two.Resolve(smm.Resolution{SendAgain: true}, clock.Now()), smm.ErrInvalid) // may still arrive
	if err := two.Resolve(smm.Resolution{Live: f.ref(smm.KindPost, "2")}, clock.Now()); err != nil {
		t.Fatal(err)
	}
	f.public = append(f.public, "two")
	rs = c.Resume(t.Context(), rs, nil)
	if rs[0].Err != nil {
		t.Fatal(rs[0].Err)
	}
	wantEqual(t, "public after all", len(f.public), 3)
}

func TestTokenMakesPlansRepeatable(t *testing.T) {
	f := newFake("x")
	c, _ := newClient(t, nil, f)
	plan := func(c *smm.Client, token string) string {
		ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel()}, &smm.PublishOptions{Token: token})
		if err != nil {
			t.Fatal(err)
		}
		return ds[0].ID
	}
	wantEqual(t, "same token", plan(c, "row-1"), plan(c, "row-1"))
	for _, other := range []string{plan(c, "row-2"), plan(c.ForTenant("b"), "row-1"), plan(c, "")} {
		if other == plan(c, "row-1") {
			t.Fatal("two different plans share an ID")
		}
	}
}

func TestCancellingDoesNotCutACommitOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("x")
		ctx, cancel := context.WithCancel(t.Context())
		f.commit = func(inner context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
			cancel()
			select {
			case <-inner.Done():
				return smm.Outcome{}, inner.Err()
			case <-time.After(3 * time.Second):
				return f.show(r), nil
			}
		}
		c, err := smm.New([]smm.Driver{f})
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Channel(f.channel()).Publish(ctx, &smm.Post{Text: "x"}, nil)
		if err != nil || r.Outcome != smm.OutcomePublished {
			t.Fatalf("%v, %v: the answer was on its way", r.Outcome, err)
		}
	})
}

func TestCancellingBeforeSendsNothing(t *testing.T) {
	f := newFake("x")
	ctx, cancel := context.WithCancel(t.Context())
	f.prepare = func(*smm.PublishRequest) (smm.Prepared, error) {
		cancel()
		return smm.Prepared{Ready: true, Guarantee: f.guarantee()}, nil
	}
	c, _ := newClient(t, nil, f)
	r, err := c.Channel(f.channel()).Publish(ctx, &smm.Post{Text: "x"}, nil)
	wantIs(t, err, context.Canceled)
	wantEqual(t, "outcome", r.Outcome, smm.OutcomeNotSent)
	wantEqual(t, "public", len(f.public), 0)
}

func TestInterceptorPreventsWithoutDoubt(t *testing.T) {
	f := newFake("x")
	stop := func(ctx context.Context, call smm.Call, next func(context.Context) error) error {
		if call.Op == "publish.commit" {
			return errors.New("frozen")
		}
		return next(ctx)
	}
	c, _ := newClient(t, []smm.Option{smm.WithInterceptors(stop)}, f)
	rs := publish(t, c, &smm.Post{Text: "x"}, f)
	wantIs(t, rs[0].Err, smm.ErrNotDone)
	if d := rs[0].Deliveries[0]; d.Attempt.Doubt || d.Attempt.N != 0 {
		t.Fatalf("nothing was sent, yet: %+v", d.Attempt)
	}
}

func TestNothingCommitsWithoutItsIntentOnDisk(t *testing.T) {
	f := newFake("x")
	j := journalFunc(func(d *smm.Delivery) error {
		if d.Phase == smm.PhaseCommitting {
			return smm.ErrConflict
		}
		return nil
	})
	c, _ := newClient(t, nil, f)
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Journal: j})
	wantIs(t, err, smm.ErrConflict)
	wantEqual(t, "public", len(f.public), 0)
	wantEqual(t, "phase", r.Deliveries[0].Phase, smm.PhaseReady)
}

func TestAnIntentThatWasSlowToSaveIsNotSent(t *testing.T) {
	f := newFake("x")
	c, clock := newClient(t, nil, f)
	slow := true
	j := journalFunc(func(d *smm.Delivery) error {
		if d.Phase == smm.PhaseCommitting && slow {
			slow = false
			clock.Advance(time.Minute) // past the deadline that was just saved
		}
		return nil
	})
	committed := time.Time{}
	f.commit = func(_ context.Context, r *smm.PublishRequest, a smm.Attempt) (smm.Outcome, error) {
		if committed = clock.Now(); !committed.Before(a.Deadline) {
			t.Errorf("committed at %s, after the deadline %s", committed, a.Deadline)
		}
		return f.show(r), nil
	}
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Journal: j, Wait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "attempts that may have arrived", r.Deliveries[0].Attempt.N, 1)
	wantEqual(t, "public", len(f.public), 1)
}

type journalFunc func(*smm.Delivery) error

func (j journalFunc) Save(_ context.Context, d *smm.Delivery) error { return j(d) }

func TestStalePostsExpireAndAreNotRepeated(t *testing.T) {
	f := newFake("x")
	f.class = smm.ClassKey
	f.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		return smm.Outcome{}, smm.ErrUnavailable // never arrives
	}
	f.settle = func(*smm.PublishRequest) (smm.Outcome, error) { return smm.Outcome{State: smm.OutcomeAbsent}, nil }
	c, _ := newClient(t, nil, f)
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "good morning"}, &smm.PublishOptions{
		Wait: time.Hour, Policy: smm.Policy{StaleAfter: start.Add(5 * time.Second), MaxAttempts: 50},
	})
	wantIs(t, err, smm.ErrNotDone)
	d := r.Deliveries[0]
	wantEqual(t, "phase", d.Phase, smm.PhaseExpired)
	if d.Attempt.N > 3 {
		t.Fatalf("%d attempts for a stale post", d.Attempt.N)
	}
}

func TestAnHourWithoutNetworkDoesNotFailAPost(t *testing.T) {
	f := newFake("x")
	c, clock := newClient(t, nil, f)
	f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		if clock.Now().Before(start.Add(time.Hour)) {
			return smm.Outcome{State: smm.OutcomeNotSent}, smm.ErrUnavailable
		}
		return f.show(r), nil
	}
	r, err := c.Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, &smm.PublishOptions{Wait: 2 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "attempts that may have arrived", r.Deliveries[0].Attempt.N, 1)
}

func TestARefusalWithoutAPauseIsNotALoop(t *testing.T) {
	f := newFake("x")
	commits := 0
	f.commit = func(_ context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		if commits++; commits < 5 {
			return smm.Outcome{State: smm.OutcomeRefused, Retry: true}, &smm.RateLimitError{} // its reset is over
		}
		return f.show(r), nil
	}
	c, clock := newClient(t, nil, f)
	if rs := publish(t, c, &smm.Post{Text: "x"}, f); rs[0].Err != nil {
		t.Fatal(rs[0].Err)
	}
	if took := clock.Now().Sub(start); took < 10*time.Second {
		t.Fatalf("five commits within %s", took)
	}
}

func TestTenantReachesTheDriver(t *testing.T) {
	f := newFake("x")
	c, _ := newClient(t, nil, f)
	var got smm.Tenant
	f.commit = func(ctx context.Context, r *smm.PublishRequest, _ smm.Attempt) (smm.Outcome, error) {
		got = smm.TenantFrom(ctx)
		return f.show(r), nil
	}
	if _, err := c.ForTenant("acme").Channel(f.channel()).Publish(t.Context(), &smm.Post{Text: "x"}, nil); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "tenant", got, "acme")
	wantEqual(t, "tenant of capabilities", f.tenants[0], "acme")
}

func TestADeadTokenFailsAtOnceAndSaysSo(t *testing.T) {
	f := newFake("x")
	f.commit = func(context.Context, *smm.PublishRequest, smm.Attempt) (smm.Outcome, error) {
		return smm.Outcome{State: smm.OutcomeNotSent}, &smm.Error{Platform: "x", Err: smm.ErrUnauthorized}
	}
	c, _ := newClient(t, nil, f)
	rs := publish(t, c, &smm.Post{Text: "x"}, f)
	if !smm.NeedsReconnect(rs[0].Err) {
		t.Fatalf("got %v, want an error that asks for a reconnect", rs[0].Err)
	}
	wantEqual(t, "phase", rs[0].Deliveries[0].Phase, smm.PhaseFailed)
}
