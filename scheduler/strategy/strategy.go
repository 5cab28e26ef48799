package strategy

import (
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Schema is the version of Strategy's JSON form.
const Schema = 1

// Strategy is what was decided about a brand's channels. It survives JSON.
type Strategy struct {
	Schema int    `json:"schema"`
	Name   string `json:"name"`
	// Zone is the IANA name of the zone that days and weeks are counted in.
	Zone string `json:"zone"`

	Goals     []Goal     `json:"goals,omitempty"`
	Audiences []Audience `json:"audiences,omitempty"`
	Personas  []Persona  `json:"personas,omitempty"`
	// Pillars and ContentTypes are the mix: shares of the posts by Labels.Pillar
	// and Labels.ContentType. The shares of each add up to at most 1; what is left
	// is free.
	Pillars      []Share    `json:"pillars,omitempty"`
	ContentTypes []Share    `json:"content_types,omitempty"`
	Cadences     []Cadence  `json:"cadences,omitempty"`
	Campaigns    []Campaign `json:"campaigns,omitempty"`
	Blackouts    []Blackout `json:"blackouts,omitempty"`
	// Budget is for all posts of the span that is audited, zero for no limit.
	Budget smm.Money `json:"budget,omitzero"`
	// Review is when the strategy itself must be looked at again, zero for never.
	Review time.Time `json:"review,omitzero"`
	// Collision is how close two posts on one channel must not be: default 15
	// minutes, negative for any.
	Collision time.Duration `json:"collision,omitempty"`
}

// Goal is a figure to be reached.
type Goal struct {
	Name   string    `json:"name"`
	Metric string    `json:"metric"` // portable name of a smm.Metric
	Target float64   `json:"target"` // in the metric's unit
	Unit   string    `json:"unit,omitempty"`
	By     time.Time `json:"by,omitzero"`
}

// Audience is whom the channels speak to.
type Audience struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Languages   []string  `json:"languages,omitempty"` // BCP 47
	Places      []string  `json:"places,omitempty"`
	Channels    []smm.Ref `json:"channels,omitempty"`
}

// Persona is a typical member of an audience.
type Persona struct {
	Name     string   `json:"name"`
	Audience string   `json:"audience"` // an Audience's Name
	Needs    []string `json:"needs,omitempty"`
	Doubts   []string `json:"doubts,omitempty"`
}

// Share is a part of the mix.
type Share struct {
	Name      string  `json:"name"`
	Target    float64 `json:"target"`              // 0 to 1
	Tolerance float64 `json:"tolerance,omitempty"` // default 0.1, in the same unit
}

const defaultTolerance = 0.1

func (s Share) tolerance() float64 {
	if s.Tolerance == 0 {
		return defaultTolerance
	}
	return s.Tolerance
}

// Period is what a cadence counts by.
type Period string

// The periods. A week begins on Monday.
const (
	PerDay   Period = "day"
	PerWeek  Period = "week"
	PerMonth Period = "month"
)

// Cadence is how often a channel is posted to.
type Cadence struct {
	Channel smm.Ref       `json:"channel"`
	Per     Period        `json:"per"`
	Min     int           `json:"min,omitempty"`
	Max     int           `json:"max,omitempty"`     // 0: any
	MinGap  time.Duration `json:"min_gap,omitempty"` // between two posts
	MaxGap  time.Duration `json:"max_gap,omitempty"` // without a post; 0: any
}

// Campaign is a set of posts with an objective. Posts belong to it by
// Labels.Campaign.
type Campaign struct {
	Name       string      `json:"name"`
	Objective  string      `json:"objective,omitempty"`
	From       time.Time   `json:"from"`
	Until      time.Time   `json:"until"` // exclusive
	Channels   []smm.Ref   `json:"channels,omitempty"`
	Audience   string      `json:"audience,omitempty"`
	Budget     smm.Money   `json:"budget,omitzero"`
	Targets    []Goal      `json:"targets,omitempty"`
	Milestones []Milestone `json:"milestones,omitempty"`
	// Review is when its results must be looked at, zero for never.
	Review time.Time `json:"review,omitzero"`
}

// Milestone is a moment that needs posts: a launch, a fair, a deadline.
type Milestone struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	// Lead is how long before At its posts may begin: default 24 h. Lag is how
	// long after At they may still come.
	Lead time.Duration `json:"lead,omitempty"`
	Lag  time.Duration `json:"lag,omitempty"`
	// Posts is how many the campaign must have then: default 1. With Channels it
	// is how many on each of them.
	Posts    int       `json:"posts,omitempty"`
	Channels []smm.Ref `json:"channels,omitempty"`
}

