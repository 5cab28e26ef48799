package planner

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Item is something to be published.
type Item struct {
	ID      string
	Tenant  smm.Tenant
	Channel smm.Ref
	Kind    smm.CreateKind
	At      time.Time // planned
	Link    bool      // its text or card has a link, which some platforms charge for
	Media   int       // assets
}

// FromRecords takes what is not final. Further parts of threads and first comments
// are items of their own, since platforms count them.
func FromRecords(rs []*scheduler.Record) []Item {
	var out []Item
	for _, r := range rs {
		d := &r.Delivery
		if d.Phase.Final() {
			continue
		}
		p := &d.Request.Post
		out = append(out, Item{
			ID: d.ID, Tenant: d.Tenant, Channel: d.Request.Channel, Kind: d.Request.Kind, At: r.NotBefore,
			Link: hasLink(p), Media: len(p.Media),
		})
	}
	return out
}

// Tariff says what items of a kind take. Fields that are not zero narrow it down;
// the first tariff that matches an item counts.
type Tariff struct {
	Platform smm.Platform
	Channel  smm.Ref
	Kind     smm.CreateKind
	Link     bool // only for items with a link; put it before the tariff for all
	MinMedia int  // only for items with at least as many assets

	// Charges are taken when the item is published. A Key whose Account is Channel
	// stands for the item's own channel, and its Tenant is the item's.
	Charges []smm.Charge
	Price   smm.Money
	Source  string // where the vendor says so, with the date read
}

// Channel in the Account of a tariff's charge stands for the channel of the item.
const Channel = "{channel}"

func (t *Tariff) match(i *Item) bool {
	return (t.Platform == "" || t.Platform == i.Channel.Platform) &&
		(t.Channel.IsZero() || t.Channel == i.Channel) &&
		(t.Kind == "" || t.Kind == i.Kind) &&
		(!t.Link || i.Link) && i.Media >= t.MinMedia
}

// charges returns what i takes, each budget once.
func (t *Tariff) charges(i *Item) []smm.Charge {
	var out []smm.Charge
	at := make(map[smm.QuotaKey]int, len(t.Charges))
	for _, c := range t.Charges {
		if c.Key.Account == Channel {
			c.Key.Account, c.Key.Space, c.Key.Tenant = i.Channel.ID, i.Channel.Space, i.Tenant
		}
		if n, ok := at[c.Key]; ok {
			out[n].Cost += c.Cost
			continue
		}
		at[c.Key] = len(out)
		out = append(out, c)
	}
	return out
}

// Budget is a quota, and what of it is spent.
type Budget struct {
	// Key names it. An Account of Channel makes it the budget that each channel
	// has of its own, with nothing spent; a Budget for one channel stands above it.
	Key   smm.QuotaKey
	Limit smm.QuotaLimit
	// Used is what was taken lately, by requests and by everybody else.
	Used []Use
	// Reset is when a fixed window ends, if that is known; zero: windows begin at
	// multiples of their length since 1970.
	Reset time.Time
}

// Use is a part of a budget that was taken.
type Use struct {
	At   time.Time
	Cost int64
}

// Spent makes a Use of what a platform reported: everything that is not left is
// taken as used at the moment of the report, which is safe for every shape.
func Spent(s smm.QuotaState, at time.Time) []Use {
	if s.Limit <= 0 || s.Remaining < 0 || s.Remaining >= s.Limit {
		return nil
	}
	return []Use{{At: at, Cost: s.Limit - s.Remaining}}
}

// Rules are what a plan is made by.
type Rules struct {
	Tariffs []Tariff
	Budgets []Budget
	// Horizon is how long after its planned time an item may be placed: default 30
	// days. What does not fit until then has no time.
	Horizon time.Duration
}

const defaultHorizon = 30 * 24 * time.Hour

// check reports what is wrong with r.
func (r *Rules) check() error {
	seen := make(map[smm.QuotaKey]bool)
	for _, b := range r.Budgets {
		l := b.Limit
		switch l.Shape {
		case smm.QuotaRolling, smm.QuotaFixed, smm.QuotaBucket:
		default:
			return fmt.Errorf("%w: budget %v has the shape %q: want rolling, fixed or bucket", smm.ErrInvalid, b.Key, l.Shape)
		}
		if l.Limit < 1 || l.Window <= 0 || l.Burst < 0 {
			return fmt.Errorf("%w: budget %v has a limit of %d in %s with a burst of %d", smm.ErrInvalid, b.Key, l.Limit, l.Window, l.Burst)
		}
		if seen[b.Key] {
			return fmt.Errorf("%w: budget %v is there twice", smm.ErrInvalid, b.Key)
		}
		seen[b.Key] = true
	}
	for i, t := range r.Tariffs {
		if t.Price.Micros < 0 {
			return fmt.Errorf("%w: tariff %d has a negative price", smm.ErrInvalid, i)
		}
		for _, c := range t.Charges {
			if c.Cost < 1 {
				return fmt.Errorf("%w: tariff %d charges %d: want at least 1", smm.ErrInvalid, i, c.Cost)
			}
		}
	}
	if r.Horizon < 0 {
		return fmt.Errorf("%w: the horizon is negative", smm.ErrInvalid)
	}
	return nil
}

// tariff returns the one for i, nil if there is none.
func (r *Rules) tariff(i *Item) *Tariff {
	for n := range r.Tariffs {
		if r.Tariffs[n].match(i) {
			return &r.Tariffs[n]
		}
	}
	return nil
}
