package connect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func (l *lab) put(id string, c smm.Credential) int64 {
	l.t.Helper()
	v, err := l.creds.CredentialStore.Swap(l.t.Context(), "t1", ref(id), 0, c)
	if err != nil {
		l.t.Fatal(err)
	}
	return v
}

func TestReconnectKeepsTheRefreshToken(t *testing.T) {
	l := newLab(t)
	l.put("a", smm.Credential{
		AccessToken: smm.NewSecret("old"), RefreshToken: smm.NewSecret("first and only"), Refreshing: start, Server: "https://chirp.example",
		Extra: map[string]smm.Secret{"app": smm.NewSecret("registration"), "key": smm.NewSecret("old")},
	})
	again := account("a")
	again.Credential.RefreshToken = smm.Secret{}
	l.con.found = []smm.Connected{again}
	b := l.browser()
	wantText(t, text(b.get(callback(b.begin("account", "chirp/channel/a")))), "Connected to Chirp")
	c := l.load("a")
	if c.AccessToken.Reveal() != canaryAccess+"a" || c.RefreshToken.Reveal() != "first and only" || c.Extra["app"].Reveal() != "registration" ||
		c.Extra["key"].Reveal() != canaryExtra || c.Server != "https://chirp.example" || !c.Refreshing.IsZero() || c.Version != 2 {
		t.Fatalf("credential %+v", c)
	}
	if l.con.begun[0].Account != ref("a") || l.con.starts[0].Account != ref("a") {
		t.Fatal("the connector was not told which account")
	}
}

func TestOtherAccount(t *testing.T) {
	l := newLab(t)
	l.put("a", smm.Credential{AccessToken: smm.NewSecret("old")})
	b := l.browser()
	l.con.found = []smm.Connected{account("b")}
	body := wantPage(t, b.get(callback(b.begin("account", "chirp/channel/a", "return", "/back"))), http.StatusConflict, "other-account")
	wantText(t, body, "account=chirp%2Fchannel%2Fa", `href="/back"`)
	l.wantStored("a")
	if c := l.load("a"); c.AccessToken.Reveal() != "old" || c.Version != 1 {
		t.Fatalf("credential %+v", c)
	}
	// Of several, only that one is taken.
	l.con.found = []smm.Connected{account("b"), account("a"), account("c")}
	wantText(t, text(b.get(callback(b.begin("account", "chirp/channel/a")))), "Name of a")
	l.wantStored("a")
	if l.load("a").Version != 2 {
		t.Fatal("not stored")
	}
}

func TestSwapRaces(t *testing.T) {
	l := newLab(t)
	version := l.put("a", smm.Credential{AccessToken: smm.NewSecret("old"), RefreshToken: smm.NewSecret("r1")})
	l.creds.before = func() { // a process renews meanwhile
		if _, err := l.creds.CredentialStore.Swap(t.Context(), "t1", ref("a"), version, smm.Credential{RefreshToken: smm.NewSecret("r2")}); err != nil {
			t.Error(err)
		}
	}
	again := account("a")
	again.Credential.RefreshToken = smm.Secret{}
	l.con.found = []smm.Connected{again}
	b := l.browser()
	wantText(t, text(b.get(callback(b.begin()))), "Connected to Chirp")
	if c := l.load("a"); c.Version != 3 || c.RefreshToken.Reveal() != "r2" {
		t.Fatalf("credential %+v", c)
	}

	l = newLab(t)
	for range 100 {
		l.creds.swapErr = append(l.creds.swapErr, smm.ErrConflict)
	}
	b = l.browser()
	wantPage(t, b.get(callback(b.begin())), http.StatusConflict, "conflict")
	if len(l.creds.swapErr) != 92 {
		t.Fatalf("%d tries", 100-len(l.creds.swapErr))
	}
}

