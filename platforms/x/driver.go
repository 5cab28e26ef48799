package x

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/x/xtext"
	"github.com/smmkit/smmkit/smm"
)

// Config configures New. Credentials is required.
type Config struct {
	// Credentials holds one credential for each channel: AccessToken, and
	// RefreshToken where it is to be renewed. Scopes, if set, decide which
	// capabilities are granted.
	Credentials smm.CredentialStore

	// ClientID and ClientSecret are those of the app that the credentials were
	// issued to. Without a ClientID nothing is renewed, and an account has to be
	// connected again after two hours. A public client has no secret.
	ClientID     string
	ClientSecret smm.Secret

	// ConsumerKey and ConsumerSecret are those of the app for credentials of OAuth
	// 1.0a: see ExtraTokenSecret.
	ConsumerKey    string
	ConsumerSecret smm.Secret

	// Tier is what the app's owner pays for. It decides which capabilities are
	// granted; with "" X decides, and nothing is refused before it is sent.
	Tier Tier

	AppToken smm.Secret // of the app itself; for the vendor client's webhooks and usage alone
	App      string     // an id of the app, which names the budgets that all its accounts share
	Names    Names      // which spelling of fields is asked for

	// Webhooks is the host's side of webhooks; its zero value refuses them.
	Webhooks Webhooks

	BaseURL    string       // in place of all the vendor's hosts; "" for them
	HTTPClient *http.Client // gives the transport and the time limit; nil means a private one
	Quota      smm.Quota    // nil for none; see QuotaLimit
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// Driver serves any number of accounts through the portable surface of package
// smm. It is safe for concurrent use.
type Driver struct {
	cfg Config

	mu       sync.Mutex
	clients  account.Cache[session]
	accounts map[account.Key]accountEntry
}

// session is the vendor client of one channel of one tenant.
type session struct {
	*Client

	keeper *keep.Keeper
	renews bool // the keeper renews
}

type accountEntry struct {
	user User
	at   time.Time
}

// accountLife is how long it is believed what an account says of itself: its
// name and whether it is a subscriber. Each look has the price of a user.
const accountLife = 6 * time.Hour

// New checks cfg and returns a Driver. Errors match smm.ErrInvalid.
func New(cfg Config) (*Driver, error) {
	if cfg.Credentials == nil {
		return nil, invalid("Config.Credentials is nil; smm.StaticToken or FromToken serve a single token")
	}
	if slices.ContainsFunc(cfg.Webhooks.ConsumerSecrets, smm.Secret.IsZero) {
		return nil, invalid("one of Config.Webhooks.ConsumerSecrets is empty: everybody could sign with it")
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	d := &Driver{cfg: cfg, accounts: make(map[account.Key]accountEntry)}
	if _, err := NewClient(d.vendorConfig("")); err != nil {
		return nil, err
	}
	return d, nil
}

// vendorConfig is what all vendor clients have in common.
func (d *Driver) vendorConfig(id ID) ClientConfig {
	c := &d.cfg
	return ClientConfig{
		BaseURL: c.BaseURL, AppToken: c.AppToken, Account: id, App: c.App, Tier: c.Tier, Names: c.Names,
		HTTPClient: c.HTTPClient, Quota: c.Quota, Clock: c.Clock, Logger: c.Logger, UserAgent: c.UserAgent,
	}
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// checkChannel checks the form of a Ref to an account.
func checkChannel(r smm.Ref) error {
	if r.Platform != Platform || r.Kind != smm.KindChannel || r.Space != "" || !isID(ID(r.ID)) {
		return invalid("%s is not a channel of X: want x/channel/id with the number of the account", r)
	}
	return nil
}

// client returns the vendor client for a channel of ctx's tenant.
func (d *Driver) client(ctx context.Context, channel smm.Ref) (*session, error) {
	if err := checkChannel(channel); err != nil {
		return nil, notSent("channel", channel, err)
	}
	key := account.KeyOf(ctx, channel)
	s := d.clients.Get(key)
	cred, err := d.credential(ctx, key, s)
	if err != nil {
		return nil, notSent("credential", channel, err)
	}
	if s != nil && s.renews == d.renews(&cred) {
		return s, nil
	}
	if s, err = d.newSession(key, &cred); err != nil {
		return nil, notSent("credential", channel, err)
	}
	d.clients.Put(key, s)
	return s, nil
}

// notSent makes err an *smm.Error of something that left nothing on the wire.
func notSent(op string, channel smm.Ref, err error) error {
	return &smm.Error{Op: op, Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
}

// credential returns the credential of a channel: what its session's keeper
// has, or what is stored.
func (d *Driver) credential(ctx context.Context, key account.Key, s *session) (smm.Credential, error) {
	if s != nil {
		return s.keeper.Credential(ctx)
	}
	return account.Load(ctx, d.cfg.Credentials, key)
}

func (d *Driver) renews(c *smm.Credential) bool {
	return !c.RefreshToken.IsZero() && d.cfg.ClientID != ""
}

func (d *Driver) newSession(key account.Key, cred *smm.Credential) (*session, error) {
	s := &session{renews: d.renews(cred)}
	k := keep.Config{Store: d.cfg.Credentials, Tenant: key.Tenant, Account: key.Channel, Clock: d.cfg.Clock, Logger: d.cfg.Logger}
	if s.renews {
		k.Renew = d.renew
	}
	var err error
	if s.keeper, err = keep.New(k); err != nil {
		return nil, err
	}
	v := d.vendorConfig(ID(key.Channel.ID))
	v.Auth = &account.Auth{Keeper: s.keeper, Clock: d.cfg.Clock, Sign: d.sign}
	if s.Client, err = NewClient(v); err != nil {
		return nil, err
	}
	return s, nil
}

// account returns what the channel's account says of itself, at most
// accountLife old.
func (d *Driver) account(ctx context.Context, channel smm.Ref, s *session) (User, error) {
	key := account.KeyOf(ctx, channel)
	d.mu.Lock()
	e, ok := d.accounts[key]
	d.mu.Unlock()
	if ok && d.cfg.Clock.Now().Sub(e.at) < accountLife {
		return e.user, nil
	}
	u, err := d.look(ctx, channel, s)
	if err != nil && ok && smm.Temporary(err) {
		return e.user, nil // what it said last is better than nothing
	}
	return u, err
}

// selfFields are what is asked for of the account itself.
var selfFields = &Fields{User: append(slices.Clone(defaultUser), "profile_banner_url", "subscription_type")}

// look asks X for the channel's account and remembers the answer.
func (d *Driver) look(ctx context.Context, channel smm.Ref, s *session) (User, error) {
	me, err := s.Users.Me(ctx, selfFields)
	if err != nil {
		return User{}, err
	}
	if string(me.Item.ID) != channel.ID {
		return User{}, &smm.Error{
			Op: "users.me", Platform: Platform, Channel: channel,
			Err: fmt.Errorf("%w: the stored token belongs to another account", smm.ErrUnauthorized),
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.accounts) >= account.Max {
		clear(d.accounts)
	}
	d.accounts[account.KeyOf(ctx, channel)] = accountEntry{me.Item, d.cfg.Clock.Now()}
	return me.Item, nil
}

// premium reports whether an account may write long posts and edit them. A word
// that X does not document is one of a subscription.
func premium(u *User) bool { return u.SubscriptionType != "" && u.SubscriptionType != "None" }

// Capabilities implements smm.Driver. It asks X for the account, since Premium
// accounts may edit, write long posts and post long videos, for which X names no
// bound (one request, of the price of a user,
// every six hours); which scopes the token has is known only if the credential
// says so.
func (d *Driver) Capabilities(ctx context.Context, channel smm.Ref) (smm.Capabilities, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Capabilities{}, err
	}
	cred, err := d.credential(ctx, account.KeyOf(ctx, channel), s)
	if err != nil {
		return smm.Capabilities{}, notSent("credential", channel, err)
	}
	me, err := d.account(ctx, channel, s)
	if err != nil {
		return smm.Capabilities{}, err
	}
	l := DocumentedLimits()
	l.Message = smm.TextLimits{Max: MessageText, Unit: smm.UnitWeighted}
	if premium(&me) {
		l.Text.Max, l.Media.VideoLength, l.Media.VideoBytes = LongText, 0, MaxSegments*MaxSegment
		l.Live = append(l.Live, "text.max", "media.video_length", "media.video_bytes")
	}
	return smm.NewCapabilities(d.cfg.Clock.Now(), d.support(&me, cred.Scopes), l), nil
}

// LongText is what a post of a Premium account may count, by X's own pages, which
// is not verified.
const LongText = 25_000

// MessageText is what a direct message may count. It is from memory: the
// specification has no bound.
const MessageText = 10_000

// CountText implements smm.TextCounter with X's rule. A card counts as the link
// that is added to the text for it.
func (d *Driver) CountText(p *smm.Post) smm.TextCount {
	text := withCard(p)
	return smm.TextCount{Used: xtext.Length(text).Length, Unit: smm.UnitWeighted, Bytes: len(text)}
}

// ValidatePost implements smm.PostValidator.
func (d *Driver) ValidatePost(_ context.Context, _ smm.Ref, p *smm.Post, _ smm.Capabilities) (smm.Findings, error) {
	var out smm.Findings
	add := func(severity smm.Severity, code, path, message string) {
		out = append(out, smm.Finding{Code: code, Severity: severity, Path: path, Message: message, Source: limitsSource})
	}
	switch o, err := postOptions(p); {
	case err != nil:
		add(smm.SeverityError, "options.invalid", "options", err.Error())
	case o.unlisted():
		add(smm.SeverityInfo, "guarantee.blind", "options", "whether the account's own list has such a post is not known: when a reply is lost a person decides")
	}
	for _, f := range misfits(p) {
		add(smm.SeverityError, f.code, f.path, f.message)
	}
	if d.cfg.Tier.lostIn(&PostParams{Text: withCard(p)}) != "" {
		out = append(out, smm.Finding{Code: "cashtags.too-many", Severity: smm.SeverityError, Path: "text", Message: lossCashtags, Source: tierSource})
	}
	kind, err := p.CreateKind()
	if err == nil && kind == smm.CreateReply && d.cfg.Tier == TierSelfServe {
		out = append(out, smm.Finding{
			Code: "reply.summons", Severity: smm.SeverityInfo, Path: "reply_to", Source: tierSource,
			Message: lossReplies,
		})
	}
	if k := p.Card; k != nil && (k.Title != "" || k.Description != "" || k.Thumbnail != nil) {
		add(smm.SeverityWarning, "card.made-by-server", "card", "X makes the card itself from the linked page; title, description and picture are not used")
	}
	if p.Sensitive {
		add(smm.SeverityWarning, "media.sensitive", "sensitive", "X covers media by a setting of the account; the mark is not sent")
	}
	for i, m := range p.Media {
		path := fmt.Sprintf("media[%d].captions", i)
		switch trouble := captionTrouble(m.Captions); {
		case len(m.Captions) == 0:
		case kind == smm.CreateMessage:
			add(smm.SeverityWarning, "media.captions", path, "videos in messages have no subtitle tracks; they are not sent")
		case m.Type != "" && !strings.HasPrefix(m.Type, "video/"):
			add(smm.SeverityWarning, "media.captions", path, "only videos have subtitle tracks; they are not sent")
		case trouble != "":
			add(smm.SeverityError, "captions.language", path, trouble)
		}
		if m.Thumbnail != "" {
			add(smm.SeverityInfo, "media.thumbnail", fmt.Sprintf("media[%d].thumbnail", i), "X chooses the picture that stands for a video")
		}
	}
	return out, nil
}

// ProbeMedia implements smm.MediaProber.
func (d *Driver) ProbeMedia(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	return account.Probe(ctx, r)
}

// ViewAs implements smm.Viewer: smm.As[*x.Client] gives the vendor client of a
// channel.
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
// the tenant, one request each. An account that cannot be read does not hide the
// others; if none can be read the errors are returned.
func (d *Driver) ListChannels(ctx context.Context, _ smm.PageRequest) (smm.Page[smm.Channel], error) {
	return account.List(ctx, d.cfg.Credentials, Platform, func(ref smm.Ref) (smm.Channel, error) {
		s, err := d.client(ctx, ref)
		if err != nil {
			return smm.Channel{}, err
		}
		me, err := d.look(ctx, ref, s)
		if err != nil {
			return smm.Channel{}, err
		}
		return channelOf(&me), nil
	})
}

var (
	_ smm.Driver          = (*Driver)(nil)
	_ smm.Publisher       = (*Driver)(nil)
	_ smm.ChannelLister   = (*Driver)(nil)
	_ smm.Editor          = (*Driver)(nil)
	_ smm.Deleter         = (*Driver)(nil)
	_ smm.PostLister      = (*Driver)(nil)
	_ smm.TimelineReader  = (*Driver)(nil)
	_ smm.CommentLister   = (*Driver)(nil)
	_ smm.MessageLister   = (*Driver)(nil)
	_ smm.MentionLister   = (*Driver)(nil)
	_ smm.Hider           = (*Driver)(nil)
	_ smm.Liker           = (*Driver)(nil)
	_ smm.Reposter        = (*Driver)(nil)
	_ smm.Follower        = (*Driver)(nil)
	_ smm.Muter           = (*Driver)(nil)
	_ smm.MetricReader    = (*Driver)(nil)
	_ smm.ProfileReader   = (*Driver)(nil)
	_ smm.Searcher        = (*Driver)(nil)
	_ smm.TextCounter     = (*Driver)(nil)
	_ smm.MediaProber     = (*Driver)(nil)
	_ smm.PostValidator   = (*Driver)(nil)
	_ smm.Viewer          = (*Driver)(nil)
	_ smm.WebhookReceiver = (*Driver)(nil)
	_ smm.HealthReader    = (*Driver)(nil)
)
