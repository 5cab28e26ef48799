package bluesky_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/realnet"
	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// xrpc asks the PDS itself, by code that shares nothing with the client under
// test. Without in it is a query; http.NoBody makes a procedure without input.
func xrpc(ctx context.Context, base, token, nsid string, query url.Values, in, out any) error {
	verb, body := http.MethodGet, []byte(nil)
	if in != nil {
		verb = http.MethodPost
	}
	if in != nil && in != http.NoBody {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, verb, base+"/xrpc/"+nsid+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return &xrpcError{nsid, resp.StatusCode, string(data)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(data, out)
}

type xrpcError struct {
	nsid   string
	status int
	body   string
}

func (e *xrpcError) Error() string { return fmt.Sprintf("%s: %d %s", e.nsid, e.status, e.body) }

// member is an account with its session.
type member struct {
	Handle  string `json:"handle"`
	DID     string `json:"did"`
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
}

// crowd acts for the public on a real PDS: every handle is an account of its
// own, made when it is first named. It is a sim.Server.
type crowd struct {
	net *realnet.Network

	mu      sync.Mutex
	members map[string]*member
	tested  []sim.Account
	said    []sim.Item // by visitors
}

var _ sim.Server = (*crowd)(nil)

const memberPassword = "password-of-everybody"

func newCrowd(net *realnet.Network) *crowd {
	return &crowd{net: net, members: make(map[string]*member)}
}

func (c *crowd) Platform() smm.Platform { return bluesky.Platform }
func (c *crowd) URL() string            { return c.net.PDS }
func (c *crowd) Close()                 {}

// member returns an account, which is made if it does not exist.
func (c *crowd) member(ctx context.Context, handle string) (*member, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.members[handle]; m != nil {
		return m, nil
	}
	m := new(member)
	err := xrpc(ctx, c.net.PDS, "", "com.atproto.server.createAccount", nil, map[string]string{
		"handle": handle, "password": memberPassword, "email": strings.TrimSuffix(handle, ".test") + "@example.com",
	}, m)
	if err != nil {
		return nil, err
	}
	c.members[handle] = m
	return m, nil
}

func (c *crowd) NewAccount(handle string) (sim.Account, error) {
	m, err := c.member(context.Background(), handle)
	if err != nil {
		return sim.Account{}, err
	}
	a := sim.Account{Handle: handle, Channel: bluesky.ChannelRef(m.DID), Login: map[string]string{
		"BLUESKY_SERVER": c.net.PDS, "BLUESKY_IDENTIFIER": handle, "BLUESKY_APP_PASSWORD": memberPassword,
	}}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tested = append(c.tested, a)
	return a, nil
}

func (c *crowd) Accounts() []sim.Account {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sim.Account(nil), c.tested...)
}

// create writes a record of a member.
func (c *crowd) create(ctx context.Context, m *member, collection string, record any) (bluesky.StrongRef, error) {
	var ref bluesky.StrongRef
	err := xrpc(ctx, c.net.PDS, m.Access, "com.atproto.repo.createRecord", nil, map[string]any{
		"repo": m.DID, "collection": collection, "record": record,
	}, &ref)
	return ref, err
}

// subject names a post in its present version.
func (c *crowd) subject(ctx context.Context, uri string) (ref bluesky.StrongRef, root *bluesky.StrongRef, err error) {
	did, key, ok := strings.Cut(strings.TrimPrefix(uri, "at://"), "/"+bluesky.PostCollection+"/")
	if !ok {
		return ref, nil, fmt.Errorf("%w: %s is no post", smm.ErrInvalid, uri)
	}
	var rec struct {
		bluesky.StrongRef
		Value struct{ Reply *bluesky.ReplyRefs }
	}
	err = xrpc(ctx, c.net.PDS, "", "com.atproto.repo.getRecord", url.Values{
		"repo": {did}, "collection": {bluesky.PostCollection}, "rkey": {key},
	}, nil, &rec)
	if rec.Value.Reply != nil {
		root = &rec.Value.Reply.Root
	}
	return rec.StrongRef, root, err
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// VisitorPosts implements sim.Server. Handles of members become mentions.
func (c *crowd) VisitorPosts(ctx context.Context, handle, parent, text string) (smm.Ref, error) {
	m, err := c.member(ctx, handle)
	if err != nil {
		return smm.Ref{}, err
	}
	post := bluesky.Post{Type: bluesky.PostCollection, Text: text, CreatedAt: now(), Facets: c.facets(text)}
	kind := smm.KindPost
	if parent != "" {
		ref, root, err := c.subject(ctx, parent)
		if err != nil {
			return smm.Ref{}, err
		}
		if root == nil {
			root = &ref
		}
		post.Reply, kind = &bluesky.ReplyRefs{Root: *root, Parent: ref}, smm.KindComment
	}
	ref, err := c.create(ctx, m, bluesky.PostCollection, post)
	if err != nil {
		return smm.Ref{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, sim.Item{
		Platform: bluesky.Platform, Account: handle, Parent: parent, Text: text, ID: ref.URI, At: time.Now(), Visitor: true,
	})
	return smm.Ref{Platform: bluesky.Platform, Kind: kind, ID: ref.URI}, nil
}

func (c *crowd) facets(text string) []bluesky.Facet {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []bluesky.Facet
	for _, e := range textx.Extract(text, textx.BlueskyRules()) {
		if m := c.members[e.Value]; e.Kind == textx.Mention && m != nil {
			out = append(out, bluesky.Facet{
				Index:    bluesky.ByteSlice{Start: e.Start, End: e.End},
				Features: []bluesky.Feature{{Type: bluesky.FeatureMention, DID: m.DID}},
			})
		}
	}
	return out
}

// VisitorWrites implements sim.Server.
func (c *crowd) VisitorWrites(context.Context, string, string, string) (smm.Ref, error) {
	return smm.Ref{}, fmt.Errorf("%w: the open stack has no chat service", smm.ErrUnsupported)
}

// VisitorLikes implements sim.Server.
func (c *crowd) VisitorLikes(ctx context.Context, handle, item string, share bool) error {
	m, err := c.member(ctx, handle)
	if err != nil {
		return err
	}
	ref, _, err := c.subject(ctx, item)
	if err != nil {
		return err
	}
	collection := bluesky.LikeCollection
	if share {
		collection = bluesky.RepostCollection
	}
	_, err = c.create(ctx, m, collection, map[string]any{"$type": collection, "subject": ref, "createdAt": now()})
	return err
}

// VisitorFollows implements sim.Server.
func (c *crowd) VisitorFollows(ctx context.Context, handle, account string) error {
	m, err := c.member(ctx, handle)
	if err != nil {
		return err
	}
	whom, err := c.member(ctx, account)
	if err != nil {
		return err
	}
	_, err = c.create(ctx, m, bluesky.FollowCollection, map[string]any{
		"$type": bluesky.FollowCollection, "subject": whom.DID, "createdAt": now(),
	})
	return err
}

// listed is a record as com.atproto.repo.listRecords gives it.
type listed struct {
	bluesky.StrongRef
	Value json.RawMessage `json:"value"`
}

// records reads a collection of a repository to its end: what the PDS itself
// holds, with no app view between.
func (c *crowd) records(ctx context.Context, did, collection string) ([]listed, error) {
	var out []listed
	q := url.Values{"repo": {did}, "collection": {collection}, "limit": {"100"}}
	for {
		var page struct {
			Cursor  string
			Records []listed
		}
		if err := xrpc(ctx, c.net.PDS, "", "com.atproto.repo.listRecords", q, nil, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Records...)
		if page.Cursor == "" || len(page.Records) == 0 {
			return out, nil
		}
		q.Set("cursor", page.Cursor)
	}
}

// items is what the public sees: the posts in the repository of did, and what
// visitors wrote through this crowd.
func (c *crowd) items(ctx context.Context, did, handle string) ([]sim.Item, error) {
	posts, err := c.records(ctx, did, bluesky.PostCollection)
	if err != nil {
		return nil, err
	}
	out := make([]sim.Item, 0, len(posts))
	for i := len(posts) - 1; i >= 0; i-- { // newest first, by key
		item, err := itemOf(handle, posts[i])
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	hidden, err := c.hidden(ctx, did)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range c.said {
		i.Hidden = hidden[i.ID]
		out = append(out, i)
	}
	return out, nil
}

// hidden are the replies that the threadgates of did hide, if anybody replied.
func (c *crowd) hidden(ctx context.Context, did string) (map[string]bool, error) {
	c.mu.Lock()
	replied := slices.ContainsFunc(c.said, func(i sim.Item) bool { return i.Parent != "" })
	c.mu.Unlock()
	if !replied {
		return nil, nil
	}
	gates, err := c.records(ctx, did, bluesky.ThreadgateCollection)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool)
	for _, g := range gates {
		var v struct{ HiddenReplies []string }
		if err := json.Unmarshal(g.Value, &v); err != nil {
			return nil, err
		}
		for _, uri := range v.HiddenReplies {
			out[uri] = true
		}
	}
	return out, nil
}

func itemOf(handle string, r listed) (sim.Item, error) {
	type blob struct {
		Ref struct {
			Link string `json:"$link"`
		} `json:"ref"`
	}
	type embed struct {
		Images []struct{ Image blob }
		Video  *blob
		Media  *struct {
			Images []struct{ Image blob }
			Video  *blob
		}
	}
	var v struct {
		Text      string
		CreatedAt time.Time
		Reply     *bluesky.ReplyRefs
		Embed     embed
	}
	if err := json.Unmarshal(r.Value, &v); err != nil {
		return sim.Item{}, err
	}
	i := sim.Item{Platform: bluesky.Platform, Account: handle, Text: v.Text, ID: r.URI, At: v.CreatedAt}
	if v.Reply != nil {
		i.Parent = v.Reply.Parent.URI
	}
	images, video := v.Embed.Images, v.Embed.Video
	if m := v.Embed.Media; m != nil {
		images, video = m.Images, m.Video
	}
	for _, image := range images {
		i.Media = append(i.Media, image.Image.Ref.Link)
	}
	if video != nil {
		i.Media = append(i.Media, video.Ref.Link)
	}
	return i, nil
}
