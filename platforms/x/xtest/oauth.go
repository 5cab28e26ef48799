package xtest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// codeLife is how long an authorization code can be redeemed.
const codeLife = 30 * time.Second

// grant is an authorization code that was given out.
type grant struct {
	app       *app
	user      *user
	scopes    []string
	redirect  string
	challenge string
	method    string
	at        time.Time
	spent     *token // what it was redeemed for
}

// The vendor's words.
const (
	saysHeader = "Missing valid authorization header"
	saysCode   = "Value passed for the authorization code was invalid."
	saysToken  = "Value passed for the token was invalid."
)

func oauthError(status int, code, text string) reply {
	return reply{status: status, body: object{"error": code, "error_description": text}}
}

func (s *Server) invalidGrant(text string) reply {
	if s.opts.InvalidGrant {
		return oauthError(http.StatusBadRequest, "invalid_grant", text)
	}
	return oauthError(http.StatusBadRequest, "invalid_request", text)
}

// authorize stands for the page on which a person consents. The simulator
// consents at once for the account named in login_as, default the first, and
// refuses for "!deny". What a person would see as an error page is answered
// with the same words in JSON.
func (s *Server) authorize(c *call) reply {
	q := c.query
	a, redirect, scopes := s.appByID(q.Get("client_id")), q.Get("redirect_uri"), strings.Fields(q.Get("scope"))
	method := q.Get("code_challenge_method")
	pick(&method, "plain")
	wrong := func(text string) reply { return oauthError(http.StatusBadRequest, "invalid_request", text) }
	switch {
	case a == nil:
		return wrong("Value passed for the client_id was invalid.")
	case !slices.Contains(a.redirects, redirect):
		return wrong("Value passed for the redirect uri did not match the uri of the app.")
	case q.Get("response_type") != "code":
		return oauthError(http.StatusBadRequest, "unsupported_response_type", "Value passed for the response_type was invalid.")
	case len(scopes) == 0 || !subset(scopes, knownScopes):
		return oauthError(http.StatusBadRequest, "invalid_scope", "Value passed for the scope was invalid.")
	case len(q.Get("state")) > 500:
		return wrong("Value passed for the state was too long.")
	case q.Get("code_challenge") == "" || method != "S256" && method != "plain":
		return wrong("Missing required parameter [code_challenge].")
	}
	back := url.Values{}
	if q.Has("state") {
		back.Set("state", q.Get("state"))
	}
	who := s.consenting(q.Get("login_as"))
	switch {
	case q.Get("login_as") == "!deny":
		back.Set("error", "access_denied")
	case who == nil:
		return notFound()
	default:
		code := secretWord()
		s.codes[code] = &grant{app: a, user: who, scopes: scopes, redirect: redirect, challenge: q.Get("code_challenge"), method: method, at: s.now()}
		back.Set("code", code)
	}
	join := "?"
	if strings.Contains(redirect, "?") {
		join = "&"
	}
	return reply{status: http.StatusFound, header: map[string]string{"Location": redirect + join + back.Encode()}}
}

func (s *Server) consenting(name string) *user {
	if name != "" {
		return s.named(name)
	}
	for _, u := range s.everybody() {
		if u.login != nil {
			return u
		}
	}
	return nil
}

// Consent does what a person does at the address of the consent page: it agrees
// as handle and returns where the browser goes next. The handle "!deny"
// refuses.
func (s *Server) Consent(address, handle string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("xtest: consent: %w", err)
	}
	q := u.Query()
	q.Set("login_as", handle)
	s.mu.Lock()
	r := s.authorize(&call{query: q})
	s.mu.Unlock()
	if r.status != http.StatusFound {
		return "", fmt.Errorf("xtest: consent: %v", r.body)
	}
	return r.header["Location"], nil
}

// client authenticates an app: one with a secret by HTTP Basic, one without by
// client_id in the body.
func (s *Server) client(c *call) (*app, *reply) {
	id, secret, basic := c.req.BasicAuth()
	if !basic {
		a := s.appByID(c.form.Get("client_id"))
		if a == nil || a.secret != "" {
			r := oauthError(http.StatusUnauthorized, "unauthorized_client", saysHeader)
			return nil, &r
		}
		return a, nil
	}
	a := s.appByID(unescape(id))
	if a == nil || a.secret == "" || a.secret != unescape(secret) {
		r := oauthError(http.StatusUnauthorized, "unauthorized_client", saysHeader)
		return nil, &r
	}
	return a, nil
}

