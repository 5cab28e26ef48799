package bluesky

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// asset is one upload of a post.
type asset struct {
	Blob   *Blob  `json:"blob,omitempty"` // once done
	Job    string `json:"job,omitempty"`  // at the video service, while it works
	Jobs   int    `json:"jobs,omitempty"` // how many were begun
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	Video  bool   `json:"video,omitempty"`
}

// need is an asset that a post needs: its role in the record, its name in the
// store, and what it may be.
type need struct {
	role, name string
	rule       assetRule
}

type assetRule int

const (
	ruleMedia   assetRule = iota // an image or a video of the post
	ruleThumb                    // the picture of a link card
	ruleCaption                  // a WebVTT track
)

const (
	videoPoll = 2 * time.Second
	videoJobs = 3 // a service that fails as often has a reason
)

// needs lists the assets of a post in the order in which they are uploaded.
func needs(p *smm.Post) []need {
	var out []need
	for i, m := range p.Media {
		out = append(out, need{fmt.Sprintf("media/%d", i), m.Name, ruleMedia})
		for j, t := range m.Captions {
			out = append(out, need{fmt.Sprintf("media/%d/captions/%d", i, j), t.Name, ruleCaption})
		}
	}
	if p.Card != nil && p.Card.Thumbnail != nil && len(p.Media) == 0 {
		out = append(out, need{"card", p.Card.Thumbnail.Name, ruleThumb})
	}
	return out
}

// upload does one step: an upload, or a look at a video that is being
// processed. done and total count assets.
func (d *Driver) upload(ctx context.Context, c *Client, r *smm.PublishRequest, st *state) (next time.Time, done, total int, err error) {
	all := needs(&r.Post)
	if st.Assets == nil {
		st.Assets = make(map[string]*asset)
	}
	total = len(all)
	for i, n := range all {
		a := st.Assets[n.role]
		if a != nil && a.Blob != nil {
			continue
		}
		if a == nil {
			a = &asset{}
		}
		if a.Job != "" {
			err = d.awaitVideo(ctx, c, a)
		} else {
			err = d.uploadOne(ctx, c, r, n, a)
		}
		if err != nil {
			return time.Time{}, i, total, err
		}
		st.Assets[n.role] = a
		if st.Made.IsZero() {
			st.Made = d.clock.Now()
		}
		if a.Blob != nil {
			return time.Time{}, i + 1, total, nil
		}
		return d.clock.Now().Add(videoPoll), i, total, nil
	}
	return time.Time{}, total, total, nil
}

func (d *Driver) uploadOne(ctx context.Context, c *Client, r *smm.PublishRequest, n need, a *asset) error {
	b, err := r.OpenMedia(ctx, n.name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", smm.ErrInvalid, err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	if n.rule == ruleCaption {
		a.Blob, err = uploadCaption(ctx, c, n.name, b)
		return err
	}
	info, err := d.ProbeMedia(ctx, b)
	if err != nil {
		return err
	}
	if err := checkAsset(n, info); err != nil {
		return err
	}
	a.Width, a.Height, a.Video = info.Width, info.Height, info.Class == smm.MediaVideo
	if a.Video && c.cfg.VideoService != "" {
		job, err := c.Video.Upload(ctx, r.ID+".mp4", b, info.Size)
		if err != nil {
			return err
		}
		a.Job, a.Jobs, a.Blob = job.ID, a.Jobs+1, job.done()
		return nil
	}
	a.Blob, err = c.Repo.UploadBlob(ctx, info.Type, b, info.Size)
	return err
}

func checkAsset(n need, info smm.MediaInfo) error {
	limit := DocumentedLimits().Media.ImageBytes
	switch {
	case info.Class == smm.MediaVideo && n.rule == ruleMedia:
		if info.Type != "video/mp4" {
			return fmt.Errorf("%w: %s is %s: only MP4 is taken", smm.ErrInvalid, n.name, info.Type)
		}
		limit = DocumentedLimits().Media.VideoBytes
	case info.Class != smm.MediaImage:
		return fmt.Errorf("%w: %s is %s, which cannot stand here", smm.ErrInvalid, n.name, info.Type)
	case n.rule == ruleThumb:
		limit = thumbBytes
	}
	if info.Size > limit {
		return fmt.Errorf("%w: %s has %d bytes, at most %d are taken here", smm.ErrInvalid, n.name, info.Size, limit)
	}
	return nil
}

