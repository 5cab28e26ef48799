package x

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// MediaCategory says what a file is for.
type MediaCategory string

// The categories.
const (
	CategoryImage      MediaCategory = "tweet_image"
	CategoryGIF        MediaCategory = "tweet_gif"
	CategoryVideo      MediaCategory = "tweet_video"
	CategoryAmplify    MediaCategory = "amplify_video" // with advertising
	CategoryDMImage    MediaCategory = "dm_image"
	CategoryDMGIF      MediaCategory = "dm_gif"
	CategoryDMVideo    MediaCategory = "dm_video"
	CategorySubtitles  MediaCategory = "subtitles"
	subtitlesOfVideo                 = "TweetVideo"
	subtitlesOfAmplify               = "AmplifyVideo"
)

// CategoryOf is the category of a file for a post by its MIME type.
func CategoryOf(mimeType string) MediaCategory {
	switch {
	case mimeType == "image/gif":
		return CategoryGIF
	case strings.HasPrefix(mimeType, "video/"):
		return CategoryVideo
	case strings.HasPrefix(mimeType, "text/"):
		return CategorySubtitles
	}
	return CategoryImage
}

// Sizes of segments in bytes. X takes 1,000 segments; that one may have 5 MB is
// not verified, and its examples have 1 MB.
const (
	DefaultSegment = 4 << 20
	MaxSegment     = 5_000_000
	MaxSegments    = 1_000
)

// Upload is a file to upload. One of Reader and ReaderAt is set: what reads at
// any place is never copied into memory, of a stream one segment is held.
type Upload struct {
	Reader   io.Reader
	ReaderAt io.ReaderAt
	Size     int64         // bytes; required
	Type     string        // MIME type; required
	Category MediaCategory // "" for CategoryOf(Type)

	AdditionalOwners []ID // who else may post the file
	Shared           bool // for more than one message
	Segment          int  // bytes; 0 for DefaultSegment or what a larger file needs
}

// segment is the size of segments of u.
func (u *Upload) segment() (int64, error) {
	n := int64(u.Segment)
	if n == 0 {
		n = max(DefaultSegment, (u.Size+MaxSegments-1)/MaxSegments)
	}
	switch {
	case (u.Reader == nil) == (u.ReaderAt == nil):
		return 0, invalid("an upload needs one of Reader and ReaderAt")
	case u.Size <= 0:
		return 0, invalid("an upload of %d bytes: X wants to know the size before", u.Size)
	case n < 1 || n > MaxSegment || (u.Size+n-1)/n > MaxSegments:
		return 0, invalid("%d bytes in segments of %d: X takes %d segments of %d bytes", u.Size, n, MaxSegments, MaxSegment)
	}
	return n, nil
}

// MediaService uploads files for later posts and messages. A file that is not
// posted is gone after about a day. Repeating an upload does no harm.
// https://docs.x.com/x-api/media (read August 2026).
type MediaService struct{ c *Client }

const uploadPath = "2/media/upload"

// Upload sends a file in segments and returns what X made of it. A video is
// usually not ready then: see Wait. Each request is sent once; to repeat a
// segment use Initialize, Append and Finalize.
func (s *MediaService) Upload(ctx context.Context, u Upload) (UploadedMedia, error) {
	size, err := u.segment()
	if err != nil {
		return UploadedMedia{}, err
	}
	m, err := s.Initialize(ctx, u)
	if err != nil {
		return UploadedMedia{}, err
	}
	var buf []byte
	if u.Reader != nil {
		buf = make([]byte, min(size, u.Size))
	}
	for i, at := 0, int64(0); at < u.Size; i, at = i+1, at+size {
		n := min(size, u.Size-at)
		var part io.Reader // one that can be rewound, for a refreshed token
		if u.ReaderAt != nil {
			part = io.NewSectionReader(u.ReaderAt, at, n)
		} else {
			if _, err := io.ReadFull(u.Reader, buf[:n]); err != nil {
				return m, uploadError("media.append", fmt.Errorf("%w: the file ended before its size, or cannot be read", smm.ErrInvalid))
			}
			part = bytes.NewReader(buf[:n])
		}
		if err := s.Append(ctx, m.ID, i, part, n); err != nil {
			return m, err
		}
	}
	return s.Finalize(ctx, m.ID)
}

