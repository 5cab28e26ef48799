package x

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// SearchParams select posts of the last seven days: 10 to 100 on a page. The
// operators of Query are those of
// https://docs.x.com/x-api/posts/search/integrate/operators; in the self-serve
// tier it has 512 characters. "conversation_id:1" finds replies. Reposts are not
// found since 2026-05-04.
type SearchParams struct {
	ListParams
	TimeRange

	Query     string
	Relevancy bool // most relevant first, instead of newest first
	Fields    *Fields
}

func (p *SearchParams) query(c *Client, op string) (url.Values, error) {
	q := c.postQuery(p.Fields)
	if err := c.searched(q, op, p.Query, p.TimeRange); err != nil {
		return nil, err
	}
	if err := p.ListParams.into(q); err != nil {
		return nil, err
	}
	if p.Relevancy {
		q.Set("sort_order", "relevancy")
	}
	return q, nil
}

// Search finds recent posts.
func (s *PostService) Search(ctx context.Context, p SearchParams) (Page[Post], error) {
	q, err := p.query(s.c, "posts.search")
	if err != nil {
		return Page[Post]{}, err
	}
	resp, err := s.c.get(ctx, "posts.search", postsPath+"/search/recent", q)
	return page[Post]("posts.search", resp, err)
}

// SearchAll finds posts of all time: 10 to 500 on a page. It takes the app's
// credential and one request a second.
func (s *PostService) SearchAll(ctx context.Context, p SearchParams) (Page[Post], error) {
	q, err := p.query(s.c, "posts.search-all")
	if err != nil {
		return Page[Post]{}, err
	}
	resp, err := s.c.getAsApp(ctx, "posts.search-all", postsPath+"/search/all", q)
	return page[Post]("posts.search-all", resp, err)
}

// searched sets a query. How long it may be depends on the tier; where that is
// not known X decides.
func (c *Client) searched(q url.Values, op, query string, r TimeRange) error {
	n := utf8.RuneCountInString(query)
	if n < 1 || n > 4_096 {
		return invalid("a query of %d characters: want 1 to %d, or 4096 with an Enterprise contract", n, MaxQuery)
	}
	if n > MaxQuery && c.tier == TierSelfServe {
		return &smm.Error{Op: op, Platform: Platform, Outcome: smm.OutcomeNotSent, Code: codeTier, Err: fmt.Errorf("%w: %s", smm.ErrForbidden, lossQuery)}
	}
	q.Set("query", query)
	return r.into(q)
}

// CountParams select what Counts counts. Granularity is minute, hour or day; ""
// for hour.
type CountParams struct {
	TimeRange

	Query       string
	Granularity string
	Cursor      string
}

// Counts says how many posts of the last seven days match a query, by interval,
// oldest first; Page.Total is their sum. It takes the app's credential.
func (s *PostService) Counts(ctx context.Context, p CountParams) (Page[PostCount], error) {
	q, err := p.query(s.c, "posts.counts")
	if err != nil {
		return Page[PostCount]{}, err
	}
	resp, err := s.c.getAsApp(ctx, "posts.counts", postsPath+"/counts/recent", q)
	return page[PostCount]("posts.counts", resp, err)
}

// CountsAll is Counts over all time. It costs twice as much.
func (s *PostService) CountsAll(ctx context.Context, p CountParams) (Page[PostCount], error) {
	q, err := p.query(s.c, "posts.counts-all")
	if err != nil {
		return Page[PostCount]{}, err
	}
	resp, err := s.c.getAsApp(ctx, "posts.counts-all", postsPath+"/counts/all", q)
	return page[PostCount]("posts.counts-all", resp, err)
}

func (p *CountParams) query(c *Client, op string) (url.Values, error) {
	q := url.Values{}
	if err := c.searched(q, op, p.Query, p.TimeRange); err != nil {
		return nil, err
	}
	if err := (ListParams{Cursor: p.Cursor}).into(q); err != nil {
		return nil, err
	}
	if !known(p.Granularity, "minute", "hour", "day") {
		return nil, invalid("granularity %q: want minute, hour or day", p.Granularity)
	}
	if p.Granularity != "" {
		q.Set("granularity", p.Granularity)
	}
	return q, nil
}

func (s *PostService) posts(ctx context.Context, op, path string, p ListParams, f *Fields, id ID) (Page[Post], error) {
	q := s.c.postQuery(f)
	if err := ids(id); err != nil {
		return Page[Post]{}, err
	}
	if err := p.into(q); err != nil {
		return Page[Post]{}, err
	}
	resp, err := s.c.get(ctx, op, path, q)
	return page[Post](op, resp, err)
}

// Quotes lists posts that quote one, newest first: 10 to 100 on a page.
func (s *PostService) Quotes(ctx context.Context, id ID, p ListParams, f *Fields) (Page[Post], error) {
	return s.posts(ctx, "posts.quotes", httpx.Path(postsPath, string(id), "quote_tweets"), p, f, id)
}

