package smm

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Channel is a place the host acts as: a page, an account, a server channel.
// Its Ref is what every other call takes.
type Channel struct {
	Ref         Ref       `json:"ref"`
	Name        string    `json:"name"`             // display name
	Handle      string    `json:"handle,omitempty"` // as people write it, without a leading "@"
	URL         string    `json:"url,omitempty"`
	AvatarURL   string    `json:"avatar_url,omitempty"`
	AccountType string    `json:"account_type,omitempty"` // the vendor's word: "business", "bot", "page"
	Created     time.Time `json:"created,omitzero"`
}

// Author is somebody who wrote something. Names are theirs to choose: never
// trust them as text or markup.
type Author struct {
	Ref       Ref       `json:"ref"`
	Name      Untrusted `json:"name,omitempty"`
	Handle    string    `json:"handle,omitempty"`
	URL       string    `json:"url,omitempty"`
	AvatarURL string    `json:"avatar_url,omitempty"`
	Bot       bool      `json:"bot,omitempty"` // declared by the account itself
	Created   time.Time `json:"created,omitzero"`
	Followers *int64    `json:"followers,omitempty"` // nil: not reported
}

// ConversationKind says what a conversation is about.
type ConversationKind string

// The kinds of conversations.
const (
	ConversationComments ConversationKind = "comments" // everything said under one post
	ConversationDirect   ConversationKind = "direct"   // private messages
	ConversationMention  ConversationKind = "mention"  // a public post of somebody else that names us
	ConversationReview   ConversationKind = "review"
)

// Conversation is a thread of messages of any kind. Its Window says until when
// the platform lets us answer.
type Conversation struct {
	Ref          Ref              `json:"ref"`
	Channel      Ref              `json:"channel"`
	Kind         ConversationKind `json:"kind"`
	About        Ref              `json:"about,omitzero"` // the post or review it hangs on
	Participants []Author         `json:"participants,omitempty"`
	Unread       bool             `json:"unread,omitempty"`
	Updated      time.Time        `json:"updated,omitzero"`
	Last         *Message         `json:"last,omitempty"`
	Window       ReplyWindow      `json:"window,omitzero"`
}

// ReplyWindow says whether and until when a conversation may be answered.
type ReplyWindow struct {
	State   WindowState `json:"state,omitempty"`
	Expires time.Time   `json:"expires,omitzero"`
	Reason  string      `json:"reason,omitempty"` // a stable code, for example "messages-disabled"
}

// WindowState is the state of a ReplyWindow.
type WindowState string

// States of a reply window. The zero value means that the platform sets no
// limit that we know of.
const (
	WindowUnlimited WindowState = ""
	WindowOpen      WindowState = "open"   // until Expires
	WindowClosed    WindowState = "closed" // Reason says why
)

// Message is a comment, a private message, a mention or the text of a review.
type Message struct {
	Ref          Ref          `json:"ref"`
	Channel      Ref          `json:"channel"`
	Conversation Ref          `json:"conversation,omitzero"`
	InReplyTo    Ref          `json:"in_reply_to,omitzero"` // what it answers directly
	Root         Ref          `json:"root,omitzero"`        // the post the whole thread hangs on
	Author       Author       `json:"author"`
	Own          bool         `json:"own,omitempty"` // written by the channel itself
	Text         Untrusted    `json:"text"`          // plain text; markup removed by the driver
	Entities     []Entity     `json:"entities,omitempty"`
	Attachments  []Attachment `json:"attachments,omitempty"`
	Language     string       `json:"language,omitempty"`
	At           time.Time    `json:"at"`
	Edited       time.Time    `json:"edited,omitzero"`
	Hidden       bool         `json:"hidden,omitempty"`
	Deleted      bool         `json:"deleted,omitempty"`
	URL          string       `json:"url,omitempty"`
	// Native is the vendor's own object, for fields that the model lacks.
	Native json.RawMessage `json:"native,omitempty"`
}

// Attachment is media that came with a message. The address belongs to the
// platform and may expire; fetch it through package safehttp only.
type Attachment struct {
	Class   MediaClass `json:"class"`
	URL     string     `json:"url"`
	Type    string     `json:"type,omitempty"`
	AltText Untrusted  `json:"alt_text,omitempty"`
	Width   int        `json:"width,omitempty"`
	Height  int        `json:"height,omitempty"`
}

// Review is a rating that somebody left, with an optional text.
type Review struct {
	Message
	Rating      float64  `json:"rating,omitempty"` // 0 when the platform has recommendations instead
	Scale       float64  `json:"scale,omitempty"`  // the best possible rating, for example 5
	Recommended *bool    `json:"recommended,omitempty"`
	Answer      *Message `json:"answer,omitempty"` // our public answer, if there is one
}

// PublishedPost is a post as it stands on the platform.
type PublishedPost struct {
	Ref         Ref             `json:"ref"`
	Channel     Ref             `json:"channel"`
	Author      Author          `json:"author"`
	URL         string          `json:"url,omitempty"`
	Text        Untrusted       `json:"text"` // plain text
	Entities    []Entity        `json:"entities,omitempty"`
	Attachments []Attachment    `json:"attachments,omitempty"`
	InReplyTo   Ref             `json:"in_reply_to,omitzero"`
	Quote       Ref             `json:"quote,omitzero"`
	At          time.Time       `json:"at"`
	Edited      time.Time       `json:"edited,omitzero"`
	Visibility  Visibility      `json:"visibility,omitempty"`
	Metrics     []Metric        `json:"metrics,omitempty"` // what came along; ReadMetrics may know more
	Native      json.RawMessage `json:"native,omitempty"`
}

