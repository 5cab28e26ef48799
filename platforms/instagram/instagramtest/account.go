package instagramtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
)

// getPage tells which account a Page is linked to.
func (s *Server) getPage(c *metatest.Call) metatest.Reply {
	a := me(c)
	if a == nil || c.Node != c.Me {
		return *theirs(c)
	}
	if bad := s.fieldsOf(c, kindPage); bad != nil {
		return *bad
	}
	return metatest.OK(c.Select(object{"id": a.page, "name": a.username + "'s Page", "instagram_business_account": object{"id": a.id}}))
}

func (s *Server) getAccount(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	if bad := s.fieldsOf(c, kindAccount); bad != nil {
		return *bad
	}
	o := s.accountJSON(a)
	if s.opts.Login == Instagram {
		// The id of the answer is the app's own, which no path takes.
		o["user_id"], o["account_type"] = o["id"], "BUSINESS"
		o["id"] = "9" + a.id
	}
	spec := c.Get("fields")
	if m := discovery.FindStringSubmatch(spec); m != nil {
		other := s.byHandle(m[1])
		if other == nil || s.opts.Login == Instagram {
			return metatest.Fail(&metatest.Error{Code: 110, Subcode: 2207013, Message: "Invalid user id", UserTitle: "Cannot find User"})
		}
		found := s.accountJSON(other)
		var list []object
		for _, x := range s.mediaOf(other, false) {
			list = append(list, s.mediaJSON(x))
		}
		found["media"] = object{"data": list}
		o["business_discovery"] = found
	}
	if m := mentionedMedia.FindStringSubmatch(spec); m != nil {
		x := s.mediaByID(m[1])
		if x == nil || x.gone || !strings.Contains(x.caption, "@"+a.username) {
			return metatest.Fail(metatest.NotFound(m[1]))
		}
		o["mentioned_media"] = s.mediaJSON(x)
	}
	if m := mentionedComment.FindStringSubmatch(spec); m != nil {
		x := s.commentByID(m[1])
		if x == nil || x.gone || !strings.Contains(x.text, "@"+a.username) {
			return metatest.Fail(metatest.NotFound(m[1]))
		}
		o["mentioned_comment"] = s.commentJSON(x, a)
	}
	return metatest.OK(c.Select(o))
}

var (
	discovery        = regexp.MustCompile(`business_discovery\.username\(([^)]*)\)`)
	mentionedMedia   = regexp.MustCompile(`mentioned_media\.media_id\(([^)]*)\)`)
	mentionedComment = regexp.MustCompile(`mentioned_comment\.comment_id\(([^)]*)\)`)
)

func (s *Server) accountJSON(a *account) object {
	return object{
		"id": a.id, "username": a.username, "name": a.name, "biography": "about " + a.username, "website": "https://example.com/" + a.username,
		"profile_picture_url": s.pictureURL(a.username), "followers_count": a.crowd + len(a.followers), "follows_count": 0,
		"media_count": len(s.mediaOf(a, false)),
	}
}

func (s *Server) pictureURL(name string) string { return "https://cdn.example/" + name + ".jpg" }

// subscribe notes what an account is told about.
func (s *Server) subscribe(c *metatest.Call) metatest.Reply {
	a := me(c)
	if a == nil || c.Node != c.Me {
		return *theirs(c)
	}
	a.subscribed = c.List("subscribed_fields")
	return metatest.Success()
}

// Subscribed returns the fields of webhooks that an account is subscribed to.
func (s *Server) Subscribed(handle string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.byHandle(handle); a != nil {
		return slices.Clone(a.subscribed)
	}
	return nil
}

func (s *Server) setProfile(c *metatest.Call) metatest.Reply {
	a := me(c)
	if a == nil || c.Node != c.Me || c.Get("platform") != "instagram" {
		return *theirs(c)
	}
	a.questions = c.Get("ice_breakers")
	return metatest.OK(object{"result": "success"})
}

// Questions returns the ice breakers of an account, as JSON.
func (s *Server) Questions(handle string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.byHandle(handle); a != nil {
		return a.questions
	}
	return ""
}

// Invite asks an account to share a post as its second author, and returns the id
// of the post.
func (s *Server) Invite(handle, from string) string {
	a, who := s.person(handle), s.person(from)
	id := s.newMedia(&media{owner: who, caption: "together", kind: "IMAGE", product: "FEED", visitor: true})
	s.mu.Lock()
	defer s.mu.Unlock()
	a.invites = append(a.invites, object{"media_id": id, "caption": "together", "media_owner_username": from})
	return id
}

func (s *Server) listInvites(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	return metatest.Paged(c, a.invites, 25)
}

func (s *Server) answerInvite(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	before := len(a.invites)
	a.invites = slices.DeleteFunc(a.invites, func(o object) bool { return o["media_id"] == c.Get("media_id") })
	if len(a.invites) == before {
		return metatest.Fail(metatest.Invalid("media_id"))
	}
	return metatest.Success()
}

// badMetric refuses a name in the vendor's way.
func badMetric(name string, allowed []string) metatest.Reply {
	return metatest.Fail(metatest.Invalid(fmt.Sprintf("metric[0] must be one of the following values: %s (%s)", strings.Join(allowed, ", "), name)))
}

