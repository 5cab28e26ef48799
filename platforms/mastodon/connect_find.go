package mastodon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// FindServer reads the server from what people type when they are asked for it:
// "social.example", a handle ("@alice@social.example", "alice@social.example",
// "acct:alice@social.example"), or the address of any page of the server, whose
// path is dropped. Without a scheme it is https. The form of the answer is that
// of ParseServer. Whether such a server exists is not looked at. Errors match
// smm.ErrInvalid and do not quote what was typed.
func FindServer(typed string) (*url.URL, error) {
	bad := func(what string) error {
		return fmt.Errorf("%w: mastodon: server: %s: want the name of the account's server, such as social.example", smm.ErrInvalid, what)
	}
	const longest = 1024
	s := strings.TrimSpace(typed)
	switch {
	case s == "":
		return nil, bad("nothing was given")
	case len(s) > longest:
		return nil, bad("far too long")
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r == '\uFFFD' }):
		return nil, bad("has a space, a backslash or a control character")
	}
	scheme, host, isURL := strings.Cut(s, "://")
	if !isURL {
		scheme, host = "https", strings.TrimPrefix(strings.TrimPrefix(s, "acct:"), "@")
	}
	if end := strings.IndexAny(host, "/?#"); end >= 0 {
		host = host[:end]
	}
	user, of, isHandle := strings.Cut(host, "@")
	switch {
	case isURL:
	case !isHandle && strings.HasPrefix(s, "@"):
		return nil, bad("a handle that lacks its server")
	case isHandle:
		if user == "" || strings.Contains(user, ":") {
			return nil, bad("not a handle")
		}
		host = of
	}
	if host == "" || strings.Contains(host, "@") {
		return nil, bad("not an address")
	}
	u, err := ParseServer(strings.ToLower(scheme) + "://" + host)
	if err != nil {
		return nil, err
	}
	if u.Hostname() == "" || u.Path != "" {
		return nil, bad("not an address")
	}
	return u, nil
}

// authServer is a server as far as signing in goes.
type authServer struct {
	base     *url.URL
	meta     oauthx.Metadata
	software Software // "" where the metadata told all that is needed
}

func (a *authServer) register() string { return a.meta.AppRegistrationEndpoint }

// discover asks a server how to sign in there: by its metadata (Mastodon 4.3
// and later), else by the paths that older releases and compatible servers have
// in common. Everything goes through the guard, since the host is whatever a
// stranger typed.
func (c *Connector) discover(ctx context.Context, base *url.URL) (*authServer, error) {
	at := base.String()
	meta, err := oauthx.DiscoverAs(ctx, documents{c.cfg.Guard}, at, oauthx.DiscoverRules{
		Issuers: []string{at + "/", at}, SameOrigin: true, // Mastodon's own has the slash
	})
	switch {
	case err == nil:
		if meta.AppRegistrationEndpoint == "" {
			meta.AppRegistrationEndpoint = at + "/" + appsPath
		}
		return &authServer{base: base, meta: *meta}, nil
	case !errors.Is(err, smm.ErrNotFound):
		return nil, failed("connect.discover", err)
	}
	software, err := c.recognise(ctx, at)
	if err != nil {
		return nil, err
	}
	return &authServer{base: base, software: software, meta: documentedMetadata(at)}, nil
}

// documentedMetadata are the paths of servers that have no metadata.
// https://docs.joinmastodon.org/methods/oauth/ (read August 2026).
func documentedMetadata(at string) oauthx.Metadata {
	return oauthx.Metadata{
		AuthorizationEndpoint: at + "/oauth/authorize", TokenEndpoint: at + "/oauth/token", RevocationEndpoint: at + "/oauth/revoke",
		AppRegistrationEndpoint: at + "/" + appsPath, TokenEndpointAuthMethodsSupported: []string{string(oauthx.AuthPost)},
	}
}

// recognise makes sure that something with Mastodon's API is there, before an
// app is registered and a person sent to it.
func (c *Connector) recognise(ctx context.Context, at string) (Software, error) {
	v, err := c.vendor(at, smm.Secret{})
	if err != nil {
		return "", err
	}
	in, err := v.Instance.Get(ctx)
	switch {
	case err == nil && (in.Version != "" || in.URI != "" || in.Domain != ""):
		return in.Software(), nil
	case err == nil, missing(err), errors.Is(err, smm.ErrForbidden), errors.Is(err, smm.ErrUnauthorized):
		return "", &smm.Error{
			Op: "connect.discover", Platform: Platform, Outcome: smm.OutcomeNotSent,
			Err: fmt.Errorf("%w: no server with Mastodon's client API answers there: give the host of the account's web page, which may differ from the end of its handle", smm.ErrInvalid),
		}
	}
	return "", failed("connect.discover", err)
}

// documents is the guard, with answers that are no document made what they mean.
type documents struct{ guard *safehttp.Guard }

// Fetch implements oauthx.Fetcher. Software that does not know the address
// answers with its start page or with a refusal rather than with 404, as often
// as not.
func (d documents) Fetch(ctx context.Context, rawURL string) (*safehttp.Response, error) {
	resp, err := d.guard.Fetch(ctx, rawURL)
	if err != nil {
		return nil, err
	}
	page := resp.Status == http.StatusOK && bytes.HasPrefix(bytes.TrimSpace(resp.Body), []byte("<"))
	switch resp.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotAcceptable:
		page = true
	}
	if page {
		resp.Status = http.StatusNotFound
	}
	return resp, nil
}

// scopes brings the scopes that a host asks for to those that the server knows:
// a broad one for a narrow one where there are no narrow ones at all, and
// read:accounts for profile, which came with 4.3. What the server lacks is left out, since one
// unknown scope spoils the whole request; it ends up in Connected.Missing.
func (a *authServer) scopes(asked []string) []string {
	var out []string
	for _, s := range asked {
		broad, _, _ := strings.Cut(s, ":")
		switch {
		case a.knows(s):
		case s == scopeProfile && a.knows(scopeAccounts):
			s = scopeAccounts
		case s == scopeProfile && a.knows("read"):
			s = "read"
		case a.knows(broad) && !a.knowsNarrow(broad):
			s = broad
		default:
			continue
		}
		out = append(out, s)
	}
	return leastScopes(out)
}

func (a *authServer) knows(scope string) bool {
	switch {
	case len(a.meta.ScopesSupported) > 0:
		return slices.Contains(a.meta.ScopesSupported, scope)
	case a.software == Pixelfed: // its OAuth library is set up with these; from its source, not verified
		return scope == "read" || scope == "write" || scope == "follow" || scope == "push"
	}
	return scope != scopeProfile
}

// knowsNarrow reports whether the server parts a broad scope into narrow ones.
func (a *authServer) knowsNarrow(broad string) bool {
	return slices.ContainsFunc(a.meta.ScopesSupported, func(s string) bool { return strings.HasPrefix(s, broad+":") })
}

// leastScopes sorts scopes and drops those that another covers.
func leastScopes(scopes []string) []string {
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
		broad, _, narrow := strings.Cut(s, ":")
		return narrow && slices.Contains(scopes, broad) || s == scopeProfile && covers(scopes, scopeAccounts)
	})
}
