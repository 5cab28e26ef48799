package x

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Who may reply, as PostParams.ReplySettings and PollParams.ReplySettings say
// it; "" for everyone.
const (
	RepliesFollowing   = "following" // those whom the author follows
	RepliesMentioned   = "mentionedUsers"
	RepliesSubscribers = "subscribers"
	RepliesVerified    = "verified"
)

// PostParams are the fields of a new or edited post, of which text, media, poll,
// card or quote must be there. POST /2/tweets of OpenAPI 2.167 and
// https://docs.x.com/x-api/posts/create-post (read August 2026).
type PostParams struct {
	Text          string       `json:"text,omitempty"` // 280 by CountText; more with Premium
	Reply         *ReplyParams `json:"reply,omitempty"`
	QuoteTweetID  ID           `json:"quote_tweet_id,omitempty"` // Enterprise only
	Media         *MediaParams `json:"media,omitempty"`
	Poll          *PollParams  `json:"poll,omitempty"`
	ReplySettings string       `json:"reply_settings,omitempty"`
	Geo           *GeoParams   `json:"geo,omitempty"`
	CommunityID   ID           `json:"community_id,omitempty"`
	CardURI       string       `json:"card_uri,omitempty"`
	EditOptions   *EditOptions `json:"edit_options,omitempty"` // set by PostService.Edit

	ShareWithFollowers    bool   `json:"share_with_followers,omitempty"` // one that else the community or subscribers alone see
	ForSuperFollowersOnly bool   `json:"for_super_followers_only,omitempty"`
	Nullcast              bool   `json:"nullcast,omitempty"` // shown as an ad only
	DirectMessageDeepLink string `json:"direct_message_deep_link,omitempty"`
	MadeWithAI            bool   `json:"made_with_ai,omitempty"`     // shown as a label
	PaidPartnership       bool   `json:"paid_partnership,omitempty"` // shown as a label, since 2026-06-03
}

// ReplyParams say what a post answers. In the self-serve tier it must be by
// somebody who mentioned the account or quoted one of its posts.
type ReplyParams struct {
	InReplyToTweetID  ID   `json:"in_reply_to_tweet_id"`
	ExcludeUserIDs    []ID `json:"exclude_reply_user_ids,omitempty"` // who is not mentioned
	AutoPopulateNames bool `json:"auto_populate_reply_metadata,omitempty"`
}

// MediaParams are the files of a post: 1 to 4 images, or one GIF or video.
type MediaParams struct {
	MediaIDs      []ID           `json:"media_ids"`
	TaggedUserIDs []ID           `json:"tagged_user_ids,omitempty"` // at most 10
	PreviewID     ID             `json:"preview_media_id,omitempty"`
	Title         string         `json:"title,omitempty"`
	Description   string         `json:"description,omitempty"`
	Embeddable    *bool          `json:"embeddable,omitempty"`
	CallToActions *CallToActions `json:"call_to_actions,omitempty"`
}

// CallToActions are the buttons of a video.
type CallToActions struct {
	VisitSite  *LinkAction `json:"visit_site,omitempty"`
	WatchNow   *LinkAction `json:"watch_now,omitempty"`
	AppInstall *AppAction  `json:"app_install,omitempty"`
}

// LinkAction leads to a page.
type LinkAction struct {
	URL string `json:"url"`
}

// AppAction leads to an app in the stores.
type AppAction struct {
	AppStoreID     string `json:"app_store_id,omitempty"`
	IPadAppStoreID string `json:"ipad_app_store_id,omitempty"`
	PlayStoreID    string `json:"play_store_id,omitempty"`
}

// PollParams are the fields of a poll.
type PollParams struct {
	Options         []string `json:"options"`          // 2 to 4, of 1 to 25 characters
	DurationMinutes int      `json:"duration_minutes"` // 5 to 10,080
	ReplySettings   string   `json:"reply_settings,omitempty"`
}

// GeoParams name a place.
type GeoParams struct {
	PlaceID string `json:"place_id"`
}

// EditOptions name the version that a new one replaces.
type EditOptions struct {
	PreviousPostID ID `json:"previous_post_id"`
}

// CreatedPost is the answer to a create.
type CreatedPost struct {
	ID          ID
	Text        string // as X shows it: links are in their short form
	EditHistory []ID
}

// PostService reads, writes and acts on posts. X calls them tweets in its
// addresses.
type PostService struct{ c *Client }

const postsPath = "2/tweets"

