package benchload

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Payload is what every job carries: a post of 110 characters, as in the survey
// that the goals come from.
const Payload = "A post of the length that most have: one hundred and ten characters, which is what each of the queues is given."

// Queue is a scheduler under load. Jobs do nothing.
type Queue interface {
	// Insert adds one job, durably.
	Insert(ctx context.Context, due time.Time) error
	// InsertMany adds jobs in one write.
	InsertMany(ctx context.Context, due []time.Time) error
	// Run works until ctx ends. It calls handed with the due time of each job when a
	// worker gets it, and done when it is complete, or as far as a worker can see.
	Run(ctx context.Context, handed func(due time.Time), done func()) error
}

// Opener makes an empty queue and closes it with the test.
type Opener func(b *testing.B) Queue

// InsertOne measures single inserts by so many callers.
func InsertOne(b *testing.B, open Opener, callers int) {
	b.Helper()
	q, due := open(b), time.Now().Add(24*time.Hour)
	var wg sync.WaitGroup
	b.ResetTimer()
	for c := range callers {
		wg.Go(func() {
			for i := c; i < b.N; i += callers {
				if err := q.Insert(b.Context(), due); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	perSecond(b, "inserts/s")
}

// InsertBatch measures inserts of a thousand at a time.
func InsertBatch(b *testing.B, open Opener) {
	b.Helper()
	q, due := open(b), time.Now().Add(24*time.Hour)
	b.ResetTimer()
	insert(b, q, slices.Repeat([]time.Time{due}, b.N))
	perSecond(b, "inserts/s")
}

func insert(b *testing.B, q Queue, due []time.Time) {
	b.Helper()
	for batch := range slices.Chunk(due, 1000) {
		if err := q.InsertMany(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

func perSecond(b *testing.B, unit string) {
	b.Helper()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), unit)
}

// Work measures claiming and completing jobs that are due already.
func Work(b *testing.B, open Opener) {
	b.Helper()
	q := open(b)
	insert(b, q, slices.Repeat([]time.Time{time.Now().Add(-time.Second)}, b.N))
	b.ResetTimer()
	run(b, q, b.N, nil)
	perSecond(b, "jobs/s")
}

// run works until n jobs were handed out, and returns how late each was. ready, if
// not nil, is called when the queue runs.
func run(b *testing.B, q Queue, n int, ready func()) []time.Duration {
	b.Helper()
	var (
		mu   sync.Mutex
		late = make([]time.Duration, 0, n)
		left atomic.Int64
	)
	left.Store(int64(n))
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	finished := make(chan error, 1)
	go func() {
		finished <- q.Run(ctx, func(due time.Time) {
			now := time.Now()
			mu.Lock()
			defer mu.Unlock()
			late = append(late, now.Sub(due))
		}, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
	}()
	if ready != nil {
		ready()
	}
	if err := <-finished; err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	mu.Lock()
	defer mu.Unlock()
	if len(late) < n {
		b.Fatalf("%d of %d jobs were handed out", len(late), n)
	}
	return late
}

// Lateness measures how late 10,000 jobs are handed out: all due at one instant, or
// spread over the time given. Each iteration is one such burst.
func Lateness(b *testing.B, open Opener, over time.Duration) {
	b.Helper()
	const jobs, lead = 10_000, 3 * time.Second
	var late []time.Duration
	for range b.N {
		q := open(b)
		late = append(late, run(b, q, jobs, func() {
			due, first := make([]time.Time, jobs), time.Now().Add(lead)
			for i := range due {
				due[i] = first.Add(over * time.Duration(i) / jobs)
			}
			insert(b, q, due)
			if took := time.Since(first); took > 0 {
				b.Logf("inserting took %s longer than the lead", took)
			}
		})...)
	}
	slices.Sort(late)
	for name, share := range map[string]float64{"p50": 0.5, "p99": 0.99} {
		at := late[min(len(late)-1, int(share*float64(len(late))))]
		b.ReportMetric(float64(at.Microseconds())/1000, name+"-ms")
	}
}

// Cases are the benchmarks of the table, by name.
func Cases(b *testing.B, open Opener) {
	b.Helper()
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("insert/callers=%d", callers), func(b *testing.B) { InsertOne(b, open, callers) })
	}
	b.Run("insert/batch=1000", func(b *testing.B) { InsertBatch(b, open) })
	b.Run("work", func(b *testing.B) { Work(b, open) })
	b.Run("due/at-once", func(b *testing.B) { Lateness(b, open, 0) })
	b.Run("due/over-10s", func(b *testing.B) { Lateness(b, open, 10*time.Second) })
}
