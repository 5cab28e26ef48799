package scheduler

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Store keeps deliveries. It is the journal of the publishing protocol and the
// alarm clock of the scheduler, and knows nothing of platforms. Package
// schedulertest checks an implementation against this contract.
//
// Rules for every method:
//   - It is safe for concurrent use, by several processes too if the store is
//     shared between them; each call takes effect as a whole or not at all.
//   - A write is safe against a crash of the machine when it returns nil. After
//     any error but ErrFenced, ErrNotFound and ErrTokenUsed, a write may or may
//     not have happened; the protocol is built for that.
//   - A context that has ended before the call gives its error and no write.
//   - Times come from the caller, so that stores need no clock.
//   - Records are copied in and out. A delivery comes back with the same JSON
//     form that it went in with, whatever its size.
//   - What breaks smm.Delivery.Check is refused by Insert and Save.
//   - Records of another tenant do not exist for whoever names a tenant.
type Store interface {
	// Insert adds all records or none, and sets Version to 1. Epoch and the
	// lease must be zero; the error matches smm.ErrInvalid otherwise. If the
	// tenant has a record of this ID already, the error matches smm.ErrConflict;
	// if it has other records with this Token, ErrTokenUsed; if another record
	// that is Live has its Slot, it is a *SlotError; if another one that is Live
	// has its Fingerprint and is planned closer than the larger Apart of the two,
	// a *RepeatError. Records of one call are compared with each other as well.
	Insert(ctx context.Context, rs ...*Record) error

	// Get returns a record; ErrNotFound if the tenant has none of this ID.
	Get(ctx context.Context, key Key) (*Record, error)

	// Claim gives the caller a lease on at most c.Limit records whose Due is not
	// after c.Now, and returns them with Version and Epoch one higher, sorted by
	// what Due was before. No record is given to two callers at a time: the lease
	// ends c.Lease after c.Now, or when the holder saves it away.
	//
	// Records of all tenants are taken, fairly: if more are due than c.Limit,
	// each tenant with due records gets its turn within a number of claims that
	// does not depend on how many records the others have due.
	//
	// With a c.LaneLimit, a record that has a Lane is passed over while as many
	// or more records of its lane stand before it: records of the same tenant and
	// Lane with a smaller Position that are neither final nor wait for a person.
	// So a limit of 1 means that a lane's records are worked on one after the
	// other in the order of their planned times, each until it is done.
	Claim(ctx context.Context, c Claim) ([]*Record, error)

	// Save replaces the record if its stored Version and Epoch are those of r,
	// and then adds one to r.Version. Otherwise nothing happens and the error
	// matches ErrFenced, or ErrNotFound.
	//
	// An intent, which is a delivery in smm.PhaseCommitting, is refused with
	// ErrFenced also if the stored lease is not longer than now: somebody else
	// may claim the record any moment. Anything else is an answer, and is taken
	// as long as nobody did claim it, since an answer that is lost leaves doubt.
	//
	// A zero r.LeaseUntil ends the lease. Otherwise the stored lease stays as it
	// is, whatever r.LeaseUntil says: Renew may have moved it meanwhile.
	// Token, PayloadHash, Lane and Draft never change; everything else is stored.
	// Slot and Fingerprint are compared as in Insert, but only if r was not Live
	// before, or had another Slot, Fingerprint, Apart or NotBefore: the answer of
	// a platform is never refused for their sake.
	Save(ctx context.Context, r *Record, now time.Time) error

	// Apply does several writes, all or none: records with a Version of 0 are
	// inserted, the others saved, by the rules of Insert and Save. Slots and
	// fingerprints are compared as they are after all of the writes, so that two
	// records may change places.
	Apply(ctx context.Context, now time.Time, rs ...*Record) error

	// Renew sets the end of a lease that is still the caller's: l.Epoch is the
	// stored one and the lease was not ended by a Save. Otherwise the error
	// matches ErrFenced. An end in the past gives the record away. Version stays,
	// so that a renewal never spoils a Save.
	Renew(ctx context.Context, l Lease) error

	// NextWake returns the earliest Due of all records; false if there is none.
	NextWake(ctx context.Context) (time.Time, bool, error)

	// List yields the records that q matches, sorted by Position. Records may be
	// written while the list is read, also by the reader: each record that stays
	// where it is comes once, and one that is inserted meanwhile may be missed.
	// After an error the sequence ends.
	List(ctx context.Context, q Query) iter.Seq2[*Record, error]

	// Purge removes final records with a NotBefore before p.Before, and their
	// tokens with them, and returns how many. A record stays as long as a record
	// of the same tenant and Entry is not final, since that may wait for it.
	Purge(ctx context.Context, p Purge) (int, error)

	// SetFreeze stores a freeze, in place of the one with the same Tenant and ID
	// if there is one. What f.Check refuses is refused.
	SetFreeze(ctx context.Context, f Freeze) error

	// Unfreeze removes a freeze; ErrNotFound if the tenant has none of this ID.
	Unfreeze(ctx context.Context, tenant smm.Tenant, id string) error

	// Freezes returns the freezes that a tenant's records are subject to: its own
	// and those for all tenants, sorted by At, then ID. A freeze that was stored
	// before the call is there: nothing is cached.
	Freezes(ctx context.Context, tenant smm.Tenant) ([]Freeze, error)
}

