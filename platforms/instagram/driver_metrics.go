package instagram

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// metricDef says where a portable metric comes from.
type metricDef struct {
	name       smm.MetricName
	native     string
	definition string
	unit       smm.Unit
	// sums says that the values of days may be added up. Reach counts people, and a
	// person who comes on two days is one.
	sums bool
}

// Counts that stand on the objects themselves.
var (
	mediaCounts = []metricDef{
		{smm.MetricLikes, "like_count", "Likes on the media; absent where the owner hides them.", smm.UnitCount, true},
		{smm.MetricComments, "comments_count", "Comments and answers to them.", smm.UnitCount, true},
	}
	accountCounts = []metricDef{
		{smm.MetricFollowers, "followers_count", "Accounts that follow this one.", smm.UnitCount, false},
		{smm.MetricFollowing, "follows_count", "Accounts that this one follows.", smm.UnitCount, false},
		{smm.MetricPosts, "media_count", "Media of the account.", smm.UnitCount, false},
	}
)

// insightDefs are the names of insights that are still valid, by what they are of.
// Source: the vendor's tables as of v25 and v26, read 2026-11-22. impressions,
// plays, video_views, engagement and their like are over.
var (
	allInsights = []metricDef{
		{smm.MetricViews, "views", "Times the media was played or shown.", smm.UnitCount, true},
		{smm.MetricReach, "reach", "Accounts that saw it at least once (estimated).", smm.UnitCount, false},
		{smm.MetricShares, "shares", "Times it was shared.", smm.UnitCount, true},
		{smm.MetricEngagements, "total_interactions", "Likes, saves, comments and shares, less those taken back.", smm.UnitCount, true},
	}
	feedInsights = append(slices.Clip(allInsights),
		metricDef{smm.MetricLikes, "likes", "Likes on the media.", smm.UnitCount, true},
		metricDef{smm.MetricComments, "comments", "Comments on the media.", smm.UnitCount, true},
		metricDef{smm.MetricSaves, "saved", "Times it was saved.", smm.UnitCount, true},
		metricDef{smm.MetricProfileViews, "profile_visits", "Visits of the profile from it.", smm.UnitCount, true})
	reelInsights = append(slices.DeleteFunc(slices.Clone(feedInsights), func(m metricDef) bool { return m.name == smm.MetricProfileViews }),
		metricDef{smm.MetricWatchTime, "ig_reels_video_view_total_time", "Time it was played, repetitions included.", smm.UnitMillis, true})
	storyInsights = append(slices.Clip(allInsights),
		metricDef{smm.MetricComments, "replies", "Answers to the story.", smm.UnitCount, true},
		metricDef{smm.MetricProfileViews, "profile_visits", "Visits of the profile from it.", smm.UnitCount, true})
	accountInsights = append(slices.Clip(allInsights),
		metricDef{smm.MetricLikes, "likes", "Likes on all media.", smm.UnitCount, true},
		metricDef{smm.MetricComments, "comments", "Comments on all media.", smm.UnitCount, true},
		metricDef{smm.MetricSaves, "saves", "Times media were saved.", smm.UnitCount, true})
)

// linkClicks is of stories, and FacebookLogin alone has it.
var linkClicks = metricDef{smm.MetricClicks, "link_clicks", "Taps on the links of the story.", smm.UnitCount, true}

