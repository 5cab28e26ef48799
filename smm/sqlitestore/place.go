package sqlitestore

import (
	"bytes"
	"database/sql"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

const (
	// live are the records that Record.Live reports.
	live    = ` AND phase NOT IN ('failed', 'cancelled', 'expired')`
	inOrder = ` ORDER BY planned, data ->> '$.id'`

	sameSlot = `SELECT data ->> '$.id', planned FROM deliveries INDEXED BY deliveries_slot
		WHERE slot = ?1 AND key <> ?2 AND tenant = ?3 AND extra ->> '$.slot' = ?4` + live + inOrder + ` LIMIT 1`
	sameContent = `SELECT data ->> '$.id', planned FROM deliveries INDEXED BY deliveries_fingerprint
		WHERE substr(fingerprint, 1, 6) = substr(?1, 1, 6) AND fingerprint = ?1 AND key <> ?2 AND tenant = ?3` + live + `
		AND abs(planned - ?4) < (max(?5, ifnull(apart, 0)) + 999) / 1000` + inOrder + ` LIMIT 1`
)

// place refuses a change whose slot is taken, or that comes too close to another
// record with the same content.
func place(w *writer, c *change) error {
	r := c.r
	if !r.Live() || (r.Slot == "" && len(r.Fingerprint) == 0) || (!c.isNew && !c.moved()) {
		return nil
	}
	t, key := r.Delivery.Tenant, keyOf(r.Key())
	if r.Slot != "" {
		by, _, found, err := other(w, sameSlot, named(t, r.Slot), key, string(t), r.Slot)
		if err != nil {
			return err
		}
		if found {
			return &scheduler.SlotError{Slot: r.Slot, By: scheduler.Key{Tenant: t, ID: by}}
		}
	}
	if len(r.Fingerprint) == 0 {
		return nil
	}
	of, at, found, err := other(w, sameContent, r.Fingerprint, key, string(t), micros(r.NotBefore), int64(r.Apart))
	if err == nil && found {
		return &scheduler.RepeatError{Of: scheduler.Key{Tenant: t, ID: of}, At: time.UnixMicro(at).UTC()}
	}
	return err
}

func other(w *writer, query string, args ...any) (id string, planned int64, found bool, err error) {
	err = w.query(query, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&id, &planned)
	}, args...)
	return id, planned, found, err
}

// moved is scheduler.Record.Moved for what is known of the old record.
func (c *change) moved() bool {
	r, o := c.r, &c.old
	dead := o.phase.Final() && o.phase != smm.PhasePublished
	return dead || named(r.Delivery.Tenant, r.Slot) != o.slot || int64(r.Apart) != o.apart.Int64 ||
		micros(r.NotBefore) != o.planned || !bytes.Equal(r.Fingerprint, o.fingerprint)
}
