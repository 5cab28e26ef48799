package vault

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Options shape Open. nil means the zero value.
type Options struct {
	// Poll is how long LockCredential waits at most between two looks at a lease
	// that somebody else has; default 50 ms, at
	// least 1 ms.
	Poll time.Duration
}

// Store keeps credentials sealed in Rows. It is safe for concurrent use, and
// holds no secret beyond a call.
type Store struct {
	rows Rows
	keys KMS
	poll time.Duration
}

var (
	_ smm.CredentialStore  = (*Store)(nil)
	_ smm.CredentialLocker = (*Store)(nil)
)

// Open makes a Store of rows and keys.
func Open(rows Rows, keys KMS, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	if ring, ok := keys.(*KeyRing); rows == nil || keys == nil || ok && ring == nil {
		return nil, fmt.Errorf("%w: vault: a store needs rows and keys", smm.ErrInvalid)
	}
	if o.Poll < 0 {
		return nil, fmt.Errorf("%w: vault: negative Poll", smm.ErrInvalid)
	}
	s := &Store{rows: rows, keys: keys, poll: o.Poll}
	if s.poll == 0 {
		s.poll = 50 * time.Millisecond
	}
	s.poll = max(s.poll, time.Millisecond)
	return s, nil
}

// Load implements smm.CredentialStore. With an error that matches smm.ErrSealed
// the Credential has its Version and nothing else, so that Swap can replace what
// cannot be opened.
func (s *Store) Load(ctx context.Context, t smm.Tenant, account smm.Ref) (smm.Credential, error) {
	r, err := s.rows.Get(ctx, t, account)
	if err != nil {
		return smm.Credential{}, err
	}
	c, err := s.credential(ctx, &r, t, account)
	if err != nil {
		err = fmt.Errorf("credential of %s: %w", account, err)
	}
	c.Version = r.Version
	return c, err
}

// credential opens a row as what it was asked for, not as what it says it is.
func (s *Store) credential(ctx context.Context, r *Row, t smm.Tenant, account smm.Ref) (smm.Credential, error) {
	plain, err := open(ctx, s.keys, r.Sealed, placeOf(t, account))
	if err != nil {
		return smm.Credential{}, err
	}
	defer clear(plain)
	return decode(plain)
}

// Swap implements smm.CredentialStore. It seals with the primary key.
func (s *Store) Swap(ctx context.Context, t smm.Tenant, account smm.Ref, old int64, c smm.Credential) (int64, error) {
	if err := account.Check(); err != nil {
		return 0, err
	}
	plain, err := encode(&c)
	if err != nil {
		return 0, fmt.Errorf("credential of %s: %w", account, err)
	}
	defer clear(plain)
	r, err := s.row(ctx, t, account, plain)
	if err != nil {
		return 0, fmt.Errorf("credential of %s: %w", account, err)
	}
	return s.rows.Put(ctx, r, old)
}

// row seals plain with the primary key.
func (s *Store) row(ctx context.Context, t smm.Tenant, account smm.Ref, plain []byte) (Row, error) {
	sealed, err := seal(ctx, s.keys, plain, placeOf(t, account))
	if err != nil {
		return Row{}, err
	}
	id, err := KeyID(sealed)
	return Row{Tenant: t, Account: account, KeyID: id, Sealed: sealed}, err
}

// Delete implements smm.CredentialStore.
func (s *Store) Delete(ctx context.Context, t smm.Tenant, account smm.Ref) error {
	return s.rows.Delete(ctx, t, account)
}

// Accounts implements smm.CredentialStore.
func (s *Store) Accounts(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	return s.rows.Accounts(ctx, t, p)
}

// LockCredential implements smm.CredentialLocker.
func (s *Store) LockCredential(ctx context.Context, t smm.Tenant, account smm.Ref, ttl time.Duration) (func(), error) {
	if err := account.Check(); err != nil {
		return nil, err
	}
	if ttl <= 0 {
		return nil, fmt.Errorf("%w: vault: the lease of a credential needs a life", smm.ErrInvalid)
	}
	owner := rand.Text()
	for wait := s.poll / 16; ; wait = min(2*wait, s.poll) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		got, err := s.rows.Lock(ctx, t, account, owner, ttl)
		if err != nil {
			return nil, err
		}
		if got {
			return func() {
				// If it fails, the lease ends by itself.
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ttl)
				defer cancel()
				_ = s.rows.Unlock(ctx, t, account, owner)
			}, nil
		}
		look := time.NewTimer(wait/2 + mathrand.N(wait/2+1)) //nolint:gosec // to look at different times is all
		select {
		case <-look.C:
		case <-ctx.Done():
		}
		look.Stop()
	}
}
