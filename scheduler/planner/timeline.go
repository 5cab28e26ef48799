package planner

import (
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// timeline is what is taken out of one budget, sorted by time.
type timeline struct {
	limit smm.QuotaLimit
	reset time.Time
	uses  []Use
}

func newTimeline(b *Budget) *timeline {
	t := &timeline{limit: b.Limit, reset: b.Reset, uses: slices.Clone(b.Used)}
	if t.limit.Shape == smm.QuotaBucket && t.limit.Burst == 0 {
		t.limit.Burst = max(1, t.limit.Limit/20)
	}
	slices.SortStableFunc(t.uses, func(a, b Use) int { return a.At.Compare(b.At) })
	return t
}

// put takes cost out at the time given.
func (t *timeline) put(at time.Time, cost int64) { t.uses, _ = t.with(at, cost) }

// with returns the uses with one more, and its place.
func (t *timeline) with(at time.Time, cost int64) ([]Use, int) {
	i := t.behind(at) // so behind those of the same time
	return slices.Insert(slices.Clone(t.uses), i, Use{At: at, Cost: cost}), i
}

// most is the largest cost that can ever be taken at once.
func (t *timeline) most() int64 {
	if t.limit.Shape == smm.QuotaBucket {
		return t.limit.Burst
	}
	return t.limit.Limit
}

// fits reports whether cost may be taken at the time given; if not, it returns the
// next time at which it may, as far as this budget goes and nothing else is placed:
// never one that is too late.
func (t *timeline) fits(at time.Time, cost int64) (bool, time.Time) {
	switch t.limit.Shape {
	case smm.QuotaFixed:
		return t.fitsFixed(at, cost)
	case smm.QuotaBucket:
		return t.fitsBucket(at, cost)
	}
	return t.fitsRolling(at, cost)
}

// fitsRolling looks at every window that has at in it: each ends at a use that lies
// less than a window behind at, or at itself.
func (t *timeline) fitsRolling(at time.Time, cost int64) (bool, time.Time) {
	w := t.limit.Window
	near := t.uses[t.behind(at.Add(-w)):t.behind(at.Add(w-1))]
	first, sum := 0, cost // of the window that ends at near[i]
	for i, u := range near {
		sum += u.Cost
		for !near[first].At.After(u.At.Add(-w)) {
			sum -= near[first].Cost
			first++
		}
		if last := i+1 == len(near); !last && !near[i+1].At.After(at) {
			continue // a larger window comes, which ends at ours
		}
		if u.At.Before(at) { // the window that ends at ours
			for first <= i && !near[first].At.After(at.Add(-w)) {
				sum -= near[first].Cost
				first++
			}
		}
		if sum > t.limit.Limit && first <= i {
			// Until the first of them is a window old, there is always a window with
			// all of these and ours.
			return false, near[first].At.Add(w)
		}
	}
	return cost <= t.limit.Limit, at
}

// behind returns the place of the first use behind at.
func (t *timeline) behind(at time.Time) int {
	i, _ := slices.BinarySearchFunc(t.uses, at, func(u Use, at time.Time) int {
		if u.At.After(at) {
			return 1
		}
		return -1
	})
	return i
}

// fitsFixed counts the window that at lies in.
func (t *timeline) fitsFixed(at time.Time, cost int64) (bool, time.Time) {
	begin, end := t.window(at)
	sum := cost
	for _, u := range t.uses {
		if !u.At.Before(begin) && u.At.Before(end) {
			sum += u.Cost
		}
	}
	return sum <= t.limit.Limit, end
}

// window returns the fixed window of an instant.
func (t *timeline) window(at time.Time) (begin, end time.Time) {
	base := t.reset
	if base.IsZero() {
		base = time.Unix(0, 0).UTC()
	}
	begin = at.Add(-(at.Sub(base) % t.limit.Window))
	if begin.After(at) {
		begin = begin.Add(-t.limit.Window)
	}
	return begin, begin.Add(t.limit.Window)
}

// fitsBucket runs through the uses, with the bucket full before the first. Levels
// are in units of cost times microseconds of the window, so that nothing is rounded
// but times, to the microsecond and to the safe side.
func (t *timeline) fitsBucket(at time.Time, cost int64) (bool, time.Time) {
	var (
		w    = t.limit.Window.Microseconds()
		rate = t.limit.Limit
		full = t.limit.Burst * w
	)
	uses, mine := t.with(at, cost)
	level := full
	for i, u := range uses {
		if i > 0 {
			passed := u.At.Sub(uses[i-1].At).Microseconds()
			if passed >= (full-level)/rate+1 {
				level = full
			} else {
				level += rate * passed
			}
		}
		level -= u.Cost * w
		switch {
		case level >= 0:
		case i < mine:
			level = max(level, -full) // an overdrawn past does not weigh for ever
		case i == mine:
			return false, at.Add(time.Duration((rate-1-level)/rate) * time.Microsecond)
		default: // ours leaves too little for a later one: it must go behind that
			return false, later(u.At, at.Add(time.Microsecond))
		}
	}
	return true, at
}

// peak is the most that is in use at any time.
func (t *timeline) peak() int64 {
	var most int64
	switch t.limit.Shape {
	case smm.QuotaFixed:
		sums := make(map[time.Time]int64)
		for _, u := range t.uses {
			begin, _ := t.window(u.At)
			sums[begin] += u.Cost
			most = max(most, sums[begin])
		}
	case smm.QuotaBucket:
		w, rate := t.limit.Window.Microseconds(), t.limit.Limit
		var missing int64
		for i, u := range t.uses {
			if i > 0 {
				passed := u.At.Sub(t.uses[i-1].At).Microseconds()
				missing -= min(missing, rate*min(passed, missing/rate+1))
			}
			missing += u.Cost * w
			most = max(most, (missing+w-1)/w)
		}
	default:
		begin, sum := 0, int64(0)
		for _, u := range t.uses {
			sum += u.Cost
			for !t.uses[begin].At.After(u.At.Add(-t.limit.Window)) {
				sum -= t.uses[begin].Cost
				begin++
			}
			most = max(most, sum)
		}
	}
	return most
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
