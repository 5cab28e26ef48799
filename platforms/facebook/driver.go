package facebook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/smmkit/smmkit/internal/mediax"
	"github.com/smmkit/smmkit/internal/oauthx/keep"
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
	// VerifyToken and WebhookSecrets are of the app's webhooks: what was typed
	// beside the callback, and the app's secrets, of which any may sign. Without
	// them every delivery is refused.
	VerifyToken    smm.Secret
	WebhookSecrets []smm.Secret

	// OneStep publishes posts of the feed by one request, whose lost reply has to
	// be settled by reading the Page's posts. By default a post is made as a draft
	// that nobody sees and then published by its id, which can be repeated. See the
	// package's documentation for what that rests on.
	OneStep bool

	Version   string // of the Graph; "" for DefaultVersion
	BaseURL   string // "" for https://graph.facebook.com
	UploadURL string // "" for https://rupload.facebook.com

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

	mu      sync.Mutex
	clients map[clientKey]*session
}

type clientKey struct {
	tenant  smm.Tenant
	channel smm.Ref
}

// session is the vendor client of one Page of one tenant.
type session struct {
	*Client

	keeper *keep.Keeper // nil where a token source signs in
}

// maxSessions bounds the cache of clients; each costs a few kilobytes.
const maxSessions = 4096

// New checks cfg and returns a Driver. Errors match smm.ErrInvalid.
func New(cfg Config) (*Driver, error) {
	if cfg.Credentials == nil {
		return nil, fmt.Errorf("%w: facebook: Config.Credentials is nil; FromToken serves a single token", smm.ErrInvalid)
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	return &Driver{
		cfg: cfg, hooks: meta.Hooks{VerifyToken: cfg.VerifyToken, AppSecrets: cfg.WebhookSecrets}, clients: make(map[clientKey]*session),
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
	key := clientKey{smm.TenantFrom(ctx), channel}
	d.mu.Lock()
	s := d.clients[key]
	d.mu.Unlock()
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
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.clients) >= maxSessions {
		clear(d.clients) // made again at no cost but an allocation
	}
	d.clients[key] = s
	return s, nil
}

// credential returns the credential of a Page: what its session's keeper has, or
// what is stored.
func (d *Driver) credential(ctx context.Context, key clientKey, s *session) (smm.Credential, error) {
	if s != nil && s.keeper != nil {
		return s.keeper.Credential(ctx)
	}
	cred, err := d.cfg.Credentials.Load(ctx, key.tenant, key.channel)
	switch {
	case errors.Is(err, smm.ErrNotFound):
		return cred, fmt.Errorf("%w: no credential is stored for %s", smm.ErrUnauthorized, key.channel)
	case err != nil:
		return cred, fmt.Errorf("load the credential of %s: %w", key.channel, err)
	}
	return cred, nil
}

func (d *Driver) newSession(key clientKey) (*session, error) {
	s := &session{}
	tokens := d.source
	var err error
	if tokens == nil {
		if s.keeper, err = d.keeper(key.tenant, key.channel); err != nil {
			return nil, err
		}
		tokens = s.keeper
	}
	s.Client, err = newClient(ClientConfig{
		Page: ID(key.channel.ID), AppSecret: d.cfg.AppSecret, Version: d.cfg.Version, BaseURL: d.cfg.BaseURL, UploadURL: d.cfg.UploadURL,
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
	cred, err := d.credential(ctx, clientKey{smm.TenantFrom(ctx), channel}, s)
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
	v := validator{post: p}
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
	post  *smm.Post
	found smm.Findings
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
	if err != nil || kind == smm.CreatePost {
		return
	}
	switch {
	case kind == smm.CreateReply && len(p.Media) > 1:
		v.add(smm.SeverityError, "media.too-many", "media", "a comment takes one photo")
	case kind != smm.CreateReply && len(p.Media) > 0:
		v.add(smm.SeverityError, "media.unsupported", "media", "files in messages need an address: use the vendor client")
	case p.Card != nil && p.Text == "":
		v.add(smm.SeverityInfo, "card.in-text", "card", "the link is sent as the text")
	}
	if !o.ScheduledAt.IsZero() || o.Format != FormatFeed {
		v.add(smm.SeverityError, "options.invalid", "options", "only posts can be scheduled or have a format")
	}
}

// ProbeMedia implements smm.MediaProber.
func (d *Driver) ProbeMedia(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	return probe(ctx, r)
}

func probe(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	in, err := mediax.ProbeSeeker(ctx, r)
	if err != nil {
		if ctx.Err() != nil {
			return smm.MediaInfo{}, ctx.Err()
		}
		return smm.MediaInfo{}, fmt.Errorf("%w: %w", smm.ErrInvalid, err)
	}
	classes := map[mediax.Kind]smm.MediaClass{
		mediax.Image: smm.MediaImage, mediax.Animation: smm.MediaGIF, mediax.Video: smm.MediaVideo, mediax.Audio: smm.MediaAudio,
	}
	return smm.MediaInfo{
		Type: in.MIME, Class: classes[in.Kind], Size: in.Size, Width: in.Width, Height: in.Height,
		Duration: in.Duration, Video: in.VideoCodec, Audio: in.AudioCodec,
	}, nil
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
	refs, err := d.cfg.Credentials.Accounts(ctx, smm.TenantFrom(ctx), Platform)
	if err != nil {
		return smm.Page[smm.Channel]{}, fmt.Errorf("facebook: list the stored accounts: %w", err)
	}
	slices.SortFunc(refs, func(a, b smm.Ref) int { return cmp.Compare(a.String(), b.String()) })
	var (
		out  smm.Page[smm.Channel]
		errs []error
	)
	for _, ref := range refs {
		if ref.Kind != smm.KindChannel {
			continue
		}
		s, err := d.client(ctx, ref)
		if err == nil {
			var page Page
			if page, err = s.Pages.Get(ctx); err == nil {
				out.Items = append(out.Items, channelOf(&page))
				continue
			}
		}
		errs = append(errs, err)
	}
	if len(out.Items) == 0 {
		return out, errors.Join(errs...)
	}
	return out, nil
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
