package instagramtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	_ "image/jpeg" // to look at what is posted
	"strings"
	"time"
	"unicode/utf16"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func refused(code, subcode int, message string) *metatest.Reply {
	r := metatest.Fail(&metatest.Error{Code: code, Subcode: subcode, Message: message, UserTitle: message, UserMessage: message})
	return &r
}

// makeContainer makes a container of one of the kinds.
func (s *Server) makeContainer(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	x := &container{
		owner: a, made: s.now(), mediaType: c.Get("media_type"), caption: c.Get("caption"), alt: c.Get("alt_text"), item: c.Flag("is_carousel_item"),
	}
	if len(utf16.Encode([]rune(x.caption))) > 2200 {
		return *refused(36004, 2207010, "The caption was too long")
	}
	if bad := s.checkType(c, x); bad != nil {
		return *bad
	}
	if bad := s.fill(c, x); bad != nil {
		return *bad
	}
	n := c.AddNode(kindContainer, "", "container", x)
	x.id = n.ID
	s.containers = append(s.containers, x)
	answer := object{"id": x.id}
	if x.resumable {
		answer["uri"] = c.NewUpload(x.id, true)
	}
	return metatest.OK(answer)
}

// checkType refuses kinds that do not exist or not here.
func (s *Server) checkType(c *metatest.Call, x *container) *metatest.Reply {
	x.resumable = c.Get("upload_type") == "resumable"
	switch x.mediaType {
	case "", "STORIES":
		x.video = c.Get("video_url") != "" || x.resumable
		if x.mediaType == "" && x.video {
			return refused(100, 2207023, "media_type is required for a video")
		}
	case "REELS":
		x.video = true
	case "VIDEO":
		if x.video = true; !x.item {
			return refused(100, 2207023, "The media type VIDEO is no longer supported. Use the REELS media type")
		}
	case "CAROUSEL":
	default:
		return refused(100, 2207023, "The media type is unknown")
	}
	switch {
	case x.resumable && s.opts.Login == Instagram:
		return refused(100, 0, "(#100) The parameter video_url is required")
	case x.item && (x.caption != "" || c.Get("collaborators") != "" || c.Get("location_id") != ""):
		return refused(100, 0, "(#100) An item of a carousel has no caption, place or collaborators")
	case x.video && x.alt != "":
		return refused(100, 0, "(#100) alt_text is for images")
	case s.opts.Login == Instagram && c.Get("product_tags")+c.Get("poll_attachment")+c.Get("is_comment_prompt_used")+c.Get("audio_configuration")+c.Get("is_paid_partnership") != "":
		return refused(100, 0, "(#100) Unsupported parameter for this login")
	}
	return nil
}

// fill fetches what the container shows.
func (s *Server) fill(c *metatest.Call, x *container) *metatest.Reply {
	switch {
	case x.mediaType == "CAROUSEL":
		return s.fillCarousel(c, x)
	case x.resumable:
		return nil
	}
	name, delay := "image_url", s.opts.ImageDelay
	if x.video {
		name, delay = "video_url", s.opts.VideoDelay
	}
	at := c.Get(name)
	if at == "" {
		return refused(100, 0, "(#100) The parameter "+name+" is required")
	}
	b, err := s.opts.Fetch(at)
	if err != nil {
		return refused(9004, 2207052, "The media could not be fetched from this URI")
	}
	if !x.video {
		if bad := checkImage(b, x); bad != nil {
			return bad
		}
	}
	if cover := c.Get("cover_url"); cover != "" {
		if _, err := s.opts.Fetch(cover); err != nil {
			return refused(9004, 2207052, "The cover could not be fetched from this URI")
		}
	}
	sum := sha256.Sum256(b)
	x.digest, x.ready = hex.EncodeToString(sum[:]), s.now().Add(delay)
	if x.video && bytes.Contains(b, []byte("BROKEN")) {
		x.failed = "2207026"
	}
	return nil
}

func checkImage(b []byte, x *container) *metatest.Reply {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(b))
	switch {
	case len(b) > 8<<20:
		return refused(36000, 2207004, "The image size is too large.")
	case err != nil || format != "jpeg":
		return refused(36001, 2207005, "The image format is not supported.")
	case x.mediaType == "" && !x.item && outside(cfg.Width, cfg.Height):
		return refused(36003, 2207009, "The aspect ratio is not supported.")
	}
	return nil
}

func outside(width, height int) bool {
	ratio := float64(width) / float64(height)
	return ratio < 0.799 || ratio > 1.911
}

func (s *Server) fillCarousel(c *metatest.Call, x *container) *metatest.Reply {
	ids := c.List("children")
	if len(ids) < 2 || len(ids) > 10 {
		return refused(100, 2207028, "A carousel needs 2 to 10 items")
	}
	for _, id := range ids {
		n := c.Lookup(id)
		child, _ := valueOf(n).(*container)
		switch {
		case child == nil || child.owner != x.owner || !child.item:
			return refused(100, 2207028, "An item of the carousel is invalid")
		case s.statusOf(c, child) != finished:
			return refused(9007, 2207027, "An item of the carousel is not ready")
		}
		x.children = append(x.children, child)
	}
	x.ready = s.now().Add(s.opts.ImageDelay)
	return nil
}

