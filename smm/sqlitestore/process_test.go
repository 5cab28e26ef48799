package sqlitestore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// TestMain is also the processes that tests start and kill. That of this file
// is a scheduler on the store that publishes until nothing is left.
func TestMain(m *testing.M) {
	if path := os.Getenv("SQLITESTORE_INBOX"); path != "" {
		if err := workInbox(path, os.Getenv("SQLITESTORE_TASK")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv("SQLITESTORE_REFRESH"); path != "" {
		if err := workRefresh(path, os.Getenv("SQLITESTORE_PUBLIC"), os.Getenv("SQLITESTORE_TASK")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv("SQLITESTORE_QUOTA"); path != "" {
		if err := workQuota(path, os.Getenv("SQLITESTORE_PUBLIC")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv("SQLITESTORE_APPLY"); path != "" {
		if err := workApply(path, os.Getenv("SQLITESTORE_TASK")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv("SQLITESTORE_WORKER"); path != "" {
		if err := work(path, os.Getenv("SQLITESTORE_PUBLIC")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
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
	client, err := smm.New([]smm.Driver{remote{public}})
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
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// startWorker starts a worker process and waits until it begins.
func startWorker(t *testing.T, path, public string) *exec.Cmd {
	t.Helper()
	p := startProcess(t, "SQLITESTORE_WORKER="+path, "SQLITESTORE_PUBLIC="+public)
	p.wantReady(t)
	return p.cmd
}

// process is a process of ours that a test talks to.
type process struct {
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

// wantReady waits until the process has opened its file.
func (p process) wantReady(t *testing.T) {
	t.Helper()
	if line, err := p.out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the process said %q (%v)", line, err)
	}
}

func startProcess(t *testing.T, env ...string) process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return process{cmd, in, bufio.NewReader(stdout)}
}

// wantAllPublished checks the end of every delivery in the store.
func wantAllPublished(t *testing.T, path string, n int) {
	t.Helper()
	seen := 0
	for r, err := range open(t, path).Deliveries().List(t.Context(), scheduler.Query{}) {
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

// Two processes share a file and the work in it. The public is a file that
// both append to.
func TestTwoProcessesShareTheWork(t *testing.T) {
	const n = 1000
	dir := t.TempDir()
	path, public := filepath.Join(dir, "smm.db"), filepath.Join(dir, "public.txt")
	ids := plan(t, path, public, n, "append")
	workers := []*exec.Cmd{startWorker(t, path, public), startWorker(t, path, public)}
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
	wantAllPublished(t, path, n)
}

// A worker is killed again and again while it publishes to a platform in
// another process. Half of the posts go to a channel whose platform knows keys,
// half to one where a lost reply can only be settled by reading.
func TestKilledWhilePublishing(t *testing.T) {
	kills, n := 25, 900
	if testing.Short() {
		kills, n = 5, 200
	}
	public := newPublic(t)
	path := filepath.Join(t.TempDir(), "smm.db")
	ids := plan(t, path, public.url, n, "key", "read-back")

	begun := time.Now()
	inDoubt := make(map[string]bool)
	for k := range kills {
		w := startWorker(t, path, public.url)
		pause := time.NewTimer(time.Duration(20+rand.IntN(130)) * time.Millisecond)
		<-pause.C
		if err := w.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := w.Wait(); err == nil {
			t.Fatalf("kill %d came too late: nothing was left to do", k)
		}
		committing(t, path, inDoubt)
	}
	if err := startWorker(t, path, public.url).Wait(); err != nil {
		t.Fatal(err)
	}
	wantAllPublished(t, path, n)
	for _, id := range ids {
		if got := public.count(id); got != 1 {
			t.Errorf("%s is public %d times", id, got)
		}
	}
	t.Logf("%d kills, %d commits found interrupted, %d requests for %d posts, in %s", kills, len(inDoubt), public.total(), n, time.Since(begun).Round(time.Millisecond))
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
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{Phases: []smm.Phase{smm.PhaseCommitting}}) {
		if err != nil {
			t.Fatal(err)
		}
		found[fmt.Sprint(r.Delivery.ID, r.Delivery.Attempt.Intent)] = true
	}
}
