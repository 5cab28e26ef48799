package sqlitestore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

const (
	putFreeze = `INSERT INTO freezes (tenant, id, wide, data) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT DO UPDATE SET wide = excluded.wide, data = excluded.data`
	readFreezes = `SELECT data FROM freezes WHERE tenant = ?1
		UNION ALL SELECT data FROM freezes INDEXED BY freezes_wide WHERE wide AND tenant <> ?1`
)

// SetFreeze implements scheduler.Store.
func (s *deliveries) SetFreeze(ctx context.Context, f scheduler.Freeze) error {
	if err := f.Check(); err != nil {
		return err
	}
	f.At, f.Until = scheduler.Micro(f.At), scheduler.Micro(f.Until)
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("%w: freeze %s: %w", smm.ErrInvalid, f.ID, err)
	}
	return s.db.writer.do(ctx, false, func(w *writer) error {
		_, err := w.changed(putFreeze, string(f.Tenant), f.ID, f.AllTenants, string(data))
		return err
	})
}

// Unfreeze implements scheduler.Store.
func (s *deliveries) Unfreeze(ctx context.Context, tenant smm.Tenant, id string) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		n, err := w.changed("DELETE FROM freezes WHERE tenant = ? AND id = ?", string(tenant), id)
		if err == nil && n == 0 {
			return fmt.Errorf("%w: freeze %s", scheduler.ErrNotFound, id)
		}
		return err
	})
}

// Freezes implements scheduler.Store. It is asked before each commit, and so
// has a statement of its own.
func (s *deliveries) Freezes(ctx context.Context, tenant smm.Tenant) ([]scheduler.Freeze, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	rows, err := s.db.freezes.QueryContext(ctx, string(tenant))
	if err != nil {
		return nil, s.db.readError(ctx, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has it
	var out []scheduler.Freeze
	for rows.Next() {
		var (
			data []byte
			f    scheduler.Freeze
		)
		if err := rows.Scan(&data); err != nil {
			return nil, s.db.readError(ctx, err)
		}
		if err := json.Unmarshal(data, &f); err != nil {
			return nil, fmt.Errorf("%w: a freeze is unreadable: %w", ErrCorrupt, err)
		}
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.readError(ctx, err)
	}
	slices.SortFunc(out, func(a, b scheduler.Freeze) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out, nil
}
