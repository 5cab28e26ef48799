package canary

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/sqlitestore"
	"github.com/smmkit/smmkit/smm/vault"
)

// host is a product with everything that may hold a secret.
type host struct {
	n     *nest
	t     *testing.T
	dir   string
	world *sim.World
	skies *blueskytest.Server
	toots *mastodontest.Server
	db    *sqlitestore.DB
	keys  *vault.KeyRing
	store *vault.Store
	flow  *connect.Flow
	spies map[smm.Platform]*spy

	client *smm.Client
}

// spy knows what a connector keeps between begin and finish, and what it found.
type spy struct {
	smm.Connector
	n *nest
}

func (s *spy) Begin(ctx context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	s.n.know("a state", r.State)
	start, err := s.Connector.Begin(ctx, r)
	s.n.knowAll(string(s.Platform())+"'s private part of a start", start.Private.Reveal())
	s.n.fail("errors", err)
	s.n.show("starts", struct{ start any }{start.Private}, start.Private)
	return start, err
}

func (s *spy) Finish(ctx context.Context, start smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	s.n.know("a code", r.Code.Reveal())
	found, err := s.Connector.Finish(ctx, start, r)
	for _, c := range found {
		s.n.learn(c.Credential)
		s.n.fail("errors", c.Err)
	}
	s.n.fail("errors", err)
	s.n.show("what a connector found", found)
	return found, err
}

func (s *spy) ConnectToken(ctx context.Context, c smm.Credential) ([]smm.Connected, error) {
	found, err := s.Connector.(smm.TokenConnector).ConnectToken(ctx, c)
	s.n.fail("errors", err)
	return found, err
}

func (s *spy) Revoke(ctx context.Context, account smm.Ref, c smm.Credential) error {
	err := s.Connector.(smm.Revoker).Revoke(ctx, account, c)
	s.n.fail("errors", err)
	return err
}

// learn makes secrets of all that a credential holds.
func (n *nest) learn(c smm.Credential) {
	n.know("an access token", c.AccessToken.Reveal())
	n.know("a refresh token", c.RefreshToken.Reveal())
	for name, v := range c.Extra {
		switch name {
		case bluesky.ExtraIssuer, bluesky.ExtraClientID, bluesky.ExtraIdentifier:
		default:
			n.knowAll("the "+name+" of a credential", v.Reveal())
		}
	}
}

// tap learns what drivers send.
type tap struct {
	n    *nest
	next http.RoundTripper
}

func (t tap) RoundTrip(r *http.Request) (*http.Response, error) {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	t.n.know("what an Authorization header holds", token)
	t.n.know("a proof", r.Header.Get("DPoP"))
	return t.next.RoundTrip(r)
}

func open(t *testing.T, n *nest) *host {
	t.Helper()
	h := &host{n: n, t: t, dir: t.TempDir(), spies: make(map[smm.Platform]*spy)}
	// Far ahead of every machine: the file's own clock, by which states of connecting end, is the real one.
	h.world = sim.NewWorldAt(sim.NewClock(time.Date(2090, 11, 26, 9, 0, 0, 0, time.UTC), true))
	h.skies, h.toots = blueskytest.NewServer(h.world, nil), mastodontest.NewServer(h.world, nil)
	t.Cleanup(h.skies.Close)
	t.Cleanup(h.toots.Close)

	var err error
	h.db, err = sqlitestore.Open(t.Context(), filepath.Join(h.dir, "smm.db"), nil)
	require.NoError(t, err)
	key, err := vault.GenerateKey("canary")
	require.NoError(t, err)
	_, raw, _ := strings.Cut(key.Text().Reveal(), ":")
	n.know("a key of the ring", raw)
	h.keys, err = vault.NewKeyRing(key)
	require.NoError(t, err)
	h.store, err = vault.Open(h.db.Credentials(), h.keys, nil)
	require.NoError(t, err)
	h.connectors()

	logger := slog.New(slog.NewJSONHandler(n.to("the log"), &slog.HandlerOptions{Level: slog.LevelDebug}))
	hc := &http.Client{Transport: tap{n, &http.Transport{}}}
	skies, err := bluesky.New(bluesky.Config{Credentials: h.store, Clock: h.world.Clock, Logger: logger, HTTPClient: hc})
	require.NoError(t, err)
	toots, err := mastodon.New(mastodon.Config{Credentials: h.store, Clock: h.world.Clock, Logger: logger, HTTPClient: hc})
	require.NoError(t, err)
	h.client, err = smm.New([]smm.Driver{skies, toots}, smm.WithLogger(logger), smm.WithClock(h.world.Clock))
	require.NoError(t, err)
	n.show("drivers", skies, toots, h.store, h.keys, h.flow)
	return h
}

