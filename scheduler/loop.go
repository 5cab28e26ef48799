package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// LoopOptions shape a Loop. The zero value means the defaults.
type LoopOptions struct {
	// Lease is how long a claim lasts without being renewed, and so how long
	// what a crashed process held stays untouched: default 30 s, at least 1 s.
	// It also bounds how long a platform may take to answer a commit, whose
	// deadline lies before the lease's end (see Scheduler).
	Lease time.Duration
	// Poll is how often the store is asked for records that other processes
	// inserted or gave back: default 1 s. What this process inserts is seen at
	// once.
	Poll time.Duration
	// Concurrency is how many records are worked on at once: default 64.
	Concurrency int
	// LaneLimit is that of the claims; see Claim. While something that is due
	// waits for its lane, the store cannot say when the next record is due, and is
	// asked every tenth of a second, or every Poll if that is shorter.
	LaneLimit int
	// Owner names this process in the store: default a random name.
	Owner string
	// Clock is the time; default smm.SystemClock.
	Clock smm.Clock
	// OnError, if not nil, is told of errors that the loop survives: a store
	// that fails for a moment, a handler that could not finish.
	OnError func(error)
}

// Loop is the embedded engine: it asks the store when the next record is due,
// sleeps until then, and claims what is due. Several loops, also in other
// processes, share the work of one store.
type Loop struct {
	store Store
	o     LoopOptions

	slots chan struct{} // one element for each record being worked on
	freed chan struct{} // signal: a slot was freed
	wg    sync.WaitGroup

	mu       sync.Mutex
	awaiting time.Time          // earliest Wake since the store was asked
	target   time.Time          // while asleep: until when
	wake     context.CancelFunc // while asleep: ends the sleep
	eager    bool               // look again whenever a record was worked on
	blocked  bool               // lanes may hold back what is due: the same

	stuck bool // the last round found that lanes hold back all that is due
}

const (
	minLease = time.Second
	// lanePoll is how long the loop rests at most while lanes hold something back.
	lanePoll = 100 * time.Millisecond
	// gatherFrom is the concurrency from which a full loop waits for several slots.
	gatherFrom = 32
)

// NewLoop returns a Loop over store.
func NewLoop(store Store, o LoopOptions) (*Loop, error) {
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Concurrency == 0 {
		o.Concurrency = 64
	}
	if o.Clock == nil {
		o.Clock = smm.SystemClock()
	}
	if o.Owner == "" {
		o.Owner = randomName()
	}
	switch {
	case store == nil:
		return nil, fmt.Errorf("%w: a loop needs a store", smm.ErrInvalid)
	case o.Lease < minLease || o.Lease > time.Hour:
		return nil, fmt.Errorf("%w: lease %s: want %s to 1h", smm.ErrInvalid, o.Lease, minLease)
	case o.Poll < time.Millisecond:
		return nil, fmt.Errorf("%w: poll interval %s: want at least 1ms", smm.ErrInvalid, o.Poll)
	case o.Concurrency < 1:
		return nil, fmt.Errorf("%w: concurrency %d: want at least 1", smm.ErrInvalid, o.Concurrency)
	case o.LaneLimit < 0:
		return nil, fmt.Errorf("%w: lane limit %d: want at least 0", smm.ErrInvalid, o.LaneLimit)
	}
	return &Loop{store: store, o: o, slots: make(chan struct{}, o.Concurrency), freed: make(chan struct{}, 1)}, nil
}

// Wake implements Engine.
func (l *Loop) Wake(_ context.Context, _ Key, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.awaiting.IsZero() || at.Before(l.awaiting) {
		l.awaiting = at
	}
	if l.wake != nil && at.Before(l.target) {
		l.wake()
	}
	return nil
}

// Run implements Engine. A Loop runs once at a time.
func (l *Loop) Run(ctx context.Context, h Handler) error { return l.run(ctx, h, nil) }

// RunUntilIdle runs until no record in the store is due within the horizon and
// nothing is in flight in this process. What another process holds counts as
// due when its lease ends.
func (l *Loop) RunUntilIdle(ctx context.Context, h Handler, horizon time.Duration) error {
	return l.run(ctx, h, func(next time.Time, ok bool) bool {
		return !ok || next.After(l.o.Clock.Now().Add(horizon))
	})
}

// run is the loop. idle, if not nil, says whether to end, given the next wake.
func (l *Loop) run(ctx context.Context, h Handler, idle func(time.Time, bool) bool) error {
	defer l.wg.Wait()
	l.mu.Lock()
	l.eager = idle != nil
	l.mu.Unlock()
	failures := 0
	for ctx.Err() == nil {
		l.forget()
		busy := len(l.slots) > 0
		next, ok, err := l.round(ctx, h)
		switch {
		case errors.Is(err, ErrClosed):
			return err
		case err != nil && ctx.Err() == nil:
			l.report(err)
			failures++
			_ = l.o.Clock.Sleep(ctx, min(l.o.Poll<<min(failures, 6), 30*time.Second)) // ctx is looked at next
			continue
		}
		failures = 0
		if idle != nil && !busy && idle(l.afterBlocked(ctx, next, ok)) {
			return nil
		}
		l.rest(ctx, next, ok)
	}
	return nil
}

