package ical

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// RecordOptions shape FromRecords. nil means the zero value.
type RecordOptions struct {
	// Channel returns the name of a channel for people; nil: the text form of
	// its Ref.
	Channel func(smm.Ref) string
	// Parts includes the further parts of threads and first comments, which are
	// left out otherwise.
	Parts bool
	// Alarm is a reminder this long before each post that is not final; 0: none.
	Alarm time.Duration
}

// FromRecords makes an event of each record. Cancelled and expired ones are
// cancelled in the calendar, so that a subscriber's copy goes as well; those that
// wait for a person are tentative.
func FromRecords(rs []*scheduler.Record, o *RecordOptions) []Event {
	if o == nil {
		o = &RecordOptions{}
	}
	name := o.Channel
	if name == nil {
		name = smm.Ref.String
	}
	events := make([]Event, 0, len(rs))
	for _, r := range rs {
		d := &r.Delivery
		if d.Parent != "" && !o.Parts {
			continue
		}
		channel := name(d.Request.Channel)
		e := Event{
			UID: uid(r.Key()), Sequence: max(r.Version-1, 0), Start: r.NotBefore,
			Summary:     channel + ": " + headline(&d.Request.Post),
			Description: describe(r),
			Location:    channel, URL: d.Outcome.URL,
			Categories: categories(&d.Request.Post.Labels), Status: status(d.Phase),
		}
		if !d.Phase.Final() {
			e.Alarm = o.Alarm
		}
		events = append(events, e)
	}
	return events
}

// uid is unique over tenants, whose names may hold anything.
func uid(k scheduler.Key) string {
	id := k.ID
	if k.Tenant != "" {
		id += "." + strings.Map(func(r rune) rune {
			if isControl(r) || r == utf8.RuneError {
				return '_'
			}
			return r
		}, string(k.Tenant))
	}
	return id + "@smmkit"
}

const headlineLength = 60 // characters

// headline is the first line of the text, cut between words.
func headline(p *smm.Post) string {
	line, _, more := strings.Cut(strings.TrimSpace(p.Text), "\n")
	line = strings.TrimSpace(line)
	if r := []rune(line); len(r) > headlineLength {
		line, more = string(r[:headlineLength]), true
		if i := strings.LastIndexByte(line, ' '); i > headlineLength/2 {
			line = line[:i]
		}
	}
	switch {
	case line == "" && len(p.Media) > 0:
		return p.Media[0].Name
	case line == "":
		return "post"
	case more:
		return line + " …"
	}
	return line
}

func describe(r *scheduler.Record) string {
	d := &r.Delivery
	parts := []string{d.Request.Post.Text}
	for _, m := range d.Request.Post.Media {
		parts = append(parts, strings.TrimSpace(m.Name+" "+m.AltText))
	}
	parts = append(parts, "status: "+string(d.Phase))
	if r.Held != "" {
		parts = append(parts, "held: "+r.Held)
	}
	if who := d.Request.Post.Labels.Assignee; who != "" {
		parts = append(parts, "assignee: "+who)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n\n")
}

func categories(l *smm.Labels) []string {
	out := []string{l.Campaign, l.Pillar, l.Topic, l.ContentType, l.Brand}
	out = append(out, l.Tags...)
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

func status(p smm.Phase) Status {
	switch p {
	case smm.PhaseCancelled, smm.PhaseExpired:
		return StatusCancelled
	case smm.PhaseHuman, smm.PhaseFailed:
		return StatusTentative
	}
	return StatusConfirmed
}
