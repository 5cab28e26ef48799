package smmtest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// publish takes every form to the public, with a new process before every step.
func publish(t tester, s *suite) {
	for _, f := range s.forms {
		s.sub(t, "publish", f.Name, func(t tester) { s.publishForm(t, f) })
	}
	s.sub(t, "publish", "front", func(t tester) { s.publishFront(t) })
}

func (s *suite) publishForm(t tester, f Form) {
	s.needCount(t)
	l := s.lab(t)
	r := l.plan(f, smm.Policy{})
	r.restart = true
	r.hook = func(d *smm.Delivery) {
		if d.Phase == smm.PhaseReady && d.Prepared.Guarantee.Class != f.Class {
			t.Errorf("guarantee class %q, the form says %q", d.Prepared.Guarantee.Class, f.Class)
		}
		if d.Phase == smm.PhasePreparing || d.Phase == smm.PhaseReady {
			if n := len(l.items(r.mark)); n > 0 {
				t.Errorf("%d items are public before the commit", n)
			}
		}
	}
	d := r.run()
	if n := r.judge(published); n != 1 || d.Phase != smm.PhasePublished {
		t.Fatalf("%d public items in phase %s, want one%s", n, d.Phase, story(d))
	}
	if steps := r.phases[smm.PhasePreparing] + r.phases[smm.PhaseReady]; steps > maxMedia {
		t.Errorf("%d Prepare steps, at most %d make sense", steps, maxMedia)
	}
	if d.Attempt.N != 1 {
		t.Errorf("%d commits without a fault", d.Attempt.N)
	}
	r.seen(d)
}

// seen compares the item with the post that was asked for.
func (r *ride) seen(d *smm.Delivery) {
	r.t.Helper()
	item := r.items(r.mark)[0]
	post := d.Request.Post
	switch {
	case item.Text == post.Text:
	case d.Request.Kind != smm.CreatePost && strings.HasSuffix(item.Text, post.Text):
		// answers may name whom they answer
	default:
		r.t.Errorf("the public reads %q, the post says %q", item.Text, post.Text)
	}
	if post.Card == nil && len(item.Media) != len(post.Media) {
		r.t.Errorf("the public sees %d media, the post has %d", len(item.Media), len(post.Media))
	}
	if d.Request.Kind == smm.CreateReply && item.Parent != post.ReplyTo.ID {
		r.t.Errorf("the parent is %q, want %q", item.Parent, post.ReplyTo.ID)
	}
	if (d.Request.Kind == smm.CreateMessage) != item.Private {
		r.t.Errorf("private is %t for a %s", item.Private, d.Request.Kind)
	}
	if d.Request.Kind == smm.CreateMessage {
		return
	}
	if err := r.eventually(func() error { return r.readable(d, item) }); err != nil {
		r.t.Error(err)
	}
}

// readable reads the item back through the portable surface.
func (r *ride) readable(d *smm.Delivery, item sim.Item) error {
	ch := r.channel(r.lab.client())
	if caps, err := ch.Capabilities(r.ctx); err != nil || !caps.Has(smm.CapListPosts) {
		return nil //nolint:nilerr // that the capabilities cannot be read is another test's business
	}
	got, err := ch.Post(r.ctx, d.Outcome.Post)
	if err != nil {
		return fmt.Errorf("GetPost of the Ref just published: %w", err)
	}
	if got.Ref != d.Outcome.Post || !strings.Contains(string(got.Text), r.mark) {
		return fmt.Errorf("GetPost gives %s %q", got.Ref, got.Text)
	}
	if n := len(d.Request.Post.Media); d.Request.Post.Card == nil && len(got.Attachments) != n {
		return fmt.Errorf("GetPost gives %d attachments, the item %s has %d", len(got.Attachments), item.ID, n)
	}
	if got.URL == "" {
		return errors.New("GetPost gives no URL for people")
	}
	if d.Request.Kind != smm.CreatePost {
		return nil
	}
	posts, err := ch.Posts(nil).Collect(r.ctx, 20)
	if err != nil {
		return fmt.Errorf("ListPosts: %w", err)
	}
	n := 0
	for _, p := range posts {
		if p.Ref == d.Outcome.Post {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("the list of posts has the item %d times", n)
	}
	return nil
}

// publishFront uses the call that a script would.
func (s *suite) publishFront(t tester) {
	l := s.lab(t)
	f := s.text(t)
	p, mark := l.post(f)
	ch := l.channel(l.client())
	r, err := ch.Publish(l.ctx, p, nil)
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if r.Outcome != smm.OutcomePublished || r.Post.IsZero() {
		t.Errorf("outcome %q, post %s", r.Outcome, r.Post)
	}
	if s.counts {
		if n := len(l.items(mark)); n != 1 {
			t.Errorf("%d public items, want one", n)
		}
		return
	}
	if err := ch.Delete(l.ctx, r.Post); err != nil {
		t.Logf("the item stays on the server: %v", err)
	}
}
