package metatest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

func open(t testing.TB, change func(*metatest.Options)) (*metatest.Server, *sim.World) {
	t.Helper()
	o := &metatest.Options{Platform: "toy"}
	if change != nil {
		change(o)
	}
	w := sim.NewWorldAt(sim.NewClock(epoch, true))
	s := metatest.NewServer(w, o)
	t.Cleanup(s.Close)
	s.AddNode("page", "10", "Shop", nil)
	s.Handle(metatest.Route{Method: "GET", Kind: "page", Class: sim.Read, Handler: func(c *metatest.Call) metatest.Reply {
		return metatest.OK(c.Select(json.RawMessage(`{"id":"10","name":"Shop","place":{"id":"5","city":"Ulm","zip":"1"},"likes":{"data":[{"id":"1","name":"A","x":1}],"paging":{}}}`)))
	}})
	s.Handle(metatest.Route{Method: "POST", Kind: "page", Edge: "feed", Class: sim.Commit, Scopes: []string{"publish"}, Handler: func(c *metatest.Call) metatest.Reply {
		var nested struct{ A int }
		return metatest.OK(map[string]any{"text": c.Get("text"), "flag": c.Flag("flag"), "number": c.Number("number", 7), "list": c.List("list"), "json": c.JSON("nested", &nested) && nested.A == 1, "files": len(c.Files)})
	}})
	return s, w
}

func ask(t testing.TB, s *metatest.Server, method, path, token, contentType, body string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(b), resp.Header
}

const formType = "application/x-www-form-urlencoded"

func TestFields(t *testing.T) {
	s, _ := open(t, nil)
	token := s.IssueToken("10")
	for fields, want := range map[string]string{
		"name":                          `{"id":"10","name":"Shop"}`,
		"place{city},nothing":           `{"id":"10","place":{"id":"5","city":"Ulm"}}`,
		"likes.limit(3).summary(1){x}":  `{"id":"10","likes":{"data":[{"id":"1","x":1}],"paging":{}}}`,
		"name,place{city,zip},likes{x}": `{"id":"10","name":"Shop","place":{"id":"5","city":"Ulm","zip":"1"},"likes":{"data":[{"id":"1","x":1}],"paging":{}}}`,
	} {
		for _, path := range []string{"/v25.0/10", "/10", "/v26.0/me", "/v1.0/10/"} {
			_, body, _ := ask(t, s, "GET", path+"?fields="+url.QueryEscape(fields), token, "", "")
			require.JSONEq(t, want, body, fields)
		}
	}
}

func TestParams(t *testing.T) {
	s, _ := open(t, nil)
	token := s.IssueToken("10", "publish")
	want := `{"text":"a b","flag":true,"number":5,"list":["x","y"],"json":true,"files":0}`
	form := url.Values{"text": {"a b"}, "flag": {"true"}, "number": {"5"}, "list": {"x,y"}, "nested": {`{"A":1}`}}
	_, body, _ := ask(t, s, "POST", "/v25.0/10/feed", token, formType, form.Encode())
	require.JSONEq(t, want, body)
	_, body, _ = ask(t, s, "POST", "/v25.0/10/feed", token, "application/json", `{"text":"a b","flag":true,"number":5,"list":["x","y"],"nested":{"A":1}}`)
	require.JSONEq(t, want, body)
	_, body, _ = ask(t, s, "POST", "/v25.0/10/feed?"+form.Encode()+"&access_token="+token, "", formType, "")
	require.JSONEq(t, want, body)
	for _, bad := range [][2]string{{"application/json", "{"}, {"multipart/form-data; boundary=x", "y"}, {formType, "%zz"}} {
		status, _, _ := ask(t, s, "POST", "/v25.0/10/feed", token, bad[0], bad[1])
		require.Equal(t, 400, status)
	}
}

