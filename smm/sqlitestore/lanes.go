package sqlitestore

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/smmkit/smmkit/scheduler"
)

// lookAt bounds how many records that their lanes hold back one transaction of
// a claim looks at, so that other writes get their turn.
const lookAt = 4096

// candidate is a record that is due.
type candidate struct {
	seq, due, planned int64
	lane, tie         sql.NullInt64
}

// gatekeeper decides within one claim which candidates their lanes let go. Those
// that they do not are parked: their due time is put where claims do not look,
// until something that stands before them leaves the lane. So a record that has
// to wait is looked at once, not by every claim.
type gatekeeper struct {
	w         *writer
	limit     int64          // of the claim; 0: any
	parkLimit int64          // at least limit: what is behind as many is parked
	ends      map[int64]ends // of lanes
	park      []int64
}

// ends are how far a lane's records may go, and behind what they are parked.
type ends struct{ leave, park *spot }

// spot is a position in a lane.
type spot struct {
	seq, planned, tie int64
	id                string
}

const (
	parkLimit    = `SELECT value FROM counters WHERE name = 'lanes'`
	setParkLimit = `UPDATE counters SET value = ? WHERE name = 'lanes'`
	parkThem     = `UPDATE deliveries SET parked = due, due = NULL
		WHERE seq IN (SELECT value FROM json_each(?)) AND due IS NOT NULL`
	unparkThem = `UPDATE deliveries SET due = parked, parked = NULL
		WHERE seq IN (SELECT value FROM json_each(?)) AND parked IS NOT NULL`
	unparkAll = `UPDATE deliveries SET due = parked, parked = NULL WHERE parked IS NOT NULL`
	// standsAt yields the record of a lane that has ?2 others before it.
	standsAt = `SELECT seq, planned, tie, data ->> '$.id' FROM deliveries INDEXED BY deliveries_lane
		WHERE lane = ?1 AND stands IS NOT NULL ORDER BY planned, tie, data ->> '$.id' LIMIT 1 OFFSET ?2`
	parkedBehind = `SELECT seq, stands, planned, tie FROM deliveries INDEXED BY deliveries_parked
		WHERE lane = ?1 AND parked IS NOT NULL AND (planned, tie) >= (?2, ?3) ORDER BY planned, tie`
)

// newGatekeeper agrees with other claims on how much is parked: records are only
// ever parked behind as many as the highest limit in use, so that no claim
// misses what it may take.
func (s *deliveries) newGatekeeper(w *writer, c scheduler.Claim) (*gatekeeper, error) {
	g := &gatekeeper{w: w, limit: int64(c.LaneLimit), ends: make(map[int64]ends)}
	scan := func(r *sql.Rows) error { return r.Scan(&g.parkLimit) }
	if err := w.query(parkLimit, scan); err != nil || len(c.Keys) > 0 {
		return g, err
	}
	switch {
	case g.limit == 0:
		return g, w.exec(unparkAll)
	case g.limit > g.parkLimit:
		if err := w.exec(unparkAll); err != nil {
			return nil, err
		}
	case g.limit == g.parkLimit || s.lowered.Load():
		return g, nil
	}
	// Lowered by each process only once: two that differ must not go to and fro.
	s.lowered.Store(true)
	g.parkLimit = g.limit
	_, err := w.changed(setParkLimit, g.limit)
	return g, err
}

// admits reports whether its lane lets x go, and notes it to be parked if not.
func (g *gatekeeper) admits(x candidate) (bool, error) {
	if g.limit == 0 || !x.lane.Valid {
		return true, nil
	}
	end, ok := g.ends[x.lane.Int64]
	if !ok {
		var err error
		if end.leave, err = g.end(x.lane.Int64, g.limit); err != nil {
			return false, err
		}
		if end.park = end.leave; g.parkLimit > g.limit && end.leave != nil {
			if end.park, err = g.end(x.lane.Int64, g.parkLimit); err != nil {
				return false, err
			}
		}
		g.ends[x.lane.Int64] = end
	}
	behind, err := g.behind(x, end.leave)
	if err != nil || !behind {
		return err == nil, err
	}
	if behind, err = g.behind(x, end.park); err == nil && behind {
		g.park = append(g.park, x.seq)
	}
	return false, err
}

// end returns the last record of the lane that n allow, nil if they allow all.
func (g *gatekeeper) end(lane, n int64) (*spot, error) {
	var end *spot
	err := g.w.query(standsAt, func(r *sql.Rows) error {
		end = &spot{}
		return r.Scan(&end.seq, &end.planned, &end.tie, &end.id)
	}, lane, n-1)
	return end, err
}

// behind reports whether x stands behind the end.
func (g *gatekeeper) behind(x candidate, end *spot) (bool, error) {
	if end == nil || x.seq == end.seq {
		return false, nil
	}
	if c := cmp.Or(cmp.Compare(x.planned, end.planned), cmp.Compare(x.tie.Int64, end.tie)); c != 0 {
		return c > 0, nil
	}
	var id string
	err := g.w.query(`SELECT data ->> '$.id' FROM deliveries WHERE seq = ?`, func(r *sql.Rows) error { return r.Scan(&id) }, x.seq)
	return id > end.id, err
}

// close parks what was noted.
func (g *gatekeeper) close() error { return bySeq(g.w, parkThem, g.park) }

// errEnough ends a query.
var errEnough = errors.New("enough")

// unparkBehind lets go what a record has held back that stood at this place of
// its lane: the first of those that stand behind it, and what needs a person
// before that.
func unparkBehind(w *writer, o *stored) error {
	var (
		seqs []int64
		last [2]int64
		full bool
	)
	err := w.query(parkedBehind, func(r *sql.Rows) error {
		var (
			seq    int64
			at     [2]int64
			stands sql.NullInt64
		)
		if err := r.Scan(&seq, &stands, &at[0], &at[1]); err != nil {
			return err
		}
		if full && at != last {
			return errEnough
		}
		seqs, last, full = append(seqs, seq), at, full || stands.Valid
		return nil
	}, o.lane, o.planned, o.tie)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return bySeq(w, unparkThem, seqs)
}

// bySeq runs a statement on the rows given.
func bySeq(w *writer, query string, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	list, err := json.Marshal(seqs)
	if err != nil {
		return err
	}
	_, err = w.changed(query, string(list))
	return err
}
