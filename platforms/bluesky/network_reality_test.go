package bluesky_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/realnet"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// reality pins what the guarantees of this package rest on, on the server
// itself. A failure here says that the network has changed, and that the client
// and the simulator have to follow.
func (n *network) reality(t *testing.T) {
	for name, f := range map[string]func(*testing.T, *stage){
		"equal-put-is-no-commit":   n.equalPut,
		"put-of-something-else":    n.otherPut,
		"create-on-a-taken-key":    n.takenKey,
		"gates-are-all-or-nothing": n.takenKeyAmongWrites,
		"delete-twice":             n.deleteTwice,
		"cursors-of-records":       n.recordCursors,
		"refused-tokens":           n.refusedTokens,
		"sessions-rotate":          n.rotation,
		"what-the-server-refuses":  n.refusals,
		"services-not-there":       n.noService,
		"lag-of-the-app-view":      n.lag,
	} {
		t.Run(name, func(t *testing.T) { f(t, n.stage(t)) })
	}
}

// answer is the status and the name of the error; 200 and "" for success.
func answer(t testing.TB, err error) (status int, name string) {
	t.Helper()
	if err == nil {
		return http.StatusOK, ""
	}
	e, ok := errors.AsType[*xrpcError](err)
	require.True(t, ok, err)
	var body struct{ Error string }
	require.NoError(t, json.Unmarshal([]byte(e.body), &body), e.body)
	return e.status, body.Error
}

func refuses(t testing.TB, status int, name string, err error) {
	t.Helper()
	gotStatus, gotName := answer(t, err)
	require.Equal(t, status, gotStatus, err)
	require.Equal(t, name, gotName, err)
}

// call asks as the account under test.
func (s *stage) call(ctx context.Context, nsid string, in, out any) error {
	return xrpc(ctx, s.net.PDS, s.me.Access, nsid, nil, in, out)
}

func (s *stage) post(key, text string) map[string]any {
	return map[string]any{"repo": s.me.DID, "collection": bluesky.PostCollection, "rkey": key, "record": map[string]any{
		"$type": bluesky.PostCollection, "text": text, "createdAt": "2026-11-26T10:00:00.000Z",
	}}
}

// head is the repository's latest commit.
func (s *stage) head(t testing.TB) string {
	t.Helper()
	var out struct{ CID, Rev string }
	require.NoError(t, xrpc(t.Context(), s.net.PDS, "", "com.atproto.sync.getLatestCommit", url.Values{"did": {s.me.DID}}, nil, &out))
	return out.CID + " " + out.Rev
}

func newKey(seed string) string { return identity.TID(time.Now(), seed) }

func (n *network) equalPut(t *testing.T, s *stage) {
	key := newKey(t.Name())
	var first, second bluesky.StrongRef
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(key, "once"), &first))
	head := s.head(t)
	for range 3 {
		require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(key, "once"), &second))
		require.Equal(t, first, second)
	}
	require.Equal(t, head, s.head(t), "an equal put made a commit")
	posts, err := s.records(t.Context(), s.me.DID, bluesky.PostCollection)
	require.NoError(t, err)
	require.Len(t, posts, 1)
}

func (n *network) otherPut(t *testing.T, s *stage) {
	key := newKey(t.Name())
	var first, second bluesky.StrongRef
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(key, "one"), &first))
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(key, "two"), &second))
	require.Equal(t, first.URI, second.URI)
	require.NotEqual(t, first.CID, second.CID)

	swap := s.post(key, "three")
	swap["swapRecord"] = nil
	refuses(t, 400, "InvalidSwap", s.call(t.Context(), "com.atproto.repo.putRecord", swap, nil))
	swap["swapRecord"] = first.CID
	refuses(t, 400, "InvalidSwap", s.call(t.Context(), "com.atproto.repo.putRecord", swap, nil))
	swap["swapRecord"] = second.CID
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", swap, nil))
}

func (n *network) takenKey(t *testing.T, s *stage) {
	key := newKey(t.Name())
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.createRecord", s.post(key, "first"), nil))
	head := s.head(t)
	refuses(t, 500, "InternalServerError", s.call(t.Context(), "com.atproto.repo.createRecord", s.post(key, "first"), nil))
	refuses(t, 500, "InternalServerError", s.call(t.Context(), "com.atproto.repo.createRecord", s.post(key, "second"), nil))
	require.Equal(t, head, s.head(t))
}

