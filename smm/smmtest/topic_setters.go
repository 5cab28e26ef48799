package smmtest

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// setters switches things on and off, twice each time.
func setters(t tester, s *suite) {
	for _, x := range switches() {
		s.sub(t, "setters", x.name, func(t tester) { s.switchIt(t, x) })
	}
	s.sub(t, "setters", "delete", func(t tester) { s.deletes(t, smm.CapDelete, ownPost) })
	s.sub(t, "setters", "delete-comment", func(t tester) { s.deletes(t, smm.CapDeleteComment, comment) })
}

// switcher is something that can be on or off.
type switcher struct {
	name   string
	cap    smm.Capability
	target func(*lab) smm.Ref
	set    func(context.Context, *smm.ChannelClient, smm.Ref, bool) error
	metric smm.MetricName // that counts it, if there is one
	item   bool           // the target can be deleted
}

func switches() []switcher {
	return []switcher{
		{"like", smm.CapLike, visitorPost, func(ctx context.Context, ch *smm.ChannelClient, r smm.Ref, on bool) error {
			return ch.SetLiked(ctx, r, on)
		}, smm.MetricLikes, true},
		{"repost", smm.CapRepost, visitorPost, func(ctx context.Context, ch *smm.ChannelClient, r smm.Ref, on bool) error {
			return ch.SetReposted(ctx, r, on)
		}, smm.MetricShares, true},
		{"follow", smm.CapFollow, visitor, func(ctx context.Context, ch *smm.ChannelClient, r smm.Ref, on bool) error {
			return ch.SetFollowing(ctx, r, on)
		}, "", false},
		{"block", smm.CapBlock, visitor, func(ctx context.Context, ch *smm.ChannelClient, r smm.Ref, on bool) error {
			return ch.SetBlocked(ctx, r, on)
		}, "", false},
		{"mute", smm.CapMute, visitor, func(ctx context.Context, ch *smm.ChannelClient, r smm.Ref, on bool) error {
			return ch.SetMuted(ctx, r, on)
		}, "", false},
		{"hide", smm.CapHide, comment, func(ctx context.Context, ch *smm.ChannelClient, r smm.Ref, on bool) error {
			if on {
				return ch.Hide(ctx, r)
			}
			return ch.Unhide(ctx, r)
		}, "", false},
	}
}

func (s *suite) switchIt(t tester, x switcher) {
	l := s.lab(t)
	c := l.client()
	l.need(c, x.cap)
	target := x.target(l)
	for i, on := range []bool{false, true, true, false, false, true, false} {
		if i == 5 {
			c = l.client() // what the driver remembered is gone
		}
		err := l.patiently(func() error { return x.set(l.ctx, l.channel(c), target, on) })
		if err != nil {
			t.Fatalf("%s to %t, call %d: %v", x.name, on, i+1, err)
		}
		if err := l.eventually(func() error {
			if got, known := l.holds(c, x, target); known && got != on {
				return fmt.Errorf("after %s to %t, call %d, the server holds %t", x.name, on, i+1, got)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
}

// holds asks the server whether something is on.
func (l *lab) holds(c *smm.Client, x switcher, target smm.Ref) (on, known bool) {
	l.t.Helper()
	if x.cap == smm.CapHide {
		if !l.counts() {
			return false, false
		}
		i, there := l.item(target)
		if !there {
			l.t.Fatalf("nothing is known of %s", target)
		}
		return i.Hidden, true
	}
	if l.h.Holds != nil {
		return l.h.Holds(x.cap, target), true
	}
	if x.metric == "" {
		return false, false
	}
	if caps, err := l.channel(c).Capabilities(l.ctx); err != nil || !caps.Has(smm.CapPostMetrics) {
		return false, false
	}
	got, err := l.channel(c).Metrics(l.ctx, smm.MetricRequest{Subjects: []smm.Ref{target}, Names: []smm.MetricName{x.metric}})
	if err != nil || len(got) == 0 || !got[0].State.Known() {
		return false, false
	}
	if got[0].Value > 1 {
		l.t.Errorf("the server counts %d %s of one account", got[0].Value, x.metric)
	}
	return got[0].Value > 0, true
}

// deletes removes something twice, and then undoes what was done to it.
func (s *suite) deletes(t tester, x smm.Capability, target func(*lab) smm.Ref) {
	l := s.lab(t)
	c := l.client()
	l.need(c, x)
	it := target(l)
	if l.counts() {
		if _, there := l.item(it); !there {
			t.Fatalf("%s is not public before it is deleted", it)
		}
	}
	ch := l.channel(c)
	remove := ch.Delete
	if x == smm.CapDeleteComment {
		remove = ch.DeleteComment
	}
	for n := range 3 {
		if n == 2 {
			fresh := l.channel(l.client())
			if remove = fresh.Delete; x == smm.CapDeleteComment {
				remove = fresh.DeleteComment
			}
		}
		if err := remove(l.ctx, it); err != nil {
			t.Fatalf("delete, call %d: %v", n+1, err)
		}
		if l.counts() && !l.removed(it) {
			t.Fatalf("delete, call %d: the public still sees it", n+1)
		}
	}
	caps, err := ch.Capabilities(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if caps.Has(smm.CapLike) {
		if err := ch.SetLiked(l.ctx, it, false); err != nil {
			t.Errorf("taking a like back from what is gone: %v", err)
		}
	}
	if l.h.World == nil {
		return
	}
	if n := requests(l.h.World, sim.Write); n == 0 {
		t.Error("no request of class write was counted: the simulator classifies deletes otherwise")
	}
}

// removed reports whether an item that was there is gone. A ledger remembers
// it, a real server does not.
func (l *lab) removed(r smm.Ref) bool {
	l.t.Helper()
	i, there := l.item(r)
	if !there {
		return l.h.Items != nil
	}
	return i.Removed
}
