package pgstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/smmkit/smmkit/smm"
)

type txKey struct{}

// WithTx returns a context with which the methods of Deliveries and Drafts take
// part in the caller's transaction: a host writes its own rows and the
// deliveries of a post together, and either all of it happens when the
// transaction commits or nothing. The store neither commits nor rolls back; after
// an error of the store the transaction can still be used, because each write has
// a savepoint of its own.
//
// What takes part is Insert, Save, Apply, Get, List, NextWake, SetFreeze,
// Unfreeze and Freezes of Deliveries, and all methods of Drafts. Claim, Renew
// and Purge do not: a lease that may be rolled back is none. Neither does
// anything else of a DB. An intent, which is a delivery in smm.PhaseCommitting,
// is refused with an error that matches smm.ErrInvalid: it must be durable when
// Save returns.
//
// The transaction must be one of the same database and at READ COMMITTED, the
// default of PostgreSQL: with another level the store could not see what others
// committed meanwhile, and writes are refused with an error that matches
// smm.ErrInvalid. Like the transaction, the context is for one goroutine at a
// time. Records that were inserted are seen by workers after the commit.
func WithTx(ctx context.Context, tx pgx.Tx) context.Context {
	return context.WithValue(ctx, txKey{}, tx)
}

// TxFrom returns the transaction of WithTx, nil if there is none.
func TxFrom(ctx context.Context) pgx.Tx {
	tx, ok := ctx.Value(txKey{}).(pgx.Tx)
	if !ok {
		return nil
	}
	return tx
}

// querier is a transaction or a pool.
type querier interface {
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// reader is where reads that take part in a caller's transaction go.
func (db *DB) reader(ctx context.Context) querier {
	if tx := TxFrom(ctx); tx != nil {
		return tx
	}
	return db.pool
}

const (
	// durable makes the commit wait for the disk whatever the server's default is,
	// and weakens nothing that is stronger.
	durable = `set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
		ELSE current_setting('synchronous_commit') END, true)`
	// planned makes each statement be planned for the values and the size that the
	// table has now: a plan that was made for an empty table and kept is slow.
	planned = `set_config('plan_cache_mode', 'force_custom_plan', true)`

	beginDurable = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT " + durable + ", " + planned
	// beginLoose is for what a crash of the server may undo.
	beginLoose = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT set_config('synchronous_commit', 'off', true), " + planned
	// beginClaim also takes away the plans that read more than the indexes of
	// claims: statistics may be old or missing. What is taken away counts as very
	// expensive where nothing else is left, and would make the server compile the
	// statement, which takes half a second.
	beginClaim = beginDurable + `, set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
		set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('enable_sort', 'off', true),
		set_config('jit', 'off', true)`
)

// tries is how often a transaction is begun that deadlocks or lost its
// connection before it did anything.
const tries = 8

// write runs a transaction of its own. run may be called more than once, each
// time in a transaction that has nothing of the call before.
func (db *DB) write(ctx context.Context, begin string, run func(tx pgx.Tx) error) error {
	if err := db.usable(ctx); err != nil {
		return err
	}
	var err error
	for n := range tries {
		err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{BeginQuery: begin}, run)
		if err == nil || !again(err) || !pause(ctx, n) {
			break
		}
	}
	return db.fail(ctx, err)
}

// pause waits before a transaction is tried again; false if there is no time.
func pause(ctx context.Context, n int) bool {
	t := time.NewTimer(rand.N(time.Millisecond << n)) //nolint:gosec // to come at different times is all
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// join runs a write in the caller's transaction if there is one, else in one of
// its own.
func (db *DB) join(ctx context.Context, run func(tx pgx.Tx) error) error {
	tx := TxFrom(ctx)
	if tx == nil {
		return db.write(ctx, beginDurable, run)
	}
	if err := db.usable(ctx); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { // a savepoint
		var level string
		if err := tx.QueryRow(ctx, "SELECT current_setting('transaction_isolation'), "+durable).Scan(&level, nil); err != nil {
			return err
		}
		if level != "read committed" && level != "read uncommitted" { // which are the same
			return fmt.Errorf("%w: pgstore: the caller's transaction is %s, want READ COMMITTED", smm.ErrInvalid, level)
		}
		return run(tx)
	})
	return db.fail(ctx, err)
}

// each reads rows and calls f for each of them.
func each(ctx context.Context, q querier, f func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// isNone reports that a query for one row found none.
func isNone(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// read reads rows outside of any transaction and calls f for each of them.
func (db *DB) read(ctx context.Context, f func(scan func(...any) error) error, query string, args ...any) error {
	if err := db.usable(ctx); err != nil {
		return err
	}
	return db.fail(ctx, each(ctx, db.pool, f, db.sql(query), args...))
}
