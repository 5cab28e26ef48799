package bluesky

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

func pageOf(r smm.PageRequest) Page { return Page{Cursor: r.Cursor, Limit: r.Limit} }

// window drops what is outside the times asked for. Lists are newest first, so
// that the first item that is too old ends them.
func window[T any](items []T, next string, r smm.PageRequest, at func(T) time.Time) smm.Page[T] {
	out := smm.Page[T]{Next: next}
	for _, v := range items {
		t := at(v)
		if !r.Since.IsZero() && t.Before(r.Since) {
			out.Next = ""
			break
		}
		if r.Until.IsZero() || t.Before(r.Until) {
			out.Items = append(out.Items, v)
		}
	}
	return out
}

// ListChannels implements smm.ChannelLister: the accounts that have a stored
// credential. One that does not answer is listed by its Ref alone, so that it
// does not hide the others.
func (d *Driver) ListChannels(ctx context.Context, _ smm.PageRequest) (smm.Page[smm.Channel], error) {
	refs, err := d.cfg.Credentials.Accounts(ctx, smm.TenantFrom(ctx), Platform)
	if err != nil {
		return smm.Page[smm.Channel]{}, d.fail("channels", smm.Ref{}, err)
	}
	var page smm.Page[smm.Channel]
	for _, ref := range refs {
		ch := smm.Channel{Ref: ref, Name: ref.ID, URL: profileURL(ref.ID)}
		if c, err := d.client(ctx, ref); err == nil {
			if p, err := c.Actor.GetProfile(ctx, ref.ID); err == nil {
				ch.Name, ch.Handle, ch.AvatarURL, ch.Created = p.DisplayName, p.Handle, p.Avatar, parseTime(p.CreatedAt)
				if ch.Name == "" {
					ch.Name = p.Handle
				}
				if hasLabel(p.Labels, p.DID, "bot") {
					ch.AccountType = "bot"
				}
			}
		}
		if err := ctx.Err(); err != nil {
			return page, err
		}
		page.Items = append(page.Items, ch)
	}
	return page, nil
}

// ListPosts implements smm.PostLister: own posts and replies, without reposts.
func (d *Driver) ListPosts(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	feed, err := c.Feed.GetAuthorFeed(ctx, c.DID(), "posts_with_replies", pageOf(r))
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	var posts []smm.PublishedPost
	for _, f := range feed.Feed {
		if !f.Reposted() && f.Post.Author.DID == c.DID() {
			posts = append(posts, d.toPost(channel, f.Post))
		}
	}
	return window(posts, feed.Cursor, r, postTime), nil
}

func postTime(p smm.PublishedPost) time.Time { return p.At }

// GetPost implements smm.PostLister.
func (d *Driver) GetPost(ctx context.Context, channel, post smm.Ref) (smm.PublishedPost, error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	v, err := d.view(ctx, c, post)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	return d.toPost(channel, *v), nil
}

// view reads the post that a Ref names.
func (d *Driver) view(ctx context.Context, c *Client, item smm.Ref) (*PostView, error) {
	u, err := identity.ParseURI(item.ID)
	if err == nil && u.Collection != PostCollection {
		err = fmt.Errorf("%w: %s is no post", smm.ErrInvalid, item)
	}
	if err != nil {
		return nil, d.fail("post", ChannelRef(c.DID()), err)
	}
	return c.Feed.GetPost(ctx, item.ID)
}

// ListTimeline implements smm.TimelineReader. Reposts stand where they were
// reposted and keep the time of the post.
func (d *Driver) ListTimeline(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	feed, err := c.Feed.GetTimeline(ctx, pageOf(r))
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	page := smm.Page[smm.PublishedPost]{Next: feed.Cursor}
	for _, f := range feed.Feed {
		page.Items = append(page.Items, d.toPost(channel, f.Post))
	}
	return page, nil
}

// maxDepth is how deep a thread is read; the lexicon allows 1,000.
const maxDepth = 1000

