package facebook

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Config configures New. Credentials is required.
type Config struct {
	// Credentials holds one credential for each Page: AccessToken is the Page's
	// own. Scopes and Extra[ExtraTasks], if set, decide which capabilities are
	// granted.
	Credentials smm.CredentialStore

	// AppSecret, if there is one, proves with each request that the token is used
	// by its app.
	AppSecret smm.Secret
	// Webhooks is the host's side of webhooks; its zero value refuses them.
	Webhooks Webhooks

	// OneStep publishes posts of the feed by one request, whose lost reply has to
	// be settled by reading the Page's posts. By default a post is made as a draft
	// that nobody sees and then published by its id, which can be repeated. See the
	// package's documentation for what that rests on.
	OneStep bool

	// MediaHost gives the addresses from which the vendor fetches files of private
	// messages: without one messages are texts.
	MediaHost smm.MediaHost

	Version string // of the Graph; "" for DefaultVersion
	BaseURL string // in place of all the vendor's hosts; "" for them

	HTTPClient *http.Client   // nil for a private one
	Quota      smm.Quota      // nil for none; see QuotaLimit
	Clock      smm.Clock      // nil for the machine's
	Logger     *slog.Logger   // nil for silence
	UserAgent  string         // "" for smmkit's
	Media      smm.MediaStore // for the pictures of EditProfile only
}

// Driver serves any number of Pages through the portable surface of package smm.
// It is safe for concurrent use.
type Driver struct {
	cfg    Config
	hooks  meta.Hooks
	source meta.TokenSource // of the one Page of FromTokenSource, else nil

	clients account.Cache[session]
}

// session is the vendor client of one Page of one tenant.
type session struct {
	*Client

	keeper *keep.Keeper // nil where a token source signs in
	talks  talks
}