// Reposts lists the reposts of a post: 1 to 100 on a page.
func (s *PostService) Reposts(ctx context.Context, id ID, p ListParams, f *Fields) (Page[Post], error) {
	return s.posts(ctx, "posts.reposts", httpx.Path(postsPath, string(id), "retweets"), p, f, id)
}

// Liked lists what a user likes: 5 to 100 on a page.
func (s *PostService) Liked(ctx context.Context, user ID, p ListParams, f *Fields) (Page[Post], error) {
	return s.posts(ctx, "posts.liked", httpx.Path(usersPath, string(user), "liked_tweets"), p, f, user)
}

// RepostsOfMe lists the account's posts that others repeated: 1 to 100 on a
// page.
func (s *PostService) RepostsOfMe(ctx context.Context, p ListParams, f *Fields) (Page[Post], error) {
	return s.posts(ctx, "posts.reposts-of-me", usersPath+"/reposts_of_me", p, f, "0")
}

// Bookmarks lists the account's bookmarks: 1 to 100 on a page.
func (s *PostService) Bookmarks(ctx context.Context, p ListParams, f *Fields) (Page[Post], error) {
	me, err := s.c.me()
	if err != nil {
		return Page[Post]{}, err
	}
	return s.posts(ctx, "posts.bookmarks", httpx.Path(usersPath, me, "bookmarks"), p, f, "0")
}

func (s *PostService) people(ctx context.Context, op string, id ID, name string, p ListParams, f *Fields) (Page[User], error) {
	q := s.c.userQuery(f)
	if err := ids(id); err != nil {
		return Page[User]{}, err
	}
	if err := p.into(q); err != nil {
		return Page[User]{}, err
	}
	resp, err := s.c.get(ctx, op, httpx.Path(postsPath, string(id), name), q)
	return page[User](op, resp, err)
}

// LikingUsers lists who likes an own post: 1 to 100 on a page.
func (s *PostService) LikingUsers(ctx context.Context, id ID, p ListParams, f *Fields) (Page[User], error) {
	return s.people(ctx, "posts.liking-users", id, "liking_users", p, f)
}

// RepostedBy lists who repeated a post: 1 to 100 on a page.
func (s *PostService) RepostedBy(ctx context.Context, id ID, p ListParams, f *Fields) (Page[User], error) {
	return s.people(ctx, "posts.reposted-by", id, "retweeted_by", p, f)
}

type postIDBody struct {
	ID ID `json:"tweet_id"`
}

// on does something of the account's to a post and checks that X says so.
func (s *PostService) on(ctx context.Context, op, kind, field string, id ID) error {
	me, err := s.c.me()
	if err != nil {
		return err
	}
	if err := ids(id); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, op, http.MethodPost, httpx.Path(usersPath, me, kind), httpx.JSON(postIDBody{id}))
	return done(op, field, true, resp, err)
}

// off takes it back.
func (s *PostService) off(ctx context.Context, op, kind, field string, id ID) error {
	me, err := s.c.me()
	if err != nil {
		return err
	}
	if err := ids(id); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, op, http.MethodDelete, httpx.Path(usersPath, me, kind, string(id)), httpx.Body{})
	return done(op, field, false, resp, err)
}

// Repost repeats a post to the followers.
func (s *PostService) Repost(ctx context.Context, id ID) error {
	return s.on(ctx, "posts.repost", "retweets", "retweeted", id)
}

// UndoRepost takes the repost back; id is that of the repeated post.
func (s *PostService) UndoRepost(ctx context.Context, id ID) error {
	return s.off(ctx, "posts.undo-repost", "retweets", "retweeted", id)
}

// Like likes a post. Not in the self-serve tier.
func (s *PostService) Like(ctx context.Context, id ID) error {
	return s.on(ctx, "posts.like", "likes", "liked", id)
}

// Unlike takes the like back. Not in the self-serve tier.
func (s *PostService) Unlike(ctx context.Context, id ID) error {
	return s.off(ctx, "posts.unlike", "likes", "liked", id)
}

// Bookmark keeps a post in the account's bookmarks. This and RemoveBookmark take
// no signature of OAuth 1.0a.
func (s *PostService) Bookmark(ctx context.Context, id ID) error {
	return s.on(ctx, "posts.bookmark", "bookmarks", "bookmarked", id)
}

// RemoveBookmark takes it from there.
func (s *PostService) RemoveBookmark(ctx context.Context, id ID) error {
	return s.off(ctx, "posts.remove-bookmark", "bookmarks", "bookmarked", id)
}

// Hide hides or shows a reply in a conversation that the account began.
func (s *PostService) Hide(ctx context.Context, id ID, hidden bool) error {
	if err := ids(id); err != nil {
		return err
	}
	body := struct {
		Hidden bool `json:"hidden"`
	}{hidden}
	resp, err := s.c.commit(ctx, "posts.hide", http.MethodPut, httpx.Path(postsPath, string(id), "hidden"), httpx.JSON(body))
	return done("posts.hide", "hidden", hidden, resp, err)
}
