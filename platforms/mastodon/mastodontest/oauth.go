package mastodontest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// codeLife is how long an authorization code can be redeemed.
const codeLife = 10 * time.Minute

// grant is an authorization code that was given out.
type grant struct {
	app       *app
	account   *account
	scopes    []string
	redirect  string
	challenge string
	at        time.Time
	spent     bool
}

// The vendor's words, which are those of its OAuth library.
const (
	saysClient   = "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."
	saysGrant    = "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."
	saysScope    = "The requested scope is invalid, unknown, or malformed."
	saysRedirect = "The requested redirect uri is malformed or doesn't match client redirect URI."
	saysDenied   = "The resource owner or authorization server denied the request."
	saysType     = "The authorization server does not support this response type."
	saysGrants   = "The authorization grant type is not supported by the authorization server."
	saysMethod   = "The code challenge method must be S256."
	saysRevoke   = "You are not authorized to revoke this token"
)

func oauthError(status int, code, text string) reply {
	return reply{status: status, body: object{"error": code, "error_description": text}}
}

func invalidGrant() reply { return oauthError(http.StatusBadRequest, "invalid_grant", saysGrant) }

// authorize stands for the page on which a person consents. The simulator
// consents at once for the account named in login_as, default the first, and
// refuses for "!deny". What a person would see as an error page is answered
// with the same words in JSON.
func (s *Server) authorize(c *call) reply {
	a, redirect := s.apps[c.Get("client_id")], c.Get("redirect_uri")
	scopes := strings.Fields(c.Get("scope"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	method := c.Get("code_challenge_method")
	switch {
	case a == nil:
		return oauthError(http.StatusUnauthorized, "invalid_client", saysClient)
	case !slices.Contains(a.redirects, redirect):
		return oauthError(http.StatusBadRequest, "invalid_redirect_uri", saysRedirect)
	case c.Get("response_type") != "code":
		return oauthError(http.StatusBadRequest, "unsupported_response_type", saysType)
	case !subset(scopes, a.scopes):
		return oauthError(http.StatusBadRequest, "invalid_scope", saysScope)
	case s.api() >= apiProfile && c.Has("code_challenge") && method != "S256":
		return oauthError(http.StatusBadRequest, "invalid_code_challenge_method", saysMethod)
	}
	q := url.Values{}
	if state := c.Get("state"); state != "" {
		q.Set("state", state)
	}
	who, denied := s.consenting(c.Get("login_as"))
	switch {
	case denied:
		q.Set("error", "access_denied")
		q.Set("error_description", saysDenied)
	case who == nil:
		return notFound()
	default:
		code := secretWord()
		g := &grant{app: a, account: who, scopes: scopes, redirect: redirect, at: s.now()}
		if s.checksProof() && (method == "S256" || method == "" || method == "plain") {
			g.challenge = c.Get("code_challenge")
		}
		s.codes[code] = g
		q.Set("code", code)
	}
	join := "?"
	if strings.Contains(redirect, "?") {
		join = "&"
	}
	return reply{status: http.StatusFound, header: map[string]string{"Location": redirect + join + q.Encode()}}
}

func (s *Server) consenting(name string) (who *account, denied bool) {
	switch name {
	case "!deny":
		return nil, true
	case "":
		if all := s.sortedAccounts(); len(all) > 0 {
			return all[0], false
		}
		return nil, false
	}
	return s.lookup(name), false
}

// checksProof reports whether the server knows PKCE. Mastodon documents it from
// 4.3 on; of GoToSocial no code for it is known.
func (s *Server) checksProof() bool {
	return s.opts.Software != GoToSocial && (s.opts.Software != Mastodon || s.api() >= apiProfile)
}

// client authenticates an app by either method that the metadata names.
func (s *Server) client(c *call) *app {
	id, secret := c.Get("client_id"), c.Get("client_secret")
	if u, p, basic := c.req.BasicAuth(); basic {
		id, secret = u, p
	}
	if a := s.apps[id]; a != nil && a.secret == secret {
		return a
	}
	return nil
}

func (s *Server) grantToken(c *call) reply {
	a := s.client(c)
	if a == nil {
		return oauthError(http.StatusUnauthorized, "invalid_client", saysClient)
	}
	switch kind := c.Get("grant_type"); {
	case kind == "client_credentials":
		return s.grantToApp(c, a)
	case kind == "authorization_code":
		return s.redeem(c, a)
	case kind == "refresh_token" && s.opts.RefreshTokens:
		return s.refreshToken(c, a)
	case kind == "":
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type.")
	}
	return oauthError(http.StatusBadRequest, "unsupported_grant_type", saysGrants)
}

func (s *Server) grantToApp(c *call, a *app) reply {
	scopes := strings.Fields(c.Get("scope"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	if c.Has("scope") && !subset(scopes, a.scopes) {
		return oauthError(http.StatusBadRequest, "invalid_scope", saysScope)
	}
	t := s.issue(nil, scopes, a.name)
	t.client = a
	return s.tokenReply(t)
}

// redeem exchanges a code. A refused try does not spend it.
func (s *Server) redeem(c *call, a *app) reply {
	g := s.codes[c.Get("code")]
	switch {
	case !c.Has("redirect_uri"):
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing required parameter: redirect_uri.")
	case g != nil && g.challenge != "" && c.Get("code_verifier") == "":
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing required parameter: code_verifier.")
	case g == nil, g.spent, g.app != a, g.redirect != c.Get("redirect_uri"), s.now().Sub(g.at) >= codeLife, !g.proves(c.Get("code_verifier")):
		return invalidGrant()
	}
	g.spent = true
	return s.tokenReply(s.issueTo(a, g.account, g.scopes))
}

// issueTo gives an app a token of an account. Mastodon hands out the one that
// it has already if app, account and scopes are the same.
func (s *Server) issueTo(a *app, who *account, scopes []string) *token {
	if s.opts.Software == Mastodon {
		for _, t := range s.tokens {
			if _, bad := s.living(t.value); bad == "" && t.client == a && t.account == who && len(t.scopes) == len(scopes) && subset(scopes, t.scopes) {
				return t
			}
		}
	}
	t := s.issue(who, scopes, a.name)
	t.client = a
	if s.opts.RefreshTokens {
		t.refresh = secretWord()
		if t.ends.IsZero() {
			t.ends = t.issued.Add(time.Hour)
		}
	}
	return t
}

// refreshToken serves once for each refresh token, and ends the access token
// that came with it.
func (s *Server) refreshToken(c *call, a *app) reply {
	for _, t := range s.tokens {
		if r := c.Get("refresh_token"); r != "" && t.refresh == r {
			if t.client != a || t.revoked {
				return invalidGrant()
			}
			t.revoked = true
			s.refreshes++
			return s.tokenReply(s.issueTo(a, t.account, t.scopes))
		}
	}
	return invalidGrant()
}

// EndAccess makes an access token invalid before its time; the refresh token
// that came with it stays good.
func (s *Server) EndAccess(accessToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens[accessToken]; t != nil {
		t.ends = s.now()
	}
}

// Refreshes returns how many refresh tokens were redeemed.
func (s *Server) Refreshes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshes
}

func (g *grant) proves(verifier string) bool {
	if g.challenge == "" {
		return true
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == g.challenge
}

func (s *Server) tokenReply(t *token) reply {
	o := object{"access_token": t.value, "token_type": "Bearer", "scope": strings.Join(t.scopes, " "), "created_at": t.issued.Unix()}
	if s.opts.RefreshTokens && t.account != nil {
		o["refresh_token"], o["expires_in"] = t.refresh, int(t.ends.Sub(s.now()).Seconds())
	}
	return ok(o)
}

// revokeToken ends a token of the app that asks. What is unknown or over is as
// good as ended.
func (s *Server) revokeToken(c *call) reply {
	a := s.client(c)
	if a == nil {
		return oauthError(http.StatusForbidden, "unauthorized_client", saysRevoke)
	}
	for _, t := range s.tokens {
		if w := c.Get("token"); w == "" || (t.value != w && t.refresh != w) {
			continue
		}
		if t.client != a {
			return oauthError(http.StatusForbidden, "unauthorized_client", saysRevoke)
		}
		t.revoked = true
	}
	return ok(object{})
}

// discovery is the metadata of RFC 8414, which came with 4.3. The issuer ends
// in a slash.
func (s *Server) discovery(*call) reply {
	if s.api() < apiProfile {
		return notFound()
	}
	o := object{
		"issuer": s.url + "/", "authorization_endpoint": s.url + "/oauth/authorize", "token_endpoint": s.url + "/oauth/token",
		"revocation_endpoint": s.url + "/oauth/revoke", "app_registration_endpoint": s.url + "/api/v1/apps",
		"scopes_supported": s.scopesKnown(), "code_challenge_methods_supported": []string{"S256"},
		"grant_types_supported": []string{"authorization_code", "client_credentials"}, "response_types_supported": []string{"code"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"service_documentation":                 "https://docs.joinmastodon.org/",
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	}
	if s.api() >= apiUserInfo {
		o["userinfo_endpoint"] = s.url + "/oauth/userinfo"
	}
	return ok(o)
}
