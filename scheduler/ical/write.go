package ical

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// Calendar is a file.
type Calendar struct {
	Name   string
	Events []Event
	// Refresh is how often subscribers shall look again; 0: they decide.
	Refresh time.Duration
	// Now is when the file is written; zero: the clock's time.
	Now time.Time
}

// Status is how firm an event is.
type Status string

// The statuses of RFC 5545.
const (
	StatusTentative Status = "TENTATIVE"
	StatusConfirmed Status = "CONFIRMED"
	StatusCancelled Status = "CANCELLED"
)

// Event is a post in the calendar.
type Event struct {
	// UID names the event for ever: a later file with the same UID updates it.
	UID string
	// Sequence counts the versions of the event; it must not fall.
	Sequence    int64
	Start       time.Time
	Duration    time.Duration // 0: 15 minutes
	Summary     string
	Description string
	Location    string // the channel, for example
	URL         string // of the published post; left out if it is no absolute address
	Categories  []string
	Status      Status        // "": CONFIRMED
	Alarm       time.Duration // a reminder this long before the start; 0: none
}

const defaultDuration = 15 * time.Minute

// Check reports what is wrong with e, as an error that matches smm.ErrInvalid.
func (e *Event) Check() error {
	switch {
	case e.UID == "" || strings.ContainsFunc(e.UID, isControl):
		return fmt.Errorf("%w: an event needs a UID without control characters", smm.ErrInvalid)
	case e.Start.IsZero() || e.Start.UTC().Year() > 9999 || e.Start.UTC().Year() < 1:
		return fmt.Errorf("%w: event %q has no start between the years 1 and 9999", smm.ErrInvalid, e.UID)
	case e.Duration < 0 || e.Alarm < 0 || e.Sequence < 0:
		return fmt.Errorf("%w: event %q has a negative duration, alarm or sequence", smm.ErrInvalid, e.UID)
	}
	switch e.Status {
	case "", StatusTentative, StatusConfirmed, StatusCancelled:
		return nil
	}
	return fmt.Errorf("%w: event %q has the status %q", smm.ErrInvalid, e.UID, e.Status)
}

// Write writes c. An event that Check refuses, or two with the same UID, give an
// error that matches smm.ErrInvalid, and nothing is written.
func Write(w io.Writer, c Calendar) error {
	seen := make(map[string]bool, len(c.Events))
	for i := range c.Events {
		e := &c.Events[i]
		if err := e.Check(); err != nil {
			return err
		}
		if seen[e.UID] {
			return fmt.Errorf("%w: two events have the UID %q", smm.ErrInvalid, e.UID)
		}
		seen[e.UID] = true
	}
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	l := lines{w: bufio.NewWriter(w)}
	l.put("BEGIN", "VCALENDAR")
	l.put("VERSION", "2.0")
	l.put("PRODID", "-//smmkit//scheduler//EN")
	l.put("CALSCALE", "GREGORIAN")
	l.put("METHOD", "PUBLISH")
	if c.Name != "" {
		l.text("NAME", c.Name)         // RFC 7986
		l.text("X-WR-CALNAME", c.Name) // what the common calendars read
	}
	if c.Refresh > 0 {
		l.put("REFRESH-INTERVAL;VALUE=DURATION", duration(c.Refresh))
		l.put("X-PUBLISHED-TTL", duration(c.Refresh))
	}
	for i := range c.Events {
		l.event(&c.Events[i], c.Now)
	}
	l.put("END", "VCALENDAR")
	return l.w.Flush()
}

// lines writes content lines. Errors stay in the buffered writer until Flush.
type lines struct{ w *bufio.Writer }

func (l lines) event(e *Event, now time.Time) {
	d := e.Duration
	if d == 0 {
		d = defaultDuration
	}
	l.put("BEGIN", "VEVENT")
	l.text("UID", e.UID)
	l.put("DTSTAMP", stamp(now))
	l.put("SEQUENCE", strconv.FormatInt(e.Sequence, 10))
	l.put("DTSTART", stamp(e.Start))
	l.put("DTEND", stamp(e.Start.Add(max(d, time.Second))))
	l.text("SUMMARY", e.Summary)
	if e.Description != "" {
		l.text("DESCRIPTION", e.Description)
	}
	if e.Location != "" {
		l.text("LOCATION", e.Location)
	}
	if u, err := url.Parse(e.URL); err == nil && u.IsAbs() {
		l.put("URL", u.String())
	}
	if len(e.Categories) > 0 {
		escaped := make([]string, len(e.Categories))
		for i, c := range e.Categories {
			escaped[i] = escape(c)
		}
		l.put("CATEGORIES", strings.Join(escaped, ","))
	}
	status := e.Status
	if status == "" {
		status = StatusConfirmed
	}
	l.put("STATUS", string(status))
	l.put("TRANSP", "TRANSPARENT") // a post makes nobody busy
	if e.Alarm > 0 {
		l.put("BEGIN", "VALARM")
		l.put("ACTION", "DISPLAY")
		l.put("TRIGGER", "-"+duration(e.Alarm))
		l.text("DESCRIPTION", e.Summary)
		l.put("END", "VALARM")
	}
	l.put("END", "VEVENT")
}

func (l lines) text(name, value string) { l.put(name, escape(value)) }

// maxLine is how many octets a line has at most before it is folded, section 3.1.
const maxLine = 75

// put writes a line, folded between characters.
func (l lines) put(name, value string) {
	line := name + ":" + value
	room := maxLine
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		_, _ = l.w.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], maxLine-1
	}
	_, _ = l.w.WriteString(line + "\r\n")
}

// escape makes a TEXT value of s, section 3.3.11. Control characters, which it
// cannot hold, and broken UTF-8 are left out.
func escape(s string) string {
	var b strings.Builder
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(s, ""))
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case isControl(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool { return (r < ' ' && r != '\t') || r == 0x7f }

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// duration writes whole seconds, rounded up, section 3.3.6.
func duration(d time.Duration) string {
	s := int64((d + time.Second - 1) / time.Second)
	days, s := s/86400, s%86400
	var b strings.Builder
	b.WriteByte('P')
	if days > 0 {
		fmt.Fprintf(&b, "%dD", days)
	}
	if s > 0 || days == 0 {
		b.WriteByte('T')
	}
	for _, unit := range []struct {
		n    int64
		name byte
	}{{s / 3600, 'H'}, {s % 3600 / 60, 'M'}, {s % 60, 'S'}} {
		if unit.n > 0 {
			fmt.Fprintf(&b, "%d%c", unit.n, unit.name)
		}
	}
	return b.String()
}
