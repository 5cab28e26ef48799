package bluesky_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// served lists the methods that the simulator serves, read off its table.
func served(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("../../../platforms/bluesky/blueskytest/*.go")
	require.NoError(t, err)
	var out []string
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "methods" {
				out = append(out, keysOf(t, fn)...)
			}
		}
	}
	slices.Sort(out)
	require.Greater(t, len(out), 30)
	return out
}

// keysOf lists the keys of the map literals in a function.
func keysOf(t testing.TB, fn *ast.FuncDecl) (out []string) {
	t.Helper()
	ast.Inspect(fn, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if lit, isLit := kv.Key.(*ast.BasicLit); isLit {
			name, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			out = append(out, name)
		}
		return true
	})
	return out
}

// byHand drives what the simulator serves and the client does not ask for, as a
// second account that also quotes, blocks and writes.
func (b *bench) byHand(posts map[string]smm.Result) {
	t := b.t
	h := b.session(b.rival)
	uri := posts["text"].Post.ID
	now := b.world.Clock.Now().UTC().Format(time.RFC3339)
	q := func(kv ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			v.Add(kv[i], kv[i+1])
		}
		return v
	}
	cid := b.cid(uri)
	quote := func(uri string) map[string]any {
		return map[string]any{
			"repo": h.did, "collection": "app.bsky.feed.post", "validate": true,
			"record": map[string]any{
				"$type": "app.bsky.feed.post", "text": "quoted", "createdAt": now,
				"embed": map[string]any{"$type": "app.bsky.embed.record", "record": map[string]any{"uri": uri, "cid": cid}},
			},
		}
	}
	ok := func(body []byte) []byte {
		require.Equal(t, http.StatusOK, h.status, "%s", body)
		return body
	}
	ok(h.get("com.atproto.server.getSession", nil))
	ok(h.get("app.bsky.actor.getProfile", q("actor", b.account.Channel.ID)))
	ok(h.get("app.bsky.feed.getLikes", q("uri", uri, "limit", "10")))
	ok(h.get("app.bsky.notification.getUnreadCount", nil))
	ok(h.get("app.bsky.video.getUploadLimits", nil))
	ok(h.post("com.atproto.repo.createRecord", quote(uri)))
	ok(h.post("com.atproto.repo.createRecord", quote(posts["unquotable"].Post.ID)))
	ok(h.post("app.bsky.bookmark.createBookmark", map[string]any{"uri": uri, "cid": cid}))
	ok(h.get("app.bsky.feed.getPosts", q("uris", uri)))
	ok(h.post("app.bsky.bookmark.deleteBookmark", map[string]any{"uri": uri}))
	ok(h.post("app.bsky.graph.muteActor", map[string]any{"actor": b.visitor.ID}))
	ok(h.get("app.bsky.graph.getMutes", q("limit", "5")))

	convo, err := b.VisitorWrites(t.Context(), visitor, b.rival.Handle, "hello rival")
	require.NoError(t, err)
	ok(h.get("chat.bsky.convo.listConvos", q("status", "request", "readState", "unread")))
	ok(h.get("chat.bsky.convo.getConvo", q("convoId", convo.ID)))
	ok(h.post("chat.bsky.convo.acceptConvo", map[string]any{"convoId": convo.ID}))
	sent := ok(h.post("chat.bsky.convo.sendMessage", map[string]any{"convoId": convo.ID, "message": map[string]any{"text": "and back"}}))
	ok(h.post("chat.bsky.convo.deleteMessageForSelf", map[string]any{"convoId": convo.ID, "messageId": field(t, sent, "id")}))
	ok(h.get("chat.bsky.convo.getMessages", q("convoId", convo.ID)))
	ok(h.get("chat.bsky.convo.listConvos", nil))
	_, err = b.vendor.Notifications.List(t.Context(), []string{"quote"}, bluesky.Page{})
	require.NoError(t, err)
	b.hidden(h, uri, now)
}

