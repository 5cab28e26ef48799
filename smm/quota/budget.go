package quota

import (
	"math/rand/v2"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// budget is what a process knows of one key.
type budget struct {
	key      smm.QuotaKey
	model    model          // of the whole budget; with a share, as the store had it last
	limit    smm.QuotaLimit // as declared, or as headers told since
	declared int64
	share    *share    // nil without a Store
	fair     *fairness // nil where one tenant alone uses the budget
	margin   time.Duration

	breaker
}

// decide says whether cost fits now, and otherwise how long to wait or what to
// ask the store for.
func (b *budget) decide(now time.Time, cost int64, p smm.Priority, tenant smm.Tenant) (time.Duration, *claim) {
	if b.Until.After(now) {
		return b.Until.Sub(now), nil
	}
	keep := b.keep(p)
	var poll time.Duration
	if b.fair != nil {
		b.fair.observe(b.model, b.limit.Window, b.margin)
	}
	if extra := b.fair.reserve(now, tenant, cost, b.unseen(), b.model, b.whole()); extra > 0 {
		keep += extra
		poll = b.fair.poll() // what is left for other tenants may come free at any time
	}
	if b.share != nil {
		return b.decideShared(now, claim{b: b, cost: cost, keep: keep, poll: poll})
	}
	d, pending := b.model.relief(now, cost, keep)
	if pending { // an answer may tell that there is room
		d = min(d, inFlightWait)
	}
	if poll > 0 {
		d = min(d, poll)
	}
	return d, nil
}

// keep is the share of a budget that work of a priority leaves to what is more
// urgent: a tenth for background work, less for the others. Nobody waits in a
// queue here, so this is how publishing comes first.
func (b *budget) keep(p smm.Priority) int64 {
	size := b.model.size()
	switch {
	case size == unlimited:
		return 0
	case p <= smm.PriorityBackground:
		if size < 2 {
			return 0 // a budget of one unit would never be used
		}
		return (size + 9) / 10
	case p == smm.PriorityModerate:
		return size / 20
	case p == smm.PriorityReply:
		return size / 50
	}
	return 0
}

// whole is how much there is in a window.
func (b *budget) whole() int64 {
	if m, is := b.model.(*bucket); is {
		return m.limit
	}
	return b.model.size()
}

// unseen is what others may have granted that we do not know of.
func (b *budget) unseen() int64 {
	if b.share == nil {
		return 0
	}
	return b.share.others
}

func (b *budget) take(cost int64) {
	if b.share != nil {
		b.share.take(cost)
		return
	}
	b.model.hold(cost)
}

func (b *budget) giveBack(cost int64) {
	if b.share != nil {
		b.share.giveBack(cost)
		return
	}
	b.model.hold(-cost)
}

func (b *budget) settle(now time.Time, cost int64, heard bool) {
	if b.share != nil {
		b.share.settle(now, cost, heard)
		return
	}
	b.model.hold(-cost)
	b.model.spend(now, cost, heard)
}

func (b *budget) adopt(now, sent time.Time, s smm.QuotaState) {
	if b.share != nil {
		b.share.observe(b, observation{QuotaState: s, at: now, sent: sent})
		return
	}
	b.learn(now, s, 0, 0)
	b.model.adopt(now, sent, s)
}

// learn makes a model of a budget that nobody declared, from its headers.
func (b *budget) learn(now time.Time, s smm.QuotaState, margin, retain time.Duration) {
	if o, is := b.model.(*open); is && s.Limit > 0 && s.Limit <= most && s.Reset.After(now) {
		b.limit = smm.QuotaLimit{Shape: smm.QuotaFixed, Limit: s.Limit, Window: s.Reset.Sub(now)}
		b.model = newModel(b.limit, margin, retain)
		b.model.hold(o.inFlight)
	}
}

// pause stops the key. Everybody in flight is told the same; only the first to
// say so shrinks the model.
func (b *budget) pause(now time.Time, wait time.Duration) {
	first := b.stop(now, wait)
	switch {
	case b.share != nil:
		b.share.halt(first, b.Until)
	case first:
		b.model.punish(now)
	}
}

func (b *budget) refusal(now time.Time, wait time.Duration) error {
	s := b.model.left(now)
	if b.share != nil {
		s.Remaining = b.share.have
	}
	reset := s.Reset
	if !reset.After(now) {
		reset = now.Add(wait)
	}
	return &smm.RateLimitError{Scope: b.key.Bucket, Limit: max(s.Limit, 0), Remaining: max(s.Remaining, 0), Reset: reset, After: wait}
}

func (b *budget) idle(now time.Time) bool {
	if b.Until.After(now) {
		return false
	}
	if b.share != nil {
		return b.share.idle(now)
	}
	return b.model.idle(now)
}

// maxPause is the longest wait that is believed: a year is a mistake of the
// server, and must not stop a channel for a year.
const maxPause = 24 * time.Hour

// breaker pauses a budget on a platform's word.
type breaker struct {
	Until  time.Time `json:"until,omitzero"`
	Strike int       `json:"strike,omitempty"` // throttles in a row, for those that name no time
}

// stop reports whether this is the first to say so.
func (p *breaker) stop(now time.Time, wait time.Duration) (first bool) {
	if first = !p.Until.After(now); first {
		p.Strike++
	}
	if wait <= 0 {
		// An answer that went well may have ended the row in the meantime.
		wait = min(time.Second<<min(max(p.Strike, 1)-1, 6), time.Minute)
	}
	wait = min(wait, maxPause)
	wait += rand.N(wait/10 + 1) //nolint:gosec // jitter is no secret
	if until := now.Add(wait); until.After(p.Until) {
		p.Until = until
	}
	return first
}

func (p *breaker) calm() { p.Strike = 0 }
