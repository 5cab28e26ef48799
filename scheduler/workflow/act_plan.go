package workflow

import (
	"slices"
	"time"
)

// SetEmbargo keeps the draft from being sent before a time; zero lifts it. It
// takes effect at once, also for what is scheduled, and voids nothing.
type SetEmbargo struct{ Until time.Time }

// Expire takes account of approvals that expired, and does nothing else. Apply
// does that before every action; this is for a host that wants to see it at once.
type Expire struct{}

// MarkScheduled says that the draft was made into deliveries. Service.Schedule
// does it.
type MarkScheduled struct {
	Sum        string // of what was scheduled
	Round      int    // Draft.Round as it was then
	Deliveries []string
}

// MarkDone says that no delivery of a scheduled draft is on its way any more.
// Service.Finish does it.
type MarkDone struct{}

// Kind implements Action.
func (SetEmbargo) Kind() ActionKind { return KindEmbargo }

// Kind implements Action.
func (Expire) Kind() ActionKind { return KindExpire }

// Kind implements Action.
func (MarkScheduled) Kind() ActionKind { return KindSchedule }

// Kind implements Action.
func (MarkDone) Kind() ActionKind { return KindFinish }

func (a SetEmbargo) apply(c *change) error {
	if err := c.open(KindEmbargo); err != nil {
		return err
	}
	if err := c.may(KindEmbargo, c.p.Embargo, "embargoes are not theirs"); err != nil {
		return err
	}
	if y := a.Until.Year(); y > 9999 || y < 1 {
		return invalid("the year %d is beyond what can be stored", y)
	}
	until := a.Until.UTC()
	if up := until.Truncate(time.Microsecond); up.Before(until) { // never a moment too early
		until = up.Add(time.Microsecond)
	}
	if a.Until.IsZero() {
		until = time.Time{}
	}
	if until.Equal(c.d.Embargo) {
		return errSame
	}
	c.d.Embargo, c.note = until, "lifted"
	if !until.IsZero() {
		c.note = "until " + until.Format(time.RFC3339Nano)
	}
	return nil
}

func (Expire) apply(c *change) error {
	if !c.overdue {
		return errSame
	}
	return nil
}

// unready is what keeps an approved draft from being scheduled.
func (c *change) unready() error {
	d := c.d
	if err := c.open(KindSchedule); err != nil {
		return err
	}
	if err := c.may(KindSchedule, c.p.Schedule, "scheduling is not theirs"); err != nil {
		return err
	}
	var missing []Reason
	if d.Stage != StageApproved && d.Stage != StageScheduled {
		missing = append(missing, d.toApprove(c.p, c.now)...)
		if len(missing) == 0 {
			missing = append(missing, stageReason(d.Stage, StageApproved))
		}
	}
	missing = append(missing, d.toPlan(c.p, c.now)...)
	if len(missing) > 0 {
		return &IncompleteError{Action: KindSchedule, Missing: missing}
	}
	return nil
}

func (a MarkScheduled) apply(c *change) error {
	d := c.d
	if d.Stage == StageScheduled && a.Sum == d.Sum() && slices.Equal(a.Deliveries, d.Deliveries) {
		return errSame
	}
	if err := c.unready(); err != nil {
		return err
	}
	if a.Sum == "" || a.Sum != d.Sum() || a.Round != d.Round {
		return &ChangedError{Seen: a.Sum, Current: d.Sum()}
	}
	if d.Stage == StageScheduled || len(a.Deliveries) == 0 || slices.Contains(a.Deliveries, "") {
		return invalid("the draft has other deliveries, or none were named")
	}
	d.Deliveries, d.Stage = slices.Clone(a.Deliveries), StageScheduled
	return nil
}

func (MarkDone) apply(c *change) error {
	switch c.d.Stage {
	case StageDone:
		return errSame
	case StageScheduled:
		c.d.Stage = StageDone
		return nil
	}
	return &IncompleteError{Action: KindFinish, Missing: []Reason{stageReason(c.d.Stage, StageScheduled)}}
}
