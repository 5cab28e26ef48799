package sqlitestore

import (
	"context"
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
	//nolint:gosec // the terms are constants of this file, the values are arguments
	query := "SELECT " + rowColumns + " FROM deliveries WHERE " + strings.Join(c.terms, " AND ") +
		" ORDER BY planned, tenant, data ->> '$.id' LIMIT ?"
	rows, err := s.db.read.QueryContext(ctx, query, append(c.args, pageRows)...)
	if err != nil {
		return nil, s.db.readError(ctx, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has it
	var out []row
	for rows.Next() {
		var x row
		if err := rows.Scan(x.dest()...); err != nil {
			return nil, s.db.readError(ctx, err)
		}
		out = append(out, x)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.readError(ctx, err)
	}
	return records(out)
}

// conditions are the terms of a WHERE clause and their arguments.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

// of translates as much of q as narrows the search.
func (c *conditions) of(q *scheduler.Query) {
	c.add("TRUE")
	if !q.AllTenants {
		c.add("tenant = ?", string(q.Tenant))
		if q.Entry != "" {
			c.add("entry = ?", shortHash(q.Tenant, q.Entry))
		}
	}
	if q.Token != "" {
		c.add("token = ?", q.Token)
	}
	if !q.From.IsZero() {
		c.add("planned >= ?", micros(q.From))
	}
	if !q.Until.IsZero() {
		c.add("planned < ?", micros(q.Until))
	}
	if !q.After.IsZero() {
		c.add("planned >= ?", micros(q.After.NotBefore)) // for the index
		c.add("(planned, tenant, data ->> '$.id') > (?, ?, ?)", micros(q.After.NotBefore), string(q.After.Tenant), q.After.ID)
	}
	if len(q.Phases) > 0 {
		marks := make([]string, len(q.Phases))
		for i, p := range q.Phases {
			marks[i] = "?"
			c.args = append(c.args, string(p))
		}
		c.add("phase IN (" + strings.Join(marks, ", ") + ")")
	}
	if !q.Channel.IsZero() {
		c.add("data ->> '$.request.channel' = ?", q.Channel.String())
	}
	if q.Draft != "" {
		c.add("draft IS NOT NULL")
		if !q.AllTenants {
			c.add("draft = ?", named(q.Tenant, q.Draft))
		}
	}
	if q.Held {
		c.add("held IS NOT NULL")
	}
	if len(q.Fingerprint) > 0 {
		c.add("substr(fingerprint, 1, 6) = substr(?, 1, 6)", q.Fingerprint)
		c.add("fingerprint = ?", q.Fingerprint)
	}
	if q.Labels.Campaign != "" {
		c.add("data ->> '$.request.post.labels.campaign' = ?", q.Labels.Campaign)
	}
}
