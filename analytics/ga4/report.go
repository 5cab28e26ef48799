package ga4

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/utm"
)

// Row is one row of a report. A dimension without a column is FieldAbsent, and a
// metric without one is not reported.
type Row struct {
	Line int       // of the file, from 1; in JSON the number of the row
	Date time.Time // the property's calendar day as midnight UTC; zero without a date

	// Where the visit came from, in the scope of the report.
	Source, Medium, Campaign, CampaignID, Content, Term, SourcePlatform Field
	Group                                                               Field // the channel group, as Google names it
	LandingPage, Event, DateRange                                       Field

	Sessions           analytics.Value
	EngagedSessions    analytics.Value
	ConvertingSessions analytics.Value // with at least one key event
	KeyEvents          analytics.Value // once called conversions
	Users, NewUsers    analytics.Value // of people: they do not add up over rows
	Views, EventCount  analytics.Value
	Revenue            analytics.Value // in smm.UnitMicros

	Extra []Cell // columns that are not known, or whose place was taken
}

// Cell is a cell of a column that has no place in Row.
type Cell struct{ Column, Text string }

// Tags returns what the row says about the campaign as utm tags, Google's words
// for missing values included.
func (r *Row) Tags() utm.Tags {
	return utm.Tags{
		Source: r.Source.Text, Medium: r.Medium.Text, Campaign: r.Campaign.Text, CampaignID: r.CampaignID.Text,
		Content: r.Content.Text, Term: r.Term.Text, SourcePlatform: r.SourcePlatform.Text,
	}
}

// Scope says what a traffic source is the source of.
type Scope string

// The scopes.
const (
	ScopeNone      Scope = ""           // the report has no traffic source
	ScopeSession   Scope = "session"    // of the session
	ScopeFirstUser Scope = "first-user" // of the first visit ever of the user
	ScopeEvent     Scope = "event"      // of the key event, by the property's attribution model
)

// Note is something that a reader of a report should know.
type Note struct {
	Code   string // one of the constants Note...
	Line   int    // 0: of the whole report
	Column string
	Text   string // in English, for people
}

// The codes of notes.
const (
	NoteRounded      = "rounded"       // a count had a fraction, as attributed key events have
	NoteOtherRow     = "other-row"     // some rows are rolled up into "(other)"
	NoteSampled      = "sampled"       // numbers are estimates from a sample
	NoteThresholded  = "thresholded"   // rows of few people may be withheld
	NotePage         = "page"          // there are more rows than were read
	NoteTotals       = "totals"        // the total is not the sum of the rows
	NoteRestricted   = "restricted"    // the reader may not see the metric
	NoteUnknown      = "unknown"       // a column has no place in Row
	NoteNotAvailable = "not-available" // attribution failed for a row
	NoteNoColumn     = "no-column"     // a column that a funnel needs is not there
)

// Report is one table.
type Report struct {
	Title      string   // of a CSV export
	Comments   []string // its comment lines, without "#"
	Start, End time.Time
	Scope      Scope
	Columns    []string // all, as they are called there
	Unknown    []string // those whose cells are in Row.Extra
	Rows       []Row
	Totals     []Row // as the file gives them; never among Rows

	Currency, TimeZone string
	// Sampled: numbers are estimates from SampleRead of SampleSpace events.
	Sampled                 bool
	SampleRead, SampleSpace int64
	Thresholded             bool // rows of few people may be missing
	OtherRow                bool // some rows are rolled up into "(other)"
	// MoreRows is how many rows the query has beyond these.
	MoreRows    int64
	EmptyReason string // why there is no row, as Google says
	Notes       []Note
}

// Partial says why the sum of the rows may be less than the whole, or "".
func (r *Report) Partial() string {
	switch {
	case r.MoreRows > 0:
		return fmt.Sprintf("%d more rows were not read", r.MoreRows)
	case r.Thresholded:
		return "rows of few people may be withheld"
	}
	return ""
}

func (r *Report) note(code string, line int, column, format string, args ...any) {
	r.Notes = append(r.Notes, Note{Code: code, Line: line, Column: column, Text: fmt.Sprintf(format, args...)})
}

// Options are how a file is read.
type Options struct {
	// Currency of amounts, ISO 4217, where the file does not say: CSV exports
	// never do.
	Currency string
	// MaxBytes bounds what is read; 0 is 64 MiB.
	MaxBytes int64
}

func (o Options) maxBytes() int64 {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return 64 << 20
}
