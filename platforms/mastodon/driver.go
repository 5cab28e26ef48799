package mastodon

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/smm"
)

// Config configures New. Credentials is required.
type Config struct {
	// Credentials holds one credential for each channel: AccessToken, and Server
	// with the base URL of the account's server. Scopes, if set, decide which
	// capabilities are granted.
	Credentials smm.CredentialStore

	// HTTPClient gives the transport and the time limit; nil means a private
	// one. Where users name their server, pass a client of package safehttp.
	HTTPClient *http.Client
	Quota      smm.Quota      // nil for none; see QuotaLimit
	Clock      smm.Clock      // nil for the machine's
	Logger     *slog.Logger   // nil for silence
	UserAgent  string         // "" for smmkit's
	Media      smm.MediaStore // for the pictures of EditProfile only
}

// Driver serves any number of accounts on any number of servers through the
// portable surface of package smm. It is safe for concurrent use.
type Driver struct {
	cfg    Config
	source oauth2.TokenSource // of the one account of FromTokenSource, else nil

	mu        sync.Mutex
	clients   account.Cache[session]
	instances map[string]instanceEntry // by base URL
}

// session is the vendor client of one channel of one tenant.
type session struct {
	*Client

	keeper *keep.Keeper // nil where a token source signs in
	server string       // as the credential gave it
	renews bool         // the keeper renews
}

type instanceEntry struct {
	info *InstanceInfo
	at   time.Time
}

// instanceLife is how long an instance document is believed; limits and
// versions change with an upgrade of the server.
const instanceLife = time.Hour

