package riverengine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// Options shape New. nil means the zero value.
type Options struct {
	// Schema is where River's tables are, as given to Migrate; "": the search path.
	Schema string
	// Queue is the name of River's queue: default "smmkit".
	Queue string
	// Lease is how long a claim lasts without being renewed: default 30 s, at least
	// 1 s. It must be that of scheduler.WithLease.
	Lease time.Duration
	// Concurrency is how many records are worked on at once in this process: default
	// 64. The sweeper may work on as many more.
	Concurrency int
	// LaneLimit is how many records of a lane are worked on at a time: default 1,
	// negative for any; see scheduler.Claim.
	LaneLimit int
	// FetchCooldown is how often jobs are fetched at most: default 20 ms.
	FetchCooldown time.Duration
	// FetchPollInterval is how often jobs are looked for without a notice of the
	// database: default 250 ms.
	FetchPollInterval time.Duration
	// PollOnly does without LISTEN, for connections through a pooler.
	PollOnly bool
	// Owner names this process in the store, for people: default River's own name.
	Owner string
	// Logger gets River's messages; nil: silence.
	Logger *slog.Logger
	// OnError, if not nil, is told of errors that the engine survives.
	OnError func(error)
}

// Engine is a scheduler.Engine on River. It is safe for concurrent use. Run runs
// once at a time.
type Engine struct {
	store   scheduler.Store
	driver  *riverpgxv5.Driver
	waker   *river.Client[pgx.Tx] // inserts jobs, works on none
	o       Options
	handler scheduler.Handler
	running context.Context //nolint:containedctx // that of Run, which the jobs live in
	sweeps  sync.WaitGroup
}

const minLease = time.Second

// New returns an engine on a database that Migrate prepared.
func New(db *pgstore.DB, o *Options) (*Engine, error) {
	if db == nil {
		return nil, fmt.Errorf("%w: riverengine: no store", smm.ErrInvalid)
	}
	e := &Engine{store: db.Deliveries(), driver: riverpgxv5.New(db.Pool())}
	if o != nil {
		e.o = *o
	}
	if err := e.o.complete(); err != nil {
		return nil, err
	}
	var err error
	e.waker, err = river.NewClient(e.driver, &river.Config{Schema: e.o.Schema, Logger: e.o.Logger})
	if err != nil {
		return nil, fmt.Errorf("riverengine: %w", err)
	}
	return e, nil
}

// complete sets what was left out, and refuses what makes no sense.
func (o *Options) complete() error {
	if o.Queue == "" {
		o.Queue = "smmkit"
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Concurrency == 0 {
		o.Concurrency = 64
	}
	switch {
	case o.LaneLimit == 0:
		o.LaneLimit = 1
	case o.LaneLimit < 0:
		o.LaneLimit = 0
	}
	if o.FetchCooldown == 0 {
		o.FetchCooldown = 20 * time.Millisecond
	}
	if o.FetchPollInterval == 0 {
		o.FetchPollInterval = max(250*time.Millisecond, o.FetchCooldown)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Lease < minLease || o.Lease > time.Hour:
		return fmt.Errorf("%w: lease %s: want %s to 1h", smm.ErrInvalid, o.Lease, minLease)
	case o.Concurrency < 1 || o.Concurrency > river.QueueNumWorkersMax:
		return fmt.Errorf("%w: concurrency %d: want 1 to %d", smm.ErrInvalid, o.Concurrency, river.QueueNumWorkersMax)
	case o.FetchCooldown < river.FetchCooldownMin || o.FetchPollInterval < o.FetchCooldown:
		return fmt.Errorf("%w: fetching every %s and %s: want at least %s, and the second not shorter than the first",
			smm.ErrInvalid, o.FetchCooldown, o.FetchPollInterval, river.FetchCooldownMin)
	}
	return nil
}

// Wake implements scheduler.Engine: it inserts a job, in the caller's transaction
// if ctx carries one, see pgstore.WithTx.
func (e *Engine) Wake(ctx context.Context, key scheduler.Key, at time.Time) error {
	args, opts := wakeArgs{key.Tenant, key.ID}, &river.InsertOpts{Queue: e.o.Queue, ScheduledAt: at}
	tx := pgstore.TxFrom(ctx)
	if tx == nil {
		_, err := e.waker.Insert(ctx, args, opts)
		return err
	}
	return pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint: an error must not spoil the caller's work
		_, err := e.waker.InsertTx(ctx, tx, args, opts)
		return err
	})
}

// Run implements scheduler.Engine.
func (e *Engine) Run(ctx context.Context, h scheduler.Handler) error {
	if err := ctx.Err(); err != nil {
		return nil //nolint:nilerr // it is the end that was asked for
	}
	e.handler, e.running = h, ctx
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{e: e})
	client, err := river.NewClient(e.driver, &river.Config{
		Schema: e.o.Schema, Logger: e.o.Logger, Workers: workers, ID: e.o.Owner, PollOnly: e.o.PollOnly,
		Queues:        map[string]river.QueueConfig{e.o.Queue: {MaxWorkers: e.o.Concurrency}},
		FetchCooldown: e.o.FetchCooldown, FetchPollInterval: e.o.FetchPollInterval,
		JobTimeout:                  -1, // an upload takes as long as it takes, and renews its lease
		RescueStuckJobsAfter:        max(4*e.o.Lease, 10*time.Minute),
		CompletedJobRetentionPeriod: 10 * time.Minute,
		DiscardedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return fmt.Errorf("riverengine: %w", err)
	}
	if e.o.Owner == "" {
		e.o.Owner = client.ID()
	}
	// Jobs in flight are let finish, so River does not get the context that ends.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("riverengine: start River; was Migrate called? %w", err)
	}
	e.sweep(ctx)
	err = client.Stop(context.WithoutCancel(ctx))
	e.sweeps.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("riverengine: stop River: %w", err)
	}
	return nil
}

func (e *Engine) report(err error) {
	if e.o.OnError != nil && err != nil {
		e.o.OnError(err)
	}
}