// Create publishes a post with a single request. It is not repeated inside, and
// X has no key by which a repetition could be told. If the error does not say
// smm.OutcomeRefused or smm.OutcomeNotSent the post may exist: publish through
// smm.Client, which finds out, rather than call Create again. The refusal of a
// duplicate (smm.ErrDuplicate) does not name the post that it is one of.
func (s *PostService) Create(ctx context.Context, p PostParams) (CreatedPost, error) {
	resp, _, err := s.create(ctx, smm.Ref{}, "posts.create", &p)
	return readCreated("posts.create", resp, err)
}

// Edit publishes a new version of an own post, under a new id, within an hour of
// its creation (X's pages also say 30 minutes) and five times at most. It needs
// Premium. What is left out of p is gone; polls, posts to communities and
// replies to others cannot be edited. All that is said of Create is true of it.
func (s *PostService) Edit(ctx context.Context, id ID, p PostParams) (CreatedPost, error) {
	p.EditOptions = &EditOptions{PreviousPostID: id}
	resp, _, err := s.create(ctx, smm.Ref{}, "posts.edit", &p)
	return readCreated("posts.edit", resp, err)
}

// create is Create with what is known of how it ended.
func (s *PostService) create(ctx context.Context, ch smm.Ref, op string, p *PostParams) (*httpx.Response, httpx.Fate, error) {
	if err := p.check(); err != nil {
		return nil, httpx.FateNotSent, err
	}
	if loss := s.c.tier.lostIn(p); loss != "" {
		return nil, httpx.FateNotSent, &smm.Error{
			Op: op, Platform: Platform, Channel: ch, Outcome: smm.OutcomeNotSent, Code: codeTier, Err: fmt.Errorf("%w: %s", smm.ErrForbidden, loss),
		}
	}
	return s.c.http.Commit(ctx, &httpx.Request{
		Op: op, Channel: ch, Method: http.MethodPost, URL: postsPath, Body: httpx.JSON(p), Auth: s.c.auth,
		Charges: s.c.charges(ctx, op, s.c.asApp), Priority: smm.PriorityPublish,
	})
}

// check refuses what X would, as far as that is a matter of form.
func (p *PostParams) check() error {
	if p.Text == "" && p.Media == nil && p.Poll == nil && p.CardURI == "" && p.QuoteTweetID == "" {
		return invalid("a post needs text, media, a poll, a card or a quoted post")
	}
	if !known(p.ReplySettings, RepliesFollowing, RepliesMentioned, RepliesSubscribers, RepliesVerified) {
		return invalid("reply settings %q are not known", p.ReplySettings)
	}
	var named []ID
	for _, id := range []ID{p.QuoteTweetID, p.CommunityID} {
		if id != "" {
			named = append(named, id)
		}
	}
	if p.Reply != nil {
		named = append(append(named, p.Reply.InReplyToTweetID), p.Reply.ExcludeUserIDs...)
	}
	if p.EditOptions != nil {
		named = append(named, p.EditOptions.PreviousPostID)
	}
	if err := ids(named...); err != nil {
		return err
	}
	if err := p.Media.check(); err != nil {
		return err
	}
	return p.Poll.check()
}

func (m *MediaParams) check() error {
	if m == nil {
		return nil
	}
	if len(m.MediaIDs) < 1 || len(m.MediaIDs) > 4 || len(m.TaggedUserIDs) > MaxTagged {
		return invalid("%d files and %d tagged users: want 1 to 4, and at most %d", len(m.MediaIDs), len(m.TaggedUserIDs), MaxTagged)
	}
	named := append(append([]ID(nil), m.MediaIDs...), m.TaggedUserIDs...)
	if m.PreviewID != "" {
		named = append(named, m.PreviewID)
	}
	return ids(named...)
}

func (p *PollParams) check() error {
	switch {
	case p == nil:
		return nil
	case len(p.Options) < 2 || len(p.Options) > 4:
		return invalid("a poll of %d options: want 2 to 4", len(p.Options))
	case p.DurationMinutes < 5 || p.DurationMinutes > 10_080:
		return invalid("a poll of %d minutes: want 5 to 10080", p.DurationMinutes)
	case !known(p.ReplySettings, RepliesFollowing, RepliesMentioned, RepliesSubscribers, RepliesVerified):
		return invalid("reply settings %q are not known", p.ReplySettings)
	}
	for _, o := range p.Options {
		if n := len([]rune(o)); n < 1 || n > 25 {
			return invalid("an option of %d characters: want 1 to 25", n)
		}
	}
	return nil
}

