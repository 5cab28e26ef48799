package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
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

// Reasons in Record.Held that only a person takes away, by Edit, Release or
// ReleaseItem: they begin with one of these.
const (
	HeldFindings = "findings: " // validation says that it would be refused
	HeldLate     = "late: "     // its time passed in a freeze, and LateHold was asked for
)

const (
	// gateLimit bounds how long gates and freezes may be looked at.
	gateLimit = 10 * time.Second
	// heldLogs is how many lines of its log a delivery keeps.
	heldLogs = 40
	// minRecheck and maxRecheck bound how long a held record rests.
	minRecheck = 15 * time.Second
	maxRecheck = 15 * time.Minute
)

// errHeld ends a step: the record waits, and was given back.
var errHeld = errors.New("the delivery is held")

// admit asks whether the record in hand may be sent now. What only a person
// takes away comes first, then the gates, and last the freezes, read from the
// store: whoever set one and looks for what is in flight then finds every intent
// that was admitted before.
func (s *Scheduler) admit(ctx context.Context, r *Record) Hold {
	if hardHeld(r) {
		return Hold{Reason: r.Held}
	}
	ctx, cancel := context.WithTimeout(ctx, gateLimit)
	defer cancel()
	for _, g := range s.gates {
		h, err := g.Admit(ctx, r.Clone())
		if err != nil {
			return Hold{Reason: "a gate could not look: " + smm.CleanMessage(err.Error()), Until: s.clock.Now().Add(minRecheck)}
		}
		if h.Reason != "" {
			return h
		}
	}
	fs, err := s.store.Freezes(ctx, r.Delivery.Tenant)
	if err != nil {
		return Hold{Reason: "the freezes could not be read: " + smm.CleanMessage(err.Error()), Until: s.clock.Now().Add(minRecheck)}
	}
	return frozen(fs, r, s.clock.Now())
}

// hardHeld reports whether only a person lets r go on.
func hardHeld(r *Record) bool {
	return strings.HasPrefix(r.Held, HeldFindings) || strings.HasPrefix(r.Held, HeldLate)
}

// frozen is the hold of the freezes that match r: until the last of them ends, if
// each ends by itself.
func frozen(fs []Freeze, r *Record, now time.Time) Hold {
	var (
		h    Hold
		open bool
	)
	for i := range fs {
		f := &fs[i]
		if !f.Match(r, now) {
			continue
		}
		if h.Reason == "" {
			h.Reason = fmt.Sprintf("frozen by %s: %s", f.ID, cmp.Or(f.Reason, "no reason given"))
		}
		open = open || f.Until.IsZero()
		if f.Until.After(h.Until) {
			h.Until = f.Until
		}
	}
	if open {
		h.Until = time.Time{}
	}
	return h
}

// hold gives the record back, to be looked at again when the hold says, or when
// it is stale. before says how it was found.
func (w *work) hold(ctx context.Context, h Hold) error {
	now, d := w.s.clock.Now(), &w.r.Delivery
	first := w.r.Held == ""
	w.r.Held = h.Reason
	d.Wake = Micro(w.recheck(h, now))
	if first {
		d.Log = append(d.Log, smm.LogLine{At: now, Phase: d.Phase, Note: "held: " + h.Reason})
		d.Log = d.Log[max(0, len(d.Log)-heldLogs):]
	}
	after := *d
	if err := w.Save(ctx, d); err != nil {
		return err
	}
	if first {
		w.s.tellHeld(&after, h.Reason)
	}
	w.heldUntil = after.Wake
	return errHeld
}

// recheck is when to look at a held record again. Without a time of its own it is
// looked at the more rarely, the longer it is overdue.
func (w *work) recheck(h Hold, now time.Time) time.Time {
	d := &w.r.Delivery
	at := h.Until
	if !at.After(now) {
		rest := min(max(now.Sub(w.r.NotBefore)/2, minRecheck), maxRecheck)
		at = now.Add(rest)
	}
	if stale := d.Policy.StaleAfter; !stale.IsZero() && !d.Attempt.Doubt && stale.Before(at) {
		at = stale.Add(time.Microsecond) // to expire then
		if !at.After(now) {
			at = now.Add(minRecheck)
		}
	}
	return at
}
