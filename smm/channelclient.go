package smm

import (
	"context"
)

// ChannelClient is the front of one channel. Every method can fail with an
// error that matches ErrUnsupported where the platform has no such thing;
// writes are checked against Capabilities before anything is sent.
type ChannelClient struct {
	c   *Client
	ref Ref
}

// Ref returns the channel.
func (cc *ChannelClient) Ref() Ref { return cc.ref }

// As returns the vendor's own client for the channel, for everything that the
// portable surface lacks:
//
//	if m, ok := smm.As[*mastodon.Client](ctx, ch); ok { ... }
func As[T any](ctx context.Context, cc *ChannelClient) (T, bool) {
	var t T
	v, err := driverAs[Viewer](cc.c, cc.ref, "as")
	if err != nil {
		return t, false
	}
	return t, v.ViewAs(ContextWithTenant(ctx, cc.c.tenant), cc.ref, &t)
}

// Capabilities says what the channel may do now. The answer may be some
// minutes old; RefreshCapabilities asks the platform.
func (cc *ChannelClient) Capabilities(ctx context.Context) (Capabilities, error) {
	return cc.c.capabilities(ctx, cc.ref, false)
}

// RefreshCapabilities asks the platform what the channel may do now.
func (cc *ChannelClient) RefreshCapabilities(ctx context.Context) (Capabilities, error) {
	return cc.c.capabilities(ctx, cc.ref, true)
}

// Publish publishes to this channel alone; see Client.Publish. The error is
// that of the result.
func (cc *ChannelClient) Publish(ctx context.Context, p *Post, opts *PublishOptions) (Result, error) {
	rs, err := cc.c.Publish(ctx, p, []Ref{cc.ref}, opts)
	if err != nil {
		return Result{Channel: cc.ref, Err: err}, err
	}
	return rs[0], rs[0].Err
}

// Reply answers a post, comment, conversation or review. It is Publish with
// p.ReplyTo set.
func (cc *ChannelClient) Reply(ctx context.Context, to Ref, p *Post, opts *PublishOptions) (Result, error) {
	q := *p
	q.ReplyTo = to
	return cc.Publish(ctx, &q, opts)
}

// Validate reports everything that is wrong with p on this channel; see
// Client.Validate.
func (cc *ChannelClient) Validate(ctx context.Context, p *Post) (Findings, error) {
	return cc.c.Validate(ctx, p, []Ref{cc.ref})
}

// write calls the driver's interface T for a capability that must be granted.
func write[T any](ctx context.Context, cc *ChannelClient, x Capability, f func(context.Context, T) error) error {
	t, err := driverAs[T](cc.c, cc.ref, string(x))
	if err != nil {
		return err
	}
	caps, err := cc.Capabilities(ctx)
	if err != nil {
		return err
	}
	if err := caps.Err(x); err != nil {
		return &Error{Op: string(x), Platform: cc.ref.Platform, Channel: cc.ref, Outcome: OutcomeNotSent, Err: err}
	}
	call := Call{Op: string(x), Tenant: cc.c.tenant, Channel: cc.ref}
	return cc.c.callOp(ctx, call, func(ctx context.Context) error { return f(ctx, t) })
}

// read calls the driver's interface T. Reads are not checked ahead: the
// platform's own answer is fresher than any capability.
func read[T, V any](ctx context.Context, cc *ChannelClient, x Capability, f func(context.Context, T) (V, error)) (v V, err error) {
	t, err := driverAs[T](cc.c, cc.ref, string(x))
	if err != nil {
		return v, err
	}
	call := Call{Op: string(x), Tenant: cc.c.tenant, Channel: cc.ref}
	err = cc.c.callOp(ctx, call, func(ctx context.Context) (err error) {
		v, err = f(ctx, t)
		return err
	})
	return v, err
}

func list[T, V any](cc *ChannelClient, x Capability, opts *ListOptions, f func(context.Context, T, PageRequest) (Page[V], error)) *List[V] {
	if _, err := driverAs[T](cc.c, cc.ref, string(x)); err != nil {
		return failedList[V](err)
	}
	return NewList(func(ctx context.Context, r PageRequest) (Page[V], error) {
		return read(ctx, cc, x, func(ctx context.Context, t T) (Page[V], error) { return f(ctx, t, r) })
	}, opts)
}

