package oauthtest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// family is a grant with all tokens that came from it.
type family struct {
	client  string
	subject string // "" for the app itself
	scopes  []string
	jkt     string // "" for bearer tokens
	over    bool
}

type accessToken struct {
	family  *family
	scopes  []string
	expires time.Time
}

type refreshToken struct {
	family  *family
	expires time.Time
	used    time.Time    // zero while it is good
	next    *tokenAnswer // what it bought
}

// misused ends a grant whose token or code came twice. The lock is held.
func (s *Server) misused(f *family) {
	if f != nil && !f.over {
		f.over = true
		s.count.FamiliesRevoked++
	}
}

// issue gives an access token and, where the server has them, a refresh token.
// The lock is held.
func (s *Server) issue(f *family, scopes []string) *tokenAnswer {
	a := s.issueAccess(f, scopes)
	if s.opts.Refresh {
		a.Refresh = "rt-" + rand.Text()
		t := &refreshToken{family: f}
		if s.opts.RefreshLife > 0 {
			t.expires = s.opts.Now().Add(s.opts.RefreshLife)
		}
		s.refresh[a.Refresh] = t
	}
	return a
}

func (s *Server) issueAccess(f *family, scopes []string) *tokenAnswer {
	now := s.opts.Now()
	a := &tokenAnswer{Access: "at-" + rand.Text(), Type: "Bearer"}
	t := &accessToken{family: f, scopes: scopes}
	if f.jkt != "" {
		a.Type = "DPoP"
	}
	if s.opts.TokenLife > 0 {
		secs := int64(s.opts.TokenLife / time.Second)
		a.Expires, t.expires = &secs, now.Add(s.opts.TokenLife)
	}
	if !s.opts.OmitScope {
		scope := strings.Join(scopes, " ")
		a.Scope = &scope
	}
	if s.opts.SendSubject {
		a.Subject = f.subject
	}
	if s.opts.SendCreated {
		a.Created = now.Unix()
	}
	s.access[a.Access] = t
	return a
}

// Issue makes tokens without a browser, for accounts that are connected when a
// test begins. jkt is the thumbprint of the key that they are bound to, "" for
// bearer tokens. refresh is "" where the server gives none.
func (s *Server) Issue(client, subject string, scopes []string, jkt string) (access, refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &family{client: client, subject: subject, scopes: slices.Clone(scopes), jkt: jkt}
	s.families[f] = true
	a := s.issue(f, f.scopes)
	return a.Access, a.Refresh
}

// ExpireAccess ends all access tokens of subject at once; their refresh tokens
// stay good.
func (s *Server) ExpireAccess(subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.access {
		if t.family.subject == subject {
			t.expires = s.opts.Now()
		}
	}
}

// RevokeSubject ends all grants of subject, as a person does in the settings.
func (s *Server) RevokeSubject(subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range s.families {
		if f.subject == subject {
			f.over = true
		}
	}
}

// Access is what a good token allows.
type Access struct {
	Subject string // "" for the app itself
	Client  string
	Scopes  []string
	Expires time.Time // zero for no end
	Bound   bool      // by DPoP
}

// Introspect checks the credential of a request to a resource: the token of the
// Authorization header and, if it is bound, the proof (RFC 9449 section 7). The
// error is a *Refusal whose Challenge belongs into the answer; the resource puts
// Nonce into all its answers.
func (s *Server) Introspect(r *http.Request) (Access, error) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	bound := strings.EqualFold(scheme, "DPoP")
	if value == "" || !bound && !strings.EqualFold(scheme, "Bearer") {
		return Access{}, challenge("Bearer", &Refusal{Status: http.StatusUnauthorized, Code: "invalid_token", Description: "no token"})
	}
	access, jkt, good := s.look(value)
	name := "Bearer"
	if bound {
		name = "DPoP"
	}
	if !good {
		return Access{}, challenge(name, &Refusal{Status: http.StatusUnauthorized, Code: "invalid_token", Description: "the token is not known, over or revoked"})
	}
	if bound != access.Bound { // section 7.2: no downgrade
		return Access{}, challenge(name, &Refusal{Status: http.StatusUnauthorized, Code: "invalid_token", Description: "the token is of the other type"})
	}
	if !bound {
		return access, nil
	}
	have, err := s.proof(r, value)
	if err == nil && have != jkt {
		err = refuse("invalid_dpop_proof", "the proof is missing, or another key's")
	}
	if e, ok := err.(*Refusal); ok { //nolint:errorlint // made here and never wrapped
		e.Status = http.StatusUnauthorized
		return Access{}, challenge(name, e)
	}
	return access, nil
}

// look finds a token and the key that it is bound to.
func (s *Server) look(value string) (a Access, jkt string, good bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.access[value]
	if t == nil || t.family.over || !t.expires.IsZero() && !s.opts.Now().Before(t.expires) {
		return Access{}, "", false
	}
	return Access{
		Subject: t.family.subject, Client: t.family.client, Scopes: slices.Clone(t.scopes),
		Expires: t.expires, Bound: t.family.jkt != "",
	}, t.family.jkt, true
}

func challenge(scheme string, e *Refusal) *Refusal {
	e.Challenge = scheme + ` error="` + e.Code + `", error_description="` + e.Description + `"`
	if scheme == "DPoP" {
		e.Challenge += `, algs="ES256"`
	}
	return e
}
