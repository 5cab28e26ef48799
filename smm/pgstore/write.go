package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// Insert implements scheduler.Store.
func (s *deliveries) Insert(ctx context.Context, rs ...*scheduler.Record) error {
	if err := scheduler.CheckInsert(rs); err != nil {
		return err
	}
	return s.writeAll(ctx, time.Time{}, rs, func(*scheduler.Record) bool { return true })
}

// Apply implements scheduler.Store.
func (s *deliveries) Apply(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
	if err := scheduler.CheckApply(rs); err != nil {
		return err
	}
	return s.writeAll(ctx, now, rs, func(r *scheduler.Record) bool { return r.Version == 0 })
}

// Save implements scheduler.Store. Most of the time it is one statement; only a
// record that takes another place in the plan is compared with others.
func (s *deliveries) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if err := r.Delivery.Check(); err != nil {
		return err
	}
	if TxFrom(ctx) == nil {
		done, err := s.saveAlone(ctx, r, now)
		if done || err != nil {
			return err
		}
	}
	return s.writeAll(ctx, now, []*scheduler.Record{r}, func(*scheduler.Record) bool { return false })
}

// writeAll does all writes or none.
func (s *deliveries) writeAll(ctx context.Context, now time.Time, rs []*scheduler.Record, isNew func(*scheduler.Record) bool) error {
	if len(rs) == 0 {
		return s.db.usable(ctx)
	}
	es := make([]*entry, len(rs))
	for i, r := range rs {
		var err error
		if es[i], err = newEntry(r, isNew(r)); err != nil {
			return err
		}
		if r.Delivery.Phase == smm.PhaseCommitting && TxFrom(ctx) != nil {
			return fmt.Errorf("%w: pgstore: the intent of delivery %s cannot be part of the caller's transaction: it must be durable at once", smm.ErrInvalid, r.Delivery.ID)
		}
	}
	if err := once(es); err != nil {
		return err
	}
	err := s.db.join(ctx, func(tx pgx.Tx) error {
		w := deliveryWrite{s.db, tx, now, es}
		return w.run(ctx)
	})
	if err != nil {
		return err
	}
	for _, e := range es {
		if e.isNew {
			e.r.Version = 0
		}
		e.written()
	}
	return nil
}

// once refuses to write a record twice in one call.
func once(es []*entry) error {
	seen := make(map[scheduler.Key]bool, len(es))
	for _, e := range es {
		if seen[e.r.Key()] {
			return fmt.Errorf("%w: record %s is written twice", smm.ErrConflict, e.r.Delivery.ID)
		}
		seen[e.r.Key()] = true
	}
	return nil
}

// deliveryWrite is the transaction of an Insert, Save or Apply. Its locks are
// taken in one order by everybody: rows by their keys, then what advisory locks
// stand for by their numbers. Transactions that deadlock all the same, such as
// those of hosts, are tried again.
type deliveryWrite struct {
	db  *DB
	tx  pgx.Tx
	now time.Time
	es  []*entry
}

func (w *deliveryWrite) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.lockRows, w.lockPlaces, w.freeTokens, w.freePlaces, w.insert, w.save} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *deliveryWrite) select_(isNew bool) []*entry {
	var out []*entry
	for _, e := range w.es {
		if e.isNew == isNew {
			out = append(out, e)
		}
	}
	return out
}

// keys are the arguments for unnest that name records, in the order of keys.
func keys(es []*entry) (tenants, ids []string) {
	es = slices.SortedFunc(slices.Values(es), func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.r.Delivery.Tenant, b.r.Delivery.Tenant), cmp.Compare(a.r.Delivery.ID, b.r.Delivery.ID))
	})
	for _, e := range es {
		tenants, ids = append(tenants, text(string(e.r.Delivery.Tenant))), append(ids, text(e.r.Delivery.ID))
	}
	return tenants, ids
}

// lockRows locks the records that are saved and reads what they were.
func (w *deliveryWrite) lockRows(ctx context.Context) error {
	saves := w.select_(false)
	if len(saves) == 0 {
		return nil
	}
	stored := make(map[scheduler.Key]*scheduler.Record, len(saves))
	tenants, ids := keys(saves)
	err := each(ctx, w.tx, func(scan func(...any) error) error {
		var version, epoch int64
		var lease *time.Time
		r, err := scanPlace(scan, &version, &epoch, &lease)
		r.Version, r.Epoch, r.LeaseUntil = version, epoch, timeOf(lease)
		stored[r.Key()] = r
		return err
	}, w.db.sql("SELECT "+placeColumns+`, d.version, d.epoch, d.lease_until FROM smm.deliveries d
		WHERE (d.tenant, d.id) IN (SELECT k.tenant, k.id FROM unnest($1::text[], $2::text[]) k (tenant, id)) ORDER BY d.tenant, d.id FOR UPDATE OF d`), tenants, ids)
	if err != nil {
		return err
	}
	for _, e := range saves {
		e.old = stored[e.r.Key()]
		intent := e.r.Delivery.Phase == smm.PhaseCommitting
		switch {
		case e.old == nil:
			return notFound(e.r.Key())
		case e.old.Version != e.r.Version || e.old.Epoch != e.r.Epoch || (intent && !e.old.LeaseUntil.After(w.now)):
			return scheduler.ErrFenced
		}
	}
	return nil
}

