package connect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

func TestTokenPage(t *testing.T) {
	l := newLab(t)
	b := l.browser()
	wantText(t, text(b.get("/connect/token/chirp?return=/back")), `name="token.handle"`, `type="password" id="token-app_password"`, "From the settings", `value="/back"`)
	body := text(b.post("/connect/token/chirp", "token.handle", " me.example ", "token.app_password", canaryExtra, "token.access_token", canaryAccess, "token.server", "https://s.example",
		"token.unasked", "x", "return", "/back"))
	wantText(t, body, "Connected to Chirp", `href="/back"`)
	c := l.con.tokens[0]
	if c.Extra["handle"].Reveal() != "me.example" || c.Extra["app_password"].Reveal() != canaryExtra || c.AccessToken.Reveal() != canaryAccess || c.Server != "https://s.example" || len(c.Extra) != 2 {
		t.Fatalf("credential %+v", c)
	}
	l.wantStored("a")

	l.con.found = threePages()
	res := b.post("/connect/token/chirp", "token.handle", "me")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", res.StatusCode)
	}
	wantText(t, text(b.get(res.Header.Get("Location"))), "Name of b")

	wantText(t, wantPage(t, b.post("/connect/token/chirp", "token.handle", " "), 400, "invalid"), "Handle")
	wantPage(t, b.post("/connect/token/chirp", "token.handle", strings.Repeat("x", 9<<10)), 400, "invalid")
	wantPage(t, b.post("/connect/token/chirp", "token.handle", "me", "account", "chirp/channel/z"), 409, "other-account")
	wantPage(t, b.get("/connect/token/zwitscher"), 404, "not-found")
	wantPage(t, b.post("/connect/token/zwitscher", "token.handle", "me"), 404, "not-found")
	l.con.finishErr = smm.ErrUnauthorized
	wantPage(t, b.post("/connect/token/chirp", "token.handle", "me"), 403, "refused")
}

func TestAcceptToken(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	res, err := l.flow.AcceptToken(ctx, connect.TokenRequest{Tenant: "t1", Platform: "chirp", Credential: smm.Credential{AccessToken: smm.NewSecret("x")}})
	if err != nil || len(res.Stored()) != 1 || res.Stored()[0].Channel.Ref != ref("a") {
		t.Fatalf("%+v, %v", res, err)
	}
	_, err = l.flow.AcceptToken(ctx, connect.TokenRequest{Platform: "nobody"})
	wantIs(t, err, smm.ErrUnsupported)
	_, err = l.flow.AcceptToken(ctx, connect.TokenRequest{Platform: "chirp", Account: smm.Ref{Platform: "zwitscher", Kind: smm.KindChannel, ID: "1"}})
	wantIs(t, err, smm.ErrInvalid)
	_, err = l.flow.AcceptToken(ctx, connect.TokenRequest{Platform: "chirp", Account: smm.Ref{Platform: "chirp"}})
	wantIs(t, err, smm.ErrInvalid)

	l = newLab(t, func(c *connect.Config) {
		c.Connectors, c.Forms = []smm.Connector{plain{&connector{name: "plain"}}}, nil
	})
	_, err = l.flow.AcceptToken(ctx, connect.TokenRequest{Platform: "plain"})
	wantIs(t, err, smm.ErrUnsupported)
}

// TestWithoutHandlers is a host with an interface of its own.
func TestWithoutHandlers(t *testing.T) {
	l := newLab(t, func(c *connect.Config) { c.Identify = nil })
	l.con.found = threePages()
	ctx := t.Context()
	begun, err := l.flow.Begin(ctx, connect.BeginRequest{Tenant: "t1", Platform: "chirp", Server: "chirp.example", Return: "/x"})
	if err != nil {
		t.Fatal(err)
	}
	q := mustURL(t, begun.URL).Query()
	q.Set("code", canaryCode)
	reply, err := smm.ParseConnectReply(q)
	if err != nil {
		t.Fatal(err)
	}
	if connect.BindingName(reply.State) != begun.Name || !begun.Expires.Equal(start.Add(15*time.Minute)) {
		t.Fatalf("begun %+v", begun)
	}
	_, err = l.flow.Finish(ctx, connect.FinishRequest{Tenant: "t1", Platform: "chirp", Reply: reply})
	wantIs(t, err, connect.ErrState, smm.ErrInvalid)
	_, err = l.flow.Finish(ctx, connect.FinishRequest{Tenant: "t1", Platform: "nobody", Reply: reply, Binding: begun.Binding})
	wantIs(t, err, smm.ErrUnsupported)
	res, err := l.flow.Finish(ctx, connect.FinishRequest{Tenant: "t1", Platform: "chirp", Reply: reply, Binding: begun.Binding})
	if err != nil || res.Choice.IsZero() || len(res.Accounts) != 3 || len(res.Stored()) != 0 || res.Return != "/x" {
		t.Fatalf("%+v, %v", res, err)
	}
	if a := res.Accounts; a[0].Err != nil || len(a[1].Lost) != 1 || a[1].Lost[0] != smm.CapListComments || a[2].Err == nil {
		t.Fatalf("accounts %+v", a)
	}
	_, err = l.flow.Choose(ctx, connect.ChooseRequest{Tenant: "t1", Key: res.Choice.Key, Binding: res.Choice.Binding})
	wantIs(t, err, smm.ErrInvalid)
	res, err = l.flow.Choose(ctx, connect.ChooseRequest{Tenant: "t1", Key: res.Choice.Key, Binding: res.Choice.Binding, Accounts: []smm.Ref{ref("b")}})
	if err != nil || len(res.Stored()) != 1 || res.Stored()[0].Channel.Ref != ref("b") || res.Platform != "chirp" || res.Return != "/x" {
		t.Fatalf("%+v, %v", res, err)
	}
	l.wantStored("b")
}

