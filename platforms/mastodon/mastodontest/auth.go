package mastodontest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type token struct {
	value   string
	account *account // nil for a client-credentials token
	scopes  []string
	issued  time.Time
	app     string
	revoked bool
	first   bool // the one that NewAccount shows
}

type app struct {
	id, name, secret string
	redirects        []string
	scopes           []string
}

type grant struct {
	app       *app
	account   *account
	scopes    []string
	redirect  string
	challenge string
	at        time.Time
}

func (s *Server) issue(a *account, scopes []string, app string) *token {
	t := &token{value: "sim-" + strings.ToLower(rand.Text()), account: a, scopes: scopes, issued: s.now(), app: app}
	s.tokens[t.value] = t
	return t
}

func (s *Server) bearer(r *http.Request) (*token, bool) {
	head := r.Header.Get("Authorization")
	if head == "" {
		return nil, true
	}
	value, isBearer := strings.CutPrefix(head, "Bearer ")
	t := s.tokens[value]
	if !isBearer || t == nil || t.revoked || (s.opts.TokenLife > 0 && s.now().Sub(t.issued) >= s.opts.TokenLife) {
		return nil, false
	}
	return t, true
}

// allows reports whether one of want is within the token's scopes: "read"
// covers "read:statuses", and the deprecated "follow" some of both.
func (t *token) allows(want []string) bool {
	if len(want) == 0 {
		return true
	}
	for _, w := range want {
		broad, narrow, _ := strings.Cut(w, ":")
		if slices.Contains(t.scopes, w) || slices.Contains(t.scopes, broad) {
			return true
		}
		switch narrow {
		case "follows", "blocks", "mutes":
			if slices.Contains(t.scopes, "follow") {
				return true
			}
		case "me":
			if slices.Contains(t.scopes, "profile") {
				return true
			}
		}
	}
	return false
}

func (s *Server) createApp(c *call) reply {
	redirects := c.list("redirect_uris")
	if c.Get("client_name") == "" || len(redirects) == 0 {
		return invalid("Application name can't be blank, Redirect URI can't be blank")
	}
	scopes := strings.Fields(c.Get("scopes"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	_, id := s.next(s.now())
	a := &app{id: "client-" + id, name: c.Get("client_name"), secret: strings.ToLower(rand.Text()), redirects: strings.Fields(strings.Join(redirects, " ")), scopes: scopes}
	s.apps[a.id] = a
	return ok(object{
		"id": id, "name": a.name, "website": nil, "scopes": a.scopes, "redirect_uris": a.redirects,
		"redirect_uri": strings.Join(a.redirects, "\n"), "client_id": a.id, "client_secret": a.secret, "client_secret_expires_at": 0,
	})
}

// authorize stands for the page on which a person consents. The simulator
// consents at once for the account named in login_as, default the first.
func (s *Server) authorize(c *call) reply {
	a := s.apps[c.Get("client_id")]
	redirect := c.Get("redirect_uri")
	if a == nil || !slices.Contains(a.redirects, redirect) {
		return fail(http.StatusUnauthorized, "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.")
	}
	var who *account
	if name := c.Get("login_as"); name != "" {
		who = s.lookup(name)
	} else if all := s.sortedAccounts(); len(all) > 0 {
		who = all[0]
	}
	if who == nil {
		return notFound()
	}
	_, code := s.next(s.now())
	scopes := strings.Fields(c.Get("scope"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	s.codes[code] = &grant{app: a, account: who, scopes: scopes, redirect: redirect, challenge: c.Get("code_challenge"), at: s.now()}
	q := url.Values{"code": {code}}
	if state := c.Get("state"); state != "" {
		q.Set("state", state)
	}
	return reply{status: http.StatusFound, header: map[string]string{"Location": redirect + "?" + q.Encode()}}
}

func oauthError(status int, code, text string) reply {
	return reply{status: status, body: object{"error": code, "error_description": text}}
}

func (s *Server) grantToken(c *call) reply {
	id, secret := c.Get("client_id"), c.Get("client_secret")
	if u, p, basic := c.req.BasicAuth(); basic {
		id, secret = u, p
	}
	a := s.apps[id]
	if a == nil || a.secret != secret {
		return oauthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.")
	}
	switch c.Get("grant_type") {
	case "client_credentials":
		return s.tokenReply(s.issue(nil, []string{"read"}, a.name))
	case "authorization_code":
		g := s.codes[c.Get("code")]
		delete(s.codes, c.Get("code"))
		if g == nil || g.app != a || g.redirect != c.Get("redirect_uri") || s.now().Sub(g.at) > 10*time.Minute || !g.proves(c.Get("code_verifier")) {
			return oauthError(http.StatusBadRequest, "invalid_grant", "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.")
		}
		return s.tokenReply(s.issue(g.account, g.scopes, a.name))
	}
	return oauthError(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
}

func (g *grant) proves(verifier string) bool {
	if g.challenge == "" {
		return true
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == g.challenge
}

func (s *Server) tokenReply(t *token) reply {
	return ok(object{"access_token": t.value, "token_type": "Bearer", "scope": strings.Join(t.scopes, " "), "created_at": t.issued.Unix()})
}

func (s *Server) revokeToken(c *call) reply {
	if a := s.apps[c.Get("client_id")]; a == nil || a.secret != c.Get("client_secret") {
		return oauthError(http.StatusForbidden, "unauthorized_client", "You are not authorized to revoke this token")
	}
	if t := s.tokens[c.Get("token")]; t != nil {
		t.revoked = true
	}
	return ok(object{})
}

func (s *Server) discovery(*call) reply {
	if s.opts.Software != Mastodon {
		return notFound()
	}
	return ok(object{
		"issuer": s.url + "/", "authorization_endpoint": s.url + "/oauth/authorize", "token_endpoint": s.url + "/oauth/token",
		"revocation_endpoint": s.url + "/oauth/revoke", "userinfo_endpoint": s.url + "/oauth/userinfo", "app_registration_endpoint": s.url + "/api/v1/apps",
		"scopes_supported": []string{"profile", "read", "write", "push", "follow"}, "code_challenge_methods_supported": []string{"S256"},
		"grant_types_supported": []string{"authorization_code", "client_credentials"}, "response_types_supported": []string{"code"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	})
}
