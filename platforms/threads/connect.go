package threads

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// ConnectorConfig configures NewConnector. AppID and AppSecret are required.
type ConnectorConfig struct {
	AppID     string     // of Threads in the settings of the Meta app, not the id of the app itself
	AppSecret smm.Secret // likewise

	// Redirects are all addresses that browsers may come back to, as the settings
	// have them. Nil: Begin takes any.
	Redirects []string

	BaseURL      string // in place of all the vendor's hosts; "" for them
	AuthorizeURL string // the page of consent; "" for that of BaseURL

	HTTPClient *http.Client // nil for a private one
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// shortLife is less than what is left of a long token, but for its last day.
const shortLife = 24 * time.Hour

// Connector connects Threads accounts. It is safe for concurrent use.
//
// A credential that it makes holds a long token, which lives 60 days and which
// the driver renews, and the scopes that were granted.
type Connector struct {
	cfg ConnectorConfig
	app *meta.App
}

var (
	_ smm.Connector      = (*Connector)(nil)
	_ smm.TokenConnector = (*Connector)(nil)
)

// NewConnector checks cfg. No request is made. Errors match smm.ErrInvalid.
func NewConnector(cfg ConnectorConfig) (*Connector, error) {
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "smmkit"
	}
	cfg.Redirects = slices.Clone(cfg.Redirects)
	a, err := meta.NewApp(meta.AppConfig{
		Platform: Platform, Flavour: meta.ThreadsLogin, ID: cfg.AppID, Secret: cfg.AppSecret, BaseURL: cfg.BaseURL, AuthorizeURL: cfg.AuthorizeURL,
		HTTPClient: cfg.HTTPClient, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
	})
	if err != nil {
		return nil, err
	}
	return &Connector{cfg: cfg, app: a}, nil
}

// String implements fmt.Stringer.
func (c *Connector) String() string { return "threads.Connector(" + c.cfg.AppID + ")" }

// Platform implements smm.Connector.
func (c *Connector) Platform() smm.Platform { return Platform }