func uploadError(op string, err error) error {
	return &smm.Error{Op: op, Platform: Platform, Outcome: smm.OutcomeNotSent, Err: err}
}

// Initialize announces a file and returns the id for its segments. Of u its
// readers are not used.
func (s *MediaService) Initialize(ctx context.Context, u Upload) (UploadedMedia, error) {
	category := u.Category
	if category == "" {
		category = CategoryOf(u.Type)
	}
	if u.Size <= 0 || u.Type == "" {
		return UploadedMedia{}, invalid("an upload needs size and type")
	}
	if err := ids(u.AdditionalOwners...); err != nil {
		return UploadedMedia{}, err
	}
	body := struct {
		Type     string        `json:"media_type"`
		Size     int64         `json:"total_bytes"`
		Category MediaCategory `json:"media_category"`
		Owners   []ID          `json:"additional_owners,omitempty"`
		Shared   bool          `json:"shared,omitempty"`
	}{u.Type, u.Size, category, u.AdditionalOwners, u.Shared}
	resp, err := s.c.commit(ctx, "media.initialize", http.MethodPost, uploadPath+"/initialize", httpx.JSON(body))
	return uploaded("media.initialize", resp, err)
}

func uploaded(op string, resp *httpx.Response, err error) (UploadedMedia, error) {
	r, err := one(op, idOfUpload, resp, err)
	if err == nil && !isID(r.Item.ID) {
		return UploadedMedia{}, unreadable(op, resp, "a file without a usable id")
	}
	return r.Item, err
}

// Append sends segment number index, counted from 0, of size bytes. It may be
// repeated. If r is an io.Seeker it can be sent again after a refreshed token.
func (s *MediaService) Append(ctx context.Context, id ID, index int, r io.Reader, size int64) error {
	if err := ids(id); err != nil {
		return err
	}
	if index < 0 || index >= MaxSegments || size < 1 || size > MaxSegment {
		return invalid("segment %d of %d bytes: want 0 to %d, and 1 to %d bytes", index, size, MaxSegments-1, MaxSegment)
	}
	body := httpx.Multipart(
		httpx.Part{Name: "segment_index", Value: strconv.Itoa(index)},
		httpx.Part{Name: "media", FileName: "segment", ContentType: "application/octet-stream", Reader: r, Size: size},
	)
	resp, err := s.send(ctx, "media.append", httpx.Path(uploadPath, string(id), "append"), body, size)
	if err != nil {
		return err
	}
	if len(resp.Body) == 0 { // the older form of this step answers nothing
		return nil
	}
	return acknowledged("media.append", resp, nil)
}

// acknowledged checks that an answer has data, whatever they are.
func acknowledged(op string, resp *httpx.Response, err error) error {
	e, err := open(op, resp, err)
	if err == nil && e.empty() {
		return unreadable(op, resp, "an answer without data")
	}
	return err
}

// send is commit for bodies that take their time: a minute, and what a slow line
// of 100 kB/s needs, unless ctx has a deadline.
func (s *MediaService) send(ctx context.Context, op, path string, body httpx.Body, size int64) (*httpx.Response, error) {
	resp, _, err := s.c.http.Commit(ctx, &httpx.Request{
		Op: op, Method: http.MethodPost, URL: path, Body: body, Auth: s.c.auth, Charges: s.c.charges(ctx, op, s.c.asApp),
		Priority: smm.PriorityPublish, Timeout: time.Minute + time.Duration(size/100_000)*time.Second,
	})
	return resp, err
}

// Finalize says that all segments are there.
func (s *MediaService) Finalize(ctx context.Context, id ID) (UploadedMedia, error) {
	if err := ids(id); err != nil {
		return UploadedMedia{}, err
	}
	resp, err := s.c.commit(ctx, "media.finalize", http.MethodPost, httpx.Path(uploadPath, string(id), "finalize"), httpx.Body{})
	return uploaded("media.finalize", resp, err)
}

