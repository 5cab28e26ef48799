package riverengine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/riverqueue/river"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// wakeArgs are those of a job: the key of a record, and when the record is due. A
// queue knows a job by them, so that there is one for each record and time.
type wakeArgs struct {
	Tenant string    `json:"tenant,omitempty"` // escaped as in a URL: JSON in PostgreSQL takes less than a key may have
	ID     string    `json:"id"`               // likewise
	At     time.Time `json:"at"`
}

func newArgs(key scheduler.Key, at time.Time) wakeArgs {
	return wakeArgs{url.PathEscape(string(key.Tenant)), url.PathEscape(key.ID), scheduler.Micro(at)}
}

// key returns the record that a job is for; the error is that of a job which is
// none of ours.
func (a wakeArgs) key() (scheduler.Key, error) {
	tenant, err := url.PathUnescape(a.Tenant)
	id, errID := url.PathUnescape(a.ID)
	return scheduler.Key{Tenant: smm.Tenant(tenant), ID: id}, errors.Join(err, errID)
}

// Kind implements river.JobArgs.
func (wakeArgs) Kind() string { return "smmkit.wake" }

// worker claims the record of a job and works on it.
type worker struct {
	river.WorkerDefaults[wakeArgs]

	x *run
}

// errorPause is how long a job waits when the store could not be asked.
const errorPause = time.Second

// Work implements river.Worker. It returns no error that makes River try again:
// the record is due at its own time. ctx outlives the one that ends Run.
func (w *worker) Work(ctx context.Context, job *river.Job[wakeArgs]) error {
	x := w.x
	key, err := job.Args.key()
	switch {
	case err != nil:
		return river.JobCancel(fmt.Errorf("riverengine: not a job of this engine: %w", err))
	case x.ctx.Err() != nil:
		return river.JobSnooze(0) // another process takes it
	case job.Args.At.After(time.Now()):
		return river.JobSnooze(until(job.Args.At))
	}
	rs, err := x.claim(ctx, scheduler.Claim{Now: time.Now(), Lease: x.o.Lease, Limit: 1, Keys: []scheduler.Key{key}})
	if err != nil {
		x.report(fmt.Errorf("riverengine: claim %s: %w", key.ID, err))
		return river.JobSnooze(errorPause)
	}
	var due time.Time
	if len(rs) > 0 {
		due = x.handle(rs[0]) //nolint:contextcheck // handlers get the context of Run
	} else if due, err = x.passed(ctx, key); err != nil {
		x.report(fmt.Errorf("riverengine: read %s: %w", key.ID, err))
		return river.JobSnooze(errorPause)
	}
	if due.IsZero() {
		return nil
	}
	return x.comeAgain(ctx, job, key, due)
}

// claim claims what c asks for. It is not broken off when Run ends, because nobody
// would know of the leases until they run out.
func (x *run) claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), x.o.Lease)
	defer cancel()
	c.Owner, c.LaneLimit = x.owner, x.o.LaneLimit
	return x.store.Claim(ctx, c)
}

// passed says when a job shall come again for a record that could not be claimed;
// zero for never. Who holds it wakes it when he is done, the lane wakes it when it
// is its turn, and the sweeper finds it if they do not.
func (x *run) passed(ctx context.Context, key scheduler.Key) (time.Time, error) {
	r, err := x.store.Get(ctx, key)
	if err != nil {
		if errors.Is(err, scheduler.ErrNotFound) {
			err = nil
		}
		return time.Time{}, err
	}
	now := time.Now()
	if due, ok := r.Due(); ok && due.After(now) && !r.LeaseUntil.After(now) {
		return due, nil
	}
	return time.Time{}, nil
}

// comeAgain makes a job come for the record at the time given: this one if that is
// soon, or else a new one, which is known by its time.
func (x *run) comeAgain(ctx context.Context, job *river.Job[wakeArgs], key scheduler.Key, at time.Time) error {
	if left := until(at); left <= soon || scheduler.Micro(at).Equal(job.Args.At) {
		return river.JobSnooze(left)
	}
	if err := x.Wake(ctx, key, at); err != nil {
		x.report(err)
		return river.JobSnooze(until(at))
	}
	return nil
}

// afterLimit bounds what is asked of the store when a handler has returned.
const afterLimit = 5 * time.Second

// handle works on a claimed record and returns when a job shall come for it again,
// zero if none need.
func (x *run) handle(r *scheduler.Record) time.Time {
	again, err := x.handler(x.ctx, r)
	if err != nil {
		x.report(fmt.Errorf("riverengine: delivery %s: %w", r.Delivery.ID, err))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx), afterLimit)
	defer cancel()
	final := r.Delivery.Phase.Final()
	if r.Lane != "" && x.o.LaneLimit > 0 && (final || r.Delivery.Phase == smm.PhaseHuman) {
		x.report(x.wakeLane(ctx, r))
	}
	if !again.IsZero() || (final && err == nil) {
		return again
	}
	// Given back without a word, or in an unknown state.
	stored, err := x.store.Get(ctx, r.Key())
	if err != nil {
		return time.Time{} // for the sweeper
	}
	due, _ := stored.Due()
	return due
}

// wakeLane wakes what the end of r lets go: what stands next in its lane.
func (x *run) wakeLane(ctx context.Context, r *scheduler.Record) error {
	now := time.Now()
	q := scheduler.Query{
		Tenant: r.Delivery.Tenant, Channel: r.Delivery.Request.Channel, After: r.Position(), Limit: x.o.LaneLimit,
		Phases: []smm.Phase{smm.PhasePreparing, smm.PhaseReady, smm.PhaseCommitting, smm.PhaseSettling},
		Until:  now,
	}
	for next, err := range x.store.List(ctx, q) {
		if err != nil {
			return err
		}
		if due, ok := next.Due(); ok && !due.After(now) && next.Lane == r.Lane {
			if err := x.Wake(ctx, next.Key(), now); err != nil {
				return err
			}
		}
	}
	return nil
}

func until(t time.Time) time.Duration { return max(0, time.Until(t)) }
