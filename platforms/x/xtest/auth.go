package xtest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultRedirect is where the app of NewAccount's tokens lets people return to.
const DefaultRedirect = "https://app.example/callback"

// AppConfig says what NewApp makes.
type AppConfig struct {
	Tier         Tier     // default that of Options
	Confidential bool     // has a secret
	Redirects    []string // default DefaultRedirect
	Owner        string   // handle of the developer, who reads own data for less
	Credits      int64    // in millionths of a US dollar; 0 never runs out
}

// App is a developer's app. Its secrets are worth nothing outside the
// simulator.
type App struct {
	ID, Secret             string // of OAuth 2.0; a public client has no secret
	ConsumerKey, KeySecret string // of OAuth 1.0a, and of webhooks
	Bearer                 string // the token without a user
}

type app struct {
	id, secret, key, keySecret string
	bearer                     *token
	tier                       Tier
	redirects                  []string
	owner                      *user

	prepaid bool
	credits int64
	charges []Charge
	readOn  map[string]string // the day on which a resource was last paid for
	readsIn string            // the month that reads counts in
	reads   int
}

type credential int

const (
	byOAuth2 credential = iota // a user's token of OAuth 2.0
	byOAuth1                   // a user's token of OAuth 1.0a
	byApp                      // a token of an app alone
)

type token struct {
	value   string
	refresh string // of OAuth 1.0a, the token's secret
	how     credential
	app     *app
	user    *user
	scopes  []string
	ends    time.Time // zero for never
	family  *family
	revoked bool
	spent   bool // its refresh token served
}

// family are the tokens that came from one consent. They end together.
type family struct{ tokens []*token }

func secretWord() string { return "sim-" + strings.ToLower(rand.Text()) }

func (s *Server) newApp(c AppConfig) *app {
	_, id := s.next(s.now())
	a := &app{
		id: "client-" + id, key: "consumer-" + id, keySecret: secretWord(), tier: c.Tier, redirects: c.Redirects,
		prepaid: c.Credits > 0, credits: c.Credits, readOn: map[string]string{},
	}
	pick(&a.tier, s.opts.Tier)
	if c.Confidential {
		a.secret = secretWord()
	}
	if len(a.redirects) == 0 {
		a.redirects = []string{DefaultRedirect}
	}
	if c.Owner != "" {
		a.owner = s.person(c.Owner)
	}
	a.bearer = &token{value: "app-" + secretWord(), how: byApp, app: a}
	s.tokens[a.bearer.value] = a.bearer
	s.apps = append(s.apps, a)
	return a
}

func (a *app) public() App {
	return App{ID: a.id, Secret: a.secret, ConsumerKey: a.key, KeySecret: a.keySecret, Bearer: a.bearer.value}
}

// App returns the app of NewAccount's tokens.
func (s *Server) App() App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.app.public()
}

// NewApp makes a further app.
func (s *Server) NewApp(c AppConfig) App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newApp(c).public()
}

func (s *Server) appByID(id string) *app {
	for _, a := range s.apps {
		if a.id == id {
			return a
		}
	}
	return nil
}

// IssueToken makes a further access token of OAuth 2.0 for an account, with the
// given scopes.
func (s *Server) IssueToken(handle string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(s.app, s.person(handle), scopes, false).value
}

