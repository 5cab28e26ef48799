package workflowtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// Options say how to get at the store under test.
type Options struct {
	// Open returns an empty store and arranges with t for its closing.
	Open func(t *testing.T) workflow.Rows
	// Reopen returns a new handle on what rows holds, as a process that starts
	// after a crash gets it; it need not close rows. nil: the store does not
	// outlive its process, and durability is not tested.
	Reopen func(t *testing.T, rows workflow.Rows) workflow.Rows
}

// RunRows checks that a store keeps the contract of workflow.Rows.
func RunRows(t *testing.T, o Options) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			s := &suite{TB: t, rows: o.Open(t)}
			if o.Reopen != nil {
				s.reopen = func(old workflow.Rows) workflow.Rows { return o.Reopen(t, old) }
			}
			c.test(s)
		})
	}
}

// suite is one test of a store.
type suite struct {
	testing.TB

	rows   workflow.Rows
	reopen func(workflow.Rows) workflow.Rows // nil: it does not outlive its process
}

type rowsCase struct {
	name string
	test func(*suite)
}

func cases() []rowsCase {
	return []rowsCase{
		{"put and get", testPutGet},
		{"compare and swap", testSwap},
		{"one of many wins", testRace},
		{"delete", testDelete},
		{"tenants", testTenants},
		{"order", testOrder},
		{"queries", testQueries},
		{"due to the microsecond", testMicro},
		{"pages", testPages},
		{"writes while listing", testListWrites},
		{"sizes", testSizes},
		{"context", testContext},
		{"reopen", testReopen},
	}
}

func t0() time.Time { return time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC) }

func row(tenant smm.Tenant, id string) *workflow.Row {
	return &workflow.Row{Tenant: tenant, ID: id, Stage: "idea", Data: fmt.Appendf(nil, `{"id": %q}`, id)}
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

func (s *suite) put(rs ...*workflow.Row) {
	s.Helper()
	for _, r := range rs {
		s.ok(s.rows.Put(s.Context(), r))
	}
}

func (s *suite) wantRow(want *workflow.Row) {
	s.Helper()
	got, err := s.rows.Get(s.Context(), want.Tenant, want.ID)
	s.ok(err)
	s.same(got, want)
}

func (s *suite) same(got, want *workflow.Row) {
	s.Helper()
	if got.Tenant != want.Tenant || got.ID != want.ID || got.Version != want.Version || got.Stage != want.Stage ||
		!got.Due.Equal(want.Due) || got.Due.IsZero() != want.Due.IsZero() || !bytes.Equal(got.Data, want.Data) {
		s.Fatalf("row came back as %.200s\nwant %.200s", show(got), show(want))
	}
}

func show(r *workflow.Row) string {
	return fmt.Sprintf("%s/%s v%d %s due %s: %s", r.Tenant, r.ID, r.Version, r.Stage, r.Due.UTC(), r.Data)
}

func (s *suite) ids(q workflow.Query) []string {
	s.Helper()
	var out []string
	for r, err := range s.rows.List(s.Context(), q) {
		s.ok(err)
		out = append(out, r.ID)
	}
	return out
}

func (s *suite) wantIDs(q workflow.Query, want ...string) {
	s.Helper()
	if got := s.ids(q); !slices.Equal(got, want) {
		s.Fatalf("%+v lists %q, want %q", q, got, want)
	}
}

func ended(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}
