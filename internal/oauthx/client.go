package oauthx

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// AuthMethod is how a client proves itself to the token endpoint, by its name in
// the registry of RFC 7591 section 2.
type AuthMethod string

// The methods.
const (
	AuthNone          AuthMethod = "none"                // a public client
	AuthBasic         AuthMethod = "client_secret_basic" // RFC 6749 section 2.3.1
	AuthPost          AuthMethod = "client_secret_post"  // the same, in the body
	AuthPrivateKeyJWT AuthMethod = "private_key_jwt"     // RFC 7523
)

// ClientConfig describes an app at one authorization server. Platform, Metadata
// with a token endpoint, and ID are required.
type ClientConfig struct {
	Platform smm.Platform
	Metadata Metadata
	ID       string
	Secret   smm.Secret
	// Method is "" for the best that the rest allows: private_key_jwt with a Key,
	// none without a Secret, otherwise what the metadata names, basic first.
	Method AuthMethod
	Key    *Key   // of the client, for private_key_jwt
	KeyID  string // "kid" of Key, as in the client's JWKS; "" to leave it out

	// HTTPClient gives the transport; for a server that a stranger named it is
	// that of a safehttp.Guard. Nil as for httpx.Config.
	HTTPClient *http.Client
	Clock      smm.Clock
	Logger     *slog.Logger
	UserAgent  string
	Nonces     *Nonces // shared with the DPoPAuth of the same keys; nil for its own
}

// Client speaks to one authorization server for one app. It is safe for
// concurrent use and holds no account.
type Client struct {
	cfg    ClientConfig
	http   *httpx.Client
	clock  smm.Clock
	nonces *Nonces
}

// NewClient checks cfg. Errors match smm.ErrInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.ID == "" {
		return nil, fmt.Errorf("%w: oauthx: no client id", smm.ErrInvalid)
	}
	if _, err := parseEndpoint(cfg.Metadata.TokenEndpoint); err != nil {
		return nil, fmt.Errorf("%w: oauthx: the token endpoint must be an https URL", smm.ErrInvalid)
	}
	for _, e := range cfg.Metadata.endpoints() {
		if _, err := parseEndpoint(e.url); e.url != "" && err != nil {
			return nil, fmt.Errorf("%w: oauthx: %s must be an https URL", smm.ErrInvalid, e.name)
		}
	}
	if cfg.Method == "" {
		cfg.Method = cfg.bestMethod()
	}
	if err := cfg.checkMethod(); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, clock: clockOr(cfg.Clock), nonces: cfg.Nonces}
	if c.nonces == nil {
		c.nonces = new(Nonces)
	}
	var err error
	c.http, err = httpx.New(httpx.Config{
		Platform: cfg.Platform, HTTPClient: cfg.HTTPClient, Errors: errorTable(cfg.Platform),
		Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
		MaxBody: maxDocument, Timeout: answerTimeout,
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// answerTimeout bounds one exchange whose context has no deadline.
const answerTimeout = 30 * time.Second

func (cfg *ClientConfig) bestMethod() AuthMethod {
	offered := cfg.Metadata.TokenEndpointAuthMethodsSupported
	switch {
	case cfg.Key != nil:
		return AuthPrivateKeyJWT
	case cfg.Secret.IsZero():
		return AuthNone
	case len(offered) > 0 && !slices.Contains(offered, string(AuthBasic)) && slices.Contains(offered, string(AuthPost)):
		return AuthPost
	}
	return AuthBasic // what RFC 8414 section 2 says that silence means
}

func (cfg *ClientConfig) checkMethod() error {
	switch cfg.Method {
	case AuthNone:
	case AuthBasic, AuthPost:
		if cfg.Secret.IsZero() {
			return fmt.Errorf("%w: oauthx: %s needs a client secret", smm.ErrInvalid, cfg.Method)
		}
	case AuthPrivateKeyJWT:
		if cfg.Key == nil {
			return fmt.Errorf("%w: oauthx: %s needs a key", smm.ErrInvalid, cfg.Method)
		}
		algs := cfg.Metadata.TokenEndpointAuthSigningAlgValuesSupported
		if algs != nil && !slices.Contains(algs, "ES256") {
			return fmt.Errorf("%w: oauthx: the server takes no assertions signed with ES256", smm.ErrInvalid)
		}
	default:
		return fmt.Errorf("%w: oauthx: unknown method of client authentication", smm.ErrInvalid)
	}
	return nil
}

// authenticate adds what proves the client to a form, for one request. The
// returned header is nil or the value of Authorization.
func (c *Client) authenticate(form url.Values) (basic []string, err error) {
	switch c.cfg.Method {
	case AuthBasic:
		// Both are form-encoded first (RFC 6749 section 2.3.1), or a colon in one of
		// them would move the boundary.
		r := http.Request{Header: make(http.Header, 1)}
		r.SetBasicAuth(url.QueryEscape(c.cfg.ID), url.QueryEscape(c.cfg.Secret.Reveal()))
		return r.Header["Authorization"], nil
	case AuthPost:
		form.Set("client_secret", c.cfg.Secret.Reveal())
	case AuthPrivateKeyJWT:
		audience := c.cfg.Metadata.Issuer
		if audience == "" {
			audience = c.cfg.Metadata.TokenEndpoint
		}
		assertion, err := c.cfg.Key.assertion(c.cfg.ID, audience, c.cfg.KeyID, c.clock.Now())
		if err != nil {
			return nil, err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	case AuthNone:
	}
	form.Set("client_id", c.cfg.ID)
	return nil, nil
}
