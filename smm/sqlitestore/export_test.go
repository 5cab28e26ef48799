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

// Synchronous returns SQLite's setting within a write of either kind.
func Synchronous(ctx context.Context, db *DB, loose bool) (level int) {
	do := func(run func(*writer) error) error { return db.writer.do(ctx, false, run) }
	if loose {
		do = func(run func(*writer) error) error { return db.writer.doLoose(ctx, run) }
	}
	err := do(func(w *writer) error {
		return w.conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level)
	})
	if err != nil {
		return -1
	}
	return level
}

// LastSynchronous returns the setting that the last write ran with. Nothing may
// be written meanwhile.
func LastSynchronous(ctx context.Context, db *DB) (level int) {
	if err := db.writer.conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
		return -1
	}
	return level
}

// WithVFS makes Open use SQLite's virtual file system of this name.
func WithVFS(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, vfs{}, name)
}

// SetSynchronous breaks the promise of durable writes. Nothing may be written
// meanwhile.
func SetSynchronous(ctx context.Context, db *DB, level string) error {
	_, err := db.writer.conn.ExecContext(ctx, "PRAGMA synchronous = "+level)
	return err
}
