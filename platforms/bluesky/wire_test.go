package bluesky_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// lexChecker is a transport that holds every exchange against the vendor's
// lexicons: the request as the client sends it and the answer as the simulator
// gives it. What passes it is right in both.
type lexChecker struct {
	lex  lexicons
	next http.RoundTripper

	mu    sync.Mutex
	wrong []string
	seen  map[string]int
}

// unlisted are parameters that the vendor's service needs and its lexicon does
// not have; answers that differ from the lexicon in practice.
var unlisted = map[string][]string{
	"app.bsky.video.uploadVideo": {
		"app.bsky.video.uploadVideo parameters: did is not in the lexicon",
		"app.bsky.video.uploadVideo parameters: name is not in the lexicon",
	},
}

func (c *lexChecker) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err != nil || cerr != nil {
		return nil, errors.Join(err, cerr)
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	c.judge(r, body, resp, answer)
	return resp, nil
}

func (c *lexChecker) judge(r *http.Request, body []byte, resp *http.Response, answer []byte) {
	nsid, ok := strings.CutPrefix(r.URL.Path, "/xrpc/")
	if !ok {
		return
	}
	def := c.lex[nsid+"#main"]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[nsid]++
	if def == nil {
		c.wrong = append(c.wrong, "no lexicon "+nsid)
		return
	}
	verb := map[string]string{"query": http.MethodGet, "procedure": http.MethodPost}[def.Type]
	var found []string
	if r.Method != verb {
		found = append(found, nsid+": sent with "+r.Method)
	}
	found = append(found, c.lex.checkParams(nsid, def.Parameters, r.URL.Query())...)
	found = append(found, c.body(nsid+" input", nsid, def.Input, r.Header.Get("Content-Type"), body)...)
	if resp.StatusCode == http.StatusOK && nsid != "app.bsky.video.uploadVideo" {
		found = append(found, c.body(nsid+" output", nsid, def.Output, resp.Header.Get("Content-Type"), answer)...)
	}
	for _, f := range found {
		if !slices.Contains(unlisted[nsid], f) {
			c.wrong = append(c.wrong, f)
		}
	}
}

func (c *lexChecker) body(path, nsid string, want *lexBody, contentType string, body []byte) []string {
	switch {
	case want == nil && len(body) == 0:
		return nil
	case want == nil:
		return []string{path + ": a body where the lexicon has none"}
	case want.Schema == nil: // bytes
		return nil
	case !strings.HasPrefix(contentType, want.Encoding):
		return []string{path + ": content type " + contentType}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return []string{path + ": " + err.Error()}
	}
	found := c.lex.check(nsid, want.Schema, path, v)
	return append(found, c.records(path, v)...)
}

// records checks every record inside a request or an answer by its $type, which
// the lexicons of the methods leave open.
func (c *lexChecker) records(path string, v any) (found []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			found = append(found, c.records(path, x)...)
		}
	case map[string]any:
		if t, ok := v["$type"].(string); ok {
			if def := c.lex[t+"#main"]; def != nil && def.Type == "record" {
				found = append(found, c.lex.check(t, def, path+" "+t, v)...)
			}
		}
		for _, x := range v {
			found = append(found, c.records(path, x)...)
		}
	}
	return found
}

// TestLexicons runs everything that the driver can do and holds both sides of
// the wire against the vendor's lexicons.
func TestLexicons(t *testing.T) {
	b := open(t, nil)
	checker := &lexChecker{lex: loadLexicons(t), next: &http.Transport{}, seen: make(map[string]int)}
	t.Cleanup(checker.next.(*http.Transport).CloseIdleConnections)
	b.config.HTTPClient = &http.Client{Transport: checker}
	everything(t, b)
	b.config.VideoService = b.URL()
	b.publish(t, videoForm.Post("through the service"))

	require.Empty(t, checker.wrong)
	var names []string
	for nsid := range checker.seen {
		names = append(names, nsid)
	}
	slices.Sort(names)
	t.Logf("%d methods held against their lexicons: %s", len(names), strings.Join(names, " "))
	for _, nsid := range []string{
		"com.atproto.repo.putRecord", "com.atproto.repo.applyWrites", "com.atproto.repo.deleteRecord", "com.atproto.repo.uploadBlob",
		"com.atproto.repo.listRecords", "com.atproto.server.createSession", "com.atproto.server.refreshSession",
		"app.bsky.feed.getPostThread", "app.bsky.notification.listNotifications", "chat.bsky.convo.sendMessage",
		"com.atproto.moderation.createReport", "app.bsky.video.getJobStatus", "app.bsky.actor.getProfiles",
	} {
		require.NotZero(t, checker.seen[nsid], "%s was never asked", nsid)
	}
}

