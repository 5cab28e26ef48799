package service

import (
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Options say how figures are measured.
type Options struct {
	// AsOf is when the data were read; it must be set. Later events did not
	// happen yet, so that a figure of last month can be computed again.
	AsOf  time.Time
	Hours *Hours  // only their time counts; nil counts all
	Level float64 // of the intervals; 0 is 0.95
}

// FirstResponse says how long customers wait for the first answer.
//
// Formula: from the first inbound message to the first reply of a person after
// it, within the hours. Conversations without a reply are open observations;
// those resolved without one are left out and counted, since nobody waits.
// Conversations in which no customer wrote are not looked at. Unit: duration.
// Errors are those of Summarize, a missing AsOf, and events without a time or
// of an unknown kind. Safe for concurrent use.
func FirstResponse(all []Conversation, o Options) (Times, error) {
	return measure(all, o, func(tl timeline) (Observation, bool) {
		switch {
		case !tl.closed.IsZero():
			return Observation{}, false
		case tl.firstReply.IsZero():
			return Observation{Took: o.Hours.Between(tl.opened, o.AsOf)}, true
		}
		return Observation{Took: o.Hours.Between(tl.opened, tl.firstReply), Ended: true}, true
	})
}

// Resolution says how long customers wait until their matter is settled.
//
// Formula: from the first inbound message to the last resolution, within the
// hours, without the time in which the conversation was resolved and not yet
// opened again. Time in which the customer was to act counts here, and can be
// left out in SLA. Conversations that are not resolved are open observations.
// Everything else is as in FirstResponse.
func Resolution(all []Conversation, o Options) (Times, error) {
	return measure(all, o, func(tl timeline) (Observation, bool) {
		return Observation{Took: tl.clock(o.Hours, PauseNever), Ended: tl.resolved}, true
	})
}

func measure(all []Conversation, o Options, of func(timeline) (Observation, bool)) (Times, error) {
	tls, _, err := timelines(all, o.AsOf)
	if err != nil {
		return Times{}, err
	}
	var (
		observations []Observation
		leftOut      int
	)
	for _, tl := range tls {
		if ob, ok := of(tl); ok {
			observations = append(observations, ob)
		} else {
			leftOut++
		}
	}
	out, err := Summarize(observations, o.Level)
	out.LeftOut = leftOut
	return out, err
}

// clock adds up the time in which the conversation was open.
func (tl *timeline) clock(h *Hours, pause Pause) time.Duration {
	var sum time.Duration
	for _, s := range tl.open {
		if pause != PauseNever && s.waiting || pause == PauseAfterReply && s.answered {
			continue
		}
		sum += h.Between(s.from, s.to)
	}
	return sum
}

// ResponseRate returns answered conversations / conversations in which a
// customer wrote. Within, if above zero, is how soon within the hours the
// answer must come; conversations that are younger and unanswered are not yet
// decided and left out, which the ratio counts. A conversation resolved without
// a reply is not answered.
//
// Unit: fraction. Errors are those of FirstResponse, and a negative within.
// Safe for concurrent use.
func ResponseRate(all []Conversation, within time.Duration, o Options) (analytics.Ratio, error) {
	if within < 0 {
		return analytics.Ratio{}, fmt.Errorf("%w: answers within %s: give a positive duration, or 0 for at any time", smm.ErrInvalid, within)
	}
	tls, _, err := timelines(all, o.AsOf)
	if err != nil {
		return analytics.Ratio{}, err
	}
	answered, total, undecided := int64(0), int64(0), 0
	for _, tl := range tls {
		end := tl.firstReply
		if end.IsZero() {
			end = o.AsOf
		}
		soon := within == 0 || o.Hours.Between(tl.opened, end) <= within
		switch {
		case tl.firstReply.IsZero() && soon && within > 0 && !tl.resolved:
			undecided++
			continue
		case !tl.firstReply.IsZero() && soon:
			answered++
		}
		total++
	}
	return analytics.Ratio{Num: analytics.Count(answered), Den: analytics.Count(total), LeftOut: undecided}, nil
}

// ReopenedRate returns conversations opened again at least once /
// conversations resolved at least once. A customer's "thank you" after the
// resolution opens a conversation, as in package inbox; hosts that resolve it
// again at once may leave both events out.
//
// Unit: fraction. Errors are those of FirstResponse. Safe for concurrent use.
func ReopenedRate(all []Conversation, asOf time.Time) (analytics.Ratio, error) {
	tls, _, err := timelines(all, asOf)
	if err != nil {
		return analytics.Ratio{}, err
	}
	var reopened, closed int64
	for _, tl := range tls {
		if tl.everClosed {
			closed++
		}
		if tl.reopened {
			reopened++
		}
	}
	return analytics.Ratio{Num: analytics.Count(reopened), Den: analytics.Count(closed)}, nil
}

// AgeGroup is a part of the backlog.
type AgeGroup struct {
	From       time.Duration // age, this included
	To         time.Duration // this excluded; 0 in the last group, which has no end
	Open       int           // conversations that are not resolved
	Unanswered int           // of them, those in which the customer has the last word
}

// Backlog counts the conversations that are open as of a time by their age: the
// time since the first inbound message, around the clock. Edges divide the
// ages and rise from above zero; without any there is one group. Bad edges are
// errors that match smm.ErrInvalid; the others are those of FirstResponse.
// Safe for concurrent use.
func Backlog(all []Conversation, asOf time.Time, edges ...time.Duration) ([]AgeGroup, error) {
	groups := make([]AgeGroup, len(edges)+1)
	for i, e := range edges {
		if e <= groups[i].From {
			return nil, fmt.Errorf("%w: ages divided at %s: give rising durations above zero", smm.ErrInvalid, e)
		}
		groups[i].To, groups[i+1].From = e, e
	}
	tls, _, err := timelines(all, asOf)
	if err != nil {
		return nil, err
	}
	for _, tl := range tls {
		if tl.resolved {
			continue
		}
		i, exact := slices.BinarySearch(edges, asOf.Sub(tl.opened))
		if exact {
			i++
		}
		groups[i].Open++
		if !tl.unanswered.IsZero() {
			groups[i].Unanswered++
		}
	}
	return groups, nil
}
