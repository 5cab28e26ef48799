package smmtest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const (
	maxSteps = 600            // of one delivery
	maxTime  = 48 * time.Hour // of the world's clock
	maxMedia = 100            // Prepare steps without a fault
)

var errCrash = errors.New("the process crashed")

// journal keeps a delivery as its JSON form, and crashes where it is told.
type journal struct {
	last   []byte
	saves  int
	before map[int]bool // the nth save never happens
	after  map[int]bool // the nth save is the last thing that happens
}

func (j *journal) Save(_ context.Context, d *smm.Delivery) error {
	j.saves++
	if j.before[j.saves] {
		return errCrash
	}
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	j.last = b
	if j.after[j.saves] {
		return errCrash
	}
	return nil
}

// ride takes one delivery to its end.
type ride struct {
	*lab
	form    Form
	mark    string
	j       *journal
	restart bool                // a new process before every step
	client  *smm.Client         // nil: a process that has just started
	hook    func(*smm.Delivery) // called after every step
	phases  map[smm.Phase]int   // steps that ended in it
	planned *smm.Delivery       // as planned
	policy  smm.Policy          //
	ended   *smm.Delivery       //
	begun   time.Time           //
}

// plan validates a post of the form and plans its delivery.
func (l *lab) plan(f Form, policy smm.Policy) *ride {
	l.t.Helper()
	r := &ride{lab: l, form: f, j: &journal{}, phases: map[smm.Phase]int{}, policy: policy}
	var p *smm.Post
	p, r.mark = l.post(f)
	ds, _, err := l.client().Plan(l.ctx, p, []smm.Ref{l.h.Channel}, &smm.PublishOptions{Policy: policy})
	if err != nil {
		l.t.Fatalf("plan: %v", err)
	}
	if len(ds) != 1 {
		l.t.Fatalf("form %s makes %d deliveries, want one", f.Name, len(ds))
	}
	r.planned = ds[0]
	r.store(ds[0])
	return r
}

func (r *ride) store(d *smm.Delivery) {
	b, err := json.Marshal(d)
	if err != nil {
		r.t.Fatalf("delivery as JSON: %v", err)
	}
	r.j.last = b
}

// load is the delivery as a fresh process reads it.
func (r *ride) load() *smm.Delivery {
	r.t.Helper()
	d := new(smm.Delivery)
	if err := json.Unmarshal(r.j.last, d); err != nil {
		r.t.Fatalf("delivery from JSON: %v", err)
	}
	return d
}

// run advances the delivery until it is final or needs a person.
func (r *ride) run() *smm.Delivery {
	r.t.Helper()
	r.begun = r.clock.Now()
	d := r.load()
	for range maxSteps {
		if d.Phase.Final() || d.Phase == smm.PhaseHuman {
			r.ended = d
			return d
		}
		if r.clock.Now().Sub(r.begun) > maxTime {
			break
		}
		d = r.step(d)
	}
	r.t.Fatalf("stuck in phase %s after %s; the last steps: %s", d.Phase, r.clock.Now().Sub(r.begun), story(d))
	return nil
}

// step waits until something may be done, and does it.
func (r *ride) step(d *smm.Delivery) *smm.Delivery {
	r.t.Helper()
	if wait := d.Wake.Sub(r.clock.Now()); wait > 0 && d.Phase != smm.PhaseCommitting {
		if err := r.clock.Sleep(r.ctx, wait); err != nil {
			r.t.Fatal(err)
		}
	}
	if r.client == nil || r.restart {
		r.client, d = r.lab.client(), r.load()
	}
	err := r.client.Advance(r.ctx, d, r.j)
	switch {
	case errors.Is(err, errCrash):
		_ = r.clock.Sleep(r.ctx, 5*time.Second) // until somebody takes over
		r.client = nil
		return r.load()
	case err != nil:
		r.t.Fatalf("Advance in phase %s: %v", d.Phase, err)
	}
	r.phases[d.Phase]++
	if r.hook != nil {
		r.hook(d)
	}
	return d
}

// story tells the last steps of a delivery.
func story(d *smm.Delivery) string {
	out := ""
	for _, line := range d.Log[max(0, len(d.Log)-8):] {
		out += "\n\t" + line.At.Format("15:04:05") + " " + string(line.Phase) + " " + string(line.State) + " " + line.Note
	}
	if d.Failure != nil {
		out += "\n\tfailure: " + d.Failure.Op + " " + d.Failure.Code + " " + d.Failure.Message
	}
	return out
}

// expect says which ends of a delivery are right, beyond being true.
type expect int

const (
	truthOnly  expect = iota // any phase that matches what the public saw
	published                // nothing that happened is a reason to fail
	reconnects               // published, or failed with the advice to connect again
)

// judge compares how a delivery ended with what the public saw, once nothing
// can arrive any more, and returns the number of items.
func (r *ride) judge(want expect) int {
	r.t.Helper()
	if r.h.World != nil {
		_ = r.clock.Sleep(r.ctx, 3*time.Hour) // what is late arrives
	}
	items, d := r.items(r.mark), r.ended
	if len(items) > 1 {
		r.t.Errorf("%d public items, at most one allowed:\n%s%s", len(items), list(items), story(d))
		return len(items)
	}
	if !r.asksRightly() {
		r.t.Errorf("a person is asked, although class %s can tell%s", r.form.Class, story(d))
	}
	switch d.Phase {
	case smm.PhasePublished:
		r.judgePublished(items)
	case smm.PhaseHuman:
	default:
		if len(items) != 0 {
			r.t.Errorf("ended as %s, yet this is public:\n%s%s", d.Phase, list(items), story(d))
		}
	}
	r.judgeEnd(want)
	return len(items)
}

// asksRightly reports whether the form may ask a person, if it did.
func (r *ride) asksRightly() bool {
	return r.ended.Phase != smm.PhaseHuman || r.form.Class == smm.ClassReadBack || r.form.Class == smm.ClassBlind
}

func (r *ride) judgePublished(items []sim.Item) {
	r.t.Helper()
	d := r.ended
	switch {
	case len(items) == 0:
		r.t.Errorf("ended as published, yet nothing is public%s", story(d))
	case d.Outcome.Post.IsZero():
		r.t.Errorf("published without a Ref%s", story(d))
	case !sameID(d.Outcome.Post, items[0]):
		r.t.Errorf("Ref is %s, the item is %s", d.Outcome.Post, items[0].ID)
	}
}

func (r *ride) judgeEnd(want expect) {
	r.t.Helper()
	d := r.ended
	if d.Phase == smm.PhasePublished || want == truthOnly || d.Phase == smm.PhaseHuman {
		return
	}
	if want == reconnects && d.Failure != nil && d.Failure.Reconnect {
		return
	}
	r.t.Errorf("ended as %s, want published%s", d.Phase, story(d))
}

// sameID reports whether ref names item. A message may be named without its
// conversation.
func sameID(ref smm.Ref, i sim.Item) bool {
	return ref.ID == i.ID || (i.Private && strings.HasSuffix(i.ID, "/"+ref.ID))
}

func list(items []sim.Item) string {
	var b strings.Builder
	for _, i := range items {
		b.WriteString("\t" + i.At.Format("15:04:05") + " " + i.ID + " " + i.Text + "\n")
	}
	return b.String()
}
