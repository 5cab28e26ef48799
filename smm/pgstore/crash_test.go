package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func record(id string) *scheduler.Record { return schedulertest.NewRecord("", id, time.Unix(1e9, 0)) }

func crash(t *testing.T, s *pgtest.Server) {
	t.Helper()
	s.Stop(t, true)
	s.Start(t)
}

// The server is killed while many write. Whatever returned nil is there, though
// the server's own default is to forget it; the writers go on by themselves.
func TestServerKilledWhileWriting(t *testing.T) {
	s := forgetful(t)
	db := openOn(t, s.URL("postgres")+"&pool_max_conns=16", "smmkit")
	store := db.Deliveries()
	ctx, cancel := context.WithCancel(t.Context())
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		stored = make(map[string]int64) // the version that was acknowledged
		failed int
	)
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				r := record(fmt.Sprintf("w%d-%d", w, i))
				err := store.Insert(ctx, r)
				if err == nil {
					r.Held = "saved"
					if e := store.Save(ctx, r, time.Now()); e != nil {
						err = e
						r.Version = 1
					}
					mu.Lock()
					stored[r.Delivery.ID] = r.Version
					mu.Unlock()
				}
				if err != nil && ctx.Err() == nil {
					if !errors.Is(err, smm.ErrUnavailable) {
						t.Errorf("an error while the server was down: %v", err)
					}
					mu.Lock()
					failed++
					mu.Unlock()
					wait(10 * time.Millisecond)
				}
			}
		})
	}
	for range 3 {
		wait(400 * time.Millisecond)
		crash(t, s)
	}
	wait(300 * time.Millisecond)
	cancel()
	wg.Wait()
	lost := 0
	for id, version := range stored {
		r, err := store.Get(t.Context(), scheduler.Key{ID: id})
		if err != nil || r.Version < version {
			lost++
		}
	}
	t.Logf("%d writes were acknowledged, %d calls failed, %d lost", len(stored), failed, lost)
	if lost > 0 || failed == 0 || len(stored) < 100 {
		t.Errorf("%d of %d acknowledged writes are lost (%d calls failed)", lost, len(stored), failed)
	}
}

// The server is killed under workers that publish. They recover by themselves,
// and everything is public once.
func TestServerKilledWhilePublishing(t *testing.T) {
	const n = 300
	s, public := forgetful(t), worktest.NewPublic(t)
	db := openOn(t, s.URL("postgres"), "smmkit")
	ids := plan(t, db, public.URL, n, "key", "read-back")
	workers := []*worktest.Process{
		startWorker(t, s.URL("postgres"), "smmkit", "publish", public.URL, "ready"),
		startWorker(t, s.URL("postgres"), "smmkit", "publish", public.URL, "ready"),
	}
	for range 2 {
		before := public.Total()
		for end := time.Now().Add(10 * time.Second); public.Total() < before+20 && time.Now().Before(end); {
			wait(time.Millisecond)
		}
		crash(t, s)
	}
	for _, w := range workers {
		w.Wait(t)
	}
	worktest.WantPublished(t, db.Deliveries(), n)
	public.WantEachOnce(t, ids)
	t.Logf("%d requests for %d posts", public.Total(), n)
}

func fillUp(t testing.TB, s scheduler.Store, n int, shape func(i int, r *scheduler.Record)) {
	t.Helper()
	for begin := 0; begin < n; begin += 2000 {
		batch := make([]*scheduler.Record, 0, 2000)
		for i := begin; i < min(begin+2000, n); i++ {
			r := schedulertest.NewRecord("", fmt.Sprintf("r%06d", i), time.Unix(1e9, 0).Add(time.Duration(i)*time.Millisecond))
			if shape != nil {
				shape(i, r)
			}
			batch = append(batch, r)
		}
		if err := s.Insert(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
	}
}

// ANALYZE never ran: the planner knows nothing of the tables, and the server of
// the tests has no autovacuum that would tell it. Claims use their indexes all
// the same, also if a connection saw the table when it was empty.
func TestClaimsWithoutStatistics(t *testing.T) {
	const n = 100_000
	tenant := func(r *scheduler.Record, name string) {
		r.Delivery.Tenant, r.Delivery.Request.Tenant = smm.Tenant(name), smm.Tenant(name)
	}
	url := forgetful(t).URL("postgres")
	for name, c := range map[string]struct {
		laneLimit int
		limit     time.Duration
		shape     func(int, *scheduler.Record)
	}{
		"all due":            {0, 200 * time.Millisecond, nil},
		"a thousand tenants": {0, 200 * time.Millisecond, func(i int, r *scheduler.Record) { tenant(r, fmt.Sprint("t", i%1000)) }},
		"few lanes":          {1, 200 * time.Millisecond, func(i int, r *scheduler.Record) { r.Lane = fmt.Sprint("lane", i%10) }},
		"many lanes":         {1, time.Second, func(i int, r *scheduler.Record) { r.Lane = fmt.Sprint("lane", i%5000) }},
		"mostly done": {1, 200 * time.Millisecond, func(i int, r *scheduler.Record) {
			tenant(r, fmt.Sprint("t", i%7))
			if i%500 != 0 {
				r.Delivery.Phase, r.Delivery.Wake = smm.PhaseFailed, time.Time{}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openOn(t, url, newSchema(t)).Deliveries()
			claim := scheduler.Claim{Now: time.Unix(2e9, 0), Lease: time.Minute, Limit: 10, LaneLimit: c.laneLimit}
			for range 7 { // as often as it takes to keep a plan
				if rs, err := s.Claim(t.Context(), claim); err != nil || len(rs) > 0 {
					t.Fatalf("claimed %d, %v", len(rs), err)
				}
			}
			fillUp(t, s, n, c.shape)
			var took []time.Duration
			got := 0
			for range 9 {
				begun := time.Now()
				rs, err := s.Claim(t.Context(), claim)
				if err != nil {
					t.Fatal(err)
				}
				took, got = append(took, time.Since(begun)), got+len(rs)
			}
			slices.Sort(took)
			t.Logf("%d claimed of %d, median %s, longest %s", got, n, took[4], took[8])
			if took[4] > c.limit || got < 10 {
				t.Errorf("%d claimed, a claim takes %s, want at most %s", got, took[4], c.limit)
			}
		})
	}
}
