package ga4

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// column says where a column goes.
type column struct {
	name     string // as it is called in the file
	scope    Scope
	field    func(*Row) *Field
	value    func(*Row) *analytics.Value
	money    bool
	split    bool // "source / medium"
	date     bool
	additive bool // sums over rows mean something
	// rate is a fraction of the row's sessions.
	rate       bool
	restricted bool // the reader may not see it
}

func (c *column) known() bool { return c.field != nil || c.value != nil || c.split || c.date || c.rate }

// dimension reports whether the column says which row it is.
func (c *column) dimension() bool { return c.field != nil || c.split || c.date }

// plain reduces the names of the Data API ("sessionSourceMedium") and those of
// exports in English ("Session source / medium") to the same letters.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// scopes are the prefixes of traffic sources. A source without one is that of
// the event.
var scopes = []struct {
	prefix string
	scope  Scope
}{{"session", ScopeSession}, {"firstuser", ScopeFirstUser}, {"", ScopeEvent}}

// traffic are the columns of traffic sources without their scope, by plain name.
// Source: Google Analytics Data API, "API dimensions & metrics"; the names of
// exports are those of its pages in English.
var traffic = map[string]func(*Row) *Field{
	"source": func(r *Row) *Field { return &r.Source }, "manualsource": func(r *Row) *Field { return &r.Source },
	"medium": func(r *Row) *Field { return &r.Medium }, "manualmedium": func(r *Row) *Field { return &r.Medium },
	"campaign": func(r *Row) *Field { return &r.Campaign }, "campaignname": func(r *Row) *Field { return &r.Campaign },
	"manualcampaignname": func(r *Row) *Field { return &r.Campaign },
	"campaignid":         func(r *Row) *Field { return &r.CampaignID }, "manualcampaignid": func(r *Row) *Field { return &r.CampaignID },
	"manualadcontent": func(r *Row) *Field { return &r.Content }, "manualterm": func(r *Row) *Field { return &r.Term },
	"sourceplatform": func(r *Row) *Field { return &r.SourcePlatform }, "manualsourceplatform": func(r *Row) *Field { return &r.SourcePlatform },
	"defaultchannelgroup": func(r *Row) *Field { return &r.Group }, "defaultchannelgrouping": func(r *Row) *Field { return &r.Group },
	"primarychannelgroup": func(r *Row) *Field { return &r.Group }, "primarychannelgroupdefaultchannelgroup": func(r *Row) *Field { return &r.Group },
}

var others = map[string]column{
	"date":                       {date: true},
	"landingpage":                {field: func(r *Row) *Field { return &r.LandingPage }},
	"landingpageplusquerystring": {field: func(r *Row) *Field { return &r.LandingPage }},
	"landingpagequerystring":     {field: func(r *Row) *Field { return &r.LandingPage }},
	"eventname":                  {field: func(r *Row) *Field { return &r.Event }},
	"daterange":                  {field: func(r *Row) *Field { return &r.DateRange }},
	"sessions":                   {value: func(r *Row) *analytics.Value { return &r.Sessions }, additive: true},
	"engagedsessions":            {value: func(r *Row) *analytics.Value { return &r.EngagedSessions }, additive: true},
	"keyevents":                  {value: func(r *Row) *analytics.Value { return &r.KeyEvents }, additive: true},
	"conversions":                {value: func(r *Row) *analytics.Value { return &r.KeyEvents }, additive: true},
	"totalusers":                 {value: func(r *Row) *analytics.Value { return &r.Users }},
	"newusers":                   {value: func(r *Row) *analytics.Value { return &r.NewUsers }},
	"views":                      {value: func(r *Row) *analytics.Value { return &r.Views }, additive: true},
	"screenpageviews":            {value: func(r *Row) *analytics.Value { return &r.Views }, additive: true},
	"eventcount":                 {value: func(r *Row) *analytics.Value { return &r.EventCount }, additive: true},
	"totalrevenue":               {value: func(r *Row) *analytics.Value { return &r.Revenue }, money: true, additive: true},
	"purchaserevenue":            {value: func(r *Row) *analytics.Value { return &r.Revenue }, money: true, additive: true},
	"sessionkeyeventrate":        {rate: true},
	"sessionconversionrate":      {rate: true},
}

