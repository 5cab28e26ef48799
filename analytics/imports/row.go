package imports

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// rounded is an id that a spreadsheet took for a number.
var rounded = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+?\d+$`)

// cellProblem reports a cell.
func (im *Importer) cellProblem(rec record, i int, f *fault) {
	im.problem(Problem{Line: rec.line, Column: i + 1, Header: im.columns[i].Header, Cell: excerpt(trim(rec.cells[i])), Code: f.code, What: f.what})
}

// row reads one record. It returns false if the row could not be placed: no
// subject, no window. A metric whose cell could not be read is left out of it.
func (im *Importer) row(rec record) (Row, bool) {
	if !im.shaped(rec) {
		return Row{}, false
	}
	ch, ok := im.channelOf(rec)
	if !ok {
		return Row{}, false
	}
	window, asOf, ok := im.windowOf(rec)
	if !ok {
		return Row{}, false
	}
	out, subject := Row{Line: rec.line}, ch
	if im.m.Subject == smm.KindPost {
		if out.Post, ok = im.postOf(rec, ch); !ok {
			return Row{}, false
		}
		subject = out.Post.Ref
	}
	for i, spec := range im.specs {
		if spec < 0 || im.m.Columns[spec].Metric == "" {
			continue
		}
		m := smm.Metric{
			Name: im.m.Columns[spec].Metric, Native: smm.NativeMetric{Name: im.columns[i].Header, Definition: im.m.Columns[spec].Definition},
			Subject: subject, Channel: ch, Window: window, AsOf: asOf,
		}
		if f := im.measure(&m, rec.cells[i], i); f != nil {
			im.cellProblem(rec, i, f)
			continue
		}
		if isLevel(m.Name) && im.m.Window == WindowDay { // a level is of the day's end
			if end := window.To.Add(-time.Second); end.Before(asOf) {
				m.AsOf = end
			}
		}
		out.Metrics = append(out.Metrics, m)
	}
	return out, true
}

func isLevel(n smm.MetricName) bool {
	return n == smm.MetricFollowers || n == smm.MetricFollowing || n == smm.MetricPosts
}

// shaped checks that the row has the header's cells, and that they are text.
func (im *Importer) shaped(rec record) bool {
	for i, c := range rec.cells {
		if utf8.ValidString(c) {
			continue
		}
		p := Problem{Line: rec.line, Column: i + 1, Cell: excerpt(strings.ToValidUTF8(c, "?")), Code: CodeEncoding, What: "this is not UTF-8: save the file as UTF-8"}
		if i < len(im.columns) {
			p.Header = im.columns[i].Header
		}
		im.problem(p)
		return false
	}
	n := len(rec.cells)
	for n > len(im.header) && trim(rec.cells[n-1]) == "" {
		n--
	}
	if n != len(im.header) {
		im.problem(Problem{
			Line: rec.line, Code: CodeShape,
			What: fmt.Sprintf("the row has %d cells and the header %d: is the file cut off, or a quote missing?", n, len(im.header)),
		})
		return false
	}
	return true
}

// channelOf returns the channel of a row.
func (im *Importer) channelOf(rec record) (smm.Ref, bool) {
	i := im.find(FieldChannelID)
	if i < 0 {
		return im.o.Channel, true
	}
	id := trim(unguard(trim(rec.cells[i])))
	switch {
	case rounded.MatchString(id):
		im.cellProblem(rec, i, roundedID())
		return smm.Ref{}, false
	case !im.o.Channel.IsZero() && id == "":
		return im.o.Channel, true
	case !im.o.Channel.IsZero():
		if im.channel = cmp.Or(im.channel, id); id != im.channel {
			im.cellProblem(rec, i, faultf(CodeChannel, "the file is about several channels, first %s: leave Options.Channel zero to take them from the file", im.channel))
			return smm.Ref{}, false
		}
		return im.o.Channel, true
	case id == "":
		im.cellProblem(rec, i, faultf(CodeChannel, "the row does not say which channel it is about"))
		return smm.Ref{}, false
	}
	return smm.Ref{Platform: im.m.Platform, Kind: smm.KindChannel, ID: id}, true
}

func roundedID() *fault {
	return faultf(CodeID, "a spreadsheet has rounded this id: take the file as it was exported")
}

// windowOf returns what the numbers of a row cover, and when they were counted.
func (im *Importer) windowOf(rec record) (smm.Window, time.Time, bool) {
	asOf := im.o.AsOf.UTC()
	lifetime := smm.Window{To: asOf}
	if i := im.find(FieldDate); i >= 0 {
		switch c := trim(rec.cells[i]); {
		case fold(c) == "lifetime" && im.m.Window != WindowDay:
			return lifetime, asOf, true
		case missingWords[strings.ToLower(c)] && im.m.Window == WindowLifetime:
		default:
			t, whole, f := im.dates.parseTime(c)
			if f == nil && !whole {
				f = faultf(CodeDate, "this is a time, and not the day that the numbers are of")
			}
			if f != nil {
				im.cellProblem(rec, i, f)
				return smm.Window{}, asOf, false
			}
			return smm.Window{From: t, To: im.nextDay(t)}, asOf, true
		}
	}
	if im.m.Window == WindowPeriod {
		return smm.Window{From: utc(im.window.From), To: utc(im.window.To)}, asOf, true
	}
	return lifetime, asOf, true
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

// postOf returns what a row says of its post.
func (im *Importer) postOf(rec record, ch smm.Ref) (*Post, bool) {
	get := func(f Field) string {
		if i := im.find(f); i >= 0 {
			return trim(unguard(trim(rec.cells[i])))
		}
		return ""
	}
	p := &Post{Channel: ch, Permalink: get(FieldPermalink), Text: get(FieldText), Type: get(FieldType)}
	id := get(FieldPostID)
	if rounded.MatchString(id) {
		im.cellProblem(rec, im.find(FieldPostID), roundedID())
		return nil, false
	}
	if id == "" && p.Permalink != "" {
		id = p.Permalink
		if im.m.pattern != nil {
			if found := im.m.pattern.FindStringSubmatch(p.Permalink); found != nil {
				id = found[1]
			}
		}
	}
	if id == "" {
		im.problem(Problem{Line: rec.line, Code: CodeID, What: "the row has neither the id nor the link of a post"})
		return nil, false
	}
	p.Ref = ch.WithKind(smm.KindPost, id)
	if i := im.find(FieldTime); i >= 0 && !missingWords[strings.ToLower(trim(rec.cells[i]))] {
		t, _, f := im.dates.parseTime(rec.cells[i])
		if f != nil {
			im.cellProblem(rec, i, f)
		} else {
			p.Published = t
		}
	}
	return p, true
}

// measure reads a cell into a metric.
func (im *Importer) measure(m *smm.Metric, cell string, i int) *fault {
	spec := im.columns[i].Spec
	u := units[spec.Unit]
	m.Unit = u.unit
	n, f := parseNumber(cell, im.o.Decimal, spec.Unit == InCount)
	switch {
	case f != nil:
		return f
	case n.missing:
		return nil // the zero state is not reported
	case n.micros < 0:
		return faultf(CodeNegative, "a metric is not negative")
	case n.percent && spec.Unit != InPercent, (n.currency != "" || n.symbol != "") && spec.Unit != InMoney:
		return faultf(CodeNumber, "this column has no percentages or money")
	}
	if spec.Unit == InMoney {
		if m.Currency = cmp.Or(n.currency, im.columns[i].currency, im.o.Currency); m.Currency == "" {
			return faultf(CodeCurrency, "money without a currency: set Options.Currency")
		}
	}
	if spec.Unit == InCount {
		switch {
		case n.fraction == 3 && !n.rounded:
			return faultf(CodeAmbiguous, "is this a whole number with a separator of thousands? Then set Options.Decimal to the other sign")
		case n.micros%1e6 != 0:
			return faultf(CodeFraction, "a count is whole")
		}
	}
	v := n.micros / u.divide * u.multiply
	if u.multiply > 1 {
		if n.micros > (1<<62)/u.multiply {
			return faultf(CodeRange, "this number is too large")
		}
		v = n.micros * u.multiply / u.divide
	}
	m.Value, m.State = v, smm.Counted(v)
	if n.rounded {
		m.State = smm.MetricEstimated
	}
	return nil
}
