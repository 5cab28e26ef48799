package pgstore

import (
	"context"
	"slices"
)

const (
	// dueOfTenants takes up to $4 records of each of the tenants $3 and $7 in all,
	// but those with the keys $5 and $6.
	dueOfTenants = `SELECT x.tenant, x.id, x.due FROM unnest($3::text[]) t (tenant), LATERAL (
			SELECT d.tenant, d.id, d.due FROM smm.deliveries d
			WHERE d.tenant = t.tenant AND d.due IS NOT NULL AND d.due <= $2 AND ` + mayGo + `
			AND ` + notTaken + ` ORDER BY d.due LIMIT $4 FOR UPDATE OF d SKIP LOCKED) x
		LIMIT $7`
	notTaken = "(d.tenant, d.id) NOT IN (SELECT k.tenant, k.id FROM unnest($5::text[], $6::text[]) k (tenant, id))"

	// headsOfTenants is dueOfTenants for many records in few lanes. It hops from
	// lane to lane, and looks at the first $1 of each and at what is in no lane's way.
	// Their places are what it joins by: with old statistics, the planner takes any
	// other index for the better one.
	headsOfTenants = `SELECT x.tenant, x.id, x.due FROM unnest($3::text[]) t (tenant), LATERAL (
			WITH RECURSIVE lanes (name) AS (
				(SELECT l.lane FROM smm.deliveries l WHERE l.tenant = t.tenant AND l.lane <> '' AND l.` + inLane + ` ORDER BY l.lane LIMIT 1)
				UNION ALL
				SELECT (SELECT l.lane FROM smm.deliveries l WHERE l.tenant = t.tenant AND l.lane <> '' AND l.lane > lanes.name
					AND l.` + inLane + ` ORDER BY l.lane LIMIT 1)
				FROM lanes WHERE lanes.name IS NOT NULL),
			heads (place, due) AS (
				SELECT h.ctid, h.due FROM lanes, LATERAL (
					SELECT l.ctid, l.due FROM smm.deliveries l WHERE l.tenant = t.tenant AND l.lane = lanes.name AND l.lane <> ''
					AND l.` + inLane + ` ORDER BY l.planned, l.id LIMIT $1) h
				WHERE h.due <= $2
				UNION ALL
				(SELECT d.ctid, d.due FROM smm.deliveries d WHERE d.tenant = t.tenant AND d.due IS NOT NULL AND d.due <= $2
					AND (d.lane = '' OR d.phase = 'needs-human') AND ` + mayGo + ` AND ` + notTaken + ` ORDER BY d.due LIMIT 4 * $4::bigint))
			SELECT d.tenant, d.id, d.due FROM heads JOIN smm.deliveries d ON d.ctid = heads.place
			WHERE d.due IS NOT NULL AND d.due <= $2 AND ` + notTaken + ` ORDER BY heads.due LIMIT $4 FOR UPDATE OF d SKIP LOCKED) x
		LIMIT $7`

	// dueTenants yields up to $4 tenants behind $1 that have due records, in order,
	// from the first if $3, and none behind $5 if it is given. It hops from tenant to
	// tenant in the index, whatever each of them has.
	dueTenants = `WITH RECURSIVE t (name) AS (
			(SELECT d.tenant FROM smm.deliveries d WHERE d.due IS NOT NULL AND (d.tenant > $1 OR $3) ORDER BY d.tenant LIMIT 1)
			UNION ALL
			SELECT (SELECT d.tenant FROM smm.deliveries d WHERE d.due IS NOT NULL AND d.tenant > t.name ORDER BY d.tenant LIMIT 1)
			FROM t WHERE t.name IS NOT NULL AND ($5::text IS NULL OR t.name < $5))
		SELECT t.name FROM t WHERE t.name IS NOT NULL AND ($5::text IS NULL OR t.name <= $5) AND EXISTS (
			SELECT 1 FROM smm.deliveries d WHERE d.tenant = t.name AND d.due IS NOT NULL AND d.due <= $2)
		LIMIT $4`
)

// inTurn divides a claim between the tenants that have something due, beginning
// behind the one that was served last. It goes around once at most: lanes may
// hold back all that a tenant has due.
func (p *picker) inTurn(ctx context.Context) error {
	t := &p.db.turn
	t.mu.Lock()
	defer t.mu.Unlock()
	p.out = nil
	begin := t.last
	for _, half := range []round{{after: begin}, {first: true, upTo: &begin}} {
		for len(p.out) < p.c.Limit {
			names, err := p.tenants(ctx, half)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				break
			}
			half = round{after: names[len(names)-1], upTo: half.upTo}
			if err := p.serve(ctx, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// round is a part of the circle of tenants.
type round struct {
	after string
	first bool // from the first, whatever after is
	upTo  *string
}

// tenants returns the next ones of a round that have something due: as many as
// the claim may still take, or some more, since lanes may hold all of it back.
func (p *picker) tenants(ctx context.Context, r round) ([]string, error) {
	var names []string
	err := each(ctx, p.tx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	}, p.db.sql(dueTenants), r.after, p.c.Now, r.first, max(p.c.Limit-len(p.out), 32), r.upTo)
	return names, err
}

// serve divides what the claim may still take between tenants.
func (p *picker) serve(ctx context.Context, names []string) error {
	query := dueOfTenants
	if p.c.LaneLimit > 0 {
		query = headsOfTenants
	}
	for len(names) > 0 && len(p.out) < p.c.Limit {
		left := p.c.Limit - len(p.out)
		share := max(1, left/len(names))
		begin := len(p.out)
		tenants, ids := p.taken()
		if err := p.add(ctx, query, names, share, tenants, ids, left); err != nil {
			return err
		}
		got := make(map[string]int, len(names))
		for _, c := range p.out[begin:] {
			got[c.tenant]++
		}
		for _, name := range slices.Backward(names) {
			if got[name] > 0 {
				p.db.turn.last = name
				break
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool { return got[name] < share })
	}
	return nil
}
