package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // for machines without a database

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// world is a scheduler on a store in memory, with a clock that is moved.
type world struct {
	t      *testing.T
	clock  *sim.Clock
	driver *schedulertest.Driver
	store  scheduler.Store
	s      *scheduler.Scheduler
	m      *Manager
	posts  int
}

func newWorld(t *testing.T, now string, opts ...scheduler.Option) *world {
	t.Helper()
	w := &world{t: t, clock: sim.NewClock(at(now), true), store: scheduler.NewMemory()}
	w.driver = &schedulertest.Driver{Clock: w.clock}
	client, err := smm.New([]smm.Driver{w.driver}, smm.WithClock(w.clock))
	w.ok(err)
	w.s, err = scheduler.New(client, w.store, append(opts, scheduler.WithClock(w.clock))...)
	w.ok(err)
	w.m, err = New(w.s, w.store, WithClock(w.clock))
	w.ok(err)
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("unexpected error: %v", err)
	}
}

// at reads an instant such as 2026-03-02T09:00Z.
func at(s string) time.Time {
	t, _, err := civil.ParseInstant(s, civil.Zone{})
	if err != nil {
		panic(err)
	}
	return t
}

func zone(t testing.TB, name string) civil.Zone {
	t.Helper()
	z, err := civil.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func times(t testing.TB, texts ...string) []Weekly {
	t.Helper()
	var out []Weekly
	for _, s := range texts {
		w, err := ParseWeekly(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, w)
	}
	return out
}

func main() smm.Ref { return schedulertest.Channel("main") }

// berlin is a queue on one channel.
func berlin(t testing.TB, texts ...string) *Queue {
	t.Helper()
	return &Queue{Name: "tips", Zone: zone(t, "Europe/Berlin"), Channels: []smm.Ref{main()}, Times: times(t, texts...)}
}

// add adds a new post, and returns the delivery on the queue's first channel.
func (w *world) add(q *Queue) scheduler.Item {
	w.t.Helper()
	w.posts++
	items, _, err := w.m.Add(w.t.Context(), q, &smm.Post{Text: fmt.Sprintf("post %d", w.posts)}, nil)
	w.ok(err)
	return items[0]
}

// plan writes what is planned on the main channel, in order: "1@02T08:00" is post
// 1 on the 2nd.
func (w *world) plan(q *Queue) string {
	w.t.Helper()
	var out []string
	for r, err := range w.store.List(w.t.Context(), scheduler.Query{Tenant: q.Tenant, Channel: main(), Phases: openPhases}) {
		w.ok(err)
		if r.Delivery.Parent == "" {
			out = append(out, strings.TrimPrefix(r.Delivery.Request.Post.Text, "post ")+"@"+r.NotBefore.Format("02T15:04"))
			if !r.Delivery.Wake.Equal(r.NotBefore) {
				w.t.Errorf("%s wakes at %s", r.Delivery.ID, r.Delivery.Wake)
			}
		}
	}
	return strings.Join(out, " ")
}

func starts(slots []Slot) string {
	var out []string
	for _, s := range slots {
		out = append(out, s.Start.Format("02T15:04"))
	}
	return strings.Join(out, " ")
}

func (w *world) wantPlan(q *Queue, want string) {
	w.t.Helper()
	if got := w.plan(q); got != want {
		w.t.Fatalf("planned %s, want %s", got, want)
	}
}

func wantErr(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: %v, want %v", what, err, target)
	}
}
