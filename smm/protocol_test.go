package smm_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// action is one choice of the explorer.
type action struct {
	what   string
	worker int
	net    network
}

// network is what happens to a commit.
type network string

const (
	netFine      network = ""
	netLostReply network = "reply lost"       // took effect, no answer
	netLost      network = "request lost"     // no effect, no answer
	netLate      network = "late"             // no answer, may take effect later
	net5xx       network = "5xx after effect" // took effect, answered 500
	netRefused   network = "refused"          // no effect, answered no for good
	netThrottled network = "throttled"        // no effect, answered not now
	netNotSent   network = "not sent"
)

var netFaults = []network{netLostReply, netLost, netLate, net5xx, netRefused, netThrottled, netNotSent}

func (a action) String() string {
	s := a.what
	if a.worker >= 0 {
		s = fmt.Sprintf("w%d %s", a.worker, s)
	}
	if a.net != "" {
		s += " (" + string(a.net) + ")"
	}
	return s
}

// actions lists what may happen next.
func (w *world) actions() []action {
	var out []action
	for i, wk := range w.workers {
		switch {
		case wk.frozen:
			out = append(out, action{"thaw", i, netFine})
			continue
		case wk.at == doClaim:
			if w.claimable() { // crashing while idle changes nothing
				out = append(out, action{string(doClaim), i, netFine})
			}
			continue
		case wk.at == doCommit:
			out = append(out, action{string(doCommit), i, netFine})
			if w.left.Faults > 0 {
				for _, n := range netFaults {
					out = append(out, action{string(doCommit), i, n})
				}
			}
		default:
			out = append(out, action{string(wk.at), i, netFine})
		}
		if w.left.Crashes > 0 {
			out = append(out, action{"crash", i, netFine})
		}
		if w.left.Freezes > 0 {
			out = append(out, action{"freeze", i, netFine})
		}
	}
	for i := range w.flight {
		out = append(out, action{"arrive", i, netFine}, action{"vanish", i, netFine})
	}
	if w.left.Cancels > 0 && !w.store.phase.Final() {
		out = append(out, action{"cancel", -1, netFine})
	}
	if w.left.Freezes > 0 && w.claimable() && len(w.flight) == 0 {
		out = append(out, action{"oversleep", -1, netFine})
	}
	switch {
	case w.left.Restores > 0 && w.backup == nil && w.store.owner == 0 && !w.store.phase.Final():
		out = append(out, action{"backup", -1, netFine})
	case w.backup != nil && !w.back:
		out = append(out, action{"restore", -1, netFine})
		if len(w.flight) == 0 {
			out = append(out, action{"restore late", -1, netFine})
		}
	}
	if w.left.Ticks > 0 && w.timeMayPass() {
		out = append(out, action{"tick", -1, netFine})
	}
	return out
}

func (w *world) claimable() bool {
	r := w.store
	return !r.phase.Final() && r.phase != smm.PhaseHuman && !r.wake.After(w.now) && (r.owner == 0 || !w.now.Before(r.until))
}

// timeMayPass holds the clock while a request must still arrive or vanish, and
// while a worker has something to do: what takes long is frozen first.
func (w *world) timeMayPass() bool {
	for _, wk := range w.workers {
		if !wk.frozen && (wk.at != doClaim || w.claimable()) {
			return false
		}
	}
	for _, r := range w.flight {
		if !w.now.Before(r.latest) {
			return false
		}
	}
	return true
}

// step is one tick, or all of the time until something can happen if nothing
// else can until then.
func (w *world) step() time.Duration {
	frozen := w.workers[0].frozen || w.workers[1].frozen
	next := w.store.wake
	if w.store.owner != 0 && w.store.until.After(next) {
		next = w.store.until
	}
	step := tick
	for !frozen && len(w.flight) == 0 && step < next.Sub(w.now) {
		step += tick
	}
	return step
}