func TestReconnectNamesTheServer(t *testing.T) {
	l := newLab(t)
	a := smm.Ref{Platform: "chirp", Space: "home.example", Kind: smm.KindChannel, ID: "1"}
	if _, err := l.flow.Begin(t.Context(), connect.BeginRequest{Platform: "chirp", Account: a}); err != nil {
		t.Fatal(err)
	}
	if got := l.con.begun[0].Server; got != "home.example" {
		t.Fatalf("server %q", got)
	}
}

func TestDisconnect(t *testing.T) {
	for _, c := range []struct {
		name       string
		revoke     error
		load       error
		anyway     bool
		want       error
		gone, told bool
	}{
		{"told", nil, nil, false, nil, true, true},
		{"over already", smm.ErrUnauthorized, nil, false, nil, true, true},
		{"a token that cannot be ended from here", smm.ErrUnsupported, nil, false, nil, true, false},
		{"no answer", smm.ErrUnavailable, nil, false, connect.ErrNotRevoked, false, false},
		{"no answer, anyway", smm.ErrUnavailable, nil, true, nil, true, false},
		{"refused", smm.ErrForbidden, nil, false, smm.ErrForbidden, false, false},
		{"refused, anyway", smm.ErrForbidden, nil, true, nil, true, false},
		{"sealed", nil, smm.ErrSealed, false, smm.ErrSealed, false, false},
		{"sealed, anyway", nil, smm.ErrSealed, true, nil, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.put("a", smm.Credential{AccessToken: smm.NewSecret("x")})
			l.con.revokeErr, l.creds.loadErr = c.revoke, c.load
			done, err := l.flow.Disconnect(t.Context(), connect.DisconnectRequest{Tenant: "t1", Account: ref("a"), Anyway: c.anyway})
			if c.want == nil && err != nil || !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if done.Revoked != c.told || (done.Err != nil) != (c.anyway) {
				t.Fatalf("%+v", done)
			}
			if c.gone {
				l.wantStored()
			} else {
				l.wantStored("a")
			}
			if c.load == nil && (len(l.con.revoked) != 1 || l.con.revoked[0].AccessToken.Reveal() != "x") {
				t.Fatal("the platform was told of another credential")
			}
		})
	}
}

// locking leases credentials.
type locking struct {
	smm.CredentialStore
	locked, unlocked int
	err              error
}

func (s *locking) LockCredential(context.Context, smm.Tenant, smm.Ref, time.Duration) (func(), error) {
	s.locked++
	return func() { s.unlocked++ }, s.err
}

func TestDisconnectWhatIsNotThere(t *testing.T) {
	l := newLab(t)
	done, err := l.flow.Disconnect(t.Context(), connect.DisconnectRequest{Tenant: "t1", Account: ref("z")})
	if err != nil || done.Revoked || len(l.con.revoked) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	_, err = l.flow.Disconnect(t.Context(), connect.DisconnectRequest{})
	wantIs(t, err, smm.ErrInvalid)

	// A platform without a Revoker, and one without a connector.
	s := &locking{CredentialStore: smm.NewMemoryCredentials()}
	l = newLab(t, func(c *connect.Config) {
		c.Connectors, c.Forms, c.Credentials = []smm.Connector{plain{&connector{name: "plain"}}}, nil, s
	})
	for _, p := range []smm.Platform{"plain", "gone"} {
		r := smm.Ref{Platform: p, Kind: smm.KindChannel, ID: "1"}
		if _, err := s.Swap(t.Context(), "t1", r, 0, smm.Credential{}); err != nil {
			t.Fatal(err)
		}
		done, err := l.flow.Disconnect(t.Context(), connect.DisconnectRequest{Tenant: "t1", Account: r})
		if err != nil || done.Revoked {
			t.Fatalf("%+v, %v", done, err)
		}
		_, err = s.Load(t.Context(), "t1", r)
		wantIs(t, err, smm.ErrNotFound)
	}
	if s.locked != 2 || s.unlocked != 2 {
		t.Fatalf("locked %d, unlocked %d", s.locked, s.unlocked)
	}
	s.err = smm.ErrUnavailable
	_, err = l.flow.Disconnect(t.Context(), connect.DisconnectRequest{Tenant: "t1", Account: ref("a")})
	wantIs(t, err, smm.ErrUnavailable)
}
