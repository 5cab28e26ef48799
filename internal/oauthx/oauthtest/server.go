package oauthtest

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The well-known paths of RFC 8414 and RFC 9728.
const (
	serverDocument   = "/.well-known/oauth-authorization-server"
	resourceDocument = "/.well-known/oauth-protected-resource"
)

// Counters are what the server has seen.
type Counters struct {
	Exchanges       int // codes redeemed
	Refreshes       int // refresh tokens that bought a successor, those within the grace included
	Replays         int // used refresh tokens that came again, outside the grace
	CodeReplays     int // codes that came again
	FamiliesRevoked int // grants ended because of a replay of either
	NonceRequests   int // answers that asked for a nonce
	ProofReplays    int // proofs and client assertions that came again
}

// Server is an authorization server. It is safe for concurrent use. Its hooks,
// the clock aside, are called without its lock held.
type Server struct {
	opts   Options
	secret string // of the nonces

	mu       sync.Mutex
	count    Counters
	pushed   map[string]*request
	codes    map[string]*code
	families map[*family]bool
	access   map[string]*accessToken
	refresh  map[string]*refreshToken
	seen     map[string]time.Time // ids of proofs and assertions, until they would be too old anyway
}

// New checks o and returns a Server. Errors match smm.ErrInvalid.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Server{
		opts: o, secret: rand.Text(),
		pushed: make(map[string]*request), codes: make(map[string]*code), families: make(map[*family]bool),
		access: make(map[string]*accessToken), refresh: make(map[string]*refreshToken), seen: make(map[string]time.Time),
	}, nil
}

// Counters returns what was counted so far.
func (s *Server) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Paths returns where the endpoints are.
func (s *Server) Paths() Paths { return s.opts.Paths }

// Handles reports whether path is one of the server's.
func (s *Server) Handles(path string) bool {
	switch path {
	case s.opts.Paths.Authorize, s.opts.Paths.Token, s.opts.Paths.Revoke, serverDocument, resourceDocument:
		return true
	case s.opts.Paths.Push:
		return s.opts.Push != Off
	}
	return false
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.Handles(r.URL.Path) {
		http.NotFound(w, r)
		return
	}
	if nonce := s.Nonce(); nonce != "" {
		w.Header().Set("DPoP-Nonce", nonce)
	}
	switch p := r.URL.Path; {
	case p == serverDocument:
		writeJSON(w, http.StatusOK, s.metadata(s.opts.Base(r)))
	case p == resourceDocument:
		writeJSON(w, http.StatusOK, s.resourceMetadata(s.opts.Base(r)))
	case p == s.opts.Paths.Authorize:
		s.authorize(w, r)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
	default:
		s.answer(w, r)
	}
}

// answer serves the endpoints that apps call.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(w, r)
	if err != nil {
		writeRefusal(w, err)
		return
	}
	status, body := http.StatusOK, any(nil)
	switch r.URL.Path {
	case s.opts.Paths.Push:
		status = http.StatusCreated
		body, err = s.push(r, form)
	case s.opts.Paths.Token:
		body, err = s.token(r, form)
	default:
		body, err = s.revoke(r, form)
	}
	if err != nil {
		writeRefusal(w, err)
		return
	}
	writeJSON(w, status, body)
}

// readForm reads a form in which every name comes once (RFC 6749 section 3.2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, 256<<10)
	if ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); ct != "application/x-www-form-urlencoded" {
		return nil, refuse("invalid_request", "the body is not a form")
	}
	if err := r.ParseForm(); err != nil {
		return nil, refuse("invalid_request", "the form cannot be read")
	}
	for name, v := range r.PostForm {
		if len(v) > 1 {
			return nil, refuse("invalid_request", "a parameter comes twice: "+name)
		}
	}
	return r.PostForm, nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone if it fails
}

func (s *Server) metadata(base string) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	set := func(name string, v any) { m[name], _ = json.Marshal(v) } // strings and bools: cannot fail
	set("issuer", s.opts.Issuer(base))
	set("authorization_endpoint", base+s.opts.Paths.Authorize)
	set("token_endpoint", base+s.opts.Paths.Token)
	set("revocation_endpoint", base+s.opts.Paths.Revoke)
	set("response_types_supported", []string{"code"})
	set("code_challenge_methods_supported", []string{"S256"})
	set("authorization_response_iss_parameter_supported", !s.opts.OmitIss)
	set("token_endpoint_auth_methods_supported", []string{"none", "client_secret_basic", "client_secret_post", "private_key_jwt"})
	set("token_endpoint_auth_signing_alg_values_supported", []string{"ES256"})
	grants := []string{"authorization_code", "client_credentials"}
	if s.opts.Refresh {
		grants = append(grants, "refresh_token")
	}
	set("grant_types_supported", grants)
	if s.opts.Scopes != nil {
		set("scopes_supported", s.opts.Scopes)
	}
	if s.opts.Push != Off {
		set("pushed_authorization_request_endpoint", base+s.opts.Paths.Push)
		set("require_pushed_authorization_requests", s.opts.Push == Required)
	}
	if s.opts.DPoP != Off {
		set("dpop_signing_alg_values_supported", []string{"ES256"})
	}
	if s.opts.Documents != nil {
		set("client_id_metadata_document_supported", true)
	}
	if s.opts.Extra != nil {
		maps.Copy(m, s.opts.Extra(base))
	}
	return m
}

func (s *Server) resourceMetadata(base string) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	m["resource"], _ = json.Marshal(base)
	m["authorization_servers"], _ = json.Marshal([]string{s.opts.Issuer(base)})
	m["scopes_supported"], _ = json.Marshal(append([]string{}, s.opts.Scopes...))
	return m
}

// Refusal is why a request was refused.
type Refusal struct {
	Status      int
	Code        string // "invalid_grant"
	Description string
	// Challenge is the value of WWW-Authenticate, "" for none.
	Challenge string
}

// Error implements error.
func (e *Refusal) Error() string { return "oauthtest: " + e.Code + ": " + e.Description }

func refuse(code, description string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: code, Description: description}
}

func writeRefusal(w http.ResponseWriter, err error) {
	e, ok := err.(*Refusal) //nolint:errorlint // made here and never wrapped
	if !ok {
		e = &Refusal{Status: http.StatusInternalServerError, Code: "server_error", Description: err.Error()}
	}
	if e.Challenge != "" {
		w.Header().Set("WWW-Authenticate", e.Challenge)
	}
	writeJSON(w, e.Status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{e.Code, e.Description})
}

// within reports whether all of want are in have.
func within(want, have []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) })
}
