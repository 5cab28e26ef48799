package safehttp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// world is a small public internet on loopback. Names under example.com have
// public addresses; the socket hook leads these to local servers, after the
// check has seen the public address.
type world struct {
	mu      sync.Mutex
	names   map[string]func() []netip.Addr
	servers map[netip.AddrPort]string // public address -> listener
	dialed  []netip.AddrPort
	stray   atomic.Int64 // connects to anything else
	roots   *x509.CertPool
	next    byte
}

func newWorld() *world {
	return &world{names: map[string]func() []netip.Addr{}, servers: map[netip.AddrPort]string{}, roots: x509.NewCertPool()}
}

// serve puts h at https://name/ (or http).
func (w *world) serve(t *testing.T, scheme, name string, h http.HandlerFunc) {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	port := uint16(80)
	if scheme == "https" {
		srv.StartTLS()
		w.roots.AddCert(srv.Certificate())
		port = 443
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	w.next++
	addr := netip.AddrFrom4([4]byte{93, 184, 216, w.next})
	w.names[name] = func() []netip.Addr { return []netip.Addr{addr} }
	w.servers[netip.AddrPortFrom(addr, port)] = srv.Listener.Addr().String()
}

func (w *world) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.names[host]; f != nil {
		return f(), nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (w *world) dial(ctx context.Context, network string, addr netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	w.dialed = append(w.dialed, addr)
	w.mu.Unlock()
	target, ok := w.servers[addr]
	if !ok {
		w.stray.Add(1)
		return nil, fmt.Errorf("no server at %v", addr)
	}
	return (&net.Dialer{}).DialContext(ctx, network, target)
}

func (w *world) guard(t *testing.T, o Options) *Guard {
	t.Helper()
	o.Resolver, o.DialContext, o.RootCAs = w, w.dial, w.roots
	return mustGuard(t, o)
}

func redirectTo(code int, target string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Location"] = []string{target} // verbatim; http.Redirect would clean it
		w.WriteHeader(code)
	}
}

func TestRedirects(t *testing.T) {
	w := newWorld()
	hello := func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("hello")) }
	w.serve(t, "https", "ok.example.com", hello)
	w.serve(t, "http", "plain.example.com", hello)
	w.serve(t, "http", "up.example.com", redirectTo(301, "https://ok.example.com/"))
	w.serve(t, "https", "loop.example.com", redirectTo(302, "https://loop.example.com/"))
	w.serve(t, "https", "hops.example.com", func(rw http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		if n == 0 {
			hello(rw, r)
			return
		}
		redirectTo(302, fmt.Sprintf("/%d", n-1))(rw, r)
	})
	w.names["inside.example.com"] = func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("10.0.0.5")} }

	tests := []struct {
		name, from, to string
		code           int
		reason         Reason
		limit          Limit
	}{
		{name: "upgrade", from: "http://up.example.com/"},
		{name: "three hops", from: "https://hops.example.com/3"},
		{name: "four hops", from: "https://hops.example.com/4", limit: LimitRedirects},
		{name: "loop", from: "https://loop.example.com/", limit: LimitRedirects},
		{name: "private address", to: "https://10.0.0.5/", code: 302, reason: ReasonAddress},
		{name: "private by name", to: "https://inside.example.com/", code: 302, reason: ReasonAddress},
		{name: "metadata with 308", to: "http://169.254.169.254/latest/meta-data/", code: 308, reason: ReasonDowngrade},
		{name: "metadata over https", to: "https://169.254.169.254/latest/meta-data/", code: 308, reason: ReasonAddress},
		{name: "loopback in hex", to: "https://0x7f.1/", code: 301, reason: ReasonHost},
		{name: "mapped", to: "https://[::ffff:7f00:1]/", code: 301, reason: ReasonHost},
		{name: "downgrade", to: "http://plain.example.com/", code: 302, reason: ReasonDowngrade},
		{name: "userinfo", to: "https://a:b@ok.example.com/", code: 302, reason: ReasonUserinfo},
		{name: "port", to: "https://ok.example.com:8443/", code: 302, reason: ReasonPort},
		{name: "file", to: "file:///etc/passwd", code: 302, reason: ReasonDowngrade},
		{name: "scheme-relative", to: "//127.0.0.1/", code: 302, reason: ReasonAddress},
		{name: "backslash", to: "\\\\127.0.0.1\\x?token=SECRET", code: 302, reason: ReasonSyntax},
		{name: "bad escape", to: "https://ok.example.com/%zz?token=SECRET", code: 302, reason: ReasonSyntax},
		{name: "control", to: "https://ok.example.com/\u0085?token=SECRET", code: 302, reason: ReasonSyntax},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from := tt.from
			if tt.to != "" {
				name := fmt.Sprintf("r%d.example.com", i)
				w.serve(t, "https", name, redirectTo(tt.code, tt.to))
				from = "https://" + name + "/?token=SECRET"
			}
			resp, err := w.guard(t, Options{AllowHTTP: true}).Fetch(t.Context(), from)
			switch {
			case tt.reason != "":
				if be, ok := errors.AsType[*BlockedError](err); !ok || be.Reason != tt.reason {
					t.Fatalf("got %v, want reason %s", err, tt.reason)
				}
			case tt.limit != "":
				if le, ok := errors.AsType[*LimitError](err); !ok || le.Limit != tt.limit {
					t.Fatalf("got %v, want limit %s", err, tt.limit)
				}
			case err != nil || string(resp.Body) != "hello":
				t.Fatalf("got %+v, %v", resp, err)
			}
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the error carries the query: %v", err)
			}
			if err != nil && strings.Count(err.Error(), "safehttp:") != 1 {
				t.Errorf("wrapped more than once: %v", err)
			}
		})
	}
	if n := w.stray.Load(); n != 0 {
		t.Errorf("%d connects to addresses outside the test", n)
	}
}

