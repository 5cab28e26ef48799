package x

import (
	"context"
	"net/url"
	"strings"
)

// AnalyticsService reads metrics over time of own posts and videos. In the
// self-serve tier X lists it as part of Enterprise contracts.
type AnalyticsService struct{ c *Client }

// AnalyticsParams select metrics: Start, End and 1 to 100 ids are required.
type AnalyticsParams struct {
	IDs         []ID // of posts, or keys of media
	TimeRange        // its ids are not used
	Granularity string
	Fields      []string // nil for all
}

var (
	postAnalyticsFields = []string{
		"app_install_attempts", "app_opens", "bookmarks", "detail_expands", "email_tweet", "engagements", "follows", "hashtag_clicks", "id", "impressions",
		"likes", "media_views", "permalink_clicks", "quote_tweets", "replies", "retweets", "shares", "timestamp", "timestamped_metrics", "unfollows",
		"unlikes", "url_clicks", "user_profile_clicks",
	}
	mediaAnalyticsFields = []string{
		"cta_url_clicks", "cta_watch_clicks", "media_key", "play_from_tap", "playback25", "playback50", "playback75", "playback_complete",
		"playback_start", "timestamp", "timestamped_metrics", "video_views", "watch_time_ms",
	}
)

func (p *AnalyticsParams) query(name string, fits func(ID) bool, granularities ...string) (url.Values, error) {
	q := url.Values{}
	list, err := joined(p.IDs, fits)
	if err != nil {
		return nil, err
	}
	q.Set(name, list)
	if p.Start.IsZero() || p.End.IsZero() || !p.Start.Before(p.End) {
		return nil, invalid("analytics need a start and a later end")
	}
	setTime(q, "start_time", p.Start)
	setTime(q, "end_time", p.End)
	if !known(p.Granularity, granularities...) {
		return nil, invalid("granularity %q: want one of %s", p.Granularity, strings.Join(granularities, ", "))
	}
	if p.Granularity != "" {
		q.Set("granularity", p.Granularity)
	}
	return q, nil
}

// Posts reads the metrics of posts. Granularity is hourly, daily, weekly or
// total; "" for total.
func (s *AnalyticsService) Posts(ctx context.Context, p AnalyticsParams) (Page[PostAnalytics], error) {
	q, err := p.query("ids", isID, "hourly", "daily", "weekly", "total")
	if err != nil {
		return Page[PostAnalytics]{}, err
	}
	q.Set("analytics.fields", strings.Join(orDefault(p.Fields, postAnalyticsFields), ","))
	resp, err := s.c.get(ctx, "analytics.posts", postsPath+"/analytics", q)
	return page[PostAnalytics]("analytics.posts", resp, err)
}

// Media reads the metrics of videos by their keys. Granularity is hourly, daily
// or total; "" for daily.
func (s *AnalyticsService) Media(ctx context.Context, p AnalyticsParams) (Page[MediaAnalytics], error) {
	q, err := p.query("media_keys", isMediaKey, "hourly", "daily", "total")
	if err != nil {
		return Page[MediaAnalytics]{}, err
	}
	q.Set("media_analytics.fields", strings.Join(orDefault(p.Fields, mediaAnalyticsFields), ","))
	resp, err := s.c.get(ctx, "analytics.media", "2/media/analytics", q)
	return page[MediaAnalytics]("analytics.media", resp, err)
}

// UsageService reads what the app consumed.
type UsageService struct{ c *Client }

// Get reads how many posts the app's project has read this month, with the last
// days one by one: 1 to 90, 0 for 7. It takes the app's credential.
func (s *UsageService) Get(ctx context.Context, days int) (Result[Usage], error) {
	q := url.Values{"usage.fields": {"cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage"}}
	if days < 0 || days > 90 {
		return Result[Usage]{}, invalid("%d days: want 1 to 90", days)
	}
	setInt(q, "days", days)
	resp, err := s.c.getAsApp(ctx, "usage.get", "2/usage/tweets", q)
	return one("usage.get", idOfUsage, resp, err)
}
