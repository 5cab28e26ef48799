package x

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// postKinds are the kinds of Refs that name a post.
var postKinds = []smm.Kind{smm.KindPost, smm.KindComment}

// onChannel checks that item is one of X's, of a kind.
func onChannel(channel, item smm.Ref, kinds ...smm.Kind) error {
	if item.Platform != Platform || item.Space != "" || !slices.Contains(kinds, item.Kind) || item.Kind != smm.KindConversation && !isID(ID(item.ID)) {
		return notSent("ref", channel, fmt.Errorf("%w: %s is not one of %v of X", smm.ErrInvalid, item, kinds))
	}
	return nil
}

// listed maps a request for a page to X's bounds; lowest is the smallest page of
// the method.
func listed(r smm.PageRequest, lowest int) ListParams {
	p := ListParams{Cursor: r.Cursor}
	if r.Limit > 0 {
		p.Limit = min(max(r.Limit, lowest), 100)
	}
	return p
}

// searchReach is how far back a search goes, and newestEnd how far before now a
// list may end. X refuses a time beyond either, which is from memory; leaving it
// out gives the same items.
const (
	searchReach = 7*24*time.Hour - time.Minute
	newestEnd   = 15 * time.Second
)

func (d *Driver) ranged(r smm.PageRequest, search bool) TimeRange {
	out, now := TimeRange{Start: r.Since, End: r.Until}, d.cfg.Clock.Now()
	if out.End.After(now.Add(-newestEnd)) {
		out.End = time.Time{}
	}
	if search && out.Start.Before(now.Add(-searchReach)) {
		out.Start = time.Time{}
	}
	return out
}

// withAuthors asks for names beside what posts say, since a conversation without
// them is of no use to people. X may charge for each.
var withAuthors = &Fields{Expansions: append(slices.Clone(defaultPostExpansions), "author_id")}

func (d *Driver) posts(channel smm.Ref, p *Page[Post], self *User) smm.Page[smm.PublishedPost] {
	out := smm.Page[smm.PublishedPost]{Next: p.Next}
	for i := range p.Items {
		if isID(p.Items[i].ID) {
			out.Items = append(out.Items, postOf(channel, &p.Items[i], &p.Includes, self, d.cfg.Clock.Now()))
		}
	}
	return out
}

// ListPosts implements smm.PostLister: own posts without reposts; replies to
// others are not posts and are left out. X goes back 3,200 posts and charges for
// each that it reads.
func (d *Driver) ListPosts(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	self, err := d.account(ctx, channel, s)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Posts.Timeline(ctx, ID(channel.ID), TimelineParams{ListParams: listed(r, 5), TimeRange: d.ranged(r, false), ExcludeReposts: true})
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p.Items = slices.DeleteFunc(p.Items, func(p Post) bool {
		return p.Reposts() != "" || p.RepliesTo() != "" && p.InReplyToUserID != "" && string(p.InReplyToUserID) != channel.ID
	})
	return d.posts(channel, &p, &self), nil
}

// GetPost implements smm.PostLister. Of an edited post it is the newest version,
// under the Ref that was asked for.
func (d *Driver) GetPost(ctx context.Context, channel, post smm.Ref) (smm.PublishedPost, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	if err := onChannel(channel, post, postKinds...); err != nil {
		return smm.PublishedPost{}, err
	}
	got, err := newest(ctx, s, ID(post.ID), withAuthors)
	if err != nil {
		return smm.PublishedPost{}, err
	}
	p := postOf(channel, &got.Item, &got.Includes, nil, d.cfg.Clock.Now())
	p.Ref = post
	for i := range p.Metrics {
		p.Metrics[i].Subject = post
	}
	return p, nil
}

// newest reads the newest version of a post.
func newest(ctx context.Context, s *session, id ID, f *Fields) (Result[Post], error) {
	got, err := s.Posts.Get(ctx, id, f)
	if err != nil {
		return got, err
	}
	if n := len(got.Item.EditHistory); n > 1 && got.Item.EditHistory[n-1] != got.Item.ID {
		return s.Posts.Get(ctx, got.Item.EditHistory[n-1], f)
	}
	return got, nil
}

