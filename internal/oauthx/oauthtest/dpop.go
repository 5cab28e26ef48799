package oauthtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Nonce returns the nonce that proofs must hold now, "" if they need none. A
// resource sends it as DPoP-Nonce with its answers.
func (s *Server) Nonce() string {
	if s.opts.DPoP == Off || s.opts.NonceLife == 0 {
		return ""
	}
	return s.nonce(0)
}

// nonce is that of the current window of NonceLife, or of one before.
func (s *Server) nonce(back int64) string {
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte(strconv.FormatInt(s.opts.Now().UnixNano()/int64(s.opts.NonceLife)-back, 10)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// proof checks the DPoP header of r (RFC 9449 section 4.3) and returns the
// thumbprint of its key, "" if there is no such header. access is the token at a
// resource, "" at the server's own endpoints.
func (s *Server) proof(r *http.Request, access string) (jkt string, err error) {
	headers := r.Header.Values("DPoP")
	if len(headers) == 0 || s.opts.DPoP == Off {
		return "", nil
	}
	bad := func(why string) (string, error) { return "", refuse("invalid_dpop_proof", "the proof "+why) }
	if len(headers) > 1 {
		return bad("comes twice")
	}
	var c struct {
		ID     string  `json:"jti"`
		Method string  `json:"htm"`
		URL    string  `json:"htu"`
		Issued float64 `json:"iat"`
		Access string  `json:"ath"`
		Nonce  string  `json:"nonce"`
	}
	t, err := parseJWT(headers[0], &c)
	if err != nil {
		return bad(err.Error())
	}
	k, err := parseJWK(t.header.JWK)
	if err != nil {
		return bad(err.Error())
	}
	now, window := s.opts.Now(), s.opts.ProofWindow
	issued := time.Unix(int64(c.Issued), 0)
	switch {
	case t.header.Typ != "dpop+jwt":
		return bad("is of another type")
	case !t.verify(k):
		return bad("is not signed by its key")
	case c.Method != r.Method:
		return bad("is for another method")
	case !sameTarget(c.URL, s.opts.Base(r)+r.URL.EscapedPath()):
		return bad("is for another address")
	case issued.Before(now.Add(-window)) || issued.After(now.Add(window)):
		return bad("is too old, or comes from the future")
	case access != "" && c.Access != hashOf(access), access == "" && c.Access != "":
		return bad("is for another token")
	case s.opts.NonceLife > 0 && c.Nonce != s.nonce(0) && c.Nonce != s.nonce(1):
		s.mu.Lock()
		s.count.NonceRequests++
		s.mu.Unlock()
		return "", refuse("use_dpop_nonce", "the proof needs the nonce of this answer")
	case c.ID == "" || len(c.ID) > 256 || !s.once("proof "+k.thumbprint+" "+c.ID, now.Add(2*window)):
		return bad("came before")
	}
	return k.thumbprint, nil
}

// hashOf is ath (RFC 9449 section 4.2).
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sameTarget compares htu with the address of the request. A query or fragment
// in htu is an error (RFC 9449 section 4.2).
func sameTarget(htu, target string) bool {
	u, err := url.Parse(htu)
	if err != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(htu, "#") {
		return false
	}
	v, err := url.Parse(target)
	return err == nil && strings.EqualFold(u.Scheme, v.Scheme) && strings.EqualFold(u.Host, v.Host) && u.EscapedPath() == v.EscapedPath()
}
