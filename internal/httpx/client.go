package httpx

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Config is what a vendor client needs to talk to its platform. Only Platform
// is required.
type Config struct {
	Platform smm.Platform

	// BaseURL is what a relative Request.URL is joined to, for example
	// "https://api.example.com/v2". It has no query, fragment or userinfo.
	BaseURL string

	// HTTPClient gives the transport and the time limit. Its cookie jar and its
	// redirect policy are not used, since the ways out have their own. A
	// transport that retries by itself, follows redirects or does not hand on
	// the request's context breaks the promises of Commit. Nil means a private
	// transport with the system's proxy settings.
	HTTPClient *http.Client

	// Auth is used for requests without an Authorizer of their own.
	Auth Authorizer

	// Errors is the platform's table of codes. Nil judges by status alone.
	Errors *ErrorTable

	// Quota is asked before and told after every request that has Charges.
	Quota smm.Quota

	// QuotaStates reads what an answer says of budgets. Nil means that the rate
	// headers which ParseRateHeaders knows speak of the request's first charge.
	QuotaStates func(r *Request, resp *Response) []smm.QuotaState

	Clock     smm.Clock    // nil for the machine's
	Logger    *slog.Logger // nil for silence; one line for each request at level Debug
	UserAgent string       // "" for "smmkit"

	// RequestIDHeaders are the answer's headers that may hold the vendor's id of
	// the request, best first. Nil means the usual names.
	RequestIDHeaders []string

	Retry RetryPolicy

	// MaxBody bounds an answer's body in bytes after decompression; 0 for 4 MiB.
	MaxBody int64

	// Timeout bounds a request whose context has no deadline; 0 for 60 s. Long
	// uploads set Request.Timeout or a deadline.
	Timeout time.Duration
}

// Client sends requests to one platform. It is safe for concurrent use and
// holds no account: the credential comes with each request.
type Client struct {
	platform smm.Platform
	base     *url.URL
	rt       http.RoundTripper
	follow   *http.Client // rt with the redirect policy of Read
	auth     Authorizer
	errors   *ErrorTable
	quota    smm.Quota
	states   func(r *Request, resp *Response) []smm.QuotaState
	clock    smm.Clock
	log      *slog.Logger
	agent    []string
	idNames  []string
	retry    RetryPolicy
	budget   *retryBudget
	maxBody  int64
	timeout  time.Duration
}

// New checks cfg and returns a Client. Errors match smm.ErrInvalid.
func New(cfg Config) (*Client, error) {
	if cfg.Platform == "" {
		return nil, fmt.Errorf("%w: httpx: no platform", smm.ErrInvalid)
	}
	if cfg.MaxBody < 0 || cfg.Timeout < 0 {
		return nil, fmt.Errorf("%w: httpx: negative MaxBody or Timeout", smm.ErrInvalid)
	}
	c := &Client{
		platform: cfg.Platform, auth: cfg.Auth, errors: cfg.Errors, quota: cfg.Quota, states: cfg.QuotaStates,
		clock: cfg.Clock, log: cfg.Logger, idNames: canonicalNames(cfg.RequestIDHeaders),
		maxBody: cfg.MaxBody, timeout: cfg.Timeout,
	}
	var err error
	if c.retry, err = cfg.Retry.withDefaults(); err != nil {
		return nil, err
	}
	if cfg.BaseURL != "" {
		if c.base, err = parseBase(cfg.BaseURL); err != nil {
			return nil, err
		}
	}
	c.budget = newRetryBudget(c.retry.BudgetRatio, c.retry.BudgetBurst)
	c.fillDefaults(cfg)
	return c, nil
}

func (c *Client) fillDefaults(cfg Config) {
	if c.clock == nil {
		c.clock = smm.SystemClock()
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.maxBody == 0 {
		c.maxBody = 4 << 20
	}
	if c.timeout == 0 {
		c.timeout = 60 * time.Second
	}
	if c.errors == nil {
		c.errors = &ErrorTable{Platform: cfg.Platform}
	}
	if c.states == nil {
		c.states = c.statesFromHeaders
	}
	agent := cfg.UserAgent
	if agent == "" {
		agent = "smmkit"
	}
	c.agent = []string{agent}
	if cfg.HTTPClient != nil {
		c.rt = cfg.HTTPClient.Transport
		if t := cfg.HTTPClient.Timeout; t > 0 {
			c.timeout = min(c.timeout, t)
		}
		if c.rt == nil {
			c.rt = http.DefaultTransport
		}
	} else {
		c.rt = newTransport()
	}
	c.follow = &http.Client{Transport: onlyRoundTrip{c.rt}, CheckRedirect: checkRedirect}
}

// newTransport differs from http.DefaultTransport in what suits a few busy
// hosts: more idle connections to each, and a short idle life, because a
// commit on a connection that the server is just closing ends in doubt.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// onlyRoundTrip hides CloseIdleConnections: go-retryablehttp calls it after
// every failure, and one failing read must not cost all others their
// connections.
type onlyRoundTrip struct{ rt http.RoundTripper }

func (o onlyRoundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	return o.rt.RoundTrip(req)
}
