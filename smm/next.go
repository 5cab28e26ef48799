package smm

import (
	"fmt"
	"hash/fnv"
	"time"
)

// Command is what the protocol allows to be done with a delivery.
type Command string

// The commands.
const (
	CommandNone    Command = "none"    // it is final
	CommandHuman   Command = "human"   // only Resolve helps; Remind, from the time on that Next gives
	CommandTask    Command = "task"    // a person must publish it: Remind
	CommandWait    Command = "wait"    // nothing before the time that Next gives
	CommandLink    Command = "link"    // ask what became of the parent, then Link
	CommandPrepare Command = "prepare" //
	CommandCommit  Command = "commit"  //
	CommandSettle  Command = "settle"  //
	CommandRecover Command = "recover" // a commit was interrupted; put it in doubt
	CommandExpire  Command = "expire"  // it is stale and nothing can be out there
)

// Next says what may be done with d now, and from when on if that is in the
// future. It is a pure function of its arguments. With CommandHuman the time is
// when to remind a person, zero for never.
func Next(d *Delivery, now time.Time) (Command, time.Time) {
	switch {
	case d.Phase.Final():
		return CommandNone, time.Time{}
	case d.Phase == PhaseHuman:
		return CommandHuman, d.Wake
	case d.Phase == PhaseCommitting:
		// Advance never leaves a delivery in this phase, so whoever wrote the
		// intent crashed or lost its lease.
		return CommandRecover, now
	case d.Wake.After(now):
		return CommandWait, d.Wake
	}
	switch d.Phase {
	case PhaseWaiting:
		return CommandLink, now
	case PhaseSettling:
		if d.mayRepeat(now) {
			return CommandCommit, now
		}
		return CommandSettle, now
	}
	doubt := d.mayBePublic()
	switch {
	case !doubt && d.stale(now):
		return CommandExpire, now
	case d.Phase == PhaseManual:
		return CommandTask, now
	case d.Phase == PhasePreparing:
		return CommandPrepare, now
	case d.prepareExpired(now) && !doubt:
		return CommandPrepare, now
	case doubt && !d.mayCommitAgain(now):
		return CommandSettle, now
	}
	return CommandCommit, now
}

// QuietAt returns when no request made so far can take effect any more without
// a read seeing it. Before that, not finding the item proves nothing.
func (d *Delivery) QuietAt() time.Time {
	g := d.Prepared.Guarantee
	return d.Attempt.Deadline.Add(g.RequestLife + g.ReadLag)
}

func (d *Delivery) stale(now time.Time) bool {
	return !d.Policy.StaleAfter.IsZero() && now.After(d.Policy.StaleAfter)
}

func (d *Delivery) prepareExpired(now time.Time) bool {
	return !d.Prepared.Expires.IsZero() && !now.Before(d.Prepared.Expires)
}

// mayCommitAgain reports whether one more attempt with the same Prepared is
// within every bound. A stale post is not repeated even where that is harmless:
// if the first attempt never arrived, the repeat would publish it too late.
func (d *Delivery) mayCommitAgain(now time.Time) bool {
	if d.Attempt.Refused || d.Attempt.N >= d.Policy.maxAttempts() || d.stale(now) || d.prepareExpired(now) {
		return false
	}
	g := d.Prepared.Guarantee
	switch g.Class {
	case ClassHandle:
		return !d.otherHandle()
	case ClassKey:
		if g.KeyWindow == 0 {
			return true
		}
		// The repeat may arrive as late as its own deadline plus RequestLife, and
		// the platform must still know the key then.
		arrives := now.Add(d.Policy.commitLimit() + g.RequestLife)
		return !arrives.After(d.Attempt.First.Add(g.KeyWindow))
	}
	return false
}

// mayRepeat reports whether doubt is better resolved by repeating than by
// reading: only a key makes that safe without looking first.
func (d *Delivery) mayRepeat(now time.Time) bool {
	return d.Prepared.Guarantee.Class == ClassKey && d.Attempt.Doubt &&
		d.Outcome.State != OutcomePending && d.mayCommitAgain(now)
}

// prepared applies the result of a Prepare step.
func (d *Delivery) prepared(p Prepared, err error, now time.Time) {
	d.Phase = PhasePreparing
	if err == nil {
		err = p.Guarantee.Check()
	}
	if err != nil {
		d.Failure = newFailure("prepare", err)
		if finalError(err) || d.gaveUp(now) {
			if d.mayBePublic() {
				d.askHuman(now, "prepare failed, and it may have been published before the restore")
				return
			}
			d.finish(PhaseFailed, now, "prepare failed")
			return
		}
		d.retry(now, retryAt(err, now), "prepare failed, trying again")
		return
	}
	d.Prepared, d.Failure = p, nil
	d.progress()
	if p.Ready {
		d.Phase, d.Wake = PhaseReady, now
		if !d.Restored.IsZero() {
			d.doubtSince(true)
		}
		d.note(now, "", "prepared")
		return
	}
	d.Wake = later(now, p.Next)
	d.note(now, "", "preparing, %d %%", int(p.Progress*100))
}

