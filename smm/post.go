package smm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Post is what a person wants to say, before any platform's rules are applied.
// The same type serves new posts, replies, comments, private messages and
// review answers: ReplyTo decides which (see CreateKind).
//
// A Post survives JSON unchanged. It holds names of media, not their bytes.
// The zero Post is refused by Validate.
type Post struct {
	Text     string   `json:"text,omitempty"`
	Entities []Entity `json:"entities,omitempty"` // nil: the driver finds mentions, hashtags and links itself
	Media    []Media  `json:"media,omitempty"`
	Card     *Card    `json:"card,omitempty"`
	Poll     *Poll    `json:"poll,omitempty"`

	// Thread holds the further parts of a thread, in order. Each part is a
	// delivery of its own that waits for the one before. Parts of parts are
	// refused.
	Thread []Post `json:"thread,omitempty"`
	// FirstComment is published as a comment under the post once that is live.
	FirstComment string `json:"first_comment,omitempty"`

	ReplyTo Ref `json:"reply_to,omitzero"` // a post or comment, a conversation, or a review; zero for a new post
	Quote   Ref `json:"quote,omitzero"`    // a post to quote

	Visibility     Visibility `json:"visibility,omitempty"`
	Languages      []string   `json:"languages,omitempty"` // BCP 47, the main one first
	ContentWarning string     `json:"content_warning,omitempty"`
	Sensitive      bool       `json:"sensitive,omitempty"` // the media, not the text, should be hidden at first

	Labels     Labels     `json:"labels,omitzero"`
	Disclosure Disclosure `json:"disclosure,omitzero"`

	// Variants replace parts of the post on one platform.
	Variants map[Platform]Variant `json:"variants,omitempty"`
	// Options are the vendor's own settings per platform, set with the typed
	// options of the driver package (mastodon.PostOptions) and decoded strictly.
	Options map[Platform]json.RawMessage `json:"options,omitempty"`
}

// Variant overrides a Post on one platform. A nil field leaves the post's;
// NoMedia and NoThread take away what the platform shall not get.
type Variant struct {
	Text           *string  `json:"text,omitempty"`
	Entities       []Entity `json:"entities,omitempty"`
	Media          []Media  `json:"media,omitempty"`
	NoMedia        bool     `json:"no_media,omitempty"`
	Card           *Card    `json:"card,omitempty"`
	Thread         []Post   `json:"thread,omitempty"`
	NoThread       bool     `json:"no_thread,omitempty"`
	FirstComment   *string  `json:"first_comment,omitempty"`
	ContentWarning *string  `json:"content_warning,omitempty"`
}

// Entity marks a span of a text. Start and End are byte offsets into the
// UTF-8 text, End exclusive; spans do not overlap.
type Entity struct {
	Kind  EntityKind `json:"kind"`
	Start int        `json:"start"`
	End   int        `json:"end"`
	// Target is what the span points to: a URL, a tag without "#", or a Ref in
	// text form for a mention whose account is known.
	Target string `json:"target,omitempty"`
}

// EntityKind is the kind of an Entity.
type EntityKind string

// The kinds of entities.
const (
	EntityMention EntityKind = "mention"
	EntityHashtag EntityKind = "hashtag"
	EntityLink    EntityKind = "link"
)

// Card is a link shown as a card. Platforms that build the card themselves
// use only URL.
type Card struct {
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Thumbnail   *Media `json:"thumbnail,omitempty"`
}

// Poll is a question with options to choose from.
type Poll struct {
	Options    []string      `json:"options"`
	Duration   time.Duration `json:"duration"` // from publication, nanoseconds in JSON
	Multiple   bool          `json:"multiple,omitempty"`
	HideTotals bool          `json:"hide_totals,omitempty"` // counts stay hidden until the poll ends
}

// Visibility says who may see a post. The empty value is the channel's
// default.
type Visibility string

// The portable visibilities; a platform that lacks one yields a finding.
const (
	VisibilityPublic    Visibility = "public"
	VisibilityUnlisted  Visibility = "unlisted"  // public, but kept out of discovery
	VisibilityFollowers Visibility = "followers" // followers only
	VisibilityDirect    Visibility = "direct"    // only who is mentioned
)

// Labels are the host's own marks, kept with everything durable and used by
// the calendar, the reports and the freeze switch. They never leave the host.
type Labels struct {
	Topic       string   `json:"topic,omitempty"`
	Campaign    string   `json:"campaign,omitempty"`
	ContentType string   `json:"content_type,omitempty"`
	Pillar      string   `json:"pillar,omitempty"`
	Brand       string   `json:"brand,omitempty"`
	Objective   string   `json:"objective,omitempty"` // what it is for: "awareness", "traffic"
	Assignee    string   `json:"assignee,omitempty"`  // who in the host looks after it
	Tags        []string `json:"tags,omitempty"`
}

// IsZero reports whether nothing is set.
func (l *Labels) IsZero() bool {
	return l.Topic == "" && l.Campaign == "" && l.ContentType == "" && l.Pillar == "" && l.Brand == "" &&
		l.Objective == "" && l.Assignee == "" && len(l.Tags) == 0
}

// Match reports whether l has everything that want asks for: fields that are
// not empty must be equal, and all the tags must be there.
func (l *Labels) Match(want *Labels) bool {
	for _, pair := range [...][2]string{
		{want.Topic, l.Topic},
		{want.Campaign, l.Campaign},
		{want.ContentType, l.ContentType},
		{want.Pillar, l.Pillar},
		{want.Brand, l.Brand},
		{want.Objective, l.Objective},
		{want.Assignee, l.Assignee},
	} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	for _, tag := range want.Tags {
		if !slices.Contains(l.Tags, tag) {
			return false
		}
	}
	return true
}

