package bluesky

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// Platform is the name of this platform in Refs.
const Platform smm.Platform = "bluesky"

// Addresses of the public network.
const (
	DefaultServer       = "https://bsky.social"    // an entryway: sign in here, then use the server that the session names
	DefaultVideoService = "https://video.bsky.app" //
)

// Services behind the account's server, as the atproto-proxy header names them.
const (
	ChatService    = "did:web:api.bsky.chat#bsky_chat"
	LabelerService = "did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler" // Bluesky's own moderation
)

// ChannelRef returns the Ref of an account by its DID.
func ChannelRef(did string) smm.Ref {
	return smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: did}
}

// ClientConfig is what a Client needs.
type ClientConfig struct {
	// Server is the base URL of the account's PDS. Required.
	Server string
	// DID is the account that Auth stands for. Empty: an anonymous client that
	// can sign in and read what is public.
	DID string
	// Auth adds the credential. nil: none.
	Auth Authorizer
	// HTTPClient gives the transport and the time limit; nil: a private one. Whoever
	// owns an account chooses where its server is: a host that connects accounts
	// of strangers passes a client of package safehttp.
	HTTPClient *http.Client
	// VideoService is the base URL of the video service. Empty: videos are
	// uploaded as plain blobs.
	VideoService string
	// Labeler is who gets reports; empty for LabelerService.
	Labeler string

	Tenant    smm.Tenant
	Quota     smm.Quota    // nil: none
	Clock     smm.Clock    // nil: the machine's
	Logger    *slog.Logger // nil: silence
	UserAgent string
}

// Client is the vendor's API for one account. Its services have the methods of
// the lexicons, by their names. It is safe for concurrent use.
type Client struct {
	Server        *ServerService       // com.atproto.server, com.atproto.identity
	Repo          *RepoService         // com.atproto.repo
	Feed          *FeedService         // app.bsky.feed
	Actor         *ActorService        // app.bsky.actor
	Graph         *GraphService        // app.bsky.graph
	Notifications *NotificationService // app.bsky.notification
	Chat          *ConvoService        // chat.bsky.convo
	Video         *VideoService        // app.bsky.video
	Moderation    *ModerationService   // com.atproto.moderation

	cfg   ClientConfig
	http  *httpx.Client
	clock smm.Clock
}

// service is what all services hold.
type service struct{ c *Client }

// NewClient returns a Client. Errors match smm.ErrInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	cfg.Server = strings.TrimSuffix(cfg.Server, "/")
	if cfg.DID != "" && !identity.IsDID(cfg.DID) {
		return nil, fmt.Errorf("%w: %q is not a DID", smm.ErrInvalid, cfg.DID)
	}
	if cfg.Labeler == "" {
		cfg.Labeler = LabelerService
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	hc := httpx.Config{
		Platform: Platform, BaseURL: cfg.Server, HTTPClient: cfg.HTTPClient, Errors: errorTable,
		Quota: cfg.Quota, QuotaStates: quotaStates,
		Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent, MaxBody: 16 << 20,
	}
	if cfg.Server == "" {
		return nil, fmt.Errorf("%w: no server: give the base URL of the account's PDS, or %s to sign in", smm.ErrInvalid, DefaultServer)
	}
	h, err := httpx.New(hc)
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, http: h, clock: cfg.Clock}
	s := service{c}
	c.Server, c.Repo, c.Feed, c.Actor = (*ServerService)(&s), (*RepoService)(&s), (*FeedService)(&s), (*ActorService)(&s)
	c.Graph, c.Notifications, c.Chat = (*GraphService)(&s), (*NotificationService)(&s), (*ConvoService)(&s)
	c.Video, c.Moderation = (*VideoService)(&s), (*ModerationService)(&s)
	return c, nil
}

// DID returns the account that the client acts for, "" if it is anonymous.
func (c *Client) DID() string { return c.cfg.DID }

// Base returns the base URL of the account's server.
func (c *Client) Base() string { return c.cfg.Server }

// query prepares an XRPC query.
func (c *Client) query(nsid string, params url.Values) *httpx.Request {
	return c.request(http.MethodGet, nsid, params, httpx.Body{}, 0)
}

// procedure prepares an XRPC procedure that costs write points.
func (c *Client) procedure(nsid string, in any, points int64) *httpx.Request {
	var body httpx.Body
	if in != nil {
		body = httpx.JSON(in)
	}
	return c.request(http.MethodPost, nsid, nil, body, points)
}

func (c *Client) request(verb, nsid string, params url.Values, body httpx.Body, points int64) *httpx.Request {
	r := &httpx.Request{
		Op: nsid, Method: verb, URL: "/xrpc/" + nsid, Query: params, Body: body,
		Header: make(http.Header), Charges: c.charges(points),
	}
	if c.cfg.DID != "" {
		r.Channel = ChannelRef(c.cfg.DID)
	}
	r.Auth = c.authorize()
	return r
}

// authorize returns the credential for one request.
func (c *Client) authorize() httpx.Authorizer {
	switch a := c.cfg.Auth.(type) {
	case nil:
		return httpx.Anonymous()
	case *accountAuth:
		return &requestAuth{account: a}
	default:
		return a
	}
}

// proxied routes a request through the account's server to another service.
func proxied(r *httpx.Request, service string) *httpx.Request {
	r.Header.Set("Atproto-Proxy", service)
	return r
}

// read sends a query and decodes its answer.
func read[T any](ctx context.Context, c *Client, r *httpx.Request) (*T, error) {
	resp, err := c.http.Read(ctx, r)
	if err != nil {
		return nil, err
	}
	return decode[T](resp)
}

// decode reads an answer. One without its list is not an empty list: believed, it
// would tell that a message which was sent is not there.
func decode[T any](resp *httpx.Response) (*T, error) {
	out := new(T)
	if err := resp.JSON(out); err != nil {
		return nil, err
	}
	if v, ok := any(out).(interface{ lacking() bool }); ok && v.lacking() {
		return nil, resp.Unreadable("what the lexicon requires is missing")
	}
	return out, nil
}

// write sends a procedure that may be repeated and decodes its answer.
func write[T any](ctx context.Context, c *Client, r *httpx.Request) (*T, error) {
	resp, err := c.http.Write(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(resp.Body) == 0 { // some procedures answer nothing
		return new(T), nil
	}
	return decode[T](resp)
}

// Page asks for a part of a list. Lists end when an answer has no cursor, not
// when it is short.
type Page struct {
	Cursor string
	Limit  int // 1 to 100; 0 for the service's choice
}

func (p Page) values() url.Values {
	v := url.Values{}
	if p.Cursor != "" {
		v.Set("cursor", p.Cursor)
	}
	if p.Limit > 0 {
		v.Set("limit", strconv.Itoa(min(p.Limit, 100)))
	}
	return v
}

// uploadTimeout is how long size bytes may take: a minute, and time for a slow
// line of 100 kB/s.
func uploadTimeout(size int64) time.Duration {
	return time.Minute + time.Duration(size/100_000)*time.Second
}