func (n *network) takenKeyAmongWrites(t *testing.T, s *stage) {
	key := newKey(t.Name())
	uri := "at://" + s.me.DID + "/" + bluesky.PostCollection + "/" + key
	write := func(collection string, value any) map[string]any {
		return map[string]any{"$type": "com.atproto.repo.applyWrites#create", "collection": collection, "rkey": key, "value": value}
	}
	gate := map[string]any{"$type": bluesky.ThreadgateCollection, "post": uri, "allow": []any{}, "createdAt": now()}
	writes := map[string]any{"repo": s.me.DID, "writes": []any{
		write(bluesky.PostCollection, s.post(key, "gated")["record"]), write(bluesky.ThreadgateCollection, gate),
	}}
	var out struct{ Results []bluesky.StrongRef }
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.applyWrites", writes, &out))
	require.Equal(t, uri, out.Results[0].URI)
	head := s.head(t)
	refuses(t, 500, "InternalServerError", s.call(t.Context(), "com.atproto.repo.applyWrites", writes, nil))
	require.Equal(t, head, s.head(t))

	// The post's key is taken, the gate's is not: nothing of it is written.
	other := newKey(t.Name() + "2")
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(other, "open"), nil))
	key = other
	writes["writes"] = []any{write(bluesky.ThreadgateCollection, gate), write(bluesky.PostCollection, s.post(other, "gated")["record"])}
	refuses(t, 500, "InternalServerError", s.call(t.Context(), "com.atproto.repo.applyWrites", writes, nil))
	gates, err := s.records(t.Context(), s.me.DID, bluesky.ThreadgateCollection)
	require.NoError(t, err)
	require.Len(t, gates, 1)
}

func (n *network) deleteTwice(t *testing.T, s *stage) {
	key := newKey(t.Name())
	require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(key, "short-lived"), nil))
	for range 2 {
		require.NoError(t, s.call(t.Context(), "com.atproto.repo.deleteRecord", s.post(key, ""), nil))
	}
	refuses(t, 400, "RecordNotFound", xrpc(t.Context(), n.PDS, "", "com.atproto.repo.getRecord", url.Values{
		"repo": {s.me.DID}, "collection": {bluesky.PostCollection}, "rkey": {key},
	}, nil, nil))
}

func (n *network) recordCursors(t *testing.T, s *stage) {
	var keys []string
	for i := range 4 {
		keys = append(keys, identity.StableTID(t.Name()+string(rune('a'+i))))
		require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(keys[i], "one of four"), nil))
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	q := url.Values{"repo": {s.me.DID}, "collection": {bluesky.PostCollection}, "limit": {"2"}}
	for _, want := range [][]string{keys[:2], keys[2:], nil} {
		var page struct {
			Cursor  string
			Records []listed
		}
		require.NoError(t, xrpc(t.Context(), n.PDS, "", "com.atproto.repo.listRecords", q, nil, &page))
		var got []string
		for _, r := range page.Records {
			got = append(got, r.URI[strings.LastIndex(r.URI, "/")+1:])
		}
		require.Equal(t, want, got)
		if len(got) > 0 { // also with the last item
			require.Equal(t, got[len(got)-1], page.Cursor)
		} else {
			require.Empty(t, page.Cursor)
		}
		q.Set("cursor", page.Cursor)
	}
}

func (n *network) refusedTokens(t *testing.T, s *stage) {
	refuses(t, 400, "InvalidToken", xrpc(t.Context(), n.PDS, "no-token", "com.atproto.repo.putRecord", nil, s.post(newKey("x"), "never"), nil))
	refuses(t, 401, "AuthMissing", xrpc(t.Context(), n.PDS, "", "com.atproto.repo.putRecord", nil, s.post(newKey("x"), "never"), nil))
	refuses(t, 401, "AuthenticationRequired", xrpc(t.Context(), n.PDS, "", "com.atproto.server.createSession", nil,
		map[string]string{"identifier": s.me.DID, "password": "not-the-password"}, nil))

	c, err := bluesky.NewClient(bluesky.ClientConfig{Server: n.PDS, DID: s.me.DID, Auth: bearer("no-token")})
	require.NoError(t, err)
	_, err = c.Feed.GetTimeline(t.Context(), bluesky.Page{})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.True(t, smm.NeedsReconnect(err))
}

