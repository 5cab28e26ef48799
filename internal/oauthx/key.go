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
	"io"
	"log/slog"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Key is an EC key on P-256 that signs ES256: it binds tokens to their holder
// (DPoP, RFC 9449) or proves who a client is (private_key_jwt, RFC 7523). It is
// immutable and safe for concurrent use. However it is printed, it shows its
// thumbprint alone.
type Key struct {
	priv       *ecdsa.PrivateKey
	public     json.RawMessage
	thumbprint string
}

// The members of a JWK in the order that RFC 7638 section 3 hashes them.
type publicJWK struct {
	Crv string `json:"crv"`
	Kty string `json:"kty"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("oauthx: make a key: %w", err)
	}
	return newKey(priv)
}

func newKey(priv *ecdsa.PrivateKey) (*Key, error) {
	point, err := priv.PublicKey.Bytes() // 0x04 || X || Y
	if err != nil {
		return nil, fmt.Errorf("%w: oauthx: unusable key", smm.ErrInvalid)
	}
	b, err := json.Marshal(publicJWK{Crv: "P-256", Kty: "EC", X: b64(point[1:33]), Y: b64(point[33:])})
	if err != nil {
		return nil, fmt.Errorf("oauthx: write the public key: %w", err)
	}
	sum := sha256.Sum256(b)
	return &Key{priv: priv, public: b, thumbprint: b64(sum[:])}, nil
}

// ParseKey reads what Secret wrote: a private JWK (RFC 7517, 7518 section 6.2).
// It also takes PEM with a PKCS #8 or SEC 1 key. Errors match smm.ErrInvalid and
// quote nothing.
func ParseKey(s smm.Secret) (*Key, error) {
	text := strings.TrimSpace(s.Reveal())
	if strings.HasPrefix(text, "-----BEGIN") {
		return parsePEM(text)
	}
	var jwk struct {
		publicJWK
		D string `json:"d"`
	}
	if err := json.Unmarshal([]byte(text), &jwk); err != nil || jwk.Kty != "EC" || jwk.Crv != "P-256" {
		return nil, errKey
	}
	d, err := base64.RawURLEncoding.DecodeString(jwk.D)
	if err != nil {
		return nil, errKey
	}
	priv, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		return nil, errKey
	}
	k, err := newKey(priv)
	if err != nil {
		return nil, err
	}
	// A public half that belongs to another key would give proofs that no server
	// takes, and a thumbprint that nobody recognises.
	if want, _ := json.Marshal(jwk.publicJWK); string(want) != string(k.public) {
		return nil, errKey
	}
	return k, nil
}

var errKey = fmt.Errorf("%w: oauthx: not a private key on P-256 as JWK or PEM", smm.ErrInvalid)

func parsePEM(text string) (*Key, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errKey
	}
	if priv, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return onP256(priv)
	}
	priv, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errKey
	}
	ec, ok := priv.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errKey
	}
	return onP256(ec)
}

func onP256(priv *ecdsa.PrivateKey) (*Key, error) {
	if priv.Curve != elliptic.P256() {
		return nil, errKey
	}
	return newKey(priv)
}

// Secret returns the private key as a JWK, for Credential.Extra.
func (k *Key) Secret() smm.Secret {
	d, err := k.priv.Bytes()
	if err != nil { // not for a key that newKey took
		return smm.Secret{}
	}
	return smm.NewSecret(strings.TrimSuffix(string(k.public), "}") + `,"d":"` + b64(d) + `"}`)
}

// Thumbprint is the key's RFC 7638 SHA-256 thumbprint, in base64url.
func (k *Key) Thumbprint() string { return k.thumbprint }

// PublicJWK returns the public key with the members that RFC 7638 demands and no
// others, without spaces.
func (k *Key) PublicJWK() json.RawMessage { return append(json.RawMessage(nil), k.public...) }

// String implements fmt.Stringer.
func (k *Key) String() string { return "key " + k.thumbprint }

// Format implements fmt.Formatter, so that no verb reaches the private half.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue implements slog.LogValuer.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
