package ground

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// A Bug is a mistake that is made on purpose, to see whether an entry finds it. A nil
// field changes nothing.
type Bug struct {
	Store  func(scheduler.Store) scheduler.Store
	Driver func(smm.Driver) smm.Driver
}

// WorkerOptions shape a worker.
type WorkerOptions struct {
	Script Script        // nil: nothing befalls it
	Skew   time.Duration // of its clock
	Lease  time.Duration // default 30 s
	Bug    Bug
}

// Worker is a process: a scheduler with its client, drivers and connections. It is
// gone once it crashed.
type Worker struct {
	Scheduler *scheduler.Scheduler

	place     *Place
	o         WorkerOptions
	transport *http.Transport
	dead      atomic.Bool
	crashed   chan struct{}
	ctx       context.Context //nolint:containedctx // it is the worker's life
	cancel    context.CancelFunc
	done      sync.WaitGroup

	mu    sync.Mutex
	steps int
}

// NewWorker returns a worker that does not run yet. Stop it in the end.
func (p *Place) NewWorker(o WorkerOptions) (*Worker, error) {
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	w := &Worker{place: p, o: o, crashed: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.transport = &http.Transport{DialContext: w.dial, MaxIdleConnsPerHost: 8}
	clock := skewed{smm.SystemClock(), o.Skew}
	drivers := make([]smm.Driver, 0, len(p.stands))
	for _, s := range p.stands {
		if s.takenBy(drivers) {
			continue // one driver serves all servers of its platform
		}
		d, err := s.Platform.Driver(platform.DriverOptions{
			Credentials: credentials{p.credentials, w}, Clock: clock, Transport: roundTripper{w}, URL: s.Server.URL(),
		})
		if err != nil {
			return nil, err
		}
		if o.Bug.Driver != nil {
			d = o.Bug.Driver(d)
		}
		drivers = append(drivers, d)
	}
	client, err := smm.New(drivers, smm.WithClock(clock), smm.WithMediaStore(platform.Assets()))
	if err != nil {
		return nil, err
	}
	var store scheduler.Store = gate{p.Store, w}
	if o.Bug.Store != nil {
		store = o.Bug.Store(store)
	}
	w.Scheduler, err = scheduler.New(client, store, scheduler.WithClock(clock),
		scheduler.WithLease(o.Lease), scheduler.WithPoll(2*time.Second), scheduler.WithConcurrency(8))
	return w, err
}

// dial goes nowhere for the dead.
func (w *Worker) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if w.dead.Load() {
		return nil, errDead
	}
	if w.place.net == nil {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	return w.place.net.Dial(ctx, network, addr)
}

// Run works until the worker is stopped or crashes.
func (w *Worker) Run() {
	w.done.Go(func() { _ = w.Scheduler.Run(w.ctx) }) // a dead worker's store is closed
}

// Crash ends the worker as kill -9 would.
func (w *Worker) Crash() {
	if !w.dead.Swap(true) {
		close(w.crashed)
	}
	w.cancel()
}

// Crashed is closed when the worker has crashed.
func (w *Worker) Crashed() <-chan struct{} { return w.crashed }

// Dead reports whether it has.
func (w *Worker) Dead() bool { return w.dead.Load() }

// Steps returns how many steps there were.
func (w *Worker) Steps() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.steps
}

// Stop ends the worker in peace, if it lives, and waits until it is gone.
func (w *Worker) Stop() {
	w.cancel()
	w.done.Wait()
	w.transport.CloseIdleConnections()
}

// begin counts a step and says what befalls it.
func (w *Worker) begin(side Side, name string) Act {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	if w.o.Script == nil {
		return Act{}
	}
	return w.o.Script(Step{w.steps, side, name})
}

// do takes a step of the store.
func (w *Worker) do(name string, f func() error) error {
	if w.dead.Load() {
		return errDead
	}
	a := w.begin(Store, name)
	if a.Pause > 0 {
		Pause(a.Pause) // a store that hangs does not look at contexts
		if w.dead.Load() {
			return errDead
		}
	}
	switch {
	case a.CrashBefore:
		w.Crash()
		return errDead
	case a.FailBefore:
		return errTrouble
	}
	err := f()
	if a.CrashAfter {
		w.Crash()
	}
	switch {
	case w.dead.Load():
		return errDead
	case a.FailAfter:
		return errTrouble
	}
	return err
}

// roundTripper takes the steps on the network.
type roundTripper struct{ w *Worker }

// RoundTrip implements http.RoundTripper.
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	w := t.w
	if w.dead.Load() {
		return nil, errDead
	}
	a := w.begin(Net, r.Method+" "+r.URL.Path)
	if a.Pause > 0 {
		if err := smm.SystemClock().Sleep(r.Context(), a.Pause); err != nil {
			return nil, err
		}
	}
	if a.CrashBefore {
		w.Crash()
		return nil, errDead
	}
	if a.Fault != nil {
		w.place.World.Faults.Add(*a.Fault)
	}
	resp, err := w.send(r, &a)
	if a.CrashAfter {
		w.Crash()
	}
	if w.dead.Load() {
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, errDead
	}
	return resp, err
}

// send lets a request lie or go twice, where its platform has that.
func (w *Worker) send(r *http.Request, a *Act) (*http.Response, error) {
	request := r.Method + " " + r.URL.Path
	s := w.place.standOf(r.URL.Host)
	switch {
	case s == nil:
	case a.Lie && s.Platform.Lie != nil && s.Platform.Lie(s.Server, request):
		w.place.lies.Add(1)
	case a.Twice && s.Platform.Once != nil && s.Platform.Once(request) && !w.place.expiring():
		return w.twice(r, s.Platform.Unless)
	}
	return w.transport.RoundTrip(r)
}

// twice sends a request two times and gives back the second answer, unless there is
// something in it.
func (w *Worker) twice(r *http.Request, unless string) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close() // read to its end, or broken
		if err != nil {
			return nil, err
		}
	}
	first, err := w.copyOf(r, body)
	if err != nil || unless != "" && bytes.Contains(body, []byte(unless)) {
		return first, err
	}
	w.place.lies.Add(1)
	_, _ = io.Copy(io.Discard, first.Body) // nobody hears it
	_ = first.Body.Close()
	return w.copyOf(r, body)
}

// expiring reports whether a token may be refused: that would be the answer to the
// second of two copies, and not the refusal of what the vendor has had.
func (p *Place) expiring() bool {
	return slices.ContainsFunc(p.World.Faults.Active(), func(f sim.Fault) bool { return f.Kind == sim.Expire })
}

// copyOf sends a request with a body that was read.
func (w *Worker) copyOf(r *http.Request, body []byte) (*http.Response, error) {
	again := *r
	again.Body = io.NopCloser(bytes.NewReader(body))
	return w.transport.RoundTrip(&again)
}

// skewed is a clock that goes wrong by a fixed time.
type skewed struct {
	smm.Clock

	by time.Duration
}

// Now implements smm.Clock.
func (c skewed) Now() time.Time { return c.Clock.Now().Add(c.by) }
