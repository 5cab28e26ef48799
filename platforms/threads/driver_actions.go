package threads

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// SetHidden implements smm.Hider for replies to own posts. What answers the reply
// follows.
func (d *Driver) SetHidden(ctx context.Context, channel, comment smm.Ref, hidden bool) error {
	s, err := d.onPost(ctx, channel, comment)
	if err != nil {
		return err
	}
	err = s.Replies.SetHidden(ctx, ID(comment.ID), hidden)
	if !hidden && errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return err
}

// SetReposted implements smm.Reposter. The vendor knows no state "reposted", so
// the repost is looked for among the own posts since the item was written. That is
// read first where the vendor shows it; of an item that it does not show, the
// newest 1,000 own posts are read, and if there are more the error matches
// smm.ErrUnsupported.
func (d *Driver) SetReposted(ctx context.Context, channel, item smm.Ref, reposted bool) error {
	s, err := d.onPost(ctx, channel, item)
	if err != nil {
		return err
	}
	var since time.Time
	if p, err := s.Posts.Get(ctx, ID(item.ID), "id", "timestamp"); err == nil && !p.Timestamp.IsZero() {
		since = p.Timestamp.Add(-clockSkew)
	}
	repost, err := s.Posts.FindRepost(ctx, ID(item.ID), since)
	switch {
	case err != nil:
		return err
	case reposted && repost == "":
		_, err = s.Posts.Repost(ctx, ID(item.ID))
		return err
	case reposted || repost == "":
		return nil
	}
	return gone(s.Posts.Delete(ctx, repost))
}

// gone takes what is not there for deleted.
func gone(err error) error {
	if errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return err
}

// DeleteItem implements smm.Deleter for own posts and replies. What others wrote
// cannot be removed, only hidden. The budget of deletions is read first: it is
// small, and a post that must go should not fail for a reason that nobody sees.
func (d *Driver) DeleteItem(ctx context.Context, channel, item smm.Ref) error {
	s, err := d.onPost(ctx, channel, item)
	if err != nil {
		return err
	}
	if l, err := s.Containers.Limit(ctx); err == nil && l.Deletes.Spent() {
		return d.spent("thread.delete", channel, bucketDeletes)
	}
	err = s.Posts.Delete(ctx, ID(item.ID))
	if !errors.Is(err, smm.ErrNotFound) {
		return err
	}
	// The same answer is given for what is gone and for what is not ours.
	p, readErr := s.Posts.Get(ctx, ID(item.ID), "id", "owner", "is_reply_owned_by_me")
	switch {
	case errors.Is(readErr, smm.ErrNotFound):
		return nil
	case readErr != nil:
		return readErr
	case isOwn(channel, &p):
		return err
	}
	return &smm.Error{
		Op: "thread.delete", Platform: Platform, Channel: channel, Outcome: smm.OutcomeRefused,
		Err: fmt.Errorf("%w: only own posts and replies can be deleted; hide the reply", smm.ErrForbidden),
	}
}

// lookAgain is when a spent budget is looked at again. It rolls, so something may
// be back at any time, and the vendor does not say when.
const lookAgain = 15 * time.Minute

// spent is the error of a budget of which nothing is left.
func (d *Driver) spent(op string, channel smm.Ref, budget string) error {
	return &smm.Error{
		Op: op, Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent,
		Err: &smm.RateLimitError{Scope: budget, After: lookAgain, Reset: d.cfg.Clock.Now().Add(lookAgain)},
	}
}
