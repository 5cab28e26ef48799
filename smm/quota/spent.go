package quota

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// spent is a cost with the time at which it was answered. Costs that follow
// closely share an entry, which leaves the window with the last of them.
type spent struct {
	from, at time.Time // of the first and the last cost in it
	cost     int64
	quiet    int64 // of cost, what no answer has told of yet
}

// MarshalJSON writes an array, since a state holds many entries: the two
// instants in milliseconds since 1970, the later one rounded up, and the two
// costs.
func (s spent) MarshalJSON() ([]byte, error) {
	return json.Marshal([4]int64{s.from.UnixMilli(), s.at.Add(time.Millisecond - 1).UnixMilli(), s.cost, s.quiet})
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *spent) UnmarshalJSON(b []byte) error {
	var v [4]int64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if v[0] < -most || v[1] < v[0] || v[1] > most || v[2] < 0 || v[2] > most || v[3] < 0 || v[3] > v[2] {
		return fmt.Errorf("%w: a log entry of %v", smm.ErrInvalid, v)
	}
	*s = spent{from: time.UnixMilli(v[0]).UTC(), at: time.UnixMilli(v[1]).UTC(), cost: v[2], quiet: v[3]}
	return nil
}

// bins bounds a log: entries are a window's 128th long, or shorter.
const bins = 128

// record adds a cost to a log that is sorted by time. It reports whether only
// the log's end changed.
func record(log []spent, bin time.Duration, s spent) ([]spent, bool) {
	i := len(log)
	for i > 0 && log[i-1].from.After(s.at) {
		i--
	}
	last := i == len(log)
	if i > 0 && s.at.Sub(log[i-1].from) < bin {
		e := &log[i-1]
		e.cost += s.cost
		e.quiet += s.quiet
		if s.at.After(e.at) {
			e.at = s.at
		}
		return log, last
	}
	return slices.Insert(log, i, s), last
}
