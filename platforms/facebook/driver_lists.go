package facebook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// params asks for a page. The vendor gives at most MaxPage at a time.
func params(r smm.PageRequest) ListParams {
	return ListParams{Limit: min(r.Limit, MaxPage), Cursor: r.Cursor}
}

// onChannel checks a Ref to something that the Page deals with.
func onChannel(channel, item smm.Ref, kinds ...smm.Kind) error {
	if item.Platform != Platform || item.Space != "" || !validID(item.ID) || !slices.Contains(kinds, item.Kind) {
		return &smm.Error{
			Op: "ref", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent,
			Err: fmt.Errorf("%w: %s is not one of %v on Facebook", smm.ErrInvalid, item, kinds),
		}
	}
	return nil
}

// isVideo tells the id of a video, reel or photo from that of a post, which has
// the Page's in front.
func isVideo(id string) bool { return !strings.Contains(id, "_") }

// merge reads two lists, both from the newest item on, as one.
type merge[T any] struct {
	lists [2]func(context.Context, ListParams) (List[T], error)
	key   func(*T) (time.Time, string) // when it was, and an id that is its own
}

// place is where each list goes on: at a page of the vendor's, after so many of
// its items.
type place struct {
	Cursor [2]string `json:"c"`
	Skip   [2]int    `json:"s"`
	End    [2]bool   `json:"e"`
}

const (
	defaultPage   = 25
	maxEmptyPages = 10 // in a row: a page without items is not the end
)

func decodePlace(cursor string) (place, error) {
	var p place
	if cursor == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(b, &p) != nil || p.Skip[0] < 0 || p.Skip[1] < 0 || p.Skip[0] > MaxPage || p.Skip[1] > MaxPage {
		return p, refuse("cursor", fmt.Errorf("%w: facebook: the cursor is none of this list", smm.ErrInvalid))
	}
	return p, nil
}

