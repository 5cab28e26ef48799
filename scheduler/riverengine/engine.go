package riverengine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// Engine is a scheduler.Engine on River. It is safe for concurrent use. Run runs
// once at a time.
type Engine struct {
	store  scheduler.Store
	pool   *pgxpool.Pool
	driver *riverpgxv5.Driver
	waker  *river.Client[pgx.Tx] // inserts jobs
	o      Options
}

// ErrNotMigrated says that River's tables are not where Options.Schema has them.
var ErrNotMigrated = errors.New("riverengine: River's tables are missing: call Migrate")

// New returns an engine on a database that Migrate prepared. The pool of db must
// have room for at least two connections, since River keeps one to listen on.
func New(db *pgstore.DB, o *Options) (*Engine, error) {
	if db == nil {
		return nil, fmt.Errorf("%w: riverengine: no store", smm.ErrInvalid)
	}
	e := &Engine{store: db.Deliveries(), pool: db.Pool(), driver: riverpgxv5.New(db.Pool())}
	if o != nil {
		e.o = *o
	}
	if err := e.o.complete(); err != nil {
		return nil, err
	}
	if n := db.Pool().Config().MaxConns; n < 2 && !e.o.PollOnly {
		return nil, fmt.Errorf("%w: riverengine: a pool of one connection, which River would keep: raise pool_max_conns, or set PollOnly", smm.ErrInvalid)
	}
	var err error
	if e.waker, err = (&run{Engine: e}).client(); err != nil { // never started; it checks the options
		return nil, err
	}
	return e, nil
}

// soon is how far ahead a job is given to the workers at once, who put it off until
// its time. River's leader, which hands out jobs that are planned for later, looks
// every five seconds, and would come too late for them.
const soon = 5 * time.Second

// Wake implements scheduler.Engine: it inserts a job, in the caller's transaction
// if ctx carries one, see pgstore.WithTx. Then an error spoils nothing else in it.
func (e *Engine) Wake(ctx context.Context, key scheduler.Key, at time.Time) error {
	args, opts := newArgs(key, at), &river.InsertOpts{Queue: e.o.Queue}
	if time.Until(at) > soon {
		opts.ScheduledAt = args.At
	}
	var err error
	if tx := pgstore.TxFrom(ctx); tx != nil {
		// Not unique: a job that is there already would be locked until the caller
		// commits, and with it whatever River wants to note about it.
		err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint
			_, err := e.waker.InsertTx(ctx, tx, args, opts)
			return err
		})
	} else {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByQueue: true, ByState: unfinished()}
		_, err = e.waker.Insert(ctx, args, opts)
	}
	if err != nil {
		return fmt.Errorf("riverengine: insert a job: %w", err)
	}
	return nil
}

// unfinished are the states in which a job makes another one for the same record
// and time superfluous.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// run is what lives while Run runs.
type run struct {
	*Engine

	ctx     context.Context //nolint:containedctx // that of Run, which handlers get
	handler scheduler.Handler
	owner   string
	sweeps  sync.WaitGroup
}

// Run implements scheduler.Engine. A database that cannot be reached is waited
// for; without River's tables the error matches ErrNotMigrated.
func (e *Engine) Run(ctx context.Context, h scheduler.Handler) error {
	x := &run{Engine: e, ctx: ctx, handler: h}
	client, err := x.start() //nolint:contextcheck // a run has the context of Run
	if err != nil || client == nil {
		return err
	}
	x.sweep() //nolint:contextcheck // as above
	err = client.Stop(context.WithoutCancel(ctx))
	x.sweeps.Wait()
	if err != nil {
		return fmt.Errorf("riverengine: stop River: %w", err)
	}
	return nil
}

// start starts River, as soon as that is possible; nil if ctx ended before.
func (x *run) start() (*river.Client[pgx.Tx], error) {
	for pause := x.o.Sweep; x.ctx.Err() == nil; pause = min(2*pause, maxPause) {
		client, err := x.tryStart()
		switch {
		case err == nil:
			return client, nil
		case errors.Is(err, ErrNotMigrated) || errors.Is(err, smm.ErrInvalid):
			return nil, err
		case x.ctx.Err() == nil:
			x.report(fmt.Errorf("riverengine: start River: %w", err))
			_ = smm.SystemClock().Sleep(x.ctx, pause) // ctx is looked at next
		}
	}
	return nil, nil
}

const maxPause = 5 * time.Second

func (x *run) tryStart() (*river.Client[pgx.Tx], error) {
	table := pgx.Identifier{"river_job"}
	if x.o.Schema != "" {
		table = pgx.Identifier{x.o.Schema, "river_job"}
	}
	var there bool
	if err := x.pool.QueryRow(x.ctx, "SELECT to_regclass($1) IS NOT NULL", table.Sanitize()).Scan(&there); err != nil {
		return nil, err
	}
	if !there {
		return nil, ErrNotMigrated
	}
	client, err := x.client()
	if err != nil {
		return nil, err
	}
	x.owner = client.ID()
	// Jobs in flight are let finish, so River does not get the context that ends.
	return client, client.Start(context.WithoutCancel(x.ctx))
}

// client returns a client of River that works for x once it is started.
func (x *run) client() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{x: x})
	client, err := river.NewClient(x.driver, &river.Config{
		Schema: x.o.Schema, Logger: x.o.Logger, Workers: workers, ID: x.o.Owner, PollOnly: x.o.PollOnly,
		Queues:        map[string]river.QueueConfig{x.o.Queue: {MaxWorkers: x.o.Concurrency}},
		FetchCooldown: x.o.FetchCooldown, FetchPollInterval: x.o.FetchPollInterval,
		JobTimeout:                  -1, // an upload takes as long as it takes, and renews its lease
		RescueStuckJobsAfter:        max(4*x.o.Lease, 10*time.Minute),
		CompletedJobRetentionPeriod: 10 * time.Minute,
		CancelledJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: riverengine: %w", smm.ErrInvalid, err)
	}
	return client, nil
}

func (e *Engine) report(err error) {
	if e.o.OnError != nil && err != nil {
		e.o.OnError(err)
	}
}
