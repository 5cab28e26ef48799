package imports

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/smmkit/smmkit/smm"
)

// A Mapping says how one export is read. It is data: the package's own are JSON
// files, and ParseMapping reads those of a caller.
type Mapping struct {
	ID       string       `json:"id"`
	Title    string       `json:"title"`
	Platform smm.Platform `json:"platform,omitempty"` // "" for exports of any, such as web analytics
	Subject  smm.Kind     `json:"subject"`            // smm.KindPost or smm.KindChannel
	Window   WindowKind   `json:"window"`
	// WindowNote says what is not certain about Window.
	WindowNote string    `json:"window_note,omitempty"`
	DateOrder  DateOrder `json:"date_order,omitempty"`
	Zone       string    `json:"zone,omitempty"` // IANA name, if the export always has the same
	// PostIDPattern takes the post's id out of its link: a regular expression
	// with one group.
	PostIDPattern string            `json:"post_id_pattern,omitempty"`
	PeriodFrom    []string          `json:"period_from,omitempty"` // labels in the preamble, of the first day
	PeriodTo      []string          `json:"period_to,omitempty"`   // and of the last
	Sources       map[string]Source `json:"sources,omitempty"`
	Columns       []ColumnSpec      `json:"columns"`

	pattern *regexp.Regexp
	index   map[string]place // of folded names
}

// place is a column and how early a name stands among its aliases.
type place struct{ spec, rank int }

// A WindowKind is the time that an export's numbers cover.
type WindowKind string

// The kinds of windows.
const (
	WindowLifetime WindowKind = "lifetime" // from the post's beginning to the export
	WindowDay      WindowKind = "day"      // the day in the column with the field FieldDate
	WindowPeriod   WindowKind = "period"   // the days named in the preamble, or Options.Window
)

// A Field is what a column says about the row that is no metric.
type Field string

// The fields.
const (
	FieldPostID      Field = "post_id"
	FieldPermalink   Field = "permalink"
	FieldText        Field = "text"
	FieldTime        Field = "time" // of publication
	FieldType        Field = "type"
	FieldDate        Field = "date" // the day that the numbers are of; "Lifetime" for all days
	FieldChannelID   Field = "channel_id"
	FieldChannelName Field = "channel_name" // recognised, not used
)

// A ColumnUnit is what a column counts in.
type ColumnUnit string

// The units of columns, and the smm.Unit that they become.
const (
	InCount   ColumnUnit = "count"   // smm.UnitCount
	InSeconds ColumnUnit = "seconds" // smm.UnitMillis
	InHours   ColumnUnit = "hours"   // smm.UnitMillis
	InPercent ColumnUnit = "percent" // smm.UnitPPM; 4.2 and "4.2%" are 42,000
	InMoney   ColumnUnit = "money"   // smm.UnitMicros
)

// A ColumnSpec is one column: a Field, a Metric, or one that is left aside with
// the reason in Ignore.
type ColumnSpec struct {
	Field      Field          `json:"field,omitempty"`
	Metric     smm.MetricName `json:"metric,omitempty"`
	Ignore     string         `json:"ignore,omitempty"`
	Unit       ColumnUnit     `json:"unit,omitempty"`
	Definition string         `json:"definition,omitempty"` // what the vendor counts
	Required   bool           `json:"required,omitempty"`   // without it, it is another export
	Aliases    []Alias        `json:"aliases"`
}

// An Alias is how a column is called in one language. Where a file has two
// columns of one spec, the alias that comes first counts.
type Alias struct {
	Lang   string   `json:"lang"`   // BCP 47
	Source string   `json:"source"` // a key of Mapping.Sources, or "unverified"
	Names  []string `json:"names"`
}

// Unverified is the Source of an alias that was not found anywhere.
const Unverified = "unverified"

// A Source is where an alias was seen. One without an address cannot be looked
// up, and its aliases count as unverified.
type Source struct {
	Address string `json:"address,omitempty"`
	Note    string `json:"note,omitempty"`
	Read    string `json:"read"` // date
}

// Verified reports whether an alias can be looked up: its source has an
// address.
func (m *Mapping) Verified(a Alias) bool { return m.Sources[a.Source].Address != "" }

//go:embed mappings/*.json
var mappingFiles embed.FS

var builtIn = sync.OnceValue(func() []Mapping {
	entries, err := mappingFiles.ReadDir("mappings")
	if err != nil {
		panic(err) // embedded, and read by tests
	}
	out := make([]Mapping, 0, len(entries))
	for _, e := range entries {
		b, err := mappingFiles.ReadFile("mappings/" + e.Name())
		if err != nil {
			panic(err)
		}
		m, err := ParseMapping(bytes.NewReader(b))
		if err != nil {
			panic(err)
		}
		out = append(out, *m)
	}
	return out
})

// Mappings returns those of this package, by ID. The slice is the caller's, what
// it points to is shared and must not be changed.
func Mappings() []Mapping { return append([]Mapping(nil), builtIn()...) }

