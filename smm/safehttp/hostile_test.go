package safehttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// lookupFunc is a Resolver made of a function.
type lookupFunc func(host string) ([]netip.Addr, error)

func (f lookupFunc) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return f(host)
}

// inner are addresses that must never be reached, one or more per special range.
var inner = []string{
	"127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
	"100.64.0.1", "100.127.255.254", "169.254.0.1", "169.254.169.254", "169.254.170.2", "169.254.170.23",
	"172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.0.192", "192.0.2.1",
	"192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1",
	"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
	"240.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16",
}

var inner6 = []string{
	"::", "::1", "::2", "::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::127.0.0.1",
	"64:ff9b::8.8.8.8", "64:ff9b:1::1", "64:ff9b:1:ffff:ffff:ffff:7f00:1", "100::1", "100:0:0:1::1", "200::1", "400::1",
	"1000::1", "2001::1", "2001:0:53aa:64c:0:0:80ff:fffe", "2001:1::1", "2001:1::2", "2001:1::3", "2001:2::1", "2001:3::1",
	"2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::1", "2001:db8:ffff::1", "2002:7f00:1::1",
	"2002:a00:1::", "2002::1", "2620:4f:8000::1", "3ffe::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "8000::1",
	"fc00::1", "fd00::1", "fd00:ec2::254", "fd20:ce::254", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "feff::1",
	"ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:0001", "::ffff:a9fe:a9fe",
	"::ffff:169.254.169.254", "::ffff:10.0.0.1", "::FFFF:192.168.0.1", "::ffff:8.8.8.8",
}

// spellings of an IPv4 address that some parser, somewhere, understands.
func spellings(dotted string) []string {
	b := netip.MustParseAddr(dotted).As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	fullwidth := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '０'
			}
			return r
		}, s)
	}
	return []string{
		dotted,
		fmt.Sprintf("%d", n), fmt.Sprintf("0x%08x", n), fmt.Sprintf("0X%X", n), fmt.Sprintf("0%o", n),
		fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%d.%d", b[0], n&0xffffff), fmt.Sprintf("%d.%d.%d", b[0], b[1], n&0xffff),
		fmt.Sprintf("0x%x.%d", b[0], n&0xffffff), fmt.Sprintf("%d.0%o.%d", b[0], b[1], n&0xffff),
		dotted + ".", dotted + "..", "." + dotted, strings.ReplaceAll(dotted, ".", "。"), strings.ReplaceAll(dotted, ".", "．"),
		fullwidth(dotted), strings.ReplaceAll(dotted, ".", "%2e"), "%31" + dotted[1:],
		fmt.Sprintf("[::ffff:%s]", dotted), fmt.Sprintf("[::ffff:%x:%x]", n>>16, n&0xffff), fmt.Sprintf("[::%s]", dotted),
		fmt.Sprintf("[::ffff:0:%s]", dotted), fmt.Sprintf("[64:ff9b::%s]", dotted), fmt.Sprintf("[2002:%x:%x::]", n>>16, n&0xffff),
		fmt.Sprintf("[0:0:0:0:0:ffff:%s]", dotted), fmt.Sprintf("[::ffff:%s%%25lo]", dotted), fmt.Sprintf("[%s]", dotted),
		"user@" + dotted, "user:pw@" + dotted, "example.com@" + dotted, "example.com%40" + dotted, dotted + "%00.example.com",
		dotted + "\\.example.com", dotted + "\t", "\t" + dotted, dotted + "\x00", dotted + "\u200b", dotted + "\u00ad",
		fmt.Sprintf("%d.%d.%d.%d", int(b[0])+256, b[1], b[2], b[3]),
	}
}

