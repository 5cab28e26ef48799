package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// Rotation says what Rotate did.
type Rotation struct {
	Resealed int       // rows that are under the primary key now
	Changed  int       // rows that somebody else wrote meanwhile: call Rotate again
	Failed   []Failure // rows that cannot be opened; they were left as they are
}

// Failure is a row that Rotate could not open.
type Failure struct {
	Tenant  smm.Tenant
	Account smm.Ref
	KeyID   string // that it is sealed with, or says so
	Err     error  // matches smm.ErrSealed
}

// Rotate seals everything anew that is not under the primary key, for all
// tenants. Versions stay: it disturbs no refresh. It may run in several processes
// and be broken off at any time. When it returns no error, nothing Changed and
// nothing Failed, and no process has an older primary key, then the other keys
// may go.
//
// An error is the store's or the key management service's; what cannot be opened
// is in Failed.
func (s *Store) Rotate(ctx context.Context) (Rotation, error) {
	var done Rotation
	for r, err := range s.rows.NotUnder(ctx, s.keys.Primary()) {
		if err != nil {
			return done, fmt.Errorf("vault: rotate: %w", err)
		}
		switch err := s.reseal(ctx, &r); {
		case err == nil:
			done.Resealed++
		case errors.Is(err, smm.ErrConflict):
			done.Changed++
		case errors.Is(err, smm.ErrSealed):
			done.Failed = append(done.Failed, Failure{r.Tenant, r.Account, r.KeyID, err})
		default:
			return done, fmt.Errorf("vault: rotate: %w", err)
		}
	}
	return done, nil
}

// reseal does not look at what it opens, so that it loses nothing of what a later
// version of this package wrote.
func (s *Store) reseal(ctx context.Context, r *Row) error {
	plain, err := open(ctx, s.keys, r.Sealed, placeOf(r.Tenant, r.Account))
	if err != nil {
		return err
	}
	defer clear(plain)
	anew, err := s.row(ctx, r.Tenant, r.Account, plain)
	if err != nil {
		return err
	}
	anew.Version = r.Version
	return s.rows.Reseal(ctx, anew)
}
