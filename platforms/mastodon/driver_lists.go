package mastodon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// maxPage is the largest page of statuses that servers give.
const maxPage = 40

func params(r smm.PageRequest) ListParams {
	return ListParams{Limit: min(r.Limit, maxPage), Cursor: r.Cursor}
}

// onChannel checks that item lives on the channel's server: an id of one
// server means something else on another.
func onChannel(channel, item smm.Ref, kinds ...smm.Kind) error {
	if item.Platform != Platform || item.Space != channel.Space || item.ID == "" || !slices.Contains(kinds, item.Kind) {
		return &smm.Error{
			Op: "ref", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent,
			Err: fmt.Errorf("%w: %s is not one of %v on %s", smm.ErrInvalid, item, kinds, channel.Space),
		}
	}
	return nil
}

// statusKinds are the kinds of Refs that name a status.
var statusKinds = []smm.Kind{smm.KindPost, smm.KindComment, smm.KindMessage}

func (d *Driver) posts(channel smm.Ref, r smm.PageRequest, p Page[Status]) smm.Page[smm.PublishedPost] {
	items, next := account.Between(r, p.Items, p.Next, func(s *Status) time.Time { return s.CreatedAt.Time })
	out := smm.Page[smm.PublishedPost]{Next: next}
	for i := range items {
		if items[i].ID != "" {
			out.Items = append(out.Items, postOf(channel, &items[i], d.cfg.Clock.Now()))
		}
	}
	return out
}

// ListPosts implements smm.PostLister: own statuses without boosts; replies and
// private messages are not posts and are left out.
func (d *Driver) ListPosts(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Accounts.Statuses(ctx, ID(channel.ID), StatusFilter{ExcludeReblogs: true}, params(r))
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p.Items = slices.DeleteFunc(p.Items, func(st Status) bool {
		foreign := st.InReplyToID != "" && string(st.InReplyToAccountID) != channel.ID
		return foreign || st.Visibility == Direct
	})
	return d.posts(channel, r, p), nil
}

// GetPost implements smm.PostLister.
func (d *Driver) GetPost(ctx context.Context, channel, post smm.Ref) (smm.PublishedPost, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	if err := onChannel(channel, post, statusKinds...); err != nil {
		return smm.PublishedPost{}, err
	}
	st, err := s.Statuses.Get(ctx, ID(post.ID))
	if err != nil {
		return smm.PublishedPost{}, err
	}
	p := postOf(channel, &st, d.cfg.Clock.Now())
	p.Ref = post // a comment or message stays what the caller knows it as
	return p, nil
}

// ListTimeline implements smm.TimelineReader: the home timeline, boosts
// included.
func (d *Driver) ListTimeline(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Timelines.Home(ctx, params(r))
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	return d.posts(channel, r, p), nil
}

// ListComments implements smm.CommentLister: all public answers that the server
// knows, at most 4,096, in its order. Direct answers are private messages and
// not among them.
func (d *Driver) ListComments(ctx context.Context, channel, post smm.Ref, _ smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if err := onChannel(channel, post, smm.KindPost, smm.KindComment); err != nil {
		return smm.Page[smm.Message]{}, err
	}
	thread, err := s.Statuses.Context(ctx, ID(post.ID))
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	root := post.WithKind(smm.KindPost, post.ID)
	if len(thread.Ancestors) > 0 && thread.Ancestors[0].ID != "" {
		root.ID = string(thread.Ancestors[0].ID)
	}
	var out smm.Page[smm.Message]
	for i := range thread.Descendants {
		st := &thread.Descendants[i]
		if st.ID == "" || st.Visibility == Direct {
			continue
		}
		m := messageOf(channel, smm.KindComment, st)
		m.Root = root
		if m.InReplyTo.ID != root.ID {
			m.InReplyTo.Kind = smm.KindComment
		}
		out.Items = append(out.Items, m)
	}
	return out, nil
}

