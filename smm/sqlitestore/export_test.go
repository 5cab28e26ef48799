package sqlitestore

import (
	"context"
	"fmt"
)

// PageRows is how much a list reads at a time.
const PageRows = pageRows

// LimitPages bounds the file, as a disk does.
func LimitPages(db *DB, n int) error {
	return db.writer.do(context.Background(), false, func(w *writer) error {
		var got int
		return w.conn.QueryRowContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", n)).Scan(&got)
	})
}

// ForbidWrites makes the writer's connection read-only.
func ForbidWrites(db *DB) error {
	return db.writer.do(context.Background(), false, func(w *writer) error {
		_, err := w.conn.ExecContext(context.Background(), "PRAGMA query_only = 1")
		return err
	})
}
