package bluesky

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/platforms/bluesky/scope"
	"github.com/smmkit/smmkit/smm"
)

// Config is what a Driver needs. Only Credentials is required.
type Config struct {
	// Credentials holds one credential for each account, by its channel Ref: the
	// server, an app password in Extra, and the tokens of the running session,
	// which the driver stores itself. A Connector and SignIn make them.
	Credentials smm.CredentialStore
	// OAuth is the app's identity, as in ConnectorConfig: tokens of accounts that
	// were connected by OAuth are renewed with it. Accounts with app passwords, and
	// those that were connected on a developer's machine, do not need it.
	OAuth ClientIdentity

	// HTTPClient gives the transport and the time limit; nil: one transport for
	// all accounts. See ClientConfig.HTTPClient.
	HTTPClient *http.Client
	Quota      smm.Quota    // with keys of QuotaLimit; nil for none
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's

	// Resolver finds the accounts of handles that a text mentions. nil: the
	// account's own server does, which needs no further connection.
	Resolver HandleResolver
	// Media opens the pictures of a ProfileEdit; nil: such an edit is refused.
	Media smm.MediaStore
	// VideoService is the base URL of the service that transcodes videos before
	// they are posted, DefaultVideoService on the public network. Empty: videos
	// are uploaded as plain blobs, up to what the account's server takes, and
	// processed after the post is public.
	VideoService string
	// Labeler gets reports; "" for LabelerService.
	Labeler string
}

// HandleResolver finds the DID that a handle names; a handle that nobody has
// gives an error that matches smm.ErrNotFound. *identity.Resolver is one.
type HandleResolver interface {
	ResolveHandle(ctx context.Context, handle string) (did string, err error)
}

// Driver is the portable surface of Bluesky over many accounts. It is safe for
// concurrent use.
type Driver struct {
	cfg      Config
	clock    smm.Clock
	http     *http.Client
	resolver HandleResolver
	app      *app

	mu      sync.Mutex
	clients map[accountKey]*Client
}

type accountKey struct {
	tenant  smm.Tenant
	account smm.Ref
}

// New checks cfg and returns a Driver. Errors match smm.ErrInvalid.
func New(cfg Config) (*Driver, error) {
	if cfg.Credentials == nil {
		return nil, fmt.Errorf("%w: bluesky: Config.Credentials is nil: pass a store, or use FromAppPassword", smm.ErrInvalid)
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	h := cfg.HTTPClient
	if h == nil {
		t, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			return nil, fmt.Errorf("%w: bluesky: http.DefaultTransport was replaced: set Config.HTTPClient", smm.ErrInvalid)
		}
		h = &http.Client{Transport: t.Clone()}
	}
	cfg.VideoService = strings.TrimSuffix(cfg.VideoService, "/")
	keys, err := cfg.OAuth.takeKeys()
	if err != nil {
		return nil, err
	}
	return &Driver{
		cfg: cfg, clock: cfg.Clock, http: h, resolver: cfg.Resolver, clients: make(map[accountKey]*Client),
		app: &app{
			id: cfg.OAuth.ID, keys: keys, fetch: fetcher{h}, http: h, clock: cfg.Clock, log: cfg.Logger, agent: cfg.UserAgent,
			nonces: new(oauthx.Nonces),
		},
	}, nil
}

