package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// DraftSchema is the version of Draft's JSON form that this package writes. A
// draft with a higher one is refused.
const DraftSchema = 1

// Draft is a piece of content on its way from idea to approval. It is a value:
// Apply returns a changed copy. Its fields are for reading; only Apply changes
// them.
type Draft struct {
	Schema  int        `json:"schema"`
	ID      string     `json:"id"`
	Tenant  smm.Tenant `json:"tenant,omitempty"`
	Version int64      `json:"-"` // of the row that it was read from; 0 for a new one
	Process string     `json:"process,omitempty"`

	Stage    string    `json:"stage"`
	Content  Content   `json:"content"`
	Authors  []string  `json:"authors"` // who wrote some of it, the creator first
	Assignee string    `json:"assignee,omitempty"`
	Embargo  time.Time `json:"embargo,omitzero"` // not sent before it

	Tasks       []Task       `json:"tasks,omitempty"`
	Comments    []Comment    `json:"comments,omitempty"`
	Requested   time.Time    `json:"requested,omitzero"` // since when it waits for approval
	Approvals   []Approval   `json:"approvals,omitempty"`
	Delegations []Delegation `json:"delegations,omitempty"`
	Links       []LinkUse    `json:"links,omitempty"` // what links were used for

	// Deliveries are the IDs of the deliveries that the draft was made into: in
	// StageScheduled and StageDone.
	Deliveries []string `json:"deliveries,omitempty"`
	// Round counts how often a schedule was given up. It keeps the token of the
	// next one apart.
	Round int `json:"round,omitempty"`

	Audit []Event `json:"audit"`
}

// Task is something to be done for a draft before it leaves a stage.
type Task struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Stage    string    `json:"stage"`
	Role     string    `json:"role,omitempty"` // who may complete it besides the assignee; "": everybody
	Assignee string    `json:"assignee,omitempty"`
	Due      time.Time `json:"due,omitzero"`
	By       string    `json:"by,omitempty"`  // who completed it
	Done     time.Time `json:"done,omitzero"` // when
}

// Comment is a remark on a draft.
type Comment struct {
	ID      string    `json:"id"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
	Anchor  *Anchor   `json:"anchor,omitempty"`
	Answers string    `json:"answers,omitempty"` // ID of the comment that it answers
	Settled string    `json:"settled,omitempty"` // who settled it
	Content string    `json:"content,omitempty"` // Sum of the draft that it is about
}

// Anchor is the part of a draft that a comment is about.
type Anchor struct {
	Path  string   `json:"path"`  // as in smm.Finding: "text", "thread[0].text", "media[1].alt_text"
	Span  smm.Span `json:"span"`  // bytes of it; zero for all
	Quote string   `json:"quote"` // the words as they were, to be found again after edits
}

// Approval is a person's yes to what a step covers.
type Approval struct {
	Step  string    `json:"step"`
	By    string    `json:"by"`
	For   string    `json:"for,omitempty"` // on whose behalf
	Roles []string  `json:"roles"`         // by which
	At    time.Time `json:"at"`
	Hash  string    `json:"hash"` // of what the step covers, as it was
	Note  string    `json:"note,omitempty"`
	Link  string    `json:"link,omitempty"` // ID of the link that it came by
	Void  string    `json:"void,omitempty"` // why it does not count any more
}

// LinkUse is what a link was used for.
type LinkUse struct {
	ID       string    `json:"id"`
	Decision string    `json:"decision"` // "approve", "reject" or "revoked"
	At       time.Time `json:"at"`
}

// Event is a line of the audit trail: who did what when.
type Event struct {
	N      int        `json:"n"` // 1 for the first
	At     time.Time  `json:"at"`
	By     string     `json:"by"`
	For    string     `json:"for,omitempty"`
	Kind   ActionKind `json:"kind"`
	Note   string     `json:"note,omitempty"`
	From   string     `json:"from,omitempty"`   // stage before
	To     string     `json:"to,omitempty"`     // stage after, if it is another
	Before string     `json:"before,omitempty"` // Sum before
	After  string     `json:"after,omitempty"`  // Sum after, if it is another
	// Chain sums up this line and the Chain of the one before, so that a line
	// that is changed or taken out shows; see Draft.VerifyAudit.
	Chain string `json:"chain"`
}

// Sum is the hash of all of the content: what a decision must name.
func (d *Draft) Sum() string { return d.Content.Hash(FieldsAll) }

// clone returns a copy that Apply may change. Contents, roles and anchors are
// never changed in place.
func (d *Draft) clone() Draft {
	c := *d
	c.Authors = slices.Clone(d.Authors)
	c.Tasks = slices.Clone(d.Tasks)
	c.Comments = slices.Clone(d.Comments)
	c.Approvals = slices.Clone(d.Approvals)
	c.Delegations = slices.Clone(d.Delegations)
	c.Links = slices.Clone(d.Links)
	c.Deliveries = slices.Clone(d.Deliveries)
	c.Audit = slices.Clip(slices.Clone(d.Audit))
	return c
}

// record adds a line to the audit trail.
func (d *Draft) record(e Event) {
	prev := ""
	if n := len(d.Audit); n > 0 {
		prev = d.Audit[n-1].Chain
	}
	e.N = len(d.Audit) + 1
	e.Chain = e.chain(prev)
	d.Audit = append(d.Audit, e)
}

func (e Event) chain(prev string) string {
	e.Chain = prev
	b, err := json.Marshal(e)
	if err != nil { // a time beyond year 9999
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// VerifyAudit reports whether the audit trail is as it was written: no line
// changed, taken out or put in between. Somebody who can write to the store can
// write a whole new trail; keep the last Chain elsewhere against that.
func (d *Draft) VerifyAudit() error {
	prev := ""
	for i, e := range d.Audit {
		if e.N != i+1 || e.Chain == "" || e.chain(prev) != e.Chain {
			return fmt.Errorf("%w: the audit trail of draft %s was changed at line %d", smm.ErrConflict, d.ID, i+1)
		}
		prev = e.Chain
	}
	return nil
}

// encode returns d as its row.
func (d *Draft) encode() (*Row, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, invalid("draft %s: %v", d.ID, err)
	}
	return &Row{Tenant: d.Tenant, ID: d.ID, Version: d.Version, Stage: d.Stage, Due: d.Content.At, Data: b}, nil
}

// ParseDraft decodes a row's Data. What is damaged, and what a later version of
// this package wrote, gives an error that matches smm.ErrInvalid.
func ParseDraft(data []byte) (Draft, error) {
	var d Draft
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&d); err != nil {
		return Draft{}, invalid("the draft cannot be read: %v", err)
	}
	switch {
	case d.Schema > DraftSchema:
		return Draft{}, invalid("draft %s has schema %d, this program knows %d: update it", d.ID, d.Schema, DraftSchema)
	case d.Schema < 1 || d.ID == "" || d.Stage == "":
		return Draft{}, invalid("the draft cannot be read: it has no schema, ID or stage")
	}
	if err := d.Content.Check(); err != nil {
		return Draft{}, fmt.Errorf("draft %s: %w", d.ID, err)
	}
	return d, nil
}

// decode reads the draft of a row.
func decode(r *Row) (Draft, error) {
	d, err := ParseDraft(r.Data)
	if err != nil {
		return Draft{}, err
	}
	if d.ID != r.ID || d.Tenant != r.Tenant {
		return Draft{}, invalid("the row of draft %s holds another one, %s", r.ID, d.ID)
	}
	d.Version = r.Version
	return d, nil
}
