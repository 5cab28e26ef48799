package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// MaxRecord bounds the JSON form of a delivery that is inserted, in bytes.
// What is in the store already may grow past it: an answer of a platform is
// never refused for its size.
const MaxRecord = 16 << 20

// change is one record of a write, and what is known of it before.
type change struct {
	r     *scheduler.Record
	data  string
	isNew bool
	old   stored // unless it is new
}

// stored is what a save has to know of the row that it replaces.
type stored struct {
	seq, version, epoch, leaseUntil, planned int64
	phase                                    smm.Phase
	lane, tie, parked, slot, apart           sql.NullInt64
	fingerprint                              []byte
	extra                                    sql.NullString
}

const findStored = `SELECT seq, version, epoch, lease_until, planned, phase, lane, tie, parked, slot, apart, fingerprint, extra
	FROM deliveries WHERE key = ?`

// Insert implements scheduler.Store.
func (s *deliveries) Insert(ctx context.Context, rs ...*scheduler.Record) error {
	if err := scheduler.CheckInsert(rs); err != nil {
		return err
	}
	return s.change(ctx, time.Time{}, rs, func(*scheduler.Record) bool { return true })
}

// Save implements scheduler.Store.
func (s *deliveries) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if err := r.Delivery.Check(); err != nil {
		return err
	}
	return s.change(ctx, now, []*scheduler.Record{r}, func(*scheduler.Record) bool { return false })
}

// Apply implements scheduler.Store.
func (s *deliveries) Apply(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
	if err := scheduler.CheckApply(rs); err != nil {
		return err
	}
	keys := make(map[scheduler.Key]bool, len(rs))
	for _, r := range rs {
		if keys[r.Key()] {
			return fmt.Errorf("%w: record %s is written twice", smm.ErrConflict, r.Delivery.ID)
		}
		keys[r.Key()] = true
	}
	return s.change(ctx, now, rs, func(r *scheduler.Record) bool { return r.Version == 0 })
}

// change does all writes or none.
func (s *deliveries) change(ctx context.Context, now time.Time, rs []*scheduler.Record, isNew func(*scheduler.Record) bool) error {
	if len(rs) == 0 {
		return nil
	}
	cs := make([]change, len(rs))
	for i, r := range rs {
		data, err := encode(r)
		if err != nil {
			return err
		}
		cs[i] = change{r: r, data: data, isNew: isNew(r)}
		if cs[i].isNew && len(data) > MaxRecord {
			return fmt.Errorf("%w: delivery %s has %d bytes of JSON, and %d are allowed: keep media outside and give its address",
				smm.ErrInvalid, r.Delivery.ID, len(data), MaxRecord)
		}
	}
	err := s.db.writer.do(ctx, len(rs) > 1, func(w *writer) error { return changeAll(w, now, cs) })
	if err != nil {
		return err
	}
	for i := range cs {
		r := cs[i].r
		r.NotBefore = scheduler.Micro(r.NotBefore)
		if r.Version++; cs[i].isNew {
			r.Version = 1
		}
	}
	return nil
}

// changeAll runs in a transaction, and within a savepoint if there are several
// changes.
func changeAll(w *writer, now time.Time, cs []change) error {
	if err := freeTokens(w, cs); err != nil {
		return err
	}
	for i := range cs {
		if err := cs[i].fence(w, now); err != nil {
			return err
		}
	}
	if len(cs) == 1 { // the same before and after the write, and nothing to undo
		if err := place(w, &cs[0], false); err != nil {
			return err
		}
	}
	for rest := cs; len(rest) > 0; {
		n := 1
		if rest[0].isNew {
			for n < min(len(rest), insertRows) && rest[n].isNew {
				n++
			}
			if err := insert(w, rest[:n]); err != nil {
				return err
			}
		} else if err := rest[0].save(w); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if len(cs) == 1 {
		return nil
	}
	return placeAll(w, cs)
}

// fence looks up what a save replaces, and refuses it if the caller's copy is
// out of date.
func (c *change) fence(w *writer, now time.Time) error {
	if c.isNew {
		return nil
	}
	r, o, found := c.r, stored{}, false
	err := w.query(findStored, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&o.seq, &o.version, &o.epoch, &o.leaseUntil, &o.planned, &o.phase,
			&o.lane, &o.tie, &o.parked, &o.slot, &o.apart, &o.fingerprint, &o.extra)
	}, keyOf(r.Key()))
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%w: record %s", scheduler.ErrNotFound, r.Delivery.ID)
	case o.version != r.Version, o.epoch != r.Epoch,
		r.Delivery.Phase == smm.PhaseCommitting && o.leaseUntil <= now.UnixMicro():
		return scheduler.ErrFenced
	}
	c.old = o
	return nil
}

