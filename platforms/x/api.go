package x

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID is an identifier as X wrote it: decimal digits as a rule, more of them than
// a float64 holds. It is never calculated with. Keys of media ("13_188…") and
// ids of conversations ("12-34") are IDs too.
type ID string

// String returns the identifier verbatim.
func (id ID) String() string { return string(id) }

// UnmarshalJSON accepts a string or a whole number; anything else is no
// identifier and leaves id empty.
func (id *ID) UnmarshalJSON(b []byte) error {
	*id = ""
	switch b = bytes.TrimSpace(b); {
	case len(b) > 0 && b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*id = ID(s)
	case isDigits(string(b)):
		*id = ID(b)
	}
	return nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Count is a number that an answer may leave out. The zero Count is unknown,
// which is not 0.
type Count struct {
	Value int64
	Known bool
}

// UnmarshalJSON accepts a whole number, also in quotes: media analytics and
// usage have both forms. Everything else is unknown.
func (c *Count) UnmarshalJSON(b []byte) error {
	*c = Count{}
	if n, err := strconv.ParseInt(strings.Trim(string(bytes.TrimSpace(b)), `"`), 10, 64); err == nil && n >= 0 {
		*c = Count{n, true}
	}
	return nil
}

// MarshalJSON writes null for an unknown count.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.Value, 10), nil
}

// Time is an instant of an answer. What cannot be read is the zero time.
type Time struct{ time.Time }

// UnmarshalJSON accepts RFC 3339.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	if at, err := time.Parse(time.RFC3339Nano, strings.Trim(string(bytes.TrimSpace(b)), `"`)); err == nil {
		t.Time = at.UTC()
	}
	return nil
}

// MarshalJSON writes null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format(time.RFC3339Nano))
}

// Post is a post. Only what was asked for by Fields is set.
// https://docs.x.com/x-api/fundamentals/data-dictionary (OpenAPI 2.167, read
// August 2026). Fields that have two names on the wire are read by both.
type Post struct {
	ID               ID             `json:"id"`
	Text             string         `json:"text"` // cut at 280 where Note is set
	AuthorID         ID             `json:"author_id,omitempty"`
	CreatedAt        Time           `json:"created_at,omitzero"`
	ConversationID   ID             `json:"conversation_id,omitempty"` // the post that the thread began with
	InReplyToUserID  ID             `json:"in_reply_to_user_id,omitempty"`
	Referenced       []Reference    `json:"referenced_posts,omitempty"` // or referenced_tweets
	Attachments      *Attachments   `json:"attachments,omitempty"`
	Entities         *Entities      `json:"entities,omitempty"`
	Lang             string         `json:"lang,omitempty"`           // BCP 47
	ReplySettings    string         `json:"reply_settings,omitempty"` // everyone, or as PostParams.ReplySettings
	Sensitive        bool           `json:"possibly_sensitive,omitempty"`
	Source           string         `json:"source,omitempty"`
	EditControls     *EditControls  `json:"edit_controls,omitempty"`
	EditHistory      []ID           `json:"edit_history_post_ids,omitempty"` // or edit_history_tweet_ids; the first version first
	PublicMetrics    *PostMetrics   `json:"public_metrics,omitempty"`
	NonPublicMetrics *PostMetrics   `json:"non_public_metrics,omitempty"` // own posts of the last 30 days, like the next two
	OrganicMetrics   *PostMetrics   `json:"organic_metrics,omitempty"`
	PromotedMetrics  *PostMetrics   `json:"promoted_metrics,omitempty"`
	Note             *Note          `json:"note_post,omitempty"` // or note_tweet
	MediaMetadata    []MediaCaption `json:"media_metadata,omitempty"`
	PaidPartnership  bool           `json:"paid_partnership,omitempty"`
	CommunityID      ID             `json:"community_id,omitempty"`
	CardURI          string         `json:"card_uri,omitempty"`
	Geo              *Geo           `json:"geo,omitempty"`
	Withheld         *Withheld      `json:"withheld,omitempty"`
}

