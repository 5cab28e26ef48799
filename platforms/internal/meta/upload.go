package meta

import (
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

// Upload is a file on its way to an address that the Graph gave: the upload_url
// of a reel, a story or a video, or the uri of an Instagram container.
type Upload struct {
	Op      string
	Channel smm.Ref
	URL     string // only addresses at Config.Uploads or Config.Host are sent to
	Source  io.ReaderAt
	Size    int64
	// Offset asks how much has arrived; see UploadedBytes. It is called after a
	// reply was lost, and by Resume. Without it a lost reply ends the upload.
	Offset func(ctx context.Context) (int64, error)
	// Progress, if not nil, is told how much was handed to the network.
	Progress func(sent int64)
	Timeout  time.Duration // of one request; 0 for an hour
}

const (
	uploadTimeout = time.Hour
	// maxStalls is how many requests in a row may bring nothing.
	maxStalls = 3
)

// Send uploads the file from the given offset, which is 0 at first and in a later
// process what Offset says. It reads the source as it goes and keeps none of it.
// After a reply that was lost it asks how much has arrived, and goes on there; it
// gives up when three requests in a row brought nothing.
//
// Uploading makes nothing public, so Send may be called again.
func (c *Client) Send(ctx context.Context, u *Upload, from int64) error {
	r := &Request{Op: u.Op, Channel: u.Channel}
	target, err := c.target(u)
	if err != nil {
		return c.refuse(r, err)
	}
	for stalls := 0; ; {
		err := c.sendOnce(ctx, u, target, from)
		if err == nil {
			return nil
		}
		if !mayResume(err) || u.Offset == nil || ctx.Err() != nil {
			return err
		}
		arrived, oerr := u.Offset(ctx)
		switch {
		case oerr != nil:
			return oerr
		case arrived < 0 || arrived > u.Size:
			return c.refuse(r, fmt.Errorf("%w: more bytes arrived than the file has", smm.ErrUnavailable))
		case arrived == u.Size:
			return nil
		case arrived <= from:
			if stalls++; stalls >= maxStalls {
				return err
			}
		default:
			stalls = 0
		}
		from = arrived
	}
}

// Resume is Send from where an earlier process came to.
func (c *Client) Resume(ctx context.Context, u *Upload) error {
	if u.Offset == nil {
		return c.refuse(&Request{Op: u.Op, Channel: u.Channel}, fmt.Errorf("%w: meta: an upload without Offset cannot be resumed", smm.ErrInvalid))
	}
	from, err := u.Offset(ctx)
	if err != nil || from == u.Size {
		return err
	}
	return c.Send(ctx, u, from)
}

// SendFrom has the vendor fetch the file from an address that anybody may read.
func (c *Client) SendFrom(ctx context.Context, u *Upload, fileURL string) error {
	target, err := c.target(u)
	if err != nil {
		return c.refuse(&Request{Op: u.Op, Channel: u.Channel}, err)
	}
	return c.upload(ctx, u, &httpx.Request{URL: target, Header: http.Header{"file_url": {fileURL}}})
}

// mayResume reports whether a failure leaves it open how much arrived.
func mayResume(err error) bool {
	e, ok := errors.AsType[*smm.Error](err)
	return ok && errors.Is(e.Err, smm.ErrUnavailable) && !errors.Is(e.Err, smm.ErrInvalid)
}

// target checks where a file goes: the token goes with it, and the address came
// from an answer.
func (c *Client) target(u *Upload) (string, error) {
	at, err := url.Parse(u.URL)
	switch {
	case err != nil || at.User != nil || !c.ownOrigin(at):
		return "", fmt.Errorf("%w: the address to upload to is at a foreign host", smm.ErrForbidden)
	case u.Source == nil && u.Size != 0 || u.Size < 0:
		return "", fmt.Errorf("%w: meta: an upload needs a source and its size", smm.ErrInvalid)
	}
	return u.URL, nil
}

func (c *Client) ownOrigin(at *url.URL) bool {
	if at.Scheme == c.uploads.Scheme && strings.EqualFold(at.Host, c.uploads.Host) {
		return true
	}
	return strings.EqualFold(at.Scheme+"://"+at.Host, c.host)
}

func (c *Client) sendOnce(ctx context.Context, u *Upload, target string, from int64) error {
	if from < 0 || from >= u.Size {
		return c.refuse(&Request{Op: u.Op, Channel: u.Channel}, fmt.Errorf("%w: meta: an offset of %d in a file of %d bytes", smm.ErrInvalid, from, u.Size))
	}
	rest := io.NewSectionReader(u.Source, from, u.Size-from)
	body := io.Reader(rest)
	if u.Progress != nil {
		body = &progress{SectionReader: rest, from: from, tell: u.Progress}
	}
	return c.upload(ctx, u, &httpx.Request{
		URL:    target,
		Body:   httpx.Stream("application/octet-stream", body, u.Size-from),
		Header: http.Header{"offset": {strconv.FormatInt(from, 10)}, "file_size": {strconv.FormatInt(u.Size, 10)}},
	})
}

// upload sends one request of an upload.
func (c *Client) upload(ctx context.Context, u *Upload, hr *httpx.Request) error {
	r := &Request{Op: u.Op, Channel: u.Channel}
	auth := &callAuth{c: c, scheme: oauth}
	hr.Op, hr.Channel, hr.Method, hr.Auth, hr.Timeout = u.Op, u.Channel, http.MethodPost, auth, u.Timeout
	if hr.Timeout == 0 {
		hr.Timeout = uploadTimeout
	}
	resp, fate, err := c.http.Commit(ctx, hr)
	if err := c.failure(r, auth, resp, err, fate == httpx.FateAnswered); err != nil {
		return err
	}
	var ok Success
	if err := c.decode(r, resp, &ok); err != nil {
		return err
	}
	if !ok.Success {
		return c.unreadable(r, resp, "it does not say that the bytes arrived")
	}
	return nil
}

// progress tells how far a reader came. It can be rewound, for a request that is
// sent once more with another token.
type progress struct {
	*io.SectionReader

	from int64
	tell func(int64)
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.SectionReader.Read(b)
	if n > 0 {
		if at, serr := p.Seek(0, io.SeekCurrent); serr == nil {
			p.tell(p.from + at)
		}
	}
	return n, err
}

// UploadedBytes asks a video or a container how much of its file has arrived:
// field is "status" for a video of a Page and "video_status" for a container of
// Instagram.
func (c *Client) UploadedBytes(id, field string) func(context.Context) (int64, error) {
	return func(ctx context.Context) (int64, error) {
		type phase struct {
			Phase struct {
				Status string `json:"status"`
				Bytes  int64  `json:"bytes_transferred"`
			} `json:"uploading_phase"`
		}
		var node struct {
			Status phase `json:"status"`
			Video  phase `json:"video_status"`
		}
		r := &Request{Op: "upload.status", Path: []string{id}, Fields: []string{field}}
		if field != "status" && field != "video_status" {
			return 0, c.refuse(r, fmt.Errorf("%w: meta: uploads are told in status or video_status", smm.ErrInvalid))
		}
		if err := c.Read(ctx, r, &node); err != nil {
			return 0, err
		}
		return max(node.Status.Phase.Bytes, node.Video.Phase.Bytes), nil
	}
}
