package mastodon_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// scripted answers by "METHOD /path"; what is not scripted is 404.
type scripted map[string]http.HandlerFunc

func (s scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := s[r.Method+" "+r.URL.Path]; ok {
		h(w, r)
		return
	}
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"error":"Record not found"}`))
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const (
	nodeLinks = `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"/nodeinfo/2.0"}]}`
	nodeIsM   = `{"software":{"name":"Mastodon","version":"4.5.2"}}`
	instance  = `{"domain":"m.example","version":"4.5.2","api_versions":{"mastodon":7},"configuration":{}}`
)

// stub is a driver against a scripted server. Its clock moves by itself.
func stub(t testing.TB, s scripted) (*mastodon.Driver, *mastodon.Client, smm.Ref, *sim.Clock) {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	for path, body := range map[string]string{
		"GET /.well-known/nodeinfo": nodeLinks, "GET /nodeinfo/2.0": nodeIsM, "GET /api/v2/instance": instance,
	} {
		if s[path] == nil {
			s[path] = says(200, body)
		}
	}
	clock := sim.NewClock(epoch, true)
	ch := smm.Ref{Platform: mastodon.Platform, Space: strings.TrimPrefix(srv.URL, "http://"), Kind: smm.KindChannel, ID: "1"}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	d, err := mastodon.New(mastodon.Config{Credentials: smm.StaticToken(ch, srv.URL, "secret-token"), Clock: clock, HTTPClient: client})
	require.NoError(t, err)
	c, err := mastodon.NewClient(mastodon.ClientConfig{Server: srv.URL, Token: smm.NewSecret("secret-token"), Clock: clock, HTTPClient: client})
	require.NoError(t, err)
	return d, c, ch, clock
}

// commitOnce prepares and commits a text.
func commitOnce(t testing.TB, d *mastodon.Driver, ch smm.Ref) (smm.Outcome, error) {
	t.Helper()
	r := &smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreatePost, Post: smm.Post{Text: "Hello"}, Created: epoch}
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	require.True(t, p.Ready)
	return d.Commit(t.Context(), r, p, smm.Attempt{N: 1, First: epoch, Intent: epoch, Deadline: epoch.Add(time.Minute)})
}

// TestHostileAnswersToACommit: nothing but a readable status with an id proves
// that the post is public, and nothing of the rest that it is not.
func TestHostileAnswersToACommit(t *testing.T) {
	unknown, published, refused := smm.OutcomeUnknown, smm.OutcomePublished, smm.OutcomeRefused
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   smm.OutcomeState
		id     string
		retry  bool
	}{
		{"plain", 200, `{"id":"5","url":"https://m.example/5","content":"<p>Hello</p>","account":{}}`, published, "5", false},
		{"created", 201, `{"id":"5","content":"","account":{}}`, published, "5", false},
		{"number as id", 200, `{"id":610000000000000001,"content":""}`, published, "610000000000000001", false},
		{"unknown fields and types", 200, `{"id":"5","content":7,"account":[],"poll":"?","x":{"y":[1]}}`, published, "5", false},
		{"null url", 200, `{"id":"5","url":null,"uri":"https://m.example/u/5"}`, published, "5", false},
		{"duplicate keys", 200, `{"id":"4","id":"5"}`, unknown, "", false},
		{"a page", 200, "<!doctype html><title>One moment</title>", unknown, "", false},
		{"empty", 200, "", unknown, "", false},
		{"cut", 200, `{"id":"5","content":"<p>He`, unknown, "", false},
		{"no id", 200, `{"content":"<p>Hello</p>"}`, unknown, "", false},
		{"empty id", 200, `{"id":""}`, unknown, "", false},
		{"null", 200, `null`, unknown, "", false},
		{"a list", 200, `[{"id":"5"}]`, unknown, "", false},
		{"an error with 200", 200, `{"error":"no"}`, unknown, "", false},
		{"10 MB", 200, `{"id":"5","content":"` + strings.Repeat("x", 10<<20) + `"}`, unknown, "", false},
		{"deep", 200, strings.Repeat(`{"reblog":`, 5000) + "1" + strings.Repeat("}", 5000), unknown, "", false},
		{"two values", 200, `{"id":"5"}{"id":"6"}`, unknown, "", false},
		{"accepted without a body", 202, "", unknown, "", false},
		{"redirect", 302, "", unknown, "", false},
		{"server error", 500, `{"error":"x"}`, unknown, "", false},
		{"throttled server", 503, `{"error":"x"}`, unknown, "", false},
		{"request time-out", 408, "", unknown, "", false},
		{"validation", 422, `{"error":"Validation failed: Text can't be blank"}`, refused, "", false},
		{"bad request", 400, `{"error":"Bad Request"}`, refused, "", false},
		{"token", 401, `{"error":"The access token is invalid"}`, refused, "", false},
		{"scope", 403, `{"error":"This action is outside the authorized scopes"}`, refused, "", false},
		{"gone", 410, ``, refused, "", false},
		{"quota", 429, `{"error":"Too many requests"}`, refused, "", true},
		{"challenge", 403, "<html>", refused, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, _, ch, _ := stub(t, scripted{"POST /api/v1/statuses": says(tc.status, tc.body)})
			o, err := commitOnce(t, d, ch)
			require.Equal(t, tc.want, o.State)
			require.Equal(t, tc.id, o.Post.ID)
			require.Equal(t, tc.want == published, err == nil)
			if err != nil {
				require.NotContains(t, err.Error(), "secret-token")
				require.Less(t, len(err.Error()), 600)
			}
			require.Equal(t, tc.retry, o.Retry)
		})
	}
}

