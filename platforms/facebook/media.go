package facebook

import (
	"context"
	"io"
	"net/http"
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
