package instagram_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// canned answers every request with one body.
type canned struct {
	status int
	body   []byte
	seen   []*http.Request
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	c.seen = append(c.seen, r)
	w := httptest.NewRecorder()
	w.WriteHeader(c.status)
	_, _ = w.Write(c.body)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// cannedPosts are the posts of a channel of which one body tells.
func cannedPosts(t testing.TB, body string) []smm.PublishedPost {
	t.Helper()
	ch := smm.Ref{Platform: instagram.Platform, Kind: smm.KindChannel, ID: "1"}
	d, err := instagram.New(instagram.Config{
		Credentials: smm.StaticToken(ch, "", secretToken), Clock: sim.NewClock(epoch, true), HTTPClient: &http.Client{Transport: &canned{status: 200, body: []byte(body)}},
	})
	require.NoError(t, err)
	page, err := d.ListPosts(t.Context(), ch, smm.PageRequest{})
	require.NoError(t, err)
	return page.Items
}

func cannedClient(t testing.TB, c *canned) *instagram.Client {
	t.Helper()
	v, err := instagram.NewClient(instagram.ClientConfig{
		Login: instagram.FacebookLogin, Account: "1", Token: smm.NewSecret(secretToken), HTTPClient: &http.Client{Transport: c},
		Clock: sim.NewClock(epoch, true),
	})
	require.NoError(t, err)
	return v
}

// replies are answers as the sheets show them.
var replies = []string{
	`{"id":"17900001"}`, `{"status_code":"FINISHED","status":"Finished: Media has been uploaded and it is ready to be published.","id":"17900001"}`,
	`{"data":[{"id":"179","caption":"Hi","media_type":"CAROUSEL_ALBUM","media_product_type":"FEED","permalink":"https://www.instagram.com/p/x/","timestamp":"2026-01-02T03:04:05+0000","like_count":3,"comments_count":1,"children":{"data":[{"id":"180"}]}}],"paging":{"cursors":{"before":"a","after":"b"},"next":"https://x.example/?access_token=t"}}`,
	`{"data":[{"id":"1801","text":"hi","username":"bob","timestamp":"2026-01-02T03:05:00+0000","hidden":false,"like_count":0,"from":{"id":"IGS1","username":"bob"},"replies":{"data":[{"id":"1802"}],"paging":{"next":"x"}}}]}`,
	`{"data":[{"name":"views","period":"day","total_value":{"value":42,"breakdowns":[{"dimension_keys":["follow_type"],"results":[{"dimension_values":["FOLLOWER"],"value":30}]}]}},{"name":"reach","period":"day","values":[{"value":9,"end_time":"2026-01-02T08:00:00+0000"}]}]}`,
	`{"data":[{"quota_usage":2,"config":{"quota_total":50,"quota_duration":86400}}]}`, `{"data":[{"user_id":"178","id":"9178","username":"shop"}]}`,
	`{"data":[{"id":"t_1","updated_time":"2026-01-02T03:04:05+0000","unread_count":1,"participants":{"data":[{"id":"P"},{"id":"1"}]},"messages":{"data":[{"id":"m_1","created_time":"2026-01-02T03:04:05+0000","from":{"id":"P"},"message":"hi"}]}}]}`,
	`{"error":{"message":"The image size is too large.","type":"OAuthException","code":36000,"error_subcode":2207004}}`,
	`null`, `[]`, `""`, `{"id":1e999}`, `{"id":"\ud800"}`, `{"data":{"data":[]}}`, `{"data":[null]}`, `{"children":[{"children":[{}]}]}`, `<html>`,
}

// FuzzReplies feeds every decoder. An answer has an id or is an error, and no error
// quotes the token.
func FuzzReplies(f *testing.F) {
	for _, s := range replies {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, ctx, all := cannedClient(t, &canned{status: 200, body: body}), t.Context(), instagram.ListParams{}
		var errs []error
		note := func(err error) { errs = append(errs, err) }
		if m, err := v.Media.Get(ctx, "1"); err == nil {
			require.NotEmpty(t, m.ID)
			require.True(t, json.Valid(m.Raw))
		} else {
			note(err)
		}
		if id, err := v.Media.Publish(ctx, "1"); err == nil {
			require.NotEmpty(t, id)
		}
		if c, err := v.Media.Container(ctx, "1"); err == nil {
			require.NotEmpty(t, c.ID)
		}
		note(errOf(v.Media.List(ctx, all)))
		note(errOf(v.Comments.List(ctx, "1", all)))
		note(errOf(v.Comments.Get(ctx, "1")))
		note(errOf(v.Messages.Threads(ctx, all)))
		note(errOf(v.Messages.List(ctx, "1", all)))
		note(errOf(v.Messages.User(ctx, "1")))
		note(errOf(v.Messages.Send(ctx, instagram.SendParams{To: "1", Text: "x"})))
		note(errOf(v.Insights.Of(ctx, "1", "views", "reach")))
		note(errOf(v.Account.Get(ctx)))
		note(errOf(v.Account.Discover(ctx, "bob")))
		note(errOf(v.Mentions.Media(ctx, "1")))
		note(errOf(v.Hashtags.Find(ctx, "x")))
		note(errOf(v.Audio.Search(ctx, instagram.AudioMusic, "x")))
		if l, err := v.Media.PublishingLimit(ctx); err == nil {
			left, known := l.Left()
			require.True(t, left >= 0 && (known || left == 0))
		}
		for _, err := range errs {
			if err != nil {
				require.NotContains(t, err.Error(), secretToken)
			}
		}
	})
}