// FromAppPassword signs in and returns a driver for that one account of the
// empty tenant, with its channel: all that a script needs. server may be empty
// for DefaultServer. The session lives as long as the process.
func FromAppPassword(ctx context.Context, server, identifier, appPassword string) (*Driver, smm.Channel, error) {
	ch, cred, err := SignIn(ctx, server, identifier, appPassword, nil)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	store := smm.NewMemoryCredentials()
	if _, err := store.Swap(ctx, "", ch.Ref, 0, cred); err != nil {
		return nil, smm.Channel{}, err
	}
	d, err := New(Config{Credentials: store})
	return d, ch, err
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// ViewAs implements smm.Viewer for **Client.
func (d *Driver) ViewAs(ctx context.Context, channel smm.Ref, target any) bool {
	p, ok := target.(**Client)
	if !ok {
		return false
	}
	c, err := d.client(ctx, channel)
	if err != nil {
		return false
	}
	*p = c
	return true
}

// client returns the client of a channel for the tenant of ctx.
func (d *Driver) client(ctx context.Context, channel smm.Ref) (*Client, error) {
	if channel.Platform != Platform || channel.Kind != smm.KindChannel || !identity.IsDID(channel.ID) || channel.Space != "" {
		return nil, d.fail("client", channel, fmt.Errorf("%w: %s is no Bluesky account: want bluesky/channel/<DID>", smm.ErrInvalid, channel))
	}
	key := accountKey{smm.TenantFrom(ctx), channel}
	d.mu.Lock()
	have := d.clients[key]
	d.mu.Unlock()
	if have != nil {
		return have, nil
	}
	cred, err := d.cfg.Credentials.Load(ctx, key.tenant, channel)
	if err != nil {
		if errors.Is(err, smm.ErrNotFound) {
			err = fmt.Errorf("%w: no credential is stored for %s", smm.ErrUnauthorized, channel)
		}
		return nil, d.fail("credential", channel, err)
	}
	c, err := d.newClient(key, cred)
	if err != nil {
		return nil, d.fail("client", channel, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if have := d.clients[key]; have != nil {
		return have, nil // somebody was faster; one keeper each
	}
	d.clients[key] = c
	return c, nil
}

func (d *Driver) newClient(key accountKey, cred smm.Credential) (*Client, error) {
	cc := ClientConfig{
		Server: serverOf(cred), HTTPClient: d.http, Tenant: key.tenant, VideoService: d.cfg.VideoService, Labeler: d.cfg.Labeler,
		Quota: d.cfg.Quota, Clock: d.clock, Logger: d.cfg.Logger, UserAgent: d.cfg.UserAgent,
	}
	anonymous, err := NewClient(cc)
	if err != nil {
		return nil, err
	}
	auth := &accountAuth{
		account: key.account, nonces: d.app.nonces, clock: d.clock, server: anonymous.Base(), grace: graceOf(cred),
		stale: func() { d.Forget(key.tenant, key.account) },
	}
	r := &renewer{account: key.account, anonymous: anonymous, app: d.app}
	auth.keeper, err = keep.New(keep.Config{
		Store: d.cfg.Credentials, Tenant: key.tenant, Account: key.account, Clock: d.clock, Renew: r.renew, Grace: auth.grace,
		Logger: d.cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	cc.DID, cc.Auth = key.account.ID, auth
	return NewClient(cc)
}

// Forget drops what is held in memory for an account, so that the next call
// reads its credential anew. What was stored elsewhere is found without it: at
// once when the server refuses the old token, otherwise within a minute.
func (d *Driver) Forget(tenant smm.Tenant, channel smm.Ref) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.clients, accountKey{tenant, channel})
}

// fail makes an error an *smm.Error, if it is none yet.
func (d *Driver) fail(op string, ch smm.Ref, err error) error {
	if _, ok := errors.AsType[*smm.Error](err); ok || err == nil {
		return err
	}
	return &smm.Error{Op: op, Platform: Platform, Channel: ch, Err: err}
}

// ownCapabilities are all that a Bluesky account can have.
func ownCapabilities() []smm.Capability {
	return slices.Concat(postCapabilities(), otherCapabilities(), []smm.Capability{smm.CapListMessages, smm.CapMessage})
}

func postCapabilities() []smm.Capability {
	return []smm.Capability{
		smm.CapPost, smm.CapLink, smm.CapImage, smm.CapImages, smm.CapVideo, smm.CapQuote, smm.CapThread, smm.CapReply,
	}
}

func otherCapabilities() []smm.Capability {
	return []smm.Capability{
		smm.CapDelete, smm.CapListPosts, smm.CapListComments, smm.CapListMentions, smm.CapTimeline, smm.CapHide, smm.CapLike,
		smm.CapRepost, smm.CapFollow, smm.CapBlock, smm.CapMute, smm.CapReport, smm.CapPostMetrics, smm.CapAcctMetrics,
		smm.CapProfile, smm.CapEditProfile, smm.CapSearch, smm.CapStream,
	}
}

// Capabilities implements smm.Driver. Two things are asked: how large an upload
// may be, and whether the credential reaches direct messages. A server that
// does not answer for now leaves the documented limits in force. What an account
// connected by OAuth may do is read from the scopes that were granted.
func (d *Driver) Capabilities(ctx context.Context, channel smm.Ref) (smm.Capabilities, error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Capabilities{}, err
	}
	limits := DocumentedLimits()
	switch info, err := c.Server.Describe(ctx); {
	case err == nil:
		limits = liveLimits(info, c.cfg.VideoService != "")
	case !smm.Temporary(err) && !errors.Is(err, smm.ErrUnsupported):
		return smm.Capabilities{}, err
	}
	granted, err := d.granted(ctx, c)
	if err != nil {
		return smm.Capabilities{}, err
	}
	m := make(map[smm.Capability]smm.Support)
	for _, x := range postCapabilities() {
		m[x] = granted.support(x, smm.Support{State: smm.StateGranted, Guarantee: &guaranteePost})
	}
	for _, x := range otherCapabilities() {
		m[x] = granted.support(x, smm.Support{State: smm.StateGranted})
	}
	read := granted.support(smm.CapListMessages, smm.Support{State: smm.StateGranted})
	if read.State == smm.StateGranted {
		if read, err = d.chatSupport(ctx, c); err != nil {
			return smm.Capabilities{}, err
		}
	}
	m[smm.CapListMessages] = read
	send := read // who may send may read, see package scope
	if read.State == smm.StateGranted {
		send = granted.support(smm.CapMessage, read)
	}
	send.Guarantee = &guaranteeMessage
	m[smm.CapMessage] = send
	return smm.NewCapabilities(d.clock.Now(), m, limits), nil
}

// chatSupport finds out whether the account may use direct messages.
func (d *Driver) chatSupport(ctx context.Context, c *Client) (smm.Support, error) {
	_, err := c.Chat.List(ctx, Page{Limit: 1})
	switch {
	case err == nil || smm.Temporary(err):
		return smm.Support{State: smm.StateGranted}, nil
	case errors.Is(err, smm.ErrUnsupported):
		return smm.Support{State: smm.StateServer, Cure: "this server passes nothing on to a chat service; use an account on one that does"}, nil
	case codeOf(err) == "ScopeMissingError": // the server reads the scopes otherwise than we do
		return smm.Support{
			State: smm.StateScope, Missing: []string{scope.Chat}, Cure: "connect the account again and allow access to direct messages",
		}, nil
	case errors.Is(err, errNoChatScope):
		return smm.Support{
			State: smm.StateScope, Missing: []string{"direct-messages"},
			Cure: "make a new app password with access to direct messages and connect the account with it",
		}, nil
	}
	return smm.Support{}, err
}

// What the driver has.
var (
	_ smm.Driver         = (*Driver)(nil)
	_ smm.Publisher      = (*Driver)(nil)
	_ smm.ChannelLister  = (*Driver)(nil)
	_ smm.Deleter        = (*Driver)(nil)
	_ smm.PostLister     = (*Driver)(nil)
	_ smm.TimelineReader = (*Driver)(nil)
	_ smm.CommentLister  = (*Driver)(nil)
	_ smm.MessageLister  = (*Driver)(nil)
	_ smm.MentionLister  = (*Driver)(nil)
	_ smm.Hider          = (*Driver)(nil)
	_ smm.Liker          = (*Driver)(nil)
	_ smm.Reposter       = (*Driver)(nil)
	_ smm.Follower       = (*Driver)(nil)
	_ smm.Blocker        = (*Driver)(nil)
	_ smm.Muter          = (*Driver)(nil)
	_ smm.Reporter       = (*Driver)(nil)
	_ smm.MetricReader   = (*Driver)(nil)
	_ smm.ProfileReader  = (*Driver)(nil)
	_ smm.ProfileEditor  = (*Driver)(nil)
	_ smm.Searcher       = (*Driver)(nil)
	_ smm.TextCounter    = (*Driver)(nil)
	_ smm.PostValidator  = (*Driver)(nil)
	_ smm.MediaProber    = (*Driver)(nil)
	_ smm.Viewer         = (*Driver)(nil)
	_ smm.EventStreamer  = (*Driver)(nil)
	_ smm.HealthReader   = (*Driver)(nil)
	_ HandleResolver     = (*identity.Resolver)(nil)
)
