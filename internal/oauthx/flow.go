package oauthx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/smm"
)

// AuthRequest is a request for a person's consent.
type AuthRequest struct {
	Redirect  string // the address that the browser comes back to, as registered
	State     string // a value used once, which must come back
	Scopes    []string
	LoginHint string
	// Params are added, for what a vendor has of its own. A name that the protocol
	// uses here is refused.
	Params url.Values
	Key    *Key // the key that the token shall be bound to (RFC 9449 section 10); nil for a bearer token
}

// Started says where to send the browser.
type Started struct {
	URL      string
	Verifier smm.Secret // for Exchange
	// Expires is when no answer needs to be expected any more: ten minutes on, or
	// the life of the pushed request if that is longer.
	Expires time.Time
}

const (
	startLife    = 10 * time.Minute
	maxStartLife = time.Hour
)

// Start makes an authorization request with PKCE S256. It is pushed to the server
// (RFC 9126) where the metadata offers that, so that its content neither passes
// through the browser nor can be changed there.
func (c *Client) Start(ctx context.Context, r AuthRequest) (Started, error) {
	const op = "oauth.authorize"
	switch {
	case c.cfg.Metadata.AuthorizationEndpoint == "":
		return Started{}, c.refuse(op, fmt.Errorf("%w: the server has no authorization endpoint", smm.ErrUnsupported))
	case r.Redirect == "" || r.State == "":
		return Started{}, c.refuse(op, fmt.Errorf("%w: a request needs a redirect address and a state", smm.ErrInvalid))
	case !c.cfg.Metadata.offersS256():
		return Started{}, c.refuse(op, fmt.Errorf("%w: the server does not offer PKCE with S256, without which a code can be stolen", smm.ErrUnsupported))
	}
	verifier := oauth2.GenerateVerifier()
	form := url.Values{
		"response_type":         {"code"},
		"redirect_uri":          {r.Redirect},
		"state":                 {r.State},
		"code_challenge":        {oauth2.S256ChallengeFromVerifier(verifier)},
		"code_challenge_method": {"S256"},
	}
	if len(r.Scopes) > 0 {
		form.Set("scope", strings.Join(r.Scopes, " "))
	}
	if r.LoginHint != "" {
		form.Set("login_hint", r.LoginHint)
	}
	if r.Key != nil {
		form.Set("dpop_jkt", r.Key.Thumbprint())
	}
	for name, v := range r.Params {
		if _, taken := form[name]; taken || slices.Contains(ownParams, name) {
			return Started{}, c.refuse(op, fmt.Errorf("%w: the parameter %s is set by the request itself", smm.ErrInvalid, smm.CleanMessage(name)))
		}
		form[name] = slices.Clone(v)
	}
	s := Started{Verifier: smm.NewSecret(verifier), Expires: c.clock.Now().Add(startLife)}
	if c.cfg.Metadata.PushedAuthorizationRequestEndpoint == "" {
		form.Set("client_id", c.cfg.ID)
		s.URL = withQuery(c.cfg.Metadata.AuthorizationEndpoint, form)
		return s, nil
	}
	return s, c.push(ctx, &s, form, r.Key)
}

// ownParams may not come from AuthRequest.Params, beside those always there.
var ownParams = []string{
	"client_id", "client_secret", "client_assertion", "client_assertion_type", "request", "request_uri",
	"scope", "login_hint", "dpop_jkt",
}

// push sends the request to the server and puts what it gave into s.
func (c *Client) push(ctx context.Context, s *Started, form url.Values, key *Key) error {
	const op, longest = "oauth.par", 2048
	resp, err := c.post(ctx, call{op: op, url: c.cfg.Metadata.PushedAuthorizationRequestEndpoint, form: form, key: key})
	if err != nil {
		*s = Started{}
		return err
	}
	var a struct {
		URI     string          `json:"request_uri"`
		Expires json.RawMessage `json:"expires_in"`
	}
	if json.Unmarshal(resp.Body, &a) != nil || a.URI == "" || len(a.URI) > longest {
		*s = Started{}
		return c.broken(op, resp, smm.ErrUnavailable, errors.New("the answer holds no request_uri"))
	}
	s.URL = withQuery(c.cfg.Metadata.AuthorizationEndpoint, url.Values{"client_id": {c.cfg.ID}, "request_uri": {a.URI}})
	if end := c.clock.Now().Add(min(lifeOf(a.Expires), maxStartLife)); end.After(s.Expires) {
		s.Expires = end
	}
	return nil
}

