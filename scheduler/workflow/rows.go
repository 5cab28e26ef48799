package workflow

import (
	"context"
	"iter"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Row is a draft as a store keeps it. IDs are unique within a tenant.
type Row struct {
	Tenant  smm.Tenant
	ID      string
	Version int64     // of what is stored; 0 for a row that is not there yet
	Stage   string    // for Query
	Due     time.Time // for Query, to the microsecond; zero for none
	Data    []byte    // JSON, which the store does not look into
}

// Query selects rows of one tenant. Fields that are set narrow it down.
type Query struct {
	Tenant smm.Tenant
	Stages []string
	From   time.Time // Due at or after it
	Until  time.Time // Due before it; rows without a Due match neither
	After  string    // only IDs behind it
	Limit  int       // 0: all
}

// Rows keeps drafts. It is safe for concurrent use, by several processes too if
// it is shared between them. What was written is safe against a crash of the
// machine when the call returns nil. A context that has ended before the call
// gives its error and no write. Rows of another tenant do not exist for whoever
// names a tenant. Package workflowtest checks an implementation.
type Rows interface {
	// Put stores r if the stored version is r.Version, 0 if there shall be no row,
	// and sets r.Version to one more. Otherwise nothing changes and the error
	// matches smm.ErrConflict. A row without an ID, and Data over MaxRowSize, are
	// refused with an error that matches smm.ErrInvalid.
	Put(ctx context.Context, r *Row) error
	// Get returns a row; the error matches smm.ErrNotFound if there is none.
	Get(ctx context.Context, tenant smm.Tenant, id string) (*Row, error)
	// List yields what q selects, in the order of their IDs, byte by byte. The
	// caller may write meanwhile; a row that is inserted meanwhile may be missed.
	// After an error the sequence ends.
	List(ctx context.Context, q Query) iter.Seq2[*Row, error]
	// Delete removes the row if the stored version is version; smm.ErrConflict if
	// it is another one, smm.ErrNotFound if there is none. A row that is put later
	// begins with version 1 again.
	Delete(ctx context.Context, tenant smm.Tenant, id string, version int64) error
}

// MaxRowSize bounds Row.Data, in bytes.
const MaxRowSize = 4 << 20
