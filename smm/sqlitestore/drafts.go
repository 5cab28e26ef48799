package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// Drafts returns the store of the workflow.
func (db *DB) Drafts() workflow.Rows { return drafts{db} }

// drafts implements workflow.Rows.
type drafts struct{ db *DB }

// Put implements workflow.Rows.
func (s drafts) Put(ctx context.Context, r *workflow.Row) error {
	switch {
	case r.ID == "":
		return fmt.Errorf("%w: a draft needs an ID", smm.ErrInvalid)
	case len(r.Data) > workflow.MaxRowSize:
		return fmt.Errorf("%w: draft %s has %d bytes, and %d are allowed", smm.ErrInvalid, r.ID, len(r.Data), workflow.MaxRowSize)
	case r.Version < 0:
		return fmt.Errorf("%w: draft %s has a negative version", smm.ErrInvalid, r.ID)
	}
	data := append([]byte{}, r.Data...) // not nil, which would be NULL
	due := sql.NullInt64{Int64: micros(r.Due), Valid: !r.Due.IsZero()}
	err := s.db.writer.do(ctx, false, func(w *writer) error {
		query := `UPDATE drafts SET version = version + 1, stage = ?4, due = ?5, data = ?6 WHERE tenant = ?1 AND id = ?2 AND version = ?3`
		if r.Version == 0 {
			query = `INSERT OR IGNORE INTO drafts (tenant, id, version, stage, due, data) VALUES (?1, ?2, ?3 + 1, ?4, ?5, ?6)`
		}
		n, err := w.changed(query, string(r.Tenant), r.ID, r.Version, r.Stage, due, data)
		if err == nil && n == 0 {
			return fmt.Errorf("%w: draft %s is not in version %d any more", smm.ErrConflict, r.ID, r.Version)
		}
		return err
	})
	if err == nil {
		r.Version++
	}
	return err
}

// Get implements workflow.Rows.
func (s drafts) Get(ctx context.Context, tenant smm.Tenant, id string) (*workflow.Row, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	r, err := scanDraft(tenant, s.db.read.QueryRowContext(ctx,
		"SELECT "+draftColumns+" FROM drafts WHERE tenant = ? AND id = ?", string(tenant), id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%w: draft %s", smm.ErrNotFound, id)
	case err != nil:
		return nil, s.db.readError(ctx, err)
	}
	return r, nil
}

const draftColumns = "id, version, stage, due, data"

func scanDraft(tenant smm.Tenant, row interface{ Scan(dest ...any) error }) (*workflow.Row, error) {
	r := &workflow.Row{Tenant: tenant}
	var due sql.NullInt64
	err := row.Scan(&r.ID, &r.Version, &r.Stage, &due, &r.Data)
	if due.Valid {
		r.Due = fromMicros(due.Int64)
	}
	return r, err
}

// Delete implements workflow.Rows.
func (s drafts) Delete(ctx context.Context, tenant smm.Tenant, id string, version int64) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		n, err := w.changed("DELETE FROM drafts WHERE tenant = ? AND id = ? AND version = ?", string(tenant), id, version)
		if err != nil || n > 0 {
			return err
		}
		there := false
		err = w.query("SELECT 1 FROM drafts WHERE tenant = ? AND id = ?",
			func(*sql.Rows) error { there = true; return nil }, string(tenant), id)
		switch {
		case err != nil:
			return err
		case there:
			return fmt.Errorf("%w: draft %s is not in version %d any more", smm.ErrConflict, id, version)
		}
		return fmt.Errorf("%w: draft %s", smm.ErrNotFound, id)
	})
}

// draftPage is how many drafts a list reads at a time: they are larger than
// deliveries may be.
const draftPage = 32

// List implements workflow.Rows.
func (s drafts) List(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
	return func(yield func(*workflow.Row, error) bool) {
		after, n := q.After, 0
		for {
			rs, err := s.page(ctx, &q, after)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range rs {
				if n++; !yield(r, nil) || n == q.Limit {
					return
				}
			}
			if len(rs) < draftPage {
				return
			}
			after = rs[len(rs)-1].ID
		}
	}
}

func (s drafts) page(ctx context.Context, q *workflow.Query, after string) ([]*workflow.Row, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	var c conditions
	c.add("tenant = ?", string(q.Tenant))
	c.add("id > ?", after)
	if !q.From.IsZero() {
		c.add("due >= ?", micros(q.From))
	}
	if !q.Until.IsZero() {
		c.add("due < ?", micros(q.Until))
	}
	if len(q.Stages) > 0 {
		for _, stage := range q.Stages {
			c.args = append(c.args, stage)
		}
		c.terms = append(c.terms, "stage IN (?"+strings.Repeat(", ?", len(q.Stages)-1)+")")
	}
	//nolint:gosec // the terms are constants of this file, the values are arguments
	rows, err := s.db.read.QueryContext(ctx, "SELECT "+draftColumns+" FROM drafts WHERE "+
		strings.Join(c.terms, " AND ")+" ORDER BY id LIMIT ?", append(c.args, draftPage)...)
	if err != nil {
		return nil, s.db.readError(ctx, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has it
	var out []*workflow.Row
	for rows.Next() {
		r, err := scanDraft(q.Tenant, rows)
		if err != nil {
			return nil, s.db.readError(ctx, err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.readError(ctx, err)
	}
	return out, nil
}
