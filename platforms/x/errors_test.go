package x_test

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

func problem(code string, status int) string {
	return `{"title":"T","detail":"D","type":"https://api.x.com/2/problems/` + code + `","status":` + strconv.Itoa(status) + `}`
}

// TestErrorTable: types, numbers and statuses of refusals, as a create meets
// them. Bodies are those of the documentation.
func TestErrorTable(t *testing.T) {
	const unauthorized = `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`
	const duplicate = `{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","title":"Forbidden","status":403}`
	for _, tc := range []struct {
		name    string
		status  int
		body    string
		want    error
		code    string
		message string
		outcome smm.OutcomeState
	}{
		{"token", 401, unauthorized, smm.ErrUnauthorized, "", "Unauthorized", smm.OutcomeRefused},
		{"kind of token", 403, `{"title":"Unsupported Authentication","detail":"Authenticating with OAuth 2.0 Application-Only is forbidden","type":"about:blank","status":403}`, smm.ErrForbidden, "unsupported-authentication", "Authenticating with OAuth 2.0 Application-Only is forbidden", smm.OutcomeRefused},
		{"kind of token by type", 403, problem("unsupported-authentication", 403), smm.ErrForbidden, "unsupported-authentication", "D", smm.OutcomeRefused},
		{"tier", 403, problem("client-forbidden", 403), smm.ErrForbidden, "client-forbidden", "D", smm.OutcomeRefused},
		{"permission", 403, `{"detail":"You are not permitted to perform this action.","type":"about:blank","title":"Forbidden","status":403}`, smm.ErrForbidden, "", "You are not permitted to perform this action.", smm.OutcomeRefused},
		{"duplicate", 403, duplicate, smm.ErrDuplicate, "duplicate-content", "You are not allowed to create a Tweet with duplicate content.", smm.OutcomeRefused},
		{"duplicate, former API", 403, `{"errors":[{"code":187,"message":"Status is a duplicate."}]}`, smm.ErrDuplicate, "187", "Status is a duplicate.", smm.OutcomeRefused},
		{"words of a duplicate with another status", 400, `{"detail":"duplicate content","title":"T"}`, smm.ErrRejected, "", "duplicate content", smm.OutcomeRefused},
		{"cap", 429, problem("usage-capped", 429), smm.ErrForbidden, "usage-capped", "D", smm.OutcomeRefused},
		{"credits", 402, `{"title":"CreditsDepleted","detail":"no credits","type":"about:blank"}`, smm.ErrForbidden, "credits-depleted", "no credits", smm.OutcomeRefused},
		{"payment", 402, `{}`, smm.ErrForbidden, "", "", smm.OutcomeRefused},
		{"rate", 429, problem("rate-limit-exceeded", 429), smm.ErrRateLimited, "rate-limit-exceeded", "D", smm.OutcomeRefused},
		{"rate, former API", 429, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`, smm.ErrRateLimited, "88", "Rate limit exceeded", smm.OutcomeRefused},
		{"rate, no words", 429, ``, smm.ErrRateLimited, "", "", smm.OutcomeRefused},
		{"not found", 404, problem("resource-not-found", 404), smm.ErrNotFound, "resource-not-found", "D", smm.OutcomeRefused},
		{"resource", 403, problem("not-authorized-for-resource", 403), smm.ErrForbidden, "not-authorized-for-resource", "D", smm.OutcomeRefused},
		{"field", 403, problem("not-authorized-for-field", 403), smm.ErrForbidden, "not-authorized-for-field", "D", smm.OutcomeRefused},
		{"request", 400, `{"errors":[{"parameters":{"text":["x"]},"message":"One or more parameters"}],"title":"Invalid Request","detail":"invalid","type":"https://api.x.com/2/problems/invalid-request"}`, smm.ErrRejected, "invalid-request", "One or more parameters", smm.OutcomeRefused},
		{"disallowed", 400, problem("disallowed-resource", 400), smm.ErrRejected, "disallowed-resource", "D", smm.OutcomeRefused},
		{"list of problems", 403, `{"errors":[` + problem("client-forbidden", 403) + `]}`, smm.ErrForbidden, "client-forbidden", "D", smm.OutcomeRefused},
		{"words of OAuth", 400, `{"error":"invalid_request","error_description":"Value passed for the token was invalid."}`, smm.ErrRejected, "invalid_request", "Value passed for the token was invalid.", smm.OutcomeRefused},
		{"suspended, former API", 403, `{"errors":[{"code":64,"message":"Your account is suspended"}]}`, smm.ErrForbidden, "64", "Your account is suspended", smm.OutcomeRefused},
		{"no such method", 405, ``, smm.ErrUnsupported, "", "", smm.OutcomeRefused},
		{"page", 403, ` <html>`, smm.ErrUnavailable, "html-page", "the answer is an HTML page, not one of the API", smm.OutcomeRefused},
		{"page of a proxy", 502, `<html>`, smm.ErrUnavailable, "html-page", "the answer is an HTML page, not one of the API", smm.OutcomeUnknown},
		{"internal", 500, problem("internal-error", 500), smm.ErrUnavailable, "internal-error", "D", smm.OutcomeUnknown},
		{"unavailable", 503, `{"title":"Service Unavailable","detail":"Service Unavailable","type":"about:blank","status":503}`, smm.ErrUnavailable, "", "Service Unavailable", smm.OutcomeUnknown},
		{"other types", 400, `{"title":7,"detail":[],"type":{},"errors":{"a":1},"status":"x"}`, smm.ErrRejected, "", "", smm.OutcomeRefused},
		{"other list", 400, `{"errors":["a",1]}`, smm.ErrRejected, "", "", smm.OutcomeRefused},
		{"forged log line", 400, `{"detail":"a\nlevel=ERROR msg=forged\u202e"}`, smm.ErrRejected, "", "a level=ERROR msg=forged", smm.OutcomeRefused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := open(t).says(tc.status, tc.body)
			_, err := b.vendor().Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
			require.ErrorIs(t, err, tc.want)
			e := asError(t, err)
			require.Equal(t, tc.status, e.Status)
			require.Equal(t, tc.code, e.Code)
			require.Equal(t, tc.message, e.Message)
			require.Equal(t, tc.outcome, e.Outcome)
			require.Equal(t, "posts.create", e.Op)
			require.Equal(t, errors.Is(tc.want, smm.ErrUnauthorized), smm.NeedsReconnect(err))
			require.Len(t, b.requests(), 1)
		})
	}
}

// TestErrorsInSuccess: an answer with status 200 that has nothing but errors.
func TestErrorsInSuccess(t *testing.T) {
	for code, want := range map[string]error{
		"resource-not-found": smm.ErrNotFound, "not-authorized-for-resource": smm.ErrForbidden, "internal-error": smm.ErrUnavailable,
		"invalid-request": smm.ErrRejected, "field-hydration-failure": smm.ErrUnavailable, "never-heard-of": smm.ErrRejected,
	} {
		for _, status := range []string{`,"status":404`, ``} {
			body := `{"errors":[{"title":"T","detail":"D","type":"https://api.x.com/2/problems/` + code + `"` + status + `}]}`
			b := open(t).says(200, body)
			_, err := b.vendor().Posts.Get(t.Context(), "5", nil)
			if code == "never-heard-of" && status != "" {
				want = smm.ErrNotFound
			} else if code == "never-heard-of" {
				want = smm.ErrRejected
			}
			require.ErrorIs(t, err, want, code)
			e := asError(t, err)
			require.Equal(t, 200, e.Status)
			_, err = b.vendor().Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
			require.ErrorIs(t, err, want)
			require.Equal(t, smm.OutcomeUnknown, asError(t, err).Outcome)
		}
	}
	b := open(t).says(200, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`)
	_, err := b.vendor().Posts.Get(t.Context(), "5", nil)
	require.ErrorIs(t, err, smm.ErrRateLimited)
}

// TestPartialSuccess: data with errors beside them.
func TestPartialSuccess(t *testing.T) {
	b := open(t).says(200, `{"data":[{"id":"5","text":"Hello"}],"errors":[{"resource_type":"tweet","parameter":"ids","resource_id":"6","value":"6","title":"Not Found Error","detail":"Could not find","type":"https://api.x.com/2/problems/resource-not-found"}]}`)
	p, err := b.vendor().Posts.Lookup(t.Context(), nil, "5", "6")
	require.NoError(t, err)
	require.Len(t, p.Items, 1)
	require.Len(t, p.Problems, 1)
	require.Equal(t, "resource-not-found", p.Problems[0].Code())
	require.Equal(t, x.ID("6"), p.Problems[0].ResourceID)
	require.Equal(t, "resource-not-found: Could not find", p.Problems[0].String())

	// A post with an id is public, whatever stands beside the id.
	for _, body := range []string{
		`{"data":{"id":"5","text":"Hello"},"errors":[{"title":"T"}]}`, `{"data":{"id":"5","text":7,"edit_history_tweet_ids":"x"},"errors":"?"}`, `{"data":{"id":5}}`,
		`{"data":{"id":"5"},"includes":[],"meta":7}`,
	} {
		created, err := b.says(201, body).vendor().Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
		require.NoError(t, err, body)
		require.Equal(t, x.ID("5"), created.ID)
	}
	for _, name := range []string{"tweet", "post"} {
		b.says(201, `{"data":{"id":"6","text":"Hello https://t.co/1","edit_history_`+name+`_ids":["5","6"]}}`)
		created, err := b.vendor().Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
		require.NoError(t, err)
		require.Equal(t, x.CreatedPost{ID: "6", Text: "Hello https://t.co/1", EditHistory: []x.ID{"5", "6"}}, created)
	}
	for _, body := range []string{`{"data":{"id":"","text":"x"}}`, `{"data":{"id":"abc"}}`, `{"data":{"id":"12345678901234567890"}}`, `{"data":{"id":true}}`, `{"data":{"id":1.5}}`} {
		_, err := b.says(201, body).vendor().Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
		require.ErrorIs(t, err, smm.ErrUnavailable, body)
		require.Equal(t, smm.OutcomeUnknown, asError(t, err).Outcome)
	}
}

// TestPages: what leads to the next page, and what is an empty one.
func TestPages(t *testing.T) {
	b := open(t).says(200, posts)
	p, err := b.vendor().Posts.Timeline(t.Context(), "8", x.TimelineParams{})
	require.NoError(t, err)
	require.Equal(t, []string{"n", "p", "9", "5"}, []string{p.Next, p.Prev, p.NewestID.String(), p.OldestID.String()})
	p, err = b.says(200, `{"meta":{"result_count":0}}`).vendor().Posts.Timeline(t.Context(), "8", x.TimelineParams{})
	require.NoError(t, err)
	require.Empty(t, p.Items)
	for _, body := range []string{`{"meta":{"result_count":2}}`, `{"meta":{}}`, `{"data":{"id":"5"},"meta":{"result_count":0}}`} {
		_, err = b.says(200, body).vendor().Posts.Timeline(t.Context(), "8", x.TimelineParams{})
		require.ErrorIs(t, err, smm.ErrUnavailable, body)
	}
	counts, err := b.says(200, `{"data":[{"start":"2026-10-01T00:00:00.000Z","end":"2026-10-02T00:00:00.000Z","tweet_count":3}],"meta":{"total_tweet_count":3}}`).vendor().Posts.Counts(t.Context(), x.CountParams{Query: "x"})
	require.NoError(t, err)
	require.Equal(t, x.Count{Value: 3, Known: true}, counts.Total)
	require.Equal(t, from, counts.Items[0].Start.Time)
}

// TestDeeds: an answer that says the contrary of what was asked for is an error.
func TestDeeds(t *testing.T) {
	b := open(t)
	c := b.vendor()
	require.ErrorIs(t, b.says(200, `{"data":{"deleted":false}}`).vendor().Posts.Delete(t.Context(), "5"), smm.ErrRejected)
	require.ErrorIs(t, b.says(200, `{"data":{"deleted":"true"}}`).vendor().Posts.Delete(t.Context(), "5"), smm.ErrUnavailable)
	require.ErrorIs(t, b.says(200, `{"data":{"liked":true}}`).vendor().Posts.Unlike(t.Context(), "5"), smm.ErrRejected)
	pending, err := b.says(200, `{"data":{"following":false,"pending_follow":true}}`).vendor().Users.Follow(t.Context(), "8")
	require.NoError(t, err)
	require.True(t, pending)
	pending, err = b.says(200, `{"data":{"following":true,"pending_follow":false}}`).vendor().Users.Follow(t.Context(), "8")
	require.NoError(t, err)
	require.False(t, pending)
	_, err = b.says(200, `{"data":{"following":false,"pending_follow":false}}`).vendor().Users.Follow(t.Context(), "8")
	require.ErrorIs(t, err, smm.ErrRejected)
	require.NoError(t, b.says(404, problem("resource-not-found", 404)).vendor().Media.RemoveSubtitles(t.Context(), "88", "", "EN"))
	_ = c
}

// TestWaits: how long a refusal asks to wait, also when it is the day that is
// over and not the 15 minutes.
func TestWaits(t *testing.T) {
	at := func(d time.Duration) string { return strconv.FormatInt(epoch.Add(d).Unix(), 10) }
	for _, tc := range []struct {
		header http.Header
		want   time.Duration
		scope  string
	}{
		{http.Header{"X-Rate-Limit-Limit": {"100"}, "X-Rate-Limit-Remaining": {"0"}, "X-Rate-Limit-Reset": {at(10 * time.Minute)}}, 10 * time.Minute, ""},
		{http.Header{"X-Rate-Limit-Limit": {"100"}, "X-Rate-Limit-Remaining": {"80"}, "X-Rate-Limit-Reset": {at(10 * time.Minute)},
			"X-User-Limit-24hour-Limit": {"100"}, "X-User-Limit-24hour-Remaining": {"0"}, "X-User-Limit-24hour-Reset": {at(5 * time.Hour)}}, 5 * time.Hour, "user-24h"},
		{http.Header{"X-App-Limit-24hour-Limit": {"100"}, "X-App-Limit-24hour-Remaining": {"0"}, "X-App-Limit-24hour-Reset": {at(100 * time.Hour)}}, 24 * time.Hour, "app-24h"},
		{http.Header{"X-User-Limit-24hour-Limit": {"100"}, "X-User-Limit-24hour-Remaining": {"3"}, "X-User-Limit-24hour-Reset": {at(5 * time.Hour)}}, 0, ""},
		{http.Header{}, 0, ""},
	} {
		tc.header.Set("Date", epoch.Format(http.TimeFormat))
		_, err := cannedClient(t, canned{status: 429, header: tc.header, body: []byte(problem("rate-limit-exceeded", 429))}).Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
		e, ok := errors.AsType[*smm.RateLimitError](err)
		require.True(t, ok)
		require.Equal(t, tc.want, e.After)
		require.Equal(t, tc.scope, e.Scope)
	}
}

// TestReadsAreRepeated within bounds; creates never are.
func TestReadsAreRepeated(t *testing.T) {
	b := open(t)
	n := 0
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		if n++; n < 3 {
			says(503, `{}`)(w, r)
			return
		}
		says(200, aPost)(w, r)
	}
	_, err := b.vendor().Posts.Get(t.Context(), "5", nil)
	require.NoError(t, err)
	require.Equal(t, 3, n)
}

// TestNothingIsFollowed: a redirect of a create leads nowhere, and neither does
// the token.
func TestNothingIsFollowed(t *testing.T) {
	other := open(t).says(200, aPost)
	b := open(t)
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/elsewhere", http.StatusTemporaryRedirect)
	}
	_, err := b.vendor().Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
	require.Error(t, err)
	require.Equal(t, smm.OutcomeUnknown, asError(t, err).Outcome)
	require.Empty(t, other.requests())
	_, _ = b.vendor().Posts.Get(t.Context(), "5", nil)
	for _, r := range other.requests() {
		require.Empty(t, r.Header.Get("Authorization"), "a token went to another host")
	}
}
