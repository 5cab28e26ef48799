package meta

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// SessionFile is a file for an upload session, which ends in a handle that other
// methods take. Sessions are the app's. The whole protocol is written from memory
// and not verified against a document.
type SessionFile struct {
	Name   string
	Type   string // its media type
	Source io.ReaderAt
	Size   int64
}

const sessionPrefix = "upload:"

// StartSession opens an upload session of an app and returns its id.
func (c *Client) StartSession(ctx context.Context, appID string, f *SessionFile) (string, error) {
	r := &Request{Op: "app.uploads", Path: []string{appID, "uploads"}, Params: url.Values{
		"file_name": {f.Name}, "file_type": {f.Type}, "file_length": {strconv.FormatInt(f.Size, 10)},
	}}
	var made struct {
		ID ID `json:"id"`
	}
	if err := c.Write(ctx, r, &made); err != nil {
		return "", err
	}
	if _, _, err := session(string(made.ID)); err != nil {
		return "", c.blame(r, err)
	}
	return string(made.ID), nil
}

// session takes the id of a session apart: it holds a signature as a query.
func session(id string) (path []string, q url.Values, err error) {
	name, query, _ := strings.Cut(id, "?")
	q, err = url.ParseQuery(query)
	if err != nil || !strings.HasPrefix(name, sessionPrefix) || strings.ContainsAny(name, "/#") {
		return nil, nil, &smm.Error{Err: fmt.Errorf("%w: unreadable answer: not the id of an upload session", smm.ErrUnavailable)}
	}
	return []string{name}, q, nil
}

// SessionOffset asks how much of a session's file has arrived.
func (c *Client) SessionOffset(ctx context.Context, id string) (int64, error) {
	r := &Request{Op: "upload.offset"}
	path, q, err := session(id)
	if err != nil {
		return 0, c.blame(r, err)
	}
	r.Path, r.Params = path, q
	var at struct {
		Offset int64 `json:"file_offset"`
	}
	hr, auth, err := c.request(ctx, r, http.MethodGet)
	if err != nil {
		return 0, c.refuse(r, err)
	}
	auth.scheme = oauth
	resp, err := c.http.Read(ctx, hr)
	if err := c.failure(r, auth, resp, err, resp != nil); err != nil {
		return 0, err
	}
	if err := c.decode(r, resp, &at); err != nil {
		return 0, err
	}
	if at.Offset < 0 {
		return 0, c.unreadable(r, resp, "an offset below 0")
	}
	return at.Offset, nil
}

// SendSession uploads the file of a session from the given offset, as Send does,
// and returns the handle.
func (c *Client) SendSession(ctx context.Context, id string, f *SessionFile, from int64) (smm.Secret, error) {
	r := &Request{Op: "upload.transfer"}
	path, q, err := session(id)
	if err != nil {
		return smm.Secret{}, c.blame(r, err)
	}
	for stalls := 0; ; {
		handle, err := c.sendSession(ctx, r, path, q, f, from)
		if err == nil || !mayResume(err) || ctx.Err() != nil {
			return handle, err
		}
		arrived, oerr := c.SessionOffset(ctx, id)
		if oerr != nil {
			return smm.Secret{}, oerr
		}
		if arrived <= from {
			if stalls++; stalls >= maxStalls {
				return smm.Secret{}, err
			}
		} else {
			stalls = 0
		}
		from = arrived
	}
}

func (c *Client) sendSession(ctx context.Context, r *Request, path []string, q url.Values, f *SessionFile, from int64) (smm.Secret, error) {
	if from < 0 || from > f.Size || f.Source == nil {
		return smm.Secret{}, c.refuse(r, fmt.Errorf("%w: meta: an offset of %d in a file of %d bytes", smm.ErrInvalid, from, f.Size))
	}
	auth := &callAuth{c: c, scheme: oauth}
	hr := &httpx.Request{
		Op: r.Op, Method: http.MethodPost, URL: c.path(&Request{Path: path}), Query: q, Auth: auth, Timeout: uploadTimeout,
		Body:   httpx.Stream("application/octet-stream", io.NewSectionReader(f.Source, from, f.Size-from), f.Size-from),
		Header: http.Header{"file_offset": {strconv.FormatInt(from, 10)}},
	}
	resp, fate, err := c.http.Commit(ctx, hr)
	if err := c.failure(r, auth, resp, err, fate == httpx.FateAnswered); err != nil {
		return smm.Secret{}, err
	}
	var done struct {
		Handle string `json:"h"`
	}
	if err := c.decode(r, resp, &done); err != nil {
		return smm.Secret{}, err
	}
	if done.Handle == "" {
		return smm.Secret{}, c.unreadable(r, resp, "no handle")
	}
	return smm.NewSecret(done.Handle), nil
}
