package series

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// By is something to group rows by.
type By string

// What rows can be grouped by.
const (
	ByChannel     By = "channel"
	ByPost        By = "post"
	ByDay         By = "day"
	ByWeek        By = "week"    // ISO 8601, beginning on Monday
	ByWeekday     By = "weekday" // Monday first
	ByHour        By = "hour"    // 0 to 23
	ByCampaign    By = "campaign"
	ByContentType By = "content type"
	ByLabel       By = "label" // a row counts in each of its labels: groups overlap, and do not add up to the whole
)

// Key says what a group has in common. Fields that the query does not group by
// are zero. It is comparable. Rows without a campaign, content type or label
// are the group whose field is "".
type Key struct {
	Channel     smm.Ref
	Post        smm.Ref
	Day         Day
	Week        Day // its Monday
	Weekday     time.Weekday
	Hour        int
	Campaign    string
	ContentType string
	Label       string
}

// Filter keeps the rows that pass all of its fields; an empty field passes all.
type Filter struct {
	Period       Period
	Channels     []smm.Ref
	Posts        []smm.Ref // the zero Ref passes rows of channels themselves
	Campaigns    []string  // "" passes rows without one
	ContentTypes []string
	Labels       []string // rows with at least one of these; "" passes rows without any
	Weekdays     []time.Weekday
	Hours        []int
}

// Query says what to compute.
type Query struct {
	Where  Filter
	By     []By             // nil for one group of everything
	Sums   []smm.MetricName // nil for all columns
	Ratios []Ratio
}

// Ratio is a column of rates: the sum of Num over the sum of Den, over the rows
// in which both sides are known; see analytics.Pool.
type Ratio struct {
	Name string // "engagement rate by reach"
	Num  []smm.MetricName
	Den  smm.MetricName
}

const (
	// skip is what a row that is filtered out adds to its key: more than all
	// groups together.
	skip      = uint64(1) << 40
	maxGroups = skip
)

// axis is one way to group, laid out so that groups come out in order.
type axis struct {
	by     By
	size   uint64
	stride uint64
	fill   func(k *Key, i uint64)
}

// plan is a query compiled to lookup tables: the key of a row is the sum of
// what the tables of its key columns say.
type plan struct {
	axes   []axis
	groups uint64
	base   [7][]uint64 // by dimension; nil where neither a group nor a filter looks
	passes [][]uint64  // tables of the label sets, one for each label that a row may have
}

// The dimensions are the key columns of a chunk.
const (
	dimChannel = iota
	dimPost
	dimDay
	dimHour
	dimCampaign
	dimType
	dimSets
)

func (t *Table) sizes() [7]int {
	return [7]int{len(t.channels.refs), len(t.posts.refs), int(t.max-t.min) + 1, hoursPerDay, len(t.campaigns.words), len(t.types.words), len(t.sets.sets)}
}

func (t *Table) plan(q *Query) (*plan, error) {
	p := &plan{groups: 1}
	if q.Where.Period != (Period{}) {
		if err := q.Where.Period.check(); err != nil {
			return nil, err
		}
	}
	steps := make([]func(uint64), 0, len(q.By))
	for i, by := range q.By {
		if slices.Contains(q.By[:i], by) {
			return nil, fmt.Errorf("%w: the query groups by %s twice", smm.ErrInvalid, by)
		}
		a, step, err := t.axis(p, by)
		if err != nil {
			return nil, err
		}
		p.axes = append(p.axes, a)
		steps = append(steps, step)
	}
	for i, a := range slices.Backward(p.axes) {
		p.axes[i].stride = p.groups
		if a.size > maxGroups/p.groups {
			return nil, fmt.Errorf("%w: the query asks for too many groups: filter, or group by fewer keys", smm.ErrInvalid)
		}
		p.groups *= max(a.size, 1)
	}
	for i, step := range steps {
		step(p.axes[i].stride)
	}
	t.filter(p, &q.Where)
	return p, nil
}

// table returns the lookup table of a dimension.
func (t *Table) table(p *plan, dim int) []uint64 {
	if p.base[dim] == nil {
		p.base[dim] = make([]uint64, t.sizes()[dim])
	}
	return p.base[dim]
}

