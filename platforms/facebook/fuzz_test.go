package facebook_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// canned answers every request with one body.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func cannedDriver(t testing.TB, c canned) (*facebook.Driver, *facebook.Client) {
	t.Helper()
	store := smm.NewMemoryCredentials()
	_, err := store.Swap(t.Context(), "", hostilePage, 0, smm.Credential{AccessToken: smm.NewSecret(hostileToken)})
	require.NoError(t, err)
	d, err := facebook.New(facebook.Config{Credentials: store, Clock: sim.NewClock(epoch, true), HTTPClient: &http.Client{Transport: c}})
	require.NoError(t, err)
	v, err := facebook.NewClient(facebook.ClientConfig{Page: "10", Token: smm.NewSecret(hostileToken), HTTPClient: &http.Client{Transport: c}, Clock: sim.NewClock(epoch, true)})
	require.NoError(t, err)
	return d, v
}

func seedReplies(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		`null`, `[]`, `""`, `{}`, `{"id":1e999}`, `{"id":"\ud800"}`, `{"error":{"code":100,"message":"(#100)"}}`, `{"success":true}`,
		`{"data":[{"id":"10_20","message":"Hi","created_time":"2026-01-02T03:04:05+0000","shares":{"count":2},"comments":{"data":[],"summary":{"total_count":3}},"reactions":{"data":[],"summary":{"total_count":9}}}],"paging":{"cursors":{"before":"QQ","after":"Qg"},"next":"https://e.x/?after=Qg"}}`,
		`{"data":[{"id":"99_1","message":"buy","from":{"id":"777","name":"S"},"is_hidden":false,"parent":{"id":"98"},"attachment":{"type":"photo","media":{"image":{"src":"x"}}}}]}`,
		`{"status":{"video_status":"processing","uploading_phase":{"status":"complete","bytes_transferred":1},"processing_phase":{"status":"in_progress","errors":[{"code":1,"message":""}]}},"id":"1"}`,
		`{"data":[{"name":"page_media_view","period":"day","values":[{"value":120,"end_time":"2026-01-02T08:00:00+0000"},{"value":{"paid":1}}]}]}`,
		`{"data":[{"id":"t_1","updated_time":"2026-01-02T03:04:05+0000","unread_count":1,"participants":{"data":[{"id":"P"}]},"messages":{"data":[{"id":"m_1","from":{"id":"P"},"message":"hi"}]}}]}`,
		`{"data":[{"recommendation_type":"positive","review_text":"x","reviewer":{"id":"1"},"open_graph_story":{"id":"2"}}]}`,
		`{"video_id":"6","upload_session_id":"7","start_offset":"0","end_offset":"5","upload_url":"https://rupload.facebook.com/x"}`,
	} {
		f.Add(s)
	}
}

// FuzzReplies feeds every decoder. Nothing is known that the answer does not say,
// and no error quotes the token.
func FuzzReplies(f *testing.F) {
	seedReplies(f)
	f.Fuzz(func(t *testing.T, body string) {
		d, v := cannedDriver(t, canned{200, body})
		ctx := t.Context()
		check := func(err error) {
			if err != nil {
				require.NotContains(t, err.Error(), hostileToken)
				require.Less(t, len(err.Error()), 1000)
			}
		}
		made, o, err := v.Posts.Create(ctx, facebook.PostParams{Message: "x"})
		check(err)
		if err == nil {
			require.True(t, made.ID != "" || made.PostID != "")
		} else {
			require.NotEqual(t, smm.OutcomePublished, o.State)
		}
		post := hostilePage.WithKind(smm.KindPost, "10_1")
		p, err := d.GetPost(ctx, hostilePage, post)
		check(err)
		for _, m := range p.Metrics {
			require.True(t, m.State.Known() || m.Value == 0)
			require.GreaterOrEqual(t, m.Value, int64(0))
		}
		_, err = d.GetPost(ctx, hostilePage, hostilePage.WithKind(smm.KindPost, "6"))
		check(err)
		for _, cursor := range []string{"", "x"} {
			r := smm.PageRequest{Cursor: cursor}
			posts, err := d.ListPosts(ctx, hostilePage, r)
			check(err)
			for _, p := range posts.Items {
				require.NotEmpty(t, p.Ref.ID)
			}
			_, err = d.ListMentions(ctx, hostilePage, r)
			check(err)
		}
		_, err = d.ListComments(ctx, hostilePage, post, smm.PageRequest{})
		check(err)
		_, err = d.ListConversations(ctx, hostilePage, smm.PageRequest{})
		check(err)
		_, err = d.ListMessages(ctx, hostilePage, hostilePage.WithKind(smm.KindConversation, "t_1"), smm.PageRequest{})
		check(err)
		_, err = d.ListMessages(ctx, hostilePage, hostilePage.WithKind(smm.KindConversation, "9"), smm.PageRequest{})
		check(err)
		_, err = d.ListReviews(ctx, hostilePage, smm.PageRequest{})
		check(err)
		ms, err := d.ReadMetrics(ctx, hostilePage, smm.MetricRequest{Subjects: []smm.Ref{post, hostilePage}})
		check(err)
		for _, m := range ms {
			require.True(t, m.State.Known() || m.Value == 0)
		}
		_, err = d.ReadProfile(ctx, hostilePage, hostilePage)
		check(err)
	})
}

