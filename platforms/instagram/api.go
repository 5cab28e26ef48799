package instagram

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Count is a number that the vendor may leave out: what is not there is not 0.
type Count struct {
	Value int64
	Known bool
}

// UnmarshalJSON implements json.Unmarshaler. What is no whole number is not known:
// no post is lost over its likes.
func (c *Count) UnmarshalJSON(b []byte) error {
	*c = Count{}
	if n, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64); err == nil && n >= 0 {
		*c = Count{n, true}
	}
	return nil
}

// MarshalJSON implements json.Marshaler; what is not known is null.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.Value, 10), nil
}

// data is a list as the Graph nests it in objects: {"data":[...]}.
type data[T any] struct {
	Data   []T `json:"data"`
	Paging struct {
		Next string `json:"next"`
	} `json:"paging"`
}

// UnmarshalJSON takes a bare list as well, and anything else for none.
func (d *data[T]) UnmarshalJSON(b []byte) error {
	*d = data[T]{}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, &d.Data)
	}
	type plain data[T]
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	return json.Unmarshal(b, (*plain)(d))
}

// Created is the answer to what makes something. A message has MessageID, an
// upload URI.
type Created struct { //nolint:recvcheck // decoding needs a pointer, the type set of ids a value
	ID          ID     `json:"id"`
	URI         string `json:"uri"`
	MessageID   ID     `json:"message_id"`
	RecipientID ID     `json:"recipient_id"`
}

func (c *Created) identityOfSent() ID {
	if c.ID != "" {
		return c.ID
	}
	return c.MessageID
}

// StatusCode is how far a container came.
type StatusCode string

// The states of a container. Source: the reference of IG Container, read 2026-11-22.
const (
	StatusInProgress StatusCode = "IN_PROGRESS"
	StatusFinished   StatusCode = "FINISHED"  // can be published
	StatusPublished  StatusCode = "PUBLISHED" // is public
	StatusError      StatusCode = "ERROR"
	StatusExpired    StatusCode = "EXPIRED" // it was not published within 24 hours
)

// Container is media on its way to the public.
type Container struct {
	ID         ID         `json:"id"`
	StatusCode StatusCode `json:"status_code"`
	Status     string     `json:"status"` // words; on an error they hold the subcode
}

// Media kinds as read back. A reel is a video whose product is REELS.
const (
	TypeImage    = "IMAGE"
	TypeVideo    = "VIDEO"
	TypeCarousel = "CAROUSEL_ALBUM"

	ProductFeed  = "FEED"
	ProductReels = "REELS"
	ProductStory = "STORY"
	ProductAd    = "AD"
)

