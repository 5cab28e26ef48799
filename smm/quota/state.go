package quota

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// schema is the version of the documents in a Store.
const schema = 1

// document is the state of a budget that several processes share. Instants in
// it are of the clock of whoever wrote them.
type document struct {
	Schema  int                `json:"schema"`
	Shape   smm.QuotaShape     `json:"shape,omitempty"` // "" while nothing is known
	Limit   int64              `json:"limit,omitempty"`
	Window  time.Duration      `json:"window,omitempty"` // nanoseconds
	Holders map[string]holding `json:"holders,omitempty"`
	Model   json.RawMessage    `json:"model,omitempty"`
	Fair    *fairness          `json:"fair,omitempty"`

	breaker
}

// holding is what a process has claimed and not yet accounted for.
type holding struct {
	Held  int64     `json:"held"`           // not yet spent or in flight, when it last wrote
	Idle  int64     `json:"idle,omitempty"` // of it, not even granted
	Until time.Time `json:"until"`          // end of the lease
	Seq   int64     `json:"seq"`            // its last write
}

// maxHolders bounds a document; each process is one.
const maxHolders = 4096

// parse reads a document. Without bytes it is an empty one.
func parse(raw []byte) (*document, error) {
	doc := &document{Schema: schema}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, doc); err != nil {
			return nil, fmt.Errorf("%w: quota: the stored state cannot be read, delete it: %w", smm.ErrInvalid, err)
		}
	}
	if doc.Schema != schema {
		return nil, fmt.Errorf("%w: quota: the stored state has schema %d, this program knows %d: update all processes", smm.ErrInvalid, doc.Schema, schema)
	}
	bad := len(doc.Holders) > maxHolders || doc.Limit < 0 || doc.Limit > most || doc.Window < 0 || doc.Strike < 0
	for _, h := range doc.Holders {
		bad = bad || h.Held < 0 || h.Held > most || h.Idle < 0 || h.Idle > h.Held
	}
	if bad {
		return nil, fmt.Errorf("%w: quota: the stored state holds impossible counts, delete it", smm.ErrInvalid)
	}
	if doc.Fair == nil {
		doc.Fair = &fairness{}
	}
	if err := doc.Fair.checked(); err != nil {
		return nil, fmt.Errorf("quota: the stored state cannot be used, delete it: %w", err)
	}
	if doc.Holders == nil {
		doc.Holders = make(map[string]holding)
	}
	return doc, nil
}

// open makes the model of a document: of the declared limit, or of the one
// that headers told if none is declared.
func (doc *document) open(declared smm.QuotaLimit, margin, lease time.Duration) (model, smm.QuotaLimit, error) {
	lim := declared
	if lim.Window == 0 {
		if doc.Shape == "" {
			return &open{}, lim, nil
		}
		lim = smm.QuotaLimit{Shape: doc.Shape, Limit: doc.Limit, Window: doc.Window}
	}
	if err := checkLimit(lim); err != nil {
		return nil, lim, err
	}
	// An answer is told of when half a lease is over, or a whole one at most.
	m := newModel(lim, margin, lease+margin)
	if doc.Shape == shapeOf(lim) {
		if err := decodeModel(m, doc.Model); err != nil {
			return nil, lim, fmt.Errorf("quota: the stored state cannot be used, delete it: %w", err)
		}
		if doc.Limit != lim.Limit { // declared anew
			setLimit(m, lim.Limit)
		}
	}
	return m, lim, nil
}

func setLimit(m model, limit int64) {
	switch m := m.(type) {
	case *rolling:
		m.Limit = limit
	case *fixed:
		m.Limit = limit
	}
}

// shapeOf names the model that newModel makes.
func shapeOf(lim smm.QuotaLimit) smm.QuotaShape {
	switch lim.Shape {
	case smm.QuotaFixed, smm.QuotaBucket, smm.QuotaPercent:
		return lim.Shape
	case smm.QuotaRolling:
	}
	return smm.QuotaRolling
}

func (doc *document) encode(m model, lim smm.QuotaLimit) ([]byte, error) {
	doc.Shape, doc.Limit, doc.Window, doc.Model = "", 0, 0, nil
	if _, is := m.(*open); !is {
		raw, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		doc.Shape, doc.Limit, doc.Window, doc.Model = shapeOf(lim), lim.Limit, lim.Window, raw
	}
	return json.Marshal(doc)
}