// Claim asks for due records.
type Claim struct {
	Now   time.Time
	Lease time.Duration // how long the records are the caller's; at least a millisecond
	Owner string        // the caller, for people
	Limit int           // at least 1
	Keys  []Key         // only these, if not empty: for engines that wake records by name
	// LaneLimit is how many records of a lane may be worked on at a time; 0: any.
	LaneLimit int
}

// Check reports what is wrong with c, as an error that matches smm.ErrInvalid.
func (c Claim) Check() error {
	if c.Now.IsZero() || c.Lease < time.Millisecond || c.Limit < 1 || c.LaneLimit < 0 {
		return fmt.Errorf("%w: claim needs a time, a lease of at least 1ms, a limit of at least 1 and no negative LaneLimit", smm.ErrInvalid)
	}
	return nil
}

// Lease is the right to work on a record.
type Lease struct {
	Key   Key
	Epoch int64
	Until time.Time
}

// Purge selects records to remove.
type Purge struct {
	Tenant     smm.Tenant
	AllTenants bool
	Before     time.Time
}

// Errors of stores.
var (
	// ErrNotFound: the tenant has no such record. It is smm.ErrNotFound.
	ErrNotFound = smm.ErrNotFound
	// ErrFenced: the caller's copy of the record is out of date or its lease is
	// lost. Drop the copy and read the record again. It matches smm.ErrConflict.
	ErrFenced = fmt.Errorf("the lease or the version of the record is lost: %w", smm.ErrConflict)
	// ErrTokenUsed: the tenant has other records with this token. It matches
	// smm.ErrConflict.
	ErrTokenUsed = fmt.Errorf("the token is in use: %w", smm.ErrConflict)
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
)

// SlotError says that a slot is taken. It matches smm.ErrConflict.
type SlotError struct {
	Slot string
	By   Key // the record that has it
}

// Error implements error.
func (e *SlotError) Error() string { return fmt.Sprintf("slot %q is taken by %s", e.Slot, e.By.ID) }

// Unwrap returns smm.ErrConflict.
func (e *SlotError) Unwrap() error { return smm.ErrConflict }

// RepeatError says that the same content is planned, or was published, too
// close to the time planned. It matches smm.ErrDuplicate.
type RepeatError struct {
	Of Key       // the record with the same content
	At time.Time // its planned time
}

// Error implements error.
func (e *RepeatError) Error() string {
	return fmt.Sprintf("the channel has the same content at %s (delivery %s): change it, or choose another time",
		e.At.UTC().Format(time.RFC3339), e.Of.ID)
}

// Unwrap returns smm.ErrDuplicate.
func (e *RepeatError) Unwrap() error { return smm.ErrDuplicate }

// CheckInsert verifies what Insert must refuse, for implementers of Store.
func CheckInsert(rs []*Record) error {
	for _, r := range rs {
		switch {
		case r == nil:
			return fmt.Errorf("%w: insert of a nil record", smm.ErrInvalid)
		case r.Epoch != 0 || !r.LeaseUntil.IsZero() || r.LeaseOwner != "":
			return fmt.Errorf("%w: record %s is inserted with a lease or an epoch", smm.ErrInvalid, r.Delivery.ID)
		case r.NotBefore.IsZero():
			return fmt.Errorf("%w: record %s has no NotBefore", smm.ErrInvalid, r.Delivery.ID)
		case r.Apart < 0 || (r.Apart > 0 && len(r.Fingerprint) == 0):
			return fmt.Errorf("%w: record %s has a distance to keep that is negative, or no fingerprint", smm.ErrInvalid, r.Delivery.ID)
		case (r.Token == "") != (len(r.PayloadHash) == 0):
			return fmt.Errorf("%w: record %s has a token or a payload hash without the other", smm.ErrInvalid, r.Delivery.ID)
		}
		if err := r.Delivery.Check(); err != nil {
			return err
		}
	}
	return nil
}

// CheckApply verifies what Apply must refuse, for implementers of Store.
func CheckApply(rs []*Record) error {
	for _, r := range rs {
		switch {
		case r == nil:
			return fmt.Errorf("%w: apply of a nil record", smm.ErrInvalid)
		case r.Version == 0:
			if err := CheckInsert([]*Record{r}); err != nil {
				return err
			}
		default:
			if err := r.Delivery.Check(); err != nil {
				return err
			}
		}
	}
	return nil
}
