package connect_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

func TestConnect(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	wantText(t, text(b.get("/connect/?return=/settings")), `action="/connect/start"`, "Connect Chirp", "Your server", `value="/settings"`, "publish posts", "/connect/token/chirp?return=")
	b.header.Set("Accept-Language", "de-AT,de;q=0.9")
	state := b.begin("return", "/settings?tab=2")

	req := l.con.begun[0]
	if req.Server != "chirp.example" || req.Redirect != base+"/callback/chirp" || req.State != state || len(state) != 43 || req.Language != "de-AT" || !req.Account.IsZero() {
		t.Fatalf("request %+v", req)
	}
	// What no channel can ever have is not asked for.
	if want := []string{"profile", "read", "write"}; !slices.Equal(req.Scopes, want) {
		t.Fatalf("scopes %q, want %q", req.Scopes, want)
	}
	res := b.get(callback(state))
	body := text(res)
	wantText(t, body, "Name of a", "Connected to Chirp", `href="/settings?tab=2"`)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d", res.StatusCode)
	}
	l.wantStored("a")
	if c := l.load("a"); c.AccessToken.Reveal() != canaryAccess+"a" || c.RefreshToken.Reveal() != canaryRefresh+"a" || c.Extra["key"].Reveal() != canaryExtra || c.Version != 1 {
		t.Fatalf("credential %+v", c)
	}
	if s := l.con.starts[0]; s.Private.Reveal() != canaryPrivate || s.Redirect != req.Redirect || !slices.Equal(s.Scopes, req.Scopes) {
		t.Fatalf("the connector did not get back what it began: %+v", s)
	}
	if r := l.con.finished[0]; r.Code.Reveal() != canaryCode || r.State != state {
		t.Fatalf("reply %+v", r)
	}
	if left := b.jar.Cookies(mustURL(t, base)); len(left) != 0 {
		t.Fatalf("cookies that are over: %v", left)
	}
}

// TestConnectOverTLS goes through a real server with a real client.
func TestConnectOverTLS(t *testing.T) {
	l := newLab(t)
	var h http.Handler
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	defer srv.Close()
	l = newLab(t, func(c *connect.Config) { c.BaseURL = srv.URL + "/connect/" })
	mux := http.NewServeMux()
	mux.Handle("/connect/", http.StripPrefix("/connect", l.flow)) // either way of mounting
	h = mux

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := srv.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.PostForm(srv.URL+"/connect/start", url.Values{"platform": {"chirp"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	c := res.Cookies()
	if len(c) != 1 || !strings.HasPrefix(c[0].Name, "__Host-smm-") || !c[0].Secure || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].Path != "/" || c[0].Domain != "" || c[0].MaxAge != 900 {
		t.Fatalf("cookie %v", c)
	}
	res, err = client.Get(srv.URL + callback(mustURL(t, res.Header.Get("Location")).Query().Get("state")))
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, text(res), "Connected to Chirp")
	_ = res.Body.Close()
	l.wantStored("a")
}

func TestStateIsKeptAsHashAndSealed(t *testing.T) {
	l := newLab(t)
	state := l.browser().begin()
	sum := sha256.Sum256([]byte(state))
	sealed, ok := l.store.puts[hex.EncodeToString(sum[:])]
	if !ok || len(l.store.puts) != 1 {
		t.Fatalf("kept under %d ids, none of them the hash of the state", len(l.store.puts))
	}
	for _, s := range []string{state, canaryPrivate, "chirp", "t1"} {
		if strings.Contains(string(sealed), s) {
			t.Fatalf("%q lies open in the store", s)
		}
	}
}

func TestDenied(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()
	body := wantPage(t, b.get(callback(state, "code", "", "error", "access_denied", "error_description", canaryWords)), http.StatusForbidden, "denied")
	if strings.Contains(body, canaryWords) {
		t.Fatal("the page repeats words from the address")
	}
	if len(l.con.finished) != 0 {
		t.Fatal("the connector was asked to redeem a refusal")
	}
	wantPage(t, b.get(callback(state)), http.StatusBadRequest, "state")
	l.wantStored()
}

func TestRefusalsInTheVendorsWords(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{smm.ErrForbidden, 403, "denied"},
		{nil, 403, "denied"}, // a connector that overlooks the error does not connect anything
		{smm.ErrUnavailable, 503, "unavailable"},
	} {
		l := newLab(t)
		l.con.finishErr = c.err
		b := l.browser()
		wantPage(t, b.get(callback(b.begin(), "code", "", "error", "user_cancelled_login")), c.status, c.code)
		if len(l.con.finished) != 1 || l.con.finished[0].Error != "user_cancelled_login" {
			t.Fatalf("the connector saw %+v", l.con.finished)
		}
		l.wantStored()
	}
}