func uploadCaption(ctx context.Context, c *Client, name string, r io.Reader) (*Blob, error) {
	raw, err := io.ReadAll(io.LimitReader(r, captionBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read captions %q: %w", name, err)
	}
	if len(raw) > captionBytes {
		return nil, fmt.Errorf("%w: captions %q have more than %d bytes", smm.ErrInvalid, name, captionBytes)
	}
	if !bytes.HasPrefix(bytes.TrimPrefix(raw, []byte("\uFEFF")), []byte("WEBVTT")) {
		return nil, fmt.Errorf("%w: captions %q are not WebVTT", smm.ErrInvalid, name)
	}
	return c.Repo.UploadBlob(ctx, "text/vtt", bytes.NewReader(raw), int64(len(raw)))
}

// awaitVideo looks at a job. An unknown state means that it is being worked on.
// A job that the service lost or could not finish for reasons of its own is
// begun again with the next step.
func (d *Driver) awaitVideo(ctx context.Context, c *Client, a *asset) error {
	job, err := c.Video.JobStatus(ctx, a.Job)
	if isNotFound(err) && a.Jobs < videoJobs {
		a.Job = ""
		return nil
	}
	if err != nil {
		return err
	}
	if job.State != "JOB_STATE_FAILED" {
		a.Blob = job.done()
		return nil
	}
	if !slices.Contains(videoRefusals, job.FailureCode) && a.Jobs < videoJobs {
		a.Job = ""
		return nil
	}
	return &smm.Error{
		Op: "app.bsky.video.getJobStatus", Platform: Platform, Channel: ChannelRef(c.DID()), Code: job.FailureCode,
		Message: smm.CleanMessage(strings.TrimSpace(job.Error + " " + job.Message)), Err: smm.ErrRejected,
	}
}

// videoRefusals are the failures that are the video's own.
var videoRefusals = []string{"validation_failure", "encoding_failure", "pds_upload_unsupported_blob_size"}

// mediaEmbed makes the embed for the assets of a post, or for its card; nil if
// there is neither.
func mediaEmbed(p *smm.Post, st *state) any {
	if len(p.Media) == 0 {
		if p.Card == nil {
			return nil
		}
		x := External{URI: p.Card.URL, Title: p.Card.Title, Description: p.Card.Description}
		if a := st.Assets["card"]; a != nil {
			x.Thumb = a.Blob
		}
		return EmbedExternal{"app.bsky.embed.external", x}
	}
	if a := st.Assets["media/0"]; a.Video {
		m := p.Media[0]
		v := EmbedVideo{Type: "app.bsky.embed.video", Video: *a.Blob, Alt: m.AltText, AspectRatio: a.ratio()}
		for j, t := range m.Captions {
			v.Captions = append(v.Captions, Caption{Lang: t.Language, File: *st.Assets[fmt.Sprintf("media/0/captions/%d", j)].Blob})
		}
		if m.GIF {
			v.Presentation = "gif"
		}
		return v
	}
	images := EmbedImages{Type: "app.bsky.embed.images"}
	for i, m := range p.Media {
		a := st.Assets[fmt.Sprintf("media/%d", i)]
		images.Images = append(images.Images, EmbedImage{Image: *a.Blob, Alt: m.AltText, AspectRatio: a.ratio()})
	}
	return images
}

func (a *asset) ratio() *AspectRatio {
	if a.Width <= 0 || a.Height <= 0 {
		return nil
	}
	return &AspectRatio{a.Width, a.Height}
}

// ProbeMedia implements smm.MediaProber.
func (d *Driver) ProbeMedia(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	return account.Probe(ctx, r)
}
