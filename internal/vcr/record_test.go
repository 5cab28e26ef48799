package vcr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var fixedNow = Now(func() time.Time { return time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC) })

// canaries are secrets in every place where one was ever found in a cassette.
// Most have no shape of their own: only their place gives them away.
func canaryServer(t *testing.T) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Set-Cookie", "session=canary-cookie-out")
		w.Header().Set("X-Internal-Token", "canary-header-out")
		w.Header().Set("DPoP-Nonce", "canary-nonce")
		w.Header().Set("X-Kept", "this one")
		w.Header().Set("X-RateLimit-Remaining", "42")
		w.Header().Set("Link", `<https://api.example.com/next?access_token=canary-link&page=2>; rel="next"`)
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/token":
			fmt.Fprint(w, `{"access_token":"canary-access","refresh_token":"canary-refresh","accessJwt":"canary-ajwt","refreshJwt":"canary-rjwt","expires_in":3600,"scope":"read"}`)
		case "/nested":
			fmt.Fprint(w, `{"data":[{"user":{"email":"canary@canary.dev","phone":"+4917212345678","id":"1"},"tokens":{"a":"canary-deep","b":["canary-list"]},"pin":123456789}],`+
				`"paging":{"next":"https://graph.example.com/x?access_token=canary-paging&after=1"},"note":"we said canary pl&in value","raw":"{\"client_secret\":\"canary-embedded\"}","auth_hint":"Bearer canary-bearer-123456",`+
				`"error":{"code":190,"type":"OAuthException"},"status":{"code":"ok"}}`)
		case "/form":
			w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
			fmt.Fprint(w, "oauth_token=canary-o1&oauth_token_secret=canary-o2&screen_name=someone")
		case "/text":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<p>mail canary@canary.dev or EAAcanaryCANARYcanaryCANARY12 <a href="/x?code=canary-code-html">`)
		case "/redirect":
			w.Header().Set("Location", "https://app.example.com/cb?code=canary-loc&state=canary-state#access_token=canary-frag")
			w.WriteHeader(http.StatusFound)
		case "/denied":
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_token","token":"canary-echo","error_description":"token=canary-desc is bad"}`)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"trace": "password=canary-trace", "refresh_token":"canary-cut`) // not JSON
		default:
			fmt.Fprint(w, `{"id":"109"}`)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

const basicSecret = "canary-basic-password"

// sendCanaries makes the same requests each time, with the given run's secrets.
func sendCanaries(t *testing.T, c *http.Client, base string) {
	t.Helper()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	send := func(method, path, contentType, body string) {
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Authorization", "Bearer canary-header")
		req.Header.Set("Cookie", "s=canary-cookie")
		req.Header.Set("DPoP", "canary-dpop")
		req.Header.Set("X-Custom-Key", "canary-custom")
		resp, err := c.Do(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	send("GET", "/nested?access_token=canary-query&key=canary-key&fields=id", "", "")
	send("POST", "/token", "application/x-www-form-urlencoded", "grant_type=authorization_code&code=canary-code&client_secret=canary-cs&code_verifier=canary-cv")
	send("POST", "/json", "application/json; charset=utf-8", `{"identifier":"canary@canary.dev","password":"canary-pw","nested":{"deep":[{"api_key":"canary-ak"}]},"basic":"`+
		base64.StdEncoding.EncodeToString([]byte("user:"+basicSecret))+`","text":"hello"}`)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	require.NoError(t, w.WriteField("access_token", "canary-mp"))
	require.NoError(t, w.WriteField("caption", "hello token=canary-mp2"))
	file, err := w.CreateFormFile("media", "a.bin")
	require.NoError(t, err)
	_, err = file.Write([]byte("\xff\xfecanary-file"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	send("POST", "/upload", w.FormDataContentType(), b.String())
	send("POST", "/bot123456789:AAcanaryCANARYcanaryCANARYcanary12345/send", "text/plain", "my password=canary-text")
	send("GET", "/form", "", "")
	send("GET", "/text", "", "")
	send("GET", "/redirect", "", "")
	send("GET", "/denied", "", "")
	send("GET", "/broken", "", "")
	send("PUT", "/blob", "application/octet-stream", "\x00\x01canary-octets")
}

func TestRecordHasNoCanary(t *testing.T) {
	srv := canaryServer(t)
	path := filepath.Join(t.TempDir(), "sub", "cassette")
	rec, err := New(path, Record(true), RecordedFrom("testserver", "1.0"), fixedNow, SecretValues(basicSecret, "canary pl&in"), KeepHeaders("X-Kept"))
	require.NoError(t, err)
	sendCanaries(t, rec.Client(), srv.URL)
	require.NoError(t, rec.Stop())

	data, err := os.ReadFile(path + ".yaml")
	require.NoError(t, err)
	side, err := os.ReadFile(path + ".provenance.json")
	require.NoError(t, err)
	for i, line := range strings.Split(string(data)+string(side), "\n") {
		require.NotContains(t, strings.ToLower(line), "canary", "line %d", i+1)
	}
	require.NotContains(t, string(data), base64.StdEncoding.EncodeToString([]byte("user:"+basicSecret)))
	require.NotContains(t, string(data), "172123")
	require.NotContains(t, string(data), "123456789")
	// What a test needs is still there.
	for _, kept := range []string{`"code":190`, `"code":"ok"`, `"expires_in":3600`, "X-Ratelimit-Remaining", "screen_name=someone", "rel=", "this one", "hello", "REDACTED-accesstoken"} {
		require.Contains(t, string(data), kept)
	}
	p, err := ReadProvenance(path)
	require.NoError(t, err)
	require.Equal(t, Provenance{Source: Recorded, Server: "testserver", Version: "1.0", Date: "2026-11-22", SHA256: p.SHA256}, p)

	// The same requests replay, without the server.
	srv.Close()
	replay, err := New(path, SecretValues(basicSecret))
	require.NoError(t, err)
	sendCanaries(t, replay.Client(), srv.URL)
	require.NoError(t, replay.Stop())
}

// TestRecordingGetsTheRealAnswer: only the file is scrubbed.
// TestNoBodyIsSaidOnce: package httpx says it in a header of its own, which
// together with that of the transport is one too many for some servers.
func TestNoBodyIsSaidOnce(t *testing.T) {
	server := transport(func(r *http.Request) (*http.Response, error) {
		for name := range r.Header {
			require.NotEqual(t, "content-length", strings.ToLower(name))
		}
		return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	})
	r, err := New(filepath.Join(t.TempDir(), "c"), RecordedFrom("mastodon", "4.4.1"), Record(true), Transport(server))
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com/", http.NoBody)
	require.NoError(t, err)
	req.Header["content-length"] = []string{"0"}
	resp, err := r.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.NoError(t, r.Stop())
}

// transport is a http.RoundTripper made of a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRecordingGetsTheRealAnswer(t *testing.T) {
	srv := canaryServer(t)
	rec, err := New(filepath.Join(t.TempDir(), "c"), Record(true), RecordedFrom("testserver", "1"))
	require.NoError(t, err)
	resp, err := rec.Client().Get(srv.URL + "/token")
	require.NoError(t, err)
	var got struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&got))
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "canary-access", got.AccessToken)
}