func (p *place) encode() string {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // three arrays cannot fail
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// read gives the next items and where to go on, "" at the end of both lists.
func (m *merge[T]) read(ctx context.Context, r smm.PageRequest) ([]T, string, error) {
	at, err := decodePlace(r.Cursor)
	if err != nil {
		return nil, "", err
	}
	limit := defaultPage
	if r.Limit > 0 {
		limit = min(r.Limit, MaxPage)
	}
	var pages [2]List[T]
	for i := range pages {
		if err := m.fetch(ctx, i, limit, &at, &pages[i]); err != nil {
			return nil, "", err
		}
	}
	var out []T
	for len(out) < limit {
		i := m.pick(&at, &pages)
		if i < 0 {
			break
		}
		out = append(out, pages[i].Items[at.Skip[i]])
		m.advance(i, &at, &pages[i])
		if at.Skip[i] == 0 && !at.End[i] {
			break // its page is used up, and what comes next is not known
		}
	}
	if at.End[0] && at.End[1] {
		return out, "", nil
	}
	return out, at.encode(), nil
}

// fetch reads the page at which a list goes on.
func (m *merge[T]) fetch(ctx context.Context, i, limit int, at *place, into *List[T]) error {
	for range maxEmptyPages {
		if at.End[i] {
			return nil
		}
		l, err := m.lists[i](ctx, ListParams{Limit: min(limit+at.Skip[i], MaxPage), Cursor: at.Cursor[i]})
		if err != nil {
			return err
		}
		if len(l.Items) > at.Skip[i] {
			*into = l
			return nil
		}
		at.Cursor[i], at.Skip[i], at.End[i] = l.Next, 0, l.Next == ""
	}
	at.End[i] = true
	return nil
}

// pick says which list has the newer head, -1 if none has any.
func (m *merge[T]) pick(at *place, pages *[2]List[T]) int {
	heads := [2]bool{!at.End[0] && at.Skip[0] < len(pages[0].Items), !at.End[1] && at.Skip[1] < len(pages[1].Items)}
	switch {
	case !heads[0] && !heads[1]:
		return -1
	case !heads[1]:
		return 0
	case !heads[0]:
		return 1
	}
	t0, id0 := m.key(&pages[0].Items[at.Skip[0]])
	t1, id1 := m.key(&pages[1].Items[at.Skip[1]])
	if id0 == id1 { // in both lists
		m.advance(1, at, &pages[1])
		return 0
	}
	if t1.After(t0) {
		return 1
	}
	return 0
}

func (m *merge[T]) advance(i int, at *place, page *List[T]) {
	if at.Skip[i]++; at.Skip[i] < len(page.Items) {
		return
	}
	at.Cursor[i], at.Skip[i], at.End[i] = page.Next, 0, page.Next == ""
	page.Items = nil
}

// ListPosts implements smm.PostLister: the Page's public posts, and its reels,
// which the vendor lists apart. Stories are in no such list.
func (d *Driver) ListPosts(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	now := d.cfg.Clock.Now()
	m := merge[smm.PublishedPost]{
		key: func(p *smm.PublishedPost) (time.Time, string) { return p.At, p.Ref.ID },
		lists: [2]func(context.Context, ListParams) (List[smm.PublishedPost], error){
			func(ctx context.Context, p ListParams) (List[smm.PublishedPost], error) {
				l, err := s.Posts.List(ctx, EdgePublished, p)
				return mapped(l, func(p *Post) (smm.PublishedPost, bool) { return postOf(channel, p, now), p.ID != "" }), err
			},
			func(ctx context.Context, p ListParams) (List[smm.PublishedPost], error) {
				l, err := s.Reels.List(ctx, p)
				return mapped(l, func(v *Video) (smm.PublishedPost, bool) { return reelOf(channel, v, now), v.ID != "" }), err
			},
		},
	}
	items, next, err := m.read(ctx, r)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	items, next = account.Between(r, items, next, func(p *smm.PublishedPost) time.Time { return p.At })
	return smm.Page[smm.PublishedPost]{Items: items, Next: next}, nil
}

// mapped converts the items of a page that can be.
func mapped[T, V any](l List[T], f func(*T) (V, bool)) List[V] {
	out := List[V]{Next: l.Next, Prev: l.Prev}
	for i := range l.Items {
		if v, ok := f(&l.Items[i]); ok {
			out.Items = append(out.Items, v)
		}
	}
	return out
}

// GetPost implements smm.PostLister: a post, a video or reel, a recent story, or a
// comment.
func (d *Driver) GetPost(ctx context.Context, channel, post smm.Ref) (smm.PublishedPost, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	if err := onChannel(channel, post, smm.KindPost, smm.KindComment); err != nil {
		return smm.PublishedPost{}, err
	}
	now := d.cfg.Clock.Now()
	switch {
	case post.Kind == smm.KindComment:
		c, err := s.Comments.Get(ctx, ID(post.ID))
		if err != nil {
			return smm.PublishedPost{}, err
		}
		m := commentOf(channel, smm.Ref{}, &c)
		return smm.PublishedPost{
			Ref: post, Channel: channel, Author: m.Author, URL: m.URL, Text: m.Text, Entities: m.Entities, Attachments: m.Attachments,
			InReplyTo: m.InReplyTo, At: m.At, Native: c.Raw, Metrics: metrics(channel, post, commentCounts(&c), fieldMetrics, nil, now),
		}, nil
	case isVideo(post.ID):
		v, err := s.Videos.Get(ctx, ID(post.ID))
		if unknownPerson(err) { // a story has an id of that form and is no node to read
			if p, ok := storyOf(ctx, s, channel, post); ok {
				return p, nil
			}
		}
		if err != nil {
			return smm.PublishedPost{}, err
		}
		p := reelOf(channel, &v, now)
		p.Ref = post
		return p, nil
	}
	v, err := s.Posts.Get(ctx, ID(post.ID))
	if err != nil {
		return smm.PublishedPost{}, err
	}
	p := postOf(channel, &v, now)
	p.Ref = post
	return p, nil
}

// storyOf finds a story among the Page's last hundred.
func storyOf(ctx context.Context, s *session, channel, post smm.Ref) (smm.PublishedPost, bool) {
	l, err := s.Stories.List(ctx, "", ListParams{Limit: MaxPage})
	if err != nil {
		return smm.PublishedPost{}, false
	}
	for i := range l.Items {
		st := &l.Items[i]
		if string(st.PostID) != post.ID {
			continue
		}
		class := smm.MediaImage
		if strings.EqualFold(st.MediaType, "video") {
			class = smm.MediaVideo
		}
		return smm.PublishedPost{
			Ref: post, Channel: channel, Author: smm.Author{Ref: channel.WithKind(smm.KindAuthor, channel.ID)}, URL: absolute(st.URL),
			At: st.Created.Time, Visibility: smm.VisibilityPublic, Attachments: []smm.Attachment{{Class: class}},
		}, true
	}
	return smm.PublishedPost{}, false
}

// ListComments implements smm.CommentLister, oldest first. Under a post it lists
// replies too; under a comment its replies.
func (d *Driver) ListComments(ctx context.Context, channel, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if err := onChannel(channel, post, smm.KindPost, smm.KindComment, smm.KindReview); err != nil {
		return smm.Page[smm.Message]{}, err
	}
	f := CommentFilter{Replies: post.Kind != smm.KindComment, Since: r.Since}
	l, err := s.Comments.List(ctx, ID(post.ID), f, params(r))
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	out := smm.Page[smm.Message]{Next: l.Next}
	for i := range l.Items {
		c := &l.Items[i]
		if c.ID == "" || !r.Until.IsZero() && c.Created.After(r.Until) || !r.Since.IsZero() && c.Created.Before(r.Since) {
			continue
		}
		out.Items = append(out.Items, commentOf(channel, post, c))
	}
	return out, nil
}

// ListMentions implements smm.MentionLister: public posts of others that name the
// Page, and those that visitors left on it. Comments are listed under what they
// are on: the vendor has no list of all.
func (d *Driver) ListMentions(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	list := func(edge Edge) func(context.Context, ListParams) (List[smm.Message], error) {
		return func(ctx context.Context, p ListParams) (List[smm.Message], error) {
			l, err := s.Posts.List(ctx, edge, p)
			return mapped(l, func(p *Post) (smm.Message, bool) { return mentionOf(channel, p), p.ID != "" && !isOwn(channel, p.From) }), err
		}
	}
	m := merge[smm.Message]{
		key:   func(m *smm.Message) (time.Time, string) { return m.At, m.Ref.ID },
		lists: [2]func(context.Context, ListParams) (List[smm.Message], error){list(EdgeTagged), list(EdgeVisitors)},
	}
	items, next, err := m.read(ctx, r)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	items, next = account.Between(r, items, next, func(m *smm.Message) time.Time { return m.At })
	return smm.Page[smm.Message]{Items: items, Next: next}, nil
}

// oldConversation reports whether the Ref of a conversation has the id of a thread,
// as hosts may have stored it: ids of people have digits alone.
func oldConversation(id string) bool { return strings.HasPrefix(id, "t_") }

// talks remembers the threads of people, for lists alone: what is sent and settled
// asks anew. The zero value is empty, and it is safe for concurrent use.
type talks struct {
	mu sync.Mutex
	of map[ID]ID
}

const maxTalks = 1000

func (t *talks) get(person ID) ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[person]
}

