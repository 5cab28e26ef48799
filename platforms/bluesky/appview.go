package bluesky

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/smmkit/smmkit/smm"
)

// FeedService has the methods of app.bsky.feed. They show what the app view has
// indexed, which lags behind the repositories by a moment.
type FeedService service

// FeedPage is a page of a feed. It may be empty and yet have a cursor.
type FeedPage struct {
	Cursor string     `json:"cursor"`
	Feed   []FeedItem `json:"feed"`
}

func (p *FeedPage) lacking() bool { return p.Feed == nil }

// PostPage is a page of posts.
type PostPage struct {
	Cursor string     `json:"cursor"`
	Posts  []PostView `json:"posts"`
}

func (p *PostPage) lacking() bool { return p.Posts == nil }

// maxURIs is how many posts or accounts one request may ask for.
const maxURIs = 25

// GetPosts reads posts by address. What is gone, hidden or not indexed yet is
// left out of the answer. Any number may be asked for.
func (s *FeedService) GetPosts(ctx context.Context, uris []string) ([]PostView, error) {
	var out []PostView
	for some := range slices.Chunk(uris, maxURIs) {
		page, err := read[PostPage](ctx, s.c, s.c.query("app.bsky.feed.getPosts", url.Values{"uris": some}))
		if err != nil {
			return out, err
		}
		out = append(out, page.Posts...)
	}
	return out, nil
}

// GetPost reads one post. The error matches smm.ErrNotFound if there is none.
func (s *FeedService) GetPost(ctx context.Context, uri string) (*PostView, error) {
	posts, err := s.GetPosts(ctx, []string{uri})
	if err != nil {
		return nil, err
	}
	if len(posts) == 0 {
		return nil, &smm.Error{
			Op: "app.bsky.feed.getPosts", Platform: Platform, Channel: ChannelRef(s.c.cfg.DID),
			Err: fmt.Errorf("%w: post %s", smm.ErrNotFound, uri),
		}
	}
	return &posts[0], nil
}

// GetAuthorFeed lists what an account posted and reposted, newest first. filter
// is "posts_with_replies" (also for ""), "posts_no_replies",
// "posts_with_media", "posts_with_video" or "posts_and_author_threads".
func (s *FeedService) GetAuthorFeed(ctx context.Context, actor, filter string, p Page) (*FeedPage, error) {
	v := p.values()
	v.Set("actor", actor)
	if filter != "" {
		v.Set("filter", filter)
	}
	return read[FeedPage](ctx, s.c, s.c.query("app.bsky.feed.getAuthorFeed", v))
}

// GetTimeline lists what the accounts that the client follows posted.
func (s *FeedService) GetTimeline(ctx context.Context, p Page) (*FeedPage, error) {
	return read[FeedPage](ctx, s.c, s.c.query("app.bsky.feed.getTimeline", p.values()))
}

// Thread is a post with its ancestors and answers.
type Thread struct {
	Node       ThreadNode `json:"thread"`
	Threadgate *GateView  `json:"threadgate"`
}

func (t *Thread) lacking() bool { return t.Node.Type == "" && t.Node.Post == nil && t.Node.URI == "" }

// GetPostThread reads a thread: answers down to depth (0 to 1000) and ancestors
// up to height (0 to 1000).
func (s *FeedService) GetPostThread(ctx context.Context, uri string, depth, height int) (*Thread, error) {
	return read[Thread](ctx, s.c, s.c.query("app.bsky.feed.getPostThread", url.Values{
		"uri": {uri}, "depth": {strconv.Itoa(depth)}, "parentHeight": {strconv.Itoa(height)},
	}))
}

// Search is a search for posts. Query is required.
type Search struct {
	Query  string
	Sort   string // "latest" (also for "") or "top"
	Author string // DID or handle
	Lang   string
	Tags   []string // without "#"; all of them
	Since  string   // datetime
	Until  string
}

