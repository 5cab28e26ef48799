package instagram

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

const (
	// clockSkew is how far the vendor's clock may be behind ours. Its times have
	// seconds.
	clockSkew = 2 * time.Minute
	// maxSettlePages bounds the search for an item: of comments 50 a page, of
	// messages 20.
	maxSettlePages = 20
	settlePage     = 50
	// lagPause is how long to wait for a list to show what the container says is
	// public.
	lagPause = 15 * time.Second
)

// Settle implements smm.Publisher. Of a post the container tells; the post itself
// is then looked for, since a container does not name it. Answers are looked for by
// author, text and time.
func (d *Driver) Settle(ctx context.Context, r *smm.PublishRequest, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	var st prepared
	if err := json.Unmarshal(p.State, &st); err != nil || st.Kind == smm.CreatePost && st.final() == nil {
		return smm.Outcome{}, failed("settle", r.Channel, errState)
	}
	s, err := d.client(ctx, r.Channel)
	if err != nil {
		return smm.Outcome{}, err
	}
	switch {
	case st.Kind == smm.CreatePost:
		return d.settlePost(ctx, s, r, &st, p, a)
	case st.Kind == smm.CreateMessage:
		return d.settleMessage(ctx, s, r, &st, a)
	case st.Person != "":
		t, there, err := s.Messages.With(ctx, st.Person)
		switch {
		case err != nil:
			return smm.Outcome{}, err
		case !there:
			return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}, nil
		}
		st.Thread = t.ID
		return d.settleMessage(ctx, s, r, &st, a)
	case st.Media != "":
		return smm.Outcome{}, nil // such answers cannot be listed
	}
	return d.settleComment(ctx, s, r, &st, a)
}

func (d *Driver) settlePost(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	now := d.cfg.Clock.Now()
	c, err := s.Media.Container(ctx, st.final().ID)
	if a.Lost || errors.Is(err, smm.ErrNotFound) {
		// Another container may have been published, or this one is forgotten:
		// nothing but the list can tell, and only that it is there.
		found, ferr := d.findPost(ctx, s, st, a)
		switch {
		case ferr != nil:
			return smm.Outcome{}, ferr
		case len(found) == 1:
			return published(r.Channel, &found[0], smm.EvidenceReadBack), nil
		}
	}
	if err != nil {
		return smm.Outcome{}, err
	}
	switch c.StatusCode {
	case StatusPublished:
		return d.nameOf(ctx, s, r, st, p, a)
	case StatusFinished:
		if !a.Doubt {
			// Commit was answered no, and the container agrees.
			return smm.Outcome{State: smm.OutcomeRefused, Evidence: smm.EvidenceHandle}, nil
		}
		return smm.Outcome{State: smm.OutcomeRepeatable, Next: now.Add(repeatPause(a.N)), Evidence: smm.EvidenceHandle}, nil
	case StatusError, StatusExpired:
		return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceHandle}, nil
	}
	return smm.Outcome{State: smm.OutcomePending, Next: now.Add(pollPause(3, st.Reel)), Evidence: smm.EvidenceHandle}, nil
}

// repeatPause grows to hours: an answer that says spam must not be met with haste.
func repeatPause(n int) time.Duration {
	pauses := []time.Duration{10 * time.Second, time.Minute, 20 * time.Minute, 2 * time.Hour}
	return pauses[min(max(n-1, 0), len(pauses)-1)]
}

// nameOf finds the post of a container that is public. Lists may lag; in the end it
// is published without a name, and so it is where several posts fit: saying which
// would be a guess, and that it is public is not.
func (d *Driver) nameOf(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, p smm.Prepared, a smm.Attempt) (smm.Outcome, error) {
	now := d.cfg.Clock.Now()
	found, err := d.findPost(ctx, s, st, a)
	quiet := !now.Before(a.Deadline.Add(p.Guarantee.RequestLife + p.Guarantee.ReadLag))
	switch {
	case err == nil && len(found) == 1:
		return published(r.Channel, &found[0], smm.EvidenceHandle), nil
	case err != nil && !quiet:
		return smm.Outcome{State: smm.OutcomePending, Next: now.Add(lagPause), Evidence: smm.EvidenceHandle}, err
	case err == nil && len(found) == 0 && !quiet:
		return smm.Outcome{State: smm.OutcomePending, Next: now.Add(lagPause), Evidence: smm.EvidenceHandle}, nil
	case err != nil && !errors.Is(err, smm.ErrForbidden) && !errors.Is(err, smm.ErrNotFound) && !errors.Is(err, smm.ErrUnsupported):
		return smm.Outcome{State: smm.OutcomePending, Next: now.Add(time.Minute), Evidence: smm.EvidenceHandle}, err
	}
	return smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceHandle}, nil
}

func published(channel smm.Ref, m *Media, e smm.Evidence) smm.Outcome {
	return smm.Outcome{State: smm.OutcomePublished, Post: channel.WithKind(smm.KindPost, string(m.ID)), URL: m.Permalink, Evidence: e}
}

