package inbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// ItemSchema is the version of Item's JSON form that this package writes.
const ItemSchema = 1

// Item is one message as far as it is known: the join of everything that was
// observed about it. Make one with Observe or FromEvent; stores join them with
// Merge.
type Item struct {
	Schema  int         `json:"schema"`
	Message smm.Message `json:"message"`
	// Thread is the conversation that the item belongs to, and ThreadRank how
	// well that is known: 3 the platform named it, 2 the root of the thread, 1
	// the message answered, 0 nothing but the message itself.
	Thread     smm.Ref `json:"thread"`
	ThreadRank int     `json:"thread_rank,omitempty"`
	// Version orders contents: when the text was written or last edited. It is
	// zero while the content is not known.
	Version time.Time `json:"version,omitzero"`
	Seen    time.Time `json:"seen,omitzero"` // when the platform said so; orders contents of the same Version
	// HiddenAt is when Message.Hidden was last heard of.
	HiddenAt  time.Time `json:"hidden_at,omitzero"`
	Truncated bool      `json:"truncated,omitempty"` // the message was larger than the limits of this package
	Decision  Decision  `json:"decision,omitzero"`   // the latest; see Item.Undecided
}

// Observe makes an item of a message that a platform gave at time seen for a
// channel. The message is bounded (see Limits in the source), its text made
// valid UTF-8, and recognised as own if the channel wrote it.
func Observe(channel smm.Ref, m smm.Message, seen time.Time) Item {
	m.Channel = channel
	m.Own = m.Own || isOwn(channel, m.Author.Ref)
	truncated := clip(&m)
	m.At, m.Edited, seen = m.At.UTC(), m.Edited.UTC(), seen.UTC()
	it := Item{Schema: ItemSchema, Message: m, Version: later(m.At, m.Edited), Seen: seen, HiddenAt: seen, Truncated: truncated}
	it.Thread, it.ThreadRank = threadOf(&m)
	if m.Deleted {
		it.wipe()
	}
	return it
}

// FromEvent makes an item of an event, and reports false for events that are
// not about a message.
func FromEvent(e smm.Event) (Item, bool) {
	m := e.Message
	if e.Review != nil {
		m = &e.Review.Message
	}
	switch e.Kind {
	case smm.EventMessageReceived, smm.EventMessageEdited, smm.EventReviewReceived:
		if m == nil || m.Ref.IsZero() {
			return Item{}, false
		}
		n := *m
		if e.Kind == smm.EventMessageEdited && n.Edited.IsZero() {
			n.Edited = e.At
		}
		return Observe(e.Channel, n, e.At), true
	case smm.EventMessageDeleted, smm.EventMessageHidden:
	default:
		return Item{}, false
	}
	n := smm.Message{Ref: e.Subject}
	if m != nil {
		n.Ref, n.Conversation, n.Root, n.InReplyTo = m.Ref, m.Conversation, m.Root, m.InReplyTo
	}
	if n.Ref.IsZero() {
		return Item{}, false
	}
	n.Deleted = e.Kind == smm.EventMessageDeleted
	n.Hidden = e.Kind == smm.EventMessageHidden
	it := Observe(e.Channel, n, e.At)
	it.Version = time.Time{} // it says nothing about the content
	if n.Deleted {
		it.HiddenAt = time.Time{} // nor about hiding
	}
	return it, true
}

func isOwn(channel, author smm.Ref) bool {
	return author.ID != "" && author.ID == channel.ID && author.Platform == channel.Platform && author.Space == channel.Space
}

func threadOf(m *smm.Message) (smm.Ref, int) {
	switch {
	case !m.Conversation.IsZero():
		return m.Conversation, 3
	case !m.Root.IsZero():
		return m.Root, 2
	case !m.InReplyTo.IsZero():
		return m.InReplyTo, 1
	}
	return m.Ref, 0
}

