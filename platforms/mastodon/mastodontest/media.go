package mastodontest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) mediaRoutes() []route {
	wr := scopes("write:media")
	return []route{
		{pattern: "POST /api/v2/media", class: sim.Prepare, scopes: wr, budget: budgetMedia, handler: s.upload(true)},
		{pattern: "POST /api/v1/media", class: sim.Prepare, scopes: wr, budget: budgetMedia, handler: s.upload(false)},
		{pattern: "GET /api/v1/media/{id}", class: sim.Read, scopes: wr, handler: s.withMedia(s.showMedia)},
		{pattern: "PUT /api/v1/media/{id}", class: sim.Prepare, scopes: wr, handler: s.withMedia(s.editMedia)},
		{pattern: "DELETE /api/v1/media/{id}", class: sim.Prepare, scopes: wr, handler: s.withMedia(s.dropMedia), only: newMedia},
	}
}

func (s *Server) withMedia(h func(*call, *media) reply) func(*call) reply {
	return func(c *call) reply {
		m := s.media[c.id()]
		if m == nil || m.owner != c.me {
			return notFound()
		}
		return h(c, m)
	}
}

// upload takes a file. Version 2 of the method answers 202 while the file is
// being processed; version 1 waits, for which the simulator has no time, and so
// answers as if it were done.
func (s *Server) upload(v2 bool) func(*call) reply {
	return func(c *call) reply {
		head := c.files["file"]
		if head == nil {
			return invalid("File can't be blank")
		}
		m, err := inspect(c, head)
		if err != nil {
			return invalid("File content type is invalid")
		}
		if n := len([]rune(c.Get("description"))); n > s.opts.Limits.Description {
			return invalid(fmt.Sprintf("Description is too long (maximum is %d characters)", s.opts.Limits.Description))
		}
		limit := s.opts.Limits.ImageBytes
		if m.kind == "video" || m.kind == "audio" {
			limit = s.opts.Limits.VideoBytes
		}
		if m.size > limit {
			return invalid(fmt.Sprintf("File file size must be less than %d MB", limit>>20))
		}
		m.owner, m.description = c.me, c.Get("description")
		m.focus = focus(c.Get("focus"))
		m.serial, m.id = s.next(s.now())
		m.ready = s.now()
		if v2 && (m.kind != "image" || s.opts.SlowImages) {
			m.ready = s.now().Add(s.opts.MediaDelay)
		}
		s.media[m.id] = m
		if s.now().Before(m.ready) {
			return reply{status: http.StatusAccepted, body: s.mediaJSON(m)}
		}
		return ok(s.mediaJSON(m))
	}
}

func inspect(c *call, head *multipart.FileHeader) (*media, error) {
	f, err := head.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	info, err := mediax.Probe(c.req.Context(), f, head.Size)
	if err != nil {
		return nil, err
	}
	kind := map[mediax.Kind]string{mediax.Image: "image", mediax.Animation: "gifv", mediax.Video: "video", mediax.Audio: "audio"}[info.Kind]
	return &media{kind: kind, mime: info.MIME, size: head.Size, sum: hex.EncodeToString(h.Sum(nil)), width: info.Width, height: info.Height}, nil
}

func focus(v string) (f [2]float64) {
	x, y, found := strings.Cut(v, ",")
	if !found {
		return f
	}
	f[0], _ = strconv.ParseFloat(strings.TrimSpace(x), 64)
	f[1], _ = strconv.ParseFloat(strings.TrimSpace(y), 64)
	return f
}

// FailMedia makes the processing of a file end in failure, as it does for a
// video that the server cannot read.
func (s *Server) FailMedia(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.media[id]; m != nil {
		m.failed = true
	}
}

func (s *Server) showMedia(_ *call, m *media) reply {
	switch {
	case m.failed:
		return fail(http.StatusUnprocessableEntity, "Error processing thumbnail for uploaded media")
	case s.now().Before(m.ready):
		return reply{status: http.StatusPartialContent, body: s.mediaJSON(m)}
	}
	return ok(s.mediaJSON(m))
}

func (s *Server) editMedia(c *call, m *media) reply {
	if c.Has("description") {
		if n := len([]rune(c.Get("description"))); n > s.opts.Limits.Description {
			return invalid(fmt.Sprintf("Description is too long (maximum is %d characters)", s.opts.Limits.Description))
		}
		m.description = c.Get("description")
	}
	if c.Has("focus") {
		m.focus = focus(c.Get("focus"))
	}
	return ok(s.mediaJSON(m))
}

func (s *Server) dropMedia(_ *call, m *media) reply {
	if m.used {
		return fail(http.StatusUnprocessableEntity, "Media attachment is currently used by a status")
	}
	delete(s.media, m.id)
	return ok(object{})
}

func (s *Server) mediaJSON(m *media) object {
	var url any
	if !s.now().Before(m.ready) {
		url = s.url + "/media/" + m.id
	}
	o := object{
		"id": s.wireID(m.id), "type": m.kind, "url": url, "preview_url": s.url + "/media/" + m.id + "/small", "remote_url": nil,
		"description": orNull(m.description), "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
		"meta": object{"original": object{"width": m.width, "height": m.height}, "focus": object{"x": m.focus[0], "y": m.focus[1]}},
	}
	if s.opts.Software == Pixelfed {
		o["mime"] = m.mime
	}
	return o
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
