package strategy

import (
	"cmp"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Planned is a post in the calendar, as far as a strategy looks at it.
type Planned struct {
	ID      string
	Channel smm.Ref
	At      time.Time
	Labels  smm.Labels
	Phase   smm.Phase // "" for an idea that no delivery stands for yet
	Cost    smm.Money // of publishing, boosting and making it, as far as known
}

// FromRecords takes what is public or may still become so. The further parts of
// threads, first comments and answers are no posts of their own. Costs are not in
// records: set them, for example from package planner.
func FromRecords(rs []*scheduler.Record) []Planned {
	var out []Planned
	for _, r := range rs {
		d := &r.Delivery
		if d.Parent != "" || d.Request.Kind != smm.CreatePost || !r.Live() {
			continue
		}
		out = append(out, Planned{
			ID: d.ID, Channel: d.Request.Channel, At: r.NotBefore,
			Labels: d.Request.Post.Labels, Phase: d.Phase,
		})
	}
	return out
}

// within returns the posts of a span, in the order of time.
func within(ps []Planned, from, until time.Time) []Planned {
	var out []Planned
	for _, p := range ps {
		if !p.At.Before(from) && p.At.Before(until) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Planned) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// byChannel divides posts, and keeps their order.
func byChannel(ps []Planned) map[smm.Ref][]Planned {
	out := make(map[smm.Ref][]Planned)
	for _, p := range ps {
		out[p.Channel] = append(out[p.Channel], p)
	}
	return out
}

func ids(ps []Planned) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.ID
	}
	return out
}

// total adds up costs. What is in another currency than the first is an error.
func total(ps []Planned) (smm.Money, error) {
	var sum smm.Money
	for _, p := range ps {
		var err error
		if sum, err = sum.Add(p.Cost); err != nil {
			return smm.Money{}, err
		}
	}
	return sum, nil
}
