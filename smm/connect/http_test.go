package connect_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

func TestNothingBeginsFromAnotherSite(t *testing.T) {
	l := newLab(t)
	for _, h := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
		{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://blog.shop.example"}},
		{"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}}, // an old browser
		{"Sec-Fetch-Site": {""}, "Origin": {"null"}},
	} {
		b := l.browser()
		b.header = h
		for _, path := range []string{"/connect/start", "/connect/token/chirp", "/connect/choose"} {
			wantPage(t, b.post(path, "platform", "chirp", "token.handle", "me", "account", "chirp/channel/a"), http.StatusForbidden, "cross-site")
		}
	}
	for _, path := range []string{"/connect/start?platform=chirp", "/connect/start"} {
		wantPage(t, l.browser().get(path), http.StatusNotFound, "not-found")
	}
	if len(l.con.begun)+len(l.con.tokens)+len(l.store.puts) != 0 {
		t.Fatal("something was begun")
	}
	// A proxy that rewrites Host must not lock out an old browser of the own site.
	b := l.browser()
	b.header = http.Header{"Sec-Fetch-Site": {""}}
	if res := b.do(http.MethodPost, "http://internal:8080/connect/start", "platform=chirp"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", res.StatusCode, text(res))
	}
}

func TestBounds(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	wantPage(t, b.post("/connect/start", "platform", strings.Repeat("x", 300<<10)), http.StatusRequestEntityTooLarge, "too-large")
	wantPage(t, b.post("/connect/start", "platform", "chirp", "platform", "zwitscher"), http.StatusBadRequest, "form")
	wantPage(t, b.post("/connect/start", "platform", "chirp", "account", "chirp/channel/a", "account", "chirp/channel/b"), http.StatusBadRequest, "form")
	wantPage(t, b.do(http.MethodPost, "/connect/start", "platform=%zz"), http.StatusBadRequest, "form")
	wantPage(t, b.post("/connect/start", "platform", "chirp", "server", strings.Repeat("x", 3000)), http.StatusBadRequest, "invalid")
	wantPage(t, b.post("/connect/start", "platform", "chirp", "server", "a\x00b"), http.StatusBadRequest, "invalid")
	wantPage(t, b.post("/connect/start", "platform", "nobody"), http.StatusNotFound, "unsupported")
	wantPage(t, b.post("/connect/start"), http.StatusNotFound, "unsupported")
	wantPage(t, b.post("/connect/start", "platform", "zwitscher", "account", "chirp/channel/a"), http.StatusBadRequest, "invalid")
	wantPage(t, b.post("/connect/start", "platform", "chirp", "account", "chirp/post/a"), http.StatusBadRequest, "invalid")
	wantPage(t, b.get("/connect/?platform=chirp&platform=chirp"), http.StatusBadRequest, "form")
	wantPage(t, b.get("/connect/?x="+strings.Repeat("x", 40<<10)), http.StatusRequestURITooLong, "too-long")
	for _, m := range []string{http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		res := b.do(m, "/connect/callback/chirp", "")
		if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, POST" {
			t.Fatalf("%s: status %d", m, res.StatusCode)
		}
	}
	for _, p := range []string{"/connect/x", "/connect/start/x", "/connect/callback/", "/connect/callback", "/connect/token/", "/other"} {
		wantPage(t, b.get(p), http.StatusNotFound, "not-found")
	}
	if len(l.con.begun) != 0 {
		t.Fatal("something was begun")
	}
}

func TestHeaders(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	for target, action := range map[string]string{
		"/connect/":                  "form-action 'self' https:;",
		"/connect/token/chirp":       "form-action 'self';",
		"/connect/x":                 "form-action 'self';",
		callback(b.begin()):          "form-action 'self';",
		callback("unknown"):          "form-action 'self';",
		"/connect/choose?choice=abc": "form-action 'self';",
	} {
		h := b.get(target).Header
		csp := h.Get("Content-Security-Policy")
		wantText(t, csp, "default-src 'none'", "style-src 'sha256-", "frame-ancestors 'none'", "base-uri 'none'", action)
		for k, v := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"} {
			if h.Get(k) != v {
				t.Errorf("%s: %s is %q", target, k, h.Get(k))
			}
		}
	}
	res := b.post("/connect/start", "platform", "chirp")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Referrer-Policy") != "no-referrer" || text(res) != "" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
}

func TestReturnPath(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	for _, p := range []string{
		"https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)", "settings",
		"/./%2e%2e//evil.example", "/a/../..//evil.example", "/%2e%2e/x", "/a//b", "/%5cevil.example", "/%2f/evil.example", "/\u2028", "/a b", "/%zz", "/" + strings.Repeat("a", 2100),
	} {
		wantPage(t, b.post("/connect/start", "platform", "chirp", "return", p), http.StatusBadRequest, "invalid")
		_, err := l.flow.Begin(t.Context(), connect.BeginRequest{Platform: "chirp", Return: p})
		wantIs(t, err, smm.ErrInvalid)
		_, err = l.flow.AcceptToken(t.Context(), connect.TokenRequest{Platform: "chirp", Return: p})
		wantIs(t, err, smm.ErrInvalid)
	}
	for _, p := range []string{"/", "/settings", "/a/b.html?tab=2&u=https://x.example//y#part", "/%C3%A4"} {
		if _, err := l.flow.Begin(t.Context(), connect.BeginRequest{Platform: "chirp", Return: p}); err != nil {
			t.Fatalf("%q: %v", p, err)
		}
	}
}

