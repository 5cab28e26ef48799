package smm

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// DeliverySchema is the version of Delivery's JSON form that this package
// writes. A record with a higher one is refused, one with a lower one is read:
// 2 added Restored, PhaseManual, Relation and Address to what 1 had.
const DeliverySchema = 2

// Delivery is one item on its way to one channel: the unit of the publishing
// protocol. It holds everything needed to go on after a crash, in another
// process, from its JSON form alone. Its fields are for reading and storing;
// only Client.Advance and the methods of Delivery change them.
//
// A Delivery must not be used by two goroutines at a time.
type Delivery struct {
	Schema int    `json:"schema"`
	ID     string `json:"id"`
	Tenant Tenant `json:"tenant,omitempty"`
	Entry  string `json:"entry,omitempty"`  // what the host planned: all deliveries of one Publish call share it
	Parent string `json:"parent,omitempty"` // ID of the delivery whose item this one answers or links to
	// Relation is what it does with its parent's item.
	Relation Relation `json:"relation,omitempty"`
	// Address is what stands in the post in place of LinkPlaceholder, "" before
	// it is known. Parts that wait for this delivery get it too.
	Address string `json:"address,omitempty"`
	// Manual makes it a task for a person; nil for all others.
	Manual *ManualOptions `json:"manual,omitempty"`
	// Restored is set while the state is from a backup as of then, and what was
	// sent between then and the restore is not known.
	Restored time.Time `json:"restored,omitzero"`

	Request PublishRequest `json:"request"`
	Policy  Policy         `json:"policy,omitzero"`

	Phase    Phase     `json:"phase"`
	Prepared Prepared  `json:"prepared,omitzero"`
	Attempt  Attempt   `json:"attempt,omitzero"`
	Outcome  Outcome   `json:"outcome,omitzero"` // the latest answer; in PhasePublished the item
	Failure  *Failure  `json:"failure,omitempty"`
	Tries    int       `json:"tries,omitempty"` // steps in a row that got nowhere; feeds the back-off
	Since    time.Time `json:"since,omitzero"`  // when those began; feeds Policy.GiveUp
	Wake     time.Time `json:"wake,omitzero"`   // when Advance makes sense again
	Log      []LogLine `json:"log,omitempty"`   // the last steps, oldest first, at most logLimit
}

// Policy bounds a delivery. The zero value means the defaults.
type Policy struct {
	MaxAttempts int           `json:"max_attempts,omitempty"` // commits, default 5
	StaleAfter  time.Time     `json:"stale_after,omitzero"`   // do not begin to publish after this
	CommitLimit time.Duration `json:"commit_limit,omitempty"` // longest single commit, default 30 s
	GiveUp      time.Duration `json:"give_up,omitempty"`      // how long errors may last in one phase before a person is asked or the delivery fails, default 24 h
	Remind      time.Duration `json:"remind,omitempty"`       // how often a person who is needed is reminded, default 24 h
}

func (p Policy) maxAttempts() int           { return orDefault(p.MaxAttempts, 5) }
func (p Policy) commitLimit() time.Duration { return orDefault(p.CommitLimit, 30*time.Second) }
func (p Policy) giveUp() time.Duration      { return orDefault(p.GiveUp, 24*time.Hour) }
func (p Policy) remind() time.Duration      { return orDefault(p.Remind, 24*time.Hour) }

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Phase is where a delivery stands.
type Phase string

// The phases. Published, Failed, Cancelled and Expired are final.
const (
	PhaseWaiting    Phase = "waiting"     // for the parent's item
	PhaseManual     Phase = "manual"      // a person publishes it by hand: Done
	PhasePreparing  Phase = "preparing"   //
	PhaseReady      Phase = "ready"       // prepared; nothing of this Prepared is in flight
	PhaseCommitting Phase = "committing"  // the intent is on disk; a request may be in flight
	PhaseSettling   Phase = "settling"    // accepted but not done, or in doubt
	PhaseHuman      Phase = "needs-human" // in doubt for good: Resolve
	PhasePublished  Phase = "published"
	PhaseFailed     Phase = "failed" // not public, and not tried again by itself
	PhaseCancelled  Phase = "cancelled"
	PhaseExpired    Phase = "expired" // stale before it began
)

// Final reports whether nothing happens any more without a person.
func (p Phase) Final() bool {
	switch p {
	case PhasePublished, PhaseFailed, PhaseCancelled, PhaseExpired:
		return true
	}
	return false
}

// Failure is an error in durable form.
type Failure struct {
	Op        string `json:"op"`             // "prepare", "commit", "settle", "parent"
	Kind      string `json:"kind,omitempty"` // of the sentinel that the error matched: "rejected", "not-found"
	Code      string `json:"code,omitempty"` // the vendor's
	Message   string `json:"message"`
	Reconnect bool   `json:"reconnect,omitempty"` // NeedsReconnect
	Status    int    `json:"status,omitempty"`
}

func newFailure(op string, err error) *Failure {
	if err == nil {
		return nil
	}
	f := &Failure{Op: op, Kind: kindOf(err), Message: CleanMessage(err.Error()), Reconnect: NeedsReconnect(err)}
	if e, ok := errors.AsType[*Error](err); ok {
		f.Code, f.Status = e.Code, e.Status
	}
	return f
}

// sentinel returns what the error matched, or nil.
func (f *Failure) sentinel() error {
	for _, k := range kinds() {
		if f != nil && k.name == f.Kind {
			return k.err
		}
	}
	return nil
}

