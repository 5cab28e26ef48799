package series

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Group is one line of a Result.
type Group struct {
	Key   Key
	Rows  int
	Sums  []analytics.Value // as Result.Columns
	Rates []Rate            // as Result.Ratios
}

// Result is the answer to a Query: the groups that have rows, in the order of
// Query.By (dates and hours ascending, Monday first, names by their bytes).
type Result struct {
	By      []By
	Columns []Column
	Ratios  []Ratio
	Groups  []Group
}

// Sum returns the sum of a column in a group of r. A column that r does not
// have is not reported.
func (r *Result) Sum(g *Group, name smm.MetricName) analytics.Value {
	if i := slices.IndexFunc(r.Columns, func(c Column) bool { return c.Name == name }); i >= 0 {
		return g.Sums[i]
	}
	return analytics.Value{Parts: analytics.Parts{NotReported: 1}}
}

// Rate returns the rate called name in a group of r, undefined if r has none of
// that name.
func (r *Result) Rate(g *Group, name string) Rate {
	if i := r.ratio(name); i >= 0 {
		return g.Rates[i]
	}
	return Rate{}
}

func (r *Result) ratio(name string) int {
	return slices.IndexFunc(r.Ratios, func(x Ratio) bool { return x.Name == name })
}

// Query computes sums and rates of groups in one pass over the columns that it
// needs (one for each label of a row with ByLabel). Errors match
// smm.ErrInvalid: a column that the table does not have, sides of a ratio that
// cannot be added, a period without days, too many groups, and sums beyond
// int64.
func (t *Table) Query(q Query) (*Result, error) {
	columns, err := t.selected(q.Sums)
	if err != nil {
		return nil, err
	}
	out := &Result{By: slices.Clone(q.By), Ratios: slices.Clone(q.Ratios)}
	for _, c := range columns {
		out.Columns = append(out.Columns, t.columns[c])
	}
	ratios := make([]*rates, len(q.Ratios))
	for i := range q.Ratios {
		if ratios[i], err = t.rates(&q.Ratios[i]); err != nil {
			return nil, err
		}
		if out.ratio(q.Ratios[i].Name) != i {
			return nil, fmt.Errorf("%w: two ratios are called %q", smm.ErrInvalid, q.Ratios[i].Name)
		}
	}
	p, err := t.plan(&q)
	if err != nil || t.rows == 0 {
		return out, err
	}
	s, total := newScan(t, p), newSums(t, columns)
	if err := t.run(p, s, total, ratios); err != nil {
		return nil, err
	}
	out.Groups = t.collect(p, s, total, ratios)
	return out, nil
}

func (t *Table) selected(names []smm.MetricName) ([]int, error) {
	var out []int
	for i, name := range names {
		c, ok := t.index[name]
		if !ok {
			return nil, fmt.Errorf("%w: the table has no column %q", smm.ErrInvalid, name)
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("%w: the query asks for %s twice", smm.ErrInvalid, name)
		}
		out = append(out, c)
	}
	if names == nil {
		for i := range t.columns {
			out = append(out, i)
		}
	}
	return out, nil
}

func (t *Table) run(p *plan, s *scan, total *sums, ratios []*rates) error {
	passes := p.passes
	if len(passes) == 0 {
		passes = [][]uint64{nil}
	}
	for _, sets := range passes {
		for _, c := range t.chunks {
			for from := 0; from < c.n; from += blockRows {
				to := min(from+blockRows, c.n)
				s.block(c, from, to, sets)
				if err := total.add(s, c, from, to); err != nil {
					return err
				}
				for _, r := range ratios {
					if err := r.add(s, c, from, to); err != nil {
						return fmt.Errorf("ratio: %w", err)
					}
				}
			}
		}
	}
	return nil
}

func (t *Table) collect(p *plan, s *scan, total *sums, ratios []*rates) []Group {
	var used []uint32
	for g := uint32(1); g < s.groups; g++ {
		if total.rows[g] > 0 {
			used = append(used, g)
		}
	}
	if !s.dense {
		slices.SortFunc(used, func(a, b uint32) int { return cmp.Compare(s.keys[a], s.keys[b]) })
	}
	groups := make([]Group, len(used))
	values := make([]analytics.Value, len(used)*len(total.columns))
	all := make([]Rate, len(used)*len(ratios))
	for i, g := range used {
		n := len(total.columns)
		out := Group{
			Key: p.key(s.wideKey(g)), Rows: int(total.rows[g]),
			Sums: values[i*n : (i+1)*n : (i+1)*n], Rates: all[i*len(ratios) : (i+1)*len(ratios) : (i+1)*len(ratios)],
		}
		for j, c := range total.columns {
			out.Sums[j] = analytics.Value{
				Total: total.quads[j/4][g][j%4], Unit: t.columns[c].Unit, Currency: t.columns[c].Currency,
				Parts: total.odd[j][g].parts(out.Rows),
			}
		}
		for j, r := range ratios {
			out.Rates[j] = r.rate(t, g)
		}
		groups[i] = out
	}
	return groups
}