// hidden makes what may not be seen: a block, and a thread with a hole.
func (b *bench) hidden(h *hand, uri, now string) {
	t := b.t
	reply, err := b.VisitorPosts(t.Context(), visitor, uri, "a reply that will be gone")
	require.NoError(t, err)
	below := map[string]any{
		"repo": h.did, "collection": "app.bsky.feed.post", "rkey": "3k2aaaaaaaaac",
		"record": map[string]any{
			"$type": "app.bsky.feed.post", "text": "below", "createdAt": now,
			"reply": map[string]any{
				"root":   map[string]any{"uri": uri, "cid": b.cid(uri)},
				"parent": map[string]any{"uri": reply.ID, "cid": b.cid(reply.ID)},
			},
		},
	}
	h.post("com.atproto.repo.putRecord", below)
	require.Equal(t, http.StatusOK, h.status)
	gone := map[string]any{"uri": "at://" + repoOf(reply.ID) + "/app.bsky.feed.post/3k2aaaaaaaaad", "cid": b.cid(uri)}
	h.post("com.atproto.repo.createRecord", map[string]any{
		"repo": h.did, "collection": "app.bsky.feed.post", "rkey": "3k2aaaaaaaaae", "record": map[string]any{
			"$type": "app.bsky.feed.post", "text": "what it answers and quotes is gone", "createdAt": now,
			"reply": map[string]any{"root": gone, "parent": gone},
			"embed": map[string]any{"$type": "app.bsky.embed.record", "record": gone},
		},
	})
	require.Equal(t, http.StatusOK, h.status)
	thread := h.get("app.bsky.feed.getPostThread", url.Values{"uri": {"at://" + h.did + "/app.bsky.feed.post/3k2aaaaaaaaae"}})
	require.Contains(t, string(thread), "app.bsky.feed.defs#notFoundPost")
	require.Contains(t, string(thread), "app.bsky.embed.record#viewNotFound")

	h.post("com.atproto.repo.createRecord", map[string]any{
		"repo": h.did, "collection": "app.bsky.graph.block", "record": map[string]any{
			"$type": "app.bsky.graph.block", "subject": b.account.Channel.ID, "createdAt": now,
		},
	})
	require.Equal(t, http.StatusOK, h.status)
	h.get("app.bsky.graph.getBlocks", nil)
	thread = h.get("app.bsky.feed.getPostThread", url.Values{"uri": {"at://" + h.did + "/app.bsky.feed.post/3k2aaaaaaaaac"}})
	require.Contains(t, string(thread), "app.bsky.feed.defs#blockedPost")
	feed := h.get("app.bsky.feed.getAuthorFeed", url.Values{"actor": {h.did}})
	require.Contains(t, string(feed), "app.bsky.embed.record#viewBlocked")
	require.Contains(t, string(feed), "app.bsky.embed.record#viewDetached")
}

