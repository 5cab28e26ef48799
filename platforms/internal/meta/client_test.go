package meta_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestToyNode(t *testing.T) {
	b := open(t, nil)
	c := b.client(t, nil)
	v, o, err := b.post(t.Context(), c, "Hello")
	require.NoError(t, err)
	require.Equal(t, smm.EvidenceReply, o.Evidence)
	require.Contains(t, string(v.ID), "10_")

	got, err := meta.Get[note](t.Context(), c, &meta.Request{Op: "note", Path: []string{string(v.ID)}, Fields: []string{"message", "from{name}"}})
	require.NoError(t, err)
	require.Equal(t, note{ID: string(v.ID), Message: "Hello", From: who{ID: "10", Name: "Shop"}}, got)

	require.NoError(t, c.Delete(t.Context(), "note.delete", string(v.ID)))
	e := fails(t, c.Delete(t.Context(), "note.delete", string(v.ID)), smm.ErrNotFound)
	require.Equal(t, "100/33", e.Code)
	require.NotEmpty(t, e.RequestID)
	require.Equal(t, "note.delete", e.Op)
	require.Equal(t, sim.Counts{Posts: 1}, b.world.Ledger.Counts(platform))

	_, o, err = b.post(t.Context(), c, "")
	fails(t, err, smm.ErrRejected)
	require.Equal(t, smm.OutcomeRefused, o.State)
	require.Equal(t, 1, b.world.Faults.RequestsOf(sim.Read))
}

// TestBodies: the same call as form, JSON, and multipart.
func TestBodies(t *testing.T) {
	b := open(t, nil)
	c := b.client(t, nil)
	for name, r := range map[string]*meta.Request{
		"form":      {Params: url.Values{"message": {"a & b = \"c\" ü"}}},
		"json":      {JSON: map[string]string{"message": "a & b = \"c\" ü"}},
		"multipart": {Params: url.Values{"message": {"a & b = \"c\" ü"}}, Files: []httpx.Part{{Name: "source", FileName: "x.png", Reader: strings.NewReader("png"), Size: 3}}},
	} {
		r.Op, r.Path, r.Fields = "page.notes", []string{"10", "notes"}, []string{"message"}
		var got note
		_, err := c.Commit(t.Context(), r, &got)
		require.NoError(t, err, name)
		require.Equal(t, "a & b = \"c\" ü", got.Message, name)
		require.NotEmpty(t, got.ID)
		require.Empty(t, got.Created, "only the fields that were asked for")
	}
	_, err := c.Commit(t.Context(), &meta.Request{Op: "x", Path: []string{"10"}, JSON: 1, Files: []httpx.Part{{Name: "a"}}}, nil)
	fails(t, err, smm.ErrInvalid)
	fails(t, c.Read(t.Context(), &meta.Request{Op: "x", Path: []string{"10"}, JSON: 1}, nil), smm.ErrInvalid)
	for _, id := range []string{"", "..", "."} {
		require.Error(t, c.Read(t.Context(), &meta.Request{Op: "x", Path: []string{id, "notes"}}, nil), id)
	}
	require.Equal(t, 3, b.world.Ledger.Counts("").Posts)
}

