package series

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Subject describes what was measured, for the keys of its rows.
type Subject struct {
	Published time.Time // of a post: lifetime numbers belong to this instant
	Labels    smm.Labels
}

// RowsOf turns the metrics of posts into rows: one for each post and window,
// with the metrics in the order of columns. Numbers of a window belong to its
// beginning, lifetime numbers to the time at which the post was published.
// Campaign, ContentType, and Tags with Topic and Pillar as labels, come from
// describe, which is asked once for each post. What was read twice counts as in
// analytics.Collect. Metrics of channels and of other things, those with a
// breakdown, and those that no column has are left aside.
//
// Errors match smm.ErrInvalid and are joined: those of analytics.Collect, a
// unit or currency that is not the column's, and lifetime numbers of a post
// whose Published is zero.
func RowsOf(metrics []smm.Metric, columns []Column, describe func(post smm.Ref) Subject) ([]Row, error) {
	type key struct {
		post   smm.Ref
		window time.Time
	}
	index := make(map[smm.MetricName]int, len(columns))
	for i, c := range columns {
		index[c.Name] = i
	}
	var used []smm.Metric
	for i := range metrics {
		if _, ok := index[metrics[i].Name]; ok && metrics[i].Subject.Kind == smm.KindPost && len(metrics[i].Breakdown) == 0 {
			used = append(used, metrics[i])
		}
	}
	if _, err := analytics.Collect(used); err != nil {
		return nil, err
	}
	slices.SortStableFunc(used, func(a, b smm.Metric) int { return a.AsOf.Compare(b.AsOf) })
	var (
		rows     = make(map[key]*Row)
		subjects = make(map[smm.Ref]Subject)
		errs     []error
	)
	for i := range used {
		m := &used[i]
		s, ok := subjects[m.Subject]
		if !ok {
			s = describe(m.Subject)
			subjects[m.Subject] = s
		}
		column := index[m.Name]
		if err := fits(m, &columns[column], &s); err != nil {
			errs = append(errs, err)
			continue
		}
		k := key{m.Subject, m.Window.From.UTC()}
		r := rows[k]
		if r == nil {
			r = newRow(m, &s, len(columns))
			rows[k] = r
		}
		r.Values[column] = Cell{Value: m.Value, State: m.State} // readings are sorted: the latest stays
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(compareRefs(a.Channel, b.Channel), compareRefs(a.Post, b.Post), a.At.Compare(b.At))
	})
	return out, nil
}

func fits(m *smm.Metric, c *Column, s *Subject) error {
	switch {
	case m.State.Known() && m.Unit != cmp.Or(c.Unit, smm.UnitCount):
		return fmt.Errorf("%w: %s of %s is in %q, and its column in %q", smm.ErrInvalid, m.Name, m.Subject, m.Unit, cmp.Or(c.Unit, smm.UnitCount))
	case m.State.Known() && m.Currency != c.Currency:
		return fmt.Errorf("%w: %s of %s is in %q, and its column in %q: convert first", smm.ErrInvalid, m.Name, m.Subject, m.Currency, c.Currency)
	case m.Window.Lifetime() && s.Published.IsZero():
		return fmt.Errorf("%w: %s of %s covers its lifetime: describe when it was published", smm.ErrInvalid, m.Name, m.Subject)
	}
	return nil
}

func newRow(m *smm.Metric, s *Subject, columns int) *Row {
	r := &Row{
		Channel: m.Channel, Post: m.Subject, At: m.Window.From,
		Campaign: s.Labels.Campaign, ContentType: s.Labels.ContentType, Values: make([]Cell, columns),
	}
	if m.Window.Lifetime() {
		r.At = s.Published
	}
	r.Labels = slices.Clone(s.Labels.Tags)
	for _, l := range []string{s.Labels.Topic, s.Labels.Pillar} {
		if l != "" {
			r.Labels = append(r.Labels, l)
		}
	}
	return r
}