func TestStateIsUsedOnce(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()
	cookies := b.jar.Cookies(mustURL(t, base))
	if res := b.get(callback(state)); res.StatusCode != http.StatusOK {
		t.Fatal(text(res))
	}
	b.jar.SetCookies(mustURL(t, base), cookies) // as if the browser had kept it
	wantPage(t, b.get(callback(state)), http.StatusBadRequest, "state")
	if len(l.con.finished) != 1 {
		t.Fatalf("the connector was asked %d times", len(l.con.finished))
	}
}

func TestAnotherBrowser(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()

	// Without the cookie nothing is used up.
	wantPage(t, l.browser().get(callback(state)), http.StatusBadRequest, "state")
	// The cookie of an authorization of one's own does not help.
	thief := l.browser()
	thief.begin()
	wantPage(t, thief.get(callback(state)), http.StatusBadRequest, "state")
	// Nor does any value under the right name, which ends the authorization.
	forged := l.browser()
	forged.jar.SetCookies(mustURL(t, base), []*http.Cookie{{Name: "__Host-" + connect.BindingName(state), Value: strings.Repeat("A", 43), Path: "/"}})
	right := b.jar.Cookies(mustURL(t, base))
	wantPage(t, forged.get(callback(state)), http.StatusBadRequest, "state")
	b.jar.SetCookies(mustURL(t, base), right)
	wantPage(t, b.get(callback(state)), http.StatusBadRequest, "state")
	if len(l.con.finished) != 0 {
		t.Fatal("a code was redeemed")
	}
	l.wantStored()
}

func TestRightBrowserAfterAStranger(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()
	wantPage(t, l.browser().get(callback(state)), http.StatusBadRequest, "state")
	wantText(t, text(b.get(callback(state))), "Connected to Chirp")
}

func TestCookiePlantedTwice(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()
	name := "__Host-" + connect.BindingName(state)
	b.header.Set("Cookie", name+"=planted")
	wantPage(t, b.get(callback(state)), http.StatusBadRequest, "state")
}

func TestTwoTabs(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	first, second := b.begin("return", "/one"), b.begin("return", "/two")
	if first == second {
		t.Fatal("the same state twice")
	}
	wantText(t, text(b.get(callback(second))), `href="/two"`)
	wantText(t, text(b.get(callback(first))), `href="/one"`)
}

func TestManyTabsDoNotPileUp(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	most := 0
	for range 60 {
		b.begin()
		most = max(most, len(b.jar.Cookies(mustURL(t, base))))
	}
	if most > 17 {
		t.Fatalf("%d cookies", most)
	}
	wantText(t, text(b.get(callback(b.begin()))), "Connected to Chirp")
}

func TestExpiry(t *testing.T) {
	for _, c := range []struct {
		platform, after time.Duration
		ok              bool
	}{
		{0, 15*time.Minute - time.Second, true},
		{0, 15 * time.Minute, false},
		{time.Minute, time.Minute - time.Second, true},
		{time.Minute, time.Minute, false}, // the platform's end comes first
		{time.Hour, 15 * time.Minute, false},
	} {
		l := newLab(t)
		l.con.expires = c.platform
		// A store whose clock is behind must not make it last longer.
		l.store.Store = connect.NewMemoryStore(nil)
		l.store.Store = laxStore{l.store.Store}
		b := l.browser()
		state := b.begin()
		cookies := b.jar.Cookies(mustURL(t, base))
		l.clock.Advance(c.after)
		b.jar.SetCookies(mustURL(t, base), cookies)
		res := b.get(callback(state))
		if c.ok != (res.StatusCode == http.StatusOK) {
			t.Fatalf("%+v: status %d", c, res.StatusCode)
		}
		if !c.ok {
			wantPage(t, res, http.StatusBadRequest, "state")
		}
	}
	l := newLab(t)
	l.con.expires = -time.Second
	wantPage(t, l.browser().post("/connect/start", "platform", "chirp"), http.StatusServiceUnavailable, "unavailable")
}

