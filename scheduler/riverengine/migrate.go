package riverengine

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// Migrate brings River's tables up to date, in a schema that is made if it is not
// there, or where the search path leads if schema is "". It is safe to run twice,
// and from several processes at a time. A host that runs River's migrations itself
// need not call it.
func Migrate(ctx context.Context, db *pgstore.DB, schema string) error {
	if db == nil {
		return fmt.Errorf("%w: riverengine: no store", smm.ErrInvalid)
	}
	if err := migrate(ctx, db, schema); err != nil {
		return fmt.Errorf("riverengine: migrate: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, db *pgstore.DB, schema string) error {
	// A connection beside the pool, which may have no more than the one that the
	// migrations need. The lock ends with it.
	conn, err := pgx.ConnectConfig(ctx, db.Pool().Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be done on it
	h := fnv.New64a()
	_, _ = h.Write([]byte("smmkit.riverengine.migrate." + schema)) // never fails
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(h.Sum64())); err != nil {
		return err
	}
	if schema != "" {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return err
		}
	}
	m, err := rivermigrate.New(riverpgxv5.New(db.Pool()), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