func (h *host) connectors() {
	logger := slog.New(slog.NewTextHandler(h.n.to("the log"), &slog.HandlerOptions{Level: slog.LevelDebug}))
	guard, err := h.skies.Guard()
	require.NoError(h.t, err)
	resolver, err := h.skies.Resolver()
	require.NoError(h.t, err)
	skies, err := bluesky.NewConnector(bluesky.ConnectorConfig{
		Guard: guard, Resolver: resolver, DefaultServer: h.skies.URL(), Clock: h.world.Clock, Logger: logger,
	})
	require.NoError(h.t, err)
	guard, err = h.toots.Guard()
	require.NoError(h.t, err)
	toots, err := mastodon.NewConnector(mastodon.ConnectorConfig{
		ClientName: "canary", Guard: guard, Apps: h.store, Clock: h.world.Clock, Logger: logger,
	})
	require.NoError(h.t, err)
	h.n.show("connectors", skies, toots)
	h.spies[bluesky.Platform], h.spies[mastodon.Platform] = &spy{skies, h.n}, &spy{toots, h.n}
	h.flow, err = connect.New(connect.Config{
		Connectors:  []smm.Connector{h.spies[bluesky.Platform], h.spies[mastodon.Platform]},
		Credentials: h.store, Store: h.db.Connects(), Sealer: h.keys, BaseURL: "http://127.0.0.1:8400/connect",
		Capabilities: []smm.Capability{smm.CapPost, smm.CapReply, smm.CapListMentions, smm.CapProfile, smm.CapEdit, smm.CapListMessages},
		Identify:     func(*http.Request) (smm.Tenant, error) { return "", nil },
		Clock:        h.world.Clock, Logger: logger,
	})
	require.NoError(h.t, err)
}

// connect goes through the consent of a platform. It may fail, and says so.
func (h *host) connect(p smm.Platform, typed, login string, change func(*http.Request)) (smm.Ref, error) {
	begun, err := h.flow.Begin(h.t.Context(), connect.BeginRequest{Platform: p, Server: typed, Return: "/"})
	if err != nil {
		h.n.fail("errors", err)
		return smm.Ref{}, err
	}
	h.n.know("a binding", begun.Binding.Reveal())
	h.n.show("begun", struct{ b any }{begun.Binding}, begun.Binding, begun.Expires)

	// The browser: to the consent page and back, with the cookie.
	u, err := url.Parse(begun.URL)
	require.NoError(h.t, err)
	q := u.Query()
	q.Set("login_as", login)
	u.RawQuery = q.Encode()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, u.String(), nil)
	require.NoError(h.t, err)
	resp, err := browser.Do(req)
	if err != nil {
		return smm.Ref{}, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.Header.Get("Location") == "" {
		return smm.Ref{}, errors.New("the consent page is broken by a fault")
	}
	back := httptest.NewRequest(http.MethodGet, resp.Header.Get("Location"), nil)
	h.n.know("a code", back.URL.Query().Get("code"))
	back.AddCookie(&http.Cookie{Name: begun.Name, Value: begun.Binding.Reveal()})
	if change != nil {
		change(back)
	}
	w := httptest.NewRecorder()
	h.flow.ServeHTTP(w, back)
	_, _ = h.n.to("pages").Write(w.Body.Bytes())
	if w.Code >= 400 {
		return smm.Ref{}, errors.New(http.StatusText(w.Code))
	}
	accounts, err := h.store.Accounts(h.t.Context(), "", p)
	require.NoError(h.t, err)
	for _, a := range accounts {
		c, err := h.store.Load(h.t.Context(), "", a)
		require.NoError(h.t, err)
		h.n.learn(c)
		h.n.show("credentials", c, &c, struct{ c smm.Credential }{c})
	}
	for _, a := range accounts {
		if a.Kind == smm.KindChannel {
			return a, nil
		}
	}
	return smm.Ref{}, smm.ErrNotFound
}