// withQuery adds q to an endpoint, whose own query stays (RFC 6749 section 3.1).
func withQuery(endpoint string, q url.Values) string {
	sep := "?"
	if strings.Contains(endpoint, "?") {
		sep = "&"
	}
	return endpoint + sep + q.Encode()
}

// stateOf is the state in an authorization request's URL, zero if it was pushed.
func stateOf(rawURL string) smm.Secret {
	u, err := url.Parse(rawURL)
	if err != nil {
		return smm.Secret{}
	}
	return smm.NewSecret(u.Query().Get("state"))
}

// Exchange redeems a code. redirect and verifier are those of the start, key that
// of AuthRequest. A code is good once: after an error with OutcomeUnknown the
// person must begin again.
func (c *Client) Exchange(ctx context.Context, code smm.Secret, redirect string, verifier smm.Secret, key *Key) (*Token, error) {
	if code.IsZero() || verifier.IsZero() {
		return nil, c.refuse(opToken, fmt.Errorf("%w: no code or no verifier", smm.ErrInvalid))
	}
	return c.token(ctx, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code.Reveal()},
		"redirect_uri":  {redirect},
		"code_verifier": {verifier.Reveal()},
	}, key)
}

// Refresh asks for the successor of a token. scopes narrow it; none means as
// before. Where tokens rotate, refresh is over once the server has answered, and
// may be over after an error with OutcomeUnknown. A zero Token.Refresh means that
// the old one stays good.
func (c *Client) Refresh(ctx context.Context, refresh smm.Secret, key *Key, scopes ...string) (*Token, error) {
	if refresh.IsZero() {
		return nil, c.refuse(opToken, fmt.Errorf("%w: no refresh token", smm.ErrUnauthorized))
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.Reveal()}}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	return c.token(ctx, form, key)
}

// Credentials asks for a token of the app itself (RFC 6749 section 4.4).
func (c *Client) Credentials(ctx context.Context, scopes ...string) (*Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	return c.token(ctx, form, nil)
}

const opToken = "oauth.token"

func (c *Client) token(ctx context.Context, form url.Values, key *Key) (*Token, error) {
	asked := c.clock.Now()
	resp, err := c.post(ctx, call{op: opToken, url: c.cfg.Metadata.TokenEndpoint, form: form, key: key})
	if err != nil {
		return nil, err
	}
	t, err := parseToken(resp.Body, asked, c.clock.Now(), key != nil)
	switch {
	case errors.Is(err, errTokenType):
		return nil, c.broken(opToken, resp, smm.ErrForbidden, err)
	case err != nil:
		return nil, c.broken(opToken, resp, smm.ErrUnavailable, err)
	}
	return t, nil
}

// Revoke ends a token (RFC 7009), with a refresh token all that came from it. A
// token that is over already is no error. A server without the endpoint gives
// an error that matches smm.ErrUnsupported.
func (c *Client) Revoke(ctx context.Context, token smm.Secret, key *Key) error {
	const op = "oauth.revoke"
	if c.cfg.Metadata.RevocationEndpoint == "" {
		return c.refuse(op, fmt.Errorf("%w: the server cannot revoke tokens", smm.ErrUnsupported))
	}
	if token.IsZero() {
		return nil
	}
	_, err := c.post(ctx, call{op: op, url: c.cfg.Metadata.RevocationEndpoint, form: url.Values{"token": {token.Reveal()}}, key: key})
	if code := Code(err); code == "invalid_grant" || code == "invalid_token" {
		if e, ok := errors.AsType[*smm.Error](err); ok && e.Status < http.StatusInternalServerError {
			return nil
		}
	}
	return err
}
