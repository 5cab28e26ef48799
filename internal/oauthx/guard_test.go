package oauthx_test

import (
	"net/netip"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm/safehttp"
)

// guard returns a guard that may reach this machine and nothing else private.
func guard(t *testing.T, set ...func(*safehttp.Options)) *safehttp.Guard {
	t.Helper()
	o := safehttp.Options{
		AllowHTTP: true, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 5 * time.Second,
	}
	for p := range 65535 {
		o.Ports = append(o.Ports, uint16(p+1))
	}
	for _, f := range set {
		f(&o)
	}
	g, err := safehttp.New(o)
	require.NoError(t, err)
	return g
}

// port is that of a test server's address.
func port(t *testing.T, address string) uint16 {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	p, err := strconv.ParseUint(u.Port(), 10, 16)
	require.NoError(t, err)
	return uint16(p)
}