func TestConsentAddresses(t *testing.T) {
	for _, u := range []string{"javascript:alert(1)", "http://platform.example/x", "/connect/", "https://user@platform.example/", "https://", "data:text/html,x", "https://platform.example/\r\nX: y", "http://127.0.0.1/x"} {
		l := newLab(t)
		l.con.url = u
		wantPage(t, l.browser().post("/connect/start", "platform", "chirp"), http.StatusForbidden, "forbidden")
		if len(l.store.puts) != 0 {
			t.Fatal("something is under way")
		}
	}
}

func TestLoopback(t *testing.T) {
	l := newLab(t, func(c *connect.Config) { c.BaseURL = "http://127.0.0.1:8080/connect" })
	l.con.url = "http://localhost:3000/authorize"
	b := l.browser()
	b.header = http.Header{"Origin": {"http://127.0.0.1:8080"}}
	res := b.do(http.MethodPost, "http://127.0.0.1:8080/connect/start", "platform=chirp")
	c := res.Cookies()
	if len(c) != 1 || !strings.HasPrefix(c[0].Name, "smm-") || c[0].Secure || c[0].Path != "/connect/" || !c[0].HttpOnly {
		t.Fatalf("cookie %v", c)
	}
	wantText(t, text(b.get("http://127.0.0.1:8080"+callback(l.con.begun[0].State))), "Connected to Chirp")
	// A name that resolves to the loopback address (DNS rebinding).
	b = l.browser()
	b.header = http.Header{"Origin": {"http://evil.example:8080"}}
	wantPage(t, b.do(http.MethodPost, "http://evil.example:8080/connect/start", "platform=chirp"), http.StatusMisdirectedRequest, "host")
	csp := b.get("http://127.0.0.1:8080/connect/").Header.Get("Content-Security-Policy")
	wantText(t, csp, "form-action 'self' https: http:;")
}

func TestErrorsOfTheConnector(t *testing.T) {
	vendor := func(err error) error {
		return &smm.Error{Op: "token", Platform: "chirp", Status: 418, Code: "E1", Message: canaryWords, RequestID: "r1", Err: err}
	}
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{vendor(smm.ErrInvalid), 400, "invalid"},
		{vendor(smm.ErrUnauthorized), 403, "refused"},
		{vendor(smm.ErrForbidden), 403, "forbidden"},
		{vendor(smm.ErrNotFound), 404, "not-found"},
		{vendor(smm.ErrUnsupported), 404, "unsupported"},
		{vendor(smm.ErrRejected), 422, "rejected"},
		{vendor(smm.ErrUnavailable), 503, "unavailable"},
		{vendor(&smm.RateLimitError{After: 90e9}), 503, "rate-limited"},
		{vendor(nil), 500, "internal"},
		{errors.New("oops"), 500, "internal"},
	} {
		l := newLab(t)
		l.con.beginErr = c.err
		res := l.browser().post("/connect/start", "platform", "chirp", "return", "/back")
		if c.code == "rate-limited" && res.Header.Get("Retry-After") != "90" {
			t.Fatalf("Retry-After %q", res.Header.Get("Retry-After"))
		}
		body := wantPage(t, res, c.status, c.code)
		wantText(t, body, `href="/connect/?platform=chirp&amp;return=%2Fback"`, `href="/back"`)
		if len(l.store.puts) != 0 || len(res.Cookies()) != 0 {
			t.Fatal("something is under way")
		}

		l = newLab(t)
		l.con.finishErr = c.err
		b := l.browser()
		body = wantPage(t, b.get(callback(b.begin("return", "/back"))), c.status, c.code)
		wantText(t, body, `href="/back"`)
		l.wantStored()
		if strings.Contains(body+l.log.String(), canaryWords) {
			t.Fatal("the vendor's words are on the page or in the log")
		}
		wantText(t, l.log.String(), "code="+c.code)
	}
}

func TestWhatThePersonTypedIsExplained(t *testing.T) {
	l := newLab(t)
	l.con.beginErr = &smm.Error{Op: "begin", Platform: "chirp", Err: smm.ErrInvalid, Message: "<b>no server here</b>"}
	wantText(t, wantPage(t, l.browser().post("/connect/start", "platform", "chirp"), 400, "invalid"), "&lt;b&gt;no server here&lt;/b&gt;")
}

func TestWithoutIdentify(t *testing.T) {
	l := newLab(t, func(c *connect.Config) { c.Identify = nil })
	wantPage(t, l.browser().get("/connect/"), http.StatusInternalServerError, "internal")
	wantText(t, l.log.String(), "Identify is nil")
}

func TestStoreFails(t *testing.T) {
	l := newLab(t)
	l.store.err = smm.ErrUnavailable
	wantPage(t, l.browser().post("/connect/start", "platform", "chirp"), http.StatusServiceUnavailable, "storage")

	l = newLab(t)
	b := l.browser()
	state := b.begin()
	l.store.err = errors.New("disk")
	wantPage(t, b.get(callback(state)), http.StatusInternalServerError, "internal")

	l = newLab(t)
	l.seal.lost = true
	wantPage(t, l.browser().post("/connect/start", "platform", "chirp"), http.StatusInternalServerError, "sealed")

	l = newLab(t)
	b = l.browser()
	state = b.begin()
	l.seal.lost = true
	wantPage(t, b.get(callback(state)), http.StatusInternalServerError, "sealed")
	if len(l.con.finished) != 0 {
		t.Fatal("a code was redeemed")
	}
}
