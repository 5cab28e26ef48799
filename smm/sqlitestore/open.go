package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Options shape Open. nil means the zero value.
type Options struct {
	// BusyTimeout is how long a write waits for other processes; default 10 s.
	BusyTimeout time.Duration
}

// DB is an open file. It is safe for concurrent use.
type DB struct {
	read    *sql.DB
	write   *sql.DB
	writer  *writer
	freezes *sql.Stmt // of read
}

// vfs is a context key of tests: the name of the virtual file system to use.
type vfs struct{}

// Open opens the file at path, and makes it if it is not there. Its directory
// must exist. The file's schema is brought up to date first, which is safe with
// any number of processes opening it at the same time.
func Open(ctx context.Context, path string, o *Options) (*DB, error) {
	if o == nil {
		o = &Options{}
	}
	if path == "" || strings.HasPrefix(path, ":memory:") || strings.ContainsRune(path, 0) {
		return nil, fmt.Errorf("%w: sqlitestore: %q is no path of a file: use scheduler.Memory for tests", smm.ErrInvalid, path)
	}
	busy := o.BusyTimeout
	switch {
	case busy == 0:
		busy = 10 * time.Second
	case busy < 0:
		return nil, fmt.Errorf("%w: sqlitestore: negative BusyTimeout", smm.ErrInvalid)
	}
	write, err := sql.Open("sqlite", dsn(ctx, path, busy, "journal_mode(wal)", "synchronous(full)", "wal_autocheckpoint(4000)", "temp_store(memory)", "cache_size(-16000)"))
	if err != nil {
		return nil, fileError(err)
	}
	write.SetMaxOpenConns(1)
	if err := migrate(ctx, write, migrations, busy); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open("sqlite", dsn(ctx, path, busy, "query_only(1)"))
	if err != nil {
		return nil, errors.Join(fileError(err), write.Close())
	}
	read.SetMaxIdleConns(4)
	db := &DB{read: read, write: write}
	if db.freezes, err = read.PrepareContext(ctx, readFreezes); err == nil {
		db.writer, err = startWriter(ctx, write, busy)
	}
	if err != nil {
		return nil, errors.Join(fileError(err), read.Close(), write.Close())
	}
	return db, nil
}

// Close finishes the writes that were begun and closes the file. Later calls
// fail with scheduler.ErrClosed.
func (db *DB) Close() error {
	if !db.writer.stop() {
		return nil
	}
	return errors.Join(db.freezes.Close(), db.read.Close(), db.write.Close())
}

func dsn(ctx context.Context, path string, busy time.Duration, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(" + strconv.FormatInt(busy.Milliseconds(), 10) + ")"}, pragmas...)}
	if name, ok := ctx.Value(vfs{}).(string); ok {
		q.Set("vfs", name)
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	return u.String()
}
