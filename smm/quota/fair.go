package quota

import (
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// fairness divides a budget that tenants share. It queues nobody: it remembers
// who used how much and who was refused, and refuses those who are ahead.
//
// While one tenant alone asks, it changes nothing. Otherwise a tenant within
// its share, the budget divided by the tenants of the last window, is served
// as long as there is anything. One beyond it may take what those who used
// less will hardly ask for. A nil fairness divides nothing.
type fairness struct {
	Epoch  time.Time             `json:"epoch,omitzero"` // the reset of the fixed window that is counted
	Askers map[smm.Tenant]*asker `json:"askers,omitempty"`

	window time.Duration
	swept  time.Time

	present int64 // of the askers, when they were counted
	known   int
	counted time.Time

	shared bool
	news   map[smm.Tenant]*asker // what the store has not been told of
}

// maxAskers bounds what is shared; beyond it the tenants longest silent are
// known to their own process alone.
const maxAskers = 256

func newFairness(shared bool) *fairness {
	return &fairness{Askers: make(map[smm.Tenant]*asker), shared: shared}
}

// observe starts the count anew when a fixed window does. Otherwise use is
// remembered for longer than the budget remembers it: who is forgotten early
// would be within his share again, and free to take what is left for others.
func (f *fairness) observe(m model, window, margin time.Duration) {
	f.window = (window + margin) * parts / (parts - 1)
	if m, is := m.(*fixed); is && m.Known && m.Reset.Sub(f.Epoch) >= window/2 {
		first := f.Epoch.IsZero() // then what was counted belongs to this window
		f.Epoch = m.Reset
		for _, a := range f.Askers {
			if !first {
				a.use, a.sum = [parts]int64{}, 0
			}
		}
	}
}

// asker finds or makes what is known of a tenant.
func (f *fairness) asker(in map[smm.Tenant]*asker, now time.Time, t smm.Tenant) *asker {
	a, ok := in[t]
	if !ok {
		a = &asker{first: now}
		in[t] = a
	}
	a.roll(now, f.window)
	return a
}

// each calls change with what is known of a tenant, and with what is news.
func (f *fairness) each(now time.Time, t smm.Tenant, change func(a *asker)) {
	if f == nil {
		return
	}
	if now.Sub(f.swept) > f.window {
		f.sweep(now)
	}
	change(f.asker(f.Askers, now, t))
	if f.shared {
		if f.news == nil {
			f.news = make(map[smm.Tenant]*asker)
		}
		change(f.asker(f.news, now, t))
	}
}

func (f *fairness) took(now time.Time, t smm.Tenant, cost int64) {
	f.each(now, t, func(a *asker) {
		a.add(cost)
		a.last, a.due = now, time.Time{}
	})
}

func (f *fairness) refused(now time.Time, t smm.Tenant, wait time.Duration) {
	f.each(now, t, func(a *asker) {
		a.last = now
		if due := now.Add(wait); due.After(a.due) {
			a.due = due
		}
	})
}

func (f *fairness) sweep(now time.Time) {
	f.swept = now
	for t, a := range f.Askers {
		if !a.active(now, 2*f.window) {
			delete(f.Askers, t)
		}
	}
}

// poll is how soon to look whether the others left something.
func (f *fairness) poll() time.Duration {
	return min(max(f.window/128, 20*time.Millisecond), 2*time.Second)
}

// count is how many take part, at least 1, as of a moment ago.
func (f *fairness) count(now time.Time) int64 {
	if f.present == 0 || f.known != len(f.Askers) || now.Sub(f.counted) > f.window/128 {
		f.present, f.known, f.counted = 0, len(f.Askers), now
		for _, a := range f.Askers {
			if a.active(now, f.window) {
				f.present++
			}
		}
	}
	return max(f.present, 1)
}

// reserve is what a tenant leaves to others. Within its share it leaves
// nothing; unseen is what it may have used beside what is known. Beyond it, the
// others may come up to where it stands, each as far as it is likely to ask
// before more comes free.
func (f *fairness) reserve(now time.Time, t smm.Tenant, cost, unseen int64, m model, whole int64) int64 {
	if f == nil || len(f.Askers) < 2 || whole == unlimited {
		return 0
	}
	me := f.asker(f.Askers, now, t)
	me.last = now
	share, level := max(whole/f.count(now), 1), me.sum+cost
	if level+unseen <= share {
		return 0
	}
	var demand, atOnce, most int64
	for other, a := range f.Askers {
		if other == t || !a.active(now, f.window) {
			continue
		}
		if a.roll(now, f.window); a.sum < level {
			demand += min(a.demand(now, share, f.window), level)
			most += level - a.sum
			atOnce++
		}
	}
	return max(min(m.shortfall(now, demand)+atOnce, most, m.size()-cost), 0)
}

// tell adds what a process knows that others do not. It changes news.
func (f *fairness) tell(news map[smm.Tenant]*asker, now time.Time) {
	for t, b := range news {
		if a, ok := f.Askers[t]; ok {
			a.merge(b, now, f.window)
			continue
		}
		c := *b
		c.roll(now, f.window)
		f.Askers[t] = &c
	}
	f.sweep(now)
	if len(f.Askers) <= maxAskers {
		return
	}
	names := make([]smm.Tenant, 0, len(f.Askers))
	for t := range f.Askers {
		names = append(names, t)
	}
	slices.SortFunc(names, func(a, b smm.Tenant) int { return f.Askers[b].last.Compare(f.Askers[a].last) })
	for _, t := range names[maxAskers:] {
		delete(f.Askers, t)
	}
}

// untold takes back news that nobody was told of, or perhaps nobody. To tell
// them twice is no harm: they are about turns and not about limits.
func (f *fairness) untold(news map[smm.Tenant]*asker, now time.Time) {
	if f == nil || len(news) == 0 {
		return
	}
	later := f.news
	f.news = news
	for t, b := range later {
		f.asker(f.news, now, t).merge(b, now, f.window)
	}
}

func (f *fairness) checked() error {
	if len(f.Askers) > 2*maxAskers {
		return fmt.Errorf("%w: %d tenants", smm.ErrInvalid, len(f.Askers))
	}
	for _, a := range f.Askers {
		if a == nil {
			return fmt.Errorf("%w: a tenant without figures", smm.ErrInvalid)
		}
	}
	if f.Askers == nil {
		f.Askers = make(map[smm.Tenant]*asker)
	}
	return nil
}