// Profile is how an account presents itself.
type Profile struct {
	Ref       Ref             `json:"ref"`
	Name      string          `json:"name"`
	Handle    string          `json:"handle"`
	Bio       string          `json:"bio,omitempty"` // plain text
	URL       string          `json:"url,omitempty"`
	AvatarURL string          `json:"avatar_url,omitempty"`
	BannerURL string          `json:"banner_url,omitempty"`
	Links     []ProfileLink   `json:"links,omitempty"`
	Verified  bool            `json:"verified,omitempty"`
	Created   time.Time       `json:"created,omitzero"`
	Metrics   []Metric        `json:"metrics,omitempty"`
	Native    json.RawMessage `json:"native,omitempty"`
}

// ProfileLink is a labelled link or field of a profile.
type ProfileLink struct {
	Label    string    `json:"label"`
	Value    string    `json:"value"`
	Verified time.Time `json:"verified,omitzero"` // when the platform proved ownership
}

// EventKind says what happened.
type EventKind string

// The kinds of events. A driver gives EventOther for what the model has no
// word for; Native then tells.
const (
	EventMessageReceived EventKind = "message.received" // a comment, mention or private message
	EventMessageEdited   EventKind = "message.edited"
	EventMessageDeleted  EventKind = "message.deleted"
	EventMessageHidden   EventKind = "message.hidden"
	EventReviewReceived  EventKind = "review.received"
	EventPostPublished   EventKind = "post.published"
	EventPostDeleted     EventKind = "post.deleted"
	EventLiked           EventKind = "post.liked"
	EventReposted        EventKind = "post.reposted"
	EventFollowed        EventKind = "account.followed"
	EventDelivered       EventKind = "message.delivered"
	EventRead            EventKind = "message.read"
	EventAccountChanged  EventKind = "account.changed" // permissions or state; ask for the health
	EventOther           EventKind = "other"
)

// Event is something that the platform told us, by webhook, stream or poll.
// The same thing may be told several times and in any order: ID is equal for
// the same happening, and At orders happenings about the same Subject.
type Event struct {
	ID      string          `json:"id"` // unique on the platform; made from the content where the vendor gives none
	Kind    EventKind       `json:"kind"`
	Channel Ref             `json:"channel"`
	Subject Ref             `json:"subject,omitzero"` // the post, message or account it is about
	Actor   Author          `json:"actor,omitzero"`
	At      time.Time       `json:"at"` // the platform's time
	Message *Message        `json:"message,omitempty"`
	Review  *Review         `json:"review,omitempty"`
	Native  json.RawMessage `json:"native,omitempty"`
}

// Template is a text with named gaps: a canned reply, an approved statement, a
// hand-off note. Gaps are written {{name}}; there is nothing else to it, no
// conditions and no functions, because the values come from strangers.
type Template struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	Language string   `json:"language,omitempty"` // BCP 47
	Text     string   `json:"text"`
	Labels   []string `json:"labels,omitempty"`
}

// Render fills the gaps in a single pass: a value that itself contains
// "{{...}}" stays literal. escape, if not nil, is applied to every value but
// not to the template's own text; pass the platform's escaping there. A gap
// without a value, an unclosed gap and a value without a gap are errors that
// match ErrInvalid, since each means that somebody expected something else.
func (t Template) Render(values map[string]string, escape func(string) string) (string, error) {
	var b strings.Builder
	used := make(map[string]bool, len(values))
	err := t.scan(func(literal string) { b.WriteString(literal) }, func(name string) error {
		v, ok := values[name]
		if !ok {
			return fmt.Errorf("%w: template %q: no value for {{%s}}", ErrInvalid, t.ID, name)
		}
		used[name] = true
		if escape != nil {
			v = escape(v)
		}
		b.WriteString(v)
		return nil
	})
	if err != nil {
		return "", err
	}
	for name := range values {
		if !used[name] {
			return "", fmt.Errorf("%w: template %q has no gap {{%s}}", ErrInvalid, t.ID, name)
		}
	}
	return b.String(), nil
}

// Fields returns the names of the gaps in order of appearance, each once.
func (t Template) Fields() ([]string, error) {
	var names []string
	seen := make(map[string]bool)
	err := t.scan(func(string) {}, func(name string) error {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func (t Template) scan(literal func(string), gap func(string) error) error {
	rest := t.Text
	for {
		before, after, found := strings.Cut(rest, "{{")
		literal(before)
		if !found {
			return nil
		}
		name, tail, closed := strings.Cut(after, "}}")
		name = strings.TrimSpace(name)
		if !closed || !isFieldName(name) {
			return fmt.Errorf("%w: template %q: bad gap at byte %d: want {{name}} with letters, digits, _ and dots",
				ErrInvalid, t.ID, len(t.Text)-len(after)-2)
		}
		if err := gap(name); err != nil {
			return err
		}
		rest = tail
	}
}

func isFieldName(s string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '.' {
			return false
		}
	}
	return s != ""
}
