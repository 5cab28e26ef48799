package riverengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// wakeArgs are those of a job: the key of a record.
type wakeArgs struct {
	Tenant smm.Tenant `json:"tenant,omitempty"`
	ID     string     `json:"id"`
}

// Kind implements river.JobArgs.
func (wakeArgs) Kind() string { return "smmkit.wake" }

// worker claims the record of a job and works on it.
type worker struct {
	river.WorkerDefaults[wakeArgs]

	e *Engine
}

// lanePause is how soon a record looks again that its lane holds back. The record
// before it wakes it as well, when it is done.
const lanePause = 2 * time.Second

// Work implements river.Worker. It never returns an error that makes River try
// again: the record is due again at its own time.
func (w *worker) Work(_ context.Context, job *river.Job[wakeArgs]) error {
	e := w.e
	ctx := e.running
	key := scheduler.Key{Tenant: job.Args.Tenant, ID: job.Args.ID}
	if ctx.Err() != nil {
		return river.JobSnooze(0) // another process takes it
	}
	rs, err := e.store.Claim(ctx, scheduler.Claim{
		Now: time.Now(), Lease: e.o.Lease, Owner: e.o.Owner, Limit: 1, Keys: []scheduler.Key{key}, LaneLimit: e.o.LaneLimit,
	})
	if err != nil {
		e.report(fmt.Errorf("riverengine: claim %s: %w", key.ID, err))
		return river.JobSnooze(time.Second)
	}
	if len(rs) == 0 {
		return e.passed(ctx, key)
	}
	if again := e.handle(ctx, rs[0]); !again.IsZero() {
		return river.JobSnooze(until(again))
	}
	return nil
}

// passed says what becomes of a job whose record could not be claimed.
func (e *Engine) passed(ctx context.Context, key scheduler.Key) error {
	r, err := e.store.Get(ctx, key)
	switch {
	case errors.Is(err, scheduler.ErrNotFound):
		return nil
	case err != nil:
		e.report(fmt.Errorf("riverengine: read %s: %w", key.ID, err))
		return river.JobSnooze(time.Second)
	}
	due, ok := r.Due()
	switch {
	case !ok:
		return nil
	case due.After(time.Now()):
		return river.JobSnooze(until(due))
	}
	return river.JobSnooze(lanePause)
}

// handle works on a claimed record and returns when a job shall come for it again,
// zero if none need.
func (e *Engine) handle(ctx context.Context, r *scheduler.Record) time.Time {
	key := r.Key()
	again, err := e.handler(ctx, r)
	if err != nil {
		e.report(fmt.Errorf("riverengine: delivery %s: %w", key.ID, err))
	}
	after := context.WithoutCancel(ctx)
	if r.Lane != "" && e.o.LaneLimit > 0 && (r.Delivery.Phase.Final() || r.Delivery.Phase == smm.PhaseHuman) {
		e.report(e.wakeLane(after, r))
	}
	if !again.IsZero() || err == nil {
		return again
	}
	stored, err := e.store.Get(after, key)
	if err != nil {
		return time.Now().Add(e.o.Lease) // by then the lease is over, whatever happened
	}
	due, _ := stored.Due()
	return due
}

// wakeLane wakes what the end of r lets go.
func (e *Engine) wakeLane(ctx context.Context, r *scheduler.Record) error {
	now := time.Now()
	q := scheduler.Query{
		Tenant: r.Delivery.Tenant, Channel: r.Delivery.Request.Channel, Limit: e.o.LaneLimit,
		Phases: []smm.Phase{smm.PhasePreparing, smm.PhaseReady, smm.PhaseCommitting, smm.PhaseSettling},
		Until:  now,
	}
	for next, err := range e.store.List(ctx, q) {
		if err != nil {
			return err
		}
		if due, ok := next.Due(); ok && !due.After(now) && next.Lane == r.Lane {
			if err := e.Wake(ctx, next.Key(), now); err != nil {
				return err
			}
		}
	}
	return nil
}

func until(t time.Time) time.Duration { return max(0, time.Until(t)) }
