package connect_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
	"github.com/smmkit/smmkit/smm/sim"
)

// The canaries are what must never be seen outside.
const (
	canaryPrivate = "c4n4ry-private"
	canaryAccess  = "c4n4ry-access"
	canaryRefresh = "c4n4ry-refresh"
	canaryExtra   = "c4n4ry-extra"
	canaryCode    = "c4n4ry-code"
	canaryWords   = "c4n4ry-words" // of the vendor
)

const base = "https://shop.example/connect"

var start = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// connector is a platform with scripted answers.
type connector struct {
	name smm.Platform

	mu       sync.Mutex
	begun    []smm.ConnectRequest
	finished []smm.ConnectReply
	starts   []smm.ConnectStart
	tokens   []smm.Credential
	revoked  []smm.Credential

	issuer    string
	expires   time.Duration
	url       string
	beginErr  error
	finishErr error
	revokeErr error
	found     []smm.Connected
	hook      func() // runs in Finish
}

func (c *connector) Platform() smm.Platform { return c.name }

func (c *connector) Scopes(caps ...smm.Capability) ([]string, error) {
	known := map[smm.Capability]string{smm.CapPost: "write", smm.CapImage: "write", smm.CapListComments: "read", smm.CapLike: "like"}
	out := []string{"profile"}
	for _, x := range caps {
		s, ok := known[x]
		if !ok {
			return nil, fmt.Errorf("%s: %w", x, smm.ErrUnsupported)
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (c *connector) Begin(_ context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = append(c.begun, r)
	s := smm.ConnectStart{
		Platform: c.name, URL: "https://platform.example/authorize?state=" + url.QueryEscape(r.State), Issuer: c.issuer,
		Redirect: r.Redirect, Scopes: r.Scopes, Account: r.Account, Private: smm.NewSecret(canaryPrivate),
	}
	if c.url != "" {
		s.URL = c.url
	}
	if c.expires != 0 {
		s.Expires = start.Add(c.expires)
	}
	return s, c.beginErr
}

func (c *connector) Finish(_ context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished, c.starts = append(c.finished, r), append(c.starts, s)
	if c.hook != nil {
		c.hook()
	}
	return c.found, c.finishErr
}

func (c *connector) ConnectToken(_ context.Context, cred smm.Credential) ([]smm.Connected, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens = append(c.tokens, cred)
	return c.found, c.finishErr
}

func (c *connector) Revoke(_ context.Context, _ smm.Ref, cred smm.Credential) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoked = append(c.revoked, cred)
	return c.revokeErr
}

// plain hides what a connector may also have.
type plain struct{ smm.Connector }

func ref(id string) smm.Ref { return smm.Ref{Platform: "chirp", Kind: smm.KindChannel, ID: id} }

func account(id string) smm.Connected {
	return smm.Connected{
		Channel: smm.Channel{Ref: ref(id), Name: "Name of " + id, Handle: id + "@chirp.example"},
		Credential: smm.Credential{
			AccessToken: smm.NewSecret(canaryAccess + id), RefreshToken: smm.NewSecret(canaryRefresh + id), Obtained: start,
			Scopes: []string{"profile", "write"}, Extra: map[string]smm.Secret{"key": smm.NewSecret(canaryExtra)},
		},
	}
}

// sealer is AES-GCM with the place as additional data.
type sealer struct {
	mu   sync.Mutex
	lost bool
	key  [32]byte
}

func (s *sealer) aead() (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost {
		return nil, fmt.Errorf("%w (key 7)", smm.ErrSealed)
	}
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (s *sealer) Seal(plain, place []byte) ([]byte, error) {
	a, err := s.aead()
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, plain, place), nil
}

func (s *sealer) Open(sealed, place []byte) ([]byte, error) {
	a, err := s.aead()
	if err != nil {
		return nil, err
	}
	out, err := a.Open(nil, nil, sealed, place)
	if err != nil {
		return nil, smm.ErrSealed
	}
	return out, nil
}

// store records what is kept, to be looked at and changed.
type store struct {
	connect.Store
	mu   sync.Mutex
	puts map[string][]byte
	swap func(id string, sealed []byte) []byte
	err  error // of everything
}

func (s *store) Put(ctx context.Context, id string, sealed []byte, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.puts[id] = bytes.Clone(sealed)
	return s.Store.Put(ctx, id, sealed, expires)
}

func (s *store) Take(ctx context.Context, id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	b, err := s.Store.Take(ctx, id)
	if err == nil && s.swap != nil {
		b = s.swap(id, b)
	}
	return b, err
}

// credentials fails as scripted.
type credentials struct {
	smm.CredentialStore
	mu      sync.Mutex
	loadErr error
	version int64 // told with loadErr
	swapErr []error
	deleted int
	swapped int
	before  func() // runs once before the next Swap
}

func (s *credentials) Load(ctx context.Context, t smm.Tenant, a smm.Ref) (smm.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loadErr != nil {
		return smm.Credential{Version: s.version}, s.loadErr
	}
	return s.CredentialStore.Load(ctx, t, a)
}

func (s *credentials) Swap(ctx context.Context, t smm.Tenant, a smm.Ref, old int64, c smm.Credential) (int64, error) {
	s.mu.Lock()
	before := s.before
	s.before = nil
	var err error
	if len(s.swapErr) > 0 {
		err, s.swapErr = s.swapErr[0], s.swapErr[1:]
	}
	s.mu.Unlock()
	if before != nil {
		before()
	}
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.swapped++
	s.mu.Unlock()
	return s.CredentialStore.Swap(ctx, t, a, old, c)
}

func (s *credentials) Delete(ctx context.Context, t smm.Tenant, a smm.Ref) error {
	s.mu.Lock()
	s.deleted++
	if errors.Is(s.loadErr, smm.ErrSealed) {
		s.loadErr = nil
	}
	s.mu.Unlock()
	return s.CredentialStore.Delete(ctx, t, a)
}

// lab is a host with one flow.
type lab struct {
	t     *testing.T
	clock *sim.Clock
	con   *connector
	other *connector
	creds *credentials
	store *store
	seal  *sealer
	log   *bytes.Buffer
	flow  *connect.Flow
}

func newLab(t *testing.T, change ...func(*connect.Config)) *lab {
	t.Helper()
	l := &lab{
		t: t, clock: sim.NewClock(start, false), con: &connector{name: "chirp", found: []smm.Connected{account("a")}},
		other: &connector{name: "zwitscher"}, seal: &sealer{}, log: &bytes.Buffer{},
		creds: &credentials{CredentialStore: smm.NewMemoryCredentials()},
	}
	_, _ = rand.Read(l.seal.key[:])
	l.store = &store{Store: connect.NewMemoryStore(l.clock), puts: map[string][]byte{}}
	cfg := connect.Config{
		Connectors: []smm.Connector{l.con, l.other}, Credentials: l.creds, Store: l.store, Sealer: l.seal, BaseURL: base,
		Capabilities: []smm.Capability{smm.CapPost, smm.CapImage, smm.CapListComments, smm.CapHide}, Clock: l.clock,
		Logger: slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Forms: map[smm.Platform]connect.Form{"chirp": {
			Server: connect.Field{Label: "Your server", Placeholder: "chirp.example", Hint: "The part after the @.", Required: true},
			Token: []connect.TokenField{
				{Field: connect.Field{Label: "Handle", Required: true}, Key: "handle", Visible: true},
				{Field: connect.Field{Label: "App password", Hint: "From the settings of your account."}, Key: "app_password"},
				{Field: connect.Field{Label: "Token"}, Key: connect.TokenAccess},
				{Field: connect.Field{Label: "Server"}, Key: connect.TokenServer, Visible: true},
			},
		}},
		Identify: func(r *http.Request) (smm.Tenant, error) {
			user := r.Header.Get("Test-User")
			switch user {
			case "nobody":
				return "", smm.ErrUnauthorized
			case "guest":
				return "", smm.ErrForbidden
			case "":
				return "t1", nil
			}
			return smm.Tenant(user), nil
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if l.flow, err = connect.New(cfg); err != nil {
		t.Fatal(err)
	}
	return l
}

// browser keeps cookies and says what browsers say.
type browser struct {
	l      *lab
	jar    http.CookieJar
	header http.Header
	ctx    context.Context // of the requests, nil for the background
}

func (l *lab) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return &browser{l: l, jar: jar, header: http.Header{}}
}

func (b *browser) do(method, target, body string) *http.Response {
	b.l.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = "https://shop.example" + target
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", "https://shop.example")
	}
	if b.ctx != nil {
		r = r.WithContext(b.ctx)
	}
	for k, v := range b.header {
		r.Header[k] = v
	}
	for _, c := range b.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.l.flow.ServeHTTP(w, r)
	res := w.Result()
	b.jar.SetCookies(r.URL, res.Cookies())
	return res
}

func (b *browser) get(target string) *http.Response { return b.do(http.MethodGet, target, "") }

func (b *browser) post(target string, kv ...string) *http.Response {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return b.do(http.MethodPost, target, v.Encode())
}

// begin posts the start form and returns the state.
func (b *browser) begin(kv ...string) string {
	b.l.t.Helper()
	res := b.post("/connect/start", append([]string{"platform", "chirp", "server", "chirp.example"}, kv...)...)
	if res.StatusCode != http.StatusSeeOther {
		b.l.t.Fatalf("start: status %d: %s", res.StatusCode, text(res))
	}
	return mustURL(b.l.t, res.Header.Get("Location")).Query().Get("state")
}

func callback(state string, more ...string) string {
	v := url.Values{"state": {state}, "code": {canaryCode}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
		if more[i+1] == "" {
			v.Del(more[i])
		}
	}
	return "/connect/callback/chirp?" + v.Encode()
}

func text(res *http.Response) string {
	var b bytes.Buffer
	_, _ = b.ReadFrom(res.Body)
	return b.String()
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// wantPage checks the status of an error page and its code.
func wantPage(t *testing.T, res *http.Response, status int, code string) string {
	t.Helper()
	body := text(res)
	if res.StatusCode != status || !strings.Contains(body, "Code: "+code+"<") {
		t.Fatalf("status %d, want %d with code %s: %s", res.StatusCode, status, code, body)
	}
	return body
}

func (l *lab) load(id string) smm.Credential {
	l.t.Helper()
	c, err := l.creds.CredentialStore.Load(l.t.Context(), "t1", ref(id))
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func (l *lab) wantStored(ids ...string) {
	l.t.Helper()
	got, err := l.creds.Accounts(l.t.Context(), "t1", "chirp")
	if err != nil {
		l.t.Fatal(err)
	}
	var have []string
	for _, r := range got {
		have = append(have, r.ID)
	}
	if !slices.Equal(have, ids) {
		l.t.Fatalf("stored accounts %q, want %q", have, ids)
	}
}

func wantIs(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Fatalf("error %v, want one that matches %v", err, w)
		}
	}
}

func wantText(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			t.Fatalf("%q is missing in %s", w, body)
		}
	}
}
