package x

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
)

// Addresses of OAuth 2.
// https://docs.x.com/fundamentals/authentication/oauth-2-0 (read August 2026).
const (
	AuthorizeURL  = "https://x.com" + authorizePath
	authorizePath = "/i/oauth2/authorize"
	tokenPath     = "/2/oauth2/token" //nolint:gosec // an address
	revokePath    = "/2/oauth2/revoke"
)

// ScopeOffline makes X give a refresh token; without it a person has to connect
// again after two hours.
const ScopeOffline = "offline.access"

// CodeLife is how long a code lives that the browser brings back.
const CodeLife = 30 * time.Second

// AllScopes are the scopes that X documents.
func AllScopes() []string {
	return []string{
		"tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "users.email", "follows.read", "follows.write", ScopeOffline,
		"space.read", "mute.read", "mute.write", "like.read", "like.write", "list.read", "list.write", "block.read", "block.write",
		"bookmark.read", "bookmark.write", "dm.read", "dm.write", "media.write", "broadcast.read", "broadcast.write", "timeline.read",
	}
}

// Scopes are what the named methods of Operations need, with offline access and
// what users.me needs, which tells whose token it is; sorted, each once. A name
// that is no method is an error that matches smm.ErrInvalid.
func Scopes(ops ...string) ([]string, error) {
	out := append(strings.Fields(operations["users.me"].scopes), ScopeOffline)
	for _, name := range ops {
		o, ok := operations[name]
		if !ok {
			return nil, invalid("%q is none of Operations", name)
		}
		out = append(out, strings.Fields(o.scopes)...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// PublishScopes are those for publishing posts with media and deleting them.
func PublishScopes() []string {
	out, err := Scopes("posts.create", "posts.delete", "media.initialize")
	if err != nil {
		return nil // the names stand above
	}
	return out
}

// OAuthConfig describes an app of X's developer portal.
type OAuthConfig struct {
	ClientID string
	// ClientSecret is that of a confidential client, which proves itself by HTTP
	// Basic. A public client has none and names itself in the body.
	ClientSecret smm.Secret

	BaseURL      string // in place of all the vendor's hosts; "" for them
	AuthorizeURL string // the page of consent; "" for that of BaseURL

	HTTPClient *http.Client
	Clock      smm.Clock
	Logger     *slog.Logger
	UserAgent  string
}

// OAuth connects accounts by OAuth 2 with PKCE (S256). It is safe for concurrent
// use. X makes tokens of two hours and a refresh token that is good once: store
// what Refresh returns before anything else is done with it. Package smm's
// connect flow and credential stores do.
type OAuth struct{ client *oauthx.Client }

// NewOAuth checks cfg. Errors match smm.ErrInvalid.
func NewOAuth(cfg OAuthConfig) (*OAuth, error) {
	base, authorize := strings.TrimRight(cfg.BaseURL, "/"), AuthorizeURL
	if base == "" {
		base = DefaultBaseURL
	} else {
		authorize = base + authorizePath
	}
	method := oauthx.AuthNone
	if !cfg.ClientSecret.IsZero() {
		method = oauthx.AuthBasic
	}
	client, err := oauthx.NewClient(oauthx.ClientConfig{
		Platform: Platform, ID: cfg.ClientID, Secret: cfg.ClientSecret, Method: method,
		Metadata: oauthx.Metadata{
			AuthorizationEndpoint: cmp.Or(cfg.AuthorizeURL, authorize), TokenEndpoint: base + tokenPath, RevocationEndpoint: base + revokePath,
		},
		HTTPClient: cfg.HTTPClient, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
	})
	if err != nil {
		return nil, err
	}
	return &OAuth{client}, nil
}

// Consent says where to send a person's browser. Verifier is kept for Exchange,
// and not shown to the browser.
type Consent struct {
	URL      string
	Verifier smm.Secret
	Expires  time.Time
}

// Start begins a connection. redirect is one of those of the app, exactly; state
// is a value used once, of at most 500 characters, which the browser brings
// back.
func (o *OAuth) Start(ctx context.Context, redirect, state string, scopes []string) (Consent, error) {
	if len(state) > 500 {
		return Consent{}, invalid("a state of %d characters: X takes 500", len(state))
	}
	s, err := o.client.Start(ctx, oauthx.AuthRequest{Redirect: redirect, State: state, Scopes: scopes})
	if err != nil {
		return Consent{}, err
	}
	return Consent{s.URL, s.Verifier, s.Expires}, nil
}

// Exchange redeems a code, within CodeLife. Redirect and verifier are those of
// Start. A code is good once: after an error with smm.OutcomeUnknown the person
// has to begin again.
func (o *OAuth) Exchange(ctx context.Context, code smm.Secret, redirect string, verifier smm.Secret) (smm.Credential, error) {
	t, err := o.client.Exchange(ctx, code, redirect, verifier, nil)
	if err != nil {
		return smm.Credential{}, err
	}
	return t.Credential(""), nil
}

// Refresh asks for the successors of a token and of the refresh token, which is
// over then. If the error says smm.OutcomeUnknown it may be over as well.
func (o *OAuth) Refresh(ctx context.Context, refresh smm.Secret) (smm.Credential, error) {
	t, err := o.client.Refresh(ctx, refresh, nil)
	if err != nil {
		return smm.Credential{}, err
	}
	return t.Credential(""), nil
}

// Revoke ends a token. One that is over already is no error.
func (o *OAuth) Revoke(ctx context.Context, token smm.Secret) error {
	return o.client.Revoke(ctx, token, nil)
}