func (w *world) apply(a action) {
	switch a.what {
	case "tick":
		w.left.Ticks--
		w.now = w.now.Add(w.step())
		return
	case "oversleep":
		w.left.Freezes--
		w.now = w.now.Add(keyWindow)
		return
	case "freeze", "thaw":
		if wk := w.workers[a.worker]; a.what == "freeze" {
			w.left.Freezes--
			wk.frozen = true
		} else {
			wk.frozen = false
		}
		return
	case "arrive", "vanish":
		r := w.flight[a.worker]
		w.flight = append(w.flight[:a.worker:a.worker], w.flight[a.worker+1:]...)
		if a.what == "arrive" {
			w.arrive(r)
		}
		return
	case "backup":
		w.left.Restores--
		r := w.store
		w.backup, w.taken = &r, w.now
		return
	case "restore", "restore late":
		if a.what == "restore late" {
			w.now = w.now.Add(keyWindow)
		}
		w.restore()
		return
	case "cancel":
		w.left.Cancels--
		w.cancel()
		return
	case "crash":
		w.left.Crashes--
		w.workers[a.worker].stop()
		w.workers[a.worker] = w.start(a.worker)
		return
	}
	wk := w.workers[a.worker]
	w.perform(wk, a.net)
	wk.at, _ = wk.next()
}

// perform does what the worker is about to do.
func (w *world) perform(wk *worker, net network) {
	wk.outcome, wk.err = smm.Outcome{}, nil
	switch wk.at {
	case doClaim:
		w.store.epoch++
		w.store.owner, w.store.until = wk.id+1, w.now.Add(leaseTicks*tick)
		wk.d, wk.epoch, wk.until = w.load(), w.store.epoch, w.store.until
		if w.m.load != nil {
			w.m.load(wk.d)
		}
	case doSave:
		if w.store.epoch != wk.epoch && !w.m.noFence {
			wk.err = smm.ErrConflict
			return
		}
		if w.m.save != nil {
			w.m.save(wk.d)
		}
		if w.m.swallow == nil || !w.m.swallow(wk.d) {
			w.put(wk.d)
		}
	case doRelease:
		if w.store.epoch == wk.epoch {
			w.store.owner, w.store.until = 0, time.Time{}
		}
	case doCommit:
		w.commit(wk, net)
	case doSettle:
		wk.outcome = w.look(wk)
		if w.m.cachedRead {
			if wk.cached == nil {
				o := wk.outcome
				wk.cached = &o
			}
			wk.outcome = *wk.cached
		}
	}
}

func (w *world) commit(wk *worker, net network) {
	r := request{key: wk.prep.Key, handle: wk.prep.Handle, latest: wk.attempt.Deadline.Add(requestLife)}
	if !w.now.Before(wk.attempt.Deadline) && !w.m.ignoreDeadline {
		// The request's context has ended, so nothing is written.
		wk.outcome = smm.Outcome{State: smm.OutcomeNotSent}
		return
	}
	if net != netFine {
		w.left.Faults--
	}
	switch net {
	case netFine:
		wk.outcome = w.arrive(r)
	case netLostReply, net5xx:
		w.arrive(r)
	case netLost:
	case netLate:
		w.flight = append(w.flight, r)
	case netRefused:
		wk.outcome = smm.Outcome{State: smm.OutcomeRefused}
	case netThrottled:
		wk.outcome = smm.Outcome{State: smm.OutcomeRefused, Retry: true, Next: w.now.Add(tick)}
	case netNotSent:
		wk.outcome = smm.Outcome{State: smm.OutcomeNotSent}
	}
}

// cancel is a person cancelling through the store, fenced like anybody.
func (w *world) cancel() {
	d := w.load()
	if w.m.cancelAlways {
		d.Phase, d.Attempt = smm.PhaseCancelled, smm.Attempt{}
	} else if d.Cancel(w.now) != nil {
		return
	}
	w.put(d)
	w.store.epoch++
	w.store.owner = 0
}

// restore ends all processes and goes on from the backup, as
// scheduler.AfterRestore does.
func (w *world) restore() {
	w.back = true
	for i, wk := range w.workers {
		wk.stop()
		w.workers[i] = w.start(i)
	}
	w.store = *w.backup
	w.store.owner, w.store.until = 0, time.Time{}
	d := w.load()
	if w.m.restore != nil {
		w.m.restore(d, w.taken, w.now)
	} else if d.Restore(w.taken, w.now) != nil {
		return
	}
	w.put(d)
}

// violation names the broken promise of a state, or "".
func (w *world) violation() string {
	d := w.load()
	if err := d.Check(); err != nil {
		return err.Error()
	}
	switch {
	case len(w.items) > 1:
		return "duplicate"
	case d.Phase == smm.PhasePublished && len(w.items) == 0:
		return "published, yet nothing is public"
	case d.Phase.Final() && d.Phase != smm.PhasePublished && (len(w.items) > 0 || len(w.flight) > 0):
		return string(d.Phase) + " while public or on its way"
	}
	return ""
}

