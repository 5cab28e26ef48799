package instagram

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// AccountService reads the account itself and what belongs to it.
type AccountService struct{ c *Client }

var (
	accountFields = []string{"id", "username", "name", "biography", "website", "profile_picture_url", "followers_count", "follows_count", "media_count"}
	ownFields     = append(slices.Clip(accountFields), "user_id", "account_type") // of InstagramLogin
)

// Get reads the account. Its id is the one that paths take.
func (s *AccountService) Get(ctx context.Context) (Account, error) {
	r := s.c.req("account.get", string(s.c.account))
	if r.Fields = accountFields; s.c.login == InstagramLogin {
		r.Path, r.Fields = []string{string(me)}, ownFields
	}
	return one[Account](ctx, s.c, r)
}

// Discover reads another professional account by its user name, with its newest
// media (FacebookLogin). Names are without "@".
func (s *AccountService) Discover(ctx context.Context, username string) (Account, error) {
	const op = "account.discover"
	if err := s.c.onlyFacebook(op); err != nil {
		return Account{}, err
	}
	if !isUsername(username) {
		return Account{}, &smm.Error{
			Op: op, Platform: Platform, Channel: s.c.ref(), Outcome: smm.OutcomeNotSent,
			Err: fmt.Errorf("%w: a user name has letters, digits, dots and underscores", smm.ErrInvalid),
		}
	}
	var w struct {
		Found Account `json:"business_discovery"`
	}
	r := s.c.req(op, string(s.c.account))
	r.Fields = []string{"business_discovery.username(" + username + "){" + strings.Join(accountFields, ",") +
		",media{id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count}}"}
	err := s.c.graph.Read(ctx, r, &w)
	if err == nil && w.Found.Username == "" {
		err = unreadable(op, s.c.ref(), "no account in it")
	}
	return w.Found, err
}

// isUsername reports whether s can be a name, which then stands within the syntax
// of fields.
func isUsername(s string) bool {
	return s != "" && len(s) <= 30 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789._") == ""
}

// WebhookFields are what an account can be subscribed to that the driver reads.
var WebhookFields = []string{"comments", "live_comments", "mentions", "messages", "message_edit", "message_reactions", "messaging_postbacks", "messaging_seen"}

// Subscribe has the vendor tell the app about the account: WebhookFields, if none
// are named. With FacebookLogin the Page is subscribed, which has names of its own
// for fields; the app's settings choose those of Instagram then.
func (s *AccountService) Subscribe(ctx context.Context, fields ...string) error {
	r := s.c.req("account.subscribe", s.c.inbox(), "subscribed_apps")
	switch {
	case len(fields) > 0:
	case s.c.login == FacebookLogin:
		fields = []string{"messages"}
	default:
		fields = WebhookFields
	}
	r.Params = url.Values{"subscribed_fields": {strings.Join(fields, ",")}}
	return s.c.graph.Do(ctx, r)
}

// Unsubscribe ends what Subscribe began.
func (s *AccountService) Unsubscribe(ctx context.Context) error {
	r := s.c.req("account.unsubscribe", s.c.inbox(), "subscribed_apps")
	r.Method = http.MethodDelete
	return s.c.graph.Do(ctx, r)
}

// Invite is an invitation to share a post as its second author.
type Invite struct {
	MediaID  ID     `json:"media_id"`
	Caption  string `json:"caption"`
	Username string `json:"media_owner_username"`
}

// Invites lists the invitations that are open. The names of its fields are not
// verified.
func (s *AccountService) Invites(ctx context.Context, p ListParams) (Page[Invite], error) {
	return meta.List[Invite](ctx, s.c.graph, s.c.req("account.invites", string(s.c.account), "collaboration_invites"), p)
}

// AnswerInvite accepts or declines an invitation.
func (s *AccountService) AnswerInvite(ctx context.Context, media ID, accept bool) error {
	r := s.c.req("account.answer_invite", string(s.c.account), "collaboration_invites")
	r.Params = url.Values{"media_id": {string(media)}, "accept": {strconv.FormatBool(accept)}}
	return s.c.graph.Do(ctx, r)
}

// HashtagService finds public posts by hashtag (FacebookLogin). An account may ask
// for 30 different ones in 7 days.
type HashtagService struct{ c *Client }

// Find returns the id of a hashtag, written without "#".
func (s *HashtagService) Find(ctx context.Context, name string) (ID, error) {
	const op = "hashtags.find"
	if err := s.c.onlyFacebook(op); err != nil {
		return "", err
	}
	r := s.c.req(op, "ig_hashtag_search")
	r.Params = url.Values{"user_id": {string(s.c.account)}, "q": {name}}
	page, err := meta.List[Node](ctx, s.c.graph, r, ListParams{})
	switch {
	case err != nil:
		return "", err
	case len(page.Items) == 0:
		return "", &smm.Error{Op: op, Platform: Platform, Channel: s.c.ref(), Err: fmt.Errorf("%w: there is no such hashtag", smm.ErrNotFound)}
	}
	return page.Items[0].ID, nil
}

var hashtagFields = []string{"id", "caption", "media_type", "media_url", "permalink", "timestamp", "like_count", "comments_count"}

// Recent lists posts of the last 24 hours. Who wrote them is not told.
func (s *HashtagService) Recent(ctx context.Context, hashtag ID, p ListParams) (Page[Media], error) {
	return s.media(ctx, "hashtags.recent", hashtag, "recent_media", p)
}

// Top lists the most popular posts.
func (s *HashtagService) Top(ctx context.Context, hashtag ID, p ListParams) (Page[Media], error) {
	return s.media(ctx, "hashtags.top", hashtag, "top_media", p)
}

func (s *HashtagService) media(ctx context.Context, op string, hashtag ID, edge string, p ListParams) (Page[Media], error) {
	if err := s.c.onlyFacebook(op); err != nil {
		return Page[Media]{}, err
	}
	r := s.c.req(op, string(hashtag), edge)
	r.Params, r.Fields = url.Values{"user_id": {string(s.c.account)}}, hashtagFields
	return meta.List[Media](ctx, s.c.graph, r, p)
}

// AudioService searches the vendor's library of sounds (FacebookLogin, since
// 2026-06-01).
type AudioService struct{ c *Client }

// Sound is a piece of the library.
type Sound struct {
	ID       ID     `json:"audio_id"`
	Title    string `json:"title"`
	Artist   string `json:"display_artist"`
	Millis   Count  `json:"duration_in_ms"`
	Download string `json:"download_url"`
	CoverURL string `json:"cover_artwork_thumbnail_uri"`
}

// The kinds of sounds.
const (
	AudioMusic    = "music"
	AudioOriginal = "original_sound"
)

// Search finds sounds of a kind. An empty query gives what is popular.
func (s *AudioService) Search(ctx context.Context, kind, query string) ([]Sound, error) {
	const op = "audio.search"
	if err := s.c.onlyFacebook(op); err != nil {
		return nil, err
	}
	r := s.c.req(op, "ig_audio")
	r.Params = url.Values{"audio_type": {kind}, "user_id": {string(s.c.account)}}
	if query != "" {
		r.Params.Set("search_query", query)
	}
	var w struct {
		Audio []Sound `json:"audio"`
	}
	err := s.c.graph.Read(ctx, r, &w)
	return w.Audio, err
}
