package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

// answerCampaign is the label of our answers, by which they are found again.
const answerCampaign = campaign + "-answers"

// engage reads what people said under the posts, moderates it, and answers
// questions.
func (d *desk) engage(ctx context.Context, sum *summary) error {
	d.scr.heading("Reading, moderating and answering comments")
	posts := postsOf(sum.records)
	if d.stage.control != nil {
		if err := d.play(ctx, posts); err != nil {
			return err
		}
	}
	ours := make(map[smm.Ref]bool)
	for _, ref := range posts {
		ours[ref] = true
	}
	// On Bluesky, Mastodon and X whoever answers a post mentions its author by
	// that, and one list has them all. Elsewhere the comments of each post are a
	// list of their own.
	read := &inbox.SyncOptions{RecentPosts: -1, Posts: make(map[smm.Ref][]smm.Ref)}
	for p, ref := range posts {
		if d.plan.row(p.row).Format == "story" {
			continue // has no comments: who answers one writes a private message
		}
		read.Posts[p.channel] = append(read.Posts[p.channel], ref)
	}
	if _, _, err := patiently(ctx, d.scr, func() ([]inbox.SyncResult, struct{}, error) {
		results, err := d.inbox.Sync(ctx, d.client, d.refs(), read)
		return results, struct{}{}, err
	}); err != nil {
		return err
	}
	if err := d.moderate(ctx, ours, sum); err != nil {
		return err
	}
	if err := d.reply(ctx, ours); err != nil {
		return err
	}
	records, err := d.settle(ctx, "answered", answerCampaign, 0)
	for _, r := range records {
		if r.Delivery.Phase == smm.PhasePublished {
			sum.Answered++
		} else {
			sum.Failed = append(sum.Failed, fmt.Sprintf("answer %s: %s: %v", nameOf(&r.Delivery), r.Delivery.Phase, r.Delivery.Err()))
		}
	}
	return err
}

// moderate judges what was not judged yet and has it carried out. The decision
// is recorded with the message, so that the next run knows it.
func (d *desk) moderate(ctx context.Context, ours map[smm.Ref]bool, sum *summary) error {
	_, _, err := patiently(ctx, d.scr, func() ([]inbox.Triaged, struct{}, error) {
		done, err := d.inbox.Triage(ctx, d.client, d.judge(ours))
		return done, struct{}{}, err
	})
	if err != nil {
		return err
	}
	for it, err := range d.comments(ctx, ours) {
		if err != nil {
			return err
		}
		if it.Decision.Outcome != inbox.OutcomeDone {
			continue
		}
		sum.Moderated++
		d.scr.say("%s: %s %q by %s (%s)", it.Message.Channel.Platform, it.Decision.Action,
			shorten(string(it.Message.Text), 40), authorOf(&it), it.Decision.Reason)
	}
	return nil
}

// judge asks the rules about comments under the posts of this campaign, and lets
// everything else be.
func (d *desk) judge(ours map[smm.Ref]bool) inbox.Judge {
	return func(ctx context.Context, m *smm.Message) (inbox.Decision, error) {
		if !ours[m.Root] && !ours[m.InReplyTo] {
			return inbox.Decision{Action: inbox.ActionAllow, Code: "not-ours"}, nil
		}
		decision, err := d.plan.rules(ctx, m)
		if err != nil || decision.Action != inbox.ActionHide {
			return decision, err
		}
		// Mastodon cannot hide an answer from others. There, whoever writes
		// what should be hidden is blocked.
		can, err := d.client.Channel(m.Channel).Capabilities(ctx)
		if err == nil && !can.Has(smm.CapHide) {
			decision.Action = inbox.ActionBlock
		}
		return decision, err
	}
}

// reply sends the canned answer to each question that has one.
func (d *desk) reply(ctx context.Context, ours map[smm.Ref]bool) error {
	for it, err := range d.comments(ctx, ours) {
		if err != nil {
			return err
		}
		a := d.answerTo(&it)
		if a == nil {
			continue
		}
		reply, err := d.inbox.Reply(ctx, d.client, inbox.ReplyRequest{
			Channel: it.Message.Channel, Conversation: it.Thread, Message: it.Message.Ref,
			Template: &a.Template, Values: a.Values,
			Post: smm.Post{Languages: []string{a.Template.Language}, Labels: smm.Labels{Campaign: answerCampaign}},
		})
		if _, answered := errors.AsType[*inbox.AnsweredError](err); answered {
			continue // by a colleague, in the platform's own app
		}
		if err != nil {
			return fmt.Errorf("answer %s: %w", it.Message.Ref, err)
		}
		if reply.Repeated {
			continue // by an earlier run
		}
		d.scr.say("%s: answering %q by %s with %q", it.Message.Channel.Platform, shorten(string(it.Message.Text), 40), authorOf(&it), a.ID)
	}
	return nil
}

// authorOf names who wrote an item: not every platform has handles.
func authorOf(it *inbox.Item) string {
	return cmp.Or(it.Message.Author.Handle, string(it.Message.Author.Name))
}

// answerTo finds the canned answer to a message: it was allowed, is a question,
// and has one of the answer's keywords. nil if there is none.
func (d *desk) answerTo(it *inbox.Item) *answer {
	text := strings.ToLower(string(it.Message.Text))
	if it.Decision.Action != inbox.ActionAllow || it.Message.Deleted || !strings.Contains(text, "?") {
		return nil
	}
	for i := range d.plan.answers {
		for _, k := range d.plan.answers[i].Keywords {
			if strings.Contains(text, k) {
				return &d.plan.answers[i]
			}
		}
	}
	return nil
}

// comments yields what others said under the posts of this campaign.
func (d *desk) comments(ctx context.Context, ours map[smm.Ref]bool) func(yield func(inbox.Item, error) bool) {
	return func(yield func(inbox.Item, error) bool) {
		store := d.inbox.Store()
		for c, err := range store.List(ctx, d.client.Tenant(), inbox.Query{Channels: d.refs()}) {
			if err != nil {
				yield(inbox.Item{}, err)
				return
			}
			for it, err := range store.Items(ctx, d.client.Tenant(), c.Channel, c.Ref) {
				m := &it.Message
				if err == nil && (m.Own || !ours[m.Root] && !ours[m.InReplyTo]) {
					continue
				}
				if !yield(it, err) || err != nil {
					return
				}
			}
		}
	}
}
