package keep_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// scenario is how two processes come to renew at the same time.
type scenario struct {
	name   string
	idle   time.Duration // after which both come
	strict bool
	silent bool
	kill   bool // the platform ends the access token meanwhile
}

var scenarios = []scenario{
	{name: "the token is over", idle: life + time.Second},
	{name: "the token is over, and rotations end the one before", idle: life + time.Second, strict: true},
	{name: "the token should be renewed early", idle: life * 85 / 100},
	{name: "the token is refused", idle: life / 4, silent: true, kill: true},
}

type run struct {
	scenario
	grace, locks bool
	apart        time.Duration // how much later the second process comes
	at           int
	fault        fault
}

func (r run) String() string {
	return fmt.Sprintf("%s, grace %v, lease %v, %s apart, %s at step %d", r.name, r.grace, r.locks, r.apart, r.fault, r.at)
}

// play is one run. It returns the world as it ended.
func (r run) play() *world {
	i := newIssuer()
	i.grace, i.strict, i.silent = r.grace, r.strict, r.silent
	w := &world{issuer: i, store: smm.NewMemoryCredentials(), locks: r.locks, at: r.at, fault: r.fault}
	i.onBreak = func() { w.broken(r) }
	first := i.first()
	if _, err := w.store.Swap(context.Background(), "", account, 0, first); err != nil {
		w.complain("%v", err)
	}
	w.history(first)
	if r.kill {
		delete(i.ends, first.AccessToken.Reveal())
	}
	time.Sleep(r.idle)
	ps := []*process{w.process("a", 10*time.Millisecond), w.process("b", 13*time.Millisecond)}
	var wg sync.WaitGroup
	end := time.Now().Add(3*life + 30*time.Second)
	for n, p := range ps {
		wg.Go(func() {
			time.Sleep(time.Duration(n) * r.apart)
			p.work(end)
		})
	}
	wg.Wait()
	for _, p := range ps {
		p.judge()
	}
	return w
}

// work uses the account every half minute, and comes back a second after a crash.
func (p *process) work(end time.Time) {
	for time.Now().Before(end) {
		err := p.use()
		if p.ctx.Err() != nil {
			time.Sleep(time.Second)
			p.begin()
			continue
		}
		if p.last = err; smm.NeedsReconnect(err) {
			p.seen = append(p.seen, err)
		}
		time.Sleep(30 * time.Second)
	}
}

// broken is called when the issuer revokes the family.
func (w *world) broken(r run) {
	// The newest token is nowhere, or with a process that stood still.
	lost := frozen(r.fault) || r.fault == late || w.onAsk && (r.fault == failAfter || r.fault == crashAfter) || w.onSwap && r.fault == crashBefore
	c := w.stored()
	if r.grace || !lost || c.RefreshToken.Reveal() == fmt.Sprint("r", w.issuer.n) {
		w.complain("the family was revoked: r%d is the newest, %s is stored", w.issuer.n, c.RefreshToken.Reveal())
	}
}

// frozen: a process that stood still for longer than its lease saves an answer
// that the other one's question has made void.
func frozen(f fault) bool { return f == freezeBefore || f == freezeAfter }

// judge looks at how the process ended.
func (p *process) judge() {
	p.w.issuer.mu.Lock()
	revoked := p.w.issuer.revoked
	p.w.issuer.mu.Unlock()
	switch {
	case !revoked && p.last != nil:
		p.w.complain("%s ends without a token: %v", p.name, p.last)
	case !revoked && len(p.seen) > 0:
		p.w.complain("%s said that the account is disconnected, which it was not: %v", p.name, p.seen[0])
	case revoked && !smm.NeedsReconnect(p.last):
		p.w.complain("%s does not say that the account must be connected again: %v", p.name, p.last)
	case revoked && !frozen(p.w.fault) && !strings.Contains(p.last.Error(), "its answer was lost"):
		p.w.complain("%s does not say what happened: %v", p.name, p.last)
	}
}

// TestExplore tries every fault at every step, in every way that two processes
// meet.
func TestExplore(t *testing.T) {
	runs, revoked := 0, 0
	delays := []time.Duration{0, 5 * time.Millisecond, 40 * time.Millisecond, 90 * time.Millisecond}
	if testing.Short() {
		delays = delays[1:3]
	}
	for _, s := range scenarios {
		for _, grace := range []bool{true, false} {
			for _, locks := range []bool{true, false} {
				for _, apart := range delays {
					r := run{scenario: s, grace: grace, locks: locks, apart: apart}
					n := explore(t, r, &revoked)
					runs += n
				}
			}
		}
	}
	t.Logf("%d runs; in %d of them the account must be connected again: the answer was lost, and there is no grace", runs, revoked)
	if revoked == 0 {
		t.Error("no run lost an answer: the test proves nothing")
	}
}

// explore runs r with every fault at each of its first steps.
func explore(t *testing.T, r run, revoked *int) (runs int) {
	steps := tryRun(t, r, revoked)
	for at := 1; at <= min(steps, 30); at++ {
		for f := failBefore; f < faults; f++ {
			r.at, r.fault = at, f
			tryRun(t, r, revoked)
			runs++
		}
		if t.Failed() {
			break
		}
	}
	return runs + 1
}

func tryRun(t *testing.T, r run, revoked *int) (steps int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := r.play()
		steps = w.steps
		if w.issuer.revoked {
			*revoked++
		}
		for _, s := range w.wrong {
			t.Errorf("%s: %s\n%s", r, s, strings.Join(w.ops[:min(len(w.ops), 60)], " "))
			break
		}
	})
	return steps
}

// pass lets time go by in the bubble.
func pass(d time.Duration) { time.Sleep(d) }
