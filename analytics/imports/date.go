package imports

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A DateOrder is the order of dates that are written in digits alone.
type DateOrder string

// The orders. A date that begins with a year of four digits is read as such
// whatever the order.
const (
	MonthFirst DateOrder = "mdy"
	DayFirst   DateOrder = "dmy"
	YearFirst  DateOrder = "ymd"
)

// months are names by their first letters, in lower case.
var months = map[string]time.Month{
	"january": 1, "jan": 1, "januar": 1, "jänner": 1, "enero": 1, "ene": 1, "janvier": 1, "janv": 1, "janeiro": 1,
	"february": 2, "feb": 2, "februar": 2, "febrero": 2, "février": 2, "févr": 2, "fevereiro": 2, "fev": 2,
	"march": 3, "mar": 3, "märz": 3, "mär": 3, "marzo": 3, "mars": 3, "março": 3,
	"april": 4, "apr": 4, "abril": 4, "abr": 4, "avril": 4, "avr": 4,
	"may": 5, "mai": 5, "mayo": 5, "maio": 5,
	"june": 6, "jun": 6, "juni": 6, "junio": 6, "juin": 6, "junho": 6,
	"july": 7, "jul": 7, "juli": 7, "julio": 7, "juillet": 7, "juil": 7, "julho": 7,
	"august": 8, "aug": 8, "agosto": 8, "ago": 8, "août": 8,
	"september": 9, "sep": 9, "sept": 9, "septiembre": 9, "septembre": 9, "setembro": 9, "set": 9,
	"october": 10, "oct": 10, "oktober": 10, "okt": 10, "octubre": 10, "octobre": 10, "outubro": 10, "out": 10,
	"november": 11, "nov": 11, "noviembre": 11, "novembre": 11, "novembro": 11,
	"december": 12, "dec": 12, "dezember": 12, "dez": 12, "diciembre": 12, "dic": 12, "décembre": 12, "déc": 12, "dezembro": 12,
}

// dateContext is what a cell does not say itself.
type dateContext struct {
	order DateOrder
	zone  *time.Location
	asOf  time.Time // a day without a year is the latest one that was over by then
}

// parseTime reads a date with or without a time of day. whole is true if there
// was none.
func (c dateContext) parseTime(cell string) (t time.Time, whole bool, f *fault) {
	s := trim(unguard(trim(cell)))
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04 -0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), false, nil
		}
	}
	date, clock, f := splitClock(s)
	if f != nil {
		return t, false, f
	}
	y, m, d, f := c.parseDate(date)
	if f != nil {
		return t, false, f
	}
	if y == 0 {
		if y, f = c.yearOf(m, d); f != nil {
			return t, false, f
		}
	}
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if day.Day() != d || day.Month() != m || y < 1990 || y > 2200 {
		return t, false, faultf(CodeDate, "there is no such day")
	}
	if clock < 0 {
		return time.Date(y, m, d, 0, 0, 0, 0, c.zone).UTC(), true, nil
	}
	// Not midnight plus the clock: a day may have 23 hours.
	t = time.Date(y, m, d, int(clock/time.Hour), int(clock/time.Minute)%60, int(clock/time.Second)%60, 0, c.zone)
	return t.UTC(), false, nil
}

// splitClock takes the time of day off the end; it is negative if there is none.
func splitClock(s string) (date string, clock time.Duration, f *fault) {
	words := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	if len(words) == 1 {
		if d, t, ok := strings.Cut(s, "T"); ok && strings.Contains(t, ":") {
			words = []string{d, t}
		}
	}
	half := ""
	if n := len(words); n > 1 {
		if w := strings.ToLower(strings.ReplaceAll(words[n-1], ".", "")); w == "am" || w == "pm" {
			half, words = w, words[:n-1]
		}
	}
	n := len(words)
	if n < 2 || !strings.Contains(words[n-1], ":") {
		if half != "" {
			return "", 0, faultf(CodeDate, "this is not a date")
		}
		return strings.Join(words, " "), -1, nil
	}
	parts := strings.Split(words[n-1], ":")
	var units [3]int
	if len(parts) > 3 {
		return "", 0, faultf(CodeDate, "this time of day has too many parts")
	}
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || len(p) > 2 || v < 0 || v > []int{23, 59, 59}[i] {
			return "", 0, faultf(CodeDate, "%q is not a time of day", excerpt(words[n-1]))
		}
		units[i] = v
	}
	if half != "" {
		if units[0] < 1 || units[0] > 12 {
			return "", 0, faultf(CodeDate, "%q is not a time of day", excerpt(words[n-1]))
		}
		if units[0] %= 12; half == "pm" {
			units[0] += 12
		}
	}
	clock = time.Duration(units[0])*time.Hour + time.Duration(units[1])*time.Minute + time.Duration(units[2])*time.Second
	return strings.Join(words[:n-1], " "), clock, nil
}