var accountMetrics = []string{
	"reach", "views", "accounts_engaged", "replies", "reposts", "total_interactions", "likes", "comments", "shares", "saves",
	"follows_and_unfollows", "profile_links_taps", "follower_demographics", "engaged_audience_demographics", "follower_count", "online_followers",
}

func (s *Server) accountInsights(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	since, until := time.Unix(c.Number("since", 0), 0), time.Unix(c.Number("until", s.now().Unix()), 0)
	if c.Get("since") == "" {
		since = until.Add(-24 * time.Hour)
	}
	switch {
	case until.Sub(since) > 30*24*time.Hour:
		return metatest.Fail(metatest.Invalid("There cannot be more than 30 days (2592000 s) between since and until"))
	case c.Get("period") == "":
		return metatest.Fail(metatest.Invalid("period is required"))
	}
	out := []object{}
	for _, name := range c.List("metric") {
		switch {
		case !slices.Contains(accountMetrics, name) || slices.Contains(s.opts.DeadMetrics, name):
			return badMetric(name, accountMetrics)
		case strings.HasSuffix(name, "_demographics"):
			if c.Get("period") != "lifetime" || c.Get("breakdown") == "" || c.Get("timeframe") == "" {
				return metatest.Fail(metatest.Invalid("demographics need period lifetime, a breakdown and a timeframe"))
			}
			if in := s.demographics(a, name, c.Get("breakdown")); in != nil {
				out = append(out, in)
			}
		case c.Get("metric_type") != "total_value":
			return metatest.Fail(metatest.Invalid("metric_type total_value is required"))
		default:
			out = append(out, object{
				"name": name, "period": "day", "id": a.id + "/insights/" + name + "/day", "title": name, "description": name,
				"total_value": object{"value": s.sum(a, name, since, until)},
			})
		}
	}
	return metatest.OK(object{"data": out})
}

// sum adds up what the media of a window have.
func (s *Server) sum(a *account, name string, since, until time.Time) int {
	n := 0
	for _, m := range s.media {
		if m.owner == a && !m.gone && !m.at.Before(since) && m.at.Before(until) {
			n += s.number(m, name)
		}
	}
	return n
}

// demographics are made up of how many follow.
func (s *Server) demographics(a *account, name, by string) object {
	n := a.crowd + len(a.followers)
	if n < 100 {
		return nil
	}
	names := map[string][2]string{"age": {"18-24", "25-34"}, "gender": {"F", "M"}, "country": {"DE", "FR"}, "city": {"Berlin, Berlin", "Lyon, Rhône"}}[by]
	return object{
		"name": name, "period": "lifetime", "id": a.id + "/insights/" + name + "/lifetime",
		"total_value": object{"breakdowns": []object{{
			"dimension_keys": []string{"timeframe", by}[1:],
			"results":        []object{{"dimension_values": []string{names[0]}, "value": n - n/3}, {"dimension_values": []string{names[1]}, "value": n / 3}},
		}}},
	}
}

var mediaMetrics = map[string][]string{
	"FEED": {
		"views", "reach", "shares", "total_interactions", "reposts", "likes", "comments", "saved", "follows", "profile_visits", "profile_activity",
	},
	"REELS": {
		"views", "reach", "shares", "total_interactions", "reposts", "likes", "comments", "saved", "ig_reels_avg_watch_time",
		"ig_reels_video_view_total_time", "reels_skip_rate",
	},
	"STORY": {
		"views", "reach", "shares", "total_interactions", "reposts", "follows", "profile_visits", "profile_activity", "navigation", "replies",
	},
}

func (s *Server) mediaInsights(c *metatest.Call) metatest.Reply {
	m, refusal := ownMedia(c)
	if refusal != nil {
		return *refusal
	}
	allowed := slices.Clone(mediaMetrics[m.product])
	if m.product == "STORY" && s.opts.Login == Facebook {
		allowed = append(allowed, "link_clicks")
	}
	out := []object{}
	for _, name := range c.List("metric") {
		if !slices.Contains(allowed, name) || slices.Contains(s.opts.DeadMetrics, name) {
			return badMetric(name, allowed)
		}
		out = append(out, object{
			"name": name, "period": "lifetime", "values": []object{{"value": s.number(m, name)}}, "title": name, "description": name,
			"id": m.id + "/insights/" + name + "/lifetime",
		})
	}
	if m.product == "STORY" && len(m.likes) < 5 {
		return metatest.Fail(&metatest.Error{Code: 10, Message: "(#10) Not enough viewers for the media to show insights"})
	}
	return metatest.OK(object{"data": out})
}

// number is a count of a media: everybody who did something has seen it.
func (s *Server) number(m *media, name string) int {
	comments := len(s.remarksOn(m, nil))
	switch name {
	case "likes":
		return len(m.likes)
	case "comments":
		return comments
	case "shares":
		return len(m.shares)
	case "views", "reach":
		return max(len(m.likes), len(m.shares), comments)
	case "total_interactions", "accounts_engaged":
		return len(m.likes) + len(m.shares) + comments
	case "ig_reels_video_view_total_time":
		return 1500 * len(m.likes)
	}
	return 0
}

// quoted is a JSON text as an id, numbers included.
func quoted(raw json.RawMessage) string {
	var v string
	if json.Unmarshal(raw, &v) == nil {
		return v
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return ""
}
