package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/smmkit/smmkit/scheduler"
)

// candidate is a record that a claim may take.
type candidate struct{ seq, due int64 }

// turn says which tenant was served last when not all could be.
type turn struct{ last string }

const (
	dueDeliveries = `SELECT seq, due FROM deliveries INDEXED BY deliveries_due
		WHERE due <= ?1 ORDER BY due LIMIT ?2`
	// dueTenants yields the tenants behind ?1 that have due records, in order. It
	// hops from tenant to tenant in the index, whatever each of them has.
	dueTenants = `WITH RECURSIVE t(name) AS (
			SELECT (SELECT min(tenant) FROM deliveries INDEXED BY deliveries_turn WHERE due IS NOT NULL AND (tenant > ?1 OR ?4))
			UNION ALL
			SELECT (SELECT min(tenant) FROM deliveries INDEXED BY deliveries_turn WHERE due IS NOT NULL AND tenant > t.name)
			FROM t WHERE t.name IS NOT NULL)
		SELECT name FROM t WHERE name IS NOT NULL AND EXISTS (
			SELECT 1 FROM deliveries INDEXED BY deliveries_turn WHERE tenant = t.name AND due <= ?2)
		LIMIT ?3`
	dueOfTenant = `SELECT seq, due FROM deliveries INDEXED BY deliveries_turn
		WHERE tenant = ?1 AND due <= ?2 ORDER BY due LIMIT ?3 OFFSET ?4`
	dueByName = `SELECT seq, due FROM deliveries WHERE key = ?1 AND due <= ?2`
	leaseThem = `UPDATE deliveries SET version = version + 1, epoch = epoch + 1,
			lease_until = ?2, lease_owner = ?3, due = max(wake, ?2)
		WHERE seq IN (SELECT value FROM json_each(?1))
		RETURNING seq, ` + rowColumns
)

// Claim implements scheduler.Store.
func (s *deliveries) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	var rows []row
	err := s.db.writer.do(ctx, false, func(w *writer) error {
		rows = nil
		picked, err := s.pick(w, c)
		if err != nil || len(picked) == 0 {
			return err
		}
		rows, err = lease(w, c, picked)
		return err
	})
	if err != nil {
		return nil, err
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
		err := r.Scan(&seq, &x.version, &x.epoch, &x.leaseUntil, &x.leaseOwner, &x.planned, &x.token, &x.hash, &x.data)
		rows[place[seq]] = x
		return err
	}, string(list), micros(c.Now.Add(c.Lease)), c.Owner)
	return rows, err
}

// pick chooses what a claim takes.
func (s *deliveries) pick(w *writer, c scheduler.Claim) ([]candidate, error) {
	now := c.Now.UnixMicro() // rounded down: what wakes later in this microsecond is not due
	if len(c.Keys) > 0 {
		var out []candidate
		for _, k := range c.Keys {
			if len(out) == c.Limit {
				break
			}
			got, err := candidates(w, dueByName, keyOf(k), now)
			if err != nil {
				return nil, err
			}
			for _, p := range got {
				if !slices.ContainsFunc(out, func(q candidate) bool { return q.seq == p.seq }) {
					out = append(out, p)
				}
			}
		}
		return out, nil
	}
	out, err := candidates(w, dueDeliveries, now, c.Limit+1)
	if err != nil || len(out) <= c.Limit {
		return out, err
	}
	return s.inTurn(w, now, c.Limit) // not everybody can be served at once
}

// inTurn divides a claim between the tenants that have something due.
func (s *deliveries) inTurn(w *writer, now int64, limit int) ([]candidate, error) {
	names, err := s.tenantsInTurn(w, now, limit)
	if err != nil {
		return nil, err
	}
	var out []candidate
	taken := make(map[string]int, len(names))
	for len(names) > 0 && len(out) < limit {
		share := max(1, (limit-len(out))/len(names))
		var more []string
		for _, name := range names {
			if len(out) == limit {
				break
			}
			got, err := candidates(w, dueOfTenant, name, now, min(share, limit-len(out)), taken[name])
			if err != nil {
				return nil, err
			}
			out = append(out, got...)
			taken[name] += len(got)
			s.turn.last = name
			if len(got) == share {
				more = append(more, name)
			}
		}
		names = more
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
	if err := w.query(dueTenants, add, s.turn.last, now, limit, false); err != nil || len(names) == limit {
		return names, err
	}
	err := w.query(dueTenants, add, "", now, limit, true)
	return names, err
}

func candidates(w *writer, query string, args ...any) ([]candidate, error) {
	var out []candidate
	err := w.query(query, func(r *sql.Rows) error {
		var c candidate
		err := r.Scan(&c.seq, &c.due)
		out = append(out, c)
		return err
	}, args...)
	return out, err
}
