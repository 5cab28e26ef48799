package smm

import (
	"context"
	"strings"
	"time"
)

// QuotaKey names one budget of requests: per app, per account, per endpoint
// family, as the vendor counts. It is comparable.
type QuotaKey struct {
	Tenant   Tenant
	Platform Platform
	Space    string // the server, where each has its own budget
	Account  string // the channel's or app's id, "" where the budget is shared by all
	Bucket   string // the vendor's name of the budget, or ours: "statuses", "reads"
}

// QuotaShape says how a platform counts.
type QuotaShape string

// The shapes. A budget whose shape is unknown is treated as QuotaRolling,
// which is safe for all of them.
const (
	QuotaRolling QuotaShape = "rolling" // no more than Limit in any Window
	QuotaFixed   QuotaShape = "fixed"   // no more than Limit until the reset, then anew
	QuotaBucket  QuotaShape = "bucket"  // tokens that refill at Limit per Window
	QuotaPercent QuotaShape = "percent" // the platform reports a share in use; Limit is 100
)

// QuotaLimit declares a budget.
type QuotaLimit struct {
	Shape  QuotaShape
	Limit  int64         // cost units in a window
	Window time.Duration //
	Burst  int64         // QuotaBucket: the most that can be saved up; 0 for 5 % of Limit
	Source string        // where the vendor says so, with the date read
}

// Priority orders work that competes for a budget.
type Priority int

// The priorities. Background work may not take the last tenth of a budget.
// ContextWithPriority says which one a call has.
const (
	PriorityBackground Priority = iota // analytics, backfill
	PriorityModerate                   // moderation, inbox polling
	PriorityReply                      // answering people
	PriorityPublish                    // what was scheduled for now
)

type priorityKey struct{}

// ContextWithPriority says how urgent is what is done under ctx, in a driver or
// a vendor's client. It stands above what the library assumes, which is, by
// operation:
//
//   - PriorityPublish: posts with all that they need, edits and deletions;
//   - PriorityReply: answers, messages, likes, shares, follows, profiles;
//   - PriorityModerate: hiding, blocking, reporting, and all reading but
//   - PriorityBackground: metrics.
//
// A host that backfills comments, imports a history or listens to a search says
// so, and leaves the last tenth of every budget alone:
//
//	ctx = smm.ContextWithPriority(ctx, smm.PriorityBackground)
func ContextWithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// PriorityFrom returns what ContextWithPriority said, and false if nobody did.
func PriorityFrom(ctx context.Context) (Priority, bool) {
	p, ok := ctx.Value(priorityKey{}).(Priority)
	return p, ok
}

// defaultPriority is for what the caller said nothing about.
func defaultPriority(ctx context.Context, p Priority) context.Context {
	if _, set := PriorityFrom(ctx); set {
		return ctx
	}
	return ContextWithPriority(ctx, p)
}

func (p *Post) priority() Priority {
	if p.ReplyTo.IsZero() {
		return PriorityPublish
	}
	return PriorityReply
}

// priorityOf is that of an operation which is no publishing of a post.
func priorityOf(op string) Priority {
	switch Capability(op) {
	case CapEdit, CapDelete:
		return PriorityPublish
	case CapLike, CapRepost, CapFollow, CapEditProfile:
		return PriorityReply
	case CapPostMetrics, CapAcctMetrics, CapAudience:
		return PriorityBackground
	}
	if strings.HasPrefix(op, "publish.") {
		return PriorityPublish
	}
	return PriorityModerate
}

// Charge is the cost of a request in one budget.
type Charge struct {
	Key  QuotaKey
	Cost int64 // at least 1
}

// Quota decides when a request may leave. It is asked before every request and
// told every answer. Implementations are safe for concurrent use; they may
// share their state between processes.
type Quota interface {
	// Reserve takes all charges or none. If they do not fit now, the error is a
	// *RateLimitError whose After says when to ask again; nothing was taken and
	// nothing waits inside.
	Reserve(ctx context.Context, p Priority, charges ...Charge) (QuotaGrant, error)
	// Report tells what became of a granted request: what the platform said of
	// its budgets, and whether it was sent at all (an unsent one is given back).
	// It must be called exactly once for each grant.
	Report(ctx context.Context, g QuotaGrant, r QuotaReport)
}

// QuotaReader is what a Quota may also have: it tells what is left without
// taking any of it. Keys that it has never met are left out.
type QuotaReader interface {
	Left(ctx context.Context, keys ...QuotaKey) ([]QuotaState, error)
}

// QuotaGrant is a reservation.
type QuotaGrant struct {
	Charges []Charge
	At      time.Time // when it was granted
}

// QuotaReport is the platform's side of a budget, read from an answer.
type QuotaReport struct {
	Sent     bool
	At       time.Time     // when the answer came
	Throttle bool          // the platform refused for lack of quota
	After    time.Duration // the wait it asked for, 0 if it did not say
	States   []QuotaState
}

// QuotaState is what headers said of one budget. A field that the platform
// does not send is negative or zero time.
type QuotaState struct {
	Key       QuotaKey
	Limit     int64
	Remaining int64
	Percent   float64 // in use, 0 to 100
	Reset     time.Time
}
