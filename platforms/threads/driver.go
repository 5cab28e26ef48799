package threads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Config configures New. Credentials is required.
type Config struct {
	// Credentials holds one credential for each channel: AccessToken, and where they
	// are known Obtained and Expires, without which the token is not renewed, and
	// Scopes, which decide which capabilities are granted.
	Credentials smm.CredentialStore

	// MediaHost gives the addresses from which the vendor fetches images and
	// videos. Without it there are posts of text only.
	MediaHost smm.MediaHost

	// Webhooks is the host's side of webhooks; its zero value refuses them.
	Webhooks Webhooks

	BaseURL    string       // in place of all the vendor's hosts; "" for them
	HTTPClient *http.Client // nil for a private one
	Quota      smm.Quota    // nil for none; see QuotaLimit
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// Driver serves any number of Threads accounts through the portable surface of
// package smm. It is safe for concurrent use.
type Driver struct {
	cfg    Config
	app    *meta.App
	hooks  meta.Hooks
	source oauth2.TokenSource // of the one account of FromTokenSource, else nil

	clients account.Cache[session]
}

// session is the vendor client of one channel of one tenant.
type session struct {
	*Client

	keeper *keep.Keeper // nil where a token source signs in
	renews bool         // the keeper renews
}

// New checks cfg and returns a Driver. Errors match smm.ErrInvalid.
func New(cfg Config) (*Driver, error) {
	if cfg.Credentials == nil {
		return nil, fmt.Errorf("%w: threads: Config.Credentials is nil; smm.StaticToken or FromToken serve a single token", smm.ErrInvalid)
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	app, err := renewer(&cfg)
	if err != nil {
		return nil, err
	}
	d := &Driver{cfg: cfg, app: app}
	d.hooks = meta.Hooks{VerifyToken: cfg.Webhooks.VerifyToken, AppSecrets: slices.Clone(cfg.Webhooks.AppSecrets)}
	return d, nil
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// client returns the vendor client for a channel of ctx's tenant.
func (d *Driver) client(ctx context.Context, channel smm.Ref) (*session, error) {
	if err := checkChannel(channel); err != nil {
		return nil, refused("channel", channel, err)
	}
	key := account.KeyOf(ctx, channel)
	s := d.clients.Get(key)
	cred, err := d.credential(ctx, key, s)
	if err != nil {
		return nil, refused("credential", channel, err)
	}
	if s != nil && s.renews == renews(&cred) {
		return s, nil
	}
	if s, err = d.newSession(key, &cred); err != nil {
		return nil, refused("credential", channel, err)
	}
	d.clients.Put(key, s)
	return s, nil
}

// credential returns the credential of a channel: what its session's keeper
// has, or what is stored.
func (d *Driver) credential(ctx context.Context, key account.Key, s *session) (smm.Credential, error) {
	if s != nil && s.keeper != nil {
		return s.keeper.Credential(ctx)
	}
	return account.Load(ctx, d.cfg.Credentials, key)
}

func (d *Driver) newSession(key account.Key, cred *smm.Credential) (*session, error) {
	s := &session{renews: renews(cred)}
	var tokens meta.TokenSource
	var err error
	if d.source != nil {
		tokens = oauthTokens{d.source}
	} else {
		if s.keeper, err = d.keeper(key.Tenant, key.Channel, cred); err != nil {
			return nil, err
		}
		tokens = s.keeper
	}
	s.Client, err = newClient(ClientConfig{
		BaseURL: d.cfg.BaseURL, HTTPClient: d.cfg.HTTPClient, Quota: d.cfg.Quota, Clock: d.cfg.Clock, Logger: d.cfg.Logger,
		UserAgent: d.cfg.UserAgent, Account: ID(key.Channel.ID),
	}, tokens)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// CountText implements smm.TextCounter. What the strict form of the function
// CountText adds is a warning of ValidatePost.
func (d *Driver) CountText(p *smm.Post) smm.TextCount {
	text := fullText(p)
	n, _ := CountText(text)
	return smm.TextCount{Used: n, Unit: smm.UnitCodePoints, Bytes: len(text)}
}

// ProbeMedia implements smm.MediaProber.
func (d *Driver) ProbeMedia(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	return account.Probe(ctx, r)
}

// ViewAs implements smm.Viewer: smm.As[*threads.Client] gives the vendor client
// of a channel.
func (d *Driver) ViewAs(ctx context.Context, channel smm.Ref, target any) bool {
	p, ok := target.(**Client)
	if !ok {
		return false
	}
	s, err := d.client(ctx, channel)
	if err != nil {
		return false
	}
	*p = s.Client
	return true
}

// ListChannels implements smm.ChannelLister: the accounts of all credentials of
// the tenant, one request each. An account that cannot be read does not hide
// the others; if none can be read the errors are returned.
func (d *Driver) ListChannels(ctx context.Context, _ smm.PageRequest) (smm.Page[smm.Channel], error) {
	return account.List(ctx, d.cfg.Credentials, Platform, func(ref smm.Ref) (smm.Channel, error) {
		s, err := d.client(ctx, ref)
		if err != nil {
			return smm.Channel{}, err
		}
		me, err := s.Profiles.Me(ctx)
		if err != nil {
			return smm.Channel{}, err
		}
		return channelOf(&me), nil
	})
}

// refused is the error of a call that made no request.
func refused(op string, channel smm.Ref, err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e
	}
	return &smm.Error{Op: op, Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
}

var (
	_ smm.Driver          = (*Driver)(nil)
	_ smm.Publisher       = (*Driver)(nil)
	_ smm.ChannelLister   = (*Driver)(nil)
	_ smm.Deleter         = (*Driver)(nil)
	_ smm.PostLister      = (*Driver)(nil)
	_ smm.CommentLister   = (*Driver)(nil)
	_ smm.MentionLister   = (*Driver)(nil)
	_ smm.Hider           = (*Driver)(nil)
	_ smm.Reposter        = (*Driver)(nil)
	_ smm.MetricReader    = (*Driver)(nil)
	_ smm.AudienceReader  = (*Driver)(nil)
	_ smm.ProfileReader   = (*Driver)(nil)
	_ smm.Searcher        = (*Driver)(nil)
	_ smm.TextCounter     = (*Driver)(nil)
	_ smm.MediaProber     = (*Driver)(nil)
	_ smm.PostValidator   = (*Driver)(nil)
	_ smm.Viewer          = (*Driver)(nil)
	_ smm.WebhookReceiver = (*Driver)(nil)
	_ smm.HealthReader    = (*Driver)(nil)
)
