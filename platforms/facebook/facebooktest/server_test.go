package facebooktest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm/sim"
)

// bench speaks to the simulator by net/http alone.
type bench struct {
	*facebooktest.Server

	t     *testing.T
	world *sim.World
	page  string
	token string
}

func open(t *testing.T, opts *facebooktest.Options) *bench {
	t.Helper()
	world := sim.NewWorldAt(sim.NewClock(time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC), true))
	b := &bench{Server: facebooktest.NewServer(world, opts), t: t, world: world}
	t.Cleanup(b.Close)
	a, err := b.NewAccount("shop")
	require.NoError(t, err)
	b.page, b.token = a.Channel.ID, a.Login["FACEBOOK_TOKEN"]
	return b
}

func (b *bench) call(method, path string, q url.Values) (int, map[string]json.RawMessage) {
	b.t.Helper()
	at := b.URL() + "/v25.0/" + path
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(q.Encode())
	} else {
		at += "?" + q.Encode()
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, at, body)
	require.NoError(b.t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, resp.Body.Close()) }()
	var out map[string]json.RawMessage
	require.NoError(b.t, json.NewDecoder(resp.Body).Decode(&out))
	return resp.StatusCode, out
}

func word(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }

// TestTheLedger counts what the public sees, and nothing else.
func TestTheLedger(t *testing.T) {
	b := open(t, nil)
	_, draft := b.call("POST", b.page+"/feed", url.Values{"message": {"a draft"}, "published": {"false"}, "unpublished_content_type": {"DRAFT"}})
	require.Zero(t, b.world.Ledger.Counts("").Posts)
	require.Equal(t, 1, b.Drafts(b.page))
	for range 3 {
		status, ok := b.call("POST", word(draft["id"]), url.Values{"is_published": {"true"}})
		require.Equal(t, 200, status)
		require.Equal(t, "true", word(ok["success"]))
	}
	require.Equal(t, 1, b.world.Ledger.Counts("").Posts, "a flip can be repeated")

	_, later := b.call("POST", b.page+"/feed", url.Values{
		"message": {"later"}, "published": {"false"}, "scheduled_publish_time": {"1795428000"}, // 11:20
	})
	require.NotEmpty(t, later["id"])
	require.Equal(t, 1, b.world.Ledger.Counts("").Posts)
	b.world.Clock.Advance(3 * time.Hour)
	require.Equal(t, 2, b.world.Ledger.Counts("").Posts)

	for range 2 {
		status, _ := b.call("POST", word(draft["id"])+"/comments", url.Values{"message": {"twice"}})
		require.Equal(t, 200, status)
	}
	c := b.world.Ledger.Counts("")
	require.Equal(t, 2, c.Replies)
	require.Equal(t, 1, c.Duplicates, "a comment cannot be repeated")
}

// TestRequestsAreNamed by what they do, for the fault script.
func TestRequestsAreNamed(t *testing.T) {
	b := open(t, nil)
	_, draft := b.call("POST", b.page+"/feed", url.Values{"message": {"x"}, "published": {"false"}})
	b.call("POST", b.page+"/feed", url.Values{"message": {"x"}})
	b.call("POST", word(draft["id"]), url.Values{"message": {"y"}})
	b.call("POST", word(draft["id"]), url.Values{"is_published": {"true"}})
	b.call("POST", b.page+"/video_reels", url.Values{"upload_phase": {"start"}})
	for name, class := range map[string]sim.Class{
		"POST page/feed~hidden": sim.Prepare, "POST page/feed": sim.Commit, "POST post": sim.Write, "POST post/~publish": sim.Commit,
		"POST page/video_reels~start": sim.Prepare,
	} {
		require.Equal(t, 1, b.world.Faults.Requests(sim.Op{Platform: facebooktest.Platform, Name: name, Class: class}), name)
	}
}

// TestTraps that clients must not fall into.
func TestTraps(t *testing.T) {
	b := open(t, &facebooktest.Options{DeadMetrics: []string{"post_clicks"}})
	status, e := b.call("GET", b.page, url.Values{"fields": {"id,likes_of_old"}})
	require.Equal(t, 400, status)
	require.Contains(t, string(e["error"]), "nonexisting field")
	_, post := b.call("POST", b.page+"/feed", url.Values{"message": {"x"}})
	id := word(post["id"])
	status, _ = b.call("GET", id+"/insights", url.Values{"metric": {"post_media_view,post_clicks"}, "period": {"lifetime"}})
	require.Equal(t, 400, status, "one dead name costs all")
	status, _ = b.call("GET", id+"/insights", url.Values{"metric": {"post_media_view"}, "period": {"lifetime"}})
	require.Equal(t, 200, status)
	b.call("POST", b.page+"/feed", url.Values{"message": {"y"}})
	_, list := b.call("GET", b.page+"/published_posts", url.Values{"limit": {"1"}, "fields": {"id"}})
	require.Contains(t, string(list["paging"]), b.token, "the address of the next page holds the token")
	b.MakeForeign(id)
	status, _ = b.call("POST", id, url.Values{"message": {"z"}})
	require.Equal(t, 400, status)
	status, _ = b.call("DELETE", id, nil)
	require.Equal(t, 200, status)
	status, e = b.call("GET", id, nil)
	require.Equal(t, 400, status, "what is gone is no 404")
	require.Contains(t, string(e["error"]), `"error_subcode":33`)
	_, err := b.NewAccount("a b")
	require.Error(t, err)
}
