package sqlitestore_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// serial gives records IDs as the planner does, of 26 letters and digits.
type serial struct{ n atomic.Int64 }

func (s *serial) record(due time.Time) *scheduler.Record {
	// Spread like the hashes that IDs are.
	n := uint64(s.n.Add(1)) * 0x9E3779B97F4A7C15
	r := schedulertest.NewRecord("", fmt.Sprintf("%016x%010x", n, n>>24), due)
	r.Delivery.Entry = fmt.Sprintf("e%016x%09x", n, n>>28)
	r.Delivery.Request.Post.Text = "A post of the length that most have: one hundred and ten characters, which is what the other queues got."
	return r
}

// laned is a record with all that the scheduler gives one: a lane for each of
// 1000 channels, a fingerprint and a distance to keep.
func (s *serial) laned(due time.Time) *scheduler.Record {
	r := s.record(due)
	r.Delivery.Request.Channel.ID = fmt.Sprint("c", s.n.Load()%1000)
	r.Lane = r.Delivery.Request.Channel.String()
	sum := sha256.Sum256([]byte(r.Delivery.ID))
	r.Fingerprint, r.Apart = sum[:16], 24*time.Hour
	return r
}

func BenchmarkInsert(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "smm.db")).Deliveries()
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
	for name, laned := range map[string]bool{"batch=1000": false, "batch=1000/laned": true} {
		b.Run(name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "smm.db")).Deliveries()
			insertMany(b, s, b.N, time.Now().Add(time.Hour), laned)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
		})
	}
}