// ListComments implements smm.CommentLister: the whole thread under a post in
// one page, each answer before what answers it. What is hidden by the threadgate
// is there and marked.
func (d *Driver) ListComments(ctx context.Context, channel, post smm.Ref, _ smm.PageRequest) (smm.Page[smm.Message], error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if _, err := identity.ParseURI(post.ID); err != nil {
		return smm.Page[smm.Message]{}, d.fail("comments", channel, err)
	}
	thread, err := c.Feed.GetPostThread(ctx, post.ID, maxDepth, 0)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	hidden := make(map[string]bool)
	for _, uri := range thread.Threadgate.Hidden() {
		hidden[uri] = true
	}
	var page smm.Page[smm.Message]
	thread.Node.walk(func(v *PostView) {
		m := toMessage(channel, v.Author, v.URI, v.IndexedAt, v.Record, v.Embed, v.Raw)
		m.Conversation, m.Hidden = post.WithKind(smm.KindPost, post.ID), hidden[v.URI]
		page.Items = append(page.Items, m)
	})
	return page, nil
}

// walk visits everything under a node.
func (n *ThreadNode) walk(f func(*PostView)) {
	for i := range n.Replies {
		if r := &n.Replies[i]; r.Post != nil {
			f(r.Post)
		}
		n.Replies[i].walk(f)
	}
}

// mentionReasons are the notifications that are words of others to or about the
// account.
var mentionReasons = []string{"mention", "reply", "quote"}

// ListMentions implements smm.MentionLister.
func (d *Driver) ListMentions(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	list, err := c.Notifications.List(ctx, mentionReasons, pageOf(r))
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	var out []smm.Message
	for _, n := range list.Notifications {
		if n.words() {
			out = append(out, n.message(channel))
		}
	}
	return window(out, list.Cursor, r, func(m smm.Message) time.Time { return m.At }), nil
}

func (n *Notification) words() bool {
	return strings.Contains(n.URI, "/"+PostCollection+"/")
}

func (n *Notification) message(channel smm.Ref) smm.Message {
	m := toMessage(channel, n.Author, n.URI, n.IndexedAt, n.Record, nil, n.Raw)
	m.Conversation = m.Root
	return m
}

// ListConversations implements smm.MessageLister. Requests are included.
func (d *Driver) ListConversations(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Conversation], error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Conversation]{}, err
	}
	list, err := c.Chat.List(ctx, pageOf(r))
	if err != nil {
		return smm.Page[smm.Conversation]{}, err
	}
	var out []smm.Conversation
	for _, v := range list.Convos {
		out = append(out, d.toConversation(channel, v))
	}
	return window(out, list.Cursor, r, func(v smm.Conversation) time.Time { return v.Updated }), nil
}

// ListMessages implements smm.MessageLister. Deleted messages are marked, those
// of the service itself left out.
func (d *Driver) ListMessages(ctx context.Context, channel, conversation smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if conversation.ID == "" {
		return smm.Page[smm.Message]{}, d.fail("messages", channel, fmt.Errorf("%w: no conversation", smm.ErrInvalid))
	}
	list, err := c.Chat.Messages(ctx, conversation.ID, pageOf(r))
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	var out []smm.Message
	for _, v := range list.Messages {
		if !v.System() {
			out = append(out, d.toDirect(channel, conversation.ID, v, nil))
		}
	}
	return window(out, list.Cursor, r, func(m smm.Message) time.Time { return m.At }), nil
}

// SearchPosts implements smm.Searcher. A query needs a text or a hashtag.
func (d *Driver) SearchPosts(ctx context.Context, channel smm.Ref, q smm.SearchQuery, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	s := Search{Query: q.Text, Sort: "latest", Author: q.Author.ID, Lang: q.Language}
	if tag := strings.TrimPrefix(q.Hashtag, "#"); tag != "" {
		s.Tags = []string{tag}
		if s.Query == "" {
			s.Query = "#" + tag
		}
	}
	if strings.TrimSpace(s.Query) == "" {
		return smm.Page[smm.PublishedPost]{}, d.fail("search", channel, fmt.Errorf("%w: a search needs a text or a hashtag", smm.ErrInvalid))
	}
	if !r.Since.IsZero() {
		s.Since = formatTime(r.Since)
	}
	if !r.Until.IsZero() {
		s.Until = formatTime(r.Until)
	}
	found, err := c.Feed.SearchPosts(ctx, s, pageOf(r))
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	page := smm.Page[smm.PublishedPost]{Next: found.Cursor}
	for _, v := range found.Posts {
		page.Items = append(page.Items, d.toPost(channel, v))
	}
	return page, nil
}

var errNotOurs = errors.New("it is not this account's")
