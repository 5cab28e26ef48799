package smm

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

// Capability names one thing that a channel may be able to do.
type Capability string

// The capabilities. A driver announces one only if its method set has the
// interface named beside it; the conformance suite checks that.
const (
	CapPost          Capability = "post"           // Publisher: a new public item with text
	CapLink          Capability = "post.link"      // Publisher: a link card of our making
	CapImage         Capability = "post.image"     // Publisher: one image
	CapImages        Capability = "post.images"    // Publisher: several images in one post
	CapVideo         Capability = "post.video"     // Publisher
	CapGIF           Capability = "post.gif"       // Publisher: an animation
	CapPoll          Capability = "post.poll"      // Publisher
	CapQuote         Capability = "post.quote"     // Publisher
	CapThread        Capability = "post.thread"    // Publisher: a chain of own posts
	CapReply         Capability = "reply"          // Publisher: reply to or comment on a public item
	CapMessage       Capability = "message"        // Publisher: a private message
	CapReviewAnswer  Capability = "review.answer"  // Publisher
	CapEdit          Capability = "edit"           // Editor
	CapDelete        Capability = "delete"         // Deleter: own items
	CapDeleteComment Capability = "comment.delete" // Deleter: what others wrote under our posts
	CapListPosts     Capability = "list.posts"     // PostLister
	CapListComments  Capability = "list.comments"  // CommentLister
	CapListMessages  Capability = "list.messages"  // MessageLister
	CapListMentions  Capability = "list.mentions"  // MentionLister
	CapListReviews   Capability = "list.reviews"   // ReviewLister
	CapTimeline      Capability = "list.timeline"  // TimelineReader
	CapHide          Capability = "hide"           // Hider
	CapLike          Capability = "like"           // Liker
	CapRepost        Capability = "repost"         // Reposter
	CapFollow        Capability = "follow"         // Follower
	CapBlock         Capability = "block"          // Blocker
	CapMute          Capability = "mute"           // Muter
	CapReport        Capability = "report"         // Reporter
	CapPostMetrics   Capability = "metrics.post"   // MetricReader
	CapAcctMetrics   Capability = "metrics.account"
	CapAudience      Capability = "metrics.audience" // AudienceReader
	CapProfile       Capability = "profile.read"     // ProfileReader
	CapEditProfile   Capability = "profile.edit"     // ProfileEditor
	CapSearch        Capability = "search"           // Searcher
	CapWebhooks      Capability = "webhooks"         // WebhookReceiver
	CapStream        Capability = "stream"           // EventStreamer
	CapAds           Capability = "ads"              // AdsProvider
)

// SupportState says whether a channel may use a capability now, and if not,
// what kind of thing would have to change.
type SupportState string

// The support states. Everything between StateNever and StateGranted can be
// cured by somebody; Support.Cure says how.
const (
	StateNever       SupportState = ""              // not on this platform or for this kind of channel
	StateGranted     SupportState = "granted"       // now
	StateScope       SupportState = "missing-scope" // the credential lacks Support.Missing
	StateAccountType SupportState = "account-type"  // another kind of account is needed
	StatePlan        SupportState = "plan"          // the vendor's plan or tier does not include it
	StateUnaudited   SupportState = "unaudited"     // the app awaits the vendor's review
	StateRegion      SupportState = "region"        // not in this country
	StateQuota       SupportState = "quota"         // spent for now; Support.Until says when it is back
	StateServer      SupportState = "server"        // this server or its version lacks or disabled it
)

// Support is the answer for one capability.
type Support struct {
	State     SupportState `json:"state"`
	Cure      string       `json:"cure,omitempty"`      // what a person can do about it, one English sentence
	Missing   []string     `json:"missing,omitempty"`   // scopes or roles to ask for
	Until     time.Time    `json:"until,omitzero"`      // when the state is known to end
	Guarantee *Guarantee   `json:"guarantee,omitempty"` // for creates: what happens when a reply is lost
}

// Capabilities says what a channel may do, as of a time. It is immutable.
type Capabilities struct {
	asOf    time.Time
	support map[Capability]Support
	limits  Limits
}

// NewCapabilities makes a Capabilities. What m does not name is StateNever.
func NewCapabilities(asOf time.Time, m map[Capability]Support, l Limits) Capabilities {
	return Capabilities{asOf: asOf, support: maps.Clone(m), limits: l}
}

// AsOf returns when the platform was asked.
func (c Capabilities) AsOf() time.Time { return c.asOf }

// Limits returns the limits in force, live values over documented ones.
func (c Capabilities) Limits() Limits { return c.limits }

// Support returns the state of one capability.
func (c Capabilities) Support(x Capability) Support { return c.support[x] }

// Has reports whether all of want are granted.
func (c Capabilities) Has(want ...Capability) bool { return len(c.Missing(want...)) == 0 }

// Missing returns those of want that are not granted, in the order given.
func (c Capabilities) Missing(want ...Capability) []Capability {
	var out []Capability
	for _, x := range want {
		if c.support[x].State != StateGranted {
			out = append(out, x)
		}
	}
	return out
}