// ListTimeline implements smm.TimelineReader: posts and reposts of those whom the
// account follows.
func (d *Driver) ListTimeline(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Posts.Home(ctx, TimelineParams{ListParams: listed(r, 1), TimeRange: d.ranged(r, false), Fields: withAuthors})
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	return d.posts(channel, &p, nil), nil
}

// ListComments implements smm.CommentLister by search, which reaches back seven
// days and knows of a new reply with some delay. Under a post that began its
// conversation these are all replies at any depth; under one that is a reply
// itself, those to it alone.
func (d *Driver) ListComments(ctx context.Context, channel, post smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if err := onChannel(channel, post, postKinds...); err != nil {
		return smm.Page[smm.Message]{}, err
	}
	p, err := s.Posts.Search(ctx, SearchParams{
		ListParams: listed(r, 10), TimeRange: d.ranged(r, true), Fields: withAuthors,
		Query: "conversation_id:" + post.ID + " OR in_reply_to_tweet_id:" + post.ID,
	})
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	out := smm.Page[smm.Message]{Next: p.Next}
	for i := range p.Items {
		if it := &p.Items[i]; isID(it.ID) && string(it.ID) != post.ID && it.RepliesTo() != "" {
			out.Items = append(out.Items, messageOf(channel, smm.KindComment, it, &p.Includes))
		}
	}
	return out, nil
}

// ListMentions implements smm.MentionLister. X goes back 800 posts. An answer is a
// comment, the rest are posts that name the account.
func (d *Driver) ListMentions(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	p, err := s.Posts.Mentions(ctx, ID(channel.ID), TimelineParams{ListParams: listed(r, 5), TimeRange: d.ranged(r, false), Fields: withAuthors})
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	out := smm.Page[smm.Message]{Next: p.Next}
	for i := range p.Items {
		if it := &p.Items[i]; isID(it.ID) && string(it.AuthorID) != channel.ID && it.Reposts() == "" {
			out.Items = append(out.Items, messageOf(channel, kindOf(it), it, &p.Includes))
		}
	}
	return out, nil
}

func kindOf(p *Post) smm.Kind {
	if p.RepliesTo() != "" {
		return smm.KindComment
	}
	return smm.KindPost
}

// maxTold bounds how many conversations a cursor remembers.
const maxTold = 100

// withSenders asks for the names of those who write.
var withSenders = &Fields{Expansions: append(slices.Clone(defaultDMExpansions), "sender_id")}

// ListConversations implements smm.MessageLister. X has no list of conversations;
// they are made of the messages of about 30 days, and a cursor remembers which
// were told. What X encrypts from end to end is not among them.
func (d *Driver) ListConversations(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Conversation], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Conversation]{}, err
	}
	token, told := cutCursor(r.Cursor)
	p, err := s.Messages.Events(ctx, DMParams{ListParams: ListParams{Cursor: token, Limit: 100}, Types: []string{EventMessage}, Fields: withSenders})
	if err != nil {
		return smm.Page[smm.Conversation]{}, err
	}
	var out smm.Page[smm.Conversation]
	for i := range p.Items {
		e := &p.Items[i]
		if !isID(e.ID) || e.ConversationID == "" || slices.Contains(told, string(e.ConversationID)) || !within(r, e.CreatedAt.Time) {
			continue
		}
		told = append(told, string(e.ConversationID))
		out.Items = append(out.Items, conversationOf(channel, e, &p.Includes))
	}
	if p.Next != "" {
		out.Next = p.Next + " " + strings.Join(told[max(0, len(told)-maxTold):], " ")
	}
	return out, nil
}

func cutCursor(cursor string) (token string, told []string) {
	token, rest, _ := strings.Cut(cursor, " ")
	return token, strings.Fields(rest)
}

func within(r smm.PageRequest, at time.Time) bool {
	return at.IsZero() || (r.Since.IsZero() || !at.Before(r.Since)) && (r.Until.IsZero() || !at.After(r.Until))
}