// TestRebinding: DNS answers a public address first and private ones from then
// on. There is one lookup per connection, and what it returned is what is
// checked and connected to.
func TestRebinding(t *testing.T) {
	w := newWorld()
	w.serve(t, "https", "rebind.example.com", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			redirectTo(302, "/again")(rw, r)
			return
		}
		_, _ = rw.Write([]byte("ok"))
	})
	public := w.names["rebind.example.com"]()
	private := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("169.254.169.254")}
	lookups := 0
	w.names["rebind.example.com"] = func() []netip.Addr {
		lookups++
		if lookups == 1 {
			return public
		}
		return private
	}
	g := w.guard(t, Options{})
	if resp, err := g.Fetch(t.Context(), "https://rebind.example.com/direct"); err != nil || string(resp.Body) != "ok" || lookups != 1 {
		t.Fatalf("first fetch: %v, %v after %d lookups; want success after one", resp, err, lookups)
	}
	if _, err := g.Fetch(t.Context(), "https://rebind.example.com/direct"); !errors.Is(err, ErrBlocked) {
		t.Fatalf("second fetch: %v, want ErrBlocked", err)
	}
	lookups = 0 // public for the first hop, private for the redirect to itself
	if _, err := g.Fetch(t.Context(), "https://rebind.example.com/"); !errors.Is(err, ErrBlocked) {
		t.Fatalf("redirect to itself: %v, want ErrBlocked", err)
	}
	// Mixed answers: only the public one is used.
	w.names["rebind.example.com"] = func() []netip.Addr { return append(private[:3:3], public...) }
	if _, err := g.Fetch(t.Context(), "https://rebind.example.com/direct"); err != nil {
		t.Fatalf("mixed answer: %v", err)
	}
	for _, a := range w.dialed {
		if a.Addr() != public[0] {
			t.Errorf("connected to %v", a)
		}
	}
}

func TestCredentialsStayAtTheirOrigin(t *testing.T) {
	w := newWorld()
	var seen http.Header
	var body atomic.Bool
	sink := func(rw http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		body.Store(r.ContentLength != 0)
	}
	w.serve(t, "https", "other.example.com", sink)
	w.serve(t, "https", "example.com", func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			redirectTo(302, "/sink")(rw, r)
		case "/cross":
			redirectTo(302, "https://other.example.com/")(rw, r)
		case "/cross307":
			redirectTo(307, "https://other.example.com/")(rw, r)
		default:
			sink(rw, r)
		}
	})
	g := w.guard(t, Options{})
	send := func(method, path, payload string) error {
		req, err := http.NewRequestWithContext(t.Context(), method, "https://example.com"+path+"?token=SECRET", strings.NewReader(payload))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []string{"Authorization", "Cookie", "DPoP", "X-Api-Key", "X-Hub-Signature-256"} {
			req.Header.Set(h, "SECRET")
		}
		req.Header.Set("User-Agent", "agent")
		req.Header.Set("Proxy-Authorization", "SECRET")
		req.Header.Set("Accept-Encoding", "br")
		resp, err := g.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	if err := send("GET", "/same", ""); err != nil || seen.Get("Authorization") != "SECRET" || seen.Get("X-Api-Key") != "SECRET" {
		t.Fatalf("same origin: %v, headers %v; want them kept", err, seen)
	}
	if seen.Get("Referer") != "" || seen.Get("Proxy-Authorization") != "" || seen.Get("Accept-Encoding") != "gzip" {
		t.Errorf("same origin: headers %v", seen)
	}
	// A subdomain is another origin; net/http alone would keep Authorization.
	if err := send("GET", "/cross", ""); err != nil {
		t.Fatal(err)
	}
	for name, v := range seen {
		if strings.Contains(fmt.Sprint(v), "SECRET") {
			t.Errorf("%s crossed to another origin", name)
		}
	}
	if seen.Get("User-Agent") != "agent" {
		t.Errorf("User-Agent is %q, want it kept", seen.Get("User-Agent"))
	}
	seen = nil
	err := send("POST", "/cross307", "client_secret=SECRET")
	if be, ok := errors.AsType[*BlockedError](err); !ok || be.Reason != ReasonRedirectBody || seen != nil || body.Load() {
		t.Errorf("307 with a body: %v; reached the other origin: %v", err, seen != nil)
	}
	if err := send("POST", "/cross", "x"); err != nil || body.Load() {
		t.Errorf("302 after POST: %v, body sent: %v", err, body.Load())
	}
}

func TestNoRedirects(t *testing.T) {
	w := newWorld()
	w.serve(t, "https", "example.com", redirectTo(302, "http://10.0.0.1/"))
	resp, err := w.guard(t, Options{MaxRedirects: -1}).Fetch(t.Context(), "https://example.com/")
	if err != nil || resp.Status != 302 {
		t.Fatalf("got %+v, %v; want the 302 itself", resp, err)
	}
}

func TestNoProxyFromEnvironment(t *testing.T) {
	c := newCanary(t)
	for _, k := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(k, fmt.Sprintf("http://127.0.0.1:%d", c.port))
	}
	w := newWorld()
	w.serve(t, "https", "example.com", func(http.ResponseWriter, *http.Request) {})
	g := w.guard(t, Options{})
	if _, err := g.Fetch(t.Context(), "https://example.com/"); err != nil || c.hits.Load() != 0 {
		t.Fatalf("%v; proxy was used %d times", err, c.hits.Load())
	}
	if g.Client().Transport.(*transport).base.Proxy != nil {
		t.Fatal("a proxy function is set")
	}
}
