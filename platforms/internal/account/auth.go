package account

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/smm"
)

// Auth sends the access token that a keeper has for an account, which may have
// been renewed or connected again by this or another process. The answer 401 is
// the moment to look. It is safe for concurrent use.
type Auth struct {
	Keeper *keep.Keeper
	Clock  smm.Clock
	// Sign puts a credential on a request; nil: its access token as a bearer.
	Sign func(context.Context, *http.Request, smm.Credential) error

	mu      sync.Mutex
	sent    smm.Credential // what was sent last
	changed time.Time      // when it was first sent in place of another
}

var (
	_ httpx.Authorizer = (*Auth)(nil)
	_ httpx.Refresher  = (*Auth)(nil)
)

// changeGrace is how long requests with the token before may be on their way.
const changeGrace = time.Minute

// Authorize implements httpx.Authorizer.
func (a *Auth) Authorize(ctx context.Context, req *http.Request) error {
	cred, err := a.Keeper.Credential(ctx)
	if err != nil {
		return err
	}
	a.mu.Lock()
	if !a.sent.AccessToken.IsZero() && !a.sent.AccessToken.Equal(cred.AccessToken) {
		a.changed = a.Clock.Now()
	}
	a.sent = cred
	a.mu.Unlock()
	if a.Sign != nil {
		return a.Sign(ctx, req, cred)
	}
	return httpx.Bearer(cred.AccessToken).Authorize(ctx, req)
}

// Refresh implements httpx.Refresher: it asks for one more try if there is
// another token than the one that was refused. Right after a change it does not
// ask the keeper, since what was refused may have been sent before: blaming the
// new token would renew it once for every request that was on its way.
func (a *Auth) Refresh(ctx context.Context, resp *httpx.Response) (bool, error) {
	if resp.Status != http.StatusUnauthorized {
		return false, nil
	}
	a.mu.Lock()
	sent, changed := a.sent, a.changed
	a.mu.Unlock()
	if !changed.IsZero() && a.Clock.Now().Sub(changed) < changeGrace {
		return true, nil
	}
	return a.Keeper.Refused(ctx, sent)
}
