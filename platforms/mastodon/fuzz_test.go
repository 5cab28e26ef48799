package mastodon_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
)

// seeds adds the bodies of all golden replies.
func seeds(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "replies", "*.json"))
	require.NoError(f, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		var g golden
		require.NoError(f, json.Unmarshal(b, &g))
		f.Add([]byte(g.Body))
	}
	for _, s := range []string{`null`, `[]`, `""`, `{"id":1e999}`, `{"id":"\ud800"}`, `{"reblog":{"reblog":{"id":1}}}`, `{"error":{"a":[{}]}}`} {
		f.Add([]byte(s))
	}
}

// canned answers every request with one body.
type canned struct {
	status int
	header http.Header
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	for k, v := range c.header {
		w.Header()[k] = v
	}
	w.WriteHeader(c.status)
	_, _ = w.Write(c.body)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func cannedClient(t testing.TB, c canned) *mastodon.Client {
	t.Helper()
	v, err := mastodon.NewClient(mastodon.ClientConfig{Server: "https://m.example", Token: smm.NewSecret("secret-token"), HTTPClient: &http.Client{Transport: c}})
	require.NoError(t, err)
	return v
}

// FuzzReplies feeds every decoder. An answer is an object with an id or an
// error, and no error quotes the token.
func FuzzReplies(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		v, ctx := cannedClient(t, canned{status: 200, body: body}), t.Context()
		if s, err := v.Statuses.Get(ctx, "1"); err == nil {
			require.NotEmpty(t, s.ID)
			require.True(t, json.Valid(s.Raw))
		}
		if c, err := v.Statuses.Create(ctx, mastodon.StatusParams{Status: "x"}, nil); err == nil {
			require.True(t, (c.Status != nil && c.Status.ID != "") || (c.Scheduled != nil && c.Scheduled.ID != ""))
		}
		_, _ = v.Statuses.Context(ctx, "1")
		_, _ = v.Notifications.List(ctx, mastodon.NotificationFilter{}, mastodon.ListParams{})
		_, _ = v.Conversations.List(ctx, mastodon.ListParams{})
		_, _ = v.Timelines.Search(ctx, mastodon.SearchParams{Query: "x"})
		_, _ = v.Scheduled.List(ctx, mastodon.ListParams{})
		_, _ = v.Filters.All(ctx)
		if a, err := v.Accounts.Verify(ctx); err == nil {
			require.NotEmpty(t, a.ID)
		}
		if a, err := v.Apps.Create(ctx, mastodon.AppParams{Name: "x"}); err == nil {
			require.NotEmpty(t, a.ID)
			require.False(t, a.Secret.IsZero())
		}
		_, _ = v.Apps.Verify(ctx)
		_, _ = v.Accounts.UserInfo(ctx)
		if in, err := v.Instance.Get(ctx); err == nil {
			l := in.Limits()
			require.Positive(t, l.Text.Max)
			require.Positive(t, l.Media.MaxItems)
			require.NotEmpty(t, in.StreamingURL("https://m.example"))
		}
	})
}

func FuzzErrors(f *testing.F) {
	seeds(f)
	f.Add([]byte(`{"error":"invalid_scope","error_description":"no"}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{401, 404, 422} {
			_, err := cannedClient(t, canned{status: status, body: body}).Statuses.Favourite(t.Context(), "1")
			require.Error(t, err)
			require.Less(t, len(err.Error()), 700)
			require.NotContains(t, err.Error(), "\n")
		}
	})
}

// FuzzLinks: whatever the header says, the next request goes to the same list
// of the same server.
func FuzzLinks(f *testing.F) {
	f.Add(`<https://m.example/api/v1/timelines/home?max_id=1>; rel="next", <https://m.example/x?min_id=9>; rel="prev"`)
	f.Add(`</x?a=1,2>;rel=next`)
	f.Add(`<https://evil.example/?access_token=secret-token&max_id=1>; rel="next"`)
	f.Add(`<https://m.example/?access_token0=1>; rel="next"`) // another parameter
	f.Add(`<<>>;;,,rel==`)
	f.Fuzz(func(t *testing.T, header string) {
		v := cannedClient(t, canned{status: 200, header: http.Header{"Link": {header}}, body: []byte(`[]`)})
		p, err := v.Timelines.Home(t.Context(), mastodon.ListParams{})
		require.NoError(t, err)
		for _, cursor := range []string{p.Next, p.Prev} {
			q, err := url.ParseQuery(cursor)
			require.NoError(t, err)
			require.False(t, q.Has("access_token"))
			if cursor != "" {
				_, err := v.Timelines.Home(t.Context(), mastodon.ListParams{Cursor: cursor})
				require.NoError(t, err)
			}
		}
	})
}

func FuzzStream(f *testing.F) {
	f.Add([]byte("event: update\ndata: {\"id\":\"1\"}\n\n:thump\n"))
	f.Add([]byte("event: delete\r\ndata: 7\r\n\r\n"))
	f.Add([]byte("data\ndata:\n\nid\n\n\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		v, n := cannedClient(t, canned{status: 200, body: body}), 0
		for e, err := range v.Streaming.Stream(t.Context(), "https://m.example", "user", nil) {
			if err != nil {
				require.Zero(t, e)
				return
			}
			_, _ = e.Status()
			_, _ = e.Notification()
			_, _ = e.Conversation()
			if n++; n > 1000 {
				return
			}
		}
		t.Fatal("the end of the stream was not told")
	})
}
