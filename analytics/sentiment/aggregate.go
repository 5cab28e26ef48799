package sentiment

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// A Record is a scored text with what it belongs to.
type Record struct {
	Score   Score
	At      time.Time // when it was written; needed by Over alone
	Labels  smm.Labels
	Product string
}

// A Dimension is what records are grouped by.
type Dimension string

// The dimensions.
const (
	ByCampaign Dimension = "campaign" // Labels.Campaign
	ByTopic    Dimension = "topic"    // Labels.Topic
	ByProduct  Dimension = "product"  // Product
	ByLabel    Dimension = "label"    // Labels.Tags: a record counts once under each of its tags
)

// A Group is the tally of the records with one key. Key "" has those without one.
type Group struct {
	Key   string
	Tally Tally
}

// GroupBy adds records up by a dimension, sorted by key. Groups of ByLabel overlap,
// so that their sum may exceed the number of records. The error for a dimension that
// does not exist is an *Error.
func GroupBy(records iter.Seq[Record], by Dimension) ([]Group, error) {
	if by != ByCampaign && by != ByTopic && by != ByProduct && by != ByLabel {
		return nil, &Error{Field: "dimension", Problem: fmt.Sprintf("%q does not exist", by), Cure: "use ByCampaign, ByTopic, ByProduct or ByLabel"}
	}
	tallies := make(map[string]*Tally)
	add := func(key string, s Score) {
		t := tallies[key]
		if t == nil {
			t = new(Tally)
			tallies[key] = t
		}
		t.Add(s)
	}
	for r := range records {
		switch by {
		case ByCampaign:
			add(r.Labels.Campaign, r.Score)
		case ByTopic:
			add(r.Labels.Topic, r.Score)
		case ByProduct:
			add(r.Product, r.Score)
		case ByLabel:
			if len(r.Labels.Tags) == 0 {
				add("", r.Score)
			}
			for i, tag := range r.Labels.Tags {
				if !slices.Contains(r.Labels.Tags[:i], tag) {
					add(tag, r.Score)
				}
			}
		}
	}
	groups := make([]Group, 0, len(tallies))
	for _, key := range slices.Sorted(maps.Keys(tallies)) {
		groups = append(groups, Group{Key: key, Tally: *tallies[key]})
	}
	return groups, nil
}

// A Step is the length of a period.
type Step string

// The steps. Days, weeks and months are those of the calendar.
const (
	Daily   Step = "day"
	Weekly  Step = "week" // from Monday on, as in ISO 8601
	Monthly Step = "month"
)

// A Period is the tally of the records from From, to before To.
type Period struct {
	From, To time.Time
	Tally    Tally
}

// maxPeriods bounds what one record with a wrong date can ask for.
const maxPeriods = 20_000

// Over adds records up over time, in the calendar of a zone (UTC if nil), oldest
// first. Periods without a record between others are there, with an empty tally. A
// record without a time, a step that does not exist, and a span of more than 20,000
// periods are an *Error.
func Over(records iter.Seq[Record], step Step, zone *time.Location) ([]Period, error) {
	if step != Daily && step != Weekly && step != Monthly {
		return nil, &Error{Field: "step", Problem: fmt.Sprintf("%q does not exist", step), Cure: "use Daily, Weekly or Monthly"}
	}
	if zone == nil {
		zone = time.UTC
	}
	tallies := make(map[date]*Tally)
	n := 0
	for r := range records {
		n++
		if r.At.IsZero() {
			return nil, &Error{Field: "record", Problem: fmt.Sprintf("number %d has no time", n), Cure: "set At, or leave the record out"}
		}
		d := step.begin(r.At.In(zone))
		if tallies[d] == nil {
			tallies[d] = new(Tally)
		}
		tallies[d].Add(r.Score)
	}
	if len(tallies) == 0 {
		return nil, nil
	}
	days := slices.SortedFunc(maps.Keys(tallies), date.compare)
	var periods []Period
	for d, last := days[0], days[len(days)-1]; d.compare(last) <= 0; d = step.next(d) {
		if len(periods) == maxPeriods {
			return nil, &Error{
				Field:   "record",
				Problem: fmt.Sprintf("the span from %s to %s has more than %d periods", days[0], last, maxPeriods),
				Cure:    "use a longer step, or leave out records with wrong times",
			}
		}
		p := Period{From: d.in(zone), To: step.next(d).in(zone)}
		if t := tallies[d]; t != nil {
			p.Tally = *t
		}
		periods = append(periods, p)
	}
	return periods, nil
}

// date is a day of the calendar, comparable where a time.Time is not.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

func (d date) in(zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, zone)
}

func (d date) String() string { return d.in(time.UTC).Format(time.DateOnly) }

func (d date) compare(o date) int {
	return cmp.Or(cmp.Compare(d.year, o.year), cmp.Compare(d.month, o.month), cmp.Compare(d.day, o.day))
}

// begin is the first day of the period of a time.
func (s Step) begin(t time.Time) date {
	d := dateOf(t)
	switch s {
	case Weekly:
		return d.plus(0, -(int(t.Weekday())+6)%7)
	case Monthly:
		d.day = 1
	}
	return d
}

func (s Step) next(d date) date {
	switch s {
	case Weekly:
		return d.plus(0, 7)
	case Monthly:
		return d.plus(1, 0)
	}
	return d.plus(0, 1)
}

// plus counts in UTC, where every day exists.
func (d date) plus(months, days int) date { return dateOf(d.in(time.UTC).AddDate(0, months, days)) }
