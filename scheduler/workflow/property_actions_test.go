package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

// pick returns one of some values.
func pick[T any](h *history, v ...T) T { return v[h.rnd.IntN(len(v))] }

func (h *history) person() workflow.Actor {
	return pick(h,
		workflow.Actor{ID: "anna", Roles: []string{"writer"}},
		workflow.Actor{ID: "ben", Roles: []string{"boss"}},
		workflow.Actor{ID: "cleo", Roles: []string{"boss", "legal"}},
		workflow.Actor{ID: "dora", Roles: []string{"boss"}},
		workflow.Actor{ID: "ed"},
	)
}

// content returns a random content; few values, so that they come back.
func (h *history) content() workflow.Content {
	post := smm.Post{Text: pick(h, "red", "blue")}
	if h.rnd.IntN(3) == 0 {
		post.Media = []smm.Media{asset(pick(h, "a", "b"))}
	}
	if h.rnd.IntN(4) == 0 {
		post.Thread = []smm.Post{{Text: pick(h, "second", "third")}}
	}
	if h.rnd.IntN(5) == 0 {
		post.FirstComment = "comment"
	}
	if h.rnd.IntN(5) == 0 {
		post.ContentWarning = "loud"
	}
	if h.rnd.IntN(5) == 0 {
		text := "fake variant"
		post.Variants = map[smm.Platform]smm.Variant{schedulertest.Platform: {Text: &text}}
	}
	post.Labels.Campaign = pick(h, "", "spring")
	channels := []smm.Ref{schedulertest.Channel("main")}
	if h.rnd.IntN(3) == 0 {
		channels = append(channels, schedulertest.Channel("alt"))
	}
	return workflow.Content{Post: post, Channels: channels, At: h.clock.Now().Add(pick(h, 0, time.Minute, time.Hour)).UTC()}
}

// own begins every text with the draft's name, so that the oracle knows it.
func own(id string, c workflow.Content) workflow.Content {
	add := func(s string) string {
		if s == "" {
			return ""
		}
		return id + " " + s
	}
	c.Post.Text, c.Post.FirstComment = add(c.Post.Text), add(c.Post.FirstComment)
	for i := range c.Post.Thread {
		c.Post.Thread[i].Text = add(c.Post.Thread[i].Text)
	}
	for p, v := range c.Post.Variants {
		if v.Text != nil {
			text := add(*v.Text)
			v.Text = &text
			c.Post.Variants[p] = v
		}
	}
	return c
}

func describe(c *workflow.Content) string {
	return fmt.Sprintf("%q %d media, thread %d, cw %q, channels %d, at %s", c.Post.Text, len(c.Post.Media), len(c.Post.Thread),
		c.Post.ContentWarning, len(c.Channels), c.At.Format("15:04:05"))
}

// do applies an action, with a crash now and then. The oracle learns of it when
// the write happened, whether or not anybody heard.
func (h *history) do(id string, by workflow.Actor, a workflow.Action, learn func()) {
	if h.rnd.IntN(25) == 0 {
		h.crash = 1 + h.rnd.IntN(2)
		h.tally.crashes++
	}
	h.pending = learn
	_, err := h.svc.Do(context.Background(), "", id, by, a)
	h.pending, h.crash = nil, 0
	h.say("%s: %s %T%+.120v: %v", id, by.ID, a, a, err)
	if err != nil {
		h.tally.refused++
		return
	}
	h.tally.done++
}

// action is one random action on one of the drafts.
func (h *history) action() {
	id := pick(h, h.drafts...)
	if h.rnd.IntN(6) == 0 {
		h.schedule(id)
		return
	}
	by := h.person()
	switch h.rnd.IntN(14) {
	case 0, 1:
		h.edit(id, by)
	case 2, 3, 4, 5, 6:
		h.decide(id, by)
	case 7:
		h.do(id, by, workflow.Withdraw{}, func() { h.oracle.withdrawn(id, by.ID) })
	case 8:
		until := h.clock.Now().Add(pick(h, -time.Hour, 0, 30*time.Minute, time.Hour)).UTC()
		h.do(id, by, workflow.SetEmbargo{Until: until}, func() { h.oracle.drafts[id].embargo = until })
	case 9:
		h.do(id, by, workflow.Delegate{Delegation: workflow.Delegation{To: h.person().ID, Until: h.clock.Now().Add(time.Hour)}}, nil)
	case 10:
		h.do(id, by, workflow.Drop{}, func() { h.oracle.drafts[id].dropped = true })
	case 11:
		h.do(id, by, workflow.Reopen{}, func() { h.oracle.drafts[id].dropped = false })
	default:
		h.do(id, by, workflow.Move{Stage: pick(h, "review", "review", "work")}, nil)
		h.do(id, by, workflow.RequestApproval{}, nil)
	}
}

