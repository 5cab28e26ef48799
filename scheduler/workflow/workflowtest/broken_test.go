package workflowtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// recorder notes failures instead of failing.
type recorder struct {
	testing.TB

	ctx   context.Context //nolint:containedctx // it stands for a test, which has one
	mu    sync.Mutex
	lines []string
}

func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Helper()                  {}

func (r *recorder) Errorf(f string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(f, args...))
}

func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }

// complaints runs one case on a store and returns what it complained about.
func complaints(t *testing.T, test func(*suite), b *broken) []string {
	t.Helper()
	r := &recorder{TB: t, ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := &suite{TB: r, rows: b}
		s.reopen = func(workflow.Rows) workflow.Rows {
			if b.reopened != nil {
				return b.reopened(b)
			}
			return b
		}
		test(s)
	}()
	<-done
	return r.lines
}

// broken is a MemoryRows with one bug: what is set replaces a method.
type broken struct {
	*workflow.MemoryRows

	put      func(context.Context, *workflow.Row) error
	get      func(context.Context, smm.Tenant, string) (*workflow.Row, error)
	list     func(context.Context, workflow.Query) iter.Seq2[*workflow.Row, error]
	del      func(context.Context, smm.Tenant, string, int64) error
	reopened func(*broken) workflow.Rows
}

func (b *broken) Put(ctx context.Context, r *workflow.Row) error {
	if b.put != nil {
		return b.put(ctx, r)
	}
	return b.MemoryRows.Put(ctx, r)
}

func (b *broken) Get(ctx context.Context, t smm.Tenant, id string) (*workflow.Row, error) {
	if b.get != nil {
		return b.get(ctx, t, id)
	}
	return b.MemoryRows.Get(ctx, t, id)
}

func (b *broken) List(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
	if b.list != nil {
		return b.list(ctx, q)
	}
	return b.MemoryRows.List(ctx, q)
}

func (b *broken) Delete(ctx context.Context, t smm.Tenant, id string, v int64) error {
	if b.del != nil {
		return b.del(ctx, t, id, v)
	}
	return b.MemoryRows.Delete(ctx, t, id, v)
}

// query lists with a query that is bent first.
func (b *broken) query(bend func(*workflow.Query)) func(context.Context, workflow.Query) iter.Seq2[*workflow.Row, error] {
	return func(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
		bend(&q)
		return b.MemoryRows.List(ctx, q)
	}
}

