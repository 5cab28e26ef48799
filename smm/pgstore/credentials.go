package pgstore

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// Credentials returns the rows of package vault, which seals what is in them.
// Leases are told by the server's clock. Of a deleted account nothing is left.
func (db *DB) Credentials() vault.Rows { return &credentials{db: db} }

// credentials implements vault.Rows.
type credentials struct{ db *DB }

// accountKey is what a credential and its lease are looked up by.
func accountKey(t smm.Tenant, account smm.Ref) []byte { return hashParts(string(t), account.String()) }

//nolint:gosec // no credentials, but statements about them
const (
	getCredential    = "SELECT version, key_id, sealed FROM smm.credentials WHERE key = $1"
	insertCredential = `INSERT INTO smm.credentials (key, tenant, platform, account, version, key_id, sealed)
		VALUES ($1, $2, $3, $4, nextval('smm.credential_versions'), $5, $6) ON CONFLICT (key) DO NOTHING RETURNING version`
	updateCredential = `UPDATE smm.credentials SET version = nextval('smm.credential_versions'), key_id = $2, sealed = $3
		WHERE key = $1 AND version = $4 RETURNING version`
	resealCredential = "UPDATE smm.credentials SET key_id = $2, sealed = $3 WHERE key = $1 AND version = $4"
)

// Get implements vault.Rows.
func (s *credentials) Get(ctx context.Context, t smm.Tenant, account smm.Ref) (vault.Row, error) {
	if err := s.db.usable(ctx); err != nil {
		return vault.Row{}, err
	}
	r := vault.Row{Tenant: t, Account: account}
	err := s.db.pool.QueryRow(ctx, s.db.sql(getCredential), accountKey(t, account)).Scan(&r.Version, &r.KeyID, &r.Sealed)
	switch {
	case isNone(err):
		return vault.Row{}, fmt.Errorf("credential of %s: %w", account, smm.ErrNotFound)
	case err != nil:
		return vault.Row{}, s.db.fail(ctx, err)
	}
	r.KeyID = fromText(r.KeyID)
	return r, nil
}

// Put implements vault.Rows.
func (s *credentials) Put(ctx context.Context, r vault.Row, old int64) (int64, error) {
	if err := checkRefs(r.Account); err != nil {
		return 0, err
	}
	for what, name := range map[string]string{"tenant": string(r.Tenant), "account": r.Account.String(), "ID of the key": r.KeyID} {
		if err := checkName(what, name); err != nil {
			return 0, err
		}
	}
	query, args := updateCredential, []any{accountKey(r.Tenant, r.Account), text(r.KeyID), r.Sealed, old}
	if old == 0 {
		query = insertCredential
		args = []any{args[0], text(string(r.Tenant)), text(string(r.Account.Platform)), text(r.Account.String()), text(r.KeyID), r.Sealed}
	}
	var version int64
	err := s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, s.db.sql(query), args...).Scan(&version)
	})
	switch {
	case isNone(err):
		return 0, fmt.Errorf("credential of %s: %w: version %d is not what is stored", r.Account, smm.ErrConflict, old)
	case err != nil:
		return 0, err
	}
	return version, nil
}

// Reseal implements vault.Rows.
func (s *credentials) Reseal(ctx context.Context, r vault.Row) error {
	return s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.db.sql(resealCredential), accountKey(r.Tenant, r.Account), text(r.KeyID), r.Sealed, r.Version)
		if err == nil && tag.RowsAffected() == 0 {
			err = fmt.Errorf("credential of %s: %w: version %d is not stored any more", r.Account, smm.ErrConflict, r.Version)
		}
		return err
	})
}

// Delete implements vault.Rows.
func (s *credentials) Delete(ctx context.Context, t smm.Tenant, account smm.Ref) error {
	return s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.db.sql("DELETE FROM smm.credentials WHERE key = $1"), accountKey(t, account))
		return err
	})
}

// Accounts implements vault.Rows.
func (s *credentials) Accounts(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	var out []smm.Ref
	err := s.db.read(ctx, func(scan func(...any) error) error {
		var name string
		if err := scan(&name); err != nil {
			return err
		}
		ref, err := parseStored(name)
		out = append(out, ref)
		return err
	}, "SELECT account FROM smm.credentials WHERE tenant = $1 AND platform = $2 ORDER BY account", text(string(t)), text(string(p)))
	return out, err
}

func parseStored(name string) (smm.Ref, error) {
	r, err := smm.ParseRef(fromText(name))
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
		err := s.db.read(ctx, func(scan func(...any) error) error { return scan(&last) }, "SELECT coalesce(max(seq), 0) FROM smm.credentials")
		if err != nil {
			yield(vault.Row{}, err)
			return
		}
		for {
			var page []vault.Row
			page, after, err = s.notUnder(ctx, keyID, after, last)
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

func (s *credentials) notUnder(ctx context.Context, keyID string, after, last int64) (page []vault.Row, seq int64, err error) {
	seq = after
	err = s.db.read(ctx, func(scan func(...any) error) (err error) {
		var x vault.Row
		var tenant, account string
		if err := scan(&seq, &tenant, &account, &x.Version, &x.KeyID, &x.Sealed); err != nil {
			return err
		}
		x.Tenant, x.KeyID = smm.Tenant(fromText(tenant)), fromText(x.KeyID)
		x.Account, err = parseStored(account)
		page = append(page, x)
		return err
	}, `SELECT seq, tenant, account, version, key_id, sealed FROM smm.credentials
		WHERE key_id <> $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`, text(keyID), after, last, pageRows)
	return page, seq, err
}

// Lock implements vault.Rows. Who looks at a lease that another has writes
// nothing. Leases are durable: unlike those in a file, their holders outlive a
// crash of the server.
func (s *credentials) Lock(ctx context.Context, t smm.Tenant, account smm.Ref, owner string, ttl time.Duration) (bool, error) {
	key, taken := accountKey(t, account), false
	err := s.db.read(ctx, func(scan func(...any) error) error { return scan(&taken) },
		"SELECT EXISTS (SELECT 1 FROM smm.credential_leases WHERE key = $1 AND owner <> $2 AND until > clock_timestamp())", key, prose(owner))
	if err != nil || taken {
		return false, err
	}
	var got bool
	err = s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, s.db.sql(`INSERT INTO smm.credential_leases AS l (key, owner, until)
			VALUES ($1, $2, clock_timestamp() + $3 * interval '1 microsecond')
			ON CONFLICT (key) DO UPDATE SET owner = $2, until = clock_timestamp() + $3 * interval '1 microsecond'
			WHERE l.owner = $2 OR l.until <= clock_timestamp()`), key, prose(owner), ttl.Microseconds())
		got = err == nil && tag.RowsAffected() == 1
		return err
	})
	return err == nil && got, err
}

// Unlock implements vault.Rows.
func (s *credentials) Unlock(ctx context.Context, t smm.Tenant, account smm.Ref, owner string) error {
	return s.db.write(ctx, beginDurable, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.db.sql("DELETE FROM smm.credential_leases WHERE key = $1 AND owner = $2"), accountKey(t, account), prose(owner))
		return err
	})
}
