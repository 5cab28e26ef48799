package oauthtest_test

import (
	"crypto/sha256"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
)

func TestProofs(t *testing.T) {
	w := newWorld(t, oauthtest.Options{DPoP: oauthtest.Required, Refresh: true})
	k := newKey(t)
	_, refresh := w.tokens(with("DPoP", w.proof(k, nil, nil)))
	private := maps.Clone(k.jwk)
	private["d"] = "x"
	short := maps.Clone(k.jwk)
	short["x"] = "AAAA"
	off := maps.Clone(k.jwk)
	off["x"], off["y"] = off["y"], off["x"]
	other := newKey(t)
	type m = map[string]any
	for name, p := range map[string]string{
		"another type":      w.proof(k, m{"typ": "JWT"}, nil),
		"no algorithm":      w.proof(k, m{"alg": "none"}, nil),
		"another algorithm": w.proof(k, m{"alg": "ES384"}, nil),
		"a private key":     w.proof(k, m{"jwk": private}, nil),
		"no key":            w.proof(k, m{"jwk": nil}, nil),
		"a short key":       w.proof(k, m{"jwk": short}, nil),
		"a point elsewhere": w.proof(k, m{"jwk": off}, nil),
		"another's key":     w.proof(k, m{"jwk": other.jwk}, nil),
		"another method":    w.proof(k, nil, m{"htm": "GET"}),
		"another address":   w.proof(k, nil, m{"htu": base + "/oauth/revoke"}),
		"with a query":      w.proof(k, nil, m{"htu": base + "/oauth/token?x=1"}),
		"with a fragment":   w.proof(k, nil, m{"htu": base + "/oauth/token#"}),
		"old":               w.proof(k, nil, m{"iat": w.now.Unix() - 61}),
		"of tomorrow":       w.proof(k, nil, m{"iat": w.now.Unix() + 61}),
		"for a resource":    w.proof(k, nil, m{"ath": "x"}),
		"without an id":     w.proof(k, nil, m{"jti": nil}),
		"an endless id":     w.proof(k, nil, m{"jti": strings.Repeat("x", 257)}),
		"not a JWT":         "x",
		"padded":            w.proof(k, nil, nil) + "=",
		"cut":               strings.TrimRight(w.proof(k, nil, nil), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") + "AAAA",
	} {
		a := w.post("/oauth/token", renewal(refresh), with("DPoP", p))
		require.Equal(t, "invalid_dpop_proof", a.JSON["error"], name)
	}
	w.post("/oauth/token", renewal(refresh)).refused(t, 400, "invalid_dpop_proof")
	p := w.proof(k, nil, nil)
	w.post("/oauth/token", renewal(refresh), with("DPoP", p), with("DPoP", p)).refused(t, 400, "invalid_dpop_proof")
	w.post("/oauth/token", renewal(refresh), with("DPoP", w.proof(other, nil, nil))).refused(t, 400, "invalid_grant")
	p = w.proof(k, nil, map[string]any{"htu": "HTTPS://AS.example/oauth/token", "iat": float64(w.now.Unix()) - 59.5})
	next, _ := w.post("/oauth/token", renewal(refresh), with("DPoP", p)).JSON["refresh_token"].(string)
	require.NotEmpty(t, next)
	w.post("/oauth/token", renewal(next), with("DPoP", p)).refused(t, 400, "invalid_dpop_proof") // replayed
	require.Equal(t, 1, w.s.Counters().ProofReplays)
	require.Zero(t, w.s.Counters().FamiliesRevoked)
}

func TestNoncesTurn(t *testing.T) {
	w := newWorld(t, oauthtest.Options{DPoP: oauthtest.Optional, NonceLife: time.Minute})
	k := newKey(t)
	own := form("grant_type", "x", "client_id", "public")
	ask := func(nonce any) answer {
		return w.post("/oauth/token", own, with("DPoP", w.proof(k, nil, map[string]any{"nonce": nonce})))
	}
	a := ask(nil)
	a.refused(t, 400, "use_dpop_nonce")
	nonce := a.Header.Get("DPoP-Nonce")
	require.NotEmpty(t, nonce)
	ask("guess").refused(t, 400, "use_dpop_nonce")
	ask(nonce).refused(t, 400, "unsupported_grant_type") // the nonce is good
	w.now = w.now.Add(time.Minute)
	ask(nonce).refused(t, 400, "unsupported_grant_type") // the one before
	require.NotEqual(t, nonce, w.s.Nonce())
	w.now = w.now.Add(time.Minute)
	ask(nonce).refused(t, 400, "use_dpop_nonce")
	require.Equal(t, 3, w.s.Counters().NonceRequests)
	require.NotEmpty(t, w.post("/oauth/token", own).Header.Get("DPoP-Nonce"), "every answer teaches it")
}

func TestProofsAtAResource(t *testing.T) {
	w := newWorld(t, oauthtest.Options{DPoP: oauthtest.Optional, NonceLife: time.Minute})
	k, thief := newKey(t), newKey(t)
	access, _ := w.tokens(with("DPoP", w.proof(k, nil, nil)))
	bearer, _ := w.tokens()
	sum := sha256.Sum256([]byte(access))
	type m = map[string]any
	proof := func(k *key, changes m) string {
		c := m{"htm": "GET", "htu": base + "/resource", "ath": b64(sum[:])}
		maps.Copy(c, changes)
		return w.proof(k, nil, c)
	}
	require.NoError(t, w.introspect("GET", "DPoP "+access, proof(k, nil)))
	code := func(err error) string {
		e, ok := errors.AsType[*oauthtest.Refusal](err)
		require.True(t, ok)
		require.Equal(t, http.StatusUnauthorized, e.Status)
		require.Contains(t, e.Challenge, `error="`+e.Code+`"`)
		return e.Code
	}
	require.Equal(t, "invalid_dpop_proof", code(w.introspect("GET", "DPoP "+access)))
	require.Equal(t, "invalid_dpop_proof", code(w.introspect("GET", "DPoP "+access, proof(thief, nil))))
	require.Equal(t, "invalid_dpop_proof", code(w.introspect("GET", "DPoP "+access, proof(k, m{"ath": nil}))))
	require.Equal(t, "invalid_dpop_proof", code(w.introspect("GET", "DPoP "+access, proof(k, m{"ath": b64(make([]byte, 32))}))))
	require.Equal(t, "invalid_dpop_proof", code(w.introspect("POST", "DPoP "+access, proof(k, nil))))
	require.Equal(t, "use_dpop_nonce", code(w.introspect("GET", "DPoP "+access, proof(k, m{"nonce": nil}))))
	require.Equal(t, "invalid_token", code(w.introspect("GET", "Bearer "+access)), "no downgrade")
	require.Equal(t, "invalid_token", code(w.introspect("GET", "DPoP "+bearer, proof(k, nil))), "no upgrade")
	require.NoError(t, w.introspect("GET", "Bearer "+bearer))
	p := proof(k, nil)
	require.NoError(t, w.introspect("GET", "DPoP "+access, p))
	require.Equal(t, "invalid_dpop_proof", code(w.introspect("GET", "DPoP "+access, p)), "replayed")
}

func TestPushedRequests(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Push: oauthtest.Required, DPoP: oauthtest.Optional})
	k, other := newKey(t), newKey(t)
	proof := func(k *key) func(*http.Request) {
		return with("DPoP", w.proof(k, nil, map[string]any{"htu": base + "/oauth/par"}))
	}
	require.Equal(t, "invalid_request", w.open(request()).Get("error"), "not pushed")
	push := func(pairs ...string) string {
		a := w.post("/oauth/par", request(pairs...), proof(k))
		require.Equal(t, http.StatusCreated, a.Status, a.Body)
		require.Equal(t, 300.0, a.JSON["expires_in"])
		uri, _ := a.JSON["request_uri"].(string)
		return uri
	}
	uri := push()
	require.Equal(t, 400, w.get("/oauth/authorize?"+form("client_id", "other", "request_uri", uri, "login_as", "alice").Encode()).Status)
	require.Equal(t, 200, w.get("/oauth/authorize?"+form("client_id", "public", "request_uri", uri).Encode()).Status, "the page may be loaded again")
	code := w.open(form("client_id", "public", "request_uri", uri)).Get("code")
	require.Equal(t, 400, w.get("/oauth/authorize?"+form("client_id", "public", "request_uri", uri, "login_as", "alice").Encode()).Status, "once")
	w.post("/oauth/token", redemption(code), with("DPoP", w.proof(other, nil, nil))).refused(t, 400, "invalid_grant")
	w.post("/oauth/token", redemption(code)).refused(t, 400, "invalid_grant")
	require.Equal(t, "DPoP", w.post("/oauth/token", redemption(code), with("DPoP", w.proof(k, nil, nil))).JSON["token_type"])

	late := push()
	w.now = w.now.Add(5 * time.Minute)
	require.Equal(t, 400, w.get("/oauth/authorize?"+form("client_id", "public", "request_uri", late, "login_as", "alice").Encode()).Status)
	w.post("/oauth/par", request("redirect_uri", "https://evil.example"), proof(k)).refused(t, 400, "invalid_request")
	w.post("/oauth/par", request("code_challenge", ""), proof(k)).refused(t, 400, "invalid_request")
	w.post("/oauth/par", request("request_uri", "urn:x"), proof(k)).refused(t, 400, "invalid_request")
	w.post("/oauth/par", request("dpop_jkt", "another"), proof(k)).refused(t, 400, "invalid_dpop_proof")
	w.post("/oauth/par", request("client_id", "nobody"), proof(k)).refused(t, 401, "invalid_client")
}
