package threads_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// scripted answers by "METHOD /path"; what is not scripted is not found.
type scripted map[string]http.HandlerFunc

func (s scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := s[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/v1.0")]; ok {
		h(w, r)
		return
	}
	says(400, `{"error":{"message":"no","type":"GraphMethodException","code":100,"error_subcode":33}}`)(w, r)
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// stub is a driver against a scripted server. Its clock moves by itself.
func stub(t testing.TB, s scripted) (*threads.Driver, smm.Ref, *sim.Clock) {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	for path, body := range map[string]string{
		"GET /1/threads_publishing_limit": `{"data":[]}`, "POST /1/threads": `{"id":"c1"}`, "GET /c1": `{"id":"c1","status":"FINISHED"}`,
	} {
		if s[path] == nil {
			s[path] = says(200, body)
		}
	}
	clock := sim.NewClock(epoch, true)
	ch := smm.Ref{Platform: threads.Platform, Kind: smm.KindChannel, ID: "1"}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	d, err := threads.New(threads.Config{Credentials: smm.StaticToken(ch, "", "THAAsecretsecret"), Clock: clock, HTTPClient: client, BaseURL: srv.URL})
	require.NoError(t, err)
	return d, ch, clock
}

func hello(ch smm.Ref) *smm.PublishRequest {
	return &smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreatePost, Post: smm.Post{Text: "Hello"}, Created: epoch}
}

var once = smm.Attempt{N: 1, First: epoch, Intent: epoch, Deadline: epoch.Add(time.Minute)}

func ready(t testing.TB, d *threads.Driver, r *smm.PublishRequest) smm.Prepared {
	t.Helper()
	p := smm.Prepared{}
	for range 3 {
		var err error
		p, err = d.Prepare(t.Context(), r, p)
		require.NoError(t, err)
	}
	require.True(t, p.Ready)
	return p
}

// TestHostileAnswersToACommit: nothing but a readable id proves that the post is
// public, and nothing but a clear answer that it is not.
func TestHostileAnswersToACommit(t *testing.T) {
	unknown, published, refused := smm.OutcomeUnknown, smm.OutcomePublished, smm.OutcomeRefused
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   smm.OutcomeState
		id     string
	}{
		{"plain", 200, `{"id":"5"}`, published, "5"},
		{"a number", 200, `{"id":17906000000000000001}`, published, "17906000000000000001"},
		{"another success", 201, `{"id":"5"}`, published, "5"},
		{"no id", 200, `{}`, unknown, ""},
		{"an empty id", 200, `{"id":""}`, unknown, ""},
		{"no object", 200, `"5"`, unknown, ""},
		{"an id that is a list", 200, `{"id":["5"]}`, unknown, ""},
		{"nothing", 200, ``, unknown, ""},
		{"null", 200, `null`, unknown, ""},
		{"broken", 200, `{"id":"5"`, unknown, ""},
		{"two objects", 200, `{"id":"5"}{"id":"6"}`, unknown, ""},
		{"a page", 200, `<html><title>5</title>`, unknown, ""},
		{"deep", 200, strings.Repeat(`{"id":`, 100) + `"5"` + strings.Repeat(`}`, 100), unknown, ""},
		{"an error with 200", 200, `{"error":{"code":100,"type":"THApiException","message":"no"}}`, refused, ""},
		{"an unknown error with 200", 200, `{"error":{"code":987654}}`, unknown, ""},
		{"a transient error", 400, `{"error":{"code":987654,"is_transient":true}}`, unknown, ""},
		{"an odd error", 400, `{"error":"no"}`, refused, ""},
		{"a page with 404", 404, `<html>`, unknown, ""},
		{"bare 400", 400, ``, refused, ""},
		{"408", 408, `{}`, unknown, ""},
		{"a redirect", 302, `{"id":"5"}`, unknown, ""},
		{"500", 500, `{"error":{"code":100}}`, unknown, ""},
		{"503 with an id", 503, `{"id":"5"}`, unknown, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, ch, _ := stub(t, scripted{"POST /1/threads_publish": says(tc.status, tc.body)})
			r := hello(ch)
			o, err := d.Commit(t.Context(), r, ready(t, d, r), once)
			require.Equal(t, tc.want, o.State, "%v", err)
			require.Equal(t, tc.id, o.Post.ID)
			require.Equal(t, tc.want == published, err == nil, "%v", err)
		})
	}
}

