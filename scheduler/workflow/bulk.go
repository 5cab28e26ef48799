package workflow

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// ItemError is what is wrong with an item of CreateAll.
type ItemError struct {
	Index int // in the items passed, from 0
	ID    string
	Err   error
}

// Error implements error.
func (e *ItemError) Error() string { return fmt.Sprintf("item %d (%s): %v", e.Index+1, e.ID, e.Err) }

// Unwrap returns what is wrong.
func (e *ItemError) Unwrap() error { return e.Err }

// BulkError lists everything that is wrong with the items of CreateAll.
type BulkError struct{ Items []*ItemError }

// Error implements error.
func (e *BulkError) Error() string {
	if len(e.Items) == 1 {
		return e.Items[0].Error()
	}
	return fmt.Sprintf("%d items cannot be created, the first: %v", len(e.Items), e.Items[0])
}

// Unwrap returns the errors of the items.
func (e *BulkError) Unwrap() []error {
	out := make([]error, 0, len(e.Items))
	for _, it := range e.Items {
		out = append(out, it)
	}
	return out
}

// CreateAll stores many drafts. All items are checked before any is stored: if
// something is wrong with some, also an ID that is taken, the error is a
// *BulkError that lists every one, and nothing is stored.
//
// A store that fails half-way leaves the drafts before it; the drafts returned
// are those. Call again with the rest, or with all of the items: drafts that the
// same actor created with the same content, and that nobody has touched since,
// count as done.
func (s *Service) CreateAll(ctx context.Context, tenant smm.Tenant, by Actor, items []Item) ([]Draft, error) {
	drafts := make([]Draft, len(items))
	bad := &BulkError{}
	seen := make(map[string]int, len(items))
	for i, it := range items {
		d, err := s.prepare(ctx, tenant, by, it)
		if first, twice := seen[it.ID]; twice && err == nil {
			err = invalid("the ID is that of item %d as well", first+1)
		}
		seen[it.ID] = i
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			bad.Items = append(bad.Items, &ItemError{Index: i, ID: it.ID, Err: err})
		}
		drafts[i] = d
	}
	if len(bad.Items) > 0 {
		return nil, bad
	}
	for i := range drafts {
		if drafts[i].Version > 0 {
			continue
		}
		d, err := s.put(ctx, drafts[i])
		if err != nil {
			return drafts[:i], &BulkError{Items: []*ItemError{{Index: i, ID: items[i].ID, Err: err}}}
		}
		drafts[i] = d
	}
	return drafts, nil
}

// prepare makes the draft of an item, or finds it if an earlier call stored it.
func (s *Service) prepare(ctx context.Context, tenant smm.Tenant, by Actor, it Item) (Draft, error) {
	p, err := s.process(ctx, tenant, it.Process)
	if err != nil {
		return Draft{}, err
	}
	d, err := s.make(tenant, p, by, it)
	if err != nil {
		return Draft{}, err
	}
	if row, err := d.encode(); err != nil {
		return Draft{}, err
	} else if err := CheckRow(row); err != nil {
		return Draft{}, err
	}
	old, err := s.Get(ctx, tenant, it.ID)
	switch {
	case errors.Is(err, smm.ErrNotFound):
		return d, nil
	case err != nil:
		return Draft{}, err
	case old.Version == 1 && old.Sum() == d.Sum() && old.Authors[0] == by.ID && old.Process == d.Process:
		return old, nil
	}
	return Draft{}, fmt.Errorf("%w: there is a draft %s already", smm.ErrConflict, it.ID)
}