// hostileHosts are hosts that must be refused whatever DNS says.
func hostileHosts() []string {
	var out []string
	out = append(out, inner...)
	for _, a := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "172.16.0.1", "0.0.0.0", "100.64.0.1"} {
		out = append(out, spellings(a)...)
	}
	for _, a := range inner6 {
		out = append(out, "["+a+"]", "["+strings.ToUpper(a)+"]", "["+a+"%25eth0]", "["+a+"%251]")
	}
	return append(out,
		"127.1", "127.0.1", "127.0.0.0x1", "127.0.0.01", "0", "0x0", "00", "0.0", "1", "017700000001", "0x7f.1", "0x7f.0.0.1", "0x7F000001",
		"00000000000000000177.0.0.1", "127.0.0.1.0x", "4294967295", "4294967296", "2130706433", "1.1.1.1.1", "256.1.1.1", "a.1", "example.0x7f",
		"localhost", "LOCALHOST", "localhost.", "a.localhost", "foo.local", "printer.local", "metadata.google.internal", "db.internal",
		"x.onion", "x.test", "x.invalid", "x.example", "x.alt", "1.0.0.127.in-addr.arpa", "router.home.arpa", "intranet", "metadata", "wpad",
		"example.com.", "example..com", ".example.com", "-example.com", "example-.com", "exa mple.com", "exämple.com", "ｅxample.com", "ⓔxample.com",
		"①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "٠.٠.٠.٠", "example.com%00", "example.com%0a", "%65xample.com", "example%2ecom",
		"example.com\r\nHost: 127.0.0.1", "example.com\\@127.0.0.1", "example.com\n", "\u202eexample.com", "example.com\u2028", "ex*mple.com",
		"[example.com]", "[]", "[::1", "::1]", "[::1]]", "[[::1]]", "[::1].example.com", "[::1%25]", "[::%31]", "[1:2:3]", "[::g]", "[v1.fe]",
		"example.com:", "example.com:0", "example.com:22", "example.com:25", "example.com:8080", "example.com:65536", "example.com:-1", "example.com:+443",
		"example.com:0443", "example.com:00080", "example.com:443:443", "example.com:４４３", "example.com:0x1bb", "example.com:443a", "example.com:99999999999999999999",
		"user@example.com", "user:pw@example.com", "@example.com", ":@example.com", ":pw@example.com", "a@b@example.com", "%61@example.com",
		strings.Repeat("a", 64)+".com", strings.Repeat("a.", 130)+"com", "",
	)
}

// hostileWhole are URLs that are wrong as a whole.
var hostileWhole = []string{
	"", " ", "example.com", "//example.com", "/path", "?q", "#f", "https:", "https:/", "https://", "https:///", "https:example.com", "https:/example.com",
	"https:\\\\example.com", "https:/\\example.com", "http\\://example.com", "https://\\example.com", "\thttps://example.com", "https://example.com\t", "ht\ttps://example.com",
	"https://exam\nple.com", " https://example.com", "https://example.com /", "https://example.com/a b", "https://example.com/\x00", "https://example.com/\x7f",
	"https://example.com/%zz", "https://example.com/\\..\\", "https://example.com/\u0085", "https://example.com/\u2028", "https://\xff.com/", "https://example.com/\xff",
	"ftp://example.com/", "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://example.com/_x", "dict://example.com:11211/", "ldap://example.com/", "jar:https://example.com!/",
	"data:text/html,x", "javascript:alert(1)", "vbscript:x", "mailto:a@example.com", "ws://example.com/", "wss://example.com/", "ssh://example.com/", "unix:///var/run/docker.sock",
	"tel:1", "about:blank", "blob:https://example.com/x", "view-source:https://example.com/", "netdoc:///etc/passwd", "php://input", "tftp://example.com/x", "sftp://example.com/x",
	"http+unix://%2Fvar%2Frun%2Fdocker.sock/x", "HTTPS", "https//example.com", "https;//example.com", "://example.com", "1https://example.com", "https://?x", "https://#x", "https://:443/",
	"https://:443", "https://[", "https://]", "https://%/", "https://%2f/", "https://..", "https://.", "https://-", "https://_", "https://0/", "https://1", "https://1/",
	"https://" + strings.Repeat("a.", 3000) + "com/", "https://example.com/" + strings.Repeat("a", 5000),
}

// hostileURLs spells every hostile host with both schemes and, where it does
// not carry its own port, on the canary's port too.
func hostileURLs(port uint16) []string {
	urls := append([]string(nil), hostileWhole...)
	for _, h := range hostileHosts() {
		urls = append(urls, "https://"+h+"/p?q=1", "http://"+h+"/")
		if port != 0 {
			urls = append(urls, fmt.Sprintf("http://%s:%d/", h, port))
		}
	}
	return urls
}