// TestHostileContainers: what a container says is believed word by word, and what
// is no word of the vendor's says nothing.
func TestHostileContainers(t *testing.T) {
	for body, want := range map[string]smm.OutcomeState{
		`{"id":"c1","status":"FINISHED"}`: smm.OutcomeRepeatable, `{"id":"c1","status":"IN_PROGRESS"}`: smm.OutcomePending,
		`{"id":"c1","status":"EXPIRED"}`: smm.OutcomeAbsent, `{"id":"c1","status":"ERROR","error_message":"UNKNOWN"}`: smm.OutcomeRefused,
		`{"id":"c1","status":"finished"}`: smm.OutcomeUnknown, `{"id":"c1","status":"ARCHIVED"}`: smm.OutcomeUnknown,
		`{"id":"c1","status":""}`: smm.OutcomeUnknown, `{"id":"c1"}`: smm.OutcomeUnknown, `[]`: smm.OutcomeUnknown, `<html>`: smm.OutcomeUnknown,
		`{"id":"c1","status":7}`: smm.OutcomeUnknown, `{"error":{"code":2}}`: smm.OutcomeUnknown,
	} {
		s := scripted{}
		d, ch, _ := stub(t, s)
		r := hello(ch)
		p := ready(t, d, r)
		s["GET /c1"] = says(200, body)
		o, err := d.Settle(t.Context(), r, p, once)
		require.Equal(t, want, o.State, "%s: %v", body, err)
	}
	s := scripted{"GET /c1": says(200, `{"id":"c1","status":"SOMETHING_NEW"}`)}
	d, ch, clock := stub(t, s)
	p, err := d.Prepare(t.Context(), hello(ch), smm.Prepared{})
	require.NoError(t, err)
	p, err = d.Prepare(t.Context(), hello(ch), p)
	require.NoError(t, err)
	require.False(t, p.Ready)
	require.True(t, p.Next.After(clock.Now().Add(-time.Second)))
	s["GET /c1"] = says(200, `{"id":"c1","status":"ERROR","error_message":"`+strings.Repeat(`\u001b[31mX`, 200)+`"}`)
	_, err = d.Prepare(t.Context(), hello(ch), p)
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Less(t, len(err.Error()), 300)
	require.NotContains(t, err.Error(), "\x1b")
}

// TestListsThatMislead: a list that goes in circles, that lies about times or that
// holds junk ends, and what was not read is not taken for absent.
func TestListsThatMislead(t *testing.T) {
	for name, body := range map[string]string{
		"a circle":         `{"data":[{"id":"9","text":"other","timestamp":"2026-11-02T09:00:00+0000"}],"paging":{"cursors":{"after":"A"}}}`,
		"no times":         `{"data":[{"id":"9","text":"other"}]}`,
		"another's text":   `{"data":[{"id":"9","text":"Hello","replied_to":{"id":"3"},"timestamp":"2026-11-02T09:00:00+0000"}]}`,
		"without its id":   `{"data":[{"text":"Hello","timestamp":"2026-11-02T09:00:00+0000"}]}`,
		"an old one":       `{"data":[{"id":"9","text":"Hello","timestamp":"2026-11-02T08:00:00+0000"}]}`,
		"an empty list":    `{"data":[]}`,
		"a repost of ours": `{"data":[{"id":"9","text":"Hello","media_type":"REPOST_FACADE","timestamp":"2026-11-02T09:00:00+0000"}]}`,
	} {
		s := scripted{"GET /1/threads": says(200, body)}
		d, ch, clock := stub(t, s)
		r := hello(ch)
		p := ready(t, d, r)
		s["GET /c1"] = says(200, `{"id":"c1","status":"PUBLISHED"}`)
		o, err := d.Settle(t.Context(), r, p, once)
		require.NoError(t, err, name)
		require.Equal(t, smm.OutcomePending, o.State, name)
		clock.Advance(time.Hour)
		o, err = d.Settle(t.Context(), r, p, once)
		require.NoError(t, err, name)
		require.Equal(t, smm.OutcomePublished, o.State, name)
		require.True(t, o.Post.IsZero(), name)

		s["GET /c1"] = says(400, `{"error":{"code":24,"error_subcode":4279009}}`)
		o, err = d.Settle(t.Context(), r, p, once)
		require.NoError(t, err, name)
		require.Equal(t, smm.OutcomeUnknown, o.State, name)
	}
	for name, body := range map[string]string{"no list": `{}`, "null": `{"data":null}`, "an object": `{"data":{}}`, "a number in it": `{"data":[1]}`} {
		d, ch, _ := stub(t, scripted{"GET /1/threads": says(200, body)})
		_, err := d.ListPosts(t.Context(), ch, smm.PageRequest{})
		require.ErrorIs(t, err, smm.ErrUnavailable, name)
	}
}