// Status asks how far X is with a file.
func (s *MediaService) Status(ctx context.Context, id ID) (UploadedMedia, error) {
	if err := ids(id); err != nil {
		return UploadedMedia{}, err
	}
	resp, err := s.c.get(ctx, "media.status", uploadPath, url.Values{"command": {"STATUS"}, "media_id": {string(id)}})
	return uploaded("media.status", resp, err)
}

// pollEvery is how often Wait asks where X does not say.
const pollEvery = 5 * time.Second

// Wait asks until a file is ready, as often as X says, and at the client's
// clock. A file that cannot be processed gives an error that matches
// smm.ErrRejected. It ends with ctx.
func (s *MediaService) Wait(ctx context.Context, m UploadedMedia) (UploadedMedia, error) {
	for {
		switch m.State() {
		case UploadReady:
			return m, nil
		case UploadFailed:
			return m, failedUpload(&m)
		case UploadPending, UploadProcessing:
		default: // a state that is new to us is not an end
		}
		wait := m.CheckAfter()
		if wait <= 0 {
			wait = pollEvery
		}
		if err := s.c.clock.Sleep(ctx, wait); err != nil {
			return m, &smm.Error{Op: "media.status", Platform: Platform, Err: fmt.Errorf("%w: still processing: %w", smm.ErrNotDone, err)}
		}
		next, err := s.Status(ctx, m.ID)
		if err != nil {
			return m, err
		}
		m = next
	}
}

func failedUpload(m *UploadedMedia) error {
	e := &smm.Error{Op: "media.status", Platform: Platform, Err: fmt.Errorf("%w: X could not process the file", smm.ErrRejected)}
	if p := m.Processing.Error; p != nil {
		e.Code, e.Message = smm.CleanMessage(p.Name), smm.CleanMessage(p.Message)
	}
	return e
}

// UploadImage sends a small image with a single request. Images of more than 5
// MB, animations and videos take Upload.
func (s *MediaService) UploadImage(ctx context.Context, u Upload) (UploadedMedia, error) {
	r := u.Reader
	if u.ReaderAt != nil {
		r = io.NewSectionReader(u.ReaderAt, 0, u.Size)
	}
	if r == nil || u.Size <= 0 || u.Size > DocumentedLimits().Media.ImageBytes {
		return UploadedMedia{}, invalid("an image of %d bytes: want a reader, and 1 to %d bytes", u.Size, DocumentedLimits().Media.ImageBytes)
	}
	category := u.Category
	if category == "" {
		category = CategoryImage
	}
	parts := []httpx.Part{{Name: "media_category", Value: string(category)}}
	if len(u.AdditionalOwners) > 0 {
		owners, err := joined(u.AdditionalOwners, isID)
		if err != nil {
			return UploadedMedia{}, err
		}
		parts = append(parts, httpx.Part{Name: "additional_owners", Value: owners})
	}
	parts = append(parts, httpx.Part{Name: "media", FileName: "image", ContentType: u.Type, Reader: r, Size: u.Size})
	resp, err := s.send(ctx, "media.upload", uploadPath, httpx.Multipart(parts...), u.Size)
	return uploaded("media.upload", resp, err)
}

// MetadataParams describe a file before it is posted.
type MetadataParams struct {
	AltText          *AltText          `json:"alt_text,omitempty"`
	SensitiveWarning *SensitiveWarning `json:"sensitive_media_warning,omitempty"`
	AllowDownload    *AllowDownload    `json:"allow_download_status,omitempty"`
	Expiration       *MediaExpiration  `json:"content_expiration,omitempty"`
}

// AltText is what a picture shows, for who cannot see it: 1,000 characters.
type AltText struct {
	Text string `json:"text"`
}

// SensitiveWarning covers a file until a person wants to see it. Its fields are
// not in the specification; they are those of X's older documentation.
type SensitiveWarning struct {
	AdultContent    bool `json:"adult_content,omitempty"`
	GraphicViolence bool `json:"graphic_violence,omitempty"`
	Other           bool `json:"other,omitempty"`
}

// AllowDownload says whether people may save a video.
type AllowDownload struct {
	Allow bool `json:"allow_download"`
}

