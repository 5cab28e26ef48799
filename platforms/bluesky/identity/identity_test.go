package identity_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

var day = time.Date(2026, time.August, 1, 10, 0, 0, 0, time.UTC)

func TestTID(t *testing.T) {
	seen := make(map[string]string)
	for i := range 20_000 {
		seed := fmt.Sprintf("delivery-%d", i)
		tid := identity.TID(day, seed)
		require.Equal(t, tid, identity.TID(day, seed))
		at, ok := identity.ParseTID(tid)
		require.True(t, ok)
		require.False(t, at.After(day) || !at.After(day.Add(-time.Hour)), "%s", at)
		require.Empty(t, seen[tid], "%s and %s share a key", seed, seen[tid])
		seen[tid] = seed
	}
	require.Less(t, identity.TID(day, "a"), identity.TID(day.Add(time.Second), "a"), "keys sort by time")
	require.Equal(t, identity.StableTID("x"), identity.StableTID("x"))
	require.NotEqual(t, identity.StableTID("x"), identity.StableTID("y"))
}

// TestTIDSyntax uses the lists of the protocol's interoperability tests
// (bluesky-social/atproto, interop-test-files/syntax/tid_syntax_*.txt, August 2026).
func TestTIDSyntax(t *testing.T) {
	for _, s := range []string{"3jzfcijpj2z2a", "7777777777777", "3zzzzzzzzzzzz", "2222222222222"} {
		_, ok := identity.ParseTID(s)
		require.True(t, ok, s)
	}
	for _, s := range []string{"3jzfcijpj2z21", "0000000000000", "3JZFCIJPJ2Z2A", "3jzfcijpj2z2aa", "3jzfcijpj2z2", "222", "zzzzzzzzzzzzz", "kjzfcijpj2z2a", "3jzf-cij-pj2z-2a", ""} {
		_, ok := identity.ParseTID(s)
		require.False(t, ok, s)
	}
}

func TestParseURI(t *testing.T) {
	u, err := identity.ParseURI("at://did:plc:abc123/app.bsky.feed.post/3jzfcijpj2z2a")
	require.NoError(t, err)
	require.Equal(t, identity.URI{Repo: "did:plc:abc123", Collection: "app.bsky.feed.post", Rkey: "3jzfcijpj2z2a"}, u)
	require.Equal(t, "at://did:plc:abc123/app.bsky.feed.post/3jzfcijpj2z2a", u.String())
	for _, s := range []string{
		"at://user.example.com/app.bsky.feed.post/self", "at://did:web:example.com/com.example.fooBar/a:b_c~d.e-f",
	} {
		_, err := identity.ParseURI(s)
		require.NoError(t, err, s)
	}
	for _, s := range []string{
		"", "at://", "at://did:plc:a", "at://did:plc:a/app.bsky.feed.post", "at://did:plc:a/app.bsky.feed.post/", "at://did:plc:a/post/x",
		"at://did:plc:a/app.bsky.feed.post/x/y", "at://did:plc:a/app.bsky.feed.post/..", "at://did:plc:a/app.bsky.feed.post/a b",
		"at://did:plc:a/app.bsky.feed.post/x?y", "at://did:plc:a/app.bsky.feed.post/x#y", "https://did:plc:a/app.bsky.feed.post/x",
		"AT://did:plc:a/app.bsky.feed.post/x", "at://nodots/app.bsky.feed.post/x", "at://did:plc:/app.bsky.feed.post/x",
	} {
		_, err := identity.ParseURI(s)
		require.ErrorIs(t, err, smm.ErrInvalid, s)
	}
}

func TestNames(t *testing.T) {
	for s, want := range map[string]bool{
		"user.bsky.social": true, "a.co": true, "xn--ls8h.test": true, "A.ISI.EDU": true,
		"nodot": false, "-a.com": false, "a-.com": false, "a.1": false, "a..b": false, ".a.b": false, "a.b.": false, "user@a.b": false, "": false, "1.2.3.4": false,
	} {
		require.Equal(t, want, identity.IsHandle(s), s)
	}
	for s, want := range map[string]bool{
		"did:plc:z72i7hdynmk6r22z27h6tvur": true, "did:web:example.com": true, "did:web:localhost%3A1234": true,
		"did:": false, "did:plc": false, "did:plc:": false, "did:PLC:abc": false, "did:plc:abc:": false, "plc:abc": false, "did:plc:a b": false, "did:plc:a/b": false,
	} {
		require.Equal(t, want, identity.IsDID(s), s)
	}
}

// network is a resolver over a server that answers for every host.
type network struct {
	pages map[string]string // host and path to body
	txt   map[string][]string
	dead  bool
}

func (n *network) resolver(t *testing.T) *identity.Resolver {
	t.Helper()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := n.pages[r.Host+r.URL.Path]
		if !ok || n.dead {
			w.WriteHeader(map[bool]int{true: 503, false: 404}[n.dead])
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	guard, err := safehttp.New(safehttp.Options{
		RootCAs: roots, Resolver: public{},
		DialContext: func(ctx context.Context, network string, _ netip.AddrPort) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
		},
	})
	require.NoError(t, err)
	r, err := identity.NewResolver(identity.Options{Guard: guard, PLC: "https://example.com", LookupTXT: func(_ context.Context, name string) ([]string, error) {
		if v, ok := n.txt[name]; ok {
			return v, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}})
	require.NoError(t, err)
	return r
}

// public resolves every name to a public address.
type public struct{}

func (public) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}