func TestCredentialStoreFails(t *testing.T) {
	for _, c := range []struct {
		load, swap error
		status     int
		code       string
	}{
		{smm.ErrUnavailable, nil, 503, "storage"},
		{nil, smm.ErrUnavailable, 503, "storage"},
		{nil, smm.ErrSealed, 500, "sealed"},
		{errors.New("disk"), nil, 500, "internal"},
		{smm.ErrSealed, nil, 409, "lost-key"},
	} {
		l := newLab(t)
		l.creds.loadErr = c.load
		if c.swap != nil {
			l.creds.swapErr = []error{c.swap}
		}
		b := l.browser()
		wantPage(t, b.get(callback(b.begin())), c.status, c.code)
		l.wantStored()
		if l.creds.deleted != 0 || l.creds.swapped != 0 {
			t.Fatal("something was changed")
		}
	}
}

func TestLostKey(t *testing.T) {
	l := newLab(t)
	l.put("a", smm.Credential{AccessToken: smm.NewSecret("old"), RefreshToken: smm.NewSecret("of the old key")})
	l.creds.loadErr = smm.ErrSealed
	b := l.browser()
	body := wantPage(t, b.get(callback(b.begin())), http.StatusConflict, "lost-key")
	at := "/connect/?account=chirp%2Fchannel%2Fa&amp;platform=chirp"
	wantText(t, body, "replace what is stored", `href="`+at+`"`)
	if l.creds.deleted != 0 || l.load("a").AccessToken.Reveal() != "old" {
		t.Fatal("what may still be opened one day was thrown away")
	}
	wantText(t, text(b.get(strings.ReplaceAll(at, "&amp;", "&"))), `name="account" value="chirp/channel/a"`)
	wantText(t, text(b.get(callback(b.begin("account", "chirp/channel/a")))), "Connected to Chirp")
	if c := l.load("a"); c.AccessToken.Reveal() != canaryAccess+"a" || c.RefreshToken.Reveal() != canaryRefresh+"a" || l.creds.deleted != 1 {
		t.Fatalf("credential %+v after %d deletions", c, l.creds.deleted)
	}
}

// TestLostKeyInOneStep has a store that tells the version of what it cannot open.
func TestLostKeyInOneStep(t *testing.T) {
	l := newLab(t)
	l.creds.version = l.put("a", smm.Credential{AccessToken: smm.NewSecret("old")})
	l.creds.loadErr = smm.ErrSealed
	b := l.browser()
	wantText(t, text(b.get(callback(b.begin("account", "chirp/channel/a")))), "Connected to Chirp")
	if c := l.load("a"); c.Version != 2 || l.creds.deleted != 0 {
		t.Fatalf("credential %+v after %d deletions", c, l.creds.deleted)
	}
}

func TestSomeOfSeveralAreNotStored(t *testing.T) {
	l := newLab(t)
	l.con.found = threePages()
	l.creds.swapErr = []error{smm.ErrUnavailable}
	b := l.browser()
	at := b.toChoice()
	body := text(b.post("/connect/choose", "choice", choiceKey(t, at), "account", "chirp/channel/a", "account", "chirp/channel/b"))
	wantText(t, body, "Not connected.", "could not be stored", "Connected to Chirp")
	l.wantStored("b")

	l = newLab(t)
	l.con.found = threePages()
	l.creds.swapErr = []error{smm.ErrUnavailable, smm.ErrUnavailable}
	b = l.browser()
	at = b.toChoice()
	wantPage(t, b.post("/connect/choose", "choice", choiceKey(t, at), "account", "chirp/channel/a", "account", "chirp/channel/b"), 503, "storage")
	l.wantStored()
}

// TestPersonLeaves closes the page while the code is redeemed.
func TestPersonLeaves(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	state := b.begin()
	ctx, cancel := context.WithCancel(t.Context())
	l.con.hook = cancel
	b.ctx = ctx
	wantText(t, text(b.get(callback(state))), "Connected to Chirp")
	l.wantStored("a")
}