func columnOf(name string) column {
	p := plain(name)
	if c, ok := others[p]; ok {
		c.name = name
		return c
	}
	for _, s := range scopes {
		rest, ok := strings.CutPrefix(p, s.prefix)
		if !ok {
			continue
		}
		if f := traffic[rest]; f != nil {
			return column{name: name, field: f, scope: s.scope}
		}
		if rest == "sourcemedium" {
			return column{name: name, split: true, scope: s.scope}
		}
	}
	return column{name: name}
}

// table turns cells into rows.
type table struct {
	report   *Report
	columns  []column
	currency string
	rounded  map[string]bool // columns with a note already
}

// newTable reads the header. Two columns for one place, and traffic sources of
// a second scope, are kept as unknown ones.
func newTable(r *Report, names []string, currency string) (*table, error) {
	t := &table{report: r, currency: currency, rounded: map[string]bool{}}
	var probe Row
	taken := map[any]bool{}
	take := func(places ...any) bool {
		for _, p := range places {
			if taken[p] {
				return false
			}
		}
		for _, p := range places {
			taken[p] = true
		}
		return true
	}
	for _, name := range names {
		c := columnOf(name)
		free := true
		switch {
		case c.scope != ScopeNone && r.Scope != ScopeNone && c.scope != r.Scope:
			free = false
		case c.field != nil:
			free = take(c.field(&probe))
		case c.value != nil:
			free = take(c.value(&probe))
		case c.split:
			free = take(&probe.Source, &probe.Medium)
		case c.rate:
			free = take(&probe.ConvertingSessions)
		}
		if !free || !c.known() {
			c = column{name: name}
			r.Unknown = append(r.Unknown, name)
			r.note(NoteUnknown, 0, name, "column %q has no place in a row; its cells are in Extra", clip(name))
		} else if c.scope != ScopeNone {
			r.Scope = c.scope
		}
		t.columns = append(t.columns, c)
	}
	if !slices.ContainsFunc(t.columns, func(c column) bool { return c.known() }) {
		return nil, fmt.Errorf("%w: no column is known among %q: export with Google Analytics set to English", smm.ErrInvalid, clip(fmt.Sprint(names)))
	}
	r.Columns = names
	return t, nil
}

// row reads one row.
func (t *table) row(line int, cells []string) (Row, error) {
	r := Row{Line: line}
	for _, v := range []*analytics.Value{
		&r.Sessions, &r.EngagedSessions, &r.ConvertingSessions, &r.KeyEvents, &r.Users, &r.NewUsers, &r.Views, &r.EventCount, &r.Revenue,
	} {
		v.Parts.NotReported = 1
	}
	if len(cells) != len(t.columns) {
		return Row{}, fmt.Errorf("%w: line %d has %d cells, the header has %d", smm.ErrInvalid, line, len(cells), len(t.columns))
	}
	rate := ""
	for i := range t.columns {
		c, text := &t.columns[i], cells[i]
		var err error
		switch {
		case c.field != nil:
			*c.field(&r) = FieldOf(text)
		case c.split:
			r.Source, r.Medium = sourceMedium(text)
		case c.date:
			r.Date, err = date(text)
		case c.rate:
			rate = text
		case c.value != nil:
			*c.value(&r), err = t.value(line, c, text)
		default:
			r.Extra = append(r.Extra, Cell{c.name, text})
		}
		if err != nil {
			return Row{}, fmt.Errorf("line %d, column %q: %w", line, clip(c.name), err)
		}
	}
	if rate != "" {
		if err := r.convert(rate); err != nil {
			return Row{}, fmt.Errorf("line %d: %w", line, err)
		}
	}
	return r, nil
}