// ParseMapping reads one mapping as JSON and checks it. All problems come
// together in an error that matches smm.ErrInvalid.
func ParseMapping(r io.Reader) (*Mapping, error) {
	d := json.NewDecoder(io.LimitReader(r, 1<<20))
	d.DisallowUnknownFields()
	var m Mapping
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: mapping: %w", smm.ErrInvalid, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%w: mapping %q: %w", smm.ErrInvalid, m.ID, err)
	}
	return &m, nil
}

func (m *Mapping) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if m.ID == "" {
		fail("give it an id")
	}
	if m.Subject != smm.KindPost && m.Subject != smm.KindChannel {
		fail("subject is %q: want post or channel", m.Subject)
	}
	if m.Window != WindowLifetime && m.Window != WindowDay && m.Window != WindowPeriod {
		fail("window is %q: want lifetime, day or period", m.Window)
	}
	if o := m.DateOrder; o != "" && o != MonthFirst && o != DayFirst && o != YearFirst {
		fail("date_order is %q: want mdy, dmy or ymd", o)
	}
	if m.Zone != "" {
		if _, err := time.LoadLocation(m.Zone); err != nil {
			fail("zone: %w", err)
		}
	}
	if m.PostIDPattern != "" {
		re, err := regexp.Compile(m.PostIDPattern)
		if m.pattern = re; err != nil || re.NumSubexp() != 1 {
			fail("post_id_pattern: want a regular expression with one group: %w", errors.Join(err))
		}
	}
	errs = append(errs, m.checkColumns()...)
	m.index = make(map[string]place)
	for i, c := range m.Columns {
		rank := 0
		for _, a := range c.Aliases {
			for _, name := range a.Names {
				if _, ok := m.index[fold(name)]; !ok {
					m.index[fold(name)] = place{i, rank}
				}
				rank++
			}
		}
	}
	return errors.Join(errs...)
}

func (m *Mapping) checkColumns() []error {
	var errs []error
	fields, names, metrics := map[Field]bool{}, map[string]int{}, 0
	for i, c := range m.Columns {
		kinds := 0
		for _, has := range []bool{c.Field != "", c.Metric != "", c.Ignore != ""} {
			if has {
				kinds++
			}
		}
		switch {
		case kinds != 1:
			errs = append(errs, fmt.Errorf("column %d: want one of field, metric and ignore", i))
		case c.Metric != "":
			metrics++
			if _, ok := units[c.Unit]; !ok {
				errs = append(errs, fmt.Errorf("column %d: unit is %q: want count, seconds, hours, percent or money", i, c.Unit))
			}
		case c.Field != "" && (!knownFields[c.Field] || fields[c.Field]):
			errs = append(errs, fmt.Errorf("column %d: field %q is unknown or there twice", i, c.Field))
		}
		fields[c.Field] = true
		if len(c.Aliases) == 0 || len(c.Aliases[0].Names) == 0 {
			errs = append(errs, fmt.Errorf("column %d: it has no name", i))
		}
		for _, a := range c.Aliases {
			if _, ok := m.Sources[a.Source]; !ok && a.Source != Unverified {
				errs = append(errs, fmt.Errorf("column %d: there is no source %q", i, a.Source))
			}
			for _, name := range a.Names {
				folded := fold(name)
				if other, ok := names[folded]; folded == "" || (ok && other != i) {
					errs = append(errs, fmt.Errorf("column %d: name %q is empty or belongs to two columns", i, name))
				}
				names[folded] = i
			}
		}
	}
	if metrics == 0 {
		errs = append(errs, errors.New("it has no metric"))
	}
	if m.Window == WindowDay && !fields[FieldDate] {
		errs = append(errs, errors.New("window day needs a column with the field date"))
	}
	if m.Subject == smm.KindPost && !fields[FieldPostID] && !fields[FieldPermalink] {
		errs = append(errs, errors.New("posts need a column with the field post_id or permalink"))
	}
	return errs
}

var knownFields = map[Field]bool{
	FieldPostID: true, FieldPermalink: true, FieldText: true, FieldTime: true, FieldType: true,
	FieldDate: true, FieldChannelID: true, FieldChannelName: true,
}

// units tells how many units of the metric one unit of the column is, in
// millionths: seconds become milliseconds.
var units = map[ColumnUnit]struct {
	unit     smm.Unit
	multiply int64
	divide   int64
}{
	InCount:   {smm.UnitCount, 1, 1e6},
	InSeconds: {smm.UnitMillis, 1, 1e3},
	InHours:   {smm.UnitMillis, 3600, 1e3},
	InPercent: {smm.UnitPPM, 1, 100},
	InMoney:   {smm.UnitMicros, 1, 1},
}

// prepared returns checked mappings; nil stands for those of this package.
func prepared(mappings []Mapping) ([]Mapping, error) {
	if mappings == nil {
		return builtIn(), nil
	}
	out := append([]Mapping(nil), mappings...)
	for i := range out {
		if err := out[i].check(); err != nil {
			return nil, fmt.Errorf("%w: mapping %q: %w", smm.ErrInvalid, out[i].ID, err)
		}
	}
	return out, nil
}

// fold makes headers comparable: case, and spaces and quotes of every kind.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune("\"“”„«»’'", r):
			return -1
		}
		return unicode.ToLower(r)
	}, trim(s))
	return strings.Join(strings.Fields(s), " ")
}