func failure(t testing.TB, body string) (code, subcode int) {
	t.Helper()
	var e struct {
		Error struct {
			Code    int    `json:"code"`
			Subcode int    `json:"error_subcode"`
			Trace   string `json:"fbtrace_id"`
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &e), body)
	require.NotEmpty(t, e.Error.Trace)
	require.NotEmpty(t, e.Error.Type)
	require.NotEmpty(t, e.Error.Message)
	return e.Error.Code, e.Error.Subcode
}

// TestRefusals: who may do what, by the code that a client sees.
func TestRefusals(t *testing.T) {
	s, w := open(t, func(o *metatest.Options) { o.LongLife = time.Hour })
	good, poor := s.IssueToken("10", "publish"), s.IssueToken("10")
	for _, tc := range []struct {
		method, path, token string
		code, subcode       int
	}{
		{"GET", "/v25.0/10", "", 104, 0},
		{"GET", "/v25.0/10", "nonsense", 190, 0},
		{"POST", "/v25.0/10/feed", poor, 200, 0},
		{"GET", "/v25.0/99", good, 100, 33},
		{"GET", "/v25.0/", good, 100, 33},
		{"GET", "/v25.0/10/nothing", good, 2500, 0},
		{"DELETE", "/v25.0/10", good, 2500, 0},
		{"GET", "/v25.0/10?appsecret_proof=00", good, 100, 0},
		{"GET", "/v25.0/debug_token?input_token=x", good, 100, 0},
		{"POST", "/v25.0/", good, 100, 0},
		{"GET", "/video-upload/v25.0/1", good, 2500, 0},
	} {
		_, body, h := ask(t, s, tc.method, tc.path, tc.token, formType, "")
		code, subcode := failure(t, body)
		require.Equal(t, [2]int{tc.code, tc.subcode}, [2]int{code, subcode}, tc)
		require.NotEmpty(t, h.Get("X-Fb-Trace-Id"))
	}
	w.Clock.Advance(time.Hour)
	_, body, _ := ask(t, s, "GET", "/v25.0/10", good, "", "")
	_, subcode := failure(t, body)
	require.Equal(t, 463, subcode)
	s.Revoke("10", 460)
	_, body, _ = ask(t, s, "GET", "/v25.0/10", good, "", "")
	_, subcode = failure(t, body)
	require.Equal(t, 460, subcode)
}

func TestUsageHeaders(t *testing.T) {
	s, w := open(t, func(o *metatest.Options) {
		o.App, o.Account = metatest.Quota{Limit: 4, Window: time.Hour}, metatest.Quota{Limit: 2, Window: 24 * time.Hour}
	})
	token := s.IssueToken("10")
	_, _, h := ask(t, s, "GET", "/v25.0/10", token, "", "")
	require.JSONEq(t, `{"call_count":25,"total_cputime":12,"total_time":8}`, h.Get("X-App-Usage"))
	require.JSONEq(t, `{"10":[{"type":"pages","call_count":50,"total_cputime":25,"total_time":16,"estimated_time_to_regain_access":0}]}`, h.Get("X-Business-Use-Case-Usage"))
	w.Clock.Advance(30 * time.Second)
	ask(t, s, "GET", "/v25.0/10", token, "", "")
	_, body, h := ask(t, s, "GET", "/v25.0/10", token, "", "")
	code, _ := failure(t, body)
	require.Equal(t, 80001, code)
	require.Contains(t, h.Get("X-Business-Use-Case-Usage"), `"estimated_time_to_regain_access":1440`)
	ask(t, s, "GET", "/v25.0/10", token, "", "")
	_, body, _ = ask(t, s, "GET", "/v25.0/10", token, "", "")
	code, _ = failure(t, body)
	require.Equal(t, 80001, code, "the account's budget is the closer one")
	w.Clock.Advance(24*time.Hour - 30*time.Second)
	status, _, _ := ask(t, s, "GET", "/v25.0/10", token, "", "")
	require.Equal(t, 200, status)
}

