package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// Connects returns the store of package connect. What is over, by the server's
// clock, is removed by later calls of Put.
func (db *DB) Connects() connect.Store { return &connects{db: db} }

// connects implements connect.Store.
type connects struct{ db *DB }

// purgeRows bounds what a write removes beside its own business.
const purgeRows = 100

// Put implements connect.Store.
func (s *connects) Put(ctx context.Context, id string, sealed []byte, expires time.Time) error {
	if sealed == nil {
		sealed = []byte{}
	}
	return s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.db.sql(`INSERT INTO smm.connects AS c (id, expires, sealed) VALUES ($1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET expires = $2, sealed = $3 WHERE c.expires <= clock_timestamp()`),
			[]byte(id), scheduler.Micro(expires), sealed)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return fmt.Errorf("%w: the id is kept already", smm.ErrConflict)
		}
		_, err = tx.Exec(ctx, s.db.sql(`DELETE FROM smm.connects WHERE id IN (SELECT id FROM smm.connects
			WHERE expires <= clock_timestamp() AND id <> $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED)`), []byte(id), purgeRows)
		return err
	})
}

// Take implements connect.Store.
func (s *connects) Take(ctx context.Context, id string) ([]byte, error) {
	var sealed []byte
	err := s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		var fresh bool
		err := tx.QueryRow(ctx, s.db.sql("DELETE FROM smm.connects WHERE id = $1 RETURNING sealed, clock_timestamp() < expires"), []byte(id)).
			Scan(&sealed, &fresh)
		if err == nil && !fresh {
			sealed = nil // it is deleted all the same
		}
		return err
	})
	if isNone(err) || (err == nil && sealed == nil) {
		return nil, fmt.Errorf("%w: nothing is kept under this id", smm.ErrNotFound)
	}
	return sealed, err
}
