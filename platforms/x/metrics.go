package x

import (
	"context"
	"errors"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
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

// metricDef says where a portable metric comes from.
// https://docs.x.com/x-api/fundamentals/metrics (read August 2026).
type metricDef struct {
	name       smm.MetricName
	native     string
	definition string
	private    bool // told to the author alone, for 30 days
}

var postMetrics = []metricDef{
	{smm.MetricImpressions, "public_metrics.impression_count", "How many times the post was seen.", false},
	{smm.MetricLikes, "public_metrics.like_count", "How many likes the post has received.", false},
	{smm.MetricComments, "public_metrics.reply_count", "How many replies the post has received.", false},
	{smm.MetricShares, "public_metrics.repost_count", "How many times the post was reposted; or retweet_count.", false},
	{smm.MetricQuotes, "public_metrics.quote_count", "How many times the post was reposted with a comment.", false},
	{smm.MetricSaves, "public_metrics.bookmark_count", "How many times the post was bookmarked.", false},
	{smm.MetricViews, "media.public_metrics.view_count", "How many times the videos of the post were viewed.", false},
	{smm.MetricVotes, "poll.options.votes", "How many votes the options of the poll have together.", false},
	{smm.MetricClicks, "non_public_metrics.url_link_clicks", "How many times a link of the post was clicked.", true},
	{smm.MetricProfileViews, "non_public_metrics.user_profile_clicks", "How many times the author's profile was opened from the post.", true},
	{smm.MetricEngagements, "non_public_metrics.engagements", "How many times people interacted with the post.", true},
}

var accountMetrics = []metricDef{
	{smm.MetricFollowers, "public_metrics.followers_count", "How many accounts follow this one.", false},
	{smm.MetricFollowing, "public_metrics.following_count", "How many accounts this one follows.", false},
	{smm.MetricPosts, "public_metrics.post_count", "How many posts this account has published; or tweet_count.", false},
}

// privateLife is how long X tells an author what nobody else is told.
const privateLife = 30 * 24 * time.Hour

// windowMetric is a portable metric that analytics count within a time.
type windowMetric struct {
	metricDef

	of func(*PostAnalyticsData) Count
}

func counted(name smm.MetricName, native, definition string, of func(*PostAnalyticsData) Count) windowMetric {
	return windowMetric{metricDef{name: name, native: "analytics." + native, definition: definition}, of}
}

// windowMetrics are those of GET /2/tweets/analytics that have a portable name.
var windowMetrics = []windowMetric{
	counted(smm.MetricImpressions, "impressions", "How many times the post was seen in that time.", func(d *PostAnalyticsData) Count { return d.Impressions }),
	counted(smm.MetricLikes, "likes", "How many likes the post received in that time; those taken back are counted apart.", func(d *PostAnalyticsData) Count { return d.Likes }),
	counted(smm.MetricComments, "replies", "How many replies the post received in that time.", func(d *PostAnalyticsData) Count { return d.Replies }),
	counted(smm.MetricShares, "retweets", "How many times the post was reposted in that time.", func(d *PostAnalyticsData) Count { return d.Reposts }),
	counted(smm.MetricQuotes, "quote_tweets", "How many times the post was reposted with a comment in that time.", func(d *PostAnalyticsData) Count { return d.Quotes }),
	counted(smm.MetricSaves, "bookmarks", "How many times the post was bookmarked in that time.", func(d *PostAnalyticsData) Count { return d.Bookmarks }),
	counted(smm.MetricViews, "media_views", "How many times the media of the post were viewed in that time.", func(d *PostAnalyticsData) Count { return d.MediaViews }),
	counted(smm.MetricClicks, "url_clicks", "How many times a link of the post was clicked in that time.", func(d *PostAnalyticsData) Count { return d.URLClicks }),
	counted(smm.MetricProfileViews, "user_profile_clicks", "How often people opened the author's profile from it.", func(d *PostAnalyticsData) Count { return d.ProfileClicks }),
	counted(smm.MetricEngagements, "engagements", "How many times people interacted with the post in that time.", func(d *PostAnalyticsData) Count { return d.Engagements }),
}

// ReadMetrics implements smm.MetricReader. Without a beginning of the window X
// gives levels as of now. Clicks, profile views and engagements are told of own
// posts of the last 30 days; of older ones they are withdrawn. Reading them takes
// a second request for the same posts, which X charges once a day as a rule. Reach
// is not reported at all.
//
// Within a window own posts have what AnalyticsService counts, one request for a
// hundred posts, each charged as a post that is read. Analytics are part of
// Enterprise contracts: where they are not to be had, of others' posts, and of
// accounts, of which X keeps no history, nothing is reported, and in
// TierSelfServe nothing is asked. A window that has not begun is not yet counted.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	kinds := append([]smm.Kind{smm.KindAuthor}, postKinds...)
	subjects, err := account.Subjects(channel, &r, func(ref smm.Ref) error { return onChannel(channel, ref, kinds...) })
	if err != nil {
		return nil, err
	}
	var list []ID
	for _, ref := range subjects {
		if id := ID(ref.ID); slices.Contains(postKinds, ref.Kind) && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	if !r.Window.Lifetime() {
		return d.windowed(ctx, channel, s, subjects, list, r)
	}
	posts, in, err := d.measured(ctx, channel, s, list, r.Names)
	if err != nil {
		return nil, err
	}
	var out []smm.Metric
	now := d.cfg.Clock.Now()
	for _, ref := range subjects {
		if slices.Contains(postKinds, ref.Kind) {
			out = append(out, postNumbers(channel, ref, posts[ID(ref.ID)], in, r.Names, now)...)
			continue
		}
		u, err := s.Users.Get(ctx, ID(ref.ID), nil)
		if err != nil && !missing(err) {
			return nil, err
		}
		out = append(out, accountNumbers(channel, ref, &u.Item, r.Names, now)...)
	}
	return out, nil
}

// windowed are the wanted numbers of a window with a beginning.
func (d *Driver) windowed(ctx context.Context, channel smm.Ref, s *session, subjects []smm.Ref, list []ID, r smm.MetricRequest) ([]smm.Metric, error) {
	now := d.cfg.Clock.Now()
	begun := r.Window.From.Before(now)
	var totals map[ID]map[smm.MetricName]Count
	if begun && (len(r.Names) == 0 || slices.ContainsFunc(windowMetrics, func(m windowMetric) bool { return slices.Contains(r.Names, m.name) })) {
		var err error
		if totals, err = analysed(ctx, s, list, r.Window, now); err != nil {
			return nil, err
		}
	}
	defs := make([]metricDef, 0, len(windowMetrics))
	for _, m := range windowMetrics {
		defs = append(defs, m.metricDef)
	}
	var out []smm.Metric
	for _, ref := range subjects {
		var found []smm.Metric
		if slices.Contains(postKinds, ref.Kind) {
			found = numbers(channel, ref, defs, totals[ID(ref.ID)], false, namesOf(r.Names, defs), now)
		} else {
			found = accountNumbers(channel, ref, &User{}, r.Names, now)
		}
		for i := range found {
			found[i].Window = r.Window
			if !begun && slices.ContainsFunc(defs, func(m metricDef) bool { return m.native == found[i].Native.Name }) {
				found[i].State = smm.MetricNotYet
			}
		}
		out = append(out, found...)
	}
	return out, nil
}

// analysed asks for what posts gathered in a window. Those that X tells nothing
// of are missing.
func analysed(ctx context.Context, s *session, list []ID, w smm.Window, now time.Time) (map[ID]map[smm.MetricName]Count, error) {
	end := w.To
	if end.IsZero() || end.After(now) {
		end = now
	}
	out := make(map[ID]map[smm.MetricName]Count, len(list))
	for chunk := range slices.Chunk(list, MaxLookup) {
		page, err := s.Analytics.Posts(ctx, AnalyticsParams{IDs: chunk, TimeRange: TimeRange{Start: w.From, End: end}, Granularity: "total"})
		switch {
		case missing(err), errors.Is(err, smm.ErrForbidden), errors.Is(err, smm.ErrRejected):
			continue
		case err != nil:
			return nil, err
		}
		for i := range page.Items {
			out[page.Items[i].ID] = page.Items[i].sums()
		}
	}
	return out, nil
}

// sums adds up the intervals. A count that one of them lacks is unknown: a part
// of a sum is not the sum.
func (p *PostAnalytics) sums() map[smm.MetricName]Count {
	out := make(map[smm.MetricName]Count, len(windowMetrics))
	for _, m := range windowMetrics {
		if len(p.Points) == 0 {
			out[m.name] = m.of(&p.PostAnalyticsData)
			continue
		}
		sum := Count{Known: true}
		for i := range p.Points {
			c := m.of(&p.Points[i].Metrics)
			sum.Known = sum.Known && c.Known && c.Value >= 0 && sum.Value <= math.MaxInt64-c.Value
			if sum.Known {
				sum.Value += c.Value
			}
		}
		out[m.name] = sum
	}
	return out
}

// namesOf are the names asked for; all that there are if nobody named one.
func namesOf(names []smm.MetricName, defs []metricDef) []smm.MetricName {
	if len(names) > 0 {
		return names
	}
	for _, def := range defs {
		names = append(names, def.name)
	}
	return names
}

func missing(err error) bool { return errors.Is(err, smm.ErrNotFound) }

// measured reads posts, and of own young ones what X tells their author alone.
// What is gone is missing.
func (d *Driver) measured(ctx context.Context, channel smm.Ref, s *session, list []ID, names []smm.MetricName) (map[ID]*Post, *Includes, error) {
	out, in := make(map[ID]*Post, len(list)), &Includes{}
	var young []ID
	for chunk := range slices.Chunk(list, MaxLookup) {
		page, err := s.Posts.Lookup(ctx, nil, chunk...)
		if err != nil && !missing(err) {
			return nil, nil, err
		}
		in.Media, in.Polls = append(in.Media, page.Includes.Media...), append(in.Polls, page.Includes.Polls...)
		for i := range page.Items {
			p := &page.Items[i]
			out[p.ID] = p
			if string(p.AuthorID) == channel.ID && !p.CreatedAt.IsZero() && d.cfg.Clock.Now().Sub(p.CreatedAt.Time) < privateLife {
				young = append(young, p.ID)
			}
		}
	}
	wanted := len(names) == 0 || slices.ContainsFunc(postMetrics, func(m metricDef) bool { return m.private && slices.Contains(names, m.name) })
	if !wanted {
		return out, in, nil
	}
	fields := &Fields{Post: []string{"non_public_metrics"}, Expansions: []string{}}
	for chunk := range slices.Chunk(young, MaxLookup) {
		page, err := s.Posts.Lookup(ctx, fields, chunk...)
		if err != nil && !missing(err) && !errors.Is(err, smm.ErrForbidden) {
			return nil, nil, err
		}
		for i := range page.Items {
			if p := out[page.Items[i].ID]; p != nil {
				p.NonPublicMetrics = page.Items[i].NonPublicMetrics
			}
		}
	}
	return out, in, nil
}

// postNumbers are the wanted numbers of a post, all that there are if names is
// empty; nil is one that cannot be read.
func postNumbers(channel, subject smm.Ref, p *Post, in *Includes, names []smm.MetricName, now time.Time) []smm.Metric {
	counts, withdrawn := map[smm.MetricName]Count{}, false
	hasPoll, hasVideo := false, false
	if p != nil {
		if m := p.PublicMetrics; m != nil {
			counts[smm.MetricImpressions], counts[smm.MetricLikes], counts[smm.MetricComments] = m.Impressions, m.Likes, m.Replies
			counts[smm.MetricShares], counts[smm.MetricQuotes], counts[smm.MetricSaves] = m.Reposts, m.Quotes, m.Bookmarks
		}
		if m := p.NonPublicMetrics; m != nil {
			counts[smm.MetricClicks], counts[smm.MetricProfileViews], counts[smm.MetricEngagements] = m.URLClicks, m.ProfileClicks, m.Engagements
		}
		withdrawn = string(p.AuthorID) == channel.ID && !p.CreatedAt.IsZero() && now.Sub(p.CreatedAt.Time) >= privateLife
		counts[smm.MetricViews], hasVideo = viewsOf(p, in)
		counts[smm.MetricVotes], hasPoll = votesOf(p, in)
	}
	if len(names) == 0 {
		for _, def := range postMetrics {
			if (hasPoll || def.name != smm.MetricVotes) && (hasVideo || def.name != smm.MetricViews) {
				names = append(names, def.name)
			}
		}
	}
	return numbers(channel, subject, postMetrics, counts, withdrawn, names, now)
}

// viewsOf adds up the views of a post's videos; one that is not told makes the
// sum unknown.
func viewsOf(p *Post, in *Includes) (sum Count, has bool) {
	sum.Known = true
	for _, m := range in.Media {
		if m.Type != "video" || p.Attachments == nil || !slices.Contains(p.Attachments.MediaKeys, m.Key) {
			continue
		}
		has = true
		if m.PublicMetrics == nil || !m.PublicMetrics.Views.Known {
			sum.Known = false
			continue
		}
		sum.Value += m.PublicMetrics.Views.Value
	}
	return Count{Value: sum.Value, Known: sum.Known && has}, has
}

func votesOf(p *Post, in *Includes) (sum Count, has bool) {
	if p.Attachments == nil || len(p.Attachments.PollIDs) == 0 {
		return Count{}, false
	}
	i := slices.IndexFunc(in.Polls, func(q Poll) bool { return q.ID == p.Attachments.PollIDs[0] })
	if i < 0 {
		return Count{}, true
	}
	for _, o := range in.Polls[i].Options {
		if !o.Votes.Known {
			return Count{}, true
		}
		sum.Value, sum.Known = sum.Value+o.Votes.Value, true
	}
	return sum, true
}

func accountNumbers(channel, subject smm.Ref, u *User, names []smm.MetricName, now time.Time) []smm.Metric {
	counts := map[smm.MetricName]Count{}
	if m := u.PublicMetrics; m != nil {
		counts[smm.MetricFollowers], counts[smm.MetricFollowing], counts[smm.MetricPosts] = m.Followers, m.Following, m.Posts
	}
	return numbers(channel, subject, accountMetrics, counts, false, namesOf(names, accountMetrics), now)
}

func numbers(channel, subject smm.Ref, defs []metricDef, counts map[smm.MetricName]Count, withdrawn bool, names []smm.MetricName, now time.Time) []smm.Metric {
	out := make([]smm.Metric, 0, len(names))
	for _, name := range names {
		m := smm.Metric{Name: name, Subject: subject, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now}
		for _, def := range defs {
			if def.name != name {
				continue
			}
			m.Native = smm.NativeMetric{Name: def.native, Definition: def.definition}
			if def.private && withdrawn {
				m.State = smm.MetricWithdrawn
			}
		}
		if c := counts[name]; c.Known {
			m.Value, m.State = c.Value, smm.Counted(c.Value)
		}
		out = append(out, m)
	}
	return out
}
