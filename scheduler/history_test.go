package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// TestHistories runs random histories of a host that plans, freezes, releases,
// edits, moves, cancels and resolves, while one to three processes publish and are
// killed: nothing frozen is sent but what the freeze reported as in flight, and
// in the end nothing is lost, doubled or stuck.
func TestHistories(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 200
	}
	var totals historyTotals
	for seed := range n {
		synctest.Test(t, func(t *testing.T) { newHistory(t, uint64(seed), &totals).run() })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d histories: %+v", n, totals)
	if totals.Kills < n || totals.Frozen < n || totals.InFlight < n/20 || totals.Public < 4*n || totals.HeldReady < n/100 {
		t.Errorf("the histories are too tame: %+v", totals)
	}
}

type historyTotals struct{ Kills, Frozen, InFlight, Public, Edited, Moved, HeldReady int }

type history struct {
	*world

	rng    *lockedRand
	totals *historyTotals
	ids    []string

	mu       sync.Mutex
	frozen   []scheduler.Freeze
	reported map[string]time.Time // in flight when frozen: one request of each may still come, soon
}

type lockedRand struct {
	mu sync.Mutex
	r  *rand.Rand
}

func (l *lockedRand) n(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.IntN(n)
}

func newHistory(t *testing.T, seed uint64, totals *historyTotals) *history {
	h := &history{rng: &lockedRand{r: rand.New(rand.NewPCG(seed, 7))}, totals: totals, reported: make(map[string]time.Time)}
	classes := []smm.Class{smm.ClassKey, smm.ClassHandle, smm.ClassReadBack}
	d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: classes[h.rng.n(3)]}}
	d.OnCommit = h.commit
	h.world = newWorld(t, d, scheduler.WithOrder())
	return h
}

// commit is a request that reaches the platform.
func (h *history) commit(ctx context.Context, r *smm.PublishRequest) schedulertest.Fault {
	h.mu.Lock()
	rec := &scheduler.Record{Delivery: smm.Delivery{Tenant: r.Tenant, Request: *r}}
	for _, f := range h.frozen {
		if f.Match(rec, time.Now()) {
			if time.Since(h.reported[r.ID]) > time.Second {
				h.t.Errorf("%s is sent although %s froze it", r.Post.Text, f.ID)
			}
			delete(h.reported, r.ID)
			break
		}
	}
	h.mu.Unlock()
	_ = smm.SystemClock().Sleep(ctx, time.Duration(h.rng.n(3000))*time.Millisecond)
	switch h.rng.n(12) {
	case 0:
		return schedulertest.FaultNotSent
	case 1, 2:
		return schedulertest.FaultLostReply
	case 3:
		return schedulertest.FaultRefused
	}
	return ""
}

// mortal is the store as one process has it, which takes its time, until the
// process is killed.
type mortal struct {
	scheduler.Store

	h    *history
	dead atomic.Bool
}

func (m *mortal) call(ctx context.Context) error {
	if m.h.rng.n(3) == 0 {
		_ = smm.SystemClock().Sleep(ctx, time.Duration(m.h.rng.n(400))*time.Millisecond)
	}
	if m.dead.Load() {
		return scheduler.ErrClosed
	}
	return nil
}

func (m *mortal) NextWake(ctx context.Context) (time.Time, bool, error) {
	if m.dead.Load() {
		return time.Time{}, false, scheduler.ErrClosed
	}
	return m.Store.NextWake(ctx)
}

func (m *mortal) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	if err := m.call(ctx); err != nil {
		return nil, err
	}
	return m.Store.Claim(ctx, c)
}

func (m *mortal) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if err := m.call(ctx); err != nil {
		return err
	}
	if err := m.Store.Save(ctx, r, now); err != nil {
		return err
	}
	return m.call(ctx) // killed between the write and its answer
}

func (m *mortal) Renew(ctx context.Context, l scheduler.Lease) error {
	if m.dead.Load() {
		return scheduler.ErrClosed
	}
	return m.Store.Renew(ctx, l)
}

func (m *mortal) Freezes(ctx context.Context, t smm.Tenant) ([]scheduler.Freeze, error) {
	if err := m.call(ctx); err != nil {
		return nil, err
	}
	return m.Store.Freezes(ctx, t)
}

// worker starts a process that publishes, and returns how to kill it.
func (h *history) worker() (kill func()) {
	m := &mortal{Store: h.store, h: h}
	client, err := smm.New([]smm.Driver{h.driver})
	h.ok(err)
	s, err := scheduler.New(client, m, scheduler.WithOrder(), scheduler.WithPoll(5*time.Second), scheduler.WithLease(10*time.Second), scheduler.WithEvents(h.record))
	h.ok(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(context.Background()) // ends when it is killed
	}()
	return func() {
		m.dead.Store(true)
		<-done
	}
}

func (h *history) run() {
	kills := make([]func(), 1+h.rng.n(3))
	for i := range kills {
		kills[i] = h.worker()
	}
	for range 40 {
		h.act()
		time.Sleep(time.Duration(h.rng.n(15_000)) * time.Millisecond)
		if h.rng.n(8) == 0 {
			i := h.rng.n(len(kills))
			kills[i]()
			kills[i] = h.worker()
			h.totals.Kills++
		}
	}
	for _, kill := range kills {
		kill()
	}
	for len(h.frozen) > 0 {
		h.release()
	}
	h.ok(h.s.RunUntilIdle(h.t.Context(), 30*time.Hour))
	h.judge()
}