// bearer is a token as an Authorizer.
type bearer string

func (b bearer) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer "+string(b))
	return nil
}

func (n *network) rotation(t *testing.T, s *stage) {
	refresh := func(token string) (out member, err error) {
		err = xrpc(t.Context(), n.PDS, token, "com.atproto.server.refreshSession", nil, http.NoBody, &out)
		return out, err
	}
	next, err := refresh(s.me.Refresh)
	require.NoError(t, err)
	require.NotEqual(t, s.me.Refresh, next.Refresh)
	again, err := refresh(s.me.Refresh)
	require.NoError(t, err, "a used refresh token works for a while: a lost reply may be asked for again")
	require.Equal(t, claim(t, next.Refresh, "jti"), claim(t, again.Refresh, "jti"), "and leads to the same session")
	refuses(t, 400, "InvalidToken", xrpc(t.Context(), n.PDS, s.me.Access, "com.atproto.server.refreshSession", nil, http.NoBody, nil))
}

// claim reads a claim of a token, which is opaque to everybody but this test.
func claim(t testing.TB, token, name string) any {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(raw, &claims))
	return claims[name]
}

func (n *network) refusals(t *testing.T, s *stage) {
	put := func(change func(record map[string]any)) error {
		in := s.post(newKey(t.Name()), "fine")
		change(in["record"].(map[string]any))
		return s.call(t.Context(), "com.atproto.repo.putRecord", in, nil)
	}
	refuses(t, 400, "InvalidRequest", put(func(r map[string]any) { r["text"] = strings.Repeat("x", 301) }))
	refuses(t, 400, "InvalidRequest", put(func(r map[string]any) { delete(r, "createdAt") }))
	refuses(t, 400, "InvalidRequest", put(func(r map[string]any) {
		r["embed"] = map[string]any{"$type": "app.bsky.embed.record", "record": map[string]any{"uri": s.quoted.ID, "cid": "no-cid"}}
	}))
	require.NoError(t, put(func(r map[string]any) { r["text"] = strings.Repeat("👩‍👩‍👧‍👦", 120) }), "graphemes count, not code points")
}

func (n *network) noService(t *testing.T, s *stage) {
	ask := func(nsid string) error { return xrpc(t.Context(), n.PDS, s.me.Access, nsid, nil, nil, nil) }
	refuses(t, 404, "XRPCNotSupported", ask("chat.bsky.convo.listConvos"))
	refuses(t, 404, "XRPCNotSupported", ask("app.bsky.video.getUploadLimits"))
}

// lag measures how long what the PDS has is missing from the app view.
func (n *network) lag(t *testing.T, s *stage) {
	const times = 15
	lags := make(map[string][]time.Duration)
	until := func(what string, begun time.Time, there func() bool) {
		for !there() {
			require.Less(t, time.Since(begun), indexLag, what)
		}
		lags[what] = append(lags[what], time.Since(begun))
	}
	for i := range times {
		var ref bluesky.StrongRef
		require.NoError(t, s.call(t.Context(), "com.atproto.repo.putRecord", s.post(identity.StableTID(s.me.DID+string(rune('a'+i))), "how soon?"), &ref))
		begun := time.Now()
		until("getPosts", begun, func() bool {
			var out struct{ Posts []json.RawMessage }
			require.NoError(t, xrpc(t.Context(), n.PDS, s.me.Access, "app.bsky.feed.getPosts", url.Values{"uris": {ref.URI}}, nil, &out))
			return len(out.Posts) > 0
		})
		_, err := s.VisitorPosts(t.Context(), s.visitor.Handle, ref.URI, "soon")
		require.NoError(t, err)
		begun = time.Now()
		until("listNotifications", begun, func() bool {
			var out struct{ Notifications []json.RawMessage }
			require.NoError(t, xrpc(t.Context(), n.PDS, s.me.Access, "app.bsky.notification.listNotifications", url.Values{"limit": {"100"}}, nil, &out))
			return len(out.Notifications) == i+1
		})
	}
	for what, l := range lags {
		slices.Sort(l)
		t.Logf("%s was behind by %s (median), at most %s, of %d", what, l[len(l)/2].Round(time.Millisecond), l[len(l)-1].Round(time.Millisecond), len(l))
	}
}

