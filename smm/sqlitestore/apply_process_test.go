package sqlitestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// applied is how many records each call of the process below inserts.
const applied = 300

// workApply is a process that writes with Apply until it is killed, or that
// opens a file at a word.
func workApply(path, task string) error {
	ctx := context.Background()
	if task == "open" {
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			return err
		}
	}
	db, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	if task == "open" {
		rs, err := db.Deliveries().Claim(ctx, scheduler.Claim{Now: time.Unix(1e9, 0).Add(time.Hour), Lease: time.Minute, Limit: 1, LaneLimit: 1})
		_, said := fmt.Fprintln(os.Stdout, len(rs))
		return errors.Join(err, said, db.Close())
	}
	s := db.Deliveries()
	for {
		head, err := s.Get(ctx, scheduler.Key{ID: "head"})
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(head.Held)
		if err != nil {
			return err
		}
		head.Held = strconv.Itoa(n + 1)
		rs := []*scheduler.Record{head}
		for i := range applied {
			r := record(fmt.Sprintf("%06d-%03d", n+1, i))
			r.Slot = r.Delivery.ID
			rs = append(rs, r)
		}
		if err := s.Apply(ctx, time.Unix(1e9, 0), rs...); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, n+1); err != nil {
			return err
		}
	}
}

// A process is killed while it applies changes of several records: all of a
// call are there or none, and all of those that returned.
func TestKilledWhileApplying(t *testing.T) {
	kills := 12
	if testing.Short() {
		kills = 4
	}
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	head := record("head")
	head.Held = "0"
	if err := db.Deliveries().Insert(t.Context(), head); err != nil {
		t.Fatal(err)
	}
	interrupted := 0
	for range kills {
		p := worktest.Start(t, "SQLITESTORE_APPLY="+path, "SQLITESTORE_TASK=apply")
		if _, err := p.Out.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		pause := time.NewTimer(time.Duration(rand.IntN(60_000)) * time.Microsecond)
		<-pause.C
		if err := p.Cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(p.Out)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Cmd.Wait(); err == nil {
			t.Fatal("the process ended by itself")
		}
		said := 0
		if lines := strings.Fields(string(rest)); len(lines) > 0 {
			if said, err = strconv.Atoi(lines[len(lines)-1]); err != nil {
				t.Fatal(err)
			}
		}
		if wantWhole(t, db, said) > said {
			interrupted++
		}
	}
	t.Logf("%d kills, %d of them between a commit and its report", kills, interrupted)
}

// wantWhole returns the last call of which something is there.
func wantWhole(t *testing.T, db *sqlitestore.DB, said int) int {
	t.Helper()
	count := make(map[string]int)
	head := ""
	for r, err := range db.Deliveries().List(t.Context(), scheduler.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if call, _, ok := strings.Cut(r.Delivery.ID, "-"); ok {
			count[call]++
		} else {
			head = r.Held
		}
	}
	for call, n := range count {
		if n != applied {
			t.Errorf("of call %s there are %d records, want all %d or none", call, n, applied)
		}
	}
	last, err := strconv.Atoi(head)
	if err != nil {
		t.Fatal(err)
	}
	if last != len(count) || last < said {
		t.Errorf("the record that was changed says %d, %d calls are there, %d returned", last, len(count), said)
	}
	return last
}

// Two processes bring a file of version 3 up to date at once, and both go on with
// it: its deliveries are as they were.
func TestTwoProcessesOpenSchema3(t *testing.T) {
	path := oldSchema(t, 3)
	task := []string{"SQLITESTORE_APPLY=" + path, "SQLITESTORE_TASK=open"}
	ps := []*worktest.Process{worktest.Start(t, task...), worktest.Start(t, task...)}
	for _, p := range ps {
		if _, err := io.WriteString(p.In, "go\n"); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range ps { // each takes one of the two that are due in an hour
		if line, err := p.Out.ReadString('\n'); line != "1\n" {
			t.Errorf("a process claimed %q (%v), want 1", line, err)
		}
		if err := p.Cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	wantSchema3(t, open(t, path), 1)
}

func TestOpenSchema3(t *testing.T) {
	path := oldSchema(t, 3)
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	wantSchema3(t, open(t, path), 0) // it is safe to open twice
}

// wantSchema3 checks the deliveries of testdata/schema3.sql, of which two were
// claimed so many times since.
func wantSchema3(t *testing.T, db *sqlitestore.DB, claims int64) {
	t.Helper()
	s, t0 := db.Deliveries(), time.Unix(1e9, 0).UTC()
	want := map[string]scheduler.Record{
		"leased": {Version: 2 + claims, Epoch: 1 + claims, NotBefore: t0},
		"final":  {Version: 3, Epoch: 1, NotBefore: t0},
		"human":  {Version: 3, Epoch: 1, NotBefore: t0},
		"later":  {Version: 1, NotBefore: t0.Add(2 * time.Hour)},
		"token":  {Version: 1 + claims, Epoch: claims, NotBefore: t0.Add(time.Hour), Token: "tok"},
	}
	phases := map[string]smm.Phase{"final": smm.PhasePublished, "human": smm.PhaseHuman}
	for r, err := range s.List(t.Context(), scheduler.Query{Tenant: shop}) {
		if err != nil {
			t.Fatal(err)
		}
		id := r.Delivery.ID
		w := want[id]
		delete(want, id)
		if r.Version != w.Version || r.Epoch != w.Epoch || !r.NotBefore.Equal(w.NotBefore) || r.Token != w.Token {
			t.Errorf("%s: version %d, epoch %d, planned %s, token %q; want %+v", id, r.Version, r.Epoch, r.NotBefore, r.Token, w)
		}
		phase := phases[id]
		if phase == "" {
			phase = smm.PhasePreparing
		}
		if r.Delivery.Phase != phase || r.Delivery.Check() != nil || r.Delivery.Request.Post.Text != "post "+id {
			t.Errorf("%s: %+v (%v)", id, r.Delivery, r.Delivery.Check())
		}
		if r.Lane+r.Slot+r.Draft+r.Zone+r.Held != "" || r.Fingerprint != nil || r.Apart != 0 {
			t.Errorf("%s has what it never had: %+v", id, r)
		}
		if id == "leased" && claims == 0 && (r.LeaseOwner != "host-1" || !r.LeaseUntil.Equal(t0.Add(time.Minute))) {
			t.Errorf("the lease is %s until %s", r.LeaseOwner, r.LeaseUntil)
		}
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}
	if err := s.Insert(t.Context(), func() *scheduler.Record {
		r := record("new")
		r.Delivery.Tenant, r.Delivery.Request.Tenant = shop, shop
		r.Token, r.PayloadHash = "tok", []byte("another")
		return r
	}()); !errors.Is(err, scheduler.ErrTokenUsed) {
		t.Errorf("a token of before: %v, want ErrTokenUsed", err)
	}
	got := 0
	for range s.List(t.Context(), scheduler.Query{Tenant: shop, Entry: "entry-human"}) {
		got++
	}
	if got != 1 {
		t.Errorf("%d records of an entry, want 1", got)
	}
	if _, err := s.Purge(t.Context(), scheduler.Purge{Tenant: shop, Before: t0.Add(time.Second)}); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), scheduler.Key{Tenant: shop, ID: "final"}); !errors.Is(err, scheduler.ErrNotFound) {
		t.Errorf("what is final was not purged: %v", err)
	}
}