const did = "did:plc:z72i7hdynmk6r22z27h6tvur"

func doc(handle, endpoint string) string {
	return fmt.Sprintf(`{"id":%q,"alsoKnownAs":["at://%s"],"service":[{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":%q}]}`, did, handle, endpoint)
}

func TestResolve(t *testing.T) {
	const home = "https://pds.example.net"
	full := identity.Identity{DID: did, Handle: "example.com", PDS: home}
	for name, c := range map[string]struct {
		net  network
		ask  string
		want identity.Identity
		err  error
	}{
		"by TXT record":  {network{txt: map[string][]string{"_atproto.example.com": {"v=spf1", "did=" + did}}, pages: map[string]string{"example.com/" + did: doc("example.com", home)}}, "example.com", full, nil},
		"by web server":  {network{pages: map[string]string{"example.com/.well-known/atproto-did": did + "\n", "example.com/" + did: doc("example.com", home)}}, "@Example.com", full, nil},
		"by DID":         {network{txt: map[string][]string{"_atproto.example.com": {"did=" + did}}, pages: map[string]string{"example.com/" + did: doc("example.com", home)}}, did, full, nil},
		"borrowed name":  {network{txt: map[string][]string{"_atproto.example.com": {"did=" + did}}, pages: map[string]string{"example.com/" + did: doc("other.example.org", home)}}, "example.com", identity.Identity{DID: did, PDS: home}, nil},
		"claimed name":   {network{pages: map[string]string{"example.com/" + did: doc("example.com", home)}}, did, identity.Identity{DID: did, PDS: home}, nil},
		"two accounts":   {network{txt: map[string][]string{"_atproto.example.com": {"did=" + did, "did=did:plc:other"}}}, "example.com", identity.Identity{}, smm.ErrNotFound},
		"nobody":         {network{}, "example.com", identity.Identity{}, smm.ErrNotFound},
		"a page":         {network{pages: map[string]string{"example.com/.well-known/atproto-did": "<html>"}}, "example.com", identity.Identity{}, smm.ErrNotFound},
		"out of order":   {network{dead: true}, "example.com", identity.Identity{}, smm.ErrUnavailable},
		"unknown DID":    {network{}, did, identity.Identity{}, smm.ErrNotFound},
		"another's":      {network{pages: map[string]string{"example.com/did:plc:someoneelse": doc("example.com", home)}}, "did:plc:someoneelse", identity.Identity{}, smm.ErrNotFound},
		"no server":      {network{pages: map[string]string{"example.com/" + did: `{"id":"` + did + `"}`}}, did, identity.Identity{}, smm.ErrNotFound},
		"server is odd":  {network{pages: map[string]string{"example.com/" + did: doc("example.com", "https://u:p@x.example/a?b")}}, did, identity.Identity{}, smm.ErrNotFound},
		"unread":         {network{pages: map[string]string{"example.com/" + did: `[`}}, did, identity.Identity{}, smm.ErrUnavailable},
		"did:web":        {network{pages: map[string]string{"example.com/.well-known/did.json": `{"id":"did:web:example.com","service":[{"id":"#atproto_pds","serviceEndpoint":"` + home + `"}]}`}}, "did:web:example.com", identity.Identity{DID: "did:web:example.com", PDS: home}, nil},
		"did:web a path": {network{}, "did:web:example.com%2Fx", identity.Identity{}, smm.ErrInvalid},
		"other method":   {network{}, "did:key:zabc", identity.Identity{}, smm.ErrInvalid},
		"no handle":      {network{}, "not a handle", identity.Identity{}, smm.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.net.resolver(t).Resolve(t.Context(), c.ask)
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestResolverRefusesInnerAddresses: the default guard lets no handle lead into
// the host's own network.
func TestResolverRefusesInnerAddresses(t *testing.T) {
	r, err := identity.NewResolver(identity.Options{
		PLC:       "https://127.0.0.1",
		LookupTXT: func(context.Context, string) ([]string, error) { return nil, errors.New("no DNS here") },
	})
	require.NoError(t, err)
	_, err = r.Resolve(t.Context(), did)
	require.ErrorIs(t, err, safehttp.ErrBlocked)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"at://did:plc:a/app.bsky.feed.post/x", "3jzfcijpj2z2a", did, "user.example.com", doc("a.example", "https://x.example"), `{"service":[{"id":"#atproto_pds","serviceEndpoint":{"a":1}}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := identity.ParseURI(s); err == nil {
			require.Equal(t, s, u.String())
		}
		if at, ok := identity.ParseTID(s); ok {
			require.False(t, at.Before(time.UnixMicro(0)))
		}
		if d, err := identity.ParseDocument([]byte(s)); err == nil {
			if h := d.Handle(); h != "" {
				require.True(t, identity.IsHandle(h))
			}
			if p := d.PDS(); p != "" {
				require.NotContains(t, p, "@")
			}
		}
	})
}
