package oauthx

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// DPoPAuth sends one token with a proof of its key (RFC 9449 section 7). It signs
// every time that a request is sent, learns the nonce from every answer, and
// has a request sent once more that was refused for its nonce alone.
//
// It does not renew: an adapter that has a keeper makes a DPoPAuth for the token
// at hand and asks WantsNonce before it blames the token.
type DPoPAuth struct {
	Key    *Key
	Token  smm.Secret
	Nonces *Nonces   // shared by all that use Key; nil for no memory, which costs a request each time where nonces are needed
	Clock  smm.Clock // nil for the machine's
}

var (
	_ httpx.Authorizer = (*DPoPAuth)(nil)
	_ httpx.Refresher  = (*DPoPAuth)(nil)
	_ httpx.Observer   = (*DPoPAuth)(nil)
)

// Authorize implements httpx.Authorizer.
func (a *DPoPAuth) Authorize(_ context.Context, req *http.Request) error {
	if a.Token.IsZero() || a.Key == nil {
		return fmt.Errorf("%w: no access token, or no key for it", smm.ErrUnauthorized)
	}
	now := clockOr(a.Clock).Now()
	nonce := ""
	if a.Nonces != nil {
		nonce = a.Nonces.Get(a.Key, req.URL)
	}
	proof, err := a.Key.Proof(req.Method, req.URL.String(), a.Token, nonce, now)
	if err != nil {
		return err
	}
	req.Header["Authorization"] = []string{"DPoP " + a.Token.Reveal()}
	req.Header["Dpop"] = []string{proof}
	return nil
}

// Observe implements httpx.Observer.
func (a *DPoPAuth) Observe(req *http.Request, resp *httpx.Response) {
	if a.Nonces != nil && a.Key != nil {
		a.Nonces.Observe(a.Key, req.URL, resp.Header)
	}
}

// Refresh implements httpx.Refresher.
func (a *DPoPAuth) Refresh(_ context.Context, resp *httpx.Response) (bool, error) {
	return a.Nonces != nil && WantsNonce(resp), nil
}

// WantsNonce reports whether a resource refused a request because its proof
// lacked the right nonce, and gave that nonce (RFC 9449 section 9): nothing was
// done, and the token is not to blame.
func WantsNonce(resp *httpx.Response) bool {
	if resp.Status != http.StatusUnauthorized || nonceOf(resp.Header) == "" {
		return false
	}
	for _, v := range resp.Header["Www-Authenticate"] {
		if challengeError(v, "DPoP") == "use_dpop_nonce" {
			return true
		}
	}
	return false
}

// challengeError reads the error parameter of the challenge of scheme in a
// WWW-Authenticate value (RFC 9110 section 11.6.1), which may hold several.
func challengeError(v, scheme string) string {
	const longest = 8 << 10
	if len(v) > longest {
		return ""
	}
	in := false
	for _, part := range splitUnquoted(v) {
		part = strings.TrimSpace(part)
		// "Scheme name=value" begins a challenge, "name=value" goes on with it.
		if word, rest, ok := strings.Cut(part, " "); ok && !strings.Contains(word, "=") {
			in, part = strings.EqualFold(word, scheme), strings.TrimSpace(rest)
		} else if !strings.Contains(part, "=") {
			in = strings.EqualFold(part, scheme)
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if in && strings.EqualFold(strings.TrimSpace(name), "error") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// splitUnquoted splits at commas outside quoted strings.
func splitUnquoted(s string) []string {
	var out []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			out, start = append(out, s[start:i]), i+1
		}
	}
	return append(out, s[start:])
}

func clockOr(c smm.Clock) smm.Clock {
	if c == nil {
		return smm.SystemClock()
	}
	return c
}
