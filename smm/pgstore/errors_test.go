package pgstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

const canary = "pa55-c4nary"

// hides checks that an error shows nothing of a connection string, however it is
// printed, and neither do the errors within it.
func hides(t *testing.T, what string, err error, secrets ...string) {
	t.Helper()
	for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		for _, secret := range append(secrets, canary) {
			if secret != "" && strings.Contains(text, secret) {
				t.Errorf("%s: the error shows %q: %s", what, secret, text)
			}
		}
	}
	if next := errors.Unwrap(err); next != nil {
		hides(t, what, next, secrets...)
	}
}

func TestOpenRefuses(t *testing.T) {
	good, err := url.Parse(sharedURL(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong := *good
	wrong.User = url.UserPassword(good.User.Username(), canary)
	nowhere := wrong
	nowhere.Host = "127.0.0.1:1"
	stranger := wrong
	stranger.User = url.UserPassword("stranger", canary)
	missing := *good
	missing.Path = "/no_such_database"
	for text, want := range map[string]error{
		"": smm.ErrInvalid,
		"postgres://u:" + canary + "@host:port/x": smm.ErrInvalid,
		"password=" + canary + " port":            smm.ErrInvalid,
		wrong.String():                            pgstore.ErrDenied,
		stranger.String():                         pgstore.ErrDenied,
		missing.String():                          pgstore.ErrDenied,
		nowhere.String():                          pgstore.ErrUnreachable,
		"postgres://u:" + canary + "@no-such-host.invalid/x": smm.ErrUnavailable,
	} {
		_, err := pgstore.Open(t.Context(), text, nil)
		if !errors.Is(err, want) {
			t.Errorf("open %q: %v, want %v", text, err, want)
		}
		hides(t, text, err, "stranger", "no-such-host", "no_such_database")
	}
	for _, schema := range []string{"Upper", "pg_mine", "a b", `x"; DROP TABLE y; --`, "1st", strings.Repeat("x", 64)} {
		if _, err := pgstore.Open(t.Context(), good.String(), &pgstore.Options{Schema: schema}); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("schema %q: %v, want smm.ErrInvalid", schema, err)
		}
	}
	if _, err := pgstore.New(t.Context(), nil, nil); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("no pool: %v", err)
	}
}

// Many open a new schema at once: one makes it, the others wait. A later version
// is refused, and tables of somebody else are left alone.
func TestMigrations(t *testing.T) {
	schema := newSchema(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			db, err := pgstore.Open(t.Context(), sharedURL(t), &pgstore.Options{Schema: schema})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := errors.Join(db.Deliveries().Insert(t.Context(), record(fmt.Sprint(i))), db.Close()); err != nil {
				t.Errorf("insert: %v", err)
			}
		})
	}
	wg.Wait()
	db := open(t, schema)
	if n, err := all(t.Context(), db.Deliveries()); n != 8 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	run(t, db, schema, "UPDATE smmkit_schema SET version = 99")
	_, err := pgstore.New(t.Context(), db.Pool(), &pgstore.Options{Schema: schema})
	if e, ok := errors.AsType[*pgstore.SchemaError](err); !ok || e.Have != 99 {
		t.Errorf("a newer schema: %v", err)
	}
	foreign := newSchema(t)
	run(t, db, schema, "CREATE SCHEMA "+foreign)
	run(t, db, foreign, "CREATE TABLE drafts (theirs int)")
	if _, err := pgstore.New(t.Context(), db.Pool(), &pgstore.Options{Schema: foreign}); !errors.Is(err, pgstore.ErrCorrupt) {
		t.Errorf("tables of another program: %v, want ErrCorrupt", err)
	}
	var half bool
	err = db.Pool().QueryRow(t.Context(), "SELECT to_regclass($1) IS NOT NULL", foreign+".deliveries").Scan(&half)
	if err != nil || half {
		t.Errorf("half a migration is left (%v)", err)
	}
}

