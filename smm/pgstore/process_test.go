package pgstore_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	client, err := smm.New([]smm.Driver{remote{public}})
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
	ids := make([]string, 0, n)
	for i := range n {
		ref := smm.Ref{Platform: remotePlatform, Kind: smm.KindChannel, ID: channels[i%len(channels)]}
		items, _, err := s.Enqueue(t.Context(), &smm.Post{Text: fmt.Sprint("post ", i)}, []smm.Ref{ref},
			&scheduler.ScheduleOptions{Policy: smm.Policy{CommitLimit: 700 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, items[0].ID)
	}
	return ids
}

// startWorker starts a process and waits for the line that says it has begun.
func startWorker(t *testing.T, url, schema, task, public, begun string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "PGSTORE_TASK="+task, "PGSTORE_DSN="+url, "PGSTORE_SCHEMA="+schema, "PGSTORE_PUBLIC="+public)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != begun+"\n" {
		t.Fatalf("the process said %q (%v), want %q", line, err, begun)
	}
	return cmd
}

// wantAllPublished checks the end of every delivery in the store.
func wantAllPublished(t *testing.T, db *pgstore.DB, n int) {
	t.Helper()
	seen := 0
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if d := &r.Delivery; d.Phase != smm.PhasePublished {
			t.Errorf("%s is %s: %+v", d.ID, d.Phase, d.Log)
		}
		seen++
	}
	if seen != n {
		t.Errorf("%d deliveries in the store, want %d", seen, n)
	}
}

// Two processes share the database and the work in it. The public is a file that
// both append to.
func TestTwoProcessesShareTheWork(t *testing.T) {
	const n = 1000
	s, schema := sharedURL(t), newSchema(t)
	db := open(t, schema)
	public := filepath.Join(t.TempDir(), "public.txt")
	ids := plan(t, db, public, n, "append")
	workers := []*exec.Cmd{
		startWorker(t, s, schema, "publish", public, "ready"),
		startWorker(t, s, schema, "publish", public, "ready"),
	}
	for _, w := range workers {
		if err := w.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	count, share := make(map[string]int), make(map[string]int)
	for line := range strings.Lines(string(b)) {
		id, pid, _ := strings.Cut(strings.TrimSpace(line), " ")
		count[id]++
		share[pid]++
	}
	for _, id := range ids {
		if count[id] != 1 {
			t.Errorf("%s was published %d times", id, count[id])
		}
	}
	if len(share) != 2 {
		t.Errorf("the work was not shared: %v", share)
	}
	t.Logf("shares of the work: %v", share)
	wantAllPublished(t, db, n)
}

// A worker is killed again and again while it publishes to a platform in another
// process.
func TestKilledWhilePublishing(t *testing.T) {
	kills, n := 12, 500
	if testing.Short() {
		kills, n = 4, 200
	}
	s, schema, public := sharedURL(t), newSchema(t), newPublic(t)
	db := open(t, schema)
	ids := plan(t, db, public.url, n, "key", "read-back")
	inDoubt := 0
	for k := range kills {
		w := startWorker(t, s, schema, "publish", public.url, "ready")
		wait(time.Duration(20+rand.IntN(130)) * time.Millisecond)
		if err := w.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := w.Wait(); err == nil {
			t.Fatalf("kill %d came too late: nothing was left to do", k)
		}
		inDoubt += committing(t, db)
	}
	if err := startWorker(t, s, schema, "publish", public.url, "ready").Wait(); err != nil {
		t.Fatal(err)
	}
	wantAllPublished(t, db, n)
	for _, id := range ids {
		if got := public.count(id); got != 1 {
			t.Errorf("%s is public %d times", id, got)
		}
	}
	t.Logf("%d kills, %d commits seen interrupted, %d requests for %d posts", kills, inDoubt, public.total(), n)
	if inDoubt == 0 {
		t.Error("no kill interrupted a commit: the test proves nothing")
	}
}

func committing(t *testing.T, db *pgstore.DB) (n int) {
	t.Helper()
	for _, err := range db.Deliveries().List(t.Context(), scheduler.Query{Phases: []smm.Phase{smm.PhaseCommitting}}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// What a process had claimed with a lease of a second when it was killed can be
// claimed by others a second later.
func TestKilledWorkerLosesItsLease(t *testing.T) {
	s, schema := sharedURL(t), newSchema(t)
	db := open(t, schema)
	fillUp(t, db.Deliveries(), 100, nil)
	w := startWorker(t, s, schema, "claim", "", "claimed 100")
	killed := time.Now()
	if err := w.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = w.Wait() // killed
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
