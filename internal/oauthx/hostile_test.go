package oauthx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
)

// endpoint is a token endpoint that answers as a test says.
func endpoint(t *testing.T, h http.HandlerFunc, set ...func(*oauthx.ClientConfig)) *oauthx.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	cfg := oauthx.ClientConfig{Platform: "sim", ID: "app", Metadata: oauthx.Metadata{
		Issuer: s.URL, AuthorizationEndpoint: s.URL + "/authorize", TokenEndpoint: s.URL + "/token",
		RevocationEndpoint: s.URL + "/revoke", PushedAuthorizationRequestEndpoint: s.URL + "/par",
	}}
	for _, f := range set {
		f(&cfg)
	}
	c, err := oauthx.NewClient(cfg)
	require.NoError(t, err)
	return c
}

func outcome(t *testing.T, err error) smm.OutcomeState {
	t.Helper()
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok, "%v is no *smm.Error", err)
	return e.Outcome
}

func TestBadAnswersOfTheTokenEndpoint(t *testing.T) {
	const canary = "refresh-canary-0123456789"
	for name, c := range map[string]struct {
		status  int
		body    string
		header  []string
		want    error
		code    string
		outcome smm.OutcomeState
	}{
		"a refused grant":             {400, `{"error":"invalid_grant"}`, nil, smm.ErrUnauthorized, "invalid_grant", smm.OutcomeRefused},
		"200 with a refused grant":    {200, `{"error":"invalid_grant"}`, nil, smm.ErrUnauthorized, "invalid_grant", smm.OutcomeRefused},
		"200 with an error and more":  {200, `{"error":"invalid_grant","access_token":"a"}`, nil, smm.ErrUnauthorized, "invalid_grant", smm.OutcomeRefused},
		"200 with an object as error": {200, `{"error":{"message":"` + canary + `","code":190}}`, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"200 with later":              {200, `{"error":"temporarily_unavailable"}`, nil, smm.ErrUnavailable, "temporarily_unavailable", smm.OutcomeUnknown},
		"200 without a token":         {200, `{"token_type":"Bearer"}`, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"200 with nothing":            {200, ``, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"204":                         {204, ``, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"200 with a page":             {200, `<html>` + canary, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"200 with another type":       {200, `{"access_token":"a","token_type":"mac"}`, nil, smm.ErrForbidden, "", smm.OutcomeUnknown},
		"200, bound unasked":          {200, `{"access_token":"a","token_type":"DPoP"}`, nil, smm.ErrForbidden, "", smm.OutcomeUnknown},
		"200 with a line in it":       {200, `{"access_token":"a\nb"}`, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"huge":                        {200, `{"access_token":"a","x":"` + strings.Repeat("x", 1<<20) + `"}`, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"a redirect":                  {302, ``, []string{"Location", "https://evil.example/"}, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"a redirect that keeps":       {307, ``, []string{"Location", "https://evil.example/"}, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"the app is refused":          {401, `{"error":"invalid_client"}`, nil, smm.ErrForbidden, "invalid_client", smm.OutcomeRefused},
		"401 of a proxy":              {401, `<html>`, nil, smm.ErrForbidden, "", smm.OutcomeRefused},
		"403 of a proxy":              {403, `<html>`, nil, smm.ErrUnavailable, "", smm.OutcomeRefused},
		"404":                         {404, `not found`, nil, smm.ErrUnavailable, "", smm.OutcomeRefused},
		"400 without a code":          {400, `{}`, nil, smm.ErrUnavailable, "", smm.OutcomeRefused},
		"a scope":                     {400, `{"error":"invalid_scope"}`, nil, smm.ErrForbidden, "invalid_scope", smm.OutcomeRefused},
		"not for this app":            {403, `{"error":"unauthorized_client"}`, nil, smm.ErrForbidden, "unauthorized_client", smm.OutcomeRefused},
		"denied":                      {400, `{"error":"access_denied"}`, nil, smm.ErrForbidden, "access_denied", smm.OutcomeRefused},
		"malformed":                   {400, `{"error":"invalid_request"}`, nil, smm.ErrRejected, "invalid_request", smm.OutcomeRefused},
		"a code of its own":           {400, `{"error":"odd_thing"}`, nil, smm.ErrRejected, "odd_thing", smm.OutcomeRefused},
		"later":                       {400, `{"error":"temporarily_unavailable"}`, nil, smm.ErrUnavailable, "temporarily_unavailable", smm.OutcomeRefused},
		"too much":                    {429, `{"error":"invalid_grant"}`, []string{"Retry-After", "7"}, smm.ErrRateLimited, "invalid_grant", smm.OutcomeRefused},
		"500":                         {500, ``, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"500 with a refused grant":    {500, `{"error":"invalid_grant"}`, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
		"503":                         {503, `<html>`, nil, smm.ErrUnavailable, "", smm.OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			client := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
				n++
				if len(c.header) > 0 {
					w.Header().Set(c.header[0], c.header[1])
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			tok, err := client.Refresh(t.Context(), smm.NewSecret(canary), nil)
			require.Nil(t, tok)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.code, oauthx.Code(err))
			require.Equal(t, c.outcome, outcome(t, err))
			require.Equal(t, 1, n, "a refresh token is sent once")
			require.NotContains(t, err.Error(), canary)
			require.NotContains(t, err.Error(), "evil")
			if c.want == smm.ErrRateLimited {
				d, ok := smm.RetryAfter(err)
				require.True(t, ok)
				require.Equal(t, 7*time.Second, d)
			}
			if c.want != smm.ErrUnauthorized {
				require.False(t, smm.NeedsReconnect(err), "this must not end an account")
			}
		})
	}
}

// A token may look like a code, and a code like a token.
func TestACodeThatRepeatsASecretIsDropped(t *testing.T) {
	c := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":"%s"}`, r.FormValue("refresh_token"))
	})
	_, err := c.Refresh(t.Context(), smm.NewSecret("canary.of-lower_case"), nil)
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Equal(t, "", oauthx.Code(err))
	require.NotContains(t, err.Error(), "canary")
	_, err = c.Refresh(t.Context(), smm.NewSecret("invalid_grant"), nil)
	require.Equal(t, "invalid_grant", oauthx.Code(err), "known codes are no secrets")
}

func TestLostRepliesAreUnknownAndUnsentIsNotSent(t *testing.T) {
	cut := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"access_token":"a`)
	})
	_, err := cut.Refresh(t.Context(), smm.NewSecret("r"), nil)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, smm.OutcomeUnknown, outcome(t, err))

	hangUp := endpoint(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err = hangUp.Refresh(t.Context(), smm.NewSecret("r"), nil)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, smm.OutcomeUnknown, outcome(t, err))

	s := httptest.NewServer(nil)
	s.Close()
	nobody := endpoint(t, nil, func(cfg *oauthx.ClientConfig) { cfg.Metadata.TokenEndpoint = s.URL + "/token" })
	_, err = nobody.Refresh(t.Context(), smm.NewSecret("r"), nil)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, smm.OutcomeNotSent, outcome(t, err))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = hangUp.Refresh(ctx, smm.NewSecret("r"), nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, smm.OutcomeNotSent, outcome(t, err))
	require.False(t, smm.NeedsReconnect(err))
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestASlowEndpointIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := oauthx.NewClient(oauthx.ClientConfig{
			Platform: "sim", ID: "app", Metadata: oauthx.Metadata{TokenEndpoint: "https://as.example/token"},
			HTTPClient: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})},
		})
		require.NoError(t, err)
		start := time.Now()
		_, err = c.Refresh(t.Context(), smm.NewSecret("r"), nil)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, smm.OutcomeUnknown, outcome(t, err))
		require.Equal(t, 30*time.Second, time.Since(start))
	})
}

