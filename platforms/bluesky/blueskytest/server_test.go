package blueskytest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// wire talks to the simulator without the client's types.
type wire struct {
	t      testing.TB
	s      *blueskytest.Server
	world  *sim.World
	token  string
	did    string
	header http.Header // of the last answer
}

type object = map[string]any

func open(t testing.TB, opts *blueskytest.Options) *wire {
	t.Helper()
	w := &wire{t: t, world: sim.NewWorldAt(sim.NewClock(epoch, true))}
	w.s = blueskytest.NewServer(w.world, opts)
	t.Cleanup(w.s.Close)
	a, err := w.s.NewAccount("shop")
	require.NoError(t, err)
	require.Equal(t, "shop.bsky.example.com", a.Handle)
	w.did = a.Channel.ID
	_, out := w.call("POST", "com.atproto.server.createSession", object{"identifier": a.Handle, "password": a.Login["BLUESKY_APP_PASSWORD"]})
	w.token, _ = out["accessJwt"].(string)
	require.NotEmpty(t, w.token)
	return w
}

// call sends a request; in is a JSON body, url.Values, or bytes.
func (w *wire) call(method, nsid string, in any) (int, object) {
	w.t.Helper()
	target, contentType := w.s.URL()+"/xrpc/"+nsid, "application/json"
	var body io.Reader
	switch v := in.(type) {
	case url.Values:
		target += "?" + v.Encode()
	case []byte:
		body, contentType = bytes.NewReader(v), "application/octet-stream"
	case nil:
	default:
		b, err := json.Marshal(v)
		require.NoError(w.t, err)
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, target, body)
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", contentType)
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = resp.Body.Close() }()
	w.header = resp.Header
	var out object
	raw, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	if len(raw) > 0 {
		require.NoError(w.t, json.Unmarshal(raw, &out), "%s", raw)
	}
	return resp.StatusCode, out
}

func (w *wire) put(rkey, text string, more object) (int, object) {
	w.t.Helper()
	in := object{"repo": w.did, "collection": "app.bsky.feed.post", "rkey": rkey, "record": object{
		"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-02T09:00:00.000Z",
	}}
	for k, v := range more {
		in[k] = v
	}
	return w.call("POST", "com.atproto.repo.putRecord", in)
}

const key = "3lzzzzzzzzz2a"

// TestRecordsAsMeasured repeats what was measured on @atproto/pds 0.4.217.
func TestRecordsAsMeasured(t *testing.T) {
	w := open(t, nil)
	status, first := w.put(key, "hello", nil)
	require.Equal(t, 200, status)
	require.Equal(t, "at://"+w.did+"/app.bsky.feed.post/"+key, first["uri"])
	require.Regexp(t, `^bafyrei[a-z2-7]{52}$`, first["cid"])
	require.NotNil(t, first["commit"])

	status, same := w.put(key, "hello", nil)
	require.Equal(t, 200, status)
	require.Equal(t, first["cid"], same["cid"])
	require.Nil(t, same["commit"], "no second commit")

	status, out := w.put(key, "other", object{"swapRecord": nil})
	require.Equal(t, 400, status)
	require.Equal(t, "InvalidSwap", out["error"])
	status, out = w.put(key, "other", object{"swapRecord": first["cid"]})
	require.Equal(t, 200, status, "%v", out)

	status, out = w.call("POST", "com.atproto.repo.createRecord", object{
		"repo": w.did, "collection": "app.bsky.feed.post", "rkey": key, "record": object{"text": "x", "createdAt": "2026-11-02T09:00:00Z"},
	})
	require.Equal(t, 500, status)
	require.Equal(t, "InternalServerError", out["error"])

	where := url.Values{"repo": {w.did}, "collection": {"app.bsky.feed.post"}, "rkey": {key}}
	status, out = w.call("GET", "com.atproto.repo.getRecord", where)
	require.Equal(t, 200, status)
	require.Equal(t, "other", out["value"].(object)["text"])
	for range 2 {
		status, _ = w.call("POST", "com.atproto.repo.deleteRecord", object{"repo": w.did, "collection": "app.bsky.feed.post", "rkey": key})
		require.Equal(t, 200, status)
	}
	status, out = w.call("GET", "com.atproto.repo.getRecord", where)
	require.Equal(t, 400, status)
	require.Equal(t, "RecordNotFound", out["error"])
}

func TestBatchesAreAllOrNothing(t *testing.T) {
	w := open(t, nil)
	create := func(rkey string) object {
		return object{"$type": "com.atproto.repo.applyWrites#create", "collection": "app.bsky.feed.post", "rkey": rkey, "value": object{"text": rkey, "createdAt": "2026-11-02T09:00:00Z"}}
	}
	status, _ := w.call("POST", "com.atproto.repo.applyWrites", object{"repo": w.did, "writes": []object{create("3laaaaaaaaa2a"), create("3laaaaaaaaa2b")}})
	require.Equal(t, 200, status)
	status, _ = w.call("POST", "com.atproto.repo.applyWrites", object{"repo": w.did, "writes": []object{create("3laaaaaaaaa2c"), create("3laaaaaaaaa2b")}})
	require.Equal(t, 500, status)
	require.Equal(t, 2, w.world.Ledger.Counts("bluesky").Posts)
}