// TestNothingIsWritten covers the ways in which a recording is refused.
func TestNothingIsWritten(t *testing.T) {
	answer := func(contentType, encoding, body string) *httptest.Server {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
			}
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(srv.Close)
		return srv
	}
	tests := []struct {
		name string
		srv  *httptest.Server
		want string
	}{
		{"binary", answer("application/octet-stream", "", "\xff\x00\x01canary"), "cannot be scrubbed"},
		{"encoded", answer("application/json", "br", "canary"), "Content-Encoding"},
		{"secret within base64", answer("text/plain", "", "x "+base64.RawStdEncoding.EncodeToString([]byte("canary-value"))), "SecretValues"},
		{"secret within an image", answer("image/png", "", "\x89PNG\r\n\x1a\n\xff "+sample("gh", "p_", "abcdefghij1234567890")+" "), "looks like secrets"},
		{"nothing", nil, "nothing was recorded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			rec, err := New(filepath.Join(dir, "c"), Record(true), RecordedFrom("s", "1"), SecretValues("canary-value"))
			require.NoError(t, err)
			if tt.srv != nil {
				resp, err := rec.Client().Get(tt.srv.URL + "/?token=canary-value")
				if err == nil {
					require.NoError(t, resp.Body.Close())
				}
			}
			err = rec.Stop()
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "canary")
			files, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, files)
		})
	}
	t.Run("failed test", func(t *testing.T) {
		dir := t.TempDir()
		srv := answer("text/plain", "", "ok")
		ft := &fakeT{TB: t, failed: true}
		rec := Open(ft, filepath.Join(dir, "c"), Record(true), RecordedFrom("s", "1"))
		resp, err := rec.Client().Get(srv.URL)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		ft.cleanup()
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, files)
	})
}

func TestScrubIsStable(t *testing.T) {
	var s scrubber
	for _, text := range []string{
		"access_token=abc&x=1", "Bearer abcdefgh12345678", `{"password":"x y\"z"}`, "a@b.dev +4917212345678", "see https://x.dev/?code=1&state=2",
		"Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==", "code=REDACTED-code",
	} {
		once := s.text(text)
		require.Equal(t, once, s.text(once))
	}
	for _, ct := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain", ""} {
		for _, body := range []string{`{"b":1,"a":{"token":"x"}}`, "b=1&a=2&token=x", "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nx\r\n--b--\r\n", "plain password=x", "\xff"} {
			once := s.requestBody(ct, []byte(body))
			require.Equal(t, once, s.requestBody(withoutBoundary(ct), []byte(once)), "%s %q", ct, body)
			if !strings.HasPrefix(once, hashMark) {
				require.NotContains(t, once, `"token":"x"`)
			}
		}
	}
}

func TestURLScrub(t *testing.T) {
	var s scrubber
	require.Equal(t, "https://example.com/p?access_token=REDACTED-accesstoken&z=1", s.url("https://u:p@EXAMPLE.com/p?z=1&access_token=x#frag"))
	require.Equal(t, s.url("https://example.com/?a=1&b=2"), s.url("https://example.com/?b=2&a=1"))
	require.NotContains(t, s.url("https://example.com/%zz?password=hunter2"), "hunter2")
	q, err := url.ParseQuery("pageToken=abc&nextToken=def")
	require.NoError(t, err)
	require.Equal(t, q, s.params(q)) // cursors stay
}

// fakeT stands in for a test that fails.
type fakeT struct {
	testing.TB
	failed   bool
	errs     []string
	cleanups []func()
}

func (f *fakeT) Helper()          {}
func (f *fakeT) Failed() bool     { return f.failed }
func (f *fakeT) Cleanup(g func()) { f.cleanups = append(f.cleanups, g) }
func (f *fakeT) Error(args ...any) {
	f.failed = true
	f.errs = append(f.errs, fmt.Sprint(args...))
}
func (f *fakeT) cleanup() {
	for _, g := range f.cleanups {
		g()
	}
}
