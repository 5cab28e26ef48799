package inbox

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Store keeps the inbox of all tenants. Implementations are safe for
// concurrent use, also by several processes if they say so; nothing of one
// tenant is ever seen through another. What a method returned without an error
// is durable to the degree that the store promises. Package inboxtest has the
// suite that each implementation must pass.
//
// Unknown things give an error that matches smm.ErrNotFound.
type Store interface {
	// Append joins it with what is known about the same message (same tenant,
	// channel and Message.Ref), by Merge, and keeps its conversation up to date
	// in the same transaction, by NewConversation and Conversation.Enter. An item
	// whose Thread changed moves: the conversation that it left is recounted, and
	// is gone if it lost its last item and was never described.
	Append(ctx context.Context, t smm.Tenant, it Item) (Change, error)
	// Describe enters what the platform says about a conversation as a whole; a
	// conversation not known before begins, as StateOpen.
	Describe(ctx context.Context, t smm.Tenant, d smm.Conversation, seen time.Time) error

	Item(ctx context.Context, t smm.Tenant, channel, message smm.Ref) (Item, error)
	// Items yields the items of a conversation, the oldest first, those of the
	// same time in the order of their Refs' text.
	Items(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref) iter.Seq2[Item, error]
	Conversation(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref) (Conversation, error)
	// List yields the conversations that match q, the most recently active
	// first, those of the same time in the order of their Refs' text.
	List(ctx context.Context, t smm.Tenant, q Query) iter.Seq2[Conversation, error]

	// SetState changes the work on a conversation if its Version is still the
	// given one, else the error matches smm.ErrConflict.
	SetState(ctx context.Context, t smm.Tenant, channel, conversation smm.Ref, version int64, u Update) error

	// Undecided yields the items for which Item.Undecided is true, the oldest
	// first. The caller may call Decide meanwhile.
	Undecided(ctx context.Context, t smm.Tenant) iter.Seq2[Item, error]
	// Decide records a decision about a message; the one with the later At wins.
	Decide(ctx context.Context, t smm.Tenant, channel, message smm.Ref, d Decision) error

	// Answers returns the recorded answers to a message, the first claimed first.
	Answers(ctx context.Context, t smm.Tenant, channel, message smm.Ref) ([]Answer, error)
	// Claim records that an answer is about to be sent, and reports whether it
	// is fresh. If one with the same Token is recorded for that message, that one
	// is returned and nothing changes. If exclusive, and another answer is
	// recorded, that one is returned with an error that matches smm.ErrConflict.
	// Of concurrent exclusive claims one wins.
	Claim(ctx context.Context, t smm.Tenant, a Answer, exclusive bool) (claimed Answer, fresh bool, err error)

	// Mark returns how far the reading of a source got, "" at first; SetMark
	// keeps it.
	Mark(ctx context.Context, t smm.Tenant, channel smm.Ref, source string) (string, error)
	SetMark(ctx context.Context, t smm.Tenant, channel smm.Ref, source, mark string) error
}

// Change says what Append changed.
type Change string

// The changes. What is not one of them, such as a repetition or a move to
// another thread, is ChangeNone.
const (
	ChangeNone    Change = ""
	ChangeNew     Change = "new"
	ChangeEdited  Change = "edited"  // the message says something else now
	ChangeDeleted Change = "deleted" // its content is gone
)

// Compare says what the step from old (nil if unknown) to merged was. Stores
// return its result from Append.
func Compare(old, merged *Item) Change {
	switch {
	case merged.Message.Deleted && (old == nil || !old.Message.Deleted):
		return ChangeDeleted
	case merged.Message.Deleted || merged.Version.IsZero():
		return ChangeNone
	case old == nil || old.Version.IsZero():
		return ChangeNew
	case old.Revision() != merged.Revision():
		return ChangeEdited
	}
	return ChangeNone
}

// Update is a change of the work on a conversation. All three fields are set,
// as they shall be.
type Update struct {
	State        State
	SnoozedUntil time.Time // required for StateSnoozed, else zero
	Assignee     string
}

// Check reports what is wrong with u, as an error that matches smm.ErrInvalid.
func (u Update) Check() error {
	switch {
	case !u.State.Valid():
		return fmt.Errorf("%w: conversation state %q: want open, pending, snoozed or resolved", smm.ErrInvalid, u.State)
	case (u.State == StateSnoozed) == u.SnoozedUntil.IsZero():
		return fmt.Errorf("%w: a snoozed conversation, and no other, needs a time to come back", smm.ErrInvalid)
	}
	return nil
}

// Query selects conversations. The zero Query selects all.
type Query struct {
	Channels   []smm.Ref // any of these
	States     []State   // any of these, as of Now
	Assignee   string    // "" for anybody or nobody
	Unanswered bool      // only where the last word is not ours
	Now        time.Time // for snoozed conversations; zero: a snooze never ends
}

// Match reports whether c is selected. Stores may use it. A conversation of
// which nothing but deletions is known is never selected.
func (q Query) Match(c *Conversation) bool {
	if c.Active().IsZero() && c.Described.IsZero() {
		return false
	}
	state := c.State
	if !q.Now.IsZero() {
		state = c.StateAt(q.Now)
	}
	return (len(q.Channels) == 0 || slices.Contains(q.Channels, c.Channel)) &&
		(len(q.States) == 0 || slices.Contains(q.States, state)) &&
		(q.Assignee == "" || q.Assignee == c.Assignee) &&
		(!q.Unanswered || c.Unanswered())
}

// Answer is the record of an answer to a message.
type Answer struct {
	Channel      smm.Ref   `json:"channel"`
	Conversation smm.Ref   `json:"conversation"`
	Message      smm.Ref   `json:"message"` // the one answered
	Token        string    `json:"token"`
	Deliveries   []string  `json:"deliveries"` // IDs
	At           time.Time `json:"at"`
}
