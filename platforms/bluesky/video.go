package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// VideoService has the methods of app.bsky.video on the video service, which
// checks and transcodes a video before it is posted. Without it a video is
// uploaded as a plain blob and processed once the post is public.
type VideoService service

// Upload hands a video to the service and returns the job. The service stores
// the result in the account's repository, so the token is for that server.
func (s *VideoService) Upload(ctx context.Context, name string, r io.ReadSeeker, size int64) (*VideoJob, error) {
	host, err := url.Parse(s.c.cfg.Server)
	if err != nil {
		return nil, fmt.Errorf("%w: server address", smm.ErrInvalid)
	}
	audience := "did:web:" + strings.ReplaceAll(host.Host, ":", "%3A")
	token, err := s.c.Server.GetServiceAuth(ctx, audience, "com.atproto.repo.uploadBlob", s.c.clock.Now().Add(30*time.Minute))
	if err != nil {
		return nil, err
	}
	req := s.request(http.MethodPost, "uploadVideo", url.Values{"did": {s.c.cfg.DID}, "name": {name}}, httpx.Stream("video/mp4", r, size))
	req.Auth, req.Timeout = httpx.Bearer(token), uploadTimeout(size)
	resp, err := s.c.http.Write(ctx, req)
	if err != nil && (resp == nil || resp.Status != http.StatusConflict) { // 409: these bytes are known, under this job
		return nil, passing(err)
	}
	return readJob(resp, err)
}

// passing says of a refused token what it means here: tokens for the service
// are made for each upload, so that it is no matter of the account's session.
func passing(err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok && errors.Is(err, smm.ErrUnauthorized) {
		c := *e
		c.Err = fmt.Errorf("%w: the video service refused its token", smm.ErrUnavailable)
		return &c
	}
	return err
}

// JobStatus asks how far a job is.
func (s *VideoService) JobStatus(ctx context.Context, id string) (*VideoJob, error) {
	resp, err := s.c.http.Read(ctx, s.request(http.MethodGet, "getJobStatus", url.Values{"jobId": {id}}, httpx.Body{}))
	if err != nil {
		return nil, passing(err)
	}
	return readJob(resp, nil)
}

func (s *VideoService) request(verb, method string, v url.Values, body httpx.Body) *httpx.Request {
	nsid := "app.bsky.video." + method
	r := s.c.request(verb, nsid, v, body, 0)
	r.URL, r.Auth, r.Charges = s.c.cfg.VideoService+"/xrpc/"+nsid, httpx.Anonymous(), nil
	return r
}

// readJob reads a job status. The lexicon wraps it in "jobStatus", the service
// answers uploads without; both are taken. refused is the error that the answer
// came with.
func readJob(resp *httpx.Response, refused error) (*VideoJob, error) {
	var raw json.RawMessage
	if err := resp.JSON(&raw); err != nil {
		return nil, err
	}
	job, err := decodeJob(raw)
	if err != nil && refused != nil {
		return nil, refused
	}
	return job, err
}

func decodeJob(raw json.RawMessage) (*VideoJob, error) {
	var v struct {
		Job *VideoJob `json:"jobStatus"`
		VideoJob
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("%w: unreadable job status", smm.ErrUnavailable)
	}
	if v.Job != nil {
		v.VideoJob = *v.Job
	}
	if v.ID == "" {
		return nil, fmt.Errorf("%w: job status without an id", smm.ErrUnavailable)
	}
	return &v.VideoJob, nil
}

// done returns what a finished job made, or nil.
func (j *VideoJob) done() *Blob {
	if j.Blob == nil || j.Blob.Ref.Link == "" {
		return nil
	}
	return j.Blob
}
