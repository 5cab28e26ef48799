package sqlitestore_test

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
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// TestMain is also the processes that tests start and kill. That of this file
// is a scheduler on the store that publishes until nothing is left.
func TestMain(m *testing.M) {
	task, public := os.Getenv("SQLITESTORE_TASK"), os.Getenv("SQLITESTORE_PUBLIC")
	for name, run := range map[string]func(path string) error{
		"INBOX":   func(path string) error { return workInbox(path, task) },
		"REFRESH": func(path string) error { return workRefresh(path, public, task) },
		"QUOTA":   func(path string) error { return workQuota(path, public) },
		"APPLY":   func(path string) error { return workApply(path, task) },
		"WORKER":  func(path string) error { return work(path, public) },
	} {
		if path := os.Getenv("SQLITESTORE_" + name); path != "" {
			worktest.Main(func() error { return run(path) })
		}
	}
	os.Exit(m.Run())
}

func work(path, public string) error {
	ctx := context.Background()
	db, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	s, err := newScheduler(db, public)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, "ready"); err != nil {
		return err
	}
	return s.RunUntilIdle(ctx, 30*time.Second)
}

func newScheduler(db *sqlitestore.DB, public string) (*scheduler.Scheduler, error) {
	client, err := smm.New([]smm.Driver{worktest.Remote(public)})
	if err != nil {
		return nil, err
	}
	return scheduler.New(client, db.Deliveries(),
		scheduler.WithLease(time.Second), scheduler.WithPoll(20*time.Millisecond), scheduler.WithConcurrency(16))
}

// plan schedules n posts, in turns on the channels, due at once.
func plan(t *testing.T, path, public string, n int, channels ...string) []string {
	t.Helper()
	db := open(t, path)
	s, err := newScheduler(db, public)
	if err != nil {
		t.Fatal(err)
	}
	ids := worktest.Plan(t, s, n, channels...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// startWorker starts a worker process and waits until it begins.
func startWorker(t *testing.T, path, public string) *worktest.Process {
	t.Helper()
	return worktest.Start(t, "SQLITESTORE_WORKER="+path, "SQLITESTORE_PUBLIC="+public).Await(t, "ready")
}

// Two processes share a file and the work in it. The public is a file that
// both append to.
func TestTwoProcessesShareTheWork(t *testing.T) {
	const n = 1000
	dir := t.TempDir()
	path, public := filepath.Join(dir, "smm.db"), filepath.Join(dir, "public.txt")
	ids := plan(t, path, public, n, worktest.Append)
	for _, w := range []*worktest.Process{startWorker(t, path, public), startWorker(t, path, public)} {
		w.Wait(t)
	}
	worktest.WantSharedFile(t, public, ids, 2)
	worktest.WantPublished(t, open(t, path).Deliveries(), n)
}

// A worker is killed again and again while it publishes to a platform in
// another process. Half of the posts go to a channel whose platform knows keys,
// half to one where a lost reply can only be settled by reading.
func TestKilledWhilePublishing(t *testing.T) {
	kills, n := 25, 900
	if testing.Short() {
		kills, n = 5, 200
	}
	public := worktest.NewPublic(t)
	path := filepath.Join(t.TempDir(), "smm.db")
	ids := plan(t, path, public.URL, n, "key", "read-back")

	begun := time.Now()
	inDoubt := make(map[string]bool)
	for range kills {
		w := startWorker(t, path, public.URL)
		pause := time.NewTimer(time.Duration(20+rand.IntN(130)) * time.Millisecond)
		<-pause.C
		w.Kill(t)
		committing(t, path, inDoubt)
	}
	startWorker(t, path, public.URL).Wait(t)
	worktest.WantPublished(t, open(t, path).Deliveries(), n)
	public.WantEachOnce(t, ids)
	t.Logf("%d kills, %d commits found interrupted, %d requests for %d posts, in %s", kills, len(inDoubt), public.Total(), n, time.Since(begun).Round(time.Millisecond))
	if len(inDoubt) == 0 {
		t.Error("no kill interrupted a commit: the test proves nothing")
	}
}

// committing notes the commits that a kill interrupted.
func committing(t *testing.T, path string, found map[string]bool) {
	t.Helper()
	db, err := sqlitestore.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, r := range worktest.Committing(t, db.Deliveries()) {
		found[fmt.Sprint(r.Delivery.ID, r.Delivery.Attempt.Intent)] = true
	}
}
