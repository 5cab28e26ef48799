package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"github.com/smmkit/smmkit/scheduler"
)

// turn says which tenant was served last when not all could be.
type turn struct{ last string }

const (
	dueDeliveries = `SELECT seq, due, planned, lane, tie FROM deliveries INDEXED BY deliveries_due
		WHERE due <= ?1 ORDER BY due LIMIT ?2`
	// dueTenants and dueTenantsBehind yield the tenants that have due records, in
	// order, all or those behind ?1. They hop from tenant to tenant in the index,
	// whatever each of them has.
	dueTenants       = firstTenant + nextTenants
	dueTenantsBehind = firstTenant + ` AND tenant > ?1` + nextTenants

	firstTenant = `WITH RECURSIVE t(name) AS (
			SELECT (SELECT min(tenant) FROM deliveries INDEXED BY deliveries_turn WHERE due IS NOT NULL`
	nextTenants = `)
			UNION ALL
			SELECT (SELECT min(tenant) FROM deliveries INDEXED BY deliveries_turn WHERE due IS NOT NULL AND tenant > t.name)
			FROM t WHERE t.name IS NOT NULL)
		SELECT name FROM t WHERE name IS NOT NULL AND EXISTS (
			SELECT 1 FROM deliveries INDEXED BY deliveries_turn WHERE tenant = t.name AND due <= ?2)
		LIMIT ?3`
	dueOfTenant = `SELECT seq, due, planned, lane, tie FROM deliveries INDEXED BY deliveries_turn
		WHERE tenant = ?1 AND due <= ?2 ORDER BY due LIMIT ?3 OFFSET ?4`
	dueByName = `SELECT seq, ifnull(due, parked), planned, lane, tie FROM deliveries
		WHERE key = ?1 AND ifnull(due, parked) <= ?2`
	leaseThem = `UPDATE deliveries SET version = version + 1, epoch = epoch + 1,
			lease_until = ?2, lease_owner = ?3, due = max(wake, ?2), parked = NULL
		WHERE seq IN (SELECT value FROM json_each(?1))
		RETURNING seq, ` + rowColumns
)

// Claim implements scheduler.Store.
func (s *deliveries) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	var rows []row
	for again := true; again; {
		err := s.db.writer.do(ctx, false, func(w *writer) error {
			rows, again = nil, false
			g, err := s.newGatekeeper(w, c)
			if err != nil {
				return err
			}
			picked, err := s.pick(g, c)
			if errors.Is(err, errEnough) { // what was seen is parked: the next look goes further
				again = true
				return g.close()
			}
			if err = errors.Join(err, g.close()); err != nil || len(picked) == 0 {
				return err
			}
			rows, err = lease(w, c, picked)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return records(rows)
}

func lease(w *writer, c scheduler.Claim, picked []candidate) ([]row, error) {
	slices.SortStableFunc(picked, func(a, b candidate) int { return cmp.Compare(a.due, b.due) })
	seqs, place := make([]int64, len(picked)), make(map[int64]int, len(picked))
	for i, p := range picked {
		seqs[i], place[p.seq] = p.seq, i
	}
	list, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(picked))
	err = w.query(leaseThem, func(r *sql.Rows) error { // in no order
		var (
			seq int64
			x   row
		)
		err := r.Scan(append([]any{&seq}, x.dest()...)...)
		rows[place[seq]] = x
		return err
	}, string(list), micros(c.Now.Add(c.Lease)), c.Owner)
	return rows, err
}

// pick chooses what a claim takes. errEnough: it has looked at much that may not
// go, and parked it.
func (s *deliveries) pick(g *gatekeeper, c scheduler.Claim) ([]candidate, error) {
	now := c.Now.UnixMicro() // rounded down: what wakes later in this microsecond is not due
	if len(c.Keys) > 0 {
		return byName(g, c, now)
	}
	some, err := candidates(g.w, dueDeliveries, now, c.Limit+1)
	if err != nil || len(some) > c.Limit {
		if err == nil {
			some, err = s.inTurn(g, now, c.Limit) // not everybody can be served at once
		}
		return some, err
	}
	return g.admitted(some)
}

// byName picks among the records that the claim names.
func byName(g *gatekeeper, c scheduler.Claim, now int64) ([]candidate, error) {
	var out []candidate
	seen := make(map[int64]bool, len(c.Keys))
	for _, k := range c.Keys {
		if len(out) == c.Limit {
			break
		}
		got, err := candidates(g.w, dueByName, keyOf(k), now)
		if err == nil {
			got, err = g.admitted(got)
		}
		if err != nil {
			return nil, err
		}
		for _, x := range got {
			if !seen[x.seq] {
				seen[x.seq] = true
				out = append(out, x)
			}
		}
	}
	return out, nil
}

// admitted returns those that their lanes let go.
func (g *gatekeeper) admitted(xs []candidate) ([]candidate, error) {
	out := make([]candidate, 0, len(xs))
	for _, x := range xs {
		ok, err := g.admits(x)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, x)
		}
	}
	return out, nil
}