func TestTenant(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()
	b.header.Set("Test-User", "t2")
	wantPage(t, b.get(callback(state)), http.StatusBadRequest, "state")
	if len(l.con.finished) != 0 {
		t.Fatal("a code was redeemed for another tenant")
	}
	// Nobody signed in uses nothing up.
	state = func() string { b.header.Del("Test-User"); return b.begin() }()
	b.header.Set("Test-User", "nobody")
	wantPage(t, b.get(callback(state)), http.StatusUnauthorized, "sign-in")
	b.header.Set("Test-User", "guest")
	wantPage(t, b.get(callback(state)), http.StatusForbidden, "forbidden")
	b.header.Del("Test-User")
	wantText(t, text(b.get(callback(state))), "Connected to Chirp")
	if got, _ := l.creds.Accounts(t.Context(), "t2", "chirp"); len(got) != 0 {
		t.Fatal("another tenant got the account")
	}
}

func TestIssuer(t *testing.T) {
	for _, c := range []struct {
		asked, answered string
		ok              bool
	}{
		{"https://one.example", "https://one.example", true},
		{"https://one.example", "https://two.example", false},
		{"https://one.example", "https://one.example/", false}, // compared as strings, RFC 9207 section 2.4
		{"https://one.example", "", true},                      // whether it must be there is the connector's to know
		{"", "https://two.example", true},
	} {
		l := newLab(t)
		l.con.issuer = c.asked
		b := l.browser()
		res := b.get(callback(b.begin(), "iss", c.answered))
		if c.ok {
			wantText(t, text(res), "Connected to Chirp")
			continue
		}
		wantPage(t, res, http.StatusBadRequest, "issuer")
		if len(l.con.finished) != 0 {
			t.Fatal("the code was sent to the wrong server")
		}
		// A refusal of the wrong server is not believed either.
		b = l.browser()
		wantPage(t, b.get(callback(b.begin(), "iss", c.answered, "code", "", "error", "access_denied")), http.StatusBadRequest, "issuer")
	}
}

func TestRedirectOfAnotherPlatform(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	res := b.get(strings.Replace(callback(b.begin()), "/chirp?", "/zwitscher?", 1))
	wantPage(t, res, http.StatusBadRequest, "issuer")
	if len(l.con.finished)+len(l.other.finished) != 0 {
		t.Fatal("a code was redeemed")
	}
	if a, b := l.flow.RedirectURL("chirp"), l.flow.RedirectURL("zwitscher"); a != base+"/callback/chirp" || a == b {
		t.Fatalf("redirects %s, %s", a, b)
	}
}

func TestSealedEntryIsBoundToItsPlace(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	one, two := b.begin(), b.begin()
	// Somebody who can write the store puts the one in the place of the other.
	sum := sha256.Sum256([]byte(one))
	l.store.swap = func(string, []byte) []byte { return l.store.puts[hex.EncodeToString(sum[:])] }
	wantPage(t, b.get(callback(two)), http.StatusInternalServerError, "sealed")
	if len(l.con.finished) != 0 {
		t.Fatal("a code was redeemed")
	}
}

func TestTamperedAnswers(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()
	flipped := "A" + state[1:]
	if state[0] == 'A' {
		flipped = "B" + state[1:]
	}
	for _, c := range []struct {
		target string
		status int
		code   string
	}{
		{callback(flipped), 400, "state"},
		{callback(state + "A"), 400, "state"},
		{callback(strings.Repeat("A", 5000)), 400, "state"},
		{callback("", "state", ""), 400, "invalid"},
		{callback(state, "code", ""), 400, "invalid"},
		{callback(state, "error", "access_denied"), 400, "invalid"}, // both code and error
		{callback(state) + "&state=" + state, 400, "invalid"},
		{callback(state) + "&code=two", 400, "invalid"},
		{callback(state) + "&iss=a&iss=b", 400, "invalid"},
		{callback(state, "code", strings.Repeat("x", 9<<10)), 400, "invalid"},
		{callback(state) + "&x=" + strings.Repeat("x", 33<<10), 414, "too-long"},
		{callback(state) + "&x=%zz", 400, "form"},
		{callback(state) + ";x=1", 400, "form"},
		{strings.Replace(callback(state), "/chirp?", "/nobody?", 1), 404, "not-found"},
		{strings.Replace(callback(state), "/chirp?", "/chirp/x?", 1), 404, "not-found"},
	} {
		wantPage(t, b.get(c.target), c.status, c.code)
	}
	wantText(t, text(b.get(callback(state))), "Connected to Chirp") // none of them used it up
}

// laxStore keeps for ever.
type laxStore struct{ connect.Store }

func (s laxStore) Put(ctx context.Context, id string, sealed []byte, _ time.Time) error {
	return s.Store.Put(ctx, id, sealed, time.Now().Add(time.Hour))
}
