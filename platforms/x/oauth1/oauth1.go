// Package oauth1 signs requests by OAuth 1.0a with HMAC-SHA1 (RFC 5849), which
// X takes for what an account does, and demands for its ads.
//
// A [Signer] is an Authorizer of package x:
//
//	client, err := x.NewClient(x.ClientConfig{Auth: signer, Account: id})
//
// # Design notes
//
// Only the Authorization header is written: in a query or a body the signature
// would get into logs. Only HMAC-SHA1 is there, because X has no other method.
//
// The parameters of a form in the body belong to the signature, and a signer of
// requests must not read a body. Who sends forms signs by Header, with the form,
// and Authorize refuses a request with one, rather than send a signature that X
// would call invalid without saying why.
package oauth1

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the protocol has HMAC-SHA1; the weakness of SHA-1 is no weakness of its HMAC
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Signer signs for one account of one app. Without Token it signs for the app
// alone, as the first step of connecting an account needs. It is safe for
// concurrent use and must not be changed.
type Signer struct {
	ConsumerKey    string
	ConsumerSecret smm.Secret
	Token          smm.Secret
	TokenSecret    smm.Secret
	Clock          smm.Clock // nil for the machine's
}

// Authorize adds a signature to a request that is complete but for it, with a
// nonce of its own each time.
func (s *Signer) Authorize(_ context.Context, req *http.Request) error {
	if t, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err == nil && t == "application/x-www-form-urlencoded" {
		return fmt.Errorf("%w: x: a form must be signed by Header", smm.ErrInvalid)
	}
	clock := s.Clock
	if clock == nil {
		clock = smm.SystemClock()
	}
	value, err := s.Header(req.Method, req.URL, nil, Once{Nonce: rand.Text(), At: clock.Now()})
	if err != nil {
		return err
	}
	req.Header["Authorization"] = []string{value}
	return nil
}

// Once is what makes a signature different from all others.
type Once struct {
	Nonce string
	At    time.Time
	// NoVersion leaves oauth_version out, which RFC 5849 makes optional.
	NoVersion bool
	// More are further parameters of the protocol (oauth_callback,
	// oauth_verifier).
	More url.Values
}

// Header is the Authorization header of a request with a method, an address and
// the form in its body, if there is one. Errors match smm.ErrInvalid and
// smm.ErrUnauthorized and hold no secret.
func (s *Signer) Header(method string, u *url.URL, form url.Values, once Once) (string, error) {
	if s.ConsumerKey == "" || s.ConsumerSecret.IsZero() {
		return "", fmt.Errorf("%w: x: OAuth 1.0a needs the key and secret of the app", smm.ErrInvalid)
	}
	if s.Token.IsZero() != s.TokenSecret.IsZero() {
		return "", fmt.Errorf("%w: x: OAuth 1.0a needs a token with its secret", smm.ErrUnauthorized)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", fmt.Errorf("%w: x: the query cannot be signed", smm.ErrInvalid)
	}
	protocol := []pair{
		{"oauth_consumer_key", s.ConsumerKey},
		{"oauth_nonce", once.Nonce},
		{"oauth_signature_method", "HMAC-SHA1"},
		{"oauth_timestamp", strconv.FormatInt(once.At.Unix(), 10)},
	}
	if !s.Token.IsZero() {
		protocol = append(protocol, pair{"oauth_token", s.Token.Reveal()})
	}
	if !once.NoVersion {
		protocol = append(protocol, pair{"oauth_version", "1.0"})
	}
	protocol = append(protocol, pairs(once.More)...)

	all := append(append(slices.Clone(protocol), pairs(query)...), pairs(form)...)
	mac := hmac.New(sha1.New, []byte(escape(s.ConsumerSecret.Reveal())+"&"+escape(s.TokenSecret.Reveal())))
	mac.Write([]byte(base(method, u, all)))
	protocol = append(protocol, pair{"oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))})

	slices.SortFunc(protocol, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	parts := make([]string, len(protocol))
	for i, p := range protocol {
		parts[i] = escape(p.name) + `="` + escape(p.value) + `"`
	}
	return "OAuth " + strings.Join(parts, ", "), nil
}

type pair struct{ name, value string }

func pairs(v url.Values) []pair {
	var out []pair
	for name, values := range v {
		for _, value := range values {
			out = append(out, pair{name, value})
		}
	}
	return out
}

// base is the signature base string (RFC 5849 section 3.4.1).
func base(method string, u *url.URL, all []pair) string {
	encoded := make([]pair, len(all))
	for i, p := range all {
		encoded[i] = pair{escape(p.name), escape(p.value)}
	}
	slices.SortFunc(encoded, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	list := make([]string, len(encoded))
	for i, p := range encoded {
		list[i] = p.name + "=" + p.value
	}
	return strings.ToUpper(method) + "&" + escape(address(u)) + "&" + escape(strings.Join(list, "&"))
}

// address is the base string URI (section 3.4.1.2): no query, and no port that
// the scheme implies.
func address(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if p := u.Port(); scheme == "http" && p == "80" || scheme == "https" && p == "443" {
		host = strings.TrimSuffix(host, ":"+p)
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return scheme + "://" + host + path
}

// escape is percent encoding by section 3.6: all but letters, digits and -._~,
// which is neither of the encodings of package net/url.
func escape(s string) string {
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upper[c>>4])
		b.WriteByte(upper[c&15])
	}
	return b.String()
}