// UnmarshalJSON reads both spellings of the renamed fields; the newer one
// stands above.
func (p *Post) UnmarshalJSON(b []byte) error {
	type plain Post
	var fresh plain
	v := struct {
		*plain

		OldReferenced  []Reference `json:"referenced_tweets"`
		OldEditHistory []ID        `json:"edit_history_tweet_ids"`
		OldNote        *Note       `json:"note_tweet"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*p = Post(fresh)
	if p.Referenced == nil {
		p.Referenced = v.OldReferenced
	}
	if p.EditHistory == nil {
		p.EditHistory = v.OldEditHistory
	}
	if p.Note == nil {
		p.Note = v.OldNote
	}
	return nil
}

// FullText is the whole text also of a long post.
func (p *Post) FullText() string {
	if p.Note != nil && p.Note.Text != "" {
		return p.Note.Text
	}
	return p.Text
}

// RepliesTo returns the post that p answers, "" if it answers none.
func (p *Post) RepliesTo() ID { return p.reference("replied_to") }

// Quotes returns the post that p quotes, "" if it quotes none.
func (p *Post) Quotes() ID { return p.reference("quoted") }

// Reposts returns the post that p repeats, "" if it is no repost.
func (p *Post) Reposts() ID { return p.reference("retweeted") }

func (p *Post) reference(kind string) ID {
	for _, r := range p.Referenced {
		if r.Type == kind {
			return r.ID
		}
	}
	return ""
}

// Reference is a post that another refers to.
type Reference struct {
	Type string `json:"type"` // replied_to, quoted, retweeted
	ID   ID     `json:"id"`
}

// Attachments name what Includes holds, if it was asked for.
type Attachments struct {
	MediaKeys []ID `json:"media_keys,omitempty"`
	PollIDs   []ID `json:"poll_ids,omitempty"`
}

// Entities are the parts of a text with a meaning. Start and End count code
// points from 0, which X's older documentation says and the newer one leaves
// open.
type Entities struct {
	URLs     []URLEntity     `json:"urls,omitempty"`
	Mentions []MentionEntity `json:"mentions,omitempty"`
	Hashtags []TagEntity     `json:"hashtags,omitempty"`
	Cashtags []TagEntity     `json:"cashtags,omitempty"`
}

// URLEntity is a link: URL is X's short form as it stands in the text.
type URLEntity struct {
	Start       int    `json:"start"`
	End         int    `json:"end"`
	URL         string `json:"url"`
	ExpandedURL string `json:"expanded_url,omitempty"`
	DisplayURL  string `json:"display_url,omitempty"`
	UnwoundURL  string `json:"unwound_url,omitempty"`
	MediaKey    ID     `json:"media_key,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// MentionEntity is a mention of a user.
type MentionEntity struct {
	Start    int    `json:"start"`
	End      int    `json:"end"`
	Username string `json:"username"`
	ID       ID     `json:"id,omitempty"`
}

// TagEntity is a hashtag or cashtag, without its sign.
type TagEntity struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Tag   string `json:"tag"`
}

// EditControls say whether a post can still be edited.
type EditControls struct {
	EditableUntil Time  `json:"editable_until,omitzero"`
	Remaining     Count `json:"edits_remaining,omitzero"`
	Eligible      bool  `json:"is_edit_eligible"`
}

// PostMetrics are counts of a post. Which of them are known depends on the
// group: see Post.
type PostMetrics struct {
	Impressions   Count `json:"impression_count,omitzero"`
	Likes         Count `json:"like_count,omitzero"`
	Replies       Count `json:"reply_count,omitzero"`
	Reposts       Count `json:"repost_count,omitzero"` // or retweet_count
	Quotes        Count `json:"quote_count,omitzero"`
	Bookmarks     Count `json:"bookmark_count,omitzero"`
	URLClicks     Count `json:"url_link_clicks,omitzero"`
	ProfileClicks Count `json:"user_profile_clicks,omitzero"`
	Engagements   Count `json:"engagements,omitzero"`
}

// UnmarshalJSON reads both spellings of the count of reposts.
func (m *PostMetrics) UnmarshalJSON(b []byte) error {
	type plain PostMetrics
	var fresh plain
	v := struct {
		*plain

		Old Count `json:"retweet_count"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*m = PostMetrics(fresh)
	if !m.Reposts.Known {
		m.Reposts = v.Old
	}
	return nil
}

// Note is the whole text of a post of more than 280 characters.
type Note struct {
	Text     string    `json:"text"`
	Entities *Entities `json:"entities,omitempty"`
}

// MediaCaption is what a post says of one of its media.
type MediaCaption struct {
	MediaKey    ID     `json:"media_key"`
	AltText     string `json:"alt_text,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// Geo is a place named by a post.
type Geo struct {
	PlaceID string `json:"place_id,omitempty"`
}

// Withheld says where something is not shown.
type Withheld struct {
	Copyright    bool     `json:"copyright,omitempty"`
	CountryCodes []string `json:"country_codes,omitempty"` // ISO 3166-1 alpha-2
	Scope        string   `json:"scope,omitempty"`
}

// User is an account. Only what was asked for by Fields is set.
type User struct {
	ID               ID           `json:"id"`
	Name             string       `json:"name"`
	Username         string       `json:"username"` // without @
	CreatedAt        Time         `json:"created_at,omitzero"`
	Description      string       `json:"description,omitempty"`
	Location         string       `json:"location,omitempty"`
	URL              string       `json:"url,omitempty"`
	ProfileImageURL  string       `json:"profile_image_url,omitempty"`
	ProfileBannerURL string       `json:"profile_banner_url,omitempty"`
	Protected        bool         `json:"protected,omitempty"`
	Verified         bool         `json:"verified,omitempty"`
	VerifiedType     string       `json:"verified_type,omitempty"`     // blue, business, government, none
	SubscriptionType string       `json:"subscription_type,omitempty"` // Basic, Premium, PremiumPlus, None; of oneself only
	PinnedPostID     ID           `json:"pinned_post_id,omitempty"`    // or pinned_tweet_id
	MostRecentPostID ID           `json:"most_recent_post_id,omitempty"`
	Connection       []string     `json:"connection_status,omitempty"` // following, followed_by, blocking, muting and others
	ReceivesYourDM   bool         `json:"receives_your_dm,omitempty"`
	PublicMetrics    *UserMetrics `json:"public_metrics,omitempty"`
	Withheld         *Withheld    `json:"withheld,omitempty"`
}

// UnmarshalJSON reads both spellings of the renamed fields.
func (u *User) UnmarshalJSON(b []byte) error {
	type plain User
	var fresh plain
	v := struct {
		*plain

		OldPinned ID `json:"pinned_tweet_id"`
		OldRecent ID `json:"most_recent_tweet_id"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*u = User(fresh)
	if u.PinnedPostID == "" {
		u.PinnedPostID = v.OldPinned
	}
	if u.MostRecentPostID == "" {
		u.MostRecentPostID = v.OldRecent
	}
	return nil
}

// UserMetrics are counts of an account.
type UserMetrics struct {
	Followers Count `json:"followers_count,omitzero"`
	Following Count `json:"following_count,omitzero"`
	Posts     Count `json:"post_count,omitzero"` // or tweet_count
	Listed    Count `json:"listed_count,omitzero"`
	Likes     Count `json:"like_count,omitzero"`
	Media     Count `json:"media_count,omitzero"`
}

// UnmarshalJSON reads both spellings of the count of posts.
func (m *UserMetrics) UnmarshalJSON(b []byte) error {
	type plain UserMetrics
	var fresh plain
	v := struct {
		*plain

		Old Count `json:"tweet_count"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*m = UserMetrics(fresh)
	if !m.Posts.Known {
		m.Posts = v.Old
	}
	return nil
}

// Includes are the things that expansions added to an answer, each once.
type Includes struct {
	Users  []User  `json:"users,omitempty"`
	Posts  []Post  `json:"posts,omitempty"` // or tweets
	Media  []Media `json:"media,omitempty"`
	Polls  []Poll  `json:"polls,omitempty"`
	Places []Place `json:"places,omitempty"`
}

// UnmarshalJSON reads both spellings of posts.
func (in *Includes) UnmarshalJSON(b []byte) error {
	type plain Includes
	var fresh plain
	v := struct {
		*plain

		Old []Post `json:"tweets"`
	}{plain: &fresh}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*in = Includes(fresh)
	in.Posts = append(in.Posts, v.Old...)
	return nil
}

// User returns the account with an id, nil if the answer does not hold it.
func (in *Includes) User(id ID) *User {
	for i := range in.Users {
		if in.Users[i].ID == id {
			return &in.Users[i]
		}
	}
	return nil
}

// Problem is why a part of an answer is missing. Type is X's URI of the kind,
// of which Code is the last part.
type Problem struct {
	Type         string `json:"type"`
	Title        string `json:"title"`
	Detail       string `json:"detail"`
	Status       int    `json:"status,omitempty"`
	ResourceID   ID     `json:"resource_id,omitempty"`
	ResourceType string `json:"resource_type,omitempty"`
	Parameter    string `json:"parameter,omitempty"`
	Field        string `json:"field,omitempty"`
	Value        ID     `json:"value,omitempty"` // what was asked for

	// Of subscriptions to activity, which have no type.
	SubscriptionID ID     `json:"subscription_id,omitempty"`
	Message        string `json:"message,omitempty"`
	Reason         string `json:"reason,omitempty"`
}

// Code is the kind of a problem as errors have it: "resource-not-found".
func (p *Problem) Code() string { return problemCode(p.Type) }

// String implements fmt.Stringer.
func (p *Problem) String() string {
	if p.Detail == "" && p.Message != "" {
		return p.Message
	}
	return fmt.Sprintf("%s: %s", p.Code(), p.Detail)
}
