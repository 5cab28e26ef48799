package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Action is what shall happen to a message. The names are those of package
// moderation.
type Action string

// The actions.
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

// Decision is what was decided about a message, and what came of it.
type Decision struct {
	Action   Action    `json:"action"`
	Code     string    `json:"code,omitempty"`   // stable, for example "keyword.match"
	Reason   string    `json:"reason,omitempty"` // for people
	Score    float64   `json:"score,omitzero"`   // 0 to 1
	At       time.Time `json:"at"`               // set by Triage
	Revision string    `json:"revision"`         // of the text judged; set by Triage
	Outcome  Outcome   `json:"outcome"`          // set by Triage
	Error    string    `json:"error,omitempty"`  // why it was not done
}

// Outcome is what became of a decision.
type Outcome string

// The outcomes.
const (
	OutcomeNothing Outcome = "nothing" // the action asks for nothing on the platform
	OutcomeDone    Outcome = "done"    //
	OutcomeStarted Outcome = "started" // a report that was sent, or was about to be when the process died
	OutcomeRefused Outcome = "refused" // the platform refused for good, or the channel lacks the permission
	OutcomeCannot  Outcome = "cannot"  // the platform has no such thing for this item
	OutcomeHeld    Outcome = "held"    // the judge failed; the message waits for a person
)

// Judge decides about a message. It must not change m, whose text is a
// stranger's. An error holds the message for a person.
type Judge func(ctx context.Context, m *smm.Message) (Decision, error)

// Triaged is one message that Triage dealt with.
type Triaged struct {
	Channel  smm.Ref
	Message  smm.Ref
	Decision Decision
}

// Triage lets judge decide about every message of the client's tenant without
// a decision about its present text, carries the decisions out on the
// platforms and records them. It may be stopped anywhere and called again: an
// action that failed for now stays undecided and is tried at the next call.
// The errors of all messages come back joined, beside what was done.
//
// Hiding, deleting and blocking are repeatable. A report is sent at most once;
// if the process dies meanwhile its outcome stays OutcomeStarted.
func (in *Inbox) Triage(ctx context.Context, client *smm.Client, judge Judge) ([]Triaged, error) {
	var (
		done []Triaged
		errs []error
	)
	for it, err := range in.store.Undecided(ctx, client.Tenant()) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		d, err := in.judge(ctx, client, &it, judge)
		if err != nil {
			errs = append(errs, fmt.Errorf("inbox: triage %s: %w", it.Message.Ref, err))
			continue
		}
		done = append(done, Triaged{Channel: it.Message.Channel, Message: it.Message.Ref, Decision: d})
	}
	return done, errors.Join(errs...)
}

func (in *Inbox) judge(ctx context.Context, client *smm.Client, it *Item, judge Judge) (Decision, error) {
	m := it.Message
	d, err := judge(ctx, &m)
	if ctx.Err() != nil {
		return Decision{}, ctx.Err() // the caller stopped; that says nothing about the message
	}
	if err == nil && !d.Action.valid() {
		err = fmt.Errorf("%w: unknown action %q", smm.ErrInvalid, d.Action)
	}
	if err != nil {
		d = Decision{Action: ActionHold, Code: "judge.failed", Outcome: OutcomeHeld, Error: smm.CleanMessage(err.Error())}
	}
	d.At, d.Revision = in.clock.Now().UTC(), it.Revision()
	record := func() error { return in.store.Decide(ctx, client.Tenant(), m.Channel, m.Ref, d) }
	if d.Action == ActionReport {
		d.Outcome = OutcomeStarted
		if err := record(); err != nil {
			return Decision{}, err
		}
	}
	if d.Outcome != OutcomeHeld {
		if err := in.act(ctx, client.Channel(m.Channel), &m, &d); err != nil {
			return Decision{}, err
		}
	}
	return d, record()
}

// act does on the platform what d asks for and sets its outcome. Only errors
// that may pass are returned.
func (in *Inbox) act(ctx context.Context, ch *smm.ChannelClient, m *smm.Message, d *Decision) error {
	var err error
	switch d.Action {
	case ActionHide:
		err = ch.Hide(ctx, m.Ref)
	case ActionDelete:
		err = ch.DeleteComment(ctx, m.Ref)
	case ActionBlock:
		err = ch.SetBlocked(ctx, m.Author.Ref, true)
	case ActionReport:
		err = ch.Report(ctx, m.Ref, smm.Report{Reason: smm.ReasonRules})
	default:
		d.Outcome = OutcomeNothing
		return nil
	}
	switch {
	case err == nil:
		d.Outcome = OutcomeDone
		return nil
	case errors.Is(err, smm.ErrUnsupported):
		d.Outcome = OutcomeCannot
	case errors.Is(err, smm.ErrForbidden), errors.Is(err, smm.ErrRejected), errors.Is(err, smm.ErrInvalid), errors.Is(err, smm.ErrNotFound):
		d.Outcome = OutcomeRefused
	case d.Action == ActionReport:
		// It may have arrived. Reporting twice makes two reports.
		d.Outcome = OutcomeStarted
	default:
		return err
	}
	d.Error = smm.CleanMessage(err.Error())
	return nil
}

func (a Action) valid() bool {
	switch a {
	case ActionAllow, ActionFlag, ActionHold, ActionHide, ActionDelete, ActionReport, ActionBlock, ActionEscalate:
		return true
	}
	return false
}
