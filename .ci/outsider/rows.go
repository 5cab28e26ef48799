package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// rowFile keeps sealed credentials in one JSON file, which is written as a whole.
type rowFile struct {
	path  string
	clock smm.Clock

	mu     sync.Mutex
	state  rowState
	leases map[string]rowLease
}

type rowState struct {
	Last int64       `json:"last"` // the highest version so far
	Rows []vault.Row `json:"rows"`
}

type rowLease struct {
	owner string
	until time.Time
}

var _ vault.Rows = (*rowFile)(nil)

func openRows(path string, clock smm.Clock) (*rowFile, error) {
	f := &rowFile{path: path, clock: clock, leases: make(map[string]rowLease)}
	return f, load(path, &f.state)
}

// load reads a JSON file; one that does not exist leaves v as it is.
func load(path string, v any) error {
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// save replaces a file in one step, durable on return.
func save(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(b); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// find returns the place of an account's row, -1 if there is none.
func (f *rowFile) find(t smm.Tenant, account smm.Ref) int {
	return slices.IndexFunc(f.state.Rows, func(r vault.Row) bool { return r.Tenant == t && r.Account == account })
}

// change replaces the rows, in the file first.
func (f *rowFile) change(s rowState) error {
	if err := save(f.path, s); err != nil {
		return err
	}
	f.state = s
	return nil
}

func (f *rowFile) Get(_ context.Context, t smm.Tenant, account smm.Ref) (vault.Row, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(t, account)
	if i < 0 {
		return vault.Row{}, fmt.Errorf("%s: %w", account, smm.ErrNotFound)
	}
	r := f.state.Rows[i]
	r.Sealed = bytes.Clone(r.Sealed)
	return r, nil
}

func (f *rowFile) Put(_ context.Context, r vault.Row, old int64) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := rowState{Last: f.state.Last + 1, Rows: slices.Clone(f.state.Rows)}
	r.Version, r.Sealed = next.Last, bytes.Clone(r.Sealed)
	i := f.find(r.Tenant, r.Account)
	switch {
	case i < 0 && old == 0:
		next.Rows = append(next.Rows, r)
	case i >= 0 && f.state.Rows[i].Version == old:
		next.Rows[i] = r
	default:
		return 0, fmt.Errorf("%s: %w", r.Account, smm.ErrConflict)
	}
	return r.Version, f.change(next)
}

func (f *rowFile) Reseal(_ context.Context, r vault.Row) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(r.Tenant, r.Account)
	if i < 0 || f.state.Rows[i].Version != r.Version {
		return fmt.Errorf("%s: %w", r.Account, smm.ErrConflict)
	}
	next := rowState{f.state.Last, slices.Clone(f.state.Rows)}
	r.Sealed = bytes.Clone(r.Sealed)
	next.Rows[i] = r
	return f.change(next)
}

func (f *rowFile) Delete(_ context.Context, t smm.Tenant, account smm.Ref) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(t, account)
	if i < 0 {
		return nil
	}
	return f.change(rowState{f.state.Last, slices.Delete(slices.Clone(f.state.Rows), i, i+1)})
}

func (f *rowFile) Accounts(_ context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []smm.Ref
	for _, r := range f.state.Rows {
		if r.Tenant == t && r.Account.Platform == p {
			out = append(out, r.Account)
		}
	}
	slices.SortFunc(out, func(a, b smm.Ref) int { return strings.Compare(a.String(), b.String()) })
	return out, nil
}

func (f *rowFile) NotUnder(_ context.Context, keyID string) iter.Seq2[vault.Row, error] {
	return func(yield func(vault.Row, error) bool) {
		f.mu.Lock()
		rows := slices.Clone(f.state.Rows)
		f.mu.Unlock()
		for _, r := range rows {
			if r.KeyID != keyID && !yield(r, nil) {
				return
			}
		}
	}
}

func leaseKey(t smm.Tenant, account smm.Ref) string { return string(t) + "\x00" + account.String() }

func (f *rowFile) Lock(_ context.Context, t smm.Tenant, account smm.Ref, owner string, ttl time.Duration) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, at := f.clock.Now(), leaseKey(t, account)
	if l, held := f.leases[at]; held && l.owner != owner && l.until.After(now) {
		return false, nil
	}
	f.leases[at] = rowLease{owner, now.Add(ttl)}
	return true, nil
}

func (f *rowFile) Unlock(_ context.Context, t smm.Tenant, account smm.Ref, owner string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := leaseKey(t, account); f.leases[at].owner == owner {
		delete(f.leases, at)
	}
	return nil
}
