package main

import (
	"context"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/benchload"
	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/riverengine"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// engineQueue is our store under the engine on River: each delivery brings a job.
type engineQueue struct {
	*queue

	engine *riverengine.Engine
}

func openEngine(b *testing.B) benchload.Queue {
	b.Helper()
	db, err := pgstore.Open(b.Context(), pgtest.NewDatabase(b)+"&pool_max_conns=32", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := riverengine.Migrate(b.Context(), db, ""); err != nil {
		b.Fatal(err)
	}
	e, err := riverengine.New(db, &riverengine.Options{Concurrency: 100, FetchCooldown: time.Millisecond, FetchPollInterval: 10 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	return &engineQueue{newQueue(b, db.Deliveries(), false), e}
}

// Insert implements benchload.Queue.
func (q *engineQueue) Insert(ctx context.Context, due time.Time) error {
	return q.InsertMany(ctx, []time.Time{due})
}

// InsertMany implements benchload.Queue. Jobs are inserted one by one, as the
// scheduler does.
func (q *engineQueue) InsertMany(ctx context.Context, due []time.Time) error {
	rs := make([]*scheduler.Record, len(due))
	for i, d := range due {
		rs[i] = q.record(d)
	}
	if err := q.store.Insert(ctx, rs...); err != nil {
		return err
	}
	for _, r := range rs {
		if err := q.engine.Wake(ctx, r.Key(), r.Delivery.Wake); err != nil {
			return err
		}
	}
	return nil
}

// Run implements benchload.Queue.
func (q *engineQueue) Run(ctx context.Context, handed func(time.Time), done func()) error {
	return q.engine.Run(ctx, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		d := &r.Delivery
		handed(d.Wake)
		defer done()
		d.Phase, d.Wake, r.LeaseUntil = smm.PhasePublished, time.Time{}, time.Time{}
		d.Outcome = smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceReply}
		return time.Time{}, q.store.Save(context.WithoutCancel(ctx), r, time.Now())
	})
}

// BenchmarkRiverEngine leaves out batches: the engine has none.
func BenchmarkRiverEngine(b *testing.B) {
	b.Run("insert/callers=1", func(b *testing.B) { benchload.InsertOne(b, openEngine, 1) })
	b.Run("insert/callers=16", func(b *testing.B) { benchload.InsertOne(b, openEngine, 16) })
	b.Run("work", func(b *testing.B) { benchload.Work(b, openEngine) })
}
