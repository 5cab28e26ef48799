package inbox

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/smmkit/smmkit/smm"
)

// Inbox joins platforms, store and outbox. It holds no state of its own and is
// safe for concurrent use.
type Inbox struct {
	store    Store
	enqueuer Enqueuer
	clock    smm.Clock
	log      *slog.Logger
}

// Enqueuer takes deliveries that shall be sent, in one transaction. The
// scheduler is one. Enqueuing a delivery whose ID is known already, whatever
// became of it, changes nothing and is no error: this is what makes a repeated
// answer harmless. The tenant is in each delivery.
type Enqueuer interface {
	EnqueueDeliveries(ctx context.Context, ds []*smm.Delivery) error
}

// EnqueueFunc is a function as an Enqueuer.
type EnqueueFunc func(ctx context.Context, ds []*smm.Delivery) error

// EnqueueDeliveries calls f.
func (f EnqueueFunc) EnqueueDeliveries(ctx context.Context, ds []*smm.Delivery) error {
	return f(ctx, ds)
}

// Option configures New.
type Option func(*Inbox)

// WithEnqueuer says where answers go. Without it Reply is refused.
func WithEnqueuer(e Enqueuer) Option { return func(in *Inbox) { in.enqueuer = e } }

// WithClock replaces the clock, for tests and simulations.
func WithClock(k smm.Clock) Option { return func(in *Inbox) { in.clock = k } }

// WithLogger makes the inbox log what it could not take in. No content is
// logged. The default is silence.
func WithLogger(l *slog.Logger) Option { return func(in *Inbox) { in.log = l } }

// New returns an Inbox over a store.
func New(store Store, opts ...Option) (*Inbox, error) {
	in := &Inbox{store: store, clock: smm.SystemClock(), log: slog.New(slog.DiscardHandler)}
	for _, o := range opts {
		o(in)
	}
	if in.store == nil || in.clock == nil || in.log == nil {
		return nil, fmt.Errorf("%w: inbox: store, clock and logger must not be nil", smm.ErrInvalid)
	}
	return in, nil
}

// Store returns the store, for reading and for SetState.
func (in *Inbox) Store() Store { return in.store }

// Ingest takes in an event that the host received by itself, for example from
// a stream. Events that are not about a message change nothing.
func (in *Inbox) Ingest(ctx context.Context, t smm.Tenant, e smm.Event) (Change, error) {
	it, ok := FromEvent(e)
	if !ok {
		return ChangeNone, nil
	}
	return in.append(ctx, t, it)
}

func (in *Inbox) append(ctx context.Context, t smm.Tenant, it Item) (Change, error) {
	change, err := in.store.Append(ctx, t, it)
	if err != nil {
		return ChangeNone, fmt.Errorf("inbox: keep %s: %w", it.Message.Ref, err)
	}
	return change, nil
}
