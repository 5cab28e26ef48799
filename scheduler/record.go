package scheduler

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Key names a record. IDs are unique within a tenant.
type Key struct {
	Tenant smm.Tenant
	ID     string
}

// Record is a delivery as a Store keeps it. The times of a record, outside its
// delivery, are kept to the microsecond.
//
// A Record belongs to whoever got it from the store: the store keeps a copy of
// its own. The insides of a delivery's post are never changed by anybody.
type Record struct {
	Delivery smm.Delivery

	// Version counts the writes, 1 after Insert. Every write but Renew adds one.
	Version int64
	// Epoch counts the claims, 0 after Insert. It fences off a worker whose
	// lease was given to another.
	Epoch int64
	// LeaseOwner is who claimed the record last, for people.
	LeaseOwner string
	// LeaseUntil is when the record may be claimed by others again; zero for
	// no lease.
	LeaseUntil time.Time

	// NotBefore is when publication was planned for. Calendars sort by it.
	NotBefore time.Time
	// Token is the caller's own name of the entry, "" for none. All records
	// with the same tenant and token were inserted by one call.
	Token string
	// PayloadHash is what a second call with the same Token is compared with:
	// 32 bytes, or empty without a Token.
	PayloadHash []byte

	// Lane is the queue that the record goes out in, "" for none: of the records
	// of a tenant with the same lane, Claim gives out only the first few in the
	// order of their Positions, see Claim.LaneLimit. It never changes.
	Lane string
	// Fingerprint sums up the content and the channel, 16 bytes, or empty.
	Fingerprint []byte
	// Apart is how far from each other records with the same Fingerprint must be
	// planned: a write that would bring r closer to another one is refused with
	// a *RepeatError. 0: it does not matter.
	Apart time.Duration
	// Slot is the place that the record takes in the host's plan, "" for none: a
	// write by which two records of a tenant would have the same is refused with
	// a *SlotError. Records that failed, expired or were cancelled give theirs up.
	Slot string
	// Draft is the host's draft that the record came from, "" for none. Gates
	// look at it. It never changes.
	Draft string
	// Zone is the IANA name of the time zone that NotBefore was planned in, for
	// people, "" for none.
	Zone string
	// Held says why the record is not sent although it is due: a freeze, a gate,
	// a finding. "" for nothing in its way.
	Held string
}

// Live reports whether the record is public or may still become so: it did not
// fail, expire, and was not cancelled. Only live records take a Slot, and count
// for Apart.
func (r *Record) Live() bool {
	p := r.Delivery.Phase
	return !p.Final() || p == smm.PhasePublished
}

// Blocks reports whether r holds up what stands behind it in its lane: it is
// neither final nor does it wait for a person.
func (r *Record) Blocks() bool {
	return !r.Delivery.Phase.Final() && r.Delivery.Phase != smm.PhaseHuman
}

// Key returns the key of r.
func (r *Record) Key() Key { return Key{r.Delivery.Tenant, r.Delivery.ID} }

// Clone returns a copy that shares nothing with r that the publishing protocol
// changes.
func (r *Record) Clone() *Record {
	c := *r
	c.PayloadHash = slices.Clone(r.PayloadHash)
	c.Fingerprint = slices.Clone(r.Fingerprint)
	c.Delivery.Log = slices.Clip(slices.Clone(r.Delivery.Log))
	c.Delivery.Prepared.State = bytes.Clone(r.Delivery.Prepared.State)
	if f := r.Delivery.Failure; f != nil {
		g := *f
		c.Delivery.Failure = &g
	}
	return &c
}

// Due returns when the record may be claimed: when its delivery wakes and no
// lease is on it. The second result is false if nothing will ever wake it by
// itself, which is so for final deliveries, and for those that need a person if
// they have no Wake to remind of them.
func (r *Record) Due() (time.Time, bool) {
	d := &r.Delivery
	if d.Phase.Final() || d.Wake.IsZero() {
		return time.Time{}, false
	}
	if r.LeaseUntil.After(d.Wake) {
		return r.LeaseUntil, true
	}
	return d.Wake, true
}

// Position returns the place of r in a list.
func (r *Record) Position() Position {
	return Position{NotBefore: r.NotBefore, Tenant: r.Delivery.Tenant, ID: r.Delivery.ID}
}

// Position is a place in a list of records, which are sorted by its fields in
// their order. It survives JSON, so that a later process can go on there.
type Position struct {
	NotBefore time.Time  `json:"not_before"`
	Tenant    smm.Tenant `json:"tenant,omitempty"`
	ID        string     `json:"id"`
}

// Compare returns -1, 0 or 1 as p stands before, at or after q.
func (p Position) Compare(q Position) int {
	return cmp.Or(p.NotBefore.Compare(q.NotBefore), cmp.Compare(p.Tenant, q.Tenant), cmp.Compare(p.ID, q.ID))
}

// IsZero reports whether p is no place at all.
func (p Position) IsZero() bool { return p.ID == "" }

// Micro rounds t up to the microsecond in UTC, the precision of stores.
// Upwards, because a wake-up that is rounded down comes too early.
func Micro(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	r := t.UTC().Truncate(time.Microsecond)
	if r.Before(t) {
		r = r.Add(time.Microsecond)
	}
	return r
}
