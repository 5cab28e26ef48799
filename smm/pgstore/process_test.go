package pgstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// work is a process with a scheduler that publishes until nothing is left, or,
// with the task "claim", one that claims all and does nothing more.
func work(task string) error {
	ctx := context.Background()
	db, err := pgstore.Open(ctx, os.Getenv("PGSTORE_DSN"), &pgstore.Options{Schema: os.Getenv("PGSTORE_SCHEMA")})
	if err != nil {
		return err
	}
	if task == "claim" {
		rs, err := db.Deliveries().Claim(ctx, scheduler.Claim{Now: time.Now(), Lease: time.Second, Owner: "victim", Limit: 100})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, "claimed", len(rs)); err != nil {
			return err
		}
		select {} // until it is killed
	}
	s, err := newScheduler(db, os.Getenv("PGSTORE_PUBLIC"))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, "ready"); err != nil {
		return err
	}
	return s.RunUntilIdle(ctx, 30*time.Second)
}

func newScheduler(db *pgstore.DB, public string) (*scheduler.Scheduler, error) {
	client, err := smm.New([]smm.Driver{worktest.Remote(public)})
	if err != nil {
		return nil, err
	}
	return scheduler.New(client, db.Deliveries(),
		scheduler.WithLease(time.Second), scheduler.WithPoll(20*time.Millisecond), scheduler.WithConcurrency(16))
}

// plan schedules n posts, in turns on the channels, due at once.
func plan(t *testing.T, db *pgstore.DB, public string, n int, channels ...string) []string {
	t.Helper()
	s, err := newScheduler(db, public)
	if err != nil {
		t.Fatal(err)
	}
	return worktest.Plan(t, s, n, channels...)
}

// startWorker starts a process and waits for the line that says it has begun.
func startWorker(t *testing.T, url, schema, task, public, begun string) *worktest.Process {
	t.Helper()
	return worktest.Start(t, "PGSTORE_TASK="+task, "PGSTORE_DSN="+url, "PGSTORE_SCHEMA="+schema, "PGSTORE_PUBLIC="+public).Await(t, begun)
}

// Two processes share the database and the work in it. The public is a file that
// both append to.
func TestTwoProcessesShareTheWork(t *testing.T) {
	const n = 1000
	s, schema := sharedURL(t), newSchema(t)
	db := open(t, schema)
	public := filepath.Join(t.TempDir(), "public.txt")
	ids := plan(t, db, public, n, worktest.Append)
	for _, w := range []*worktest.Process{
		startWorker(t, s, schema, "publish", public, "ready"),
		startWorker(t, s, schema, "publish", public, "ready"),
	} {
		w.Wait(t)
	}
	worktest.WantSharedFile(t, public, ids, 2)
	worktest.WantPublished(t, db.Deliveries(), n)
}

// A worker is killed again and again while it publishes to a platform in another
// process.
func TestKilledWhilePublishing(t *testing.T) {
	kills, n := 12, 500
	if testing.Short() {
		kills, n = 4, 200
	}
	s, schema, public := sharedURL(t), newSchema(t), worktest.NewPublic(t)
	db := open(t, schema)
	ids := plan(t, db, public.URL, n, "key", "read-back")
	inDoubt := 0
	for range kills {
		w := startWorker(t, s, schema, "publish", public.URL, "ready")
		wait(time.Duration(20+rand.IntN(130)) * time.Millisecond)
		w.Kill(t)
		inDoubt += len(worktest.Committing(t, db.Deliveries()))
	}
	startWorker(t, s, schema, "publish", public.URL, "ready").Wait(t)
	worktest.WantPublished(t, db.Deliveries(), n)
	public.WantEachOnce(t, ids)
	t.Logf("%d kills, %d commits seen interrupted, %d requests for %d posts", kills, inDoubt, public.Total(), n)
	if inDoubt == 0 {
		t.Error("no kill interrupted a commit: the test proves nothing")
	}
}

// What a process had claimed with a lease of a second when it was killed can be
// claimed by others a second later.
func TestKilledWorkerLosesItsLease(t *testing.T) {
	s, schema := sharedURL(t), newSchema(t)
	db := open(t, schema)
	fillUp(t, db.Deliveries(), 100, nil)
	w := startWorker(t, s, schema, "claim", "", "claimed 100")
	killed := time.Now()
	w.Kill(t)
	got, end := 0, killed.Add(10*time.Second)
	for got < 100 && time.Now().Before(end) {
		rs, err := db.Deliveries().Claim(t.Context(), scheduler.Claim{Now: time.Now(), Lease: time.Minute, Owner: "heir", Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		got += len(rs)
	}
	took := time.Since(killed)
	t.Logf("%d records were claimed again %s after the kill", got, took.Round(time.Millisecond))
	if got != 100 || took > 1500*time.Millisecond {
		t.Errorf("%d records were claimed again after %s, want 100 after a second", got, took)
	}
}