func (h *history) edit(id string, by workflow.Actor) {
	c := own(id, h.content())
	if h.rnd.IntN(2) == 0 { // one field only
		old := h.oracle.drafts[id].content
		switch h.rnd.IntN(4) {
		case 0:
			old.Post.Media = c.Post.Media
		case 1:
			old.Post.Labels = c.Post.Labels
		case 2:
			old.Channels = c.Channels
		case 3:
			old.At = c.At
		}
		c = old
	}
	h.do(id, by, workflow.Edit{Content: c}, func() { h.oracle.edited(id, by.ID, c) })
}

func (h *history) decide(id string, by workflow.Actor) {
	step := pick(h, h.oracle.process.Steps...).Name
	d, err := h.svc.Get(context.Background(), "", id)
	if err != nil {
		return
	}
	seen, sum := d.Content, d.Sum()
	if h.rnd.IntN(6) == 0 { // looks, and somebody edits before the decision
		h.edit(id, h.person())
	}
	if h.rnd.IntN(12) == 0 {
		h.do(id, by, workflow.Reject{Step: step, Sum: sum, Reason: "no"}, func() { h.oracle.rejected(id) })
		return
	}
	forWhom := ""
	if h.rnd.IntN(6) == 0 {
		forWhom = h.person().ID
	}
	link := ""
	if h.rnd.IntN(6) == 0 {
		link = pick(h, "link-1", "link-2")
	}
	a := workflow.Approve{Step: step, Sum: sum, For: forWhom, Link: link}
	if forWhom == "" {
		forWhom = by.ID
	}
	h.do(id, by, a, func() { h.oracle.approved(id, step, by.ID, forWhom, seen) })
}

// onward takes a draft towards being sent, as people do who want to get on.
func (h *history) onward() {
	id := pick(h, h.drafts...)
	anna := workflow.Actor{ID: "anna"}
	h.do(id, anna, workflow.Move{Stage: "review"}, nil)
	h.do(id, anna, workflow.RequestApproval{}, nil)
	d, err := h.svc.Get(context.Background(), "", id)
	if err != nil {
		return
	}
	for _, s := range h.oracle.process.Steps {
		for _, name := range []string{"eva", "ben", "dora"}[:max(1, s.Need)+h.rnd.IntN(2)] {
			by := workflow.Actor{ID: name, Roles: s.Roles}
			h.do(id, by, workflow.Approve{Step: s.Name, Sum: d.Sum()}, func() { h.oracle.approved(id, s.Name, by.ID, by.ID, d.Content) })
		}
	}
	h.schedule(id)
}

// schedule makes deliveries of a draft, and is cut off now and then; sometimes a
// rogue plans something in the name of a draft.
func (h *history) schedule(id string) {
	ctx := context.Background()
	if h.rnd.IntN(8) == 0 {
		d := h.oracle.drafts[id].content
		d.Post.Text += pick(h, "", "!")
		_, _, err := h.sched.Schedule(ctx, &d.Post, d.Channels, h.clock.Now(), &scheduler.ScheduleOptions{Draft: id})
		h.say("%s: a rogue schedules %q: %v", id, d.Post.Text, err)
		return
	}
	if h.rnd.IntN(5) == 0 {
		h.crash = 1 + h.rnd.IntN(2)
		h.tally.crashes++
	}
	_, _, err := h.svc.Schedule(ctx, h.sched, "", id, h.person())
	crashed := errors.Is(err, errCrash)
	h.crash = 0
	h.say("%s: schedule: %v", id, err)
	if err == nil {
		h.tally.scheduled++
	}
	if crashed && h.rnd.IntN(2) == 0 {
		return
	}
	if h.rnd.IntN(3) == 0 {
		err := h.svc.Tidy(ctx, h.sched, "", id)
		h.say("%s: tidy: %v", id, err)
	}
	if h.rnd.IntN(5) == 0 {
		_, err := h.svc.Finish(ctx, h.sched, "", id)
		h.say("%s: finish: %v", id, err)
	}
}
