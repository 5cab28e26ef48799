package strategy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// The codes of findings. Args are: "from" and "until" (RFC 3339) where it is about
// a span, "items" (IDs, joined by commas) where it is about posts, "name" of the
// pillar, campaign, milestone or blackout, and "have" and "want" for figures.
const (
	CodeMix          = "strategy.mix"               // a share of the mix is off
	CodeUnlabelled   = "strategy.unlabelled"        // posts without a pillar or content type that the mix asks for
	CodeGap          = "strategy.gap"               // a channel is silent for longer than MaxGap
	CodeTooFew       = "strategy.too-few"           // less than the cadence's Min in a period
	CodeTooMany      = "strategy.too-many"          // more than its Max
	CodeTooClose     = "strategy.too-close"         // two posts closer than MinGap
	CodeCollision    = "strategy.collision"         // two posts on one channel at the same time
	CodeMilestone    = "strategy.milestone-missing" // a milestone lacks its posts
	CodeBlackout     = "strategy.blackout"          // a post in a blackout
	CodeOutside      = "strategy.outside-campaign"  // a post outside its campaign's dates or channels
	CodeNoCampaign   = "strategy.unknown-campaign"  // a post of a campaign that the strategy has not
	CodeEmpty        = "strategy.empty-campaign"    // a campaign without posts
	CodeBudget       = "strategy.over-budget"       // planned costs exceed a budget
	CodeCurrency     = "strategy.currency"          // costs in several currencies cannot be added up
	CodeReview       = "strategy.review-overdue"    // the day of review is over
	CodeGoalOver     = "strategy.goal-date-over"    // a goal's date is over: measure it and set another
	defaultCollision = 15 * time.Minute
)

// Report is what an audit found.
type Report struct {
	From, Until time.Time
	Posts       int
	// Pillars and ContentTypes are the shares of the mix as planned, by name, of
	// all posts with such a label; "" is the number of those without, as a share
	// of all.
	Pillars, ContentTypes map[string]float64
	Cost                  smm.Money
	Findings              smm.Findings
}

// Audit checks the posts planned for the span from (inclusive) until (exclusive)
// against s. Every finding is reported, sorted by code as listed above. A strategy
// that Check refuses and a span that is empty or longer than ten years give an
// error that matches smm.ErrInvalid.
func Audit(s *Strategy, posts []Planned, from, until, now time.Time) (Report, error) {
	if err := s.Check(); err != nil {
		return Report{}, err
	}
	if !until.After(from) || until.Sub(from) > 10*366*24*time.Hour {
		return Report{}, fmt.Errorf("%w: a span from %s until %s: want more than nothing and at most ten years", smm.ErrInvalid, day(from), day(until))
	}
	zone, err := s.location()
	if err != nil {
		return Report{}, err
	}
	a := audit{s: s, zone: zone, now: now, all: within(posts, time.Time{}, until.AddDate(10, 0, 0)), posts: within(posts, from, until)}
	a.r = Report{From: from, Until: until, Posts: len(a.posts)}
	a.r.Pillars = a.mix("pillar", s.Pillars, func(l *smm.Labels) string { return l.Pillar })
	a.r.ContentTypes = a.mix("content type", s.ContentTypes, func(l *smm.Labels) string { return l.ContentType })
	a.cadences()
	a.collisions()
	a.campaigns()
	a.blackouts()
	a.budget()
	a.reviews()
	a.r.Findings = a.findings
	return a.r, nil
}

type audit struct {
	s        *Strategy
	zone     *time.Location
	now      time.Time
	all      []Planned // of any time
	posts    []Planned // of the span
	r        Report
	findings smm.Findings
}