// New checks cfg and returns a Driver. Errors match smm.ErrInvalid.
func New(cfg Config) (*Driver, error) {
	if cfg.Credentials == nil {
		return nil, fmt.Errorf("%w: mastodon: Config.Credentials is nil; smm.StaticToken or FromToken serve a single token", smm.ErrInvalid)
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	return &Driver{cfg: cfg, instances: make(map[string]instanceEntry)}, nil
}

// Platform implements smm.Driver.
func (d *Driver) Platform() smm.Platform { return Platform }

// client returns the vendor client for a channel of ctx's tenant.
func (d *Driver) client(ctx context.Context, channel smm.Ref) (*session, error) {
	if err := checkChannel(channel); err != nil {
		return nil, &smm.Error{Op: "channel", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	key := account.KeyOf(ctx, channel)
	s := d.clients.Get(key)
	cred, err := d.credential(ctx, key, s)
	if err != nil {
		return nil, &smm.Error{Op: "credential", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
	}
	if s != nil && s.server == cred.Server && s.renews == renews(&cred) {
		return s, nil
	}
	s, err = d.newSession(key, &cred)
	if err != nil {
		return nil, &smm.Error{Op: "credential", Platform: Platform, Channel: channel, Outcome: smm.OutcomeNotSent, Err: err}
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
	base, err := ParseServer(cred.Server)
	if err != nil {
		return nil, err
	}
	// A token goes to its own server only, whatever a Ref claims.
	if base.Host != key.Channel.Space {
		return nil, fmt.Errorf("%w: the credential is for %s, the channel is on %s", smm.ErrInvalid, base.Host, key.Channel.Space)
	}
	s := &session{server: cred.Server, renews: renews(cred)}
	var auth httpx.Authorizer
	if d.source != nil {
		auth = httpx.TokenSource(d.source)
	} else {
		if s.keeper, err = d.keeper(key.Tenant, key.Channel, cred); err != nil {
			return nil, err
		}
		auth = &account.Auth{Keeper: s.keeper, Clock: d.cfg.Clock}
	}
	s.Client, err = newClient(ClientConfig{
		Server: cred.Server, HTTPClient: d.cfg.HTTPClient, Quota: d.cfg.Quota, Clock: d.cfg.Clock,
		Logger: d.cfg.Logger, UserAgent: d.cfg.UserAgent, Account: ID(key.Channel.ID),
	}, auth)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// instance returns what the server says about itself, at most instanceLife old.
// If only nodeinfo fails the document comes without it, and is asked for again
// the next time: nothing is promised on the strength of a guess.
func (d *Driver) instance(ctx context.Context, s *session) (*InstanceInfo, error) {
	key := s.Server()
	d.mu.Lock()
	e, ok := d.instances[key]
	d.mu.Unlock()
	if ok && d.cfg.Clock.Now().Sub(e.at) < instanceLife {
		return e.info, nil
	}
	info, err := s.Instance.Get(ctx)
	if err != nil {
		if info != nil {
			return info, nil
		}
		if ok && smm.Temporary(err) {
			return e.info, nil // what it said last is better than nothing
		}
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.instances) >= account.Max {
		clear(d.instances)
	}
	d.instances[key] = instanceEntry{info, d.cfg.Clock.Now()}
	return info, nil
}

// software is what a channel's server runs, "" if that is not known. After
// Capabilities the answer is at hand.
func (d *Driver) software(ctx context.Context, channel smm.Ref) Software {
	s, err := d.client(ctx, channel)
	if err != nil {
		return ""
	}
	in, err := d.instance(ctx, s)
	if err != nil {
		return ""
	}
	return in.Software()
}

// Capabilities implements smm.Driver. It asks the server for its instance
// document; which scopes the token has is known only if the credential says so.
func (d *Driver) Capabilities(ctx context.Context, channel smm.Ref) (smm.Capabilities, error) {
	s, err := d.client(ctx, channel)
	if err != nil {
		return smm.Capabilities{}, err
	}
	cred, err := d.credential(ctx, account.KeyOf(ctx, channel), s)
	if err != nil {
		return smm.Capabilities{}, &smm.Error{Op: "credential", Platform: Platform, Channel: channel, Err: err}
	}
	in, err := d.instance(ctx, s)
	if err != nil {
		return smm.Capabilities{}, err
	}
	return smm.NewCapabilities(d.cfg.Clock.Now(), support(in, cred.Scopes), in.Limits()), nil
}

// CountText implements smm.TextCounter with Mastodon's rule. A card counts as
// the link that is added to the text for it. Servers on which links count other
// than 23 are checked again by ValidatePost.
func (d *Driver) CountText(p *smm.Post) smm.TextCount {
	text := withCard(p)
	return smm.TextCount{Used: CountStatus(text, p.ContentWarning, 0), Unit: smm.UnitGraphemes, Bytes: len(text)}
}

// ValidatePost implements smm.PostValidator.
func (d *Driver) ValidatePost(ctx context.Context, channel smm.Ref, p *smm.Post, c smm.Capabilities) (smm.Findings, error) {
	var out smm.Findings
	add := func(severity smm.Severity, code, path, message string, args map[string]string) {
		out = append(out, smm.Finding{Code: code, Severity: severity, Path: path, Message: message, Args: args, Source: limitsSource})
	}
	o, err := postOptions(p)
	if err != nil {
		add(smm.SeverityError, "options.invalid", "options", err.Error(), nil)
	}
	if !o.ScheduledAt.IsZero() {
		if o.ScheduledAt.Before(c.AsOf().Add(MinScheduleAhead)) {
			add(smm.SeverityError, "schedule.too-soon", "options", "the server takes posts at least 5 minutes ahead", nil)
		}
		if len(p.Thread) > 0 || p.FirstComment != "" {
			add(smm.SeverityError, "schedule.thread", "options", "a post that the server publishes has no id before, so nothing can follow it", nil)
		}
	}
	if len(p.Media) == 0 && p.ReplyTo.IsZero() && d.software(ctx, channel) == Pixelfed {
		add(smm.SeverityWarning, "media.required", "media", onlyPictures, nil) // the server decides: seen in use, not documented
	}
	l := c.Limits()
	if per := l.Text.URL; per != 0 && l.Text.Max > 0 {
		if n := CountStatus(withCard(p), p.ContentWarning, per); n > l.Text.Max && d.CountText(p).Used <= l.Text.Max {
			add(smm.SeverityError, "text.too-long", "text", fmt.Sprintf("%d characters, as links count %d here, at most %d allowed", n, per, l.Text.Max),
				map[string]string{"got": strconv.Itoa(n), "max": strconv.Itoa(l.Text.Max), "unit": string(smm.UnitGraphemes)})
		}
	}
	if k := p.Card; k != nil && (k.Title != "" || k.Description != "" || k.Thumbnail != nil) {
		add(smm.SeverityWarning, "card.made-by-server", "card", "the server makes the card itself from the linked page; title, description and picture are not used", nil)
	}
	for i, m := range p.Media {
		if m.AltText == "" {
			add(smm.SeverityInfo, "media.alt-text-missing", fmt.Sprintf("media[%d].alt_text", i), "people expect a description of media here", nil)
		}
		if len(m.Captions) > 0 {
			add(smm.SeverityWarning, "media.captions", fmt.Sprintf("media[%d].captions", i), "the server takes no subtitle tracks; they are not sent", nil)
		}
	}
	return out, nil
}

// ProbeMedia implements smm.MediaProber.
func (d *Driver) ProbeMedia(ctx context.Context, r io.ReadSeeker) (smm.MediaInfo, error) {
	return account.Probe(ctx, r)
}

// ViewAs implements smm.Viewer: smm.As[*mastodon.Client] gives the vendor
// client of a channel.
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
		me, err := s.Accounts.Verify(ctx)
		if err != nil {
			return smm.Channel{}, err
		}
		return channelOf(ref.Space, &me), nil
	})
}

var (
	_ smm.Driver         = (*Driver)(nil)
	_ smm.Publisher      = (*Driver)(nil)
	_ smm.ChannelLister  = (*Driver)(nil)
	_ smm.Editor         = (*Driver)(nil)
	_ smm.Deleter        = (*Driver)(nil)
	_ smm.PostLister     = (*Driver)(nil)
	_ smm.TimelineReader = (*Driver)(nil)
	_ smm.CommentLister  = (*Driver)(nil)
	_ smm.MessageLister  = (*Driver)(nil)
	_ smm.MentionLister  = (*Driver)(nil)
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
	_ smm.MediaProber    = (*Driver)(nil)
	_ smm.PostValidator  = (*Driver)(nil)
	_ smm.Viewer         = (*Driver)(nil)
	_ smm.EventStreamer  = (*Driver)(nil)
	_ smm.HealthReader   = (*Driver)(nil)
)