// insertMany inserts in batches of 1000.
func insertMany(b testing.TB, s scheduler.Store, n int, due time.Time, laned bool) {
	b.Helper()
	var ids serial
	next := ids.record
	if laned {
		next = ids.laned
	}
	for left := n; left > 0; left -= 1000 {
		batch := make([]*scheduler.Record, 0, 1000)
		for range min(left, 1000) {
			batch = append(batch, next(due))
		}
		if err := s.Insert(b.Context(), batch...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply changes two records in one write, as a reshuffle of slots does.
func BenchmarkApply(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "smm.db")).Deliveries()
	var ids serial
	x, y := ids.laned(time.Now()), ids.laned(time.Now())
	x.Slot, y.Slot = "one", "two"
	if err := s.Insert(b.Context(), x, y); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x.Slot, y.Slot = y.Slot, x.Slot
		if err := s.Apply(b.Context(), time.Now(), x, y); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFreezes reads what is asked before each commit.
func BenchmarkFreezes(b *testing.B) {
	for _, n := range []int{0, 10} {
		b.Run(fmt.Sprintf("freezes=%d", n), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "smm.db")).Deliveries()
			for i := range n {
				if err := s.SetFreeze(b.Context(), scheduler.Freeze{ID: strconv.Itoa(i), At: time.Now(), AllTenants: i%2 == 0}); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := s.Freezes(b.Context(), ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkClaimAndComplete claims records in batches and saves each as
// published, by many callers as a scheduler's workers do.
func BenchmarkClaimAndComplete(b *testing.B) {
	for _, workers := range []int{16, 64, 500} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) { claimAndComplete(b, workers, false) })
	}
	b.Run("workers=500/laned", func(b *testing.B) { claimAndComplete(b, 500, true) })
}

func claimAndComplete(b *testing.B, workers int, laned bool) {
	b.Helper()
	s := open(b, filepath.Join(b.TempDir(), "smm.db")).Deliveries()
	now := time.Now()
	insertMany(b, s, b.N, now.Add(-time.Second), laned)
	c := scheduler.Claim{Now: now, Lease: time.Minute, Limit: 500}
	if laned {
		c.LaneLimit = 4
	}
	b.ResetTimer()
	todo := make(chan *scheduler.Record, workers)
	var (
		wg   sync.WaitGroup
		left atomic.Int64
	)
	left.Store(int64(b.N))
	for range workers {
		wg.Go(func() {
			for r := range todo {
				complete(b, s, r, now)
				left.Add(-1)
			}
		})
	}
	for left.Load() > 0 && !b.Failed() {
		rs, err := s.Claim(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range rs {
			todo <- r
		}
	}
	close(todo)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
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

// TestRowsAreCompact measures what a row costs beyond the delivery's own JSON.
func TestRowsAreCompact(t *testing.T) {
	for name, test := range map[string]struct {
		laned bool
		limit int
	}{"alone": {false, 200}, "with a lane and a fingerprint": {true, 240}} {
		t.Run(name, func(t *testing.T) {
			const n = 20_000
			path := filepath.Join(t.TempDir(), "smm.db")
			db := open(t, path)
			insertMany(t, db.Deliveries(), n, time.Unix(2e9, 0), test.laned)
			payload := 0
			for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{}) {
				j, err2 := json.Marshal(&r.Delivery)
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
				payload += len(j)
			}
			if err := db.Close(); err != nil { // folds the log into the file
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			beyond := (int(info.Size()) - payload) / n
			t.Logf("%d bytes a row, %d of them the delivery's JSON, %d beyond", int(info.Size())/n, payload/n, beyond)
			if beyond > test.limit {
				t.Errorf("%d bytes a row beyond the delivery's JSON, want at most %d", beyond, test.limit)
			}
		})
	}
}

// BenchmarkMillion inserts a million rows and measures how the process grows.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		s := open(b, filepath.Join(b.TempDir(), "smm.db")).Deliveries()
		before := residentSize(b)
		insertMany(b, s, 1_000_000, time.Now().Add(time.Hour), true)
		b.ReportMetric(float64(residentSize(b)-before)/(1<<20), "MB-growth")
	}
}

// residentSize is what the system counts as this process's memory, in bytes.
func residentSize(b *testing.B) int64 {
	b.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skipf("no count of memory here: %v", err)
	}
	var total, resident int64
	if _, err := fmt.Sscan(string(text), &total, &resident); err != nil {
		b.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// BenchmarkPublish takes deliveries through the whole protocol (prepare,
// intent, answer: three durable writes and a claim each) on a platform that
// answers at once.
func BenchmarkPublish(b *testing.B) {
	db := open(b, filepath.Join(b.TempDir(), "smm.db"))
	client, err := smm.New([]smm.Driver{&schedulertest.Driver{}})
	if err != nil {
		b.Fatal(err)
	}
	s, err := scheduler.New(client, db.Deliveries(), scheduler.WithConcurrency(256))
	if err != nil {
		b.Fatal(err)
	}
	insertMany(b, db.Deliveries(), b.N, time.Now().Add(-time.Second), false)
	b.ResetTimer()
	if err := s.RunUntilIdle(b.Context(), time.Second); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}

// BenchmarkSync is what the disk allows: one append of a page and one fsync.
func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	page := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "syncs/s")
}

func BenchmarkInboxAppend(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "smm.db")).Inbox()
			var wg sync.WaitGroup
			b.ResetTimer()
			for c := range callers {
				wg.Go(func() {
					for i := c; i < b.N; i += callers {
						if _, err := s.Append(b.Context(), shop, heard(strconv.Itoa(i/10), i)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

// BenchmarkInboxFirstPage lists what a person sees first of an inbox in which
// every conversation still waits.
func BenchmarkInboxFirstPage(b *testing.B) {
	const n = 20_000
	s := open(b, filepath.Join(b.TempDir(), "smm.db")).Inbox()
	for begin := 0; begin < n; begin += 2000 {
		many(b, s, begin, 2000, strconv.Itoa)
	}
	for name, q := range map[string]inbox.Query{
		"all":  {},
		"open": {States: []inbox.State{inbox.StateOpen}, Unanswered: true},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				seen := 0
				for _, err := range s.List(b.Context(), shop, q) {
					if err != nil {
						b.Fatal(err)
					}
					if seen++; seen == 50 {
						break
					}
				}
			}
		})
	}
}

// TestInboxRowsAreCompact measures what an item costs beyond its own JSON and
// that of its conversation, of which there is one for ten items.
func TestInboxRowsAreCompact(t *testing.T) {
	const n, limit = 3000, 250 // the empty tables are 25 of it
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	post := func(i int) string { return strconv.Itoa(i / 10) }
	many(t, db.Inbox(), 0, n, post)
	payload := 0
	add := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		payload += len(b)
	}
	for _, c := range all(t, db.Inbox().List(t.Context(), shop, inbox.Query{})) {
		add(c)
	}
	for i := range n {
		add(heard(post(i), i))
	}
	if err := db.Close(); err != nil { // folds the log into the file
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	beyond := (int(info.Size()) - payload) / n
	t.Logf("%d bytes an item, %d of them JSON", int(info.Size())/n, payload/n)
	if beyond > limit {
		t.Errorf("%d bytes an item beyond the JSON, want at most %d", beyond, limit)
	}
}
