package instagram

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// What a credential says beside its token.
const (
	// ExtraLogin is the Login by which the account was connected. Without it the
	// token's prefix tells.
	ExtraLogin = "login"
	// ExtraPage is the id of the Page that the account is linked to, of FacebookLogin.
	// Without it the token must be the Page's for messages.
	ExtraPage = "page"
)

// FromToken makes a driver and finds the channel for somebody who has an access
// token and nothing else. A token of InstagramLogin has one account. One of
// FacebookLogin must be that of a Page, or of somebody who manages a single Page
// with a professional account; others need ConnectToken of a Connector.
//
//	driver, channel, err := instagram.FromToken(ctx, token, &instagram.Config{MediaHost: host})
//	client, err := smm.New([]smm.Driver{driver}, smm.WithMediaStore(store))
//
// cfg may be nil; its Credentials are not used. The token is kept in memory.
func FromToken(ctx context.Context, token string, cfg *Config) (*Driver, smm.Channel, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	cred := smm.Credential{AccessToken: smm.NewSecret(token)}
	f := finder{base: c.BaseURL, version: c.Version, client: c.HTTPClient, clock: c.Clock, logger: c.Logger, agent: c.UserAgent, secret: c.AppSecret}
	found, err := f.find(ctx, cred)
	switch {
	case err != nil:
		return nil, smm.Channel{}, err
	case len(found) != 1:
		return nil, smm.Channel{}, &smm.Error{
			Op: "auth.token", Platform: Platform, Outcome: smm.OutcomeNotSent,
			Err: fmt.Errorf("%w: the token reaches %d professional accounts, not one", smm.ErrInvalid, len(found)),
		}
	}
	if found[0].Err != nil {
		return nil, smm.Channel{}, found[0].Err
	}
	c.Credentials = smm.NewMemoryCredentials()
	if _, err := c.Credentials.Swap(ctx, smm.TenantFrom(ctx), found[0].Channel.Ref, 0, found[0].Credential); err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := New(c)
	return d, found[0].Channel, err
}

// keeper keeps the credential of a channel. Long tokens of InstagramLogin are
// lengthened before they end; those of Pages do not end, and those of people
// cannot be renewed.
func (d *Driver) keeper(key account.Key, cred *smm.Credential) (*keep.Keeper, error) {
	c := keep.Config{Store: d.cfg.Credentials, Tenant: key.Tenant, Account: key.Channel, Clock: d.cfg.Clock, Logger: d.cfg.Logger}
	if renews(cred) {
		// The token before stays good, as far as is known, so that asking again after
		// a lost reply does no harm.
		c.Renew, c.Grace = d.app.Renew, true
	}
	return keep.New(c)
}

// renews reports whether a credential is of the kind that can be lengthened, and
// says when it ends: without that nobody would know when to ask.
func renews(c *smm.Credential) bool {
	return loginOf(c) == InstagramLogin && !c.Expires.IsZero()
}

func loginOf(c *smm.Credential) Login {
	switch l := Login(c.Extra[ExtraLogin].Reveal()); l {
	case FacebookLogin, InstagramLogin:
		return l
	}
	return LoginOf(c.AccessToken)
}

// renewer is what lengthens tokens of InstagramLogin.
func renewer(cfg *Config) (*meta.App, error) {
	return meta.NewRenewer(meta.AppConfig{
		Platform: Platform, Flavour: meta.InstagramLogin, BaseURL: cfg.BaseURL,
		HTTPClient: cfg.HTTPClient, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
	})
}

// failed makes err an *smm.Error of this platform, unless it is one.
func failed(op string, channel smm.Ref, err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e
	}
	return &smm.Error{Op: op, Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
}

// checkChannel checks the form of a Ref to an account.
func checkChannel(r smm.Ref) error {
	if r.Platform != Platform || r.Kind != smm.KindChannel || r.ID == "" || r.Space != "" {
		return fmt.Errorf("%w: %s is not a channel of Instagram: want instagram/channel/id", smm.ErrInvalid, r)
	}
	return nil
}