// FuzzSettle: whatever the platform lists, an item is only said to be found if it
// has an id.
func FuzzSettle(f *testing.F) {
	seedReplies(f)
	f.Add(`{"data":[{"id":"1_2","message":"hi","from":{"id":"10"},"created_time":"2026-11-23T09:00:30+0000"}]}`)
	f.Add(`{"data":[{"id":"","message":"hi","from":{"id":"10"}}]}`)
	f.Add(`{"id":"6","published":true,"status":{"video_status":"ready"}}`)
	f.Add(`{"id":"10_5","is_published":true}`)
	f.Fuzz(func(t *testing.T, body string) {
		d, _ := cannedDriver(t, canned{200, body})
		for route, rest := range map[string]string{
			"draft": `,"post_id":"10_5"`, "feed": `,"post":{"message":"hi"}`, "comment": `,"target":"1","text":"hi"`, "reel": `,"session":{"video_id":"6"}`,
			"video": `,"session":{"video_id":"6"}`, "photo-story": `,"photos":["5"]`, "message": `,"target":"9","text":"hi","thread":"t_1"`,
		} {
			o, err := d.Settle(t.Context(), request(smm.CreatePost), prepared(route, rest), smm.Attempt{N: 1, Doubt: true, First: epoch})
			if err != nil {
				require.NotContains(t, err.Error(), hostileToken)
			}
			if o.State == smm.OutcomePublished {
				require.NotEmpty(t, o.Post.ID, route)
			}
		}
	})
}

// FuzzWebhook: an event has an ID and a channel, and no Ref that is a path.
func FuzzWebhook(f *testing.F) {
	seedReplies(f)
	f.Add(`{"object":"page","entry":[{"id":"10","time":1,"changes":[{"field":"feed","value":{"item":"comment","verb":"add","comment_id":"1_2","post_id":"10_1","from":{"id":"9"},"message":"x"}}]}]}`)
	f.Add(`{"object":"page","entry":[{"id":"10","time":1,"messaging":[{"sender":{"id":"9"},"timestamp":1,"message":{"mid":"m_1","text":"x"}}]}]}`)
	f.Add(`{"object":"page","entry":[{"id":"10","time":1,"messaging":[{"sender":{"id":9},"delivery":{"mids":null}},{"postback":{}},{"reaction":{"mid":1}}]}]}`)
	d, err := facebook.New(facebook.Config{Credentials: smm.NewMemoryCredentials()})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body string) {
		for e, err := range d.DecodeWebhook(nil, []byte(body)) {
			if err != nil {
				continue
			}
			require.NotEmpty(t, e.ID)
			require.NoError(t, e.Channel.Check())
			require.NotContains(t, e.Channel.ID+e.Subject.ID+e.Actor.Ref.ID, "/")
			if e.Kind == smm.EventMessageReceived {
				require.NotNil(t, e.Message)
			}
		}
	})
}
