package threads_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
)

// wiretap keeps the requests that pass through it.
type wiretap struct {
	next http.RoundTripper

	mu    sync.Mutex
	calls []tapped
}

type tapped struct {
	method, path string
	header       http.Header
	body         string
}

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	c := tapped{method: r.Method, path: r.URL.RequestURI(), header: r.Header.Clone()}
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.body = string(b)
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	return w.next.RoundTrip(r)
}

// writes are the requests that post, as "path form", without the addresses of
// media.
func (w *wiretap) writes(t testing.TB) []string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, c := range w.calls {
		if c.method != http.MethodPost {
			continue
		}
		q, err := url.ParseQuery(c.body)
		require.NoError(t, err)
		for _, name := range []string{"image_url", "video_url"} {
			if q.Has(name) {
				require.True(t, strings.HasPrefix(q.Get(name), "http"))
				q.Set(name, "A")
			}
		}
		out = append(out, c.path+" "+q.Encode())
	}
	w.calls = nil
	return out
}

// TestRequestsOnTheWire writes down what is sent, in the vendor's words: names and
// values are those of the collection of requests in fbsamples/threads_api.
func TestRequestsOnTheWire(t *testing.T) {
	b := open(t, nil)
	w := &wiretap{next: &http.Transport{}}
	b.config.HTTPClient = &http.Client{Transport: w}
	quoted := must(b.VisitorPosts(t.Context(), visitorHandle, "", "quote me"))
	me := "/v1.0/" + b.account.Channel.ID
	full := threads.PostOptions{
		TopicTag: "Coffee", ReplyControl: threads.ReplyMentioned, ReplyApprovals: true, LocationID: "7001", Countries: []string{"DE", "US"},
		LongText: &threads.LongText{Plain: "long", Link: "https://l.example/", Styles: []threads.TextStyle{{Offset: 1, Length: 2, Styles: []string{"bold"}}}},
		Spoilers: []threads.TextSpan{{Offset: 1, Length: 3}},
	}
	for _, tc := range []struct {
		name string
		post smm.Post
		opts *threads.PostOptions
		want []string // forms of the containers
	}{
		{"text", smm.Post{Text: "Hello"}, nil, []string{"media_type=TEXT&text=Hello"}},
		{"card", smm.Post{Text: "Hello", Card: &smm.Card{URL: "https://l.example/"}}, nil, []string{"link_attachment=https%3A%2F%2Fl.example%2F&media_type=TEXT&text=Hello"}},
		{"image", smm.Post{Text: "Hello", Sensitive: true, Media: []smm.Media{{Name: "red.png", AltText: "red"}}}, nil, []string{"alt_text=red&image_url=A&is_spoiler_media=true&media_type=IMAGE&text=Hello"}},
		{"card with an image", smm.Post{Text: "Hello", Card: &smm.Card{URL: "https://l.example/"}, Media: []smm.Media{{Name: "blue.jpg"}}}, nil, []string{
			"image_url=A&media_type=IMAGE&text=Hello%0A%0Ahttps%3A%2F%2Fl.example%2F",
		}},
		{"video", smm.Post{Media: []smm.Media{{Name: "clip.mp4"}}}, nil, []string{"media_type=VIDEO&video_url=A"}},
		{"carousel", smm.Post{Text: "Hello", Media: []smm.Media{{Name: "red.png"}, {Name: "clip.mp4", AltText: "clip"}}}, nil, []string{
			"image_url=A&is_carousel_item=true&media_type=IMAGE", "alt_text=clip&is_carousel_item=true&media_type=VIDEO&video_url=A", "children=C1%2CC2&media_type=CAROUSEL&text=Hello",
		}},
		{"reply", smm.Post{Text: "Hello", ReplyTo: quoted}, nil, []string{"media_type=TEXT&reply_to_id=" + quoted.ID + "&text=Hello"}},
		{"quote", smm.Post{Text: "Hello", Quote: quoted}, nil, []string{"media_type=TEXT&quote_post_id=" + quoted.ID + "&text=Hello"}},
		{"poll", smm.Post{Text: "Hello", Poll: &smm.Poll{Options: []string{"a", "b", "c"}, Duration: threads.PollDuration}}, nil, []string{
			"media_type=TEXT&poll_attachment=" + url.QueryEscape(`{"option_a":"a","option_b":"b","option_c":"c"}`) + "&text=Hello",
		}},
		{"gif and ghost", smm.Post{Text: "Hello"}, &threads.PostOptions{GIF: &threads.GIF{ID: "g", Provider: "GIPHY"}, Ghost: true}, []string{
			"gif_attachment=" + url.QueryEscape(`{"gif_id":"g","provider":"GIPHY"}`) + "&is_ghost_post=true&media_type=TEXT&text=Hello",
		}},
		{"options", smm.Post{Text: "Hello"}, &full, []string{
			"allowlisted_country_codes=DE%2CUS&enable_reply_approvals=true&location_id=7001&media_type=TEXT&reply_control=mentioned_only&text=Hello&text_attachment=" +
				url.QueryEscape(`{"plaintext":"long","link_attachment_url":"https://l.example/","text_with_styling_info":[{"offset":1,"length":2,"styling_info":["bold"]}]}`) +
				"&text_entities=" + url.QueryEscape(`[{"entity_type":"SPOILER","offset":1,"length":3}]`) + "&topic_tag=Coffee",
		}},
	} {
		if tc.opts != nil {
			require.NoError(t, tc.opts.Set(&tc.post))
		}
		b.publish(t, &tc.post)
		got := w.writes(t)
		require.Len(t, got, len(tc.want)+1, tc.name)
		for i, want := range tc.want {
			if strings.Contains(want, "C1") { // ids are the server's
				require.Regexp(t, `^`+me+`/threads children=\d+%2C\d+&media_type=CAROUSEL&text=Hello$`, got[i])
				continue
			}
			require.Equal(t, me+"/threads "+want, got[i], tc.name)
		}
		require.Regexp(t, `^`+me+`/threads_publish creation_id=\d+$`, got[len(got)-1], tc.name)
	}
}