// use does what a host does with a channel, well or badly.
func (h *host) use(channel smm.Ref) {
	ctx, ch := h.t.Context(), h.client.Channel(channel)
	post := &smm.Post{Text: "a post " + h.world.Clock.Now().String()}
	r, err := ch.Publish(ctx, post, &smm.PublishOptions{Wait: 2 * time.Hour})
	h.n.show("deliveries", r, r.Deliveries)
	h.n.fail("errors", err)
	for _, d := range r.Deliveries {
		h.n.show("deliveries", d, d.Failure)
	}
	health, err := ch.Health(ctx)
	h.n.show("health", health)
	h.n.fail("errors", err)
	_, err = ch.Mentions(nil).Collect(ctx, 10)
	h.n.fail("errors", err)
	_, err = ch.Posts(nil).Collect(ctx, 10)
	h.n.fail("errors", err)
	_, err = ch.Profile(ctx, smm.Ref{})
	h.n.fail("errors", err)
	if !r.Post.IsZero() {
		h.n.fail("errors", ch.Edit(ctx, r.Post, &smm.Post{Text: "changed"}))
		h.n.fail("errors", ch.Delete(ctx, r.Post))
	}
	channels, err := h.client.Channels(ctx)
	h.n.show("channels", channels)
	h.n.fail("errors", err)
}

// TestNoSecretGetsOut connects accounts of both platforms and uses them, in peace
// and under every fault at every kind of request, and looks for tokens, codes,
// verifiers, keys, proofs, passwords and states in everything that comes out.
func TestNoSecretGetsOut(t *testing.T) {
	n := newNest(t)
	h := open(t, n)
	sky, err := h.skies.NewAccount("canary.test")
	require.NoError(t, err)
	toot, err := h.toots.NewAccount("canary")
	require.NoError(t, err)
	for _, a := range []sim.Account{sky, toot} {
		for name, v := range a.Login {
			if strings.Contains(name, "TOKEN") || strings.Contains(name, "PASSWORD") {
				n.know(name, v)
			}
		}
	}
	onSky, err := h.connect(bluesky.Platform, "canary.test", "canary.test", nil)
	require.NoError(t, err)
	onToot, err := h.connect(mastodon.Platform, h.toots.URL(), "canary", nil)
	require.NoError(t, err)
	h.use(onSky)
	h.use(onToot)
	h.plan(onSky, onToot)
	h.refuse()

	hits := 0
	for _, kind := range sim.FaultKinds() {
		for _, class := range []sim.Class{sim.Auth, sim.Read, sim.Commit} {
			h.world.Faults.Add(sim.Fault{Kind: kind, Class: class, Times: 4, Delay: time.Second, Bytes: 20})
		}
		h.world.Clock.Advance(3 * time.Hour) // access tokens are over: they are renewed under the faults
		h.use(onSky)
		h.use(onToot)
		_, _ = h.connect(bluesky.Platform, "canary.test", "canary.test", nil)
		_, _ = h.connect(mastodon.Platform, h.toots.URL(), "canary", nil)
		h.world.Faults.Remove(0)
		hits = h.world.Faults.Hits()
	}
	require.Greater(t, hits, 60, "the faults did not strike")

	h.end(onSky, onToot, sky)
	n.crash(h.client, h.flow, h.store, *h.store, h.spies, h.db)
	require.NoError(t, h.db.Close())
	n.files(h.dir)
	secrets, size := n.search()
	t.Logf("%d secrets looked for in %d kB of %d kinds of output: logs, errors, values, JSON, pages, panics, files; %d faults struck", secrets, size>>10, len(n.out), hits)
	require.Greater(t, secrets, 100)
}

