package instagram

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// InsightService reads the vendor's numbers. Those of an account are up to 48 hours
// late and kept for 90 days, those of a post for two years, those of a story for 24
// hours.
type InsightService struct{ c *Client }

// AccountParams ask for numbers of the account.
type AccountParams struct {
	Metrics   []string
	Period    string // "" for "day"; "lifetime" for demographics
	Type      string // "" for "total_value", or "time_series"
	Breakdown []string
	Timeframe string // of demographics: "this_week", "this_month"
	Since     time.Time
	Until     time.Time // at most 30 days after Since
}

// Of lists numbers of a post, reel or story. A name that the vendor does not know
// for this media is left out of the result and does not cost the others.
func (s *InsightService) Of(ctx context.Context, media ID, metrics ...string) ([]Insight, error) {
	return tolerant(metrics, func(names []string) ([]Insight, error) {
		r := s.c.req("insights.media", string(media), "insights")
		r.Params = url.Values{"metric": {strings.Join(names, ",")}}
		return s.read(ctx, r)
	})
}

// Account lists numbers of the account. A name that the vendor does not know is
// left out of the result and does not cost the others. What there is no data for is
// not in the result either.
func (s *InsightService) Account(ctx context.Context, p AccountParams) ([]Insight, error) {
	return tolerant(p.Metrics, func(names []string) ([]Insight, error) {
		r := s.c.req("insights.account", string(s.c.account), "insights")
		r.Params = p.values(names)
		return s.read(ctx, r)
	})
}

func (p *AccountParams) values(names []string) url.Values {
	q := url.Values{"metric": {strings.Join(names, ",")}, "period": {"day"}, "metric_type": {"total_value"}}
	if p.Period != "" {
		q.Set("period", p.Period)
	}
	if p.Type != "" {
		q.Set("metric_type", p.Type)
	}
	if len(p.Breakdown) > 0 {
		q.Set("breakdown", strings.Join(p.Breakdown, ","))
	}
	if p.Timeframe != "" {
		q.Set("timeframe", p.Timeframe)
	}
	if !p.Since.IsZero() {
		q.Set("since", strconv.FormatInt(p.Since.Unix(), 10))
	}
	if !p.Until.IsZero() {
		q.Set("until", strconv.FormatInt(p.Until.Unix(), 10))
	}
	return q
}

func (s *InsightService) read(ctx context.Context, r *meta.Request) ([]Insight, error) {
	page, err := meta.List[Insight](ctx, s.c.graph, r, ListParams{})
	return page.Items, err
}

// maxSingle bounds the requests that one bad name leads to.
const maxSingle = 32

// tolerant asks for all names at once and, if that is refused for what it asks,
// for each alone. An error about everything stays one: that of the first name.
func tolerant(names []string, read func([]string) ([]Insight, error)) ([]Insight, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, err := read(names)
	if err == nil || !badName(err) || len(names) == 1 || len(names) > maxSingle {
		return all, err
	}
	var out []Insight
	good := 0
	for _, name := range names {
		got, oneErr := read([]string{name})
		switch {
		case oneErr == nil:
			good++
			out = append(out, got...)
		case !badName(oneErr):
			return out, oneErr
		}
	}
	if good == 0 {
		return nil, err
	}
	return out, nil
}

// badName reports whether a request was refused for what it asked: code 100 without
// the subcode of a missing object.
func badName(err error) bool {
	e, ok := errors.AsType[*smm.Error](err)
	return ok && (errors.Is(err, smm.ErrRejected) || errors.Is(err, smm.ErrUnsupported)) && (e.Code == "100" || strings.HasPrefix(e.Code, "100/"))
}
