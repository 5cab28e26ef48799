package instagram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Config configures New. Credentials is required, and MediaHost for pictures.
type Config struct {
	// Credentials holds one credential for each channel: AccessToken, and what
	// ExtraLogin and ExtraPage say. Scopes, if set, decide which capabilities are
	// granted.
	Credentials smm.CredentialStore
	// MediaHost gives the addresses from which the vendor fetches pictures, films of
	// InstagramLogin, and covers. Package mediahost has one.
	MediaHost smm.MediaHost

	// AppSecret, of the Meta app, proves that the requests of FacebookLogin are made
	// by it. "" for none.
	AppSecret smm.Secret
	// Webhooks is the host's side of webhooks; its zero value refuses them.
	Webhooks Webhooks

	// MaxHashtags stands above the documented 30. Zero keeps that, with a warning
	// above 5, which is what Instagram's own app allows.
	MaxHashtags int

	Version    string       // of the Graph, "v25.0"; "" for DefaultVersion
	BaseURL    string       // in place of all the vendor's hosts; "" for them
	HTTPClient *http.Client // nil for a private one
	Quota      smm.Quota    // nil for none; see QuotaLimit
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// Driver serves any number of professional accounts of both logins through the
// portable surface of package smm. It is safe for concurrent use.
type Driver struct {
	cfg   Config
	app   *meta.App
	hooks meta.Hooks

	clients account.Cache[session]
}

// session is the vendor client of one channel of one tenant.
type session struct {
	*Client

	keeper *keep.Keeper
	renews bool
	page0  string // as the credential has it

	mu   sync.Mutex
	self Account // as it was read last
	read time.Time
}

// selfLife is how long the account's own name is believed.
const selfLife = time.Hour

// New checks cfg and returns a Driver. Errors match smm.ErrInvalid.
func New(cfg Config) (*Driver, error) {
	if cfg.Credentials == nil {
		return nil, fmt.Errorf("%w: instagram: Config.Credentials is nil; smm.StaticToken or FromToken serve a single token", smm.ErrInvalid)
	}
	if cfg.MaxHashtags < 0 {
		return nil, fmt.Errorf("%w: instagram: Config.MaxHashtags is negative", smm.ErrInvalid)
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	app, err := renewer(&cfg)
	if err != nil {
		return nil, err
	}
	return &Driver{
		cfg: cfg, app: app, hooks: meta.Hooks{VerifyToken: cfg.Webhooks.VerifyToken, AppSecrets: slices.Clone(cfg.Webhooks.AppSecrets)},
	}, nil
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// client returns the vendor client for a channel of ctx's tenant.
func (d *Driver) client(ctx context.Context, channel smm.Ref) (*session, error) {
	if err := checkChannel(channel); err != nil {
		return nil, failed("channel", channel, err)
	}
	key := account.KeyOf(ctx, channel)
	s := d.clients.Get(key)
	cred, err := d.credential(ctx, key, s)
	if err != nil {
		return nil, failed("credential", channel, err)
	}
	if s != nil && s.login == loginOf(&cred) && s.renews == renews(&cred) && s.page0 == cred.Extra[ExtraPage].Reveal() {
		return s, nil
	}
	if s, err = d.newSession(key, &cred); err != nil {
		return nil, failed("credential", channel, err)
	}
	d.clients.Put(key, s)
	return s, nil
}

// credential returns the credential of a channel: what its session's keeper has, or
// what is stored.
func (d *Driver) credential(ctx context.Context, key account.Key, s *session) (smm.Credential, error) {
	if s != nil {
		return s.keeper.Credential(ctx)
	}
	cred, err := account.Load(ctx, d.cfg.Credentials, key)
	if err == nil && cred.AccessToken.IsZero() {
		err = fmt.Errorf("%w: the credential of %s has no access token", smm.ErrUnauthorized, key.Channel)
	}
	return cred, err
}

func (d *Driver) newSession(key account.Key, cred *smm.Credential) (*session, error) {
	keeper, err := d.keeper(key, cred)
	if err != nil {
		return nil, err
	}
	cfg := ClientConfig{
		Login: loginOf(cred), Account: ID(key.Channel.ID), Page: ID(cred.Extra[ExtraPage].Reveal()), Version: d.cfg.Version, BaseURL: d.cfg.BaseURL,
		Tokens: keeper, HTTPClient: d.cfg.HTTPClient, Quota: d.cfg.Quota, Clock: d.cfg.Clock, Logger: d.cfg.Logger, UserAgent: d.cfg.UserAgent,
	}
	if cfg.Login == FacebookLogin {
		cfg.AppSecret = d.cfg.AppSecret
	}
	c, err := newClient(cfg)
	if err != nil {
		return nil, err
	}
	return &session{Client: c, keeper: keeper, renews: renews(cred), page0: string(cfg.Page)}, nil
}

// own reads the account itself, at most once an hour: comments and messages tell
// their author by name.
func (s *session) own(ctx context.Context, now time.Time) (Account, error) {
	s.mu.Lock()
	self, read := s.self, s.read
	s.mu.Unlock()
	if !read.IsZero() && now.Sub(read) < selfLife {
		return self, nil
	}
	self, err := s.Account.Get(ctx)
	if err != nil {
		return self, err
	}
	s.mu.Lock()
	s.self, s.read = self, now
	s.mu.Unlock()
	return self, nil
}

// Capabilities implements smm.Driver. It asks how many posts are left; which scopes
// the token has is known only if the credential says so.
func (d *Driver) Capabilities(ctx context.Context, channel smm.Ref) (smm.Capabilities, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Capabilities{}, err
	}
	cred, err := s.keeper.Credential(ctx)
	if err != nil {
		return smm.Capabilities{}, failed("credential", channel, err)
	}
	left, err := s.Media.PublishingLimit(ctx)
	switch {
	case err == nil, errors.Is(err, smm.ErrForbidden), errors.Is(err, smm.ErrRejected), errors.Is(err, smm.ErrNotFound):
	default:
		return smm.Capabilities{}, err
	}
	l := DocumentedLimits()
	if d.cfg.MaxHashtags > 0 {
		l.Hashtags = d.cfg.MaxHashtags
	}
	return smm.NewCapabilities(d.cfg.Clock.Now(), d.support(s.login, cred.Scopes, left), l), nil
}

// CountText implements smm.TextCounter.
func (d *Driver) CountText(p *smm.Post) smm.TextCount {
	return smm.TextCount{Used: CountCaption(p.Text), Unit: smm.UnitUTF16, Bytes: len(p.Text)}
}

// ValidatePost implements smm.PostValidator.
func (d *Driver) ValidatePost(ctx context.Context, channel smm.Ref, p *smm.Post, c smm.Capabilities) (smm.Findings, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return nil, err
	}
	v := &validator{s: s, hosted: d.cfg.MediaHost != nil, hashtags: c.Limits().Hashtags}
	o, err := postOptions(p)
	if err != nil {
		v.add(smm.SeverityError, "options.invalid", "options", err.Error(), nil)
	}
	if only := o.facebookOnly(); only != "" && s.login != FacebookLogin {
		v.add(smm.SeverityError, "options.login", "options."+only, "only accounts that were connected by Facebook have this", nil)
	}
	kind, err := p.CreateKind()
	if err != nil {
		return v.found, nil //nolint:nilerr // the front says so
	}
	switch kind {
	case smm.CreatePost:
		v.post(p, &o)
	case smm.CreateReply:
		v.reply(p, &o)
	case smm.CreateMessage:
		v.message(p)
	}
	return v.found, nil
}

type validator struct {
	s        *session
	hosted   bool
	hashtags int
	found    smm.Findings
}

func (v *validator) add(severity smm.Severity, code, path, message string, args map[string]string) {
	v.found = append(v.found, smm.Finding{Code: code, Severity: severity, Path: path, Message: message, Args: args, Source: limitsSource})
}

func (v *validator) count(code, path string, got, limit int, what string) {
	if limit > 0 && got > limit {
		v.add(smm.SeverityError, code, path, fmt.Sprintf("%d %s, at most %d allowed", got, what, limit),
			map[string]string{"got": strconv.Itoa(got), "max": strconv.Itoa(limit)})
	}
}

func (v *validator) post(p *smm.Post, o *PostOptions) {
	if len(p.Media) == 0 {
		v.add(smm.SeverityError, "media.required", "media", "a post on Instagram needs a picture or film", nil)
	}
	if o.Format == FormatStory {
		v.story(p)
	}
	if o.Format == FormatReel && len(p.Media) > 1 {
		v.add(smm.SeverityError, "media.too-many", "media", "a reel is one film", map[string]string{"max": "1"})
	}
	hashtags, mentions := tags(p.Text)
	v.count("text.too-many-hashtags", "text", hashtags, v.hashtags, "hashtags")
	v.count("text.too-many-mentions", "text", mentions, maxMentions, "mentions")
	if hashtags > likelyHashtags && hashtags <= v.hashtags {
		v.add(smm.SeverityWarning, "text.many-hashtags", "text", "Instagram's own app allows 5 hashtags since the end of 2025, and may refuse or ignore more", nil)
	}
	if p.Visibility != "" && p.Visibility != smm.VisibilityPublic {
		v.add(smm.SeverityError, "visibility.unsupported", "visibility", "posts are shown to all who see the account", nil)
	}
	if p.ContentWarning != "" {
		v.add(smm.SeverityWarning, "content-warning.unsupported", "content_warning", "Instagram has no content warnings; it is not sent", nil)
	}
	if p.Disclosure.Paid && v.s.login != FacebookLogin {
		v.add(smm.SeverityWarning, "disclosure.in-text", "disclosure", "the mark of a paid partnership cannot be set by this login: the text must say it", nil)
	}
	for i, m := range p.Media {
		if m.AltText == "" && o.Format != FormatStory {
			v.add(smm.SeverityInfo, "media.alt-text-missing", fmt.Sprintf("media[%d].alt_text", i), "people expect a description of pictures", nil)
		}
		if m.Thumbnail != "" && !v.hosted { // the capabilities tell of the other files
			v.add(smm.SeverityError, "media.host", fmt.Sprintf("media[%d].thumbnail", i), "Instagram fetches covers itself: the driver needs a MediaHost", nil)
		}
		if len(m.Captions) > 0 {
			v.add(smm.SeverityWarning, "media.captions", fmt.Sprintf("media[%d].captions", i), "Instagram takes no subtitle tracks; they are not sent", nil)
		}
	}
}

func (v *validator) story(p *smm.Post) {
	if p.Text != "" {
		v.add(smm.SeverityError, "story.text", "text", "a story has no text: put it into the picture", nil)
	}
	if len(p.Media) > 1 {
		v.add(smm.SeverityError, "media.too-many", "media", "a story is one picture or film: publish several", map[string]string{"max": "1"})
	}
	if p.FirstComment != "" {
		v.add(smm.SeverityError, "story.comment", "first_comment", "stories have no comments", nil)
	}
}

func (v *validator) reply(p *smm.Post, o *PostOptions) {
	if len(p.Media) > 0 {
		v.add(smm.SeverityError, "reply.media", "media", "comments have no media", nil)
	}
	if o.Private {
		v.count("text.too-many-bytes", "text", len(p.Text), maxMessage, "bytes")
		return
	}
	if n := CountCaption(p.Text); n > likelyComment {
		v.add(smm.SeverityWarning, "text.long-comment", "text", "some documents allow comments 300 characters only", map[string]string{"got": strconv.Itoa(n)})
	}
}

func (v *validator) message(p *smm.Post) {
	switch {
	case len(p.Media) > 1, len(p.Media) == 1 && p.Text != "":
		v.add(smm.SeverityError, "message.parts", "media", "a message is a text or one file: send them one after the other", nil)
	case len(p.Media) == 1 && !v.hosted:
		v.add(smm.SeverityError, "media.host", "media", "Instagram fetches the file itself: the driver needs a MediaHost", nil)
	}
}

// ProbeMedia implements smm.MediaProber.
func (d *Driver) ProbeMedia(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	return account.Probe(ctx, r)
}

// ViewAs implements smm.Viewer: smm.As[*instagram.Client] gives the vendor client
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

// ListChannels implements smm.ChannelLister: the accounts of all credentials of the
// tenant, one request each. An account that cannot be read does not hide the
// others; if none can be read the errors are returned.
func (d *Driver) ListChannels(ctx context.Context, _ smm.PageRequest) (smm.Page[smm.Channel], error) {
	return account.List(ctx, d.cfg.Credentials, Platform, func(ref smm.Ref) (smm.Channel, error) {
		s, err := d.client(ctx, ref)
		if err != nil {
			return smm.Channel{}, err
		}
		me, err := s.Account.Get(ctx)
		if err != nil {
			return smm.Channel{}, err
		}
		return channelOf(ref, &me), nil
	})
}
