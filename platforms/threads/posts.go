package threads

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// PostService reads and removes posts and replies.
type PostService struct{ c *Client }

// fieldsOr returns the wanted fields, or those of PostFields.
func fieldsOr(fields []string) []string {
	if len(fields) == 0 {
		return PostFields()
	}
	return fields
}

// Get reads a post or reply. Without fields it has those of PostFields.
func (s *PostService) Get(ctx context.Context, id ID, fields ...string) (Post, error) {
	r := s.c.request("thread.get", string(id))
	r.Fields = fieldsOr(fields)
	p, err := meta.Get[Post](ctx, s.c.api, r)
	if err == nil && p.ID == "" {
		err = s.c.unreadable(r.Op, "a post without an id")
	}
	return p, err
}

// List lists the account's own posts, the newest first: no replies, but reposts.
func (s *PostService) List(ctx context.Context, p ListParams, fields ...string) (Page[Post], error) {
	return s.c.posts(ctx, s.c.request("me.threads", s.c.me(), "threads"), p, fields)
}

// Ghosts lists the account's posts that vanish after 24 hours.
func (s *PostService) Ghosts(ctx context.Context, p ListParams, fields ...string) (Page[Post], error) {
	return s.c.posts(ctx, s.c.request("me.ghost_posts", s.c.me(), "ghost_posts"), p, fields)
}

// Mentions lists what others wrote that names the account
// (threads_manage_mentions), the newest first.
func (s *PostService) Mentions(ctx context.Context, p ListParams, fields ...string) (Page[Post], error) {
	return s.c.posts(ctx, s.c.request("me.mentions", s.c.me(), "mentions"), p, fields)
}

// maxPage is the largest page of posts.
const maxPage = 100

func (c *Client) posts(ctx context.Context, r *meta.Request, p ListParams, fields []string) (Page[Post], error) {
	r.Fields = fieldsOr(fields)
	p.Limit = min(p.Limit, maxPage)
	return meta.List[Post](ctx, c.api, r, p)
}

// Delete removes an own post or reply (threads_delete). The vendor allows 100 a
// day. What is gone gives an error that matches smm.ErrNotFound.
func (s *PostService) Delete(ctx context.Context, id ID) error {
	r := s.c.deleting("thread.delete", string(id))
	r.Buckets = []string{bucketDeletes}
	return s.c.api.Do(ctx, r)
}

// Repost shares a post unchanged, with a single request, and returns the id of
// the repost, which Delete takes back. There is no handle: if the reply is lost,
// look for a REPOST_FACADE in List before asking again.
func (s *PostService) Repost(ctx context.Context, id ID) (ID, error) {
	r := s.c.request("thread.repost", string(id), "repost")
	r.Priority = smm.PriorityReply
	post, _, err := s.c.commit(ctx, r)
	return post, err
}

// FindRepost looks for the account's repost of a post among its own posts, back to
// since, which is zero or when the post was written. It returns "" if there is
// none, and an error that matches smm.ErrUnsupported if there is none among the
// newest 1,000 and the list goes on: what then is cannot be told.
func (s *PostService) FindRepost(ctx context.Context, of ID, since time.Time) (ID, error) {
	p := ListParams{Limit: maxPage}
	for range maxFindPages {
		page, err := s.List(ctx, p, "id", "media_type", "reposted_post", "timestamp")
		if err != nil {
			return "", err
		}
		for i := range page.Items {
			switch o := &page.Items[i]; {
			case o.Type == MediaRepost && o.Reposted.ID == of:
				return o.ID, nil
			case !o.Timestamp.IsZero() && o.Timestamp.Before(since):
				return "", nil
			}
		}
		if page.Next == "" || page.Next == p.Cursor {
			return "", nil
		}
		p.Cursor = page.Next
	}
	return "", s.c.refuse("me.threads", fmt.Errorf("%w: no repost of %s among the newest posts, and there are more", smm.ErrUnsupported, of))
}

// maxFindPages bounds a search among own posts: 1,000 of them.
const maxFindPages = 10
