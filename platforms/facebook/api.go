package facebook

import (
	"encoding/json"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta"
)

// ID is a vendor's identifier, verbatim: "1234", of a post "1234_5678". It reads
// strings and whole numbers, since the vendor writes both.
type ID = meta.ID

// Time is a time of the Graph. What cannot be read is the zero time.
type Time = meta.Time

// ListParams select a page of a list. The zero value is the first page of the
// vendor's size.
type ListParams = meta.ListParams

// List is a page of a list. Next and Prev go into ListParams.Cursor; a page
// without items is not the end. Cursors must not be kept: they end when what they
// point at is deleted.
type List[T any] = meta.Page[T]

// Created is the answer of a method that creates something.
type Created struct {
	ID        ID     `json:"id"`
	PostID    ID     `json:"post_id"`       // of a photo or story: the post that shows it
	Permalink string `json:"permalink_url"` // where it was asked for
}

func (c Created) identified() bool { return c.ID != "" || c.PostID != "" }

// encode is v as JSON, for parameters that are nested.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // no type of this package can fail
	}
	return string(b)
}

// Count is a number that the vendor may leave out, and that it may write as
// something else than a number.
type Count struct {
	Known bool
	Value int64
}

// UnmarshalJSON implements json.Unmarshaler. What is no whole number from 0 on is
// not known.
func (c *Count) UnmarshalJSON(b []byte) error {
	*c = Count{}
	var n json.Number
	if json.Unmarshal(b, &n) != nil {
		return nil //nolint:nilerr // an odd count must not cost the rest
	}
	if v, err := n.Int64(); err == nil && v >= 0 {
		*c = Count{Known: true, Value: v}
	}
	return nil
}

// Actor is who wrote something. The vendor leaves it out where the person did not
// allow the app to know, or the app has no advanced access.
type Actor struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