// afterBlocked is when something is due that is not due already, if lanes hold
// back what is.
func (l *Loop) afterBlocked(ctx context.Context, next time.Time, ok bool) (time.Time, bool) {
	if !l.stuck {
		return next, ok
	}
	now := l.o.Clock.Now()
	var later time.Time
	for r, err := range l.store.List(ctx, Query{AllTenants: true}) {
		if err != nil {
			return next, ok // the next round sees it too
		}
		if due, has := r.Due(); has && due.After(now) && (later.IsZero() || due.Before(later)) {
			later = due
		}
	}
	return later, !later.IsZero()
}

// round claims what is due if a slot is free, and returns when to look again:
// when the next record is due; now, if there may be more at once; a little later
// if lanes hold back all that is due.
func (l *Loop) round(ctx context.Context, h Handler) (time.Time, bool, error) {
	l.stuck = false
	l.setBlocked(l.o.LaneLimit > 0) // before asking: what ends from now on may free a lane
	next, ok, err := l.store.NextWake(ctx)
	now := l.o.Clock.Now()
	if err != nil || !ok || next.After(now) {
		l.setBlocked(false)
		return next, ok, err
	}
	free := cap(l.slots) - len(l.slots)
	if free == 0 {
		return next, ok, nil
	}
	claim := Claim{Now: now, Lease: l.o.Lease, Owner: l.o.Owner, Limit: free, LaneLimit: l.o.LaneLimit}
	rs, err := l.store.Claim(ctx, claim)
	if err != nil {
		return next, ok, err
	}
	for _, r := range rs {
		l.slots <- struct{}{} // free by the count above: only this goroutine takes slots
		l.wg.Go(func() { l.handle(ctx, h, r) })
	}
	if l.stuck = len(rs) == 0 && l.o.LaneLimit > 0; l.stuck {
		return now.Add(min(lanePoll, l.o.Poll)), true, nil
	}
	return now, true, nil
}

func (l *Loop) setBlocked(b bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocked = b
}

func (l *Loop) handle(ctx context.Context, h Handler, r *Record) {
	again, err := h(ctx, r)
	<-l.slots
	select {
	case l.freed <- struct{}{}:
	default:
	}
	if err != nil {
		l.report(fmt.Errorf("scheduler: delivery %s: %w", r.Delivery.ID, err))
	}
	l.mu.Lock()
	if l.blocked || (again.IsZero() && l.eager) {
		again = l.o.Clock.Now()
	}
	l.mu.Unlock()
	if !again.IsZero() {
		_ = l.Wake(ctx, r.Key(), again) // never fails
	}
}

// rest waits until there may be something to do: a record is due, or one that
// is due finds a free slot, or the poll interval is over.
func (l *Loop) rest(ctx context.Context, next time.Time, ok bool) {
	now := l.o.Clock.Now()
	if ok && !next.After(now) {
		if len(l.slots) == cap(l.slots) {
			select {
			case <-l.freed:
				l.gather(ctx)
			case <-ctx.Done():
			}
		}
		return
	}
	until := now.Add(l.o.Poll)
	if ok && next.Before(until) {
		until = next
	}
	l.sleep(ctx, now, until)
}

// gather lets more slots come free before the next claim. Stores commit together
// what is saved together, so they do so many at a time, and a claim costs more than
// a record.
func (l *Loop) gather(ctx context.Context) {
	if cap(l.slots) >= gatherFrom && cap(l.slots)-len(l.slots) < cap(l.slots)/4 {
		_ = l.o.Clock.Sleep(ctx, time.Millisecond) // ctx is looked at next
	}
}

// sleep waits until the time given, or until Wake names an earlier one.
func (l *Loop) sleep(ctx context.Context, now, until time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.mu.Lock()
	if !l.awaiting.IsZero() && l.awaiting.Before(until) {
		until = l.awaiting
	}
	l.target, l.wake = until, cancel
	l.mu.Unlock()
	if until.After(now) {
		_ = l.o.Clock.Sleep(ctx, until.Sub(now)) // waking early is the purpose
	}
	l.mu.Lock()
	l.wake = nil
	l.mu.Unlock()
}

// forget drops the wake-ups so far: the store is about to be asked.
func (l *Loop) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.awaiting = time.Time{}
}

func (l *Loop) report(err error) {
	if l.o.OnError != nil {
		l.o.OnError(err)
	}
}

// Engine decides when records are claimed, and by whom. Whatever it does,
// nothing is sent twice: the store gives a record to one caller at a time, and
// the publishing protocol decides what may be done with it. An engine that
// wakes a record twice or too early costs a claim; one that forgets a record
// delays it, so a Run must in the end find every record that is due in the
// store, whether or not Wake was called for it.
type Engine interface {
	// Wake says that a record was inserted or changed and is due at the time
	// given. It may be called before Run, from any goroutine, and must not block
	// for long.
	Wake(ctx context.Context, key Key, at time.Time) error

	// Run claims due records and calls h for each, several at once, until ctx
	// ends; then it lets the calls in flight return, and returns nil. An error
	// means that it cannot go on at all.
	Run(ctx context.Context, h Handler) error
}

// Handler works on a record that was claimed a moment ago, as far as it gets
// now, and gives the lease back. It returns when the record is due again, zero
// if never or if that is not known. Errors are for the engine's log: the record
// is safe in the store and comes back.
//
// When ctx ends, the handler finishes the step in flight and returns.
type Handler func(ctx context.Context, r *Record) (again time.Time, err error)
