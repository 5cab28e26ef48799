package bluesky

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
)

// typed is what a person may have meant.
type typed struct {
	identity string // a handle or DID; "" if none
	server   string // base URL; "" if none. With identity: what to try if nobody has that handle
	hint     string // for the sign-in page
}

// parseTyped reads what a person typed where the account or its server was asked
// for: a handle, with or without "@" or "at://"; a DID; the address of a profile;
// the address of a server; an e-mail address or nothing, which standard answers
// for. It never fails on what is merely wrapped in spaces or in the invisible
// marks that come along with copied text.
func parseTyped(s, standard string) (typed, error) {
	s = strings.Map(func(r rune) rune {
		if r == 0x200b || r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	bare := strings.TrimPrefix(strings.TrimPrefix(s, "at://"), "@")
	switch {
	case len(s) > 2048:
	case s == "":
		return typed{server: standard}, nil
	case identity.IsDID(bare):
		return typed{identity: bare, hint: bare}, nil
	case identity.IsHandle(bare):
		h := strings.ToLower(bare)
		t := typed{identity: h, hint: h}
		if s == bare { // "pds.example.com" may be either
			t.server = "https://" + h
		}
		return t, nil
	case isEmail(bare):
		return typed{server: standard, hint: bare}, nil
	case strings.HasPrefix(strings.ToLower(s), "http://"), strings.HasPrefix(strings.ToLower(s), "https://"):
		return parseAddress(s)
	case !strings.ContainsAny(s, "/@ ?#") && strings.Contains(s, ":"): // host:port
		return parseAddress("https://" + s)
	}
	return typed{}, fmt.Errorf("%w: %q is no handle, DID or server: want something like name.bsky.social", smm.ErrInvalid, smm.CleanMessage(s))
}

// parseAddress reads the address of a server or of a profile page.
func parseAddress(s string) (typed, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" || strings.ContainsFunc(u.Host, notInHost) {
		return typed{}, fmt.Errorf("%w: that is not the address of a server", smm.ErrInvalid)
	}
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(path) >= 2 && path[0] == "profile" && (identity.IsDID(path[1]) || identity.IsHandle(path[1])) {
		return typed{identity: strings.ToLower(path[1]), hint: path[1]}, nil
	}
	if path[0] != "" || u.RawQuery != "" || u.Fragment != "" {
		return typed{}, fmt.Errorf("%w: want the address of a server alone, without a path: https://%s", smm.ErrInvalid, smm.CleanMessage(u.Host))
	}
	return typed{server: strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Host)}, nil
}

// notInHost reports what no host with a port is written with: net/url undoes
// escapes in it.
func notInHost(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-:[]", r))
}

func isEmail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && !strings.ContainsAny(s, " \t/:\"<>") && identity.IsHandle(host)
}

// found is where an account, or those of a server, are authorized.
type found struct {
	id     identity.Identity // zero if a server was named
	server *oauthx.Metadata
}

// find looks up what a person typed. account, if not "", is the DID that it must
// be.
func (c *Connector) find(ctx context.Context, s, account string) (found, string, error) {
	t, err := parseTyped(s, c.cfg.DefaultServer)
	if err != nil {
		return found{}, "", err
	}
	if t.identity == "" && account != "" {
		t.identity, t.hint = account, account
	}
	if t.identity == "" {
		m, err := c.serverOf(ctx, t.server)
		return found{server: m}, t.hint, err
	}
	id, err := c.cfg.Resolver.Resolve(ctx, t.identity)
	if errors.Is(err, smm.ErrNotFound) && t.server != "" && account == "" {
		if m, serr := c.serverOf(ctx, t.server); serr == nil {
			return found{server: m}, "", nil
		}
	}
	switch {
	case err != nil:
		return found{}, "", resolveError(t.identity, err)
	case account != "" && id.DID != account:
		return found{}, "", fmt.Errorf("%w: %s is another account than the one to connect again, %s", smm.ErrInvalid, t.identity, account)
	case !identity.IsDID(t.identity) && id.Handle == "":
		return found{}, "", fmt.Errorf("%w: %s points to an account that does not bear this handle: correct the handle, or give the DID %s", smm.ErrInvalid, t.identity, id.DID)
	}
	m, err := c.authServer(ctx, id.PDS)
	return found{id: id, server: m}, t.hint, err
}

