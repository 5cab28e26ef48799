package safehttp

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheckURLAccepts(t *testing.T) {
	for _, u := range []string{
		"https://example.com", "https://example.com/", "HTTPS://EXAMPLE.COM/A", "https://example.com:443/", "https://example.com:80/x",
		"https://a.b-c.example.co.uk/p?q=1&r=%20#f", "https://xn--bcher-kva.example.com/", "https://_dmarc.example.com/", "https://1and1.com/", "https://3.example.com/",
		"https://8.8.8.8/", "https://93.184.216.34:443/x", "https://[2606:4700:4700::1111]/", "https://[2a00:1450:4001::200e]:443/", "https://[2001:4860:4860::8888]/",
		"https://example.com/a@b", "https://example.com/?u=https://10.0.0.1/", "https://ja.wikipedia.org/wiki/日本", "https://example.com?x", "https://example.com#x",
		"https://172.32.0.1/", "https://100.128.0.1/", "https://192.167.255.255/", "https://11.0.0.1/", "https://223.255.255.255/", "https://[3ffd::1]/",
	} {
		if err := CheckURL(u); err != nil {
			t.Errorf("CheckURL(%q) = %v", u, err)
		}
	}
	g := mustGuard(t, Options{AllowHTTP: true, Ports: []uint16{8080}, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}})
	if err := g.CheckURL("http://10.1.2.3:8080/"); err != nil {
		t.Error(err)
	}
	for _, u := range []string{"http://10.2.0.1:8080/", "http://10.1.2.3/", "http://[::ffff:10.1.2.3]:8080/"} {
		if err := g.CheckURL(u); !errors.Is(err, ErrBlocked) {
			t.Errorf("CheckURL(%q) = %v, want ErrBlocked", u, err)
		}
	}
}

func TestBlockedErrorText(t *testing.T) {
	tests := []struct{ url, want string }{
		{"https://u:SECRET@example.com/SECRET?SECRET#SECRET", "safehttp: refused https://example.com (userinfo): remove the user name and password"},
		{"http://example.com/SECRET", "safehttp: refused http://example.com (scheme): use https"},
		{"https://10.0.0.1:443/SECRET", "safehttp: refused https://10.0.0.1:443 at 10.0.0.1 (address): private use"},
		{"https://\u202eevil.com/", `safehttp: refused https://\u202eevil.com (host): the host is not a plain ASCII name; write international names in punycode (xn--)`},
		{"https://[fe80::1%25eth0]/", "safehttp: refused https://[fe80::1%eth0] (host): an address with a zone is local to one machine"},
		{"https://SECRET\\@example.com/", "safehttp: refused (syntax): has a space, backslash or control character"},
	}
	for _, tt := range tests {
		if err := CheckURL(tt.url); err == nil || err.Error() != tt.want {
			t.Errorf("CheckURL(%q)\n got %v\nwant %s", tt.url, err, tt.want)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, u := range hostileURLs(0) {
		f.Add(u)
	}
	for _, u := range []string{"https://example.com/x?y=z", "https://8.8.8.8/", "https://[2606:4700::1]:443/", "http://example.com:80/"} {
		f.Add(u)
	}
	p := policy{http: true, ports: []uint16{80, 443}}
	f.Fuzz(func(t *testing.T, raw string) {
		_, err := p.parse(raw)
		if err != nil {
			if _, ok := errors.AsType[*BlockedError](err); !ok {
				t.Fatalf("%q: untyped error %v", raw, err)
			}
			if msg := err.Error(); !utf8.ValidString(msg) || strings.ContainsAny(msg, "\n\r\x1b") || len(msg) > 800 {
				t.Fatalf("%q: unsafe message %q", raw, msg)
			}
			if CheckURL(raw) == nil {
				t.Fatalf("%q: the stricter check accepts what the looser refuses", raw)
			}
			return
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("%q accepted, but does not parse", raw)
		}
		if u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
			t.Fatalf("%q accepted with scheme %q, userinfo %v", raw, u.Scheme, u.User)
		}
		if port := u.Port(); port != "" && port != "80" && port != "443" {
			t.Fatalf("%q accepted with port %s", raw, port)
		}
		host := u.Hostname()
		if addr, err := netip.ParseAddr(host); err == nil {
			if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Zone() != "" || addr.Is4In6() {
				t.Fatalf("%q accepted with address %v", raw, addr)
			}
			return
		}
		if strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || !strings.Contains(host, ".") || strings.HasSuffix(host, ".") {
			t.Fatalf("%q accepted with host %q", raw, host)
		}
		last := host[strings.LastIndexByte(host, '.')+1:]
		if last[0] >= '0' && last[0] <= '9' && numeric(last) {
			t.Fatalf("%q accepted with a numeric host %q", raw, host)
		}
	})
}