func TestClosed(t *testing.T) {
	db := open(t, newSchema(t))
	foreign, err := pgstore.New(t.Context(), db.Pool(), &pgstore.Options{Schema: newSchema(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(foreign.Close(), db.Deliveries().Insert(t.Context(), record("a"))); err != nil {
		t.Errorf("closing a store closed the host's pool: %v", err)
	}
	s := db.Deliveries()
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, _, next := s.NextWake(t.Context())
	_, get := s.Get(t.Context(), scheduler.Key{ID: "a"})
	_, draft := db.Drafts().Get(t.Context(), "", "a")
	for _, err := range []error{s.Insert(t.Context(), record("a")), next, get, draft, s.Save(t.Context(), record("a"), time.Now())} {
		if !errors.Is(err, scheduler.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	}
}

// A server that is down gives smm.ErrUnavailable and hides its address; when it
// is back, the same store works.
func TestServerIsDown(t *testing.T) {
	s := pgtest.Start(t, nil)
	at, err := url.Parse(s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	db := openOn(t, at.String(), "smmkit")
	if err := db.Deliveries().Insert(t.Context(), record("a")); err != nil {
		t.Fatal(err)
	}
	s.Stop(t, true)
	_, get := db.Deliveries().Get(t.Context(), record("a").Key())
	_, claim := db.Deliveries().Claim(t.Context(), scheduler.Claim{Now: time.Now(), Lease: time.Second, Limit: 1})
	_, accounts := db.Credentials().Accounts(t.Context(), "", "x")
	for what, err := range map[string]error{"get": get, "claim": claim, "accounts": accounts, "insert": db.Deliveries().Insert(t.Context(), record("b"))} {
		if !errors.Is(err, smm.ErrUnavailable) {
			t.Errorf("%s while the server is down: %v", what, err)
		}
		hides(t, what, err, password, at.Port(), at.User.Username())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Deliveries().Get(ctx, record("a").Key()); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended: %v", err)
	}
	s.Start(t)
	if err := db.Deliveries().Insert(t.Context(), record("c")); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// What PostgreSQL's text does not take comes back as it went in: byte 0 in every
// name, halves of surrogate pairs and bytes that are not UTF-8 in what a driver
// keeps.
func TestOddText(t *testing.T) {
	s := open(t, newSchema(t)).Deliveries()
	r := record("a\x00b\x01")
	d := &r.Delivery
	d.Tenant, d.Entry, d.Request.Tenant = "t\x00", "e\x00", "t\x00"
	d.Request.Post.Text = "zero \x00 one \x01"
	d.Request.Post.Labels.Campaign = "c\x00"
	d.Prepared.State = json.RawMessage(`{"half":"\ud800","zero":"\u0000","raw":"` + "\xff\xfe" + `"}`)
	r.Token, r.PayloadHash, r.Lane, r.Slot, r.Draft, r.Held = "k\x00", []byte{0}, "l\x00", "s\x00\x01\x02", "d\x00", "h\x00"
	if err := s.Insert(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), r.Key())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(r)
	if have, _ := json.Marshal(got); string(have) != string(want) {
		t.Errorf("came back as\n%s\nwent in as\n%s", have, want)
	}
	q := scheduler.Query{Tenant: "t\x00", Entry: "e\x00", Token: "k\x00", Draft: "d\x00", Labels: smm.Labels{Campaign: "c\x00"}}
	n := 0
	for _, err := range s.List(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d records are found by their odd names", n)
	}
	bad := record("b\xff")
	if err := s.Insert(t.Context(), bad); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("an ID that is not UTF-8: %v, want smm.ErrInvalid", err)
	}
	if _, err := s.Get(t.Context(), bad.Key()); !errors.Is(err, scheduler.ErrNotFound) {
		t.Errorf("get by an ID that is not UTF-8: %v", err)
	}
	long := record(strings.Repeat("x", 1001))
	if err := s.Insert(t.Context(), long); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("an ID of 1001 bytes: %v, want smm.ErrInvalid", err)
	}
}

func TestDamagedRow(t *testing.T) {
	schema := newSchema(t)
	db := open(t, schema)
	s := db.Deliveries()
	if err := s.Insert(t.Context(), record("a")); err != nil {
		t.Fatal(err)
	}
	run(t, db, schema, `UPDATE deliveries SET data = '{"schema":'`)
	if _, err := s.Get(t.Context(), record("a").Key()); !errors.Is(err, pgstore.ErrCorrupt) {
		t.Errorf("%v, want ErrCorrupt", err)
	}
	run(t, db, schema, `UPDATE deliveries SET data = '{"schema":99,"id":"a"}'`)
	_, err := s.Get(t.Context(), record("a").Key())
	if _, ok := errors.AsType[*pgstore.SchemaError](err); !ok {
		t.Errorf("%v, want a *SchemaError", err)
	}
}
