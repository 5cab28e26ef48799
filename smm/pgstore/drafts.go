package pgstore

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// Drafts returns the rows of package workflow. With a context of WithTx they are
// read and written in the caller's transaction.
func (db *DB) Drafts() workflow.Rows { return &drafts{db: db} }

// drafts implements workflow.Rows.
type drafts struct{ db *DB }

// Put implements workflow.Rows.
func (s *drafts) Put(ctx context.Context, r *workflow.Row) error {
	if r == nil || r.ID == "" {
		return fmt.Errorf("%w: pgstore: a draft needs an ID", smm.ErrInvalid)
	}
	if len(r.Data) > workflow.MaxRowSize {
		return fmt.Errorf("%w: pgstore: draft %s has %d bytes, want at most %d", smm.ErrInvalid, r.ID, len(r.Data), workflow.MaxRowSize)
	}
	for what, name := range map[string]string{"tenant": string(r.Tenant), "ID of the draft": r.ID, "stage": r.Stage} {
		if err := checkName(what, name); err != nil {
			return err
		}
	}
	query := `UPDATE smm.drafts SET version = version + 1, stage = $3, due = $4, data = $5 WHERE tenant = $1 AND id = $2 AND version = $6`
	args := []any{text(string(r.Tenant)), text(r.ID), text(r.Stage), micro(r.Due), slices.Concat([]byte{}, r.Data), r.Version}
	if r.Version == 0 {
		query = `INSERT INTO smm.drafts (tenant, id, version, stage, due, data) VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (tenant, id) DO NOTHING`
		args = args[:5]
	}
	err := s.db.join(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.db.sql(query), args...)
		if err == nil && tag.RowsAffected() == 0 {
			err = fmt.Errorf("draft %s: %w: version %d is not what is stored", r.ID, smm.ErrConflict, r.Version)
		}
		return err
	})
	if err == nil {
		r.Version++
	}
	return err
}

const draftColumns = "d.id, d.version, d.stage, d.due, d.data"

func scanDraft(tenant smm.Tenant, scan func(...any) error) (*workflow.Row, error) {
	r := &workflow.Row{Tenant: tenant}
	var due *time.Time
	if err := scan(&r.ID, &r.Version, &r.Stage, &due, &r.Data); err != nil {
		return nil, err
	}
	r.ID, r.Stage, r.Due = fromText(r.ID), fromText(r.Stage), timeOf(due)
	return r, nil
}

// Get implements workflow.Rows.
func (s *drafts) Get(ctx context.Context, tenant smm.Tenant, id string) (*workflow.Row, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	r, err := scanDraft(tenant, s.db.reader(ctx).QueryRow(ctx, s.db.sql("SELECT "+draftColumns+" FROM smm.drafts d WHERE d.tenant = $1 AND d.id = $2"),
		text(string(tenant)), text(id)).Scan)
	if isNone(err) {
		return nil, fmt.Errorf("draft %s: %w", id, smm.ErrNotFound)
	}
	return r, s.db.fail(ctx, err)
}

// List implements workflow.Rows.
func (s *drafts) List(ctx context.Context, q workflow.Query) iter.Seq2[*workflow.Row, error] {
	return func(yield func(*workflow.Row, error) bool) {
		q, left := q, q.Limit
		for {
			page, err := s.page(ctx, &q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range page {
				if left--; !yield(r, nil) || left == 0 {
					return
				}
			}
			if len(page) < pageRows {
				return
			}
			q.After = page[len(page)-1].ID
		}
	}
}

func (s *drafts) page(ctx context.Context, q *workflow.Query) ([]*workflow.Row, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	var c conditions
	c.add("d.tenant = ?", text(string(q.Tenant)))
	if len(q.Stages) > 0 {
		stages := make([]string, len(q.Stages))
		for i, stage := range q.Stages {
			stages[i] = text(stage)
		}
		c.add("d.stage = ANY(?)", stages)
	}
	if !q.From.IsZero() {
		c.add("d.due >= ?", scheduler.Micro(q.From))
	}
	if !q.Until.IsZero() {
		c.add("d.due < ?", scheduler.Micro(q.Until))
	}
	if q.After != "" {
		c.add("d.id > ?", text(q.After))
	}
	query := "SELECT " + draftColumns + " FROM smm.drafts d WHERE " + strings.Join(c.terms, " AND ") + " ORDER BY d.id LIMIT " + c.arg(pageRows)
	var out []*workflow.Row
	err := each(ctx, s.db.reader(ctx), func(scan func(...any) error) error {
		r, err := scanDraft(q.Tenant, scan)
		out = append(out, r)
		return err
	}, s.db.sql(query), c.args...)
	return out, s.db.fail(ctx, err)
}

// Delete implements workflow.Rows.
func (s *drafts) Delete(ctx context.Context, tenant smm.Tenant, id string, version int64) error {
	return s.db.join(ctx, func(tx pgx.Tx) error {
		var have int64
		err := tx.QueryRow(ctx, s.db.sql("SELECT version FROM smm.drafts WHERE tenant = $1 AND id = $2 FOR UPDATE"),
			text(string(tenant)), text(id)).Scan(&have)
		switch {
		case isNone(err):
			return fmt.Errorf("draft %s: %w", id, smm.ErrNotFound)
		case err != nil:
			return err
		case have != version:
			return fmt.Errorf("draft %s: %w: version %d, not %d", id, smm.ErrConflict, have, version)
		}
		_, err = tx.Exec(ctx, s.db.sql("DELETE FROM smm.drafts WHERE tenant = $1 AND id = $2"), text(string(tenant)), text(id))
		return err
	})
}
