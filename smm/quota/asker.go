package quota

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// parts is how finely a window of use is counted.
const parts = 8

// asker is what is known of a tenant in a budget that it shares with others.
type asker struct {
	first, last time.Time    // when it asked
	due         time.Time    // when it was told to come back, if it was refused
	use         [parts]int64 // what it used, by part of a window, in a ring
	part        int64        // the one that is counted now
	sum         int64        // of them
	high        int64        // the most in a window, of late
	before      int64        // and the window before
}

// roll forgets what was used a window ago.
func (a *asker) roll(now time.Time, window time.Duration) {
	part := now.UnixNano() / max(int64(window/parts), 1)
	if part-a.part > 2*parts || part < a.part-2*parts { // also if windows have another length now
		a.use, a.sum, a.high, a.before, a.part = [parts]int64{}, 0, 0, 0, part
	}
	for a.part < part {
		a.part++
		if a.part%parts == 0 {
			a.before, a.high = a.high, a.sum
		}
		i := a.part % parts
		a.sum -= a.use[i]
		a.use[i] = 0
	}
}

func (a *asker) add(cost int64) {
	i := a.part % parts
	a.use[i] += cost
	a.sum += cost
	a.high = max(a.high, a.sum)
}

// merge adds what another process tells of the same tenant.
func (a *asker) merge(b *asker, now time.Time, window time.Duration) {
	a.roll(now, window)
	b.roll(now, window)
	for i, n := range b.use {
		a.use[i] += n
		a.sum += n
	}
	a.high, a.before = max(a.high, b.high, a.sum), max(a.before, b.before)
	if b.first.Before(a.first) {
		a.first = b.first
	}
	if b.last.After(a.last) {
		a.last, a.due = b.last, b.due
	}
}

// active reports whether a tenant takes part.
func (a *asker) active(now time.Time, window time.Duration) bool {
	return now.Sub(a.last) <= window || a.due.After(now)
}

// demand is what a tenant will likely ask for in a window: half as much again
// as of late, and its share if it is new or waits for an answer.
func (a *asker) demand(now time.Time, share int64, window time.Duration) int64 {
	n := max(a.high, a.before) * 3 / 2
	if now.Sub(a.first) < window || now.Before(a.due.Add(window/16)) {
		n = max(n, share)
	}
	return n
}

// MarshalJSON writes an array, since there are many: three instants in
// milliseconds since 1970, 0 for none, and the counts.
func (a *asker) MarshalJSON() ([]byte, error) {
	out := make([]int64, 0, 6+parts)
	for _, t := range []time.Time{a.first, a.last, a.due} {
		ms := int64(0)
		if !t.IsZero() {
			ms = t.UnixMilli()
		}
		out = append(out, ms)
	}
	out = append(out, a.part, a.high, a.before)
	return json.Marshal(append(out, a.use[:]...))
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *asker) UnmarshalJSON(b []byte) error {
	var v [6 + parts]int64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*a = asker{part: v[3], high: v[4], before: v[5], use: [parts]int64(v[6:])}
	for i, t := range []*time.Time{&a.first, &a.last, &a.due} {
		if v[i] < -most || v[i] > most {
			return fmt.Errorf("%w: an instant of %d", smm.ErrInvalid, v[i])
		}
		if v[i] != 0 {
			*t = time.UnixMilli(v[i]).UTC()
		}
	}
	if a.part < 0 || a.high < 0 || a.before < 0 || checkCounts(append(a.use[:], a.high, a.before)...) != nil {
		return fmt.Errorf("%w: the use of a tenant of %v", smm.ErrInvalid, v)
	}
	for _, n := range a.use {
		a.sum += n
	}
	return nil
}
