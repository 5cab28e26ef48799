package entry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// Histories runs seeded random histories: some posts, one to four workers whose
// clocks differ, and everything that may go wrong at random times.
func Histories(t *testing.T, s *Size, bug string) *Result {
	t.Helper()
	begun := time.Now()
	r := &Result{Name: "histories", Title: "seeded random histories"}
	var (
		all   rows
		mu    sync.Mutex
		total story
	)
	sqlite := max(1, s.Histories/max(s.OnSQLite, 1))
	each(s.Histories, s.Workers, func(i int) {
		h := newHistory(s, uint64(i), bugs[bug])
		h.sqlite = s.OnSQLite > 0 && i%sqlite == sqlite-1
		h.dir = s.Dir
		tallies, err := h.run(t)
		if err != nil {
			err = fmt.Errorf("history %d of seed %d: %w", i, s.Seed, err)
		}
		for _, tl := range tallies {
			for n, note := range tl.Notes {
				tl.Notes[n] = fmt.Sprintf("history %d of seed %d: %s", i, s.Seed, note)
			}
		}
		all.add(tallies, err)
		mu.Lock()
		defer mu.Unlock()
		total.add(&h.story)
		if i%2000 == 1999 {
			s.log("histories: %d of %d", i+1, s.Histories)
		}
	})
	r.Rows, r.Err, r.Took = all.rows, errors.Join(all.errs...), time.Since(begun)
	r.Facts = append(r.Facts, total.String())
	r.unnamed()
	return r
}

// story is what happened in histories.
type story struct {
	histories, calm, sqlite, workers  int
	atServer, crashes, store, hanging int
	lies                              int
}

func (s *story) add(o *story) {
	s.histories += o.histories
	s.calm += o.calm
	s.sqlite += o.sqlite
	s.workers += o.workers
	s.atServer += o.atServer
	s.crashes += o.crashes
	s.store += o.store
	s.hanging += o.hanging
	s.lies += o.lies
}

// String implements fmt.Stringer.
func (s *story) String() string {
	return fmt.Sprintf("%d histories (%d on SQLite, %d in which the platform is slow and nothing else happens) with %d workers; %d faults at servers, %d crashes, "+
		"%d errors of a store before or after its effect, %d hangs of a store or a connection, of up to two leases, %d refusals of what had been done",
		s.histories, s.sqlite, s.calm, s.workers, s.atServer, s.crashes, s.store, s.hanging, s.lies)
}

// history is one of them, as its seed says.
type history struct {
	rng    *rand.Rand
	bug    Bug
	sqlite bool
	dir    string
	n      uint64

	platforms []*platform.Platform
	lease     time.Duration
	workers   int
	posts     int
	calm      bool
	expired   bool
	story     story

	mu sync.Mutex // guards rng and story once workers run
}

const historySpan = 5 * time.Minute // in which posts are due and things go wrong

func newHistory(s *Size, n uint64, bug Bug) *history {
	h := &history{rng: seeded(s.Seed, n), bug: bug, n: n}
	all := s.platforms()
	h.platforms = []*platform.Platform{all[h.rng.IntN(len(all))]}
	if other := all[h.rng.IntN(len(all))]; other.Name != h.platforms[0].Name && other.Fits(h.platforms[0]) {
		h.platforms = append(h.platforms, other)
	}
	h.lease = []time.Duration{5 * time.Second, 10 * time.Second, 30 * time.Second}[h.rng.IntN(3)]
	h.workers, h.posts = 1+h.rng.IntN(4), 2+h.rng.IntN(5)
	h.calm = h.rng.IntN(10) == 0
	return h
}

func (h *history) run(t *testing.T) (map[string]*ground.Tally, error) {
	p := ground.Outside(h.platforms...)
	defer p.CloseOutside()
	var (
		out map[string]*ground.Tally
		err error
	)
	synctest.Test(t, func(t *testing.T) {
		out, err = h.live(t.Context(), p)
	})
	return out, err
}

func (h *history) live(ctx context.Context, p *ground.Place) (map[string]*ground.Tally, error) {
	store, closeStore, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	defer closeStore()
	if err := p.Open(ctx, store, 2); err != nil {
		return nil, err
	}
	defer p.Close()
	if err := h.plan(ctx, p); err != nil {
		return nil, err
	}
	h.trouble(p)
	var crew sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	for range h.workers {
		skew := h.skew()
		crew.Go(func() { h.work(ctx, p, skew) })
	}
	ground.Pause(historySpan)
	err = h.await(ctx, p)
	cancel()
	crew.Wait()
	if err != nil {
		return nil, err
	}
	p.World.Faults.Remove(0)
	ground.Pause(afterwards)
	h.story.histories, h.story.workers = 1, h.workers
	if h.calm {
		h.story.calm = 1
	} else {
		h.story.atServer = p.World.Faults.Hits()
	}
	h.story.lies = p.Lies()
	faults := h.story.atServer + h.story.crashes + h.story.store + h.story.hanging + h.story.lies
	return p.Judge(context.WithoutCancel(ctx), ground.Circumstances{Faults: faults, Expired: h.expired})
}

// await waits until all is done, at most for the bound after the last fault: those
// that wait for a request may strike as late as that is made.
func (h *history) await(ctx context.Context, p *ground.Place) error {
	const rounds = 4
	for range rounds {
		before := h.struckSoFar(p)
		idle, err := p.Await(ctx, stepsBound)
		if idle || err != nil || h.calm || h.struckSoFar(p) == before {
			return err
		}
	}
	return nil
}