// TestTokenStaysInTheHeader looks at every request that a client makes: the
// token is in its header and nowhere else, and the proof is right.
func TestTokenStaysInTheHeader(t *testing.T) {
	var log bytes.Buffer
	rec := &canned{status: 500, body: `{"error":{"message":"Malformed access token ` + secretToken + `","code":2,"fbtrace_id":"T"}}`}
	c, err := meta.New(meta.Config{
		Platform: platform, Token: smm.NewSecret(secretToken), AppSecret: smm.NewSecret("app-secret-1234"), HTTPClient: &http.Client{Transport: rec},
		Clock: sim.NewClock(epoch, true), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	err = c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}, Params: url.Values{"a": {"b"}}}, nil)
	e := fails(t, err, smm.ErrUnavailable)
	require.Equal(t, "T", e.RequestID)
	_, err = c.Commit(t.Context(), &meta.Request{Op: "me.feed", Path: []string{"me", "feed"}}, nil)
	require.Error(t, err)
	_, _ = c.Batch(t.Context(), "batch", []meta.BatchRead{{Path: []string{"1"}}})
	require.Greater(t, len(rec.seen), 3, "reads are repeated")
	for _, r := range rec.seen {
		require.Equal(t, "Bearer "+secretToken, r.Header.Get("Authorization"))
		require.NotContains(t, r.URL.String(), secretToken)
		require.Equal(t, []string{meta.Proof(smm.NewSecret("app-secret-1234"), smm.NewSecret(secretToken))}, r.URL.Query()["appsecret_proof"])
		require.True(t, strings.HasPrefix(r.URL.Path+"/", "/v25.0/"), r.URL.Path)
	}
	require.NotEmpty(t, log.String())
	for _, text := range []string{err.Error(), log.String(), e.Message} {
		require.NotContains(t, text, secretToken)
		require.NotContains(t, text, "app-secret")
	}
	for _, name := range []string{"access_token", "Access_Token", "appsecret_proof", "client_secret", "input_token"} {
		n := len(rec.seen)
		fails(t, c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}, Params: url.Values{name: {"x"}}}, nil), smm.ErrInvalid)
		_, err := c.Batch(t.Context(), "batch", []meta.BatchRead{{Path: []string{"1"}, Params: url.Values{name: {"x"}}}})
		fails(t, err, smm.ErrInvalid)
		require.Len(t, rec.seen, n)
	}
}

func TestProofIsTheVendors(t *testing.T) {
	// printf %s token | openssl dgst -sha256 -hmac secret
	require.Equal(t, "e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a", meta.Proof(smm.NewSecret("secret"), smm.NewSecret("token")))
	b := open(t, func(o *metatest.Options) { o.RequireProof = true })
	_, _, err := b.post(t.Context(), b.client(t, nil), "no proof")
	e := fails(t, err, smm.ErrRejected)
	require.Equal(t, "100", e.Code)
	_, _, err = b.post(t.Context(), b.client(t, func(c *meta.Config) { c.AppSecret = smm.NewSecret("another") }), "wrong proof")
	fails(t, err, smm.ErrRejected)
	c := b.client(t, func(c *meta.Config) { c.AppSecret = smm.NewSecret(b.AppSecret()) })
	_, _, err = b.post(t.Context(), c, "proof")
	require.NoError(t, err)
	got, err := c.Batch(t.Context(), "batch", []meta.BatchRead{{Path: []string{"10"}}})
	require.NoError(t, err)
	require.NoError(t, got[0].Err)
}

// TestHostileAnswers: whatever comes back is a value or a typed error, for reads
// and for commits, and a commit is never called refused for it.
func TestHostileAnswers(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 2<<20)
	for name, body := range map[string]string{
		"empty": "", "html": "<!doctype html><title>x</title>", "truncated": `{"id":"1`, "wrong type": `{"id":{"a":1}}`, "array": `[1]`,
		"null": "null", "string": `"x"`, "number": "12", "trailing": `{"id":"1"} {"id":"2"}`, "deep": deep, "deep array": strings.Repeat("[", 10<<20),
		"huge": `{"id":"` + strings.Repeat("x", 10<<20) + `"}`, "not json": "\x00\xff", "deep error": `{"error":` + deep,
	} {
		c := cannedClient(t, &canned{status: 200, body: body})
		var v struct {
			ID   meta.ID `json:"id"`
			List []int   `json:"list"`
		}
		err := c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}}, &v)
		if name != "null" {
			fails(t, err, smm.ErrUnavailable)
			require.Less(t, len(err.Error()), 400, name)
		}
		o, err := c.Commit(t.Context(), &meta.Request{Op: "me.feed", Path: []string{"me", "feed"}}, &v)
		require.Equal(t, smm.OutcomeUnknown, o.State, name)
		if name != "null" {
			require.Error(t, err, name)
		}
		_, err = meta.List[note](t.Context(), c, &meta.Request{Op: "me", Path: []string{"me"}}, meta.ListParams{})
		fails(t, err, smm.ErrUnavailable)
		_, err = c.Batch(t.Context(), "batch", []meta.BatchRead{{Path: []string{"1"}}})
		require.Error(t, err, name)
	}
	c := cannedClient(t, &canned{status: 200, body: `{"id":"1","id":"2","list":[1],"list":[2,3]}`})
	var v struct {
		ID   meta.ID `json:"id"`
		List []int   `json:"list"`
	}
	// One decoder takes the first of them and another the last.
	fails(t, c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}}, &v), smm.ErrUnavailable)
}

