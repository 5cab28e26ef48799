package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

// browser keeps cookies and says what browsers say.
type browser struct {
	l      *lab
	jar    http.CookieJar
	header http.Header
	ctx    context.Context // of the requests, nil for the background
}

func (l *lab) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return &browser{l: l, jar: jar, header: http.Header{}}
}

func (b *browser) do(method, target, body string) *answer {
	b.l.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = "https://shop.example" + target
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", "https://shop.example")
	}
	if b.ctx != nil {
		r = r.WithContext(b.ctx)
	}
	for k, v := range b.header {
		r.Header[k] = v
	}
	for _, c := range b.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.l.flow.ServeHTTP(w, r)
	a := record(w)
	b.jar.SetCookies(r.URL, a.cookies)
	return a
}

// answer is a response that was read.
type answer struct {
	StatusCode int
	Header     http.Header
	cookies    []*http.Cookie
	body       string
}

func record(w *httptest.ResponseRecorder) *answer {
	res := w.Result()
	defer func() { _ = res.Body.Close() }()
	return &answer{res.StatusCode, res.Header, res.Cookies(), w.Body.String()}
}

func (b *browser) get(target string) *answer { return b.do(http.MethodGet, target, "") }

func (b *browser) post(target string, kv ...string) *answer {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return b.do(http.MethodPost, target, v.Encode())
}

// begin posts the start form and returns the state.
func (b *browser) begin(kv ...string) string {
	b.l.t.Helper()
	res := b.post("/connect/start", append([]string{"platform", "chirp", "server", "chirp.example"}, kv...)...)
	if res.StatusCode != http.StatusSeeOther {
		b.l.t.Fatalf("start: status %d: %s", res.StatusCode, text(res))
	}
	return mustURL(b.l.t, res.Header.Get("Location")).Query().Get("state")
}

func callback(state string, more ...string) string {
	v := url.Values{"state": {state}, "code": {canaryCode}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
		if more[i+1] == "" {
			v.Del(more[i])
		}
	}
	return "/connect/callback/chirp?" + v.Encode()
}

func text(a *answer) string { return a.body }

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// wantPage checks the status of an error page and its code.
func wantPage(t *testing.T, res *answer, status int, code string) string {
	t.Helper()
	body := text(res)
	if res.StatusCode != status || !strings.Contains(body, "Code: "+code+"<") {
		t.Fatalf("status %d, want %d with code %s: %s", res.StatusCode, status, code, body)
	}
	return body
}

func (l *lab) load(id string) smm.Credential {
	l.t.Helper()
	c, err := l.creds.CredentialStore.Load(l.t.Context(), "t1", ref(id))
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func (l *lab) wantStored(ids ...string) {
	l.t.Helper()
	got, err := l.creds.Accounts(l.t.Context(), "t1", "chirp")
	if err != nil {
		l.t.Fatal(err)
	}
	var have []string
	for _, r := range got {
		have = append(have, r.ID)
	}
	if !slices.Equal(have, ids) {
		l.t.Fatalf("stored accounts %q, want %q", have, ids)
	}
}

func wantIs(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Fatalf("error %v, want one that matches %v", err, w)
		}
	}
}

func wantText(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			t.Fatalf("%q is missing in %s", w, body)
		}
	}
}
