package xtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/smm/sim"
)

// Limits of media, by what they are in a post.
const (
	maxImage   = 5 << 20
	maxGIF     = 15 << 20
	maxVideo   = 512 << 20
	maxUpload  = 16 << 30
	maxSegment = 5 << 20
	maxAlt     = 1000
	minLength  = 500 * time.Millisecond
	maxMinutes = 140 * time.Second // unless the account subscribes
)

// media is a file, or the upload of one.
type media struct {
	serial   uint64
	id, key  string
	owners   []*user
	mime     string
	category string // tweet_image and the like
	kind     string // photo, animated_gif, video, subtitles
	total    int64
	segments map[int][]byte
	size     int64
	sum      string // SHA-256 of the bytes
	width    int
	height   int
	length   time.Duration
	created  time.Time
	done     time.Time // when processing began; zero while uploading
	ready    time.Time
	failed   bool
	used     bool
	alt      string
	captions map[string]object // by language
}

func (s *Server) mediaRoutes() []route {
	scope := []string{"media.write"}
	part := Quotas{AppDay: 180000, User: 1875}
	meta := Quotas{AppDay: 50000, User: 500}
	return []route{
		{pattern: "POST /2/media/upload", class: sim.Prepare, auth: users, scopes: scope, limits: meta, handler: s.uploadWhole},
		{pattern: "GET /2/media/upload", class: sim.Read, auth: users, scopes: scope, query: []string{"media_id", "command"}, limits: Quotas{AppDay: 100000, User: 1000}, handler: s.uploadStatus},
		{pattern: "POST /2/media/upload/initialize", class: sim.Prepare, auth: users, scopes: scope, limits: part, handler: s.initialize},
		{pattern: "POST /2/media/upload/{id}/append", class: sim.Prepare, auth: users, scopes: scope, limits: part, handler: s.withUpload(s.appendPart)},
		{pattern: "POST /2/media/upload/{id}/finalize", class: sim.Prepare, auth: users, scopes: scope, limits: part, handler: s.withUpload(s.finalize)},
		{pattern: "POST /2/media/metadata", class: sim.Prepare, auth: users, scopes: scope, limits: meta, handler: s.describeMedia},
		{pattern: "POST /2/media/subtitles", class: sim.Prepare, auth: users, scopes: scope, limits: meta, handler: s.addSubtitles},
		{pattern: "DELETE /2/media/subtitles", class: sim.Prepare, auth: users, scopes: scope, limits: meta, handler: s.dropSubtitles},
		{pattern: "GET /2/media", class: sim.Read, auth: anyone, scopes: []string{"tweet.read"}, query: []string{"media_keys", "media.fields"}, limits: Quotas{App: 300, User: 900}, handler: s.showMedia},
		{pattern: "GET /2/media/{media_key}", class: sim.Read, auth: anyone, scopes: []string{"tweet.read"}, query: []string{"media.fields"}, limits: Quotas{App: 300, User: 900}, handler: s.showMedium},
	}
}

// mediaLife is how long an upload can be used.
const mediaLife = day

func (s *Server) expired(m *media) bool { return !m.used && s.since(m.created) >= mediaLife }

// usable reports whether u may put m into a post ("tweet") or message ("dm").
func (s *Server) usable(m *media, u *user, where string) bool {
	inCategory := strings.HasPrefix(m.category, where+"_") || where == "tweet" && m.category == "amplify_video"
	return inCategory && slices.Contains(m.owners, u) && !m.used && !m.failed && !m.done.IsZero() && !s.now().Before(m.ready) && !s.expired(m)
}

var categories = map[string]string{
	"tweet_image": "photo", "dm_image": "photo", "tweet_gif": "animated_gif", "dm_gif": "animated_gif",
	"tweet_video": "video", "dm_video": "video", "amplify_video": "video", "subtitles": "subtitles",
}

var mediaTypes = []string{
	"video/mp4", "video/webm", "video/mp2t", "video/quicktime", "text/srt", "text/vtt", "image/jpeg", "image/gif", "image/bmp", "image/png",
	"image/webp", "image/pjpeg", "image/tiff", "model/gltf-binary", "model/vnd.usdz+zip",
}