// Scopes implements smm.Connector. threads_basic is always among them.
func (c *Connector) Scopes(caps ...smm.Capability) ([]string, error) {
	out := []string{ScopeBasic}
	for _, x := range caps {
		scopes := scopesOf(x)
		if scopes == nil {
			return nil, refused("connect.scopes", smm.Ref{}, fmt.Errorf("%w: no account of Threads can ever do %q", smm.ErrUnsupported, x))
		}
		out = append(out, scopes...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Begin implements smm.Connector. The vendor has no PKCE and no choice of a
// language; ConnectRequest.Server is not looked at.
func (c *Connector) Begin(_ context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	if !r.Account.IsZero() {
		if err := checkChannel(r.Account); err != nil {
			return smm.ConnectStart{}, refused("connect.begin", smm.Ref{}, err)
		}
	}
	if len(c.cfg.Redirects) > 0 && !slices.Contains(c.cfg.Redirects, r.Redirect) {
		return smm.ConnectStart{}, refused("connect.begin", smm.Ref{},
			fmt.Errorf("%w: the redirect address is not among ConnectorConfig.Redirects", smm.ErrInvalid))
	}
	if !slices.Contains(r.Scopes, ScopeBasic) {
		r.Scopes = append([]string{ScopeBasic}, r.Scopes...)
	}
	return c.app.Start(r)
}

// Finish implements smm.Connector. One consent reaches one account. The code is
// redeemed for a short token, and that for a long one; if the latter is lost, the
// person has to begin again.
func (c *Connector) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	const op = "connect.finish"
	t, err := c.app.Finish(ctx, s, r)
	if err != nil {
		return nil, asOp(op, loginError(err))
	}
	cred := t.Credential()
	if err := c.inspect(ctx, &cred); err != nil {
		return nil, asOp(op, err)
	}
	found, err := c.probe(ctx, cred)
	if err != nil {
		return nil, asOp(op, err)
	}
	if !s.Account.IsZero() && found.Channel.Ref != s.Account {
		return nil, refused(op, smm.Ref{}, fmt.Errorf(
			"%w: @%s was signed in, which is not the account to connect again: sign out at Threads and begin again", smm.ErrForbidden, smm.CleanMessage(found.Channel.Handle)))
	}
	found.Missing = account.LackingScopes(found.Credential.Scopes, s.Scopes)
	return []smm.Connected{found}, nil
}

// inspect asks the vendor which scopes were granted and when the token ends,
// where the login did not say. That it cannot be asked costs only the scopes:
// they are then not known. A token that it calls invalid is an error.
func (c *Connector) inspect(ctx context.Context, cred *smm.Credential) error {
	in, err := c.app.Inspect(ctx, cred.AccessToken)
	if err != nil {
		if errors.Is(err, smm.ErrUnavailable) && ctx.Err() != nil {
			return err
		}
		return nil
	}
	if !in.Valid {
		return refused("oauth.debug_token", smm.Ref{}, fmt.Errorf("%w: the vendor calls the token invalid", smm.ErrUnauthorized))
	}
	if len(in.Scopes) > 0 {
		cred.Scopes = in.Scopes
	}
	if cred.Expires.IsZero() {
		cred.Expires = in.Expires
	}
	if !in.IssuedAt.IsZero() && cred.Obtained.IsZero() {
		cred.Obtained = in.IssuedAt
	}
	return nil
}

// probe looks whose token it is.
func (c *Connector) probe(ctx context.Context, cred smm.Credential) (smm.Connected, error) {
	v, err := NewClient(ClientConfig{
		Token: cred.AccessToken, BaseURL: c.cfg.BaseURL, HTTPClient: c.cfg.HTTPClient, Clock: c.cfg.Clock, Logger: c.cfg.Logger, UserAgent: c.cfg.UserAgent,
	})
	if err != nil {
		return smm.Connected{}, err
	}
	me, err := v.Profiles.Me(ctx)
	if err != nil {
		return smm.Connected{}, err
	}
	found := smm.Connected{Channel: channelOf(&me), Credential: cred}
	if err := found.Channel.Ref.Check(); err != nil {
		return smm.Connected{}, fmt.Errorf("%w: unreadable answer: an account without a usable id", smm.ErrUnavailable)
	}
	return found, nil
}

// ConnectToken implements smm.TokenConnector: c holds an AccessToken of this app.
// A token of an hour is exchanged for a long one where the vendor says that it
// ends within a day.
func (c *Connector) ConnectToken(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	const op = "connect.token"
	if cred.AccessToken.IsZero() {
		return nil, refused(op, smm.Ref{}, fmt.Errorf("%w: no access token was given", smm.ErrInvalid))
	}
	if err := c.inspect(ctx, &cred); err != nil {
		return nil, asOp(op, err)
	}
	if now := c.cfg.Clock.Now(); !cred.Expires.IsZero() && cred.Expires.Sub(now) < shortLife {
		t, err := c.app.Lengthen(ctx, cred.AccessToken)
		switch {
		case err == nil:
			long := t.Credential()
			long.Scopes = cred.Scopes
			cred = long
		case smm.Temporary(err) || smm.NeedsReconnect(err):
			return nil, asOp(op, err)
		} // else it is a long one on its last day
	}
	found, err := c.probe(ctx, cred)
	if err != nil {
		return nil, asOp(op, err)
	}
	return []smm.Connected{found}, nil
}

// loginError says what is to be done about a code that bought no token.
func loginError(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return err
	}
	out := *e
	switch {
	case errors.Is(err, smm.ErrUnauthorized):
		out.Err = fmt.Errorf("%w: the code is over or was used before: begin again", smm.ErrUnauthorized)
	case errors.Is(err, smm.ErrUnavailable):
		out.Err = fmt.Errorf("%w: the vendor's answer was lost or cannot be read, and the code may be spent: begin again", smm.ErrUnavailable)
	}
	return &out
}

// asOp names the operation of the connector in an error.
func asOp(op string, err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return refused(op, smm.Ref{}, err)
	}
	out := *e
	out.Op = op
	return &out
}
