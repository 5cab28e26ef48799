package pgstore

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// candidate is a record that a claim has locked.
type candidate struct {
	tenant, id string // as text gives them
	due        time.Time
}

const (
	// mayGo lets a record pass if fewer than $1 of its lane stand before it.
	mayGo = `($1 = 0 OR d.lane = '' OR (SELECT count(*) FROM (SELECT 1 FROM smm.deliveries b
		WHERE b.tenant = d.tenant AND b.lane = d.lane AND b.lane <> '' AND b.` + inLane + `
		AND (b.planned, b.id) < (d.planned, d.id) LIMIT $1) before) < $1)`

	// SKIP LOCKED passes over what another claim has in hand.
	dueDeliveries = `SELECT d.tenant, d.id, d.due FROM smm.deliveries d
		WHERE d.due IS NOT NULL AND d.due <= $2 AND ` + mayGo + `
		ORDER BY d.due LIMIT $3 FOR UPDATE OF d SKIP LOCKED`
	dueByName = `SELECT d.tenant, d.id, d.due FROM unnest($3::text[], $4::text[]) WITH ORDINALITY k (tenant, id, n)
		JOIN smm.deliveries d ON d.tenant = k.tenant AND d.id = k.id
		WHERE d.due IS NOT NULL AND d.due <= $2 AND ` + mayGo + `
		ORDER BY k.n LIMIT $5 FOR UPDATE OF d SKIP LOCKED`
	leaseThem = `UPDATE smm.deliveries d SET version = d.version + 1, epoch = d.epoch + 1, lease_until = $3, lease_owner = $4
		FROM unnest($1::text[], $2::text[]) k (tenant, id) WHERE d.tenant = k.tenant AND d.id = k.id
		RETURNING d.tenant, d.id, ` + rowColumns
)

// Claim implements scheduler.Store. It never takes part in a caller's
// transaction.
func (s *deliveries) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	var rows []row
	err := s.db.write(ctx, beginClaim, func(tx pgx.Tx) error {
		rows = nil
		p := picker{s.db, tx, c, nil}
		if err := p.pick(ctx); err != nil || len(p.out) == 0 {
			return err
		}
		var err error
		rows, err = p.lease(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return records(rows)
}

// picker chooses what a claim takes.
type picker struct {
	db  *DB
	tx  pgx.Tx
	c   scheduler.Claim
	out []candidate
}

func (p *picker) pick(ctx context.Context) error {
	if len(p.c.Keys) > 0 {
		tenants, ids := make([]string, 0, len(p.c.Keys)), make([]string, 0, len(p.c.Keys))
		seen := make(map[scheduler.Key]bool, len(p.c.Keys))
		for _, k := range p.c.Keys {
			if !seen[k] {
				seen[k] = true
				tenants, ids = append(tenants, text(string(k.Tenant))), append(ids, text(k.ID))
			}
		}
		return p.add(ctx, dueByName, tenants, ids, p.c.Limit)
	}
	if backlog, err := p.backlog(ctx); err != nil || backlog {
		if err != nil {
			return err
		}
		return p.inTurn(ctx)
	}
	// Those that are more than the limit stay locked until the transaction ends.
	if err := p.add(ctx, dueDeliveries, p.c.Limit+1); err != nil || len(p.out) <= p.c.Limit {
		return err
	}
	return p.inTurn(ctx) // not everybody can be served at once
}

// maxPassed bounds how many records a claim passes over one by one because their
// lanes hold them back.
const maxPassed = 1000

// backlog reports whether so much is due that lanes are looked at one by one
// instead of records.
func (p *picker) backlog(ctx context.Context) (bool, error) {
	if p.c.LaneLimit == 0 {
		return false, nil
	}
	var n int
	err := p.tx.QueryRow(ctx, p.db.sql("SELECT count(*) FROM (SELECT 1 FROM smm.deliveries WHERE due IS NOT NULL AND due <= $1 LIMIT $2) due"),
		p.c.Now, maxPassed+p.c.Limit).Scan(&n)
	return n == maxPassed+p.c.Limit, err
}

// add locks and notes what a query selects.
func (p *picker) add(ctx context.Context, query string, args ...any) error {
	return each(ctx, p.tx, func(scan func(...any) error) error {
		var c candidate
		err := scan(&c.tenant, &c.id, &c.due)
		p.out = append(p.out, c)
		return err
	}, p.db.sql(query), append([]any{p.c.LaneLimit, p.c.Now}, args...)...)
}

// taken are the keys of what was picked.
func (p *picker) taken() (tenants, ids []string) {
	tenants, ids = make([]string, 0, len(p.out)), make([]string, 0, len(p.out))
	for _, c := range p.out {
		tenants, ids = append(tenants, c.tenant), append(ids, c.id)
	}
	return tenants, ids
}

// lease gives what was picked to the caller.
func (p *picker) lease(ctx context.Context) ([]row, error) {
	slices.SortStableFunc(p.out, func(a, b candidate) int { return a.due.Compare(b.due) })
	tenants, ids := p.taken()
	place := make(map[scheduler.Key]int, len(p.out))
	for i, c := range p.out {
		place[scheduler.Key{Tenant: smm.Tenant(c.tenant), ID: c.id}] = i
	}
	rows := make([]row, len(p.out))
	err := each(ctx, p.tx, func(scan func(...any) error) error { // in no order
		var (
			tenant, id string
			x          row
		)
		err := scan(x.dest(&tenant, &id)...)
		rows[place[scheduler.Key{Tenant: smm.Tenant(tenant), ID: id}]] = x
		return err
	}, p.db.sql(leaseThem), tenants, ids, scheduler.Micro(p.c.Now.Add(p.c.Lease)), prose(p.c.Owner))
	return rows, err
}
