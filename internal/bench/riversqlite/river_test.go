// Package riversqlite measures River on SQLite. It is a module of its own, so that
// no version that River wants decides on that of our store.
package riversqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver

	"github.com/smmkit/smmkit/internal/benchload"
)

// args are those of a job that does nothing.
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

type queue struct{ db *sql.DB }

func open(b *testing.B) benchload.Queue {
	b.Helper()
	// As durable as ours: synchronous=FULL.
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "river.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	m, err := rivermigrate.New(riversqlite.New(db), nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := m.Migrate(b.Context(), rivermigrate.DirectionUp, nil); err != nil {
		b.Fatal(err)
	}
	return &queue{db}
}

func (q *queue) inserter() (*river.Client[*sql.Tx], error) {
	return river.NewClient(riversqlite.New(q.db), &river.Config{})
}

// Insert implements benchload.Queue.
func (q *queue) Insert(ctx context.Context, due time.Time) error {
	return q.InsertMany(ctx, []time.Time{due})
}

// InsertMany implements benchload.Queue.
func (q *queue) InsertMany(ctx context.Context, due []time.Time) error {
	c, err := q.inserter()
	if err != nil {
		return err
	}
	if len(due) == 1 {
		_, err := c.Insert(ctx, args{benchload.Payload, due[0]}, &river.InsertOpts{ScheduledAt: due[0]})
		return err
	}
	params := make([]river.InsertManyParams, len(due))
	for i, d := range due {
		params[i] = river.InsertManyParams{Args: args{benchload.Payload, d}, InsertOpts: &river.InsertOpts{ScheduledAt: d}}
	}
	_, err = c.InsertMany(ctx, params)
	return err
}

// Run implements benchload.Queue. The fetch interval is the one that made River
// fastest in the survey.
func (q *queue) Run(ctx context.Context, handed func(time.Time), done func()) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{handed: handed, done: done})
	c, err := river.NewClient(riversqlite.New(q.db), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 100}},
		Workers: workers, FetchCooldown: time.Millisecond, FetchPollInterval: 10 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	if err := c.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return c.Stop(context.WithoutCancel(ctx))
}

func BenchmarkRiverSQLite(b *testing.B) { benchload.Cases(b, open) }
