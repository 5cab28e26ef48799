package facebook

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// File is a file to send as part of a form.
type File struct {
	Reader io.Reader // an io.Seeker can be sent again after a refreshed token
	Size   int64     // bytes; -1 if unknown
	Type   string    // MIME type
	Name   string    // "" for a neutral one
}

func (f File) part(name string) httpx.Part {
	file := f.Name
	if file == "" {
		file = "file"
	}
	return httpx.Part{Name: name, FileName: file, ContentType: f.Type, Reader: f.Reader, Size: f.Size}
}

// uploadTimeout is of one request that sends a file.
const uploadTimeout = time.Hour

// PhotoService uploads photos. One that is not published is seen by nobody, so
// that uploading it again is harmless.
type PhotoService struct{ c *Client }

// PhotoParams are what goes with a photo.
type PhotoParams struct {
	Caption   string // the text; "message" is the vendor's old name of it
	AltText   string
	Published *bool // nil: at once, as a post of its own
	// Temporary keeps a photo that is not published beyond a day, for a post that
	// is scheduled (unverified).
	Temporary bool
	Scheduled time.Time // with Published false
}

func (p *PhotoParams) form() form {
	f := form{}.text("caption", p.Caption).text("alt_text_custom", p.AltText).flag("published", p.Published).time("scheduled_publish_time", p.Scheduled)
	if p.Temporary {
		f.text("temporary", "true")
	}
	return f
}

// Upload sends a photo. With Published false it must be shown by a later post or
// story.
func (s *PhotoService) Upload(ctx context.Context, f File, p PhotoParams) (Created, smm.Outcome, error) {
	return s.c.created(ctx, &meta.Request{
		Op: "page.photos", Path: []string{string(s.c.page), "photos"}, Params: p.form().values(), Files: []httpx.Part{f.part("source")},
		Priority: smm.PriorityPublish, Timeout: uploadTimeout,
	})
}

// Hidden uploads a photo that nobody sees yet.
func (s *PhotoService) Hidden(ctx context.Context, f File, altText string) (ID, error) {
	no := false
	p := PhotoParams{AltText: altText, Published: &no}
	v, err := node[Created](ctx, &meta.Request{
		Op: "page.photos-unpublished", Path: []string{string(s.c.page), "photos"}, Params: p.form().values(), Files: []httpx.Part{f.part("source")},
		Priority: smm.PriorityPublish, Timeout: uploadTimeout,
	}, s.c.graph.Write)
	return v.ID, err
}

// FromURL has the vendor fetch a photo from an address that anybody may read.
func (s *PhotoService) FromURL(ctx context.Context, address string, p PhotoParams) (Created, smm.Outcome, error) {
	return s.c.created(ctx, &meta.Request{
		Op: "page.photos-url", Path: []string{string(s.c.page), "photos"}, Params: p.form().text("url", address).values(), Priority: smm.PriorityPublish,
	})
}

var photoFields = []string{"id", "name", "link", "alt_text_custom", "created_time", "images", "page_story_id"}

// Get reads a photo.
func (s *PhotoService) Get(ctx context.Context, photo ID) (Photo, error) {
	return node[Photo](ctx, &meta.Request{Op: "photo.get", Path: []string{string(photo)}, Fields: photoFields}, s.c.graph.Read)
}

// List lists the Page's own photos.
func (s *PhotoService) List(ctx context.Context, p ListParams) (List[Photo], error) {
	return meta.List[Photo](ctx, s.c.graph, &meta.Request{
		Op: "page.list-photos", Path: []string{string(s.c.page), "photos"}, Params: form{}.text("type", "uploaded").values(), Fields: photoFields,
	}, p)
}

// Delete removes a photo.
func (s *PhotoService) Delete(ctx context.Context, photo ID) error {
	return s.c.graph.Delete(ctx, "photo.delete", string(photo))
}

// StoryService publishes stories, which go after a day.
type StoryService struct{ c *Client }

// Photo makes a story of an unpublished photo. There is no way to repeat it
// safely: each call makes a story.
func (s *StoryService) Photo(ctx context.Context, photo ID) (Created, smm.Outcome, error) {
	return s.c.created(ctx, &meta.Request{
		Op: "page.photo-stories", Path: []string{string(s.c.page), "photo_stories"}, Params: form{}.id("photo_id", photo).values(), Priority: smm.PriorityPublish,
	})
}

// Start begins a video story: send the file to the address of the answer, and
// then Finish.
func (s *StoryService) Start(ctx context.Context) (Session, error) {
	return node[Session](ctx, &meta.Request{
		Op: "page.video-stories-start", Path: []string{string(s.c.page), "video_stories"}, Params: form{}.text("upload_phase", "start").values(),
		Priority: smm.PriorityPublish,
	}, s.c.graph.Write)
}

