package quota

import (
	"context"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Store is where several processes keep what they know of one budget. It holds
// one small document for each key, under compare-and-swap, and never looks
// into it. Implementations are safe for concurrent use by several processes;
// package quotatest has the suite that they pass.
//
// A document need not survive a power cut: what is lost with it is the memory
// of one window.
type Store interface {
	// Load returns the document of a key and its version. Without one, state is
	// nil and version 0, and that is no error. The caller owns the bytes.
	Load(ctx context.Context, key smm.QuotaKey) (state []byte, version int64, err error)

	// Swap stores state if the version of what Load would return is old, where
	// 0 stands for nothing, and returns the new version, which is above 0 and
	// above old. Otherwise the error matches smm.ErrConflict and nothing
	// changed. The store keeps no reference to state.
	//
	// After expires nobody misses the document: the store may delete it at any
	// time from then on. Whether Load still returns it until then is the store's
	// choice, as long as Swap agrees with it.
	Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (version int64, err error)
}
