package mastodon

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Upload is a file to upload with what belongs to it.
type Upload struct {
	Reader      io.Reader // an io.Seeker can be sent again after a refreshed token
	Size        int64     // bytes; -1 if unknown
	Type        string    // MIME type
	FileName    string    // "" for a neutral one
	Description string    // alt text
	Focus       *smm.FocalPoint

	Thumbnail     io.Reader // a still picture for video or sound; nil for none
	ThumbnailSize int64
	ThumbnailType string
}

// MediaState says how far the server got with a file.
type MediaState string

// The states of a file. A file must be MediaReady before it can be posted.
const (
	MediaReady      MediaState = "ready"
	MediaProcessing MediaState = "processing"
)

// MediaService uploads files for later statuses. A file that is not posted is
// removed by the server after about a day.
// https://docs.joinmastodon.org/methods/media/ (read August 2026).
type MediaService struct{ c *Client }

// Upload sends a file. Its time limit is that of ctx. Servers without version 2
// of the method are asked with version 1, which needs a Reader that can seek.
func (s *MediaService) Upload(ctx context.Context, u Upload) (Attachment, MediaState, error) {
	a, state, err := s.upload(ctx, "api/v2/media", u)
	if !missing(err) {
		return a, state, err
	}
	for _, r := range []io.Reader{u.Reader, u.Thumbnail} {
		if r == nil {
			continue
		}
		seeker, seeks := r.(io.Seeker)
		if !seeks {
			return a, state, err
		}
		if _, serr := seeker.Seek(0, io.SeekStart); serr != nil {
			return a, state, err
		}
	}
	return s.upload(ctx, "api/v1/media", u)
}

func (s *MediaService) upload(ctx context.Context, path string, u Upload) (Attachment, MediaState, error) {
	name := u.FileName
	if name == "" {
		name = "file"
	}
	var parts []httpx.Part
	if u.Description != "" {
		parts = append(parts, httpx.Part{Name: "description", Value: u.Description})
	}
	if u.Focus != nil {
		parts = append(parts, httpx.Part{Name: "focus", Value: focusText(u.Focus)})
	}
	if u.Thumbnail != nil {
		parts = append(parts, httpx.Part{Name: "thumbnail", FileName: "thumbnail", ContentType: u.ThumbnailType, Reader: u.Thumbnail, Size: u.ThumbnailSize})
	}
	parts = append(parts, httpx.Part{Name: "file", FileName: name, ContentType: u.Type, Reader: u.Reader, Size: u.Size})
	resp, err := s.c.http.Write(ctx, &httpx.Request{
		Op: "media.upload", Method: http.MethodPost, URL: path, Body: httpx.Multipart(parts...),
		Charges: s.c.charges(ctx, budgetMedia), Priority: smm.PriorityPublish, Timeout: -1,
	})
	return mediaState(resp, err)
}

func focusText(f *smm.FocalPoint) string {
	n := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	return n(f.X) + "," + n(f.Y)
}

// mediaState reads an answer: 200 is done, 202 and 206 are not. Servers that
// answer 200 at once and leave the address empty are not done either.
func mediaState(resp *httpx.Response, err error) (Attachment, MediaState, error) {
	a, err := one[Attachment](resp, err)
	if err != nil {
		return a, "", err
	}
	if resp.Status == http.StatusAccepted || resp.Status == http.StatusPartialContent {
		return a, MediaProcessing, nil
	}
	return a, MediaReady, nil
}

// Get asks how far the server got with a file. One that cannot be processed
// gives an error that matches smm.ErrRejected.
func (s *MediaService) Get(ctx context.Context, id ID) (Attachment, MediaState, error) {
	return mediaState(s.c.get(ctx, "media.get", httpx.Path("api/v1/media", string(id)), nil))
}

// Update changes the alt text and focal point of a file that is not posted yet.
func (s *MediaService) Update(ctx context.Context, id ID, description string, focus *smm.FocalPoint) (Attachment, error) {
	body := struct {
		Description string `json:"description"`
		Focus       string `json:"focus,omitempty"`
	}{Description: description}
	if focus != nil {
		body.Focus = focusText(focus)
	}
	return one[Attachment](s.c.write(ctx, "media.update", http.MethodPut, httpx.Path("api/v1/media", string(id)), httpx.JSON(body)))
}

// Delete removes a file that is not posted (4.4 and later). One that is gone
// already counts as removed.
func (s *MediaService) Delete(ctx context.Context, id ID) error {
	_, err := s.c.write(ctx, "media.delete", http.MethodDelete, httpx.Path("api/v1/media", string(id)), httpx.Body{})
	return gone(err)
}

// gone makes success of an error which says that something is not there.
func gone(err error) error {
	if errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return err
}