func TestSettersOnTheWire(t *testing.T) {
	b := open(t, nil)
	w := &wiretap{next: &http.Transport{}}
	b.config.HTTPClient = &http.Client{Transport: w}
	quoted := must(b.VisitorPosts(t.Context(), visitorHandle, "", "share me"))
	comment := must(b.VisitorPosts(t.Context(), visitorHandle, b.publish(t, &smm.Post{Text: "Hello"}).Post.ID, "rude"))
	w.writes(t)
	require.NoError(t, b.channel(t).Hide(t.Context(), comment))
	require.NoError(t, b.channel(t).SetReposted(t.Context(), quoted, true))
	require.Equal(t, []string{"/v1.0/" + comment.ID + "/manage_reply hide=true", "/v1.0/" + quoted.ID + "/repost "}, w.writes(t))
}

// answers are the pairs of the sheet, which were written from documentation.
var answers = map[string]string{
	"/v1.0/1789001":                     `{"id":"1789001","status":"FINISHED"}`,
	"/v1.0/1789003":                     `{"status":"ERROR","error_message":"FAILED_DOWNLOADING_VIDEO","id":"1789003"}`,
	"/v1.0/1790002":                     `{"id":"1790002","permalink":"https://www.threads.com/@me/post/DAbc"}`,
	"/v1.0/1790002/replies":             `{"data":[{"id":"1791","text":"nice","username":"bob","timestamp":"2026-01-02T03:04:05+0000","media_type":"TEXT_POST","hide_status":"NOT_HUSHED","is_reply_owned_by_me":false,"root_post":{"id":"1790002"},"replied_to":{"id":"1790002"}}],"paging":{"cursors":{"before":"A","after":"B"}}}`,
	"/v1.0/me/threads_publishing_limit": `{"data":[{"quota_usage":1,"config":{"quota_total":250,"quota_duration":86400},"reply_quota_usage":0,"reply_config":{"quota_total":1000,"quota_duration":86400}}]}`,
	"/v1.0/me/threads_insights": `{"data":[{"name":"views","period":"day","values":[{"value":5,"end_time":"2026-01-02T08:00:00+0000"},{"value":2}],"title":"views","id":"42/insights/views/day"},
 {"name":"likes","period":"day","total_value":{"value":2},"id":"42/insights/likes/day"},{"name":"followers_count","period":"day","total_value":{"value":300},"id":"42/insights/followers_count/day"},
 {"name":"clicks","link_total_values":[{"value":3,"link_url":"https://a.example"},{"value":4,"link_url":"https://b.example"}]},{"name":"clicks2","total_value":{"value":9,"link_url":"https://a.example"}},
 {"name":"quotes","period":"day"}]}`,
	"/v1.0/1790002/insights": `{"data":[{"name":"views","period":"lifetime","values":[{"value":10}],"title":"Views","description":"..","id":"1/insights/views/lifetime"}]}`,
}