func (h *history) struckSoFar(p *ground.Place) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return p.World.Faults.Hits() + p.Lies() + h.story.crashes + h.story.store + h.story.hanging
}

// open makes the store. The one in memory forgets nothing and is as good as a
// disk here, since the crashes are of workers and not of machines.
func (h *history) open(ctx context.Context) (scheduler.Store, func(), error) {
	if !h.sqlite {
		return scheduler.NewMemory(), func() {}, nil
	}
	h.story.sqlite = 1
	path := filepath.Join(h.dir, fmt.Sprintf("history%d.db", h.n))
	db, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return nil, nil, err
	}
	return db.Deliveries(), func() {
		_ = db.Close()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
	}, nil
}

// plan schedules the posts in peace: what may go wrong there is the matter of
// Steps.
func (h *history) plan(ctx context.Context, p *ground.Place) error {
	host, err := p.NewWorker(ground.WorkerOptions{})
	if err != nil {
		return err
	}
	defer host.Stop()
	for range h.posts {
		s := p.Stands()[h.rng.IntN(len(p.Stands()))]
		f := &s.Platform.Forms[h.rng.IntN(len(s.Platform.Forms))]
		at := time.Now().Add(time.Duration(h.rng.Int64N(int64(historySpan / 2))))
		policy := smm.Policy{MaxAttempts: 60} // so that running out of attempts explains nothing
		if err := p.Plan(ctx, host, s, s.Scenes[h.rng.IntN(len(s.Scenes))], f, p.NewMarks(f.Marks()), at, policy); err != nil {
			return fmt.Errorf("plan %s %s: %w", s.Platform.Name, f.Name, err)
		}
	}
	return nil
}

// skew is within what package scheduler asks of machines: a twentieth of the lease
// between any two.
func (h *history) skew() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	most := int64(h.lease / 40)
	return time.Duration(h.rng.Int64N(2*most+1) - most)
}

// trouble puts faults in force at the servers.
func (h *history) trouble(p *ground.Place) {
	if h.calm {
		// A platform that takes its time is no reason to ask anybody, nor is an upload
		// that outlasts a lease.
		p.World.Faults.Add(sim.Fault{Kind: sim.Slow, Class: sim.Commit, Times: -1, Delay: time.Duration(h.rng.Int64N(int64(h.lease / 4)))})
		p.World.Faults.Add(sim.Fault{Kind: sim.Slow, Class: sim.Prepare, Times: -1, Delay: time.Duration(h.rng.Int64N(int64(h.lease * 3 / 2)))})
		return
	}
	kinds := sim.FaultKinds()
	for range h.rng.IntN(10) {
		f := sim.Fault{
			Kind: kinds[h.rng.IntN(len(kinds))], Skip: h.rng.IntN(8), Times: 1 + h.rng.IntN(3),
			Status: []int{500, 502, 503, 504}[h.rng.IntN(4)], Bytes: h.rng.IntN(300),
			Delay: time.Duration(h.rng.Int64N(int64(50 * time.Second))), // within every RequestLife
			Class: []sim.Class{sim.Commit, sim.Commit, sim.Commit, sim.Prepare, sim.Read, ""}[h.rng.IntN(6)],
		}
		if f.Kind == sim.Expire {
			h.expired = true
		}
		p.World.Faults.Add(f)
	}
}

// work is the life of a worker, and of those that take its place.
func (h *history) work(ctx context.Context, p *ground.Place, skew time.Duration) {
	for ctx.Err() == nil {
		w, err := p.NewWorker(ground.WorkerOptions{Script: h.script, Skew: skew, Lease: h.lease, Bug: h.bug.Bug})
		if err != nil {
			return
		}
		w.Run()
		select {
		case <-w.Crashed():
		case <-h.struck(ctx):
			if ctx.Err() == nil {
				h.mu.Lock()
				h.story.crashes++
				h.mu.Unlock()
				w.Crash()
			}
		case <-ctx.Done():
		}
		w.Stop()
		if ctx.Err() == nil {
			_ = smm.SystemClock().Sleep(ctx, time.Second) // a process takes its time to start
		}
	}
}

// struck is a channel that gives when a worker is to be killed from outside, at a
// random time, or never.
func (h *history) struck(ctx context.Context) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(chan struct{})
	if h.calm || h.story.crashes > 8 || h.rng.IntN(3) > 0 {
		return out
	}
	d := time.Duration(h.rng.Int64N(int64(historySpan)))
	go func() {
		_ = smm.SystemClock().Sleep(ctx, d)
		close(out)
	}()
	return out
}

// script lets a small part of the steps go wrong.
func (h *history) script(st ground.Step) ground.Act {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.calm || h.story.crashes+h.story.store+h.story.hanging > 30 || h.rng.IntN(12) > 0 {
		return ground.Act{}
	}
	switch n := h.rng.IntN(6); {
	case n < 2:
		h.story.crashes++
		return ground.Act{CrashBefore: n == 0, CrashAfter: n == 1}
	case n < 4 && st.Side == ground.Store:
		h.story.store++
		return ground.Act{FailBefore: n == 2, FailAfter: n == 3}
	case n < 4:
		return ground.Act{Lie: n == 2, Twice: n == 3}
	case n >= 4:
		h.story.hanging++
		return ground.Act{Pause: time.Duration(h.rng.Int64N(int64(2 * h.lease)))}
	}
	return ground.Act{}
}
