package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Deliveries returns the store of the scheduler.
func (db *DB) Deliveries() scheduler.Store { return &deliveries{db: db} }

// deliveries implements scheduler.Store.
type deliveries struct {
	db   *DB
	turn turn
}

const insertDelivery = `INSERT INTO deliveries
	(id, tenant, version, epoch, phase, wake, due, lease_until, lease_owner, planned, entry, token, hash, data)
	VALUES (?1, ?2, 1, 0, ?3, ?4, ?4, 0, '', ?5, ?6, ?7, ?8, ?9)
	ON CONFLICT DO NOTHING`

// Insert implements scheduler.Store.
func (s *deliveries) Insert(ctx context.Context, rs ...*scheduler.Record) error {
	if err := scheduler.CheckInsert(rs); err != nil || len(rs) == 0 {
		return err
	}
	data := make([]string, len(rs))
	for i, r := range rs {
		var err error
		if data[i], err = encode(&r.Delivery); err != nil {
			return err
		}
	}
	err := s.db.writer.do(ctx, len(rs) > 1, func(w *writer) error {
		if err := freeTokens(w, rs); err != nil {
			return err
		}
		for i, r := range rs {
			if err := insert(w, r, data[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range rs {
		r.Version, r.NotBefore = 1, scheduler.Micro(r.NotBefore)
	}
	return nil
}

func insert(w *writer, r *scheduler.Record, data string) error {
	d := &r.Delivery
	token := sql.NullString{String: r.Token, Valid: r.Token != ""}
	var hash any
	if token.Valid {
		hash = r.PayloadHash
	}
	n, err := w.changed(insertDelivery, d.ID, string(d.Tenant), string(d.Phase), wakeOf(r),
		micros(r.NotBefore), entryHash(d.Tenant, d.Entry), token, hash, data)
	if err == nil && n == 0 {
		return fmt.Errorf("%w: record %s exists", smm.ErrConflict, d.ID)
	}
	return err
}

// freeTokens refuses records whose tokens are in use.
func freeTokens(w *writer, rs []*scheduler.Record) error {
	type key struct{ tenant, token string }
	last := key{}
	for _, r := range rs {
		k := key{string(r.Delivery.Tenant), r.Token}
		if k.token == "" || k == last {
			continue
		}
		last = k
		used := false
		err := w.query("SELECT 1 FROM deliveries WHERE tenant = ? AND token = ? LIMIT 1",
			func(*sql.Rows) error { used = true; return nil }, k.tenant, k.token)
		if err != nil {
			return err
		}
		if used {
			return scheduler.ErrTokenUsed
		}
	}
	return nil
}

// Get implements scheduler.Store.
func (s *deliveries) Get(ctx context.Context, key scheduler.Key) (*scheduler.Record, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	var x row
	err := x.scan(s.db.read.QueryRowContext(ctx,
		"SELECT "+rowColumns+" FROM deliveries WHERE id = ? AND tenant = ?", key.ID, string(key.Tenant)))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%w: record %s", scheduler.ErrNotFound, key.ID)
	case err != nil:
		return nil, s.db.readError(ctx, err)
	}
	return x.record()
}

const saveDelivery = `UPDATE deliveries SET
		version = version + 1, phase = ?5, planned = ?8, data = ?9, wake = ?6,
		lease_until = CASE WHEN ?7 THEN lease_until ELSE 0 END,
		due = CASE WHEN ?7 THEN max(?6, lease_until) ELSE ?6 END
	WHERE id = ?1 AND tenant = ?2 AND version = ?3 AND epoch = ?4 AND lease_until > ?10`

// Save implements scheduler.Store.
func (s *deliveries) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	d := &r.Delivery
	if err := d.Check(); err != nil {
		return err
	}
	data, err := encode(d)
	if err != nil {
		return err
	}
	leaseAfter := int64(-1) // any, and none
	if d.Phase == smm.PhaseCommitting {
		leaseAfter = now.UnixMicro()
	}
	err = s.db.writer.do(ctx, false, func(w *writer) error {
		n, err := w.changed(saveDelivery, d.ID, string(d.Tenant), r.Version, r.Epoch, string(d.Phase),
			wakeOf(r), !r.LeaseUntil.IsZero(), micros(r.NotBefore), data, leaseAfter)
		if err != nil || n == 1 {
			return err
		}
		return w.missed(r.Key())
	})
	if err == nil {
		r.Version++
		r.NotBefore = scheduler.Micro(r.NotBefore)
	}
	return err
}

// missed says why a conditional update changed nothing.
func (w *writer) missed(key scheduler.Key) error {
	there := false
	err := w.query("SELECT 1 FROM deliveries WHERE id = ? AND tenant = ?",
		func(*sql.Rows) error { there = true; return nil }, key.ID, string(key.Tenant))
	switch {
	case err != nil:
		return err
	case there:
		return scheduler.ErrFenced
	}
	return fmt.Errorf("%w: record %s", scheduler.ErrNotFound, key.ID)
}

// Renew implements scheduler.Store.
func (s *deliveries) Renew(ctx context.Context, l scheduler.Lease) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		n, err := w.changed(`UPDATE deliveries SET lease_until = ?4, due = max(wake, ?4)
			WHERE id = ?1 AND tenant = ?2 AND epoch = ?3 AND lease_until <> 0`,
			l.Key.ID, string(l.Key.Tenant), l.Epoch, micros(l.Until))
		if err == nil && n == 0 {
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
	var due sql.NullInt64
	err := s.db.read.QueryRowContext(ctx, "SELECT min(due) FROM deliveries WHERE due IS NOT NULL").Scan(&due)
	if err != nil {
		return time.Time{}, false, s.db.readError(ctx, err)
	}
	if !due.Valid {
		return time.Time{}, false, nil
	}
	return time.UnixMicro(due.Int64).UTC(), true, nil
}

// Purge implements scheduler.Store.
func (s *deliveries) Purge(ctx context.Context, p scheduler.Purge) (int, error) {
	const final = " IN ('published', 'failed', 'cancelled', 'expired')"
	// Bounded steps, so that other writes get their turn.
	const step = 1000
	total := 0
	for {
		var n int64
		err := s.db.writer.do(ctx, false, func(w *writer) (err error) {
			n, err = w.changed(`DELETE FROM deliveries WHERE seq IN (
				SELECT seq FROM deliveries AS d WHERE phase`+final+` AND planned < ?1 AND (?2 OR tenant = ?3)
				AND NOT EXISTS (SELECT 1 FROM deliveries AS o WHERE o.entry = d.entry AND o.tenant = d.tenant
					AND o.phase NOT`+final+`) LIMIT `+strconv.Itoa(step)+`)`,
				micros(p.Before), p.AllTenants, string(p.Tenant))
			return err
		})
		total += int(n)
		if err != nil || n < step {
			return total, err
		}
	}
}

// usable refuses reads of what is closed.
func (db *DB) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-db.writer.quit:
		return scheduler.ErrClosed
	default:
		return nil
	}
}

// readError gives the error of a read its type. A read that was interrupted by
// its context says so.
func (db *DB) readError(ctx context.Context, err error) error {
	if e := db.usable(ctx); e != nil {
		return e
	}
	return fileError(err)
}
