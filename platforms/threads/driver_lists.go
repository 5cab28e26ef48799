package threads

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// params carries a page of the front over. Times go along, and are looked at
// once more by between, since not every edge is documented to heed them.
func params(r smm.PageRequest) ListParams {
	return ListParams{Limit: min(r.Limit, maxPage), Cursor: r.Cursor, Since: r.Since, Until: r.Until}
}

// onChannel checks that item is one of this platform.
func onChannel(channel, item smm.Ref, kinds ...smm.Kind) error {
	if item.Platform != Platform || item.Space != "" || item.ID == "" || !slices.Contains(kinds, item.Kind) {
		return refused("ref", channel, fmt.Errorf("%w: %s is not one of %v of Threads", smm.ErrInvalid, item, kinds))
	}
	return nil
}

// postKinds are the kinds of Refs that name a post or reply.
var postKinds = []smm.Kind{smm.KindPost, smm.KindComment}

// onPost checks the Refs and gives the vendor client.
func (d *Driver) onPost(ctx context.Context, channel, item smm.Ref) (*session, error) {
	if err := onChannel(channel, item, postKinds...); err != nil {
		return nil, err
	}
	return d.client(ctx, channel)
}

func between(r smm.PageRequest, p Page[Post]) Page[Post] {
	p.Items, p.Next = account.Between(r, p.Items, p.Next, func(v *Post) time.Time { return v.Timestamp.Time })
	return p
}

func posts(channel smm.Ref, p Page[Post]) smm.Page[smm.PublishedPost] {
	out := smm.Page[smm.PublishedPost]{Next: p.Next}
	for i := range p.Items {
		if p.Items[i].ID != "" {
			out.Items = append(out.Items, postOf(channel, &p.Items[i]))
		}
	}
	return out
}

func messages(channel smm.Ref, kind func(*Post) smm.Kind, p Page[Post]) smm.Page[smm.Message] {
	out := smm.Page[smm.Message]{Next: p.Next}
	for i := range p.Items {
		if v := &p.Items[i]; v.ID != "" {
			out.Items = append(out.Items, messageOf(channel, kind(v), v))
		}
	}
	return out
}

// ListPosts implements smm.PostLister: own posts without replies and reposts.
func (d *Driver) ListPosts(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Posts.List(ctx, params(r))
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p.Items = slices.DeleteFunc(p.Items, func(v Post) bool { return v.Type == MediaRepost || bool(v.IsReply) })
	return posts(channel, between(r, p)), nil
}

// GetPost implements smm.PostLister. The media of a carousel take a request each.
func (d *Driver) GetPost(ctx context.Context, channel, post smm.Ref) (smm.PublishedPost, error) {
	s, err := d.onPost(ctx, channel, post)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	p, err := s.Posts.Get(ctx, ID(post.ID))
	if err != nil {
		return smm.PublishedPost{}, err
	}
	out := postOf(channel, &p)
	out.Ref = post // a comment stays what the caller knows it as
	if p.Type != MediaAlbum {
		return out, nil
	}
	for i, child := range p.Children[:min(len(p.Children), MaxCarousel)] {
		c, err := s.Posts.Get(ctx, child.ID, "id", "media_type", "media_url", "alt_text")
		if err != nil {
			return smm.PublishedPost{}, err
		}
		if a := attachmentsOf(&c); len(a) == 1 {
			out.Attachments[i] = a[0]
		}
	}
	return out, nil
}

// ListComments implements smm.CommentLister: all replies at every depth, the
// oldest first. Those that wait for approval are not among them.
func (d *Driver) ListComments(ctx context.Context, channel, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.onPost(ctx, channel, post)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	p, err := s.Replies.Conversation(ctx, ID(post.ID), false, ListParams{Limit: min(r.Limit, maxPage), Cursor: r.Cursor})
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	return messages(channel, func(*Post) smm.Kind { return smm.KindComment }, p), nil
}

// ListMentions implements smm.MentionLister: what names the channel. Answers that
// do not name it are comments, which ListComments has post by post: no edge lists
// them all.
func (d *Driver) ListMentions(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	p, err := s.Posts.Mentions(ctx, params(r))
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	return messages(channel, mentionKind, between(r, p)), nil
}

func mentionKind(p *Post) smm.Kind {
	if bool(p.IsReply) || p.RepliedTo.ID != "" {
		return smm.KindComment
	}
	return smm.KindPost
}

// SearchPosts implements smm.Searcher. Hashtag searches a topic. An author alone
// lists what they posted. A language is not supported.
func (d *Driver) SearchPosts(ctx context.Context, channel smm.Ref, q smm.SearchQuery, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	author := ""
	if !q.Author.IsZero() {
		if err := onChannel(channel, q.Author, smm.KindAuthor); err != nil {
			return smm.Page[smm.PublishedPost]{}, err
		}
		author = q.Author.ID
	}
	if q.Language != "" || q.Text != "" && q.Hashtag != "" || q == (smm.SearchQuery{}) {
		return smm.Page[smm.PublishedPost]{}, refused("keyword_search", channel,
			fmt.Errorf("%w: search for a text or a hashtag, also of one author, or for an author", smm.ErrUnsupported))
	}
	var p Page[Post]
	switch {
	case q.Hashtag != "":
		p, err = s.Search.Keyword(ctx, KeywordQuery{Text: q.Hashtag, Tag: true, Recent: true, Author: author}, params(r))
	case q.Text != "":
		p, err = s.Search.Keyword(ctx, KeywordQuery{Text: q.Text, Recent: true, Author: author}, params(r))
	default:
		p, err = s.Profiles.Posts(ctx, author, params(r))
	}
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	return posts(channel, between(r, p)), nil
}

// ReadProfile implements smm.ProfileReader. An author is read by the user name
// that its Ref holds.
func (d *Driver) ReadProfile(ctx context.Context, channel, who smm.Ref) (smm.Profile, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Profile{}, err
	}
	if who.IsZero() {
		who = channel
	}
	if err := onChannel(channel, who, smm.KindChannel, smm.KindAuthor); err != nil {
		return smm.Profile{}, err
	}
	if who.ID == channel.ID {
		u, err := s.Profiles.Me(ctx)
		if err != nil {
			return smm.Profile{}, err
		}
		c := channelOf(&u)
		return smm.Profile{
			Ref: who, Name: c.Name, Handle: c.Handle, Bio: string(u.Biography), URL: c.URL, AvatarURL: c.AvatarURL,
			Verified: bool(u.Verified), Native: u.Raw,
		}, nil
	}
	p, err := s.Profiles.Lookup(ctx, who.ID)
	if err != nil {
		return smm.Profile{}, err
	}
	out := smm.Profile{
		Ref: who, Name: string(p.Name), Handle: string(p.Username), Bio: string(p.Biography), URL: profileURL(p.Username),
		AvatarURL: string(p.PictureURL), Verified: bool(p.Verified), Native: p.Raw,
	}
	if out.Name == "" {
		out.Name = out.Handle
	}
	now := d.cfg.Clock.Now()
	m := smm.Metric{
		Name: smm.MetricFollowers, Native: smm.NativeMetric{Name: "follower_count"}, Subject: who, Channel: channel, Unit: smm.UnitCount,
		Window: smm.Window{To: now}, AsOf: now,
	}
	if p.Followers.Known {
		m.Value, m.State = p.Followers.Value, smm.Counted(p.Followers.Value)
	}
	out.Metrics = []smm.Metric{m}
	return out, nil
}
