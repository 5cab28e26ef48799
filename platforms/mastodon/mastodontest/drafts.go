package mastodontest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
)

// draft checks the parameters of a new or edited status as the vendor does.
func (s *Server) draft(c *call) (draft, *reply) {
	d := draft{
		text: c.Get("status"), spoiler: c.Get("spoiler_text"), sensitive: c.flag("sensitive"),
		visibility: c.Get("visibility"), language: c.Get("language"), policy: c.Get("quote_approval_policy"), app: c.token.app,
	}
	for _, step := range []func(*call, *draft) *reply{s.draftMedia, s.draftPoll, s.draftText, s.draftTargets} {
		if refusal := step(c, &d); refusal != nil {
			return d, refusal
		}
	}
	if d.visibility == "" {
		d.visibility = c.me.privacy
	}
	known := []string{"public", "unlisted", "private", "direct"}
	switch s.opts.Software {
	case GoToSocial:
		known = append(known, "mutuals_only")
	case Akkoma, Pleroma:
		known = append(known, "local", "list")
	}
	if !slices.Contains(known, d.visibility) {
		return d, refuse(invalid("Visibility is not included in the list"))
	}
	if d.spoiler != "" {
		d.sensitive = true
		if strings.TrimSpace(d.text) == "" && len(d.media) == 0 && d.poll == nil {
			d.text, d.spoiler = d.spoiler, ""
		}
	}
	return d, nil
}

func refuse(r reply) *reply { return &r }

func (s *Server) draftText(c *call, d *draft) *reply {
	if strings.TrimSpace(d.text) == "" && len(d.media) == 0 && d.spoiler == "" {
		return refuse(invalid("Text can't be blank"))
	}
	if n := textx.MastodonLength(d.text, d.spoiler, s.opts.Limits.URLLength); n > s.opts.Limits.Characters {
		return refuse(invalid(fmt.Sprintf("Text character limit of %d exceeded", s.opts.Limits.Characters)))
	}
	if s.opts.Software == Pixelfed && len(d.media) == 0 && !c.Has("in_reply_to_id") {
		return refuse(fail(http.StatusUnprocessableEntity, "The media ids field is required."))
	}
	return nil
}

func (s *Server) draftMedia(c *call, d *draft) *reply {
	ids := c.list("media_ids")
	if len(ids) > s.opts.Limits.Media {
		return refuse(invalid(fmt.Sprintf("Cannot attach more than %d files", s.opts.Limits.Media)))
	}
	var heavy int
	for _, id := range ids {
		m := s.media[id]
		if m == nil || m.owner != c.me {
			return refuse(invalid("Media not found"))
		}
		if s.now().Before(m.ready) {
			return refuse(invalid("Cannot attach files that have not finished processing. Try again in a moment!"))
		}
		if m.kind != "image" {
			heavy++
		}
		d.media = append(d.media, m)
	}
	if s.opts.Software == Mastodon && heavy > 0 && len(ids) > 1 {
		return refuse(invalid("Cannot attach a video to a post that already contains images"))
	}
	return nil
}

func (s *Server) draftPoll(c *call, d *draft) *reply {
	options := c.list("poll[options]")
	if len(options) == 0 {
		return nil
	}
	if s.opts.Software == Pixelfed {
		return nil
	}
	if len(d.media) > 0 {
		return refuse(invalid("Cannot attach files to a post with a poll"))
	}
	l := s.opts.Limits
	seconds, err := strconv.Atoi(c.Get("poll[expires_in]"))
	life := time.Duration(seconds) * time.Second
	switch {
	case err != nil || life <= 0:
		return refuse(invalid("Expires at can't be blank"))
	case len(options) < 2:
		return refuse(invalid("Options must be more than one item"))
	case len(options) > l.PollOptions:
		return refuse(invalid(fmt.Sprintf("Options can't contain more than %d items", l.PollOptions)))
	case life < l.PollMin:
		return refuse(invalid("Expires at is too soon"))
	case life > l.PollMax:
		return refuse(invalid("Expires at is too far into the future"))
	}
	for i, o := range options {
		if strings.TrimSpace(o) == "" || slices.Contains(options[:i], o) {
			return refuse(invalid("Options contain duplicate items"))
		}
		if textx.Graphemes(o) > l.PollChars {
			return refuse(invalid(fmt.Sprintf("Options can't be longer than %d characters each", l.PollChars)))
		}
	}
	hide := c.flag("poll[hide_totals]")
	if s.opts.Software == GoToSocial && !c.Has("poll[hide_totals]") {
		hide = true
	}
	d.poll = &poll{options: slices.Clone(options), votes: make([]int, len(options)), voters: map[string][]int{}, multiple: c.flag("poll[multiple]"), hide: hide}
	d.pollLife = life
	return nil
}

func (s *Server) draftTargets(c *call, d *draft) *reply {
	if id := c.Get("in_reply_to_id"); id != "" {
		to := s.byID[id]
		if to == nil || to.gone || !s.sees(c.me, to) {
			return refuse(fail(http.StatusNotFound, "The post you are trying to reply to does not appear to exist."))
		}
		d.inReplyTo = to
	}
	id := c.Get("quoted_status_id")
	if id == "" || s.opts.Software != Mastodon {
		return nil
	}
	q := s.byID[id]
	switch {
	case q == nil || q.gone || !s.sees(c.me, q):
		return refuse(notFound())
	case q.author != c.me && (q.policy == "nobody" || q.visibility == "private" || q.visibility == "direct"):
		return refuse(invalid("Quoted status cannot be quoted"))
	case q.visibility == "private":
		d.visibility = "private"
	}
	d.quote = q
	return nil
}
