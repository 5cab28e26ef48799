package meta

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// The vendor's hosts.
const (
	HostFacebook  = "https://graph.facebook.com"  // Pages, Instagram by way of Facebook, Messenger, WhatsApp
	HostInstagram = "https://graph.instagram.com" // Instagram by its own login
	HostThreads   = "https://graph.threads.net"
	HostUploads   = "https://rupload.facebook.com"
)

// The versions that are used where Config.Version is empty. Both were live on
// 2026-11-22; see Retires.
const (
	DefaultVersion = "v25.0" // the one that the vendor's own SDK pins
	ThreadsVersion = "v1.0"  // the only one
)

// retirements are when a version stops being served as itself: a call to it is
// then handed to the oldest live one without a word. Source: the versions page
// of the changelog, read 2026-11-22.
var retirements = map[string]time.Time{
	"v20.0": time.Date(2026, time.September, 24, 0, 0, 0, 0, time.UTC),
	"v21.0": time.Date(2027, time.January, 21, 0, 0, 0, 0, time.UTC),
	"v22.0": time.Date(2027, time.May, 20, 0, 0, 0, 0, time.UTC),
	"v23.0": time.Date(2027, time.October, 8, 0, 0, 0, 0, time.UTC),
	"v24.0": time.Date(2028, time.February, 18, 0, 0, 0, 0, time.UTC),
	"v25.0": time.Date(2028, time.July, 29, 0, 0, 0, 0, time.UTC),
}

// Retires returns when the vendor stops serving a version, and false for one
// whose end is not announced.
func Retires(version string) (time.Time, bool) {
	t, ok := retirements[version]
	return t, ok
}

// TokenSource gives the credential of one account. *keep.Keeper is one. It is
// safe for concurrent use.
type TokenSource interface {
	Credential(ctx context.Context) (smm.Credential, error)
	// Refused tells that the vendor called the token dead, and reports whether
	// there is another one now.
	Refused(ctx context.Context, used smm.Credential) (again bool, err error)
}

// Config configures New. Platform is required.
type Config struct {
	Platform smm.Platform
	Host     string // base URL without a version; "" for HostFacebook
	Version  string // "v25.0"; "" for the host's default
	// Uploads is the only origin beside Host that a file and the token are ever
	// sent to; "" for HostUploads.
	Uploads string

	// Token or Tokens give the access token. Without either every request fails
	// with smm.ErrUnauthorized.
	Token  smm.Secret
	Tokens TokenSource

	// AppSecret, if there is one, proves with each request that the token is used
	// by its app (appsecret_proof). Apps may demand that in their settings.
	AppSecret smm.Secret

	HTTPClient *http.Client // nil for a private one
	Quota      smm.Quota    // asked before each request, with keys of QuotaLimit; nil for none
	Clock      smm.Clock
	Logger     *slog.Logger
	UserAgent  string

	// Account and UseCase name the budget of the account: "1784..." and
	// "instagram". An empty UseCase leaves the app's budget alone.
	Account string
	UseCase string

	// Rows stand before the rows that all products share.
	Rows []Row
	// LooseEnd: lists may go on without an address of the next page, as those of
	// Threads do.
	LooseEnd bool
}

// Client speaks the Graph protocol for one account. It is safe for concurrent
// use. Methods return *smm.Error.
type Client struct {
	http    *httpx.Client
	host    string
	version string
	uploads *url.URL
	tokens  TokenSource
	secret  smm.Secret
	table   *Table
	quota   bool
	account string
	useCase string
	loose   bool
	clock   smm.Clock
}

// New checks cfg and returns a Client. No request is made. Errors match
// smm.ErrInvalid.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	switch {
	case cfg.Platform == "":
		return nil, fmt.Errorf("%w: meta: no platform", smm.ErrInvalid)
	case cfg.Tokens != nil && !cfg.Token.IsZero():
		return nil, fmt.Errorf("%w: meta: both Token and Tokens are set", smm.ErrInvalid)
	case !validVersion(cfg.Version):
		return nil, fmt.Errorf("%w: meta: version: want one such as %s", smm.ErrInvalid, DefaultVersion)
	}
	table, err := NewTable(cfg.Platform, cfg.Rows...)
	if err != nil {
		return nil, err
	}
	uploads, err := origin(cfg.Uploads)
	if err != nil {
		return nil, err
	}
	if _, err := origin(cfg.Host); err != nil {
		return nil, err
	}
	c := &Client{
		host: cfg.Host, version: cfg.Version, uploads: uploads, tokens: cfg.Tokens, secret: cfg.AppSecret,
		table: table, quota: cfg.Quota != nil, account: cfg.Account, useCase: cfg.UseCase,
		loose: cfg.LooseEnd, clock: cfg.Clock,
	}
	if c.tokens == nil {
		c.tokens = staticToken{cfg.Token}
	}
	c.http, err = httpx.New(httpx.Config{
		Platform: cfg.Platform, BaseURL: cfg.Host, HTTPClient: cfg.HTTPClient, Errors: answered(cfg.Platform),
		Quota: cfg.Quota, QuotaStates: c.quotaStates, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
		RequestIDHeaders: traceHeaders,
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// traceHeaders hold what an error's fbtrace_id holds (unverified names).
var traceHeaders = []string{"X-Fb-Trace-Id", "X-Fb-Request-Id"}

func (cfg Config) withDefaults() Config {
	if cfg.Host == "" {
		cfg.Host = HostFacebook
	}
	cfg.Host = strings.TrimRight(cfg.Host, "/")
	if cfg.Version == "" {
		cfg.Version = DefaultVersion
		if cfg.Host == HostThreads {
			cfg.Version = ThreadsVersion
		}
	}
	if cfg.Uploads == "" {
		cfg.Uploads = HostUploads
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	return cfg
}

func validVersion(s string) bool {
	major, minor, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	digits := func(s string) bool {
		return s != "" && len(s) < 4 && strings.Trim(s, "0123456789") == ""
	}
	return ok && s[0] == 'v' && digits(major) && digits(minor)
}

// origin reads scheme and host of a base URL.
func origin(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%w: meta: want an origin such as %s", smm.ErrInvalid, HostFacebook)
	}
	return u, nil
}

// Version returns the version that requests name.
func (c *Client) Version() string { return c.version }

// staticToken is a token that nobody renews.
type staticToken struct{ token smm.Secret }

func (s staticToken) Credential(context.Context) (smm.Credential, error) {
	return smm.Credential{AccessToken: s.token}, nil
}

func (s staticToken) Refused(context.Context, smm.Credential) (bool, error) { return false, nil }

// secretParams may be in no parameter: they go into the Authorization header, or
// belong to App.
var secretParams = []string{"access_token", "appsecret_proof", "client_secret", "input_token", "fb_exchange_token"}

func checkParams(q url.Values) error {
	for name := range q {
		if slices.Contains(secretParams, strings.ToLower(name)) {
			return fmt.Errorf("%w: meta: the parameter %s does not belong into a request", smm.ErrInvalid, strings.ToLower(name))
		}
	}
	return nil
}
