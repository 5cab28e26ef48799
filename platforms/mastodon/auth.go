package mastodon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// FromToken makes a driver and finds the channel for somebody who has an access
// token and nothing else: "Development" in a Mastodon account's preferences
// makes one. server is the base URL or host of the account's own server.
//
//	driver, channel, err := mastodon.FromToken(ctx, "https://social.example", token, nil)
//	client, err := smm.New([]smm.Driver{driver})
//	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Hello"}, nil)
//
// cfg may be nil; its Credentials are not used. The token is kept in memory.
func FromToken(ctx context.Context, server, token string, cfg *Config) (*Driver, smm.Channel, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	base, err := ParseServer(server)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	vendor, err := NewClient(ClientConfig{
		Server: base.String(), Token: smm.NewSecret(token), HTTPClient: c.HTTPClient, Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
	})
	if err != nil {
		return nil, smm.Channel{}, err
	}
	me, err := vendor.Accounts.Verify(ctx)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	ch := channelOf(base.Host, &me)
	c.Credentials = smm.NewMemoryCredentials()
	cred := smm.Credential{AccessToken: smm.NewSecret(token), Server: base.String()}
	if _, err := c.Credentials.Swap(ctx, smm.TenantFrom(ctx), ch.Ref, 0, cred); err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := New(c)
	return d, ch, err
}

// credentialLife is how long a credential is used without asking the store
// whether there is a newer one. A refused token is looked up at once.
const credentialLife = time.Minute

// storedAuth sends the access token that the store holds for an account. Tokens
// of Mastodon live until they are revoked, so there is nothing to refresh; but
// the account may have been connected again, by this or another process, and
// the answer 401 is the moment to look.
type storedAuth struct {
	store   smm.CredentialStore
	tenant  smm.Tenant
	account smm.Ref
	clock   smm.Clock

	mu      sync.Mutex
	cred    smm.Credential
	read    time.Time
	changed time.Time // when the store was last seen to hold another token
}

var (
	_ httpx.Authorizer = (*storedAuth)(nil)
	_ httpx.Refresher  = (*storedAuth)(nil)
)

// load returns the credential, from the store if the one at hand is too old or
// if fresh is set.
func (a *storedAuth) load(ctx context.Context, fresh bool) (smm.Credential, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now()
	if !fresh && !a.read.IsZero() && now.Sub(a.read) < credentialLife {
		return a.cred, nil
	}
	cred, err := a.store.Load(ctx, a.tenant, a.account)
	if errors.Is(err, smm.ErrNotFound) {
		return smm.Credential{}, fmt.Errorf("%w: no credential is stored for %s", smm.ErrUnauthorized, a.account)
	}
	if err != nil {
		return smm.Credential{}, fmt.Errorf("mastodon: load the credential of %s: %w", a.account, err)
	}
	if !a.read.IsZero() && !cred.AccessToken.Equal(a.cred.AccessToken) {
		a.changed = now
	}
	a.cred, a.read = cred, now
	return cred, nil
}

// Authorize implements httpx.Authorizer.
func (a *storedAuth) Authorize(ctx context.Context, req *http.Request) error {
	cred, err := a.load(ctx, false)
	if err != nil {
		return err
	}
	return httpx.Bearer(cred.AccessToken).Authorize(ctx, req)
}

// Refresh implements httpx.Refresher: it asks for one more try if the store
// holds another token than the one that was refused. A token that changed a
// moment ago counts as another, since requests that were on their way then were
// sent with the one before.
func (a *storedAuth) Refresh(ctx context.Context, resp *httpx.Response) (bool, error) {
	if resp.Status != http.StatusUnauthorized {
		return false, nil
	}
	if _, err := a.load(ctx, true); err != nil {
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.changed.IsZero() && a.clock.Now().Sub(a.changed) < credentialLife, nil
}
