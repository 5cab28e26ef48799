package instagram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

const (
	maxMediaPage   = 100
	maxCommentPage = 50
	// maxReplyPages bounds the answers to one comment that are read with it.
	maxReplyPages = 20
)

func params(r smm.PageRequest, most int) ListParams {
	return ListParams{Limit: min(r.Limit, most), Since: r.Since, Until: r.Until, Cursor: r.Cursor}
}

func (d *Driver) posts(channel smm.Ref, r smm.PageRequest, own bool, p Page[Media]) smm.Page[smm.PublishedPost] {
	items, next := account.Between(r, p.Items, p.Next, func(m *Media) time.Time { return m.Timestamp.Time })
	out := smm.Page[smm.PublishedPost]{Next: next}
	for i := range items {
		if items[i].ID != "" {
			out.Items = append(out.Items, postOf(channel, &items[i], own, d.cfg.Clock.Now()))
		}
	}
	return out
}

// ListPosts implements smm.PostLister: posts and reels, at most the newest 10,000.
// Stories are not in the vendor's list; MediaService.Stories has those on show.
func (d *Driver) ListPosts(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Media.List(ctx, params(r, maxMediaPage))
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	return d.posts(channel, r, true, p), nil
}

// GetPost implements smm.PostLister for own posts and, by a Ref of KindComment, for
// comments under them. The vendor shows no address of a comment: its URL is that of
// the post.
func (d *Driver) GetPost(ctx context.Context, channel, post smm.Ref) (smm.PublishedPost, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	if err := onChannel(channel, post, smm.KindPost, smm.KindComment); err != nil {
		return smm.PublishedPost{}, err
	}
	if post.Kind == smm.KindComment {
		return d.comment(ctx, s, channel, post)
	}
	m, err := s.Media.Get(ctx, ID(post.ID))
	if err != nil {
		return smm.PublishedPost{}, err
	}
	return postOf(channel, &m, true, d.cfg.Clock.Now()), nil
}

func (d *Driver) comment(ctx context.Context, s *session, channel, ref smm.Ref) (smm.PublishedPost, error) {
	self, err := s.own(ctx, d.cfg.Clock.Now())
	if err != nil {
		return smm.PublishedPost{}, err
	}
	c, err := s.Comments.Get(ctx, ID(ref.ID))
	if err != nil {
		return smm.PublishedPost{}, err
	}
	root := smm.Ref{}
	if c.Media != nil && c.Media.ID != "" {
		root = channel.WithKind(smm.KindPost, string(c.Media.ID))
	}
	m := messageOfComment(channel, root, &c, &self)
	return smm.PublishedPost{
		Ref: ref, Channel: channel, Author: m.Author, URL: m.URL, Text: m.Text, Entities: m.Entities, InReplyTo: m.InReplyTo,
		At: m.At, Visibility: smm.VisibilityPublic, Native: m.Native,
	}, nil
}

// ListComments implements smm.CommentLister: comments, newest first, each followed
// by the answers to it.
func (d *Driver) ListComments(ctx context.Context, channel, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	var out smm.Page[smm.Message]
	s, err := d.client(ctx, channel)
	if err != nil {
		return out, err
	}
	if err := onChannel(channel, post, smm.KindPost, smm.KindComment); err != nil {
		return out, err
	}
	self, err := s.own(ctx, d.cfg.Clock.Now())
	if err != nil {
		return out, err
	}
	list := s.Comments.List
	if post.Kind == smm.KindComment {
		list = s.Comments.Replies
	}
	p, err := list(ctx, ID(post.ID), ListParams{Limit: min(r.Limit, maxCommentPage), Cursor: r.Cursor})
	if err != nil {
		return out, err
	}
	out.Next = p.Next
	for i := range p.Items {
		c := &p.Items[i]
		if c.ID == "" {
			continue
		}
		out.Items = append(out.Items, messageOfComment(channel, post, c, &self))
		replies, err := s.repliesOf(ctx, c)
		if err != nil {
			return smm.Page[smm.Message]{}, err
		}
		for j := range replies {
			if replies[j].ParentID == "" {
				replies[j].ParentID = c.ID
			}
			out.Items = append(out.Items, messageOfComment(channel, post, &replies[j], &self))
		}
	}
	return out, nil
}

// repliesOf are the answers to a comment: those that came with it or, if there are
// more, all by a list of their own.
func (s *session) repliesOf(ctx context.Context, c *Comment) ([]Comment, error) {
	if c.Replies.Paging.Next == "" {
		return c.Replies.Data, nil
	}
	var out []Comment
	p := ListParams{Limit: maxCommentPage}
	for range maxReplyPages {
		page, err := s.Comments.Replies(ctx, c.ID, p)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" || page.Next == p.Cursor {
			break
		}
		p = ListParams{Limit: maxCommentPage, Cursor: page.Next}
	}
	return out, nil
}

// ListMentions implements smm.MentionLister: posts of others in which the channel is
// tagged (FacebookLogin). Mentions in words come by webhook alone.
func (d *Driver) ListMentions(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	var out smm.Page[smm.Message]
	s, err := d.client(ctx, channel)
	if err != nil {
		return out, err
	}
	p, err := s.Media.Tagged(ctx, params(r, maxMediaPage))
	if err != nil {
		return out, err
	}
	items, next := account.Between(r, p.Items, p.Next, func(m *Media) time.Time { return m.Timestamp.Time })
	out.Next = next
	for i := range items {
		if items[i].ID != "" {
			out.Items = append(out.Items, mentionOf(channel, &items[i]))
		}
	}
	return out, nil
}

// mentionOf makes a message of somebody's media. Who it was is told by name alone,
// which so serves as the id of the author.
func mentionOf(channel smm.Ref, m *Media) smm.Message {
	ref := channel.WithKind(smm.KindPost, string(m.ID))
	id := ID(m.Username)
	if m.Owner != nil && m.Owner.ID != "" {
		id = m.Owner.ID
	}
	return smm.Message{
		Ref: ref, Channel: channel, Root: ref, Conversation: ref, Author: authorOf(channel, id, m.Username), Text: smm.Untrusted(m.Caption),
		Entities: entitiesOf(m.Caption), Attachments: m.attachments(), At: m.Timestamp.Time, URL: m.Permalink, Native: m.Raw,
	}
}

// SearchPosts implements smm.Searcher for one hashtag (FacebookLogin): the posts of
// the last 24 hours, whose authors are not told. The vendor allows an account 30
// different hashtags in 7 days. Nothing else can be searched.
func (d *Driver) SearchPosts(ctx context.Context, channel smm.Ref, q smm.SearchQuery, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	if q.Hashtag == "" || q.Text != "" || !q.Author.IsZero() || q.Language != "" {
		return smm.Page[smm.PublishedPost]{}, failed("search", channel, fmt.Errorf("%w: search for one hashtag and nothing else", smm.ErrUnsupported))
	}
	tag, err := s.Hashtags.Find(ctx, q.Hashtag)
	if errors.Is(err, smm.ErrNotFound) {
		return smm.Page[smm.PublishedPost]{}, nil
	}
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Hashtags.Recent(ctx, tag, ListParams{Limit: min(r.Limit, maxCommentPage), Cursor: r.Cursor})
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	return d.posts(channel, r, false, p), nil
}
