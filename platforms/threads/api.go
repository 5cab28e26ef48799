package threads

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Text is a text of the vendor's. What is no text reads as "", so that one odd
// member does not cost the whole object.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = ""
	}
	*t = Text(s)
	return nil
}

// Flag is a truth of the vendor's; what is neither true nor "true" is false.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = strings.Trim(string(b), `"`) == "true"
	return nil
}

// Count is a number that may not be reported. What is no whole number from 0 up
// is not known.
type Count struct {
	Value int64
	Known bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Count) UnmarshalJSON(b []byte) error {
	*c = Count{}
	s := strings.Trim(string(b), `"`)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != float64(int64(f)) || f > 1<<53 {
			return nil //nolint:nilerr // what is no count is not known
		}
		n = int64(f)
	}
	if n >= 0 {
		c.Value, c.Known = n, true
	}
	return nil
}

// Node is a reference to something with an id: an object or the bare id.
type Node struct {
	ID ID
}

// UnmarshalJSON implements json.Unmarshaler. What is neither is no reference.
func (n *Node) UnmarshalJSON(b []byte) error {
	*n = Node{}
	if len(b) > 0 && b[0] == '{' {
		var o struct {
			ID ID `json:"id"`
		}
		if json.Unmarshal(b, &o) == nil {
			n.ID = o.ID
		}
		return nil
	}
	if n.ID.UnmarshalJSON(b) != nil {
		n.ID = ""
	}
	return nil
}

// Nodes is a list of references, under "data" or bare.
type Nodes []Node

// UnmarshalJSON implements json.Unmarshaler.
func (n *Nodes) UnmarshalJSON(b []byte) error {
	*n = nil
	var w struct {
		Data []Node `json:"data"`
	}
	if json.Unmarshal(b, &w) == nil {
		*n = w.Data
		return nil
	}
	var list []Node
	if json.Unmarshal(b, &list) == nil {
		*n = list
	}
	return nil
}

// MediaType is what a container or post consists of.
type MediaType string

// The media types: the first four of containers, the rest of posts, which have
// IMAGE and VIDEO as well.
const (
	MediaText     MediaType = "TEXT"
	MediaImage    MediaType = "IMAGE"
	MediaVideo    MediaType = "VIDEO"
	MediaCarousel MediaType = "CAROUSEL"

	MediaTextPost MediaType = "TEXT_POST"
	MediaAlbum    MediaType = "CAROUSEL_ALBUM"
	MediaAudio    MediaType = "AUDIO"
	MediaRepost   MediaType = "REPOST_FACADE" // of somebody's post, unchanged
)

// Status is how far a container has come.
type Status string

// The states of a container.
const (
	StatusInProgress Status = "IN_PROGRESS"
	StatusFinished   Status = "FINISHED" // it can be published
	StatusPublished  Status = "PUBLISHED"
	StatusError      Status = "ERROR"
	StatusExpired    Status = "EXPIRED" // not published within 24 hours
)

// Container is something that is being prepared to be published.
type Container struct {
	ID     ID     `json:"id"`
	Status Status `json:"status"`
	Error  Text   `json:"error_message"` // a code of the Fail ones where Status is ERROR
}

// The codes of Container.Error.
const (
	FailDownload      = "FAILED_DOWNLOADING_VIDEO"
	FailAudio         = "FAILED_PROCESSING_AUDIO"
	FailVideo         = "FAILED_PROCESSING_VIDEO"
	FailAspect        = "INVALID_ASPEC_RATIO" // as the vendor spells it
	FailBitRate       = "INVALID_BIT_RATE"
	FailDuration      = "INVALID_DURATION"
	FailFrameRate     = "INVALID_FRAME_RATE"
	FailChannels      = "INVALID_AUDIO_CHANNELS"
	FailChannelLayout = "INVALID_AUDIO_CHANNEL_LAYOUT"
	FailUnknown       = "UNKNOWN"
)

