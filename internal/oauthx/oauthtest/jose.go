package oauthtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

// jwt is a signed token that was read and not yet verified.
type jwt struct {
	header struct {
		Typ string          `json:"typ"`
		Alg string          `json:"alg"`
		Kid string          `json:"kid"`
		JWK json.RawMessage `json:"jwk"`
	}
	input string
	sig   []byte
}

var errJWT = errors.New("cannot be read")

// parseJWT reads a compact JWS (RFC 7515 section 7.1) and its claims. ES256 is
// the only algorithm.
func parseJWT(s string, claims any) (*jwt, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(s) > 16<<10 {
		return nil, errJWT
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(p); err != nil {
			return nil, errJWT
		}
	}
	t := &jwt{input: parts[0] + "." + parts[1], sig: raw[2]}
	if json.Unmarshal(raw[0], &t.header) != nil || json.Unmarshal(raw[1], claims) != nil {
		return nil, errJWT
	}
	if t.header.Alg != "ES256" {
		return nil, errors.New("is not signed with ES256")
	}
	return t, nil
}

// verify reports whether k signed t: r and s, 32 bytes each (RFC 7518 section
// 3.4).
func (t *jwt) verify(k *jwk) bool {
	if len(t.sig) != 64 {
		return false
	}
	sum := sha256.Sum256([]byte(t.input))
	return ecdsa.Verify(k.public, sum[:], new(big.Int).SetBytes(t.sig[:32]), new(big.Int).SetBytes(t.sig[32:]))
}

// jwk is a public EC key on P-256.
type jwk struct {
	public     *ecdsa.PublicKey
	kid        string
	thumbprint string
}

// parseJWK reads a public key (RFC 7518 section 6.2.1). One with a private half
// is refused: its holder lost it by sending it.
func parseJWK(raw json.RawMessage) (*jwk, error) {
	var j struct {
		Kty string          `json:"kty"`
		Crv string          `json:"crv"`
		X   string          `json:"x"`
		Y   string          `json:"y"`
		D   json.RawMessage `json:"d"`
		Kid string          `json:"kid"`
	}
	if json.Unmarshal(raw, &j) != nil || j.Kty != "EC" || j.Crv != "P-256" || j.D != nil {
		return nil, errors.New("is not a public key on P-256")
	}
	x, errX := base64.RawURLEncoding.Strict().DecodeString(j.X)
	y, errY := base64.RawURLEncoding.Strict().DecodeString(j.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, errors.New("has coordinates of another length")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, errors.New("is not a point of the curve")
	}
	// RFC 7638 section 3.3: the required members in this order, without spaces.
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + j.X + `","y":"` + j.Y + `"}`))
	return &jwk{public: public, kid: j.Kid, thumbprint: base64.RawURLEncoding.EncodeToString(sum[:])}, nil
}
