package scheduler_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// BenchmarkMemory inserts records, claims them in batches and completes them.
func BenchmarkMemory(b *testing.B) {
	now := time.Now()
	rs := make([]*scheduler.Record, b.N)
	for i := range rs {
		rs[i] = schedulertest.NewRecord("", fmt.Sprint(i), now)
	}
	s := scheduler.NewMemory()
	b.ReportAllocs()
	b.ResetTimer()
	for _, r := range rs {
		if err := s.Insert(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	inserted := b.Elapsed()
	for {
		claimed, err := s.Claim(b.Context(), scheduler.Claim{Now: now.Add(time.Second), Lease: time.Minute, Limit: 500})
		if err != nil {
			b.Fatal(err)
		}
		if len(claimed) == 0 {
			break
		}
		for _, r := range claimed {
			d := &r.Delivery
			d.Phase, d.Wake, r.LeaseUntil = smm.PhasePublished, time.Time{}, time.Time{}
			d.Outcome = smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceReply}
			if err := s.Save(b.Context(), r, now); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)/inserted.Seconds(), "inserts/s")
	b.ReportMetric(float64(b.N)/(b.Elapsed()-inserted).Seconds(), "jobs/s")
}