func valueOf(n *metatest.Node) any {
	if n == nil {
		return nil
	}
	return n.Value
}

// statusOf looks at a container, and begins to process a file that has come.
func (s *Server) statusOf(c *metatest.Call, x *container) string {
	if x.resumable && x.ready.IsZero() {
		if u, ok := c.Upload(x.id); ok && u.Done {
			x.digest, x.ready = u.SHA256, s.now().Add(s.opts.VideoDelay)
		}
	}
	return x.status(s.now())
}

func (s *Server) getContainer(c *metatest.Call) metatest.Reply {
	x, _ := c.Node.Value.(*container)
	if x == nil || x.owner != me(c) {
		return *theirs(c)
	}
	if bad := s.fieldsOf(c, kindContainer); bad != nil {
		return *bad
	}
	status := s.statusOf(c, x)
	words := map[string]string{
		finished: "Finished: Media has been uploaded and it is ready to be published.", inProgress: "In Progress: Media is still being processed.",
		published: "Published: Media has been already published.", expired: "Expired: Media wasn't published within 24 hours.",
		failed: "Error: Media upload has failed with error code " + x.failed,
	}[status]
	o := object{"id": x.id, "status_code": status, "status": words}
	if x.resumable {
		u, _ := c.Upload(x.id)
		o["video_status"] = object{"uploading_phase": object{"status": strings.ToLower(status), "bytes_transferred": u.Received}}
	}
	return metatest.OK(c.Select(o))
}

// Break makes every container fail that is not public, with a subcode.
func (s *Server) Break(subcode string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.containers {
		x.failed = subcode
	}
}

// publishContainer makes a container public, once.
func (s *Server) publishContainer(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	x, _ := valueOf(c.Lookup(c.Get("creation_id"))).(*container)
	if x == nil || x.owner != a || x.item {
		return *refused(24, 2207008, "The media with creation_id "+c.Get("creation_id")+" does not exist")
	}
	return s.lied(Publish, func() metatest.Reply {
		switch s.statusOf(c, x) {
		case expired:
			return *refused(-2, 2207020, "The media you are trying to publish has expired")
		case failed:
			return *refused(100, 2207032, "Create media failed, please try to re-create media")
		case inProgress, published:
			return *refused(9007, 2207027, "The media is not ready for publishing, please wait for a moment")
		}
		if s.publishedOf(a) >= s.opts.Posts {
			return *refused(9, 2207042, "The user has reached maximum number of posts that is allowed to be created within 24 hours")
		}
		x.published = true
		m := s.mediaOfContainer(x)
		s.put(c, m)
		return metatest.OK(object{"id": m.id})
	})
}

func (s *Server) mediaOfContainer(x *container) *media {
	m := &media{owner: x.owner, caption: x.caption, alt: x.alt, kind: "IMAGE", product: "FEED", digest: x.digest}
	if x.video {
		m.kind = "VIDEO"
	}
	switch x.mediaType {
	case "REELS":
		m.product = "REELS"
	case "STORIES":
		m.product, m.caption, m.alt = "STORY", "", ""
	case "CAROUSEL":
		m.kind = "CAROUSEL_ALBUM"
		for _, child := range x.children {
			kind := "IMAGE"
			if child.video {
				kind = "VIDEO"
			}
			m.children = append(m.children, &media{owner: x.owner, alt: child.alt, kind: kind, product: "FEED", digest: child.digest})
		}
	}
	return m
}

// put makes a media public.
func (s *Server) put(c *metatest.Call, m *media) {
	for _, child := range m.children {
		child.id, child.at = c.NewID(), s.now()
		child.shortcode = "C" + child.id
	}
	m.id = c.AddNode(kindMedia, "", "media", m).ID
	m.at, m.shortcode = s.now(), "D"+m.id
	s.media = append(s.media, m)
	c.Ledger().Add(s.ledger(m))
}

func (s *Server) ledger(m *media) sim.Item {
	return sim.Item{
		Platform: Platform, Account: m.owner.username, Text: m.caption, Media: m.prints(), ID: m.id, URL: permalink(m), At: m.at, Visitor: m.visitor,
	}
}

const postWindow = 24 * time.Hour

func (s *Server) publishedOf(a *account) int {
	n := 0
	for _, m := range s.media {
		if m.owner == a && m.at.After(s.now().Add(-postWindow)) {
			n++
		}
	}
	return n
}

func (s *Server) publishingLimit(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	return metatest.OK(object{"data": []object{{
		"quota_usage": s.publishedOf(a), "config": object{"quota_total": s.opts.Posts, "quota_duration": int(postWindow / time.Second)},
	}}})
}
