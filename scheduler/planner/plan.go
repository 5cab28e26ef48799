package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Placed is what a plan says of an item.
type Placed struct {
	Item Item
	// At is the earliest legal time, zero if there is none within the horizon.
	At time.Time
	// Blocked are the budgets that kept it from its planned time.
	Blocked []smm.QuotaKey
	Price   smm.Money
	// Known is whether a tariff matched. An item without one is taken to cost
	// nothing, and stays at its time.
	Known bool
}

// Fits reports whether the item may go when it was planned for.
func (p *Placed) Fits() bool { return !p.At.IsZero() && len(p.Blocked) == 0 }

// Load is how a budget is used.
type Load struct {
	Key   smm.QuotaKey
	Limit smm.QuotaLimit
	// Taken is the sum of what the placed items take.
	Taken int64
	// Peak is the most that is in use in any window (for a bucket: that is missing
	// from it), of Used and of placed items together.
	Peak int64
}

// Plan is what fits, when, and at what cost.
type Plan struct {
	Items []Placed // in the order of the planned times
	// Cost is the sum of the prices of what was placed, by currency, and
	// ByChannel the same for each channel.
	Cost      map[string]smm.Money
	ByChannel map[smm.Ref]map[string]smm.Money
	Loads     []Load // the budgets that anything was taken from
}

// Fits reports whether everything may go as it was planned.
func (p *Plan) Fits() bool {
	return !slices.ContainsFunc(p.Items, func(i Placed) bool { return !i.Fits() })
}

// Make plans items. Those planned before now are taken as planned for now. Rules
// that make no sense, and items without an ID, a channel or a time, or with the ID
// of another, give an error that matches smm.ErrInvalid.
func Make(items []Item, rules Rules, now time.Time) (Plan, error) {
	if err := rules.check(); err != nil {
		return Plan{}, err
	}
	if err := checkItems(items); err != nil {
		return Plan{}, err
	}
	if rules.Horizon == 0 {
		rules.Horizon = defaultHorizon
	}
	m := maker{rules: &rules, lines: make(map[smm.QuotaKey]*timeline), taken: make(map[smm.QuotaKey]int64)}
	plan := Plan{Cost: make(map[string]smm.Money), ByChannel: make(map[smm.Ref]map[string]smm.Money)}
	for _, i := range inOrder(items) {
		p := m.place(i, now)
		if !p.At.IsZero() && p.Price.Micros > 0 {
			if err := plan.pay(&p); err != nil {
				return Plan{}, err
			}
		}
		plan.Items = append(plan.Items, p)
	}
	plan.Loads = m.loads()
	return plan, nil
}

func checkItems(items []Item) error {
	type key struct {
		tenant smm.Tenant
		id     string
	}
	seen := make(map[key]bool, len(items))
	for _, i := range items {
		k := key{i.Tenant, i.ID}
		if i.ID == "" || i.Channel.IsZero() || i.At.IsZero() || seen[k] {
			return fmt.Errorf("%w: item %q needs an ID of its own, a channel and a time", smm.ErrInvalid, i.ID)
		}
		seen[k] = true
	}
	return nil
}

func inOrder(items []Item) []Item {
	out := slices.Clone(items)
	slices.SortStableFunc(out, func(a, b Item) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// pay adds an item's price to the sums.
func (p *Plan) pay(i *Placed) error {
	sums := p.ByChannel[i.Item.Channel]
	if sums == nil {
		sums = make(map[string]smm.Money)
		p.ByChannel[i.Item.Channel] = sums
	}
	for _, m := range []map[string]smm.Money{p.Cost, sums} {
		sum, err := m[i.Price.Currency].Add(i.Price)
		if err != nil {
			return err
		}
		m[i.Price.Currency] = sum
	}
	return nil
}

// maker holds the budgets while items are placed.
type maker struct {
	rules *Rules
	lines map[smm.QuotaKey]*timeline
	taken map[smm.QuotaKey]int64
}

// line returns the timeline of a budget, nil if none is declared.
func (m *maker) line(k smm.QuotaKey) *timeline {
	if l, ok := m.lines[k]; ok {
		return l
	}
	var found *Budget
	for i := range m.rules.Budgets {
		switch b := &m.rules.Budgets[i]; {
		case b.Key == k:
			found = b
		case found == nil && b.Key.Account == Channel && b.Key.Platform == k.Platform && b.Key.Bucket == k.Bucket:
			found = b
		}
	}
	var l *timeline
	if found != nil {
		l = newTimeline(found)
	}
	m.lines[k] = l
	return l
}

// place finds the earliest legal time of an item, and takes it.
func (m *maker) place(i Item, now time.Time) Placed {
	p := Placed{Item: i, At: scheduler.Micro(later(i.At, now))}
	t := m.rules.tariff(&i)
	if t == nil {
		return p
	}
	p.Known, p.Price = true, t.Price
	charges, end := t.charges(&i), later(i.At, now).Add(m.rules.Horizon)
	for moved := true; moved && !p.At.IsZero(); {
		moved = false
		for _, c := range charges {
			l := m.line(c.Key)
			if l == nil {
				continue
			}
			ok, next := l.fits(p.At, c.Cost)
			if ok {
				continue
			}
			if !slices.Contains(p.Blocked, c.Key) {
				p.Blocked = append(p.Blocked, c.Key)
			}
			p.At, moved = scheduler.Micro(next), true
			if c.Cost > l.most() || p.At.After(end) {
				p.At = time.Time{}
				return p
			}
		}
	}
	for _, c := range charges {
		m.taken[c.Key] += c.Cost
		if l := m.line(c.Key); l != nil {
			l.put(p.At, c.Cost)
		}
	}
	return p
}

func (m *maker) loads() []Load {
	keys := slices.SortedFunc(maps.Keys(m.taken), func(a, b smm.QuotaKey) int {
		return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Space, b.Space), cmp.Compare(a.Bucket, b.Bucket),
			cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Account, b.Account))
	})
	var out []Load
	for _, k := range keys {
		if l := m.lines[k]; l != nil {
			out = append(out, Load{Key: k, Limit: l.limit, Taken: m.taken[k], Peak: l.peak()})
		}
	}
	return out
}