func (t *talks) put(person, thread ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil || len(t.of) >= maxTalks {
		t.of = make(map[ID]ID)
	}
	t.of[person] = thread
}

// messages lists what was said in a conversation. A thread that is not there any
// more is looked up again.
func (s *session) messages(ctx context.Context, conversation ID, p ListParams) (List[Message], error) {
	if oldConversation(string(conversation)) {
		return s.Messages.List(ctx, conversation, p)
	}
	if known := s.talks.get(conversation); known != "" {
		if l, err := s.Messages.List(ctx, known, p); !errors.Is(err, smm.ErrNotFound) {
			return l, err
		}
	}
	t, there, err := s.Messages.With(ctx, conversation)
	if err == nil && !there {
		err = refuse("page.conversations", fmt.Errorf("%w: no conversation with %s", smm.ErrNotFound, conversation))
	}
	if err != nil {
		return List[Message]{}, err
	}
	s.talks.put(conversation, t.ID)
	return s.Messages.List(ctx, t.ID, p)
}

// ListConversations implements smm.MessageLister. The id of a conversation is that
// of the person in it; one that names nobody is left out.
func (d *Driver) ListConversations(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Conversation], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Conversation]{}, err
	}
	l, err := s.Messages.Threads(ctx, ThreadFilter{}, params(r))
	if err != nil {
		return smm.Page[smm.Conversation]{}, err
	}
	items, next := account.Between(r, l.Items, l.Next, func(t *Thread) time.Time { return t.Updated.Time })
	out := smm.Page[smm.Conversation]{Next: next}
	for i := range items {
		t := &items[i]
		who := t.person(s.page)
		if t.ID == "" || !validID(string(who)) {
			continue
		}
		s.talks.put(who, t.ID)
		out.Items = append(out.Items, conversationOf(channel, who, t, d.cfg.Clock.Now()))
	}
	return out, nil
}

// ListMessages implements smm.MessageLister. Of messages before the last twenty
// the vendor tells little. A Ref with the id of a thread, as there were, is taken
// too; its messages are in the conversation with the person all the same.
func (d *Driver) ListMessages(ctx context.Context, channel, conversation smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if err := onChannel(channel, conversation, smm.KindConversation); err != nil {
		return smm.Page[smm.Message]{}, err
	}
	l, err := s.messages(ctx, ID(conversation.ID), params(r))
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	items, next := account.Between(r, l.Items, l.Next, func(m *Message) time.Time { return m.Created.Time })
	out := smm.Page[smm.Message]{Next: next}
	for i := range items {
		m := &items[i]
		if m.ID == "" {
			continue
		}
		in := conversation
		if who := string(m.person(s.page)); oldConversation(in.ID) && validID(who) {
			in.ID = who
		}
		out.Items = append(out.Items, messageOf(channel, in, m))
	}
	return out, nil
}

// ListReviews implements smm.ReviewLister: recommendations, and ratings of the
// time before. Whether one was answered is not told; the answer is among the
// comments on it.
func (d *Driver) ListReviews(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Review], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Review]{}, err
	}
	l, err := s.Pages.Ratings(ctx, params(r))
	if err != nil {
		return smm.Page[smm.Review]{}, err
	}
	items, next := account.Between(r, l.Items, l.Next, func(v *Rating) time.Time { return v.Created.Time })
	out := smm.Page[smm.Review]{Next: next}
	for i := range items {
		if v, ok := reviewOf(channel, &items[i]); ok {
			out.Items = append(out.Items, v)
		}
	}
	return out, nil
}