// everything uses each part of the driver once.
func everything(t *testing.T, b *bench) {
	t.Helper()
	ctx := t.Context()
	quoted, err := b.VisitorPosts(ctx, visitorHandle, "", "to quote @shop.example.com")
	require.NoError(t, err)
	ch := b.channel(t)
	var first smm.Ref
	for _, f := range forms(quoted, visitorHandle) {
		p := f.Post("lexicon " + f.Name)
		switch f.Kind {
		case smm.CreateReply:
			p.ReplyTo = quoted
		case smm.CreateMessage:
			p.ReplyTo = b.visitor
		}
		p.Sensitive = f.Name == "images"
		r, err := ch.Publish(ctx, p, &smm.PublishOptions{Wait: time.Hour})
		require.NoError(t, err, f.Name)
		if first.IsZero() {
			first = r.Post
		}
	}
	gated := &smm.Post{Text: "more rules"}
	require.NoError(t, bluesky.PostOptions{
		ReplyRules: []bluesky.ReplyRule{bluesky.RepliesFollowers, bluesky.RepliesMentioned},
		ReplyLists: []string{"at://" + b.account.Channel.ID + "/app.bsky.graph.list/3k2aaaaaaaaaa"},
		Labels:     []string{bluesky.LabelNudity}, Tags: []string{"one", "two"},
	}.Set(gated))
	b.publish(t, gated)

	comment, err := b.VisitorPosts(ctx, visitorHandle, first.ID, "a comment")
	require.NoError(t, err)
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, first.ID, false))
	require.NoError(t, b.VisitorFollows(ctx, visitorHandle, b.account.Channel.ID))
	for _, on := range []bool{true, false} {
		require.NoError(t, ch.SetLiked(ctx, comment, on))
		require.NoError(t, ch.SetReposted(ctx, comment, on))
		require.NoError(t, ch.SetFollowing(ctx, b.visitor, on))
		require.NoError(t, ch.SetMuted(ctx, b.visitor, on))
	}
	require.NoError(t, ch.Hide(ctx, comment))
	require.NoError(t, ch.Unhide(ctx, comment))
	require.NoError(t, ch.Report(ctx, comment, smm.Report{Reason: smm.ReasonSpam, Comment: "an advertisement"}))
	require.NoError(t, ch.Report(ctx, b.visitor, smm.Report{Reason: smm.ReasonOther}))
	readAll(t, b, ch, first)
	require.NoError(t, ch.SetBlocked(ctx, b.visitor, true))
	require.NoError(t, ch.SetBlocked(ctx, b.visitor, false))
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{
		Name: ptr("Shop"), Bio: ptr("We sell."), Links: &[]smm.ProfileLink{{Value: "https://example.com/"}}, Avatar: &smm.Media{Name: "red.png"},
	}))
	require.NoError(t, ch.Delete(ctx, first))
	b.world.Clock.Advance(3 * time.Hour) // the session ends
	_, err = ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
}

func readAll(t *testing.T, b *bench, ch *smm.ChannelClient, post smm.Ref) {
	t.Helper()
	ctx := t.Context()
	_, err := ch.Posts(nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Timeline(nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Comments(post, nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Mentions(nil).Collect(ctx, 0)
	require.NoError(t, err)
	convos, err := ch.Conversations(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, convos, 1)
	_, err = ch.Messages(convos[0].Ref, nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Search(smm.SearchQuery{Text: "lexicon", Language: "en", Author: b.account.Channel}, nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{post, b.account.Channel}})
	require.NoError(t, err)
	_, err = ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	vendor, ok := smm.As[*bluesky.Client](ctx, ch)
	require.True(t, ok)
	require.NoError(t, vendor.Notifications.UpdateSeen(ctx, epoch))
	require.NoError(t, vendor.Chat.UpdateRead(ctx, convos[0].Ref.ID))
	_, err = vendor.Repo.ListRecords(ctx, vendor.DID(), bluesky.PostCollection, bluesky.Page{Limit: 2})
	require.NoError(t, err)
}