// Blackout is a time without posts.
type Blackout struct {
	Name     string    `json:"name"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`              // exclusive
	Channels []smm.Ref `json:"channels,omitempty"` // none: all
}

// Check reports everything that is wrong with s, as errors that match
// smm.ErrInvalid.
func (s *Strategy) Check() error {
	c := checker{}
	c.must(s.Schema <= Schema, "the strategy has schema %d, newer than this program's %d: upgrade it", s.Schema, Schema)
	_, err := s.location()
	c.must(err == nil, "zone %q is no IANA name of a time zone, such as Europe/Berlin", s.Zone)
	c.shares("pillar", s.Pillars)
	c.shares("content type", s.ContentTypes)
	names := make(map[string]bool)
	for _, a := range s.Audiences {
		c.name("audience", a.Name, names)
	}
	for _, p := range s.Personas {
		c.must(names[p.Audience], "persona %q belongs to audience %q, which is not there", p.Name, p.Audience)
	}
	for _, a := range s.Cadences {
		c.cadence(a)
	}
	c.must(s.Budget.Micros >= 0, "the budget is negative")
	for _, b := range s.Blackouts {
		c.must(b.Until.After(b.From), "blackout %q ends before it begins", b.Name)
	}
	c.campaigns(s.Campaigns, names)
	return errors.Join(c.errs...)
}

// location is the strategy's zone. The machine's own zone is refused: a plan
// means the same everywhere.
func (s *Strategy) location() (*time.Location, error) {
	if s.Zone == "" || s.Zone == "Local" {
		return nil, fmt.Errorf("%w: zone %q", smm.ErrInvalid, s.Zone)
	}
	return time.LoadLocation(s.Zone)
}

type checker struct{ errs []error }

func (c *checker) must(ok bool, format string, args ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf("%w: "+format, append([]any{smm.ErrInvalid}, args...)...))
	}
}

func (c *checker) name(what, name string, seen map[string]bool) {
	c.must(name != "" && !seen[name], "%s %q has no name, or that of another", what, name)
	seen[name] = true
}

func (c *checker) shares(what string, shares []Share) {
	sum, seen := 0.0, make(map[string]bool)
	for _, s := range shares {
		c.name(what, s.Name, seen)
		c.must(s.Target >= 0 && s.Target <= 1 && s.Tolerance >= 0, "%s %q: want a target of 0 to 1, and a tolerance that is not negative", what, s.Name)
		sum += s.Target
	}
	c.must(sum <= 1+1e-9, "the targets of all %ss add up to %.2f, more than 1", what, sum)
}

func (c *checker) cadence(a Cadence) {
	switch a.Per {
	case PerDay, PerWeek, PerMonth:
	default:
		c.must(false, "the cadence of %s is per %q: want day, week or month", a.Channel, a.Per)
	}
	c.must(!a.Channel.IsZero(), "a cadence names no channel")
	c.must(a.Min >= 0 && (a.Max == 0 || a.Max >= a.Min), "the cadence of %s has a minimum of %d and a maximum of %d", a.Channel, a.Min, a.Max)
	c.must(a.MinGap >= 0 && a.MaxGap >= 0 && (a.MaxGap == 0 || a.MaxGap >= a.MinGap), "the cadence of %s has gaps that contradict each other", a.Channel)
}

func (c *checker) campaigns(all []Campaign, audiences map[string]bool) {
	seen := make(map[string]bool)
	for _, k := range all {
		c.name("campaign", k.Name, seen)
		c.must(k.Until.After(k.From), "campaign %q ends before it begins", k.Name)
		c.must(k.Audience == "" || audiences[k.Audience], "campaign %q is for audience %q, which is not there", k.Name, k.Audience)
		c.must(k.Budget.Micros >= 0, "campaign %q has a negative budget", k.Name)
		for _, m := range k.Milestones {
			c.must(m.Posts >= 0 && m.Lead >= 0 && m.Lag >= 0, "milestone %q of campaign %q has a negative number", m.Name, k.Name)
			c.must(!m.At.Before(k.From) && !m.At.After(k.Until), "milestone %q lies outside of campaign %q", m.Name, k.Name)
		}
	}
}