// convert sets ConvertingSessions from the rate, which is a rounded fraction.
func (r *Row) convert(rate string) error {
	ppm, _, err := millionths(rate)
	if err != nil {
		return err
	}
	sessions, ok := r.Sessions.Int64()
	if !ok || ppm < 0 || ppm > 1_000_000 || sessions < 0 || sessions > 1<<40 {
		return nil
	}
	r.ConvertingSessions = analytics.Value{Total: (sessions*ppm + 500_000) / 1_000_000, Unit: smm.UnitCount, Parts: analytics.Parts{Estimated: 1}}
	return nil
}

// value reads a metric.
func (t *table) value(line int, c *column, text string) (analytics.Value, error) {
	m := smm.Metric{Unit: smm.UnitCount, State: smm.MetricMeasured}
	read := whole
	if c.money {
		m.Unit, m.Currency, read = smm.UnitMicros, t.currency, millionths
	}
	text = strings.TrimSpace(text)
	if text == "" || text == "-" || text == "--" || c.restricted {
		m.State = smm.MetricNotReported
		return analytics.ValueOf(m), nil
	}
	if c.money && t.currency == "" {
		return analytics.Value{}, fmt.Errorf("%w: the file does not say which currency it is: set Options.Currency", smm.ErrInvalid)
	}
	n, exact, err := read(text)
	if err != nil {
		return analytics.Value{}, err
	}
	m.Value = n
	switch {
	case t.report.Sampled:
		m.State = smm.MetricEstimated
	case !exact && !c.money:
		m.State = smm.MetricEstimated
	}
	if !exact && !c.money && !t.rounded[c.name] {
		t.rounded[c.name] = true
		t.report.note(NoteRounded, line, c.name, "%s has fractions, from here on: they are rounded, row by row", c.name)
	}
	return analytics.ValueOf(m), nil
}

// sourceMedium splits "google / organic".
func sourceMedium(text string) (source, medium Field) {
	s, m, ok := strings.Cut(text, " / ")
	if !ok {
		return FieldOf(text), FieldOf("")
	}
	return FieldOf(s), FieldOf(m)
}

func date(text string) (time.Time, error) {
	if f := FieldOf(text); f.State != FieldSet {
		return time.Time{}, nil
	}
	for _, layout := range []string{"20060102", time.DateOnly} {
		if d, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return d, nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %q is not a day: want 20270131", smm.ErrInvalid, clip(text))
}

// finish notes what the rows show.
func (t *table) finish() error {
	r := t.report
	for i := range r.Rows {
		row := &r.Rows[i]
		for _, f := range []*Field{&row.Source, &row.Medium, &row.Campaign, &row.Group, &row.LandingPage} {
			r.OtherRow = r.OtherRow || f.State == FieldOther
		}
		if row.Source.State == FieldUnavailable {
			r.note(NoteNotAvailable, row.Line, "", "Google Analytics could not attribute this row")
		}
	}
	if r.OtherRow {
		r.note(NoteOtherRow, 0, "", "some rows are rolled up into \"(other)\": they are in no channel")
	}
	if r.Thresholded {
		r.note(NoteThresholded, 0, "", "rows of few people may be withheld: sums are lower bounds")
	}
	if r.MoreRows > 0 {
		r.note(NotePage, 0, "", "%d more rows were not read: sums are lower bounds", r.MoreRows)
	}
	if r.Sampled {
		r.note(NoteSampled, 0, "", "numbers are estimates from %d of %d events", r.SampleRead, r.SampleSpace)
	}
	return t.checkTotals()
}

// checkTotals compares the sum of the rows with the total, where there is one.
func (t *table) checkTotals() error {
	if len(t.report.Totals) != 1 {
		return nil
	}
	for i := range t.columns {
		c := &t.columns[i]
		if c.value == nil || !c.additive {
			continue
		}
		var sum analytics.Value
		for k := range t.report.Rows {
			var err error
			if sum, err = sum.Add(*c.value(&t.report.Rows[k])); err != nil {
				return fmt.Errorf("column %q: %w", clip(c.name), err)
			}
		}
		total, ok := c.value(&t.report.Totals[0]).Int64()
		if got, known := sum.Int64(); ok && known && got != total {
			t.report.note(NoteTotals, t.report.Totals[0].Line, c.name, "the total of %s is %d, its rows sum up to %d", c.name, total, got)
		}
	}
	return nil
}
