package facebook

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// InsightService reads numbers of the Page, its posts and its videos.
// https://developers.facebook.com/docs/graph-api/reference/insights/
type InsightService struct{ c *Client }

// Period is what one value covers.
type Period string

// The periods.
const (
	PeriodDay      Period = "day"
	PeriodWeek     Period = "week"
	PeriodDays28   Period = "days_28"
	PeriodLifetime Period = "lifetime"
	PeriodRange    Period = "total_over_range"
)

// MaxInsightSpan is the longest time between since and until of one call
// (unverified).
const MaxInsightSpan = 90 * 24 * time.Hour

// InsightParams ask for metrics.
type InsightParams struct {
	Metrics   []string
	Period    Period
	Since     time.Time
	Until     time.Time
	Breakdown string // "is_from_ads", "is_from_followers"
}

// Insight is the series of one metric.
type Insight struct {
	Name        string         `json:"name"`
	Period      Period         `json:"period"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Values      []InsightValue `json:"values"`
}

// InsightValue is a number of a time. It may be an object of numbers, of reactions
// by their kind for example, so it is kept as it came.
type InsightValue struct {
	Value json.RawMessage `json:"value"`
	// End is the end of the day that it covers, by the clock of the US Pacific
	// coast; zero for lifetime.
	End Time `json:"end_time"`
}

// Number is the value if it is a whole number from 0 on.
func (v *InsightValue) Number() Count {
	var c Count
	_ = c.UnmarshalJSON(v.Value) // it never fails
	return c
}

// Part is one member of a value that is an object, and whether there is one.
func (v *InsightValue) Part(name string) Count {
	var parts map[string]Count
	if json.Unmarshal(v.Value, &parts) != nil {
		return Count{}
	}
	return parts[name]
}

// Insights are metrics, and the names that the vendor does not take for this node
// or at all.
type Insights struct {
	Metrics []Insight
	Refused []string
}

// Find returns the metric of a name and period.
func (i *Insights) Find(name string, p Period) (*Insight, bool) {
	for n := range i.Metrics {
		if m := &i.Metrics[n]; m.Name == name && (m.Period == p || m.Period == "") {
			return m, true
		}
	}
	return nil, false
}

// Of reads metrics of a Page or a post. The vendor refuses a whole request for
// one name that it does not take. Then the names are asked for in halves, so that
// one costs some more requests and not the numbers of the others.
func (s *InsightService) Of(ctx context.Context, node ID, p InsightParams) (Insights, error) {
	return s.read(ctx, &meta.Request{Op: "insights.read", Path: []string{string(node), "insights"}}, p)
}

// OfVideo reads metrics of a video or reel.
func (s *InsightService) OfVideo(ctx context.Context, video ID, p InsightParams) (Insights, error) {
	return s.read(ctx, &meta.Request{Op: "video.insights", Path: []string{string(video), "video_insights"}}, p)
}

func (s *InsightService) read(ctx context.Context, r *meta.Request, p InsightParams) (Insights, error) {
	var out Insights
	if len(p.Metrics) == 0 {
		return out, nil
	}
	one := *r
	one.Priority = smm.PriorityBackground
	one.Params = form{}.text("metric", strings.Join(p.Metrics, ",")).text("period", string(p.Period)).text("breakdown", p.Breakdown).values()
	l, err := meta.List[Insight](ctx, s.c.graph, &one, ListParams{Since: p.Since, Until: p.Until})
	switch {
	case err == nil:
		out.Metrics = l.Items
		return out, nil
	case !badName(err):
		return out, err
	case len(p.Metrics) == 1:
		out.Refused = p.Metrics
		return out, nil
	}
	half := len(p.Metrics) / 2
	for _, names := range [][]string{p.Metrics[:half], p.Metrics[half:]} {
		q := p
		q.Metrics = names
		part, err := s.read(ctx, r, q)
		if err != nil {
			return out, err
		}
		out.Metrics = append(out.Metrics, part.Metrics...)
		out.Refused = append(out.Refused, part.Refused...)
	}
	return out, nil
}

// badName reports whether a request for metrics was refused for what it asks:
// code 100 without the subcode of a node that is not there.
func badName(err error) bool {
	e, ok := errors.AsType[*smm.Error](err)
	return ok && e.Code == "100" && errors.Is(err, smm.ErrRejected)
}