// intend records the intention to commit. It must be saved before the request
// leaves.
func (d *Delivery) intend(now, deadline time.Time) {
	if d.Attempt.First.IsZero() {
		d.Attempt.First = now
	}
	d.Attempt.N++
	d.Attempt.Intent, d.Attempt.Deadline = now, deadline
	d.Phase, d.Wake = PhaseCommitting, deadline
	d.note(now, "", "commit %d", d.Attempt.N)
}

// answered applies the outcome of a commit. An answer about this attempt never
// clears the doubt about an earlier one, unless it is the item itself.
func (d *Delivery) answered(o Outcome, err error, now time.Time) {
	o = d.believe(o)
	if o.State == OutcomeAbsent { // only a read can show that
		o.State = OutcomeUnknown
	}
	d.Outcome, d.Failure = o, newFailure("commit", err)
	switch o.State {
	case OutcomePublished:
		d.publish(o, now)
	case OutcomePending:
		d.Phase = PhaseSettling
		d.progress()
		d.retry(now, o.Next, "accepted, not yet public")
	case OutcomeNotSent, OutcomeRefused:
		d.refused(o, err, now)
	case OutcomeRepeatable:
		d.Attempt.Doubt, d.Phase = true, PhaseReady
		d.retry(now, o.Next, "in doubt, may be repeated")
	default:
		d.doubt(now, o.Next, "reply lost or ambiguous")
	}
}

// recover puts an interrupted commit in doubt.
func (d *Delivery) recover(now time.Time) {
	d.Outcome = Outcome{}
	d.doubt(now, time.Time{}, "commit was interrupted")
}

func (d *Delivery) doubt(now, next time.Time, why string) {
	d.Attempt.Doubt, d.Phase = true, PhaseSettling
	if d.Prepared.Guarantee.Class == ClassBlind {
		d.askHuman(now, why)
		return
	}
	d.retry(now, next, why)
	if d.Prepared.Guarantee.Class == ClassReadBack && next.IsZero() {
		// A look before ReadLag would most likely miss it, and reads cost.
		d.Wake = minTime(later(d.Wake, now.Add(d.Prepared.Guarantee.ReadLag)), later(now, d.QuietAt()))
	}
}

// refused applies an answer that this attempt had no effect.
func (d *Delivery) refused(o Outcome, err error, now time.Time) {
	final := o.State == OutcomeRefused && !o.Retry
	if final {
		d.Attempt.Refused = true
	} else {
		// Nothing came of it, so it does not use up an attempt: an hour without
		// network or quota must not fail a post. Policy.GiveUp bounds it.
		d.Attempt.N--
		final = o.State == OutcomeNotSent && finalError(err) // such as a dead token
	}
	next := o.Next
	if next.IsZero() {
		next = retryAt(err, now)
	}
	switch {
	case d.Attempt.Doubt:
		d.Phase = PhaseSettling
		d.retry(now, next, "refused, but an earlier attempt is in doubt")
	case final:
		d.finish(PhaseFailed, now, "refused")
	case d.gaveUp(now):
		d.finish(PhaseFailed, now, "gave up")
	default:
		if d.Attempt.N == 0 {
			d.Attempt = Attempt{}
		}
		d.Phase = PhaseReady
		d.retry(now, next, "nothing was sent or it was refused for now")
	}
}

// settled applies what a read that began at asked found out by now.
func (d *Delivery) settled(o Outcome, err error, asked, now time.Time) {
	o = d.believe(o)
	if o.State == OutcomeNotSent {
		o.State = OutcomeUnknown
	}
	d.Phase, d.Outcome = PhaseSettling, o
	if err != nil && !d.Attempt.Refused { // a read that fails is not why it will have failed
		d.Failure = newFailure("settle", err)
	}
	quiet := !asked.Before(d.QuietAt())
	switch o.State {
	case OutcomePublished:
		d.publish(o, now)
	case OutcomePending:
		if d.gaveUp(now) {
			d.askHuman(now, "still not public")
			return
		}
		d.retry(now, o.Next, "not yet public")
	case OutcomeRepeatable, OutcomeAbsent, OutcomeRefused:
		d.missing(o, quiet, now)
	default:
		cannotTell := err == nil && quiet && !d.mayRepeat(now)
		if d.Prepared.Guarantee.Class == ClassBlind || cannotTell || (quiet && d.gaveUp(now)) {
			d.askHuman(now, "cannot be found out")
			return
		}
		d.retry(now, later(o.Next, retryAt(err, now)), "not found out yet")
	}
}

