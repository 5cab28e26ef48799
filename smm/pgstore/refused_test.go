package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// The server refuses a write in the middle of a transaction, with the codes that
// it has for want of disk, of memory and of permission. The error has its type,
// nothing of the call is stored, and the same call succeeds later.
func TestServerRefusesAWrite(t *testing.T) {
	schema := newSchema(t)
	db := open(t, schema)
	store := db.Deliveries()
	for code, want := range map[string]error{
		"53100": pgstore.ErrFull, "53200": pgstore.ErrFull, "58030": pgstore.ErrFull, "53300": pgstore.ErrUnreachable,
		"57014": pgstore.ErrLocked, "55P03": pgstore.ErrLocked, "25006": pgstore.ErrReadOnly, "42501": pgstore.ErrReadOnly,
		"XX001": pgstore.ErrCorrupt,
	} {
		t.Run(code, func(t *testing.T) {
			run(t, db, schema, fmt.Sprintf(`CREATE FUNCTION %[1]s.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				IF NEW.id = '%[2]s-second' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '%[2]s'; END IF; RETURN NEW; END $$;
				CREATE TRIGGER refuse BEFORE INSERT ON %[1]s.deliveries FOR EACH ROW EXECUTE FUNCTION %[1]s.refuse()`, schema, code))
			rs := []*scheduler.Record{record(code + "-first"), record(code + "-second")}
			err := store.Insert(t.Context(), rs...)
			if !errors.Is(err, want) {
				t.Errorf("the error is %v, want %v", err, want)
			}
			if unavailable := errors.Is(want, smm.ErrUnavailable); errors.Is(err, smm.ErrUnavailable) != unavailable {
				t.Errorf("%v matches smm.ErrUnavailable: %v, want %v", err, !unavailable, unavailable)
			}
			if _, err := store.Get(t.Context(), rs[0].Key()); !errors.Is(err, scheduler.ErrNotFound) {
				t.Errorf("half of the call is stored: %v", err)
			}
			run(t, db, schema, fmt.Sprintf(`DROP FUNCTION %s.refuse() CASCADE`, schema))
			if err := store.Insert(t.Context(), rs...); err != nil {
				t.Errorf("the same call, later: %v", err)
			}
		})
	}
}

// Somebody holds the table for longer than the connection's lock_timeout allows.
func TestLockedTable(t *testing.T) {
	schema := newSchema(t)
	open(t, schema) // which makes the tables
	db := openOn(t, sharedURL(t)+"&options=-c%20lock_timeout%3D100", schema)
	other, err := pgx.Connect(t.Context(), sharedURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(context.WithoutCancel(t.Context())) }()
	tx, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE "+schema+".deliveries IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	store, r := db.Deliveries(), record("locked")
	if err := store.Insert(t.Context(), r); !errors.Is(err, pgstore.ErrLocked) || !errors.Is(err, smm.ErrUnavailable) {
		t.Errorf("insert: %v, want pgstore.ErrLocked", err)
	}
	if _, err := store.Claim(t.Context(), scheduler.Claim{Now: time.Now(), Lease: time.Minute, Owner: "me", Limit: 1}); !errors.Is(err, pgstore.ErrLocked) {
		t.Errorf("claim: %v, want pgstore.ErrLocked", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Insert(t.Context(), r); err != nil {
		t.Errorf("the same call, later: %v", err)
	}
}
