package vcr

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// The samples are put together at run time, so that scanners of source code
// have nothing to report.
func sample(parts ...string) string { return strings.Join(parts, "") }

func TestFind(t *testing.T) {
	rnd := "aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW3xY5z"
	hex := "0123456789abcdef" + "fedcba9876543210"
	tests := []struct {
		text string
		kind Kind
	}{
		{sample("eyJ", "hbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxIn0.", "abcdefghijk"), KindJWT},
		{sample("Authorization: Bear", "er abc123def456"), KindAuthHeader},
		{sample("Bas", "ic dXNlcjpwYXNzMQ=="), KindAuthHeader},
		{sample("gh", "p_", "abcdefghij1234567890"), KindVendorKey},
		{sample("EA", "A", "Babcdefghij1234567890"), KindVendorKey},
		{sample("xo", "xb-", "1234567890-abcdef"), KindVendorKey},
		{sample("/bot", "123456789:", "AA", rnd, "/x"), KindVendorKey},
		{sample("ya", "29.", "abcdefghijkl"), KindVendorKey},
		{sample("abcd-efg2", "-hijk-lmn3"), KindVendorKey},
		{sample("-----BEGIN RSA ", "PRIVATE KEY-----"), KindPrivateKey},
		{"key " + rnd, KindEntropy},
		{"key " + sample("k3x9mq", "72pzw0vtr5", "h8yd1nb6cj4"), KindEntropy},
		{`"k":"` + hex + `"`, KindHex},
		{"write to someone@company.dev now", KindEmail},
		{"call +49 172 1234567", KindPhone},
		{"call (415) 867-5309", KindPhone},
	}
	for _, tt := range tests {
		got := find(tt.text)
		require.Len(t, got, 1, tt.text)
		require.Equal(t, tt.kind, got[0].kind, tt.text)
	}
	for _, text := range []string{
		"bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454", "did:plc:z72i7hdynmk6r22z27h6tvur", "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3l6oveex3ii2l",
		"?actor=did%3Aplc%3Aer7kq2z7hdynm5j6r22z27h4",
		`"blurhash":"LEHV6nWB2yk8pyo0adR*.7kCMdnj"`, `"sha256": "` + hex + hex + `"`, "sha256:" + hex + hex, "550e8400-e29b-41d4-a716-446655440000", "01HV8ZQ5WJ9K2M3N4P5Q6R7S8T",
		"someone@example.com a@b.test", "@user@mastodon.social", `"acct":"user@mastodon.social"`, "acct:user@mastodon.social", "logo@2x.png", "Bearer authentication is used",
		"+12025550123", "2026-11-22T10:00:00+00:00", "17841405309211844_123456789012345", "/v1/accounts/verify_credentials/with_a_very_long_path_2026",
		"ten-things-to-do-in-2026-with-your-social-media-account", "REDACTED-accesstoken", "Bearer REDACTED-accesstoken-1234567890", "00000000000000000000000000000000",
		"getProfileInformationForBusinessAccountV2", "1+2000000000x", "sum1+200000000 ",
	} {
		require.Empty(t, find(text), text)
	}
}

// TestEntropyRecall measures the last net, the one for tokens without a prefix.
func TestEntropyRecall(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct {
		alphabet string
		length   int
		least    int // of 1000
	}{
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43, 990},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 32, 990},
		{"abcdefghijklmnopqrstuvwxyz0123456789", 40, 950},
		{"0123456789abcdef", 32, 990},
	} {
		hits := 0
		for range 1000 {
			b := make([]byte, tt.length)
			for i := range b {
				b[i] = tt.alphabet[rng.IntN(len(tt.alphabet))]
			}
			if len(find(`"x":"`+string(b)+`"`)) > 0 {
				hits++
			}
		}
		t.Logf("%d symbols, %d characters: %d of 1000 found", len(tt.alphabet), tt.length, hits)
		require.GreaterOrEqual(t, hits, tt.least)
	}
}

func TestCheckFixtures(t *testing.T) {
	mail := sample("someone", "@", "company.dev")
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte("a\nb\n" + mail))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	noise := make([]byte, 200)
	for i := range noise {
		noise[i] = byte(i*i*7 + i*31) // looks random in base64
	}
	png := "\x89PNG\r\n\x1a\n\xff" + string(noise)
	fold := func(s string) string {
		return "body: !!binary |\n  " + base64.StdEncoding.EncodeToString([]byte(s)) + "\n"
	}
	secret := sample("gh", "p_", "abcdefghij1234567890")
	fsys := fstest.MapFS{
		"a/testdata/deep/x.json":         {Data: []byte("{}\n{\"m\":\"" + mail + "\"}")},
		"a/testdata/x.gz":                {Data: zipped.Bytes()},
		"a/x.json":                       {Data: []byte(mail)}, // not a fixture
		"b/testdata/ok.json":             {Data: []byte(mail)},
		"b/testdata/phone.json":          {Data: []byte("+49 172 1234567")},
		"b/testdata/fixtures.allow":      {Data: []byte("# comment\nok.json email published contact of the vendor\nnone.json email stale\nok.json email\nok.json nonsense reason\n")},
		"c/testdata/pic.png":             {Data: []byte(png + " " + secret)},
		"c/testdata/media.yaml":          {Data: []byte(fold(png))},
		"c/testdata/hidden.yaml":         {Data: []byte(fold(png + " " + secret + " "))},
		"c/testdata/.git/config":         {Data: []byte(mail)},
		"node_modules/x/testdata/y.json": {Data: []byte(mail)},
	}
	found, err := CheckFixtures(fsys)
	require.NoError(t, err)
	got := map[string]Kind{}
	for _, f := range found {
		got[strings.Join([]string{f.Path, string(rune('0' + f.Line))}, ":")] = f.Kind
		require.NotContains(t, f.String(), mail)
		require.NotContains(t, f.String(), secret)
	}
	require.Equal(t, map[string]Kind{
		"a/testdata/deep/x.json:2":    KindEmail,
		"a/testdata/x.gz:3":           KindEmail,
		"b/testdata/fixtures.allow:3": KindStaleAllow,
		"b/testdata/fixtures.allow:4": KindBadAllow,
		"b/testdata/fixtures.allow:5": KindBadAllow,
		"b/testdata/phone.json:1":     KindPhone,
		"c/testdata/pic.png:5":        KindVendorKey,
		"c/testdata/hidden.yaml:2":    KindEntropy,
	}, got)
}

// TestFixturesOfTheModule is the gate: no fixture of this repository holds a
// secret or a person's address.
func TestFixturesOfTheModule(t *testing.T) {
	root, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		require.NotEqual(t, root, parent, "no go.mod above the package")
		root = parent
	}
	found, err := CheckFixtures(os.DirFS(root))
	require.NoError(t, err)
	for _, f := range found {
		t.Errorf("%s", f)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("token=abc Bearer abcdefgh1 a@b.dev +4917212345678 0123456789abcdef0123456789abcdef")
	f.Add("eyJabcdef.abcdef.x EAAabcdefghijabcdefghij1")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, s := range find(text) {
			if s.start < last || s.end <= s.start || s.end > len(text) {
				t.Fatalf("%q: bad span %+v", text, s)
			}
			last = s.end
		}
	})
}
