package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Scheduler is the front: it takes posts for later, and publishes what is due
// while Run runs. It is safe for concurrent use. Several schedulers, in one
// process or in many, may share a store.
type Scheduler struct {
	client  *smm.Client
	store   Store
	engine  Engine
	clock   smm.Clock
	lease   time.Duration
	drain   time.Duration
	maxPast time.Duration
	onEvent func(Event)
	loop    LoopOptions
	gates   []Gate
	repeat  RepeatPolicy
	apps    *apps // nil: no bound
}

// Option configures New.
type Option func(*Scheduler)

// WithEngine replaces the Loop. Its leases must be of the length given with
// WithLease.
func WithEngine(e Engine) Option { return func(s *Scheduler) { s.engine = e } }

// WithLease sets how long a record is held without renewal: default 30 s, at
// least 1 s. After a crash, what was held is taken up again when its lease is
// over. A commit's deadline lies before the lease's end, so the lease also
// bounds how long a platform may take to answer a commit. For a commit it is
// extended to what the protocol wants at least: 2 s, or the CommitLimit of the
// delivery's policy if that is shorter, and some hundred milliseconds of margin.
func WithLease(d time.Duration) Option { return func(s *Scheduler) { s.lease, s.loop.Lease = d, d } }

// WithPoll sets how often the store is asked for what other processes did:
// default 1 s.
func WithPoll(d time.Duration) Option { return func(s *Scheduler) { s.loop.Poll = d } }

// WithConcurrency sets how many deliveries are worked on at once: default 64.
func WithConcurrency(n int) Option { return func(s *Scheduler) { s.loop.Concurrency = n } }

// WithOwner names this process in the store, for people.
func WithOwner(name string) Option { return func(s *Scheduler) { s.loop.Owner = name } }

// WithClock replaces the clock. The client must have the same one.
func WithClock(c smm.Clock) Option { return func(s *Scheduler) { s.clock, s.loop.Clock = c, c } }

// WithDrain sets how long steps in flight may go on when Run's context ends:
// default 30 s. A commit has some seconds more to hear its answer.
func WithDrain(d time.Duration) Option { return func(s *Scheduler) { s.drain = d } }

// WithMaxPast sets how far in the past a planned time may lie: default 5
// minutes. ScheduleOptions.AllowPast lifts it for one call.
func WithMaxPast(d time.Duration) Option { return func(s *Scheduler) { s.maxPast = d } }

// WithEvents makes the scheduler call f with what happens. It is called from
// several goroutines, in order for each delivery, and holds up that delivery
// until it returns.
func WithEvents(f func(Event)) Option { return func(s *Scheduler) { s.onEvent = f } }

// WithGate adds gates, which are asked in the order given; see Gate.
func WithGate(g ...Gate) Option { return func(s *Scheduler) { s.gates = append(s.gates, g...) } }

// WithOrder makes the posts of a channel go out one after the other, in the order
// of their planned times: it is WithChannelConcurrency(1).
//
// Each waits until the one before it is public, failed, or needs a person. So
// one that cannot be published, since the platform is down or somebody holds it,
// holds up its channel, until it is published, expires by
// ScheduleOptions.StaleAfter, or gives up after Policy.GiveUp (a day, if nothing
// is said); a channel whose posts must not wait that long sets one of them.
// Parts of threads, comments and answers do not wait in line, and nothing waits
// for them.
func WithOrder() Option { return WithChannelConcurrency(1) }

// WithChannelConcurrency sets how many posts of a channel may be on their way at
// a time, by all processes together: the first n of those that are planned. 0,
// the default, is any number, in no order. An engine of the host's must be given
// the same number for its claims; see Claim.LaneLimit.
func WithChannelConcurrency(n int) Option { return func(s *Scheduler) { s.loop.LaneLimit = n } }

// WithAppConcurrency sets how many deliveries of one platform and Ref.Space this
// process works on at a time: 0, the default, is any number. Those beyond it go
// back to the store for a while and take no place of other platforms.
func WithAppConcurrency(n int) Option {
	return func(s *Scheduler) {
		s.apps = nil
		if n != 0 {
			s.apps = &apps{limit: n}
		}
	}
}

// WithRepeat sets what is done about content that a channel has already, where
// ScheduleOptions.Repeat says nothing. The default is RepeatAllow.
func WithRepeat(p RepeatPolicy) Option { return func(s *Scheduler) { s.repeat = p } }

