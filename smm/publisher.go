package smm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Publisher is how a driver creates things: posts, replies, messages, review
// answers, ad objects. Creation is split in three so that a lost reply can
// never become a second item. The only caller is Client.Advance, which keeps
// the order, the durable records and the waiting; a Publisher keeps no state
// between calls and may be called for the same delivery by different processes
// (one at a time).
//
// A host may have to go back to a backup of its store. Then a delivery is
// prepared anew although an earlier Prepared, which nobody remembers, may have
// been committed. So that nothing is doubled:
//   - A key depends on nothing but PublishRequest's ID, Tenant, Channel and
//     Created. It is the same after every Prepare.
//   - While PublishRequest.Restored is set, Prepare must not take what it sees
//     now for the state before the first attempt: no "newest item so far" that
//     Settle would not look behind. Attempt.First, which is Restored then, bounds
//     how far Settle looks back.
type Publisher interface {
	// Prepare does one bounded and repeatable step towards being ready: one
	// upload, one chunk, one look at a processing state. Nothing becomes public.
	// last is what the previous step returned, zero at first; a driver that
	// cannot use it any more starts over. Prepared.Ready ends the phase. A
	// Prepared.Next in the future asks to wait until then.
	//
	// An error is final if it matches ErrInvalid, ErrRejected, ErrUnsupported,
	// ErrForbidden, ErrUnauthorized or ErrNotFound; after any other the same
	// step is tried again, not before RetryAfter.
	Prepare(ctx context.Context, r *PublishRequest, last Prepared) (Prepared, error)

	// Commit makes it public with one request that is never retried inside. The
	// attempt is on disk before the call. The Outcome decides what happens next
	// and its zero value is OutcomeUnknown, which is the truth whenever the
	// driver cannot rule out that the platform accepted: a time-out, a cut
	// connection, a 5xx, an unreadable answer. The error explains the outcome to
	// people and carries RetryAfter; it never overrides the outcome.
	//
	// The Ref of the item must be returned the moment it is known: no further
	// request, such as for a permalink, stands between it and the return.
	Commit(ctx context.Context, r *PublishRequest, p Prepared, a Attempt) (Outcome, error)

	// Settle finds out what became of the attempts so far, by reading only. It
	// says OutcomePublished when it found the item, OutcomePending while the
	// platform works on it, OutcomeAbsent when the platform's answer shows that
	// it is not there (Advance believes that only once no earlier request can
	// still arrive), OutcomeRepeatable when it is not there as of the read and
	// the same Prepared may be committed again without harm, OutcomeRefused when the platform gave the item up for
	// good, and OutcomeUnknown when it cannot tell.
	Settle(ctx context.Context, r *PublishRequest, p Prepared, a Attempt) (Outcome, error)
}

// PublishRequest is what a Publisher is asked to create: one item on one
// channel. It is frozen when the delivery is planned, survives JSON and is the
// same in every attempt.
type PublishRequest struct {
	ID      string     `json:"id"` // of the delivery; unique, and the seed of every key
	Tenant  Tenant     `json:"tenant,omitempty"`
	Channel Ref        `json:"channel"`
	Kind    CreateKind `json:"kind"`
	Post    Post       `json:"post"` // as for this platform; no Thread, Variants or FirstComment
	// Created is frozen so that a repeated request can be equal to the byte.
	Created time.Time `json:"created,omitzero"`

	// Restored is Delivery.Restored, set by Advance for each step: if it is not
	// zero, an item may have been made since then that Prepare knows nothing of.
	// See Publisher.
	Restored time.Time `json:"-"`

	media MediaStore
}

// OpenMedia opens an asset of the post and, if the post carries its hash,
// checks the bytes first: another asset under the same name gives an error
// that matches ErrInvalid.
func (r *PublishRequest) OpenMedia(ctx context.Context, name string) (Blob, error) {
	store := r.media
	if store == nil {
		store = noMedia{}
	}
	b, err := store.OpenMedia(ctx, r.Tenant, name)
	if err != nil {
		return nil, err
	}
	for _, m := range r.Post.Media {
		if m.Name == name && m.Hash != "" {
			if err := checkHash(b, m); err != nil {
				_ = b.Close()
				return nil, err
			}
		}
	}
	return b, nil
}

