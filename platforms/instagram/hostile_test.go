package instagram_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// scripted answers by "METHOD path" after the version; what is not scripted is an
// unknown object.
type scripted map[string]http.HandlerFunc

func (s scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	if h, ok := s[r.Method+" "+path]; ok {
		h(w, r)
		return
	}
	says(400, `{"error":{"message":"Unsupported request","code":100,"error_subcode":33}}`)(w, r)
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const secretToken = "EAAsecrettoken0123456789"

// stub is a driver against a scripted server. Its clock moves by itself.
func stub(t testing.TB, s scripted) (*instagram.Driver, smm.Ref, *sim.Clock) {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	if s["GET 1"] == nil {
		s["GET 1"] = says(200, `{"id":"1","username":"shop"}`)
	}
	clock := sim.NewClock(epoch, true)
	ch := smm.Ref{Platform: instagram.Platform, Kind: smm.KindChannel, ID: "1"}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	d, err := instagram.New(instagram.Config{
		Credentials: smm.StaticToken(ch, "", secretToken), Clock: clock, HTTPClient: client,
		BaseURL: srv.URL,
	})
	require.NoError(t, err)
	return d, ch, clock
}

// ready is a post whose container 9 can be published.
func ready(ch smm.Ref) (*smm.PublishRequest, smm.Prepared) {
	r := &smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreatePost, Post: *picture("Hello"), Created: epoch}
	state := fmt.Sprintf(`{"kind":"post","text":"Hello","items":[{"id":"9","ready":true}],"since":%q}`, epoch.Format(time.RFC3339))
	return r, smm.Prepared{Ready: true, State: json.RawMessage(state), Guarantee: smm.Guarantee{Class: smm.ClassHandle, RequestLife: time.Minute, ReadLag: time.Minute}}
}

func attempt(doubt bool) smm.Attempt {
	return smm.Attempt{N: 1, Doubt: doubt, First: epoch, Intent: epoch, Deadline: epoch.Add(time.Minute)}
}

// TestHostileAnswersToACommit: nothing but a readable id proves that the post is
// public, and nothing but a dead token or a throttle that it is not: all else is
// left to a look at the container, which is what pending and unknown mean.
func TestHostileAnswersToACommit(t *testing.T) {
	unknown, published, refused, look := smm.OutcomeUnknown, smm.OutcomePublished, smm.OutcomeRefused, smm.OutcomePending
	graphError := func(code, sub int) string {
		return fmt.Sprintf(`{"error":{"message":"x %s x","code":%d,"error_subcode":%d}}`, secretToken, code, sub)
	}
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   smm.OutcomeState
		id     string
	}{
		{"plain", 200, `{"id":"5"}`, published, "5"},
		{"number as id", 200, `{"id":18000000000000000001}`, published, "18000000000000000001"},
		{"more than was asked", 200, `{"id":"5","x":{"y":[1]},"uri":7}`, unknown, ""},
		{"duplicate keys", 200, `{"id":"4","id":"5"}`, unknown, ""},
		{"a page", 200, "<!doctype html><title>One moment</title>", unknown, ""},
		{"empty", 200, "", unknown, ""},
		{"cut", 200, `{"id":"5`, unknown, ""},
		{"no id", 200, `{"success":true}`, unknown, ""},
		{"empty id", 200, `{"id":""}`, unknown, ""},
		{"null", 200, `null`, unknown, ""},
		{"a list", 200, `[{"id":"5"}]`, unknown, ""},
		{"an error with 200", 200, graphError(100, 0), look, ""},
		{"an error without a code", 200, `{"error":{}}`, unknown, ""},
		{"10 MB", 200, `{"id":"5","x":"` + strings.Repeat("x", 10<<20) + `"}`, unknown, ""},
		{"deep", 200, strings.Repeat(`{"x":`, 5000) + "1" + strings.Repeat("}", 5000), unknown, ""},
		{"two values", 200, `{"id":"5"}{"id":"6"}`, unknown, ""},
		{"redirect", 302, "", unknown, ""},
		{"server error", 500, graphError(2, 0), unknown, ""},
		{"permission with 500", 500, graphError(10, 0), unknown, ""},
		{"gateway", 504, "<html>", unknown, ""},
		{"request time-out", 408, "", unknown, ""},
		{"bare 400", 400, "", look, ""},
		{"bare 404", 404, "", look, ""},
		{"unknown code", 400, graphError(31337, 0), look, ""},
		{"spam", 400, graphError(4, 2207051), unknown, ""},
		{"not ready", 400, graphError(9007, 2207027), unknown, ""},
		{"permission", 403, graphError(200, 0), look, ""},
		{"token", 401, graphError(190, 463), refused, ""},
		{"throttle", 403, graphError(4, 0), refused, ""},
		{"quota", 400, graphError(9, 2207042), refused, ""},
		{"a page with 403", 403, "<html>", unknown, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, ch, _ := stub(t, scripted{"POST 1/media_publish": says(tc.status, tc.body)})
			r, p := ready(ch)
			o, err := d.Commit(t.Context(), r, p, attempt(false))
			require.Equal(t, tc.want, o.State)
			require.Equal(t, tc.id, o.Post.ID)
			if tc.want != published {
				require.Error(t, err)
				require.NotContains(t, err.Error(), secretToken)
				require.Less(t, len(err.Error()), 1000)
			}
		})
	}
}

