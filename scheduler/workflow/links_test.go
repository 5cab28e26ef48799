package workflow_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

func key(id string) workflow.Key {
	return workflow.Key{ID: id, Secret: smm.NewSecret(strings.Repeat(id, 32))}
}

// lobby is an office that sends links to a client.
type lobby struct {
	*office

	links   *workflow.Links
	handler http.Handler
}

func newLobby(t *testing.T, c workflow.Content) *lobby {
	t.Helper()
	w := &lobby{office: newOffice(t, workflow.GateOptions{})}
	var err error
	w.links, err = workflow.NewLinks(w.svc, key("k"))
	ok(t, err)
	w.handler = w.links.Handler()
	_, err = w.svc.Create(w.ctx, "", anna, workflow.Item{ID: "a", Content: c})
	ok(t, err)
	w.do("a", anna, workflow.Move{Stage: "review"})
	w.do("a", anna, workflow.RequestApproval{})
	return w
}

func request() workflow.LinkRequest {
	return workflow.LinkRequest{Draft: "a", Step: "brand", Person: "mail:eve@client.example", Roles: []string{"boss"}, Expires: t0.Add(72 * time.Hour)}
}

func (w *lobby) issue() (string, workflow.Claims) {
	w.t.Helper()
	token, c, err := w.links.Issue(w.ctx, request())
	ok(w.t, err)
	return token, c
}

func (w *lobby) request(method, token string, form url.Values, headers ...string) (int, string, http.Header) {
	w.t.Helper()
	req := httptest.NewRequestWithContext(w.ctx, method, "/approve/"+token, strings.NewReader(form.Encode()))
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	return rec.Code, rec.Body.String(), rec.Header()
}

var formField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// form reads the page and fills it in.
func (w *lobby) form(token, decision, reason string) url.Values {
	w.t.Helper()
	status, body, _ := w.request(http.MethodGet, token, nil)
	m := formField.FindStringSubmatch(body)
	if status != http.StatusOK || m == nil {
		w.t.Fatalf("no form, status %d:\n%s", status, body)
	}
	return url.Values{"form": {m[1]}, "decision": {decision}, "reason": {reason}}
}

func (w *lobby) want(method, token string, form url.Values, status int, words string, headers ...string) {
	w.t.Helper()
	got, body, _ := w.request(method, token, form, headers...)
	if got != status || !strings.Contains(body, words) {
		w.t.Fatalf("%s gives %d, want %d and %q:\n%s", method, got, status, words, body)
	}
}

func (w *lobby) stage(want string) {
	w.t.Helper()
	d, err := w.svc.Get(w.ctx, "", "a")
	ok(w.t, err)
	if d.Stage != want {
		w.t.Fatalf("stage %s, want %s", d.Stage, want)
	}
}

func TestLinkApprovesOnce(t *testing.T) { synctest.Test(t, testLinkApprovesOnce) }

func testLinkApprovesOnce(t *testing.T) {
	w := newLobby(t, content("hello"))
	token, _ := w.issue()
	yes := w.form(token, "approve", "fine")
	for range 3 { // looking changes nothing
		w.want(http.MethodGet, token, nil, http.StatusOK, "hello")
		w.want(http.MethodHead, token, nil, http.StatusOK, "")
	}
	w.stage("review")
	w.want(http.MethodPost, token, yes, http.StatusOK, "You approved this")
	w.stage(workflow.StageApproved)
	before, err := w.svc.Get(w.ctx, "", "a")
	ok(t, err)
	w.want(http.MethodPost, token, yes, http.StatusOK, "You approved this") // the reply was lost, or a double click
	after, err := w.svc.Get(w.ctx, "", "a")
	ok(t, err)
	if len(after.Approvals) != 1 || len(after.Audit) != len(before.Audit) || after.Approvals[0].By != request().Person {
		t.Fatalf("approvals %+v", after.Approvals)
	}
	no := url.Values{"form": yes["form"], "decision": {"reject"}, "reason": {"changed my mind"}}
	w.want(http.MethodPost, token, no, http.StatusConflict, "decided already")
	w.stage(workflow.StageApproved)
	w.want(http.MethodGet, token, nil, http.StatusOK, "You approved this")
	w.schedule("a")
	w.public("hello")
}

func TestLinkRejectsWithAReason(t *testing.T) { synctest.Test(t, testLinkRejectsWithAReason) }