// conversationOf makes a conversation of its newest message. The id of one of two
// people tells who they are.
func conversationOf(channel smm.Ref, e *DMEvent, in *Includes) smm.Conversation {
	m := directOf(channel, e, in)
	out := smm.Conversation{Ref: m.Conversation, Channel: channel, Kind: smm.ConversationDirect, Updated: m.At, Last: &m}
	if a, b, pair := strings.Cut(string(e.ConversationID), "-"); pair {
		if a == channel.ID {
			a = b
		}
		out.Participants = append(out.Participants, authorOf(channel, ID(a), in))
	} else if !m.Own {
		out.Participants = append(out.Participants, m.Author)
	}
	return out
}

// ListMessages implements smm.MessageLister.
func (d *Driver) ListMessages(ctx context.Context, channel, conversation smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	if err := onChannel(channel, conversation, smm.KindConversation); err != nil {
		return smm.Page[smm.Message]{}, err
	}
	p, err := s.Messages.EventsIn(ctx, ID(conversation.ID), DMParams{ListParams: listed(r, 1), Types: []string{EventMessage}, Fields: withSenders})
	if err != nil {
		return smm.Page[smm.Message]{}, err
	}
	out := smm.Page[smm.Message]{Next: p.Next}
	for i := range p.Items {
		if e := &p.Items[i]; isID(e.ID) && within(r, e.CreatedAt.Time) {
			m := directOf(channel, e, &p.Includes)
			m.Conversation = conversation
			out.Items = append(out.Items, m)
		}
	}
	return out, nil
}

// SearchPosts implements smm.Searcher: posts of the last seven days. Text is in
// X's query language, MaxQuery characters at most in the self-serve tier.
func (d *Driver) SearchPosts(ctx context.Context, channel smm.Ref, q smm.SearchQuery, r smm.PageRequest) (smm.Page[smm.PublishedPost], error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	query, err := queryOf(channel, q)
	if n := utf8.RuneCountInString(query); err == nil && n > MaxQuery && d.cfg.Tier == TierSelfServe {
		err = notSent("search", channel, invalid("a query of %d characters: the self-serve tier takes %d", n, MaxQuery))
	}
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	p, err := s.Posts.Search(ctx, SearchParams{ListParams: listed(r, 10), TimeRange: d.ranged(r, true), Query: query, Fields: withAuthors})
	if err != nil {
		return smm.Page[smm.PublishedPost]{}, err
	}
	return d.posts(channel, &p, nil), nil
}

// queryOf writes a query; a text with an OR must not tear the rest apart.
func queryOf(channel smm.Ref, q smm.SearchQuery) (string, error) {
	var parts []string
	if q.Text != "" {
		parts = append(parts, q.Text)
	}
	if q.Hashtag != "" {
		if strings.ContainsAny(q.Hashtag, " \t\r\n\"():") {
			return "", notSent("search", channel, invalid("a hashtag is one word"))
		}
		parts = append(parts, "#"+q.Hashtag)
	}
	if !q.Author.IsZero() {
		if err := onChannel(channel, q.Author, smm.KindAuthor, smm.KindChannel); err != nil {
			return "", err
		}
		parts = append(parts, "from:"+q.Author.ID)
	}
	if q.Language != "" {
		lang, _, _ := strings.Cut(strings.ReplaceAll(q.Language, "_", "-"), "-")
		if lang == "" || strings.Trim(strings.ToLower(lang), "abcdefghijklmnopqrstuvwxyz") != "" {
			return "", notSent("search", channel, invalid("language %q: want a BCP 47 tag", q.Language))
		}
		parts = append(parts, "lang:"+strings.ToLower(lang))
	}
	if len(parts) == 0 || q.Text == "" && q.Hashtag == "" && q.Author.IsZero() {
		return "", notSent("search", channel, fmt.Errorf("%w: search for a text, a hashtag or an author", smm.ErrUnsupported))
	}
	if q.Text != "" && len(parts) > 1 {
		parts[0] = "(" + q.Text + ")"
	}
	return strings.Join(parts, " "), nil
}

