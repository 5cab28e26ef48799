package xtest

import (
	"fmt"
	"slices"
	"time"
)

// metricsLife is how old a post may be for what only its author may know.
const metricsLife = 30 * day

// SetMetrics sets the counts of a post that nothing else sets.
func (s *Server) SetMetrics(id string, m Metrics) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byID[id]
	if p == nil {
		return fmt.Errorf("xtest: no post %q", id)
	}
	p.chain.metrics = m
	return nil
}

// metrics makes the counts of a post. All but the public ones are for its author,
// and for 30 days; else they are an error within the answer.
func (v *view) metrics(p *post, f string) (val any, has bool) {
	ch, m := p.chain, p.chain.metrics
	if f == "public_metrics" {
		o := object{
			"impression_count": m.Impressions, "like_count": len(ch.likes), "reply_count": ch.replies, "quote_count": ch.quotes,
			"bookmark_count": len(ch.bookmarks),
		}
		v.s.put(o, "repost_count", len(ch.reposts))
		return o, true
	}
	why := ""
	switch {
	case v.c.me != p.author:
	case v.s.since(p.created) > metricsLife:
		why = ", because it is older than 30 days"
	case f == "promoted_metrics":
		why = ", because it was not promoted"
	default:
		o := object{"impression_count": m.Impressions, "url_link_clicks": m.LinkClicks, "user_profile_clicks": m.ProfileClicks}
		if f == "non_public_metrics" {
			o["engagements"] = m.Engagements
			return o, true
		}
		o["like_count"], o["reply_count"] = len(ch.likes), ch.replies
		v.s.put(o, "repost_count", len(ch.reposts))
		return o, true
	}
	v.errors = append(v.errors, fieldError(f, v.parameter, p.id, why))
	return nil, false
}

// medium is a file as the request wants to see it; p is the post that it is in.
func (v *view) medium(m *media, p *post) object {
	o := object{"media_key": m.key, "type": m.kind, "width": m.width, "height": m.height}
	if m.alt != "" {
		o["alt_text"] = m.alt
	}
	if m.kind == "photo" {
		o["url"] = "https://pbs.twimg.com/media/" + m.id + ".jpg"
	} else {
		o["preview_image_url"] = "https://pbs.twimg.com/media/" + m.id + ".jpg"
		o["variants"] = []object{{"content_type": "video/mp4", "url": "https://video.twimg.com/" + m.id + ".mp4", "bit_rate": 0}}
	}
	if m.kind == "video" {
		o["duration_ms"] = int(m.length.Milliseconds())
		views := 0
		if p != nil {
			views = p.chain.metrics.VideoViews
		}
		o["public_metrics"] = object{"view_count": views}
		played := object{"playback_0_count": views, "playback_25_count": 0, "playback_50_count": 0, "playback_75_count": 0, "playback_100_count": 0}
		own := v.c.me != nil && m.owners[0] == v.c.me
		for _, f := range []string{"non_public_metrics", "organic_metrics"} {
			switch {
			case !v.media[f]:
			case own && v.s.since(m.created) <= metricsLife:
				o[f] = played
			default:
				e := fieldError(f, "media_keys", m.key, "")
				e["resource_type"] = "media"
				v.errors = append(v.errors, e)
			}
		}
	}
	return only(v.media, o)
}

var analyticsFields = []string{
	"app_install_attempts", "app_opens", "bookmarks", "detail_expands", "email_tweet", "engagements", "follows", "hashtag_clicks",
	"impressions", "likes", "media_views", "permalink_clicks", "quote_tweets", "replies", "retweets", "shares", "unfollows", "unlikes",
	"url_clicks", "user_profile_clicks",
}

// analytics reports on posts of the account. Counts have no history here: all of
// them fall into the bucket in which the post was made, and none if it was made
// out of range.
func (s *Server) analytics(c *call) reply {
	ids, fields := c.list("ids"), c.list("analytics.fields")
	if len(ids) == 0 || len(ids) > 100 {
		return invalid("ids", c.query.Get("ids"), "The number of values in the `ids` query parameter list is not between 1 and 100")
	}
	sp, refused := c.span()
	if refused != nil {
		return *refused
	}
	if sp.from.IsZero() || sp.to.IsZero() {
		return invalid("start_time", "", "The `start_time` and `end_time` query parameters are required")
	}
	g := c.query.Get("granularity")
	pick(&g, "total")
	step, known := map[string]time.Duration{"hourly": time.Hour, "daily": day, "weekly": week, "total": sp.to.Sub(sp.from)}[g]
	if !known {
		return wrongValue("granularity", g, oneOf("hourly", "daily", "weekly", "total"))
	}
	for _, f := range fields {
		if !slices.Contains(analyticsFields, f) && f != "id" && f != "timestamp" && f != "timestamped_metrics" {
			return wrongValue("analytics.fields", f, oneOf(analyticsFields...))
		}
	}
	if c.app.tier == SelfServe {
		return s.enterprise(nil)(c)
	}
	var out, errs []object
	var costs []cost
	for _, id := range ids {
		p := s.byID[id]
		switch {
		case p == nil || p.gone:
			errs = append(errs, missing("tweet", "ids", id))
		case p.author != c.me:
			errs = append(errs, closed("tweet", "ids", id))
		default:
			out = append(out, object{"id": id, "timestamped_metrics": buckets(p, sp, step, fields)})
			costs = append(costs, cost{kind: "post.read", id: id, own: c.owns(c.me)})
		}
	}
	body := object{}
	if out != nil {
		body["data"] = out
	}
	r := ok(withErrors(body, errs))
	r.cost = costs
	return r
}

func buckets(p *post, sp span, step time.Duration, fields []string) []object {
	out := []object{}
	for at := sp.from; at.Before(sp.to); at = at.Add(step) {
		all := map[string]int{}
		if !p.created.Before(at) && p.created.Before(at.Add(step)) && p.created.Before(sp.to) {
			all = counts(p)
		}
		m := object{}
		for _, f := range analyticsFields {
			if slices.Contains(fields, f) {
				m[f] = all[f]
			}
		}
		out = append(out, object{"timestamp": stamp(at), "metrics": m})
	}
	return out
}

func counts(p *post) map[string]int {
	m := p.chain.metrics
	return map[string]int{
		"impressions": m.Impressions, "engagements": m.Engagements, "url_clicks": m.LinkClicks, "user_profile_clicks": m.ProfileClicks,
		"likes": len(p.chain.likes), "replies": p.chain.replies, "retweets": len(p.chain.reposts), "quote_tweets": p.chain.quotes,
		"bookmarks": len(p.chain.bookmarks), "media_views": m.VideoViews,
	}
}
