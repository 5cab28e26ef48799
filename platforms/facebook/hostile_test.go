package facebook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const hostileToken = "EAAhostiletokenofthetest"

// scripted answers by "METHOD /path" without the version; what is not scripted is
// not there.
type scripted struct {
	t     testing.TB
	says  map[string]string // a body, with a status in front if it is not 200: "400 {...}"
	asked []string

	before func() // what happens before each answer
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	require.NotContains(s.t, r.URL.String(), hostileToken, "a token in an address")
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	name := r.Method + " /" + path
	s.asked = append(s.asked, r.URL.Host+" "+name)
	if s.before != nil {
		s.before()
	}
	body, ok := s.says[name]
	status := http.StatusOK
	if !ok {
		status, body = 400, `{"error":{"message":"no","type":"GraphMethodException","code":100,"error_subcode":33}}`
	} else if _, err := fmt.Sscanf(body, "%d ", &status); err == nil && len(body) > 4 && body[3] == ' ' {
		body = body[4:]
	} else {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

var hostilePage = smm.Ref{Platform: "facebook", Kind: smm.KindChannel, ID: "10"}

func stub(t testing.TB, says map[string]string) (*facebook.Driver, *scripted) {
	t.Helper()
	s := &scripted{t: t, says: says}
	store := smm.NewMemoryCredentials()
	_, err := store.Swap(t.Context(), "", hostilePage, 0, smm.Credential{AccessToken: smm.NewSecret(hostileToken)})
	require.NoError(t, err)
	d, err := facebook.New(facebook.Config{Credentials: store, Clock: sim.NewClock(epoch, true), HTTPClient: &http.Client{Transport: s}})
	require.NoError(t, err)
	return d, s
}

func prepared(route, rest string) smm.Prepared {
	return smm.Prepared{Ready: true, State: json.RawMessage(`{"route":"` + route + `"` + rest + `}`)}
}

func request(kind smm.CreateKind) *smm.PublishRequest {
	return &smm.PublishRequest{ID: "d1", Channel: hostilePage, Kind: kind, Post: smm.Post{Text: "hi"}, Created: epoch}
}

// TestCommitAnswers: what is not known is never called published, absent or
// refused, whichever way the platform lies.
func TestCommitAnswers(t *testing.T) {
	graph := func(code, sub int) string {
		return fmt.Sprintf(`{"error":{"message":"m","type":"OAuthException","code":%d,"error_subcode":%d}}`, code, sub)
	}
	for name, c := range map[string]struct {
		body  string
		state smm.OutcomeState
		retry bool
	}{
		"no id":           {`{}`, smm.OutcomeUnknown, false},
		"null":            {`null`, smm.OutcomeUnknown, false},
		"a list":          {`[]`, smm.OutcomeUnknown, false},
		"html":            {`<html>login</html>`, smm.OutcomeUnknown, false},
		"empty":           {``, smm.OutcomeUnknown, false},
		"broken":          {`{"id":"10_1`, smm.OutcomeUnknown, false},
		"transient":       {"400 " + graph(2, 0), smm.OutcomeUnknown, false},
		"5xx":             {"500 " + graph(368, 0), smm.OutcomeUnknown, false},
		"duplicate":       {"400 " + graph(506, 0), smm.OutcomeUnknown, false},
		"photos again":    {"400 " + graph(100, 1366051), smm.OutcomeUnknown, false},
		"sent after all":  {"400 " + graph(1, 1357046), smm.OutcomeUnknown, false},
		"blocked":         {"400 " + graph(368, 0), smm.OutcomeRefused, false},
		"token":           {"400 " + graph(190, 463), smm.OutcomeRefused, false},
		"facebook link":   {"400 " + graph(100, 1609008), smm.OutcomeRefused, false},
		"too fast":        {"400 " + graph(100, 1390008), smm.OutcomeRefused, true},
		"page throttle":   {"400 " + graph(80001, 0), smm.OutcomeRefused, true},
		"error in a 200":  {graph(368, 0), smm.OutcomeRefused, false},
		"200 and unknown": {graph(1, 0), smm.OutcomeUnknown, false},
		"created":         {`{"id":"10_1"}`, smm.OutcomePublished, false},
		"a number":        {`{"id":9007199254740993}`, smm.OutcomePublished, false},
	} {
		d, _ := stub(t, map[string]string{"POST /10/feed": c.body})
		o, err := d.Commit(t.Context(), request(smm.CreatePost), prepared("feed", `,"post":{"message":"hi"}`), smm.Attempt{N: 1, First: epoch})
		require.Equal(t, c.state, o.State, "%s: %v", name, err)
		require.Equal(t, c.retry, o.Retry, name)
		if c.state == smm.OutcomePublished {
			require.NoError(t, err, name)
			continue
		}
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), hostileToken)
		var e *smm.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, hostilePage, e.Channel, name)
	}
}

