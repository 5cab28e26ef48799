package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// applicationID marks our files: "SMMK".
const applicationID = 0x534d4d4b

// migrate brings the schema up to date in one transaction. It is safe to run
// twice, and from several processes at a time: the first one does it.
func migrate(ctx context.Context, db *sql.DB, steps []string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience+time.Minute)
	defer cancel()
	var conn *sql.Conn
	// Switching to WAL takes a lock that SQLite's own busy handler does not wait for.
	err := whileBusy(ctx, patience, func() (err error) {
		conn, err = db.Conn(ctx)
		return err
	})
	if err != nil {
		return fileError(err)
	}
	defer func() { _ = conn.Close() }() // back to the pool
	have, err := schemaVersion(ctx, conn, len(steps))
	if err != nil || have == len(steps) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fileError(err)
	}
	if err := applySteps(ctx, conn, steps); err != nil {
		_, rollback := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, rollback)
	}
	return nil
}

// applySteps runs in a transaction and ends it.
func applySteps(ctx context.Context, conn *sql.Conn, steps []string) error {
	have, err := schemaVersion(ctx, conn, len(steps)) // again: another process may have been faster
	if err != nil {
		return err
	}
	for _, step := range steps[have:] {
		if _, err := conn.ExecContext(ctx, step); err != nil {
			return fileError(err)
		}
	}
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", applicationID, len(steps))
	_, err = conn.ExecContext(ctx, marks)
	return fileError(err)
}

// schemaVersion returns the version of the file, 0 for an empty one; known is the latest.
func schemaVersion(ctx context.Context, conn *sql.Conn, known int) (int, error) {
	var have, id, tables int
	row := conn.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)`)
	if err := row.Scan(&have, &id, &tables); err != nil {
		return 0, fileError(err)
	}
	switch {
	case id != applicationID && (id != 0 || tables > 0):
		return 0, fmt.Errorf("%w: it belongs to another program", ErrCorrupt)
	case have > known:
		return 0, &SchemaError{Have: have, Want: known}
	}
	return have, nil
}
