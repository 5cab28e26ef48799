package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// resident returns how much memory the process has, in bytes, 0 where the system
// does not tell.
func resident(b *testing.B) int64 {
	b.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb << 10
		}
	}
	return 0
}

// BenchmarkMillion fills the SQLite store with a million records and measures what
// a row takes beyond its payload, by how much the process grows, and how fast
// records are claimed then. Run it once: -benchtime 1x.
func BenchmarkMillion(b *testing.B) {
	b.Run("plain", func(b *testing.B) { fill(b, 1_000_000, false) })
	b.Run("full", func(b *testing.B) { fill(b, 1_000_000, true) })
}

func fill(b *testing.B, rows int, full bool) {
	b.Helper()
	const due = 10_000
	for range b.N {
		path := filepath.Join(b.TempDir(), "smm.db")
		db, err := sqlitestore.Open(b.Context(), path, nil)
		if err != nil {
			b.Fatal(err)
		}
		q, now := newQueue(b, db.Deliveries(), full), time.Now()
		before, payload := resident(b), 0
		for n := 0; n < rows; n += 1000 {
			rs := make([]*scheduler.Record, 1000)
			for i := range rs {
				rs[i] = q.record(now.Add(time.Duration(n+i-due) * time.Millisecond))
				data, err := json.Marshal(&rs[i].Delivery)
				if err != nil {
					b.Fatal(err)
				}
				payload += len(data)
			}
			if err := q.store.Insert(b.Context(), rs...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(claims(b, q.store, now, due, full), "claims/s")
		b.ReportMetric(float64(resident(b)-before)/(1<<20), "grown-MB")
		if err := db.Close(); err != nil { // folds the log into the file
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size()-int64(payload))/float64(rows), "B/row")
	}
}

// claims takes what is due and returns how many records a second it got. In lanes
// the first of each goes.
func claims(b *testing.B, store scheduler.Store, now time.Time, due int, full bool) float64 {
	b.Helper()
	c, want := scheduler.Claim{Now: now, Lease: time.Minute, Limit: 500}, due-500
	if full {
		c.LaneLimit, want = 1, 1000
	}
	begun, got := time.Now(), 0
	for got < want {
		rs, err := store.Claim(b.Context(), c)
		if err != nil || len(rs) == 0 {
			b.Fatalf("claimed %d records of %d, %v", got, want, err)
		}
		got += len(rs)
	}
	return float64(got) / time.Since(begun).Seconds()
}
