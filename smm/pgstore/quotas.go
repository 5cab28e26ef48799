package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

// Quota returns the store of package quota, which any number of machines share.
// Its writes do not wait for the disk: a crash of the server may undo those of
// the last second. It removes what expired, by the server's clock, as it writes.
func (db *DB) Quota() quota.Store { return &quotas{db: db} }

// quotas implements quota.Store.
type quotas struct{ db *DB }

func budgetKey(k smm.QuotaKey) []byte {
	return hashParts(string(k.Tenant), string(k.Platform), k.Space, k.Account, k.Bucket)
}

// Load implements quota.Store.
func (s *quotas) Load(ctx context.Context, key smm.QuotaKey) (state []byte, version int64, err error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, 0, err
	}
	err = s.db.pool.QueryRow(ctx, s.db.sql("SELECT state, version FROM smm.quotas WHERE key = $1"), budgetKey(key)).Scan(&state, &version)
	if isNone(err) {
		return nil, 0, nil
	}
	return state, version, s.db.fail(ctx, err)
}

// The versions are times. A crash that undoes a write may undo the step of a
// sequence as well, and machines that live on would find its last numbers given
// to other states.
const (
	nextVersion = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
	insertQuota = "INSERT INTO smm.quotas (key, expires, state, version) VALUES ($1, $2, $3, " + nextVersion + ") ON CONFLICT (key) DO NOTHING RETURNING version"
	updateQuota = "UPDATE smm.quotas SET version = greatest(version + 1, " + nextVersion + "), expires = $2, state = $3 WHERE key = $1 AND version = $4 RETURNING version"
	purgeQuota  = `DELETE FROM smm.quotas WHERE key IN (SELECT key FROM smm.quotas
		WHERE expires <= clock_timestamp() AND key <> $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED)`
)

// Swap implements quota.Store.
func (s *quotas) Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (int64, error) {
	if state == nil {
		state = []byte{}
	}
	query, args := updateQuota, []any{budgetKey(key), scheduler.Micro(expires), state, old}
	if old == 0 {
		query, args = insertQuota, args[:3]
	}
	var version int64
	err := s.db.write(ctx, beginLoose, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, s.db.sql(query), args...).Scan(&version); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, s.db.sql(purgeQuota), args[0], purgeRows)
		return err
	})
	switch {
	case isNone(err):
		return 0, fmt.Errorf("quota: state of %s: %w: version %d is not what is stored", key.Bucket, smm.ErrConflict, old)
	case err != nil:
		return 0, err
	}
	return version, nil
}
