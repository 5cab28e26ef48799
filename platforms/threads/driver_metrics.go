package threads

import (
	"context"
	"errors"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// MetricSends is how often a post was shared in other ways than by a repost or
// quote, which the vendor calls shares; a repost is smm.MetricShares.
const MetricSends smm.MetricName = "threads_sends"

// metricDef says where a portable metric comes from.
type metricDef struct {
	name       smm.MetricName
	native     string
	definition string
}

var postMetrics = []metricDef{
	{smm.MetricViews, InsightViews, "The number of times the post was viewed."},
	{smm.MetricLikes, InsightLikes, "The number of likes on the post."},
	{smm.MetricComments, InsightReplies, "The number of replies on the post."},
	{smm.MetricShares, InsightReposts, "The number of times the post was reposted."},
	{smm.MetricQuotes, InsightQuotes, "The number of times the post was quoted."},
	{MetricSends, InsightShares, "The number of times the post was shared."},
}

var accountMetrics = []metricDef{
	{smm.MetricViews, InsightViews, "The number of times the profile was viewed."},
	{smm.MetricLikes, InsightLikes, "The number of likes on the account's posts."},
	{smm.MetricComments, InsightReplies, "The number of top-level replies on the account's posts."},
	{smm.MetricShares, InsightReposts, "The number of times the account's posts were reposted."},
	{smm.MetricQuotes, InsightQuotes, "The number of times the account's posts were quoted."},
	{smm.MetricClicks, InsightClicks, "The number of clicks on links in the account's posts."},
	{smm.MetricFollowers, InsightFollowers, "The number of followers, as of now."},
}

// ReadMetrics implements smm.MetricReader. Posts have numbers of their lifetime
// only: for a window with a beginning they are not reported. The account's are
// sums over the window, of which the vendor has nothing before 2024-04-13, so
// that its lifetime begins there; followers are a level. A post that is gone, a
// repost and a reply to a reply report nothing.
func (d *Driver) ReadMetrics(ctx context.Context, channel smm.Ref, r smm.MetricRequest) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	subjects, err := account.Subjects(channel, &r, func(ref smm.Ref) error { return onChannel(channel, ref, postKinds...) })
	if err != nil {
		return nil, err
	}
	var out []smm.Metric
	for _, ref := range subjects {
		m := reading{d: d, s: s, channel: channel, subject: ref, window: r.Window, now: d.cfg.Clock.Now()}
		found, err := m.run(ctx, r.Names)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// reading reads the metrics of one subject.
type reading struct {
	d                *Driver
	s                *session
	channel, subject smm.Ref
	window           smm.Window
	now              time.Time
}

func (m *reading) run(ctx context.Context, names []smm.MetricName) ([]smm.Metric, error) {
	defs := postMetrics
	if m.subject == m.channel {
		defs = accountMetrics
	}
	if len(names) == 0 {
		for _, def := range defs {
			names = append(names, def.name)
		}
	}
	var ask []string
	byName := map[smm.MetricName]metricDef{}
	for _, name := range names {
		for _, def := range defs {
			if def.name == name {
				byName[name] = def
				ask = append(ask, def.native)
			}
		}
	}
	counts := map[string]Count{}
	var err error
	if m.subject == m.channel {
		err = m.account(ctx, ask, counts)
	} else {
		err = m.post(ctx, ask, counts)
	}
	if err != nil {
		return nil, err
	}
	out := make([]smm.Metric, 0, len(names))
	for _, name := range names {
		def := byName[name]
		out = append(out, m.metric(name, def, counts[def.native]))
	}
	return out, nil
}

func (m *reading) metric(name smm.MetricName, def metricDef, c Count) smm.Metric {
	v := smm.Metric{
		Name: name, Subject: m.subject, Channel: m.channel, Unit: smm.UnitCount, Window: m.over(def.native), AsOf: m.now,
		Native: smm.NativeMetric{Name: def.native, Definition: def.definition},
	}
	if c.Known {
		v.Value, v.State = c.Value, smm.Counted(c.Value)
	}
	return v
}

// over is the window of a metric.
func (m *reading) over(native string) smm.Window {
	w := m.window
	if w.To.IsZero() {
		w.To = m.now
	}
	if m.subject != m.channel || native == "" {
		return w
	}
	if native == InsightFollowers {
		return smm.Window{To: m.now}
	}
	if w.From.Before(insightsBegin) {
		w.From = insightsBegin
	}
	return w
}

func (m *reading) post(ctx context.Context, ask []string, into map[string]Count) error {
	if len(ask) == 0 || !m.window.Lifetime() {
		return nil
	}
	all, err := m.s.Insights.Post(ctx, ID(m.subject.ID), ask...)
	if errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	take(all, into)
	return err
}

func (m *reading) account(ctx context.Context, ask []string, into map[string]Count) error {
	var series []string
	for _, native := range ask {
		if native != InsightFollowers {
			series = append(series, native)
			continue
		}
		all, err := m.s.Insights.Account(ctx, time.Time{}, time.Time{}, InsightFollowers)
		if err != nil {
			return err
		}
		take(all, into)
	}
	if len(series) == 0 {
		return nil
	}
	w := m.over(InsightViews)
	if !w.From.Before(w.To) {
		return nil // before the vendor counted
	}
	all, err := m.s.Insights.Account(ctx, w.From, w.To, series...)
	take(all, into)
	return err
}

// take notes what was reported. A name without a value was not.
func take(all []Insight, into map[string]Count) {
	for i := range all {
		if c := all[i].Sum(); c.Known {
			into[all[i].Name] = c
		}
	}
}

// breakdowns are the ways to split followers.
var breakdowns = []string{"country", "city", "age", "gender"}

const followersDefinition = "Followers, split by what they told the vendor or it found out."

// ReadAudience implements smm.AudienceReader: followers by country, city, age and
// gender, as of now. An account of less than 100 followers has none of that,
// which is not yet reported.
func (d *Driver) ReadAudience(ctx context.Context, channel smm.Ref, _ smm.Window) ([]smm.Metric, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	now := d.cfg.Clock.Now()
	metric := smm.Metric{
		Name: smm.MetricFollowers, Subject: channel, Channel: channel, Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now,
		Native: smm.NativeMetric{Name: InsightDemographics, Definition: followersDefinition},
	}
	all, err := s.Insights.Account(ctx, time.Time{}, time.Time{}, InsightFollowers)
	if err != nil {
		return nil, err
	}
	counts := map[string]Count{}
	take(all, counts)
	if c := counts[InsightFollowers]; c.Known && c.Value < minAudience {
		metric.State = smm.MetricNotYet
		return []smm.Metric{metric}, nil
	}
	var out []smm.Metric
	for _, b := range breakdowns {
		in, err := s.Insights.Demographics(ctx, b)
		if err != nil && !errors.Is(err, smm.ErrNotFound) {
			return nil, err
		}
		for _, c := range in.Cells {
			m := metric
			m.Breakdown = []smm.Dimension{{Name: b, Value: c.Key}}
			if c.Value.Known {
				m.Value, m.State = c.Value.Value, smm.Counted(c.Value.Value)
			}
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		out = []smm.Metric{metric}
	}
	return out, nil
}
