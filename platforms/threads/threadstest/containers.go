package threadstest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
)

var containerParams = []string{
	"media_type", "text", "image_url", "video_url", "alt_text", "is_carousel_item", "children", "reply_to_id", "quote_post_id",
	"link_attachment", "poll_attachment", "text_attachment", "gif_attachment", "is_spoiler_media", "text_entities", "is_ghost_post",
	"topic_tag", "reply_control", "enable_reply_approvals", "location_id", "allowlisted_country_codes", "auto_publish_text",
}

// createContainer checks what is to be published and begins to fetch its media.
func (s *Server) createContainer(c *call) metatest.Reply {
	if r, ok := c.only(containerParams...); !ok {
		return r
	}
	draft := &thread{
		author: c.me, text: c.Get("text"), topic: c.Get("topic_tag"), link: c.Get("link_attachment"), control: c.Get("reply_control"),
		spoiler: c.Flag("is_spoiler_media"), ghost: c.Flag("is_ghost_post"), approvals: c.Flag("enable_reply_approvals"), location: c.Get("location_id"),
	}
	k := &container{owner: c.me, kind: c.Get("media_type"), made: s.now(), ready: s.now(), item: c.Flag("is_carousel_item"), draft: draft}
	for _, step := range []func(*call, *container) *metatest.Reply{s.checkText, s.checkAttachments, s.checkTargets, s.takeMedia} {
		if refusal := step(c, k); refusal != nil {
			return *refusal
		}
	}
	if c.Flag("auto_publish_text") {
		if k.kind != "TEXT" {
			return failure(100, 0, "Param auto_publish_text is for text posts only")
		}
		return s.goLive(c, k)
	}
	k.id = c.AddNode("container", "", "", nil).ID
	s.containers[k.id] = k
	return metatest.OK(object{"id": k.id})
}

func refuse(r metatest.Reply) *metatest.Reply { return &r }

var linkPattern = regexp.MustCompile(`https?://\S+`)

func (s *Server) checkText(c *call, k *container) *metatest.Reply {
	d := k.draft
	if utf8.RuneCountInString(d.text) > 500 {
		return refuse(failure(100, 0, "Param text must be at most 500 characters long."))
	}
	links := map[string]bool{}
	for _, l := range linkPattern.FindAllString(d.text, -1) {
		links[l] = true
	}
	if d.link != "" {
		links[d.link] = true
	}
	switch {
	case len(links) > 5:
		return refuse(failure(100, 0, "THREADS_API__LINK_LIMIT_EXCEEDED"))
	case utf8.RuneCountInString(d.topic) > 50 || strings.ContainsAny(d.topic, ".&"):
		return refuse(failure(100, 0, "Param topic_tag is invalid"))
	case utf8.RuneCountInString(c.Get("alt_text")) > 1000:
		return refuse(failure(100, 0, "Param alt_text must be at most 1000 characters long."))
	case k.item && d.text != "":
		return refuse(failure(100, 0, "Items of a carousel have no text"))
	}
	switch d.control {
	case "", "everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only":
	default:
		return refuse(failure(100, 0, "Param reply_control is invalid"))
	}
	return nil
}

// checkAttachments checks what only posts of text may have.
func (s *Server) checkAttachments(c *call, k *container) *metatest.Reply {
	d, attached := k.draft, false
	if c.Get("poll_attachment") != "" {
		var poll struct {
			A string `json:"option_a"`
			B string `json:"option_b"`
			C string `json:"option_c"`
			D string `json:"option_d"`
		}
		if !c.JSON("poll_attachment", &poll) || poll.A == "" || poll.B == "" {
			return refuse(failure(100, 0, "Param poll_attachment is invalid"))
		}
		for _, o := range []string{poll.A, poll.B, poll.C, poll.D} {
			if utf8.RuneCountInString(o) > 25 {
				return refuse(failure(100, 0, "Poll options must be at most 25 characters long"))
			}
			if o != "" {
				d.poll = append(d.poll, o)
			}
		}
		attached = true
	}
	var long struct {
		Plain string `json:"plaintext"`
	}
	if c.Get("text_attachment") != "" {
		if !c.JSON("text_attachment", &long) || long.Plain == "" || utf8.RuneCountInString(long.Plain) > 10000 {
			return refuse(failure(100, 0, "Param text_attachment is invalid"))
		}
		attached = true
	}
	var gif struct {
		ID       string `json:"gif_id"`
		Provider string `json:"provider"`
	}
	if c.Get("gif_attachment") != "" {
		if !c.JSON("gif_attachment", &gif) || gif.ID == "" || gif.Provider != "GIPHY" && gif.Provider != "TENOR" {
			return refuse(failure(100, 0, "Param gif_attachment is invalid"))
		}
		attached = true
	}
	switch {
	case k.kind != "TEXT" && (attached || d.link != "" || d.ghost):
		return refuse(failure(100, 0, "This attachment is for text posts only"))
	case k.kind == "TEXT" && strings.TrimSpace(d.text) == "" && !attached && d.link == "":
		return refuse(failure(100, 0, "Param text is required"))
	}
	return nil
}

func (s *Server) checkTargets(c *call, k *container) *metatest.Reply {
	for name, into := range map[string]**thread{"reply_to_id": &k.draft.parent, "quote_post_id": &k.draft.quote} {
		id := c.Get(name)
		if id == "" {
			continue
		}
		t := s.threads[id]
		if t == nil || !t.visible(s.now()) {
			return refuse(failure(100, 0, "Param "+name+" is not a post that exists"))
		}
		*into = t
	}
	return nil
}