// axis describes one way to group; the step writes it into the tables once its
// stride is known.
func (t *Table) axis(p *plan, by By) (axis, func(stride uint64), error) {
	ranked := func(dim int, rank []uint32, fill func(*Key, uint64)) (axis, func(uint64), error) {
		return axis{by: by, size: uint64(len(rank)), fill: fill}, func(stride uint64) {
			for c, r := range rank {
				t.table(p, dim)[c] += uint64(r) * stride
			}
		}, nil
	}
	days := func(size uint64, of func(Day) uint64, fill func(*Key, uint64)) (axis, func(uint64), error) {
		return axis{by: by, size: size, fill: fill}, func(stride uint64) {
			for i := range t.table(p, dimDay) {
				t.table(p, dimDay)[i] += of(t.min+Day(i)) * stride
			}
		}, nil
	}
	switch by {
	case ByChannel:
		rank, order := ranks(t.channels.refs, compareRefs)
		return ranked(dimChannel, rank, func(k *Key, i uint64) { k.Channel = t.channels.refs[order[i]] })
	case ByPost:
		rank, order := ranks(t.posts.refs, compareRefs)
		return ranked(dimPost, rank, func(k *Key, i uint64) { k.Post = t.posts.refs[order[i]] })
	case ByCampaign:
		rank, order := ranks(t.campaigns.words, strings.Compare)
		return ranked(dimCampaign, rank, func(k *Key, i uint64) { k.Campaign = t.campaigns.words[order[i]] })
	case ByContentType:
		rank, order := ranks(t.types.words, strings.Compare)
		return ranked(dimType, rank, func(k *Key, i uint64) { k.ContentType = t.types.words[order[i]] })
	case ByDay:
		return days(uint64(t.max-t.min)+1, func(d Day) uint64 { return uint64(d - t.min) }, func(k *Key, i uint64) { k.Day = t.min + Day(i) })
	case ByWeek:
		first := t.min.Monday()
		return days(uint64(t.max-first)/daysPerWeek+1, func(d Day) uint64 { return uint64(d-first) / daysPerWeek },
			func(k *Key, i uint64) { k.Week = first + Day(i)*daysPerWeek })
	case ByWeekday:
		return days(daysPerWeek, func(d Day) uint64 { return uint64(mondayFirst(d.Weekday())) },
			func(k *Key, i uint64) { k.Weekday = time.Weekday((i + 1) % daysPerWeek) })
	case ByHour:
		rank, _ := ranks(make([]struct{}, hoursPerDay), func(_, _ struct{}) int { return 0 })
		for h := range rank {
			rank[h] = uint32(h)
		}
		return ranked(dimHour, rank, func(k *Key, i uint64) { k.Hour = int(i) })
	case ByLabel:
		return t.labelAxis(p)
	}
	return axis{}, nil, fmt.Errorf("%w: cannot group by %q: use a constant such as ByChannel", smm.ErrInvalid, by)
}

// labelAxis makes one pass for each label that a row may have. Group 0 is that
// of the rows without a label.
func (t *Table) labelAxis(p *plan) (axis, func(uint64), error) {
	rank, order := ranks(t.sets.labels.words, cmp.Compare[string])
	fill := func(k *Key, i uint64) {
		if i > 0 {
			k.Label = t.sets.labels.words[order[i-1]]
		}
	}
	return axis{by: ByLabel, size: uint64(len(rank)) + 1, fill: fill}, func(stride uint64) {
		for pass := range t.sets.most() {
			table := make([]uint64, len(t.sets.sets))
			for c, set := range t.sets.sets {
				switch {
				case pass < len(set):
					table[c] = (uint64(rank[set[pass]]) + 1) * stride
				case pass > 0:
					table[c] = skip
				}
			}
			p.passes = append(p.passes, table)
		}
	}, nil
}

func (t *Table) filter(p *plan, f *Filter) {
	keep := func(dim int, on bool, passes func(code int) bool) {
		if !on {
			return
		}
		table := t.table(p, dim)
		for c := range table {
			if !passes(c) {
				table[c] = skip
			}
		}
	}
	keep(dimChannel, len(f.Channels) > 0, func(c int) bool { return slices.Contains(f.Channels, t.channels.refs[c]) })
	keep(dimPost, len(f.Posts) > 0, func(c int) bool { return slices.Contains(f.Posts, t.posts.refs[c]) })
	keep(dimDay, f.Period != (Period{}), func(c int) bool { return f.Period.Contains(t.min + Day(c)) })
	keep(dimDay, len(f.Weekdays) > 0, func(c int) bool { return slices.Contains(f.Weekdays, (t.min + Day(c)).Weekday()) })
	keep(dimHour, len(f.Hours) > 0, func(c int) bool { return slices.Contains(f.Hours, c) })
	keep(dimCampaign, len(f.Campaigns) > 0, func(c int) bool { return slices.Contains(f.Campaigns, t.campaigns.words[c]) })
	keep(dimType, len(f.ContentTypes) > 0, func(c int) bool { return slices.Contains(f.ContentTypes, t.types.words[c]) })
	keep(dimSets, len(f.Labels) > 0, func(c int) bool {
		set := t.sets.sets[c]
		return (len(set) == 0 && slices.Contains(f.Labels, "")) ||
			slices.ContainsFunc(set, func(l uint32) bool { return slices.Contains(f.Labels, t.sets.labels.words[l]) })
	})
}

// key decodes a group's number.
func (p *plan) key(g uint64) Key {
	var k Key
	for _, a := range p.axes {
		a.fill(&k, g/a.stride)
		g %= a.stride
	}
	return k
}