// ListMentions implements smm.MentionLister. Direct statuses are private
// messages and not among them.
func (d *Driver) ListMentions(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	p, err := s.Notifications.List(ctx, NotificationFilter{Types: []string{"mention", "quote"}}, params(r))
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	items, next := account.Between(r, p.Items, p.Next, func(n *Notification) time.Time { return n.CreatedAt.Time })
	out := smm.Page[smm.Message]{Next: next}
	for i := range items {
		if m, ok := mentionOf(channel, &items[i]); ok && m.Ref.Kind != smm.KindMessage {
			out.Items = append(out.Items, m)
		}
	}
	return out, nil
}

// mentionOf converts the notification of a mention or quote. An answer is a
// comment, a direct status a message, the rest a post that names the channel.
func mentionOf(channel smm.Ref, n *Notification) (smm.Message, bool) {
	st := n.Status
	if st == nil || st.ID == "" || (n.Type != "mention" && n.Type != "quote") {
		return smm.Message{}, false
	}
	kind := smm.KindPost
	switch {
	case st.Visibility == Direct:
		kind = smm.KindMessage
	case st.InReplyToID != "":
		kind = smm.KindComment
	}
	return messageOf(channel, kind, st), true
}

// ListConversations implements smm.MessageLister.
func (d *Driver) ListConversations(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Conversation], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Conversation]{}, err
	}
	p, err := s.Conversations.List(ctx, params(r))
	if err != nil {
		return smm.Page[smm.Conversation]{}, unsupported(err)
	}
	out := smm.Page[smm.Conversation]{Next: p.Next}
	for i := range p.Items {
		if p.Items[i].ID != "" {
			out.Items = append(out.Items, conversationOf(channel, &p.Items[i]))
		}
	}
	return out, nil
}

func conversationOf(channel smm.Ref, c *Conversation) smm.Conversation {
	out := smm.Conversation{
		Ref: channel.WithKind(smm.KindConversation, string(c.ID)), Channel: channel, Kind: smm.ConversationDirect, Unread: bool(c.Unread),
	}
	for i := range c.Accounts {
		out.Participants = append(out.Participants, authorOf(channel, &c.Accounts[i]))
	}
	if st := c.LastStatus; st != nil && st.ID != "" {
		m := messageOf(channel, smm.KindMessage, st)
		m.Conversation = out.Ref
		out.Last, out.Updated = &m, st.CreatedAt.Time
	}
	return out
}

// unsupported turns "not found" about a whole list, which means that the server
// does not have the method, into smm.ErrUnsupported.
func unsupported(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok || !errors.Is(err, smm.ErrNotFound) {
		return err
	}
	out := *e
	out.Err = fmt.Errorf("%w by this server", smm.ErrUnsupported)
	return &out
}

// maxConversationPages bounds the search for one conversation, of which servers
// have no method of its own: 40 pages of 40.
const maxConversationPages = 40

// conversation finds a conversation by its id.
func (d *Driver) conversation(ctx context.Context, s *session, id ID) (*Conversation, error) {
	p := ListParams{Limit: maxPage}
	seen := make(map[string]bool)
	for range maxConversationPages {
		page, err := s.Conversations.List(ctx, p)
		if err != nil {
			return nil, unsupported(err)
		}
		for i := range page.Items {
			if page.Items[i].ID == id {
				return &page.Items[i], nil
			}
		}
		if page.Next == "" || seen[page.Next] {
			break
		}
		seen[page.Next] = true
		p = ListParams{Cursor: page.Next}
	}
	return nil, &smm.Error{Op: "conversations.list", Platform: Platform, Err: fmt.Errorf("%w: no conversation %s", smm.ErrNotFound, id)}
}

