package oauthtest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// client finds an app by its id.
func (s *Server) client(id string) (Client, error) {
	unknown := &Refusal{Status: http.StatusUnauthorized, Code: "invalid_client", Description: "the client is not known"}
	if id == "" {
		return Client{}, &Refusal{Status: http.StatusUnauthorized, Code: "invalid_client", Description: "no client_id"}
	}
	if s.opts.Clients != nil {
		if c, ok := s.opts.Clients(id); ok {
			c.ID = id
			return c, nil
		}
	}
	u, err := url.Parse(id)
	switch {
	case err != nil:
	case s.opts.Loopback && u.Scheme == "http" && u.Host == "localhost" && (u.Path == "" || u.Path == "/") && u.Fragment == "":
		return loopbackClient(id, u.Query())
	case s.opts.Documents != nil && u.Scheme == "https" && u.Path != "" && u.Fragment == "":
		doc, err := s.opts.Documents(id)
		if err != nil {
			return Client{}, &Refusal{Status: http.StatusBadRequest, Code: "invalid_client", Description: "the client's metadata document cannot be fetched"}
		}
		return documentClient(id, doc)
	}
	return Client{}, unknown
}

// loopbackClient is AT Protocol's client for development: all that there is to
// know stands in its id.
func loopbackClient(id string, q url.Values) (Client, error) {
	c := Client{ID: id, Redirects: q["redirect_uri"], Scopes: []string{"atproto"}, AnyPort: true, Bound: true}
	if c.Redirects == nil {
		c.Redirects = []string{"http://127.0.0.1/", "http://[::1]/"}
	}
	for _, r := range c.Redirects {
		u, err := url.Parse(r)
		if err != nil || u.Scheme != "http" || u.Hostname() != "127.0.0.1" && u.Hostname() != "::1" {
			return Client{}, refuse("invalid_client", "a loopback client's redirect must be to 127.0.0.1 or [::1]")
		}
	}
	if q.Has("scope") {
		c.Scopes = strings.Fields(q.Get("scope"))
	}
	return c, nil
}

// documentClient reads a client metadata document
// (draft-ietf-oauth-client-id-metadata-document).
func documentClient(id string, doc []byte) (Client, error) {
	var d struct {
		ID        string   `json:"client_id"`
		Redirects []string `json:"redirect_uris"`
		Scope     string   `json:"scope"`
		Method    string   `json:"token_endpoint_auth_method"`
		Bound     bool     `json:"dpop_bound_access_tokens"`
		Grants    []string `json:"grant_types"`
		Responses []string `json:"response_types"`
		Secret    string   `json:"client_secret"`
		JWKS      struct {
			Keys []json.RawMessage `json:"keys"`
		} `json:"jwks"`
	}
	bad := func(what string) (Client, error) {
		return Client{}, refuse("invalid_client_metadata", "the client's metadata document "+what)
	}
	switch err := json.Unmarshal(doc, &d); {
	case err != nil:
		return bad("is not JSON")
	case d.ID != id:
		return bad("bears another client_id")
	case len(d.Redirects) == 0:
		return bad("names no redirect_uris")
	case d.Secret != "":
		return bad("publishes a secret")
	case d.Grants != nil && !slices.Contains(d.Grants, "authorization_code"):
		return bad("does not name the grant authorization_code")
	case d.Responses != nil && !slices.Contains(d.Responses, "code"):
		return bad("does not name the response type code")
	}
	c := Client{ID: id, Redirects: d.Redirects, Scopes: strings.Fields(d.Scope), Bound: d.Bound}
	switch d.Method {
	case "none":
	case "private_key_jwt":
		if c.Keys = d.JWKS.Keys; len(c.Keys) == 0 {
			return bad("has no keys")
		}
	default:
		return bad("names a token_endpoint_auth_method that a public document cannot have")
	}
	return c, nil
}

// admits reports whether the client may be sent to redirect.
func (c Client) admits(redirect string) bool {
	if slices.Contains(c.Redirects, redirect) {
		return true
	}
	return c.AnyPort && slices.ContainsFunc(c.Redirects, func(r string) bool { return samePlace(r, redirect) })
}