// Finish publishes a video story.
func (s *StoryService) Finish(ctx context.Context, video ID) (Created, smm.Outcome, error) {
	return s.c.created(ctx, &meta.Request{
		Op: "page.video-stories-finish", Path: []string{string(s.c.page), "video_stories"},
		Params: form{}.text("upload_phase", "finish").id("video_id", video).values(), Priority: smm.PriorityPublish,
	})
}

// List lists stories: the live ones with "PUBLISHED", older ones with "ARCHIVED",
// all with "".
func (s *StoryService) List(ctx context.Context, status string, p ListParams) (List[Story], error) {
	return meta.List[Story](ctx, s.c.graph, &meta.Request{
		Op: "page.stories", Path: []string{string(s.c.page), "stories"}, Params: form{}.text("status", status).values(),
		Fields: []string{"post_id", "media_id", "media_type", "status", "creation_time", "url"},
	}, p)
}

// Delete removes a story (unverified).
func (s *StoryService) Delete(ctx context.Context, post ID) error {
	return s.c.graph.Do(ctx, &meta.Request{Op: "story.delete", Method: http.MethodDelete, Path: []string{string(post)}})
}

// VideoService uploads videos in chunks, and reads videos and reels.
type VideoService struct{ c *Client }

var videoFields = []string{
	"id", "title", "description", "created_time", "updated_time", "permalink_url", "length", "source", "picture", "published", "post_id", "from{id,name}", "views",
	"status", "likes.summary(total_count).limit(0)", "comments.summary(total_count).limit(0)",
}

// Offsets say which bytes the vendor wants next; equal ones say that it has all.
type Offsets struct {
	Start meta.ID `json:"start_offset"` // numbers, written as text
	End   meta.ID `json:"end_offset"`
}

// Session is an upload that was begun.
type Session struct {
	VideoID ID     `json:"video_id"`
	Upload  ID     `json:"upload_session_id"` // of chunks
	URL     string `json:"upload_url"`        // of reels and stories
	Offsets
}

func (s Session) identified() bool { return s.VideoID != "" }

// Start begins the upload of a video of size bytes.
func (s *VideoService) Start(ctx context.Context, size int64) (Session, error) {
	return node[Session](ctx, &meta.Request{
		Op: "page.videos-start", Path: []string{string(s.c.page), "videos"},
		Params: form{}.text("upload_phase", "start").number("file_size", size).values(), Priority: smm.PriorityPublish,
	}, s.c.graph.Write)
}

// Transfer sends a chunk that begins at offset, and returns what is wanted next.
func (s *VideoService) Transfer(ctx context.Context, upload ID, offset int64, chunk File) (Offsets, error) {
	r := &meta.Request{
		Op: "page.videos-transfer", Path: []string{string(s.c.page), "videos"},
		Params: form{}.text("upload_phase", "transfer").id("upload_session_id", upload).text("start_offset", strconv.FormatInt(offset, 10)).values(),
		Files:  []httpx.Part{chunk.part("video_file_chunk")}, Priority: smm.PriorityPublish, Timeout: uploadTimeout,
	}
	var o Offsets
	if err := s.c.graph.Write(ctx, r, &o); err != nil {
		return o, err
	}
	if o.Start == "" || o.End == "" {
		return o, unreadable(r, "no offsets")
	}
	return o, nil
}

// VideoParams are what goes with a video.
type VideoParams struct {
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Published   *bool           `json:"published,omitempty"` // nil: as soon as it is processed
	Scheduled   time.Time       `json:"scheduled,omitzero"`  // with Published false
	Tags        []string        `json:"tags,omitempty"`      // content_tags: ids of topics
	Place       ID              `json:"place,omitempty"`     // of reels
	Draft       bool            `json:"draft,omitempty"`     // of reels
	Targeting   json.RawMessage `json:"targeting,omitempty"`
	Thumbnail   *File           `json:"-"` // of a video in chunks
}

// Finish ends an upload in chunks and publishes the video once it is processed.
// A second call for the same upload does no harm (unverified).
func (s *VideoService) Finish(ctx context.Context, upload ID, p VideoParams) (smm.Outcome, error) {
	f := form{}.text("upload_phase", "finish").id("upload_session_id", upload).text("title", p.Title).text("description", p.Description).
		flag("published", p.Published).time("scheduled_publish_time", p.Scheduled).raw("targeting", p.Targeting)
	if len(p.Tags) > 0 {
		f.text("content_tags", encode(p.Tags))
	}
	r := &meta.Request{Op: "page.videos-finish", Path: []string{string(s.c.page), "videos"}, Params: f.values(), Priority: smm.PriorityPublish}
	if p.Thumbnail != nil {
		r.Files = []httpx.Part{p.Thumbnail.part("thumb")}
	}
	return s.c.success(ctx, r)
}

// FromURL has the vendor fetch a video from an address that anybody may read.
func (s *VideoService) FromURL(ctx context.Context, address string, p VideoParams) (Created, smm.Outcome, error) {
	return s.c.created(ctx, &meta.Request{
		Op: "page.videos-url", Path: []string{string(s.c.page), "videos"}, Priority: smm.PriorityPublish,
		Params: form{}.text("file_url", address).text("title", p.Title).text("description", p.Description).flag("published", p.Published).
			time("scheduled_publish_time", p.Scheduled).raw("targeting", p.Targeting).values(),
	})
}

