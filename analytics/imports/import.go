package imports

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Options say what the file does not.
type Options struct {
	// Export is the ID of a mapping; "" finds out which one fits.
	Export string
	// Mappings to choose from; nil for those of this package.
	Mappings []Mapping
	// Channel is the account that the file is about. It may be zero where the
	// export names the account in each row.
	Channel smm.Ref
	// AsOf is when the export was made. Required: lifetime numbers mean
	// nothing without it.
	AsOf time.Time
	// Zone of the dates in the file; nil is the mapping's, else UTC.
	Zone *time.Location
	// Window is what the numbers cover, for exports of a period that do not
	// say it themselves. A Window without From is the whole past.
	Window smm.Window
	// DateOrder of dates in digits; "" is the mapping's.
	DateOrder DateOrder
	// Decimal is the sign before a fraction; "" finds out.
	Decimal DecimalSign
	// Currency is the ISO 4217 code of money that has none, or only a sign that
	// several share ("$").
	Currency string
	// MaxProblems is how many problems and left-out rows are kept; all are
	// counted. 0 is 100.
	MaxProblems int
}

// Post is what an export says about a post beside its numbers.
type Post struct {
	Ref       smm.Ref   `json:"ref"`
	Channel   smm.Ref   `json:"channel"`
	Permalink string    `json:"permalink,omitempty"`
	Text      string    `json:"text,omitempty"`
	Published time.Time `json:"published,omitzero"` // UTC
	Type      string    `json:"type,omitempty"`     // in the platform's words: "IG reel"
}

// Row is one line of the file.
type Row struct {
	Line    int
	Post    *Post // nil in exports about the account
	Metrics []smm.Metric
}

// Result is a file that was read whole.
type Result struct {
	Metrics []smm.Metric
	Posts   []Post // each once, in the order of the file
	Summary Summary
}

// Read reads a file whole. Where cells or rows could not be read, the error is a
// *ProblemsError and the Result has everything else; the Result is nil if the
// file could not be read at all (unknown export, workbook, missing options). All
// these errors match smm.ErrInvalid. For files that do not fit into memory see
// Open.
func Read(r io.Reader, o Options) (*Result, error) {
	im, err := Open(r, o)
	if err != nil {
		return nil, err
	}
	res, seen := &Result{}, make(map[smm.Ref]bool)
	for row := range im.Rows() {
		res.Metrics = append(res.Metrics, row.Metrics...)
		if row.Post != nil && !seen[row.Post.Ref] {
			seen[row.Post.Ref] = true
			res.Posts = append(res.Posts, *row.Post)
		}
	}
	res.Summary = im.Summary()
	return res, im.Err()
}

// Importer reads a file row by row. Its memory is bounded: 64 KiB ahead, one
// row, and Options.MaxProblems. It is not safe for concurrent use.
type Importer struct {
	o       Options
	m       *Mapping
	csv     *csvReader
	dates   dateContext
	columns []Column // one for each of the file
	specs   []int    // of Mapping.Columns, -1 where the column is not read
	window  smm.Window
	channel string // the first id in the file
	header  []string
	sum     Summary
	errs    ProblemsError
	fatal   error
}

// Open reads the beginning of a file: which export it is, how it is written,
// where its header is. Errors match smm.ErrInvalid, except those of r.
func Open(r io.Reader, o Options) (*Importer, error) {
	if o.AsOf.IsZero() {
		return nil, fmt.Errorf("%w: set Options.AsOf to when the export was made", smm.ErrInvalid)
	}
	if d := o.Decimal; d != DecimalUnknown && d != DecimalPoint && d != DecimalComma {
		return nil, fmt.Errorf("%w: Options.Decimal is %q: want a point or a comma", smm.ErrInvalid, d)
	}
	candidates, err := prepared(o.Mappings)
	if err != nil {
		return nil, err
	}
	in, encoding, err := decode(r)
	if err != nil {
		return nil, err
	}
	sample, err := readSample(in)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(sample)) == 0 {
		return nil, fmt.Errorf("%w: the file is empty", smm.ErrInvalid)
	}
	comma, found := sniff(sample, candidates)
	m, detected, err := choose(o.Export, candidates, found)
	if err != nil {
		return nil, err
	}
	im := &Importer{o: o, m: m, csv: newCSVReader(io.MultiReader(bytes.NewReader(sample), in), comma)}
	im.o.MaxProblems = cmp.Or(max(o.MaxProblems, 0), 100)
	im.sum = Summary{Export: m.ID, Detection: detected, Encoding: encoding, Separator: string(comma)}
	if err := im.settle(); err != nil {
		return nil, err
	}
	if err := im.begin(detected.Line); err != nil {
		return nil, err
	}
	if im.o.Decimal == DecimalUnknown {
		im.o.Decimal = im.sniffDecimal(sample, comma, detected.Line)
	}
	im.sum.Decimal = im.o.Decimal
	return im, nil
}