// TestHostileContainers: what a container says decides, and what it cannot say
// leaves the matter open.
func TestHostileContainers(t *testing.T) {
	const found = `{"data":[{"id":"5","caption":"Hello","media_type":"IMAGE","media_product_type":"FEED","timestamp":"2026-11-02T09:00:10+0000","permalink":"https://www.instagram.com/p/x/"}]}`
	for _, tc := range []struct {
		name, container, list string
		doubt                 bool
		want                  smm.OutcomeState
		id                    string
		fails                 bool
	}{
		{"published", `{"id":"9","status_code":"PUBLISHED"}`, found, true, smm.OutcomePublished, "5", false},
		{"published, not listed", `{"id":"9","status_code":"PUBLISHED"}`, `{"data":[]}`, true, smm.OutcomePending, "", false},
		{"published, no list", `{"id":"9","status_code":"PUBLISHED"}`, `<html>`, true, smm.OutcomePending, "", true},
		{"finished in doubt", `{"id":"9","status_code":"FINISHED"}`, found, true, smm.OutcomeRepeatable, "", false},
		{"finished after a no", `{"id":"9","status_code":"FINISHED"}`, found, false, smm.OutcomeRefused, "", false},
		{"expired", `{"id":"9","status_code":"EXPIRED"}`, found, true, smm.OutcomeAbsent, "", false},
		{"failed", `{"id":"9","status_code":"ERROR"}`, found, true, smm.OutcomeAbsent, "", false},
		{"a new state", `{"id":"9","status_code":"PONDERING"}`, found, true, smm.OutcomePending, "", false},
		{"no state", `{"id":"9"}`, found, true, smm.OutcomePending, "", false},
		{"a number for a state", `{"id":"9","status_code":1}`, found, true, smm.OutcomeUnknown, "", true},
		{"a page", `<html>`, found, true, smm.OutcomeUnknown, "", true},
		{"null", `null`, found, true, smm.OutcomeUnknown, "", true},
		{"an error with 200", `{"error":{"code":1,"message":"x"}}`, found, true, smm.OutcomeUnknown, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, ch, _ := stub(t, scripted{"GET 9": says(200, tc.container), "GET 1/media": says(200, tc.list)})
			r, p := ready(ch)
			o, err := d.Settle(t.Context(), r, p, attempt(tc.doubt))
			require.Equal(t, tc.want, o.State)
			require.Equal(t, tc.id, o.Post.ID)
			require.Equal(t, tc.fails, err != nil, "%v", err)
		})
	}
	t.Run("forgotten, yet listed", func(t *testing.T) {
		d, ch, _ := stub(t, scripted{"GET 1/media": says(200, found)})
		r, p := ready(ch)
		o, err := d.Settle(t.Context(), r, p, attempt(true))
		require.NoError(t, err)
		require.Equal(t, "5", o.Post.ID)
		require.Equal(t, smm.EvidenceReadBack, o.Evidence)
	})
	t.Run("a state that is none of ours", func(t *testing.T) {
		d, ch, _ := stub(t, scripted{})
		r, _ := ready(ch)
		for _, state := range []string{``, `{`, `[]`, `{"kind":"post"}`} {
			o, err := d.Commit(t.Context(), r, smm.Prepared{State: json.RawMessage(state)}, attempt(false))
			require.ErrorIs(t, err, smm.ErrInvalid)
			require.Equal(t, smm.OutcomeRefused, o.State)
			_, err = d.Settle(t.Context(), r, smm.Prepared{State: json.RawMessage(state)}, attempt(true))
			require.ErrorIs(t, err, smm.ErrInvalid)
		}
	})
}

