package meta

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// The schemes of the Authorization header: uploads have one of their own.
const (
	bearer = "Bearer "
	oauth  = "OAuth "
)

// Proof is the appsecret_proof of a token: the hex form of its HMAC-SHA256 under
// the app's secret.
func Proof(appSecret, token smm.Secret) string {
	mac := hmac.New(sha256.New, []byte(appSecret.Reveal()))
	mac.Write([]byte(token.Reveal()))
	return hex.EncodeToString(mac.Sum(nil))
}

// callAuth authorizes one call, and so knows which token it was that the vendor
// refused. A call is never authorized by two goroutines.
type callAuth struct {
	c      *Client
	scheme string
	sent   smm.Credential
}

var (
	_ httpx.Authorizer = (*callAuth)(nil)
	_ httpx.Refresher  = (*callAuth)(nil)
)

// Authorize implements httpx.Authorizer. A read that is repeated is authorized
// anew with the same address, which must not gather proofs.
func (a *callAuth) Authorize(ctx context.Context, req *http.Request) error {
	cred, err := a.c.tokens.Credential(ctx)
	if err != nil {
		return err
	}
	if cred.AccessToken.IsZero() {
		return fmt.Errorf("%w: no access token", smm.ErrUnauthorized)
	}
	a.sent = cred
	req.Header["Authorization"] = []string{a.scheme + cred.AccessToken.Reveal()}
	if !a.c.secret.IsZero() && a.scheme == bearer {
		q := req.URL.Query()
		q.Set("appsecret_proof", Proof(a.c.secret, cred.AccessToken))
		req.URL.RawQuery = q.Encode()
	}
	return nil
}

// Refresh implements httpx.Refresher. An answer that calls the token dead proves
// that nothing was done.
func (a *callAuth) Refresh(ctx context.Context, resp *httpx.Response) (bool, error) {
	if g, ok := ParseError(resp.Body); !ok || !g.tokenDead() {
		return false, nil
	}
	return a.c.tokens.Refused(ctx, a.sent)
}

// secrets are what no text of an answer may repeat.
func (a *callAuth) secrets() []string {
	out := []string{a.sent.AccessToken.Reveal(), a.c.secret.Reveal()}
	if !a.c.secret.IsZero() {
		out = append(out, Proof(a.c.secret, a.sent.AccessToken))
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
