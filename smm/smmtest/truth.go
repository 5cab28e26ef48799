package smmtest

import (
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

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
	_ = r.clock.Sleep(r.ctx, 3*time.Hour) // what is late arrives
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