func testLinkRejectsWithAReason(t *testing.T) {
	w := newLobby(t, content("hello"))
	token, _ := w.issue()
	w.want(http.MethodPost, token, w.form(token, "reject", ""), http.StatusUnprocessableEntity, "Say what must change")
	w.want(http.MethodPost, token, w.form(token, "maybe", "x"), http.StatusUnprocessableEntity, "Choose Approve or Reject")
	w.want(http.MethodPost, token, w.form(token, "reject", strings.Repeat("x", 4001)), http.StatusUnprocessableEntity, "too long")
	w.stage("review")
	w.want(http.MethodPost, token, w.form(token, "reject", "the date is wrong"), http.StatusOK, "You rejected this")
	w.stage("production")
	w.want(http.MethodPost, token, url.Values{"form": {"x"}, "decision": {"approve"}}, http.StatusForbidden, "did not come from the page")
}

func TestLinkOfAnOlderVersionOffersNothing(t *testing.T) {
	synctest.Test(t, testLinkOfAnOlderVersionOffersNothing)
}

func testLinkOfAnOlderVersionOffersNothing(t *testing.T) {
	w := newLobby(t, content("hello"))
	token, _ := w.issue()
	yes := w.form(token, "approve", "")
	w.do("a", anna, workflow.Edit{Content: content("secret new words")})
	w.do("a", anna, workflow.RequestApproval{})
	status, body, _ := w.request(http.MethodGet, token, nil)
	if status != http.StatusGone || !strings.Contains(body, "has changed") || strings.Contains(body, "secret") || strings.Contains(body, "<form") {
		t.Fatalf("status %d:\n%s", status, body)
	}
	w.want(http.MethodPost, token, yes, http.StatusGone, "has changed")
	w.stage("review")
	d, err := w.svc.Get(w.ctx, "", "a")
	ok(t, err)
	if len(d.Approvals) != 0 {
		t.Fatalf("approvals %+v", d.Approvals)
	}
}

func TestLinksEndAndAreRevoked(t *testing.T) { synctest.Test(t, testLinksEndAndAreRevoked) }

func testLinksEndAndAreRevoked(t *testing.T) {
	w := newLobby(t, content("hello"))
	token, c := w.issue()
	other, _ := w.issue()
	yes := w.form(token, "approve", "")
	w.do("a", anna, workflow.RevokeLink{ID: c.ID})
	w.want(http.MethodGet, token, nil, http.StatusOK, "taken back")
	w.want(http.MethodPost, token, yes, http.StatusConflict, "decided already")
	w.clock.Advance(72*time.Hour - time.Second)
	yes = w.form(other, "approve", "")
	w.clock.Advance(time.Second)
	w.want(http.MethodGet, other, nil, http.StatusGone, "expired")
	w.want(http.MethodPost, other, yes, http.StatusGone, "expired")
	w.stage("review")
	_, err := w.links.Open(other)
	wantIs(t, err, workflow.ErrLinkExpired)
	wantIs(t, err, smm.ErrForbidden)
}

func TestLinksCannotBeForged(t *testing.T) { synctest.Test(t, testLinksCannotBeForged) }

func testLinksCannotBeForged(t *testing.T) {
	w := newLobby(t, content("hello"))
	token, want := w.issue()
	for i := range len(token) {
		for _, c := range []byte{'A', 'B', '.', '-'} {
			if token[i] == c {
				continue
			}
			if _, err := w.links.Open(token[:i] + string(c) + token[i+1:]); err == nil {
				t.Fatalf("a token with byte %d changed is taken", i)
			}
		}
		if _, err := w.links.Open(token[:i]); err == nil {
			t.Fatalf("a token cut at %d is taken", i)
		}
	}
	got, err := w.links.Open(token)
	ok(t, err)
	if got.ID != want.ID || got.Person != want.Person {
		t.Fatalf("claims %+v", got)
	}
	form := w.form(token, "approve", "")
	parts := strings.Split(token, ".")
	w.want(http.MethodGet, parts[0]+"."+parts[1]+"."+form.Get("form"), nil, http.StatusNotFound, "not complete") // another use of the key
	for _, bad := range []string{"", "x", "a.b", "a.b.c", "..", strings.Repeat("a", 5000)} {
		_, err := w.links.Open(bad)
		wantIs(t, err, workflow.ErrBadLink)
	}

	rotated, err := workflow.NewLinks(w.svc, key("n"), key("k"))
	ok(t, err)
	_, err = rotated.Open(token)
	ok(t, err)
	fresh, _, err := rotated.Issue(w.ctx, request())
	ok(t, err)
	_, err = w.links.Open(fresh)
	wantIs(t, err, workflow.ErrBadLink)
	dropped, err := workflow.NewLinks(w.svc, key("n"))
	ok(t, err)
	_, err = dropped.Open(token)
	wantIs(t, err, workflow.ErrBadLink)
	same, err := workflow.NewLinks(w.svc, workflow.Key{ID: "k", Secret: smm.NewSecret(strings.Repeat("z", 32))})
	ok(t, err)
	_, err = same.Open(token)
	wantIs(t, err, workflow.ErrBadLink)
}

