package facebook

import (
	"context"
	"errors"
	"math"
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
	unit       smm.Unit // "" for UnitCount
	part       string   // of a value that is an object
	unique     bool     // people, who cannot be added up over days
}

// fieldMetrics come with a post, video or comment itself.
var fieldMetrics = []metricDef{
	{name: smm.MetricLikes, native: "reactions.summary.total_count", definition: "Reactions of all kinds."},
	{name: smm.MetricComments, native: "comments.summary.total_count", definition: "Comments."},
	{name: smm.MetricShares, native: "shares.count", definition: "Shares."},
}

// pageFieldMetrics come with a Page itself.
var pageFieldMetrics = []metricDef{
	{name: smm.MetricFollowers, native: "followers_count", definition: "Number of followers."},
}

// Insights under the names that answered on v25 in July 2026; those of
// impressions, fans and engaged users ended between 2024 and June 2026.
var (
	postInsights = []metricDef{
		{name: smm.MetricImpressions, native: "post_media_view", definition: "How often the post was shown or played, which the vendor calls views."},
		{name: smm.MetricReach, native: "post_total_media_view_unique", definition: "People who saw the post at least once.", unique: true},
		{name: smm.MetricClicks, native: "post_clicks_by_type", part: "link clicks", definition: "Clicks on links of the post."},
		{name: smm.MetricViews, native: "post_video_views", definition: "Times its video was played for three seconds or more."},
		{name: smm.MetricWatchTime, native: "post_video_view_time", unit: smm.UnitMillis, definition: "How long its video was watched."},
	}
	videoInsights = []metricDef{
		{name: smm.MetricViews, native: "fb_reels_total_plays", definition: "Times the reel was played, repeats included."},
		{name: smm.MetricWatchTime, native: "post_video_view_time", unit: smm.UnitMillis, definition: "How long the reel was watched."},
	}
	pageInsights = []metricDef{
		{name: smm.MetricImpressions, native: "page_media_view", definition: "How often content of the Page was shown or played, which the vendor calls views."},
		{name: smm.MetricReach, native: "page_total_media_view_unique", definition: "People who saw content of the Page.", unique: true},
		{name: smm.MetricProfileViews, native: "page_views_total", definition: "How often the Page itself was looked at."},
		{name: smm.MetricEngagements, native: "page_post_engagements", definition: "Reactions, comments, shares and clicks on posts."},
		{name: smm.MetricViews, native: "page_video_views", definition: "Times videos of the Page were played for three seconds or more."},
		{name: smm.MetricWatchTime, native: "page_video_view_time", unit: smm.UnitMillis, definition: "How long videos of the Page were watched."},
	}
)

