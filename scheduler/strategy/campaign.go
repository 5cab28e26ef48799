package strategy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

const defaultLead = 24 * time.Hour

// window is when a milestone's posts may come, both ends included.
func (m *Milestone) window() (from, until time.Time) {
	lead := m.Lead
	if lead == 0 {
		lead = defaultLead
	}
	return m.At.Add(-lead), m.At.Add(m.Lag)
}

func (m *Milestone) posts() int { return max(m.Posts, 1) }

// have counts the posts of a campaign that serve the milestone.
func (m *Milestone) have(ps []Planned, channel smm.Ref) int {
	from, until := m.window()
	n := 0
	for _, p := range ps {
		if !p.At.Before(from) && !p.At.After(until) && (channel.IsZero() || p.Channel == channel) {
			n++
		}
	}
	return n
}

// places are the channels that each need the milestone's posts; the zero Ref
// stands for any.
func (m *Milestone) places() []smm.Ref {
	if len(m.Channels) == 0 {
		return []smm.Ref{{}}
	}
	return m.Channels
}

func (c *Campaign) posts(all []Planned) []Planned {
	var out []Planned
	for _, p := range all {
		if p.Labels.Campaign == c.Name {
			out = append(out, p)
		}
	}
	return out
}

func (c *Campaign) has(p *Planned) bool {
	return !p.At.Before(c.From) && p.At.Before(c.Until) && (len(c.Channels) == 0 || slices.Contains(c.Channels, p.Channel))
}

// campaigns checks those that touch the span.
func (a *audit) campaigns() {
	known := make(map[string]bool)
	for i := range a.s.Campaigns {
		c := &a.s.Campaigns[i]
		known[c.Name] = true
		ps := c.posts(a.all)
		a.milestones(c, ps)
		var outside []Planned
		for _, p := range c.posts(a.posts) {
			if !c.has(&p) {
				outside = append(outside, p)
			}
		}
		if len(outside) > 0 {
			a.find(CodeOutside, smm.Ref{}, args("name", c.Name, "items", strings.Join(ids(outside), ",")),
				"%d posts of campaign %q lie outside of its dates or channels", len(outside), c.Name)
		}
		if len(ps) == 0 && c.From.Before(a.r.Until) && c.Until.After(a.r.From) {
			a.find(CodeEmpty, smm.Ref{}, args("name", c.Name), "campaign %q has no posts", c.Name)
		}
		if sum, err := total(ps); err != nil {
			a.find(CodeCurrency, smm.Ref{}, args("name", c.Name), "the costs of campaign %q cannot be added up: %v", c.Name, err)
		} else {
			a.over("campaign "+strconv.Quote(c.Name), c.Budget, sum)
		}
	}
	strangers := make(map[string][]Planned)
	for _, p := range a.posts {
		if name := p.Labels.Campaign; name != "" && !known[name] && len(a.s.Campaigns) > 0 {
			strangers[name] = append(strangers[name], p)
		}
	}
	for _, p := range a.posts { // in the order of time
		if ps := strangers[p.Labels.Campaign]; len(ps) > 0 {
			a.find(CodeNoCampaign, smm.Ref{}, args("name", p.Labels.Campaign, "items", strings.Join(ids(ps), ",")),
				"%d posts belong to campaign %q, which the strategy does not have", len(ps), p.Labels.Campaign)
			delete(strangers, p.Labels.Campaign)
		}
	}
}

// milestones checks those whose time touches the span.
func (a *audit) milestones(c *Campaign, ps []Planned) {
	for i := range c.Milestones {
		m := &c.Milestones[i]
		from, until := m.window()
		if until.Before(a.r.From) || !from.Before(a.r.Until) {
			continue
		}
		for _, channel := range m.places() {
			if n := m.have(ps, channel); n < m.posts() {
				a.find(CodeMilestone, channel, args("name", m.Name, "from", day(from), "until", day(until), "have", strconv.Itoa(n), "want", strconv.Itoa(m.posts())),
					"milestone %q of campaign %q at %s has %d posts, %d are wanted", m.Name, c.Name, a.local(m.At), n, m.posts())
			}
		}
	}
}

// CampaignReport sums up a campaign.
type CampaignReport struct {
	Campaign  Campaign
	Posts     int
	Published int
	Failed    int // and expired or cancelled
	ByChannel map[smm.Ref]int
	ByType    map[string]int // by Labels.ContentType
	First     time.Time      // zero without posts
	Last      time.Time
	Cost      smm.Money
	// Missing is how many posts each milestone lacks, by its name; those that lack
	// none are not in it.
	Missing map[string]int
}

// Report sums up the campaign of a name over posts of any time. If the strategy
// has none, the error matches smm.ErrNotFound; costs that cannot be added up give
// one that matches smm.ErrInvalid.
func (s *Strategy) Report(name string, posts []Planned) (CampaignReport, error) {
	i := slices.IndexFunc(s.Campaigns, func(c Campaign) bool { return c.Name == name })
	if i < 0 {
		return CampaignReport{}, fmt.Errorf("%w: campaign %q", smm.ErrNotFound, name)
	}
	c := &s.Campaigns[i]
	ps := c.posts(posts)
	r := CampaignReport{
		Campaign: *c, Posts: len(ps),
		ByChannel: make(map[smm.Ref]int), ByType: make(map[string]int), Missing: make(map[string]int),
	}
	var err error
	if r.Cost, err = total(ps); err != nil {
		return CampaignReport{}, fmt.Errorf("campaign %q: %w", name, err)
	}
	for _, p := range ps {
		r.ByChannel[p.Channel]++
		r.ByType[p.Labels.ContentType]++
		switch {
		case p.Phase == smm.PhasePublished:
			r.Published++
		case p.Phase.Final():
			r.Failed++
		}
		if r.First.IsZero() || p.At.Before(r.First) {
			r.First = p.At
		}
		if p.At.After(r.Last) {
			r.Last = p.At
		}
	}
	for j := range c.Milestones {
		m := &c.Milestones[j]
		for _, channel := range m.places() {
			if n := m.have(ps, channel); n < m.posts() {
				r.Missing[m.Name] += m.posts() - n
			}
		}
	}
	return r, nil
}
