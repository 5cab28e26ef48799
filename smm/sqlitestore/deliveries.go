package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
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

const (
	// insertRows is how many records one statement inserts.
	insertRows   = 32
	insertHead   = `INSERT INTO deliveries (key, tenant, version, epoch, phase, wake, due, lease_until, lease_owner, planned, entry, token, hash, data) VALUES `
	insertValues = "(?, ?, 1, 0, ?, ?, ?, 0, '', ?, ?, ?, ?, ?)"
	insertTail   = " ON CONFLICT DO NOTHING"
)

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
		for begin := 0; begin < len(rs); begin += insertRows {
			end := min(begin+insertRows, len(rs))
			if err := insert(w, rs[begin:end], data[begin:end]); err != nil {
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

func insert(w *writer, rs []*scheduler.Record, data []string) error {
	args := make([]any, 0, 10*len(rs))
	for i, r := range rs {
		d, wake := &r.Delivery, wakeOf(r)
		token := sql.NullString{String: r.Token, Valid: r.Token != ""}
		var hash any
		if token.Valid {
			hash = r.PayloadHash
		}
		args = append(args, keyOf(r.Key()), string(d.Tenant), string(d.Phase), wake, wake,
			micros(r.NotBefore), hashOf(d.Tenant, d.Entry), token, hash, data[i])
	}
	n, err := w.changed(insertHead+strings.Repeat(insertValues+", ", len(rs)-1)+insertValues+insertTail, args...)
	switch {
	case err != nil:
		return err
	case n < int64(len(rs)):
		return fmt.Errorf("%w: record %s exists, or another of the same call", smm.ErrConflict, rs[0].Delivery.ID)
	}
	return nil
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
		"SELECT "+rowColumns+" FROM deliveries WHERE key = ?", keyOf(key)))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%w: record %s", scheduler.ErrNotFound, key.ID)
	case err != nil:
		return nil, s.db.readError(ctx, err)
	}
	r, err := x.record()
	if err == nil && r.Key() != key { // a record of the same hash
		return nil, fmt.Errorf("%w: record %s", scheduler.ErrNotFound, key.ID)
	}
	return r, err
}

const saveDelivery = `UPDATE deliveries SET
		version = version + 1, phase = ?4, planned = ?7, data = ?8, wake = ?5,
		lease_until = CASE WHEN ?6 THEN lease_until ELSE 0 END,
		due = CASE WHEN ?6 THEN max(?5, lease_until) ELSE ?5 END
	WHERE key = ?1 AND version = ?2 AND epoch = ?3 AND lease_until > ?9`

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
		n, err := w.changed(saveDelivery, keyOf(r.Key()), r.Version, r.Epoch, string(d.Phase),
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
	err := w.query("SELECT 1 FROM deliveries WHERE key = ?",
		func(*sql.Rows) error { there = true; return nil }, keyOf(key))
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
		n, err := w.changed(`UPDATE deliveries SET lease_until = ?3, due = max(wake, ?3)
			WHERE key = ?1 AND epoch = ?2 AND lease_until <> 0`,
			keyOf(l.Key), l.Epoch, micros(l.Until))
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