const insertDeliveries = `INSERT INTO smm.deliveries (version, epoch, lease_owner, tenant, id, phase, wake, planned, entry, token, payload_hash,
		lane, fingerprint, apart, slot, draft, zone, held, channel, campaign, data)
	SELECT 1, 0, '', * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::bytea[],
		$9::text[], $10::bytea[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::bytea[])
	ON CONFLICT (tenant, id) DO NOTHING`

func (w *deliveryWrite) insert(ctx context.Context) error {
	es := w.select_(true)
	if len(es) == 0 {
		return nil
	}
	n := len(es)
	texts := make([][]string, 12)
	for i := range texts {
		texts[i] = make([]string, n)
	}
	wakes, planned, aparts := make([]*time.Time, n), make([]time.Time, n), make([]int64, n)
	hashes, prints, data := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	for i, e := range es {
		r, d := e.r, &e.r.Delivery
		for j, t := range [...]string{
			string(d.Tenant), d.ID, string(d.Phase), d.Entry, r.Token, r.Lane, r.Slot, r.Draft, r.Zone,
			r.Held, d.Request.Channel.String(), d.Request.Post.Labels.Campaign,
		} {
			texts[j][i] = prose(t)
		}
		wakes[i], planned[i], aparts[i] = wakeOf(r), scheduler.Micro(r.NotBefore), int64(r.Apart)
		hashes[i], prints[i], data[i] = filled(r.PayloadHash), filled(r.Fingerprint), e.data
	}
	tag, err := w.tx.Exec(ctx, w.db.sql(insertDeliveries), texts[0], texts[1], texts[2], wakes, planned, texts[3], texts[4], hashes,
		texts[5], prints, aparts, texts[6], texts[7], texts[8], texts[9], texts[10], texts[11], data)
	switch {
	case err != nil:
		return err
	case tag.RowsAffected() < int64(n):
		return fmt.Errorf("%w: record %s exists, or another of the same call", smm.ErrConflict, es[0].r.Delivery.ID)
	}
	return nil
}

// filled makes what is empty NULL.
func filled(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// saveDelivery writes a record if it is what the caller knows, and, if $17 says
// so, only if it keeps its place in the plan.
const saveDelivery = `UPDATE smm.deliveries SET version = version + 1, phase = $5, wake = $6, planned = $7, entry = $8, fingerprint = $9,
		apart = $10, slot = $11, zone = $12, held = $13, channel = $14, campaign = $15, data = $16,
		lease_until = CASE WHEN $18 THEN lease_until END
	WHERE tenant = $1 AND id = $2 AND version = $3 AND epoch = $4 AND ($19::timestamptz IS NULL OR lease_until > $19)
		AND (NOT $17 OR (` + live + ` AND planned = $7 AND apart = $10 AND slot = $11 AND fingerprint IS NOT DISTINCT FROM $9))`

func (e *entry) saveArgs(now time.Time, unmoved bool) []any {
	r, d := e.r, &e.r.Delivery
	var leaseAfter *time.Time // nil: any, and none
	if d.Phase == smm.PhaseCommitting {
		leaseAfter = &now
	}
	return []any{
		text(string(d.Tenant)), text(d.ID), r.Version, r.Epoch, string(d.Phase), wakeOf(r), scheduler.Micro(r.NotBefore), text(d.Entry),
		filled(r.Fingerprint), int64(r.Apart), text(r.Slot), text(r.Zone), prose(r.Held), text(d.Request.Channel.String()),
		prose(d.Request.Post.Labels.Campaign), e.data, unmoved, !r.LeaseUntil.IsZero(), leaseAfter,
	}
}

// save writes the records that lockRows has locked.
func (w *deliveryWrite) save(ctx context.Context) error {
	saves := w.select_(false)
	if len(saves) == 0 {
		return nil
	}
	var b pgx.Batch
	for _, e := range saves {
		b.Queue(w.db.sql(saveDelivery), e.saveArgs(w.now, false)...)
	}
	res := w.tx.SendBatch(ctx, &b)
	for range saves {
		tag, err := res.Exec()
		if err == nil && tag.RowsAffected() != 1 {
			err = scheduler.ErrFenced
		}
		if err != nil {
			return errors.Join(err, res.Close())
		}
	}
	return res.Close()
}

// saveAlone writes a record with one trip to the server. It reports false if the
// record is not what the caller knows, or has to be compared with others.
func (s *deliveries) saveAlone(ctx context.Context, r *scheduler.Record, now time.Time) (done bool, err error) {
	if err := s.db.usable(ctx); err != nil {
		return false, err
	}
	e, err := newEntry(r, false)
	if err != nil {
		return false, err
	}
	for n := range tries {
		if done, err = s.trySave(ctx, e, now); err == nil || !again(err) || !pause(ctx, n) {
			break
		}
	}
	if done && err == nil {
		e.written()
	}
	return done, s.db.fail(ctx, err)
}

// trySave sends everything at once, which the server runs as one transaction.
func (s *deliveries) trySave(ctx context.Context, e *entry, now time.Time) (done bool, err error) {
	var b pgx.Batch
	b.Queue("SELECT " + durable + ", " + planned)
	b.Queue(s.db.sql(saveDelivery), e.saveArgs(now, e.placed())...)
	res := s.db.pool.SendBatch(ctx, &b)
	defer func() { err = errors.Join(err, res.Close()) }() // where the commit says whether it succeeded
	if _, err := res.Exec(); err != nil {
		return false, err
	}
	tag, err := res.Exec()
	return err == nil && tag.RowsAffected() == 1, err
}
