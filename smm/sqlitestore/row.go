package sqlitestore

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// row is a record as it lies in the table.
type row struct {
	version, epoch int64
	leaseUntil     int64
	leaseOwner     string
	planned        int64
	token          sql.NullString
	hash           []byte
	data           string
}

// rowColumns are what scan reads.
const rowColumns = "version, epoch, lease_until, lease_owner, planned, token, hash, data"

func (x *row) scan(rows interface{ Scan(dest ...any) error }) error {
	return rows.Scan(&x.version, &x.epoch, &x.leaseUntil, &x.leaseOwner, &x.planned, &x.token, &x.hash, &x.data)
}

// record decodes a row. It is called outside the writer, which has better to do.
func (x *row) record() (*scheduler.Record, error) {
	r := &scheduler.Record{
		Version: x.version, Epoch: x.epoch, LeaseOwner: x.leaseOwner, LeaseUntil: fromMicros(x.leaseUntil),
		NotBefore: time.UnixMicro(x.planned).UTC(), Token: x.token.String, PayloadHash: x.hash,
	}
	if err := json.Unmarshal([]byte(x.data), &r.Delivery); err != nil {
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

func encode(d *smm.Delivery) (string, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("%w: delivery %s: %w", smm.ErrInvalid, d.ID, err)
	}
	return string(b), nil
}

// wakeOf returns when the delivery wakes, NULL if it does not by itself.
func wakeOf(r *scheduler.Record) sql.NullInt64 {
	free := scheduler.Record{Delivery: smm.Delivery{Phase: r.Delivery.Phase, Wake: r.Delivery.Wake}}
	wake, ok := free.Due()
	return sql.NullInt64{Int64: micros(wake), Valid: ok}
}

// micros rounds up: a wake-up that is rounded down comes too early.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return scheduler.Micro(t).UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// hashOf is what records and entries are looked up by.
func hashOf(t smm.Tenant, name string) int64 {
	b := binary.AppendUvarint(make([]byte, 0, 64), uint64(len(t)))
	b = append(append(b, t...), name...)
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// hashParts is what rows are looked up by whose names strangers may choose: 128
// bits, which nobody makes meet. What is before the last part has its length.
func hashParts(parts ...string) []byte {
	b := make([]byte, 0, 128)
	for _, part := range parts[:len(parts)-1] {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(append(b, parts[len(parts)-1]...))
	return sum[:16]
}

func keyOf(k scheduler.Key) int64 { return hashOf(k.Tenant, k.ID) }
