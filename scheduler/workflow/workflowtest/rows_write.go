package workflowtest

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

func testPutGet(s *suite) {
	_, err := s.rows.Get(s.Context(), "", "a")
	s.is(err, smm.ErrNotFound)

	a := row("", "a")
	a.Due, a.Data = t0(), []byte("{\"b\": 1,  \"a\": \"\u00e4 \U0001f600 <&>\"}\n")
	s.put(a)
	if a.Version != 1 {
		s.Fatalf("Put sets version %d of a new row, want 1", a.Version)
	}
	s.wantRow(a) // to the byte: the store does not look into it

	kept := *a
	kept.Data = []byte(string(a.Data))
	a.Data[0], a.Stage = '?', "changed"
	s.wantRow(&kept) // it keeps a copy

	got, err := s.rows.Get(s.Context(), "", "a")
	s.ok(err)
	got.Data[0] = '?'
	s.wantRow(&kept)

	kept.Due, kept.Stage, kept.Data = time.Time{}, "review", []byte(`{"second":true}`)
	s.put(&kept)
	if kept.Version != 2 {
		s.Fatalf("the second Put sets version %d, want 2", kept.Version)
	}
	s.wantRow(&kept)
}

func testSwap(s *suite) {
	a := row("", "a")
	s.put(a)
	stale := *a
	s.put(a)
	want := *a
	for _, version := range []int64{0, stale.Version, a.Version + 1} {
		c := row("", "a")
		c.Version, c.Stage = version, "lost"
		s.is(s.rows.Put(s.Context(), c), smm.ErrConflict)
		if c.Version != version {
			s.Fatalf("a Put that was refused changed the version to %d", c.Version)
		}
		s.wantRow(&want)
	}
	c := row("", "new")
	c.Version = 1
	s.is(s.rows.Put(s.Context(), c), smm.ErrConflict)
	s.wantIDs(workflow.Query{}, "a")
	s.is(s.rows.Put(s.Context(), &workflow.Row{Data: []byte("{}")}), smm.ErrInvalid)
}

// testRace lets writers collide that all have read the same version: one of
// them wins each round, and the others are told so.
func testRace(s *suite) {
	const writers, rounds = 8, 25
	a := row("", "a")
	s.put(a)
	for round := range rounds {
		var won atomic.Int64
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range writers {
			r := *a
			wg.Go(func() {
				<-start
				switch err := s.rows.Put(s.Context(), &r); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, smm.ErrConflict):
					s.Errorf("put: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		if won.Load() != 1 {
			s.Fatalf("round %d: %d of %d writers who had read the same version were told that they wrote, want 1", round, won.Load(), writers)
		}
		a.Version++
		s.wantRow(a)
	}
}

func testDelete(s *suite) {
	ctx := s.Context()
	s.is(s.rows.Delete(ctx, "", "a", 1), smm.ErrNotFound)
	a := row("", "a")
	s.put(a)
	s.put(a)
	s.is(s.rows.Delete(ctx, "", "a", 1), smm.ErrConflict)
	s.is(s.rows.Delete(ctx, "", "a", 0), smm.ErrConflict)
	s.wantRow(a)
	s.ok(s.rows.Delete(ctx, "", "a", 2))
	_, err := s.rows.Get(ctx, "", "a")
	s.is(err, smm.ErrNotFound)
	s.is(s.rows.Put(ctx, a), smm.ErrConflict) // its version 2 is gone
	b := row("", "a")
	s.put(b)
	if b.Version != 1 {
		s.Fatalf("a row that was deleted comes back with version %d, want 1", b.Version)
	}
}

func testTenants(s *suite) {
	ctx := s.Context()
	one, two := row("one", "a"), row("two", "a")
	two.Stage = "review"
	s.put(one, two, row("two", "b"))
	s.put(two)
	s.wantRow(one)
	s.wantRow(two)
	_, err := s.rows.Get(ctx, "", "a")
	s.is(err, smm.ErrNotFound)
	_, err = s.rows.Get(ctx, "one", "b")
	s.is(err, smm.ErrNotFound)
	s.wantIDs(workflow.Query{Tenant: "one"}, "a")
	s.wantIDs(workflow.Query{Tenant: "two"}, "a", "b")
	s.wantIDs(workflow.Query{})
	s.is(s.rows.Delete(ctx, "one", "b", 1), smm.ErrNotFound)
	s.ok(s.rows.Delete(ctx, "one", "a", 1))
	s.wantIDs(workflow.Query{Tenant: "two"}, "a", "b")
}

func testSizes(s *suite) {
	r := row("", "large")
	r.Data = []byte(`"` + strings.Repeat("x", workflow.MaxRowSize-2) + `"`)
	s.put(r)
	s.wantRow(r)
	kept := *r
	r.Data = append(r.Data, ' ')
	s.is(s.rows.Put(s.Context(), r), smm.ErrInvalid)
	s.wantRow(&kept)
}

func testContext(s *suite) {
	a := row("", "a")
	s.put(a)
	kept := *a
	ctx := ended(s.Context())
	if s.rows.Put(ctx, a) == nil || s.rows.Put(ctx, row("", "b")) == nil || s.rows.Delete(ctx, "", "a", 1) == nil {
		s.Fatalf("a write went through with a context that had ended")
	}
	if _, err := s.rows.Get(ctx, "", "a"); err == nil {
		s.Fatalf("Get worked with a context that had ended")
	}
	n := 0
	for r, err := range s.rows.List(ctx, workflow.Query{}) {
		if n++; err == nil || r != nil || n > 1 {
			s.Fatalf("List with a context that had ended yields %v, %v, want one error", r, err)
		}
	}
	if n == 0 {
		s.Fatalf("List with a context that had ended gives no error")
	}
	s.wantRow(&kept)
	s.wantIDs(workflow.Query{}, "a")
}

func testReopen(s *suite) {
	if s.reopen == nil {
		s.Skip("the store does not outlive its process: no Reopen")
	}
	a, b := row("", "a"), row("t", "b")
	b.Due = t0().Add(time.Microsecond)
	s.put(a, b, row("", "gone"))
	s.put(a)
	s.ok(s.rows.Delete(s.Context(), "", "gone", 1))
	s.rows = s.reopen(s.rows)
	s.wantRow(a)
	s.wantRow(b)
	s.wantIDs(workflow.Query{}, "a")
	s.put(a)
	if a.Version != 3 {
		s.Fatalf("after reopening, Put sets version %d, want 3", a.Version)
	}
}
