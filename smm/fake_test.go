package smm_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// fake is a platform whose behaviour a test writes down in functions.
type fake struct {
	platform smm.Platform
	caps     map[smm.Capability]smm.Support
	limits   smm.Limits
	commit   func(ctx context.Context, r *smm.PublishRequest, a smm.Attempt) (smm.Outcome, error)
	settle   func(r *smm.PublishRequest) (smm.Outcome, error)
	prepare  func(r *smm.PublishRequest) (smm.Prepared, error)
	class    smm.Class

	mu      sync.Mutex
	public  []string
	tenants []smm.Tenant
	asked   int
}

func newFake(p smm.Platform) *fake {
	f := &fake{platform: p, class: smm.ClassReadBack, caps: map[smm.Capability]smm.Support{}}
	for _, x := range []smm.Capability{smm.CapPost, smm.CapReply, smm.CapThread, smm.CapImage, smm.CapMessage} {
		f.caps[x] = smm.Support{State: smm.StateGranted}
	}
	return f
}

func (f *fake) Platform() smm.Platform { return f.platform }

func (f *fake) Capabilities(ctx context.Context, _ smm.Ref) (smm.Capabilities, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	f.tenants = append(f.tenants, smm.TenantFrom(ctx))
	return smm.NewCapabilities(start, f.caps, f.limits), nil
}

func (f *fake) Prepare(_ context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	if f.prepare != nil {
		return f.prepare(r)
	}
	return smm.Prepared{Ready: true, Guarantee: f.guarantee()}, nil
}

func (f *fake) guarantee() smm.Guarantee {
	return smm.Guarantee{Class: f.class, RequestLife: 20 * time.Second, ReadLag: 10 * time.Second}
}

func (f *fake) Commit(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	if f.commit != nil {
		return f.commit(ctx, r, a)
	}
	return f.show(r), nil
}

func (f *fake) Settle(_ context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	if f.settle != nil {
		return f.settle(r)
	}
	return smm.Outcome{}, nil
}

// show makes the item public.
func (f *fake) show(r *smm.PublishRequest) smm.Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.public = append(f.public, r.Post.Text)
	return smm.Outcome{State: smm.OutcomePublished, Post: f.ref(smm.KindPost, fmt.Sprint(len(f.public))), Evidence: smm.EvidenceReply}
}

func (f *fake) ref(k smm.Kind, id string) smm.Ref {
	return smm.Ref{Platform: f.platform, Kind: k, ID: id}
}

func (f *fake) channel() smm.Ref { return f.ref(smm.KindChannel, "me") }

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// newClient returns a client over fakes with a clock that sleeping moves.
func newClient(t *testing.T, opts []smm.Option, fakes ...*fake) (*smm.Client, *sim.Clock) {
	t.Helper()
	clock := sim.NewClock(start, true)
	var drivers []smm.Driver
	for _, f := range fakes {
		drivers = append(drivers, f)
	}
	c, err := smm.New(drivers, append([]smm.Option{smm.WithClock(clock)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, clock
}

func wantIs(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want one that matches %v", err, want)
	}
}

func wantEqual[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
