package blueskytest

import "time"

type profileBasic struct {
	DID         string      `json:"did"`
	Handle      string      `json:"handle"`
	DisplayName string      `json:"displayName,omitempty"`
	Avatar      string      `json:"avatar,omitempty"`
	Viewer      *actorState `json:"viewer,omitempty"`
	Labels      []object    `json:"labels"`
	CreatedAt   string      `json:"createdAt"`
}

type profileView struct {
	profileBasic
	Description string `json:"description,omitempty"`
	IndexedAt   string `json:"indexedAt"`
}

type profileDetailed struct {
	profileView
	Banner    string `json:"banner,omitempty"`
	Website   string `json:"website,omitempty"`
	Followers int    `json:"followersCount"`
	Follows   int    `json:"followsCount"`
	Posts     int    `json:"postsCount"`
}

type actorState struct {
	Muted      bool   `json:"muted"`
	BlockedBy  bool   `json:"blockedBy"`
	Blocking   string `json:"blocking,omitempty"`
	Following  string `json:"following,omitempty"`
	FollowedBy string `json:"followedBy,omitempty"`
}

type postView struct {
	Type       string       `json:"$type,omitempty"`
	URI        string       `json:"uri"`
	CID        string       `json:"cid"`
	Author     profileBasic `json:"author"`
	Record     object       `json:"record"`
	Embed      object       `json:"embed,omitempty"`
	Bookmarks  int          `json:"bookmarkCount"`
	Replies    int          `json:"replyCount"`
	Reposts    int          `json:"repostCount"`
	Likes      int          `json:"likeCount"`
	Quotes     int          `json:"quoteCount"`
	IndexedAt  string       `json:"indexedAt"`
	Viewer     *postState   `json:"viewer,omitempty"`
	Labels     []object     `json:"labels"`
	Threadgate *gateView    `json:"threadgate,omitempty"`
}

type postState struct {
	Like              string `json:"like,omitempty"`
	Repost            string `json:"repost,omitempty"`
	Bookmarked        bool   `json:"bookmarked"`
	ThreadMuted       bool   `json:"threadMuted"`
	ReplyDisabled     bool   `json:"replyDisabled,omitempty"`
	EmbeddingDisabled bool   `json:"embeddingDisabled,omitempty"`
}

type gateView struct {
	URI    string   `json:"uri"`
	CID    string   `json:"cid"`
	Record object   `json:"record"`
	Lists  []object `json:"lists"`
}

func (s *Server) imageURL(did, cid string) string { return s.URL() + "/img/" + did + "/" + cid }

func blobCID(ref object) string { return text(child(ref, "ref"), "$link") }

func (s *Server) basic(a, viewer *account) profileBasic {
	v := profileBasic{DID: a.did, Handle: a.handle, Labels: []object{}, CreatedAt: stamp(a.created)}
	if p := a.find(profileType, "self"); p != nil {
		v.DisplayName = text(p.value, "displayName")
		if cid := blobCID(child(p.value, "avatar")); cid != "" {
			v.Avatar = s.imageURL(a.did, cid)
		}
	}
	if viewer != nil {
		ix := s.index
		_, blockedBy := ix.blocks[a.did][viewer.did]
		v.Viewer = &actorState{
			Muted: viewer.mutes[a.did], BlockedBy: blockedBy, Blocking: ix.blocks[viewer.did][a.did],
			Following: ix.follows[viewer.did][a.did], FollowedBy: ix.follows[a.did][viewer.did],
		}
	}
	return v
}

func (s *Server) profile(a, viewer *account) profileView {
	v := profileView{profileBasic: s.basic(a, viewer), IndexedAt: stamp(a.created)}
	if p := a.find(profileType, "self"); p != nil {
		v.Description = text(p.value, "description")
	}
	return v
}

func (s *Server) detailed(a, viewer *account) profileDetailed {
	v := profileDetailed{profileView: s.profile(a, viewer), Follows: len(s.index.follows[a.did])}
	for _, edges := range s.index.follows {
		if _, ok := edges[a.did]; ok {
			v.Followers++
		}
	}
	for _, p := range s.index.posts {
		if p.author == a {
			v.Posts++
		}
	}
	if p := a.find(profileType, "self"); p != nil {
		v.Website = text(p.value, "website")
		if cid := blobCID(child(p.value, "banner")); cid != "" {
			v.Banner = s.imageURL(a.did, cid)
		}
	}
	return v
}

