package scheduler

import (
	"context"
	"time"
)

// Engine decides when records are claimed, and by whom. Whatever it does,
// nothing is sent twice: the store gives a record to one caller at a time, and
// the publishing protocol decides what may be done with it. An engine that
// wakes a record twice or too early costs a claim; one that forgets a record
// delays it, so a Run must in the end find every record that is due in the
// store, whether or not Wake was called for it.
type Engine interface {
	// Wake says that a record was inserted or changed and is due at the time
	// given. It may be called before Run, from any goroutine, and must not block
	// for long.
	Wake(ctx context.Context, key Key, at time.Time) error

	// Run claims due records and calls h for each, several at once, until ctx
	// ends; then it lets the calls in flight return, and returns nil. An error
	// means that it cannot go on at all.
	Run(ctx context.Context, h Handler) error
}

// Handler works on a record that was claimed a moment ago, as far as it gets
// now, and gives the lease back. It returns when the record is due again, zero
// if never or if that is not known. Errors are for the engine's log: the record
// is safe in the store and comes back.
//
// When ctx ends, the handler finishes the step in flight and returns.
type Handler func(ctx context.Context, r *Record) (again time.Time, err error)
