package blueskytest

import (
	"crypto/rand"
	"crypto/subtle"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky/scope"
)

// session is one token of a pair.
type session struct {
	did     string
	refresh bool
	expires time.Time
	next    *pair // what a used refresh token was exchanged for
}

type pair struct{ access, refresh string }

type serviceToken struct {
	did, aud, lxm string
	expires       time.Time
}

type sessionOut struct {
	AccessJwt  string  `json:"accessJwt"`
	RefreshJwt string  `json:"refreshJwt"`
	Handle     string  `json:"handle"`
	DID        string  `json:"did"`
	DIDDoc     *didDoc `json:"didDoc"`
	Email      string  `json:"email"`
	Confirmed  bool    `json:"emailConfirmed"`
	Active     bool    `json:"active"`
}

func (s *Server) issue(a *account) pair {
	p := pair{"at." + rand.Text(), "rt." + rand.Text()}
	now := s.now()
	s.sessions[p.access] = &session{did: a.did, expires: now.Add(s.opts.AccessLife)}
	s.sessions[p.refresh] = &session{did: a.did, refresh: true, expires: now.Add(s.opts.RefreshLife)}
	return p
}

func (s *Server) sessionOut(a *account, p pair) sessionOut {
	doc := s.didDoc(a)
	return sessionOut{p.access, p.refresh, a.handle, a.did, &doc, "user@example.com", true, true}
}

func (c *call) createSession() (any, error) {
	var in struct{ Identifier, Password string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	id := strings.ToLower(in.Identifier)
	if err := c.s.spend(c, charge{"session-5m/" + id, c.s.opts.Sessions, 300, 1}, charge{"session-day/" + id, 300, 86400, 1}); err != nil {
		return nil, err
	}
	a := c.s.lookup(id)
	if a == nil || subtle.ConstantTimeCompare([]byte(in.Password), []byte(a.password)) != 1 {
		return nil, fail(401, "AuthenticationRequired", "Invalid identifier or password")
	}
	if a.takenDown {
		return nil, fail(401, "AccountTakedown", "Account has been taken down")
	}
	return c.s.sessionOut(a, c.s.issue(a)), nil
}

// refreshSession rotates both tokens. A used refresh token keeps working for a
// grace period and gives the pair it was exchanged for.
func (c *call) refreshSession() (any, error) {
	token := bearer(c)
	old := c.s.sessions[token]
	if old.next == nil {
		p := c.s.issue(c.me)
		old.next = &p
		grace := c.s.now().Add(max(c.s.opts.RotateGrace, 0))
		if grace.Before(old.expires) {
			old.expires = grace
		}
		return c.s.sessionOut(c.me, p), nil
	}
	p := *old.next
	now := c.s.now()
	p.access = "at." + rand.Text()
	c.s.sessions[p.access] = &session{did: c.me.did, expires: now.Add(c.s.opts.AccessLife)}
	return c.s.sessionOut(c.me, p), nil
}

func (c *call) getSession() (any, error) {
	doc := c.s.didDoc(c.me)
	out := struct {
		Handle    string  `json:"handle"`
		DID       string  `json:"did"`
		DIDDoc    *didDoc `json:"didDoc"`
		Email     string  `json:"email,omitempty"`
		Confirmed bool    `json:"emailConfirmed,omitempty"`
		Active    bool    `json:"active"`
		Status    string  `json:"status,omitempty"`
	}{Handle: c.me.handle, DID: c.me.did, DIDDoc: &doc, Active: !c.me.deactivated}
	if c.me.deactivated {
		out.Status = "deactivated"
	}
	if c.granted == nil || c.granted.Has(scope.Email) {
		out.Email, out.Confirmed = "user@example.com", true
	}
	return out, nil
}

func (c *call) deleteSession() (any, error) {
	for token, v := range c.s.sessions {
		if v.did == c.me.did {
			delete(c.s.sessions, token)
		}
	}
	return nil, nil
}

// Revoke ends all sessions of an account, as when its owner deletes the app
// password and signs the apps out; with password it also changes the password.
func (s *Server) Revoke(handle string, password bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.lookup(handleOf(handle))
	if a == nil {
		return
	}
	for token, v := range s.sessions {
		if v.did == a.did {
			delete(s.sessions, token)
		}
	}
	s.oauth.RevokeSubject(a.did)
	if password {
		a.password = "pass-" + strings.ToLower(rand.Text()[:16])
	}
}

func (c *call) getServiceAuth() (any, error) {
	aud, lxm := c.query("aud"), c.query("lxm")
	if !strings.HasPrefix(aud, "did:") {
		return nil, invalid("Error: aud must be a valid did")
	}
	now := c.s.now()
	end := now.Add(time.Minute)
	if v := c.query("exp"); v != "" {
		sec, err := strconv.ParseInt(v, 10, 64)
		switch end = time.Unix(sec, 0); {
		case err != nil, end.Before(now):
			return nil, fail(400, "BadExpiration", "expiration is in past")
		case end.After(now.Add(time.Hour)):
			return nil, fail(400, "BadExpiration", "cannot request a token with an expiration more than an hour in the future")
		case lxm == "" && end.After(now.Add(time.Minute)):
			return nil, fail(400, "BadExpiration", "cannot request a method-less token with an expiration more than a minute in the future")
		}
	}
	token := "sv." + rand.Text()
	c.s.service[token] = serviceToken{c.me.did, aud, lxm, end}
	return struct {
		Token string `json:"token"`
	}{token}, nil
}

func bearer(c *call) string {
	token, _ := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	return token
}

// authenticate finds out who asks. The reference PDS answers a bad token with
// 400 and only a missing one with 401.
func (s *Server) authenticate(c *call, kind authKind) error {
	if strings.HasPrefix(c.r.Header.Get("Authorization"), "DPoP ") && kind != authNone && kind != authService {
		return s.authenticateOAuth(c, kind)
	}
	token := bearer(c)
	if kind == authNone || kind == authService || (kind == authOptional && token == "") {
		return nil
	}
	if token == "" {
		return fail(401, "AuthMissing", "Authentication Required")
	}
	v, ok := s.sessions[token]
	switch {
	case !ok:
		return fail(400, "InvalidToken", "Token could not be verified")
	case v.refresh != (kind == authRefresh):
		return fail(400, "InvalidToken", "Bad token scope")
	case !s.now().Before(v.expires):
		return fail(400, "ExpiredToken", "Token has expired")
	}
	c.me = s.accounts[v.did]
	if c.me.takenDown {
		return fail(401, "AccountTakedown", "Account has been taken down")
	}
	return nil
}
