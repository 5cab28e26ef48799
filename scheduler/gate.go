package scheduler

import (
	"context"
	"time"
)

// Gate decides at the last moment whether a delivery may be sent: approvals,
// embargoes, a host's own emergency stop. It is asked before anything is
// uploaded, and again when the intent to commit is durable and nothing was sent
// yet, so what was revoked before then is not sent. It is not asked about
// deliveries of which something may be public already, unless they would be sent
// again. Gates are called from several goroutines.
type Gate interface {
	// Admit returns the zero Hold to let r pass. An error holds it too, and it is
	// asked again soon: a gate that cannot look must not let anything through.
	Admit(ctx context.Context, r *Record) (Hold, error)
}

// Hold says why a delivery must wait.
type Hold struct {
	// Reason is for people, and becomes Record.Held. Empty: it may be sent.
	Reason string
	// Until is when to ask again; zero: after a while.
	Until time.Time
}
