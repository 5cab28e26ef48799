package instagram

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// MediaService makes, publishes, reads and deletes media.
type MediaService struct{ c *Client }

// UserTag marks an account in a picture. X and Y run from 0 (left, top) to 1; reels
// and stories have no places.
type UserTag struct {
	Username string   `json:"username"`
	X        *float64 `json:"x,omitempty"`
	Y        *float64 `json:"y,omitempty"`
}

// ProductTag marks a product of the shop in a picture, at X and Y from 0 to 1; a reel
// has no places (FacebookLogin).
type ProductTag struct {
	ProductID ID       `json:"product_id"`
	X         *float64 `json:"x,omitempty"`
	Y         *float64 `json:"y,omitempty"`
}

// AudioSettings name a sound of the vendor's library (FacebookLogin). Volumes are
// in percent.
type AudioSettings struct {
	ID          string `json:"audio_id"`
	Volume      *int   `json:"audio_volume,omitempty"`
	VideoVolume *int   `json:"video_volume,omitempty"`
}

// ContainerParams describe a container. Which fields fit together is in the sheet
// of each kind; the vendor refuses the rest.
type ContainerParams struct {
	MediaType    string // "" for an image, "REELS", "STORIES", "CAROUSEL", "VIDEO" in a carousel
	ImageURL     string // of a JPEG that anybody may read
	VideoURL     string
	Resumable    bool // the file is sent afterwards: Upload
	CarouselItem bool
	Children     []ID

	Caption       string
	AltText       string
	UserTags      []UserTag
	ProductTags   []ProductTag // FacebookLogin
	LocationID    ID           // of a Page with a place
	Collaborators []string
	ShareToFeed   *bool
	CoverURL      string
	ThumbOffset   time.Duration // of the frame that becomes the cover
	AudioName     string
	Audio         *AudioSettings // FacebookLogin
	Trial         string         // graduation strategy: "MANUAL", "SS_PERFORMANCE"
	AIGenerated   bool

	Poll          []string // FacebookLogin, 2 to 4 options
	PollExtended  bool
	CommentPrompt bool // FacebookLogin

	Sponsors        []ID // FacebookLogin (unverified)
	PaidPartnership bool // FacebookLogin (unverified)
}

func (p *ContainerParams) values() url.Values {
	q := url.Values{}
	set := func(name, v string) {
		if v != "" {
			q.Set(name, v)
		}
	}
	flag := func(name string, on bool) {
		if on {
			q.Set(name, "true")
		}
	}
	set("media_type", p.MediaType)
	set("image_url", p.ImageURL)
	set("video_url", p.VideoURL)
	if p.Resumable {
		q.Set("upload_type", "resumable")
	}
	flag("is_carousel_item", p.CarouselItem)
	set("children", joined(p.Children))
	set("caption", p.Caption)
	set("alt_text", p.AltText)
	set("location_id", string(p.LocationID))
	set("cover_url", p.CoverURL)
	if p.ThumbOffset > 0 {
		q.Set("thumb_offset", strconv.FormatInt(p.ThumbOffset.Milliseconds(), 10))
	}
	set("audio_name", p.AudioName)
	if p.ShareToFeed != nil {
		q.Set("share_to_feed", strconv.FormatBool(*p.ShareToFeed))
	}
	flag("is_ai_generated", p.AIGenerated)
	flag("is_comment_prompt_used", p.CommentPrompt)
	flag("is_paid_partnership", p.PaidPartnership)
	p.nested(q)
	return q
}

// nested sets the parameters that are JSON.
func (p *ContainerParams) nested(q url.Values) {
	put := func(name string, v any) {
		b, err := json.Marshal(v)
		if err == nil { // plain values; what is not UTF-8 is replaced
			q.Set(name, string(b))
		}
	}
	if len(p.UserTags) > 0 {
		put("user_tags", p.UserTags)
	}
	if len(p.ProductTags) > 0 {
		put("product_tags", p.ProductTags)
	}
	if len(p.Collaborators) > 0 {
		put("collaborators", p.Collaborators)
	}
	if p.Audio != nil {
		put("audio_configuration", p.Audio)
	}
	if p.Trial != "" {
		put("trial_params", struct {
			Strategy string `json:"graduation_strategy"`
		}{p.Trial})
	}
	if len(p.Poll) > 0 {
		put("poll_attachment", struct {
			Options []string `json:"options"`
		}{p.Poll})
		if p.PollExtended {
			q.Set("is_poll_duration_extended", "true")
		}
	}
	if len(p.Sponsors) > 0 {
		put("branded_content_sponsor_ids", p.Sponsors)
	}
}

func joined(ids []ID) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = string(id)
	}
	return strings.Join(parts, ",")
}

// Create makes a container. Nothing is public. A container lives 24 hours, and an
// account may make 400 in that time. Created.URI is where a resumable upload goes.
func (s *MediaService) Create(ctx context.Context, p ContainerParams) (Created, error) {
	r := s.c.req("media.create", string(s.c.account), "media")
	r.Params = p.values()
	return s.c.create(ctx, r)
}

var containerFields = []string{"id", "status_code", "status"}

// Container reads how far a container came.
func (s *MediaService) Container(ctx context.Context, id ID) (Container, error) {
	r := s.c.req("container.get", string(id))
	r.Fields = containerFields
	return one[Container](ctx, s.c, r)
}

// Upload sends a file to a resumable container, from where an earlier process came
// to. It makes nothing public and may be called again.
func (s *MediaService) Upload(ctx context.Context, container ID, uri string, file io.ReaderAt, size int64) error {
	return s.c.graph.Resume(ctx, &meta.Upload{
		Op: "media.upload", Channel: s.c.ref(), URL: uri, Source: file, Size: size,
		Offset: s.c.graph.UploadedBytes(string(container), "video_status"),
	})
}