func (s *Server) newMedia(u *user, category, mime string) *media {
	m := &media{owners: []*user{u}, category: category, mime: mime, kind: categories[category], segments: map[int][]byte{}, created: s.now(), captions: map[string]object{}}
	m.serial, m.id = s.next(s.now())
	prefix := map[string]string{"photo": "3_", "animated_gif": "16_", "video": "7_", "subtitles": "0_"}[m.kind]
	if category == "amplify_video" {
		prefix = "13_"
	}
	m.key = prefix + m.id
	s.media[m.id], s.byKey[m.key] = m, m
	return m
}

func (s *Server) initialize(c *call) reply {
	var q struct {
		Type     string   `json:"media_type"`
		Total    *int64   `json:"total_bytes"`
		Category string   `json:"media_category"`
		Owners   []string `json:"additional_owners"`
		Shared   bool     `json:"shared"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	pick(&q.Category, defaultCategory(q.Type))
	switch {
	case !slices.Contains(mediaTypes, q.Type):
		return invalid("media_type", q.Type, "$.media_type: does not have a value in the enumeration ["+strings.Join(mediaTypes, ", ")+"]")
	case q.Total == nil:
		return lacking("total_bytes")
	case categories[q.Category] == "":
		return invalid("media_category", q.Category, "$.media_category: does not have a value in the enumeration")
	case *q.Total <= 0 || *q.Total > maxUpload:
		return invalid("total_bytes", strconv.FormatInt(*q.Total, 10), "$.total_bytes: must be between 1 and 17179869184")
	case *q.Total > largest(categories[q.Category], c.me):
		return invalid("total_bytes", strconv.FormatInt(*q.Total, 10), "File size exceeds the limit of its media category.")
	}
	m := s.newMedia(c.me, q.Category, q.Type)
	m.total = *q.Total
	for _, id := range q.Owners {
		if u := s.users[id]; u != nil {
			m.owners = append(m.owners, u)
		}
	}
	return data(object{"id": m.id, "media_key": m.key, "expires_after_secs": s.left(m)})
}

func defaultCategory(mime string) string {
	if strings.HasPrefix(mime, "image/") {
		return "tweet_image"
	}
	return "tweet_video"
}

func largest(kind string, u *user) int64 {
	switch kind {
	case "photo":
		return maxImage
	case "animated_gif":
		return maxGIF
	case "video":
		if u.premium {
			return maxUpload
		}
	}
	return maxVideo
}

func (s *Server) left(m *media) int { return int((mediaLife - s.since(m.created)).Seconds()) }

func (s *Server) withUpload(h func(*call, *media) reply) func(*call) reply {
	return func(c *call) reply {
		m := s.media[c.path("id")]
		if m == nil || m.owners[0] != c.me || s.expired(m) {
			return invalid("id", c.path("id"), "Invalid media id, or it has expired.")
		}
		return h(c, m)
	}
}

// appendPart takes a segment. One that comes again replaces the first.
func (s *Server) appendPart(c *call, m *media) reply {
	b, index, refused := c.segment()
	if refused != nil {
		return *refused
	}
	switch {
	case !m.done.IsZero():
		return invalid("id", m.id, "The upload is finalized.")
	case index < 0 || index > 999:
		return invalid("segment_index", strconv.Itoa(index), "$.segment_index: must be between 0 and 999")
	case len(b) == 0 || len(b) > maxSegment:
		return invalid("media", "", fmt.Sprintf("Segments have 1 to %d bytes.", maxSegment))
	}
	m.segments[index] = b
	return data(object{"expires_at": m.created.Add(mediaLife).Unix()})
}

// segment reads the bytes of a part, sent as multipart or in base64.
func (c *call) segment() (b []byte, index int, refused *reply) {
	if c.form != nil {
		index, err := strconv.Atoi(c.form.Get("segment_index"))
		if err != nil || c.file == nil {
			return nil, 0, refuse(invalid("", "", "The parts media and segment_index are required."))
		}
		return c.file, index, nil
	}
	var q struct {
		Media string           `json:"media"`
		Index *json.RawMessage `json:"segment_index"`
	}
	if refused := c.bind(&q); refused != nil {
		return nil, 0, refused
	}
	b, err := base64.StdEncoding.DecodeString(q.Media)
	if err != nil || q.Index == nil {
		return nil, 0, refuse(invalid("", "", "$.media and $.segment_index: are missing but they are required"))
	}
	index, err = strconv.Atoi(string(*q.Index))
	if err != nil {
		return nil, 0, refuse(invalid("segment_index", string(*q.Index), "$.segment_index: integer expected"))
	}
	return b, index, nil
}

func (s *Server) finalize(c *call, m *media) reply {
	if !m.done.IsZero() { // a repeated request changes nothing
		return data(s.uploadJSON(m))
	}
	var file []byte
	for i := range len(m.segments) {
		b, there := m.segments[i]
		if !there {
			return invalid("id", m.id, "Segments do not add up to provided total file size.")
		}
		file = append(file, b...)
	}
	if int64(len(file)) != m.total {
		return invalid("id", m.id, "Segments do not add up to provided total file size.")
	}
	if refused := s.process(c, m, file); refused != nil {
		return *refused
	}
	return data(s.uploadJSON(m))
}

// process looks into a file, and begins to process it.
func (s *Server) process(c *call, m *media, file []byte) *reply {
	sum := sha256.Sum256(file)
	m.size, m.sum = int64(len(file)), hex.EncodeToString(sum[:])
	if m.kind == "subtitles" {
		if !bytes.Contains(file, []byte("-->")) {
			return refuse(invalid("media", "", "The media is not of a type that is supported."))
		}
		m.done, m.ready = s.now(), s.now()
		return nil
	}
	info, err := mediax.Probe(c.req.Context(), bytes.NewReader(file), m.size)
	kind := map[mediax.Kind]string{mediax.Image: "photo", mediax.Animation: "animated_gif", mediax.Video: "video"}[info.Kind]
	if m.kind == "animated_gif" && info.MIME == "image/gif" {
		kind = "animated_gif" // also with a single frame
	}
	switch {
	case err != nil || kind != m.kind || m.mime != "" && info.MIME != m.mime && m.mime != "image/pjpeg":
		return refuse(invalid("media", "", "The media is not of the type and category that were announced."))
	case kind == "animated_gif" && info.MIME != "image/gif":
		return refuse(invalid("media", "", "The media is not of a type that is supported."))
	case m.size > largest(kind, c.me):
		return refuse(invalid("media", "", "File size exceeds the limit of its media category."))
	case !within(kind, info, c.me):
		return refuse(invalid("media", "", "The media is too long or too large."))
	}
	m.mime, m.width, m.height, m.length = info.MIME, info.Width, info.Height, info.Duration
	m.segments = nil
	m.done, m.ready = s.now(), s.now()
	if kind != "photo" {
		m.ready = s.now().Add(s.opts.MediaDelay)
	}
	return nil
}

// within reports whether a file has a length and size that X takes.
func within(kind string, info mediax.Info, u *user) bool {
	switch kind {
	case "animated_gif":
		return info.Frames <= 350 && info.Width <= 1280 && info.Height <= 1080
	case "video":
		return info.Duration == 0 || info.Duration >= minLength && (info.Duration <= maxMinutes || u.premium)
	}
	return true
}

// uploadWhole takes a file in a single request.
func (s *Server) uploadWhole(c *call) reply {
	category, file := c.form.Get("media_category"), c.file
	if c.form == nil {
		var q struct {
			Media    string `json:"media"`
			Category string `json:"media_category"`
			Owners   string `json:"additional_owners"`
		}
		if refused := c.bind(&q); refused != nil {
			return *refused
		}
		category = q.Category
		file, _ = base64.StdEncoding.DecodeString(q.Media)
	}
	if categories[category] == "" || category == "amplify_video" {
		return invalid("media_category", category, "$.media_category: does not have a value in the enumeration")
	}
	if len(file) == 0 {
		return lacking("media")
	}
	m := s.newMedia(c.me, category, "")
	if refused := s.process(c, m, file); refused != nil {
		delete(s.media, m.id)
		delete(s.byKey, m.key)
		return *refused
	}
	return data(s.uploadJSON(m))
}

func (s *Server) uploadStatus(c *call) reply {
	if command := c.query.Get("command"); command != "" && command != "STATUS" {
		return wrongValue("command", command, oneOf("STATUS"))
	}
	m := s.media[c.query.Get("media_id")]
	if m == nil || m.owners[0] != c.me || s.expired(m) {
		return invalid("media_id", c.query.Get("media_id"), "Invalid media id, or it has expired.")
	}
	return data(s.uploadJSON(m))
}

// FailMedia makes the processing of an upload end in failure, as it does for a
// video that the vendor cannot read.
func (s *Server) FailMedia(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.media[id]; m != nil {
		m.failed = true
	}
}