// act does one thing that a host does.
func (h *history) act() {
	ctx, after := h.t.Context(), time.Duration(h.rng.n(90))*time.Second
	id := ""
	if len(h.ids) > 0 {
		id = h.ids[h.rng.n(len(h.ids))]
	}
	var err error
	switch h.rng.n(12) {
	default:
		post := &smm.Post{Text: fmt.Sprint("post ", len(h.ids)), Labels: smm.Labels{Brand: []string{"a", "b"}[h.rng.n(2)]}}
		if h.rng.n(4) == 0 {
			post.Thread = []smm.Post{{Text: post.Text + " goes on"}}
		}
		channels := []smm.Ref{schedulertest.Channel("x"), schedulertest.Channel("y")}[h.rng.n(2):]
		var items []scheduler.Item
		items, _, err = h.s.Schedule(ctx, post, channels, time.Now().Add(after), &scheduler.ScheduleOptions{Slot: fmt.Sprint(h.rng.n(100))})
		for _, it := range items {
			h.ids = append(h.ids, it.ID)
		}
	case 6, 7:
		h.freeze()
	case 8:
		if len(h.frozen) > 0 {
			h.release()
		}
	case 9:
		if _, _, err = h.s.Edit(ctx, "", id, &smm.Post{Text: fmt.Sprint("edited ", h.rng.n(1000))}, nil); err == nil {
			h.totals.Edited++
		}
	case 10:
		if _, err = h.s.Reschedule(ctx, "", id, time.Now().Add(after), nil); err == nil {
			h.totals.Moved++
		}
	case 11:
		switch h.rng.n(3) {
		case 0:
			_, err = h.s.Cancel(ctx, "", id)
		case 1:
			err = h.s.Requeue(ctx, "", id, time.Now().Add(after), 0)
		case 2:
			answer := smm.Resolution{SendAgain: true}
			for _, it := range h.driver.Ledger.Items() { // a person looks before answering
				if of, _, _ := strings.Cut(it.ID, "."); of == id {
					answer = smm.Resolution{Live: schedulertest.Channel("x").WithKind(smm.KindPost, it.ID)}
				}
			}
			err = h.s.Resolve(ctx, "", id, answer)
		}
	}
	for _, fine := range []error{nil, smm.ErrConflict, smm.ErrNotFound, smm.ErrInvalid} {
		if errors.Is(err, fine) {
			return
		}
	}
	h.t.Errorf("%v", err)
}

func (h *history) freeze() {
	f := scheduler.Freeze{ID: fmt.Sprint(h.rng.n(3))}
	switch h.rng.n(3) {
	case 0:
		f.Labels.Brand = "a"
	case 1:
		f.Channel = schedulertest.Channel("x")
	}
	h.mu.Lock()
	h.frozen = slices.DeleteFunc(h.frozen, func(g scheduler.Freeze) bool { return g.ID == f.ID }) // replaced from now on
	h.mu.Unlock()
	rep, err := h.s.Freeze(h.t.Context(), f)
	h.ok(err)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frozen = append(h.frozen, f)
	for _, it := range rep.InFlight {
		h.reported[it.ID] = time.Now()
	}
	h.totals.Frozen++
	h.totals.InFlight += len(rep.InFlight)
}

func (h *history) release() {
	h.mu.Lock()
	f := h.frozen[0]
	h.frozen = h.frozen[1:]
	h.mu.Unlock()
	_, err := h.s.Release(h.t.Context(), "", f.ID, scheduler.ReleaseOptions{Late: []scheduler.Late{scheduler.LateSend, scheduler.LateCancel}[h.rng.n(2)]})
	h.ok(err)
}

// judge looks at the end of all.
func (h *history) judge() {
	public := make(map[string][]string)
	for _, it := range h.driver.Ledger.Items() {
		id, _, _ := strings.Cut(it.ID, ".")
		public[id] = append(public[id], it.Text)
	}
	for r, err := range h.s.List(h.t.Context(), scheduler.Query{}) {
		h.ok(err)
		d := &r.Delivery
		got := public[d.ID]
		delete(public, d.ID)
		want := []string{d.Request.Post.Text}
		if d.Phase != smm.PhasePublished {
			want = nil
		}
		if !d.Phase.Final() || !slices.Equal(got, want) || r.Held != "" {
			h.t.Errorf("%s is %s, held %q, and the public saw %q; log:\n%s", d.Request.Post.Text, d.Phase, r.Held, got, logOf(r))
		}
		h.totals.Public += len(got)
		if slices.ContainsFunc(d.Log, func(l smm.LogLine) bool { return l.Phase == smm.PhaseReady && strings.HasPrefix(l.Note, "held") }) {
			h.totals.HeldReady++
		}
	}
	if len(public) > 0 {
		h.t.Errorf("nobody planned %v", public)
	}
}
