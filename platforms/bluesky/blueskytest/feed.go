package blueskytest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// visible reports whether viewer may see what author wrote.
func (s *Server) visible(author, viewer *account) bool {
	return !author.takenDown && !s.blocked(author, viewer)
}

func (c *call) getPosts() (any, error) {
	uris := c.r.URL.Query()["uris"]
	if len(uris) == 0 || len(uris) > 25 {
		return nil, invalid("Error: uris must have 1 to 25 elements")
	}
	views := []postView{}
	for _, uri := range uris {
		if p := c.s.index.posts[uri]; p != nil && c.s.visible(p.author, c.me) {
			views = append(views, c.s.view(p, c.me))
		}
	}
	return object{"posts": views}, nil
}

// feedOut cuts the page first and drops what the viewer must not see then, as
// the app view does: a page may be short or empty and yet have a cursor.
func (c *call) feedOut(keep func(*feedItem) bool, show func(*feedItem, *post) bool) (any, error) {
	limit, err := c.limit(50)
	if err != nil {
		return nil, err
	}
	var all []*feedItem
	for _, f := range slices.Backward(c.s.index.feed) {
		if keep(f) {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b *feedItem) int { return strings.Compare(b.key(), a.key()) })
	items, next := page(all, (*feedItem).key, c.query("cursor"), limit)
	out := struct {
		Cursor string   `json:"cursor,omitempty"`
		Feed   []object `json:"feed"`
	}{next, []object{}}
	for _, f := range items {
		p := c.s.index.posts[f.post]
		if p == nil || !c.s.visible(p.author, c.me) || !show(f, p) {
			continue
		}
		line := object{"post": c.s.view(p, c.me)}
		if f.by != nil {
			line["reason"] = object{
				"$type": "app.bsky.feed.defs#reasonRepost", "by": c.s.basic(f.by, c.me), "uri": f.uri, "indexedAt": stamp(f.at),
			}
		}
		if root, parent := c.s.index.posts[p.root], c.s.index.posts[p.parent]; f.by == nil && root != nil && parent != nil {
			rv, pv := c.s.view(root, c.me), c.s.view(parent, c.me)
			rv.Type, pv.Type = "app.bsky.feed.defs#postView", "app.bsky.feed.defs#postView"
			line["reply"] = object{"root": rv, "parent": pv}
		}
		out.Feed = append(out.Feed, line)
	}
	return out, nil
}

func (c *call) getAuthorFeed() (any, error) {
	a := c.s.lookup(c.query("actor"))
	if a == nil {
		return nil, invalid("Profile not found")
	}
	if c.me != nil && c.s.blocked(a, c.me) {
		if _, by := c.s.index.blocks[a.did][c.me.did]; by {
			return nil, fail(400, "BlockedByActor", "Requester is blocked by actor: %s", a.did)
		}
		return nil, fail(400, "BlockedActor", "Requester has blocked actor: %s", a.did)
	}
	filter := c.query("filter")
	mine := func(f *feedItem) bool {
		p := c.s.index.posts[f.post]
		return f.by == a || f.by == nil && p != nil && p.author == a
	}
	return c.feedOut(mine, func(f *feedItem, p *post) bool {
		embed := text(child(p.value, "embed"), "$type")
		switch filter {
		case "posts_no_replies":
			return f.by != nil || p.parent == ""
		case "posts_with_media":
			return f.by == nil && (embed == "app.bsky.embed.images" || embed == "app.bsky.embed.video")
		case "posts_with_video":
			return f.by == nil && embed == "app.bsky.embed.video"
		case "posts_and_author_threads":
			root := c.s.index.posts[p.root]
			return f.by != nil || p.parent == "" || root != nil && root.author == a
		}
		return true
	})
}

func (c *call) getTimeline() (any, error) {
	follows := c.s.index.follows[c.me.did]
	followed := func(f *feedItem) bool {
		by := f.by
		if p := c.s.index.posts[f.post]; by == nil && p != nil {
			by = p.author
		}
		if by == nil {
			return false
		}
		_, ok := follows[by.did]
		return ok || by == c.me
	}
	return c.feedOut(followed, func(_ *feedItem, p *post) bool { return !c.me.mutes[p.author.did] })
}

