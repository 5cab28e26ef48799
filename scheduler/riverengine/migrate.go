package riverengine

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/smmkit/smmkit/smm/pgstore"
)

// Migrate brings River's tables up to date, in a schema that is made if it is not
// there, or where the search path leads if schema is "". It is safe to run twice,
// and from several processes at a time. A host that runs River's migrations itself
// need not call it.
func Migrate(ctx context.Context, db *pgstore.DB, schema string) error {
	conn, err := db.Pool().Acquire(ctx)
	if err != nil {
		return fmt.Errorf("riverengine: migrate: %w", err)
	}
	defer conn.Release()
	h := fnv.New64a()
	_, _ = h.Write([]byte("smmkit.riverengine.migrate." + schema)) // never fails
	lock := int64(h.Sum64())                                       //nolint:gosec // any number will do
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lock); err != nil {
		return fmt.Errorf("riverengine: migrate: %w", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lock) }() // else it ends with the connection
	if schema != "" {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return fmt.Errorf("riverengine: migrate: %w", err)
		}
	}
	m, err := rivermigrate.New(riverpgxv5.New(db.Pool()), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("riverengine: migrate: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("riverengine: migrate: %w", err)
	}
	return nil
}
