package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// RestoreOptions say what AfterRestore works on.
type RestoreOptions struct {
	// AsOf is when the backup was taken; rather earlier than later, if in doubt.
	AsOf       time.Time
	Tenant     smm.Tenant
	AllTenants bool
}

// RestoreReport says what AfterRestore did.
type RestoreReport struct {
	Looked   int // records that are not final
	Restored int // of these, put in doubt
	Already  int // of these, put in doubt by an earlier call
	People   int // of these, left to people: in doubt before, or manual tasks
}

// AfterRestore makes a store that was restored from a backup safe to run on:
// deliveries that the lost time may have sent start in doubt, and are settled as
// their platforms allow before anything is sent again; see smm.Delivery.Restore.
// Parts that wait for such a delivery are put in doubt as well.
//
// Call it after every process that worked on the lost store has ended, and before
// Run. It may be repeated, as after a crash: what is in doubt already stays as it
// is. The error matches smm.ErrInvalid if AsOf is missing or in the future.
func (s *Scheduler) AfterRestore(ctx context.Context, o RestoreOptions) (RestoreReport, error) {
	now := s.clock.Now()
	if o.AsOf.IsZero() || o.AsOf.After(now) {
		return RestoreReport{}, fmt.Errorf("%w: restore: AsOf must say when the backup was taken", smm.ErrInvalid)
	}
	run := restoreRun{s: s, o: o, now: now, doubted: make(map[Key]bool)}
	q := Query{Tenant: o.Tenant, AllTenants: o.AllTenants, Limit: restorePage, Phases: []smm.Phase{
		smm.PhaseWaiting, smm.PhasePreparing, smm.PhaseReady, smm.PhaseCommitting, smm.PhaseSettling, smm.PhaseHuman, smm.PhaseManual,
	}}
	for {
		n := 0
		for r, err := range s.store.List(ctx, q) {
			if err != nil {
				return run.rep, err
			}
			n, q.After = n+1, r.Position()
			run.rep.Looked++
			if err := run.look(ctx, r); err != nil {
				return run.rep, err
			}
		}
		if n < restorePage {
			return run.rep, run.parts(ctx)
		}
	}
}

const restorePage = 500

// restoreRun is one call of AfterRestore.
type restoreRun struct {
	s       *Scheduler
	o       RestoreOptions
	now     time.Time
	rep     RestoreReport
	doubted map[Key]bool
	waiting []Key // for their parents, and not woken before now
	parents []Key // of waiting
}

func (run *restoreRun) look(ctx context.Context, r *Record) error {
	d := &r.Delivery
	switch {
	case d.Phase == smm.PhaseHuman || d.Phase == smm.PhaseManual:
		run.rep.People++
		return nil
	case !d.Restored.IsZero() && !run.o.AsOf.Before(d.Restored):
		run.rep.Already++
		run.doubted[r.Key()] = true
		return nil
	case d.Phase == smm.PhaseWaiting && d.Wake.After(run.now):
		if !r.NotBefore.After(run.now) { // else it was not sent, whatever became of its parent
			run.waiting = append(run.waiting, r.Key())
			run.parents = append(run.parents, Key{d.Tenant, d.Parent})
		}
		return nil
	}
	return run.doubt(ctx, r.Key())
}

// doubt puts one record in doubt, if the lost time may have changed it.
func (run *restoreRun) doubt(ctx context.Context, key Key) error {
	_, err := run.s.update(ctx, key, func(r *Record, now time.Time) error {
		r.LeaseUntil = time.Time{} // of a process that is no more
		if err := r.Delivery.Restore(run.o.AsOf, now); err != nil {
			return errNothingToDo // not due
		}
		return nil
	})
	switch {
	case errors.Is(err, errNothingToDo):
		return nil
	case err != nil:
		return fmt.Errorf("scheduler: restore delivery %s: %w", key.ID, err)
	}
	run.rep.Restored++
	run.doubted[key] = true
	return nil
}

// parts puts in doubt what waits for deliveries in doubt, part after part.
func (run *restoreRun) parts(ctx context.Context) error {
	for again := true; again; {
		again = false
		for i, key := range run.waiting {
			if run.doubted[key] || !run.doubted[run.parents[i]] {
				continue
			}
			if err := run.doubt(ctx, key); err != nil {
				return err
			}
			again = again || run.doubted[key]
		}
	}
	return nil
}
