package pgstore

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// row is a record as it lies in the table.
type row struct {
	version, epoch int64
	leaseUntil     *time.Time
	leaseOwner     string
	planned        time.Time
	token          string
	hash           []byte
	lane           string
	fingerprint    []byte
	apart          int64
	slot           string
	draft          string
	zone           string
	held           string
	data           []byte
}

// rowColumns are what scan reads.
const rowColumns = `d.version, d.epoch, d.lease_until, d.lease_owner, d.planned, d.token, d.payload_hash, d.lane,
	d.fingerprint, d.apart, d.slot, d.draft, d.zone, d.held, d.data`

// dest are the places of rowColumns.
func (x *row) dest(before ...any) []any {
	return append(before, &x.version, &x.epoch, &x.leaseUntil, &x.leaseOwner, &x.planned, &x.token, &x.hash, &x.lane,
		&x.fingerprint, &x.apart, &x.slot, &x.draft, &x.zone, &x.held, &x.data)
}

// record decodes a row.
func (x *row) record() (*scheduler.Record, error) {
	r := &scheduler.Record{
		Version: x.version, Epoch: x.epoch, LeaseOwner: fromText(x.leaseOwner), LeaseUntil: timeOf(x.leaseUntil),
		NotBefore: x.planned.UTC(), Token: fromText(x.token), PayloadHash: x.hash,
		Lane: fromText(x.lane), Fingerprint: x.fingerprint, Apart: time.Duration(x.apart), Slot: fromText(x.slot),
		Draft: fromText(x.draft), Zone: fromText(x.zone), Held: fromText(x.held),
	}
	if err := json.Unmarshal(x.data, &r.Delivery); err != nil {
		return nil, fmt.Errorf("%w: a delivery is unreadable: %w", ErrCorrupt, err)
	}
	if v := r.Delivery.Schema; v > smm.DeliverySchema {
		return nil, fmt.Errorf("delivery %s: %w", r.Delivery.ID, &SchemaError{Have: v, Want: smm.DeliverySchema})
	}
	return r, nil
}

func records(rows []row) ([]*scheduler.Record, error) {
	out := make([]*scheduler.Record, 0, len(rows))
	for i := range rows {
		r, err := rows[i].record()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// entry is a record that is about to be written.
type entry struct {
	r     *scheduler.Record
	isNew bool
	data  []byte
	old   *scheduler.Record // what is stored, as far as saves look at it
}

// newEntry checks and encodes a record.
func newEntry(r *scheduler.Record, isNew bool) (*entry, error) {
	d := &r.Delivery
	for _, name := range [...]struct{ what, text string }{
		{"tenant", string(d.Tenant)}, {"ID of the delivery", d.ID}, {"entry", d.Entry}, {"token", r.Token}, {"lane", r.Lane},
		{"slot", r.Slot}, {"draft", r.Draft}, {"zone", r.Zone}, {"channel", d.Request.Channel.String()},
	} {
		if err := checkName(name.what, name.text); err != nil {
			return nil, err
		}
	}
	data, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("%w: delivery %s: %w", smm.ErrInvalid, d.ID, err)
	}
	return &entry{r: r, isNew: isNew, data: data}, nil
}

// placed reports whether e may have to be compared with other records.
func (e *entry) placed() bool {
	return e.r.Live() && (e.r.Slot != "" || len(e.r.Fingerprint) > 0) && (e.old == nil || e.r.Moved(e.old))
}

// written tells the caller's copy what is stored.
func (e *entry) written() {
	e.r.NotBefore = scheduler.Micro(e.r.NotBefore)
	e.r.Version++
}

// wakeOf returns when the delivery wakes, nil if it does not by itself.
func wakeOf(r *scheduler.Record) *time.Time {
	free := scheduler.Record{Delivery: smm.Delivery{Phase: r.Delivery.Phase, Wake: r.Delivery.Wake}}
	wake, ok := free.Due()
	if !ok {
		return nil
	}
	return micro(wake)
}

// micro rounds up: a wake-up that is rounded down comes too early. Zero is nil.
func micro(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = scheduler.Micro(t)
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// hashParts is what rows are looked up by whose names strangers may choose, or
// that have many parts: 128 bits, which nobody makes meet.
func hashParts(parts ...string) []byte {
	sum := sha256.Sum256(joined(parts))
	return sum[:16]
}