// RevokeTokens makes every token of an account invalid, as a person does who
// removes the app.
func (s *Server) RevokeTokens(handle string) {
	defer s.push()
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.person(handle)
	for _, t := range s.tokens {
		if t.user == u {
			t.revoked = true
		}
	}
	s.emit("oauth.revoke", u, nil, object{"user_id": u.id})
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

func (s *Server) issue(a *app, u *user, scopes []string, renewable bool) *token {
	t := &token{value: secretWord(), how: byOAuth2, app: a, user: u, scopes: scopes, family: &family{}}
	if s.opts.TokenLife > 0 {
		t.ends = s.now().Add(s.opts.TokenLife)
	}
	if renewable && slices.Contains(scopes, "offline.access") {
		t.refresh = secretWord()
		s.refresh[t.refresh] = t
	}
	t.family.tokens = append(t.family.tokens, t)
	s.tokens[t.value] = t
	return t
}

// issue1 makes a token of OAuth 1.0a, which never ends by itself.
func (s *Server) issue1(a *app, u *user) *token {
	t := &token{value: u.id + "-" + secretWord(), refresh: secretWord(), how: byOAuth1, app: a, user: u}
	s.tokens[t.value] = t
	return t
}

func (s *Server) living(value string) *token {
	t := s.tokens[value]
	if t == nil || t.revoked || !t.ends.IsZero() && !s.now().Before(t.ends) {
		return nil
	}
	return t
}

// authenticate finds the token of a request, nil if it has none that serves.
func (s *Server) authenticate(r *http.Request, body []byte) *token {
	head := r.Header.Get("Authorization")
	if params, isOAuth1 := strings.CutPrefix(head, "OAuth "); isOAuth1 {
		return s.signed(r, body, params)
	}
	value, isBearer := strings.CutPrefix(head, "Bearer ")
	if !isBearer {
		return nil
	}
	t := s.living(value)
	if t != nil && t.how == byOAuth1 {
		return nil
	}
	return t
}

var howNames = map[credential]string{
	byOAuth2: "OAuth 2.0 User Context", byOAuth1: "OAuth 1.0a User Context", byApp: "OAuth 2.0 Application-Only",
}

// admit says why a token may not use a route, nil if it may.
func admit(rt *route, t *token) *reply {
	if !slices.Contains(rt.auth, t.how) {
		var good []string
		for _, h := range rt.auth {
			good = append(good, howNames[h])
		}
		r := problem(http.StatusForbidden, "unsupported-authentication", "Unsupported Authentication",
			"Authenticating with "+howNames[t.how]+" is forbidden for this endpoint.  Supported authentication types are ["+strings.Join(good, ", ")+"].")
		return &r
	}
	if t.user != nil && t.user.suspended {
		r := forbidden("Your account is suspended and is not permitted to access this feature.")
		return &r
	}
	if t.how == byOAuth2 && !subset(rt.scopes, t.scopes) {
		r := forbidden("Forbidden")
		return &r
	}
	return nil
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

var knownScopes = []string{
	"tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "users.email", "follows.read", "follows.write", "offline.access",
	"space.read", "mute.read", "mute.write", "like.read", "like.write", "list.read", "list.write", "block.read", "block.write",
	"bookmark.read", "bookmark.write", "dm.read", "dm.write", "media.write", "broadcast.read", "broadcast.write", "timeline.read",
}

// skew is how far the timestamp of a signature may be from the clock.
const skew = 5 * time.Minute

// signed returns the token of a request that is signed as OAuth 1.0a has it
// (RFC 5849 with HMAC-SHA1), nil if the signature is not good. A nonce serves
// once. Bodies that are not forms are not part of what is signed.
func (s *Server) signed(r *http.Request, body []byte, head string) *token {
	oauth := parseOAuth(head)
	a := s.appByKey(oauth["oauth_consumer_key"])
	t := s.living(oauth["oauth_token"])
	if a == nil || t == nil || t.how != byOAuth1 || t.app != a || oauth["oauth_signature_method"] != "HMAC-SHA1" {
		return nil
	}
	secs, err := strconv.ParseInt(oauth["oauth_timestamp"], 10, 64)
	if err != nil || s.now().Sub(time.Unix(secs, 0)).Abs() > skew || oauth["oauth_nonce"] == "" {
		return nil
	}
	got, err := base64.StdEncoding.DecodeString(oauth["oauth_signature"])
	if err != nil || !hmac.Equal(got, signature(s.baseString(r, body, oauth), a.keySecret, t.refresh)) {
		return nil
	}
	slot := t.value + " " + oauth["oauth_timestamp"] + " " + oauth["oauth_nonce"]
	if _, seen := s.nonces[slot]; seen {
		return nil
	}
	s.nonces[slot] = s.now()
	return t
}

func signature(base, keySecret, tokenSecret string) []byte {
	mac := hmac.New(sha1.New, []byte(percent(keySecret)+"&"+percent(tokenSecret)))
	mac.Write([]byte(base))
	return mac.Sum(nil)
}

func (s *Server) appByKey(key string) *app {
	for _, a := range s.apps {
		if a.key == key {
			return a
		}
	}
	return nil
}

func parseOAuth(head string) map[string]string {
	out := make(map[string]string)
	for part := range strings.SplitSeq(head, ",") {
		k, v, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found {
			continue
		}
		k, kerr := url.PathUnescape(k)
		v, verr := url.PathUnescape(strings.Trim(v, `"`))
		if kerr == nil && verr == nil {
			out[k] = v
		}
	}
	return out
}

func (s *Server) baseString(r *http.Request, body []byte, oauth map[string]string) string {
	var pairs [][2]string
	add := func(k, v string) { pairs = append(pairs, [2]string{percent(k), percent(v)}) }
	for k, v := range oauth {
		if k != "oauth_signature" && k != "realm" {
			add(k, v)
		}
	}
	params := r.URL.Query()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if form, err := url.ParseQuery(string(body)); err == nil {
			for k, vs := range form {
				params[k] = append(params[k], vs...)
			}
		}
	}
	for k, vs := range params {
		for _, v := range vs {
			add(k, v)
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	joined := make([]string, len(pairs))
	for i, p := range pairs {
		joined[i] = p[0] + "=" + p[1]
	}
	return r.Method + "&" + percent(s.url+r.URL.EscapedPath()) + "&" + percent(strings.Join(joined, "&"))
}

// percent encodes as RFC 5849 section 3.6 prescribes, which net/url does not.
func percent(v string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(v) {
		c := v[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
