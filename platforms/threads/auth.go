package threads

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// FromToken makes a driver and finds the channel for somebody who has an access
// token and nothing else: the token generator of an app's settings makes one for
// its testers.
//
//	driver, channel, err := threads.FromToken(ctx, token, nil)
//	client, err := smm.New([]smm.Driver{driver})
//	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Hello"}, nil)
//
// cfg may be nil; its Credentials are not used. The token is kept in memory and
// not renewed, since nobody knows its age.
func FromToken(ctx context.Context, token string, cfg *Config) (*Driver, smm.Channel, error) {
	return fromToken(ctx, ClientConfig{Token: smm.NewSecret(token)}, cfg)
}

// FromTokenSource is FromToken for somebody whose tokens are got and renewed by
// golang.org/x/oauth2. ts must be safe for concurrent use and give tokens of one
// account only; the driver serves no other.
func FromTokenSource(ctx context.Context, ts oauth2.TokenSource, cfg *Config) (*Driver, smm.Channel, error) {
	if ts == nil {
		return nil, smm.Channel{}, fmt.Errorf("%w: threads: the token source is nil", smm.ErrInvalid)
	}
	return fromToken(ctx, ClientConfig{TokenSource: ts}, cfg)
}

func fromToken(ctx context.Context, v ClientConfig, cfg *Config) (*Driver, smm.Channel, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	v.BaseURL, v.HTTPClient, v.Clock, v.Logger, v.UserAgent = c.BaseURL, c.HTTPClient, c.Clock, c.Logger, c.UserAgent
	vendor, err := NewClient(v)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	me, err := vendor.Profiles.Me(ctx)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	ch := channelOf(&me)
	c.Credentials = smm.NewMemoryCredentials()
	if _, err := c.Credentials.Swap(ctx, smm.TenantFrom(ctx), ch.Ref, 0, smm.Credential{AccessToken: v.Token}); err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := New(c)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	d.source = v.TokenSource
	return d, ch, nil
}

// renewer is what renews tokens.
func renewer(cfg *Config) (*meta.App, error) {
	return meta.NewRenewer(meta.AppConfig{
		Platform: Platform, Flavour: meta.ThreadsLogin, BaseURL: cfg.BaseURL,
		HTTPClient: cfg.HTTPClient, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
	})
}

// keeper keeps the credential of a channel. A token whose end is known is
// renewed between half and four fifths of its 60 days; one that is over cannot
// be.
func (d *Driver) keeper(tenant smm.Tenant, channel smm.Ref, cred *smm.Credential) (*keep.Keeper, error) {
	c := keep.Config{Store: d.cfg.Credentials, Tenant: tenant, Account: channel, Clock: d.cfg.Clock, Logger: d.cfg.Logger}
	if renews(cred) {
		// The token before stays good, so asking again after a lost reply does no
		// harm.
		c.Renew, c.Grace = d.renew, true
	}
	return keep.New(c)
}

// renew gets the successor of a token. A token of less than a day cannot be
// renewed, and is not due: it is here because the vendor refused it, which is
// final.
func (d *Driver) renew(ctx context.Context, c smm.Credential) (smm.Credential, error) {
	next, err := d.app.Renew(ctx, c)
	if e, ok := errors.AsType[*smm.Error](err); ok && errors.Is(err, smm.ErrRateLimited) && e.Outcome == smm.OutcomeNotSent {
		return smm.Credential{}, refused(e.Op, smm.Ref{}, fmt.Errorf("%w: the token was refused on the day that it was made", smm.ErrUnauthorized))
	}
	return next, err
}

func renews(c *smm.Credential) bool { return !c.Expires.IsZero() && !c.Obtained.IsZero() }

// checkChannel checks the form of a Ref to an account.
func checkChannel(r smm.Ref) error {
	if r.Platform != Platform || r.Kind != smm.KindChannel || r.ID == "" || r.Space != "" {
		return fmt.Errorf("%w: %s is not a channel of Threads: want threads/channel/id", smm.ErrInvalid, r)
	}
	return nil
}
