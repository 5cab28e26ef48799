package facebooktest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) insightRoutes() []metatest.Route {
	scopes := []string{"read_insights"}
	return []metatest.Route{
		{Method: "GET", Kind: "page", Edge: "insights", Class: sim.Read, Scopes: scopes, Handler: s.measure(pageMetrics)},
		{Method: "GET", Kind: "post", Edge: "insights", Class: sim.Read, Scopes: scopes, Handler: s.measure(postMetrics)},
		{Method: "GET", Kind: "video", Edge: "video_insights", Class: sim.Read, Scopes: scopes, Handler: s.measure(videoMetrics)},
	}
}

// The names that answer on v25.
var (
	pageMetrics = strings.Fields("page_media_view page_total_media_view_unique page_views_total page_post_engagements page_total_actions page_follows " +
		"page_daily_follows page_daily_follows_unique page_daily_unfollows_unique page_lifetime_engaged_followers_unique page_actions_post_reactions_total " +
		"page_actions_post_reactions_like_total page_video_views page_video_repeat_views page_video_complete_views_30s page_video_view_time")
	postMetrics = strings.Fields("post_media_view post_total_media_view_unique post_clicks post_clicks_by_type post_reactions_by_type_total " +
		"post_reactions_like_total post_activity_by_action_type post_video_views post_video_avg_time_watched post_video_view_time")
	videoMetrics = strings.Fields("total_video_views fb_reels_total_plays blue_reels_play_count post_video_avg_time_watched post_video_view_time")
)

// measure answers insights; one name that is not valid fails the whole request.
func (s *Server) measure(valid []string) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		names := c.List("metric")
		for _, n := range names {
			if !slices.Contains(valid, n) || slices.Contains(s.opts.DeadMetrics, n) {
				return metatest.Fail(metatest.Invalid("The value must be a valid insights metric"))
			}
		}
		period := c.Get("period")
		since, until := time.Unix(c.Number("since", 0), 0), time.Unix(c.Number("until", s.now().Unix()), 0)
		if until.Sub(since) > 93*24*time.Hour && c.Get("since") != "" {
			return metatest.Fail(metatest.Invalid("There cannot be more than 93 days between since and until"))
		}
		data := []object{}
		for _, n := range names {
			value := s.insights[c.Node.ID][n]
			if value == "" {
				value = "0"
			}
			out := object{
				"name": n, "period": period, "title": n, "description": n, "id": c.Node.ID + "/insights/" + n + "/" + period,
				"values": []object{{"value": rawJSON(value)}},
			}
			if period == "day" {
				out["values"] = days(since, until, value)
			}
			data = append(data, out)
		}
		return metatest.OK(object{"data": data, "paging": object{"previous": c.URL() + "/x?since=1&until=2&access_token=" + c.Token.Value}})
	}
}

// days has a value for each day, which ends at 8 in UTC, as midnight on the US
// Pacific coast does in winter.
func days(since, until time.Time, value string) []object {
	var out []object
	end := time.Date(since.UTC().Year(), since.UTC().Month(), since.UTC().Day(), 8, 0, 0, 0, time.UTC)
	if !end.After(since) {
		end = end.Add(24 * time.Hour)
	}
	for ; !end.After(until) && len(out) < 93; end = end.Add(24 * time.Hour) {
		out = append(out, object{"value": rawJSON(value), "end_time": metatest.Stamp(end)})
	}
	return out
}

// Views counts views of a post or Page for the insights that name them.
func (s *Server) Views(node string, n int) {
	for _, name := range []string{"post_media_view", "page_media_view"} {
		s.SetInsight(node, name, strconv.Itoa(n))
	}
}