// LogLine is one step of a delivery, for people who ask why it is where it is.
type LogLine struct {
	At    time.Time    `json:"at"`
	Phase Phase        `json:"phase"` // after the step
	State OutcomeState `json:"state,omitempty"`
	Note  string       `json:"note"`
}

const logLimit = 40

// Note adds a line to the log, for callers of the protocol that decide something
// about d: a hold, a delay. It changes nothing else.
func (d *Delivery) Note(now time.Time, text string) { d.note(now, d.Outcome.State, "%s", text) }

func (d *Delivery) note(now time.Time, s OutcomeState, format string, args ...any) {
	d.Log = append(d.Log, LogLine{At: now, Phase: d.Phase, State: s, Note: fmt.Sprintf(format, args...)})
	if len(d.Log) > logLimit {
		d.Log = append(d.Log[:0:0], d.Log[len(d.Log)-logLimit:]...)
	}
}

// Journal makes deliveries durable. Save must return only once d is safe
// against a crash of the machine, and must fail if the caller has lost the
// right to write it (its lease ran out, or somebody else wrote it since): that
// is the fence that keeps two workers from committing the same delivery. After
// an error the caller drops its copy and reads the record again.
type Journal interface {
	Save(ctx context.Context, d *Delivery) error
}

// Deadline returns when at the latest d is final or asks a person, if from now
// on nothing gets any further: every step fails or finds out nothing, and each is
// taken when d.Wake says, within some minutes. It is a pure function. What gets
// further moves it: a finished upload, a proof that nothing is public and a new
// attempt, a platform that accepts the item or asks to be left alone for longer.
//
// For a delivery that waits for its parent it is the next look, since the
// parent's own Deadline bounds the rest; for one that needs a person, and for a
// manual task, the next reminder, zero if none was set; for a final one zero.
func (d *Delivery) Deadline(now time.Time) time.Time {
	wake := later(now, d.Wake)
	switch {
	case d.Phase.Final():
		return time.Time{}
	case d.Phase.forPeople():
		return d.Wake
	case d.Phase == PhaseWaiting:
		return later(wake, d.Since.Add(d.Policy.giveUp()))
	}
	begun := d.Since
	if begun.IsZero() {
		begun = wake
	}
	end := later(wake, begun.Add(d.Policy.giveUp()))
	if doubt := d.mayBePublic(); doubt || d.Phase == PhaseCommitting || d.Phase == PhaseSettling {
		end = later(end, d.QuietAt())
	} else if stale := d.Policy.StaleAfter; !stale.IsZero() {
		end = minTime(end, later(wake, stale))
	}
	// The last commit may begin just before, and has to become quiet; the last
	// look comes after one more rest.
	g := d.Prepared.Guarantee
	return end.Add(d.Policy.commitLimit() + g.RequestLife + g.ReadLag + backoffCeiling + prepareLimit)
}

// Check verifies the invariants of the protocol. Advance refuses to act on, or
// to save, a delivery that breaks one; the error matches ErrInvalid and names
// the invariant, and means a bug in a store, a driver or this package.
func (d *Delivery) Check() error {
	if d.Schema > DeliverySchema {
		return fmt.Errorf("%w: delivery %s has schema %d, newer than this program's %d: upgrade it", ErrInvalid, d.ID, d.Schema, DeliverySchema)
	}
	a, committing := d.Attempt, d.Phase == PhaseCommitting
	for _, rule := range []struct {
		broken bool
		text   string
	}{
		{d.ID == "" || d.Request.ID != d.ID || d.Request.Tenant != d.Tenant, "its request belongs to another delivery"},
		{!d.Phase.known(), "no such phase"},
		{committing && a.N == 0, "a commit without an intent"},
		{committing && (a.Intent.IsZero() || a.First.IsZero() || a.Deadline.Before(a.Intent)), "an intent without its times"},
		{d.Phase.needsPrepared() && !d.Prepared.Ready, "not prepared"},
		{a.Doubt && d.Phase.excludesDoubt(), "an attempt in doubt was forgotten"},
		{d.Phase == PhasePublished && d.Outcome.Post.ID == "" && d.Outcome.Evidence == "", "published without a ref or evidence"},
		{d.Restored.After(time.Time{}) && d.Phase.needsPrepared() && !a.Doubt, "restored from a backup, yet not in doubt"},
		{d.Phase == PhaseManual && d.Manual == nil, "a task without its description"},
		{!d.Phase.Final() && d.Phase != PhaseHuman && d.Wake.IsZero(), "nothing will wake it"},
	} {
		if rule.broken {
			return fmt.Errorf("%w: delivery %s in phase %q: %s", ErrInvalid, d.ID, d.Phase, rule.text)
		}
	}
	return nil
}

func (p Phase) known() bool {
	switch p {
	case PhaseWaiting, PhasePreparing, PhaseReady, PhaseCommitting, PhaseSettling, PhaseHuman, PhaseManual:
		return true
	}
	return p.Final()
}

// forPeople reports whether only a person gets it any further.
func (p Phase) forPeople() bool { return p == PhaseHuman || p == PhaseManual }

func (p Phase) needsPrepared() bool {
	return p == PhaseReady || p == PhaseCommitting || p == PhaseSettling
}

// excludesDoubt reports whether p says that nothing can be public.
func (p Phase) excludesDoubt() bool {
	return p == PhaseWaiting || p == PhaseManual || p == PhasePreparing || (p.Final() && p != PhasePublished)
}