// MediaExpiration is when a file disappears, in seconds since 1970.
type MediaExpiration struct {
	Timestamp int64 `json:"timestamp_sec"`
}

// SetMetadata describes a file.
func (s *MediaService) SetMetadata(ctx context.Context, id ID, p MetadataParams) error {
	if err := ids(id); err != nil {
		return err
	}
	if p.AltText != nil {
		if n := len([]rune(p.AltText.Text)); n > DocumentedLimits().Media.AltText {
			return invalid("alt text of %d characters: want at most %d", n, DocumentedLimits().Media.AltText)
		}
	}
	body := struct {
		ID       ID             `json:"id"`
		Metadata MetadataParams `json:"metadata"`
	}{id, p}
	resp, err := s.c.commit(ctx, "media.metadata", http.MethodPost, "2/media/metadata", httpx.JSON(body))
	_, err = uploaded("media.metadata", resp, err)
	return err
}

// SetAltText says what a picture shows.
func (s *MediaService) SetAltText(ctx context.Context, id ID, alt string) error {
	return s.SetMetadata(ctx, id, MetadataParams{AltText: &AltText{alt}})
}

// Subtitles are a track of a video: a file that was uploaded as
// CategorySubtitles.
type Subtitles struct {
	ID          ID     `json:"id"`
	Language    string `json:"language_code"` // two capital letters: "EN"
	DisplayName string `json:"display_name"`
}

func subtitlesCategory(c MediaCategory) string {
	if c == CategoryAmplify {
		return subtitlesOfAmplify
	}
	return subtitlesOfVideo
}

// AddSubtitles adds a track to a video. category is that of the video.
func (s *MediaService) AddSubtitles(ctx context.Context, video ID, category MediaCategory, t Subtitles) error {
	if err := ids(video, t.ID); err != nil {
		return err
	}
	if len(t.Language) != 2 || strings.Trim(t.Language, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return invalid("language %q: want two capital letters", t.Language)
	}
	body := struct {
		ID        ID        `json:"id"`
		Category  string    `json:"media_category"`
		Subtitles Subtitles `json:"subtitles"`
	}{video, subtitlesCategory(category), t}
	resp, err := s.c.commit(ctx, "media.subtitles", http.MethodPost, "2/media/subtitles", httpx.JSON(body))
	return acknowledged("media.subtitles", resp, err)
}

// RemoveSubtitles removes the track of a language from a video. One that is not
// there counts as removed.
func (s *MediaService) RemoveSubtitles(ctx context.Context, video ID, category MediaCategory, language string) error {
	if err := ids(video); err != nil {
		return err
	}
	body := struct {
		ID       ID     `json:"id"`
		Category string `json:"media_category"`
		Language string `json:"language_code"`
	}{video, subtitlesCategory(category), language}
	resp, err := s.c.commit(ctx, "media.no-subtitles", http.MethodDelete, "2/media/subtitles", httpx.JSON(body))
	if errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return done("media.no-subtitles", "deleted", true, resp, err)
}

// isMediaKey reports whether key is one of a posted file: "13_188…".
func isMediaKey(key ID) bool {
	a, b, ok := strings.Cut(string(key), "_")
	return ok && isDigits(a) && isDigits(b)
}

// Get reads a posted file by its key.
func (s *MediaService) Get(ctx context.Context, key ID, f *Fields) (Result[Media], error) {
	if !isMediaKey(key) {
		return Result[Media]{}, invalid("%q is no key of a file", key)
	}
	resp, err := s.c.get(ctx, "media.get", httpx.Path("2/media", string(key)), mediaQuery(f))
	return one("media.get", idOfMedia, resp, err)
}

// Lookup reads up to 100 posted files by their keys.
func (s *MediaService) Lookup(ctx context.Context, f *Fields, keys ...ID) (Page[Media], error) {
	all, err := joined(keys, isMediaKey)
	if err != nil {
		return Page[Media]{}, err
	}
	q := mediaQuery(f)
	q.Set("media_keys", all)
	resp, err := s.c.get(ctx, "media.lookup", "2/media", q)
	return page[Media]("media.lookup", resp, err)
}