// Merge joins two items about the same message. It is commutative, associative
// and idempotent, so that a store ends the same in whatever order it learns
// things: a deletion wins, else the content with the latest Version.
func Merge(a, b Item) Item {
	out := a
	if a.compare(&b) < 0 {
		out = b
	}
	out.Schema = max(a.Schema, b.Schema)
	out.Message.Own = a.Message.Own || b.Message.Own
	out.Message.At = earlier(a.Message.At, b.Message.At)
	out.Thread, out.ThreadRank = a.Thread, a.ThreadRank
	if b.ThreadRank > a.ThreadRank || b.ThreadRank == a.ThreadRank && b.Thread.String() > a.Thread.String() {
		out.Thread, out.ThreadRank = b.Thread, b.ThreadRank
	}
	switch a.HiddenAt.Compare(b.HiddenAt) {
	case 1:
		out.Message.Hidden, out.HiddenAt = a.Message.Hidden, a.HiddenAt
	case -1:
		out.Message.Hidden, out.HiddenAt = b.Message.Hidden, b.HiddenAt
	default:
		out.Message.Hidden = a.Message.Hidden || b.Message.Hidden
	}
	out.Decision = a.Decision
	if b.Decision.At.After(a.Decision.At) {
		out.Decision = b.Decision
	}
	if a.Message.Deleted || b.Message.Deleted {
		out.Message.Deleted = true
		out.wipe()
	}
	return out
}

// compare orders the contents of two items.
func (it *Item) compare(o *Item) int {
	if c := it.Version.Compare(o.Version); c != 0 {
		return c
	}
	if c := it.Seen.Compare(o.Seen); c != 0 {
		return c
	}
	return bytes.Compare(it.content(), o.content())
}

// content is the part of an item that its winner brings whole, in a form that
// can be compared.
func (it *Item) content() []byte {
	m := it.Message
	m.Own, m.Hidden, m.Deleted, m.At = false, false, false, time.Time{}
	b, err := json.Marshal(m)
	if err != nil {
		return []byte(m.Text) // Native is not JSON: the text still decides
	}
	return b
}

// wipe leaves of a deleted message what is needed to recognise it. Platforms'
// terms ask that deleted content goes.
func (it *Item) wipe() {
	m := it.Message
	it.Message = smm.Message{Ref: m.Ref, Channel: m.Channel, Own: m.Own, At: m.At, Hidden: m.Hidden, Deleted: true}
	it.Version, it.Seen, it.Truncated = time.Time{}, time.Time{}, false
}

// Revision identifies what the message says, for decisions about it. Reading
// the same text again gives the same revision.
func (it *Item) Revision() string {
	h := sha256.New()
	h.Write([]byte(it.Message.Text))
	for _, a := range it.Message.Attachments {
		h.Write([]byte("\x00" + string(a.Class) + "\x00" + string(a.AltText)))
	}
	for _, e := range it.Message.Entities {
		h.Write([]byte("\x01" + e.Target))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// Undecided reports whether somebody still has to judge what the message says
// now: it is not our own, not deleted, its content is known, and the decision
// is about another text or missing.
func (it *Item) Undecided() bool {
	return !it.Message.Own && !it.Message.Deleted && !it.Version.IsZero() && it.Decision.Revision != it.Revision()
}

// Bounds of what is kept of a message. Platforms' own limits are far smaller;
// these keep a misbehaving one from filling the store.
const (
	maxText        = 64 << 10
	maxNative      = 64 << 10
	maxName        = 1 << 10
	maxEntities    = 1000
	maxAttachments = 50
)

// clip bounds m and reports whether something was cut off.
func clip(m *smm.Message) (cut bool) {
	text := strings.ToValidUTF8(string(m.Text), "\uFFFD")
	if text != string(m.Text) {
		m.Entities = nil // their offsets mean another text
	}
	if len(text) > maxText {
		text, cut = cutBytes(text, maxText), true
	}
	m.Text = smm.Untrusted(text)
	name := strings.ToValidUTF8(string(m.Author.Name), "\uFFFD")
	if len(name) > maxName {
		name, cut = cutBytes(name, maxName), true
	}
	m.Author.Name = smm.Untrusted(name)
	if len(m.Entities) > maxEntities {
		m.Entities, cut = m.Entities[:maxEntities], true
	}
	for i, e := range m.Entities {
		if e.Start < 0 || e.End < e.Start || e.End > len(text) {
			m.Entities, cut = m.Entities[:i:i], true
			break
		}
	}
	if len(m.Attachments) > maxAttachments {
		m.Attachments, cut = m.Attachments[:maxAttachments], true
	}
	if len(m.Native) > maxNative || len(m.Native) > 0 && !json.Valid(m.Native) {
		m.Native, cut = nil, true
	}
	return cut
}

// cutBytes cuts s to at most n bytes without cutting a character.
func cutBytes(s string, n int) string {
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earlier returns the earlier of two times, the zero time being unknown.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