// Disclosure says what the audience must be told. Where the platform has a
// flag of its own the driver sets it; where it has none, the text must carry
// the words, which package brand checks.
type Disclosure struct {
	Paid      bool   `json:"paid,omitempty"`      // somebody paid for this post
	OwnBrand  bool   `json:"own_brand,omitempty"` // the author promotes their own business
	Affiliate bool   `json:"affiliate,omitempty"` // links earn a commission
	Gifted    bool   `json:"gifted,omitempty"`    // the product was free
	Sponsor   string `json:"sponsor,omitempty"`   // who paid, by name or platform id
	AI        bool   `json:"ai,omitempty"`        // made or substantially altered by AI
}

// CreateKind says what a Post becomes when it is published.
type CreateKind string

// What can be created through the publishing protocol.
const (
	CreatePost         CreateKind = "post"
	CreateReply        CreateKind = "reply" // a reply or comment
	CreateMessage      CreateKind = "message"
	CreateReviewAnswer CreateKind = "review-answer"
	CreateAd           CreateKind = "ad"
)

// CreateKind derives what p becomes from the kind of p.ReplyTo.
func (p *Post) CreateKind() (CreateKind, error) {
	switch p.ReplyTo.Kind {
	case "":
		return CreatePost, nil
	case KindPost, KindComment:
		return CreateReply, nil
	case KindConversation, KindMessage, KindAuthor:
		return CreateMessage, nil
	case KindReview:
		return CreateReviewAnswer, nil
	case KindAd:
		return CreateAd, nil
	}
	return "", fmt.Errorf("%w: a %s cannot be replied to", ErrInvalid, p.ReplyTo.Kind)
}

// For returns the post as platform p shall see it: the variant applied, all
// other variants and options dropped. The result shares no memory that either
// side may change with the original.
func (p *Post) For(platform Platform) Post {
	out := p.clone()
	if v, ok := p.Variants[platform]; ok {
		v.apply(&out)
	}
	out.Variants = nil
	out.Options = nil
	if raw, ok := p.Options[platform]; ok {
		out.Options = map[Platform]json.RawMessage{platform: slices.Clone(raw)}
	}
	for i := range out.Thread {
		out.Thread[i] = out.Thread[i].For(platform)
	}
	return out
}

func (v Variant) apply(p *Post) {
	if v.Text != nil {
		p.Text, p.Entities = *v.Text, nil // offsets into another text mean nothing
	}
	if v.Entities != nil {
		p.Entities = slices.Clone(v.Entities)
	}
	if v.Media != nil || v.NoMedia {
		p.Media = slices.Clone(v.Media)
	}
	if v.Card != nil {
		c := *v.Card
		p.Card = &c
	}
	if v.Thread != nil || v.NoThread {
		p.Thread = slices.Clone(v.Thread)
	}
	if v.FirstComment != nil {
		p.FirstComment = *v.FirstComment
	}
	if v.ContentWarning != nil {
		p.ContentWarning = *v.ContentWarning
	}
}

func (p *Post) clone() Post {
	out := *p
	out.Entities = slices.Clone(p.Entities)
	out.Media = slices.Clone(p.Media)
	out.Thread = slices.Clone(p.Thread)
	out.Languages = slices.Clone(p.Languages)
	out.Labels.Tags = slices.Clone(p.Labels.Tags)
	out.Variants = maps.Clone(p.Variants)
	out.Options = maps.Clone(p.Options)
	if p.Card != nil {
		c := *p.Card
		out.Card = &c
	}
	if p.Poll != nil {
		q := *p.Poll
		q.Options = slices.Clone(p.Poll.Options)
		out.Poll = &q
	}
	return out
}

// SetOptions stores the vendor options v for a platform. Driver packages call
// it from the typed setter of their own options.
func (p *Post) SetOptions(platform Platform, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%w: options for %s: %w", ErrInvalid, platform, err)
	}
	if p.Options == nil {
		p.Options = make(map[Platform]json.RawMessage)
	}
	p.Options[platform] = b
	return nil
}

// DecodeOptions decodes the vendor options of a platform into v, strictly: a
// key that v does not know is an error that matches ErrInvalid. Without
// options v stays as it is.
func (p *Post) DecodeOptions(platform Platform, v any) error {
	raw, ok := p.Options[platform]
	if !ok {
		return nil
	}
	if err := strictJSON(raw, v); err != nil {
		return fmt.Errorf("%w: options for %s: %w", ErrInvalid, platform, err)
	}
	return nil
}

// strictJSON decodes b into v and refuses unknown keys and trailing data.
func strictJSON(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the JSON value")
	}
	return nil
}

// Slot is a time to publish on a channel. Package analytics proposes slots,
// package scheduler takes them.
type Slot struct {
	Channel Ref       `json:"channel,omitzero"`
	Start   time.Time `json:"start"`          // an instant, UTC
	Score   float64   `json:"score,omitzero"` // the expected effect relative to an average slot, 1 being average; 0 if unknown
	Low     float64   `json:"low,omitzero"`   // Low and High bound Score with the confidence that its maker documents
	High    float64   `json:"high,omitzero"`
	Reason  string    `json:"reason,omitempty"`
}