// settle joins options and mapping.
func (im *Importer) settle() error {
	zone := im.o.Zone
	if zone == nil && im.m.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(im.m.Zone); err != nil {
			return fmt.Errorf("%w: mapping %q: %w", smm.ErrInvalid, im.m.ID, err)
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	im.sum.Zone = zone.String()
	im.dates = dateContext{order: cmp.Or(im.o.DateOrder, im.m.DateOrder), zone: zone, asOf: im.o.AsOf}
	im.window = im.o.Window
	ch := im.o.Channel
	if ch.IsZero() {
		return nil
	}
	if err := ch.Check(); err != nil {
		return fmt.Errorf("Options.Channel: %w", err)
	}
	if ch.Kind != smm.KindChannel || (im.m.Platform != "" && ch.Platform != im.m.Platform) {
		return fmt.Errorf("%w: Options.Channel is %s, and this is %s: want a channel of %s", smm.ErrInvalid, ch, im.m.Title, cmp.Or(im.m.Platform, "any platform"))
	}
	return nil
}

// begin reads the preamble and the header.
func (im *Importer) begin(line int) error {
	for {
		rec, err := im.csv.next()
		if err != nil {
			return fmt.Errorf("%w: line %d: %w", smm.ErrInvalid, rec.line, err)
		}
		if rec.line < line {
			im.skip(rec, SkipPreamble)
			im.period(rec)
			continue
		}
		im.header = append([]string(nil), rec.cells...)
		break
	}
	im.assign()
	if im.o.Channel.IsZero() && im.find(FieldChannelID) < 0 {
		return fmt.Errorf("%w: the file does not say which channel it is about: set Options.Channel", smm.ErrInvalid)
	}
	if im.m.Window == WindowPeriod && im.find(FieldDate) < 0 {
		switch {
		case im.window.To.IsZero() && !im.window.From.IsZero(), im.window == smm.Window{}:
			return fmt.Errorf("%w: %s covers a period that the file does not name: set Options.Window; "+
				"with To alone it is the whole past", smm.ErrInvalid, im.m.Title)
		case !im.window.From.IsZero() && !im.window.From.Before(im.window.To):
			return fmt.Errorf("%w: the period ends before it begins", smm.ErrInvalid)
		}
	}
	return nil
}

// Rows reads the rest of the file. It can be ranged over once; stopping early
// leaves the rest unread. Err and Summary are complete after it.
func (im *Importer) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for im.fatal == nil {
			rec, err := im.csv.next()
			if err == io.EOF { //nolint:errorlint // the reader returns io.EOF itself
				im.fatal = io.EOF
				return
			}
			if err != nil {
				im.fatal = err
				im.problem(Problem{Line: rec.line, Code: CodeSyntax, What: err.Error() + "; what follows was not read"})
				return
			}
			im.sum.Rows++
			if reason, ok := im.leaveOut(rec); ok {
				im.skip(rec, reason)
				continue
			}
			row, ok := im.row(rec)
			if !ok {
				im.skip(rec, SkipProblem)
				continue
			}
			im.sum.Imported++
			if !yield(row) {
				return
			}
		}
	}
}

// Err returns all problems so far as a *ProblemsError, or nil.
func (im *Importer) Err() error {
	if im.errs.Total == 0 {
		return nil
	}
	out := im.errs
	return &out
}

// Summary tells what became of the file so far.
func (im *Importer) Summary() Summary { return im.sum }

func (im *Importer) problem(p Problem) {
	im.errs.Total++
	if len(im.errs.Problems) < im.o.MaxProblems {
		im.errs.Problems = append(im.errs.Problems, p)
	}
}

func (im *Importer) skip(rec record, why SkipReason) {
	if im.sum.Skipped == nil {
		im.sum.Skipped = make(map[SkipReason]int)
	}
	im.sum.Skipped[why]++
	if why != SkipBlank && len(im.sum.LeftOut) < im.o.MaxProblems {
		first := ""
		for _, c := range rec.cells {
			if first = trim(c); first != "" {
				break
			}
		}
		im.sum.LeftOut = append(im.sum.LeftOut, LeftOut{Line: rec.line, Reason: why, First: excerpt(first)})
	}
}
