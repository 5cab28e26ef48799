package inbox

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// State is where a conversation stands in the host's work.
type State string

// The states. A new message of somebody else opens a resolved or snoozed
// conversation again.
const (
	StateOpen     State = "open"    // somebody should look; the state of a new conversation
	StatePending  State = "pending" // waits for a machine or for others
	StateSnoozed  State = "snoozed" // not before SnoozedUntil
	StateResolved State = "resolved"
)

// Valid reports whether s is a state.
func (s State) Valid() bool {
	return s == StateOpen || s == StatePending || s == StateSnoozed || s == StateResolved
}

// ConversationSchema is the version of Conversation's JSON form that this
// package writes.
const ConversationSchema = 1

// Conversation is a thread of items on one channel, with the state of the work
// on it. Channel and Ref identify it within a tenant.
type Conversation struct {
	Schema       int                  `json:"schema"`
	Channel      smm.Ref              `json:"channel"`
	Ref          smm.Ref              `json:"ref"`
	Kind         smm.ConversationKind `json:"kind"`
	About        smm.Ref              `json:"about,omitzero"`
	Participants []smm.Author         `json:"participants,omitempty"` // as far as the platform names them
	Window       smm.ReplyWindow      `json:"window,omitzero"`
	Described    time.Time            `json:"described,omitzero"` // when the platform last described it

	LastInbound time.Time `json:"last_inbound,omitzero"` // of the latest message by somebody else that is not deleted
	LastOwn     time.Time `json:"last_own,omitzero"`     // of our latest message that is not deleted

	State        State     `json:"state"`
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	Assignee     string    `json:"assignee,omitempty"` // the host's name of a person or team
	Version      int64     `json:"version"`            // of State, SnoozedUntil and Assignee; grows with each change
}

// Unanswered reports whether the last word is not ours.
func (c *Conversation) Unanswered() bool { return c.LastInbound.After(c.LastOwn) }

// Active returns the time of the latest message.
func (c *Conversation) Active() time.Time { return later(c.LastInbound, c.LastOwn) }

// StateAt returns the state at a time: a snooze that is over is open.
func (c *Conversation) StateAt(now time.Time) State {
	if c.State == StateSnoozed && !now.Before(c.SnoozedUntil) {
		return StateOpen
	}
	return c.State
}

// NewConversation returns the conversation that an item begins, before the
// item is entered. Stores use it.
func NewConversation(it *Item) Conversation {
	return Conversation{Schema: ConversationSchema, Channel: it.Message.Channel, Ref: it.Thread, Kind: smm.ConversationComments, State: StateOpen}
}

// Describe takes over what a platform says about a conversation as of seen. An
// older description changes nothing.
func (c *Conversation) Describe(d smm.Conversation, seen time.Time) {
	if seen.Before(c.Described) {
		return
	}
	c.Kind, c.Window, c.Described = d.Kind, d.Window, seen.UTC()
	if !d.About.IsZero() {
		c.About = d.About
	}
	if len(d.Participants) > 0 {
		c.Participants = d.Participants[:min(len(d.Participants), maxParticipants)]
	}
}

const maxParticipants = 200

// Enter brings the conversation up to date with an item that was appended: old
// is the item before (nil if unknown), merged the item now, and all gives every
// item of the conversation, merged included, for the rare cases that need them.
// Stores call it in Append and return its Change.
func (c *Conversation) Enter(old, merged *Item, all func() ([]Item, error)) (Change, error) {
	change := Compare(old, merged)
	if change == ChangeDeleted || old != nil && old.Message.Own != merged.Message.Own {
		items, err := all()
		if err != nil {
			return ChangeNone, err
		}
		c.Recount(items)
	} else {
		c.note(merged)
	}
	if change == ChangeNew && !merged.Message.Own && (c.State == StateResolved || c.State == StateSnoozed) {
		c.State, c.SnoozedUntil = StateOpen, time.Time{}
		c.Version++
	}
	return change, nil
}

// Recount computes what the conversation takes from its items anew. Stores
// call it for the conversation that an item left.
func (c *Conversation) Recount(items []Item) {
	c.LastInbound, c.LastOwn = time.Time{}, time.Time{}
	if c.Described.IsZero() {
		c.Kind, c.About = smm.ConversationComments, smm.Ref{}
	}
	for i := range items {
		c.note(&items[i])
	}
}

func (c *Conversation) note(it *Item) {
	if c.Described.IsZero() {
		c.guess(it)
	}
	switch {
	case it.Message.Deleted || it.Version.IsZero():
	case it.Message.Own:
		c.LastOwn = later(c.LastOwn, it.Message.At)
	default:
		c.LastInbound = later(c.LastInbound, it.Message.At)
	}
}

// guess derives the kind of a conversation that the platform did not describe.
// The result does not depend on the order of the items.
func (c *Conversation) guess(it *Item) {
	switch {
	case c.Ref.Kind == smm.KindConversation, it.Message.Ref.Kind == smm.KindMessage:
		c.Kind = smm.ConversationDirect
	case c.Ref.Kind == smm.KindReview:
		c.Kind = smm.ConversationReview
	case it.Thread == it.Message.Ref && !it.Message.Own:
		c.Kind = smm.ConversationMention // it hangs on somebody else's post
	}
	if c.Ref.Kind == smm.KindPost || c.Ref.Kind == smm.KindReview {
		c.About = c.Ref
	}
}
