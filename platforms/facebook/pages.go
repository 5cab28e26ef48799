package facebook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// PageService reads and changes the Page itself.
// https://developers.facebook.com/docs/graph-api/reference/page/
type PageService struct{ c *Client }

// pageFields are what Page has of a node.
var pageFields = []string{
	"id", "name", "username", "about", "description", "category", "link", "website", "phone", "emails", "picture.type(large){url}", "cover", "fan_count",
	"followers_count", "rating_count", "overall_star_rating", "verification_status", "is_published",
	"has_transitioned_to_new_page_experience", "instagram_business_account",
}

// publicPageFields are those of a Page that is not the token's own.
var publicPageFields = []string{
	"id", "name", "username", "about", "category", "link", "picture.type(large){url}", "fan_count", "followers_count", "verification_status",
}

// Get reads the Page.
func (s *PageService) Get(ctx context.Context) (Page, error) {
	return node[Page](ctx, &meta.Request{Op: "page.get", Path: []string{string(s.c.page)}, Fields: pageFields}, s.c.graph.Read)
}

// Other reads what is public of another Page. It needs Page Public Content Access
// or Page Public Metadata Access, which the vendor grants after a review.
func (s *PageService) Other(ctx context.Context, page ID) (Page, error) {
	return node[Page](ctx, &meta.Request{Op: "page.get-other", Path: []string{string(page)}, Fields: publicPageFields}, s.c.graph.Read)
}

// PageUpdate changes a Page; nil fields stay as they are. The name cannot be
// changed by the API.
type PageUpdate struct {
	About       *string // up to 255 characters
	Description *string
	Website     *string
	Phone       *string
	Emails      *[]string
	CoverPhoto  ID // of an uploaded photo
}

// Update changes the Page.
func (s *PageService) Update(ctx context.Context, u PageUpdate) error {
	f := form{}
	for name, v := range map[string]*string{"about": u.About, "description": u.Description, "website": u.Website, "phone": u.Phone} {
		if v != nil {
			f[name] = []string{*v}
		}
	}
	if u.Emails != nil {
		f["emails"] = []string{encode(*u.Emails)}
	}
	f.id("cover", u.CoverPhoto)
	if len(f) == 0 {
		return nil
	}
	return s.c.graph.Do(ctx, &meta.Request{Op: "page.update", Path: []string{string(s.c.page)}, Params: f.values()})
}

// SetPicture replaces the profile picture. Replacing it twice by the same is
// harmless, though the vendor may show a story of each.
func (s *PageService) SetPicture(ctx context.Context, f File) error {
	return s.c.graph.Do(ctx, &meta.Request{
		Op: "page.set-picture", Path: []string{string(s.c.page), "picture"}, Files: []httpx.Part{f.part("source")}, Timeout: uploadTimeout,
	})
}

// Subscribe has the app told of changes of the given fields by webhook, in place
// of those before: "feed", "mention", "ratings", "messages" ...
func (s *PageService) Subscribe(ctx context.Context, fields ...string) error {
	return s.c.graph.Do(ctx, &meta.Request{
		Op: "page.subscribe", Path: []string{string(s.c.page), "subscribed_apps"},
		Params: form{}.text("subscribed_fields", strings.Join(fields, ",")).values(),
	})
}

// Unsubscribe ends all webhooks of the Page for the app.
func (s *PageService) Unsubscribe(ctx context.Context) error {
	return s.c.graph.Do(ctx, &meta.Request{Op: "page.unsubscribe", Method: http.MethodDelete, Path: []string{string(s.c.page), "subscribed_apps"}})
}

// Subscription is an app that is told of changes.
type Subscription struct {
	ID     ID       `json:"id"`
	Name   string   `json:"name"`
	Fields []string `json:"subscribed_fields"`
}

// Subscriptions lists the apps that are told of changes.
func (s *PageService) Subscriptions(ctx context.Context) ([]Subscription, error) {
	l, err := meta.List[Subscription](ctx, s.c.graph, &meta.Request{
		Op: "page.subscriptions", Path: []string{string(s.c.page), "subscribed_apps"},
	}, ListParams{})
	return l.Items, err
}

// Block keeps people from writing to the Page, and takes their comments from
// view. Who is blocked already stays so.
func (s *PageService) Block(ctx context.Context, users ...ID) error {
	return s.blocked(ctx, &meta.Request{Op: "page.block", Path: []string{string(s.c.page), "blocked"}, Params: form{}.ids("user", users).values()}, users)
}