// findPost looks for posts that could be what the container became. None is older
// than it: the first attempt may have been answered that it was throttled, which
// leaves no attempt to count from.
func (d *Driver) findPost(ctx context.Context, s *session, st *prepared, a smm.Attempt) ([]Media, error) {
	since := st.Since
	if a.First.Before(since) || since.IsZero() {
		since = a.First
	}
	since = since.Add(-clockSkew)
	var found []Media
	p := ListParams{Limit: settlePage}
	for range maxSettlePages {
		page, err := s.proofs(ctx, st.Story, p)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			m := &page.Items[i]
			if !m.Timestamp.IsZero() && m.Timestamp.Before(since) {
				return found, nil
			}
			if st.fits(m) {
				found = append(found, *m)
			}
		}
		if page.Next == "" || page.Next == p.Cursor {
			break
		}
		p = ListParams{Limit: settlePage, Cursor: page.Next}
	}
	return found, nil
}

// proofs lists what the channel has published, with no more than is compared.
func (s *session) proofs(ctx context.Context, stories bool, p ListParams) (Page[Media], error) {
	if stories {
		return s.Media.list(ctx, "settle.stories", "stories", proofFields, p)
	}
	return s.Media.list(ctx, "settle.media", "media", proofFields, p)
}

// fits reports whether a post can be what was sent. What is not told does not speak
// against it.
func (st *prepared) fits(m *Media) bool {
	kind := TypeImage
	switch {
	case st.Parent != nil:
		kind = TypeCarousel
	case st.Items[0].Video:
		kind = TypeVideo
	}
	return m.ID != "" && (m.MediaType == "" || m.MediaType == kind) &&
		(m.ProductType == "" || (m.ProductType == ProductReels) == st.Reel || st.Story) &&
		(st.Parent == nil || len(m.Children.Data) == 0 || len(m.Children.Data) == len(st.Items)) &&
		textx.SameText(m.Caption, st.Text)
}

func (d *Driver) settleComment(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, a smm.Attempt) (smm.Outcome, error) {
	since := a.First.Add(-clockSkew)
	return readBack(r, smm.KindComment, s.comments(ctx, st), func(c *Comment) sighting {
		switch {
		case c.Timestamp.Before(since) && !c.Timestamp.IsZero():
			return sighting{old: !st.Comment} // the order of answers to a comment is not documented
		case !st.isComment(r.Channel, c) || slices.Contains(st.Seen, c.ID):
			return sighting{}
		}
		return sighting{id: c.ID}
	})
}

// comments lists what stands beside the comment that st makes.
func (s *session) comments(ctx context.Context, st *prepared) func(ListParams) (Page[Comment], error) {
	list := s.Comments.List
	if st.Comment {
		list = s.Comments.Replies
	}
	return func(p ListParams) (Page[Comment], error) { return list(ctx, st.Target, p) }
}

// isComment reports whether c reads like what st makes.
func (st *prepared) isComment(channel smm.Ref, c *Comment) bool {
	return c.ID != "" && c.wrote(channel, &Account{Username: st.Self}) && textx.SameText(c.Text, st.Text)
}

// isDM reports whether m reads like what st makes. Of a file only that there is one
// can be told.
func (st *prepared) isDM(channel smm.Ref, m *DM) bool {
	if m.ID == "" || !m.From.own(channel, &Account{Username: st.Self}) {
		return false
	}
	if st.URL != "" {
		return m.Message == "" && len(m.Attachments.Data) > 0
	}
	return textx.SameText(m.Message, st.Text)
}

func (d *Driver) settleMessage(ctx context.Context, s *session, r *smm.PublishRequest, st *prepared, a smm.Attempt) (smm.Outcome, error) {
	since := a.First.Add(-clockSkew)
	list := func(p ListParams) (Page[DM], error) { return s.Messages.List(ctx, st.Thread, p) }
	return readBack(r, smm.KindMessage, list, func(m *DM) sighting {
		switch {
		case m.CreatedTime.Before(since) && !m.CreatedTime.IsZero():
			return sighting{old: true}
		case !st.isDM(r.Channel, m) || slices.Contains(st.Seen, m.ID):
			return sighting{}
		}
		return sighting{id: m.ID}
	})
}

// sighting is what a read tells of one item: that it is the one looked for, or that
// all after it are too old.
type sighting struct {
	id  ID
	old bool
}

// readBack looks for an item through a list. More than one, or a list that does not
// end, leaves the matter open.
func readBack[T any](r *smm.PublishRequest, kind smm.Kind, list func(ListParams) (Page[T], error), judge func(*T) sighting) (smm.Outcome, error) {
	var found []ID
	p := ListParams{Limit: settlePage}
	whole := false
	for range maxSettlePages {
		page, err := list(p)
		if err != nil {
			return smm.Outcome{}, err
		}
		for i := range page.Items {
			s := judge(&page.Items[i])
			if s.id != "" && !slices.Contains(found, s.id) {
				found = append(found, s.id)
			}
			whole = whole || s.old
		}
		if whole = whole || page.Next == ""; whole || page.Next == p.Cursor {
			break
		}
		p = ListParams{Limit: settlePage, Cursor: page.Next}
	}
	switch {
	case len(found) == 1 && whole:
		return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(kind, string(found[0])), Evidence: smm.EvidenceReadBack}, nil
	case len(found) == 0 && whole:
		return smm.Outcome{State: smm.OutcomeAbsent, Evidence: smm.EvidenceReadBack}, nil
	}
	return smm.Outcome{}, nil
}
