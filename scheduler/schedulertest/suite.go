package schedulertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// suite is one test of a store, with what most tests do.
type suite struct {
	testing.TB

	store  scheduler.Store
	reopen func(scheduler.Store) scheduler.Store // nil: it does not outlive its process
}

// t0 is when every test begins.
func t0() time.Time { return time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC) }

func at(offset time.Duration) time.Time { return t0().Add(offset) }

func channel(name string) smm.Ref {
	return smm.Ref{Platform: "fake", Kind: smm.KindChannel, ID: name}
}

// NewRecord returns a record that Insert takes: a short post of the tenant on
// the channel fake/channel/main, due and planned for wake.
func NewRecord(tenant smm.Tenant, id string, wake time.Time) *scheduler.Record {
	d := smm.Delivery{
		Schema: smm.DeliverySchema, ID: id, Tenant: tenant, Entry: "entry-" + id,
		Request: smm.PublishRequest{
			ID: id, Tenant: tenant, Channel: channel("main"), Kind: smm.CreatePost,
			Post: smm.Post{Text: "post " + id}, Created: wake.UTC(),
		},
		Phase: smm.PhasePreparing, Wake: wake,
	}
	return &scheduler.Record{Delivery: d, NotBefore: wake}
}

// finish makes a record's delivery published.
func finish(r *scheduler.Record) {
	d := &r.Delivery
	d.Phase, d.Wake = smm.PhasePublished, time.Time{}
	d.Outcome = smm.Outcome{State: smm.OutcomePublished, Post: smm.Ref{Platform: "fake", Kind: smm.KindPost, ID: "p-" + d.ID}}
	r.LeaseUntil = time.Time{}
}

func (s *suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("unexpected error: %v", err)
	}
}

func (s *suite) is(err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Fatalf("error %v, want one that matches %q", err, want)
	}
}

func (s *suite) insert(rs ...*scheduler.Record) {
	s.Helper()
	s.ok(s.store.Insert(s.Context(), rs...))
}

func (s *suite) get(tenant smm.Tenant, id string) *scheduler.Record {
	s.Helper()
	r, err := s.store.Get(s.Context(), scheduler.Key{Tenant: tenant, ID: id})
	s.ok(err)
	return r
}

// claim claims with a lease of 30 s.
func (s *suite) claim(now time.Time, limit int) []*scheduler.Record {
	s.Helper()
	rs, err := s.store.Claim(s.Context(), scheduler.Claim{Now: now, Lease: 30 * time.Second, Owner: "worker", Limit: limit})
	s.ok(err)
	return rs
}

// claimOne claims and expects just the record of this ID.
func (s *suite) claimOne(now time.Time, id string) *scheduler.Record {
	s.Helper()
	rs := s.claim(now, 10)
	s.wantIDs(rs, id)
	return rs[0]
}

func (s *suite) save(r *scheduler.Record, now time.Time) {
	s.Helper()
	s.ok(s.store.Save(s.Context(), r, now))
}

func (s *suite) list(q scheduler.Query) []*scheduler.Record {
	s.Helper()
	var rs []*scheduler.Record
	for r, err := range s.store.List(s.Context(), q) {
		s.ok(err)
		rs = append(rs, r)
	}
	return rs
}

func ids(rs []*scheduler.Record) []string {
	out := make([]string, 0, len(rs))
	for _, r := range rs {
		out = append(out, r.Delivery.ID)
	}
	return out
}

func (s *suite) wantIDs(rs []*scheduler.Record, want ...string) {
	s.Helper()
	if got := ids(rs); !slices.Equal(got, want) {
		s.Fatalf("records %q, want %q", got, want)
	}
}

// wantSame compares all of two records, deliveries by their JSON form.
func (s *suite) wantSame(got, want *scheduler.Record) {
	s.Helper()
	g, w := s.form(got), s.form(want)
	if !bytes.Equal(g, w) {
		n := 0
		for n < min(len(g), len(w)) && g[n] == w[n] {
			n++
		}
		s.Fatalf("record came back changed, at byte %d\n got ...%s\nwant ...%s", n, around(g, n), around(w, n))
	}
}

func around(b []byte, n int) []byte { return b[max(0, n-100):min(len(b), n+100)] }

func (s *suite) form(r *scheduler.Record) []byte {
	s.Helper()
	c := *r
	c.LeaseUntil, c.NotBefore = c.LeaseUntil.UTC(), c.NotBefore.UTC()
	if len(c.PayloadHash) == 0 {
		c.PayloadHash = nil
	}
	if len(c.Fingerprint) == 0 {
		c.Fingerprint = nil
	}
	b, err := json.Marshal(c)
	s.ok(err)
	return b
}

func (s *suite) wantNext(want time.Time) {
	s.Helper()
	next, ok, err := s.store.NextWake(s.Context())
	s.ok(err)
	if want.IsZero() == ok || (ok && !next.Equal(want)) {
		s.Fatalf("next wake %s (%t), want %s", next.UTC(), ok, want)
	}
}

func (s *suite) wantLeaseEnd(r *scheduler.Record, want time.Time) {
	s.Helper()
	if !r.LeaseUntil.Equal(want) {
		s.Fatalf("lease of %s ends at %s, want %s", r.Delivery.ID, r.LeaseUntil.UTC(), want)
	}
}

func numbered(n int) string { return fmt.Sprintf("r%05d", n) }
