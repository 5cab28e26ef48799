package quota

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
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

// entries is a log. Its JSON is an array of arrays, since a state holds many:
// the two instants of an entry in milliseconds since 1970, the later one
// rounded up, and the two costs.
type entries []spent

// MarshalJSON implements json.Marshaler.
func (log entries) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 40*len(log)+2), '[')
	for i, s := range log {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = append(strconv.AppendInt(b, s.from.UnixMilli(), 10), ',')
		b = append(strconv.AppendInt(b, s.at.Add(time.Millisecond-1).UnixMilli(), 10), ',')
		b = append(strconv.AppendInt(b, s.cost, 10), ',')
		b = append(strconv.AppendInt(b, s.quiet, 10), ']')
	}
	return append(b, ']'), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (log *entries) UnmarshalJSON(b []byte) error {
	var all [][4]int64
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*log = make(entries, len(all))
	for i, v := range all {
		if v[0] < -most || v[1] < v[0] || v[1] > most || v[2] < 0 || v[2] > most || v[3] < 0 || v[3] > v[2] {
			return fmt.Errorf("%w: a log entry of %v", smm.ErrInvalid, v)
		}
		(*log)[i] = spent{from: time.UnixMilli(v[0]).UTC(), at: time.UnixMilli(v[1]).UTC(), cost: v[2], quiet: v[3]}
	}
	return nil
}

// bins bounds a log: entries are a window's 128th long, or shorter.
const bins = 128

// record adds a cost to a log that is sorted by time. It reports whether only
// the log's end changed.
func record(log entries, bin time.Duration, s spent) (entries, bool) {
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