// stalls lets one worker finish in peace and reports if it cannot.
func (w *world) stalls() string {
	w.left.Ticks = 400
	for range 4000 {
		if w.store.phase.Final() {
			return w.violation()
		}
		if w.store.phase == smm.PhaseHuman {
			if w.class == smm.ClassKey || (w.class == smm.ClassHandle && !w.back) || (w.class == smm.ClassReadBack && w.back) {
				return "a person is asked, although the platform can tell"
			}
			return w.violation()
		}
		a := action{"tick", -1, netFine}
		for _, x := range w.actions() {
			if x.what == "arrive" || (x.net == netFine && x.what != "crash" && x.what != "cancel" && x.what != "tick" && x.what != "freeze" && x.what != "oversleep" && x.what != "vanish" && x.what != "backup" && x.what != "restore" && x.what != "restore late") {
				a = x
				break
			}
		}
		w.apply(a)
	}
	return "stalled in phase " + string(w.store.phase)
}

// explore visits every reachable state once and returns how many there are and
// the first violation with the way to it. The world cannot be copied, so a
// branch is reached by taking its way again.
func explore(class smm.Class, m mutant, b budgets) (states int, bad string) {
	return exploreAll(class, m, b, func(*world) {})
}

// exploreAll is explore that shows every state to visit.
func exploreAll(class smm.Class, m mutant, b budgets, visit func(*world)) (states int, bad string) {
	seen := make(map[string]struct{})
	todo := [][]action{nil}
	for len(todo) > 0 {
		path := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		w := newWorld(class, m, b)
		for _, a := range path {
			w.apply(a)
		}
		for {
			h := w.hash()
			if _, ok := seen[h]; ok {
				break
			}
			seen[h] = struct{}{}
			visit(w)
			if v := w.violation(); v != "" {
				w.close()
				return len(seen), v + " after " + way(path)
			}
			next := w.actions()
			if len(next) == 0 || w.left.Ticks == 0 {
				if v := w.stalls(); v != "" {
					w.close()
					return len(seen), v + " after " + way(path) + " and then in peace"
				}
				break
			}
			for _, a := range next[1:] {
				todo = append(todo, append(path[:len(path):len(path)], a))
			}
			path = append(path[:len(path):len(path)], next[0])
			w.apply(next[0])
		}
		w.close()
	}
	return len(seen), ""
}

func way(path []action) string {
	var steps []string
	for _, a := range path {
		steps = append(steps, a.String())
	}
	return fmt.Sprintf("%d steps: %s", len(path), strings.Join(steps, ", "))
}

var classes = []smm.Class{smm.ClassKey, smm.ClassHandle, smm.ClassReadBack, smm.ClassBlind}

// plans are the budgets explored: every pair of kinds of trouble together, and
// with SMMKIT_MODEL=deep the larger combinations too.
func plans() []budgets {
	switch {
	case testing.Short():
		return []budgets{{Faults: 1, Crashes: 1, Ticks: 12}, {Faults: 1, Freezes: 1, Ticks: 8}, {Restores: 1, Ticks: 14}}
	case os.Getenv("SMMKIT_MODEL") == "deep":
		return []budgets{
			{Faults: 1, Crashes: 1, Freezes: 1, Ticks: 14}, {Faults: 2, Freezes: 1, Ticks: 14},
			{Faults: 2, Crashes: 1, Restores: 1, Ticks: 18},
			{Faults: 3, Crashes: 2, Ticks: 18}, {Faults: 1, Crashes: 1, Freezes: 1, Cancels: 1, Ticks: 14},
		}
	}
	return []budgets{
		{Faults: 2, Crashes: 1, Ticks: 14}, {Faults: 1, Crashes: 2, Ticks: 14},
		{Faults: 1, Crashes: 1, Cancels: 1, Ticks: 14}, {Faults: 1, Freezes: 1, Cancels: 1, Ticks: 14},
		{Faults: 1, Restores: 1, Ticks: 18}, {Crashes: 1, Restores: 1, Ticks: 16},
	}
}

func TestProtocolHoldsInEveryReachableState(t *testing.T) {
	for _, class := range classes {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			start, total := time.Now(), 0
			for _, b := range plans() {
				states, bad := explore(class, mutant{}, b)
				if bad != "" {
					t.Fatalf("%+v: %s", b, bad)
				}
				if states < 50 {
					t.Fatalf("%+v: only %d states: the explorer does not explore", b, states)
				}
				total += states
			}
			t.Logf("%s: %d states in %s, no violation", class, total, time.Since(start).Round(time.Millisecond))
		})
	}
}
