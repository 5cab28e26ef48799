package mastodon

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/internal/oauthx/keep"
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
	return fromToken(ctx, ClientConfig{Server: server, Token: smm.NewSecret(token)}, cfg)
}

// FromTokenSource is FromToken for somebody whose tokens are got and renewed by
// golang.org/x/oauth2. ts must be safe for concurrent use, as those of that
// package are, and give tokens of one account only; the driver serves no other.
func FromTokenSource(ctx context.Context, server string, ts oauth2.TokenSource, cfg *Config) (*Driver, smm.Channel, error) {
	if ts == nil {
		return nil, smm.Channel{}, fmt.Errorf("%w: mastodon: the token source is nil", smm.ErrInvalid)
	}
	return fromToken(ctx, ClientConfig{Server: server, TokenSource: ts}, cfg)
}

func fromToken(ctx context.Context, v ClientConfig, cfg *Config) (*Driver, smm.Channel, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	base, err := ParseServer(v.Server)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	v.Server, v.HTTPClient, v.Clock, v.Logger, v.UserAgent = base.String(), c.HTTPClient, c.Clock, c.Logger, c.UserAgent
	vendor, err := NewClient(v)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	me, err := vendor.Accounts.Verify(ctx)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	ch := channelOf(base.Host, &me)
	c.Credentials = smm.NewMemoryCredentials()
	cred := smm.Credential{AccessToken: v.Token, Server: base.String()}
	if _, err := c.Credentials.Swap(ctx, smm.TenantFrom(ctx), ch.Ref, 0, cred); err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := New(c)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	d.source = v.TokenSource
	return d, ch, nil
}

// keeper keeps the credential of a channel. Those without a refresh token are
// never renewed, and the keeper writes nothing.
func (d *Driver) keeper(tenant smm.Tenant, channel smm.Ref, cred *smm.Credential) (*keep.Keeper, error) {
	c := keep.Config{Store: d.cfg.Credentials, Tenant: tenant, Account: channel, Clock: d.cfg.Clock, Logger: d.cfg.Logger}
	if renews(cred) {
		c.Renew = d.renew
	}
	return keep.New(c)
}

func renews(c *smm.Credential) bool { return !c.RefreshToken.IsZero() }

// renew gets the successor of a token from a server whose tokens end: Akkoma,
// Pleroma, Pixelfed. A server that has forgotten the app will never give one.
func (d *Driver) renew(ctx context.Context, c smm.Credential) (smm.Credential, error) {
	base, err := ParseServer(c.Server)
	if err != nil {
		return smm.Credential{}, failed("oauth.token", err)
	}
	if c.RefreshToken.IsZero() || c.Extra[ExtraClientID].IsZero() {
		return smm.Credential{}, failed("oauth.token", fmt.Errorf("%w: the credential lacks its refresh token or its app", smm.ErrUnauthorized))
	}
	client, err := oauthx.NewClient(oauthx.ClientConfig{
		Platform: Platform, Metadata: documentedMetadata(base.String()), ID: c.Extra[ExtraClientID].Reveal(), Secret: c.Extra[ExtraClientSecret],
		Method: oauthx.AuthPost, HTTPClient: d.cfg.HTTPClient, Clock: d.cfg.Clock, Logger: d.cfg.Logger, UserAgent: d.cfg.UserAgent,
	})
	if err != nil {
		return smm.Credential{}, failed("oauth.token", err)
	}
	t, err := client.Refresh(ctx, c.RefreshToken, nil)
	if e, ok := errors.AsType[*smm.Error](err); ok && e.Code == codeClient { // a bare 401 may be a proxy's
		gone := *e
		gone.Err = fmt.Errorf("%w: the server has forgotten the app", smm.ErrUnauthorized)
		return smm.Credential{}, &gone
	}
	if err != nil {
		return smm.Credential{}, err
	}
	return t.Credential(c.Server), nil
}

// probe looks whose token it is and whether the account can be used. The token
// is not revoked if not: it may be the one that the account is connected by
// already.
func (c *Connector) probe(ctx context.Context, cred smm.Credential) (smm.Connected, error) {
	base, err := ParseServer(cred.Server)
	if err != nil {
		return smm.Connected{}, failed("connect.probe", err)
	}
	v, err := c.vendor(base.String(), cred.AccessToken)
	if err != nil {
		return smm.Connected{}, failed("connect.probe", err)
	}
	me, err := v.Accounts.Verify(ctx)
	if err != nil {
		return smm.Connected{}, probeError(err)
	}
	found := smm.Connected{Channel: channelOf(base.Host, &me), Credential: cred}
	if err := found.Channel.Ref.Check(); err != nil || len(me.ID) > maxID {
		return smm.Connected{}, failed("connect.probe", fmt.Errorf("%w: unreadable answer: an account without a usable id", smm.ErrUnavailable))
	}
	switch {
	case bool(me.Suspended):
		found.Err = failed("connect.probe", fmt.Errorf("%w: the account is suspended: ask the moderators of %s", smm.ErrForbidden, base.Host))
	case me.Moved != nil:
		found.Err = failed("connect.probe", fmt.Errorf("%w: the account has moved to %s: connect that one",
			smm.ErrForbidden, smm.CleanMessage(handleOf(base.Host, me.Moved))))
	}
	return found, nil
}

// maxID is far longer than any vendor's identifier.
const maxID = 256

func probeError(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return failed("connect.probe", err)
	}
	out := *e
	out.Op = "connect.probe"
	switch {
	case errors.Is(err, smm.ErrForbidden):
		out.Err = fmt.Errorf("%w: the account cannot be used: it is suspended, not confirmed or not yet approved, or the token may not read it", smm.ErrForbidden)
	case errors.Is(err, smm.ErrUnauthorized):
		out.Err = fmt.Errorf("%w: the server does not accept the token", smm.ErrUnauthorized)
	case errors.Is(err, smm.ErrUnavailable):
		out.Err = fmt.Errorf("%w: the account was not looked at: begin again", e.Err)
	}
	return &out
}

// checkChannel checks the form of a Ref to an account.
func checkChannel(r smm.Ref) error {
	if r.Platform != Platform || r.Kind != smm.KindChannel || r.ID == "" || r.Space == "" {
		return fmt.Errorf("%w: %s is not a channel of Mastodon: want mastodon@host/channel/id", smm.ErrInvalid, r)
	}
	return nil
}