// ReadProfile implements smm.ProfileReader.
func (d *Driver) ReadProfile(ctx context.Context, channel, who smm.Ref) (smm.Profile, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Profile{}, err
	}
	if err := onChannel(channel, who, smm.KindChannel, smm.KindAuthor); err != nil {
		return smm.Profile{}, err
	}
	var u User
	if who.ID == channel.ID {
		u, err = d.look(ctx, channel, s)
	} else {
		var got Result[User]
		got, err = s.Users.Get(ctx, ID(who.ID), &Fields{User: append(slices.Clone(defaultUser), "profile_banner_url")})
		u = got.Item
	}
	if err != nil {
		return smm.Profile{}, err
	}
	p := smm.Profile{
		Ref: who, Name: nameOf(&u), Handle: u.Username, Bio: plainText(u.Description, nil, false), URL: profileURL(&u),
		AvatarURL: u.ProfileImageURL, BannerURL: u.ProfileBannerURL, Verified: u.Verified, Created: u.CreatedAt.Time,
		Metrics: accountNumbers(channel, who, &u, nil, d.cfg.Clock.Now()), Native: native(&u),
	}
	if u.URL != "" {
		p.Links = append(p.Links, smm.ProfileLink{Value: u.URL})
	}
	return p, nil
}

// ReadFacts implements smm.HealthReader. It asks X whose token it is; scopes and
// the life of the token are those of the credential, and the plan is Config.Tier.
// Config.Quota is asked for what is left if it is an smm.QuotaReader.
func (d *Driver) ReadFacts(ctx context.Context, channel smm.Ref) (smm.Facts, error) {
	f := smm.Facts{Plan: string(d.cfg.Tier), Audit: smm.AuditNotNeeded}
	if err := checkChannel(channel); err != nil {
		return f, notSent("health", channel, err)
	}
	key := account.KeyOf(ctx, channel)
	if cred, err := d.credential(ctx, key, nil); err == nil { // told even if it can be neither renewed nor used
		f.Scopes, f.Token = cred.Scopes, smm.TokenFactsOf(cred)
	}
	f.Quotas = d.quotasLeft(ctx, channel)
	s, err := d.client(ctx, channel)
	if err != nil {
		return f, err
	}
	me, err := d.look(ctx, channel, s)
	if err != nil {
		return f, err
	}
	f.AccountType = accountType(&me)
	if cred, err := d.credential(ctx, key, s); err == nil {
		f.Scopes, f.Token = cred.Scopes, smm.TokenFactsOf(cred) // it may have been renewed just now
	}
	f.Quotas = d.quotasLeft(ctx, channel)
	return f, nil
}

// accountType is what X verified an account as, and its subscription, in X's
// words.
func accountType(u *User) string {
	var out []string
	for _, word := range []string{u.VerifiedType, u.SubscriptionType} {
		if word != "" && !strings.EqualFold(word, "none") {
			out = append(out, word)
		}
	}
	if u.Protected {
		out = append(out, "protected")
	}
	return smm.CleanMessage(strings.Join(out, ", "))
}

// quotasLeft asks for the budgets that publishing takes from.
func (d *Driver) quotasLeft(ctx context.Context, channel smm.Ref) []smm.QuotaState {
	c := &Client{account: ID(channel.ID), app: d.cfg.App, quota: true}
	var keys []smm.QuotaKey
	for _, op := range []string{"posts.create", "posts.delete", "posts.timeline", "messages.send", "media.initialize", "media.append", "users.me"} {
		for _, ch := range c.charges(ctx, op, false) {
			keys = append(keys, ch.Key)
		}
	}
	return account.Left(ctx, d.cfg.Quota, keys...)
}

// gone is nil for what is not there any more: undoing it is done.
func gone(err error) error {
	if errors.Is(err, smm.ErrNotFound) {
		return nil
	}
	return err
}
