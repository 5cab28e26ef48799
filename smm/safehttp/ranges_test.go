package safehttp

import (
	"errors"
	"net/netip"
	"testing"
)

// TestRangeEdges checks the first and last address of every row.
func TestRangeEdges(t *testing.T) {
	for _, r := range append(append([]specialRange(nil), specialRanges...), metadataAddrs...) {
		if r.name == "" || r.source == "" || r.prefix != r.prefix.Masked() {
			t.Errorf("%v: incomplete row or host bits set", r.prefix)
		}
		for _, a := range []netip.Addr{r.prefix.Addr(), lastAddr(r.prefix)} {
			if refusal(a, nil) == "" {
				t.Errorf("%v of %v is not refused", a, r.prefix)
			}
			if a.Is4() {
				if mapped := netip.AddrFrom16(a.As16()); refusal(mapped, nil) == "" {
					t.Errorf("%v is not refused", mapped)
				}
			}
			err := policy{ports: []uint16{443}}.control(t.Context(), "tcp"+map[bool]string{true: "4", false: "6"}[a.Is4()], netip.AddrPortFrom(a, 443).String(), nil)
			if !errors.Is(err, ErrBlocked) {
				t.Errorf("the control hook lets %v pass: %v", a, err)
			}
		}
	}
}

// TestPublicNeighbours: the address next to a range is ordinary, unless another
// range begins there.
func TestPublicNeighbours(t *testing.T) {
	for _, s := range []string{
		"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
		"203.0.112.255", "203.0.114.0", "223.255.255.255", "168.63.129.15", "2001:200::", "2001:db7:ffff::1", "2001:db9::", "2003::", "2620:4f:8001::",
		"2000::1", "3ffd:ffff::1", "3fff:1000::", "::ffff:8.8.8.8",
	} {
		if why := refusal(netip.MustParseAddr(s), nil); why != "" {
			t.Errorf("%s is refused as %s", s, why)
		}
	}
}

func TestControl(t *testing.T) {
	p := policy{ports: []uint16{443}}
	tests := []struct {
		network, address string
		ok               bool
	}{
		{"tcp4", "8.8.8.8:443", true},
		{"tcp6", "[2606:4700::1]:443", true},
		{"tcp6", "[::ffff:8.8.8.8]:443", true},
		{"tcp6", "[::ffff:127.0.0.1]:443", false},
		{"tcp6", "[2606:4700::1%eth0]:443", false},
		{"tcp4", "8.8.8.8:22", false},
		{"udp4", "8.8.8.8:443", false},
		{"unix", "/var/run/docker.sock", false},
		{"tcp4", "example.com:443", false},
		{"tcp4", "", false},
	}
	for _, tt := range tests {
		if err := p.control(t.Context(), tt.network, tt.address, nil); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrBlocked) {
			t.Errorf("control(%s, %s) = %v, want ok %v", tt.network, tt.address, err, tt.ok)
		}
	}
}

func TestAllowPrefixes(t *testing.T) {
	prefixes := func(s ...string) (out []netip.Prefix) {
		for _, p := range s {
			out = append(out, netip.MustParsePrefix(p))
		}
		return out
	}
	tests := []struct {
		allow []netip.Prefix
		addr  string
		ok    bool
	}{
		{prefixes("10.0.0.0/8"), "10.1.1.1", true},
		{prefixes("10.0.0.0/8"), "::ffff:10.1.1.1", true},
		{prefixes("10.0.0.0/8"), "192.168.0.1", false},
		{prefixes("fd00::/8"), "fd00::1", true},
		{prefixes("fd00::/8"), "fd00:ec2::254", false},
		{prefixes("169.254.0.0/16"), "169.254.1.1", true},
		{prefixes("169.254.0.0/16"), "169.254.169.254", false},
		{prefixes("169.254.169.254/32"), "169.254.169.254", true},
		{prefixes("64:ff9b::/96"), "64:ff9b::8.8.8.8", true},
		{prefixes("64:ff9b::/96"), "64:ff9b::127.0.0.1", false},
		{prefixes("64:ff9b::/96"), "64:ff9b::169.254.169.254", false},
		{prefixes("64:ff9b::/96", "10.0.0.0/8"), "64:ff9b::10.0.0.1", true},
	}
	for _, tt := range tests {
		if why := refusal(netip.MustParseAddr(tt.addr), tt.allow); (why == "") != tt.ok {
			t.Errorf("allow %v: %s refused as %q, want ok %v", tt.allow, tt.addr, why, tt.ok)
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, o := range []Options{
		{Ports: []uint16{}}, {Ports: []uint16{0}}, {MaxRedirects: 11}, {MaxRedirects: -2}, {MaxBytes: -1}, {Timeout: -1}, {MinRate: -1},
		{AllowPrefixes: []netip.Prefix{{}}},
		{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}},
		{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("New(%+v) succeeded", o)
		}
	}
}

func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b) // 4 or 16 bytes
	return a
}

func TestSniff(t *testing.T) {
	tests := []struct{ body, want string }{
		{"", "text/plain"},
		{"\x89PNG\r\n\x1a\n", "image/png"},
		{"<html><svg>", "text/html"},
		{"<?xml version=\"1.0\"?><svg xmlns=\"x\"><script/>", "image/svg+xml"},
		{"<SVG>", "image/svg+xml"},
		{"\x00\x00\x00\x20ftypavif", "image/avif"},
		{"\x00\x00\x00\x20ftypheic", "image/heic"},
		{"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"},
		{"\x00\x01\x02", "application/octet-stream"},
	}
	for _, tt := range tests {
		if got := Sniff([]byte(tt.body)); got != tt.want {
			t.Errorf("Sniff(%q) = %s, want %s", tt.body, got, tt.want)
		}
	}
}
