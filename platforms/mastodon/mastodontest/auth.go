package mastodontest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

type token struct {
	value   string
	refresh string   // "" if it has none
	account *account // nil for a client-credentials token
	scopes  []string
	issued  time.Time
	ends    time.Time // zero for never
	client  *app      // nil for a token that no app was granted
	app     string    // the name that statuses show
	revoked bool
	first   bool // the one that NewAccount shows
}

type app struct {
	id, name, website, secret string
	redirects                 []string
	scopes                    []string
}

func (s *Server) issue(a *account, scopes []string, app string) *token {
	t := &token{value: secretWord(), account: a, scopes: scopes, issued: s.now(), app: app}
	if life := s.opts.TokenLife; life > 0 {
		t.ends = t.issued.Add(life)
	}
	s.tokens[t.value] = t
	return t
}

func secretWord() string { return "sim-" + strings.ToLower(rand.Text()) }

// living returns the token of that value, or why there is none.
func (s *Server) living(value string) (*token, string) {
	t := s.tokens[value]
	switch {
	case t == nil:
		return nil, errToken
	case t.revoked:
		return nil, errRevoked
	case !t.ends.IsZero() && !s.now().Before(t.ends):
		return nil, errExpired
	}
	return t, ""
}

// bearer returns the request's token, nil if it has none, and what is wrong
// with it.
func (s *Server) bearer(r *http.Request) (*token, string) {
	head := r.Header.Get("Authorization")
	if head == "" || strings.HasPrefix(head, "Basic ") { // an app at the token endpoint
		return nil, ""
	}
	value, isBearer := strings.CutPrefix(head, "Bearer ")
	if !isBearer {
		return nil, errToken
	}
	return s.living(value)
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
		}
	}
	return false
}

// narrow are the scopes below read and write, as the documentation lists them.
var narrow = map[string][]string{
	"read": {
		"accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes", "notifications", "search", "statuses",
	},
	"write": {
		"accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows", "lists", "media", "mutes", "notifications",
		"reports", "statuses",
	},
}

// scopesKnown are the scopes that an app may ask for here.
func (s *Server) scopesKnown() []string {
	known := []string{"read", "write", "follow", "push"}
	if s.opts.Software == Pixelfed {
		return known
	}
	for broad, names := range narrow {
		for _, n := range names {
			known = append(known, broad+":"+n)
		}
	}
	if s.api() >= apiProfile {
		known = append(known, "profile")
	}
	slices.Sort(known)
	return known
}

// Releases by api_versions.mastodon.
const (
	apiProfile  = 2 // 4.3: the scope profile, the authorization server's metadata
	apiUserInfo = 5 // 4.4: the userinfo endpoint
)

// api is api_versions.mastodon, 0 for other software and old releases.
func (s *Server) api() int {
	if s.opts.Software != Mastodon {
		return 0
	}
	return apiVersion(s.opts.Version)
}

func (s *Server) createApp(c *call) reply {
	redirects := strings.Fields(strings.Join(c.list("redirect_uris"), " "))
	if c.Get("client_name") == "" || len(redirects) == 0 {
		return invalid("Application name can't be blank, Redirect URI can't be blank")
	}
	scopes := strings.Fields(c.Get("scopes"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	if !subset(scopes, s.scopesKnown()) {
		return invalid("Scopes doesn't match configured on the server.")
	}
	_, id := s.next(s.now())
	a := &app{id: "client-" + id, name: c.Get("client_name"), website: c.Get("website"), secret: secretWord(), redirects: redirects, scopes: scopes}
	s.apps[a.id] = a
	o := a.json()
	o["id"], o["client_id"], o["client_secret"], o["client_secret_expires_at"] = id, a.id, a.secret, 0
	return ok(o)
}

func (a *app) json() object {
	o := object{
		"name": a.name, "website": nil, "scopes": a.scopes, "redirect_uris": a.redirects, "redirect_uri": strings.Join(a.redirects, "\n"),
	}
	if a.website != "" {
		o["website"] = a.website
	}
	return o
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// verifyApp tells an app about itself; any token of it will do.
func (s *Server) verifyApp(c *call) reply {
	a := c.token.client
	if a == nil {
		a = &app{name: c.token.app, scopes: c.token.scopes, redirects: []string{}}
	}
	o := a.json()
	o["id"], o["vapid_key"] = "1", "sim"
	if s.opts.Software == Mastodon && s.api() < apiProfile { // the rest came with 4.3
		return ok(object{"name": o["name"], "website": o["website"], "vapid_key": o["vapid_key"]})
	}
	return ok(o)
}

// userInfo is the endpoint of OpenID Connect, for the name and picture alone.
func (s *Server) userInfo(c *call) reply {
	if s.api() < apiUserInfo {
		return notFound()
	}
	return ok(object{
		"iss": s.url + "/", "sub": s.url + "/users/" + c.me.username, "name": c.me.display, "preferred_username": c.me.username,
		"profile": s.profileURL(c.me), "picture": s.accountJSON(c.me)["avatar"],
	})
}

// PurgeApps removes the apps that no token was ever issued to, as servers
// before 4.3 do from time to time.
func (s *Server) PurgeApps() {
	s.dropApps(func(a *app) bool {
		for _, t := range s.tokens {
			if t.client == a {
				return false
			}
		}
		return true
	})
}

// ForgetApps removes every app with all its tokens, as a server does whose
// database was set up anew.
func (s *Server) ForgetApps() { s.dropApps(func(*app) bool { return true }) }

func (s *Server) dropApps(which func(*app) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.apps {
		if !which(a) {
			continue
		}
		delete(s.apps, id)
		for value, t := range s.tokens {
			if t.client == a {
				delete(s.tokens, value)
			}
		}
	}
}

// Apps returns how many apps are registered.
func (s *Server) Apps() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.apps)
}
