package riverengine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/riverengine"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// TestMain is also the workers that tests start and kill: schedulers that publish
// until their standard input ends.
func TestMain(m *testing.M) {
	if url := os.Getenv("RIVERENGINE_DATABASE"); url != "" {
		worktest.Main(func() error { return work(url, os.Getenv("RIVERENGINE_PUBLIC")) })
	}
	os.Exit(m.Run())
}

const lease = time.Second

func work(url, public string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db, err := pgstore.Open(ctx, url+"&pool_max_conns=12", nil)
	if err != nil {
		return err
	}
	s, err := newScheduler(db, public)
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if os.Getenv("RIVERENGINE_TASK") == "transaction" {
		return halfWay(ctx, db, s)
	}
	fmt.Println("ready") //nolint:forbidigo // the test waits for it
	return errors.Join(s.Run(ctx), db.Close())
}

func newScheduler(db *pgstore.DB, public string) (*scheduler.Scheduler, error) {
	client, err := smm.New([]smm.Driver{worktest.Remote(public)})
	if err != nil {
		return nil, err
	}
	engine, err := riverengine.New(db, &riverengine.Options{Lease: lease, Concurrency: 8})
	if err != nil {
		return nil, err
	}
	return scheduler.New(client, db.Deliveries(), scheduler.WithEngine(engine), scheduler.WithLease(lease))
}

// prepared returns an empty database with all tables.
func prepared(t *testing.T, url string) *pgstore.DB {
	t.Helper()
	db, err := pgstore.Open(t.Context(), url+"&pool_max_conns=12", nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, riverengine.Migrate(t.Context(), db, ""))
	return db
}

// plan schedules n posts, in turns on the channels, due at once.
func plan(t *testing.T, db *pgstore.DB, public string, n int, channels ...string) []string {
	t.Helper()
	s, err := newScheduler(db, public)
	require.NoError(t, err)
	return worktest.Plan(t, s, n, channels...)
}

// spread are so many channels of a class that lanes do not hold up the work.
func spread(class string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(class, i)
	}
	return out
}

func start(t *testing.T, url, public string, env ...string) *worktest.Process {
	t.Helper()
	return worktest.Start(t, append(env, "RIVERENGINE_DATABASE="+url, "RIVERENGINE_PUBLIC="+public)...).Await(t, "ready")
}

// eventually asks until ok says so.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// counts returns how many deliveries are in each phase.
func counts(t *testing.T, db *pgstore.DB) map[smm.Phase]int {
	t.Helper()
	out := make(map[smm.Phase]int)
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{}) {
		if err != nil {
			return nil // the server may be away
		}
		out[r.Delivery.Phase]++
	}
	return out
}

func TestProcessesShareTheWork(t *testing.T) {
	const n = 600
	url := pgtest.NewDatabase(t)
	db, public := prepared(t, url), worktest.NewPublic(t)
	ids := plan(t, db, public.URL, n, append(spread("key", 10), spread("read-back", 10)...)...)
	workers := []*worktest.Process{start(t, url, public.URL), start(t, url, public.URL), start(t, url, public.URL)}
	eventually(t, 2*time.Minute, "all are published", func() bool { return counts(t, db)[smm.PhasePublished] == n })
	for _, w := range workers {
		w.Finish(t)
	}
	public.WantEachOnce(t, ids)
	t.Logf("shares of the work: %v", public.Processes())
	require.Len(t, public.Processes(), len(workers))
	require.Equal(t, n, public.Total())
}

