package quota

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// fullSlices is how many slices make a budget: 5 % each.
const fullSlices = 20

// result is what came of a talk with the store.
type result struct {
	model   model
	limit   smm.QuotaLimit
	breaker breaker
	fair    *fairness
	claimed int64 // may be granted from now on
	held    int64 // of it, what others must not count on
	floor   int64 // what is left beside it
	others  int64 // held by other processes
	until   time.Time
	wait    time.Duration // if a claim was refused
	expires time.Time
	written bool
}

// apply brings a document up to date and claims from it.
func (l *Limiter) apply(doc *document, b *budget, d *delta, a *claim, now time.Time) (*result, error) {
	lease := b.share.lease
	declared := b.limit
	if b.declared == 0 && b.limit.Shape != smm.QuotaPercent {
		declared = smm.QuotaLimit{}
	}
	m, lim, err := doc.open(declared, l.margin, lease)
	if err != nil {
		return nil, err
	}
	r := &result{model: m, limit: lim, breaker: doc.breaker, until: now.Add(lease)}
	l.bury(doc, m, now)
	seq := doc.Holders[l.holder].Seq
	for _, u := range d.unsure {
		if u.seq > seq { // else that write was made after all
			r.tell(&u, now, l.margin)
		}
	}
	r.tell(d, now, l.margin)
	var others, idle int64
	holders := int64(1)
	for name, h := range doc.Holders {
		if name != l.holder {
			holders++
			others += h.Held
			idle += h.Idle
		}
	}
	m.hold(others + d.inFlight)
	r.others = others
	if d.saw != nil {
		tmp := budget{model: m, limit: lim}
		tmp.learn(now, d.saw.QuotaState, l.margin, lease+l.margin)
		m, lim = tmp.model, tmp.limit
		m.adopt(d.saw.at, d.saw.sent, d.saw.QuotaState)
		r.model, r.limit = m, lim
	}
	r.claim(d, a, now, holders, idle, lease)
	r.fair = doc.Fair
	r.fair.observe(m, lim.Window, l.margin)
	r.fair.tell(d.news, now)
	if r.breaker.Until.After(now) {
		r.claimed, r.held = 0, 0
		r.wait = r.breaker.Until.Sub(now)
	}
	r.expires = now.Add(2*lim.Window + 2*l.margin + lease + time.Minute)
	if r.breaker.Until.After(now) {
		r.expires = r.expires.Add(r.breaker.Until.Sub(now))
	}
	return r, nil
}

// bury counts the slices of processes that did not come back as spent when
// their leases ended, on whatever clock: they may have been.
func (l *Limiter) bury(doc *document, m model, now time.Time) {
	for name, h := range doc.Holders {
		if name == l.holder || now.Before(h.Until.Add(l.margin)) {
			continue
		}
		if h.Held > 0 {
			m.spend(h.Until, h.Held, false)
		}
		delete(doc.Holders, name)
	}
}

// tell makes the model know what a process did.
func (r *result) tell(d *delta, now time.Time, margin time.Duration) {
	for _, e := range d.spent {
		if heard := e.cost - e.quiet; heard > 0 {
			r.model.spend(e.at, heard, true)
		}
		if e.quiet > 0 {
			r.model.spend(e.at, e.quiet, false)
		}
	}
	if d.stop.calm {
		r.breaker.calm()
	}
	if d.stop.shrink > 0 {
		r.model.punish(now)
		r.breaker.Strike = min(r.breaker.Strike+d.stop.shrink, 16)
	}
	if until := d.stop.until.Add(margin); !d.stop.until.IsZero() && until.After(r.breaker.Until) {
		r.breaker.Until = until.UTC() // no clock shall read that the pause is over before it is
	}
}

// claim takes a slice: what is asked for and, to spare the next questions,
// some more. The closer the end of the budget and the more processes there
// are, the smaller it is, so that nothing is left over in the wrong place.
func (r *result) claim(d *delta, a *claim, now time.Time, holders, idle int64, lease time.Duration) {
	free := r.model.free(now)
	if _, is := r.model.(*open); is {
		if a != nil || d.used {
			r.claimed = unlimited
		}
		return
	}
	slice := func(avail int64) int64 {
		return min(d.grain, r.model.size()/fullSlices, (avail+holders-1)/holders)
	}
	switch {
	case a == nil:
		if d.used { // it is in use, so a part is kept
			r.claimed = max(min(d.have, slice(free)), 0)
		}
	default:
		wait, pending := r.model.relief(now, a.cost, a.keep)
		if wait == 0 {
			r.claimed = max(a.cost, slice(free-a.keep))
			break
		}
		if pending || idle > 0 { // somebody may return what he does not use
			wait = min(wait, min(max(lease/16, inFlightWait), 2*time.Second))
		}
		if a.poll > 0 {
			wait = min(wait, a.poll)
		}
		r.wait = max(wait, time.Millisecond)
	}
	r.held, r.floor = r.claimed, free-r.claimed
}
