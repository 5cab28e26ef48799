package x_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/openapi"
	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const (
	userToken = "user-token"
	appToken  = "app-token"
)

// judge holds every exchange against the document.
type judge struct {
	doc      *openapi.Document
	excuses  map[string]string // where the client departs from the document
	wrong    []string
	excepted map[string]bool
	driven   map[string]int // exchanges by operation
}

func (j *judge) exchange(e wire.Exchange) {
	r := request(e)
	found := j.doc.Request(r)
	o, _ := j.doc.Find(r.Method, r.Path)
	if o == nil {
		j.wrong = append(j.wrong, found[0].String())
		return
	}
	j.driven[o.Method+" "+o.Path]++
	for _, p := range found {
		if key := j.exception(p.String()); key != "" {
			j.excepted[key] = true
			continue
		}
		j.wrong = append(j.wrong, p.String())
	}
	if e.OK() {
		for _, p := range j.doc.Answer(o, e.Status, e.Header.Get("Content-Type"), e.Got) {
			j.wrong = append(j.wrong, p.String())
		}
	}
	if by := e.Request.Header.Get("Authorization"); !admits(o, by) {
		j.wrong = append(j.wrong, o.Method+" "+o.Path+": is not for "+by)
	}
}

func (j *judge) exception(problem string) string {
	for key := range j.excuses {
		if strings.Contains(problem, key) {
			return key
		}
	}
	return ""
}

// admits says whether an operation takes the credential that it was called by.
func admits(o *openapi.Operation, authorization string) bool {
	_, user := o.Security["OAuth2UserToken"]
	_, app := o.Security["BearerToken"]
	switch authorization {
	case "Bearer " + userToken:
		return user
	case "Bearer " + appToken:
		return app
	}
	return false
}

func request(e wire.Exchange) openapi.Request {
	return openapi.Request{
		Method: e.Request.Method, Path: e.Request.URL.Path, Query: e.Request.URL.Query(), ContentType: e.Request.Header.Get("Content-Type"), Body: e.Sent,
	}
}

// answers is a transport that answers what the document promises, with
// everything in it.
type answers struct {
	t   testing.TB
	doc *openapi.Document
}

// taken lists the deeds whose success is a "false": what is taken back.
var taken = map[string]string{
	"DELETE /2/users/{id}/retweets/{source_tweet_id}": "retweeted", "DELETE /2/users/{id}/likes/{tweet_id}": "liked", "DELETE /2/users/{id}/bookmarks/{tweet_id}": "bookmarked",
	"DELETE /2/users/{source_user_id}/following/{target_user_id}": "following", "DELETE /2/users/{source_user_id}/muting/{target_user_id}": "muting", "POST /2/users/{id}/dm/unblock": "blocked",
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	status, body := http.StatusNotFound, []byte(`{}`)
	if o, _ := a.doc.Find(r.Method, r.URL.Path); o != nil {
		status, body = a.example(o)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}

func (a answers) example(o *openapi.Operation) (int, []byte) {
	status := 200
	if o.Answers["201"] != nil {
		status = 201
	}
	v, err := a.doc.Example(o, map[int]string{200: "200", 201: "201"}[status])
	require.NoError(a.t, err)
	if field := taken[o.Method+" "+o.Path]; field != "" {
		data, _ := v.(map[string]any)["data"].(map[string]any)
		require.Contains(a.t, data, field)
		data[field] = false
	}
	return status, encode(a.t, v)
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// bench is the client before the document.
type bench struct {
	t        testing.TB
	judge    *judge
	recorder *wire.Recorder
	ops      *wire.Ops
}

func open(t testing.TB) *bench {
	t.Helper()
	doc, err := openapi.Load(sharedspec.Read(t, "specs/x.json.gz"))
	require.NoError(t, err)
	j := &judge{doc: doc, excuses: evidence.Excuses(t, "x", "OpenAPI document 2.167"), excepted: make(map[string]bool), driven: make(map[string]int)}
	return &bench{t: t, judge: j, ops: &wire.Ops{}, recorder: &wire.Recorder{Next: answers{t, doc}, Judge: j.exchange}}
}

// client is a client over a transport.
func client(t testing.TB, rt http.RoundTripper, names x.Names, ops *wire.Ops) *x.Client {
	t.Helper()
	c, err := x.NewClient(x.ClientConfig{
		Token: smm.NewSecret(userToken), AppToken: smm.NewSecret(appToken), Account: "7", Names: names,
		HTTPClient: &http.Client{Transport: rt}, Clock: sim.NewClock(since, true), Logger: logger(ops),
	})
	require.NoError(t, err)
	return c
}

// drive calls every method in every form.
func (b *bench) drive(names x.Names) {
	c := client(b.t, b.recorder, names, b.ops)
	for _, op := range slices.Sorted(maps.Keys(calls)) {
		for i, do := range calls[op] {
			require.NoError(b.t, do(b.t.Context(), c), "%s %d", op, i)
		}
	}
}