// BlockSender is Block for people that are known by their messages: psids are the
// ids of senders, which are others than those of comments.
func (s *PageService) BlockSender(ctx context.Context, psids ...ID) error {
	return s.blocked(ctx, &meta.Request{Op: "page.block-sender", Path: []string{string(s.c.page), "blocked"}, Params: form{}.ids("psid", psids).values()}, psids)
}

// blocked reads the answer, which says for each person whether it worked.
func (s *PageService) blocked(ctx context.Context, r *meta.Request, users []ID) error {
	var answer map[string]json.RawMessage
	if err := s.c.graph.Write(ctx, r, &answer); err != nil {
		return err
	}
	for _, u := range users {
		if v, ok := answer[string(u)]; ok && string(v) == "false" {
			return &smm.Error{
				Op: r.Op, Platform: Platform, Outcome: smm.OutcomeRefused, Status: http.StatusOK,
				Err: fmt.Errorf("%w: it answered that %s was not blocked", smm.ErrRejected, u),
			}
		}
	}
	return nil
}

// Unblock lets a person write again.
func (s *PageService) Unblock(ctx context.Context, user ID) error {
	return s.c.graph.Do(ctx, &meta.Request{
		Op: "page.unblock", Method: http.MethodDelete, Path: []string{string(s.c.page), "blocked"}, Params: form{}.id("user", user).values(),
	})
}

// Blocked lists the people that are blocked.
func (s *PageService) Blocked(ctx context.Context, p ListParams) (List[Actor], error) {
	return meta.List[Actor](ctx, s.c.graph, &meta.Request{Op: "page.blocked", Path: []string{string(s.c.page), "blocked"}}, p)
}

// Actions of Moderate.
const (
	BanUser     = "BAN_USER"
	UnbanUser   = "UNBAN_USER"
	BlockUser   = "BLOCK_USER"
	UnblockUser = "UNBLOCK_USER"
	MoveToSpam  = "MOVE_TO_SPAM"
)

// MaxModerated and MaxModerateActions bound a call of Moderate (unverified).
const (
	MaxModerated       = 10
	MaxModerateActions = 2
)

// Moderate acts on people who wrote messages: blocks or bans them, or moves what
// they wrote to the spam folder.
func (s *PageService) Moderate(ctx context.Context, psids []ID, actions ...string) error {
	r := &meta.Request{Op: "page.moderate-conversations", Path: []string{string(s.c.page), "moderate_conversations"}}
	if len(psids) == 0 || len(psids) > MaxModerated || len(actions) == 0 || len(actions) > MaxModerateActions {
		return refuse(r.Op, fmt.Errorf("%w: facebook: 1 to %d people and 1 to %d actions in one call", smm.ErrInvalid, MaxModerated, MaxModerateActions))
	}
	users := make([]Identity, len(psids))
	for i, p := range psids {
		users[i].ID = p
	}
	r.Params = form{}.text("user_ids", encode(users)).text("actions", encode(actions)).values()
	return s.c.graph.Do(ctx, r)
}

// Ratings lists reviews and recommendations, newest first.
func (s *PageService) Ratings(ctx context.Context, p ListParams) (List[Rating], error) {
	return meta.List[Rating](ctx, s.c.graph, &meta.Request{
		Op: "page.ratings", Path: []string{string(s.c.page), "ratings"},
		Fields: []string{"created_time", "recommendation_type", "review_text", "rating", "has_review", "has_rating", "reviewer", "open_graph_story{id}"},
	}, p)
}

// LiveVideo is a broadcast.
type LiveVideo struct {
	ID        ID     `json:"id"`
	Title     string `json:"title"`
	Status    string `json:"status"` // "LIVE", "VOD", "UNPUBLISHED"
	Permalink string `json:"permalink_url"`
	Created   Time   `json:"creation_time"`
}

// LiveVideos lists the Page's broadcasts. Making them is left to the vendor's
// tools.
func (s *PageService) LiveVideos(ctx context.Context, p ListParams) (List[LiveVideo], error) {
	return meta.List[LiveVideo](ctx, s.c.graph, &meta.Request{
		Op: "page.live-videos", Path: []string{string(s.c.page), "live_videos"}, Fields: []string{"id", "title", "status", "permalink_url", "creation_time"},
	}, p)
}

func refuse(op string, err error) error {
	return &smm.Error{Op: op, Platform: Platform, Outcome: smm.OutcomeNotSent, Err: err}
}

// hasTask reports whether tasks of a Page hold one; MANAGE stands for all.
func hasTask(tasks []string, task string) bool {
	return slices.Contains(tasks, task) || slices.Contains(tasks, taskManage)
}
