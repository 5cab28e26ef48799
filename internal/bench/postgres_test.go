package main

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/smmkit/smmkit/internal/benchload"
	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/smm/pgstore"
)

func openPostgres(b *testing.B) benchload.Queue {
	b.Helper()
	db, err := pgstore.Open(b.Context(), pgtest.NewDatabase(b)+"&pool_max_conns=32", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return newQueue(b, db.Deliveries(), false)
}

// args are those of a job of River that does nothing.
type args struct {
	Text string    `json:"text"`
	Due  time.Time `json:"due"`
}

// Kind implements river.JobArgs.
func (args) Kind() string { return "post" }

type worker struct {
	river.WorkerDefaults[args]

	handed func(time.Time)
	done   func()
}

// Work implements river.Worker.
func (w *worker) Work(_ context.Context, job *river.Job[args]) error {
	w.handed(job.Args.Due)
	w.done() // River completes it behind our back
	return nil
}

// riverQueue is River without any of ours.
type riverQueue struct {
	driver   *riverpgxv5.Driver
	inserter *river.Client[pgx.Tx]
}

func openRiver(b *testing.B) benchload.Queue {
	b.Helper()
	pool, err := pgxpool.New(b.Context(), pgtest.NewDatabase(b)+"&pool_max_conns=32")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	q := &riverQueue{driver: riverpgxv5.New(pool)}
	m, err := rivermigrate.New(q.driver, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := m.Migrate(b.Context(), rivermigrate.DirectionUp, nil); err != nil {
		b.Fatal(err)
	}
	if q.inserter, err = river.NewClient(q.driver, &river.Config{}); err != nil {
		b.Fatal(err)
	}
	return q
}

// Insert implements benchload.Queue.
func (q *riverQueue) Insert(ctx context.Context, due time.Time) error {
	_, err := q.inserter.Insert(ctx, args{benchload.Payload, due}, &river.InsertOpts{ScheduledAt: due})
	return err
}

// InsertMany implements benchload.Queue.
func (q *riverQueue) InsertMany(ctx context.Context, due []time.Time) error {
	params := make([]river.InsertManyParams, len(due))
	for i, d := range due {
		params[i] = river.InsertManyParams{Args: args{benchload.Payload, d}, InsertOpts: &river.InsertOpts{ScheduledAt: d}}
	}
	_, err := q.inserter.InsertManyFast(ctx, params)
	return err
}

// Run implements benchload.Queue. The fetch interval is the one that made River
// fastest in the survey.
func (q *riverQueue) Run(ctx context.Context, handed func(time.Time), done func()) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{handed: handed, done: done})
	c, err := river.NewClient(q.driver, &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 100}},
		Workers: workers, FetchCooldown: time.Millisecond, FetchPollInterval: 10 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	return c.Stop(context.WithoutCancel(ctx))
}

func BenchmarkPostgres(b *testing.B)      { benchload.Cases(b, openPostgres) }
func BenchmarkRiverPostgres(b *testing.B) { benchload.Cases(b, openRiver) }
