package threadstest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// bench speaks to the simulator with nothing of the client's.
type bench struct {
	*threadstest.Server
	t     *testing.T
	world *sim.World
	token string
	me    string
}

func open(t *testing.T, opts *threadstest.Options) *bench {
	t.Helper()
	b := &bench{t: t, world: sim.NewWorldAt(sim.NewClock(epoch, true))}
	b.Server = threadstest.NewServer(b.world, opts)
	t.Cleanup(b.Close)
	a, err := b.NewAccount("shop")
	require.NoError(t, err)
	again, err := b.NewAccount("@shop")
	require.NoError(t, err)
	require.Equal(t, a, again)
	require.Equal(t, []sim.Account{a}, b.Accounts())
	b.token, b.me = a.Login["THREADS_TOKEN"], a.Channel.ID
	return b
}

// answer is any answer.
type answer struct {
	ID     string            `json:"id"`
	Status string            `json:"status"`
	Text   string            `json:"text"`
	Data   []json.RawMessage `json:"data"`
	Error  *struct {
		Code    int `json:"code"`
		Subcode int `json:"error_subcode"`
	} `json:"error"`
}

func (b *bench) call(method, path, params string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.URL()+"/v1.0/"+path+"?"+params, http.NoBody)
	require.NoError(b.t, err)
	req.Header.Set("Authorization", "Bearer "+b.token)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(b.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	require.NoError(b.t, resp.Body.Close())
	var a answer
	require.NoError(b.t, json.Unmarshal(body, &a))
	require.Equal(b.t, a.Error == nil, resp.StatusCode == http.StatusOK)
	return a
}

func (b *bench) fails(code, subcode int, method, path, params string) {
	b.t.Helper()
	a := b.call(method, path, params)
	require.NotNil(b.t, a.Error, path+" "+params)
	require.Equal(b.t, [2]int{code, subcode}, [2]int{a.Error.Code, a.Error.Subcode}, path+" "+params)
}

func TestContainerIsPublishedOnce(t *testing.T) {
	b := open(t, nil)
	k := b.call("POST", "me/threads", "media_type=TEXT&text=Hello")
	require.Equal(t, "FINISHED", b.call("GET", k.ID, "fields=id,status").Status)
	require.Empty(t, b.world.Ledger.Items(), "nothing is public")
	post := b.call("POST", "me/threads_publish", "creation_id="+k.ID)
	require.Equal(t, "PUBLISHED", b.call("GET", k.ID, "fields=status").Status)
	b.fails(24, 4279009, "POST", "me/threads_publish", "creation_id="+k.ID)
	require.Equal(t, "Hello", b.call("GET", post.ID, "fields=text").Text)
	require.Empty(t, b.call("GET", post.ID, "").Text, "without fields there is the id alone")
	require.Equal(t, sim.Counts{Posts: 1}, b.world.Ledger.Counts(threadstest.Platform))
	b.call("DELETE", post.ID, "")
	b.fails(100, 33, "GET", post.ID, "")
	require.Equal(t, 1, b.world.Ledger.Counts(threadstest.Platform).Removed)
}

func TestContainersTakeTime(t *testing.T) {
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("bytes")) }))
	defer files.Close()
	b := open(t, &threadstest.Options{Unseen: 5 * time.Second, VideoDelay: time.Minute})
	k := b.call("POST", "me/threads", "media_type=VIDEO&video_url="+url.QueryEscape(files.URL))
	b.fails(24, 4279009, "GET", k.ID, "fields=status")
	b.world.Clock.Advance(6 * time.Second)
	require.Equal(t, "IN_PROGRESS", b.call("GET", k.ID, "fields=status").Status)
	b.fails(24, 4279009, "POST", "me/threads_publish", "creation_id="+k.ID)
	b.world.Clock.Advance(time.Minute)
	require.Equal(t, "FINISHED", b.call("GET", k.ID, "fields=status").Status)
	b.world.Clock.Advance(24 * time.Hour)
	require.Equal(t, "EXPIRED", b.call("GET", k.ID, "fields=status").Status)
	b.fails(24, 4279009, "POST", "me/threads_publish", "creation_id="+k.ID)

	broken := b.call("POST", "me/threads", "media_type=VIDEO&video_url=http://127.0.0.1:1/")
	b.world.Clock.Advance(2 * time.Minute)
	require.Equal(t, "ERROR", b.call("GET", broken.ID, "fields=status,error_message").Status)
	b.fails(9004, 2207052, "POST", "me/threads", "media_type=IMAGE&image_url=http://127.0.0.1:1/")
}