// TestHostilePosts: an item that cannot be believed does not cost the list.
func TestHostilePosts(t *testing.T) {
	for name, tc := range map[string]struct {
		item string
		want int
	}{
		"no id":           {`{"caption":"x"}`, 1},
		"null":            {`null`, 1},
		"bad date":        {`{"id":"7","timestamp":"292277026597-01-01"}`, 2},
		"no date":         {`{"id":"7"}`, 2},
		"negative counts": {`{"id":"7","like_count":-1,"comments_count":1e400}`, 2},
		"odd children":    {`{"id":"7","media_type":"CAROUSEL_ALBUM","children":"none"}`, 2},
		"null children":   {`{"id":"7","children":{"data":[null]}}`, 2},
		"surrogates":      {`{"id":"7","caption":"\ud800 #\udc00"}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d, ch, _ := stub(t, scripted{"GET 1/media": says(200, `{"data":[`+tc.item+`,{"id":"8","timestamp":"2026-11-02T09:00:10+0000"}]}`)})
			page, err := d.ListPosts(t.Context(), ch, smm.PageRequest{})
			require.NoError(t, err)
			require.Len(t, page.Items, tc.want)
			for _, p := range page.Items {
				for _, m := range p.Metrics {
					require.False(t, m.State.Known())
				}
				_, err := json.Marshal(p)
				require.NoError(t, err)
			}
		})
	}
}

// A list that leads in a circle ends, and what it shows is not believed to be all.
func TestCirclesEnd(t *testing.T) {
	for _, text := range []string{"other", "Hello"} {
		circles(t, text)
	}
}

func circles(t *testing.T, text string) {
	t.Helper()
	circle := says(200, `{"data":[{"id":"7","username":"shop","text":"`+text+`","timestamp":"2026-11-02T09:10:00+0000"}],"paging":{"cursors":{"after":"x"},"next":"https://evil.example/?access_token=y&after=x"}}`)
	d, ch, _ := stub(t, scripted{"GET 3/comments": circle, "GET 1/media": circle})
	r := &smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreateReply, Post: smm.Post{Text: "Hello", ReplyTo: ch.WithKind(smm.KindPost, "3")}, Created: epoch}
	r.Restored = epoch // what is there may be the item itself
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	o, err := d.Settle(t.Context(), r, p, attempt(true))
	require.NoError(t, err)
	require.Equal(t, smm.OutcomeUnknown, o.State, "the end of the list was not seen")
	c, err := smm.New([]smm.Driver{d})
	require.NoError(t, err)
	_, err = c.Channel(ch).Posts(nil).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

// Nobody is answered who cannot be told from others.
func TestStrangeConversations(t *testing.T) {
	d, ch, _ := stub(t, scripted{"GET me/conversations": says(200, `{"data":[
		{"id":"t1","participants":{"data":[{"id":"1"},{"id":"P"},{"id":"Q"}]}},
		{"id":"t2","participants":{"data":[{"id":"1"}]}}, {"id":"t3"},
		{"participants":{"data":[{"id":"1"},{"id":"P"}]}},
		{"id":"t4","participants":{"data":[{"id":"77","username":"SHOP"},{"id":"P","username":"bob"}]},"messages":{"data":[null,{"from":null}]}}
	]}`)})
	page, err := d.ListConversations(t.Context(), ch, smm.PageRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Equal(t, "P", page.Items[0].Ref.ID)
	require.Equal(t, instagram.ReasonUnknown, page.Items[0].Window.Reason)
}

// The address of an upload comes from an answer, and the token goes with the file.
func TestUploadsStayAtHome(t *testing.T) {
	stolen := false
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen = true }))
	defer thief.Close()
	d, ch, _ := stub(t, scripted{
		"GET 1/content_publishing_limit": says(200, `{"data":[]}`),
		"GET 9":                          says(200, `{"id":"9","video_status":{"uploading_phase":{"bytes_transferred":0}}}`),
		"POST 1/media":                   says(200, `{"id":"9","uri":"`+thief.URL+`/ig-api-upload/9"}`),
	})
	r := (&smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreatePost, Post: smm.Post{Text: "x", Media: []smm.Media{{Name: "clip.mp4"}}}, Created: epoch}).WithMedia(smm.FSMedia(assets))
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	p, err = d.Prepare(t.Context(), r, p)
	require.NoError(t, err)
	_, err = d.Prepare(t.Context(), r, p)
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.False(t, stolen)
}
