package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/benchload"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// queue is a store of ours under the embedded engine.
type queue struct {
	store scheduler.Store
	loop  *scheduler.Loop
	full  bool // records are as Schedule writes them, and go out in the order of their channels
	n     atomic.Uint64
}

func newQueue(b *testing.B, store scheduler.Store, full bool) *queue {
	b.Helper()
	o := scheduler.LoopOptions{Concurrency: 500}
	if full {
		o.LaneLimit = 1
	}
	loop, err := scheduler.NewLoop(store, o)
	if err != nil {
		b.Fatal(err)
	}
	return &queue{store: store, loop: loop, full: full}
}

func openSQLite(b *testing.B) benchload.Queue {
	b.Helper()
	return newQueue(b, sqliteDeliveries(b), false)
}

func openFull(b *testing.B) benchload.Queue {
	b.Helper()
	return newQueue(b, sqliteDeliveries(b), true)
}

func sqliteDeliveries(b *testing.B) scheduler.Store {
	b.Helper()
	db, err := sqlitestore.Open(b.Context(), filepath.Join(b.TempDir(), "smm.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db.Deliveries()
}

func openMemory(b *testing.B) benchload.Queue {
	b.Helper()
	return newQueue(b, scheduler.NewMemory(), false)
}

func (q *queue) record(due time.Time) *scheduler.Record {
	due = scheduler.Micro(due).UTC()
	n := q.n.Add(1) * 0x9E3779B97F4A7C15 // spread like the hashes that IDs are
	id := fmt.Sprintf("%026x", n)
	channel := smm.Ref{Platform: "fake", Kind: smm.KindChannel, ID: "main"}
	r := &scheduler.Record{NotBefore: due, Delivery: smm.Delivery{
		Schema: smm.DeliverySchema, ID: id, Entry: "e" + id[1:], Phase: smm.PhasePreparing, Wake: due,
		Request: smm.PublishRequest{ID: id, Channel: channel, Kind: smm.CreatePost, Post: smm.Post{Text: benchload.Payload}, Created: due.Truncate(time.Millisecond)},
	}}
	if q.full {
		c := &r.Delivery.Request.Channel
		c.ID = fmt.Sprintf("%03d", n%1000)
		r.Lane = c.String()
		r.Fingerprint = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, n), n)
	}
	return r
}

// Insert implements benchload.Queue.
func (q *queue) Insert(ctx context.Context, due time.Time) error {
	return q.InsertMany(ctx, []time.Time{due})
}

// InsertMany implements benchload.Queue.
func (q *queue) InsertMany(ctx context.Context, due []time.Time) error {
	rs := make([]*scheduler.Record, len(due))
	for i, d := range due {
		rs[i] = q.record(d)
	}
	if err := q.store.Insert(ctx, rs...); err != nil {
		return err
	}
	for _, r := range rs {
		if err := q.loop.Wake(ctx, r.Key(), r.Delivery.Wake); err != nil {
			return err
		}
	}
	return nil
}

// Run implements benchload.Queue. A job is complete when it is stored as published.
func (q *queue) Run(ctx context.Context, handed func(time.Time), done func()) error {
	return q.loop.Run(ctx, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
		d := &r.Delivery
		handed(d.Wake)
		defer done()
		d.Phase, d.Wake, r.LeaseUntil = smm.PhasePublished, time.Time{}, time.Time{}
		d.Outcome = smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceReply}
		return time.Time{}, q.store.Save(context.WithoutCancel(ctx), r, time.Now())
	})
}

func BenchmarkSQLite(b *testing.B) { benchload.Cases(b, openSQLite) }

// BenchmarkFull is what order within channels and the search for repeats cost:
// peers have neither.
func BenchmarkFull(b *testing.B) {
	b.Run("insert/batch=1000", func(b *testing.B) { benchload.InsertBatch(b, openFull) })
	b.Run("work", func(b *testing.B) { benchload.Work(b, openFull) })
}

func BenchmarkMemory(b *testing.B) { benchload.Cases(b, openMemory) }
