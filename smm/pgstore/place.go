package pgstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// placeColumns are what of a record others are compared with.
const placeColumns = "d.tenant, d.id, d.phase, d.planned, d.slot, d.fingerprint, d.apart"

func scanPlace(scan func(...any) error, more ...any) (*scheduler.Record, error) {
	var tenant, id, phase, slot string
	r := &scheduler.Record{}
	err := scan(append([]any{&tenant, &id, &phase, &r.NotBefore, &slot, &r.Fingerprint, (*int64)(&r.Apart)}, more...)...)
	r.Delivery.Tenant, r.Delivery.ID, r.Delivery.Phase = smm.Tenant(fromText(tenant)), fromText(id), smm.Phase(phase)
	r.NotBefore, r.Slot = r.NotBefore.UTC(), fromText(slot)
	return r, err
}

// lockPlaces makes sure that nobody else takes the tokens, slots and contents of
// the records until the transaction ends: whoever looks whether they are free
// holds the same locks. An advisory lock is given back after the commit has
// become visible, and each statement of a transaction at READ COMMITTED sees what
// was committed before it, so that what the next steps read is what there is.
//
// Unique indexes were rejected: they would refuse records of one call that
// change places, and know no distance in time.
func (w *deliveryWrite) lockPlaces(ctx context.Context) error {
	var locks []int64
	add := func(parts ...string) { locks = append(locks, lockOf(append([]string{w.db.schema}, parts...)...)) }
	for _, e := range w.es {
		tenant := string(e.r.Delivery.Tenant)
		if e.isNew && e.r.Token != "" {
			add("token", tenant, e.r.Token)
		}
		if e.placed() && e.r.Slot != "" {
			add("slot", tenant, e.r.Slot)
		}
		if e.placed() && len(e.r.Fingerprint) > 0 {
			add("content", tenant, string(e.r.Fingerprint))
		}
	}
	if len(locks) == 0 {
		return nil
	}
	slices.Sort(locks)
	_, err := w.tx.Exec(ctx, "SELECT pg_advisory_xact_lock(n) FROM unnest($1::bigint[]) n", slices.Compact(locks))
	return err
}

// lockOf is the number of an advisory lock. Two that meet by chance wait for each
// other, which is all.
func lockOf(parts ...string) int64 {
	sum := sha256.Sum256(joined(parts))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// joined puts parts behind each other so that others give other bytes.
func joined(parts []string) []byte {
	b := make([]byte, 0, 128)
	for _, part := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}

// freeTokens refuses records whose tokens are in use.
func (w *deliveryWrite) freeTokens(ctx context.Context) error {
	var tenants, tokens []string
	type named struct{ tenant, token string }
	seen := make(map[named]bool)
	for _, e := range w.select_(true) {
		n := named{string(e.r.Delivery.Tenant), e.r.Token}
		if n.token != "" && !seen[n] {
			seen[n] = true
			tenants, tokens = append(tenants, text(n.tenant)), append(tokens, text(n.token))
		}
	}
	if len(tokens) == 0 {
		return nil
	}
	var used bool
	err := w.tx.QueryRow(ctx, w.db.sql(`SELECT EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) k (tenant, token)
		JOIN smm.deliveries d ON d.tenant = k.tenant AND d.token = k.token WHERE d.token <> '')`), tenants, tokens).Scan(&used)
	if err == nil && used {
		return scheduler.ErrTokenUsed
	}
	return err
}

// neighbours are records by what they must not share.
type neighbours map[string][]*scheduler.Record

func (n neighbours) add(r *scheduler.Record) {
	for _, k := range places(r) {
		n[k] = append(n[k], r)
	}
}

func places(r *scheduler.Record) []string {
	var out []string
	if r.Slot != "" {
		out = append(out, string(joined([]string{"slot", string(r.Delivery.Tenant), r.Slot})))
	}
	if len(r.Fingerprint) > 0 {
		out = append(out, string(joined([]string{"content", string(r.Delivery.Tenant), string(r.Fingerprint)})))
	}
	return out
}

// freePlaces refuses records whose slots are taken or that repeat others too
// soon, among the records as they are after the writes.
func (w *deliveryWrite) freePlaces(ctx context.Context) error {
	if !slices.ContainsFunc(w.es, (*entry).placed) {
		return nil
	}
	near, err := w.stored(ctx)
	if err != nil {
		return err
	}
	for _, e := range w.es {
		near.add(e.r)
	}
	for _, e := range w.es {
		if !e.placed() {
			continue
		}
		var others []*scheduler.Record
		for _, k := range places(e.r) {
			others = append(others, near[k]...)
		}
		slices.SortFunc(others, func(a, b *scheduler.Record) int { return a.Position().Compare(b.Position()) })
		for _, o := range others {
			if o == e.r {
				continue
			}
			if err := e.r.Collides(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// placesNear selects records that have one of the slots, or one of the contents
// near one of the times; which of them collide is for Record.Collides to say.
const placesNear = `SELECT ` + placeColumns + ` FROM unnest($1::text[], $2::text[]) k (tenant, slot)
		JOIN smm.deliveries d ON d.tenant = k.tenant AND d.slot = k.slot WHERE d.slot <> '' AND d.` + live + `
	UNION ALL
	SELECT ` + placeColumns + ` FROM unnest($3::text[], $4::bytea[], $5::timestamptz[], $6::bigint[]) k (tenant, fingerprint, planned, apart)
		JOIN smm.deliveries d ON d.tenant = k.tenant AND d.fingerprint = k.fingerprint
		WHERE d.fingerprint IS NOT NULL AND d.` + live + `
		AND abs(extract(epoch FROM d.planned - k.planned)) <= greatest(d.apart, k.apart) / 1e9 + 1`

// stored reads the records that may be in the way of those that are written.
func (w *deliveryWrite) stored(ctx context.Context) (neighbours, error) {
	var slotTenants, slots, tenants []string
	var prints [][]byte
	var planned []time.Time
	var aparts []int64
	written := make(map[scheduler.Key]bool, len(w.es))
	for _, e := range w.es {
		r := e.r
		written[r.Key()] = true
		if !e.placed() {
			continue
		}
		if r.Slot != "" {
			slotTenants, slots = append(slotTenants, text(string(r.Delivery.Tenant))), append(slots, text(r.Slot))
		}
		if len(r.Fingerprint) > 0 {
			tenants, prints = append(tenants, text(string(r.Delivery.Tenant))), append(prints, r.Fingerprint)
			planned, aparts = append(planned, scheduler.Micro(r.NotBefore)), append(aparts, int64(r.Apart))
		}
	}
	near := make(neighbours)
	err := each(ctx, w.tx, func(scan func(...any) error) error {
		r, err := scanPlace(scan)
		if err == nil && !written[r.Key()] {
			near.add(r)
		}
		return err
	}, w.db.sql(placesNear), slotTenants, slots, tenants, prints, planned, aparts)
	return near, err
}