// Media is a post, reel or story.
type Media struct { //nolint:recvcheck // decoding needs a pointer, the type set of ids a value
	ID               ID            `json:"id"`
	Caption          string        `json:"caption"`
	AltText          string        `json:"alt_text"`
	MediaType        string        `json:"media_type"`
	ProductType      string        `json:"media_product_type"`
	MediaURL         string        `json:"media_url"` // expires; absent if flagged for copyright
	ThumbnailURL     string        `json:"thumbnail_url"`
	Permalink        string        `json:"permalink"`
	Shortcode        string        `json:"shortcode"`
	Timestamp        Time          `json:"timestamp"`
	Username         string        `json:"username"`
	Owner            *Node         `json:"owner"`
	LikeCount        Count         `json:"like_count"` // absent if the owner hides it
	CommentsCount    Count         `json:"comments_count"`
	ViewCount        Count         `json:"view_count"`
	RepostsCount     Count         `json:"reposts_count"`
	SavedCount       Count         `json:"saved_count"`
	SharesCount      Count         `json:"shares_count"`
	IsCommentEnabled *bool         `json:"is_comment_enabled"`
	IsSharedToFeed   *bool         `json:"is_shared_to_feed"`
	Children         data[Media]   `json:"children"`
	Comments         data[Comment] `json:"comments"` // where they were asked for with it

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the answer for fields that Media lacks.
func (m *Media) UnmarshalJSON(b []byte) error {
	type plain Media
	*m = Media{}
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	m.Raw = bytes.Clone(b)
	return nil
}

// Node is a thing of which only the id is told.
type Node struct {
	ID ID `json:"id"`
}

// Person is who wrote a comment or a message. IDs of people are scoped to the
// account that sees them.
type Person struct {
	ID       ID     `json:"id"`
	Username string `json:"username"`
}

// Comment is a comment or an answer to one.
type Comment struct { //nolint:recvcheck // decoding needs a pointer, the type set of ids a value
	ID        ID            `json:"id"`
	Text      string        `json:"text"`
	Timestamp Time          `json:"timestamp"`
	Username  string        `json:"username"`
	From      *Person       `json:"from"`
	User      *Node         `json:"user"` // told of own comments only
	LikeCount Count         `json:"like_count"`
	Hidden    bool          `json:"hidden"`
	ParentID  ID            `json:"parent_id"` // of an answer
	Media     *Media        `json:"media"`
	Replies   data[Comment] `json:"replies"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the answer for fields that Comment lacks.
func (c *Comment) UnmarshalJSON(b []byte) error {
	type plain Comment
	*c = Comment{}
	if err := json.Unmarshal(b, (*plain)(c)); err != nil {
		return err
	}
	c.Raw = bytes.Clone(b)
	return nil
}

// Account is a professional account. ID is the one that paths take: where the
// answer has a user_id beside its own id, that.
type Account struct {
	ID             ID     `json:"id"`
	Username       string `json:"username"`
	Name           string `json:"name"`
	AccountType    string `json:"account_type"` // "BUSINESS", "MEDIA_CREATOR"; of InstagramLogin only
	PictureURL     string `json:"profile_picture_url"`
	Biography      string `json:"biography"`
	Website        string `json:"website"`
	FollowersCount Count  `json:"followers_count"`
	FollowsCount   Count  `json:"follows_count"`
	MediaCount     Count  `json:"media_count"`

	Media data[Media]     `json:"media"` // of Discover
	Raw   json.RawMessage `json:"-"`
}

// UnmarshalJSON reads the object itself, or the only one of a list named data: the
// documents of InstagramLogin show both.
func (a *Account) UnmarshalJSON(b []byte) error {
	type plain Account
	var w struct {
		plain
		UserID ID                `json:"user_id"`
		Data   []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.ID == "" && w.UserID == "" && len(w.Data) == 1 {
		if err := json.Unmarshal(w.Data[0], &w); err != nil {
			return err
		}
	}
	*a = Account(w.plain)
	if w.UserID != "" {
		a.ID = w.UserID
	}
	a.Raw = bytes.Clone(b)
	return nil
}

// PublishingLimit is how many posts an account may publish in a rolling window,
// and how many it has.
type PublishingLimit struct {
	Usage  Count `json:"quota_usage"`
	Config struct {
		Total    Count `json:"quota_total"`
		Duration Count `json:"quota_duration"` // seconds
	} `json:"config"`
}

// Left is how many posts are left, and false if the vendor did not say.
func (l PublishingLimit) Left() (int64, bool) {
	if !l.Usage.Known || !l.Config.Total.Known || l.Config.Total.Value == 0 {
		return 0, false
	}
	return max(l.Config.Total.Value-l.Usage.Value, 0), true
}

// Insight is one metric. Total has the value of metric_type total_value, Values
// those of a series; a metric of a media has one value.
type Insight struct {
	Name        string         `json:"name"`
	Period      string         `json:"period"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Values      []InsightValue `json:"values"`
	Total       *InsightTotal  `json:"total_value"`
}

// InsightValue is a value at a time. Values of some legacy metrics are objects,
// and not known here.
type InsightValue struct {
	Value Count `json:"value"`
	End   Time  `json:"end_time"`
}

// InsightTotal is a sum with its breakdowns.
type InsightTotal struct {
	Value      Count `json:"value"`
	Breakdowns []struct {
		Keys    []string `json:"dimension_keys"`
		Results []struct {
			Values []string `json:"dimension_values"`
			Value  Count    `json:"value"`
		} `json:"results"`
	} `json:"breakdowns"`
}

// Thread is a conversation of private messages.
type Thread struct { //nolint:recvcheck // decoding needs a pointer, the type set of ids a value
	ID           ID           `json:"id"`
	UpdatedTime  Time         `json:"updated_time"`
	UnreadCount  Count        `json:"unread_count"`
	Participants data[Person] `json:"participants"`
	Messages     data[DM]     `json:"messages"`
}

// DM is a private message.
type DM struct {
	ID          ID           `json:"id"`
	CreatedTime Time         `json:"created_time"`
	From        Person       `json:"from"`
	To          data[Person] `json:"to"`
	Message     string       `json:"message"`
	Attachments data[DMFile] `json:"attachments"`
	Unsupported bool         `json:"is_unsupported"`

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the answer for fields that DM lacks.
func (m *DM) UnmarshalJSON(b []byte) error {
	type plain DM
	*m = DM{}
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	m.Raw = bytes.Clone(b)
	return nil
}

// DMFile is what came with a message. Addresses expire.
type DMFile struct {
	MimeType string   `json:"mime_type"`
	FileURL  string   `json:"file_url"`
	Image    *DMMedia `json:"image_data"`
	Video    *DMMedia `json:"video_data"`
}

// DMMedia is the address of a picture or film in a message.
type DMMedia struct {
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// User is what is told of a person who wrote to the account.
type User struct {
	ID         ID     `json:"id"`
	Name       string `json:"name"`
	Username   string `json:"username"`
	PictureURL string `json:"profile_pic"` // expires within days
	Followers  Count  `json:"follower_count"`
	Follows    bool   `json:"is_user_follow_business"`
	Followed   bool   `json:"is_business_follow_user"`
	Verified   bool   `json:"is_verified_user"`
}

func (u User) identity() ID { return u.ID }