// missing applies a read that did not find the item.
func (d *Delivery) missing(o Outcome, quiet bool, now time.Time) {
	if o.State == OutcomeRefused && !o.Retry {
		d.Attempt.Refused = true
	}
	switch {
	case o.State == OutcomeRepeatable && d.mayCommitAgain(now):
		d.Attempt.Doubt, d.Phase = true, PhaseReady
		d.retry(now, o.Next, "may be repeated")
	case !quiet:
		d.retry(now, o.Next, "not seen yet")
		if !d.mayRepeat(now) {
			d.Wake = later(now, d.QuietAt())
		}
	default:
		d.absent(now)
	}
}

// absent applies the proof that no attempt so far had any effect.
func (d *Delivery) absent(now time.Time) {
	refused, n := d.Attempt.Refused, d.Attempt.N
	d.Attempt, d.Restored = Attempt{N: n}, time.Time{}
	switch {
	case refused:
		d.finish(PhaseFailed, now, "refused, and proved absent")
	case n >= d.Policy.maxAttempts():
		if d.Failure == nil {
			d.Failure = &Failure{Op: "commit", Message: fmt.Sprintf("proved absent after %d attempts", n)}
		}
		d.finish(PhaseFailed, now, "proved absent, no attempts left")
	default:
		d.Phase, d.Prepared = PhasePreparing, Prepared{}
		d.progress()
		d.Wake = now
		d.note(now, OutcomeAbsent, "proved absent, beginning again")
	}
}

// believe discards what a driver cannot know.
func (d *Delivery) believe(o Outcome) Outcome {
	switch class := d.Prepared.Guarantee.Class; {
	case o.State == OutcomePublished && o.Post.ID == "" && o.Evidence == "",
		o.State == OutcomeRepeatable && class != ClassKey && class != ClassHandle,
		o.State == OutcomeRepeatable && d.otherHandle(),
		(o.State == OutcomeAbsent || o.State == OutcomeRefused) && d.lostHandle():
		o.State = OutcomeUnknown
	}
	return o
}

func (d *Delivery) publish(o Outcome, now time.Time) {
	d.Outcome, d.Failure, d.Attempt.Doubt = o, nil, false
	d.finish(PhasePublished, now, "published")
}

func (d *Delivery) finish(p Phase, now time.Time, note string) {
	d.Phase, d.Wake, d.Restored = p, time.Time{}, time.Time{}
	d.progress()
	d.note(now, d.Outcome.State, "%s", note)
}

func (d *Delivery) askHuman(now time.Time, why string) {
	d.Phase, d.Wake = PhaseHuman, now.Add(d.Policy.remind())
	d.note(now, d.Outcome.State, "%s: a person must look", why)
}

// progress resets the count of steps that got nowhere.
func (d *Delivery) progress() { d.Tries, d.Since = 0, time.Time{} }

func (d *Delivery) gaveUp(now time.Time) bool {
	return !d.Since.IsZero() && now.Sub(d.Since) >= d.Policy.giveUp()
}

// retry schedules the next step: at next if that is set, else by back-off.
func (d *Delivery) retry(now, next time.Time, note string) {
	if d.Since.IsZero() {
		d.Since = now
	}
	if next.IsZero() {
		next = now.Add(backoff(d.ID, d.Tries))
	}
	d.Tries++
	d.Wake = later(now, next)
	d.note(now, d.Outcome.State, "%s", note)
}

const backoffCeiling = 10 * time.Minute

// backoff doubles from 2 s to 10 min, less up to half of it. The share is
// derived from the id, so that deliveries that failed together spread out and
// a replay behaves the same.
func backoff(id string, tries int) time.Duration {
	const base = 2 * time.Second
	d := backoffCeiling
	if tries < 9 {
		d = min(base<<tries, backoffCeiling)
	}
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s/%d", id, tries)
	return d - time.Duration(uint64(d/2)*uint64(h.Sum32())>>32)
}

// retryAt is when the platform asked to come back, zero if it did not say.
func retryAt(err error, now time.Time) time.Time {
	if after, ok := RetryAfter(err); ok {
		return now.Add(after)
	}
	return time.Time{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
