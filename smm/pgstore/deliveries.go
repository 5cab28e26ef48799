package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
)

// Deliveries returns the store of the scheduler. With a context of WithTx its
// writes are part of the caller's transaction.
func (db *DB) Deliveries() scheduler.Store { return &deliveries{db: db} }

// deliveries implements scheduler.Store.
type deliveries struct{ db *DB }

// Get implements scheduler.Store.
func (s *deliveries) Get(ctx context.Context, key scheduler.Key) (*scheduler.Record, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	var x row
	err := s.db.reader(ctx).QueryRow(ctx, s.db.sql("SELECT "+rowColumns+" FROM smm.deliveries d WHERE d.tenant = $1 AND d.id = $2"),
		text(string(key.Tenant)), text(key.ID)).Scan(x.dest()...)
	switch {
	case isNone(err):
		return nil, notFound(key)
	case err != nil:
		return nil, s.db.fail(ctx, err)
	}
	return x.record()
}

func notFound(key scheduler.Key) error {
	return fmt.Errorf("%w: record %s", scheduler.ErrNotFound, key.ID)
}

// Renew implements scheduler.Store.
func (s *deliveries) Renew(ctx context.Context, l scheduler.Lease) error {
	return s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.db.sql(`UPDATE smm.deliveries SET lease_until = $4
			WHERE tenant = $1 AND id = $2 AND epoch = $3 AND lease_until IS NOT NULL`),
			text(string(l.Key.Tenant)), text(l.Key.ID), l.Epoch, scheduler.Micro(l.Until))
		if err == nil && tag.RowsAffected() == 0 {
			return scheduler.ErrFenced
		}
		return err
	})
}

// NextWake implements scheduler.Store.
func (s *deliveries) NextWake(ctx context.Context) (time.Time, bool, error) {
	if err := s.db.usable(ctx); err != nil {
		return time.Time{}, false, err
	}
	var due *time.Time
	err := s.db.reader(ctx).QueryRow(ctx, s.db.sql("SELECT min(due) FROM smm.deliveries WHERE due IS NOT NULL")).Scan(&due)
	if err != nil {
		return time.Time{}, false, s.db.fail(ctx, err)
	}
	return timeOf(due), due != nil, nil
}

// purgeStep bounds what one transaction of Purge removes.
const purgeStep = 1000

// Purge implements scheduler.Store.
func (s *deliveries) Purge(ctx context.Context, p scheduler.Purge) (int, error) {
	query := s.db.sql(`DELETE FROM smm.deliveries d USING (
			SELECT tenant, id FROM smm.deliveries f WHERE ` + final + ` AND planned >= $1 AND planned < $2 AND ($3 OR tenant = $4)
			AND NOT EXISTS (SELECT 1 FROM smm.deliveries o WHERE o.tenant = f.tenant AND o.entry = f.entry AND NOT (o.` + final + `))
			ORDER BY planned LIMIT $5 FOR UPDATE SKIP LOCKED) old
		WHERE d.tenant = old.tenant AND d.id = old.id RETURNING d.planned`)
	var from time.Time // what is planned before is done with, or has to stay
	total := 0
	for {
		n, last := 0, from
		err := s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
			n, last = 0, from
			return each(ctx, tx, func(scan func(...any) error) error {
				var planned time.Time
				err := scan(&planned)
				if n++; planned.After(last) {
					last = planned
				}
				return err
			}, query, from, scheduler.Micro(p.Before), p.AllTenants, text(string(p.Tenant)), purgeStep)
		})
		if err != nil {
			return total, err
		}
		total, from = total+n, last
		if n < purgeStep {
			return total, nil
		}
	}
}