// Workers are killed again and again in the middle of their work. What one of them
// held is taken up within its lease and a fifth of it.
func TestKilled(t *testing.T) {
	kills, n := 30, 900
	if testing.Short() {
		kills, n = 5, 200
	}
	url := pgtest.NewDatabase(t)
	db, public := prepared(t, url), worktest.NewPublic(t)
	ids := plan(t, db, public.URL, n, append(spread("key", 8), spread("read-back", 8)...)...)
	interrupted := 0
	var latest time.Duration
	other := start(t, url, public.URL)
	for range kills {
		w := start(t, url, public.URL)
		pause := time.NewTimer(time.Duration(50+rand.IntN(300)) * time.Millisecond)
		<-pause.C
		w.Kill(t)
		killed := time.Now()
		held := worktest.Committing(t, db.Deliveries())
		interrupted += len(held)
		for _, r := range held {
			latest = max(latest, r.LeaseUntil.Sub(killed))
		}
	}
	eventually(t, 2*time.Minute, "all are published", func() bool { return counts(t, db)[smm.PhasePublished] == n })
	other.Finish(t)
	public.WantEachOnce(t, ids)
	t.Logf("%d kills, %d commits in flight at a kill, %d requests for %d posts; the longest lease left was %s", kills, interrupted, public.Total(), n, latest)
	require.Positive(t, interrupted, "no kill interrupted a commit: the test proves nothing")
	require.LessOrEqual(t, latest, lease+lease/2, "a lease outlasts its length") // a commit may extend it by what its protocol wants
}

// What a killed process held is claimed again within the lease and a fifth of it,
// and settled within that, RequestLife and ReadLag.
func TestReclaimed(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	url := pgtest.NewDatabase(t)
	db, public := prepared(t, url), worktest.NewPublic(t)
	public.Hang(true) // commits hang until the worker dies
	var slowest, settled time.Duration
	for range rounds {
		id := plan(t, db, public.URL, 1, "key0")[0]
		key := scheduler.Key{ID: id}
		w := start(t, url, public.URL)
		eventually(t, time.Minute, "the commit is in flight", func() bool {
			r, err := db.Deliveries().Get(t.Context(), key)
			return err == nil && r.Delivery.Phase == smm.PhaseCommitting
		})
		before, err := db.Deliveries().Get(t.Context(), key)
		require.NoError(t, err)
		w.Kill(t)
		killed := time.Now()
		public.Hang(false)
		other := start(t, url, public.URL)
		eventually(t, time.Minute, "another claims it", func() bool {
			r, err := db.Deliveries().Get(t.Context(), key)
			require.NoError(t, err)
			return r.Epoch > before.Epoch
		})
		slowest = max(slowest, time.Since(killed))
		eventually(t, time.Minute, "it is published", func() bool { return counts(t, db)[smm.PhaseCommitting]+counts(t, db)[smm.PhaseSettling] == 0 })
		settled = max(settled, time.Since(killed))
		other.Finish(t)
		require.Equal(t, 1, public.Count(id))
		public.Hang(true)
	}
	t.Logf("claimed again after at most %s, published after at most %s, with a lease of %s", slowest, settled, lease)
	bound := lease + commitSlack + lease/5 + time.Second // and a second for a busy machine
	require.Less(t, slowest, bound)
	require.Less(t, settled, bound+worktest.RequestLife)
}

// commitSlack is how much longer than its length a lease may be held for a commit.
const commitSlack = 500 * time.Millisecond

// The database goes away in the middle, as in a crash, and comes back.
func TestServerIsStoppedAndStarted(t *testing.T) {
	const n = 300
	server := pgtest.Start(t, nil)
	url := server.NewDatabase(t)
	db, public := prepared(t, url), worktest.NewPublic(t)
	ids := plan(t, db, public.URL, n, append(spread("key", 8), spread("read-back", 8)...)...)
	w := start(t, url, public.URL)
	for _, share := range []int{n / 4, n / 2} {
		eventually(t, time.Minute, "some are published", func() bool { return counts(t, db)[smm.PhasePublished] >= share })
		server.Stop(t, true)
		server.Start(t)
	}
	eventually(t, 3*time.Minute, "all are published", func() bool { return counts(t, db)[smm.PhasePublished] == n })
	w.Finish(t)
	public.WantEachOnce(t, ids)
}
