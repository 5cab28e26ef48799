package service

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// maxHoursText bounds what ParseHours looks at.
const maxHoursText = 1000

// ParseHours returns the business hours that a text names, in a zone (nil is
// UTC): "Mon-Fri 09:00-12:30,13:30-18:00; Sat 10:00-14:00". Days are Mon to
// Sun, single, in ranges (also across Sunday, Fri-Mon) or separated by commas;
// hours have 24 to the day, and 24:00 is its end; a range that ends before it
// begins goes on into the next day. What is named twice is joined. Errors match
// smm.ErrInvalid and quote the part at fault.
func ParseHours(text string, zone *time.Location, holidays ...Date) (*Hours, error) {
	if len(text) > maxHoursText {
		return nil, fmt.Errorf("%w: hours of %d bytes: at most %d", smm.ErrInvalid, len(text), maxHoursText)
	}
	var week Week
	for part := range strings.SplitSeq(text, ";") {
		fields := strings.Fields(part)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("%w: hours %q: write days, a space and hours, such as \"Mon-Fri 09:00-17:30\"", smm.ErrInvalid, strings.TrimSpace(part))
		}
		days, err := parseDays(fields[0])
		if err != nil {
			return nil, err
		}
		for hours := range strings.SplitSeq(fields[1], ",") {
			from, to, err := parseSpan(hours)
			if err != nil {
				return nil, err
			}
			for _, d := range days {
				week.add(d, from, to)
			}
		}
	}
	return NewHours(zone, week, holidays...)
}

// add enters a span that may go on into the next day.
func (w *Week) add(day, from, to int) {
	if from < to {
		w[day] = append(w[day], Span{from, to})
		return
	}
	w[day] = append(w[day], Span{from, 24 * 60})
	if next := (day + 1) % 7; to > 0 {
		w[next] = append(w[next], Span{0, to})
	}
}

func parseDays(text string) ([]int, error) {
	var days []int
	for part := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, to := parseDay(first), parseDay(last)
		if from < 0 || to < 0 {
			return nil, fmt.Errorf("%w: days %q: write Mon, Tue, Wed, Thu, Fri, Sat, Sun or a range such as Mon-Fri", smm.ErrInvalid, part)
		}
		for d := from; ; d = (d + 1) % 7 {
			days = append(days, d)
			if d == to {
				break
			}
		}
	}
	return days, nil
}

func parseDay(text string) int {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(text, d.String()[:3]) {
			return int(d)
		}
	}
	return -1
}

func parseSpan(text string) (from, to int, err error) {
	first, last, ok := strings.Cut(text, "-")
	from, okFrom := parseClock(first)
	to, okTo := parseClock(last)
	if !ok || !okFrom || !okTo || from == to || from == 24*60 {
		return 0, 0, fmt.Errorf("%w: hours %q: write a range such as 09:00-17:30, up to 24:00", smm.ErrInvalid, text)
	}
	return from, to, nil
}

// parseClock reads "9:00" or "09:00" as minutes after midnight.
func parseClock(text string) (int, bool) {
	hour, minute, ok := strings.Cut(text, ":")
	if !ok || len(hour) < 1 || len(hour) > 2 || len(minute) != 2 {
		return 0, false
	}
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	n := int(h)*60 + int(m)
	return n, errH == nil && errM == nil && m < 60 && n <= 24*60
}
