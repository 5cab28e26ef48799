package service

import (
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Pause says when the resolution clock of a Target stands still, besides
// outside the hours and while a conversation is resolved.
type Pause string

// The pauses.
const (
	PauseNever      Pause = ""            // counts all time
	PauseWaiting    Pause = "waiting"     // from EventWaiting on, until the customer writes or EventResumed
	PauseAfterReply Pause = "after-reply" // also from each reply of ours until the customer writes
)

// Target is what a service level promises to the conversations that it fits.
type Target struct {
	Name     string
	Channel  smm.Ref // zero fits all
	Label    string  // "" fits all
	Priority string  // "" fits all

	FirstResponse time.Duration // at most; 0 promises nothing
	Resolution    time.Duration // at most; 0 promises nothing
	Hours         *Hours        // only their time counts; nil counts all
	Pause         Pause
}

func (t Target) fits(c Conversation) bool {
	return (t.Channel.IsZero() || t.Channel == c.Channel) && (t.Priority == "" || t.Priority == c.Priority) &&
		(t.Label == "" || slices.Contains(c.Labels, t.Label))
}

func (t Target) check() error {
	switch {
	case t.FirstResponse < 0 || t.Resolution < 0 || t.FirstResponse == 0 && t.Resolution == 0:
		return fmt.Errorf("%w: target %q promises nothing: set FirstResponse or Resolution above zero", smm.ErrInvalid, t.Name)
	case t.Pause != PauseNever && t.Pause != PauseWaiting && t.Pause != PauseAfterReply:
		return fmt.Errorf("%w: target %q: unknown pause %q", smm.ErrInvalid, t.Name, t.Pause)
	}
	return nil
}

// Attainment is how well a promise was kept. It survives JSON.
type Attainment struct {
	Promised time.Duration `json:"promised"` // 0: nothing was promised, and all else is empty
	Met      int           `json:"met"`
	Missed   int           `json:"missed"`   // open ones that are overdue included
	Open     int           `json:"open"`     // not due yet
	LeftOut  int           `json:"left_out"` // resolved without a reply, where one was promised
	Rate     Score         `json:"rate"`     // Met / (Met + Missed), with Wilson's interval
}

// TargetResult is how well a Target was kept.
type TargetResult struct {
	Target        string     `json:"target"`
	Conversations int        `json:"conversations"`
	FirstResponse Attainment `json:"first_response"`
	Resolution    Attainment `json:"resolution"`
}

// SLA returns how well targets were kept, in their order, and how many
// conversations no target fits. Each conversation is held against the first
// target that fits, so special ones come first. Options.Hours is not used: each
// target has its own.
//
// The clock of the first response runs from the first inbound message to the
// first reply of a person, that of the resolution as in Resolution, both within
// the target's hours and the latter without its pauses. Taking exactly as long
// as promised is met. What is open is missed once its clock shows more, and
// until then neither met nor missed.
//
// Unit: fraction. Targets that promise nothing and unknown pauses are errors
// that match smm.ErrInvalid; the others are those of FirstResponse. Safe for
// concurrent use.
func SLA(all []Conversation, targets []Target, o Options) (results []TargetResult, unmatched int, err error) {
	level, err := levelOf(o.Level)
	if err != nil {
		return nil, 0, err
	}
	for _, t := range targets {
		if err := t.check(); err != nil {
			return nil, 0, err
		}
		r := TargetResult{Target: t.Name}
		r.FirstResponse.Promised, r.Resolution.Promised = t.FirstResponse, t.Resolution
		results = append(results, r)
	}
	tls, index, err := timelines(all, o.AsOf)
	if err != nil {
		return nil, 0, err
	}
	for k, tl := range tls {
		i := slices.IndexFunc(targets, func(t Target) bool { return t.fits(all[index[k]]) })
		if i < 0 {
			unmatched++
			continue
		}
		results[i].enter(targets[i], tl, o.AsOf)
	}
	for i := range results {
		results[i].FirstResponse.rate(level)
		results[i].Resolution.rate(level)
	}
	return results, unmatched, nil
}

func (r *TargetResult) enter(t Target, tl timeline, asOf time.Time) {
	r.Conversations++
	if t.FirstResponse > 0 {
		end, done := tl.firstReply, !tl.firstReply.IsZero()
		if !done {
			end = asOf
		}
		if tl.closed.IsZero() {
			r.FirstResponse.count(t.Hours.Between(tl.opened, end), done)
		} else {
			r.FirstResponse.LeftOut++
		}
	}
	if t.Resolution > 0 {
		r.Resolution.count(tl.clock(t.Hours, t.Pause), tl.resolved)
	}
}

func (a *Attainment) count(took time.Duration, done bool) {
	switch {
	case took > a.Promised:
		a.Missed++
	case done:
		a.Met++
	default:
		a.Open++
	}
}

func (a *Attainment) rate(level float64) {
	if a.Met+a.Missed == 0 {
		a.Rate = Score{State: analytics.StateUndefined, Reason: "nothing was due", Level: level}
		return
	}
	a.Rate = share(int64(a.Met), int64(a.Met+a.Missed), level)
}

// share is a rate with Wilson's interval.
func share(part, whole int64, level float64) Score {
	low, high := stat.Wilson(float64(part), float64(whole), stat.NormalUpper((1-level)/2))
	return Score{
		Value: new(float64(part) / float64(whole)), Low: &low, High: &high, N: whole,
		State: analytics.StateComplete, Level: level,
	}
}
