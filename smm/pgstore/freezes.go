package pgstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// SetFreeze implements scheduler.Store.
func (s *deliveries) SetFreeze(ctx context.Context, f scheduler.Freeze) error {
	if err := f.Check(); err != nil {
		return err
	}
	for what, name := range map[string]string{"tenant": string(f.Tenant), "ID of the freeze": f.ID} {
		if err := checkName(what, name); err != nil {
			return err
		}
	}
	f.At, f.Until = scheduler.Micro(f.At), scheduler.Micro(f.Until)
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("%w: freeze %q: %w", smm.ErrInvalid, f.ID, err)
	}
	return s.db.join(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.db.sql(`INSERT INTO smm.freezes (tenant, id, all_tenants, data) VALUES ($1, $2, $3, $4)
			ON CONFLICT (tenant, id) DO UPDATE SET all_tenants = excluded.all_tenants, data = excluded.data`),
			text(string(f.Tenant)), text(f.ID), f.AllTenants, data)
		return err
	})
}

// Unfreeze implements scheduler.Store.
func (s *deliveries) Unfreeze(ctx context.Context, tenant smm.Tenant, id string) error {
	return s.db.join(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.db.sql("DELETE FROM smm.freezes WHERE tenant = $1 AND id = $2"), text(string(tenant)), text(id))
		if err == nil && tag.RowsAffected() == 0 {
			return fmt.Errorf("%w: freeze %s", scheduler.ErrNotFound, id)
		}
		return err
	})
}

// Freezes implements scheduler.Store.
func (s *deliveries) Freezes(ctx context.Context, tenant smm.Tenant) ([]scheduler.Freeze, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	var out []scheduler.Freeze
	err := each(ctx, s.db.reader(ctx), func(scan func(...any) error) error {
		var data []byte
		if err := scan(&data); err != nil {
			return err
		}
		var f scheduler.Freeze
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("%w: a freeze is unreadable: %w", ErrCorrupt, err)
		}
		out = append(out, f)
		return nil
	}, s.db.sql("SELECT data FROM smm.freezes WHERE tenant = $1 OR all_tenants"), text(string(tenant)))
	if err != nil {
		return nil, s.db.fail(ctx, err)
	}
	slices.SortFunc(out, func(a, b scheduler.Freeze) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out, nil
}
