package oauthx

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/smm"
)

// The key of RFC 7515 appendix A.3.
const rfcKey = `{"kty":"EC","crv":"P-256",
 "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
 "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
 "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`

func TestThumbprintOfRFC9449(t *testing.T) {
	// The key and the jkt of RFC 9449 section 6.1.
	_, jkt := thumbprint("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA")
	require.Equal(t, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", jkt)
}

func TestChallengeOfRFC7636(t *testing.T) {
	// Appendix B. The function is x/oauth2's: this holds it to the RFC.
	require.Equal(t, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		oauth2.S256ChallengeFromVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
	v := oauth2.GenerateVerifier()
	require.GreaterOrEqual(t, len(v), 43)
	require.NotEqual(t, v, oauth2.GenerateVerifier())
}

func TestParseKey(t *testing.T) {
	k, err := ParseKey(smm.NewSecret(rfcKey))
	require.NoError(t, err)
	again, err := ParseKey(k.Secret())
	require.NoError(t, err)
	require.Equal(t, k.Thumbprint(), again.Thumbprint())
	require.True(t, k.Secret().Equal(again.Secret()))
	require.JSONEq(t, `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
		string(k.PublicJWK()))

	for name, write := range map[string]func(*ecdsa.PrivateKey) ([]byte, error){
		"EC PRIVATE KEY": x509.MarshalECPrivateKey,
		"PRIVATE KEY":    func(p *ecdsa.PrivateKey) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(p) },
	} {
		der, err := write(k.priv)
		require.NoError(t, err)
		text := string(pem.EncodeToMemory(&pem.Block{Type: name, Bytes: der}))
		p, err := ParseKey(smm.NewSecret("\n" + text))
		require.NoError(t, err, name)
		require.Equal(t, k.Thumbprint(), p.Thumbprint())
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(p384)
	require.NoError(t, err)
	other, err := NewKey()
	require.NoError(t, err)

	for name, bad := range map[string]string{
		"nothing":             "",
		"not JSON":            "canary",
		"a public key":        string(k.PublicJWK()),
		"another curve":       strings.Replace(rfcKey, "P-256", "P-384", 1),
		"another type":        strings.Replace(rfcKey, `"EC"`, `"RSA"`, 1),
		"a short d":           strings.Replace(rfcKey, "jpsQ", "", 1),
		"zero as d":           strings.Replace(rfcKey, "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", strings.Repeat("A", 43), 1),
		"d not base64":        strings.Replace(rfcKey, "jpsQ", "****", 1),
		"another public half": strings.Replace(string(other.PublicJWK()), "}", `,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`, 1),
		"PEM of P-384":        string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"broken PEM":          "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
		"half a PEM":          "-----BEGIN",
	} {
		_, err := ParseKey(smm.NewSecret(bad))
		require.ErrorIs(t, err, smm.ErrInvalid, name)
		require.NotContains(t, err.Error(), "canary", name)
	}
}

func TestKeyShowsItsThumbprintAlone(t *testing.T) {
	k, err := ParseKey(smm.NewSecret(rfcKey))
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", k)
	inJSON, err := json.Marshal(struct{ K *Key }{k})
	require.NoError(t, err)
	d, err := k.priv.Bytes()
	require.NoError(t, err)
	for _, s := range []string{
		fmt.Sprint(k), fmt.Sprintf("%+v %#v %s %q %x %d", k, k, k, k, k, k), fmt.Sprintf("%+v", struct{ K *Key }{k}),
		log.String(), string(inJSON),
	} {
		require.NotContains(t, s, "jpsQnnGQ")
		require.NotContains(t, s, new(big.Int).SetBytes(d).String())
		require.NotContains(t, s, fmt.Sprintf("%x", d))
	}
	require.Contains(t, log.String(), k.Thumbprint())
}

// read takes a compact JWS apart and checks its signature as RFC 7518 section 3.4
// says.
func read(t *testing.T, k *Key, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	raw := make([][]byte, 3)
	for i, p := range parts {
		var err error
		raw[i], err = base64.RawURLEncoding.Strict().DecodeString(p)
		require.NoError(t, err)
	}
	require.Len(t, raw[2], 64)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.True(t, ecdsa.Verify(&k.priv.PublicKey, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])))
	require.NoError(t, json.Unmarshal(raw[0], &header))
	require.NoError(t, json.Unmarshal(raw[1], &claims))
	return header, claims
}

func TestProof(t *testing.T) {
	k, err := ParseKey(smm.NewSecret(rfcKey))
	require.NoError(t, err)
	now := time.Unix(1562262616, 900_000_000)
	// The token and the ath of RFC 9449 section 7.1.
	token := smm.NewSecret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")
	p, err := k.Proof("POST", "https://Server.Example:443/a%2Fb?q=1#f", token, "n-1", now)
	require.NoError(t, err)
	header, claims := read(t, k, p)
	require.Len(t, header, 3)
	require.Equal(t, "dpop+jwt", header["typ"])
	require.Equal(t, "ES256", header["alg"])
	jwk, err := json.Marshal(header["jwk"])
	require.NoError(t, err)
	require.JSONEq(t, string(k.PublicJWK()), string(jwk))
	id := claims["jti"]
	require.GreaterOrEqual(t, len(id.(string)), 22, "128 bits, as RFC 9449 section 4.2 wants at least 96")
	delete(claims, "jti")
	require.Equal(t, map[string]any{
		"htm": "POST", "htu": "https://server.example/a%2Fb", "iat": 1562262616.0,
		"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", "nonce": "n-1",
	}, claims)

	p, err = k.Proof("GET", "https://server.example", smm.Secret{}, "", now)
	require.NoError(t, err)
	_, claims = read(t, k, p)
	require.NotEqual(t, id, claims["jti"])
	delete(claims, "jti")
	require.Equal(t, map[string]any{"htm": "GET", "htu": "https://server.example/", "iat": 1562262616.0}, claims)

	for _, bad := range []string{"", "/token", "https://", "https://a b/", "\x00"} {
		_, err := k.Proof("GET", bad, token, "", now)
		require.ErrorIs(t, err, smm.ErrInvalid, bad)
	}
}

func TestProofTarget(t *testing.T) {
	for in, want := range map[string]string{
		"HTTPS://A.example/x":            "https://a.example/x",
		"https://a.example:443/x":        "https://a.example/x",
		"https://a.example:8443/x?":      "https://a.example:8443/x",
		"http://127.0.0.1:80/x/":         "http://127.0.0.1/x/",
		"http://[::1]:3000/x":            "http://[::1]:3000/x",
		"http://[::1]/x":                 "http://[::1]/x",
		"https://a.example:80/x":         "https://a.example:80/x",
		"https://a.example/%7Ex/%2f?a#b": "https://a.example/%7Ex/%2f",
	} {
		got, err := proofTarget(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// A signature whose r or s begins with zeros must be filled up: one in 128 does.
func TestSignaturesAreAlwaysWhole(t *testing.T) {
	k, err := NewKey()
	require.NoError(t, err)
	short := 0
	for range 2000 {
		p, err := k.sign(jwtHeader{Typ: "JWT"}, struct{}{})
		require.NoError(t, err)
		read(t, k, p)
		sig, err := base64.RawURLEncoding.DecodeString(p[strings.LastIndexByte(p, '.')+1:])
		require.NoError(t, err)
		if sig[0] == 0 || sig[32] == 0 {
			short++
		}
	}
	require.Positive(t, short, "none began with zeros: the test saw nothing")
}

func TestAssertion(t *testing.T) {
	k, err := NewKey()
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	s, err := k.assertion("app", "https://as.example", "key-1", now)
	require.NoError(t, err)
	header, claims := read(t, k, s)
	require.Equal(t, map[string]any{"typ": "JWT", "alg": "ES256", "kid": "key-1"}, header)
	require.NotEmpty(t, claims["jti"])
	delete(claims, "jti")
	require.Equal(t, map[string]any{
		"iss": "app", "sub": "app", "aud": "https://as.example", "iat": 1.7e9, "exp": 1.7e9 + 60,
	}, claims)
}