// Posts lists the channel's own posts, newest first.
func (cc *ChannelClient) Posts(opts *ListOptions) *List[PublishedPost] {
	return list(cc, CapListPosts, opts, func(ctx context.Context, t PostLister, r PageRequest) (Page[PublishedPost], error) {
		return t.ListPosts(ctx, cc.ref, r)
	})
}

// Post reads one post as it stands.
func (cc *ChannelClient) Post(ctx context.Context, post Ref) (PublishedPost, error) {
	return read(ctx, cc, CapListPosts, func(ctx context.Context, t PostLister) (PublishedPost, error) {
		return t.GetPost(ctx, cc.ref, post)
	})
}

// Timeline lists what the channel sees of those it follows.
func (cc *ChannelClient) Timeline(opts *ListOptions) *List[PublishedPost] {
	return list(cc, CapTimeline, opts, func(ctx context.Context, t TimelineReader, r PageRequest) (Page[PublishedPost], error) {
		return t.ListTimeline(ctx, cc.ref, r)
	})
}

// Comments lists everything said under a post.
func (cc *ChannelClient) Comments(post Ref, opts *ListOptions) *List[Message] {
	return list(cc, CapListComments, opts, func(ctx context.Context, t CommentLister, r PageRequest) (Page[Message], error) {
		return t.ListComments(ctx, cc.ref, post, r)
	})
}

// Conversations lists the private conversations, most recently active first.
func (cc *ChannelClient) Conversations(opts *ListOptions) *List[Conversation] {
	return list(cc, CapListMessages, opts, func(ctx context.Context, t MessageLister, r PageRequest) (Page[Conversation], error) {
		return t.ListConversations(ctx, cc.ref, r)
	})
}

// Messages lists the messages of a private conversation, newest first.
func (cc *ChannelClient) Messages(conversation Ref, opts *ListOptions) *List[Message] {
	return list(cc, CapListMessages, opts, func(ctx context.Context, t MessageLister, r PageRequest) (Page[Message], error) {
		return t.ListMessages(ctx, cc.ref, conversation, r)
	})
}

// Mentions lists public items of others that name or answer the channel.
func (cc *ChannelClient) Mentions(opts *ListOptions) *List[Message] {
	return list(cc, CapListMentions, opts, func(ctx context.Context, t MentionLister, r PageRequest) (Page[Message], error) {
		return t.ListMentions(ctx, cc.ref, r)
	})
}

// Reviews lists the reviews, newest first.
func (cc *ChannelClient) Reviews(opts *ListOptions) *List[Review] {
	return list(cc, CapListReviews, opts, func(ctx context.Context, t ReviewLister, r PageRequest) (Page[Review], error) {
		return t.ListReviews(ctx, cc.ref, r)
	})
}

// Search finds public posts.
func (cc *ChannelClient) Search(q SearchQuery, opts *ListOptions) *List[PublishedPost] {
	return list(cc, CapSearch, opts, func(ctx context.Context, t Searcher, r PageRequest) (Page[PublishedPost], error) {
		return t.SearchPosts(ctx, cc.ref, q, r)
	})
}

// Metrics reads numbers about posts or the channel.
func (cc *ChannelClient) Metrics(ctx context.Context, r MetricRequest) ([]Metric, error) {
	return read(ctx, cc, CapPostMetrics, func(ctx context.Context, t MetricReader) ([]Metric, error) {
		return t.ReadMetrics(ctx, cc.ref, r)
	})
}

// Audience reads who follows or saw the channel.
func (cc *ChannelClient) Audience(ctx context.Context, w Window) ([]Metric, error) {
	return read(ctx, cc, CapAudience, func(ctx context.Context, t AudienceReader) ([]Metric, error) {
		return t.ReadAudience(ctx, cc.ref, w)
	})
}

// Profile reads how an account presents itself; the zero Ref is the channel.
func (cc *ChannelClient) Profile(ctx context.Context, who Ref) (Profile, error) {
	if who.IsZero() {
		who = cc.ref
	}
	return read(ctx, cc, CapProfile, func(ctx context.Context, t ProfileReader) (Profile, error) {
		return t.ReadProfile(ctx, cc.ref, who)
	})
}

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
