package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

func begin(t *testing.T, db *pgstore.DB, o pgx.TxOptions) (pgx.Tx, context.Context) {
	t.Helper()
	tx, err := db.Pool().BeginTx(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }) // committed, most of the time
	return tx, pgstore.WithTx(t.Context(), tx)
}

func there(t *testing.T, s scheduler.Store, id string) bool {
	t.Helper()
	_, err := s.Get(t.Context(), scheduler.Key{ID: id})
	if err != nil && !errors.Is(err, scheduler.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// The host's row and the delivery come together or not at all, and an error of
// the store leaves the transaction usable.
func TestHostAndStoreShareATransaction(t *testing.T) {
	db := open(t, newSchema(t))
	s := db.Deliveries()
	if err := s.Insert(t.Context(), record("taken")); err != nil {
		t.Fatal(err)
	}
	for _, commit := range []bool{false, true} {
		tx, ctx := begin(t, db, pgx.TxOptions{})
		table := "host_" + newSchema(t)
		_, created := tx.Exec(ctx, "CREATE TABLE "+table+" (x int)")
		first, moved := record("first"), record("second")
		err := errors.Join(created, s.Insert(ctx, first))
		if e := s.Insert(ctx, record("new"), record("taken")); !errors.Is(e, smm.ErrConflict) {
			t.Errorf("a conflict in a transaction: %v", e)
		}
		first.Held = "applied"
		_, listed := all(ctx, s)
		err = errors.Join(err, s.Apply(ctx, time.Now(), first, moved), listed,
			db.Drafts().Put(ctx, &workflow.Row{ID: "draft", Data: []byte("{}")}),
			s.SetFreeze(ctx, scheduler.Freeze{ID: "f", At: time.Now()}))
		if r, e := s.Get(ctx, first.Key()); e != nil || r.Held != "applied" {
			t.Errorf("the transaction does not see its own: %+v, %v", r, e)
		}
		moved.Held = "saved"
		if err = errors.Join(err, s.Save(ctx, moved, time.Now())); err != nil {
			t.Fatal(err)
		}
		if there(t, s, "first") {
			t.Error("others see what is not committed")
		}
		end := tx.Rollback
		if commit {
			end = tx.Commit
		}
		if err := end(t.Context()); err != nil {
			t.Fatal(err)
		}
		var has bool
		if err := db.Pool().QueryRow(t.Context(), "SELECT to_regclass($1) IS NOT NULL", table).Scan(&has); err != nil {
			t.Fatal(err)
		}
		_, draft := db.Drafts().Get(t.Context(), "", "draft")
		freezes, err := s.Freezes(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(there(t, s, "first"), there(t, s, "second"), has, draft == nil, len(freezes) == 1, there(t, s, "new"))
		if want := fmt.Sprint(commit, commit, commit, commit, commit, false); got != want {
			t.Errorf("committed %v: there is %s, want %s", commit, got, want)
		}
	}
}

func all(ctx context.Context, s scheduler.Store) (n int, err error) {
	for _, e := range s.List(ctx, scheduler.Query{AllTenants: true}) {
		n, err = n+1, e
	}
	return n, err
}

func TestWhatDoesNotJoin(t *testing.T) {
	db := open(t, newSchema(t))
	s := db.Deliveries()
	if err := s.Insert(t.Context(), record("a")); err != nil {
		t.Fatal(err)
	}
	_, strict := begin(t, db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err := s.Insert(strict, record("b")); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("insert at REPEATABLE READ: %v, want smm.ErrInvalid", err)
	}
	tx, ctx := begin(t, db, pgx.TxOptions{})
	rs, err := s.Claim(ctx, scheduler.Claim{Now: time.Now(), Lease: time.Minute, Limit: 1})
	if err != nil || len(rs) != 1 {
		t.Fatalf("claimed %d, %v", len(rs), err)
	}
	d := &rs[0].Delivery
	d.Phase, d.Prepared = smm.PhaseCommitting, smm.Prepared{Ready: true, Guarantee: smm.Guarantee{Class: smm.ClassKey}}
	d.Attempt = smm.Attempt{N: 1, First: time.Now(), Intent: time.Now(), Deadline: time.Now().Add(time.Second)}
	for name, err := range map[string]error{"save": s.Save(ctx, rs[0], time.Now()), "apply": s.Apply(ctx, time.Now(), rs[0])} {
		if !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s of an intent in a transaction: %v, want smm.ErrInvalid", name, err)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Get(t.Context(), rs[0].Key()); err != nil || r.Epoch != 1 {
		t.Errorf("the rollback undid a claim: %+v, %v", r, err)
	}
	if pgstore.TxFrom(t.Context()) != nil || pgstore.TxFrom(ctx) != tx {
		t.Error("TxFrom gives another transaction than WithTx took")
	}
}

// Connections that race for a token, a slot or a content: one gets it.
func TestPlacesAreTakenOnce(t *testing.T) {
	db := open(t, newSchema(t))
	s := db.Deliveries()
	for name, shape := range map[string]func(r *scheduler.Record){
		"token":   func(r *scheduler.Record) { r.Token, r.PayloadHash = "token", []byte("hash") },
		"slot":    func(r *scheduler.Record) { r.Slot = "slot" },
		"content": func(r *scheduler.Record) { r.Fingerprint, r.Apart = []byte("0123456789abcdef"), time.Hour },
	} {
		for round := range 10 {
			results := make(chan error, 8)
			for i := range cap(results) {
				go func() {
					r := record(fmt.Sprint(name, round, "-", i))
					r.NotBefore = r.NotBefore.Add(time.Duration(round) * 24 * time.Hour)
					shape(r)
					if r.Token != "" {
						r.Token += fmt.Sprint(round)
					}
					if r.Slot != "" {
						r.Slot += fmt.Sprint(round)
					}
					results <- s.Insert(t.Context(), r)
				}()
			}
			won := 0
			for range cap(results) {
				switch err := <-results; {
				case err == nil:
					won++
				case !errors.Is(err, smm.ErrConflict) && !errors.Is(err, smm.ErrDuplicate):
					t.Errorf("%s: %v", name, err)
				}
			}
			if won != 1 {
				t.Errorf("%s: %d inserts got it", name, won)
			}
		}
	}
}

// Two calls that lock the same records in opposite order both succeed.
func TestOppositeOrder(t *testing.T) {
	s := open(t, newSchema(t)).Deliveries()
	a, b := record("a"), record("b")
	if err := s.Insert(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		results := make(chan error, 2)
		for _, order := range [][]*scheduler.Record{{a.Clone(), b.Clone()}, {b.Clone(), a.Clone()}} {
			go func() { results <- s.Apply(t.Context(), time.Now(), order...) }()
		}
		one, two := <-results, <-results
		if one == nil {
			one, two = two, one
		}
		if two != nil || !errors.Is(one, scheduler.ErrFenced) {
			t.Fatalf("%v and %v, want one success and one that is fenced", one, two)
		}
		a.Version, b.Version = a.Version+1, b.Version+1
	}
}