func (c *call) searchPosts() (any, error) {
	q := c.r.URL.Query()
	since, err1 := queryTime(q.Get("since"))
	until, err2 := queryTime(q.Get("until"))
	if q.Get("q") == "" || err1 != nil || err2 != nil {
		return nil, fail(400, "BadQueryString", "q is required; since and until must be datetimes")
	}
	limit, err := c.limit(25)
	if err != nil {
		return nil, err
	}
	author := c.s.lookup(q.Get("author"))
	var hits []*post
	for _, p := range c.s.index.posts {
		if (q.Get("author") == "" || p.author == author) && within(p.at, since, until) &&
			c.s.visible(p.author, c.me) && matches(p, q.Get("q"), q.Get("lang"), q["tag"]) {
			hits = append(hits, p)
		}
	}
	key := func(p *post) string { return sortKey(p.at, p.uri) }
	slices.SortFunc(hits, func(a, b *post) int { return strings.Compare(key(b), key(a)) })
	found, next := page(hits, key, q.Get("cursor"), limit)
	views := []postView{}
	for _, p := range found {
		views = append(views, c.s.view(p, c.me))
	}
	out := object{"posts": views, "hitsTotal": len(hits)}
	if next != "" {
		out["cursor"] = next
	}
	return out, nil
}

func queryTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, s)
}

// matches looks for every word, "#tag" as a hashtag; "*" finds everything.
func matches(p *post, q, lang string, tags []string) bool {
	body := strings.ToLower(text(p.value, "text"))
	for word := range strings.FieldsSeq(strings.ToLower(q)) {
		if word != "*" && !strings.Contains(body, strings.Trim(word, `"`)) {
			return false
		}
	}
	for _, tag := range tags {
		if !strings.Contains(body, "#"+strings.ToLower(tag)) {
			return false
		}
	}
	if lang == "" {
		return true
	}
	langs, _ := p.value["langs"].([]any)
	return slices.ContainsFunc(langs, func(l any) bool { s, _ := l.(string); return s == lang || strings.HasPrefix(s, lang+"-") })
}

func (c *call) getPostThread() (any, error) {
	p := c.s.index.posts[c.query("uri")]
	if p == nil {
		return nil, fail(400, "NotFound", "Post not found: %s", c.query("uri"))
	}
	depth, height := 6, 80
	for name, v := range map[string]*int{"depth": &depth, "parentHeight": &height} {
		if q := c.query(name); q != "" {
			n, err := strconv.Atoi(q)
			if err != nil || n < 0 || n > 1000 {
				return nil, invalid("Error: %s must be an integer from 0 to 1000", name)
			}
			*v = n
		}
	}
	out := object{"thread": c.s.thread(p, c.me, depth, height)}
	root := p.root
	if root == "" {
		root = p.uri
	}
	if gate := c.s.gateOf(root); gate != nil {
		out["threadgate"] = gateView{gate.uri, gate.cid, gate.value, []object{}}
	}
	return out, nil
}

const threadType = "app.bsky.feed.defs#"

func (s *Server) thread(p *post, viewer *account, depth, height int) object {
	if s.blocked(p.author, viewer) {
		return object{"$type": threadType + "blockedPost", "uri": p.uri, "blocked": true, "author": object{"did": p.author.did}}
	}
	node := object{"$type": threadType + "threadViewPost", "post": s.view(p, viewer)}
	if depth > 0 {
		replies := []object{}
		for _, uri := range p.replies {
			if r := s.index.posts[uri]; r != nil && !r.violates {
				replies = append(replies, s.thread(r, viewer, depth-1, 0))
			}
		}
		node["replies"] = replies
	}
	if p.parent != "" && height > 0 {
		if up := s.index.posts[p.parent]; up != nil {
			node["parent"] = s.thread(up, viewer, 0, height-1)
		} else {
			node["parent"] = object{"$type": threadType + "notFoundPost", "uri": p.parent, "notFound": true}
		}
	}
	return node
}

func (c *call) edges(m map[string]map[string]string, item func(*account) object, field string) (any, error) {
	limit, err := c.limit(50)
	if err != nil {
		return nil, err
	}
	var all []*account
	for did := range m[c.query("uri")] {
		all = append(all, c.s.accounts[did])
	}
	key := func(a *account) string { return a.did }
	slices.SortFunc(all, func(a, b *account) int { return strings.Compare(b.did, a.did) })
	found, next := page(all, key, c.query("cursor"), limit)
	list := []any{}
	for _, a := range found {
		list = append(list, item(a))
	}
	out := object{"uri": c.query("uri"), field: list}
	if next != "" {
		out["cursor"] = next
	}
	return out, nil
}

func (c *call) getLikes() (any, error) {
	if _, _, _, ok := splitURI(c.query("uri")); !ok {
		return nil, invalid("Error: uri must be a valid at-uri")
	}
	return c.edges(c.s.index.likes, func(a *account) object {
		return object{"actor": c.s.profile(a, c.me), "createdAt": stamp(c.s.now()), "indexedAt": stamp(c.s.now())}
	}, "likes")
}