// parseDate reads a day. A year of 0 means that there is none.
func (c dateContext) parseDate(s string) (year int, month time.Month, day int, f *fault) {
	numbers, month, ok := words(s)
	if !ok {
		return 0, 0, 0, faultf(CodeDate, "this is not a date")
	}
	if len(numbers) == 1 && month == 0 && len(numbers[0]) == 8 { // 20250131
		numbers = []string{numbers[0][:4], numbers[0][4:6], numbers[0][6:]}
	}
	var v [3]int
	if len(numbers) == 0 || (len(numbers) == 3) != (month == 0) || len(numbers) > 3 {
		return 0, 0, 0, faultf(CodeDate, "this is not a date")
	}
	for i, n := range numbers {
		var err error
		if v[i], err = strconv.Atoi(n); err != nil || len(n) > 8 {
			return 0, 0, 0, faultf(CodeDate, "this is not a date")
		}
	}
	switch {
	case month > 0 && len(numbers) == 1:
		return 0, month, v[0], nil
	case month > 0 && len(numbers[0]) == 4:
		return v[0], month, v[1], nil
	case month > 0 && len(numbers[1]) == 4:
		return v[1], month, v[0], nil
	case month > 0:
		return 0, 0, 0, faultf(CodeDate, "this date has no year of four digits")
	}
	return c.inDigits(numbers, v)
}

// words takes a date apart: its numbers, and the month if it has a name.
func words(s string) (numbers []string, month time.Month, ok bool) {
	all := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, w := range all {
		m, named := months[w]
		switch {
		case w[0] >= '0' && w[0] <= '9':
			numbers = append(numbers, w)
		case named && month == 0:
			month = m
		case w == "de" || (i == 0 && len(all) > 2): // "9 de julio"; the day of the week
		default:
			return nil, 0, false
		}
	}
	return numbers, month, true
}

// inDigits reads three numbers.
func (c dateContext) inDigits(numbers []string, v [3]int) (year int, month time.Month, day int, f *fault) {
	switch {
	case len(numbers[0]) == 4:
		year, month, day = v[0], time.Month(v[1]), v[2]
	case len(numbers[2]) != 4:
		return 0, 0, 0, faultf(CodeDate, "this date has no year of four digits")
	case c.order == DayFirst:
		year, month, day = v[2], time.Month(v[1]), v[0]
	case c.order == MonthFirst:
		year, month, day = v[2], time.Month(v[0]), v[1]
	default:
		return 0, 0, 0, faultf(CodeAmbiguous, "day or month first? Set Options.DateOrder")
	}
	if month > 12 && day <= 12 {
		return 0, 0, 0, faultf(CodeDate, "there is no month %d: set Options.DateOrder", month)
	}
	return year, month, day, nil
}

// yearOf returns the year in which a day was last over when the export was
// made. The 29th of February has one only in leap years.
func (c dateContext) yearOf(m time.Month, d int) (int, *fault) {
	now := c.asOf.In(c.zone)
	for y := now.Year(); y > now.Year()-8; y-- {
		t := time.Date(y, m, d, 0, 0, 0, 0, c.zone)
		if t.Day() == d && !t.After(now) {
			return y, nil
		}
	}
	return 0, faultf(CodeDate, "there is no such day")
}