// TestBatchRunsTheRoutes: also those that write, with tokens of their own.
func TestBatchRunsTheRoutes(t *testing.T) {
	s, w := open(t, func(o *metatest.Options) { o.Account = metatest.Quota{Limit: 3, Window: time.Hour} })
	token, poor := s.IssueToken("10", "publish"), s.IssueToken("10")
	batch, err := json.Marshal([]map[string]string{
		{"method": "GET", "relative_url": "v25.0/10?fields=name"},
		{"method": "POST", "relative_url": "10/feed", "body": "text=hi&flag=1"},
		{"method": "POST", "relative_url": "10/feed?access_token=" + poor, "body": "text=hi"},
		{"method": "GET", "relative_url": "10"},
	})
	require.NoError(t, err)
	status, body, h := ask(t, s, "POST", "/v25.0/", token, formType, url.Values{"batch": {string(batch)}}.Encode())
	require.Equal(t, 200, status)
	require.Contains(t, h.Get("X-Business-Use-Case-Usage"), `"call_count":100`)
	var out []struct {
		Code    int
		Headers []json.RawMessage
		Body    string
	}
	require.NoError(t, json.Unmarshal([]byte(body), &out))
	require.Len(t, out, 4)
	require.JSONEq(t, `{"id":"10","name":"Shop"}`, out[0].Body)
	require.Len(t, out[0].Headers, 1)
	require.Contains(t, out[1].Body, `"text":"hi"`)
	require.Equal(t, 403, out[2].Code, out[2].Body)
	code, _ := failure(t, out[3].Body)
	require.Equal(t, 80001, code, "each call counts")
	require.Equal(t, 1, w.Faults.RequestsOf(sim.Read))

	many := "[" + strings.TrimSuffix(strings.Repeat(`{"method":"GET","relative_url":"10"},`, 51), ",") + "]"
	_, body, _ = ask(t, s, "POST", "/", s.AppID()+"|"+s.AppSecret(), formType, url.Values{"batch": {many}}.Encode())
	code, _ = failure(t, body)
	require.Equal(t, 100, code)
}

// TestFaultNames: operations are known by kind and edge, whatever the id.
func TestFaultNames(t *testing.T) {
	s, w := open(t, nil)
	token := s.IssueToken("10", "publish")
	w.Faults.Add(sim.Fault{Op: "POST page/feed", Kind: sim.ErrorBefore, Status: 503})
	w.Faults.Add(sim.Fault{Op: "GET page", Kind: sim.Throttle})
	w.Faults.Add(sim.Fault{Op: "POST /", Kind: sim.Expire})
	status, body, _ := ask(t, s, "POST", "/v25.0/me/feed", token, formType, "")
	require.Equal(t, 503, status)
	code, _ := failure(t, body)
	require.Equal(t, 2, code)
	_, body, _ = ask(t, s, "GET", "/10", token, "", "")
	code, _ = failure(t, body)
	require.Equal(t, 4, code)
	_, body, _ = ask(t, s, "POST", "/v25.0", token, formType, "batch=[]")
	_, subcode := failure(t, body)
	require.Equal(t, 463, subcode)
	require.Equal(t, 3, w.Faults.Hits())
}

