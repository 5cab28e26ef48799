package threads_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, body := range answers {
		f.Add([]byte(body))
	}
	for _, s := range []string{
		`null`, `[]`, `""`, `{"id":1e999}`, `{"id":"\ud800"}`, `{"data":[{"id":1,"values":[{}]}]}`, `{"data":[{}],"paging":{"cursors":{"after":"A"}}}`,
		`{"error":{"code":190}}`, `{"id":"1","children":{"data":[{"id":"2"}]},"media_type":"CAROUSEL_ALBUM"}`,
		`{"data":[{"name":"follower_demographics","total_value":{"breakdowns":[{"dimension_keys":["age"],"results":[{"dimension_values":["18-24"],"value":3}]}]}}]}`,
	} {
		f.Add([]byte(s))
	}
}

// canned answers every request with one body.
type canned struct {
	status int
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: c.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(c.body))), Request: r,
	}, nil
}

func cannedClient(t testing.TB, status int, body []byte) *threads.Client {
	t.Helper()
	v, err := threads.NewClient(threads.ClientConfig{Token: smm.NewSecret("THAAsecrettoken"), HTTPClient: &http.Client{Transport: canned{status, body}}})
	require.NoError(t, err)
	return v
}

// FuzzAnswers feeds every decoder. An answer is an object with an id or an error,
// and no error quotes the token.
func FuzzAnswers(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		v, ctx := cannedClient(t, 200, body), t.Context()
		quotes := func(err error) {
			if err != nil {
				require.NotContains(t, err.Error(), "secrettoken")
			}
		}
		p, err := v.Posts.Get(ctx, "1")
		if quotes(err); err == nil {
			require.NotEmpty(t, p.ID)
			require.True(t, json.Valid(p.Raw))
		}
		u, err := v.Profiles.Me(ctx)
		if quotes(err); err == nil {
			require.NotEmpty(t, u.ID)
		}
		k, err := v.Containers.Get(ctx, "1")
		if quotes(err); err == nil {
			require.NotEmpty(t, k.Status)
		}
		id, err := v.Containers.Publish(ctx, "1")
		if quotes(err); err == nil {
			require.NotEmpty(t, id)
		}
		page, err := v.Posts.List(ctx, threads.ListParams{})
		if quotes(err); err == nil && page.Next != "" {
			_, err = v.Posts.List(ctx, threads.ListParams{Cursor: page.Next})
			require.NotErrorIs(t, err, smm.ErrInvalid)
		}
		in, err := v.Insights.Account(ctx, time.Time{}, time.Time{}, threads.InsightViews)
		quotes(err)
		for i := range in {
			if c := in[i].Sum(); !c.Known {
				require.Zero(t, c.Value)
			}
		}
		_, err = v.Insights.Demographics(ctx, "age")
		quotes(err)
		l, err := v.Containers.Limit(ctx)
		if quotes(err); err == nil && l.Posts.Spent() {
			require.True(t, l.Posts.Known)
		}
		_, err = v.Profiles.Lookup(ctx, "x")
		quotes(err)
		_, err = v.Locations.Search(ctx, "x")
		quotes(err)
		quotes(v.Posts.Delete(ctx, "1"))
	})
}

// FuzzWebhooks: every update is an event that can be stored, or an error.
func FuzzWebhooks(f *testing.F) {
	f.Add([]byte(sheet))
	f.Add([]byte(`{"target_id":"1","values":[{"field":"mentions","value":{"id":"9","text":"@me"}}]}`))
	f.Add([]byte(`{"values":{"field":"delete","value":{"deleted_id":4}},"target_id":7,"time":1767322800000}`))
	f.Add([]byte(`{"entry":[{"id":"1","changes":[{"field":"replies","value":{"id":"2"}}]}]}`))
	d, err := threads.New(threads.Config{Credentials: smm.NewMemoryCredentials()})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		n := 0
		for e, err := range d.DecodeWebhook(nil, body) {
			if n++; n > 20_000 {
				t.Fatal("no end")
			}
			if err != nil {
				require.ErrorIs(t, err, smm.ErrInvalid)
				continue
			}
			require.NotEmpty(t, e.ID)
			require.NoError(t, e.Channel.Check())
			require.False(t, e.At.IsZero())
			_, err := json.Marshal(e)
			require.NoError(t, err)
			if e.Message != nil {
				require.NoError(t, e.Message.Ref.Check())
			}
		}
	})
}

// FuzzPrepared: a stored state that is not ours leads to an error or a fresh
// beginning, and never to a publish of nothing.
func FuzzPrepared(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `{"post":{"id":"c1","ready":true},"kind":"post"}`, `{"items":[{"id":"x"}]}`, `{"post":{"ready":true}}`, `[`} {
		f.Add([]byte(s))
	}
	ch := smm.Ref{Platform: threads.Platform, Kind: smm.KindChannel, ID: "1"}
	d, err := threads.New(threads.Config{Credentials: smm.StaticToken(ch, "", "THAAsecrettoken"), HTTPClient: &http.Client{Transport: canned{200, []byte(`{"id":"7","data":[],"status":"FINISHED"}`)}}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, state []byte) {
		r := hello(ch)
		o, err := d.Commit(t.Context(), r, smm.Prepared{State: state}, once)
		if err == nil {
			require.Equal(t, smm.OutcomePublished, o.State)
			require.NotEmpty(t, o.Post.ID)
		} else if !json.Valid(state) {
			require.Equal(t, smm.OutcomeRefused, o.State)
		}
		p, err := d.Prepare(t.Context(), r, smm.Prepared{State: state})
		if err == nil {
			require.Equal(t, smm.ClassHandle, p.Guarantee.Class)
			require.True(t, json.Valid(p.State))
		}
	})
}
