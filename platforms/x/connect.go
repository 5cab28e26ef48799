package x

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/platforms/x/oauth1"
	"github.com/smmkit/smmkit/smm"
)

// ConnectorConfig configures NewConnector. ClientID is required.
type ConnectorConfig struct {
	ClientID string
	// ClientSecret is that of a confidential client; a public one has none. It is
	// the same that Config of the driver has.
	ClientSecret smm.Secret

	BaseURL      string // in place of all the vendor's hosts; "" for them
	AuthorizeURL string // the page of consent; "" for that of BaseURL

	HTTPClient *http.Client // nil means a private one
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// Connector connects accounts of X by OAuth 2 with PKCE. It is safe for
// concurrent use. The refresh token of a credential that it makes is good once:
// a driver renews it through the store (Config.ClientID).
type Connector struct {
	cfg   ConnectorConfig
	oauth *OAuth
}

var (
	_ smm.Connector      = (*Connector)(nil)
	_ smm.TokenConnector = (*Connector)(nil)
	_ smm.Revoker        = (*Connector)(nil)
)

// NewConnector checks cfg. No request is made. Errors match smm.ErrInvalid.
func NewConnector(cfg ConnectorConfig) (*Connector, error) {
	if cfg.ClientID == "" {
		return nil, invalid("ConnectorConfig.ClientID is empty: X's developer portal shows it")
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	o, err := NewOAuth(OAuthConfig(cfg))
	if err != nil {
		return nil, err
	}
	return &Connector{cfg: cfg, oauth: o}, nil
}

// Platform implements smm.Connector.
func (c *Connector) Platform() smm.Platform { return Platform }

// need is a capability with the methods that it takes. Whatever publishes reads
// as well: whether an attempt whose reply was lost went through.
type need struct {
	capability smm.Capability
	ops        []string
}

var (
	toPost = []string{"posts.create", "posts.timeline"}
	toShow = []string{"posts.create", "posts.timeline", "media.upload", "media.metadata"}
)

var needs = []need{
	{smm.CapPost, toPost}, {smm.CapLink, toPost}, {smm.CapImage, toShow}, {smm.CapImages, toShow}, {smm.CapVideo, toShow}, {smm.CapGIF, toShow},
	{smm.CapPoll, toPost}, {smm.CapQuote, toPost}, {smm.CapThread, toPost}, {smm.CapReply, toPost},
	{smm.CapMessage, []string{"messages.send", "messages.with"}},
	{smm.CapEdit, []string{"posts.edit", "posts.get"}}, {smm.CapDelete, []string{"posts.delete"}},
	{smm.CapListPosts, []string{"posts.timeline"}}, {smm.CapListComments, []string{"posts.search"}},
	{smm.CapListMessages, []string{"messages.events"}}, {smm.CapListMentions, []string{"posts.mentions"}}, {smm.CapTimeline, []string{"posts.home"}},
	{smm.CapHide, []string{"posts.hide"}}, {smm.CapLike, []string{"posts.like"}}, {smm.CapRepost, []string{"posts.repost"}},
	{smm.CapFollow, []string{"users.follow"}}, {smm.CapMute, []string{"users.mute"}},
	{smm.CapPostMetrics, []string{"posts.lookup"}}, {smm.CapAcctMetrics, []string{"users.get"}}, {smm.CapProfile, []string{"users.get"}},
	{smm.CapSearch, []string{"posts.search"}}, {smm.CapWebhooks, nil},
}

// lossReplies says of a granted capability where it ends.
const lossReplies = "X takes replies of self-serve apps to those alone who mentioned the account or quoted one of its posts, since 2026-02-23; an Enterprise contract lifts that"

// creates are the capabilities that go through the publishing protocol.
var creates = []smm.Capability{
	smm.CapPost, smm.CapLink, smm.CapImage, smm.CapImages, smm.CapVideo, smm.CapGIF, smm.CapPoll, smm.CapQuote,
	smm.CapThread, smm.CapReply, smm.CapMessage,
}

// scopes are those of all methods of n, without those of Connector itself.
func (n *need) scopes() []string {
	var out []string
	for _, op := range n.ops {
		out = append(out, strings.Fields(operations[op].scopes)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// support says what an account and a set of scopes allow; scopes are nil if
// nobody said what was granted.
func (d *Driver) support(me *User, scopes []string) map[smm.Capability]smm.Support {
	g := guarantee()
	out := make(map[smm.Capability]smm.Support, len(needs))
	for _, n := range needs {
		s := smm.Support{State: smm.StateGranted}
		lacks := slices.DeleteFunc(n.scopes(), func(w string) bool { return scopes == nil || slices.Contains(scopes, w) })
		loss := ""
		if len(n.ops) > 0 {
			l, _ := d.cfg.Tier.lost(n.ops[0])
			loss = l.What
		}
		if n.capability == smm.CapQuote && d.cfg.Tier == TierSelfServe {
			loss = lossQuotes
		}
		switch {
		case loss != "":
			s = smm.Support{State: smm.StatePlan, Cure: loss}
		case n.capability == smm.CapEdit && !premium(me):
			s = smm.Support{State: smm.StateAccountType, Cure: "editing needs a subscription to X Premium"}
		case n.capability == smm.CapWebhooks && len(d.cfg.Webhooks.ConsumerSecrets) == 0:
			s = smm.Support{State: smm.StateServer, Cure: "set x.Config.Webhooks: the app's consumer secret"}
		case len(lacks) > 0:
			s = smm.Support{State: smm.StateScope, Missing: lacks, Cure: "connect the account again and allow " + strings.Join(lacks, " and ")}
		}
		if n.capability == smm.CapReply && s.State == smm.StateGranted && d.cfg.Tier == TierSelfServe {
			s.Cure = lossReplies // X alone knows whom this concerns
		}
		if slices.Contains(creates, n.capability) {
			s.Guarantee = &g
		}
		out[n.capability] = s
	}
	return out
}

// Scopes implements smm.Connector. offline.access, without which an account
// would be connected for two hours, and what tells whose token it is are always
// among them.
func (c *Connector) Scopes(caps ...smm.Capability) ([]string, error) {
	var ops []string
	for _, x := range caps {
		i := slices.IndexFunc(needs, func(n need) bool { return n.capability == x })
		if i < 0 {
			return nil, notSent("connect.scopes", smm.Ref{}, fmt.Errorf("%w: no account of X can ever do %q", smm.ErrUnsupported, x))
		}
		ops = append(ops, needs[i].ops...)
	}
	return Scopes(ops...)
}

// pending is what Finish needs of Begin. It is sealed by whoever keeps it.
type pending struct {
	Scopes   []string `json:"scopes"`
	Verifier string   `json:"verifier"`
}

// Begin implements smm.Connector. No request is made.
func (c *Connector) Begin(ctx context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	const op = "connect.begin"
	if !r.Account.IsZero() {
		if err := checkChannel(r.Account); err != nil {
			return smm.ConnectStart{}, notSent(op, smm.Ref{}, err)
		}
	}
	u, err := url.Parse(r.Redirect)
	switch {
	case err != nil || !u.IsAbs() || u.Fragment != "" || strings.ContainsFunc(r.Redirect, func(c rune) bool { return c <= ' ' }):
		err = invalid("redirect: want an absolute address such as https://app.example/callback, as the app's settings have it")
	case r.State == "":
		err = invalid("ConnectRequest.State is empty")
	case slices.ContainsFunc(r.Scopes, func(s string) bool { return s == "" || strings.ContainsAny(s, " \t\r\n") }):
		err = invalid("a scope is empty or holds a space")
	}
	if err != nil {
		return smm.ConnectStart{}, notSent(op, smm.Ref{}, err)
	}
	always, err := Scopes()
	if err != nil {
		return smm.ConnectStart{}, notSent(op, smm.Ref{}, err)
	}
	scopes := slices.Concat(always, r.Scopes)
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	consent, err := c.oauth.Start(ctx, r.Redirect, r.State, scopes)
	if err != nil {
		return smm.ConnectStart{}, failed(op, err)
	}
	private, err := json.Marshal(pending{scopes, consent.Verifier.Reveal()})
	if err != nil {
		return smm.ConnectStart{}, failed(op, err)
	}
	return smm.ConnectStart{
		Platform: Platform, URL: consent.URL, Redirect: r.Redirect, Scopes: slices.Clone(r.Scopes), Account: r.Account,
		Expires: consent.Expires, Private: smm.NewSecret(string(private)),
	}, nil
}

// Finish implements smm.Connector. One consent reaches one account. It has to be
// called within CodeLife of the browser's return.
func (c *Connector) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	const op = "connect.finish"
	var p pending
	if s.Platform != Platform || json.Unmarshal([]byte(s.Private.Reveal()), &p) != nil || p.Verifier == "" {
		return nil, notSent(op, smm.Ref{}, invalid("the start is not one of this connector"))
	}
	if err := oauthx.CheckReply(s, r, false); err != nil {
		return nil, err
	}
	cred, err := c.oauth.Exchange(ctx, r.Code, s.Redirect, smm.NewSecret(p.Verifier))
	if err != nil {
		return nil, exchangeError(err)
	}
	if cred.Scopes == nil { // RFC 6749 section 5.1: as asked for
		cred.Scopes = p.Scopes
	}
	found, err := c.probe(ctx, cred)
	if err != nil {
		return nil, err
	}
	if !s.Account.IsZero() && found.Channel.Ref != s.Account {
		return nil, notSent(op, smm.Ref{}, fmt.Errorf(
			"%w: @%s was signed in, which is not the account to connect again: change the account at x.com and begin again", smm.ErrForbidden, found.Channel.Handle))
	}
	found.Missing = slices.DeleteFunc(slices.Clone(s.Scopes), func(w string) bool { return slices.Contains(cred.Scopes, w) })
	return []smm.Connected{found}, nil
}

// exchangeError says what is to be done about a code that bought no token.
func exchangeError(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return failed("connect.finish", err)
	}
	out := *e
	out.Op = "connect.finish"
	switch {
	case errors.Is(err, smm.ErrUnauthorized), e.Code == "invalid_request": // which X says of a code that is over
		out.Err = fmt.Errorf("%w: the code is over or was used before, or the app's secret is another: begin again", smm.ErrUnauthorized)
	case e.Outcome == smm.OutcomeUnknown:
		out.Err = fmt.Errorf("%w: the answer was lost or cannot be read, and the code is spent: begin again", e.Err)
	}
	return &out
}

// failed makes err an *smm.Error of this platform, unless it is one.
func failed(op string, err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e
	}
	return notSent(op, smm.Ref{}, err)
}

// probe looks whose token it is and whether the account can be used.
func (c *Connector) probe(ctx context.Context, cred smm.Credential) (smm.Connected, error) {
	v := ClientConfig{BaseURL: c.cfg.BaseURL, HTTPClient: c.cfg.HTTPClient, Clock: c.cfg.Clock, Logger: c.cfg.Logger, UserAgent: c.cfg.UserAgent}
	_, me, err := ClientFromToken(ctx, cred.AccessToken.Reveal(), &v)
	if err == nil {
		return smm.Connected{Channel: channelOf(&me), Credential: cred}, nil
	}
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return smm.Connected{}, failed("connect.probe", err)
	}
	out := *e
	out.Op = "connect.probe"
	switch {
	case errors.Is(err, smm.ErrForbidden):
		out.Err = fmt.Errorf("%w: the account cannot be used: it is suspended or locked, the app may not read it, or the app has no credits", smm.ErrForbidden)
	case errors.Is(err, smm.ErrUnauthorized):
		out.Err = fmt.Errorf("%w: X does not accept the token", smm.ErrUnauthorized)
	case errors.Is(err, smm.ErrUnavailable):
		out.Err = fmt.Errorf("%w: the account was not looked at: begin again", e.Err)
	}
	return smm.Connected{}, &out
}

// ConnectToken implements smm.TokenConnector: c holds AccessToken, RefreshToken
// if there is one of the same app, and Scopes if they are known.
func (c *Connector) ConnectToken(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	if cred.AccessToken.IsZero() {
		return nil, notSent("connect.token", smm.Ref{}, invalid("no access token was given"))
	}
	found, err := c.probe(ctx, cred)
	if err != nil {
		return nil, err
	}
	return []smm.Connected{found}, nil
}

// Revoke implements smm.Revoker: it ends the refresh token and the access token.
func (c *Connector) Revoke(ctx context.Context, account smm.Ref, cred smm.Credential) error {
	const op = "connect.revoke"
	if err := checkChannel(account); err != nil {
		return notSent(op, smm.Ref{}, err)
	}
	for _, token := range []smm.Secret{cred.RefreshToken, cred.AccessToken} { // what is over or empty is none of its work
		if err := c.oauth.Revoke(ctx, token); err != nil {
			return failed(op, err)
		}
	}
	return nil
}

// FromToken makes a driver and finds the channel for somebody who has an
// access token and nothing else.
//
//	driver, channel, err := x.FromToken(ctx, token, nil)
//	client, err := smm.New([]smm.Driver{driver})
//	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Hello"}, nil)
//
// cfg may be nil; its Credentials are not used. The token is kept in memory and
// lives for two hours at most. One request is made, of the price of a user.
func FromToken(ctx context.Context, token string, cfg *Config) (*Driver, smm.Channel, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	c.Credentials = smm.NewMemoryCredentials()
	d, err := New(c)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	v := d.vendorConfig("")
	_, me, err := ClientFromToken(ctx, token, &v)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	ch := channelOf(&me)
	if _, err := c.Credentials.Swap(ctx, smm.TenantFrom(ctx), ch.Ref, 0, smm.Credential{AccessToken: smm.NewSecret(token)}); err != nil {
		return nil, smm.Channel{}, err
	}
	return d, ch, nil
}

// ExtraTokenSecret is the name in Credential.Extra of the secret that belongs to
// an access token of OAuth 1.0a, such as the developer portal shows for one's own
// account. Such a token does not expire and has no scopes; requests with it are
// signed with Config's consumer key.
const ExtraTokenSecret = "oauth1_token_secret" //nolint:gosec // a name, no secret

// sign puts a credential on a request: as a bearer, or by OAuth 1.0a where it has
// the secret of a token.
func (d *Driver) sign(ctx context.Context, req *http.Request, cred smm.Credential) error {
	secret := cred.Extra[ExtraTokenSecret]
	if secret.IsZero() {
		return httpx.Bearer(cred.AccessToken).Authorize(ctx, req)
	}
	signer := oauth1.Signer{
		ConsumerKey: d.cfg.ConsumerKey, ConsumerSecret: d.cfg.ConsumerSecret, Clock: d.cfg.Clock, Token: cred.AccessToken, TokenSecret: secret,
	}
	return signer.Authorize(ctx, req)
}

// renew gets the successor of a token. The refresh token is good once.
func (d *Driver) renew(ctx context.Context, c smm.Credential) (smm.Credential, error) {
	o, err := NewOAuth(OAuthConfig{
		ClientID: d.cfg.ClientID, ClientSecret: d.cfg.ClientSecret, BaseURL: d.cfg.BaseURL,
		HTTPClient: d.cfg.HTTPClient, Clock: d.cfg.Clock, Logger: d.cfg.Logger, UserAgent: d.cfg.UserAgent,
	})
	if err != nil {
		return smm.Credential{}, failed("oauth.token", err)
	}
	next, err := o.Refresh(ctx, c.RefreshToken)
	// X is said to answer invalid_request, and not invalid_grant, for a token that
	// is over. Since this request is the only form that there is, nothing else of
	// it can be wrong.
	if e, ok := errors.AsType[*smm.Error](err); ok && e.Code == "invalid_request" {
		over := *e
		over.Err = fmt.Errorf("%w: the refresh token is over", smm.ErrUnauthorized)
		return smm.Credential{}, &over
	}
	return next, err
}