func TestLinksFromElsewhere(t *testing.T) { synctest.Test(t, testLinksFromElsewhere) }

func testLinksFromElsewhere(t *testing.T) {
	w := newLobby(t, content("hello"))
	token, _ := w.issue()
	other, _ := w.issue()
	yes := w.form(token, "approve", "")
	w.want(http.MethodPost, token, yes, http.StatusForbidden, "did not come from", "Sec-Fetch-Site", "cross-site")
	w.want(http.MethodPost, token, yes, http.StatusForbidden, "did not come from", "Origin", "https://evil.example")
	w.want(http.MethodPost, other, yes, http.StatusForbidden, "did not come from")
	w.want(http.MethodPost, token, url.Values{"decision": {"approve"}}, http.StatusForbidden, "did not come from")
	w.want(http.MethodDelete, token, nil, http.StatusMethodNotAllowed, "")
	w.stage("review")
	large := url.Values{"form": yes["form"], "decision": {"approve"}, "reason": {strings.Repeat("x", 100_000)}}
	w.want(http.MethodPost, token, large, http.StatusForbidden, "")
	w.stage("review")
}

func TestPageIsSafeAndComplete(t *testing.T) { synctest.Test(t, testPageIsSafeAndComplete) }

func testPageIsSafeAndComplete(t *testing.T) {
	evil := `<script>alert(1)</script>"><img src=x onerror=y>` + "\u202e"
	c := content(evil)
	c.Zone = "Europe/Berlin"
	c.Post.ContentWarning = evil
	c.Post.Media = []smm.Media{{Name: "cat.png", Hash: "00", AltText: "A cat " + evil}, {Name: "dog.png", Hash: "00"}}
	c.Post.Thread = []smm.Post{{Text: "part two"}}
	c.Post.FirstComment = "the comment"
	c.Post.Card = &smm.Card{URL: "javascript:alert(1)", Title: evil}
	c.Post.Poll = &smm.Poll{Options: []string{"yes", evil}}
	c.Post.Disclosure = smm.Disclosure{Paid: true, Sponsor: "ACME"}
	only := "only on other"
	c.Post.Variants = map[smm.Platform]smm.Variant{"other": {Text: &only}}
	c.Channels = []smm.Ref{schedulertest.Channel("main"), schedulertest.Channel("two"), {Platform: "other", Kind: smm.KindChannel, ID: evil}}
	w := newLobby(t, c)
	token, _ := w.issue()
	_, body, h := w.request(http.MethodGet, token, nil)
	for _, bad := range []string{"<script", "<img", "src=\"", "href=", "http://", "https://", "url("} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{
		"&lt;script&gt;", "cat.png", "Alt text: ", "No alt text.", "part two", "the comment", "javascript:alert(1)", "paid, by ACME", "only on other",
		"fake/channel/main, fake/channel/two", "13:00:00 CET", "12:00:00 UTC", `<html lang="en">`, `<label for="reason">`, "noindex",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("policy %q", csp)
	}
	if strings.Contains(token, "kkkk") {
		t.Errorf("the token holds the secret")
	}
}

func TestLinkRequestsAreChecked(t *testing.T) { synctest.Test(t, testLinkRequestsAreChecked) }

func testLinkRequestsAreChecked(t *testing.T) {
	w := newLobby(t, content("hello"))
	for name, spoil := range map[string]func(r *workflow.LinkRequest){
		"step":    func(r *workflow.LinkRequest) { r.Step = "x" },
		"person":  func(r *workflow.LinkRequest) { r.Person = "" },
		"roles":   func(r *workflow.LinkRequest) { r.Roles = []string{"writer"} },
		"past":    func(r *workflow.LinkRequest) { r.Expires = t0 },
		"forever": func(r *workflow.LinkRequest) { r.Expires = t0.Add(workflow.MaxLinkLife + time.Second) },
		"long":    func(r *workflow.LinkRequest) { r.Person = strings.Repeat("x", 3000) },
	} {
		r := request()
		spoil(&r)
		if _, _, err := w.links.Issue(w.ctx, r); err == nil {
			t.Errorf("%s: a link was made", name)
		} else {
			wantIs(t, err, smm.ErrInvalid)
		}
	}
	for _, keys := range [][]workflow.Key{nil, {{ID: "k", Secret: smm.NewSecret("short")}}, {key("k"), key("k")}, {{Secret: key("k").Secret}}} {
		_, err := workflow.NewLinks(w.svc, keys...)
		wantIs(t, err, smm.ErrInvalid)
	}
	if _, err := workflow.NewLinks(nil, key("k")); err == nil {
		t.Errorf("links without a service")
	}
}