// TestHostileLists: what is no list must not read as an empty one.
func TestHostileLists(t *testing.T) {
	for name, body := range map[string]string{
		"error object": `{"error":"not now"}`, "null": "null", "page": "<html>", "text": `"x"`, "cut": `[{"id":"1"}`, "empty": "",
		"list in a list": "[[]]", "things without ids": `[{"id":"1"},{"content":"x"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, c, _, _ := stub(t, scripted{"GET /api/v1/accounts/1/statuses": says(200, body)})
			_, err := c.Accounts.Statuses(t.Context(), "1", mastodon.StatusFilter{}, mastodon.ListParams{})
			require.ErrorIs(t, err, smm.ErrUnavailable)
			e, ok := errors.AsType[*smm.Error](err)
			require.True(t, ok)
			require.NotEmpty(t, e.Op, "an error says what was asked")
		})
	}
	for _, body := range []string{`{"error":"x"}`, `{"ancestors":[{"content":"x"}],"descendants":[]}`, `{"ancestors":[],"descendants":[{"content":"x"}]}`} {
		_, c, _, _ := stub(t, scripted{"GET /api/v1/statuses/1/context": says(200, body)})
		_, err := c.Statuses.Context(t.Context(), "1")
		require.ErrorIs(t, err, smm.ErrUnavailable, body)
	}
	for _, body := range []string{`{}`, `{"error":"x"}`, `{"statuses":[{"content":"x"}]}`, `{"accounts":[{"username":"x"}],"statuses":[]}`} {
		_, c, _, _ := stub(t, scripted{"GET /api/v2/search": says(200, body)})
		_, err := c.Timelines.Search(t.Context(), mastodon.SearchParams{Query: "x"})
		require.ErrorIs(t, err, smm.ErrUnavailable, body)
	}
	_, c, _, _ := stub(t, scripted{"GET /api/v2/search": says(200, `{"accounts":[],"statuses":[{"id":"1"}]}`)})
	found, err := c.Timelines.Search(t.Context(), mastodon.SearchParams{Query: "x"})
	require.NoError(t, err)
	require.Len(t, found.Statuses, 1)
}

// TestDeepAnswersStayBounded: an answer that nests as deep as is let through,
// each level of which keeps a copy of what is below, must not multiply.
func TestDeepAnswersStayBounded(t *testing.T) {
	pad := strings.Repeat("x", 1<<20)
	body := strings.Repeat(`{"id":"1","reblog":`, 60) + `{"id":"2","content":"` + pad + `"}` + strings.Repeat("}", 60)
	var s mastodon.Status
	require.NoError(t, json.Unmarshal([]byte(body), &s))
	kept := 0
	for at := &s; at != nil; at = at.Reblog {
		kept += len(at.Raw)
	}
	require.Less(t, kept, 3<<20)
}

const htmlPage = "the answer is an HTML page, not one of the API"

func TestErrorTable(t *testing.T) {
	for _, tc := range []struct {
		name    string
		status  int
		body    string
		want    error
		code    string
		message string
	}{
		{"invalid token", 401, `{"error":"The access token is invalid"}`, smm.ErrUnauthorized, "", "The access token is invalid"},
		{"secure mode", 401, `{"error":"This method requires an authenticated user"}`, smm.ErrUnauthorized, "", "This method requires an authenticated user"},
		{"scope", 403, `{"error":"This action is outside the authorized scopes"}`, smm.ErrForbidden, "", "This action is outside the authorized scopes"},
		{"not found", 404, `{"error":"Record not found"}`, smm.ErrNotFound, "", "Record not found"},
		{"gone", 410, `{"error":"Gone"}`, smm.ErrNotFound, "", "Gone"},
		{"no such method", 405, ``, smm.ErrUnsupported, "", ""},
		{"not implemented", 501, `{"error":"Not implemented"}`, smm.ErrUnsupported, "", "Not implemented"},
		{"validation", 422, `{"error":"Validation failed","details":{"status":[]}}`, smm.ErrRejected, "", "Validation failed"},
		{"laravel", 422, `{"message":"The given data was invalid.","errors":{"media_ids":["The media ids field is required."]}}`, smm.ErrRejected, "", "media_ids: The media ids field is required."},
		{"error as object", 400, `{"error":{"message":["bad","worse"]}}`, smm.ErrRejected, "", "message: bad"},
		{"oauth code", 400, `{"error":"invalid_scope","error_description":"The requested scope is invalid"}`, smm.ErrForbidden, "invalid_scope", "The requested scope is invalid"},
		{"used grant", 400, `{"error":"invalid_grant","error_description":"The grant is invalid"}`, smm.ErrUnauthorized, "invalid_grant", "The grant is invalid"},
		{"page", 404, `<html><h1>404</h1>`, smm.ErrUnavailable, "html-page", htmlPage},
		{"challenge", 403, " \n<!doctype html>", smm.ErrUnavailable, "html-page", htmlPage},
		{"door keeper", 401, `<html>`, smm.ErrUnavailable, "html-page", htmlPage},
		{"page of a proxy", 502, `<html><h1>502 Bad Gateway</h1>`, smm.ErrUnavailable, "html-page", htmlPage},
		{"payload", 413, `<html>too large`, smm.ErrRejected, "html-page", htmlPage},
		{"quota", 429, `{"error":"Too many requests"}`, smm.ErrRateLimited, "", "Too many requests"},
		{"quota, no words", 429, ``, smm.ErrRateLimited, "", ""},
		{"overload", 503, `{"error":"server capacity exceeded"}`, smm.ErrUnavailable, "", "server capacity exceeded"},
		{"forged log line", 422, `{"error":"a\nlevel=ERROR msg=forged\u202e"}`, smm.ErrRejected, "", "a level=ERROR msg=forged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, c, _, _ := stub(t, scripted{"POST /api/v1/statuses/1/favourite": says(tc.status, tc.body)})
			_, err := c.Statuses.Favourite(t.Context(), "1")
			require.ErrorIs(t, err, tc.want)
			e, ok := errors.AsType[*smm.Error](err)
			require.True(t, ok)
			require.Equal(t, tc.status, e.Status)
			require.Equal(t, tc.code, e.Code)
			require.Equal(t, tc.message, e.Message)
			require.Equal(t, errors.Is(tc.want, smm.ErrUnauthorized), smm.NeedsReconnect(err))
		})
	}
}

// TestNodeInfoOfAnotherHost: a link to elsewhere must not decide what is
// promised, and must not be followed.
func TestNodeInfoOfAnotherHost(t *testing.T) {
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		_, _ = w.Write([]byte(nodeIsM))
	}))
	defer other.Close()
	_, c, _, _ := stub(t, scripted{"GET /.well-known/nodeinfo": says(200,
		`{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"`+other.URL+`/nodeinfo/2.0"}]}`)})
	in, err := c.Instance.Get(t.Context())
	require.NoError(t, err)
	require.False(t, asked)
	require.False(t, in.HonoursKeys())
}

// TestNodeInfoBroken: while nodeinfo fails no key is relied on, and posts go
// out all the same.
func TestNodeInfoBroken(t *testing.T) {
	d, _, ch, _ := stub(t, scripted{
		"GET /nodeinfo/2.0":               says(500, ""),
		"GET /api/v1/accounts/1/statuses": says(200, `[]`),
	})
	r := &smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreatePost, Post: smm.Post{Text: "Hello"}, Created: epoch}
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	require.Equal(t, smm.ClassReadBack, p.Guarantee.Class)
}