// SearchPosts finds posts.
func (s *FeedService) SearchPosts(ctx context.Context, q Search, p Page) (*PostPage, error) {
	v := p.values()
	v.Set("q", q.Query)
	for key, value := range map[string]string{
		"sort": q.Sort, "author": q.Author, "lang": q.Lang, "since": q.Since, "until": q.Until,
	} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if len(q.Tags) > 0 {
		v["tag"] = q.Tags
	}
	return read[PostPage](ctx, s.c, s.c.query("app.bsky.feed.searchPosts", v))
}

// ActorService has the methods of app.bsky.actor.
type ActorService service

// profiles is an answer of getProfiles.
type profiles struct {
	Profiles []ProfileView `json:"profiles"`
}

func (p *profiles) lacking() bool { return p.Profiles == nil }

// GetProfiles reads accounts by DID or handle. Those that do not exist are left
// out of the answer. Any number may be asked for.
func (s *ActorService) GetProfiles(ctx context.Context, actors []string) ([]ProfileView, error) {
	var out []ProfileView
	for some := range slices.Chunk(actors, maxURIs) {
		page, err := read[profiles](ctx, s.c, s.c.query("app.bsky.actor.getProfiles", url.Values{"actors": some}))
		if err != nil {
			return out, err
		}
		out = append(out, page.Profiles...)
	}
	return out, nil
}

// GetProfile reads one account. The error matches smm.ErrNotFound if there is
// none. It asks getProfiles, because getProfile says "InvalidRequest" for an
// account that does not exist and for much else.
func (s *ActorService) GetProfile(ctx context.Context, actor string) (*ProfileView, error) {
	found, err := s.GetProfiles(ctx, []string{actor})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &smm.Error{
			Op: "app.bsky.actor.getProfiles", Platform: Platform, Channel: ChannelRef(s.c.cfg.DID),
			Err: fmt.Errorf("%w: account %s", smm.ErrNotFound, actor),
		}
	}
	return &found[0], nil
}

// GraphService has the methods of app.bsky.graph. Follows and blocks are
// records: write them with Repo.
type GraphService service

// MuteActor hides an account's posts from the client's own views. It may be
// repeated.
func (s *GraphService) MuteActor(ctx context.Context, actor string) error {
	return s.mute(ctx, "app.bsky.graph.muteActor", actor)
}

// UnmuteActor takes MuteActor back. It may be repeated.
func (s *GraphService) UnmuteActor(ctx context.Context, actor string) error {
	return s.mute(ctx, "app.bsky.graph.unmuteActor", actor)
}

func (s *GraphService) mute(ctx context.Context, nsid, actor string) error {
	_, err := s.c.http.Write(ctx, s.c.procedure(nsid, struct {
		Actor string `json:"actor"`
	}{actor}, 0))
	return err
}

// ModerationService has the methods of com.atproto.moderation.
type ModerationService service

// ReportSubject is what a report is about: a record in a version, or with only
// DID set an account.
type ReportSubject struct {
	Record StrongRef
	DID    string
}

// CreateReport sends a complaint to the labeler and returns its number. Each
// call makes a report of its own.
func (s *ModerationService) CreateReport(ctx context.Context, subject ReportSubject, reasonType, reason string) (int64, error) {
	type strong struct {
		Type string `json:"$type"`
		StrongRef
	}
	type repo struct {
		Type string `json:"$type"`
		DID  string `json:"did"`
	}
	in := struct {
		ReasonType string `json:"reasonType"`
		Reason     string `json:"reason,omitempty"`
		Subject    any    `json:"subject"`
	}{reasonType, reason, strong{"com.atproto.repo.strongRef", subject.Record}}
	if subject.DID != "" {
		in.Subject = repo{"com.atproto.admin.defs#repoRef", subject.DID}
	}
	out, err := write[struct {
		ID int64 `json:"id"`
	}](ctx, s.c, proxied(s.c.procedure("com.atproto.moderation.createReport", in, 0), s.c.cfg.Labeler))
	if err != nil {
		return 0, err
	}
	return out.ID, nil
}