func TestUploadRules(t *testing.T) {
	s, _ := open(t, nil)
	var address string
	s.Handle(metatest.Route{Method: "POST", Kind: "page", Edge: "media", Class: sim.Prepare, Handler: func(c *metatest.Call) metatest.Reply {
		address = c.NewUpload("55", true)
		return metatest.Success()
	}})
	token := s.IssueToken("10")
	s.AddNode("page", "11", "Other", nil)
	other := s.IssueToken("11")
	ask(t, s, "POST", "/10/media", token, formType, "")
	require.True(t, strings.HasPrefix(address, s.URL()+"/ig-api-upload/v25.0/55"), address)
	send := func(auth, offset, size, body string) (int, string) {
		req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		for k, v := range map[string]string{"Authorization": auth, "offset": offset, "file_size": size} {
			if v != "" {
				req.Header.Set(k, v)
			}
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(b)
	}
	for name, in := range map[string][4]string{
		"bearer": {"Bearer " + token, "0", "4", "abcd"}, "no token": {"", "0", "4", "abcd"}, "another's": {"OAuth " + other, "0", "4", "abcd"},
		"no offset": {"OAuth " + token, "", "4", "abcd"}, "no size": {"OAuth " + token, "0", "", "abcd"}, "a gap": {"OAuth " + token, "1", "4", "bcd"},
	} {
		status, body := send(in[0], in[1], in[2], in[3])
		require.GreaterOrEqual(t, status, 400, name+body)
	}
	u, _ := s.Upload("55")
	require.Zero(t, u.Received)
	status, _ := send("OAuth "+token, "0", "4", "ab")
	require.Equal(t, 400, status, "a part, and the rest is missing")
	status, _ = send("OAuth "+token, "0", "4", "ab")
	require.Equal(t, 400, status, "bytes that are there")
	status, _ = send("OAuth "+token, "2", "5", "cd")
	require.Equal(t, 400, status, "another size than before")
	status, _ = send("OAuth "+token, "2", "4", "cde")
	require.Equal(t, 400, status, "more than the file has")
	status, _ = send("OAuth "+token, "2", "4", "cd")
	require.Equal(t, 200, status)
	u, ok := s.Upload("55")
	require.True(t, ok)
	require.True(t, u.Done)
	require.Equal(t, "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589", u.SHA256) // abcd
	_, ok = s.Upload("56")
	require.False(t, ok)
}

// TestLoginRules are those that package meta's App keeps and another client may
// not.
func TestLoginRules(t *testing.T) {
	s, w := open(t, func(o *metatest.Options) { o.Redirects = []string{"https://a.example/cb"} })
	s.AddNode("user", "77", "Ann", nil)
	dialog := func(q url.Values) (int, string, http.Header) {
		return ask(t, s, "GET", "/v25.0/dialog/oauth?"+q.Encode(), "", "", "")
	}
	good := url.Values{"client_id": {s.AppID()}, "redirect_uri": {"https://a.example/cb"}, "state": {"x"}, "scope": {"a,b"}, "login_as": {"77"}}
	for name, value := range map[string]string{"client_id": "2", "redirect_uri": "https://b.example/cb", "response_type": "token", "login_as": "78"} {
		q := url.Values{}
		for k, v := range good {
			q[k] = v
		}
		q.Set(name, value)
		status, _, h := dialog(q)
		require.Equal(t, 400, status, name)
		require.Empty(t, h.Get("Location"))
	}
	status, _, h := dialog(good)
	require.Equal(t, 302, status)
	back, err := url.Parse(h.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "_=_", back.Fragment)
	redeem := url.Values{"client_id": {s.AppID()}, "client_secret": {s.AppSecret()}, "redirect_uri": {"https://a.example/cb"}, "code": {back.Query().Get("code")}}
	_, body, _ := ask(t, s, "GET", "/v25.0/oauth/access_token?"+redeem.Encode(), "", "", "")
	var token struct {
		Value   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &token))
	require.Equal(t, 3600, token.Expires)
	_, body, _ = ask(t, s, "GET", "/oauth/access_token?"+redeem.Encode(), "", "", "")
	_, subcode := failure(t, body)
	require.Equal(t, 36009, subcode)
	_, body, _ = ask(t, s, "GET", "/refresh_access_token?grant_type=ig_refresh_token", token.Value, "", "")
	code, _ := failure(t, body)
	require.Equal(t, 100, code, "Facebook has no renewal")
	_, body, _ = ask(t, s, "POST", "/oauth/access_token", "", formType, url.Values{"client_id": {s.AppID()}, "client_secret": {s.AppSecret()}, "grant_type": {"client_credentials"}}.Encode())
	require.Contains(t, body, s.AppID()+"|"+s.AppSecret())
	w.Clock.Advance(time.Hour)
	_, body, _ = ask(t, s, "GET", "/v25.0/77/permissions", token.Value, "", "")
	_, subcode = failure(t, body)
	require.Equal(t, 463, subcode)
}
