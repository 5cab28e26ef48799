package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// Credentials returns the rows of package vault, which seals what is in them.
// Any number of processes may use them at the same time; leases are told by the
// machine's clock. Of a deleted account nothing is left.
func (db *DB) Credentials() vault.Rows { return &credentials{db: db} }

// credentials implements vault.Rows.
type credentials struct{ db *DB }

// accountKey is what a credential and its lease are looked up by.
func accountKey(t smm.Tenant, account smm.Ref) []byte { return hashParts(string(t), account.String()) }

const (
	getCredential = "SELECT version, key_id, sealed FROM credentials WHERE key = ?1"

	insertCredential = `INSERT INTO credentials (key, tenant, platform, account, version, key_id, sealed)
		SELECT ?1, ?2, ?3, ?4, value + 1, ?5, ?6 FROM counters WHERE name = 'credentials'
		ON CONFLICT (key) DO NOTHING RETURNING version`
	updateCredential = `UPDATE credentials SET
			version = (SELECT value + 1 FROM counters WHERE name = 'credentials'), key_id = ?2, sealed = ?3
		WHERE key = ?1 AND version = ?4 RETURNING version`
	resealCredential = "UPDATE credentials SET key_id = ?2, sealed = ?3 WHERE key = ?1 AND version = ?4"
)

// Get implements vault.Rows.
func (s *credentials) Get(ctx context.Context, t smm.Tenant, account smm.Ref) (vault.Row, error) {
	if err := s.db.usable(ctx); err != nil {
		return vault.Row{}, err
	}
	r := vault.Row{Tenant: t, Account: account}
	err := s.db.read.QueryRowContext(ctx, getCredential, accountKey(t, account)).Scan(&r.Version, &r.KeyID, &r.Sealed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return vault.Row{}, fmt.Errorf("credential of %s: %w", account, smm.ErrNotFound)
	case err != nil:
		return vault.Row{}, s.db.readError(ctx, err)
	}
	return r, nil
}

// Put implements vault.Rows.
func (s *credentials) Put(ctx context.Context, r vault.Row, old int64) (int64, error) {
	if err := checkRefs(r.Account); err != nil {
		return 0, err
	}
	query, args := updateCredential, []any{accountKey(r.Tenant, r.Account), r.KeyID, r.Sealed, old}
	if old == 0 {
		query = insertCredential
		args = []any{args[0], string(r.Tenant), string(r.Account.Platform), r.Account.String(), r.KeyID, r.Sealed}
	}
	var version int64
	err := s.db.writer.do(ctx, false, func(w *writer) (err error) {
		version, err = w.swap("credentials", query, args...)
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case version == 0:
		return 0, fmt.Errorf("credential of %s: %w: version %d is not what is stored", r.Account, smm.ErrConflict, old)
	}
	return version, nil
}

// swap runs a statement that gives one row at most the next version of its
// table, and returns that; 0 if there was no such row.
func (w *writer) swap(table, query string, args ...any) (version int64, err error) {
	err = w.query(query, func(r *sql.Rows) error { return r.Scan(&version) }, args...)
	if err == nil && version > 0 {
		_, err = w.changed("UPDATE counters SET value = ?2 WHERE name = ?1", table, version)
	}
	return version, err
}

// Reseal implements vault.Rows.
func (s *credentials) Reseal(ctx context.Context, r vault.Row) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		n, err := w.changed(resealCredential, accountKey(r.Tenant, r.Account), r.KeyID, r.Sealed, r.Version)
		if err == nil && n == 0 {
			err = fmt.Errorf("credential of %s: %w: version %d is not stored any more", r.Account, smm.ErrConflict, r.Version)
		}
		return err
	})
}

// Delete implements vault.Rows.
func (s *credentials) Delete(ctx context.Context, t smm.Tenant, account smm.Ref) error {
	return s.db.writer.do(ctx, false, func(w *writer) error {
		_, err := w.changed("DELETE FROM credentials WHERE key = ?1", accountKey(t, account))
		return err
	})
}

// Accounts implements vault.Rows.
func (s *credentials) Accounts(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	var out []smm.Ref
	err := s.db.each(ctx, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		ref, err := parseStored(text)
		out = append(out, ref)
		return err
	}, "SELECT account FROM credentials WHERE tenant = ?1 AND platform = ?2 ORDER BY account", string(t), string(p))
	return out, err
}

func parseStored(text string) (smm.Ref, error) {
	r, err := smm.ParseRef(text)
	if err != nil {
		return r, fmt.Errorf("%w: the account of a credential is unreadable", ErrCorrupt)
	}
	return r, nil
}

// NotUnder implements vault.Rows. It ends with the rows that there were at its
// beginning.
func (s *credentials) NotUnder(ctx context.Context, keyID string) iter.Seq2[vault.Row, error] {
	return func(yield func(vault.Row, error) bool) {
		var after, last int64
		err := s.db.each(ctx, func(scan func(...any) error) error { return scan(&last) }, "SELECT coalesce(max(seq), 0) FROM credentials")
		if err != nil {
			yield(vault.Row{}, err)
			return
		}
		for {
			var page []vault.Row
			err := s.db.each(ctx, func(scan func(...any) error) (err error) {
				var x vault.Row
				var tenant, account string
				if err := scan(&after, &tenant, &account, &x.Version, &x.KeyID, &x.Sealed); err != nil {
					return err
				}
				x.Tenant = smm.Tenant(tenant)
				x.Account, err = parseStored(account)
				page = append(page, x)
				return err
			}, `SELECT seq, tenant, account, version, key_id, sealed FROM credentials
				WHERE key_id <> ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4`, keyID, after, last, pageRows)
			if err != nil {
				yield(vault.Row{}, err)
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if len(page) < pageRows {
				return
			}
		}
	}
}

// Lock implements vault.Rows. Who looks at a lease that another has writes
// nothing.
func (s *credentials) Lock(ctx context.Context, t smm.Tenant, account smm.Ref, owner string, ttl time.Duration) (bool, error) {
	key, taken := accountKey(t, account), false
	err := s.db.each(ctx, func(func(...any) error) error { taken = true; return nil },
		"SELECT 1 FROM credential_leases WHERE key = ?1 AND owner <> ?2 AND until > ?3", key, owner, time.Now().UnixMicro())
	if err != nil || taken {
		return false, err
	}
	var n int64
	err = s.db.writer.doLoose(ctx, func(w *writer) (err error) {
		now := time.Now()
		n, err = w.changed(`INSERT INTO credential_leases (key, owner, until) VALUES (?1, ?2, ?3)
			ON CONFLICT (key) DO UPDATE SET owner = ?2, until = ?3 WHERE owner = ?2 OR until <= ?4`,
			key, owner, now.Add(ttl).UnixMicro(), now.UnixMicro())
		return err
	})
	return err == nil && n == 1, err
}

// Unlock implements vault.Rows.
func (s *credentials) Unlock(ctx context.Context, t smm.Tenant, account smm.Ref, owner string) error {
	return s.db.writer.doLoose(ctx, func(w *writer) error {
		_, err := w.changed("DELETE FROM credential_leases WHERE key = ?1 AND owner = ?2", accountKey(t, account), owner)
		return err
	})
}