func (s *Server) view(p *post, viewer *account) postView {
	v := postView{
		URI: p.uri, CID: p.cid, Author: s.basic(p.author, viewer), Record: p.value, IndexedAt: stamp(p.at), Labels: []object{},
		Reposts: len(s.index.reposts[p.uri]), Likes: len(s.index.likes[p.uri]),
		Embed: s.embedView(p, child(p.value, "embed"), viewer),
	}
	for _, uri := range p.replies {
		if r := s.index.posts[uri]; r != nil && !r.violates {
			v.Replies++
		}
	}
	for _, q := range s.index.posts {
		if q.quote == p.uri && !q.violatesGate {
			v.Quotes++
		}
	}
	for _, a := range s.order {
		if _, ok := a.marks[p.uri]; ok {
			v.Bookmarks++
		}
	}
	root := p.root
	if root == "" {
		root = p.uri
	}
	if gate := s.gateOf(p.uri); gate != nil {
		v.Threadgate = &gateView{gate.uri, gate.cid, gate.value, []object{}}
	}
	if viewer != nil {
		_, marked := viewer.marks[p.uri]
		v.Viewer = &postState{
			Like: s.index.likes[p.uri][viewer.did], Repost: s.index.reposts[p.uri][viewer.did], Bookmarked: marked,
			ReplyDisabled: s.replyForbidden(root, viewer), EmbeddingDisabled: s.quoteForbidden(p.uri, viewer),
		}
	}
	return v
}

func (s *Server) embedView(p *post, e object, viewer *account) object {
	did := p.author.did
	switch t := text(e, "$type"); t {
	case "app.bsky.embed.images":
		var views []object
		images, _ := e["images"].([]any)
		for _, x := range images {
			image, _ := x.(object)
			u := s.imageURL(did, blobCID(child(image, "image")))
			v := object{"thumb": u, "fullsize": u, "alt": image["alt"]}
			if r := image["aspectRatio"]; r != nil {
				v["aspectRatio"] = r
			}
			views = append(views, v)
		}
		return object{"$type": t + "#view", "images": views}
	case "app.bsky.embed.video":
		cid := blobCID(child(e, "video"))
		v := object{"$type": t + "#view", "cid": cid, "playlist": s.imageURL(did, cid), "thumbnail": s.imageURL(did, cid)}
		for _, k := range []string{"alt", "aspectRatio"} {
			if e[k] != nil {
				v[k] = e[k]
			}
		}
		return v
	case "app.bsky.embed.external":
		x := child(e, "external")
		v := object{"uri": x["uri"], "title": x["title"], "description": x["description"]}
		if cid := blobCID(child(x, "thumb")); cid != "" {
			v["thumb"] = s.imageURL(did, cid)
		}
		return object{"$type": t + "#view", "external": v}
	case "app.bsky.embed.record":
		return object{"$type": t + "#view", "record": s.quoteView(p, viewer)}
	case "app.bsky.embed.recordWithMedia":
		return object{
			"$type":  t + "#view",
			"record": object{"record": s.quoteView(p, viewer)}, "media": s.embedView(p, child(e, "media"), viewer),
		}
	}
	return nil
}

func (s *Server) quoteView(p *post, viewer *account) object {
	const t = "app.bsky.embed.record#"
	q := s.index.posts[p.quote]
	switch {
	case q == nil:
		return object{"$type": t + "viewNotFound", "uri": p.quote, "notFound": true}
	case p.violatesGate:
		return object{"$type": t + "viewDetached", "uri": p.quote, "detached": true}
	case s.blocked(q.author, p.author) || s.blocked(q.author, viewer):
		return object{"$type": t + "viewBlocked", "uri": p.quote, "blocked": true, "author": object{"did": q.author.did}}
	}
	return object{
		"$type": t + "viewRecord", "uri": q.uri, "cid": q.cid, "author": s.basic(q.author, viewer),
		"value": q.value, "labels": []object{}, "indexedAt": stamp(q.at),
	}
}

func within(t, since, until time.Time) bool {
	return (since.IsZero() || !t.Before(since)) && (until.IsZero() || t.Before(until))
}
