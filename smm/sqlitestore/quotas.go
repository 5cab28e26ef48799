package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

// Quota returns the store of package quota, which any number of processes share.
// Its writes do not wait for the disk: a loss of power may undo the last ones. It
// removes what expired, by the machine's clock, as it writes.
func (db *DB) Quota() quota.Store { return &quotas{db: db} }

// quotas implements quota.Store.
type quotas struct{ db *DB }

func budgetKey(k smm.QuotaKey) []byte {
	return hashParts(string(k.Tenant), string(k.Platform), k.Space, k.Account, k.Bucket)
}

// Load implements quota.Store.
func (s *quotas) Load(ctx context.Context, key smm.QuotaKey) (state []byte, version int64, err error) {
	err = s.db.each(ctx, func(scan func(...any) error) error { return scan(&state, &version) },
		"SELECT state, version FROM quotas WHERE key = ?1", budgetKey(key))
	if err != nil {
		return nil, 0, err
	}
	return state, version, nil
}

const (
	insertQuota = `INSERT INTO quotas (key, version, expires, state)
		SELECT ?1, value + 1, ?2, ?3 FROM counters WHERE name = 'quotas'
		ON CONFLICT (key) DO NOTHING RETURNING version`
	updateQuota = `UPDATE quotas SET version = (SELECT value + 1 FROM counters WHERE name = 'quotas'), expires = ?2, state = ?3
		WHERE key = ?1 AND version = ?4 RETURNING version`
	purgeQuota = `DELETE FROM quotas WHERE key IN
		(SELECT key FROM quotas WHERE expires <= ?1 AND key <> ?2 ORDER BY expires LIMIT ?3)`
)

// Swap implements quota.Store.
func (s *quotas) Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (int64, error) {
	if state == nil {
		state = []byte{}
	}
	query, args := updateQuota, []any{budgetKey(key), micros(expires), state, old}
	if old == 0 {
		query, args = insertQuota, args[:3]
	}
	var version int64
	err := s.db.writer.doLoose(ctx, func(w *writer) (err error) {
		if version, err = w.swap("quotas", query, args...); err != nil || version == 0 {
			return err
		}
		_, err = w.changed(purgeQuota, time.Now().UnixMicro(), args[0], purgeRows)
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case version == 0:
		return 0, fmt.Errorf("quota: state of %s: %w: version %d is not what is stored", key.Bucket, smm.ErrConflict, old)
	}
	return version, nil
}