// queue is what one tenant has due, read ahead in pieces.
type queue struct {
	name string
	read int
	buf  []candidate
	end  bool
}

// next returns the next record that its lane lets go.
func (q *queue) next(g *gatekeeper, now int64, ahead int) (x candidate, ok bool, err error) {
	for {
		if len(q.buf) == 0 {
			if q.end {
				return x, false, nil
			}
			if q.buf, err = candidates(g.w, dueOfTenant, q.name, now, ahead, q.read); err != nil {
				return x, false, err
			}
			q.read += len(q.buf)
			q.end = len(q.buf) < ahead
			ahead = min(2*ahead, 512)
			continue
		}
		x, q.buf = q.buf[0], q.buf[1:]
		if ok, err = g.admits(x); ok || err != nil {
			return x, ok, err
		}
		if len(g.park) >= lookAt {
			return x, false, errEnough
		}
	}
}

// inTurn divides a claim between the tenants that have something due.
func (s *deliveries) inTurn(g *gatekeeper, now int64, limit int) ([]candidate, error) {
	names, err := s.tenantsInTurn(g.w, now, limit)
	if err != nil {
		return nil, err
	}
	before := s.turn.last
	queues := make([]*queue, len(names))
	for i, name := range names {
		queues[i] = &queue{name: name}
	}
	var out []candidate
	for len(queues) > 0 && len(out) < limit {
		share := max(1, (limit-len(out))/len(queues))
		var more []*queue
		for _, q := range queues {
			got := 0
			for ; got < share && len(out) < limit; got++ {
				x, ok, err := q.next(g, now, min(share, limit-len(out)))
				if err != nil {
					s.turn.last = before
					return nil, err
				}
				if !ok {
					break
				}
				out = append(out, x)
			}
			s.turn.last = q.name
			if got == share {
				more = append(more, q)
			}
		}
		queues = more
	}
	return out, nil
}

// tenantsInTurn returns at most limit tenants with something due, beginning
// behind the one that was served last.
func (s *deliveries) tenantsInTurn(w *writer, now int64, limit int) ([]string, error) {
	var names []string
	add := func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		if !slices.Contains(names, name) && len(names) < limit {
			names = append(names, name)
		}
		return err
	}
	if err := w.query(dueTenantsBehind, add, s.turn.last, now, limit); err != nil || len(names) == limit {
		return names, err
	}
	err := w.query(dueTenants, add, "", now, limit)
	return names, err
}

func candidates(w *writer, query string, args ...any) ([]candidate, error) {
	var out []candidate
	err := w.query(query, func(r *sql.Rows) error {
		var x candidate
		err := r.Scan(&x.seq, &x.due, &x.planned, &x.lane, &x.tie)
		out = append(out, x)
		return err
	}, args...)
	return out, err
}