// Get reads a video or reel.
func (s *VideoService) Get(ctx context.Context, video ID) (Video, error) {
	return node[Video](ctx, &meta.Request{Op: "video.get", Path: []string{string(video)}, Fields: videoFields}, s.c.graph.Read)
}

// State reads how far a video came. The vendor asks to wait some ten seconds
// between two looks.
func (s *VideoService) State(ctx context.Context, video ID) (Video, error) {
	return node[Video](ctx, &meta.Request{
		Op: "video.state", Path: []string{string(video)}, Fields: []string{"id", "status", "published", "permalink_url", "post_id"},
	}, s.c.graph.Read)
}

// List lists the Page's own videos.
func (s *VideoService) List(ctx context.Context, p ListParams) (List[Video], error) {
	return meta.List[Video](ctx, s.c.graph, &meta.Request{
		Op: "page.list-videos", Path: []string{string(s.c.page), "videos"}, Params: form{}.text("type", "uploaded").values(), Fields: videoFields,
	}, p)
}

// Update changes what is written about a video; nil stays as it is.
func (s *VideoService) Update(ctx context.Context, video ID, title, description *string) error {
	f := form{}
	if title != nil {
		f["name"] = []string{*title}
	}
	if description != nil {
		f["description"] = []string{*description}
	}
	return s.c.graph.Do(ctx, &meta.Request{Op: "video.update", Path: []string{string(video)}, Params: f.values(), Priority: smm.PriorityPublish})
}

// Delete removes a video or reel.
func (s *VideoService) Delete(ctx context.Context, video ID) error {
	return s.c.graph.Delete(ctx, "video.delete", string(video))
}

// Invite asks another Page to be named as who made a video together.
func (s *VideoService) Invite(ctx context.Context, video, page ID) error {
	return s.c.graph.Do(ctx, &meta.Request{
		Op: "video.invite-collaborator", Path: []string{string(video), "collaborators"}, Params: form{}.id("target_id", page).values(),
	})
}

// ReelService publishes reels.
// https://developers.facebook.com/documentation/video-api/guides/reels-publishing (updated 2026-07-30).
type ReelService struct{ c *Client }

// Start begins a reel: send the file to the address of the answer, and then
// Finish.
func (s *ReelService) Start(ctx context.Context) (Session, error) {
	return node[Session](ctx, &meta.Request{
		Op: "page.video-reels-start", Path: []string{string(s.c.page), "video_reels"}, Params: form{}.text("upload_phase", "start").values(),
		Priority: smm.PriorityPublish,
	}, s.c.graph.Write)
}

// Source is the file of a reel or story.
type Source struct {
	Reader io.ReaderAt
	Size   int64
	// Progress, if not nil, is told how much was handed to the network.
	Progress func(sent int64)
}

// Send uploads the file of a reel or a story from where an earlier call came to.
// It makes nothing public and may be called again.
func (s *ReelService) Send(ctx context.Context, at Session, src Source) error {
	return s.c.graph.Resume(ctx, &meta.Upload{
		Op: "upload.video", URL: at.URL, Source: src.Reader, Size: src.Size, Progress: src.Progress,
		Offset: s.c.graph.UploadedBytes(string(at.VideoID), "status"),
	})
}

// SendFrom has the vendor fetch the file from an address that anybody may read.
func (s *ReelService) SendFrom(ctx context.Context, at Session, address string) error {
	return s.c.graph.SendFrom(ctx, &meta.Upload{Op: "upload.video-url", URL: at.URL}, address)
}

// Finish publishes a reel once it is processed. A second call for the same video
// does no harm.
func (s *ReelService) Finish(ctx context.Context, video ID, p VideoParams) (smm.Outcome, error) {
	state := "PUBLISHED"
	switch {
	case p.Draft:
		state = "DRAFT"
	case !p.Scheduled.IsZero():
		state = "SCHEDULED"
	}
	return s.c.success(ctx, &meta.Request{
		Op: "page.video-reels-finish", Path: []string{string(s.c.page), "video_reels"}, Priority: smm.PriorityPublish, Buckets: []string{bucketReels},
		Params: form{}.text("upload_phase", "finish").id("video_id", video).text("video_state", state).text("title", p.Title).
			text("description", p.Description).time("scheduled_publish_time", p.Scheduled).id("place", p.Place).raw("targeting", p.Targeting).values(),
	})
}

// List lists the Page's reels, newest first. They are in no list of posts.
func (s *ReelService) List(ctx context.Context, p ListParams) (List[Video], error) {
	return meta.List[Video](ctx, s.c.graph, &meta.Request{Op: "page.list-reels", Path: []string{string(s.c.page), "video_reels"}, Fields: videoFields}, p)
}