func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// args builds the arguments of a finding from pairs.
func args(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func (a *audit) find(code string, channel smm.Ref, arguments map[string]string, format string, v ...any) {
	a.findings = append(a.findings, smm.Finding{
		Code: code, Severity: smm.SeverityWarning, Channel: channel, Args: arguments, Message: fmt.Sprintf(format, v...),
	})
}

// mix compares shares with their targets and returns them.
func (a *audit) mix(what string, targets []Share, label func(*smm.Labels) string) map[string]float64 {
	counts, labelled := make(map[string]int), 0
	var without []Planned
	for _, p := range a.posts {
		if l := label(&p.Labels); l != "" {
			counts[l]++
			labelled++
		} else {
			without = append(without, p)
		}
	}
	shares := make(map[string]float64, len(counts)+1)
	for name, n := range counts {
		shares[name] = float64(n) / float64(labelled)
	}
	if len(without) > 0 {
		shares[""] = float64(len(without)) / float64(len(a.posts))
	}
	if len(targets) == 0 {
		return shares
	}
	if len(without) > 0 {
		a.find(CodeUnlabelled, smm.Ref{}, args("name", what, "items", strings.Join(ids(without), ",")),
			"%d posts have no %s, so the mix leaves them out", len(without), what)
	}
	for _, t := range targets {
		if labelled == 0 || !off(counts[t.Name], labelled, t) {
			continue
		}
		a.find(CodeMix, smm.Ref{}, args("name", t.Name, "have", percent(shares[t.Name]), "want", percent(t.Target)),
			"%s of the posts are of %s %q, planned are %s", percent(shares[t.Name]), what, t.Name, percent(t.Target))
	}
	return shares
}

// off reports whether n of total misses the target by more than the tolerance,
// and one post more or less would come closer.
func off(n, total int, t Share) bool {
	distance := func(n int) float64 { return abs(float64(n)/float64(total) - t.Target) }
	d := distance(n)
	const rounding = 1e-9
	return d > t.tolerance()+rounding && (distance(n+1) < d-rounding || distance(n-1) < d-rounding)
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) + " %" }

func (a *audit) collisions() {
	near := a.s.Collision
	if near == 0 {
		near = defaultCollision
	}
	for channel, ps := range sorted(byChannel(a.posts)) {
		for i := 1; i < len(ps); i++ {
			if gap := ps[i].At.Sub(ps[i-1].At); gap < near {
				a.find(CodeCollision, channel, args("items", ps[i-1].ID+","+ps[i].ID, "from", day(ps[i-1].At)),
					"two posts on %s within %s at %s", channel, gap, a.local(ps[i-1].At))
			}
		}
	}
}

func (a *audit) local(t time.Time) string { return t.In(a.zone).Format("2006-01-02 15:04") }

func (a *audit) blackouts() {
	for _, b := range a.s.Blackouts {
		var in []Planned
		for _, p := range a.posts {
			if !p.At.Before(b.From) && p.At.Before(b.Until) && (len(b.Channels) == 0 || slices.Contains(b.Channels, p.Channel)) {
				in = append(in, p)
			}
		}
		if len(in) > 0 {
			a.find(CodeBlackout, smm.Ref{}, args("name", b.Name, "items", strings.Join(ids(in), ","), "from", day(b.From), "until", day(b.Until)),
				"%d posts are planned for the blackout %q", len(in), b.Name)
		}
	}
}

func (a *audit) budget() {
	sum, err := total(a.posts)
	if err != nil {
		a.find(CodeCurrency, smm.Ref{}, nil, "the costs of the posts cannot be added up: %v", err)
		return
	}
	a.r.Cost = sum
	a.over("the strategy", a.s.Budget, sum)
}

// over compares a sum with a budget.
func (a *audit) over(name string, budget, sum smm.Money) {
	switch {
	case budget.Micros == 0 || sum.Micros == 0:
	case budget.Currency != sum.Currency:
		a.find(CodeCurrency, smm.Ref{}, args("name", name), "the budget of %s is in %s and its costs in %s", name, budget.Currency, sum.Currency)
	case sum.Micros > budget.Micros:
		a.find(CodeBudget, smm.Ref{}, args("name", name, "have", sum.String(), "want", budget.String()),
			"the posts of %s cost %s, its budget is %s", name, sum, budget)
	}
}

func (a *audit) reviews() {
	overdue := func(name string, at time.Time) {
		if !at.IsZero() && a.now.After(at) {
			a.find(CodeReview, smm.Ref{}, args("name", name, "from", day(at)), "the review of %s was due on %s", name, a.local(at))
		}
	}
	overdue("the strategy", a.s.Review)
	for _, k := range a.s.Campaigns {
		overdue(k.Name, k.Review)
	}
	goals := slices.Clone(a.s.Goals)
	for _, k := range a.s.Campaigns {
		goals = append(goals, k.Targets...)
	}
	for _, g := range goals {
		if !g.By.IsZero() && a.now.After(g.By) {
			a.find(CodeGoalOver, smm.Ref{}, args("name", g.Name, "from", day(g.By)), "goal %q was to be reached by %s: measure it, and set another", g.Name, a.local(g.By))
		}
	}
}