// New returns a Scheduler that publishes through client what it keeps in store.
// The tenant of the client is not used: every call names its own.
func New(client *smm.Client, store Store, opts ...Option) (*Scheduler, error) {
	s := &Scheduler{
		client: client, store: store, clock: smm.SystemClock(),
		lease: 30 * time.Second, drain: 30 * time.Second, maxPast: 5 * time.Minute,
	}
	for _, o := range opts {
		o(s)
	}
	if client == nil || store == nil {
		return nil, fmt.Errorf("%w: a scheduler needs a client and a store", smm.ErrInvalid)
	}
	if s.clock == nil || s.drain <= 0 || s.maxPast < 0 {
		return nil, fmt.Errorf("%w: option with a nil, zero or negative value", smm.ErrInvalid)
	}
	if s.lease < minLease {
		return nil, fmt.Errorf("%w: lease %s: want at least %s", smm.ErrInvalid, s.lease, minLease)
	}
	if s.loop.LaneLimit < 0 || (s.apps != nil && s.apps.limit < 0) || slices.Contains(s.gates, nil) {
		return nil, fmt.Errorf("%w: a negative concurrency, or a nil gate", smm.ErrInvalid)
	}
	if err := s.repeat.check(); err != nil {
		return nil, err
	}
	if s.engine == nil {
		s.loop.OnError = func(err error) {
			if _, told := errors.AsType[*toldError](err); !told {
				s.tell(EventError, &smm.Delivery{}, err)
			}
		}
		loop, err := NewLoop(store, s.loop)
		if err != nil {
			return nil, err
		}
		s.engine = loop
	}
	return s, nil
}

// Run publishes what is due until ctx ends, lets the steps in flight finish,
// and returns nil. An error means that the store or the engine is gone.
func (s *Scheduler) Run(ctx context.Context) error { return s.engine.Run(ctx, s.handle) }

// RunUntilIdle publishes what is due, and what falls due within the horizon of
// any moment, and returns when there is nothing left of that: for scripts and
// tests. A retry or a settling beyond the horizon is left to the next run. The
// engine must be a Loop; the error matches smm.ErrUnsupported otherwise.
func (s *Scheduler) RunUntilIdle(ctx context.Context, horizon time.Duration) error {
	loop, ok := s.engine.(*Loop)
	if !ok {
		return fmt.Errorf("scheduler: RunUntilIdle with this engine: %w", smm.ErrUnsupported)
	}
	return loop.RunUntilIdle(ctx, s.handle, horizon)
}

// tell sends an event. An empty kind is nothing to tell.
func (s *Scheduler) tell(kind EventKind, d *smm.Delivery, err error) {
	if s.onEvent == nil || kind == "" {
		return
	}
	r := Record{Delivery: *d}
	s.onEvent(Event{Kind: kind, At: s.clock.Now(), Delivery: r.Clone().Delivery, Err: err})
}

func (s *Scheduler) tellHeld(d *smm.Delivery, why string) {
	if s.onEvent == nil {
		return
	}
	r := Record{Delivery: *d}
	s.onEvent(Event{Kind: EventHeld, At: s.clock.Now(), Delivery: r.Clone().Delivery, Held: why})
}

// update reads a record, changes it and saves it, again if somebody else was
// faster.
//
//nolint:unparam // who changes one record may want to see it
func (s *Scheduler) update(ctx context.Context, key Key, change func(r *Record, now time.Time) error) (*Record, error) {
	const tries = 10
	for n := 1; ; n++ {
		r, err := s.store.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		now := s.clock.Now()
		if err := change(r, now); err != nil {
			return r, err
		}
		err = s.store.Save(ctx, r, now)
		if err == nil {
			s.wake(ctx, r)
			return r, nil
		}
		if n == tries || !errors.Is(err, ErrFenced) {
			return nil, err
		}
	}
}

// wake tells the engine of a record. An engine that cannot be told finds it in
// the store, a little later.
func (s *Scheduler) wake(ctx context.Context, r *Record) {
	at, ok := r.Due()
	if !ok {
		return
	}
	if err := s.engine.Wake(ctx, r.Key(), at); err != nil {
		s.tell(EventError, &r.Delivery, fmt.Errorf("scheduler: wake: %w", err))
	}
}

func randomName() string { return strings.ToLower(rand.Text()[:8]) }
