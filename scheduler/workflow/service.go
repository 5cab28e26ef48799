package workflow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Source finds the process of a draft by the name in Draft.Process. It is asked
// for every action and by the gate for every delivery, so it should be quick; what
// it returns is not changed.
type Source func(ctx context.Context, tenant smm.Tenant, name string) (*Process, error)

// Fixed returns a Source of one process for all.
func Fixed(p Process) Source {
	return func(context.Context, smm.Tenant, string) (*Process, error) { return &p, nil }
}

// Options shape New.
type Options struct {
	Processes Source    // required
	Clock     smm.Clock // default smm.SystemClock
}

// Service keeps drafts in a store and applies actions to them. It is safe for
// concurrent use, by several processes on one store. It adds no rules to those of
// Apply.
type Service struct {
	rows      Rows
	processes Source
	clock     smm.Clock
}

// New returns a Service on rows.
func New(rows Rows, o Options) (*Service, error) {
	if rows == nil || o.Processes == nil {
		return nil, invalid("a workflow needs a store of drafts and a source of processes, for example Fixed")
	}
	if o.Clock == nil {
		o.Clock = smm.SystemClock()
	}
	return &Service{rows: rows, processes: o.Processes, clock: o.Clock}, nil
}

// process returns the checked process of that name.
func (s *Service) process(ctx context.Context, tenant smm.Tenant, name string) (*Process, error) {
	p, err := s.processes(ctx, tenant, name)
	if err != nil {
		return nil, fmt.Errorf("workflow: process %q: %w", name, err)
	}
	if p == nil {
		return nil, fmt.Errorf("workflow: process %q: %w", name, smm.ErrNotFound)
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("workflow: process %q: %w", name, err)
	}
	return p, nil
}

// Item is a draft to be created.
type Item struct {
	ID       string // unique in the tenant: the host's own
	Process  string // for the Source
	Content  Content
	Assignee string // default the Assignee of the labels
}

// Create stores a new draft in the first stage of its process. The error matches
// smm.ErrConflict if the tenant has a draft of this ID.
func (s *Service) Create(ctx context.Context, tenant smm.Tenant, by Actor, it Item) (Draft, error) {
	p, err := s.process(ctx, tenant, it.Process)
	if err != nil {
		return Draft{}, err
	}
	d, err := s.make(tenant, p, by, it)
	if err != nil {
		return Draft{}, err
	}
	return s.put(ctx, d)
}

func (s *Service) make(tenant smm.Tenant, p *Process, by Actor, it Item) (Draft, error) {
	d, err := NewDraft(tenant, it.ID, it.Content, p, by, s.clock.Now())
	if err != nil {
		return Draft{}, err
	}
	d.Process = it.Process
	if it.Assignee != "" {
		d.Assignee = it.Assignee
	}
	return d, nil
}

func (s *Service) put(ctx context.Context, d Draft) (Draft, error) {
	row, err := d.encode()
	if err != nil {
		return Draft{}, err
	}
	if err := s.rows.Put(ctx, row); err != nil {
		return Draft{}, err
	}
	d.Version = row.Version
	return d, nil
}

// Get returns a draft; the error matches smm.ErrNotFound if the tenant has none
// of this ID.
func (s *Service) Get(ctx context.Context, tenant smm.Tenant, id string) (Draft, error) {
	row, err := s.rows.Get(ctx, tenant, id)
	if err != nil {
		return Draft{}, err
	}
	return decode(row)
}

// Filter selects drafts of a tenant. Fields that are set narrow it down.
type Filter struct {
	Stages   []string
	Assignee string    // looks after the draft, or has an open task of it
	From     time.Time // planned at or after it
	Until    time.Time // planned before it
	After    string    // only IDs behind it
	Limit    int       // 0: all
}

// List yields the drafts that f selects, in the order of their IDs. A draft that
// cannot be read gives an error and ends the sequence.
func (s *Service) List(ctx context.Context, tenant smm.Tenant, f Filter) iter.Seq2[Draft, error] {
	q := Query{Tenant: tenant, Stages: f.Stages, From: f.From, Until: f.Until, After: f.After}
	if f.Assignee == "" {
		q.Limit = f.Limit
	}
	return func(yield func(Draft, error) bool) {
		n := 0
		for row, err := range s.rows.List(ctx, q) {
			var d Draft
			if err == nil {
				d, err = decode(row)
			}
			if err != nil {
				yield(Draft{}, err)
				return
			}
			if f.Assignee != "" && !d.concerns(f.Assignee) {
				continue
			}
			if n++; !yield(d, nil) || n == f.Limit {
				return
			}
		}
	}
}

func (d *Draft) concerns(person string) bool {
	return d.Assignee == person ||
		slices.ContainsFunc(d.Tasks, func(t Task) bool { return t.Assignee == person && t.Done.IsZero() })
}

// putTries is how often an action is applied again because somebody else was
// faster.
const putTries = 20

// Do applies an action to a draft and stores the result, on what somebody else
// stored meanwhile if need be: see Apply for the errors. Decisions name what was
// looked at, so that they never fall on something else.
func (s *Service) Do(ctx context.Context, tenant smm.Tenant, id string, by Actor, a Action) (Draft, error) {
	for n := 1; ; n++ {
		d, err := s.Get(ctx, tenant, id)
		if err != nil {
			return Draft{}, err
		}
		p, err := s.process(ctx, tenant, d.Process)
		if err != nil {
			return Draft{}, err
		}
		after, err := Apply(d, p, by, a, s.clock.Now())
		if err != nil {
			return d, err
		}
		if len(after.Audit) == len(d.Audit) {
			return d, nil
		}
		after, err = s.put(ctx, after)
		if err == nil || n == putTries || !errors.Is(err, smm.ErrConflict) {
			return after, err
		}
	}
}

// Why says what stands between a draft and being sent; see the function Why.
func (s *Service) Why(ctx context.Context, tenant smm.Tenant, id string) ([]Reason, error) {
	d, err := s.Get(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	p, err := s.process(ctx, tenant, d.Process)
	if err != nil {
		return nil, err
	}
	return Why(d, p, s.clock.Now()), nil
}
