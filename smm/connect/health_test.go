package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

func connections() []connect.AccountHealth {
	works := smm.Health{
		Channel: ref("a"), AsOf: start, State: smm.ConnectionWorks,
		Facts: smm.Facts{
			AccountType: "page", Plan: "Pro", Software: "chirpd 4.2", Scopes: []string{"read"},
			Token: smm.TokenFacts{Obtained: start.Add(-72 * time.Hour), Expires: start.Add(90 * time.Minute), Renews: true},
			Quotas: []smm.QuotaState{
				{Key: smm.QuotaKey{Bucket: "statuses"}, Limit: 300, Remaining: 240, Reset: start.Add(2 * time.Hour), Percent: -1},
				{Key: smm.QuotaKey{Bucket: "calls"}, Limit: -1, Remaining: -1, Percent: 37.4},
				{Key: smm.QuotaKey{Bucket: "unknown"}, Limit: -1, Remaining: -1, Percent: -1},
			},
		},
		Capabilities: smm.NewCapabilities(start, map[smm.Capability]smm.Support{
			smm.CapPost:         {State: smm.StateGranted},
			smm.CapListComments: {State: smm.StateScope, Cure: "connect again and allow reading", Missing: []string{"read"}},
			smm.CapAds:          {State: smm.StateNever},
		}, smm.Limits{}),
	}
	return []connect.AccountHealth{
		{Name: "Bakery", Health: works},
		{Health: smm.Health{Channel: smm.Ref{Platform: "chirp", Space: "home.example", Kind: smm.KindChannel, ID: "17"}, AsOf: start, State: smm.ConnectionReconnect, Cure: "connect the account again",
			Facts: smm.Facts{Token: smm.TokenFacts{Expires: start.Add(-30 * time.Second), Refreshing: true}}}},
		{Name: "Brewery", Health: smm.Health{Channel: ref("c"), State: smm.ConnectionUnreachable, Cure: "wait and look again"}},
		{Name: "New", Health: smm.Health{Channel: ref("d")}},
	}
}

func TestHealthPage(t *testing.T) {
	l := newLab(t)
	list, fail := connections(), error(nil)
	var asked smm.Tenant
	h := l.flow.HealthHandler(func(_ context.Context, tenant smm.Tenant) ([]connect.AccountHealth, error) {
		asked = tenant
		return list, fail
	})
	get := func(method, user string) *http.Response {
		r := httptest.NewRequest(method, "https://shop.example/health", nil)
		r.Header.Set("Test-User", user)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	res := get(http.MethodGet, "")
	body := text(res)
	if asked != "t1" || res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%q %d", asked, res.StatusCode)
	}
	wantText(t, body, "Bakery", "Chirp, page, chirpd 4.2", ">works<", "3 days old, ends in 1 hour, renewed by itself", "Pro",
		"statuses: 240 of 300 left until 14:00 UTC, 26 November", "calls: 37 % used", "read comments: connect again and allow reading",
		"home.example 17", "must be connected again", "connect the account again", "ended less than a minute ago, a renewal is under way",
		"does not answer", "not known", `href="/connect/?account=chirp%40home.example%2Fchannel%2F17&amp;platform=chirp"`, "12:00 UTC, 26 November 2026")
	for _, s := range []string{"manage advertising", "unknown"} {
		if strings.Contains(body, s) {
			t.Errorf("%q is on the page", s)
		}
	}
	list = nil
	wantText(t, text(get(http.MethodGet, "")), "No account is connected yet.")
	wantPage(t, get(http.MethodGet, "nobody"), http.StatusUnauthorized, "sign-in")
	wantPage(t, get(http.MethodPut, ""), http.StatusMethodNotAllowed, "method")
	fail = errors.New("oops " + canaryWords)
	if strings.Contains(wantPage(t, get(http.MethodGet, ""), http.StatusInternalServerError, "internal"), canaryWords) {
		t.Fatal("the page tells an internal error")
	}
}
