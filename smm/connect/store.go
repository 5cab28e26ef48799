package connect

import (
	"context"
	"time"
)

// Store keeps what is under way between two requests of a browser: an
// authorization that the platform has not answered yet, or a choice between
// accounts. Each is used once. What is stored was sealed before, and the id is
// a hash: whoever reads the store can neither finish an authorization nor learn
// a secret.
//
// Implementations are safe for concurrent use, also by several processes if
// they say so; hosts with several processes need one that is. Package
// connecttest has the suite that each must pass.
type Store interface {
	// Put keeps sealed under id until expires. The id has 1 to 128 printable
	// ASCII characters, sealed at most 1 MiB. An id that is kept already gives an
	// error that matches smm.ErrConflict, and nothing changes. Put, or a task of
	// the store's own, removes what is over, so that what nobody comes back for
	// does not pile up. A failure for now matches smm.ErrUnavailable.
	Put(ctx context.Context, id string, sealed []byte, expires time.Time) error
	// Take returns what Put kept and removes it in the same step: of any number
	// of callers, in any process, exactly one gets it. What is missing, taken or
	// over by the store's clock gives an error that matches smm.ErrNotFound. A
	// caller that got another error may try again.
	Take(ctx context.Context, id string) ([]byte, error)
}
