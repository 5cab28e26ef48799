package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/scheduler"
)

// Deliveries returns the store of the scheduler.
func (db *DB) Deliveries() scheduler.Store { return &deliveries{db: db} }

// deliveries implements scheduler.Store.
type deliveries struct {
	db      *DB
	turn    turn
	lowered atomic.Bool // the limit of lanes was, see newGatekeeper
}

// Get implements scheduler.Store.
func (s *deliveries) Get(ctx context.Context, key scheduler.Key) (*scheduler.Record, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	var x row
	err := s.db.read.QueryRowContext(ctx, "SELECT "+rowColumns+" FROM deliveries WHERE key = ?", keyOf(key)).Scan(x.dest()...)
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

// Renew implements scheduler.Store.
func (s *deliveries) Renew(ctx context.Context, l scheduler.Lease) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		n, err := w.changed(`UPDATE deliveries SET lease_until = ?3, due = max(wake, ?3), parked = NULL
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
	err := s.db.read.QueryRowContext(ctx, `SELECT min(next) FROM (
		SELECT min(due) AS next FROM deliveries WHERE due IS NOT NULL
		UNION ALL SELECT min(parked) FROM deliveries WHERE parked IS NOT NULL)`).Scan(&due)
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
