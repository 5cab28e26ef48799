package oauthx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// Fetcher gets a document from a host that a stranger named. *safehttp.Guard is
// one.
type Fetcher interface {
	Fetch(ctx context.Context, rawURL string) (*safehttp.Response, error)
}

// maxDocument bounds a metadata document and an answer of an endpoint, in bytes.
const maxDocument = 1 << 20

// DiscoverRules are what DiscoverAs admits.
type DiscoverRules struct {
	// Issuers are the identifiers that the document may bear, compared exactly.
	// Nil means the address that was asked.
	Issuers []string
	// SameOrigin refuses endpoints on another origin than the issuer's.
	SameOrigin bool
}

// Discover gets the metadata of an authorization server (RFC 8414 section 3).
// The document must bear issuer exactly (section 3.3), and its endpoints must be
// absolute https URLs; http is admitted to loopback addresses alone, where the
// Fetcher admits it.
//
// Errors match smm.ErrInvalid for an issuer that is no such URL or an address
// that the Fetcher refuses, smm.ErrNotFound where no document is, smm.ErrForbidden
// for one that is readable and cannot be trusted, and smm.ErrUnavailable for the
// rest.
func Discover(ctx context.Context, f Fetcher, issuer string) (*Metadata, error) {
	return DiscoverAs(ctx, f, issuer, DiscoverRules{})
}

// DiscoverAs is Discover under rules of the caller's, for vendors whose documents
// bear another identifier than the address where people find them: one that
// differs by a trailing slash, or one that all tenants share.
func DiscoverAs(ctx context.Context, f Fetcher, at string, rules DiscoverRules) (*Metadata, error) {
	body, err := wellKnown(ctx, f, at, "oauth-authorization-server")
	if err != nil {
		return nil, err
	}
	m, err := parseMetadata(body)
	if err != nil {
		return nil, err
	}
	if rules.Issuers == nil {
		rules.Issuers = []string{at}
	}
	if !slices.Contains(rules.Issuers, m.Issuer) {
		return nil, lie("bears another issuer than the address that was asked")
	}
	issuer, err := parseIssuer(m.Issuer)
	if err != nil {
		return nil, lie("bears an issuer that is not an https URL without query and fragment")
	}
	if err := m.check(issuer, rules.SameOrigin); err != nil {
		return nil, err
	}
	return m, nil
}

// DiscoverResource gets the metadata of a protected resource (RFC 9728 section
// 3). The document must bear resource exactly (section 3.3). Errors are as for
// Discover.
func DiscoverResource(ctx context.Context, f Fetcher, resource string) (*ResourceMetadata, error) {
	body, err := wellKnown(ctx, f, resource, "oauth-protected-resource")
	if err != nil {
		return nil, err
	}
	m, err := parseResourceMetadata(body)
	if err != nil {
		return nil, err
	}
	if m.Resource != resource {
		return nil, lie("speaks of another resource than the one that was asked")
	}
	for _, s := range m.AuthorizationServers {
		if _, err := parseIssuer(s); err != nil {
			return nil, lie("names an authorization server that is not an https URL")
		}
	}
	return m, nil
}

// parseIssuer checks an issuer or resource identifier (RFC 8414 section 2).
func parseIssuer(s string) (*url.URL, error) {
	u, err := parseEndpoint(s)
	if err != nil || u.RawQuery != "" || u.ForceQuery || strings.HasSuffix(s, "#") {
		return nil, fmt.Errorf("%w: the server's address must be an https URL without query and fragment", smm.ErrInvalid)
	}
	return u, nil
}

// wellKnown gets a document whose well-known name stands between the host and
// the path of id (RFC 8414 section 3.1, RFC 9728 section 3.1).
func wellKnown(ctx context.Context, f Fetcher, id, name string) ([]byte, error) {
	u, err := parseIssuer(id)
	if err != nil {
		return nil, err
	}
	at := *u
	at.Path, at.RawPath = "", ""
	asked := at.String() + "/.well-known/" + name + strings.TrimSuffix(u.EscapedPath(), "/")
	resp, err := f.Fetch(ctx, asked)
	if err != nil {
		return nil, fetchError(ctx, err)
	}
	if final, err := url.Parse(resp.FinalURL); err != nil || origin(final) != origin(u) {
		// The document of another origin could not speak for this one.
		return nil, lie("is kept on another origin, to which the server redirects")
	}
	switch {
	case resp.Status == http.StatusNotFound, resp.Status == http.StatusGone:
		return nil, fmt.Errorf("%w: the server has no OAuth metadata (status %d)", smm.ErrNotFound, resp.Status)
	case resp.Status != http.StatusOK:
		return nil, fmt.Errorf("%w: the server does not give its OAuth metadata (status %d): try again later", smm.ErrUnavailable, resp.Status)
	case len(resp.Body) > maxDocument:
		return nil, fmt.Errorf("%w: the server's OAuth metadata is larger than %d bytes", smm.ErrUnavailable, maxDocument)
	}
	return resp.Body, nil
}

// fetchError says what a Fetcher's failure means. Only text of safehttp's own
// types is kept: they name scheme and host.
func fetchError(ctx context.Context, err error) error {
	const what = "the server's OAuth metadata cannot be fetched"
	if be, ok := errors.AsType[*safehttp.BlockedError](err); ok {
		return fmt.Errorf("%w: %s: %w", smm.ErrInvalid, what, be)
	}
	if le, ok := errors.AsType[*safehttp.LimitError](err); ok {
		return fmt.Errorf("%w: %s: %w", smm.ErrUnavailable, what, le)
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Canceled
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %s: %w", smm.ErrUnavailable, what, ctx.Err())
	}
	return fmt.Errorf("%w: %s: try again later", smm.ErrUnavailable, what)
}

func parseMetadata(body []byte) (*Metadata, error) {
	m := new(Metadata)
	if err := parseDocument(body, m); err != nil {
		return nil, err
	}
	m.Raw = json.RawMessage(body)
	return m, nil
}

func parseResourceMetadata(body []byte) (*ResourceMetadata, error) {
	m := new(ResourceMetadata)
	if err := parseDocument(body, m); err != nil {
		return nil, err
	}
	m.Raw = json.RawMessage(body)
	return m, nil
}

// parseDocument reads a JSON object and quotes nothing of it in its errors.
func parseDocument(body []byte, v any) error {
	trimmed := strings.TrimLeft(string(body[:min(len(body), 64)]), " \t\r\n")
	if !strings.HasPrefix(trimmed, "{") || json.Unmarshal(body, v) != nil {
		return fmt.Errorf("%w: the server's OAuth metadata is not readable: check the server's address, or try again later", smm.ErrUnavailable)
	}
	return nil
}
