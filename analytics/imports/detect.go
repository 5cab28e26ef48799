package imports

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// A Detection says how well a file's headers fit an export.
type Detection struct {
	Export string  `json:"export"` // Mapping.ID
	Score  float64 `json:"score"`  // known headers over headers, 0 to 1; 0 if a required one is missing
	Reason string  `json:"reason"` // for people
	Line   int     `json:"line"`   // where the headers are

	known int
}

const (
	sampleBytes = 64 << 10 // read ahead to find out the dialect
	sampleRows  = 40       // of which the headers must be one
	minScore    = 0.5      // of a file that is recognised by itself
)

// Detect reads the beginning of a file and returns how it fits each mapping of
// candidates (nil for Mappings), best first. Errors of reading, and files that
// are not text, are reported; a file that fits nothing is not an error but a
// score of 0. It is safe for concurrent use.
func Detect(r io.Reader, candidates []Mapping) ([]Detection, error) {
	candidates, err := prepared(candidates)
	if err != nil {
		return nil, err
	}
	in, _, err := decode(r)
	if err != nil {
		return nil, err
	}
	sample, err := readSample(in)
	if err != nil {
		return nil, err
	}
	_, found := sniff(sample, candidates)
	return found, nil
}

func readSample(in io.Reader) ([]byte, error) {
	sample, err := io.ReadAll(io.LimitReader(in, sampleBytes))
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return sample, nil
}

// sniff tries every separator and returns the best one with its detections.
func sniff(sample []byte, candidates []Mapping) (comma byte, best []Detection) {
	comma = ','
	for _, sep := range []byte{',', ';', '\t', '|'} {
		rows := sampleRecords(sample, sep)
		found := make([]Detection, len(candidates))
		for i := range candidates {
			found[i] = candidates[i].find(rows)
		}
		slices.SortStableFunc(found, compareDetections)
		if len(found) > 0 && (len(best) == 0 || compareDetections(found[0], best[0]) < 0) {
			comma, best = sep, found
		}
	}
	return comma, best
}

func compareDetections(a, b Detection) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.known, a.known))
}

// sampleRecords returns the first records, as far as they can be read.
func sampleRecords(sample []byte, sep byte) []record {
	var out []record
	for in := newCSVReader(bytes.NewReader(sample), sep); len(out) < sampleRows; {
		rec, err := in.next()
		if err != nil {
			break
		}
		rec.cells = slices.Clone(rec.cells)
		out = append(out, rec)
	}
	return out
}

// find returns the record that fits best as header.
func (m *Mapping) find(rows []record) Detection {
	best := Detection{Export: m.ID, Reason: "none of its headers is there"}
	for _, rec := range rows {
		if d := m.judge(rec); compareDetections(d, best) < 0 {
			best = d
		}
	}
	return best
}

// judge scores one record as header.
func (m *Mapping) judge(rec record) Detection {
	d := Detection{Export: m.ID, Line: rec.line}
	taken, headers := make([]bool, len(m.Columns)), 0
	var unknown []string
	for _, cell := range rec.cells {
		if trim(cell) == "" {
			continue
		}
		headers++
		if i, _ := m.column(cell); i >= 0 {
			d.known++
			taken[i] = true
		} else {
			unknown = append(unknown, excerpt(trim(cell)))
		}
	}
	var missing []string
	for i, c := range m.Columns {
		if c.Required && !taken[i] {
			missing = append(missing, c.Aliases[0].Names[0])
		}
	}
	d.Reason = fmt.Sprintf("%d of %d headers in line %d are known", d.known, headers, rec.line)
	if len(unknown) > 0 {
		d.Reason += "; not known: " + list(unknown)
	}
	if len(missing) > 0 {
		d.Reason += "; required and missing: " + list(missing)
		return d
	}
	d.Score = float64(d.known) / float64(max(headers, 1))
	return d
}

// list joins names, not too many.
func list(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// column returns the spec that a header belongs to, or -1, and how early its
// name stands among the aliases.
func (m *Mapping) column(header string) (spec, rank int) {
	if p, ok := m.index[fold(header)]; ok {
		return p.spec, p.rank
	}
	if bare, currency := headerCurrency(header); currency != "" {
		if p, ok := m.index[fold(bare)]; ok && m.Columns[p.spec].Unit == InMoney {
			return p.spec, p.rank
		}
	}
	return -1, 0
}

// headerCurrency takes a currency in brackets off a header: "Spend (EUR)".
func headerCurrency(header string) (bare, currency string) {
	h := trim(header)
	if n := len(h); n > 5 && h[n-1] == ')' && h[n-5] == '(' {
		if code := h[n-4 : n-1]; strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return trim(h[:n-5]), code
		}
	}
	return h, ""
}

// choose returns the mapping that the caller named, or the one that fits.
func choose(named string, candidates []Mapping, found []Detection) (*Mapping, Detection, error) {
	d := Detection{}
	switch {
	case named != "":
		i := slices.IndexFunc(found, func(d Detection) bool { return d.Export == named })
		if i < 0 {
			return nil, d, fmt.Errorf("%w: there is no export %q: see Mappings", smm.ErrInvalid, named)
		}
		if d = found[i]; d.Score == 0 {
			return nil, d, fmt.Errorf("%w: this is not %s: %s", smm.ErrInvalid, named, d.Reason)
		}
	case len(found) == 0:
		return nil, d, fmt.Errorf("%w: Options.Mappings is empty: nil stands for all", smm.ErrInvalid)
	case found[0].Score < minScore:
		err := fmt.Errorf("%w: this export is not known: name it in Options.Export, or write a mapping", smm.ErrInvalid)
		for _, d := range found[:min(3, len(found))] {
			err = errors.Join(err, fmt.Errorf("%s: %s", d.Export, d.Reason))
		}
		return nil, d, err
	case len(found) > 1 && compareDetections(found[0], found[1]) == 0:
		return nil, d, fmt.Errorf("%w: this fits %s and %s alike: name one in Options.Export", smm.ErrInvalid, found[0].Export, found[1].Export)
	default:
		d = found[0]
	}
	i := slices.IndexFunc(candidates, func(m Mapping) bool { return m.ID == d.Export })
	return &candidates[i], d, nil
}
