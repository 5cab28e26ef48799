package pgstore

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/smmkit/smmkit/scheduler"
)

// pageRows is how many rows a list reads at a time. Between pages it holds
// nothing, so that a slow reader is in nobody's way.
const pageRows = 256

// List implements scheduler.Store.
func (s *deliveries) List(ctx context.Context, q scheduler.Query) iter.Seq2[*scheduler.Record, error] {
	return func(yield func(*scheduler.Record, error) bool) {
		q, n := q, 0
		for {
			rs, err := s.page(ctx, &q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range rs {
				if !q.Match(r) { // what the query in SQL leaves open
					continue
				}
				if n++; !yield(r, nil) || n == q.Limit {
					return
				}
			}
			if len(rs) < pageRows {
				return
			}
			q.After = rs[len(rs)-1].Position()
		}
	}
}

// page reads the next rows that may match q.
func (s *deliveries) page(ctx context.Context, q *scheduler.Query) ([]*scheduler.Record, error) {
	if err := s.db.usable(ctx); err != nil {
		return nil, err
	}
	var c conditions
	c.of(q)
	query := "SELECT " + rowColumns + " FROM smm.deliveries d WHERE " + strings.Join(c.terms, " AND ") +
		" ORDER BY d.planned, d.tenant, d.id LIMIT " + c.arg(pageRows)
	var rows []row
	err := each(ctx, s.db.reader(ctx), func(scan func(...any) error) error {
		var x row
		err := scan(x.dest()...)
		rows = append(rows, x)
		return err
	}, s.db.sql(query), c.args...)
	if err != nil {
		return nil, s.db.fail(ctx, err)
	}
	return records(rows)
}

// conditions are the terms of a WHERE clause and their arguments.
type conditions struct {
	terms []string
	args  []any
}

// arg adds an argument and returns how the statement calls it.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

// add demands a term, in which each ? is one of the arguments.
func (c *conditions) add(term string, args ...any) {
	for _, a := range args {
		term = strings.Replace(term, "?", c.arg(a), 1)
	}
	c.terms = append(c.terms, term)
}

// of translates as much of q as narrows the search.
func (c *conditions) of(q *scheduler.Query) {
	c.add("TRUE")
	if !q.AllTenants {
		c.add("d.tenant = ?", text(string(q.Tenant)))
	}
	c.equal("d.entry", q.Entry, "")
	c.equal("d.token", q.Token, " AND d.token <> ''")
	c.equal("d.draft", q.Draft, " AND d.draft <> ''")
	if !q.Channel.IsZero() {
		c.add("d.channel = ?", text(q.Channel.String()))
	}
	c.equal("d.campaign", q.Labels.Campaign, "")
	if q.Held {
		c.add("d.held <> ''")
	}
	if len(q.Fingerprint) > 0 {
		c.add("d.fingerprint = ?", q.Fingerprint)
	}
	if len(q.Phases) > 0 {
		phases := make([]string, len(q.Phases))
		for i, p := range q.Phases {
			phases[i] = text(string(p))
		}
		c.add("d.phase = ANY(?)", phases)
	}
	if !q.From.IsZero() {
		c.add("d.planned >= ?", scheduler.Micro(q.From))
	}
	if !q.Until.IsZero() {
		c.add("d.planned < ?", scheduler.Micro(q.Until))
	}
	if !q.After.IsZero() {
		c.add("d.planned >= ?", q.After.NotBefore) // for the index
		c.add("(d.planned, d.tenant, d.id) > (?, ?, ?)", q.After.NotBefore, text(string(q.After.Tenant)), text(q.After.ID))
	}
}

// equal demands a value, if there is one; also repeats what a partial index is
// limited to.
func (c *conditions) equal(column, value, also string) {
	if value != "" {
		c.add(column+" = ?"+also, text(value))
	}
}
