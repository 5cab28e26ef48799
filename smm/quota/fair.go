package quota

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// fairness divides a budget that tenants share. It queues nobody: it remembers
// who used how much and who was refused, and refuses those who are ahead.
//
// While one tenant alone asks, it changes nothing. Otherwise a tenant within
// its share, the budget divided by the tenants of the last window, is served
// as long as there is anything. One beyond it may take what the others leave:
// not what those within their shares are likely to ask for, by what they used
// of late, and not before one who was refused, used less, and is due to ask
// again. The zero value is ready for use; a nil one divides nothing.
type fairness struct {
	askers map[smm.Tenant]*asker
	window time.Duration
	epoch  time.Time // the reset of the fixed window that is counted
	swept  time.Time
}

// parts is how finely a window of use is counted.
const parts = 8

type asker struct {
	first, last time.Time    // when it asked
	use         [parts]int64 // by part of a window, in a ring
	at          int64        // the part that is counted now
	sum         int64
	due         time.Time // when it was told to come back, if it was refused
}

// observe starts the count anew when a fixed window does.
func (f *fairness) observe(m model) {
	f.window = 0
	switch m := m.(type) {
	case *fixed:
		f.window = m.window
		if !m.Known || m.Reset.Sub(f.epoch) < m.window/2 {
			return
		}
		f.epoch = m.Reset
		for _, a := range f.askers {
			a.use, a.sum = [parts]int64{}, 0
		}
	case *rolling:
		f.window = m.window
	case *bucket:
		f.window = m.window
	case *percent:
		f.window = m.window
	}
}

// asker finds a tenant and forgets what it used a window ago.
func (f *fairness) asker(now time.Time, t smm.Tenant) *asker {
	a, ok := f.askers[t]
	if !ok {
		a = &asker{first: now, last: now}
		if f.askers == nil {
			f.askers = make(map[smm.Tenant]*asker)
		}
		f.askers[t] = a
		if now.Sub(f.swept) > f.window {
			f.sweep(now)
		}
	}
	a.roll(now, f.window)
	return a
}

func (a *asker) roll(now time.Time, window time.Duration) {
	part := now.UnixNano() / max(int64(window/parts), 1)
	for n := 0; a.at < part && n < parts; n++ {
		a.at++
		if a.at < part-parts {
			a.at = part - parts
		}
		i := a.at % parts
		a.sum -= a.use[i]
		a.use[i] = 0
	}
	a.at = part
}

// active reports whether a tenant takes part.
func (a *asker) active(now time.Time, window time.Duration) bool {
	return now.Sub(a.last) <= window || a.due.After(now)
}

func (f *fairness) took(now time.Time, t smm.Tenant, cost int64) {
	if f == nil {
		return
	}
	a := f.asker(now, t)
	a.use[a.at%parts] += cost
	a.sum += cost
	a.last, a.due = now, time.Time{}
}

func (f *fairness) refused(now time.Time, t smm.Tenant, wait time.Duration) {
	if f == nil {
		return
	}
	a := f.asker(now, t)
	a.last = now
	if due := now.Add(wait); a.due.IsZero() || due.Before(a.due) || a.due.Add(f.grace()).Before(now) {
		a.due = due
	}
}

func (f *fairness) sweep(now time.Time) {
	f.swept = now
	for t, a := range f.askers {
		if !a.active(now, 2*f.window) {
			delete(f.askers, t)
		}
	}
}

// grace is how exactly a tenant is expected back.
func (f *fairness) grace() time.Duration {
	return min(max(f.window/500, 10*time.Millisecond), 500*time.Millisecond)
}

// poll is how soon to look whether the others left something.
func (f *fairness) poll() time.Duration { return 4 * f.grace() }

// turn says how long to wait for tenants who used less and are due now.
func (f *fairness) turn(now time.Time, t smm.Tenant) time.Duration {
	if len(f.askers) < 2 {
		return 0
	}
	me, grace := f.asker(now, t), f.grace()
	for other, a := range f.askers {
		if other == t || a.due.IsZero() || now.Before(a.due.Add(-grace)) || now.After(a.due.Add(grace)) {
			continue
		}
		if a.roll(now, f.window); a.sum < me.sum {
			return grace / 2
		}
	}
	return 0
}

// reserve is what a tenant beyond its share leaves to those within theirs.
func (f *fairness) reserve(now time.Time, t smm.Tenant, cost int64, m model) int64 {
	if len(f.askers) < 2 || m.size() == unlimited {
		return 0
	}
	me := f.asker(now, t)
	n := int64(1)
	for other, a := range f.askers {
		if other != t && a.active(now, f.window) {
			n++
		}
	}
	whole := m.size()
	if b, is := m.(*bucket); is {
		whole = b.limit
	}
	share := max(whole/n, 1)
	if n == 1 || me.sum+cost <= share {
		return 0
	}
	var sum int64
	for other, a := range f.askers {
		if other == t || !a.active(now, f.window) {
			continue
		}
		if a.roll(now, f.window); a.sum < share {
			sum += min(share-a.sum, a.expected(now, share, f.window, m.rest(now)))
		}
	}
	return min(sum, m.size()-cost)
}

// expected is what a tenant will likely ask for in the rest of a window: half
// as much again as before or, of one that is new or was refused, its share.
func (a *asker) expected(now time.Time, share int64, window, rest time.Duration) int64 {
	if !a.due.IsZero() {
		return share
	}
	rate := float64(a.sum) * 1.5
	if now.Sub(a.first) < window {
		rate = float64(share)
	}
	return int64(rate*float64(min(rest, window))/float64(window)) + 1
}
