package scheduler_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// backup copies all records of the world's store into a new one.
func (w *world) backup() scheduler.Store {
	m := scheduler.NewMemory()
	for r, err := range w.store.List(w.t.Context(), scheduler.Query{AllTenants: true}) {
		w.ok(err)
		c := r.Clone()
		c.Version, c.Epoch, c.LeaseUntil, c.LeaseOwner = 0, 0, time.Time{}, ""
		w.ok(m.Insert(w.t.Context(), c))
	}
	return m
}

func TestARestoredBackupDoublesAndLosesNothing(t *testing.T) {
	for _, tc := range []struct {
		class smm.Class
		sent  smm.Phase // what the lost time had published ends as
		rest  smm.Phase // what it had not
	}{
		{smm.ClassKey, smm.PhasePublished, smm.PhasePublished},
		{smm.ClassReadBack, smm.PhasePublished, smm.PhasePublished},
		{smm.ClassHandle, smm.PhasePublished, smm.PhaseHuman},
		{smm.ClassBlind, smm.PhaseHuman, smm.PhaseHuman},
	} {
		t.Run(string(tc.class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: tc.class, RequestLife: time.Minute, ReadLag: time.Minute}}
				w := newWorld(t, d)
				post := &smm.Post{Text: "sent", Thread: []smm.Post{{Text: "part"}}, FirstComment: "comment"}
				sent, _, err := w.s.Schedule(t.Context(), post, main(), time.Now().Add(time.Hour), nil)
				w.ok(err)
				due := w.schedule("due meanwhile", 3*time.Hour, nil)[0]
				later := w.schedule("later", 10*time.Hour, nil)[0]
				link, _, err := w.s.Schedule(t.Context(), &smm.Post{Text: "{link}"}, main(), time.Now().Add(10*time.Hour),
					&scheduler.ScheduleOptions{After: &smm.After{Parent: sent[0].ID, Relation: smm.RelationLink}})
				w.ok(err)
				backup, asOf := w.backup(), time.Now()
				w.ok(w.s.RunUntilIdle(t.Context(), 65*time.Minute))
				w.wantPublic("sent", "part", "comment")
				time.Sleep(3 * time.Hour)

				w.store = backup
				w.s = w.another()
				o := scheduler.RestoreOptions{AsOf: asOf}
				rep, err := w.s.AfterRestore(t.Context(), o)
				w.ok(err)
				if want := (scheduler.RestoreReport{Looked: 6, Restored: 4}); rep != want {
					t.Fatalf("report %+v, want %+v", rep, want)
				}
				rep, err = w.s.AfterRestore(t.Context(), o)
				w.ok(err)
				if want := (scheduler.RestoreReport{Looked: 6, Already: 4}); rep != want {
					t.Fatalf("the second time: report %+v, want %+v", rep, want)
				}
				if _, err := w.s.Cancel(t.Context(), "", due.ID); !errors.Is(err, smm.ErrConflict) {
					t.Fatalf("what may be public was cancelled: %v", err)
				}
				w.start(w.s)
				time.Sleep(12 * time.Hour)
				synctest.Wait()
				w.wantPhase(sent[0].ID, tc.sent)
				w.wantPhase(due.ID, tc.rest)
				w.wantPhase(later.ID, smm.PhasePublished)
				want := []string{"sent", "part", "comment", "later"}
				if tc.rest == smm.PhasePublished {
					want = append(want, "due meanwhile")
				}
				w.wantPublic(want...)
				if r := w.get(link[0].ID); strings.Contains(logOf(r), "restored") {
					t.Errorf("what waits for later was put in doubt:\n%s", logOf(r))
				}
				if r := w.get(later.ID); strings.Contains(logOf(r), "restored") {
					t.Errorf("what was not due was put in doubt:\n%s", logOf(r))
				}
			})
		})
	}
}

func TestStaleIsSettledAfterARestoreBeforeItExpires(t *testing.T) {
	for _, public := range []bool{true, false} {
		t.Run(fmt.Sprint(public), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, &schedulertest.Driver{Guarantee: smm.Guarantee{Class: smm.ClassReadBack, RequestLife: time.Minute}})
				item := w.schedule("hello", time.Hour, &scheduler.ScheduleOptions{StaleAfter: time.Hour})[0]
				backup, asOf := w.backup(), time.Now()
				want := smm.PhaseExpired
				if public {
					w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Hour))
					want = smm.PhasePublished
				}
				time.Sleep(5 * time.Hour)
				w.store = backup
				w.s = w.another()
				_, err := w.s.AfterRestore(t.Context(), scheduler.RestoreOptions{AsOf: asOf})
				w.ok(err)
				w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
				w.wantPhase(item.ID, want)
			})
		})
	}
}

func TestAfterRestoreReadsPageByPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		const n = 1234
		for i := range n {
			_, _, err := w.s.Enqueue(t.Context(), &smm.Post{Text: fmt.Sprint(i)}, main(), &scheduler.ScheduleOptions{Tenant: smm.Tenant(fmt.Sprint(i % 2))})
			w.ok(err)
		}
		asOf := time.Now()
		time.Sleep(time.Second)
		for _, bad := range []time.Time{{}, time.Now().Add(time.Hour)} {
			if _, err := w.s.AfterRestore(t.Context(), scheduler.RestoreOptions{AsOf: bad}); !errors.Is(err, smm.ErrInvalid) {
				t.Errorf("as of %s: %v", bad, err)
			}
		}
		rep, err := w.s.AfterRestore(t.Context(), scheduler.RestoreOptions{AsOf: asOf, Tenant: "1"})
		w.ok(err)
		if rep.Restored != n/2 {
			t.Fatalf("of a tenant: %+v", rep)
		}
		rep, err = w.s.AfterRestore(t.Context(), scheduler.RestoreOptions{AsOf: asOf, AllTenants: true})
		w.ok(err)
		if want := (scheduler.RestoreReport{Looked: n, Restored: n / 2, Already: n / 2}); rep != want {
			t.Fatalf("of all: %+v, want %+v", rep, want)
		}
	})
}
