package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// Connects returns the store of package connect. Any number of processes may use
// it at the same time. What is over, by the machine's clock, is removed by later
// calls of Put.
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
	return s.db.writer.do(ctx, false, func(w *writer) error {
		now := time.Now().UnixMicro()
		n, err := w.changed(`INSERT INTO connects (id, expires, sealed) VALUES (?1, ?2, ?3)
			ON CONFLICT (id) DO UPDATE SET expires = ?2, sealed = ?3 WHERE expires <= ?4`, id, micros(expires), sealed, now)
		switch {
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("%w: the id is kept already", smm.ErrConflict)
		}
		_, err = w.changed(`DELETE FROM connects WHERE id IN
			(SELECT id FROM connects WHERE expires <= ?1 AND id <> ?2 ORDER BY expires LIMIT ?3)`, now, id, purgeRows)
		return err
	})
}

// Take implements connect.Store.
func (s *connects) Take(ctx context.Context, id string) ([]byte, error) {
	var sealed []byte
	found := false
	err := s.db.writer.do(ctx, false, func(w *writer) error {
		sealed, found = nil, false
		now := time.Now().UnixMicro()
		return w.query("DELETE FROM connects WHERE id = ?1 RETURNING sealed, expires", func(r *sql.Rows) error {
			var expires int64
			if err := r.Scan(&sealed, &expires); err != nil {
				return err
			}
			found = now < expires
			return nil
		}, id)
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, fmt.Errorf("%w: nothing is kept under this id", smm.ErrNotFound)
	}
	return sealed, nil
}
