package riverengine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/riverengine"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// TestMain is also the workers that tests start and kill: schedulers that publish
// until their standard input ends.
func TestMain(m *testing.M) {
	if url := os.Getenv("RIVERENGINE_DATABASE"); url != "" {
		if err := work(url, os.Getenv("RIVERENGINE_PUBLIC")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
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
	client, err := smm.New([]smm.Driver{remote{public}})
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
	ids := make([]string, 0, n)
	for i := range n {
		ref := smm.Ref{Platform: remotePlatform, Kind: smm.KindChannel, ID: channels[i%len(channels)]}
		items, _, err := s.Enqueue(t.Context(), &smm.Post{Text: fmt.Sprint("post ", i)}, []smm.Ref{ref},
			&scheduler.ScheduleOptions{Policy: smm.Policy{CommitLimit: 700 * time.Millisecond}})
		require.NoError(t, err)
		ids = append(ids, items[0].ID)
	}
	return ids
}

// spread are so many channels of a class that lanes do not hold up the work.
func spread(class string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(class, i)
	}
	return out
}

type process struct {
	cmd *exec.Cmd
	in  io.Closer
}

func start(t *testing.T, url, public string, env ...string) process {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "RIVERENGINE_DATABASE="+url, "RIVERENGINE_PUBLIC="+public)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return process{cmd, in}
}

// finish lets a worker end by itself.
func (p process) finish(t *testing.T) {
	t.Helper()
	require.NoError(t, p.in.Close())
	require.NoError(t, p.cmd.Wait())
}

func (p process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Kill())
	require.Error(t, p.cmd.Wait())
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

func wantEachOnce(t *testing.T, p *public, ids []string) {
	t.Helper()
	for _, id := range ids {
		if n := p.count(id); n != 1 {
			t.Errorf("%s is public %d times", id, n)
		}
	}
}

func TestProcessesShareTheWork(t *testing.T) {
	const n = 600
	url := pgtest.NewDatabase(t)
	db, public := prepared(t, url), newPublic(t)
	ids := plan(t, db, public.url, n, append(spread("key", 10), spread("read-back", 10)...)...)
	workers := []process{start(t, url, public.url), start(t, url, public.url), start(t, url, public.url)}
	eventually(t, 2*time.Minute, "all are published", func() bool { return counts(t, db)[smm.PhasePublished] == n })
	for _, w := range workers {
		w.finish(t)
	}
	wantEachOnce(t, public, ids)
	t.Logf("shares of the work: %v", public.processes())
	require.Len(t, public.processes(), len(workers))
	require.Equal(t, n, public.total())
}

// Workers are killed again and again in the middle of their work. What one of them
// held is taken up within its lease and a fifth of it.
func TestKilled(t *testing.T) {
	kills, n := 30, 900
	if testing.Short() {
		kills, n = 5, 200
	}
	url := pgtest.NewDatabase(t)
	db, public := prepared(t, url), newPublic(t)
	ids := plan(t, db, public.url, n, append(spread("key", 8), spread("read-back", 8)...)...)
	interrupted := 0
	var latest time.Duration
	other := start(t, url, public.url)
	for range kills {
		w := start(t, url, public.url)
		pause := time.NewTimer(time.Duration(50+rand.IntN(300)) * time.Millisecond)
		<-pause.C
		w.kill(t)
		killed := time.Now()
		held := committing(t, db)
		interrupted += len(held)
		for _, r := range held {
			latest = max(latest, r.LeaseUntil.Sub(killed))
		}
	}
	eventually(t, 2*time.Minute, "all are published", func() bool { return counts(t, db)[smm.PhasePublished] == n })
	other.finish(t)
	wantEachOnce(t, public, ids)
	t.Logf("%d kills, %d commits in flight at a kill, %d requests for %d posts; the longest lease left was %s", kills, interrupted, public.total(), n, latest)
	require.Positive(t, interrupted, "no kill interrupted a commit: the test proves nothing")
	require.LessOrEqual(t, latest, lease+lease/2, "a lease outlasts its length") // a commit may extend it by what its protocol wants
}

func committing(t *testing.T, db *pgstore.DB) []*scheduler.Record {
	t.Helper()
	var out []*scheduler.Record
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{Phases: []smm.Phase{smm.PhaseCommitting}}) {
		require.NoError(t, err)
		out = append(out, r)
	}
	return out
}

// What a killed process held is claimed again within the lease and a fifth of it,
// and settled within that, RequestLife and ReadLag.
func TestReclaimed(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	url := pgtest.NewDatabase(t)
	db, public := prepared(t, url), newPublic(t)
	public.slow(time.Hour) // commits hang until the worker dies
	var slowest, settled time.Duration
	for range rounds {
		id := plan(t, db, public.url, 1, "key0")[0]
		key := scheduler.Key{ID: id}
		w := start(t, url, public.url)
		eventually(t, time.Minute, "the commit is in flight", func() bool {
			r, err := db.Deliveries().Get(t.Context(), key)
			return err == nil && r.Delivery.Phase == smm.PhaseCommitting
		})
		before, err := db.Deliveries().Get(t.Context(), key)
		require.NoError(t, err)
		w.kill(t)
		killed := time.Now()
		public.slow(0)
		other := start(t, url, public.url)
		eventually(t, time.Minute, "another claims it", func() bool {
			r, err := db.Deliveries().Get(t.Context(), key)
			require.NoError(t, err)
			return r.Epoch > before.Epoch
		})
		slowest = max(slowest, time.Since(killed))
		eventually(t, time.Minute, "it is published", func() bool { return counts(t, db)[smm.PhaseCommitting]+counts(t, db)[smm.PhaseSettling] == 0 })
		settled = max(settled, time.Since(killed))
		other.finish(t)
		require.Equal(t, 1, public.count(id))
		public.slow(time.Hour)
	}
	t.Logf("claimed again after at most %s, published after at most %s, with a lease of %s", slowest, settled, lease)
	bound := lease + commitSlack + lease/5 + time.Second // and a second for a busy machine
	require.Less(t, slowest, bound)
	require.Less(t, settled, bound+requestLife)
}

// commitSlack is how much longer than its length a lease may be held for a commit.
const commitSlack = 500 * time.Millisecond

// The database goes away in the middle, as in a crash, and comes back.
func TestServerIsStoppedAndStarted(t *testing.T) {
	const n = 300
	server := pgtest.Start(t, nil)
	url := server.NewDatabase(t)
	db, public := prepared(t, url), newPublic(t)
	ids := plan(t, db, public.url, n, append(spread("key", 8), spread("read-back", 8)...)...)
	w := start(t, url, public.url)
	for _, share := range []int{n / 4, n / 2} {
		eventually(t, time.Minute, "some are published", func() bool { return counts(t, db)[smm.PhasePublished] >= share })
		server.Stop(t, true)
		server.Start(t)
	}
	eventually(t, 3*time.Minute, "all are published", func() bool { return counts(t, db)[smm.PhasePublished] == n })
	w.finish(t)
	wantEachOnce(t, public, ids)
}
