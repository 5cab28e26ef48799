package smm_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func TestParseConnectReply(t *testing.T) {
	long := strings.Repeat("x", 9<<10)
	for query, ok := range map[string]bool{
		"code=c&state=s":                                            true,
		"code=c&state=s&iss=https%3A%2F%2Fa.b":                      true,
		"error=access_denied&state=s&error_description=No%0Athanks": true,
		"":                            false,
		"code=c":                      false, // whose?
		"state=s":                     false, // neither granted nor denied
		"code=c&state=s&error=denied": false,
		"code=c&code=d&state=s":       false,
		"code=c&state=s&state=s":      false,
		"code=c&state=s&iss=a&iss=b":  false,
		"code=" + long + "&state=s":   false,
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		r, err := smm.ParseConnectReply(q)
		if !ok {
			wantIs(t, err, smm.ErrInvalid)
			if strings.Contains(err.Error(), "xxxx") {
				t.Fatal("the error quotes what came")
			}
			continue
		}
		if err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		wantEqual(t, "state", r.State, "s")
		wantEqual(t, "code", r.Code.Reveal(), q.Get("code"))
		wantEqual(t, "issuer", r.Issuer, q.Get("iss"))
		if strings.ContainsAny(r.Description, "\n") {
			t.Fatalf("description %q forges a line", r.Description)
		}
		if strings.Contains(fmt.Sprintf("%+v", r), "{c ") {
			t.Fatal("the code prints")
		}
	}
}

func FuzzParseConnectReply(f *testing.F) {
	f.Add("code=c&state=s&iss=i")
	f.Add("error=access_denied&error_description=x&state=s")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r, err := smm.ParseConnectReply(q)
		if err == nil && (r.State == "" || r.Code.IsZero() == (r.Error == "")) {
			t.Fatalf("%q was taken as %+v", query, r)
		}
	})
}

// TestRenewedKeepsWhatTheNextLacks: platforms give a refresh token at the first
// consent only, and connecting again must not lose it.
func TestRenewedKeepsWhatTheNextLacks(t *testing.T) {
	secret := smm.NewSecret
	old := smm.Credential{
		AccessToken: secret("a1"), RefreshToken: secret("r1"), Server: "https://a.example", Version: 7, Refreshing: start,
		Extra: map[string]smm.Secret{"key": secret("k1"), "page": secret("p1")},
	}
	got := old.Renewed(smm.Credential{AccessToken: secret("a2"), Extra: map[string]smm.Secret{"key": secret("k2")}, Expires: start.Add(time.Hour)})
	wantEqual(t, "access", got.AccessToken.Reveal(), "a2")
	wantEqual(t, "refresh", got.RefreshToken.Reveal(), "r1")
	wantEqual(t, "key", got.Extra["key"].Reveal(), "k2")
	wantEqual(t, "page", got.Extra["page"].Reveal(), "p1")
	wantEqual(t, "server", got.Server, "https://a.example")
	wantEqual(t, "version to swap against", got.Version, 7)
	wantEqual(t, "refreshing", got.Refreshing.IsZero(), true)
	wantEqual(t, "the old one's key", old.Extra["key"].Reveal(), "k1")

	got = old.Renewed(smm.Credential{AccessToken: secret("a2"), RefreshToken: secret("r2"), Server: "https://b.example"})
	wantEqual(t, "refresh", got.RefreshToken.Reveal(), "r2")
	wantEqual(t, "server", got.Server, "https://b.example")
}