// TestErrorInside200: an error with status 200 is one.
func TestErrorInside200(t *testing.T) {
	for _, tc := range []struct {
		body string
		err  error
		want smm.OutcomeState
	}{
		{errorBody(190, 463, false), smm.ErrUnauthorized, smm.OutcomeRefused},
		{errorBody(200, 0, false), smm.ErrForbidden, smm.OutcomeRefused},
		{errorBody(4, 0, true), smm.ErrRateLimited, smm.OutcomeRefused},
		{errorBody(2, 0, false), smm.ErrUnavailable, smm.OutcomeUnknown},
		{errorBody(4711, 0, false), smm.ErrRejected, smm.OutcomeUnknown}, // no row: it may have worked
		{`{"error":"strange"}`, smm.ErrRejected, smm.OutcomeUnknown},
		{`{"error":{"code":[24],"type":{"value":"x"}}}`, smm.ErrUnavailable, smm.OutcomeUnknown}, // nothing that can be read
		{`{"id":"1","error":{"code":"506"}}`, smm.ErrDuplicate, smm.OutcomeUnknown},
		{"\xef\xbb\xbf" + errorBody(368, 0, false), smm.ErrForbidden, smm.OutcomeRefused},
	} {
		c := cannedClient(t, &canned{status: 200, body: tc.body})
		var v created
		fails(t, c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}}, &v), tc.err)
		o, err := c.Commit(t.Context(), &meta.Request{Op: "me.feed", Path: []string{"me", "feed"}}, &v)
		e := fails(t, err, tc.err)
		require.Equal(t, tc.want, o.State, tc.body)
		require.Empty(t, o.Evidence, "an error is no evidence of the deed")
		require.Equal(t, tc.want, e.Outcome, tc.body)
		fails(t, c.Do(t.Context(), &meta.Request{Op: "x", Path: []string{"1"}}), tc.err)
	}
	for _, body := range []string{`{"id":"1","error":null}`, `{"id":"1","error":false}`, `{"id":"1","error":{}}`, `{"id":"1","error":""}`, `{"id":"1","data":{"error":{"code":190}}}`} {
		c := cannedClient(t, &canned{status: 200, body: body})
		require.NoError(t, c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}}, nil), body)
	}
	c := cannedClient(t, &canned{status: 200, body: `{"success":false}`})
	fails(t, c.Do(t.Context(), &meta.Request{Op: "x", Path: []string{"1"}}), smm.ErrRejected)
}

// TestFaults strikes a commit with every fault. What is not known is not called
// refused, and what became public is what the ledger says.
func TestFaults(t *testing.T) {
	want := map[sim.FaultKind]smm.OutcomeState{
		sim.ErrorBefore: smm.OutcomeUnknown, sim.ErrorAfter: smm.OutcomeUnknown, sim.Throttle: smm.OutcomeRefused, sim.Expire: smm.OutcomeRefused,
		sim.Slow: smm.OutcomeUnknown, // answered well, the driver reads on
	}
	for _, kind := range sim.FaultKinds() {
		b := open(t, nil)
		c := b.client(t, nil)
		b.world.Faults.Add(sim.Fault{Op: "POST page/notes", Class: sim.Commit, Kind: kind, Delay: time.Minute})
		_, o, err := b.post(t.Context(), c, "x")
		require.Equal(t, want[kind], o.State, kind)
		require.Equal(t, kind != sim.Slow, err != nil, kind)
		require.Equal(t, 1, b.world.Faults.Hits())
		require.Equal(t, 1, b.world.Faults.RequestsOf(sim.Commit), "%s: sent once", kind)
		if kind == sim.Expire {
			require.True(t, smm.NeedsReconnect(err))
		}
		if kind == sim.ErrorAfter {
			require.Equal(t, 1, b.world.Ledger.Counts("").Posts)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, cfg := range []meta.Config{
		{}, {Platform: "x", Version: "25"}, {Platform: "x", Version: "v25.0/../x"}, {Platform: "x", Host: "graph.facebook.com"},
		{Platform: "x", Host: "https://a@b.example"}, {Platform: "x", Uploads: "https://b.example/path"}, {Platform: "x", Rows: []meta.Row{{Err: smm.ErrRejected}}},
		{Platform: "x", Token: smm.NewSecret("a"), Tokens: tokens{}},
	} {
		_, err := meta.New(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, cfg)
	}
	c, err := meta.New(meta.Config{Platform: "threads", Host: meta.HostThreads})
	require.NoError(t, err)
	require.Equal(t, "v1.0", c.Version())
	fails(t, c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}}, nil), smm.ErrUnauthorized)
	c, err = meta.New(meta.Config{Platform: "facebook"})
	require.NoError(t, err)
	require.Equal(t, meta.DefaultVersion, c.Version())
	end, known := meta.Retires(meta.DefaultVersion)
	require.True(t, known)
	require.True(t, end.After(epoch.AddDate(1, 0, 0)), "the default outlives the next year")
	_, known = meta.Retires("v26.0")
	require.False(t, known)
}

