package service

import (
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// EventKind is what happened in a conversation.
type EventKind string

// The kinds.
const (
	EventInbound   EventKind = "inbound"    // the customer wrote; opens a resolved conversation again
	EventReply     EventKind = "reply"      // a person on our side answered
	EventAutoReply EventKind = "auto-reply" // a machine answered, which is no response
	EventWaiting   EventKind = "waiting"    // from here on the customer is to act: package inbox's pending and snoozed
	EventResumed   EventKind = "resumed"    // it is our turn again; an inbound message says so as well
	EventResolved  EventKind = "resolved"
	EventReopened  EventKind = "reopened" // by somebody on our side
)

// Event is one thing that happened in a conversation.
type Event struct {
	At   time.Time
	Kind EventKind
}

// Conversation is what the figures of this package take from one. FromMessages
// fills it from messages; a host adds the changes of state that it recorded.
type Conversation struct {
	Ref      smm.Ref
	Channel  smm.Ref
	Labels   []string
	Priority string  // the host's word, such as "urgent"
	Events   []Event // in any order; of one moment, in theirs
}

// FromMessages returns a conversation of messages, such as those in the items
// of package inbox: the channel's own are replies, others inbound. Deleted
// messages and those without a time are left out. Which own messages a machine
// wrote is known to the host only: it changes their kind.
func FromMessages(ref smm.Ref, messages []smm.Message) Conversation {
	c := Conversation{Ref: ref}
	for i := range messages {
		m := &messages[i]
		if c.Channel.IsZero() {
			c.Channel = m.Channel
		}
		if m.Deleted || m.At.IsZero() {
			continue
		}
		kind := EventInbound
		if m.Own {
			kind = EventReply
		}
		c.Events = append(c.Events, Event{At: m.At, Kind: kind})
	}
	return c
}

// Episodes divides a conversation that never ends, as private messages with one
// person are, into matters: a new one begins with the first inbound message
// after it was resolved for longer than quiet. Without a resolution it stays
// one. Labels and priority go with every episode.
func (c Conversation) Episodes(quiet time.Duration) []Conversation {
	var (
		out      []Conversation
		resolved time.Time
	)
	for _, e := range c.sorted() {
		fresh := e.Kind == EventInbound && !resolved.IsZero() && e.At.Sub(resolved) > quiet
		if len(out) == 0 || fresh {
			out = append(out, Conversation{Ref: c.Ref, Channel: c.Channel, Labels: c.Labels, Priority: c.Priority})
		}
		last := &out[len(out)-1]
		last.Events = append(last.Events, e)
		switch e.Kind {
		case EventResolved:
			resolved = e.At
		case EventInbound, EventReopened:
			resolved = time.Time{}
		}
	}
	return out
}

func (c Conversation) sorted() []Event {
	events := slices.Clone(c.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	return events
}

// stretch is a time during which a conversation was open.
type stretch struct {
	from, to time.Time
	waiting  bool // for the customer, as the host said
	answered bool // our reply was the last word
}

// timeline is a conversation as of a moment; later events did not happen yet.
type timeline struct {
	opened     time.Time // first inbound message; zero if there is none
	firstReply time.Time
	unanswered time.Time // first inbound message since our last reply
	closed     time.Time // first resolution before any reply
	resolved   bool      // now
	resolvedAt time.Time
	everClosed bool
	reopened   bool
	open       []stretch
}

func (c Conversation) timeline(asOf time.Time) (timeline, error) {
	var (
		tl  timeline
		now stretch
	)
	step := func(at time.Time) {
		if !tl.opened.IsZero() && !tl.resolved && at.After(now.from) {
			now.to = at
			tl.open = append(tl.open, now)
		}
		now.from = at
	}
	for _, e := range c.sorted() {
		if e.At.IsZero() {
			return timeline{}, fmt.Errorf("%w: an event (%s) of conversation %s has no time", smm.ErrInvalid, e.Kind, c.Ref)
		}
		if e.At.After(asOf) {
			break
		}
		step(e.At)
		switch e.Kind {
		case EventInbound, EventReopened:
			tl.reopen(e)
			now.waiting, now.answered = false, now.answered && e.Kind == EventReopened
		case EventReply:
			tl.reply(e.At)
			now.answered = true
		case EventWaiting:
			now.waiting = true
		case EventResumed:
			now.waiting = false
		case EventResolved:
			tl.resolve(e.At)
		case EventAutoReply:
		default:
			return timeline{}, fmt.Errorf("%w: conversation %s has an event of the unknown kind %q", smm.ErrInvalid, c.Ref, e.Kind)
		}
	}
	step(asOf)
	return tl, nil
}

func (tl *timeline) reopen(e Event) {
	if e.Kind == EventInbound {
		if tl.opened.IsZero() {
			tl.opened = e.At
		}
		if tl.unanswered.IsZero() {
			tl.unanswered = e.At
		}
	}
	if tl.resolved {
		tl.resolved, tl.reopened = false, true
	}
}

func (tl *timeline) reply(at time.Time) {
	if !tl.opened.IsZero() && tl.firstReply.IsZero() {
		tl.firstReply = at
	}
	tl.unanswered = time.Time{}
}

func (tl *timeline) resolve(at time.Time) {
	if tl.opened.IsZero() || tl.resolved {
		return
	}
	tl.resolved, tl.everClosed, tl.resolvedAt = true, true, at
	tl.unanswered = time.Time{}
	if tl.firstReply.IsZero() && tl.closed.IsZero() {
		tl.closed = at
	}
}

// timelines returns those of all conversations in which a customer wrote, with
// their places.
func timelines(all []Conversation, asOf time.Time) (tls []timeline, index []int, err error) {
	if asOf.IsZero() {
		return nil, nil, fmt.Errorf("%w: as of when? Set AsOf to the time the data were read", smm.ErrInvalid)
	}
	for i, c := range all {
		tl, err := c.timeline(asOf)
		if err != nil {
			return nil, nil, err
		}
		if !tl.opened.IsZero() {
			tls, index = append(tls, tl), append(index, i)
		}
	}
	return tls, index, nil
}
