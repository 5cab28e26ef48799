package moderation

import (
	"cmp"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// Action is what a verdict asks for. The zero value is that of ActionAllow.
type Action string

// The actions, from the weakest to the strongest.
const (
	ActionAllow    Action = "allow"
	ActionFlag     Action = "flag"     // let it stand, and mark it
	ActionHold     Action = "hold"     // a person looks at it
	ActionHide     Action = "hide"     // from the public
	ActionDelete   Action = "delete"   //
	ActionReport   Action = "report"   // to the platform
	ActionBlock    Action = "block"    // its author
	ActionEscalate Action = "escalate" // a person looks at it now; nothing is done to it
)

// Actions returns all actions, from the weakest to the strongest.
func Actions() []Action {
	return []Action{ActionAllow, ActionFlag, ActionHold, ActionHide, ActionDelete, ActionReport, ActionBlock, ActionEscalate}
}

// Valid reports whether a is an action; the zero value is.
func (a Action) Valid() bool { return a == "" || a.rank() >= 0 }

func (a Action) rank() int {
	if a == "" {
		return 0
	}
	return slices.Index(Actions(), a)
}

// Compare orders actions by strength: negative if a is weaker than b. What is
// not an action is weaker than all.
func (a Action) Compare(b Action) int { return cmp.Compare(a.rank(), b.rank()) }

// Verdict is what a filter says about a message. The zero Verdict allows.
type Verdict struct {
	Action Action  `json:"action"`
	Score  float64 `json:"score,omitzero"` // 0 to 1: how sure, or how bad; that of the strongest reason
	// Reasons say why, in the order found. An allowed message may have reasons
	// too, such as an entry of an allow list.
	Reasons []Reason `json:"reasons,omitempty"`
}

// Reason is one thing that a filter found.
type Reason struct {
	Code     string    `json:"code"`               // stable: "keyword.match", "link.denied", "filter.error"
	Filter   string    `json:"filter"`             // its name: "keyword"
	Action   Action    `json:"action"`             // what this reason alone asks for
	Pattern  string    `json:"pattern,omitempty"`  // the rule that matched, as configured
	Category string    `json:"category,omitempty"` // the host's own: "abuse", "spam"
	Score    float64   `json:"score,omitzero"`
	Path     string    `json:"path,omitempty"` // where: "text", "author.name"
	Span     *smm.Span `json:"span,omitempty"` // bytes of the field at Path, as written
	Detail   string    `json:"detail,omitempty"`
}

// Add enters a reason: the strongest action and the highest score win.
func (v *Verdict) Add(r Reason) {
	v.Reasons = append(v.Reasons, r)
	if r.Action.Compare(v.Action) > 0 {
		v.Action = r.Action
	}
	v.Score = max(v.Score, r.Score)
}

// Merge enters all of w.
func (v *Verdict) Merge(w Verdict) {
	v.Reasons = append(v.Reasons, w.Reasons...)
	if w.Action.Compare(v.Action) > 0 {
		v.Action = w.Action
	}
	v.Score = max(v.Score, w.Score)
}

// Allowed reports whether the verdict asks for nothing.
func (v *Verdict) Allowed() bool { return v.Action == "" || v.Action == ActionAllow }
