package entry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// stepsBound is how long after its last fault a delivery may take: the lease of the
// dead, what a platform needs to settle, back-off, and two hours for posts that are
// handed to the server for two hours later.
const stepsBound = 3 * time.Hour

// afterwards is how long the judge waits for what is late.
const afterwards = 10 * time.Minute

// point is what befalls the first worker, by the number of its step.
type point map[int]ground.Act

// Steps crashes a worker before and after every write to a store and every request,
// and cuts every reply at every phase, for each form of each platform.
func Steps(t *testing.T, s *Size, bug string) *Result {
	t.Helper()
	begun := time.Now()
	r := &Result{Name: "steps", Title: "a crash, or a reply cut, at every step"}
	type job struct {
		p *platform.Platform
		f *platform.Form
	}
	var jobs []job
	for _, p := range s.platforms() {
		for i := range p.Forms {
			jobs = append(jobs, job{p, &p.Forms[i]})
		}
	}
	var all rows
	counts := make([][3]int, len(jobs))
	each(len(jobs), s.Workers, func(i int) {
		w := walk{t: t, s: s, p: jobs[i].p, f: jobs[i].f, bug: bugs[bug], all: &all}
		w.run(seeded(s.Seed, uint64(i)))
		counts[i] = w.counts
	})
	var writes, requests, pairs int
	for _, c := range counts {
		writes, requests, pairs = writes+c[0], requests+c[1], pairs+c[2]
	}
	r.Rows, r.Err, r.Took = all.rows, errors.Join(all.errs...), time.Since(begun)
	r.Facts = append(r.Facts, fmt.Sprintf("%d forms; their clean runs take %d store writes and %d requests; %d runs with two crashes",
		len(jobs), writes, requests, pairs))
	return r
}

// walk goes through the points of one form.
type walk struct {
	t      *testing.T
	s      *Size
	p      *platform.Platform
	f      *platform.Form
	bug    Bug
	all    *rows
	counts [3]int // store writes, requests, pairs
}

func (w *walk) run(rng *rand.Rand) {
	var clean []ground.Step
	w.try(func(st ground.Step) ground.Act {
		clean = append(clean, st)
		return ground.Act{}
	})
	n := 0
	for _, st := range clean {
		if st.Side == ground.Net {
			w.counts[1]++
		} else {
			w.counts[0]++
		}
		for _, a := range w.acts(st) {
			if n++; n%max(w.s.Steps, 1) == 0 {
				w.at(point{st.N: a})
			}
		}
	}
	for range w.s.Pairs {
		w.counts[2]++
		a, b := clean[rng.IntN(len(clean))], clean[rng.IntN(len(clean))]
		first, second := w.acts(a), w.acts(b)
		w.try2(point{a.N: first[rng.IntN(len(first))]}, point{b.N: second[rng.IntN(len(second))]})
	}
}

// acts are what befalls a step, one at a time.
func acts(side ground.Side) []ground.Act {
	if side == ground.Store {
		return []ground.Act{{CrashBefore: true}, {CrashAfter: true}, {FailBefore: true}, {FailAfter: true}}
	}
	out := []ground.Act{{CrashBefore: true}}
	for _, f := range []sim.Fault{
		{Kind: sim.CutBefore},            // sent, before its effect
		{Kind: sim.CutBody},              // while it is being sent
		{Kind: sim.DropReply},            // after its effect, before the reply
		{Kind: sim.CutReply, Bytes: 1},   // in the middle of the reply
		{Kind: sim.CutReply, Bytes: 150}, //
	} {
		out = append(out, ground.Act{Fault: &f, CrashAfter: true}, ground.Act{Fault: &f})
	}
	for _, f := range []sim.Fault{
		{Kind: sim.ErrorBefore, Status: 503}, {Kind: sim.ErrorAfter, Status: 502}, {Kind: sim.Garbage},
		{Kind: sim.Late, Delay: 45 * time.Second}, {Kind: sim.Throttle},
	} {
		out = append(out, ground.Act{Fault: &f})
	}
	return out
}

// acts are what befalls a step of the form, one at a time.
func (w *walk) acts(st ground.Step) []ground.Act {
	out := acts(st.Side)
	if st.Side == ground.Net && w.p.Once != nil && w.p.Once(st.Name) {
		out = append(out, ground.Act{Twice: true}, ground.Act{Twice: true, CrashAfter: true})
		if w.p.Lie != nil {
			out = append(out, ground.Act{Lie: true}, ground.Act{Lie: true, CrashAfter: true})
		}
	}
	return out
}

func (w *walk) at(p point) { w.try(func(st ground.Step) ground.Act { return p[st.N] }) }

// try runs the form once.
func (w *walk) try(script ground.Script) { w.attempt(script, nil) }

// try2 runs it with something for the worker that takes over, too.
func (w *walk) try2(a, b point) {
	w.attempt(func(st ground.Step) ground.Act { return a[st.N] }, func(st ground.Step) ground.Act { return b[st.N] })
}

func (w *walk) attempt(scripts ...ground.Script) {
	p := ground.Outside(w.p)
	defer p.CloseOutside()
	synctest.Test(w.t, func(t *testing.T) {
		struck := 0
		counted := make([]ground.Script, len(scripts))
		for i, f := range scripts {
			if f != nil {
				counted[i] = func(st ground.Step) ground.Act {
					a := f(st)
					if a != (ground.Act{}) {
						struck++
					}
					return a
				}
			}
		}
		err := w.live(t.Context(), p, counted)
		if err != nil {
			w.all.add(nil, fmt.Errorf("%s %s: %w", w.p.Name, w.f.Name, err))
			return
		}
		ground.Pause(afterwards)
		w.all.add(p.Judge(t.Context(), ground.Circumstances{Faults: struck}))
	})
}

// live plans a post and publishes it, with a new worker whenever one crashed.
func (w *walk) live(ctx context.Context, p *ground.Place, scripts []ground.Script) error {
	if err := p.Open(ctx, &scheduler.Memory{}, 1); err != nil {
		return err
	}
	defer p.Close()
	marks, planned := p.NewMarks(w.f.Marks()), false
	at := time.Now().Add(time.Minute)
	stand := p.Stands()[0]
	for life := 0; ; life++ {
		o := ground.WorkerOptions{Bug: w.bug.Bug}
		if life < len(scripts) {
			o.Script = scripts[life]
		}
		worker, err := p.NewWorker(o)
		if err != nil {
			return err
		}
		for tries := 0; !planned && !worker.Dead() && tries < 5; tries++ {
			err = p.Plan(ctx, worker, stand, stand.Scenes[0], w.f, marks, at, smm.Policy{})
			planned = err == nil
		}
		if !planned && !worker.Dead() {
			worker.Stop()
			return fmt.Errorf("plan: %w", err)
		}
		if planned {
			worker.Run()
			if err := awaitOrCrash(ctx, p, worker); err != nil {
				worker.Stop()
				return err
			}
		}
		worker.Stop()
		if !worker.Dead() {
			return nil
		}
	}
}

// awaitOrCrash waits until all is done, the worker is dead, or it takes too long.
func awaitOrCrash(ctx context.Context, p *ground.Place, w *ground.Worker) error {
	end := time.Now().Add(stepsBound)
	for pause := time.Second; !w.Dead() && time.Now().Before(end); pause = min(2*pause, 20*time.Second) {
		select {
		case <-w.Crashed():
			return nil
		case <-time.After(pause):
		}
		idle, err := p.Idle(ctx)
		if err != nil || idle {
			return err
		}
	}
	return nil
}