// FuzzWebhook: whatever comes in, events have an id, a channel and a kind, and
// survive JSON.
func FuzzWebhook(f *testing.F) {
	for _, s := range []string{
		`{"object":"instagram","entry":[{"id":"IG","time":1767322800,"changes":[{"field":"comments","value":{"id":"C1","text":"hi","from":{"id":"IGSID","username":"bob"},"media":{"id":"M1","media_product_type":"FEED"},"parent_id":"C0"}}]}]}`,
		`{"object":"instagram","entry":[{"id":"IG","time":1,"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"message":{"mid":"m_1","text":"hi","is_echo":true}}]}]}`,
		`{"object":"instagram","entry":[{"id":"IG","changes":[{"field":"mentions","value":{"media_id":1}}]}]}`, `[]`, `{"entry":[null]}`,
	} {
		f.Add([]byte(s))
	}
	d, err := instagram.New(instagram.Config{Credentials: smm.NewMemoryCredentials()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for e, err := range d.DecodeWebhook(nil, body) {
			if err != nil {
				require.ErrorIs(t, err, smm.ErrInvalid)
				continue
			}
			require.NotEmpty(t, e.ID)
			require.NotEmpty(t, e.Kind)
			require.NoError(t, e.Channel.Check())
			if e.Message != nil {
				require.NoError(t, e.Message.Ref.Check())
				require.NoError(t, e.Message.Conversation.Check())
			}
			_, err := json.Marshal(e)
			require.NoError(t, err)
		}
	})
}

// FuzzEntities: spans lie within the text, in order, and begin with their sign.
func FuzzEntities(f *testing.F) {
	for _, s := range []string{"#a #b", "mail a@b.c", "@bob. @bob.x", "##x#y", "# @", "é#ü_1", "@@x", "\xff#a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\ufffd") // JSON has no other
		b, err := json.Marshal(text)
		require.NoError(t, err)
		got, end := cannedPosts(t, `{"data":[{"id":"7","caption":`+string(b)+`}]}`)[0], 0
		for _, e := range got.Entities {
			span := string(got.Text)[e.Start:e.End]
			require.GreaterOrEqual(t, e.Start, end)
			require.Greater(t, len(span), 1)
			require.True(t, strings.HasPrefix(span, "#") || strings.HasPrefix(span, "@"))
			end = e.End
		}
	})
}

func TestEntities(t *testing.T) {
	for text, want := range map[string][]string{
		"#a #b": {"#a", "#b"}, "mail a@b.c": nil, "@bob. @bob.x!": {"@bob", "@bob.x"}, "##x #y#z": {"#x", "#y"}, "# @ @.": nil, "(#ü_1)": {"#ü_1"},
	} {
		var got []string
		for _, e := range cannedPosts(t, `{"data":[{"id":"7","caption":"`+text+`"}]}`)[0].Entities {
			got = append(got, text[e.Start:e.End])
		}
		require.Equal(t, want, got, text)
	}
}

// The token goes into the header and nowhere else.
func TestSecretsStayInTheHeader(t *testing.T) {
	c := &canned{status: 200, body: []byte(`{"id":"5","data":[]}`)}
	v, ctx := cannedClient(t, c), t.Context()
	_, _ = v.Media.Create(ctx, instagram.ContainerParams{ImageURL: "https://x.example/a.jpg"})
	_, _ = v.Media.Publish(ctx, "5")
	_, _ = v.Media.List(ctx, instagram.ListParams{})
	_, _ = v.Messages.Send(ctx, instagram.SendParams{To: "1", Text: "x"})
	require.Len(t, c.seen, 4)
	for _, r := range c.seen {
		require.Equal(t, "Bearer "+secretToken, r.Header.Get("Authorization"))
		require.NotContains(t, r.URL.String(), secretToken)
		require.Equal(t, "graph.facebook.com", r.URL.Host)
	}
	own, err := instagram.NewClient(instagram.ClientConfig{Token: smm.NewSecret("IGAA1"), HTTPClient: &http.Client{Transport: c}})
	require.NoError(t, err)
	_, _ = own.Account.Get(ctx)
	last := c.seen[len(c.seen)-1]
	require.Equal(t, "graph.instagram.com", last.URL.Host)
	require.Contains(t, last.URL.Path, "/me")
}
