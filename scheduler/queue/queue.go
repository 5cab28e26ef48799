package queue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/recur"
	"github.com/smmkit/smmkit/smm"
)

// Queue is a named plan of slots on some channels. It is a value: the host stores
// it and passes it in, and survives JSON.
type Queue struct {
	Tenant   smm.Tenant `json:"tenant,omitempty"`
	Name     string     `json:"name"` // unique within the tenant: 1 to 64 letters, digits, "-", "_" and "."
	Zone     civil.Zone `json:"zone"`
	Channels []smm.Ref  `json:"channels"` // each has all of the slots
	Times    []Weekly   `json:"times,omitempty"`
	// Proposals are single slots, such as those that analytics proposes; those
	// without a channel are for all. Of two that are too close the one with the
	// higher score counts, and the Times go before all of them.
	Proposals []smm.Slot `json:"proposals,omitempty"`
	Blackouts []Blackout `json:"blackouts,omitempty"`
	// MinGap is how far a slot must be from others of its channel, and from posts
	// that are planned there without a queue; less than 6 days, 0 for any.
	MinGap time.Duration `json:"min_gap,omitempty"`
	// Jitter delays each slot by up to this much, so that posts do not all appear
	// on the minute; the same slot always by the same. Less than a day.
	Jitter time.Duration `json:"jitter,omitempty"`
	Seed   uint64        `json:"seed,omitempty"`   // varies the jitter
	Paused bool          `json:"paused,omitempty"` // nothing can be added; see PauseGate
	// Horizon is how far ahead a free slot is looked for: default 366 days, at
	// most 3660.
	Horizon time.Duration `json:"horizon,omitempty"`
}

// Weekly is a time of day on a day of the week. Its text form is "MO 09:30".
type Weekly struct {
	Day recur.Day
	At  civil.Time // whole minutes
}

// Blackout keeps days free of slots, as seen in the queue's zone.
type Blackout struct {
	From   civil.Date `json:"from"`
	Until  civil.Date `json:"until"` // the last day
	Reason string     `json:"reason,omitempty"`
}

const (
	day        = 24 * time.Hour
	week       = 7 * day
	maxName    = 64
	maxList    = 1000 // times, proposals, blackouts, channels
	maxGap     = 6 * day
	maxHorizon = 3660 * day
)

func (q *Queue) horizon() time.Duration { return cmp.Or(q.Horizon, 366*day) }

// apart is how far slots must be from each other before jitter.
func (q *Queue) apart() time.Duration {
	if q.MinGap == 0 {
		return 0
	}
	return q.MinGap + q.Jitter
}

// Check reports what is wrong with q, as an error that matches smm.ErrInvalid.
func (q *Queue) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: queue %q: %s", smm.ErrInvalid, q.Name, fmt.Sprintf(format, args...))
	}
	if err := q.Zone.Check(); err != nil {
		return bad("%v", err)
	}
	switch {
	case !isName(q.Name):
		return bad("the name must be 1 to %d letters, digits, \"-\", \"_\" and \".\"", maxName)
	case len(q.Channels) == 0:
		return bad("it has no channels")
	case len(q.Times)+len(q.Proposals) == 0:
		return bad("it has neither times nor proposals: add one")
	case max(len(q.Channels), len(q.Times), len(q.Proposals), len(q.Blackouts)) > maxList:
		return bad("a list has more than %d entries", maxList)
	case q.MinGap < 0 || q.MinGap >= maxGap:
		return bad("MinGap %s is negative or not below %s", q.MinGap, maxGap)
	case q.Jitter < 0 || q.Jitter >= day:
		return bad("Jitter %s is negative or not below a day", q.Jitter)
	case q.Horizon < 0 || q.Horizon > maxHorizon:
		return bad("Horizon %s is negative or above %s", q.Horizon, maxHorizon)
	}
	for i, ch := range q.Channels {
		if err := ch.Check(); err != nil || ch.Kind != smm.KindChannel {
			return bad("%q is no channel", ch)
		}
		if slices.Contains(q.Channels[:i], ch) {
			return bad("channel %s is there twice", ch)
		}
	}
	for _, p := range q.Proposals {
		if p.Start.IsZero() || !p.Channel.IsZero() && !slices.Contains(q.Channels, p.Channel) {
			return bad("a proposal has no time, or is for a channel that the queue has not (%s)", p.Channel)
		}
	}
	for _, b := range q.Blackouts {
		if b.From.Check() != nil || b.Until.Check() != nil || b.Until.Before(b.From) {
			return bad("blackout from %s to %s: want two days in order", b.From, b.Until)
		}
	}
	return q.checkTimes(bad)
}

// checkTimes refuses times that are too close in an ordinary week.
func (q *Queue) checkTimes(bad func(format string, args ...any) error) error {
	times := slices.Clone(q.Times)
	for _, w := range times {
		if w.Day < recur.MO || w.Day > recur.SU || w.At.Check() != nil || w.At.Second != 0 || w.At.Nanosecond != 0 {
			return bad("time %s: want a day and a whole minute such as MO 09:30", w)
		}
	}
	slices.SortFunc(times, func(a, b Weekly) int { return cmp.Compare(a.offset(), b.offset()) })
	for i, w := range times {
		if i == 0 {
			continue
		}
		if d := w.offset() - times[i-1].offset(); d == 0 || d < q.apart() {
			return bad("%s and %s are closer than MinGap and Jitter allow", times[i-1], w)
		}
	}
	if n := len(times); n > 1 && week-times[n-1].offset()+times[0].offset() < q.apart() {
		return bad("%s and %s are closer than MinGap and Jitter allow", times[n-1], times[0])
	}
	return nil
}

// offset is the place of w in a week.
func (w Weekly) offset() time.Duration { return time.Duration(w.Day-recur.MO)*day + w.At.Since() }

// ParseWeekly parses "MO 09:30". Errors match smm.ErrInvalid.
func ParseWeekly(s string) (Weekly, error) {
	name, at, _ := strings.Cut(s, " ")
	w := Weekly{}
	for d := recur.MO; d <= recur.SU; d++ {
		if strings.EqualFold(d.String(), name) {
			w.Day = d
		}
	}
	var err error
	if w.At, err = civil.ParseTime(at); err != nil || w.Day == 0 || w.At.Second != 0 || w.At.Nanosecond != 0 {
		return Weekly{}, fmt.Errorf("%w: weekly time %.40q: want a day and a time such as MO 09:30", smm.ErrInvalid, s)
	}
	return w, nil
}

// String returns the text form.
func (w Weekly) String() string { return w.Day.String() + " " + w.At.String() }

// MarshalText implements encoding.TextMarshaler.
func (w Weekly) MarshalText() ([]byte, error) {
	if _, err := ParseWeekly(w.String()); err != nil {
		return nil, err
	}
	return []byte(w.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *Weekly) UnmarshalText(b []byte) (err error) {
	*w, err = ParseWeekly(string(b))
	return err
}

func isName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-_.", rune(c)) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