func TestRefusals(t *testing.T) {
	b := open(t, &threadstest.Options{Posts: 1})
	for _, params := range []string{
		"media_type=TEXT", "media_type=SONG&text=x", "media_type=TEXT&text=" + strings.Repeat("x", 501), "media_type=TEXT&text=x&topic_tag=a.b",
		"media_type=TEXT&text=x&txet=y", "media_type=TEXT&text=x&reply_to_id=1", "media_type=TEXT&text=x&poll_attachment={}", "media_type=IMAGE",
		"media_type=TEXT&text=x&reply_control=nobody", "media_type=CAROUSEL&children=1", "media_type=IMAGE&image_url=x&link_attachment=y",
		"media_type=TEXT&text=http://a+http://b+http://c+http://d+http://e+http://f", "media_type=TEXT&text=x&gif_attachment={}", "media_type=TEXT&text=x&text_attachment={}",
		"media_type=TEXT&text=x&poll_attachment=" + url.QueryEscape(`{"option_a":"a","option_b":"`+strings.Repeat("b", 26)+`"}`),
	} {
		b.fails(100, 0, "POST", "me/threads", params)
	}
	b.fails(24, 4279009, "POST", "me/threads", "media_type=CAROUSEL&children=1,2")
	b.fails(100, 0, "GET", "me", "fields=id,shoe_size")
	b.fails(100, 0, "GET", "me/threads", "fields=id&after=nonsense")
	b.fails(100, 0, "GET", "me/threads_insights", "metric=views,shoes")
	b.fails(100, 0, "GET", "me/threads_insights", "metric=followers_count&since=1767225600")
	b.fails(100, 0, "GET", "me/threads_insights", "metric=follower_demographics&breakdown=age")
	b.fails(100, 0, "GET", "me/threads_insights", "metric=views&since=1600000000")
	other, err := b.NewAccount("other")
	require.NoError(t, err)
	b.fails(10, 0, "POST", other.Channel.ID+"/threads", "media_type=TEXT&text=x")
	theirs, err := b.VisitorPosts(t.Context(), "visitor", "", "theirs")
	require.NoError(t, err)
	b.fails(10, 0, "DELETE", theirs.ID, "")
	b.fails(10, 0, "GET", theirs.ID+"/conversation", "fields=id")
	b.fails(10, 0, "GET", theirs.ID+"/insights", "metric=views")
	b.fails(10, 0, "POST", theirs.ID+"/manage_reply", "hide=true")
	b.call("POST", "me/threads", "media_type=TEXT&text=x&auto_publish_text=true")
	b.fails(9, 2207042, "POST", "me/threads", "media_type=TEXT&text=y&auto_publish_text=true")
	b.world.Clock.Advance(24*time.Hour + time.Second)
	b.call("POST", "me/threads", "media_type=TEXT&text=y&auto_publish_text=true")
	require.Equal(t, 2, b.world.Ledger.Counts(threadstest.Platform).Posts)
}

func TestScriptedAnswers(t *testing.T) {
	b := open(t, nil)
	k := b.call("POST", "me/threads", "media_type=TEXT&text=Hello")
	b.RefuseOnPublish(400, 1, 2)
	b.LieOnPublish(500, 3, 4)
	b.fails(1, 2, "POST", "me/threads_publish", "creation_id="+k.ID)
	require.Empty(t, b.world.Ledger.Items())
	b.fails(3, 4, "POST", "me/threads_publish", "creation_id="+k.ID)
	require.Len(t, b.world.Ledger.Items(), 1)
}

func TestPublic(t *testing.T) {
	b := open(t, nil)
	_, err := b.VisitorWrites(t.Context(), "visitor", "shop", "psst")
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = b.VisitorPosts(t.Context(), "visitor", "999", "x")
	require.Error(t, err)
	require.Error(t, b.VisitorLikes(t.Context(), "visitor", "999", false))
	_, err = b.NewAccount("no spaces")
	require.Error(t, err)
	require.Equal(t, smm.Ref{Platform: "threads", Kind: smm.KindAuthor, ID: "visitor"}, b.Author("@visitor"))
	post, err := b.VisitorPosts(context.Background(), "visitor", "", "x")
	require.NoError(t, err)
	require.NoError(t, b.VisitorLikes(t.Context(), "fan", post.ID, true))
	require.NoError(t, b.VisitorLikes(t.Context(), "fan", post.ID, true))
	require.True(t, b.Reposted("fan", post.ID))
	require.Equal(t, sim.Counts{Visitors: 1}, b.world.Ledger.Counts(threadstest.Platform))
	require.Zero(t, b.Deliver())
	require.Zero(t, b.Redeliver())
}
