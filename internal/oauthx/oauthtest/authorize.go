package oauthtest

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// request is an authorization request that was found to be in order.
type request struct {
	client    Client
	redirect  string
	state     string
	challenge string
	scopes    []string
	jkt       string // the key that the token shall be bound to, "" for none
	hint      string
	expires   time.Time // of a pushed one
}

// code is what the browser carries back.
type code struct {
	req     *request
	subject string
	expires time.Time
	used    bool
	family  *family // once redeemed
}

// authorize serves the person's browser.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.Method != http.MethodGet {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	client, err := s.client(q.Get("client_id"))
	if err != nil {
		page(w, http.StatusBadRequest, "This app is not known here.", nil)
		return
	}
	if uri := q.Get("request_uri"); uri != "" {
		s.decidePushed(w, r, client, uri)
		return
	}
	redirect := q.Get("redirect_uri")
	if !client.admits(redirect) {
		// Never redirected: the address may be an attacker's (RFC 6749 section 4.1.2.1).
		page(w, http.StatusBadRequest, "The app asked to be answered at an address that it did not register.", nil)
		return
	}
	req, err := s.readRequest(client, q)
	if s.opts.Push == Required {
		err = refuse("invalid_request", "requests must be pushed")
	}
	if err != nil {
		s.back(w, r, redirect, q.Get("state"), failure(err))
		return
	}
	s.decide(w, r, req)
}

func (s *Server) decidePushed(w http.ResponseWriter, r *http.Request, client Client, uri string) {
	s.mu.Lock()
	req := s.pushed[uri]
	s.mu.Unlock()
	if req == nil || req.client.ID != client.ID || !s.opts.Now().Before(req.expires) {
		page(w, http.StatusBadRequest, "This request is over, or was made by another app. Begin again.", nil)
		return
	}
	if r.URL.Query().Get("login_as") != "" {
		s.mu.Lock()
		delete(s.pushed, uri) // it is good for one decision (RFC 9126 section 4)
		s.mu.Unlock()
	}
	s.decide(w, r, req)
}

// readRequest checks an authorization request, pushed or not.
func (s *Server) readRequest(c Client, q url.Values) (*request, error) {
	for name, v := range q {
		if len(v) > 1 {
			return nil, refuse("invalid_request", "a parameter comes twice: "+name)
		}
	}
	req := &request{
		client: c, redirect: q.Get("redirect_uri"), state: q.Get("state"), challenge: q.Get("code_challenge"),
		scopes: strings.Fields(q.Get("scope")), jkt: q.Get("dpop_jkt"), hint: q.Get("login_hint"),
	}
	switch {
	case !c.admits(req.redirect):
		return nil, refuse("invalid_request", "the redirect_uri is not registered")
	case q.Get("response_type") != "code":
		return nil, refuse("unsupported_response_type", "only code is supported")
	case req.challenge == "" && !s.opts.PKCEOptional:
		return nil, refuse("invalid_request", "PKCE is required")
	case req.challenge != "" && (q.Get("code_challenge_method") != "S256" || len(req.challenge) != 43):
		return nil, refuse("invalid_request", "the code challenge must be S256")
	}
	if len(req.scopes) == 0 && s.opts.DefaultScope != "" {
		req.scopes = strings.Fields(s.opts.DefaultScope)
	}
	if c.Scopes != nil && !within(req.scopes, c.Scopes) {
		return nil, refuse("invalid_scope", "the app is not registered for a scope that it asks for")
	}
	if slices.ContainsFunc(req.scopes, func(x string) bool { return !s.knows(x) }) {
		return nil, refuse("invalid_scope", "a scope is not known here")
	}
	return req, nil
}

func (s *Server) knows(scope string) bool {
	if s.opts.ScopeOK != nil {
		return s.opts.ScopeOK(scope)
	}
	return slices.Contains(s.opts.Scopes, scope)
}

// decide is the person's answer.
func (s *Server) decide(w http.ResponseWriter, r *http.Request, req *request) {
	login := r.URL.Query().Get("login_as")
	switch login {
	case "":
		ask(w, r, req)
		return
	case "!deny":
		s.back(w, r, req.redirect, req.state, failure(refuse("access_denied", "the person denied the request")))
		return
	}
	subject, ok := login, true
	if s.opts.Accounts != nil {
		subject, ok = s.opts.Accounts(login)
	}
	if !ok {
		page(w, http.StatusBadRequest, "There is no such account.", nil)
		return
	}
	granted := *req
	if q := r.URL.Query(); q.Has("grant_only") {
		only := strings.Fields(q.Get("grant_only"))
		granted.scopes = slices.DeleteFunc(slices.Clone(req.scopes), func(x string) bool { return !slices.Contains(only, x) })
	}
	value := "code-" + rand.Text()
	s.mu.Lock()
	s.codes[value] = &code{req: &granted, subject: subject, expires: s.opts.Now().Add(s.opts.CodeLife)}
	s.mu.Unlock()
	s.back(w, r, req.redirect, req.state, url.Values{"code": {value}})
}

func failure(err error) url.Values {
	e, ok := err.(*Refusal) //nolint:errorlint // made here and never wrapped
	if !ok {
		return url.Values{"error": {"server_error"}}
	}
	return url.Values{"error": {e.Code}, "error_description": {e.Description}}
}

// back sends the browser to the app.
func (s *Server) back(w http.ResponseWriter, r *http.Request, redirect, state string, q url.Values) {
	if state != "" {
		q.Set("state", state)
	}
	if !s.opts.OmitIss {
		q.Set("iss", s.opts.Issuer(s.opts.Base(r)))
	}
	sep := "?"
	if strings.Contains(redirect, "?") {
		sep = "&"
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", redirect+sep+q.Encode())
	w.WriteHeader(http.StatusFound)
}

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Simulated sign-in</title>
<h1>Simulated sign-in</h1>
{{with .Text}}<p>{{.}}</p>{{end}}
{{with .Request}}<form method="get">
<p>{{.App}} asks for: {{range .Scopes}}<code>{{.}}</code> {{else}}nothing in particular{{end}}</p>
{{range $name, $value := .Hidden}}<input type="hidden" name="{{$name}}" value="{{$value}}">{{end}}
<p><label>Account <input name="login_as" value="{{.Hint}}" required autofocus></label> <button>Allow</button></p>
</form>
<form method="get">{{range $name, $value := .Hidden}}<input type="hidden" name="{{$name}}" value="{{$value}}">{{end}}
<input type="hidden" name="login_as" value="!deny"><button>Deny</button></form>{{end}}
</html>
`))

type consent struct {
	App    string
	Hint   string
	Scopes []string
	Hidden map[string]string
}

func ask(w http.ResponseWriter, r *http.Request, req *request) {
	c := &consent{App: req.client.ID, Hint: req.hint, Scopes: req.scopes, Hidden: map[string]string{}}
	for name, v := range r.URL.Query() {
		c.Hidden[name] = v[0]
	}
	page(w, http.StatusOK, "", c)
}

func page(w http.ResponseWriter, status int, text string, c *consent) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, struct { // the browser is gone if it fails
		Text    string
		Request *consent
	}{text, c})
}