func TestAnswersOfTheSheet(t *testing.T) {
	c, err := threads.NewClient(threads.ClientConfig{Token: smm.NewSecret("THAAsecret"), HTTPClient: &http.Client{Transport: byPath(answers)}})
	require.NoError(t, err)
	ctx := t.Context()
	k, err := c.Containers.Get(ctx, "1789001")
	require.NoError(t, err)
	require.Equal(t, threads.StatusFinished, k.Status)
	k, err = c.Containers.Get(ctx, "1789003")
	require.NoError(t, err)
	require.EqualValues(t, threads.FailDownload, k.Error)
	p, err := c.Posts.Get(ctx, "1790002", "id", "permalink")
	require.NoError(t, err)
	require.EqualValues(t, "https://www.threads.com/@me/post/DAbc", p.Permalink)
	replies, err := c.Replies.Under(ctx, "1790002", false, threads.ListParams{})
	require.NoError(t, err)
	require.Equal(t, "after=B", replies.Next, "the list goes on without an address of the next page")
	r := replies.Items[0]
	require.EqualValues(t, "bob", r.Username)
	require.EqualValues(t, "1790002", r.RepliedTo.ID)
	require.Equal(t, threads.NotHushed, r.HideStatus)
	require.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), r.Timestamp.Time)
	l, err := c.Containers.Limit(ctx)
	require.NoError(t, err)
	require.Equal(t, threads.Allowance{Used: 1, Total: 250, Duration: 86400, Known: true}, l.Posts)
	require.False(t, l.Deletes.Known)
	require.False(t, l.Deletes.Spent())
	all, err := c.Insights.Account(ctx, time.Time{}, time.Time{}, threads.InsightViews)
	require.NoError(t, err)
	sums := map[string]threads.Count{}
	for _, in := range all {
		sums[in.Name] = in.Sum()
	}
	require.Equal(t, map[string]threads.Count{
		"views": {Value: 7, Known: true}, "likes": {Value: 2, Known: true}, "followers_count": {Value: 300, Known: true},
		"clicks": {Value: 7, Known: true}, "clicks2": {Value: 9, Known: true}, "quotes": {},
	}, sums)
	in, err := c.Insights.Post(ctx, "1790002", threads.InsightViews)
	require.NoError(t, err)
	require.EqualValues(t, 10, in[0].Sum().Value)
}

// byPath answers by the path of a request.
type byPath map[string]string

func (a byPath) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := a[r.URL.Path]
	status := http.StatusOK
	if !ok {
		body, status = `{"error":{"message":"nothing","type":"OAuthException","code":100,"error_subcode":33}}`, http.StatusBadRequest
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}
