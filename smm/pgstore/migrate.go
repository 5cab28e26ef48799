package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// migrate brings the schema up to date in one transaction. It is safe to run
// twice, and from several processes at a time: an advisory lock lets one of them
// do it. A schema that is up to date needs no right to change it.
func (db *DB) migrate(ctx context.Context, steps []string) error {
	if err := db.usable(ctx); err != nil {
		return err
	}
	have, err := db.version(ctx, db.pool, len(steps))
	if err != nil || have == len(steps) {
		return db.fail(ctx, err)
	}
	return db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "smmkit schema "+db.schema); err != nil {
			return err
		}
		have, err := db.version(ctx, tx, len(steps)) // again: another process may have been faster
		if err != nil || have == len(steps) {
			return err
		}
		return db.applySteps(ctx, tx, steps, have)
	})
}

func (db *DB) applySteps(ctx context.Context, tx pgx.Tx, steps []string, have int) error {
	if have == 0 {
		// Asked first, because IF NOT EXISTS demands the right to create all the same.
		var there bool
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", db.schema).Scan(&there)
		if err != nil {
			return err
		}
		begin := "CREATE TABLE smm.smmkit_schema (version integer NOT NULL); INSERT INTO smm.smmkit_schema VALUES (0)"
		if !there {
			begin = "CREATE SCHEMA " + pgx.Identifier{db.schema}.Sanitize() + "; " + begin
		}
		if _, err := tx.Exec(ctx, db.sql(begin)); err != nil {
			return err
		}
	}
	for _, step := range steps[have:] {
		if _, err := tx.Exec(ctx, db.sql(step)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, db.sql("UPDATE smm.smmkit_schema SET version = $1"), len(steps))
	return err
}

// version returns the version of the schema, 0 for none; known is the latest.
func (db *DB) version(ctx context.Context, q querier, known int) (int, error) {
	var there bool
	var encoding string
	// Not to_regclass: within a transaction it may remember that there was none.
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = 'smmkit_schema'), current_setting('server_encoding')`, db.schema).Scan(&there, &encoding)
	if err != nil {
		return 0, err
	}
	if encoding != "UTF8" {
		return 0, fmt.Errorf("%w: the database has the encoding %s: make one with UTF8", ErrCorrupt, encoding)
	}
	if !there {
		return 0, nil
	}
	var have int
	if err := q.QueryRow(ctx, db.sql("SELECT version FROM smm.smmkit_schema")).Scan(&have); err != nil {
		return 0, err
	}
	if have > known {
		return 0, &SchemaError{Have: have, Want: known}
	}
	return have, nil
}