func TestIDsAndTimes(t *testing.T) {
	var v struct {
		A, B, C meta.ID
		D       []meta.Time
	}
	require.NoError(t, json.Unmarshal([]byte(`{"A":"007","B":9007199254740993123,"C":null,
		"D":["2026-01-02T03:04:05+0000","2026-01-02T03:04:05+0100","2026-01-02T03:04:05Z",1767323045,"1767323045",1767323045000,"soon",null,-1]}`), &v))
	require.Equal(t, meta.ID("007"), v.A)
	require.Equal(t, meta.ID("9007199254740993123"), v.B)
	require.Empty(t, v.C)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, want := range []time.Time{at, at.Add(-time.Hour), at, at, at, at, {}, {}, {}} {
		require.Equal(t, want, v.D[i].Time, i)
	}
	for _, bad := range []string{`1.5`, `true`, `{}`, `[]`, `-1`, `1e3`} {
		var id meta.ID
		require.Error(t, json.Unmarshal([]byte(bad), &id), bad)
	}
	out, err := json.Marshal([]meta.Time{{Time: at}, {}})
	require.NoError(t, err)
	require.JSONEq(t, `["2026-01-02T03:04:05+0000",null]`, string(out))
}

// TestVersionInPath: requests without a version have none.
func TestVersionInPath(t *testing.T) {
	rec := &canned{status: 200, body: `{}`}
	c := cannedClient(t, rec)
	require.NoError(t, c.Read(t.Context(), &meta.Request{Op: "x", Path: []string{"a/b", "c?d"}, Bare: true}, nil))
	require.NoError(t, c.Read(t.Context(), &meta.Request{Op: "x", Path: []string{"a/b"}, Fields: []string{"id", "x{y}"}}, nil))
	require.Equal(t, "/a%2Fb/c%3Fd", rec.seen[0].URL.EscapedPath())
	require.Equal(t, "/v25.0/a%2Fb", rec.seen[1].URL.EscapedPath())
	require.Equal(t, "id,x{y}", rec.seen[1].URL.Query().Get("fields"))
	require.Equal(t, "graph.facebook.com", rec.seen[1].URL.Host)
}

// TestRedirectsCarryNoToken: a read that is sent elsewhere goes without it.
func TestRedirectsCarryNoToken(t *testing.T) {
	var got http.Header
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header; _, _ = w.Write([]byte("{}")) }))
	defer elsewhere.Close()
	from := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer from.Close()
	c, err := meta.New(meta.Config{Platform: platform, Host: from.URL, Token: smm.NewSecret(secretToken)})
	require.NoError(t, err)
	_ = c.Read(t.Context(), &meta.Request{Op: "me", Path: []string{"me"}}, nil)
	require.NotNil(t, got)
	require.Empty(t, got.Get("Authorization"))
}

// TestConcurrentUse: one client in many goroutines, each commit once.
func TestConcurrentUse(t *testing.T) {
	b := open(t, nil)
	c := b.client(t, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				v, _, err := b.post(t.Context(), c, fmt.Sprint(i, "-", j))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := c.Batch(t.Context(), "batch", []meta.BatchRead{{Path: []string{string(v.ID)}}})
				if err != nil || got[0].Err != nil {
					t.Error(err)
				}
				if _, err := list(t.Context(), c, b.page, meta.ListParams{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, sim.Counts{Posts: 80}, b.world.Ledger.Counts(platform))
}