func TestRecordsAreValidated(t *testing.T) {
	w := open(t, nil)
	long := ""
	for range 301 {
		long += "é"
	}
	for name, record := range map[string]object{
		"no createdAt":    {"text": "x"},
		"no text":         {"createdAt": "2026-11-02T09:00:00Z"},
		"bad createdAt":   {"text": "x", "createdAt": "yesterday"},
		"301 graphemes":   {"text": long, "createdAt": "2026-11-02T09:00:00Z"},
		"malformed CID":   {"text": "x", "createdAt": "2026-11-02T09:00:00Z", "embed": object{"$type": "app.bsky.embed.record", "record": object{"uri": "at://did:plc:a/app.bsky.feed.post/x", "cid": "nonsense"}}},
		"four languages":  {"text": "x", "createdAt": "2026-11-02T09:00:00Z", "langs": []string{"a", "b", "c", "d"}},
		"another $type":   {"$type": "app.bsky.feed.like", "text": "x", "createdAt": "2026-11-02T09:00:00Z"},
		"image, no alt":   {"text": "x", "createdAt": "2026-11-02T09:00:00Z", "embed": object{"$type": "app.bsky.embed.images", "images": []object{{}}}},
		"facet, no index": {"text": "x", "createdAt": "2026-11-02T09:00:00Z", "facets": []object{{"features": []object{}}}},
	} {
		status, out := w.call("POST", "com.atproto.repo.putRecord", object{"repo": w.did, "collection": "app.bsky.feed.post", "rkey": key, "record": record})
		require.Equal(t, 400, status, name)
		require.Equal(t, "InvalidRequest", out["error"], name)
	}
	status, out := w.call("POST", "com.atproto.repo.putRecord", object{"repo": w.did, "collection": "app.bsky.feed.post", "rkey": key, "record": object{
		"text": "x", "createdAt": "2026-11-02T09:00:00Z", "embed": object{"$type": "app.bsky.embed.images", "images": []object{{
			"alt": "", "image": object{"$type": "blob", "ref": object{"$link": "bafkreihumikk25gs4ngyv62lfruqv2tki7rewkcnfvnqvfsta2txqgv3ri"}, "mimeType": "image/png", "size": 1},
		}}},
	}})
	require.Equal(t, 400, status)
	require.Equal(t, "BlobNotFound", out["error"])
	require.Zero(t, w.world.Ledger.Counts("bluesky").Posts)
}

func TestTokensAsMeasured(t *testing.T) {
	w := open(t, nil)
	good := w.token
	for token, want := range map[string]string{"": "401 AuthMissing", "nonsense": "400 InvalidToken", good: "200 <nil>"} {
		w.token = token
		status, out := w.call("GET", "com.atproto.server.getSession", nil)
		require.Equal(t, want, fmt.Sprint(status, " ", out["error"]))
	}
	w.token = good
	w.world.Clock.Advance(120 * time.Minute)
	status, out := w.call("GET", "com.atproto.server.getSession", nil)
	require.Equal(t, "400 ExpiredToken", fmt.Sprint(status, " ", out["error"]))
	status, out = w.call("POST", "com.atproto.server.createSession", object{"identifier": "shop.bsky.example.com", "password": "wrong"})
	require.Equal(t, "401 AuthenticationRequired", fmt.Sprint(status, " ", out["error"]))
}

func TestRefreshTokensRotate(t *testing.T) {
	w := open(t, nil)
	a := w.s.Accounts()[0]
	_, out := w.call("POST", "com.atproto.server.createSession", object{"identifier": w.did, "password": a.Login["BLUESKY_APP_PASSWORD"]})
	old, _ := out["refreshJwt"].(string)
	w.token = old
	status, out := w.call("POST", "com.atproto.server.refreshSession", nil)
	require.Equal(t, 200, status)
	require.NotEqual(t, old, out["refreshJwt"])
	status, again := w.call("POST", "com.atproto.server.refreshSession", nil)
	require.Equal(t, 200, status, "the old one goes on working for a while")
	require.Equal(t, out["refreshJwt"], again["refreshJwt"])
	w.world.Clock.Advance(3 * time.Hour)
	status, out = w.call("POST", "com.atproto.server.refreshSession", nil)
	require.Equal(t, "400 ExpiredToken", fmt.Sprint(status, " ", out["error"]))
	status, out = w.call("GET", "com.atproto.server.getSession", nil)
	require.Equal(t, "400 InvalidToken", fmt.Sprint(status, " ", out["error"]), "a refresh token is no access token")
}

