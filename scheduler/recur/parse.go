package recur

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
)

// maxText bounds the text of a rule; the longest that makes sense, with each
// part listing all its values, is shorter.
const maxText = 8192

// Parse reads a rule in the text form of RFC 5545, with or without "RRULE:" before
// it, in capitals or not. Errors are *ParseError.
func Parse(text string) (Rule, error) {
	p := parser{seen: make(map[string]bool)}
	if len(text) > maxText {
		return Rule{}, &ParseError{Why: fmt.Sprintf("it has %d bytes: at most %d are read", len(text), maxText)}
	}
	rest := text
	if len(rest) >= 6 && strings.EqualFold(rest[:6], "RRULE:") {
		rest = rest[6:]
	}
	if rest == "" {
		return Rule{}, &ParseError{Why: "it is empty: want parts such as FREQ=DAILY", Offset: len(text)}
	}
	for more := true; more; {
		p.offset = len(text) - len(rest)
		var part string
		part, rest, more = strings.Cut(rest, ";")
		if err := p.part(part); err != nil {
			return Rule{}, err
		}
	}
	if !p.seen["FREQ"] {
		return Rule{}, &ParseError{Part: "FREQ", Offset: len(text), Why: "it is missing: add one of DAILY, WEEKLY, MONTHLY and YEARLY"}
	}
	if err := p.rule.Check(); err != nil {
		return Rule{}, p.locate(text, err)
	}
	return p.rule, nil
}

// parser reads a rule part by part.
type parser struct {
	rule   Rule
	seen   map[string]bool
	offset int // of the part
	name   string
}

func (p *parser) bad(why string, args ...any) *ParseError {
	return &ParseError{Part: p.name, Offset: p.offset, Why: fmt.Sprintf(why, args...)}
}

// locate adds where the part is that a check of the whole rule complains of.
func (p *parser) locate(text string, err error) error {
	e, ok := err.(*ParseError) //nolint:errorlint // Check returns it as it is
	if !ok {
		return err
	}
	e.Offset = max(strings.Index(strings.ToUpper(text), e.Part+"="), 0)
	return e
}

func (p *parser) part(s string) error {
	name, value, ok := strings.Cut(s, "=")
	p.name = ""
	if !ok {
		return p.bad("%q is no part: want NAME=VALUE, with a semicolon only between parts", clip(s))
	}
	p.name = strings.ToUpper(name)
	value = strings.ToUpper(value)
	if p.seen[p.name] {
		return p.bad("it is there twice")
	}
	p.seen[p.name] = true
	switch p.name {
	case "FREQ":
		return p.freq(value)
	case "INTERVAL":
		return p.number(value, &p.rule.Interval, maxInterval)
	case "COUNT":
		return p.number(value, &p.rule.Count, maxCount)
	case "UNTIL":
		return p.until(value)
	case "WKST":
		if p.rule.WeekStart, ok = dayNames[value]; !ok {
			return p.bad("%q is no day: want one of MO, TU, WE, TH, FR, SA and SU", clip(value))
		}
		return nil
	case "BYDAY":
		return p.days(value)
	case "BYMONTH":
		return list(p, value, &p.rule.Months, ranges{1, 12, false})
	case "BYMONTHDAY":
		return list(p, value, &p.rule.MonthDays, ranges{1, 31, true})
	case "BYHOUR":
		return list(p, value, &p.rule.Hours, ranges{0, 23, false})
	case "BYMINUTE":
		return list(p, value, &p.rule.Minutes, ranges{0, 59, false})
	case "BYSETPOS":
		return list(p, value, &p.rule.SetPos, ranges{1, 366, true})
	case "BYSECOND", "BYYEARDAY", "BYWEEKNO", "RSCALE", "SKIP":
		e := p.bad("it is not supported: express the rule without it")
		e.unsupported = true
		return e
	case "BYEASTER":
		e := p.bad("it is no part of RFC 5545: list the dates instead")
		e.unsupported = true
		return e
	}
	name, p.name = p.name, ""
	return p.bad("there is no part of the name %q", clip(name))
}

func (p *parser) freq(value string) error {
	for f, name := range freqNames {
		if name == value && name != "" {
			p.rule.Freq = Freq(f)
			return nil
		}
	}
	switch value {
	case "SECONDLY", "MINUTELY", "HOURLY":
		e := p.bad("%s is not supported: use DAILY with BYHOUR and BYMINUTE", value)
		e.unsupported = true
		return e
	}
	return p.bad("%q is none of DAILY, WEEKLY, MONTHLY and YEARLY", clip(value))
}

var freqNames = [...]string{Daily: "DAILY", Weekly: "WEEKLY", Monthly: "MONTHLY", Yearly: "YEARLY"}

var dayNames = map[string]Day{"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}

// number reads a number from 1 to high.
func (p *parser) number(value string, to *int, high int) error {
	n, ok := integer(value, false)
	if !ok || n < 1 || n > high {
		return p.bad("%q is no number from 1 to %d", clip(value), high)
	}
	*to = n
	return nil
}

// integer reads digits, with a sign if that is allowed, and no more than fit.
func integer(s string, signed bool) (int, bool) {
	body := s
	if signed && s != "" && (s[0] == '+' || s[0] == '-') {
		body = s[1:]
	}
	if body == "" || len(body) > 10 || strings.Trim(body, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// list reads numbers between commas.
func list[T ~int](p *parser, value string, to *[]T, limit ranges) error {
	for s := range strings.SplitSeq(value, ",") {
		n, ok := integer(s, limit.negative)
		if !ok || !limit.has(n) {
			return p.bad("%q is no number %s", clip(s), limit)
		}
		*to = append(*to, T(n))
	}
	return nil
}

func (p *parser) days(value string) error {
	for s := range strings.SplitSeq(value, ",") {
		cut := max(len(s)-2, 0)
		day, ok := dayNames[s[cut:]]
		if !ok {
			return p.bad("%q is no day: want MO, or -1FR for the last Friday", clip(s))
		}
		d := NthDay{Day: day}
		if cut > 0 {
			if d.N, ok = integer(s[:cut], true); !ok || !(ranges{1, 53, true}).has(d.N) {
				return p.bad("%q has a number that is not %s", clip(s), ranges{1, 53, true})
			}
		}
		p.rule.Days = append(p.rule.Days, d)
	}
	return nil
}

// until reads 20261231, 20261231T235959 and 20261231T235959Z.
func (p *parser) until(value string) error {
	form, text := UntilLocal, value
	switch {
	case len(value) == len("20261231"):
		form, text = UntilDate, value+"T000000"
	case strings.HasSuffix(value, "Z"):
		form, text = UntilUTC, strings.TrimSuffix(value, "Z")
	}
	t, err := time.Parse("20060102T150405", text)
	at := civil.Of(t)
	if err != nil || len(text) != len("20261231T235959") || at.Check() != nil {
		return p.bad("%q is no time: want 20261231, 20261231T235959 or 20261231T235959Z", clip(value))
	}
	p.rule.Until = Until{form, at}
	return nil
}

// clip keeps foreign text in messages short.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