func checkHash(b Blob, m Media) error {
	h := sha256.New()
	if _, err := io.Copy(h, b); err != nil {
		return fmt.Errorf("read media %q: %w", m.Name, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != m.Hash {
		return fmt.Errorf("%w: media %q changed since the post was written", ErrInvalid, m.Name)
	}
	_, err := b.Seek(0, io.SeekStart)
	return err
}

// WithMedia returns a copy of r that opens assets from s. Advance does this;
// tests of drivers do it themselves.
func (r *PublishRequest) WithMedia(s MediaStore) *PublishRequest {
	c := *r
	c.media = s
	return &c
}

// Prepared is what a Publisher needs to commit, as far as it got.
type Prepared struct {
	State     json.RawMessage `json:"state,omitempty"` // the driver's own: handles, keys, offsets
	Ready     bool            `json:"ready,omitempty"`
	Next      time.Time       `json:"next,omitzero"`     // not ready: when the next step makes sense
	Expires   time.Time       `json:"expires,omitzero"`  // when State becomes useless, zero for never
	Progress  float64         `json:"progress,omitzero"` // 0 to 1, for people
	Guarantee Guarantee       `json:"guarantee"`         // of this delivery, in this form
}

// Class sorts creates by what can be known after a reply was lost.
type Class string

// The guarantee classes.
const (
	// ClassKey: the platform recognises a repeated request by a key that we
	// chose, within KeyWindow of the first; repeating it is harmless.
	ClassKey Class = "key"
	// ClassHandle: a handle made before the commit tells its state, and
	// publishing the same handle again is harmless.
	ClassHandle Class = "handle"
	// ClassReadBack: nothing marks the item but itself; it is looked for among
	// the channel's own items once no request can still be on its way.
	ClassReadBack Class = "read-back"
	// ClassBlind: it cannot be looked for. When a reply is lost a person decides.
	ClassBlind Class = "blind"
)

// Guarantee says what a driver promises for a create.
type Guarantee struct {
	Class Class `json:"class"`
	// KeyWindow is how long the platform remembers a key, counted from the
	// first attempt. Zero means for ever. Only for ClassKey.
	KeyWindow time.Duration `json:"key_window,omitempty"`
	// RequestLife bounds how long after our deadline a request that we gave up
	// may still take effect.
	RequestLife time.Duration `json:"request_life"`
	// ReadLag bounds how long after it took effect a read may miss it.
	ReadLag time.Duration `json:"read_lag"`
	// Derived says that the handle follows from the request alone, so that every
	// Prepare of the same request gives the same one. Only for ClassHandle.
	Derived bool `json:"derived,omitempty"`
}

// Check reports what is wrong with g.
func (g Guarantee) Check() error {
	switch g.Class {
	case ClassKey, ClassHandle, ClassReadBack, ClassBlind:
	default:
		return fmt.Errorf("%w: guarantee class %q", ErrInvalid, g.Class)
	}
	if g.KeyWindow < 0 || g.RequestLife < 0 || g.ReadLag < 0 {
		return fmt.Errorf("%w: negative duration in a guarantee", ErrInvalid)
	}
	return nil
}

// Attempt describes the commits of a delivery so far.
type Attempt struct {
	N        int       `json:"n"`                 // commits that may have reached the platform, the current one included
	Doubt    bool      `json:"doubt,omitempty"`   // an earlier one with this Prepared may have gone through
	Lost     bool      `json:"lost,omitempty"`    // that one was made with another Prepared, which a restored backup does not have
	First    time.Time `json:"first,omitzero"`    // first intent with this Prepared; key windows count from here
	Intent   time.Time `json:"intent,omitzero"`   // latest intent
	Deadline time.Time `json:"deadline,omitzero"` // when the latest one is given up
	Refused  bool      `json:"refused,omitempty"` // a later one was refused for good: fail once the doubt is gone
}

// OutcomeState says what is known about an item. The zero value is that
// nothing is known.
type OutcomeState string

// The outcome states.
const (
	OutcomeUnknown    OutcomeState = ""           // it may be public, or become so
	OutcomePublished  OutcomeState = "published"  // it is public
	OutcomePending    OutcomeState = "pending"    // the platform accepted it and works on it
	OutcomeAbsent     OutcomeState = "absent"     // a read shows that it is not there
	OutcomeRepeatable OutcomeState = "repeatable" // the same Prepared may be committed again without harm
	OutcomeRefused    OutcomeState = "refused"    // the platform answered no
	OutcomeNotSent    OutcomeState = "not-sent"   // no byte of the request left
)

// Outcome is the answer of Commit and Settle.
type Outcome struct {
	State    OutcomeState `json:"state"`
	Post     Ref          `json:"post,omitzero"` // of the item, once known
	URL      string       `json:"url,omitempty"` // where people see it, if it came along
	Retry    bool         `json:"retry,omitempty"`
	Next     time.Time    `json:"next,omitzero"` // not before; zero for the default back-off
	Evidence Evidence     `json:"evidence,omitempty"`
}

// Evidence says why an outcome is believed.
type Evidence string

// The kinds of evidence.
const (
	EvidenceReply     Evidence = "reply"      // the platform's answer to the commit
	EvidenceKeyReplay Evidence = "key-replay" // the answer to a repeated key
	EvidenceKey       Evidence = "key"        // read by a key that we chose
	EvidenceHandle    Evidence = "handle"     // the handle's own state
	EvidenceReadBack  Evidence = "read-back"  // found among the channel's items by content
	EvidenceWebhook   Evidence = "webhook"
	EvidenceHuman     Evidence = "human"
	EvidenceImport    Evidence = "import" // found on the channel, published elsewhere
)

// finalError reports whether a Prepare error cannot go away by itself.
func finalError(err error) bool {
	for _, s := range []error{ErrInvalid, ErrRejected, ErrUnsupported, ErrForbidden, ErrUnauthorized, ErrNotFound} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}
