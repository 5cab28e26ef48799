package smm

import "context"

// Edit changes a published post in place. The new text is validated first.
func (cc *ChannelClient) Edit(ctx context.Context, post Ref, p *Post) error {
	findings, err := cc.Validate(ctx, p)
	if err != nil {
		return err
	}
	if err := findings.Err(); err != nil {
		return err
	}
	q := p.For(cc.ref.Platform)
	return write(ctx, cc, CapEdit, func(ctx context.Context, t Editor) error {
		return t.EditPost(ctx, cc.ref, post, &q)
	})
}

// Delete removes an own post, comment or message. What is gone already counts
// as deleted.
func (cc *ChannelClient) Delete(ctx context.Context, item Ref) error {
	return write(ctx, cc, CapDelete, func(ctx context.Context, t Deleter) error {
		return t.DeleteItem(ctx, cc.ref, item)
	})
}

// DeleteComment removes what somebody wrote under an own post.
func (cc *ChannelClient) DeleteComment(ctx context.Context, comment Ref) error {
	return write(ctx, cc, CapDeleteComment, func(ctx context.Context, t Deleter) error {
		return t.DeleteItem(ctx, cc.ref, comment)
	})
}

// Hide hides a comment from the public; Unhide shows it again.
func (cc *ChannelClient) Hide(ctx context.Context, comment Ref) error {
	return cc.setHidden(ctx, comment, true)
}

// Unhide shows a hidden comment again.
func (cc *ChannelClient) Unhide(ctx context.Context, comment Ref) error {
	return cc.setHidden(ctx, comment, false)
}

func (cc *ChannelClient) setHidden(ctx context.Context, comment Ref, on bool) error {
	return write(ctx, cc, CapHide, func(ctx context.Context, t Hider) error {
		return t.SetHidden(ctx, cc.ref, comment, on)
	})
}

// SetLiked likes an item, or takes the like back.
func (cc *ChannelClient) SetLiked(ctx context.Context, item Ref, on bool) error {
	return write(ctx, cc, CapLike, func(ctx context.Context, t Liker) error {
		return t.SetLiked(ctx, cc.ref, item, on)
	})
}

// SetReposted shares an item unchanged, or takes that back.
func (cc *ChannelClient) SetReposted(ctx context.Context, item Ref, on bool) error {
	return write(ctx, cc, CapRepost, func(ctx context.Context, t Reposter) error {
		return t.SetReposted(ctx, cc.ref, item, on)
	})
}

// SetFollowing follows an account, or stops.
func (cc *ChannelClient) SetFollowing(ctx context.Context, author Ref, on bool) error {
	return write(ctx, cc, CapFollow, func(ctx context.Context, t Follower) error {
		return t.SetFollowing(ctx, cc.ref, author, on)
	})
}

// SetBlocked blocks or bans an account, or lets it again.
func (cc *ChannelClient) SetBlocked(ctx context.Context, author Ref, on bool) error {
	return write(ctx, cc, CapBlock, func(ctx context.Context, t Blocker) error {
		return t.SetBlocked(ctx, cc.ref, author, on)
	})
}

// SetMuted hides an account's items from the channel's own view, or shows them
// again.
func (cc *ChannelClient) SetMuted(ctx context.Context, author Ref, on bool) error {
	return write(ctx, cc, CapMute, func(ctx context.Context, t Muter) error {
		return t.SetMuted(ctx, cc.ref, author, on)
	})
}

// Report reports an item or account to the platform's moderators.
func (cc *ChannelClient) Report(ctx context.Context, item Ref, r Report) error {
	return write(ctx, cc, CapReport, func(ctx context.Context, t Reporter) error {
		return t.ReportItem(ctx, cc.ref, item, r)
	})
}

// EditProfile changes the channel's own profile.
func (cc *ChannelClient) EditProfile(ctx context.Context, e ProfileEdit) error {
	return write(ctx, cc, CapEditProfile, func(ctx context.Context, t ProfileEditor) error {
		return t.EditProfile(ctx, cc.ref, e)
	})
}