// ReadMetrics implements smm.MetricReader. Posts have numbers since they were
// published, and none for a window with a beginning. The Page has its followers as
// of now, and all else day by day: for a window the days are added up, those that
// the vendor counts by the clock of the US Pacific coast; people are told for a
// single day only. What the vendor refuses to tell is not reported.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	subjects, err := account.Subjects(channel, &r, func(ref smm.Ref) error { return onChannel(channel, ref, smm.KindPost, smm.KindComment) })
	if err != nil {
		return nil, err
	}
	var out []smm.Metric
	for _, ref := range subjects {
		q := question{s: s, channel: channel, subject: ref, names: r.Names, window: r.Window, now: d.cfg.Clock.Now()}
		var found []smm.Metric
		switch {
		case ref == channel:
			found, err = q.page(ctx)
		case ref.Kind == smm.KindComment:
			found, err = q.comment(ctx)
		default:
			found, err = q.post(ctx)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// question is what is asked about one subject.
type question struct {
	s                *session
	channel, subject smm.Ref
	names            []smm.MetricName
	window           smm.Window
	now              time.Time
}

// answer puts together what is known; all else is not reported.
func (q *question) answer(defs []metricDef, counts map[smm.MetricName]Count) []smm.Metric {
	out := metrics(q.channel, q.subject, counts, defs, q.names, q.now)
	if !q.window.Lifetime() {
		for i := range out {
			out[i].Window = q.window
		}
	}
	return out
}

// wants are the defs whose names are asked for.
func (q *question) wants(defs []metricDef) []metricDef {
	if len(q.names) == 0 {
		return defs
	}
	return slices.DeleteFunc(slices.Clone(defs), func(d metricDef) bool { return !slices.Contains(q.names, d.name) })
}

// untold makes nothing of an answer which says that numbers are not for us.
func untold(err error) error {
	if errors.Is(err, smm.ErrForbidden) || errors.Is(err, smm.ErrRejected) || errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return err
}

func (q *question) comment(ctx context.Context) ([]smm.Metric, error) {
	counts := map[smm.MetricName]Count{}
	if q.window.Lifetime() {
		c, err := q.s.Comments.Get(ctx, ID(q.subject.ID))
		if err != nil && !errors.Is(err, smm.ErrNotFound) {
			return nil, err
		}
		counts = commentCounts(&c)
	}
	return q.answer(fieldMetrics[:2], counts), nil
}

func (q *question) post(ctx context.Context) ([]smm.Metric, error) {
	video := isVideo(q.subject.ID)
	insights := postInsights
	if video {
		insights = videoInsights
	}
	defs := slices.Concat(fieldMetrics, insights)
	counts := map[smm.MetricName]Count{}
	if !q.window.Lifetime() {
		return q.answer(defs, counts), nil
	}
	var err error
	if video {
		var v Video
		v, err = q.s.Videos.Get(ctx, ID(q.subject.ID))
		counts = videoCounts(&v)
	} else {
		var p Post
		p, err = q.s.Posts.Get(ctx, ID(q.subject.ID))
		counts = postCounts(&p)
	}
	switch {
	case errors.Is(err, smm.ErrNotFound):
		return q.answer(defs, nil), nil
	case err != nil:
		return nil, err
	}
	read := q.s.Insights.Of
	if video {
		read = q.s.Insights.OfVideo
	}
	wanted := q.wants(insights)
	found, err := read(ctx, ID(q.subject.ID), InsightParams{Metrics: natives(wanted), Period: PeriodLifetime})
	if untold(err) != nil {
		return nil, err
	}
	for _, def := range wanted {
		if m, ok := found.Find(def.native, PeriodLifetime); ok && len(m.Values) > 0 {
			counts[def.name] = def.read(&m.Values[0])
		}
	}
	return q.answer(defs, counts), nil
}

func (d *metricDef) read(v *InsightValue) Count {
	if d.part != "" {
		return v.Part(d.part)
	}
	return v.Number()
}

func natives(defs []metricDef) []string {
	out := make([]string, 0, len(defs))
	for _, d := range defs {
		out = append(out, d.native)
	}
	return out
}

func (q *question) page(ctx context.Context) ([]smm.Metric, error) {
	defs := slices.Concat(pageFieldMetrics, pageInsights)
	counts := map[smm.MetricName]Count{}
	if q.window.Lifetime() {
		p, err := q.s.Pages.Get(ctx)
		if err != nil {
			return nil, err
		}
		return q.answer(defs, pageCounts(&p)), nil
	}
	until := q.window.To
	if until.IsZero() || until.After(q.now) {
		until = q.now
	}
	wanted := q.wants(pageInsights)
	partial := map[smm.MetricName]bool{}               // a part of a sum is not the sum
	oneDay := until.Sub(q.window.From) <= 25*time.Hour // the longest day of a year
	for from := q.window.From; from.Before(until); from = from.Add(MaxInsightSpan) {
		p := InsightParams{Metrics: natives(wanted), Period: PeriodDay, Since: from, Until: minTime(from.Add(MaxInsightSpan), until)}
		found, err := q.s.Insights.Of(ctx, q.s.page, p)
		if untold(err) != nil {
			return nil, err
		}
		for i := range wanted {
			def := &wanted[i]
			m, ok := found.Find(def.native, PeriodDay)
			if ok = ok && (oneDay || !def.unique); ok {
				counts[def.name], ok = def.sum(counts[def.name], m)
			}
			partial[def.name] = partial[def.name] || !ok
		}
	}
	for name, is := range partial {
		if is {
			delete(counts, name)
		}
	}
	return q.answer(defs, counts), nil
}

// sum adds the days of a series to what is there, and reports whether each of them
// is a number.
func (d *metricDef) sum(c Count, m *Insight) (Count, bool) {
	for i := range m.Values {
		v := d.read(&m.Values[i])
		if !v.Known || c.Value > math.MaxInt64-v.Value {
			return Count{}, false
		}
		c.Known, c.Value = true, c.Value+v.Value
	}
	return c, true
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func total(s *Summary) Count {
	if s == nil {
		return Count{}
	}
	return s.Summary.Total
}

// postCounts are the numbers that come with a post. One without shares has no
// count of them.
func postCounts(p *Post) map[smm.MetricName]Count {
	out := map[smm.MetricName]Count{smm.MetricLikes: total(p.Reactions), smm.MetricComments: total(p.Comments)}
	switch {
	case p.Shares != nil:
		out[smm.MetricShares] = p.Shares.Count
	case out[smm.MetricLikes].Known:
		out[smm.MetricShares] = Count{Known: true}
	}
	return out
}

func videoCounts(v *Video) map[smm.MetricName]Count {
	return map[smm.MetricName]Count{smm.MetricLikes: total(v.Likes), smm.MetricComments: total(v.Comments), smm.MetricViews: v.Views}
}

func commentCounts(c *Comment) map[smm.MetricName]Count {
	return map[smm.MetricName]Count{smm.MetricLikes: c.Likes, smm.MetricComments: c.Replies}
}

func pageCounts(p *Page) map[smm.MetricName]Count {
	return map[smm.MetricName]Count{smm.MetricFollowers: p.Followers}
}

// metrics makes the wanted metrics, all of defs if names is empty.
func metrics(channel, subject smm.Ref, counts map[smm.MetricName]Count, defs []metricDef, names []smm.MetricName, now time.Time) []smm.Metric {
	if len(names) == 0 {
		for _, def := range defs {
			names = append(names, def.name)
		}
	}
	out := make([]smm.Metric, 0, len(names))
	for _, name := range names {
		m := smm.Metric{Name: name, Subject: subject, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now}
		for _, def := range defs {
			if def.name == name {
				m.Native = smm.NativeMetric{Name: def.native, Definition: def.definition}
				if def.unit != "" {
					m.Unit = def.unit
				}
			}
		}
		if c := counts[name]; c.Known {
			m.Value, m.State = c.Value, smm.Counted(c.Value)
		}
		out = append(out, m)
	}
	return out
}