// samePlace compares two redirects to this machine without their ports.
func samePlace(a, b string) bool {
	u, err := url.Parse(a)
	if err != nil {
		return false
	}
	v, err := url.Parse(b)
	if err != nil || v.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback() && u.Scheme == v.Scheme && u.Hostname() == v.Hostname() &&
		u.EscapedPath() == v.EscapedPath() && u.RawQuery == v.RawQuery && u.Fragment == v.Fragment
}

// identify finds the client of a request and checks its proof of identity.
func (s *Server) identify(r *http.Request, form url.Values) (Client, error) {
	id, secret, basic, err := basicAuth(r)
	if err != nil {
		return Client{}, err
	}
	if basic && form.Has("client_secret") || basic && form.Has("client_assertion") {
		return Client{}, refuse("invalid_request", "the client proves itself in two ways")
	}
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	} else if form.Has("client_id") && form.Get("client_id") != id {
		return Client{}, refuse("invalid_request", "two clients in one request")
	}
	c, err := s.client(id)
	if err != nil {
		return Client{}, err
	}
	failed := &Refusal{Status: http.StatusUnauthorized, Code: "invalid_client", Description: "the client did not prove itself"}
	if basic {
		failed.Challenge = `Basic realm="oauth"`
	}
	switch {
	case len(c.Keys) > 0:
		err := s.checkAssertion(c, s.opts.Issuer(s.opts.Base(r)), form)
		return c, err
	case form.Has("client_assertion"), c.Secret != secret:
		return Client{}, failed
	}
	return c, nil
}

// basicAuth reads the Authorization header, whose parts are form-encoded (RFC
// 6749 section 2.3.1).
func basicAuth(r *http.Request) (id, secret string, ok bool, err error) {
	if r.Header.Get("Authorization") == "" {
		return "", "", false, nil
	}
	bad := refuse("invalid_request", "the Authorization header cannot be read")
	id, secret, ok = r.BasicAuth()
	if !ok {
		return "", "", false, bad
	}
	if id, err = url.QueryUnescape(id); err != nil {
		return "", "", false, bad
	}
	if secret, err = url.QueryUnescape(secret); err != nil {
		return "", "", false, bad
	}
	return id, secret, true, nil
}

// checkAssertion checks a client assertion (RFC 7523 section 3).
func (s *Server) checkAssertion(c Client, issuer string, form url.Values) error {
	failed := func(why string) error {
		return &Refusal{Status: http.StatusUnauthorized, Code: "invalid_client", Description: "the client assertion " + why}
	}
	if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form.Has("client_secret") {
		return failed("is missing, or of another type")
	}
	var claims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		ID       string `json:"jti"`
		Issued   int64  `json:"iat"`
		Expires  int64  `json:"exp"`
	}
	t, err := parseJWT(form.Get("client_assertion"), &claims)
	if err != nil {
		return failed(err.Error())
	}
	signed := false
	for _, raw := range c.Keys {
		k, err := parseJWK(raw)
		if err == nil && (t.header.Kid == "" || k.kid == "" || k.kid == t.header.Kid) && t.verify(k) {
			signed = true
		}
	}
	now, window := s.opts.Now(), s.opts.ProofWindow
	switch {
	case !signed:
		return failed("is not signed by a key of the client")
	case claims.Issuer != c.ID || claims.Subject != c.ID:
		return failed("speaks for another client")
	case claims.Audience != issuer:
		return failed("is addressed to another server")
	case !now.Before(time.Unix(claims.Expires, 0)) || claims.Expires-claims.Issued > 300:
		return failed("is over, or lives too long")
	case time.Unix(claims.Issued, 0).After(now.Add(window)):
		return failed("comes from the future")
	case claims.ID == "" || !s.once("assertion "+c.ID+" "+claims.ID, time.Unix(claims.Expires, 0)):
		return failed("came before")
	}
	return nil
}

// once notes an id until it may be forgotten, and reports whether it is new.
func (s *Server) once(id string, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	if len(s.seen) > 4096 {
		for k, end := range s.seen {
			if end.Before(now) {
				delete(s.seen, k)
			}
		}
	}
	if end, known := s.seen[id]; known && !end.Before(now) {
		s.count.ProofReplays++
		return false
	}
	s.seen[id] = until
	return true
}
