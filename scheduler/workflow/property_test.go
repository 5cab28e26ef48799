package workflow_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

var histories = flag.Int("histories", 2000, "random histories of the property test")

// TestNothingUnapprovedIsSent is the promise of the package: at the instant at
// which anything is committed, its draft is approved for exactly that content and
// under no embargo. What is true is judged by the oracle, which knows nothing of
// the machine.
func TestNothingUnapprovedIsSent(t *testing.T) {
	n := *histories
	if testing.Short() || underRace {
		n = min(n, 500)
	}
	const parts = 4
	var (
		mu    sync.Mutex
		total tally
	)
	t.Run("histories", func(t *testing.T) {
		for part := range parts {
			t.Run(strconv.Itoa(part), func(t *testing.T) {
				t.Parallel()
				for seed := part; seed < n; seed += parts {
					synctest.Test(t, func(t *testing.T) {
						h := newHistory(t, uint64(seed))
						h.run(16)
						if len(h.oracle.wrong) > 0 {
							t.Fatalf("seed %d: %s\nhistory:\n%s", seed, h.oracle.wrong[0], strings.Join(h.lines, "\n"))
						}
						mu.Lock()
						total.add(h.tally)
						mu.Unlock()
					})
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	t.Logf("%d histories: %d actions went through, %d were refused, %d drafts scheduled, %d items sent, %d commits asked, %d held, %d crashes",
		n, total.done, total.refused, total.scheduled, total.sent, total.commits, total.held, total.crashes)
	if total.sent < n/4 || total.held < n/4 || total.crashes < n/4 || total.refused < n {
		t.Fatalf("the histories are too tame to show anything: %+v", total)
	}
}

type tally struct{ done, refused, scheduled, sent, commits, held, crashes int }

func (t *tally) add(u tally) {
	t.done += u.done
	t.refused += u.refused
	t.scheduled += u.scheduled
	t.sent += u.sent
	t.commits += u.commits
	t.held += u.held
	t.crashes += u.crashes
}

// errCrash is what a store gives when its process is cut off.
var errCrash = errors.New("the process was cut off")

// crashRows loses writes, before or after they happened.
type crashRows struct {
	workflow.Rows

	next    func() int // 0: fine, 1: cut off before, 2: cut off after
	written func(r *workflow.Row)
	down    func() bool // reads fail
}

func (c *crashRows) Put(ctx context.Context, r *workflow.Row) error {
	how := c.next()
	if how == 1 {
		return errCrash
	}
	if err := c.Rows.Put(ctx, r); err != nil {
		return err
	}
	c.written(r)
	if how == 2 {
		return errCrash
	}
	return nil
}

func (c *crashRows) Get(ctx context.Context, t smm.Tenant, id string) (*workflow.Row, error) {
	if c.down() {
		return nil, errCrash
	}
	return c.Rows.Get(ctx, t, id)
}

// bubble is the clock of a synctest bubble, which passes when everybody waits.
type bubble struct{ smm.Clock }

// Advance lets d pass.
func (b bubble) Advance(d time.Duration) { _ = b.Sleep(context.Background(), d) }

// history is one random history.
type history struct {
	t      *testing.T
	rnd    *rand.Rand
	clock  bubble
	driver *schedulertest.Driver
	store  *scheduler.Memory
	svc    *workflow.Service
	sched  *scheduler.Scheduler
	oracle *oracle
	tally  tally
	lines  []string
	drafts []string

	crash int  // how the next Put ends
	down  bool // the store of drafts cannot be read
	// pending is what the oracle learns if the write in hand happens.
	pending func()
}

func newHistory(t *testing.T, seed uint64) *history {
	h := &history{t: t, rnd: rand.New(rand.NewPCG(seed, 7)), clock: bubble{smm.SystemClock()}, store: scheduler.NewMemory(), drafts: []string{"one", "two"}}
	h.oracle = newOracle(h.clock)
	rows := &crashRows{
		Rows: workflow.NewMemoryRows(),
		next: func() int { c := h.crash; h.crash = 0; return c },
		down: func() bool { return h.down },
		written: func(*workflow.Row) {
			if h.pending != nil {
				h.pending()
				h.pending = nil
			}
		},
	}
	svc, err := workflow.New(rows, workflow.Options{Processes: workflow.Fixed(propertyProcess(seed)), Clock: h.clock})
	ok(t, err)
	h.svc = svc
	h.oracle.process = propertyProcess(seed)
	h.driver = &schedulertest.Driver{OnPrepare: h.onPrepare, OnCommit: h.onCommit}
	client, err := smm.New([]smm.Driver{driver{h.driver}}, smm.WithMediaStore(media{}))
	ok(t, err)
	h.sched, err = scheduler.New(client, h.store, scheduler.WithConcurrency(1),
		scheduler.WithGate(svc.Gate(workflow.GateOptions{})), scheduler.WithEvents(func(e scheduler.Event) {
			if e.Kind == scheduler.EventHeld {
				h.tally.held++
			}
		}))
	ok(t, err)
	return h
}

// propertyProcess alternates between one step and two with masks.
func propertyProcess(seed uint64) workflow.Process {
	p := workflow.Process{
		Stages: []workflow.Stage{{Name: "work"}, {Name: "review"}},
		Steps:  []workflow.Step{{Name: "boss", Roles: []string{"boss"}, Expiry: 2 * time.Hour}},
	}
	if seed%2 == 1 {
		p.Steps = []workflow.Step{
			{Name: "words", Roles: []string{"boss"}, Need: 2, Covers: workflow.FieldText},
			{Name: "rest", Roles: []string{"legal"}, Covers: workflow.FieldsAll &^ workflow.FieldText, Expiry: 3 * time.Hour},
		}
		p.InOrder = seed%4 == 1
	}
	return p
}

func (h *history) say(f string, args ...any) {
	h.lines = append(h.lines, h.clock.Now().UTC().Format("15:04:05.000 ")+fmt.Sprintf(f, args...))
}

// onPrepare does something between the two times at which the gate is asked.
func (h *history) onPrepare(context.Context, *smm.PublishRequest) error {
	switch h.rnd.IntN(6) {
	case 0:
		h.action()
	case 1:
		h.clock.Advance(time.Duration(h.rnd.IntN(40)) * time.Minute)
	case 2:
		if h.rnd.IntN(3) == 0 {
			return smm.ErrUnavailable
		}
	}
	return nil
}

func (h *history) onCommit(_ context.Context, r *smm.PublishRequest) schedulertest.Fault {
	h.tally.commits++
	h.oracle.check(r)
	switch h.rnd.IntN(8) {
	case 0:
		return schedulertest.FaultLostReply
	case 1:
		return schedulertest.FaultNotSent
	}
	return ""
}

// run is a history of some steps, and then what is due.
func (h *history) run(steps int) {
	for _, id := range h.drafts {
		content := own(id, h.content())
		d, err := h.svc.Create(context.Background(), "", h.person(), workflow.Item{ID: id, Content: content})
		ok(h.t, err)
		h.oracle.created(id, d.Authors[0], content)
		h.say("create %s by %s: %s", id, d.Authors[0], describe(&content))
	}
	for range steps {
		switch h.rnd.IntN(10) {
		case 0:
			h.clock.Advance([]time.Duration{time.Second, 10 * time.Minute, time.Hour, 2 * time.Hour}[h.rnd.IntN(4)])
		case 1, 2:
			h.publish()
		case 3, 4:
			h.onward()
		default:
			h.action()
		}
		if len(h.oracle.wrong) > 0 {
			return
		}
	}
	h.publish()
	h.clock.Advance(time.Hour)
	h.publish()
	h.tally.sent = len(h.driver.Ledger.Items())
}

// publish lets the scheduler do what is due, sometimes with a store of drafts that
// cannot be read, in which case nothing may pass either.
func (h *history) publish() {
	h.down = h.rnd.IntN(8) == 0
	h.say("publish what is due (drafts readable: %t)", !h.down)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := h.sched.RunUntilIdle(ctx, 0); err != nil {
		h.t.Fatalf("run: %v", err)
	}
	h.down = false
}