// New checks cfg and returns a Driver. Errors match smm.ErrInvalid.
func New(cfg Config) (*Driver, error) {
	if cfg.Credentials == nil {
		return nil, fmt.Errorf("%w: facebook: Config.Credentials is nil; FromToken serves a single token", smm.ErrInvalid)
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	return &Driver{
		cfg: cfg, hooks: meta.Hooks{VerifyToken: cfg.Webhooks.VerifyToken, AppSecrets: slices.Clone(cfg.Webhooks.AppSecrets)},
	}, nil
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// client returns the vendor client for a Page of ctx's tenant.
func (d *Driver) client(ctx context.Context, channel smm.Ref) (*session, error) {
	fail := func(op string, err error) error {
		return &smm.Error{Op: op, Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	if err := checkChannel(channel); err != nil {
		return nil, fail("channel", err)
	}
	key := account.KeyOf(ctx, channel)
	s := d.clients.Get(key)
	if _, err := d.credential(ctx, key, s); err != nil {
		return nil, fail("credential", err)
	}
	if s != nil {
		return s, nil
	}
	s, err := d.newSession(key)
	if err != nil {
		return nil, fail("credential", err)
	}
	d.clients.Put(key, s)
	return s, nil
}

// credential returns the credential of a Page: what its session's keeper has, or
// what is stored.
func (d *Driver) credential(ctx context.Context, key account.Key, s *session) (smm.Credential, error) {
	if s != nil && s.keeper != nil {
		return s.keeper.Credential(ctx)
	}
	return account.Load(ctx, d.cfg.Credentials, key)
}

func (d *Driver) newSession(key account.Key) (*session, error) {
	s := &session{}
	tokens := d.source
	var err error
	if tokens == nil {
		if s.keeper, err = d.keeper(key.Tenant, key.Channel); err != nil {
			return nil, err
		}
		tokens = s.keeper
	}
	s.Client, err = newClient(ClientConfig{
		Page: ID(key.Channel.ID), AppSecret: d.cfg.AppSecret, Version: d.cfg.Version, BaseURL: d.cfg.BaseURL,
		HTTPClient: d.cfg.HTTPClient, Quota: d.cfg.Quota, Clock: d.cfg.Clock, Logger: d.cfg.Logger, UserAgent: d.cfg.UserAgent,
	}, tokens)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Capabilities implements smm.Driver. It asks nobody: which scopes and tasks the
// token has is known only if the credential says so, and the vendor tells no
// limits.
func (d *Driver) Capabilities(ctx context.Context, channel smm.Ref) (smm.Capabilities, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Capabilities{}, err
	}
	cred, err := d.credential(ctx, account.KeyOf(ctx, channel), s)
	if err != nil {
		return smm.Capabilities{}, &smm.Error{Op: "credential", Platform: Platform, Channel: channel, Err: err}
	}
	return smm.NewCapabilities(d.cfg.Clock.Now(), d.support(&cred), DocumentedLimits()), nil
}

// CountText implements smm.TextCounter: characters, as code points.
func (d *Driver) CountText(p *smm.Post) smm.TextCount {
	return smm.TextCount{Used: CountText(p.Text), Unit: smm.UnitCodePoints, Bytes: len(p.Text)}
}

// ValidatePost implements smm.PostValidator.
func (d *Driver) ValidatePost(_ context.Context, _ smm.Ref, p *smm.Post, c smm.Capabilities) (smm.Findings, error) {
	v := validator{post: p, hosted: d.cfg.MediaHost != nil}
	o, err := postOptions(p)
	if err == nil {
		err = checkSchedule(&o, c.AsOf())
	}
	if err != nil {
		v.add(smm.SeverityError, "options.invalid", "options", err.Error())
	}
	if !o.ScheduledAt.IsZero() && (len(p.Thread) > 0 || p.FirstComment != "") {
		v.add(smm.SeverityWarning, "schedule.waits", "options", "what follows the post waits until the vendor has published it")
	}
	v.words(&o)
	v.kind(&o)
	return v.found, nil
}

// validator gathers what only this platform finds wrong with a post.
type validator struct {
	post   *smm.Post
	hosted bool
	found  smm.Findings
}

func (v *validator) add(severity smm.Severity, code, path, message string) {
	v.found = append(v.found, smm.Finding{Code: code, Severity: severity, Path: path, Message: message, Source: limitsSource})
}

// words checks what stands beside the media.
func (v *validator) words(o *PostOptions) {
	p := v.post
	if p.ContentWarning != "" || p.Sensitive {
		v.add(smm.SeverityWarning, "warning.unsupported", "content_warning", "the platform has no warnings; it is not sent")
	}
	if p.Visibility != "" && p.Visibility != smm.VisibilityPublic {
		v.add(smm.SeverityError, "visibility.unsupported", "visibility", "what a Page publishes is public")
	}
	if k := p.Card; k != nil {
		if len(p.Media) > 0 {
			v.add(smm.SeverityError, "card.media", "card", "a post has a link card or media")
		}
		if k.Title != "" || k.Description != "" || k.Thumbnail != nil {
			v.add(smm.SeverityWarning, "card.made-by-server", "card", "the platform makes the card itself from the linked page; title, description and picture are not used")
		}
	}
	for i, m := range p.Media {
		if len(m.Captions) > 0 {
			v.add(smm.SeverityWarning, "media.captions", fmt.Sprintf("media[%d].captions", i), "subtitle tracks are not sent")
		}
		if o.Format != FormatFeed && m.Thumbnail != "" {
			v.add(smm.SeverityWarning, "media.thumbnail", fmt.Sprintf("media[%d].thumbnail", i), "the platform takes a still picture for videos of the feed alone; it is not sent")
		}
		if strings.HasPrefix(m.Type, "video/") && m.AltText != "" {
			v.add(smm.SeverityInfo, "media.alt-text-unused", fmt.Sprintf("media[%d].alt_text", i), "the platform keeps descriptions of photos alone")
		}
	}
}

// kind checks what the kind of item does not take.
func (v *validator) kind(o *PostOptions) {
	p := v.post
	kind, err := p.CreateKind()
	if err == nil && o.Private {
		v.private(kind)
	}
	if err != nil || kind == smm.CreatePost {
		return
	}
	switch {
	case kind == smm.CreateReply && len(p.Media) > 1:
		v.add(smm.SeverityError, "media.too-many", "media", "a comment takes one photo")
	case kind == smm.CreateMessage && len(p.Media) > 0:
		v.message()
	case kind == smm.CreateReviewAnswer && len(p.Media) > 0:
		v.add(smm.SeverityError, "media.unsupported", "media", "the answer to a review is a text")
	case p.Card != nil && p.Text == "":
		v.add(smm.SeverityInfo, "card.in-text", "card", "the link is sent as the text")
	}
	if !o.ScheduledAt.IsZero() || o.Format != FormatFeed {
		v.add(smm.SeverityError, "options.invalid", "options", "only posts can be scheduled or have a format")
	}
}

// message checks the file of a message.
func (v *validator) message() {
	switch p := v.post; {
	case len(p.Media) > 1 || withLink(p) != "":
		v.add(smm.SeverityError, "message.parts", "media", "a message is a text or one file: send them one after the other")
	case !v.hosted:
		v.add(smm.SeverityError, "media.host", "media", "the platform fetches the file itself: the driver needs a MediaHost")
	}
}

// private checks an answer to a comment that is a message.
func (v *validator) private(kind smm.CreateKind) {
	switch p := v.post; {
	case kind != smm.CreateReply || p.ReplyTo.Kind != smm.KindComment:
		v.add(smm.SeverityError, "options.invalid", "options", "only a comment can be answered in private")
	case len(p.Media) > 0:
		v.add(smm.SeverityError, "reply.media", "media", "a private answer is a text")
	case CountText(withLink(p)) > MaxMessage:
		v.add(smm.SeverityError, "text.too-long", "text", fmt.Sprintf("a message has at most %d characters", MaxMessage))
	}
}

// ProbeMedia implements smm.MediaProber.
func (d *Driver) ProbeMedia(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	return account.Probe(ctx, r)
}

// ViewAs implements smm.Viewer: smm.As[*facebook.Client] gives the vendor client
// of a Page.
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

// ListChannels implements smm.ChannelLister: the Pages of all credentials of the
// tenant, one request each. A Page that cannot be read does not hide the others;
// if none can be read the errors are returned.
func (d *Driver) ListChannels(ctx context.Context, _ smm.PageRequest) (smm.Page[smm.Channel], error) {
	return account.List(ctx, d.cfg.Credentials, Platform, func(ref smm.Ref) (smm.Channel, error) {
		s, err := d.client(ctx, ref)
		if err != nil {
			return smm.Channel{}, err
		}
		me, err := s.Pages.Get(ctx)
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
	_ smm.CommentLister   = (*Driver)(nil)
	_ smm.MessageLister   = (*Driver)(nil)
	_ smm.MentionLister   = (*Driver)(nil)
	_ smm.ReviewLister    = (*Driver)(nil)
	_ smm.Hider           = (*Driver)(nil)
	_ smm.Liker           = (*Driver)(nil)
	_ smm.Blocker         = (*Driver)(nil)
	_ smm.MetricReader    = (*Driver)(nil)
	_ smm.ProfileReader   = (*Driver)(nil)
	_ smm.ProfileEditor   = (*Driver)(nil)
	_ smm.TextCounter     = (*Driver)(nil)
	_ smm.MediaProber     = (*Driver)(nil)
	_ smm.PostValidator   = (*Driver)(nil)
	_ smm.Viewer          = (*Driver)(nil)
	_ smm.HealthReader    = (*Driver)(nil)
	_ smm.WebhookReceiver = (*Driver)(nil)
)
