package vault

import (
	"context"
	"iter"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Row is a credential as it is stored.
type Row struct {
	Tenant  smm.Tenant
	Account smm.Ref
	Version int64  // given by Put
	KeyID   string // of the key that Sealed is sealed with, for All
	Sealed  []byte // some hundred bytes; larger where a platform's tokens are
}

// Rows is where a Store keeps credentials. An implementation sees nothing that is
// secret; what is needed of it is that writes are atomic and durable on return,
// since a refresh token that is lost disconnects an account. It is safe for
// concurrent use, also by several processes if it says so, and keeps tenants
// apart. Package vaulttest has the suite that it must pass.
type Rows interface {
	// Get returns the row of an account. If there is none, the error matches
	// smm.ErrNotFound.
	Get(ctx context.Context, tenant smm.Tenant, account smm.Ref) (Row, error)
	// Put stores r in place of version old of the same tenant and account, 0 if
	// there shall be none, and returns the version that r has then; r.Version is
	// not looked at. If another version is stored, or one where there shall be
	// none, or none where there shall be one, the error matches smm.ErrConflict and
	// nothing changes. A version is larger than every one that the account had
	// before, also before Delete. A counter that all rows share does that, and
	// needs nothing kept of what was deleted.
	Put(ctx context.Context, r Row, old int64) (version int64, err error)
	// Reseal replaces KeyID and Sealed of the row that has r's tenant, account and
	// version, and leaves its version. If there is no such row the error matches
	// smm.ErrConflict.
	Reseal(ctx context.Context, r Row) error
	// Delete removes the row. If there is none it is no error.
	Delete(ctx context.Context, tenant smm.Tenant, account smm.Ref) error

	// Accounts returns the accounts of a tenant on a platform, in the order of
	// their text.
	Accounts(ctx context.Context, tenant smm.Tenant, platform smm.Platform) ([]smm.Ref, error)
	// NotUnder yields the rows of all tenants whose KeyID is another, each once. The
	// caller may use all other methods meanwhile; a row that is written meanwhile
	// may come or not.
	NotUnder(ctx context.Context, keyID string) iter.Seq2[Row, error]

	// Lock gives owner the lease of an account for ttl, unless somebody else has it,
	// and reports whether it did. It does not wait. The account need not have a row.
	// The owner of a lease may take it again, which sets its end anew. A lease is
	// over after ttl, and gone by the next Lock of that account at the latest; it
	// need not survive a crash of the machine.
	Lock(ctx context.Context, tenant smm.Tenant, account smm.Ref, owner string, ttl time.Duration) (bool, error)
	// Unlock ends the lease if owner still has it; else it does nothing.
	Unlock(ctx context.Context, tenant smm.Tenant, account smm.Ref, owner string) error
}
