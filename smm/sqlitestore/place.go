package sqlitestore

import (
	"bytes"
	"database/sql"
	"strings"
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
// With alone it is known that no other record has its content.
func place(w *writer, c *change, alone bool) error {
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
	if len(r.Fingerprint) == 0 || alone {
		return nil
	}
	of, at, found, err := other(w, sameContent, r.Fingerprint, key, string(t), micros(r.NotBefore), int64(r.Apart))
	if err == nil && found {
		return &scheduler.RepeatError{Of: scheduler.Key{Tenant: t, ID: of}, At: time.UnixMicro(at).UTC()}
	}
	return err
}

// placeAll places changes that were written. Records whose content is new, as
// most are, are found so in one query for many.
func placeAll(w *writer, cs []change) error {
	for begin := 0; begin < len(cs); begin += insertRows {
		part := cs[begin:min(begin+insertRows, len(cs))]
		alone, err := allAlone(w, part)
		if err != nil {
			return err
		}
		for i := range part {
			if err := place(w, &part[i], alone); err != nil {
				return err
			}
		}
	}
	return nil
}

// allAlone reports whether each of the changes, which were written, is the only
// record with its fingerprint. It may say no where that is so.
func allAlone(w *writer, cs []change) (bool, error) {
	args, seen := make([]any, 0, len(cs)), make(map[string]bool, len(cs))
	for i := range cs {
		if f := cs[i].r.Fingerprint; len(f) > 0 {
			begin := f[:min(len(f), 6)]
			if seen[string(begin)] {
				return false, nil
			}
			seen[string(begin)] = true
			args = append(args, begin)
		}
	}
	if len(args) == 0 {
		return true, nil
	}
	n := 0
	err := w.query(`SELECT count(*) FROM deliveries INDEXED BY deliveries_fingerprint
		WHERE fingerprint IS NOT NULL AND substr(fingerprint, 1, 6) IN (?`+strings.Repeat(", ?", len(args)-1)+`)`,
		func(rows *sql.Rows) error { return rows.Scan(&n) }, args...)
	return n == len(args), err
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