// TestOddMembers: one odd member does not cost the post, nor the list.
func TestOddMembers(t *testing.T) {
	d, ch, _ := stub(t, scripted{"GET /1/threads": says(200, `{"data":[
		{"id":5,"text":7,"timestamp":"soon","children":"x","owner":[1],"is_reply":"no","username":null,"quoted_post":"77","root_post":{"id":[1]},"hide_status":"ODD"},
		{"text":"no id"},
		{"id":"6","text":"\ud800","children":{"data":"x"},"media_type":"HOLOGRAM","poll_attachment":{"option_a":3,"total_votes":"many"},"permalink":["x"]}
	]}`)})
	page, err := d.ListPosts(t.Context(), ch, smm.PageRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	require.Equal(t, "5", page.Items[0].Ref.ID)
	require.Equal(t, "77", page.Items[0].Quote.ID)
	require.NotEmpty(t, page.Items[0].Native)
}

// TestIdsAreSegments: an id that is a path leads nowhere else.
func TestIdsAreSegments(t *testing.T) {
	hit := false
	d, ch, _ := stub(t, scripted{"DELETE /1": func(w http.ResponseWriter, r *http.Request) { hit = true; says(200, `{"success":true}`)(w, r) }})
	for _, id := range []string{"../1", "x/../../1", "..", ".", "1/../1"} {
		_ = d.DeleteItem(t.Context(), ch, ch.WithKind(smm.KindPost, id))
	}
	require.False(t, hit)
}

// TestDeleteThatDidNot: a success that is false is none.
func TestDeleteThatDidNot(t *testing.T) {
	d, ch, _ := stub(t, scripted{"DELETE /9": says(200, `{"success":false}`)})
	err := d.DeleteItem(t.Context(), ch, ch.WithKind(smm.KindPost, "9"))
	require.ErrorIs(t, err, smm.ErrRejected)
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok)
	require.Equal(t, ch, e.Channel)
}

// TestDeleteOfWhatIsNotOurs: the vendor answers the same to what is gone and to what
// is another's.
func TestDeleteOfWhatIsNotOurs(t *testing.T) {
	for body, want := range map[string]error{
		`{"id":"9","username":"bob"}`: smm.ErrForbidden, `{"id":"9","owner":{"id":"1"}}`: smm.ErrNotFound,
		`{"id":"9","is_reply_owned_by_me":true}`: smm.ErrNotFound, `{}`: smm.ErrUnavailable,
	} {
		d, ch, _ := stub(t, scripted{"GET /9": says(200, body)})
		require.ErrorIs(t, d.DeleteItem(t.Context(), ch, ch.WithKind(smm.KindComment, "9")), want, body)
	}
	d, ch, _ := stub(t, scripted{})
	require.NoError(t, d.DeleteItem(t.Context(), ch, ch.WithKind(smm.KindComment, "9")), "it is gone")
}
