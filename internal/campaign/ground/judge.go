package ground

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Tally is what became of planned items.
type Tally struct {
	Runs       int // of the entry
	Items      int // planned
	Public     int // seen by the public
	Failed     int // reported as failed, for a reason that a fault explains, and not public
	Faults     int // that struck: at the server, in the store, crashes
	Lost       int // not public, and nobody was told why
	Duplicated int // public more than once
	Stuck      int // not done within the bound, or with nothing to wake it
	Wrong      int // reported as failed, yet public; or published under another name
	Needless   int // a person was asked although the class can tell, or nothing had happened
	Unnamed    int // rightly reported as published, without a name: a twin without a text was public, too
	Humans     map[smm.Class]int
	Notes      []string // on what is wrong, the first few
}

// Bad counts what must not be.
func (t *Tally) Bad() int { return t.Lost + t.Duplicated + t.Stuck + t.Wrong + t.Needless }

// Add adds o to t.
func (t *Tally) Add(o *Tally) {
	t.Runs += o.Runs
	t.Items += o.Items
	t.Public += o.Public
	t.Failed += o.Failed
	t.Faults += o.Faults
	t.Lost += o.Lost
	t.Duplicated += o.Duplicated
	t.Stuck += o.Stuck
	t.Wrong += o.Wrong
	t.Needless += o.Needless
	t.Unnamed += o.Unnamed
	for c, n := range o.Humans {
		t.human(c, n)
	}
	if len(t.Notes) < 10 {
		t.Notes = append(t.Notes, o.Notes...)
	}
}

func (t *Tally) human(c smm.Class, n int) {
	if t.Humans == nil {
		t.Humans = make(map[smm.Class]int)
	}
	t.Humans[c] += n
}

func (t *Tally) note(format string, args ...any) {
	if len(t.Notes) < 10 {
		t.Notes = append(t.Notes, fmt.Sprintf(format, args...))
	}
}

// Circumstances are what an entry did, which decides what is excused.
type Circumstances struct {
	Faults  int  // how often anything struck
	Expired bool // tokens were refused, which on some platforms only a person cures
}

// Judge compares what was planned with what the public saw. Result: one tally for
// each platform, by its name.
func (p *Place) Judge(ctx context.Context, c Circumstances) (map[string]*Tally, error) {
	records := make(map[string]*scheduler.Record)
	byID := make(map[string]*scheduler.Record)
	for r, err := range p.Store.List(ctx, scheduler.Query{AllTenants: true}) {
		if err != nil {
			return nil, err
		}
		byID[r.Delivery.ID] = r
		for _, pl := range p.Plans {
			if pl.planned(&r.Delivery.Request.Post) {
				records[pl.Mark] = r
			}
		}
	}
	items := p.World.Ledger.Items()
	out := make(map[string]*Tally)
	for i := range p.Plans {
		pl := &p.Plans[i]
		t := out[pl.Stand.Platform.Name]
		if t == nil {
			t = &Tally{Runs: 1, Faults: c.Faults}
			out[pl.Stand.Platform.Name] = t
		}
		j := judge{t: t, c: c, plan: pl, r: records[pl.Mark], byID: byID, all: items}
		j.items()
		j.verdict()
	}
	return out, nil
}

// planned reports whether a record is of the item: its text, or the name of its
// file, carries the mark.
func (pl *Planned) planned(post *smm.Post) bool {
	if pl.Files == nil {
		return strings.Contains(post.Text, pl.Mark)
	}
	return slices.ContainsFunc(post.Media, func(m smm.Media) bool { return strings.Contains(m.Name, pl.Mark) })
}

// seen reports whether the public saw the item: its text or, of one without text,
// the bytes of its files, which no other has.
func (pl *Planned) seen(i *sim.Item) bool {
	if pl.Files == nil {
		return strings.Contains(i.Text, pl.Mark)
	}
	return i.Text == "" && slices.Equal(i.Media, pl.Files)
}

// judge looks at one item.
type judge struct {
	t      *Tally
	c      Circumstances
	plan   *Planned
	r      *scheduler.Record
	byID   map[string]*scheduler.Record
	all    []sim.Item
	public []sim.Item
}

func (j *judge) items() {
	for _, i := range j.all {
		if !i.Visitor && j.plan.seen(&i) {
			j.public = append(j.public, i)
		}
	}
}

