package blueskytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/platforms/bluesky/scope"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

const (
	appViewService = "did:web:api.bsky.app#bsky_appview"
	labelerService = "did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler"

	jwksPath = "/oauth/jwks"
	// nonceLife gives nonces an age of three minutes at most, as on the reference
	// server.
	nonceLife = 90 * time.Second
	// refreshLife is that of public clients' sessions.
	refreshLife = 14 * 24 * time.Hour
)

// newOAuth makes the authorization server, which the PDS is itself.
func (s *Server) newOAuth() *oauthtest.Server {
	documents := s.opts.Documents
	if documents == nil {
		documents = func(string) ([]byte, error) { return nil, errors.New("Options.Documents is not set") }
	}
	o, err := oauthtest.New(oauthtest.Options{
		Now: s.now, Base: s.base, Documents: documents, Loopback: true,
		Accounts: func(login string) (string, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a := s.lookup(login)
			if a == nil {
				return "", false
			}
			return a.did, true
		},
		Scopes:  []string{scope.Atproto, scope.Email, scope.Generic, scope.Chat},
		ScopeOK: knownScope, DefaultScope: scope.Atproto,
		TokenLife: s.opts.TokenLife, Refresh: true, RefreshLife: refreshLife,
		Push: oauthtest.Required, DPoP: oauthtest.Required, NonceLife: nonceLife, SendSubject: true,
		Extra: func(base string) map[string]json.RawMessage {
			return map[string]json.RawMessage{"jwks_uri": mustJSON(base + jwksPath), "grant_types_supported": mustJSON([]string{"authorization_code", "refresh_token"})}
		},
	})
	if err != nil {
		panic("blueskytest: " + err.Error()) // only values made here come by
	}
	return o
}

func knownScope(x string) bool {
	switch x {
	case scope.Atproto, scope.Email, scope.Generic, scope.Chat:
		return true
	}
	return scope.IsGranular(x)
}

// base is the address that a request was sent to: this server's, or the public
// one that it stands in for behind Transport.
func (s *Server) base(r *http.Request) string {
	if u, err := url.Parse(s.URL()); err == nil && r.Host != u.Host {
		return "https://" + r.Host
	}
	return s.URL()
}

// authenticateOAuth checks a token that is bound to a key. Every answer brings a
// nonce, whatever comes of the request.
func (s *Server) authenticateOAuth(c *call, kind authKind) error {
	c.w.Header().Set("DPoP-Nonce", s.oauth.Nonce())
	got, err := s.oauth.Introspect(c.r)
	var refusal *oauthtest.Refusal
	if errors.As(err, &refusal) {
		c.w.Header().Set("WWW-Authenticate", refusal.Challenge)
		return fail(refusal.Status, refusal.Code, "%s", refusal.Description)
	}
	switch {
	case err != nil:
		return err
	case kind == authRefresh:
		return fail(400, "InvalidToken", "Token could not be verified")
	}
	c.me = s.accounts[got.Subject]
	if c.me == nil {
		return fail(403, "AccountNotFound", "Account not found")
	}
	if c.me.takenDown {
		return fail(401, "AccountTakedown", "Account has been taken down")
	}
	granted := scope.New(got.Scopes)
	c.granted = &granted
	return nil
}

