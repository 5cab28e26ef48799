package schedulertest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Platform is the name of the fake platform.
const Platform smm.Platform = "fake"

// Channel returns a channel of the fake platform.
func Channel(name string) smm.Ref { return channel(name) }

// Fault is how a request of the fake platform goes wrong.
type Fault string

// The faults of a commit. An empty Fault is none.
const (
	FaultNotSent   Fault = "not-sent"   // no byte left
	FaultRefused   Fault = "refused"    // the platform says no, for good
	FaultLostReply Fault = "lost-reply" // it took effect, and the caller does not know
)

// Driver is a fake platform of any guarantee class, within the process. Its
// Ledger says what the public saw. The zero value is a ClassKey platform that
// never fails; set the fields before its first use.
type Driver struct {
	Ledger sim.Ledger
	Clock  smm.Clock // default smm.SystemClock
	// Guarantee is what the driver promises; the default is ClassKey for ever.
	// Its RequestLife and ReadLag are promises only: the platform is faster.
	Guarantee smm.Guarantee
	// OnPrepare and OnCommit, if not nil, are called at the beginning of each
	// step, and may wait. An error of OnPrepare is that of the step.
	OnPrepare func(ctx context.Context, r *smm.PublishRequest) error
	OnCommit  func(ctx context.Context, r *smm.PublishRequest) Fault

	mu    sync.Mutex
	items map[string][]smm.Ref // by delivery
	calls map[string]int
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// Capabilities implements smm.Driver: posts, replies, threads and messages of
// at most 500 characters.
func (d *Driver) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	g := d.guarantee()
	granted := smm.Support{State: smm.StateGranted, Guarantee: &g}
	return smm.NewCapabilities(d.now(), map[smm.Capability]smm.Support{
		smm.CapPost: granted, smm.CapReply: granted, smm.CapThread: granted, smm.CapMessage: granted,
	}, smm.Limits{Text: smm.TextLimits{Max: 500, Unit: smm.UnitCodePoints}}), nil
}

// Calls returns how often a step was called: "prepare", "commit" or "settle".
func (d *Driver) Calls(step string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[step]
}

// Prepare implements smm.Publisher.
func (d *Driver) Prepare(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	d.count("prepare")
	if d.OnPrepare != nil {
		if err := d.OnPrepare(ctx, r); err != nil {
			return smm.Prepared{}, err
		}
	}
	return smm.Prepared{State: json.RawMessage(`{}`), Ready: true, Progress: 1, Guarantee: d.guarantee()}, nil
}

// Commit implements smm.Publisher.
func (d *Driver) Commit(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	d.count("commit")
	var fault Fault
	if d.OnCommit != nil {
		fault = d.OnCommit(ctx, r)
	}
	switch fault {
	case FaultNotSent:
		return smm.Outcome{State: smm.OutcomeNotSent}, fmt.Errorf("fake: %w", smm.ErrUnavailable)
	case FaultRefused:
		return smm.Outcome{State: smm.OutcomeRefused}, fmt.Errorf("fake: %w", smm.ErrRejected)
	}
	if ctx.Err() != nil { // cut off before it took effect
		return smm.Outcome{}, ctx.Err()
	}
	ref := d.create(r)
	if fault == FaultLostReply {
		return smm.Outcome{}, fmt.Errorf("fake: %w", smm.ErrUnavailable)
	}
	return smm.Outcome{State: smm.OutcomePublished, Post: ref, Evidence: smm.EvidenceReply}, nil
}

// Settle implements smm.Publisher.
func (d *Driver) Settle(_ context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	d.count("settle")
	class := d.guarantee().Class
	if class == smm.ClassBlind {
		return smm.Outcome{}, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if refs := d.items[r.ID]; len(refs) > 0 {
		evidence := map[smm.Class]smm.Evidence{smm.ClassKey: smm.EvidenceKey, smm.ClassHandle: smm.EvidenceHandle}[class]
		return smm.Outcome{State: smm.OutcomePublished, Post: refs[0], Evidence: cmp.Or(evidence, smm.EvidenceReadBack)}, nil
	}
	if class == smm.ClassReadBack {
		return smm.Outcome{State: smm.OutcomeAbsent}, nil
	}
	return smm.Outcome{State: smm.OutcomeRepeatable}, nil
}

// create makes the item public; with a key or a handle only once.
func (d *Driver) create(r *smm.PublishRequest) smm.Ref {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.items == nil {
		d.items = make(map[string][]smm.Ref)
	}
	class := d.guarantee().Class
	if refs := d.items[r.ID]; len(refs) > 0 && (class == smm.ClassKey || class == smm.ClassHandle) {
		return refs[0]
	}
	ref := r.Channel.WithKind(smm.KindPost, fmt.Sprintf("%s.%d", r.ID, len(d.items[r.ID])))
	d.items[r.ID] = append(d.items[r.ID], ref)
	d.Ledger.Add(sim.Item{
		Platform: Platform, Account: r.Channel.ID, Parent: r.Post.ReplyTo.ID, Text: r.Post.Text,
		ID: ref.ID, At: d.now(), Private: r.Kind == smm.CreateMessage,
	})
	return ref
}

func (d *Driver) count(step string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls == nil {
		d.calls = make(map[string]int)
	}
	d.calls[step]++
}

func (d *Driver) guarantee() smm.Guarantee {
	g := d.Guarantee
	g.Class = cmp.Or(g.Class, smm.ClassKey)
	return g
}

func (d *Driver) now() time.Time {
	if d.Clock == nil {
		return time.Now()
	}
	return d.Clock.Now()
}
