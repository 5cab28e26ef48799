package scheduler_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// world is a scheduler with a platform and a store, in a synctest bubble.
type world struct {
	t      *testing.T
	driver *schedulertest.Driver
	store  scheduler.Store
	s      *scheduler.Scheduler

	mu     sync.Mutex
	events []scheduler.Event
}

func newWorld(t *testing.T, driver *schedulertest.Driver, opts ...scheduler.Option) *world {
	t.Helper()
	w := &world{t: t, driver: driver, store: scheduler.NewMemory()}
	w.s = w.another(opts...)
	return w
}

// another returns one more scheduler on the same store, as another process.
func (w *world) another(opts ...scheduler.Option) *scheduler.Scheduler {
	w.t.Helper()
	client, err := smm.New([]smm.Driver{w.driver})
	w.ok(err)
	opts = append([]scheduler.Option{scheduler.WithEvents(w.record)}, opts...)
	s, err := scheduler.New(client, w.store, opts...)
	w.ok(err)
	return s
}

func (w *world) record(e scheduler.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// kinds returns the kinds of events so far, without progress.
func (w *world) kinds() []scheduler.EventKind {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []scheduler.EventKind
	for _, e := range w.events {
		if e.Kind != scheduler.EventProgress {
			out = append(out, e.Kind)
		}
	}
	return out
}

// start runs a scheduler until the function returned is called.
func (w *world) start(s *scheduler.Scheduler) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			w.t.Errorf("run: %v", err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("unexpected error: %v", err)
	}
}

func main() []smm.Ref { return []smm.Ref{schedulertest.Channel("main")} }

func (w *world) schedule(text string, after time.Duration, opts *scheduler.ScheduleOptions) []scheduler.Item {
	w.t.Helper()
	items, _, err := w.s.Schedule(w.t.Context(), &smm.Post{Text: text}, main(), time.Now().Add(after), opts)
	w.ok(err)
	return items
}

func (w *world) get(id string) *scheduler.Record {
	w.t.Helper()
	r, err := w.s.Get(w.t.Context(), "", id)
	w.ok(err)
	return r
}

func (w *world) wantPhase(id string, want smm.Phase) {
	w.t.Helper()
	if r := w.get(id); r.Delivery.Phase != want {
		w.t.Fatalf("phase %s, want %s; log:\n%s", r.Delivery.Phase, want, logOf(r))
	}
}

func logOf(r *scheduler.Record) string {
	s := ""
	for _, l := range r.Delivery.Log {
		s += fmt.Sprintf("%s %s %s %s\n", l.At.Format(time.TimeOnly), l.Phase, l.State, l.Note)
	}
	return s
}

// wantPublic checks the texts that the public saw, in any order and without
// duplicates.
func (w *world) wantPublic(want ...string) {
	w.t.Helper()
	var got []string
	for _, i := range w.driver.Ledger.Items() {
		got = append(got, i.Text)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Fatalf("the public saw %q, want %q", got, want)
	}
}