// All yields every capability that the platform knows, sorted by name.
func (c Capabilities) All() iter.Seq2[Capability, Support] {
	return func(yield func(Capability, Support) bool) {
		for _, x := range slices.Sorted(maps.Keys(c.support)) {
			if !yield(x, c.support[x]) {
				return
			}
		}
	}
}

// Err returns nil if x is granted. Otherwise the error matches ErrUnsupported
// when it can never be, and ErrForbidden, naming the cure, when it could be.
func (c Capabilities) Err(x Capability) error {
	s := c.support[x]
	switch s.State {
	case StateGranted:
		return nil
	case StateNever:
		return fmt.Errorf("%s: %w by this channel", x, ErrUnsupported)
	case StateQuota:
		return fmt.Errorf("%s: %w", x, &RateLimitError{Scope: string(x), Reset: s.Until, After: max(s.Until.Sub(c.asOf), 0)})
	}
	return fmt.Errorf("%s: %w (%s): %s", x, ErrForbidden, s.State, s.Cure)
}

type capabilitiesJSON struct {
	AsOf    time.Time              `json:"as_of"`
	Support map[Capability]Support `json:"support"`
	Limits  Limits                 `json:"limits"`
}

// MarshalJSON implements json.Marshaler, so that capabilities can be cached.
func (c Capabilities) MarshalJSON() ([]byte, error) {
	return json.Marshal(capabilitiesJSON{c.asOf, c.support, c.limits})
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Capabilities) UnmarshalJSON(b []byte) error {
	var v capabilitiesJSON
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*c = NewCapabilities(v.AsOf, v.Support, v.Limits)
	return nil
}

// Limits are the bounds of a channel. Zero means that there is no bound that
// we know of. Documented values carry source and date; values that the
// platform reported itself replace them and are named in Live.
type Limits struct {
	Text     TextLimits  `json:"text"`
	Reply    TextLimits  `json:"reply,omitzero"`   // where replies differ; zero: as Text
	Message  TextLimits  `json:"message,omitzero"` // private messages
	Media    MediaLimits `json:"media"`
	Poll     PollLimits  `json:"poll,omitzero"`
	Thread   int         `json:"thread,omitempty"`    // parts of a thread, the first included
	Hashtags int         `json:"hashtags,omitempty"`  // in one post
	Langs    int         `json:"languages,omitempty"` // languages of one post

	Source string    `json:"source"`         // where the documented values stand
	Date   time.Time `json:"date"`           // when that was read
	Live   []string  `json:"live,omitempty"` // fields overridden by the platform, by JSON path: "text.max"
}

// TextLimits bound a text. Max counts in the driver's own unit (see
// TextCounter); Bytes bounds the UTF-8 form as well, where the platform does.
type TextLimits struct {
	Max   int      `json:"max,omitempty"`
	Unit  TextUnit `json:"unit,omitempty"`
	Bytes int      `json:"bytes,omitempty"`
	URL   int      `json:"url,omitempty"` // what any link counts, 0: its own length
}

// TextUnit is what a platform counts.
type TextUnit string

// The units of text.
const (
	UnitGraphemes  TextUnit = "graphemes"   // user-perceived characters, UAX #29
	UnitCodePoints TextUnit = "code-points" //
	UnitUTF16      TextUnit = "utf16"       // UTF-16 code units
	UnitBytes      TextUnit = "bytes"       // UTF-8 bytes
	UnitWeighted   TextUnit = "weighted"    // twitter-text's weights
)

// MediaLimits bound the assets of one post.
type MediaLimits struct {
	MaxItems    int           `json:"max_items,omitempty"`  // of all classes together
	MaxImages   int           `json:"max_images,omitempty"` //
	MaxVideos   int           `json:"max_videos,omitempty"` // animations and audio count as videos
	Mix         bool          `json:"mix,omitempty"`        // images and videos may stand in one post
	Types       []string      `json:"types,omitempty"`      // MIME types accepted
	ImageBytes  int64         `json:"image_bytes,omitempty"`
	ImagePixels int64         `json:"image_pixels,omitempty"` // width times height
	VideoBytes  int64         `json:"video_bytes,omitempty"`
	VideoPixels int64         `json:"video_pixels,omitempty"`
	VideoLength time.Duration `json:"video_length,omitempty"`
	MinAspect   float64       `json:"min_aspect,omitempty"` // width over height
	MaxAspect   float64       `json:"max_aspect,omitempty"`
	AltText     int           `json:"alt_text,omitempty"` // in TextLimits.Unit
}

// PollLimits bound a poll.
type PollLimits struct {
	MinOptions  int           `json:"min_options,omitempty"`
	MaxOptions  int           `json:"max_options,omitempty"`
	OptionChars int           `json:"option_chars,omitempty"` // in TextLimits.Unit
	MinDuration time.Duration `json:"min_duration,omitempty"`
	MaxDuration time.Duration `json:"max_duration,omitempty"`
}

// RetentionRule says how long the platform's terms let a host keep a class of
// data before it must be refreshed or deleted.
type RetentionRule struct {
	Platform Platform      `json:"platform"`
	Class    string        `json:"class"` // "profile", "post", "message", "metric"
	Keep     time.Duration `json:"keep"`  // 0: until the platform deletes it
	Source   string        `json:"source"`
	Date     time.Time     `json:"date"`
}