// takeMedia fetches, or gathers the items of a carousel.
func (s *Server) takeMedia(c *call, k *container) *metatest.Reply {
	address := map[string]string{"IMAGE": c.Get("image_url"), "VIDEO": c.Get("video_url")}[k.kind]
	switch k.kind {
	case "TEXT":
		k.draft.kind = "TEXT_POST"
		return nil
	case "CAROUSEL":
		return s.gather(c, k)
	case "IMAGE", "VIDEO":
		k.draft.kind = k.kind
	default:
		return refuse(failure(100, 0, "Param media_type must be one of TEXT, IMAGE, VIDEO, CAROUSEL"))
	}
	if address == "" {
		return refuse(failure(100, 0, "The address of the media is missing"))
	}
	sum, err := s.fetch(address)
	if err != nil && k.kind == "IMAGE" {
		return refuse(failure(9004, 2207052, "The media could not be fetched from this URI"))
	}
	if err != nil {
		k.failure = "FAILED_DOWNLOADING_VIDEO"
	}
	if len(s.failures) > 0 {
		k.failure, s.failures = s.failures[0], s.failures[1:]
	}
	k.draft.media = &asset{url: address, sum: sum, alt: c.Get("alt_text")}
	k.ready = k.made.Add(s.opts.ImageDelay)
	if k.kind == "VIDEO" {
		k.ready = k.made.Add(s.opts.VideoDelay)
	}
	return nil
}

func (s *Server) gather(c *call, k *container) *metatest.Reply {
	k.draft.kind = "CAROUSEL_ALBUM"
	children := c.List("children")
	if len(children) < 2 || len(children) > 20 {
		return refuse(failure(100, 0, "A carousel has 2 to 20 children"))
	}
	for _, id := range children {
		item := s.containers[id]
		if item == nil || item.owner != c.me || !item.item || item.status(s.now()) != "FINISHED" {
			return refuse(missing())
		}
		k.items = append(k.items, item)
	}
	return nil
}

const maxFetch = 64 << 20

// fetch gets what is at an address, as the vendor does for itself.
func (s *Server) fetch(address string) (string, error) {
	resp, err := s.opts.Fetch.Get(address)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", http.ErrMissingFile
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(resp.Body, maxFetch)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// known returns a container that can be seen.
func (s *Server) known(c *call, id string) *container {
	k := s.containers[id]
	if k == nil || k.owner != c.me || s.now().Before(k.made.Add(s.opts.Unseen)) {
		return nil
	}
	return k
}

func (s *Server) getContainer(c *call) metatest.Reply {
	k := s.known(c, c.Node.ID)
	if k == nil {
		return missing()
	}
	o := object{"id": k.id, "status": k.status(s.now())}
	if o["status"] == "ERROR" {
		o["error_message"] = k.failure
	}
	return c.answer(o, []string{"id", "status", "error_message"})
}

func (s *Server) publishContainer(c *call) metatest.Reply {
	if r, ok := c.only("creation_id"); !ok {
		return r
	}
	var script *scripted
	if len(s.scripted) > 0 {
		script = &s.scripted[0]
		s.scripted = s.scripted[1:]
		if !script.effect {
			return metatest.Fail(&script.answer)
		}
	}
	k := s.known(c, c.Get("creation_id"))
	switch {
	case k == nil:
		return missing()
	case k.item:
		return failure(100, 0, "Items of a carousel cannot be published")
	case k.status(s.now()) != "FINISHED":
		return missing()
	}
	r := s.goLive(c, k)
	if script != nil {
		return metatest.Fail(&script.answer)
	}
	return r
}

// goLive publishes for one of the day's budget.
func (s *Server) goLive(c *call, k *container) metatest.Reply {
	budget, limit := "posts", s.opts.Posts
	if k.draft.parent != nil {
		budget, limit = "replies", s.opts.Replies
	}
	if !c.me.spend(budget, limit, s.now()) {
		return failure(9, 2207042, "The user has reached the maximum number of posts that is permitted to be created by this application.")
	}
	for _, item := range k.items {
		item.published = true
		child := item.draft
		child.id, child.at, child.shortcode = c.AddNode("thread", "", "", nil).ID, s.now(), "DC"+item.id
		s.threads[child.id] = child // by its id alone: no list has it
		k.draft.children = append(k.draft.children, child)
	}
	k.published = true
	s.publish(k.draft, c.AddNode("thread", "", "", nil).ID)
	return metatest.OK(object{"id": k.draft.id})
}

var limitFields = []string{
	"quota_usage", "config", "reply_quota_usage", "reply_config", "delete_quota_usage", "delete_config",
	"location_search_quota_usage", "location_search_config", "search_quota_usage", "search_config",
}

func (s *Server) publishingLimit(c *call) metatest.Reply {
	o := object{}
	for _, b := range []struct {
		prefix, budget string
		limit          int
	}{
		{"", "posts", s.opts.Posts}, {"reply_", "replies", s.opts.Replies}, {"delete_", "deletes", s.opts.Deletes},
		{"location_search_", "locations", s.opts.Locations}, {"search_", "searches", s.opts.Searches},
	} {
		if b.limit < 0 {
			continue
		}
		o[b.prefix+"quota_usage"] = c.me.used(b.budget, s.now())
		o[b.prefix+"config"] = object{"quota_total": b.limit, "quota_duration": 86400}
	}
	v, fault := c.show(o, limitFields)
	if fault != nil {
		return *fault
	}
	return metatest.OK(object{"data": []any{v}})
}