func (j *judge) verdict() {
	j.t.Items++
	if len(j.public) > 0 {
		j.t.Public++
	}
	if len(j.public) > 1 {
		j.t.Duplicated += len(j.public) - 1
		j.t.note("duplicated: %s", j.story())
	}
	if j.r == nil {
		j.t.Lost++
		j.t.note("lost: %s", j.story())
		return
	}
	switch d := &j.r.Delivery; d.Phase {
	case smm.PhasePublished:
		j.published(d)
	case smm.PhaseFailed, smm.PhaseExpired, smm.PhaseCancelled:
		j.failed(d)
	case smm.PhaseHuman:
		j.human(d)
	default:
		j.unfinished(d)
	}
}

func (j *judge) published(d *smm.Delivery) {
	switch {
	case len(j.public) == 0:
		j.t.Lost++
		j.t.note("lost, called published: %s", j.story())
	case d.Outcome.Post.ID == "" && j.twin():
		j.t.Unnamed++
	case d.Outcome.Post.ID == "" || !named(d.Outcome.Post, j.public):
		j.t.Wrong++
		j.t.note("published under another name: %s", j.story())
	}
}

// twin reports whether the account has another public item without a text. Nothing
// that clients can read tells the two apart, so that a driver which knows that its own
// is public, and not which it is, does right to leave out the name.
func (j *judge) twin() bool {
	return j.plan.Files != nil && slices.ContainsFunc(j.all, func(i sim.Item) bool {
		return !i.Visitor && i.Text == "" && i.Account == j.public[0].Account && i.ID != j.public[0].ID
	})
}

func named(ref smm.Ref, items []sim.Item) bool {
	for _, i := range items {
		if ref.ID == i.ID || (i.Private && strings.HasSuffix(i.ID, "/"+ref.ID)) {
			return true
		}
	}
	return false
}

func (j *judge) failed(d *smm.Delivery) {
	switch {
	case len(j.public) > 0:
		j.t.Wrong++
		j.t.note("called %s, yet public: %s", d.Phase, j.story())
	case j.explained(d):
		j.t.Failed++
	default:
		j.t.Lost++
		j.t.note("lost, called %s: %s", d.Phase, j.story())
	}
}

// explained reports whether a fault is a reason to fail.
func (j *judge) explained(d *smm.Delivery) bool {
	if d.Phase != smm.PhaseFailed || d.Failure == nil {
		return false
	}
	if d.Failure.Op == "parent" {
		parent := j.byID[d.Parent]
		return parent != nil && j.explained(&parent.Delivery)
	}
	return j.c.Expired && d.Failure.Reconnect
}

func (j *judge) human(d *smm.Delivery) {
	class := d.Prepared.Guarantee.Class
	j.t.human(class, 1)
	unavoidable := (class == smm.ClassReadBack || class == smm.ClassBlind) && j.c.Faults > 0
	if !unavoidable {
		j.t.Needless++
		j.t.note("a person was asked of class %s after %d faults: %s", class, j.c.Faults, j.story())
	}
}

// unfinished is right only for what waits for something that a person is asked
// about.
func (j *judge) unfinished(d *smm.Delivery) {
	for at := d; at.Phase == smm.PhaseWaiting; {
		parent := j.byID[at.Parent]
		if parent == nil {
			break
		}
		at = &parent.Delivery
		if at.Phase == smm.PhaseHuman {
			j.t.Failed++
			return
		}
	}
	j.t.Stuck++
	j.t.note("stuck: %s", j.story())
}

// story tells what the record says and the public saw.
func (j *judge) story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s part %d, %q, due %s", j.plan.Stand.Platform.Name, j.plan.Form.Name, j.plan.Part, j.plan.Mark, j.plan.Due.UTC().Format("15:04:05.000"))
	for _, i := range j.public {
		fmt.Fprintf(&b, "\n    public at %s as %s", i.At.UTC().Format("15:04:05.000"), i.ID)
	}
	if j.r == nil {
		return b.String() + "\n    no record"
	}
	d := &j.r.Delivery
	fmt.Fprintf(&b, "\n    record: %s, %d attempts", d.Phase, d.Attempt.N)
	for _, l := range d.Log[max(0, len(d.Log)-12):] {
		fmt.Fprintf(&b, "\n      %s %s %s %s", l.At.UTC().Format("15:04:05.000"), l.Phase, l.State, l.Note)
	}
	if d.Failure != nil {
		fmt.Fprintf(&b, "\n      failure: %s %s %s", d.Failure.Op, d.Failure.Code, d.Failure.Message)
	}
	return b.String()
}