// canary is a listener on loopback that counts who came.
type canary struct {
	port uint16
	hits atomic.Int64
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &canary{port: uint16(ln.Addr().(*net.TCPAddr).Port)}
	srv := &http.Server{
		Handler: http.NotFoundHandler(),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				c.hits.Add(1)
			}
		},
	}
	go func() { _ = srv.Serve(ln) }() // ends with Close
	t.Cleanup(func() { _ = srv.Close() })
	return c
}

func TestHostileURLsNeverConnect(t *testing.T) {
	c := newCanary(t)
	var dials, lookups atomic.Int64
	private := lookupFunc(func(string) ([]netip.Addr, error) {
		lookups.Add(1)
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("::ffff:127.0.0.1")}, nil
	})
	ports := []uint16{80, 443, c.port}
	hooked := mustGuard(t, Options{AllowHTTP: true, Ports: ports, Resolver: private,
		DialContext: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
			dials.Add(1)
			return nil, errors.New("connected")
		}})
	dialing := mustGuard(t, Options{AllowHTTP: true, Ports: ports, Resolver: private})

	urls := hostileURLs(c.port)
	reasons := map[Reason]int{}
	for _, u := range urls {
		for _, g := range []*Guard{hooked, dialing} {
			_, err := g.Fetch(t.Context(), u)
			be, ok := errors.AsType[*BlockedError](err)
			if !ok || !errors.Is(err, ErrBlocked) {
				t.Fatalf("Fetch(%q) = %v, want a BlockedError", u, err)
			}
			reasons[be.Reason]++
		}
		if err := CheckURL(u); err == nil {
			t.Errorf("CheckURL accepts %q", u)
		}
	}
	if n := lookups.Load(); n != 0 {
		t.Errorf("%d hostile URLs got as far as DNS", n)
	}
	// Names that look honest but resolve inside: refused at dial time.
	names := 0
	for _, a := range append(append([]string(nil), inner...), inner6...) {
		addr := netip.MustParseAddr(a)
		if addr.Unmap() == netip.MustParseAddr("8.8.8.8") {
			continue
		}
		names++
		inside := lookupFunc(func(string) ([]netip.Addr, error) { return []netip.Addr{addr}, nil })
		o := Options{AllowHTTP: true, Ports: ports, Resolver: inside}
		g := mustGuard(t, o)
		for _, u := range []string{"https://www.example.com/", fmt.Sprintf("http://www.example.com:%d/", c.port)} {
			_, err := g.Fetch(t.Context(), u)
			if be, ok := errors.AsType[*BlockedError](err); !ok || be.Reason != ReasonAddress || be.Addr != addr.Unmap() {
				t.Errorf("%s resolving to %s: %v, want ReasonAddress", u, a, err)
			}
		}
	}
	if n := dials.Load() + c.hits.Load(); n != 0 {
		t.Errorf("%d connects, want 0", n)
	}
	if len(urls) < 400 {
		t.Errorf("only %d URLs", len(urls))
	}
	t.Logf("%d hostile URLs on two guards, %d inner addresses behind honest names: 0 connects; reasons %v", len(urls), names, reasons)
}

// TestCanaryCanBeHit proves that the zero above means something.
func TestCanaryCanBeHit(t *testing.T) {
	c := newCanary(t)
	g := mustGuard(t, Options{AllowHTTP: true, Ports: []uint16{c.port},
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Resolver:      lookupFunc(func(string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil })})
	for _, host := range []string{"127.0.0.1", "www.example.com"} {
		if _, err := g.Fetch(t.Context(), fmt.Sprintf("http://%s:%d/", host, c.port)); err != nil {
			t.Fatal(err)
		}
	}
	if c.hits.Load() != 2 {
		t.Fatalf("canary was hit %d times, want 2", c.hits.Load())
	}
}

func mustGuard(t testing.TB, o Options) *Guard {
	t.Helper()
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