const saveDelivery = `UPDATE deliveries SET version = version + 1, phase = ?2, wake = ?3, due = ?4, parked = ?5,
		lease_until = ?6, planned = ?7, stands = ?8, slot = ?9, fingerprint = ?10, apart = ?11, held = ?12, extra = ?13, data = ?14
	WHERE seq = ?1`

// save writes a record whose fence has held.
func (c *change) save(w *writer) error {
	r, o, x := c.r, &c.old, columnsOf(c.r)
	kept, err := parseExtra(o.extra)
	if err != nil {
		return err
	}
	e := extraOf(r)
	e.Lane, e.Draft = kept.Lane, kept.Draft
	extras, err := e.text()
	if err != nil {
		return err
	}
	lease := o.leaseUntil
	if r.LeaseUntil.IsZero() {
		lease = 0
	}
	due := x.wake
	due.Int64 = max(due.Int64, lease)
	var parked, standing sql.NullInt64
	if o.lane.Valid && stands(r.Delivery.Phase) {
		standing = sql.NullInt64{Int64: 1, Valid: true}
	}
	left := o.lane.Valid && stands(o.phase) && (!standing.Valid || o.planned != x.planned)
	if o.parked.Valid && !left { // its lane still holds it back
		parked, due = due, sql.NullInt64{}
	}
	_, err = w.changed(saveDelivery, o.seq, string(r.Delivery.Phase), x.wake, due, parked, lease, x.planned,
		standing, x.slot, x.fingerprint, x.apart, x.held, extras, c.data)
	if err != nil || !left {
		return err
	}
	return unparkBehind(w, o)
}

const (
	// insertRows is how many records one statement inserts.
	insertRows = 32
	insertHead = `INSERT OR IGNORE INTO deliveries (key, tenant, version, epoch, phase, wake, due, lease_until, lease_owner, planned, entry,
		token, hash, lane, tie, stands, slot, fingerprint, apart, draft, held, extra, data) VALUES `
	insertValues = "(?, ?, 1, 0, ?, ?, ?, 0, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

func insert(w *writer, cs []change) error {
	args := make([]any, 0, 19*len(cs))
	for i := range cs {
		r := cs[i].r
		d, x := &r.Delivery, columnsOf(r)
		e := extraOf(r)
		lane := named(d.Tenant, r.Lane)
		tie := sql.NullInt64{Int64: tieOf(d.ID), Valid: lane.Valid}
		if lane.Valid && r.Lane != d.Request.Channel.String() {
			e.Lane = r.Lane
		}
		extras, err := e.text()
		if err != nil {
			return err
		}
		token := sql.NullString{String: r.Token, Valid: r.Token != ""}
		var hash any
		if token.Valid {
			hash = r.PayloadHash
		}
		args = append(args, keyOf(r.Key()), string(d.Tenant), string(d.Phase), x.wake, x.wake, x.planned,
			shortHash(d.Tenant, d.Entry), token, hash, lane, tie, sql.NullInt64{Int64: 1, Valid: lane.Valid && stands(d.Phase)},
			x.slot, x.fingerprint, x.apart, named(d.Tenant, r.Draft), x.held, extras, cs[i].data)
	}
	n, err := w.changed(insertHead+strings.Repeat(insertValues+", ", len(cs)-1)+insertValues, args...)
	switch {
	case err != nil:
		return err
	case n < int64(len(cs)):
		return fmt.Errorf("%w: record %s exists, or another of the same call", smm.ErrConflict, cs[0].r.Delivery.ID)
	}
	return nil
}

// columns are what an insert and a save write alike.
type columns struct {
	wake        sql.NullInt64
	planned     int64
	slot, apart sql.NullInt64
	fingerprint any
	held        sql.NullString
}

func columnsOf(r *scheduler.Record) columns {
	x := columns{
		wake: wakeOf(r), planned: micros(r.NotBefore),
		slot:  named(r.Delivery.Tenant, r.Slot),
		apart: sql.NullInt64{Int64: int64(r.Apart), Valid: r.Apart != 0},
		held:  sql.NullString{String: r.Held, Valid: r.Held != ""},
	}
	if len(r.Fingerprint) > 0 {
		x.fingerprint = r.Fingerprint
	}
	return x
}

// freeTokens refuses records whose tokens are in use.
func freeTokens(w *writer, cs []change) error {
	type key struct{ tenant, token string }
	last := key{}
	for i := range cs {
		r := cs[i].r
		if !cs[i].isNew {
			continue
		}
		k := key{string(r.Delivery.Tenant), r.Token}
		if k.token == "" || k == last {
			continue
		}
		last = k
		used := false
		err := w.query("SELECT 1 FROM deliveries WHERE tenant = ? AND token = ? LIMIT 1",
			func(*sql.Rows) error { used = true; return nil }, k.tenant, k.token)
		if err != nil {
			return err
		}
		if used {
			return scheduler.ErrTokenUsed
		}
	}
	return nil
}
