package sqlitestore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// A payload over the limit is refused before anything is written; one that grows
// past it later is not, since it may be the answer of a platform.
func TestPayloadOverTheLimit(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Deliveries()
	big := record("big")
	big.Delivery.Request.Post.Text = strings.Repeat("x", sqlitestore.MaxRecord)
	err := s.Insert(t.Context(), record("small"), big)
	if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), "big") {
		t.Fatalf("insert: %v, want ErrInvalid that names the delivery", err)
	}
	if err := s.Apply(t.Context(), time.Unix(1e9, 0), record("small"), big); !errors.Is(err, smm.ErrInvalid) {
		t.Fatalf("apply: %v, want ErrInvalid", err)
	}
	if _, err := s.Get(t.Context(), scheduler.Key{ID: "small"}); !errors.Is(err, scheduler.ErrNotFound) {
		t.Fatalf("half of a refused call is there: %v", err)
	}
	big.Delivery.Request.Post.Text = strings.Repeat("x", sqlitestore.MaxRecord-1000)
	if err := s.Insert(t.Context(), big); err != nil {
		t.Fatal(err)
	}
	big.Delivery.Log = append(big.Delivery.Log, smm.LogLine{Note: strings.Repeat("y", 10_000)})
	if err := s.Save(t.Context(), big, time.Unix(1e9, 0)); err != nil {
		t.Fatalf("a delivery that grew: %v", err)
	}
}

// A clock that jumps back gives nothing away and loses nothing: what was due
// waits until it is due again, and leases last until the time that they name.
func TestAClockThatJumpsBack(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Deliveries()
	now := time.Unix(1e9, 0)
	before := now.Add(-time.Hour)
	if err := s.Insert(t.Context(), record("a"), record("b")); err != nil {
		t.Fatal(err)
	}
	claim := func(at time.Time, limit int) []*scheduler.Record {
		t.Helper()
		rs, err := s.Claim(t.Context(), scheduler.Claim{Now: at, Lease: time.Minute, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		return rs
	}
	held := claim(now, 1)
	if got := claim(before, 9); len(got) != 0 {
		t.Errorf("%d records were claimed before they were due", len(got))
	}
	if got := claim(now, 9); len(got) != 1 {
		t.Errorf("%d records claimed when the clock is right again, want the other one", len(got))
	}
	r := held[0]
	if err := s.Renew(t.Context(), scheduler.Lease{Key: r.Key(), Epoch: r.Epoch, Until: before.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), r.Key()); err != nil || !got.LeaseUntil.Equal(before.Add(time.Minute)) {
		t.Errorf("the lease is %v (%v)", got, err)
	}
	published(r)
	if err := s.Save(t.Context(), r, before); err != nil {
		t.Errorf("an answer at an earlier time was refused: %v", err)
	}
}

// Each method of a closed store says so.
func TestEverythingClosed(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "smm.db"))
	s, d, r := db.Deliveries(), db.Drafts(), record("a")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	_, claim := s.Claim(t.Context(), scheduler.Claim{Now: now, Lease: time.Second, Limit: 1})
	_, freezes := s.Freezes(t.Context(), "")
	_, purge := s.Purge(t.Context(), scheduler.Purge{})
	_, draft := d.Get(t.Context(), "", "a")
	var list, drafts error
	for _, list = range s.List(t.Context(), scheduler.Query{}) {
	}
	for _, drafts = range d.List(t.Context(), workflow.Query{}) {
	}
	for name, err := range map[string]error{
		"insert": s.Insert(t.Context(), r), "save": s.Save(t.Context(), r, now), "apply": s.Apply(t.Context(), now, r),
		"renew": s.Renew(t.Context(), scheduler.Lease{}), "claim": claim, "freezes": freezes, "purge": purge, "list": list,
		"freeze": s.SetFreeze(t.Context(), scheduler.Freeze{ID: "f", At: now}), "release": s.Unfreeze(t.Context(), "", "f"),
		"put": d.Put(t.Context(), &workflow.Row{ID: "a"}), "draft": draft, "delete": d.Delete(t.Context(), "", "a", 1), "drafts": drafts,
	} {
		if !errors.Is(err, scheduler.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

// A file of which pages were overwritten is reported as what it is.
func TestDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	for i := range 200 {
		if err := db.Deliveries().Insert(t.Context(), record(fmt.Sprint("r", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	broken, err := sqlitestore.Open(t.Context(), path, nil)
	if err == nil {
		err = errors.Join(broken.Deliveries().Insert(t.Context(), record("new")), broken.Close())
	}
	if !errors.Is(err, sqlitestore.ErrCorrupt) {
		t.Errorf("%v, want ErrCorrupt", err)
	}
}

// A process that holds the file for longer than BusyTimeout makes openers and
// writers fail with ErrLocked, and what they wanted to write is not there.
func TestLockedAtOpen(t *testing.T) {
	path := oldSchema(t, 3)
	other := raw(t, path)
	runSQL(t, other, "BEGIN EXCLUSIVE")
	_, err := sqlitestore.Open(t.Context(), path, &sqlitestore.Options{BusyTimeout: 50 * time.Millisecond})
	if !errors.Is(err, sqlitestore.ErrLocked) || !errors.Is(err, smm.ErrUnavailable) {
		t.Fatalf("open: %v, want ErrLocked", err)
	}
	runSQL(t, other, "COMMIT")
	wantSchema3(t, open(t, path), 0)
}