// TestFlipAnswers: only an answer that says so is one.
func TestFlipAnswers(t *testing.T) {
	for body, state := range map[string]smm.OutcomeState{
		`{"success":true}`: smm.OutcomePublished, `{"success":false}`: smm.OutcomeUnknown, `{}`: smm.OutcomeUnknown,
		`{"success":"yes"}`: smm.OutcomeUnknown, `true`: smm.OutcomeUnknown, `{"id":"10_5"}`: smm.OutcomeUnknown,
	} {
		d, _ := stub(t, map[string]string{"POST /10_5": body})
		o, err := d.Commit(t.Context(), request(smm.CreatePost), prepared("draft", `,"post_id":"10_5"`), smm.Attempt{N: 1, First: epoch})
		require.Equal(t, state, o.State, "%s: %v", body, err)
		require.Equal(t, state != smm.OutcomePublished, err != nil, body)
	}
}

// TestSettleAnswers of drafts and videos.
func TestSettleAnswers(t *testing.T) {
	for body, state := range map[string]smm.OutcomeState{
		`{"id":"10_5","is_published":true}`:  smm.OutcomePublished,
		`{"id":"10_5","is_published":false}`: smm.OutcomeRepeatable,
		`{"id":"10_5"}`:                      smm.OutcomeUnknown,
		`{"id":"10_5","is_published":null}`:  smm.OutcomeUnknown,
		"400 " + `{"error":{"code":100,"error_subcode":33,"type":"GraphMethodException","message":"gone"}}`: smm.OutcomeUnknown,
	} {
		d, _ := stub(t, map[string]string{"GET /10_5": body})
		o, err := d.Settle(t.Context(), request(smm.CreatePost), prepared("draft", `,"post_id":"10_5"`), smm.Attempt{N: 1, Doubt: true, First: epoch})
		require.NoError(t, err, body)
		require.Equal(t, state, o.State, body)
	}
	// A time that was accepted and is gone was taken back by somebody; one whose
	// reply was lost may be set again.
	for doubt, state := range map[bool]smm.OutcomeState{true: smm.OutcomeRepeatable, false: smm.OutcomeRefused} {
		d, _ := stub(t, map[string]string{"GET /10_5": `{"id":"10_5","is_published":false}`})
		o, err := d.Settle(t.Context(), request(smm.CreatePost), prepared("draft", `,"post_id":"10_5","at":"2026-11-23T12:00:00Z"`), smm.Attempt{N: 1, Doubt: doubt, First: epoch})
		require.Equal(t, state, o.State)
		require.Equal(t, !doubt, err != nil)
	}
	status := func(s string) string { return `{"id":"6","status":` + s + `}` }
	for body, state := range map[string]smm.OutcomeState{
		status(`{"video_status":"upload_complete"}`): smm.OutcomeRepeatable,
		status(`{"video_status":"processing"}`):      smm.OutcomePending,
		status(`{"video_status":"ready"}`):           smm.OutcomeRepeatable,
		status(`{}`):                                 smm.OutcomeUnknown,
		status(`{"video_status":"ready","publishing_phase":{"status":"complete","publish_status":"published"}}`):       smm.OutcomePublished,
		status(`{"video_status":"ready","publishing_phase":{"status":"complete","publish_status":"draft"}}`):           smm.OutcomePending,
		status(`{"video_status":"ready","publishing_phase":{"status":"not_started","publish_status":"scheduled"}}`):    smm.OutcomePending,
		status(`{"video_status":"error","processing_phase":{"status":"error","errors":[{"code":1,"message":"bad"}]}}`): smm.OutcomeRefused,
		`{"id":"6","published":true,"status":{"video_status":"ready"}}`:                                                smm.OutcomePublished,
	} {
		d, _ := stub(t, map[string]string{"GET /6": body})
		o, err := d.Settle(t.Context(), request(smm.CreatePost), prepared("reel", `,"session":{"video_id":"6"}`), smm.Attempt{N: 1, Doubt: true, First: epoch})
		require.Equal(t, state, o.State, "%s: %v", body, err)
		require.Equal(t, state == smm.OutcomeRefused, err != nil, body)
	}
	d, _ := stub(t, nil)
	_, err := d.Settle(t.Context(), request(smm.CreatePost), smm.Prepared{State: json.RawMessage(`{"route":"nowhere"}`)}, smm.Attempt{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = d.Settle(t.Context(), request(smm.CreatePost), smm.Prepared{State: json.RawMessage(`[`)}, smm.Attempt{})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestAListInACircle ends, and leaves open what was not seen.
func TestAListInACircle(t *testing.T) {
	page := `{"data":[{"id":"10_1","message":"other","created_time":"2026-11-23T09:00:30+0000"}],"paging":{"cursors":{"after":"X"},"next":"https://evil.example/?access_token=` + hostileToken + `"}}`
	d, s := stub(t, map[string]string{"GET /10/published_posts": page, "GET /10/video_reels": `{"data":[]}`})
	o, err := d.Settle(t.Context(), request(smm.CreatePost), prepared("feed", `,"post":{"message":"hi"}`), smm.Attempt{N: 1, Doubt: true, First: epoch})
	require.NoError(t, err)
	require.Equal(t, smm.OutcomeUnknown, o.State)
	require.Less(t, len(s.asked), 25)
	for _, a := range s.asked {
		require.True(t, strings.HasPrefix(a, "graph.facebook.com "), "the address of a next page is never asked: %s", a)
	}
	c, err := smm.New([]smm.Driver{d})
	require.NoError(t, err)
	_, err = c.Channel(hostilePage).Posts(nil).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

// TestSettleIsUnsure where something could be it.
func TestSettleIsUnsure(t *testing.T) {
	at := epoch.Add(time.Minute).Format("2006-01-02T15:04:05-0700")
	list := func(items string) string { return `{"data":[` + items + `]}` }
	for name, c := range map[string]struct {
		items string
		state smm.OutcomeState
	}{
		"nothing":           {``, smm.OutcomeAbsent},
		"ours":              {`{"id":"1_2","message":"hi","from":{"id":"10"},"created_time":"` + at + `"}`, smm.OutcomePublished},
		"a stranger's":      {`{"id":"1_2","message":"hi","from":{"id":"9"},"created_time":"` + at + `"}`, smm.OutcomeAbsent},
		"nobody says":       {`{"id":"1_2","message":"hi","created_time":"` + at + `"}`, smm.OutcomeUnknown},
		"two":               {`{"id":"1_2","message":"hi","from":{"id":"10"},"created_time":"` + at + `"},{"id":"1_3","message":"hi","from":{"id":"10"},"created_time":"` + at + `"}`, smm.OutcomeUnknown},
		"another text":      {`{"id":"1_2","message":"ho","from":{"id":"10"},"created_time":"` + at + `"}`, smm.OutcomeAbsent},
		"before":            {`{"id":"1_2","message":"hi","from":{"id":"10"},"created_time":"2026-11-23T08:49:59+0000"}`, smm.OutcomeAbsent},
		"the baseline":      {`{"id":"1_1","message":"hi","from":{"id":"10"},"created_time":"` + at + `"}`, smm.OutcomeAbsent},
		"without a time":    {`{"id":"1_2","message":"hi","from":{"id":"10"},"created_time":"never"}`, smm.OutcomePublished},
		"odd white space":   {`{"id":"1_2","message":" hi\n","from":{"id":"10"},"created_time":"` + at + `"}`, smm.OutcomePublished},
		"year 292277026596": {`{"id":"1_2","message":"hi","from":{"id":"10"},"created_time":"292277026596-12-04T15:30:07+0000"}`, smm.OutcomePublished},
	} {
		d, _ := stub(t, map[string]string{"GET /1/comments": list(c.items)})
		o, err := d.Settle(t.Context(), request(smm.CreateReply), prepared("comment", `,"target":"1","text":"hi","baseline":"1_1"`), smm.Attempt{N: 1, Doubt: true, First: epoch})
		require.NoError(t, err, name)
		require.Equal(t, c.state, o.State, name)
	}
}

// TestAForeignUploadAddress gets neither the file nor the token.
func TestAForeignUploadAddress(t *testing.T) {
	d, s := stub(t, map[string]string{"POST /10/video_reels": `{"video_id":"6","upload_url":"https://evil.example/video-upload/v25.0/6"}`, "GET /6": `{"id":"6","status":{}}`})
	r := request(smm.CreatePost)
	r.Post.Media = []smm.Media{{Name: "tall.mp4"}}
	require.NoError(t, facebook.PostOptions{Format: facebook.FormatReel}.Set(&r.Post))
	r = r.WithMedia(smm.FSMedia(assets))
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	p, err = d.Prepare(t.Context(), r, p)
	require.NoError(t, err)
	_, err = d.Prepare(t.Context(), r, p)
	require.ErrorIs(t, err, smm.ErrForbidden)
	for _, a := range s.asked {
		require.NotContains(t, a, "evil.example")
	}
}

// TestOddOffsets of an upload in chunks do not make it read outside the file.
func TestOddOffsets(t *testing.T) {
	for _, offsets := range []string{
		`"start_offset":"-1","end_offset":"5"`, `"start_offset":"5","end_offset":"1"`, `"start_offset":"0","end_offset":"99999999999"`,
		`"start_offset":"x","end_offset":"y"`, `"start_offset":"0"`,
	} {
		d, _ := stub(t, map[string]string{"POST /10/videos": `{"video_id":"6","upload_session_id":"7",` + offsets + `}`})
		r := request(smm.CreatePost)
		r.Post.Media = []smm.Media{{Name: "clip.mp4"}}
		r = r.WithMedia(smm.FSMedia(assets))
		p, err := d.Prepare(t.Context(), r, smm.Prepared{})
		require.NoError(t, err)
		p, err = d.Prepare(t.Context(), r, p)
		require.NoError(t, err)
		_, err = d.Prepare(t.Context(), r, p)
		require.ErrorIs(t, err, smm.ErrUnavailable, offsets)
	}
}

// TestOddPosts are read as far as they go, and no number is made up.
func TestOddPosts(t *testing.T) {
	d, _ := stub(t, map[string]string{
		"GET /10_1": `{"id":"10_1","message":"\ud800 x","created_time":0,"shares":{"count":-5},"reactions":{"summary":{"total_count":1e400}},` +
			`"comments":{"summary":{"total_count":"many"}},"attachments":{"data":[{"media_type":"photo"},{}]},"permalink_url":"//evil.example/x"}`,
		"GET /10": `{"id":"10","followers_count":{"a":1},"emails":null,"picture":{"data":{}}}`,
	})
	p, err := d.GetPost(t.Context(), hostilePage, hostilePage.WithKind(smm.KindPost, "10_1"))
	require.NoError(t, err)
	for _, m := range p.Metrics {
		require.Equal(t, smm.MetricNotReported, m.State, m.Name)
		require.Zero(t, m.Value)
	}
	require.Len(t, p.Attachments, 1)
	require.True(t, p.At.IsZero())
	ms, err := d.ReadMetrics(t.Context(), hostilePage, smm.MetricRequest{Names: []smm.MetricName{smm.MetricFollowers}})
	require.NoError(t, err)
	require.Equal(t, smm.MetricNotReported, ms[0].State)
	_, err = d.GetPost(t.Context(), hostilePage, hostilePage.WithKind(smm.KindPost, "10_2"))
	require.ErrorIs(t, err, smm.ErrNotFound)
	for _, id := range []string{"", "../10", "10_1?fields=access_token", "10_1/likes", "a b", strings.Repeat("1", 300)} {
		_, err = d.GetPost(t.Context(), hostilePage, hostilePage.WithKind(smm.KindPost, id))
		require.ErrorIs(t, err, smm.ErrInvalid, id)
	}
}

// TestAThrottleWithoutATime gets one, so that callers know when to come back; one
// that tells it is believed.
func TestAThrottleWithoutATime(t *testing.T) {
	for header, want := range map[string]time.Duration{
		`X-App-Usage: {"call_count":100,"total_cputime":25,"total_time":25}`:                                         5 * time.Minute,
		`X-Business-Use-Case-Usage: {"10":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":19}]}`: 19 * time.Minute,
		`Retry-After: 7`: 7 * time.Second,
	} {
		name, value, _ := strings.Cut(header, ": ")
		rt := roundTrip(func(r *http.Request) (*http.Response, error) {
			body := `{"error":{"message":"m","code":80001}}`
			return &http.Response{StatusCode: 400, Header: http.Header{name: {value}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})
		c, err := facebook.NewClient(facebook.ClientConfig{
			Page: "10", Token: smm.NewSecret(hostileToken), HTTPClient: &http.Client{Transport: rt}, Clock: sim.NewClock(epoch, true),
		})
		require.NoError(t, err)
		_, err = c.Pages.Get(t.Context())
		after, ok := smm.RetryAfter(err)
		require.True(t, ok, header)
		require.Equal(t, want, after, header)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