// sorted lists in another order.
func (b *broken) sorted(cmp func(a, b *workflow.Row) int) func(context.Context, workflow.Query) iter.Seq2[*workflow.Row, error] {
	return func(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
		return func(yield func(*workflow.Row, error) bool) {
			var rs []*workflow.Row
			for r, err := range b.MemoryRows.List(ctx, q) {
				if err != nil {
					yield(nil, err)
					return
				}
				rs = append(rs, r)
			}
			slices.SortStableFunc(rs, cmp)
			for _, r := range rs {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// overwrite puts r whatever the stored version is.
func (b *broken) overwrite(ctx context.Context, r *workflow.Row) error {
	for {
		c := *r
		old, err := b.MemoryRows.Get(ctx, r.Tenant, r.ID)
		switch {
		case err == nil:
			c.Version = old.Version
		case errors.Is(err, smm.ErrNotFound):
			c.Version = 0
		default:
			return err
		}
		err = b.MemoryRows.Put(ctx, &c)
		if !errors.Is(err, smm.ErrConflict) {
			r.Version = c.Version
			return err
		}
	}
}

// bugs are stores that must not pass, by the case that must catch them.
var bugs = []struct {
	name, caughtBy string
	breakIt        func(b *broken)
}{
	{"no compare and swap", "compare and swap", func(b *broken) { b.put = b.overwrite }},
	{"compared, then written apart from it", "one of many wins", func(b *broken) {
		b.put = func(ctx context.Context, r *workflow.Row) error {
			old, err := b.MemoryRows.Get(ctx, r.Tenant, r.ID)
			if err == nil && old.Version != r.Version {
				return smm.ErrConflict
			}
			for range 100 {
				runtime.Gosched()
			}
			return b.overwrite(ctx, r)
		}
	}},
	{"inserts what was deleted", "delete", func(b *broken) {
		b.put = func(ctx context.Context, r *workflow.Row) error {
			if _, err := b.MemoryRows.Get(ctx, r.Tenant, r.ID); errors.Is(err, smm.ErrNotFound) {
				r.Version = 0
			}
			return b.MemoryRows.Put(ctx, r)
		}
	}},
	{"version not told", "put and get", func(b *broken) {
		b.put = func(ctx context.Context, r *workflow.Row) error {
			c := *r
			return b.MemoryRows.Put(ctx, &c)
		}
	}},
	{"rewrites the JSON", "put and get", func(b *broken) {
		b.get = func(ctx context.Context, t smm.Tenant, id string) (*workflow.Row, error) {
			r, err := b.MemoryRows.Get(ctx, t, id)
			if err == nil {
				r.Data = []byte(strings.ReplaceAll(string(r.Data), ": ", ":"))
			}
			return r, err
		}
	}},
	{"forgets that there is no Due any more", "put and get", func(b *broken) {
		b.put = func(ctx context.Context, r *workflow.Row) error {
			old, err := b.MemoryRows.Get(ctx, r.Tenant, r.ID)
			if err == nil && r.Due.IsZero() {
				r.Due = old.Due
				defer func() { r.Due = time.Time{} }()
			}
			return b.MemoryRows.Put(ctx, r)
		}
	}},
	{"deletes any version", "delete", func(b *broken) {
		b.del = func(ctx context.Context, t smm.Tenant, id string, _ int64) error {
			r, err := b.MemoryRows.Get(ctx, t, id)
			if err != nil {
				return err
			}
			return b.MemoryRows.Delete(ctx, t, id, r.Version)
		}
	}},
	{"deletes what is not there", "delete", func(b *broken) {
		b.del = func(ctx context.Context, t smm.Tenant, id string, v int64) error {
			err := b.MemoryRows.Delete(ctx, t, id, v)
			if errors.Is(err, smm.ErrNotFound) {
				return nil
			}
			return err
		}
	}},
	{"one tenant for all", "tenants", func(b *broken) {
		b.get = func(ctx context.Context, t smm.Tenant, id string) (*workflow.Row, error) {
			for _, u := range []smm.Tenant{t, "one", "two"} {
				if r, err := b.MemoryRows.Get(ctx, u, id); err == nil {
					return r, nil
				}
			}
			return nil, smm.ErrNotFound
		}
	}},
	{"sorts without regard to case", "order", func(b *broken) {
		b.list = b.sorted(func(x, y *workflow.Row) int { return strings.Compare(strings.ToLower(x.ID), strings.ToLower(y.ID)) })
	}},
	{"sorts as they came", "order", func(b *broken) {
		b.list = b.sorted(func(x, y *workflow.Row) int { return len(y.ID) - len(x.ID) })
	}},
	{"pages begin at After", "order", func(b *broken) {
		b.list = b.query(func(q *workflow.Query) {
			if q.After != "" {
				q.After = q.After[:len(q.After)-1] + string(q.After[len(q.After)-1]-1) + "~"
			}
		})
	}},
	{"no limit", "pages", func(b *broken) { b.list = b.query(func(q *workflow.Query) { q.Limit = 0 }) }},
	{"limit before the filter", "pages", func(b *broken) {
		b.list = func(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
			return func(yield func(*workflow.Row, error) bool) {
				wide := q
				wide.Stages = nil
				for r, err := range b.MemoryRows.List(ctx, wide) {
					if (err != nil || q.Match(r)) && !yield(r, err) {
						return
					}
				}
			}
		}
	}},
	{"only the first stage", "queries", func(b *broken) {
		b.list = b.query(func(q *workflow.Query) { q.Stages = q.Stages[:min(1, len(q.Stages))] })
	}},
	{"Until at it as well", "queries", func(b *broken) {
		b.list = b.query(func(q *workflow.Query) {
			if !q.Until.IsZero() {
				q.Until = q.Until.Add(time.Microsecond)
			}
		})
	}},
	{"From behind it only", "queries", func(b *broken) {
		b.list = b.query(func(q *workflow.Query) {
			if !q.From.IsZero() {
				q.From = q.From.Add(time.Microsecond)
			}
		})
	}},
	{"Due to the second", "due to the microsecond", func(b *broken) {
		b.put = func(ctx context.Context, r *workflow.Row) error {
			c := *r
			c.Due = r.Due.Truncate(time.Second)
			err := b.MemoryRows.Put(ctx, &c)
			r.Version = c.Version
			return err
		}
	}},
	{"locked while it lists", "writes while listing", func(b *broken) {
		listing := false
		b.list = func(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
			return func(yield func(*workflow.Row, error) bool) {
				listing = true
				defer func() { listing = false }()
				b.MemoryRows.List(ctx, q)(yield)
			}
		}
		b.put = func(ctx context.Context, r *workflow.Row) error {
			if listing {
				return smm.ErrUnavailable
			}
			return b.MemoryRows.Put(ctx, r)
		}
	}},
	{"takes any size", "sizes", func(b *broken) {
		b.put = func(ctx context.Context, r *workflow.Row) error {
			c := *r
			c.Data = c.Data[:min(len(c.Data), workflow.MaxRowSize)]
			err := b.MemoryRows.Put(ctx, &c)
			r.Version = c.Version
			return err
		}
	}},
	{"refuses large rows", "sizes", func(b *broken) {
		b.put = func(ctx context.Context, r *workflow.Row) error {
			if len(r.Data) > 1<<20 {
				return smm.ErrInvalid
			}
			return b.MemoryRows.Put(ctx, r)
		}
	}},
	{"writes without regard to the context", "context", func(b *broken) {
		b.put = func(_ context.Context, r *workflow.Row) error { return b.MemoryRows.Put(context.Background(), r) }
	}},
	{"lists nothing once the context has ended", "context", func(b *broken) {
		b.list = func(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
			if ctx.Err() != nil {
				return func(func(*workflow.Row, error) bool) {}
			}
			return b.MemoryRows.List(ctx, q)
		}
	}},
	{"empty after a crash", "reopen", func(b *broken) {
		b.reopened = func(*broken) workflow.Rows { return workflow.NewMemoryRows() }
	}},
	{"the last write lost in a crash", "reopen", func(b *broken) {
		b.reopened = func(b *broken) workflow.Rows {
			lost := workflow.NewMemoryRows()
			for _, t := range []smm.Tenant{"", "t"} {
				for r := range b.MemoryRows.List(context.Background(), workflow.Query{Tenant: t}) {
					r.Version = 0
					_ = lost.Put(context.Background(), r)
				}
			}
			return lost
		}
	}},
}

func TestSuiteCatchesBrokenStores(t *testing.T) {
	tests := make(map[string]func(*suite))
	for _, c := range cases() {
		tests[c.name] = c.test
	}
	for _, bug := range bugs {
		t.Run(bug.name, func(t *testing.T) {
			test := tests[bug.caughtBy]
			if test == nil {
				t.Fatalf("no case %q", bug.caughtBy)
			}
			if lines := complaints(t, test, &broken{MemoryRows: workflow.NewMemoryRows()}); len(lines) > 0 {
				t.Fatalf("the case complains about a good store: %q", lines)
			}
			b := &broken{MemoryRows: workflow.NewMemoryRows()}
			bug.breakIt(b)
			lines := complaints(t, test, b)
			if len(lines) == 0 {
				t.Fatalf("%q does not catch it", bug.caughtBy)
			}
			t.Logf("caught: %.160s", lines[0])
		})
	}
}
