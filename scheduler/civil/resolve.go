package civil

import "time"

// Kind says how often a wall time occurs in a zone.
type Kind int

// The kinds.
const (
	Exact   Kind = iota // once
	Gap                 // never: clocks are set forward over it
	Overlap             // twice: clocks are set back over it
)

// String returns "exact", "gap" or "overlap".
func (k Kind) String() string {
	switch k {
	case Gap:
		return "gap"
	case Overlap:
		return "overlap"
	default:
		return "exact"
	}
}

// Policy says which instant is meant by a wall time that does not occur once.
type Policy int

// The policies.
const (
	Compatible Policy = iota // gap: the offset before the change, so later by the gap; overlap: the first
	Earlier                  // gap: the offset after the change, so earlier by the gap; overlap: the first
	Later                    // gap: as Compatible; overlap: the last
	Reject                   // neither is taken: *WallError
)

// Resolve returns the instant, in UTC, at which clocks in the zone show dt, by
// the rule of the package. dt must pass its Check; what does not is carried over
// into the next unit as in time.Date. A zero zone is UTC.
func Resolve(dt DateTime, z Zone) (time.Time, Kind) {
	w := place(dt, z.Location())
	return w.at(dt, Compatible), w.kind
}

// ResolveWith is Resolve with a policy. The error is a *WallError with Reject,
// a *ZoneError for the zero zone, or matches smm.ErrInvalid for what dt.Check
// refuses.
func ResolveWith(dt DateTime, z Zone, p Policy) (time.Time, Kind, error) {
	if err := z.Check(); err != nil {
		return time.Time{}, Exact, err
	}
	if err := dt.Check(); err != nil {
		return time.Time{}, Exact, err
	}
	w := place(dt, z.Location())
	if p == Reject && w.kind != Exact {
		return time.Time{}, w.kind, &WallError{dt, z.Name(), w.kind}
	}
	return w.at(dt, p), w.kind, nil
}

// wall is where a wall time stands in a zone: the offsets, in seconds east of
// UTC, that it is read with.
type wall struct {
	kind   Kind
	before int // of the first occurrence, or before the gap
	after  int // of the last occurrence, or after the gap
}

func (w wall) at(dt DateTime, p Policy) time.Time {
	offset := w.before
	if p == Later && w.kind == Overlap || p == Earlier && w.kind == Gap {
		offset = w.after
	}
	return dt.utc().Add(-time.Duration(offset) * time.Second)
}

// reach is more than any offset that a zone ever had, which is below 16 hours.
const reach = 26 * 60 * 60

// place looks at each stretch of time with one offset that could show dt.
//
// It finds them by looking at the offset every few hours, and by bisection where it
// changed. time.Time.ZoneBounds would be quicker and is wrong behind the last change
// that the database lists: it begins a stretch too early (America/Ciudad_Juarez,
// 2022-11-30), and on the last day of a leap year gives an end that is over already.
func place(dt DateTime, loc *time.Location) wall {
	u := dt.utc().Unix() // dt as if read in UTC
	start, end := u-reach, u+reach
	offset := offsetIn(loc, start)
	before := offset
	w, times, jumped := wall{}, 0, false
	for {
		next, last := nextChange(loc, start, end, offset)
		if times == 0 && !jumped && start+int64(before) <= u && u < start+int64(offset) {
			jumped = true
			w = wall{Gap, before, offset}
		}
		if at := u - int64(offset); at >= start && (last || at < next) {
			if times++; times == 1 {
				w = wall{Exact, offset, offset}
			} else {
				w.kind, w.after = Overlap, offset
			}
		}
		if last {
			return w
		}
		before, start = offset, next
		offset = offsetIn(loc, next)
	}
}

// nextChange returns the first second after from that has another offset; last is
// true if there is none before end. A change that is undone within a stride is
// not seen: none is known.
func nextChange(loc *time.Location, from, end int64, offset int) (at int64, last bool) {
	const stride = 6 * 60 * 60
	for ; from < end; from += stride {
		if offsetIn(loc, from+stride) == offset {
			continue
		}
		lo, hi := from, from+stride // offset is in force at lo, and not at hi
		for hi-lo > 1 {
			if mid := lo + (hi-lo)/2; offsetIn(loc, mid) == offset {
				lo = mid
			} else {
				hi = mid
			}
		}
		return hi, false
	}
	return 0, true
}

// offsetIn is the zone's offset at an instant, in seconds east of UTC.
func offsetIn(loc *time.Location, at int64) int {
	_, o := time.Unix(at, 0).In(loc).Zone()
	return o
}