// Publish makes a container public and returns the id of the media. It is sent
// once. An error does not prove that nothing is public, not even one with a code:
// read the container before trying again. See package smm for creating without
// that care.
func (s *MediaService) Publish(ctx context.Context, container ID) (ID, error) {
	v, _, err := s.publish(ctx, container)
	return v.ID, err
}

func (s *MediaService) publish(ctx context.Context, container ID) (Created, smm.Outcome, error) {
	r := s.c.req(opPublish, string(s.c.account), "media_publish")
	r.Params, r.Buckets = url.Values{"creation_id": {string(container)}}, []string{bucketPosts}
	return s.c.commit(ctx, r)
}

const opPublish = "media.publish"

// PublishingLimit reads how many posts the account may publish yet.
func (s *MediaService) PublishingLimit(ctx context.Context) (PublishingLimit, error) {
	r := s.c.req("media.publishing_limit", string(s.c.account), "content_publishing_limit")
	r.Fields = []string{"quota_usage", "config"}
	page, err := meta.List[PublishingLimit](ctx, s.c.graph, r, ListParams{})
	if err != nil || len(page.Items) == 0 {
		return PublishingLimit{}, err
	}
	return page.Items[0], nil
}

// The fields that are asked for. What the other login lacks is not asked there,
// since an unknown field fails the whole request.
var (
	childFields = "children{id,media_type,media_url,thumbnail_url,alt_text}"
	mediaFields = []string{
		"id", "caption", "alt_text", "media_type", "media_product_type", "media_url", "thumbnail_url", "permalink", "shortcode", "timestamp",
		"username", "like_count", "comments_count", "is_comment_enabled", childFields,
	}
	proofFields = []string{"id", "caption", "media_type", "media_product_type", "permalink", "timestamp", "children{id}"}
)

// Get reads a media of the account.
func (s *MediaService) Get(ctx context.Context, id ID) (Media, error) {
	r := s.c.req("media.get", string(id))
	r.Fields = mediaFields
	return one[Media](ctx, s.c, r)
}

// List lists the account's posts and reels, newest first, at most the newest
// 10,000. Stories are not among them.
func (s *MediaService) List(ctx context.Context, p ListParams) (Page[Media], error) {
	return s.list(ctx, "media.list", "media", mediaFields, p)
}

func (s *MediaService) list(ctx context.Context, op, edge string, fields []string, p ListParams) (Page[Media], error) {
	r := s.c.req(op, string(s.c.account), edge)
	r.Fields = fields
	return meta.List[Media](ctx, s.c.graph, r, p)
}

// Stories lists the stories of the last 24 hours.
func (s *MediaService) Stories(ctx context.Context, p ListParams) (Page[Media], error) {
	return s.list(ctx, "media.stories", "stories", mediaFields, p)
}

// Tagged lists the media of others in which the account is tagged (FacebookLogin).
func (s *MediaService) Tagged(ctx context.Context, p ListParams) (Page[Media], error) {
	if err := s.c.onlyFacebook("media.tags"); err != nil {
		return Page[Media]{}, err
	}
	return s.list(ctx, "media.tags", "tags", foreignFields, p)
}

// foreignFields are those that the media of others have.
var foreignFields = []string{
	"id", "caption", "media_type", "media_product_type", "media_url", "permalink", "timestamp", "username", "like_count", "comments_count",
}

// Live lists the broadcasts that are on air.
func (s *MediaService) Live(ctx context.Context, p ListParams) (Page[Media], error) {
	return s.list(ctx, "media.live", "live_media", foreignFields, p)
}

// Scheduled lists what the account has scheduled in Instagram's own app; the API
// schedules nothing. Only ids are read, since the fields are not documented.
func (s *MediaService) Scheduled(ctx context.Context, p ListParams) (Page[Node], error) {
	return meta.List[Node](ctx, s.c.graph, s.c.req("media.scheduled", string(s.c.account), "scheduled_media"), p)
}

// Children reads the items of a carousel.
func (s *MediaService) Children(ctx context.Context, id ID) (Page[Media], error) {
	r := s.c.req("media.children", string(id), "children")
	r.Fields = []string{"id", "media_type", "media_url", "thumbnail_url", "permalink", "timestamp"}
	return meta.List[Media](ctx, s.c.graph, r, ListParams{})
}

// Delete removes a media (FacebookLogin, since 2025-12-03).
func (s *MediaService) Delete(ctx context.Context, id ID) error {
	if err := s.c.onlyFacebook("media.delete"); err != nil {
		return err
	}
	r := s.c.req("media.delete", string(id))
	r.Method = http.MethodDelete
	return s.c.graph.Do(ctx, r)
}

// SetComments lets people comment on a media, or not.
func (s *MediaService) SetComments(ctx context.Context, id ID, enabled bool) error {
	r := s.c.req("media.comment_enabled", string(id))
	r.Params = url.Values{"comment_enabled": {strconv.FormatBool(enabled)}}
	return s.c.graph.Do(ctx, r)
}

// SetLiked likes a post, reel or comment, or takes the like back (FacebookLogin,
// since 2026-04-22). The path is not documented where we could read it: it is that
// of the vendor's other products.
func (s *MediaService) SetLiked(ctx context.Context, id ID, liked bool) error {
	if err := s.c.onlyFacebook("media.likes"); err != nil {
		return err
	}
	r := s.c.req("media.likes", string(id), "likes")
	if !liked {
		r.Method = http.MethodDelete
	}
	return s.c.graph.Do(ctx, r)
}