func TestRateLimitsAsMeasured(t *testing.T) {
	w := open(t, &blueskytest.Options{WritePointsHour: 5})
	for i := range 2 {
		status, _ := w.put(key, fmt.Sprint(i), nil)
		require.Equal(t, 200, status)
	}
	require.Equal(t, "1", w.header.Get("RateLimit-Remaining"))
	require.Equal(t, "5;w=3600", w.header.Get("RateLimit-Policy"))
	require.Equal(t, fmt.Sprint(epoch.Add(time.Hour).Unix()), w.header.Get("RateLimit-Reset"))
	status, out := w.put(key, "too much", nil)
	require.Equal(t, "429 RateLimitExceeded", fmt.Sprint(status, " ", out["error"]))
	require.Empty(t, w.header.Get("Retry-After"))
	w.world.Clock.Advance(time.Hour)
	status, _ = w.put(key, "in time", nil)
	require.Equal(t, 200, status)
}

func TestServicesThatAreNotThere(t *testing.T) {
	w := open(t, &blueskytest.Options{NoAppView: true, NoVideo: true})
	for nsid, want := range map[string]string{
		"chat.bsky.convo.listConvos":     "404 XRPCNotSupported", // no proxy header
		"app.bsky.video.getUploadLimits": "404 XRPCNotSupported",
		"app.bsky.feed.getTimeline":      "400 InvalidRequest",
		"com.example.nothing":            "501 MethodNotImplemented",
	} {
		status, out := w.call("GET", nsid, nil)
		require.Equal(t, want, fmt.Sprint(status, " ", out["error"]), nsid)
	}
	status, out := w.call("POST", "app.bsky.feed.getTimeline", object{})
	require.Equal(t, "405 InvalidRequest", fmt.Sprint(status, " ", out["error"]))
}

func TestLargeUploads(t *testing.T) {
	w := open(t, &blueskytest.Options{BlobLimit: 10})
	status, out := w.call("POST", "com.atproto.repo.uploadBlob", make([]byte, 11))
	require.Equal(t, "413 PayloadTooLarge", fmt.Sprint(status, " ", out["error"]))
	status, out = w.call("POST", "com.atproto.repo.uploadBlob", make([]byte, 10))
	require.Equal(t, 200, status)
	require.Regexp(t, `^bafkrei[a-z2-7]{52}$`, out["blob"].(object)["ref"].(object)["$link"])
}

// TestLastPagesCarryACursor: a list ends where no cursor comes, not where a
// page is short.
func TestLastPagesCarryACursor(t *testing.T) {
	w := open(t, nil)
	for i := range 3 {
		w.put(fmt.Sprintf("3laaaaaaaaa2%c", 'a'+i), "x", nil)
	}
	q := url.Values{"repo": {w.did}, "collection": {"app.bsky.feed.post"}, "limit": {"2"}}
	var sizes []int
	for range 5 {
		_, out := w.call("GET", "com.atproto.repo.listRecords", q)
		sizes = append(sizes, len(out["records"].([]any)))
		cursor, ok := out["cursor"].(string)
		if !ok {
			break
		}
		q.Set("cursor", cursor)
	}
	require.Equal(t, []int{2, 1, 0}, sizes)
}

func TestNotificationsForEverything(t *testing.T) {
	w := open(t, nil)
	_, out := w.put(key, "mine", nil)
	uri, _ := out["uri"].(string)
	ctx := t.Context()
	require.NoError(t, w.s.VisitorFollows(ctx, "fan", "shop"))
	require.NoError(t, w.s.VisitorLikes(ctx, "fan", uri, false))
	require.NoError(t, w.s.VisitorLikes(ctx, "fan", uri, true))
	_, err := w.s.VisitorPosts(ctx, "fan", uri, "a reply")
	require.NoError(t, err)
	_, err = w.s.VisitorPosts(ctx, "fan", "", "hello @shop.bsky.example.com")
	require.NoError(t, err)
	_, out = w.call("GET", "app.bsky.notification.listNotifications", nil)
	reasons := make(map[string]int)
	for _, n := range out["notifications"].([]any) {
		reasons[n.(object)["reason"].(string)]++
	}
	require.Equal(t, map[string]int{"follow": 1, "like": 1, "repost": 1, "reply": 1, "mention": 1}, reasons)
	_, err = w.s.VisitorPosts(ctx, "fan", "at://nobody/app.bsky.feed.post/x", "lost")
	require.ErrorIs(t, err, smm.ErrNotFound)
	_, err = w.s.NewAccount("not a handle")
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestTheAppViewLags(t *testing.T) {
	w := open(t, &blueskytest.Options{IndexDelay: time.Minute})
	_, out := w.put(key, "soon", nil)
	q := url.Values{"uris": {out["uri"].(string)}}
	_, out = w.call("GET", "app.bsky.feed.getPosts", q)
	require.Empty(t, out["posts"])
	w.world.Clock.Advance(time.Minute)
	_, out = w.call("GET", "app.bsky.feed.getPosts", q)
	require.Len(t, out["posts"], 1)
}