// resolveError says of an identity that cannot be found what the person can do.
func resolveError(who string, err error) error {
	if errors.Is(err, smm.ErrNotFound) {
		return fmt.Errorf("%w: nobody is found under %q: check the spelling (%s)", smm.ErrInvalid, who, smm.CleanMessage(err.Error()))
	}
	return err
}

// authServer finds the authorization server of a PDS and checks it: the PDS must
// name exactly one, and that must bear the name it is asked under.
func (c *Connector) authServer(ctx context.Context, pds string) (*oauthx.Metadata, error) {
	r, err := oauthx.DiscoverResource(ctx, c.cfg.Guard, pds)
	if err != nil {
		return nil, fmt.Errorf("the account's server %s: %w", smm.CleanMessage(pds), noOAuth(err))
	}
	if len(r.AuthorizationServers) != 1 {
		return nil, fmt.Errorf("%w: the account's server %s names %d authorization servers, where there must be one",
			smm.ErrForbidden, smm.CleanMessage(pds), len(r.AuthorizationServers))
	}
	return c.issuer(ctx, r.AuthorizationServers[0])
}

// serverOf finds the authorization server behind an address that a person typed:
// that of a PDS, or an authorization server itself, as bsky.social is.
func (c *Connector) serverOf(ctx context.Context, address string) (*oauthx.Metadata, error) {
	m, err := c.authServer(ctx, address)
	if err == nil || errors.Is(err, smm.ErrInvalid) {
		return m, err
	}
	if direct, derr := c.issuer(ctx, address); derr == nil {
		return direct, nil
	}
	return nil, err
}

func (c *Connector) issuer(ctx context.Context, issuer string) (*oauthx.Metadata, error) {
	m, err := oauthx.DiscoverAs(ctx, c.cfg.Guard, issuer, oauthx.DiscoverRules{SameOrigin: true})
	if err != nil {
		return nil, fmt.Errorf("the authorization server %s: %w", smm.CleanMessage(issuer), noOAuth(err))
	}
	if lacks := lacking(m); lacks != "" {
		return nil, fmt.Errorf("%w: the authorization server %s does not follow the AT Protocol's profile of OAuth: it lacks %s",
			smm.ErrForbidden, smm.CleanMessage(issuer), lacks)
	}
	return m, nil
}

// noOAuth says what a missing document means to a person.
func noOAuth(err error) error {
	if errors.Is(err, smm.ErrNotFound) {
		return fmt.Errorf("%w: it does not offer OAuth: connect with an app password, or check the address", smm.ErrInvalid)
	}
	return err
}

// lacking names what the profile demands of an authorization server and m lacks
// (atproto.com/specs/oauth, "Authorization Servers").
func lacking(m *oauthx.Metadata) string {
	for _, x := range []struct {
		have bool
		what string
	}{
		{m.RequirePushedAuthorizationRequests && m.PushedAuthorizationRequestEndpoint != "", "pushed authorization requests"},
		{m.AuthorizationResponseIssParameterSupported, "the iss parameter in answers"},
		{m.ClientIDMetadataDocumentSupported, "client metadata documents"},
		{slices.Contains(m.DPoPSigningAlgValuesSupported, "ES256"), "DPoP with ES256"},
		{slices.Contains(m.CodeChallengeMethodsSupported, "S256"), "PKCE with S256"},
		{all(m.GrantTypesSupported, "authorization_code", "refresh_token"), "the grant types"},
		{slices.Contains(m.ResponseTypesSupported, "code"), "the response type code"},
		{all(m.TokenEndpointAuthMethodsSupported, "none", "private_key_jwt"), "the methods of client authentication"},
		{slices.Contains(m.ScopesSupported, "atproto"), "the scope atproto"},
	} {
		if !x.have {
			return x.what
		}
	}
	return ""
}

func all(have []string, want ...string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) })
}
