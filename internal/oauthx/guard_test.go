package oauthx_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm/safehttp"
)

// guard returns a guard that may reach the servers and nothing else private.
func guard(t *testing.T, set func(*safehttp.Options), servers ...*httptest.Server) *safehttp.Guard {
	t.Helper()
	o := safehttp.Options{
		AllowHTTP: true, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Ports: []uint16{80, 443}, Timeout: 5 * time.Second,
	}
	for _, s := range servers {
		addr, err := netip.ParseAddrPort(s.Listener.Addr().String())
		require.NoError(t, err)
		o.Ports = append(o.Ports, addr.Port())
	}
	if set != nil {
		set(&o)
	}
	g, err := safehttp.New(o)
	require.NoError(t, err)
	return g
}
