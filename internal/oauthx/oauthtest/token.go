package oauthtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// pushAnswer is RFC 9126 section 2.2.
type pushAnswer struct {
	URI     string `json:"request_uri"`
	Expires int64  `json:"expires_in"`
}

// push serves pushed authorization requests.
func (s *Server) push(r *http.Request, form url.Values) (any, error) {
	c, err := s.identify(r, form)
	if err != nil {
		return nil, err
	}
	if form.Has("request_uri") {
		return nil, refuse("invalid_request", "a pushed request cannot name another")
	}
	jkt, err := s.bound(r, c)
	if err != nil {
		return nil, err
	}
	req, err := s.readRequest(c, form)
	if err != nil {
		return nil, err
	}
	if jkt != "" && req.jkt != "" && jkt != req.jkt {
		return nil, refuse("invalid_dpop_proof", "dpop_jkt is another key's")
	}
	if req.jkt == "" {
		req.jkt = jkt
	}
	req.expires = s.opts.Now().Add(s.opts.PushLife)
	uri := "urn:ietf:params:oauth:request_uri:" + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pushed[uri] = req
	return pushAnswer{uri, int64(s.opts.PushLife / time.Second)}, nil
}

// bound checks the proof of a request at the server's own endpoint.
func (s *Server) bound(r *http.Request, c Client) (jkt string, err error) {
	jkt, err = s.proof(r, "")
	if err == nil && jkt == "" && (s.opts.DPoP == Required || c.Bound && s.opts.DPoP != Off) {
		err = refuse("invalid_dpop_proof", "a proof is required")
	}
	return jkt, err
}

// tokenAnswer is RFC 6749 section 5.1.
type tokenAnswer struct {
	Access  string  `json:"access_token"`
	Type    string  `json:"token_type"`
	Expires *int64  `json:"expires_in,omitempty"`
	Refresh string  `json:"refresh_token,omitempty"`
	Scope   *string `json:"scope,omitempty"`
	Subject string  `json:"sub,omitempty"`
	Created int64   `json:"created_at,omitempty"`
}

// token serves the token endpoint.
func (s *Server) token(r *http.Request, form url.Values) (any, error) {
	c, err := s.identify(r, form)
	if err != nil {
		return nil, err
	}
	jkt, err := s.bound(r, c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.redeem(c, jkt, form)
	case "refresh_token":
		return s.renew(c, jkt, form)
	case "client_credentials":
		return s.ownToken(c, jkt, form)
	}
	return nil, refuse("unsupported_grant_type", "the grant type is not known here")
}

// redeem gives tokens for a code.
func (s *Server) redeem(c Client, jkt string, form url.Values) (any, error) {
	k := s.codes[form.Get("code")]
	verifier := form.Get("code_verifier")
	switch {
	case k == nil, k.req.client.ID != c.ID:
		return nil, refuse("invalid_grant", "the code is not known, or another app's")
	case k.used:
		// RFC 6749 section 4.1.2: what it bought may be in the wrong hands.
		s.count.CodeReplays++
		s.misused(k.family)
		return nil, refuse("invalid_grant", "the code was used before")
	case !s.opts.Now().Before(k.expires):
		return nil, refuse("invalid_grant", "the code is over")
	case form.Get("redirect_uri") != k.req.redirect:
		return nil, refuse("invalid_grant", "the code was given for another redirect_uri")
	case k.req.challenge == "" && verifier != "", k.req.challenge != "" && !proves(verifier, k.req.challenge):
		return nil, refuse("invalid_grant", "the code verifier does not fit")
	case k.req.jkt != "" && jkt != k.req.jkt:
		return nil, refuse("invalid_grant", "the code is bound to another key")
	}
	k.used = true
	k.family = &family{client: c.ID, subject: k.subject, scopes: k.req.scopes, jkt: jkt}
	s.families[k.family] = true
	s.count.Exchanges++
	return s.issue(k.family, k.family.scopes), nil
}

// proves checks PKCE (RFC 7636 section 4.6).
func proves(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

// renew gives the successor of a refresh token.
func (s *Server) renew(c Client, jkt string, form url.Values) (any, error) {
	t := s.refresh[form.Get("refresh_token")]
	now := s.opts.Now()
	switch {
	case t == nil || t.family.client != c.ID:
		return nil, refuse("invalid_grant", "the refresh token is not known, or another app's")
	case t.family.over:
		return nil, refuse("invalid_grant", "the grant was revoked")
	case t.family.jkt != jkt:
		return nil, refuse("invalid_grant", "the refresh token is bound to another key")
	case !t.expires.IsZero() && !now.Before(t.expires):
		return nil, refuse("invalid_grant", "the refresh token is over")
	}
	scopes := t.family.scopes
	if form.Get("scope") != "" {
		if scopes = strings.Fields(form.Get("scope")); !within(scopes, t.family.scopes) {
			return nil, refuse("invalid_scope", "more than was granted")
		}
	}
	if !t.used.IsZero() {
		if next := t.next; s.opts.Grace > 0 && now.Sub(t.used) <= s.opts.Grace && s.unused(next) {
			s.count.Refreshes++
			return s.again(next), nil
		}
		s.count.Replays++
		s.misused(t.family)
		return nil, refuse("invalid_grant", "the refresh token was used before")
	}
	s.count.Refreshes++
	if s.opts.KeepRefresh {
		a := s.issueAccess(t.family, scopes)
		a.Refresh = form.Get("refresh_token")
		return a, nil
	}
	t.used = now
	t.next = s.issue(t.family, scopes)
	return t.next, nil
}

// again is an answer that was lost, as it reads now.
func (s *Server) again(a *tokenAnswer) *tokenAnswer {
	b := *a
	if t := s.access[a.Access]; !t.expires.IsZero() {
		left := max(0, int64(t.expires.Sub(s.opts.Now())/time.Second))
		b.Expires = &left
	}
	return &b
}

// unused reports whether the refresh token in a was not used.
func (s *Server) unused(a *tokenAnswer) bool {
	t := s.refresh[a.Refresh]
	return t != nil && t.used.IsZero()
}

// ownToken gives a token to the app itself.
func (s *Server) ownToken(c Client, jkt string, form url.Values) (any, error) {
	if c.Secret == "" && len(c.Keys) == 0 {
		return nil, refuse("unauthorized_client", "a public client cannot act for itself")
	}
	scopes := strings.Fields(form.Get("scope"))
	if len(scopes) == 0 {
		scopes = strings.Fields(s.opts.DefaultScope)
	}
	if c.Scopes != nil && !within(scopes, c.Scopes) || slices.ContainsFunc(scopes, func(x string) bool { return !s.knows(x) }) {
		return nil, refuse("invalid_scope", "a scope is not the app's")
	}
	f := &family{client: c.ID, scopes: scopes, jkt: jkt}
	s.families[f] = true
	return s.issueAccess(f, scopes), nil
}

// revoke serves RFC 7009. Either token ends the whole grant.
func (s *Server) revoke(r *http.Request, form url.Values) (any, error) {
	c, err := s.identify(r, form)
	if err != nil {
		return nil, err
	}
	if form.Get("token") == "" {
		return nil, refuse("invalid_request", "no token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var f *family
	if t := s.refresh[form.Get("token")]; t != nil {
		f = t.family
	} else if t := s.access[form.Get("token")]; t != nil {
		f = t.family
	}
	if f != nil {
		if f.client != c.ID {
			return nil, refuse("unauthorized_client", "the token is another app's")
		}
		f.over = true
	}
	return json.RawMessage("{}"), nil
}