// Image is a picture at an address that ends after some days.
type Image struct {
	URL    string `json:"url"`
	Source string `json:"source"` // in place of URL, within lists and attachments
	Src    string `json:"src"`    // the same
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Address is the one of the three that is set.
func (i Image) Address() string {
	for _, s := range []string{i.URL, i.Source, i.Src} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Picture is a wrapped Image.
type Picture struct {
	Data Image `json:"data"`
}

// Page is a Page.
type Page struct {
	ID           ID        `json:"id"`
	Name         string    `json:"name"`
	Username     string    `json:"username"`
	About        string    `json:"about"`
	Description  string    `json:"description"`
	Category     string    `json:"category"`
	Link         string    `json:"link"`
	Website      string    `json:"website"`
	Phone        string    `json:"phone"`
	Emails       []string  `json:"emails"`
	Picture      Picture   `json:"picture"`
	Cover        *Image    `json:"cover"`
	Fans         Count     `json:"fan_count"`
	Followers    Count     `json:"followers_count"`
	RatingCount  Count     `json:"rating_count"`
	StarRating   float64   `json:"overall_star_rating"`
	Verification string    `json:"verification_status"` // "blue_verified", "not_verified"
	Published    *bool     `json:"is_published"`
	NewPages     bool      `json:"has_transitioned_to_new_page_experience"`
	Instagram    *Identity `json:"instagram_business_account"`

	Raw json.RawMessage `json:"-"`
}

// Identity is a reference to a node.
type Identity struct {
	ID ID `json:"id"`
}

func (p Page) identified() bool { return p.ID != "" }

// UnmarshalJSON implements json.Unmarshaler. Raw is the whole object.
func (p *Page) UnmarshalJSON(b []byte) error {
	type plain Page
	return keepRaw(b, (*plain)(p), &p.Raw)
}

// keepRaw decodes an object and keeps its bytes, since models lack most fields.
func keepRaw(b []byte, into any, raw *json.RawMessage) error {
	if err := json.Unmarshal(b, into); err != nil {
		return err
	}
	if len(b) > 0 && b[0] == '{' {
		*raw = append(json.RawMessage(nil), b...)
	}
	return nil
}

// Summary counts an edge.
type Summary struct {
	Summary struct {
		Total      Count  `json:"total_count"`
		CanComment bool   `json:"can_comment"`
		Viewer     string `json:"viewer_reaction"` // "NONE", "LIKE"
	} `json:"summary"`
}

// Attachment is what a post shows beside its text.
type Attachment struct {
	MediaType   string `json:"media_type"` // "photo", "video", "album", "link"
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	Media       struct {
		Image  Image  `json:"image"`
		Source string `json:"source"` // of a video
	} `json:"media"`
	Target         Identity `json:"target"`
	SubAttachments struct {
		Data []Attachment `json:"data"`
	} `json:"subattachments"`
}

// Post is a post of the Page, or one of others that the Page may see.
type Post struct {
	ID          ID     `json:"id"`
	Message     string `json:"message"`
	Story       string `json:"story"` // what the vendor writes: "Shop updated their cover photo."
	Created     Time   `json:"created_time"`
	Updated     Time   `json:"updated_time"`
	Permalink   string `json:"permalink_url"`
	StatusType  string `json:"status_type"`
	From        *Actor `json:"from"`
	FullPicture string `json:"full_picture"`
	Published   *bool  `json:"is_published"`
	Hidden      bool   `json:"is_hidden"`
	// Scheduled is when an unpublished post goes public; zero if it does not by
	// itself.
	Scheduled   Time `json:"scheduled_publish_time"`
	ParentID    ID   `json:"parent_id"`
	Attachments struct {
		Data []Attachment `json:"data"`
	} `json:"attachments"`
	Shares *struct {
		Count Count `json:"count"`
	} `json:"shares"`
	Reactions       *Summary `json:"reactions"`
	Comments        *Summary `json:"comments"`
	CanReplyPrivate bool     `json:"can_reply_privately"`

	Raw json.RawMessage `json:"-"`
}

func (p Post) identified() bool { return p.ID != "" }

// UnmarshalJSON implements json.Unmarshaler. Raw is the whole object.
func (p *Post) UnmarshalJSON(b []byte) error {
	type plain Post
	return keepRaw(b, (*plain)(p), &p.Raw)
}

// Photo is an uploaded photo.
type Photo struct {
	ID      ID      `json:"id"`
	Name    string  `json:"name"` // its caption
	Link    string  `json:"link"`
	AltText string  `json:"alt_text_custom"`
	Created Time    `json:"created_time"`
	Images  []Image `json:"images"`
	StoryID ID      `json:"page_story_id"` // the post that shows it
}

func (p Photo) identified() bool { return p.ID != "" }

// Video is a video or a reel.
type Video struct { //nolint:recvcheck // decoding needs a pointer, the type set of ids a value
	ID          ID          `json:"id"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Created     Time        `json:"created_time"`
	Updated     Time        `json:"updated_time"`
	Permalink   string      `json:"permalink_url"` // without the host, as a rule
	Length      float64     `json:"length"`        // seconds
	Source      string      `json:"source"`
	Picture     string      `json:"picture"`
	Published   *bool       `json:"published"`
	PostID      ID          `json:"post_id"`
	From        *Actor      `json:"from"`
	Views       Count       `json:"views"`
	Status      VideoStatus `json:"status"`
	Likes       *Summary    `json:"likes"`
	Comments    *Summary    `json:"comments"`

	Raw json.RawMessage `json:"-"`
}

func (v Video) identified() bool { return v.ID != "" }

// UnmarshalJSON implements json.Unmarshaler. Raw is the whole object.
func (v *Video) UnmarshalJSON(b []byte) error {
	type plain Video
	return keepRaw(b, (*plain)(v), &v.Raw)
}

// URL is the address for people: that of the answer may lack the host.
func (v *Video) URL() string { return absolute(v.Permalink) }

// site is where people look at what the Graph names without a host.
const site = "https://www.facebook.com"

func absolute(link string) string {
	if strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") {
		return site + link
	}
	return link
}

// VideoStatus says how far a video came.
type VideoStatus struct {
	// Video sums it up: "upload_complete", "processing", "ready", "error",
	// "expired", "upload_failed".
	Video      string     `json:"video_status"`
	Uploading  VideoPhase `json:"uploading_phase"`
	Processing VideoPhase `json:"processing_phase"`
	Publishing VideoPhase `json:"publishing_phase"`
}

// VideoPhase is one of the three phases of a video.
type VideoPhase struct {
	Status  string `json:"status"` // "not_started", "in_progress", "complete", "error"
	Bytes   int64  `json:"bytes_transferred"`
	Publish string `json:"publish_status"` // "published", "scheduled", "draft"
	Time    Time   `json:"publish_time"`
	Errors  []struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"errors"`
}

// Story is a story of the Page.
type Story struct {
	PostID    ID     `json:"post_id"`
	MediaID   ID     `json:"media_id"` // of its photo or video
	MediaType string `json:"media_type"`
	Status    string `json:"status"` // "PUBLISHED", "ARCHIVED"
	Created   Time   `json:"creation_time"`
	URL       string `json:"url"`
}

// Comment is a comment on a post, photo or video, or a reply to one.
type Comment struct {
	ID           ID        `json:"id"`
	Message      string    `json:"message"`
	Created      Time      `json:"created_time"`
	From         *Actor    `json:"from"`
	Parent       *Identity `json:"parent"` // of a reply
	Object       *Identity `json:"object"`
	Permalink    string    `json:"permalink_url"`
	Hidden       bool      `json:"is_hidden"`
	Private      bool      `json:"is_private"`
	CanHide      bool      `json:"can_hide"`
	CanRemove    bool      `json:"can_remove"`
	CanReply     bool      `json:"can_comment"`
	CanReplyPriv bool      `json:"can_reply_privately"`
	CanLike      bool      `json:"can_like"`
	Likes        Count     `json:"like_count"`
	Replies      Count     `json:"comment_count"`
	UserLikes    bool      `json:"user_likes"` // the Page likes it

	Attachment *Attachment `json:"attachment"`

	Raw json.RawMessage `json:"-"`
}

func (c Comment) identified() bool { return c.ID != "" }

// UnmarshalJSON implements json.Unmarshaler. Raw is the whole object.
func (c *Comment) UnmarshalJSON(b []byte) error {
	type plain Comment
	return keepRaw(b, (*plain)(c), &c.Raw)
}

// Reaction is a person's reaction.
type Reaction struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"` // LIKE, LOVE, CARE, HAHA, WOW, SAD, ANGRY
}

// Rating is a review or recommendation.
type Rating struct {
	Created        Time      `json:"created_time"`
	Recommendation string    `json:"recommendation_type"` // "positive", "negative"
	Text           string    `json:"review_text"`
	Rating         float64   `json:"rating"` // 1 to 5, of the time before recommendations
	HasRating      bool      `json:"has_rating"`
	HasReview      bool      `json:"has_review"`
	Reviewer       *Actor    `json:"reviewer"`
	Story          *Identity `json:"open_graph_story"` // what can be commented on

	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON implements json.Unmarshaler. Raw is the whole object.
func (r *Rating) UnmarshalJSON(b []byte) error {
	type plain Rating
	return keepRaw(b, (*plain)(r), &r.Raw)
}