// refusals draws every error out of the simulator. The requests are wrong on
// purpose, so that only the answers are judged.
func (b *bench) refusals(posts map[string]smm.Result) {
	t := b.t
	strict := b.session(b.rival)
	h := &hand{b: b, access: strict.access, refresh: strict.refresh, did: strict.did}
	h.transport = &wire.Recorder{Next: b.recorder.Next, Judge: b.judge.answer}
	for _, nsid := range served(t) {
		for _, verb := range []string{http.MethodGet, http.MethodPost} {
			h.send(verb, nsid, "", "application/json", []byte(`{}`)) // without a token, or without what it needs
			require.NotEqual(t, http.StatusInternalServerError, h.status, nsid)
			h.send(verb, nsid, "not-a-token", "application/json", []byte(`{`))
			h.send(verb, nsid, h.access, "application/json", []byte(`{}`))
			h.send(verb, nsid, h.access, "text/plain", []byte(`hello`))
		}
	}
	post := func(nsid string, in any) int { h.post(nsid, in); return h.status }
	uri := posts["text"].Post.ID
	type m = map[string]any
	for _, c := range []struct {
		nsid string
		in   m
	}{
		{"com.atproto.server.createSession", m{"identifier": b.rival.Handle, "password": "wrong"}},
		{"com.atproto.repo.putRecord", m{"repo": "did:plc:nobody", "collection": "app.bsky.feed.post", "rkey": "a", "record": m{}}},
		{"com.atproto.repo.putRecord", m{"repo": b.account.Channel.ID, "collection": "app.bsky.feed.post", "rkey": "a", "record": m{}}},
		{"com.atproto.repo.putRecord", m{"repo": h.did, "collection": "app.bsky.feed.post", "rkey": "3k2aaaaaaaaac", "record": m{"text": "x", "createdAt": "2026-01-01T00:00:00Z"}, "swapRecord": nil}},
		{"com.atproto.repo.putRecord", m{"repo": h.did, "collection": "app.bsky.feed.post", "rkey": "b", "record": m{"text": strings.Repeat("x", 301), "createdAt": "2026-01-01T00:00:00Z"}}},
		{"com.atproto.repo.createRecord", m{"repo": h.did, "collection": "app.bsky.feed.post", "rkey": "3k2aaaaaaaaac", "record": m{"text": "x", "createdAt": "2026-01-01T00:00:00Z"}}},
		{"com.atproto.repo.deleteRecord", m{"repo": h.did, "collection": "app.bsky.feed.post", "rkey": "3k2aaaaaaaaac", "swapRecord": "bafy"}},
		{"app.bsky.bookmark.createBookmark", m{"uri": "at://nothing", "cid": "x"}},
		{"chat.bsky.convo.sendMessage", m{"convoId": "none", "message": m{"text": "x"}}},
		{"com.atproto.moderation.createReport", m{"reasonType": "x", "subject": m{}}},
	} {
		require.GreaterOrEqual(t, post(c.nsid, c.in), 400, c.nsid)
	}
	for _, path := range []string{
		"app.bsky.feed.getPostThread?uri=at://nobody/app.bsky.feed.post/x", "app.bsky.feed.getAuthorFeed?actor=" + b.account.Channel.ID,
		"app.bsky.feed.searchPosts?q=", "com.atproto.repo.getRecord?repo=" + h.did + "&collection=a.b.c&rkey=x",
		"com.atproto.identity.resolveHandle?handle=nobody.example", "app.bsky.feed.getTimeline?limit=1000",
		"com.atproto.server.getServiceAuth?aud=did:web:x&exp=1", "app.bsky.video.getJobStatus?jobId=none",
		"chat.bsky.convo.getConvoForMembers?members=did:plc:nobody", "chat.bsky.convo.getConvoForMembers?members=" + b.account.Channel.ID,
		"chat.bsky.convo.getConvo?convoId=none",
	} {
		h.send(http.MethodGet, path, h.access, "", nil)
		require.GreaterOrEqual(t, h.status, 400, path)
	}
	b.AllowMessages(visitor, "none")
	h.get("chat.bsky.convo.getConvoForMembers", url.Values{"members": {b.visitor.ID}})
	b.AllowMessages(visitor, "following")
	h.get("chat.bsky.convo.getConvoForMembers", url.Values{"members": {b.visitor.ID}})
	for _, f := range []sim.Fault{
		{Kind: sim.Throttle}, {Kind: sim.Expire}, {Kind: sim.ErrorBefore, Status: 500}, {Kind: sim.ErrorBefore, Status: 502},
		{Kind: sim.ErrorBefore, Status: 503}, {Kind: sim.ErrorBefore, Status: 504}, {Kind: sim.ErrorBefore, Status: 403},
	} {
		b.world.Faults.Add(f)
		h.get("app.bsky.feed.getPosts", url.Values{"uris": {uri}})
		require.GreaterOrEqual(t, h.status, 400, f.Kind)
	}
	b.TakeDown(b.rival.Handle)
	h.get("app.bsky.feed.getTimeline", nil)
	h.get("app.bsky.actor.getProfile", url.Values{"actor": {h.did}})
	post("com.atproto.server.createSession", m{"identifier": b.rival.Handle, "password": b.rival.Login["BLUESKY_APP_PASSWORD"]})
}
