package threads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const (
	// clockSkew is how far the vendor's clock may be behind ours.
	clockSkew = 2 * time.Minute
	// lookPause lies between two looks at what is not in the list yet.
	lookPause = 10 * time.Second
)

// Settle implements smm.Publisher. The container says what became of it. Which
// post it became the vendor does not tell, so that is looked for among the
// channel's own; if none or several fit, the item is published without a Ref.
func (d *Driver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil {
		return smm.Outcome{}, refused("prepare", r.Channel, fmt.Errorf("%w: threads: the prepared state cannot be read", smm.ErrInvalid))
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{}, err
	}
	c, err := s.Containers.Get(ctx, st.Post.ID)
	switch {
	case errors.Is(err, smm.ErrNotFound):
		// A container that is not found says nothing, and the post may be there.
		return d.settleByContent(ctx, s, r, &st, a)
	case err != nil:
		return smm.Outcome{}, err
	case c.Status == StatusPublished:
		return d.settlePublished(ctx, s, r, &st, a)
	case a.Lost:
		// Another container, which a restored backup does not have, may have been
		// published in place of this one.
		return d.settleByContent(ctx, s, r, &st, a)
	}
	return d.settleState(r, &c)
}

// settleState judges a container that is not public.
func (d *Driver) settleState(r *smm.PublishRequest, c *Container) (smm.Outcome, error) {
	switch c.Status {
	case StatusFinished:
		return smm.Outcome{State: smm.OutcomeRepeatable, Evidence: smm.EvidenceHandle}, nil
	case StatusInProgress:
		return smm.Outcome{State: smm.OutcomePending, Next: d.cfg.Clock.Now().Add(lookPause), Evidence: smm.EvidenceHandle}, nil
	case StatusExpired:
		return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceHandle}, nil
	case StatusError:
		return smm.Outcome{State: smm.OutcomeRefused, Evidence: smm.EvidenceHandle}, failedContainer("container.get", r.Channel, string(c.Error))
	}
	return smm.Outcome{State: smm.OutcomeUnknown}, nil
}

// settlePublished names the post of a container that is public. It cannot be
// older than its container.
func (d *Driver) settlePublished(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, a smm.Attempt) (smm.Outcome, error) {
	o := smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceHandle}
	since := st.Since
	if since.IsZero() {
		since = a.First
	}
	found, whole, err := d.find(ctx, s, r, since.Add(-clockSkew))
	if err != nil {
		return smm.Outcome{}, err
	}
	now := d.cfg.Clock.Now()
	switch {
	case len(found) == 1:
		o.Post, o.URL = r.Channel.WithKind(st.Kind, string(found[0].ID)), string(found[0].Permalink)
	case len(found) == 0 && whole && now.Before(a.Deadline.Add(requestLife+readLag)):
		return smm.Outcome{State: smm.OutcomePending, Next: now.Add(lookPause), Evidence: smm.EvidenceHandle}, nil
	}
	return o, nil
}

// settleByContent looks for a post that may have had another container. Exactly
// one that fits is the item; that none fits is no proof without the handle.
func (d *Driver) settleByContent(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, a smm.Attempt) (smm.Outcome, error) {
	found, _, err := d.find(ctx, s, r, a.First.Add(-clockSkew))
	if err != nil || len(found) != 1 {
		return smm.Outcome{State: smm.OutcomeUnknown}, err
	}
	return smm.Outcome{
		State: smm.OutcomePublished, Evidence: smm.EvidenceReadBack,
		Post: r.Channel.WithKind(st.Kind, string(found[0].ID)), URL: string(found[0].Permalink),
	}, nil
}

// settleFields are what fits compares: no more, so that a field that the vendor
// takes back one day does not cost the settling.
var settleFields = []string{"id", "media_type", "permalink", "text", "timestamp", "children", "quoted_post", "replied_to"}

// find looks among the own posts, or replies, from the newest back to since for
// what fits the request. whole says that all of that time was read.
func (d *Driver) find(ctx context.Context, s *session, r *smm.PublishRequest, since time.Time) (found []Post, whole bool, err error) {
	list := s.Posts.List
	if r.Kind == smm.CreateReply {
		list = s.Replies.Mine
	}
	p := ListParams{Limit: maxPage}
	for range maxFindPages {
		page, err := list(ctx, p, settleFields...)
		if err != nil {
			return nil, false, err
		}
		for i := range page.Items {
			v := &page.Items[i]
			if !v.Timestamp.IsZero() && v.Timestamp.Before(since) {
				return found, true, nil
			}
			if fits(&r.Post, v) {
				found = append(found, *v)
			}
		}
		if page.Next == "" || page.Next == p.Cursor {
			return found, true, nil
		}
		p.Cursor = page.Next
	}
	return found, false, nil
}

// fits compares a post with what was sent.
func fits(want *smm.Post, got *Post) bool {
	if got.ID == "" || got.Type == MediaRepost || len(want.Media) > 1 && len(got.Children) != len(want.Media) {
		return false
	}
	single := got.Type == MediaImage || got.Type == MediaVideo
	switch n := len(want.Media); {
	case n == 0 && (single || got.Type == MediaAlbum), n == 1 && !single, n > 1 && got.Type != MediaAlbum:
		return false
	case !want.Quote.IsZero() && got.Quoted.ID != "" && string(got.Quoted.ID) != want.Quote.ID:
		return false
	case want.ReplyTo.IsZero() == (got.RepliedTo.ID != ""), !want.ReplyTo.IsZero() && string(got.RepliedTo.ID) != want.ReplyTo.ID:
		return false
	}
	return textx.SameText(string(got.Text), fullText(want))
}