// plan leaves deliveries in the file.
func (h *host) plan(channels ...smm.Ref) {
	s, err := scheduler.New(h.client, h.db.Deliveries())
	require.NoError(h.t, err)
	items, _, err := s.Schedule(h.t.Context(), &smm.Post{Text: "later"}, channels, h.world.Clock.Now().Add(time.Hour), nil)
	h.n.show("deliveries", items)
	h.n.fail("errors", err)
	require.NoError(h.t, err)
}

// refuse has every bad answer come back to the flow.
func (h *host) refuse() {
	alter := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			q := r.URL.Query()
			q.Set(name, value)
			r.URL.RawQuery = q.Encode()
		}
	}
	for what, change := range map[string]func(*http.Request){
		"a foreign code":    alter("code", "somebody-elses-code-0123456789"),
		"a foreign state":   alter("state", strings.Repeat("x", 43)),
		"another issuer":    alter("iss", "https://evil.example"),
		"no cookie":         func(r *http.Request) { r.Header.Del("Cookie") },
		"a code twice":      func(r *http.Request) { r.URL.RawQuery += "&code=again" },
		"another's address": func(r *http.Request) { r.URL.Path = "/connect/callback/mastodon" },
	} {
		_, err := h.connect(bluesky.Platform, "canary.test", "canary.test", change)
		require.Error(h.t, err, what)
	}
	_, err := h.connect(bluesky.Platform, "canary.test", "!deny", nil)
	require.Error(h.t, err)
	for p, c := range map[smm.Platform]smm.Credential{
		mastodon.Platform: {AccessToken: smm.NewSecret("pasted-canary-0123456789"), Server: h.toots.URL()},
		bluesky.Platform: {Server: h.skies.URL(), Extra: map[string]smm.Secret{
			bluesky.ExtraIdentifier: smm.NewSecret("canary.test"), bluesky.ExtraAppPassword: smm.NewSecret("wrong-pass-word-0123"),
		}},
	} {
		h.n.learn(c)
		res, err := h.flow.AcceptToken(h.t.Context(), connect.TokenRequest{Platform: p, Credential: c})
		h.n.show("results", res)
		h.n.fail("errors", err)
		require.Error(h.t, err)
	}
}

// end disconnects, and opens the file with another ring.
func (h *host) end(onSky, onToot smm.Ref, sky sim.Account) {
	ctx := h.t.Context()
	other, err := vault.GenerateKey("other")
	require.NoError(h.t, err)
	ring, err := vault.NewKeyRing(other)
	require.NoError(h.t, err)
	lost, err := vault.Open(h.db.Credentials(), ring, nil)
	require.NoError(h.t, err)
	_, err = lost.Load(ctx, "", onSky)
	require.ErrorIs(h.t, err, smm.ErrSealed)
	h.n.fail("errors", err)
	h.skies.TakeDown(sky.Handle)
	h.use(onSky)
	for _, a := range []smm.Ref{onSky, onToot} {
		done, err := h.flow.Disconnect(ctx, connect.DisconnectRequest{Account: a, Anyway: true})
		h.n.show("results", done)
		h.n.fail("errors", err)
		h.n.fail("errors", done.Err)
		require.NoError(h.t, err)
		h.use(a)
	}
}