// ReadMetrics implements smm.MetricReader. Of posts it gives values since their
// publication; of the channel levels, and for a window with a beginning the sums of
// its days, which the vendor keeps for 90. A name that the vendor stopped to know
// comes back as not reported and does not cost the others.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	subjects, err := account.Subjects(channel, &r, func(ref smm.Ref) error { return onChannel(channel, ref, smm.KindPost) })
	if err != nil {
		return nil, err
	}
	var out []smm.Metric
	for _, ref := range subjects {
		var found []smm.Metric
		switch {
		case ref != channel:
			found, err = d.mediaMetrics(ctx, s, channel, ref, r)
		case r.Window.Lifetime():
			var self Account
			self, err = s.Account.Get(ctx)
			found = levelsOf(channel, ref, &self, r.Names, d.cfg.Clock.Now())
		default:
			found, err = d.windowMetrics(ctx, s, channel, r)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// mediaMetrics joins what stands on a media with its insights, which are of own
// media only.
func (d *Driver) mediaMetrics(ctx context.Context, s *session, channel, ref smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	now := d.cfg.Clock.Now()
	if !r.Window.Lifetime() {
		out := countsOf(channel, ref, &Media{}, wanted(r.Names, feedInsights), now)
		for i := range out {
			out[i].Window = r.Window
		}
		return out, nil
	}
	m, err := s.Media.Get(ctx, ID(ref.ID))
	if err != nil && !errors.Is(err, smm.ErrNotFound) {
		return nil, err
	}
	if err != nil { // nothing is told of what is gone
		return countsOf(channel, ref, &m, wanted(r.Names, feedInsights), now), nil //nolint:nilerr // as above
	}
	defs := insightsOf(&m, s.login)
	values := map[string]Count{"like_count": m.LikeCount, "comments_count": m.CommentsCount}
	got, err := s.Insights.Of(ctx, m.ID, natives(defs, r.Names)...)
	switch {
	case err == nil:
	case errors.Is(err, smm.ErrForbidden), errors.Is(err, smm.ErrRejected), errors.Is(err, smm.ErrUnsupported), errors.Is(err, smm.ErrNotFound):
		// Somebody else's, from before the account was professional, too few viewers:
		// what stands on it is known all the same.
	default:
		return nil, err
	}
	for _, in := range got {
		values[in.Name] = in.value()
	}
	return metricsOf(channel, ref, append(defs, mediaCounts...), values, wanted(r.Names, defs, mediaCounts), now), nil
}

func insightsOf(m *Media, l Login) []metricDef {
	switch {
	case m.ProductType == ProductStory && l == FacebookLogin:
		return append(slices.Clip(storyInsights), linkClicks)
	case m.ProductType == ProductStory:
		return slices.Clone(storyInsights)
	case m.ProductType == ProductReels:
		return slices.Clone(reelInsights)
	}
	return slices.Clone(feedInsights)
}

// value is the only value of a metric.
func (in *Insight) value() Count {
	switch {
	case in.Total != nil:
		return in.Total.Value
	case len(in.Values) == 1:
		return in.Values[0].Value
	}
	return Count{}
}

// windowMetrics sums the days of a window, 30 at a time. Levels have no days.
func (d *Driver) windowMetrics(ctx context.Context, s *session, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	now := d.cfg.Clock.Now()
	to := r.Window.To
	if to.IsZero() || to.After(now) {
		to = now
	}
	values := make(map[string]Count)
	names := natives(accountInsights, r.Names)
	single := !r.Window.From.Add(insightsWindow).Before(to)
	for from := r.Window.From; len(names) > 0 && from.Before(to); from = from.Add(insightsWindow) {
		end := from.Add(insightsWindow)
		if end.After(to) {
			end = to
		}
		got, err := s.Insights.Account(ctx, AccountParams{Metrics: names, Since: from, Until: end})
		if err != nil {
			return nil, err
		}
		part := make(map[string]Count)
		for i := range got {
			part[got[i].Name] = got[i].value()
		}
		for _, def := range accountInsights {
			add(values, def, part[def.native], single, from.Equal(r.Window.From))
		}
	}
	out := metricsOf(channel, channel, accountInsights, values, wanted(r.Names, accountInsights), now)
	for i := range out {
		out[i].Window = smm.Window{From: r.Window.From, To: to}
	}
	return out, nil
}

// add sums a part of a window. A part that is not known makes the sum unknown.
func add(values map[string]Count, def metricDef, part Count, single, first bool) {
	sum := values[def.native]
	switch {
	case !def.sums && !single, !first && !sum.Known, !part.Known:
		values[def.native] = Count{}
	default:
		values[def.native] = Count{sum.Value + part.Value, true}
	}
}

// natives are the vendor's names of those that are wanted, all if none are named.
func natives(defs []metricDef, names []smm.MetricName) []string {
	var out []string
	for _, def := range defs {
		if len(names) == 0 || slices.Contains(names, def.name) {
			out = append(out, def.native)
		}
	}
	return out
}

// wanted are the names asked for, or all that defs have.
func wanted(names []smm.MetricName, defs ...[]metricDef) []smm.MetricName {
	if len(names) > 0 {
		return names
	}
	var out []smm.MetricName
	for _, def := range slices.Concat(defs...) {
		if !slices.Contains(out, def.name) {
			out = append(out, def.name)
		}
	}
	return out
}

// metricsOf makes the named metrics. Of several sources of one, the first that is
// known counts.
func metricsOf(channel, subject smm.Ref, defs []metricDef, values map[string]Count, names []smm.MetricName, now time.Time) []smm.Metric {
	out := make([]smm.Metric, 0, len(names))
	for _, name := range names {
		m := smm.Metric{Name: name, Subject: subject, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now}
		for _, def := range defs {
			c := values[def.native]
			if def.name != name || m.Native.Name != "" && !c.Known {
				continue
			}
			m.Native, m.Unit = smm.NativeMetric{Name: def.native, Definition: def.definition}, def.unit
			if c.Known {
				m.Value, m.State = c.Value, smm.Counted(c.Value)
				break
			}
		}
		out = append(out, m)
	}
	return out
}

// countsOf are what stands on a media.
func countsOf(channel, subject smm.Ref, m *Media, names []smm.MetricName, now time.Time) []smm.Metric {
	return metricsOf(channel, subject, mediaCounts, map[string]Count{"like_count": m.LikeCount, "comments_count": m.CommentsCount}, wanted(names, mediaCounts), now)
}

// levelsOf are what stands on an account.
func levelsOf(channel, subject smm.Ref, a *Account, names []smm.MetricName, now time.Time) []smm.Metric {
	return metricsOf(channel, subject, accountCounts, map[string]Count{
		"followers_count": a.FollowersCount, "follows_count": a.FollowsCount, "media_count": a.MediaCount,
	}, wanted(names, accountCounts), now)
}

// demographics are the splits of the followers that the vendor makes. Accounts
// with fewer than 100 have none.
var demographics = []string{"age", "gender", "country", "city"}

// ReadAudience implements smm.AudienceReader: the followers by age, gender, country
// and city. The vendor tells them as of now or of this month, whatever the window
// says.
func (d *Driver) ReadAudience(ctx context.Context, channel smm.Ref, _ smm.Window) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	now := d.cfg.Clock.Now()
	var out []smm.Metric
	for _, by := range demographics {
		got, err := s.Insights.Account(ctx, AccountParams{
			Metrics: []string{"follower_demographics"}, Period: "lifetime", Timeframe: "this_month", Breakdown: []string{by},
		})
		if err != nil && !badName(err) {
			return nil, err
		}
		cells := audienceOf(channel, by, got, now)
		if len(cells) == 0 {
			cells = metricsOf(channel, channel, nil, nil, []smm.MetricName{smm.MetricFollowers}, now)
			cells[0].Breakdown = []smm.Dimension{{Name: by}}
		}
		out = append(out, cells...)
	}
	return out, nil
}

func audienceOf(channel smm.Ref, by string, got []Insight, now time.Time) []smm.Metric {
	var out []smm.Metric
	for _, in := range got {
		if in.Total == nil {
			continue
		}
		for _, b := range in.Total.Breakdowns {
			for _, cell := range b.Results {
				if len(cell.Values) != 1 || !cell.Value.Known {
					continue
				}
				out = append(out, smm.Metric{
					Name: smm.MetricFollowers, Subject: channel, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now,
					Native: smm.NativeMetric{Name: in.Name, Definition: "Followers by " + by + "."},
					Value:  cell.Value.Value, State: smm.Counted(cell.Value.Value), Breakdown: []smm.Dimension{{Name: by, Value: cell.Values[0]}},
				})
			}
		}
	}
	return out
}
