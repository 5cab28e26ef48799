package pgstore_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// serial gives records IDs as the planner does, of 26 letters and digits.
type serial struct{ n atomic.Int64 }

func (s *serial) record(due time.Time) *scheduler.Record {
	// Spread like the hashes that IDs are.
	n := uint64(s.n.Add(1)) * 0x9E3779B97F4A7C15
	r := schedulertest.NewRecord("", fmt.Sprintf("%026x", n)[:26], due)
	r.Delivery.Entry = fmt.Sprintf("e%025x", n)
	r.Delivery.Request.Post.Text = "A post of the length that most have: one hundred and ten characters, which is what the other queues got."
	return r
}

func BenchmarkInsert(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openOn(b, sharedURL(b)+"&pool_max_conns=16", newSchema(b)).Deliveries()
			var ids serial
			due := time.Now().Add(time.Hour)
			var wg sync.WaitGroup
			b.ResetTimer()
			for c := range callers {
				wg.Go(func() {
					for i := c; i < b.N; i += callers {
						if err := s.Insert(b.Context(), ids.record(due)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
		})
	}
	b.Run("batch=1000", func(b *testing.B) {
		s := openOn(b, sharedURL(b)+"&pool_max_conns=16", newSchema(b)).Deliveries()
		var ids serial
		due := time.Now().Add(time.Hour)
		for left := b.N; left > 0; left -= 1000 {
			batch := make([]*scheduler.Record, 0, 1000)
			for range min(left, 1000) {
				batch = append(batch, ids.record(due))
			}
			if err := s.Insert(b.Context(), batch...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
	})
}

// BenchmarkClaimAndComplete claims records in batches and saves each as
// published, by many callers as a scheduler's workers do.
func BenchmarkClaimAndComplete(b *testing.B) {
	for _, workers := range []int{16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			s := openOn(b, sharedURL(b)+"&pool_max_conns=16", newSchema(b)).Deliveries()
			var ids serial
			now := time.Now()
			for left := b.N; left > 0; left -= 1000 {
				batch := make([]*scheduler.Record, 0, 1000)
				for range min(left, 1000) {
					batch = append(batch, ids.record(now.Add(-time.Second)))
				}
				if err := s.Insert(b.Context(), batch...); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			todo := make(chan *scheduler.Record, workers)
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					for r := range todo {
						complete(b, s, r, now)
					}
				})
			}
			for {
				rs, err := s.Claim(b.Context(), scheduler.Claim{Now: now, Lease: time.Minute, Limit: 500})
				if err != nil {
					b.Fatal(err)
				}
				if len(rs) == 0 {
					break
				}
				for _, r := range rs {
					todo <- r
				}
			}
			close(todo)
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

func complete(b *testing.B, s scheduler.Store, r *scheduler.Record, now time.Time) {
	b.Helper()
	d := &r.Delivery
	d.Phase, d.Wake, r.LeaseUntil = smm.PhasePublished, time.Time{}, time.Time{}
	d.Outcome = smm.Outcome{State: smm.OutcomePublished, Post: r.Delivery.Request.Channel.WithKind(smm.KindPost, "1"), Evidence: smm.EvidenceReply}
	if err := s.Save(b.Context(), r, now); err != nil {
		b.Error(err)
	}
}

// BenchmarkPublish takes deliveries through the whole protocol (prepare,
// intent, answer: three durable writes and a claim each) on a platform that
// answers at once.
func BenchmarkPublish(b *testing.B) {
	db := openOn(b, sharedURL(b)+"&pool_max_conns=16", newSchema(b))
	client, err := smm.New([]smm.Driver{&schedulertest.Driver{}})
	if err != nil {
		b.Fatal(err)
	}
	s, err := scheduler.New(client, db.Deliveries(), scheduler.WithConcurrency(256))
	if err != nil {
		b.Fatal(err)
	}
	var ids serial
	for left := b.N; left > 0; left -= 1000 {
		batch := make([]*scheduler.Record, 0, 1000)
		for range min(left, 1000) {
			batch = append(batch, ids.record(time.Now().Add(-time.Second)))
		}
		if err := db.Deliveries().Insert(b.Context(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	if err := s.RunUntilIdle(b.Context(), time.Second); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}