func TestNonceRetriesAreBounded(t *testing.T) {
	key := newKey(t)
	var n int
	nonces, status := true, 400
	c := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		if nonces {
			w.Header().Set("DPoP-Nonce", fmt.Sprint("nonce-", n))
		}
		w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":"use_dpop_nonce"}`)
	})
	for _, status = range []int{400, 401} {
		n = 0
		_, err := c.Refresh(t.Context(), smm.NewSecret("r"), key)
		require.ErrorIs(t, err, smm.ErrRejected)
		require.Equal(t, "use_dpop_nonce", oauthx.Code(err))
		require.Equal(t, smm.OutcomeRefused, outcome(t, err))
		require.Equal(t, 2, n, "one retry")
	}
	n = 0
	_, err := c.Refresh(t.Context(), smm.NewSecret("r"), nil)
	require.Error(t, err)
	require.Equal(t, 1, n, "without a key a nonce is of no use")
	n, nonces = 0, false
	_, err = c.Refresh(t.Context(), smm.NewSecret("r"), key)
	require.Error(t, err)
	require.Equal(t, 1, n, "without a nonce a retry is of no use")

	// The same at a resource, where a token may be over as well.
	n, nonces, status = 0, true, 401
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("DPoP-Nonce", "x")
		w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
		w.WriteHeader(401)
	}))
	defer s.Close()
	h, err := httpx.New(httpx.Config{Platform: "sim", Auth: &oauthx.DPoPAuth{Key: key, Token: smm.NewSecret("a"), Nonces: new(oauthx.Nonces)}})
	require.NoError(t, err)
	_, fate, err := h.Commit(t.Context(), &httpx.Request{Op: "x", Method: "POST", URL: s.URL})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, httpx.FateAnswered, fate)
	require.Equal(t, 3, n)
	for _, auth := range []*oauthx.DPoPAuth{{Key: key}, {Token: smm.NewSecret("a")}} {
		n = 0
		_, fate, err = h.Commit(t.Context(), &httpx.Request{Op: "x", Method: "POST", URL: s.URL, Auth: auth})
		require.ErrorIs(t, err, smm.ErrUnauthorized)
		require.Equal(t, httpx.FateNotSent, fate)
		require.Zero(t, n)
	}
}

func TestPushedRequestsThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"no address":      {201, `{"expires_in":60}`, smm.ErrUnavailable},
		"not JSON":        {201, `<html>`, smm.ErrUnavailable},
		"an address of 7": {201, `{"request_uri":7}`, smm.ErrUnavailable},
		"an endless one":  {201, `{"request_uri":"` + strings.Repeat("x", 5000) + `"}`, smm.ErrUnavailable},
		"an error":        {201, `{"error":"invalid_scope"}`, smm.ErrForbidden},
		"refused":         {400, `{"error":"invalid_request"}`, smm.ErrRejected},
		"down":            {503, ``, smm.ErrUnavailable},
	} {
		client := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		s, err := client.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x"})
		require.ErrorIs(t, err, c.want, name)
		require.Zero(t, s, name)
	}
}

func TestRevocationOfWhatIsOver(t *testing.T) {
	status, body := 0, ""
	c := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	revoke := func(s int, b string) error {
		status, body = s, b
		return c.Revoke(t.Context(), smm.NewSecret("t"), nil)
	}
	require.NoError(t, revoke(200, ``))
	require.NoError(t, revoke(200, `{}`))
	require.NoError(t, revoke(400, `{"error":"invalid_token"}`))
	require.NoError(t, revoke(400, `{"error":"invalid_grant"}`))
	require.ErrorIs(t, revoke(400, `{"error":"unsupported_token_type"}`), smm.ErrUnsupported)
	require.ErrorIs(t, revoke(401, `{"error":"invalid_client"}`), smm.ErrForbidden)
	require.ErrorIs(t, revoke(503, ``), smm.ErrUnavailable)
	require.ErrorIs(t, revoke(429, `{"error":"invalid_token"}`), smm.ErrRateLimited)
	require.NoError(t, c.Revoke(t.Context(), smm.Secret{}, nil), "nothing to revoke")
	none := endpoint(t, nil, func(cfg *oauthx.ClientConfig) { cfg.Metadata.RevocationEndpoint = "" })
	require.ErrorIs(t, none.Revoke(t.Context(), smm.NewSecret("t"), nil), smm.ErrUnsupported)
}