// TestNetworkQuota reads the limits off a real PDS that counts.
func TestNetworkQuota(t *testing.T) {
	r := realnet.StartPDS(t)
	me := r.Accounts[0]
	q := &ledgerQuota{spent: make(map[string]int64), states: make(map[string]smm.QuotaState)}
	ch, cred, err := bluesky.SignIn(t.Context(), r.PDS, me.Handle, me.Password, nil)
	require.NoError(t, err)
	require.Equal(t, me.DID, ch.Ref.ID)
	store := smm.NewMemoryCredentials()
	_, err = store.Swap(t.Context(), "", ch.Ref, 0, cred)
	require.NoError(t, err)
	d, err := bluesky.New(bluesky.Config{Credentials: store, Quota: q, Media: smm.FSMedia(assets)})
	require.NoError(t, err)
	c, err := smm.New([]smm.Driver{d})
	require.NoError(t, err)
	vendor, ok := smm.As[*bluesky.Client](t.Context(), c.Channel(ch.Ref))
	require.True(t, ok)

	// The headers tell of the budget that is nearest to its end, which at first
	// is that of requests, and after some thousand points that of writes.
	put := func(seed string) {
		_, err := vendor.Repo.PutRecord(t.Context(), bluesky.RecordWrite{
			Collection: bluesky.PostCollection, Rkey: newKey(t.Name() + seed),
			Record: bluesky.Post{Type: bluesky.PostCollection, Text: "two points", CreatedAt: now()},
		})
		require.NoError(t, err)
	}
	put("first")
	require.NotContains(t, q.states, bluesky.BudgetWriteHour)
	const batches, size = 4, 200
	for range batches {
		writes := make([]any, size)
		for i := range writes {
			writes[i] = map[string]any{
				"$type": "com.atproto.repo.applyWrites#create", "collection": bluesky.FollowCollection,
				"value": map[string]any{"$type": bluesky.FollowCollection, "subject": r.Accounts[1].DID, "createdAt": now()},
			}
		}
		require.NoError(t, xrpc(t.Context(), r.PDS, cred.AccessToken.Reveal(), "com.atproto.repo.applyWrites", nil,
			map[string]any{"repo": me.DID, "writes": writes}, nil))
	}
	put("second")
	hour, ok := q.states[bluesky.BudgetWriteHour]
	require.True(t, ok, "states: %v", q.states)
	require.Equal(t, int64(5000), hour.Limit)
	require.Equal(t, int64(5000-2*2-batches*size*3), hour.Remaining, "put costs 2, create 3")
	require.WithinDuration(t, time.Now().Add(time.Hour), hour.Reset, 2*time.Minute)
	require.Equal(t, me.DID, hour.Key.Account)

	_, err = vendor.Server.Describe(t.Context())
	require.NoError(t, err)
	requests, ok := q.states[bluesky.BudgetRequests]
	require.True(t, ok, "states: %v", q.states)
	require.Equal(t, int64(3000), requests.Limit)
	require.Less(t, requests.Remaining, int64(3000))
	require.WithinDuration(t, time.Now().Add(5*time.Minute), requests.Reset, time.Minute)

	// Sign-ins have a limit that is soon reached.
	other := r.Accounts[1]
	for range 40 {
		if _, err = vendor.Server.CreateSession(t.Context(), other.Handle, smm.NewSecret("not-the-password")); errors.Is(err, smm.ErrRateLimited) {
			break
		}
		require.ErrorIs(t, err, smm.ErrUnauthorized)
	}
	require.ErrorIs(t, err, smm.ErrRateLimited, "30 sign-ins in five minutes")
	after, limited := smm.RetryAfter(err)
	require.True(t, limited)
	require.Greater(t, after, time.Duration(0))
	require.LessOrEqual(t, after, 5*time.Minute+time.Second)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.PDS+"/xrpc/com.atproto.server.createSession",
		strings.NewReader(`{"identifier":"`+other.Handle+`","password":"x"}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	raw, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, raw.Body.Close())
	require.Equal(t, http.StatusTooManyRequests, raw.StatusCode)
	require.Empty(t, raw.Header.Get("Retry-After"), "the time to wait stands in RateLimit-Reset alone")
	require.NotEmpty(t, raw.Header.Get("RateLimit-Reset"))
	t.Logf("after 30 sign-ins: wait %s", after.Round(time.Second))
}