// ListMessages implements smm.MessageLister. A conversation whose last status
// was deleted has no way in and comes back empty.
func (d *Driver) ListMessages(ctx context.Context, channel, conversation smm.Ref, _ smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if err := onChannel(channel, conversation, smm.KindConversation); err != nil {
		return smm.Page[smm.Message]{}, err
	}
	c, err := d.conversation(ctx, s, ID(conversation.ID))
	if err != nil || c.LastStatus == nil {
		return smm.Page[smm.Message]{}, err
	}
	thread, err := s.Statuses.Context(ctx, c.LastStatus.ID)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	all := slices.Concat(thread.Ancestors, List[Status]{*c.LastStatus}, thread.Descendants)
	slices.SortStableFunc(all, func(a, b Status) int { return b.CreatedAt.Compare(a.CreatedAt.Time) })
	var out smm.Page[smm.Message]
	for i := range all {
		if all[i].ID == "" || all[i].Visibility != Direct {
			continue
		}
		m := messageOf(channel, smm.KindMessage, &all[i])
		m.Conversation = conversation
		out.Items = append(out.Items, m)
	}
	return out, nil
}

// SearchPosts implements smm.Searcher. A hashtag reads its timeline, an author
// alone their statuses; a text is searched where the server has full-text
// search and finds nothing elsewhere. A language, or a hashtag with something
// else, is not supported.
func (d *Driver) SearchPosts(ctx context.Context, channel smm.Ref, q smm.SearchQuery, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	var author ID
	if !q.Author.IsZero() {
		if err := onChannel(channel, q.Author, smm.KindAuthor, smm.KindChannel); err != nil {
			return smm.Page[smm.PublishedPost]{}, err
		}
		author = ID(q.Author.ID)
	}
	var p Page[Status]
	switch {
	case q.Language != "", q.Hashtag != "" && (q.Text != "" || author != ""), q.Text == "" && q.Hashtag == "" && author == "":
		return smm.Page[smm.PublishedPost]{}, &smm.Error{
			Op: "search", Platform: Platform, Channel: channel,
			Err: fmt.Errorf("%w: search for a text, also of one author, for one hashtag, or for an author", smm.ErrUnsupported),
		}
	case q.Hashtag != "":
		p, err = s.Timelines.Tag(ctx, q.Hashtag, params(r))
	case q.Text == "":
		p, err = s.Accounts.Statuses(ctx, author, StatusFilter{ExcludeReblogs: true}, params(r))
	default:
		p, err = searchPage(ctx, s, q.Text, author, r)
	}
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	return d.posts(channel, r, p), nil
}

// searchPage pages by offset, as the method has no Link header.
func searchPage(ctx context.Context, s *session, text string, author ID, r smm.PageRequest) (Page[Status], error) {
	offset, limit := 0, maxPage
	if r.Limit > 0 {
		limit = min(r.Limit, maxPage)
	}
	if r.Cursor != "" {
		v, err := url.ParseQuery(r.Cursor)
		if err == nil {
			offset, err = strconv.Atoi(v.Get("offset"))
		}
		if err != nil || offset < 0 {
			return Page[Status]{}, fmt.Errorf("%w: mastodon: cursor is not one of a search", smm.ErrInvalid)
		}
	}
	found, err := s.Timelines.Search(ctx, SearchParams{Query: text, Type: "statuses", AccountID: author, Limit: limit, Offset: offset})
	if err != nil {
		return Page[Status]{}, err
	}
	p := Page[Status]{Items: found.Statuses}
	if len(found.Statuses) >= limit {
		p.Next = url.Values{"offset": {strconv.Itoa(offset + limit)}}.Encode()
	}
	return p, nil
}

// StreamEvents implements smm.EventStreamer over the user stream.
func (d *Driver) StreamEvents(ctx context.Context, channel smm.Ref) iter.Seq2[smm.Event, error] {
	return func(yield func(smm.Event, error) bool) {
		s, err := d.client(ctx, channel)
		if err != nil {
			yield(smm.Event{}, err)
			return
		}
		in, err := d.instance(ctx, s)
		if err != nil {
			yield(smm.Event{}, err)
			return
		}
		for e, err := range s.Streaming.Stream(ctx, in.StreamingURL(s.Server()), "user", nil) {
			if err != nil {
				yield(smm.Event{}, err)
				return
			}
			if !yield(eventOf(channel, e, d.cfg.Clock.Now()), nil) {
				return
			}
		}
	}
}