// readCreated reads an id and nothing else that could fail: a post with an id
// is public, whatever the rest of the answer is.
func readCreated(op string, resp *httpx.Response, err error) (CreatedPost, error) {
	if err != nil {
		return CreatedPost{}, err
	}
	var body struct {
		Data struct {
			ID         ID              `json:"id"`
			Text       text            `json:"text"`
			History    json.RawMessage `json:"edit_history_post_ids"`
			OldHistory json.RawMessage `json:"edit_history_tweet_ids"`
		} `json:"data"`
		Errors problems `json:"errors"`
	}
	if err := resp.JSON(&body); err != nil {
		return CreatedPost{}, err
	}
	if !isID(body.Data.ID) {
		if len(body.Errors) > 0 {
			return CreatedPost{}, problemError(op, resp, &body.Errors[0])
		}
		return CreatedPost{}, unreadable(op, resp, "a post without its id")
	}
	out := CreatedPost{ID: body.Data.ID, Text: string(body.Data.Text)}
	for _, raw := range []json.RawMessage{body.Data.OldHistory, body.Data.History} {
		var list []ID
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			out.EditHistory = list
		}
	}
	return out, nil
}

// Delete removes an own post with all its versions.
func (s *PostService) Delete(ctx context.Context, id ID) error {
	if err := ids(id); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, "posts.delete", http.MethodDelete, httpx.Path(postsPath, string(id)), httpx.Body{})
	return done("posts.delete", "deleted", true, resp, err)
}

// Get reads a post.
func (s *PostService) Get(ctx context.Context, id ID, f *Fields) (Result[Post], error) {
	if err := ids(id); err != nil {
		return Result[Post]{}, err
	}
	resp, err := s.c.get(ctx, "posts.get", httpx.Path(postsPath, string(id)), s.c.postQuery(f))
	return one("posts.get", idOfPost, resp, err)
}

// Lookup reads up to 100 posts. Those that cannot be shown are left out, and
// Problems say why; if there is none to show the error does.
func (s *PostService) Lookup(ctx context.Context, f *Fields, list ...ID) (Page[Post], error) {
	q := s.c.postQuery(f)
	all, err := joined(list, isID)
	if err != nil {
		return Page[Post]{}, err
	}
	q.Set("ids", all)
	resp, err := s.c.get(ctx, "posts.lookup", postsPath, q)
	return page[Post]("posts.lookup", resp, err)
}

// TimelineParams select posts of a timeline: 5 to 100 on a page, 1 to 100 of
// Home.
type TimelineParams struct {
	ListParams
	TimeRange

	ExcludeReplies bool // not of Mentions
	ExcludeReposts bool // not of Mentions
	Fields         *Fields
}

func (s *PostService) timeline(ctx context.Context, op, user, name string, p TimelineParams) (Page[Post], error) {
	q := s.c.postQuery(p.Fields)
	if err := p.ListParams.into(q); err != nil {
		return Page[Post]{}, err
	}
	if err := p.TimeRange.into(q); err != nil {
		return Page[Post]{}, err
	}
	exclude(q, p.ExcludeReplies, p.ExcludeReposts)
	if err := ids(ID(user)); err != nil {
		return Page[Post]{}, err
	}
	resp, err := s.c.get(ctx, op, httpx.Path(usersPath, user)+name, q)
	return page[Post](op, resp, err)
}

func exclude(q url.Values, replies, reposts bool) {
	var out []string
	if replies {
		out = append(out, "replies")
	}
	if reposts {
		out = append(out, "retweets")
	}
	if len(out) > 0 {
		q.Set("exclude", strings.Join(out, ","))
	}
}

// Timeline lists posts of a user, newest first; X goes back 3,200 of them.
func (s *PostService) Timeline(ctx context.Context, user ID, p TimelineParams) (Page[Post], error) {
	return s.timeline(ctx, "posts.timeline", string(user), "/tweets", p)
}

// Mentions lists posts that mention a user, newest first; X goes back 800.
func (s *PostService) Mentions(ctx context.Context, user ID, p TimelineParams) (Page[Post], error) {
	p.ExcludeReplies, p.ExcludeReposts = false, false
	return s.timeline(ctx, "posts.mentions", string(user), "/mentions", p)
}

// Home lists posts of those whom the account follows, newest first.
func (s *PostService) Home(ctx context.Context, p TimelineParams) (Page[Post], error) {
	me, err := s.c.me()
	if err != nil {
		return Page[Post]{}, err
	}
	return s.timeline(ctx, "posts.home", me, "/timelines/reverse_chronological", p)
}
