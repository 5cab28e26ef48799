package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// postsOf returns the public posts by row and channel. Of a thread that is its
// first part.
func postsOf(records []*scheduler.Record) map[place]smm.Ref {
	out := make(map[place]smm.Ref)
	for p, r := range headsOf(records) {
		if r.Delivery.Phase == smm.PhasePublished {
			out[p] = r.Delivery.Outcome.Post
		}
	}
	return out
}

// play lets the public act by the script. It looks first what was written
// already: people do not repeat themselves because our program was restarted.
func (d *desk) play(ctx context.Context, posts map[place]smm.Ref) error {
	seen, err := d.stage.control.items(ctx)
	if err != nil {
		return err
	}
	for i, v := range d.plan.visitors {
		ch, ok := channelOf(d.channels, v.Platform)
		if !ok {
			continue
		}
		post := posts[place{v.Row, ch.Ref}]
		if v.Do != "follow" && post.IsZero() {
			continue // its post is not public
		}
		if err := d.visit(ctx, v, post, seen); err != nil {
			return fmt.Errorf("visitors.json: entry %d: %w", i+1, err)
		}
	}
	return nil
}

func (d *desk) visit(ctx context.Context, v visit, post smm.Ref, seen []sim.Item) error {
	c := d.stage.control
	switch v.Do {
	case "follow":
		i := slices.IndexFunc(d.stage.logins, func(l login) bool { return l.platform == v.Platform })
		return c.act(ctx, "/visitor/follows", localweb.VisitorFollow{Platform: v.Platform, Handle: v.Handle, Account: d.stage.logins[i].handle})
	case "like", "share":
		return c.act(ctx, "/visitor/likes", localweb.VisitorLike{Platform: v.Platform, Handle: v.Handle, Item: post.ID, Share: v.Do == "share"})
	}
	if slices.ContainsFunc(seen, func(i sim.Item) bool {
		return i.Visitor && i.Platform == v.Platform && i.Parent == post.ID && i.Text == v.Text
	}) {
		return nil
	}
	d.scr.say("%s: %s says %q", v.Platform, v.Handle, v.Text)
	return c.act(ctx, "/visitor/posts", localweb.VisitorPost{Platform: v.Platform, Handle: v.Handle, Parent: post.ID, Text: v.Text})
}