// authorize checks the scopes of an OAuth session; app passwords allow all.
func (s *Server) authorize(c *call, m method) error {
	if c.granted == nil {
		return nil
	}
	missing := func(want string) error { return fail(403, "ScopeMissingError", "Missing required scope %q", want) }
	rpc := func(lxm, aud string) error {
		if !c.granted.RPC(lxm, aud) {
			return missing("rpc:" + lxm + "?aud=" + aud)
		}
		return nil
	}
	switch c.nsid {
	case "com.atproto.repo.createRecord", "com.atproto.repo.putRecord", "com.atproto.repo.deleteRecord", "com.atproto.repo.applyWrites":
		for _, w := range repoActions(c.nsid, peek(c.r)) {
			if !c.granted.Repo(w.action, w.collection) {
				return missing("repo:" + w.collection + "?action=" + w.action)
			}
		}
		return nil
	case "com.atproto.repo.uploadBlob":
		if mime := c.r.Header.Get("Content-Type"); !c.granted.Blob(mime) {
			return missing("blob:" + mime)
		}
		return nil
	case "com.atproto.server.getServiceAuth":
		return rpc(c.query("lxm"), c.query("aud"))
	case "com.atproto.moderation.createReport":
		return rpc(c.nsid, orElse(c.r.Header.Get("Atproto-Proxy"), labelerService))
	}
	switch m.via {
	case viaAppView:
		return rpc(c.nsid, orElse(c.r.Header.Get("Atproto-Proxy"), appViewService))
	case viaChat:
		return rpc(c.nsid, chatService)
	}
	return nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

type repoAction struct{ action, collection string }

// repoActions are what a write does. A put may do either, and needs both.
func repoActions(nsid string, body []byte) []repoAction {
	var in struct {
		Collection string
		Writes     []struct {
			Type       string `json:"$type"`
			Collection string
		}
	}
	if json.Unmarshal(body, &in) != nil {
		return nil // refused for that later
	}
	switch nsid {
	case "com.atproto.repo.createRecord":
		return []repoAction{{scope.Create, in.Collection}}
	case "com.atproto.repo.putRecord":
		return []repoAction{{scope.Create, in.Collection}, {scope.Update, in.Collection}}
	case "com.atproto.repo.deleteRecord":
		return []repoAction{{scope.Delete, in.Collection}}
	}
	var out []repoAction
	for _, w := range in.Writes {
		_, action, _ := strings.Cut(w.Type, "#")
		out = append(out, repoAction{action, w.Collection})
	}
	return out
}

// oauthOp names the requests of the authorization server for the fault script.
func oauthOp(path string) (name string, ok bool) {
	switch path {
	case "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource":
		return "oauth.metadata", true
	case "/oauth/authorize", "/oauth/par", "/oauth/token", "/oauth/revoke", jwksPath:
		return strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", "."), true
	}
	return "", false
}

// OAuthCredential connects an account as a Connector would, without a browser:
// for a client on this machine, with the scopes given, "atproto" and
// "transition:generic" if there are none. The handle must have an account.
func (s *Server) OAuthCredential(handle string, scopes ...string) (smm.Credential, error) {
	if len(scopes) == 0 {
		scopes = []string{scope.Atproto, scope.Generic}
	}
	key, err := oauthx.NewKey()
	if err != nil {
		return smm.Credential{}, err
	}
	s.mu.Lock()
	a := s.lookup(handleOf(handle))
	s.mu.Unlock()
	if a == nil {
		return smm.Credential{}, fmt.Errorf("%w: no account %q", smm.ErrNotFound, handle)
	}
	client := "http://localhost?redirect_uri=" + url.QueryEscape("http://127.0.0.1/callback") +
		"&scope=" + strings.ReplaceAll(url.QueryEscape(strings.Join(scopes, " ")), "+", "%20")
	access, refresh := s.oauth.Issue(client, a.did, scopes, key.Thumbprint())
	now := s.now()
	return smm.Credential{
		AccessToken: smm.NewSecret(access), RefreshToken: smm.NewSecret(refresh), TokenType: "DPoP",
		Obtained: now, Expires: now.Add(s.opts.TokenLife), Scopes: scopes, Server: s.URL(),
		Extra: map[string]smm.Secret{ // by the names that package bluesky documents
			"dpop_key": key.Secret(), "issuer": smm.NewSecret(s.URL()), "client_id": smm.NewSecret(client),
		},
	}, nil
}

// OAuthCounts are what the authorization server has seen.
type OAuthCounts struct {
	Exchanges       int // codes redeemed
	Refreshes       int // refresh tokens that bought a successor
	Replays         int // used refresh tokens that came again
	FamiliesRevoked int // sessions ended because a token or code came twice
	NonceRequests   int // answers that asked for a nonce
	ProofReplays    int // proofs and client assertions that came again
}

// OAuthCounts returns what was counted so far.
func (s *Server) OAuthCounts() OAuthCounts {
	c := s.oauth.Counters()
	return OAuthCounts{c.Exchanges, c.Refreshes, c.Replays, c.FamiliesRevoked, c.NonceRequests, c.ProofReplays}
}

// Guard returns a safehttp.Guard that admits this server beside the public
// network, for a Connector: simulators live on addresses that a strict one
// refuses.
func (s *Server) Guard() (*safehttp.Guard, error) {
	o, err := safehttp.Options{MaxBytes: 1 << 20}.AdmitLoopback(s.URL())
	if err != nil {
		return nil, err
	}
	return safehttp.New(o)
}

// Resolver returns a resolver of the accounts of this server, which asks nobody
// else.
func (s *Server) Resolver() (*identity.Resolver, error) {
	g, err := s.Guard()
	if err != nil {
		return nil, err
	}
	return identity.NewResolver(identity.Options{Guard: g, LookupTXT: s.lookupTXT, PLC: s.URL()})
}

func (s *Server) lookupTXT(_ context.Context, name string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	did, ok := s.handles[strings.ToLower(strings.TrimPrefix(name, "_atproto."))]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []string{"did=" + did}, nil
}
