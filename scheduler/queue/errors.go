package queue

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// ErrPaused says that nothing can be added to a queue that is paused. It matches
// smm.ErrConflict.
var ErrPaused = fmt.Errorf("the queue is paused: resume it, or schedule the post without a queue: %w", smm.ErrConflict)

// FullError says that a queue has no free slot for a channel. It matches
// smm.ErrConflict.
type FullError struct {
	Queue   string
	Channel smm.Ref
	Until   time.Time // how far was looked
}

// Error implements error.
func (e *FullError) Error() string {
	return fmt.Sprintf("queue %q has no free slot for %s before %s: add times, or a longer Horizon",
		e.Queue, e.Channel, e.Until.UTC().Format(time.DateOnly))
}

// Unwrap returns smm.ErrConflict.
func (e *FullError) Unwrap() error { return smm.ErrConflict }

// BegunError says that a record is not in the queue any more, or was begun. It
// matches smm.ErrConflict.
type BegunError struct {
	Queue, ID string
}

// Error implements error.
func (e *BegunError) Error() string {
	return fmt.Sprintf("delivery %s does not wait in queue %q, or was begun: cancel it instead", e.ID, e.Queue)
}

// Unwrap returns smm.ErrConflict.
func (e *BegunError) Unwrap() error { return smm.ErrConflict }
