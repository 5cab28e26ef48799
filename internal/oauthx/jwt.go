package oauthx

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// jwtHeader is a JOSE header (RFC 7515 section 4).
type jwtHeader struct {
	Typ string          `json:"typ"`
	Alg string          `json:"alg"`
	JWK json.RawMessage `json:"jwk,omitempty"`
	Kid string          `json:"kid,omitempty"`
}

// sign makes a compact JWS with ES256: the signature is r and s as 32 bytes
// each (RFC 7518 section 3.4), not the ASN.1 of other uses.
func (k *Key) sign(h jwtHeader, claims any) (string, error) {
	h.Alg = "ES256"
	head, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("oauthx: write a token: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("oauthx: write a token: %w", err)
	}
	input := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, k.priv, sum[:])
	if err != nil {
		return "", fmt.Errorf("oauthx: sign: %w", err)
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return input + "." + b64(sig[:]), nil
}

// proofClaims are those of RFC 9449 section 4.2.
type proofClaims struct {
	ID     string `json:"jti"`
	Method string `json:"htm"`
	URL    string `json:"htu"`
	Issued int64  `json:"iat"`
	Access string `json:"ath,omitempty"`
	Nonce  string `json:"nonce,omitempty"`
}

// Proof makes a DPoP proof (RFC 9449 section 4.2) for one request that is sent
// once. access is the token that the request carries, and zero at a token
// endpoint; nonce is the server's last, "" if it gave none. Query and fragment of
// rawURL are left out, as the RFC demands.
func (k *Key) Proof(method, rawURL string, access smm.Secret, nonce string, now time.Time) (string, error) {
	target, err := proofTarget(rawURL)
	if err != nil {
		return "", err
	}
	c := proofClaims{ID: rand.Text(), Method: method, URL: target, Issued: now.Unix(), Nonce: nonce}
	if !access.IsZero() {
		sum := sha256.Sum256([]byte(access.Reveal()))
		c.Access = b64(sum[:])
	}
	return k.sign(jwtHeader{Typ: "dpop+jwt", JWK: k.public}, c)
}

// proofTarget is rawURL as htu: without query and fragment and in the normal
// form of RFC 3986 sections 6.2.2 and 6.2.3, which servers compare.
func proofTarget(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("%w: oauthx: a proof needs an absolute URL", smm.ErrInvalid)
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return origin(u) + path, nil
}

// origin is scheme, host and port of u, without the scheme's own port.
func origin(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if port := u.Port(); port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return scheme + "://" + host
}

// assertionClaims are those of RFC 7523 section 3.
type assertionClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	ID       string `json:"jti"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// assertionLife is how long a client assertion is good: it is made for one
// request that leaves at once.
const assertionLife = 60 * time.Second

// assertion makes a client assertion (RFC 7523 section 2.2) for one request. Its
// audience is the issuer alone: an assertion that names an endpoint could be
// played to another server by one that lies about its endpoints.
func (k *Key) assertion(clientID, audience, kid string, now time.Time) (string, error) {
	return k.sign(jwtHeader{Typ: "JWT", Kid: kid}, assertionClaims{
		Issuer: clientID, Subject: clientID, Audience: audience, ID: rand.Text(),
		Issued: now.Unix(), Expires: now.Add(assertionLife).Unix(),
	})
}
