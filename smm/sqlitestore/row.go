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
	phase          smm.Phase
	version, epoch int64
	leaseUntil     int64
	leaseOwner     string
	planned        int64
	wake           sql.NullInt64
	token          sql.NullString
	hash           []byte
	lane           sql.NullInt64
	fingerprint    []byte
	apart          sql.NullInt64
	held, extra    sql.NullString
	data           string
}

// rowColumns are what dest takes.
const rowColumns = "phase, version, epoch, lease_until, lease_owner, planned, wake, token, hash, lane, fingerprint, apart, held, extra, data"

func (x *row) dest() []any {
	return []any{
		&x.phase, &x.version, &x.epoch, &x.leaseUntil, &x.leaseOwner, &x.planned, &x.wake, &x.token, &x.hash,
		&x.lane, &x.fingerprint, &x.apart, &x.held, &x.extra, &x.data,
	}
}

// extra holds the texts of a record that few have, or that are known from
// elsewhere in most.
type extra struct {
	Lane  string `json:"lane,omitempty"` // if it is not the channel
	Slot  string `json:"slot,omitempty"`
	Draft string `json:"draft,omitempty"`
	Zone  string `json:"zone,omitempty"`

	Undated bool `json:"undated,omitempty"` // the request has no Created, which is not the planned time then
}

func extraOf(r *scheduler.Record) extra {
	return extra{
		Slot: r.Slot, Draft: r.Draft, Zone: r.Zone,
		Undated: r.Delivery.Request.Created.IsZero() && !createdOf(micros(r.NotBefore)).IsZero(),
	}
}

// createdOf is the Created of a request that is planned for the time given, if
// nothing else is known.
func createdOf(planned int64) time.Time { return fromMicros(planned).Truncate(time.Millisecond) }

func parseExtra(s sql.NullString) (extra, error) {
	var e extra
	if !s.Valid {
		return e, nil
	}
	if err := json.Unmarshal([]byte(s.String), &e); err != nil {
		return e, fmt.Errorf("%w: a record is unreadable: %w", ErrCorrupt, err)
	}
	return e, nil
}

func (e extra) text() (sql.NullString, error) {
	if e == (extra{}) {
		return sql.NullString{}, nil
	}
	b, err := json.Marshal(e)
	return sql.NullString{String: string(b), Valid: true}, err
}

// record decodes a row. It is called outside the writer, which has better to do.
func (x *row) record() (*scheduler.Record, error) {
	r := &scheduler.Record{
		Version: x.version, Epoch: x.epoch, LeaseOwner: x.leaseOwner, LeaseUntil: fromMicros(x.leaseUntil),
		NotBefore: time.UnixMicro(x.planned).UTC(), Token: x.token.String, PayloadHash: x.hash,
		Fingerprint: x.fingerprint, Apart: time.Duration(x.apart.Int64), Held: x.held.String,
	}
	e, err := parseExtra(x.extra)
	if err == nil {
		err = x.decode(&r.Delivery, e.Undated)
	}
	if err != nil {
		return nil, err
	}
	if v := r.Delivery.Schema; v > smm.DeliverySchema {
		return nil, fmt.Errorf("delivery %s: %w", r.Delivery.ID, &SchemaError{Have: v, Want: smm.DeliverySchema})
	}
	r.Lane, r.Slot, r.Draft, r.Zone = e.Lane, e.Slot, e.Draft, e.Zone
	if x.lane.Valid && r.Lane == "" {
		r.Lane = r.Delivery.Request.Channel.String()
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

// encode returns the JSON form of a delivery without what the row or the
// delivery itself holds once more. Delivery.Check has seen that the request's
// names are the delivery's.
func encode(r *scheduler.Record) (string, error) {
	d := &r.Delivery
	c := *d
	c.Request.ID, c.Request.Tenant, c.Phase = "", "", ""
	if isMicro(d.Wake) && !d.Phase.Final() {
		c.Wake = time.Time{}
	}
	if created := createdOf(micros(r.NotBefore)); isMicro(c.Request.Created) && c.Request.Created.Equal(created) {
		c.Request.Created = time.Time{}
	}
	b, err := json.Marshal(&c)
	if err != nil {
		return "", fmt.Errorf("%w: delivery %s: %w", smm.ErrInvalid, d.ID, err)
	}
	return string(b), nil
}

// decode undoes encode.
func (x *row) decode(d *smm.Delivery, undated bool) error {
	if err := json.Unmarshal([]byte(x.data), d); err != nil {
		return fmt.Errorf("%w: a delivery is unreadable: %w", ErrCorrupt, err)
	}
	d.Request.ID, d.Request.Tenant, d.Phase = d.ID, d.Tenant, x.phase
	if x.wake.Valid && d.Wake.IsZero() {
		d.Wake = time.UnixMicro(x.wake.Int64).UTC()
	}
	if d.Request.Created.IsZero() && !undated {
		d.Request.Created = createdOf(x.planned)
	}
	return nil
}

// isMicro reports whether the column wake holds all of t.
func isMicro(t time.Time) bool {
	_, offset := t.Zone()
	return offset == 0 && t.Equal(t.Truncate(time.Microsecond)) && !t.IsZero()
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

// hashOf is what records are looked up by.
func hashOf(t smm.Tenant, name string) int64 {
	b := binary.AppendUvarint(make([]byte, 0, 64), uint64(len(t)))
	b = append(append(b, t...), name...)
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// shortHash is for what need not be unique: 48 bits, which SQLite keeps in six
// bytes.
func shortHash(t smm.Tenant, name string) int64 { return hashOf(t, name) >> 16 }

// named returns the short hash of a name, NULL for an empty one.
func named(t smm.Tenant, name string) sql.NullInt64 {
	if name == "" {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: shortHash(t, name), Valid: true}
}

// tieOf returns the first six bytes of an ID as a number that sorts as they do.
func tieOf(id string) int64 {
	var b [8]byte
	copy(b[2:], id[:min(len(id), 6)])
	return int64(binary.BigEndian.Uint64(b[:]))
}

// stands reports whether others of its lane wait for a record in this phase.
func stands(p smm.Phase) bool { return !p.Final() && p != smm.PhaseHuman }

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
