package blueskytest

import (
	"crypto/rand"
	"io"
	"strings"
)

// videoJob goes through its states on the world's clock; the blob is stored in
// the account's repository when it is done.
type videoJob struct {
	id       string
	owner    *account
	bytes    []byte
	state    int
	failure  string
	finished *blobRef
}

var videoStates = []string{
	"JOB_STATE_CREATED", "JOB_STATE_ENCODING", "JOB_STATE_SCANNING", "JOB_STATE_UPLOADING", "JOB_STATE_COMPLETED",
}

// uploadVideo takes the bytes with a service token that the account got from
// its PDS for uploadBlob. The reply is the bare job status, as the service
// gives it in practice; getJobStatus wraps it as the lexicon says.
func (c *call) uploadVideo() (any, error) {
	t, ok := c.s.service[bearer(c)]
	switch {
	case !ok:
		return nil, fail(401, "AuthenticationRequired", "invalid service token")
	case !c.s.now().Before(t.expires):
		return nil, fail(401, "ExpiredToken", "service token has expired")
	case t.aud != c.s.serverDID() || t.lxm != "com.atproto.repo.uploadBlob" || t.did != c.query("did"):
		return nil, fail(401, "AuthenticationRequired", "service token is for another audience, method or account")
	}
	b, err := io.ReadAll(c.r.Body)
	if err != nil {
		return nil, invalid("could not read the body")
	}
	j := &videoJob{id: strings.ToLower(rand.Text()[:12]), owner: c.s.accounts[t.did], bytes: b}
	switch {
	case sniff(b) != "video/mp4":
		j.failure = "validation_failure"
	case len(c.s.videoFaults) > 0:
		j.failure, c.s.videoFaults = c.s.videoFaults[0], c.s.videoFaults[1:]
	}
	c.s.jobs[j.id] = j
	c.s.stepVideo(j)
	return j.status(), nil
}

// FailVideos makes the next videos fail, each with one of the codes:
// "validation_failure", "encoding_failure", "pds_upload_failure",
// "pds_upload_unsupported_blob_size", "generic_failure".
func (s *Server) FailVideos(codes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.videoFaults = append(s.videoFaults, codes...)
}

func (s *Server) stepVideo(j *videoJob) {
	s.world.Clock.AfterFunc(s.opts.VideoDelay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		j.state++
		if j.failure != "" {
			return
		}
		if j.state < len(videoStates)-1 {
			s.stepVideo(j)
			return
		}
		ref := s.store(j.owner, blob{"video/mp4", j.bytes})
		j.finished = &ref
	})
}

func (j *videoJob) status() object {
	out := object{
		"jobId": j.id, "did": j.owner.did, "state": videoStates[j.state], "progress": 100 * j.state / (len(videoStates) - 1),
	}
	switch {
	case j.failure != "" && j.state > 0:
		out["state"], out["failureCode"], out["error"] = "JOB_STATE_FAILED", j.failure, "the video could not be processed"
	case j.finished != nil:
		out["blob"] = *j.finished
	}
	return out
}

func (c *call) getJobStatus() (any, error) {
	j, ok := c.s.jobs[c.query("jobId")]
	if !ok {
		return nil, invalid("job not found") // the lexicon declares no name of its own
	}
	return object{"jobStatus": j.status()}, nil
}

func (c *call) getUploadLimits() (any, error) {
	return object{"canUpload": true, "remainingDailyVideos": 25, "remainingDailyBytes": 10_000_000_000}, nil
}
