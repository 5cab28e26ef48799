package pgstore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Options shape Open and New. nil means the zero value.
type Options struct {
	// Schema is the PostgreSQL schema that holds the tables: lower case letters,
	// digits and underscores, at most 63 of them. Default "smmkit". It is made if
	// it is not there. Stores in different schemas know nothing of each other.
	Schema string
}

// DB is a store on a database. It is safe for concurrent use.
type DB struct {
	pool   *pgxpool.Pool
	own    bool   // the pool is ours to close
	prefix string // the schema, quoted, and a dot
	schema string
	closed atomic.Bool

	turn turn
}

// turn says which tenant was served last when not all could be.
type turn struct {
	mu   sync.Mutex
	last string
}

// Open connects to a database, with a pool of its own. connString is a URL or a
// list of key=value pairs, as pgxpool takes them; its parameter pool_max_conns
// bounds the pool, which by default is small: take about as many connections as
// workers write at a time. The schema is brought up to date first, which is safe
// with any number of processes opening it at the same time.
//
// A connection string that cannot be read is refused with an error that matches
// smm.ErrInvalid and does not repeat it.
func Open(ctx context.Context, connString string, o *Options) (*DB, error) {
	if connString == "" {
		return nil, fmt.Errorf("%w: pgstore: no connection string: it would be guessed from the environment", smm.ErrInvalid)
	}
	config, err := pgxpool.ParseConfig(connString)
	if err != nil {
		// The error of pgx quotes the string, and does not hide every password.
		return nil, fmt.Errorf("%w: pgstore: the connection string cannot be read: want postgres://user:password@host:port/database or key=value pairs", smm.ErrInvalid)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, serverError(ctx, err)
	}
	db, err := start(ctx, pool, true, o)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// New is Open on a pool that the host has already, which Close leaves open.
func New(ctx context.Context, pool *pgxpool.Pool, o *Options) (*DB, error) {
	if pool == nil {
		return nil, fmt.Errorf("%w: pgstore: no pool", smm.ErrInvalid)
	}
	return start(ctx, pool, false, o)
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func start(ctx context.Context, pool *pgxpool.Pool, own bool, o *Options) (*DB, error) {
	schema := "smmkit"
	if o != nil && o.Schema != "" {
		schema = o.Schema
	}
	if !schemaName.MatchString(schema) || strings.HasPrefix(schema, "pg_") {
		return nil, fmt.Errorf("%w: pgstore: schema %q: want at most 63 lower case letters, digits and underscores, no digit first and no pg_", smm.ErrInvalid, schema)
	}
	db := &DB{pool: pool, own: own, schema: schema, prefix: pgx.Identifier{schema}.Sanitize() + "."}
	if err := db.migrate(ctx, migrations); err != nil {
		return nil, err
	}
	return db, nil
}

// Pool returns the pool that the store uses, for hosts that keep tables of their
// own beside it.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Close closes the pool if Open made it, after the calls that were begun. Later
// calls fail with scheduler.ErrClosed. It always returns nil.
func (db *DB) Close() error {
	if !db.closed.Swap(true) && db.own {
		db.pool.Close()
	}
	return nil
}

// usable refuses calls on what is closed.
func (db *DB) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.closed.Load() {
		return scheduler.ErrClosed
	}
	return nil
}

// sql puts the schema into a statement, which is written for one called smm.
func (db *DB) sql(query string) string { return strings.ReplaceAll(query, "smm.", db.prefix) }

// fail gives the error of a call its type. One that was interrupted by its
// context, or by Close, says so.
func (db *DB) fail(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if db.closed.Load() && !errors.Is(err, smm.ErrConflict) && !errors.Is(err, smm.ErrNotFound) {
		return scheduler.ErrClosed
	}
	return serverError(ctx, err)
}
