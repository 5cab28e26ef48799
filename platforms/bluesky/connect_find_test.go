package bluesky_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// names is a DNS.
type names map[string]netip.Addr

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a, ok := n[host]; ok {
		return []netip.Addr{a}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// TestPrivateAddresses: nothing that a stranger names makes us connect to where
// no server on the internet is.
func TestPrivateAddresses(t *testing.T) {
	b := open(t, nil)
	// A server on a public address, as far as the guard can tell.
	docs := make(map[string]any)
	public := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(docs[r.URL.Path]) }))
	defer public.Close()
	pool := x509.NewCertPool()
	pool.AddCert(public.Certificate())
	good := netip.MustParseAddr("93.184.216.34")
	var dialled []netip.Addr
	g, err := safehttp.New(safehttp.Options{
		RootCAs:  pool,
		Resolver: names{"pds.example.com": good, "evil.example.com": netip.MustParseAddr("169.254.169.254"), "rebind.example.com": netip.MustParseAddr("127.0.0.1")},
		DialContext: func(ctx context.Context, network string, addr netip.AddrPort) (net.Conn, error) {
			dialled = append(dialled, addr.Addr())
			return (&net.Dialer{}).DialContext(ctx, network, public.Listener.Addr().String())
		},
	})
	require.NoError(t, err)
	resolver := people{"a.example.com": {DID: "did:plc:a", Handle: "a.example.com", PDS: "https://pds.example.com"}}
	for i, pds := range []string{"https://10.0.0.1", "https://[::1]", "http://127.0.0.1:8080", "https://evil.example.com", "https://rebind.example.com", "https://localhost"} {
		resolver[fmt.Sprintf("p%d.example.com", i)] = identity.Identity{DID: "did:plc:b", Handle: fmt.Sprintf("p%d.example.com", i), PDS: pds}
	}
	c := b.connector(t, bluesky.ConnectorConfig{Guard: g, Resolver: resolver, DefaultServer: "https://bsky.example.com"})
	for _, typed := range []string{
		"http://127.0.0.1", "https://127.0.0.1", "https://169.254.169.254", "https://[::1]", "https://10.1.2.3:443", "localhost:443", "https://localhost",
		"https://2130706433", "https://0x7f.1", "https://evil.example.com", "https://rebind.example.com", "evil.example.com", "https://user:pass@evil.example.com",
		"file:///etc/passwd", "gopher://evil.example.com", "https://pds.example.com:22", "p0.example.com", "p1.example.com", "p2.example.com", "p3.example.com", "p4.example.com", "p5.example.com",
	} {
		_, err := c.Begin(t.Context(), request(t, c, typed))
		require.Error(t, err, typed)
		require.NotContains(t, err.Error(), "pass@", typed)
	}
	require.Empty(t, dialled)

	const pds = "https://pds.example.com"
	for _, issuer := range []string{"https://10.0.0.1", "https://evil.example.com", "http://127.0.0.1:8080"} {
		docs[resourcePath] = map[string]any{"resource": pds, "authorization_servers": []string{issuer}}
		_, err := c.Begin(t.Context(), request(t, c, "a.example.com"))
		require.Error(t, err, issuer)
	}
	docs[resourcePath] = map[string]any{"resource": pds, "authorization_servers": []string{pds}}
	docs[serverPath] = map[string]any{"issuer": pds, "token_endpoint": "https://10.0.0.1/token", "authorization_endpoint": pds + "/authorize"}
	_, err = c.Begin(t.Context(), request(t, c, "a.example.com"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.NotEmpty(t, dialled)
	for _, a := range dialled {
		require.Equal(t, good, a)
	}
}

// TestIdentities: what a person types leads to an account in both directions or
// nowhere.
func TestIdentities(t *testing.T) {
	b := open(t, nil)
	docs := http.NewServeMux()
	docs.HandleFunc("GET /{did}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("did") == "did:plc:nopds" {
			_, _ = fmt.Fprint(w, `{"id":"did:plc:nopds","alsoKnownAs":["at://nopds.example.com"],"service":[]}`)
			return
		}
		http.Redirect(w, r, b.URL()+r.URL.Path, http.StatusFound)
	})
	plc := httptest.NewServer(docs)
	defer plc.Close()
	g := locals(t, safehttp.Options{}, b.URL(), plc.URL)
	resolver, err := identity.NewResolver(identity.Options{Guard: g, PLC: plc.URL, LookupTXT: func(_ context.Context, name string) ([]string, error) {
		switch name {
		case "_atproto.shop.example.com", "_atproto.borrowed.example.com":
			return []string{"did=" + b.account.Channel.ID}, nil
		case "_atproto.nopds.example.com":
			return []string{"did=did:plc:nopds"}, nil
		}
		return nil, &net.DNSError{IsNotFound: true}
	}})
	require.NoError(t, err)
	c := b.connector(t, bluesky.ConnectorConfig{Guard: g, Resolver: resolver})
	_, err = c.Begin(t.Context(), request(t, c, "shop.example.com"))
	require.NoError(t, err)
	for typed, says := range map[string]string{
		"@borrowed.example.com": b.account.Channel.ID, "borrowed.example.com": b.account.Channel.ID,
		"@nopds.example.com": "no server", "did:plc:nopds": "no server", "@nobody.example.com": "spelling", "did:plc:nobody": "spelling",
		"shop": "bsky.social", "shop example": "bsky.social", "a/b": "bsky.social", b.URL() + "/path": "without a path",
		"did:key:zQ3": "did:plc", strings.Repeat("a", 5000): "bsky.social", "@": "bsky.social", "https://": "server",
	} {
		_, err := c.Begin(t.Context(), request(t, c, typed))
		require.ErrorIs(t, err, smm.ErrInvalid, "%.50s", typed)
		require.ErrorContains(t, err, says, "%.50s", typed)
	}
}