// unescape undoes the form encoding that RFC 6749 prescribes within Basic.
func unescape(v string) string {
	if u, err := url.QueryUnescape(v); err == nil {
		return u
	}
	return v
}

func (s *Server) grantToken(c *call) reply {
	if c.form.Get("grant_type") == "client_credentials" {
		return s.grantToApp(c)
	}
	a, refused := s.client(c)
	if refused != nil {
		return *refused
	}
	switch c.form.Get("grant_type") {
	case "authorization_code":
		return s.redeem(c, a)
	case "refresh_token":
		return s.renew(c, a)
	case "":
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing required parameter [grant_type].")
	}
	return oauthError(http.StatusBadRequest, "unsupported_grant_type", "Value passed for the grant_type was invalid.")
}

// grantToApp gives an app its token without a user, for its consumer key.
func (s *Server) grantToApp(c *call) reply {
	key, secret, _ := c.req.BasicAuth()
	for _, a := range s.apps {
		if a.key == unescape(key) && a.keySecret == unescape(secret) {
			return reply{status: http.StatusOK, body: object{"token_type": "bearer", "access_token": a.bearer.value}}
		}
	}
	return problem(http.StatusForbidden, blank, "Forbidden", "Unable to verify your credentials")
}

func (s *Server) redeem(c *call, a *app) reply {
	g := s.codes[c.form.Get("code")]
	switch {
	case g == nil || g.app != a || s.now().Sub(g.at) > codeLife:
		return s.invalidGrant(saysCode)
	case g.spent != nil: // RFC 6749: what came of a code that is seen twice ends
		g.spent.family.end()
		return s.invalidGrant(saysCode)
	case g.redirect != c.form.Get("redirect_uri"):
		return oauthError(http.StatusBadRequest, "invalid_request", "Value passed for the redirect uri did not match the uri of the authorization code.")
	case !g.proves(c.form.Get("code_verifier")):
		return oauthError(http.StatusBadRequest, "invalid_request", "Value passed for the code verifier did not match the code challenge.")
	}
	g.spent = s.issue(a, g.user, g.scopes, true)
	return s.tokenReply(g.spent)
}

func (g *grant) proves(verifier string) bool {
	if g.method == "plain" {
		return verifier == g.challenge
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == g.challenge
}

// renew serves once for each refresh token. One that comes again was copied, so
// that everything which came of the same consent ends.
func (s *Server) renew(c *call, a *app) reply {
	t := s.refresh[c.form.Get("refresh_token")]
	switch {
	case t == nil || t.app != a || t.revoked:
		return s.invalidGrant(saysToken)
	case t.spent:
		t.family.end()
		return s.invalidGrant(saysToken)
	}
	t.spent = true
	fresh := s.issue(a, t.user, t.scopes, true)
	t.family.tokens = append(t.family.tokens, fresh)
	fresh.family = t.family
	return s.tokenReply(fresh)
}

func (f *family) end() {
	for _, t := range f.tokens {
		t.revoked = true
	}
}

func (s *Server) tokenReply(t *token) reply {
	o := object{"token_type": "bearer", "access_token": t.value, "scope": strings.Join(t.scopes, " "), "expires_in": 7200}
	if !t.ends.IsZero() {
		o["expires_in"] = int(t.ends.Sub(s.now()).Seconds())
	}
	if t.refresh != "" {
		o["refresh_token"] = t.refresh
	}
	return ok(o)
}

// revoke ends a token of the app that asks; a refresh token takes the access
// token that came with it along.
func (s *Server) revoke(c *call) reply {
	a, refused := s.client(c)
	if refused != nil {
		return *refused
	}
	value := c.form.Get("token")
	t := s.tokens[value]
	if t == nil {
		t = s.refresh[value]
	}
	if t == nil || t.app != a {
		return s.invalidGrant(saysToken)
	}
	t.revoked = true
	return ok(object{"revoked": true})
}

// Refreshes returns how many refresh tokens were redeemed.
func (s *Server) Refreshes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.refresh {
		if t.spent {
			n++
		}
	}
	return n
}
