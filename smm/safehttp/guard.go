package safehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
)

// Guard holds an http.Client that cannot be led astray. Make it with [New].
// It is safe for concurrent use and meant to be kept.
type Guard struct {
	opts   Options
	policy policy
	client *http.Client
}

// New returns a Guard, or an error that names the bad option.
func New(opts Options) (*Guard, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Guard{opts: o, policy: policy{http: o.AllowHTTP, ports: o.Ports, allow: o.AllowPrefixes}}
	d := newDialer(o, g.policy)
	base := &http.Transport{
		Proxy:                  nil, // a proxy would connect unchecked
		DialContext:            d.dial,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  firstByteTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	g.client = &http.Client{
		Transport:     &transport{guard: g, base: base},
		CheckRedirect: g.checkRedirect,
		Timeout:       o.Timeout,
	}
	return g, nil
}

// Client returns the client itself, for code that wants an *http.Client. It
// must not be changed. It enforces everything, but its errors are net/http's
// and name whole URLs: pass them through [Redact] before they are logged.
func (g *Guard) Client() *http.Client { return g.client }

// CheckURL is the package's [CheckURL] under the options of g.
func (g *Guard) CheckURL(rawURL string) error {
	_, err := g.policy.parse(rawURL)
	return err
}

// Do sends req as the client would and returns errors that are safe to log.
// Reading the body may fail with a [*LimitError]; the caller closes it. A
// status outside 2xx is not an error.
//
// Accept-Encoding, Connection, Upgrade, Proxy headers and req.Host of the
// request are ignored.
func (g *Guard) Do(req *http.Request) (*http.Response, error) {
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, typed(req.Context(), req.URL, g.opts.Timeout, Redact(err))
	}
	//nolint:contextcheck // the error tells of the request's own context
	resp.Body = &typedBody{ReadCloser: resp.Body, typed: func(err error) error {
		return typed(req.Context(), resp.Request.URL, g.opts.Timeout, err)
	}}
	return resp, nil
}

// typedBody turns the client's own deadline into a LimitError while reading.
type typedBody struct {
	io.ReadCloser
	typed func(error) error
}

func (b *typedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.typed(err)
	}
	return n, err
}

// crossOriginHeaders survive a redirect to another origin; all others may be
// credentials.
var crossOriginHeaders = []string{"Accept", "Accept-Language", "User-Agent"}

// checkRedirect is the client's CheckRedirect. The target itself is checked by
// the transport, like every address.
func (g *Guard) checkRedirect(req *http.Request, via []*http.Request) error {
	if g.opts.MaxRedirects < 0 {
		return http.ErrUseLastResponse
	}
	if len(via) > g.opts.MaxRedirects {
		return &LimitError{URL: redactURL(req.URL), Limit: LimitRedirects, Max: int64(g.opts.MaxRedirects)}
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return &BlockedError{URL: redactURL(req.URL), Reason: ReasonDowngrade, Detail: "a redirect leaves https"}
	}
	// net/http puts the whole previous URL here, with its query.
	req.Header.Del("Referer")
	if !leftOrigin(req, via) {
		return nil
	}
	if req.Body != nil && req.Body != http.NoBody || req.ContentLength > 0 {
		return &BlockedError{URL: redactURL(req.URL), Reason: ReasonRedirectBody, Detail: "the request body would go to another origin"}
	}
	kept := http.Header{}
	for _, name := range crossOriginHeaders {
		if v, ok := req.Header[name]; ok {
			kept[name] = v
		}
	}
	req.Header = kept //nolint:gosec // this is what keeps them from crossing
	return nil
}

// leftOrigin reports whether any hop so far was elsewhere: once a chain has
// been at a foreign origin, that origin chooses where it goes, so coming back
// does not restore credentials.
func leftOrigin(req *http.Request, via []*http.Request) bool {
	first := via[0].URL
	for _, r := range append(via[1:len(via):len(via)], req) {
		if r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
			return true
		}
	}
	return false
}

// transport checks and bounds one hop.
type transport struct {
	guard *Guard
	base  *http.Transport
}

// droppedHeaders belong to the transport: negotiation and single-connection
// headers.
var droppedHeaders = []string{"Accept-Encoding", "Connection", "Upgrade", "Te", "Trailer", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection"}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	refuse := func(err error) (*http.Response, error) {
		if req.Body != nil {
			_ = req.Body.Close() // as RoundTripper demands; nothing was read
		}
		return nil, err
	}
	if req.URL == nil {
		return refuse(&BlockedError{Reason: ReasonSyntax, Detail: "has no URL"})
	}
	if err := t.guard.policy.check(req.URL); err != nil {
		return refuse(err)
	}
	ctx, cancel := context.WithCancel(req.Context())
	out := req.Clone(ctx)
	out.Host = ""
	for _, name := range droppedHeaders {
		out.Header.Del(name)
	}
	out.Header.Set("Accept-Encoding", "gzip")
	if out.Header.Get("User-Agent") == "" && t.guard.opts.UserAgent != "" {
		out.Header.Set("User-Agent", t.guard.opts.UserAgent)
	}
	resp, err := t.base.RoundTrip(out)
	if err != nil {
		cancel()
		return nil, t.explain(req, err)
	}
	resp.Request = req
	if err := t.bound(resp, cancel); err != nil {
		_ = resp.Body.Close() // refused already; its error adds nothing
		cancel()
		return nil, err
	}
	return resp, nil
}

// explain gives the errors of dialling and of reading headers their types.
func (t *transport) explain(req *http.Request, err error) error {
	if be, ok := errors.AsType[*BlockedError](err); ok {
		named := *be
		named.URL = redactURL(req.URL)
		return &named
	}
	if headerOverflow(err) {
		return &LimitError{URL: redactURL(req.URL), Limit: LimitHeaders, Max: maxHeaderBytes}
	}
	return typed(req.Context(), req.URL, 0, err)
}
