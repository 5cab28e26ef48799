package bluesky

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/bluesky/scope"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// ReadFacts implements smm.HealthReader. AccountType is the account's state:
// "active", "deactivated", "suspended", "takendown". Scopes are nil for app
// passwords, of which the network does not tell what they allow. Config.Quota is
// asked for what is left if it is an smm.QuotaReader.
func (d *Driver) ReadFacts(ctx context.Context, channel smm.Ref) (smm.Facts, error) {
	c, err := d.client(ctx, channel)
	if err != nil {
		return smm.Facts{Audit: smm.AuditNotNeeded}, err
	}
	facts := smm.Facts{Audit: smm.AuditNotNeeded, Server: c.Base()}
	read := func(cred smm.Credential) {
		facts.Scopes, facts.Token = slices.Clone(cred.Scopes), smm.TokenFactsOf(cred)
		// An app password makes new sessions for as long as it is not deleted.
		facts.Token.Renews = facts.Token.Renews || cred.TokenType != dpopType && !cred.Extra[ExtraAppPassword].IsZero()
	}
	if cred, err := d.cfg.Credentials.Load(ctx, smm.TenantFrom(ctx), channel); err == nil {
		read(cred)
	}
	facts.Quotas = d.quotasLeft(ctx, c)
	session, err := c.Server.GetSession(ctx)
	if err != nil {
		return facts, err
	}
	if session.DID != channel.ID {
		return facts, d.fail("health", channel, fmt.Errorf("%w: the stored token belongs to another account", smm.ErrUnauthorized))
	}
	facts.AccountType = "active"
	if session.inactive() != nil {
		facts.AccountType = smm.CleanMessage(session.Status)
	}
	if cred, err := d.cfg.Credentials.Load(ctx, smm.TenantFrom(ctx), channel); err == nil {
		read(cred) // the request may have renewed it
	}
	if v := c.Server.version(ctx); v != "" {
		facts.Software = "PDS " + v
	}
	facts.Quotas = d.quotasLeft(ctx, c)
	return facts, nil
}

// quotasLeft asks for all budgets of an account; nil if nobody counts, or who
// counts does not answer.
func (d *Driver) quotasLeft(ctx context.Context, c *Client) []smm.QuotaState {
	reader, ok := d.cfg.Quota.(smm.QuotaReader)
	if !ok {
		return nil
	}
	charges := c.charges(1)
	keys := make([]smm.QuotaKey, 0, len(charges))
	for _, ch := range charges {
		keys = append(keys, ch.Key)
	}
	states, err := reader.Left(ctx, keys...)
	if err != nil {
		return nil
	}
	return states
}

// version asks what runs on the server. Only the reference implementation and
// its kin answer; "" for others.
func (s *ServerService) version(ctx context.Context) string {
	r := s.c.query("_health", nil)
	r.Auth = httpx.Anonymous()
	out, err := read[struct {
		Version string `json:"version"`
	}](ctx, s.c, r)
	if err != nil {
		return ""
	}
	return smm.CleanMessage(out.Version)
}

// grants is what the owner of an account granted, as far as it is known.
type grants struct {
	all      bool // an app password: nothing is held back but perhaps messages
	services scope.Services
	scopes   []string
	set      scope.Set
}

func (d *Driver) granted(ctx context.Context, c *Client) (grants, error) {
	g := grants{services: scope.Services{AppView: AppViewService, Chat: ChatService, Labeler: c.cfg.Labeler}}
	auth, ok := c.cfg.Auth.(*accountAuth)
	if !ok {
		return grants{all: true}, nil
	}
	cred, err := auth.keeper.Credential(ctx)
	if err != nil {
		return g, d.fail("capabilities", ChannelRef(c.DID()), err)
	}
	g.all = cred.TokenType != dpopType || cred.Scopes == nil
	g.scopes, g.set = cred.Scopes, scope.New(cred.Scopes)
	return g, nil
}

// support returns s if the grant allows x, and otherwise what is missing, in the
// kind of scopes that the account was connected with.
func (g *grants) support(x smm.Capability, s smm.Support) smm.Support {
	needs, ok := scope.Needs(g.services, x)
	if g.all || !ok {
		return s
	}
	lacks := slices.DeleteFunc(needs, g.set.Has)
	if len(lacks) == 0 {
		return s
	}
	wide, err := scope.Transitional(x)
	if narrow := slices.ContainsFunc(g.scopes, scope.IsGranular); err == nil && !narrow {
		lacks = scope.Missing(g.scopes, wide)
	}
	s.State, s.Missing = smm.StateScope, lacks
	s.Cure = "connect the account again and allow what is missing"
	if x == smm.CapMessage || x == smm.CapListMessages {
		s.Cure = "connect the account again and allow access to direct messages"
	}
	return s
}

// fetcher makes an http.Client an oauthx.Fetcher, for addresses that were
// checked when the account was connected. The host chose the client for them,
// see Config.HTTPClient.
type fetcher struct{ h *http.Client }

// Fetch gets a document. Redirects are not followed.
func (f fetcher) Fetch(ctx context.Context, rawURL string) (*safehttp.Response, error) {
	const limit = 1 << 20
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, safehttp.Redact(err)
	}
	h := *f.h
	h.Jar, h.CheckRedirect = nil, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := h.Do(req)
	if err != nil {
		return nil, safehttp.Redact(err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, safehttp.Redact(err)
	}
	return &safehttp.Response{Status: resp.StatusCode, Header: resp.Header, Body: body, FinalURL: finalURL(resp, rawURL)}, nil
}

func finalURL(resp *http.Response, asked string) string {
	if resp.Request != nil && resp.Request.URL != nil {
		return resp.Request.URL.String()
	}
	return asked
}
