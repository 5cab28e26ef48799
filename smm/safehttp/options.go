package safehttp

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Bounds that are not options: nothing honest comes near them.
const (
	maxURLLength     = 4096
	maxHeaderBytes   = 64 << 10
	maxRatio         = 100      // expanded bytes per received byte
	ratioFloor       = 64 << 10 // expanded bytes below which the ratio is not looked at: small and harmless
	rateWindow       = 5 * time.Second
	maxDialAddrs     = 8                      // addresses tried per name: a DNS answer must not make us a port scanner
	dialStagger      = 250 * time.Millisecond // head start of one address over the next, RFC 8305 section 5
	dialTimeout      = 10 * time.Second
	tlsTimeout       = 10 * time.Second
	firstByteTimeout = 15 * time.Second
)

// Defaults of [Options].
const (
	DefaultMaxRedirects = 3
	DefaultMaxBytes     = 8 << 20
	DefaultTimeout      = 30 * time.Second
	DefaultMinRate      = 1000
)

// Resolver turns a name into addresses. *net.Resolver is one.
type Resolver interface {
	// LookupNetIP resolves host; network is always "ip".
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options of a [Guard]. The zero value is the strictest: https on ports 80 and
// 443 to public addresses.
type Options struct {
	// AllowHTTP also admits http URLs. A redirect from https to http stays
	// refused.
	AllowHTTP bool
	// Ports that may be used; nil means 80 and 443.
	Ports []uint16
	// MaxRedirects is the number of redirects followed, up to 10. 0 means
	// [DefaultMaxRedirects]; with -1 none is followed and the 3xx answer
	// itself is returned.
	MaxRedirects int
	// MaxBytes bounds the body twice: as received and as expanded. 0 means
	// [DefaultMaxBytes].
	MaxBytes int64
	// Timeout bounds the whole exchange with all redirects and the body. 0
	// means [DefaultTimeout].
	Timeout time.Duration
	// MinRate is the least number of body bytes per second, as received,
	// averaged over every five seconds spent waiting for the server. Time that
	// the caller takes between reads does not count. 0 means [DefaultMinRate].
	MinRate int64
	// AllowPrefixes admits addresses that the deny table refuses, for hosts
	// that keep a storage or a test server in private space. A cloud metadata
	// address is admitted only by a prefix that names it alone (/32, /128).
	// IPv4 prefixes are written as IPv4, not in mapped form.
	AllowPrefixes []netip.Prefix
	// Resolver replaces net.DefaultResolver.
	Resolver Resolver
	// DialContext replaces the connecting, for hosts with their own egress and
	// for tests. It is called with an address that has passed the check and
	// must connect to that address and no other. network is "tcp".
	DialContext func(ctx context.Context, network string, addr netip.AddrPort) (net.Conn, error)
	// RootCAs replaces the system's certificate authorities.
	RootCAs *x509.CertPool
	// UserAgent is sent when a request has none.
	UserAgent string
}

// withDefaults checks o and fills in what was left out.
func (o Options) withDefaults() (Options, error) {
	if o.Ports == nil {
		o.Ports = []uint16{80, 443}
	}
	if len(o.Ports) == 0 || slices.Contains(o.Ports, 0) {
		return o, fmt.Errorf("safehttp: Options.Ports must be nil or list ports from 1 to 65535")
	}
	if o.MaxRedirects < -1 || o.MaxRedirects > 10 {
		return o, fmt.Errorf("safehttp: Options.MaxRedirects is %d; it must be from -1 (none) to 10", o.MaxRedirects)
	}
	if o.MaxBytes < 0 || o.Timeout < 0 || o.MinRate < 0 {
		return o, fmt.Errorf("safehttp: Options.MaxBytes, Timeout and MinRate must not be negative; bounds cannot be switched off")
	}
	for _, p := range o.AllowPrefixes {
		if !p.IsValid() || p.Addr().Is4In6() || p.Bits() == 0 {
			return o, fmt.Errorf("safehttp: Options.AllowPrefixes has %v; use valid prefixes longer than /0, IPv4 in its own form", p)
		}
	}
	o.Ports = slices.Clone(o.Ports)
	o.AllowPrefixes = slices.Clone(o.AllowPrefixes)
	for i, p := range o.AllowPrefixes {
		o.AllowPrefixes[i] = p.Masked()
	}
	if o.MaxRedirects == 0 {
		o.MaxRedirects = DefaultMaxRedirects
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MinRate == 0 {
		o.MinRate = DefaultMinRate
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return o, nil
}
