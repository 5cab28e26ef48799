package smm_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// stuck is a platform on which nothing gets any further.
type stuck struct{ modelDriver }

func (stuck) Prepare(context.Context, *smm.PublishRequest, smm.Prepared) (smm.Prepared, error) {
	return smm.Prepared{}, smm.ErrUnavailable
}

func (stuck) Commit(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
	return smm.Outcome{}, smm.ErrUnavailable
}

func (stuck) Settle(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
	return smm.Outcome{}, smm.ErrUnavailable
}

// checkDeadline takes a delivery as the explorer found it to a platform on which
// nothing gets any further.
func checkDeadline(t *testing.T, d *smm.Delivery, now time.Time) {
	t.Helper()
	end := d.Deadline(now)
	if d.Wake.IsZero() || end.IsZero() || end.Before(now) && end.Before(d.Wake) {
		t.Fatalf("%s at %s: wake %s, deadline %s", d.Phase, now, d.Wake, end)
	}
	w := &world{now: now}
	client, err := smm.New([]smm.Driver{stuck{}}, smm.WithClock(w))
	if err != nil {
		t.Fatal(err)
	}
	for !d.Phase.Final() && d.Phase != smm.PhaseHuman {
		if d.Wake.After(w.now) {
			w.now = d.Wake
		}
		if w.now.After(end) {
			t.Fatalf("%s after its deadline %s", d.Phase, end)
		}
		if err := client.Advance(t.Context(), d, nil); err != nil {
			t.Fatal(err)
		}
	}
	if d.Phase == smm.PhaseHuman && !d.Deadline(w.now).Equal(w.now.Add(24*time.Hour)) {
		t.Fatalf("a person is reminded at %s", d.Deadline(w.now))
	}
}

func TestEveryReachableDeliveryHasADeadlineAndMeetsIt(t *testing.T) {
	for _, class := range classes {
		t.Run(string(class), func(t *testing.T) {
			n, seen := 0, make(map[string]bool)
			visit := func(w *world) {
				if w.store.phase.Final() || w.store.phase == smm.PhaseHuman || seen[string(w.store.d)] {
					return
				}
				seen[string(w.store.d)] = true
				n++
				checkDeadline(t, w.load(), w.now)
			}
			for _, b := range []budgets{{Faults: 1, Crashes: 1, Ticks: 10}, {Restores: 1, Ticks: 8}} {
				if _, bad := exploreAll(class, mutant{}, b, visit); bad != "" {
					t.Fatal(bad)
				}
			}
			if n < 30 {
				t.Fatalf("only %d deliveries", n)
			}
			t.Logf("%d deliveries", n)
		})
	}
}

func TestDeadlineOfOthers(t *testing.T) {
	f := newFake("x")
	c, _ := newClient(t, nil, f)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x", Thread: []smm.Post{{Text: "y"}}}, []smm.Ref{f.channel()}, &smm.PublishOptions{Policy: smm.Policy{StaleAfter: start.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	if end := ds[0].Deadline(start); end.After(start.Add(2 * time.Hour)) {
		t.Errorf("stale after an hour, deadline %s", end)
	}
	if end := ds[1].Deadline(start); end.Before(start) {
		t.Errorf("waiting: %s", end)
	}
	if err := ds[0].Cancel(start); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "final", ds[0].Deadline(start), time.Time{})
	old := &smm.Delivery{ID: "1", Request: smm.PublishRequest{ID: "1"}, Schema: 1, Phase: smm.PhaseHuman}
	if err := old.Check(); err != nil {
		t.Errorf("a record of schema 1 that needs a person: %v", err)
	}
	wantEqual(t, "old", old.Deadline(start), time.Time{})
}

func TestRestoreRefusesWhatCannotHaveMoved(t *testing.T) {
	f := newFake("x")
	c, _ := newClient(t, nil, f)
	ds, _, err := c.Plan(t.Context(), &smm.Post{Text: "x"}, []smm.Ref{f.channel()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := ds[0]
	wantIs(t, d.Restore(time.Time{}, start), smm.ErrInvalid)
	wantIs(t, d.Restore(start.Add(time.Second), start), smm.ErrInvalid)
	d.Wake = start.Add(time.Minute)
	wantIs(t, d.Restore(start, start), smm.ErrInvalid)
	wantEqual(t, "restored", d.Restored, time.Time{})
	d.Wake = start
	if err := d.Restore(start.Add(-time.Hour), start); err != nil {
		t.Fatal(err)
	}
	wantIs(t, d.Cancel(start), smm.ErrConflict)
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var again smm.Delivery
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "restored after JSON", again.Restored, d.Restored)
	f.prepare = func(r *smm.PublishRequest) (smm.Prepared, error) {
		wantEqual(t, "told to Prepare", r.Restored, start.Add(-time.Hour))
		return smm.Prepared{}, smm.ErrForbidden
	}
	if err := c.Advance(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "after a prepare that fails for good", d.Phase, smm.PhaseHuman)
	if err := d.Resolve(smm.Resolution{SendAgain: true}, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "restored after a person's word", d.Restored, time.Time{})
}
