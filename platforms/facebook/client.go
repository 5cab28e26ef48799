package facebook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Platform is the name of this driver and of its Refs.
const Platform smm.Platform = "facebook"

// ClientConfig configures NewClient. Page is required.
type ClientConfig struct {
	// Page is the Page's id. All requests are made as the Page.
	Page ID

	// Token is the Page's access token, or TokenSource gives one when needed.
	Token       smm.Secret
	TokenSource oauth2.TokenSource

	// AppSecret, if there is one, proves with each request that the token is used
	// by its app. Apps may demand that in their settings.
	AppSecret smm.Secret

	Version string // of the Graph, "v25.0"; "" for DefaultVersion
	BaseURL string // in place of all the vendor's hosts; "" for them

	HTTPClient *http.Client // nil for a private one
	Quota      smm.Quota    // asked before each request, with keys of QuotaLimit; nil for none
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// DefaultVersion is the version of the Graph that is asked where none is set.
const DefaultVersion = meta.DefaultVersion

// Client is the vendor client of one Page. It is safe for concurrent use.
// Methods return *smm.Error.
type Client struct {
	graph *meta.Client
	page  ID
	clock smm.Clock

	Pages    *PageService
	Posts    *PostService
	Photos   *PhotoService
	Videos   *VideoService
	Reels    *ReelService
	Stories  *StoryService
	Comments *CommentService
	Messages *MessageService
	Profile  *MessengerService
	Insights *InsightService
}

// NewClient checks cfg and returns a Client. No request is made. Errors match
// smm.ErrInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.TokenSource != nil && !cfg.Token.IsZero() {
		return nil, fmt.Errorf("%w: facebook: both Token and TokenSource are set", smm.ErrInvalid)
	}
	if cfg.TokenSource != nil {
		return newClient(cfg, sourceTokens{cfg.TokenSource})
	}
	return newClient(cfg, nil)
}

func newClient(cfg ClientConfig, tokens meta.TokenSource) (*Client, error) {
	if !validID(string(cfg.Page)) {
		return nil, fmt.Errorf("%w: facebook: ClientConfig.Page: want the Page's id", smm.ErrInvalid)
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	mc := meta.Config{
		Platform: Platform, Host: cfg.BaseURL, Version: cfg.Version, Uploads: cfg.BaseURL, Tokens: tokens, AppSecret: cfg.AppSecret,
		HTTPClient: cfg.HTTPClient, Quota: cfg.Quota, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
		Account: string(cfg.Page), UseCase: useCase, Rows: rows,
	}
	if tokens == nil {
		mc.Token = cfg.Token
	}
	graph, err := meta.New(mc)
	if err != nil {
		return nil, err
	}
	c := &Client{graph: graph, page: cfg.Page, clock: cfg.Clock}
	c.Pages, c.Posts, c.Photos, c.Stories = &PageService{c}, &PostService{c}, &PhotoService{c}, &StoryService{c}
	c.Videos, c.Reels, c.Comments = &VideoService{c}, &ReelService{c}, &CommentService{c}
	c.Messages, c.Profile, c.Insights = &MessageService{c}, &MessengerService{c}, &InsightService{c}
	return c, nil
}

// Page returns the id of the Page.
func (c *Client) Page() ID { return c.page }

// Version returns the version of the Graph that requests name.
func (c *Client) Version() string { return c.graph.Version() }

// validID admits what the vendor's identifiers are made of, and nothing that
// could change the path of a request.
func validID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' || r == '?' || r == '#' })
}

// maxID is far longer than any identifier of the vendor's.
const maxID = 256

// sourceTokens gives the tokens of golang.org/x/oauth2.
type sourceTokens struct{ ts oauth2.TokenSource }

func (s sourceTokens) Credential(context.Context) (smm.Credential, error) {
	t, err := s.ts.Token()
	if err != nil {
		// The error may quote the answer of a token endpoint.
		return smm.Credential{}, fmt.Errorf("%w: the token source gives no token", smm.ErrUnauthorized)
	}
	return smm.Credential{AccessToken: smm.NewSecret(t.AccessToken), Expires: t.Expiry}, nil
}

func (s sourceTokens) Refused(context.Context, smm.Credential) (bool, error) { return false, nil }

// identified is a node that must have an id: an answer without one is not the
// thing that was asked for.
type identified interface{ identified() bool }

// node reads a node, or creates something that answers with one.
func node[T identified](ctx context.Context, r *meta.Request, do func(context.Context, *meta.Request, any) error) (v T, _ error) {
	if err := do(ctx, r, &v); err != nil {
		return v, err
	}
	if !v.identified() {
		return v, unreadable(r, "an object without an id")
	}
	return v, nil
}

// created sends a request that creates something and reads its id. Without one
// the outcome stays unknown.
func (c *Client) created(ctx context.Context, r *meta.Request) (Created, smm.Outcome, error) {
	var v Created
	o, err := c.graph.Commit(ctx, r, &v)
	if err == nil && !v.identified() {
		return v, smm.Outcome{}, unreadable(r, "an object without an id")
	}
	return v, o, err
}

func unreadable(r *meta.Request, what string) error {
	return &smm.Error{
		Op: r.Op, Platform: Platform, Channel: r.Channel, Status: http.StatusOK,
		Err: fmt.Errorf("%w: unreadable answer: %s", smm.ErrUnavailable, what),
	}
}

// form gathers the parameters of a request; what is empty is left out.
type form url.Values

func (f form) text(name, v string) form {
	if v != "" {
		f[name] = []string{v}
	}
	return f
}

func (f form) id(name string, v ID) form { return f.text(name, string(v)) }

func (f form) raw(name string, v []byte) form { return f.text(name, string(v)) }

func (f form) flag(name string, v *bool) form {
	if v != nil {
		f[name] = []string{strconv.FormatBool(*v)}
	}
	return f
}

func (f form) number(name string, v int64) form {
	if v > 0 {
		f[name] = []string{strconv.FormatInt(v, 10)}
	}
	return f
}

func (f form) time(name string, v time.Time) form {
	if !v.IsZero() {
		f[name] = []string{strconv.FormatInt(v.Unix(), 10)}
	}
	return f
}

func (f form) ids(name string, v []ID) form {
	if len(v) > 0 {
		f[name] = []string{encode(v)}
	}
	return f
}

func (f form) values() url.Values { return url.Values(f) }