// HideStatus says whether a reply is hidden, and why.
type HideStatus string

// The states of hiding.
const (
	NotHushed  HideStatus = "NOT_HUSHED"
	Unhushed   HideStatus = "UNHUSHED" // shown again
	Hidden     HideStatus = "HIDDEN"
	Covered    HideStatus = "COVERED"
	Blocked    HideStatus = "BLOCKED"
	Restricted HideStatus = "RESTRICTED"
)

// Hidden reports whether the public does not see the reply at once.
func (h HideStatus) Hidden() bool {
	return h == Hidden || h == Covered || h == Blocked || h == Restricted
}

// Post is a post or reply. Which members are set depends on the fields that were
// asked for; see PostFields.
type Post struct {
	ID           ID         `json:"id"`
	Product      Text       `json:"media_product_type"`
	Type         MediaType  `json:"media_type"`
	MediaURL     Text       `json:"media_url"`
	GIFURL       Text       `json:"gif_url"`
	ThumbnailURL Text       `json:"thumbnail_url"`
	Permalink    Text       `json:"permalink"`
	Shortcode    Text       `json:"shortcode"`
	Owner        Node       `json:"owner"`
	Username     Text       `json:"username"`
	Text         Text       `json:"text"`
	Timestamp    Time       `json:"timestamp"`
	Children     Nodes      `json:"children"`
	IsQuote      Flag       `json:"is_quote_post"`
	Quoted       Node       `json:"quoted_post"`
	Reposted     Node       `json:"reposted_post"`
	HasReplies   Flag       `json:"has_replies"`
	IsReply      Flag       `json:"is_reply"`
	IsOwnReply   Flag       `json:"is_reply_owned_by_me"`
	Root         Node       `json:"root_post"`
	RepliedTo    Node       `json:"replied_to"`
	HideStatus   HideStatus `json:"hide_status"`
	Audience     Text       `json:"reply_audience"`
	Approval     Text       `json:"reply_approval_status"`
	AltText      Text       `json:"alt_text"`
	Link         Text       `json:"link_attachment_url"`
	Poll         *PollState `json:"poll_attachment"`
	Topic        Text       `json:"topic_tag"`
	Spoiler      Flag       `json:"is_spoiler_media"`
	LocationID   ID         `json:"location_id"`
	GhostStatus  Text       `json:"ghost_post_status"`
	GhostExpires Time       `json:"ghost_post_expiration_timestamp"`
	Verified     Flag       `json:"is_verified"`
	PictureURL   Text       `json:"profile_picture_url"`

	Raw json.RawMessage `json:"-"` // the vendor's own object
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Post) UnmarshalJSON(b []byte) error {
	type plain Post
	var v plain
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*p = Post(v)
	p.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// PostFields returns the fields that reads ask for if they are told none: the
// documented ones but for those that need a further permission or eligibility.
func PostFields() []string {
	return []string{
		"id", "media_product_type", "media_type", "media_url", "gif_url", "thumbnail_url", "permalink", "shortcode", "owner", "username",
		"text", "timestamp", "children", "is_quote_post", "quoted_post", "reposted_post", "has_replies", "is_reply",
		"is_reply_owned_by_me", "root_post", "replied_to", "hide_status", "reply_audience", "alt_text", "link_attachment_url",
		"poll_attachment", "topic_tag",
	}
}

// PollState is a poll of a post.
type PollState struct {
	OptionA    Text  `json:"option_a"`
	OptionB    Text  `json:"option_b"`
	OptionC    Text  `json:"option_c"`
	OptionD    Text  `json:"option_d"`
	TotalVotes Count `json:"total_votes"`
	Expires    Time  `json:"expiration_timestamp"`
}

// User is the account of the token.
type User struct {
	ID         ID    `json:"id"`
	Username   Text  `json:"username"`
	Name       Text  `json:"name"`
	Verified   Flag  `json:"is_verified"`
	PictureURL Text  `json:"threads_profile_picture_url"`
	Biography  Text  `json:"threads_biography"`
	GeoGating  *Flag `json:"is_eligible_for_geo_gating"` // nil if it was not told

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (u *User) UnmarshalJSON(b []byte) error {
	type plain User
	var v plain
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*u = User(v)
	u.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// Profile is a public profile of anybody.
type Profile struct {
	Username   Text  `json:"username"`
	Name       Text  `json:"name"`
	PictureURL Text  `json:"profile_picture_url"`
	Biography  Text  `json:"biography"`
	Verified   Flag  `json:"is_verified"`
	Followers  Count `json:"follower_count"`
	Likes      Count `json:"likes_count"` // these five of the last 7 days (not verified)
	Quotes     Count `json:"quotes_count"`
	Replies    Count `json:"replies_count"`
	Reposts    Count `json:"reposts_count"`
	Views      Count `json:"views_count"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Profile) UnmarshalJSON(b []byte) error {
	type plain Profile
	var v plain
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*p = Profile(v)
	p.Raw = append(json.RawMessage(nil), b...)
	return nil
}

// Location is a place that a post can name.
type Location struct {
	ID         ID       `json:"id"`
	Name       Text     `json:"name"`
	Address    Text     `json:"address"`
	City       Text     `json:"city"`
	Country    Text     `json:"country"`
	PostalCode Text     `json:"postal_code"`
	Latitude   *float64 `json:"latitude"`
	Longitude  *float64 `json:"longitude"`
}

// Allowance is one of the budgets of an account: how much of it the last
// Duration took.
type Allowance struct {
	Used     int64
	Total    int64
	Duration int64 // seconds; 86400
	Known    bool  // false if the vendor told nothing of it
}

// Spent reports whether nothing is left.
func (a Allowance) Spent() bool { return a.Known && a.Total > 0 && a.Used >= a.Total }

// PublishingLimit are the budgets of an account, each of a rolling day.
type PublishingLimit struct {
	Posts     Allowance // a carousel counts as one
	Replies   Allowance
	Deletes   Allowance
	Locations Allowance // searches for places
	Searches  Allowance // by keyword
}

type wireConfig struct {
	Total    Count `json:"quota_total"`
	Duration Count `json:"quota_duration"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *PublishingLimit) UnmarshalJSON(b []byte) error {
	var w struct {
		Usage          Count      `json:"quota_usage"`
		Config         wireConfig `json:"config"`
		ReplyUsage     Count      `json:"reply_quota_usage"`
		ReplyConfig    wireConfig `json:"reply_config"`
		DeleteUsage    Count      `json:"delete_quota_usage"`
		DeleteConfig   wireConfig `json:"delete_config"`
		LocationUsage  Count      `json:"location_search_quota_usage"`
		LocationConfig wireConfig `json:"location_search_config"`
		SearchUsage    Count      `json:"search_quota_usage"`
		SearchConfig   wireConfig `json:"search_config"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*l = PublishingLimit{
		Posts: allowance(w.Usage, w.Config), Replies: allowance(w.ReplyUsage, w.ReplyConfig), Deletes: allowance(w.DeleteUsage, w.DeleteConfig),
		Locations: allowance(w.LocationUsage, w.LocationConfig), Searches: allowance(w.SearchUsage, w.SearchConfig),
	}
	return nil
}

func allowance(used Count, c wireConfig) Allowance {
	return Allowance{Used: used.Value, Total: c.Total.Value, Duration: c.Duration.Value, Known: used.Known && c.Total.Known}
}

// limitFields are what Allowances are read from.
func limitFields() []string {
	return []string{
		"quota_usage", "config", "reply_quota_usage", "reply_config", "delete_quota_usage", "delete_config",
		"location_search_quota_usage", "location_search_config", "search_quota_usage", "search_config",
	}
}
