package threads

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Insight is one number or series of numbers. Which members are set depends on
// the metric: series have Values, sums Total, clicks Links, demographics Cells.
type Insight struct {
	Name        string
	Period      string // "lifetime", "day"
	Title       string
	Description string
	ID          string

	Values []InsightValue // each of a day, or one of the lifetime
	Total  Count
	Links  []LinkClicks
	Cells  []InsightCell
}

// InsightValue is one value of a series.
type InsightValue struct {
	Value Count `json:"value"`
	End   Time  `json:"end_time"` // zero for a lifetime
}

// LinkClicks are the clicks on one address.
type LinkClicks struct {
	URL   Text  `json:"link_url"`
	Value Count `json:"value"`
}

// InsightCell is one cell of a breakdown.
type InsightCell struct {
	Dimension string // "country"
	Key       string // "DE"
	Value     Count
}

// Sum adds a series up, or returns the total. It is not known if nothing was
// told.
func (i *Insight) Sum() Count {
	if i.Total.Known {
		return i.Total
	}
	var sum Count
	for _, v := range i.Values {
		if v.Value.Known {
			sum.Value, sum.Known = sum.Value+v.Value.Value, true
		}
	}
	for _, l := range i.Links {
		if l.Value.Known {
			sum.Value, sum.Known = sum.Value+l.Value.Value, true
		}
	}
	return sum
}

type wireInsight struct {
	Name        Text           `json:"name"`
	Period      Text           `json:"period"`
	Title       Text           `json:"title"`
	Description Text           `json:"description"`
	ID          Text           `json:"id"`
	Values      []InsightValue `json:"values"`
	Total       struct {
		Value      Count           `json:"value"`
		LinkURL    Text            `json:"link_url"`
		Breakdowns []wireBreakdown `json:"breakdowns"`
	} `json:"total_value"`
	Links []LinkClicks `json:"link_total_values"`
}

// wireBreakdown has the form of Instagram's, which is not verified here.
type wireBreakdown struct {
	Keys    []Text `json:"dimension_keys"`
	Results []struct {
		Values []Text `json:"dimension_values"`
		Value  Count  `json:"value"`
	} `json:"results"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *Insight) UnmarshalJSON(b []byte) error {
	var w wireInsight
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*i = Insight{
		Name: string(w.Name), Period: string(w.Period), Title: string(w.Title), Description: string(w.Description), ID: string(w.ID),
		Values: w.Values, Total: w.Total.Value, Links: w.Links,
	}
	if w.Total.LinkURL != "" { // the other form of clicks that was seen
		i.Links = append(i.Links, LinkClicks{w.Total.LinkURL, w.Total.Value})
	}
	for _, br := range w.Total.Breakdowns {
		for _, res := range br.Results {
			if len(br.Keys) == 0 || len(res.Values) == 0 {
				continue
			}
			i.Cells = append(i.Cells, InsightCell{string(br.Keys[0]), string(res.Values[0]), res.Value})
		}
	}
	return nil
}

// The metrics. Of posts: the first six.
const (
	InsightViews        = "views"
	InsightLikes        = "likes"
	InsightReplies      = "replies"
	InsightReposts      = "reposts"
	InsightQuotes       = "quotes"
	InsightShares       = "shares"
	InsightClicks       = "clicks"          // of the account
	InsightFollowers    = "followers_count" // of the account, as of now
	InsightDemographics = "follower_demographics"
)

// insightsBegin is before what accounts have numbers of: 2024-04-13 (not
// verified).
var insightsBegin = time.Unix(1_712_991_600, 0).UTC()

// InsightService reads numbers (threads_manage_insights).
type InsightService struct{ c *Client }

// Post reads metrics of an own post, of its lifetime. Reposts and replies to
// replies have none.
func (s *InsightService) Post(ctx context.Context, post ID, metrics ...string) ([]Insight, error) {
	r := s.c.request("thread.insights", string(post), "insights")
	r.Params = url.Values{"metric": {strings.Join(metrics, ",")}}
	return s.read(ctx, r, ListParams{})
}

// Account reads metrics of the account from since to until; zero times leave the
// choice to the vendor. InsightFollowers has no times.
func (s *InsightService) Account(ctx context.Context, since, until time.Time, metrics ...string) ([]Insight, error) {
	r := s.c.request("me.threads_insights", s.c.me(), "threads_insights")
	r.Params = url.Values{"metric": {strings.Join(metrics, ",")}}
	if !since.IsZero() && since.Before(insightsBegin) {
		since = insightsBegin
	}
	return s.read(ctx, r, ListParams{Since: since, Until: until})
}

// Demographics splits the followers by "country", "city", "age" or "gender". The
// vendor has it for accounts of 100 followers or more.
func (s *InsightService) Demographics(ctx context.Context, breakdown string) (Insight, error) {
	r := s.c.request("me.threads_insights", s.c.me(), "threads_insights")
	r.Params = url.Values{"metric": {InsightDemographics}, "breakdown": {breakdown}}
	all, err := s.read(ctx, r, ListParams{})
	if err != nil {
		return Insight{}, err
	}
	for i := range all {
		if all[i].Name == InsightDemographics {
			return all[i], nil
		}
	}
	return Insight{}, &smm.Error{Op: r.Op, Platform: Platform, Channel: s.c.channel(), Err: fmt.Errorf("%w: the vendor reports no demographics", smm.ErrNotFound)}
}

func (s *InsightService) read(ctx context.Context, r *meta.Request, p ListParams) ([]Insight, error) {
	r.Priority = smm.PriorityBackground
	page, err := meta.List[Insight](ctx, s.c.api, r, p)
	return page.Items, err
}
