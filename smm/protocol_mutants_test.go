package smm_test

import (
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// mutant is a protocol with a bug. The bug sits between the production code
// and its surroundings, so that the code under test stays as it is.
type mutant struct {
	noFence        bool                          // the store takes writes of anybody
	ignoreDeadline bool                          // a frozen worker sends after its time
	cachedRead     bool                          // settling trusts an earlier read
	cancelAlways   bool                          // cancelling asks nobody
	swallow        func(*smm.Delivery) bool      // a save that never reaches the disk
	save           func(*smm.Delivery)           // what is saved is changed
	load           func(*smm.Delivery)           // what is loaded is changed
	answer         func(smm.Outcome) smm.Outcome // the driver misreads an answer
	guarantee      func(*smm.Guarantee)          // the driver promises too much
	baseline       bool                          // a driver takes what it sees after a restore for the state before
	restore        func(d *smm.Delivery, asOf, now time.Time)
}

func TestCheckerCatchesMutants(t *testing.T) {
	// From cheap to dear: most bugs need little trouble to show.
	plans := []budgets{
		{Faults: 1, Crashes: 1, Cancels: 1, Ticks: 16}, {Faults: 2, Ticks: 16},
		{Restores: 1, Ticks: 18}, {Faults: 1, Restores: 1, Ticks: 16},
		{Faults: 1, Freezes: 1, Ticks: 16}, {Crashes: 1, Freezes: 1, Ticks: 16}, {Faults: 1, Crashes: 1, Freezes: 1, Ticks: 16},
	}
	if testing.Short() {
		plans = plans[:4]
	}
	for _, c := range []struct {
		name   string
		class  smm.Class
		m      mutant
		frozen bool
	}{
		{"no intent", smm.ClassReadBack, mutant{swallow: func(d *smm.Delivery) bool { return d.Phase == smm.PhaseCommitting }}, false},
		{"no fence", smm.ClassReadBack, mutant{noFence: true}, true},
		{"early read-back", smm.ClassReadBack, mutant{guarantee: func(g *smm.Guarantee) { g.RequestLife, g.ReadLag = 0, 0 }}, false},
		{"read lag forgotten", smm.ClassReadBack, mutant{guarantee: func(g *smm.Guarantee) { g.ReadLag = 0 }}, false},
		{"retry on 5xx", smm.ClassReadBack, mutant{answer: func(o smm.Outcome) smm.Outcome {
			if o.State == smm.OutcomeUnknown {
				o = smm.Outcome{State: smm.OutcomeRefused, Retry: true}
			}
			return o
		}}, false},
		{"5xx is a failure", smm.ClassKey, mutant{answer: func(o smm.Outcome) smm.Outcome {
			if o.State == smm.OutcomeUnknown {
				o.State = smm.OutcomeRefused
			}
			return o
		}}, false},
		{"key after its window", smm.ClassKey, mutant{guarantee: func(g *smm.Guarantee) { g.KeyWindow = 0 }}, true},
		{"window counts from the latest intent", smm.ClassKey, mutant{save: func(d *smm.Delivery) { d.Attempt.First = d.Attempt.Intent }}, true},
		{"doubt cleared by a later answer", smm.ClassKey, mutant{save: func(d *smm.Delivery) {
			if d.Phase == smm.PhaseSettling && d.Outcome.State == smm.OutcomeRefused && !d.Outcome.Retry {
				d.Attempt, d.Phase = smm.Attempt{N: d.Attempt.N}, smm.PhaseFailed
			}
		}}, false},
		{"id after permalink", smm.ClassHandle, mutant{answer: func(o smm.Outcome) smm.Outcome {
			if o.State == smm.OutcomePublished { // the permalink could not be read
				return smm.Outcome{State: smm.OutcomeRefused}
			}
			return o
		}}, false},
		{"a crash in a commit means not sent", smm.ClassReadBack, mutant{load: func(d *smm.Delivery) {
			if d.Phase == smm.PhaseCommitting {
				d.Phase, d.Attempt = smm.PhaseReady, smm.Attempt{}
			}
		}}, false},
		{"commit outlives the lease", smm.ClassReadBack, mutant{ignoreDeadline: true}, true},
		{"cancel at any time", smm.ClassKey, mutant{cancelAlways: true}, false},
		{"a sweeper sends again", smm.ClassReadBack, mutant{load: func(d *smm.Delivery) {
			if d.Phase == smm.PhaseSettling {
				d.Phase, d.Attempt.Doubt = smm.PhaseReady, false
			}
		}}, false},
		{"quiet counts from the intent", smm.ClassReadBack, mutant{save: func(d *smm.Delivery) {
			if d.Phase == smm.PhaseSettling {
				d.Attempt.Deadline = d.Attempt.Intent
			}
		}}, false},
		{"a new handle while the old one is in doubt", smm.ClassHandle, mutant{load: func(d *smm.Delivery) {
			if d.Phase == smm.PhaseSettling {
				d.Phase, d.Attempt, d.Prepared = smm.PhasePreparing, smm.Attempt{}, smm.Prepared{}
			}
		}}, false},
		{"absence from a cached read", smm.ClassReadBack, mutant{cachedRead: true}, false},
		{"blind doubt is a failure", smm.ClassBlind, mutant{save: func(d *smm.Delivery) {
			if d.Phase == smm.PhaseHuman {
				d.Phase, d.Attempt = smm.PhaseFailed, smm.Attempt{}
			}
		}}, false},
		{"published before the answer", smm.ClassReadBack, mutant{save: func(d *smm.Delivery) {
			if d.Phase == smm.PhaseSettling && d.Outcome.State == smm.OutcomeUnknown {
				d.Phase, d.Outcome.Evidence, d.Attempt.Doubt = smm.PhasePublished, smm.EvidenceReply, false
			}
		}}, false},
		{"a restore is not told of", smm.ClassKey, mutant{restore: func(*smm.Delivery, time.Time, time.Time) {}}, false},
		{"a restore is not told of", smm.ClassReadBack, mutant{restore: func(*smm.Delivery, time.Time, time.Time) {}}, false},
		{"the restore was the backup", smm.ClassReadBack, mutant{restore: func(d *smm.Delivery, _, now time.Time) { _ = d.Restore(now, now) }}, false},
		{"the key window counts from the restore", smm.ClassKey, mutant{restore: func(d *smm.Delivery, _, now time.Time) { _ = d.Restore(now, now) }}, false},
		{"quiet counts from the backup", smm.ClassReadBack, mutant{restore: func(d *smm.Delivery, asOf, now time.Time) {
			_ = d.Restore(asOf, now)
			d.Attempt.Deadline = asOf
		}}, false},
		{"quiet counts from the end of the lost time", smm.ClassReadBack, mutant{restore: func(d *smm.Delivery, asOf, now time.Time) {
			_ = d.Restore(asOf, now)
			d.Attempt.Deadline = now
		}}, false},
		{"a restored handle is believed repeatable", smm.ClassHandle, mutant{save: func(d *smm.Delivery) { d.Attempt.Lost = false }}, false},
		{"a restored handle is believed absent", smm.ClassHandle, mutant{save: func(d *smm.Delivery) {
			if d.Attempt.Doubt {
				d.Restored = time.Time{}
			}
		}}, false},
		{"forgotten before it was prepared", smm.ClassReadBack, mutant{load: func(d *smm.Delivery) {
			if d.Phase == smm.PhasePreparing {
				d.Restored = time.Time{}
			}
		}}, false},
		{"forgotten before it was prepared", smm.ClassBlind, mutant{load: func(d *smm.Delivery) {
			if d.Phase == smm.PhasePreparing {
				d.Restored = time.Time{}
			}
		}}, false},
		{"what is ready was not sent", smm.ClassReadBack, mutant{restore: func(d *smm.Delivery, asOf, now time.Time) {
			if d.Phase != smm.PhaseReady {
				_ = d.Restore(asOf, now)
			}
		}}, false},
		{"the state before is read after", smm.ClassReadBack, mutant{baseline: true}, false},
	} {
		if c.frozen && testing.Short() {
			continue // takes a frozen worker, and those make many states
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			total := 0
			for _, b := range plans {
				states, bad := explore(c.class, c.m, b)
				if total += states; bad != "" {
					t.Logf("caught in %d states: %s", total, bad)
					return
				}
			}
			t.Fatalf("survived %d states", total)
		})
	}
}
