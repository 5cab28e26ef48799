package instagram

import (
	"context"
	"errors"

	"github.com/smmkit/smmkit/smm"
)

// gone makes success of undoing what is not there any more.
func gone(err error) error {
	if errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return err
}

// SetHidden implements smm.Hider for comments under own posts.
func (d *Driver) SetHidden(ctx context.Context, channel, comment smm.Ref, hidden bool) error {
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	if err := onChannel(channel, comment, smm.KindComment); err != nil {
		return err
	}
	return s.Comments.SetHidden(ctx, ID(comment.ID), hidden)
}

// SetLiked implements smm.Liker for posts, reels and comments (FacebookLogin).
func (d *Driver) SetLiked(ctx context.Context, channel, item smm.Ref, liked bool) error {
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	if err := onChannel(channel, item, smm.KindPost, smm.KindComment); err != nil {
		return err
	}
	if err = s.Media.SetLiked(ctx, ID(item.ID), liked); !liked {
		return gone(err)
	}
	return err
}

// SetBlocked implements smm.Blocker for people who wrote to the channel.
func (d *Driver) SetBlocked(ctx context.Context, channel, author smm.Ref, blocked bool) error {
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	if err := onChannel(channel, author, smm.KindAuthor); err != nil {
		return err
	}
	if blocked {
		return s.Messages.Moderate(ctx, ID(author.ID), BlockUser)
	}
	return gone(s.Messages.Moderate(ctx, ID(author.ID), UnblockUser))
}

// DeleteItem implements smm.Deleter: comments under own posts by both logins, posts
// and reels by FacebookLogin. Private messages cannot be taken back.
func (d *Driver) DeleteItem(ctx context.Context, channel, item smm.Ref) error {
	s, err := d.client(ctx, channel)
	if err != nil {
		return err
	}
	if err := onChannel(channel, item, smm.KindPost, smm.KindComment); err != nil {
		return err
	}
	if item.Kind == smm.KindComment {
		return gone(s.Comments.Delete(ctx, ID(item.ID)))
	}
	return gone(s.Media.Delete(ctx, ID(item.ID)))
}

// ReadProfile implements smm.ProfileReader: the channel itself, and people who wrote
// to it.
func (d *Driver) ReadProfile(ctx context.Context, channel, who smm.Ref) (smm.Profile, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Profile{}, err
	}
	if err := onChannel(channel, who, smm.KindChannel, smm.KindAuthor); err != nil {
		return smm.Profile{}, err
	}
	now := d.cfg.Clock.Now()
	if who.ID != channel.ID {
		u, err := s.Messages.User(ctx, ID(who.ID))
		if err != nil {
			return smm.Profile{}, err
		}
		p := smm.Profile{
			Ref: who, Name: u.Name, Handle: u.Username, URL: profileURL(u.Username), AvatarURL: u.PictureURL, Verified: u.Verified,
		}
		p.Metrics = metricsOf(channel, who, accountCounts, map[string]Count{"followers_count": u.Followers}, []smm.MetricName{smm.MetricFollowers}, now)
		return p, nil
	}
	a, err := s.Account.Get(ctx)
	if err != nil {
		return smm.Profile{}, err
	}
	p := smm.Profile{
		Ref: who, Name: a.Name, Handle: a.Username, Bio: a.Biography, URL: profileURL(a.Username), AvatarURL: a.PictureURL,
		Metrics: levelsOf(channel, who, &a, nil, now), Native: a.Raw,
	}
	if a.Website != "" {
		p.Links = []smm.ProfileLink{{Label: "website", Value: a.Website}}
	}
	return p, nil
}

var (
	_ smm.Driver          = (*Driver)(nil)
	_ smm.Publisher       = (*Driver)(nil)
	_ smm.ChannelLister   = (*Driver)(nil)
	_ smm.Deleter         = (*Driver)(nil)
	_ smm.PostLister      = (*Driver)(nil)
	_ smm.CommentLister   = (*Driver)(nil)
	_ smm.MessageLister   = (*Driver)(nil)
	_ smm.MentionLister   = (*Driver)(nil)
	_ smm.Hider           = (*Driver)(nil)
	_ smm.Liker           = (*Driver)(nil)
	_ smm.Blocker         = (*Driver)(nil)
	_ smm.MetricReader    = (*Driver)(nil)
	_ smm.AudienceReader  = (*Driver)(nil)
	_ smm.ProfileReader   = (*Driver)(nil)
	_ smm.Searcher        = (*Driver)(nil)
	_ smm.TextCounter     = (*Driver)(nil)
	_ smm.MediaProber     = (*Driver)(nil)
	_ smm.PostValidator   = (*Driver)(nil)
	_ smm.Viewer          = (*Driver)(nil)
	_ smm.HealthReader    = (*Driver)(nil)
	_ smm.WebhookReceiver = (*Driver)(nil)
)
