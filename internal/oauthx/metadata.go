package oauthx

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Metadata is what an authorization server says of itself (RFC 8414 section 2).
// Where a server has no such document, the caller fills in what it knows.
type Metadata struct {
	Issuer                             string `json:"issuer"`
	AuthorizationEndpoint              string `json:"authorization_endpoint"`
	TokenEndpoint                      string `json:"token_endpoint"`
	RevocationEndpoint                 string `json:"revocation_endpoint,omitempty"`
	UserinfoEndpoint                   string `json:"userinfo_endpoint,omitempty"`
	PushedAuthorizationRequestEndpoint string `json:"pushed_authorization_request_endpoint,omitempty"`
	RegistrationEndpoint               string `json:"registration_endpoint,omitempty"`
	JWKSURI                            string `json:"jwks_uri,omitempty"`

	// AppRegistrationEndpoint is Mastodon's own.
	AppRegistrationEndpoint string `json:"app_registration_endpoint,omitempty"`

	ScopesSupported                            []string `json:"scopes_supported,omitempty"`
	CodeChallengeMethodsSupported              []string `json:"code_challenge_methods_supported,omitempty"`
	GrantTypesSupported                        []string `json:"grant_types_supported,omitempty"`
	ResponseTypesSupported                     []string `json:"response_types_supported,omitempty"`
	TokenEndpointAuthMethodsSupported          []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	TokenEndpointAuthSigningAlgValuesSupported []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	DPoPSigningAlgValuesSupported              []string `json:"dpop_signing_alg_values_supported,omitempty"`

	RequirePushedAuthorizationRequests         bool `json:"require_pushed_authorization_requests,omitempty"`
	AuthorizationResponseIssParameterSupported bool `json:"authorization_response_iss_parameter_supported,omitempty"`
	ClientIDMetadataDocumentSupported          bool `json:"client_id_metadata_document_supported,omitempty"`

	// Raw is the whole document; nil if there was none.
	Raw json.RawMessage `json:"-"`
}

// ResourceMetadata is what a resource says of itself (RFC 9728 section 2).
type ResourceMetadata struct {
	Resource             string          `json:"resource"`
	AuthorizationServers []string        `json:"authorization_servers,omitempty"`
	ScopesSupported      []string        `json:"scopes_supported,omitempty"`
	Raw                  json.RawMessage `json:"-"`
}

// endpoints are the addresses that a document may name, by their member.
func (m *Metadata) endpoints() []struct{ name, url string } {
	return []struct{ name, url string }{
		{"authorization_endpoint", m.AuthorizationEndpoint},
		{"token_endpoint", m.TokenEndpoint},
		{"revocation_endpoint", m.RevocationEndpoint},
		{"userinfo_endpoint", m.UserinfoEndpoint},
		{"pushed_authorization_request_endpoint", m.PushedAuthorizationRequestEndpoint},
		{"registration_endpoint", m.RegistrationEndpoint},
		{"app_registration_endpoint", m.AppRegistrationEndpoint},
		{"jwks_uri", m.JWKSURI},
	}
}

// check looks at what a document must have and at every address that it names.
func (m *Metadata) check(issuer *url.URL, sameOrigin bool) error {
	if m.TokenEndpoint == "" {
		return lie("names no token_endpoint")
	}
	if m.AuthorizationEndpoint == "" {
		return lie("names no authorization_endpoint")
	}
	if m.RequirePushedAuthorizationRequests && m.PushedAuthorizationRequestEndpoint == "" {
		return lie("demands pushed requests and names no pushed_authorization_request_endpoint")
	}
	for _, e := range m.endpoints() {
		if e.url == "" {
			continue
		}
		u, err := parseEndpoint(e.url)
		switch {
		case err != nil:
			return lie(e.name + " is not an absolute https URL")
		case u.Scheme == "http" && issuer.Scheme == "https":
			return lie(e.name + " leaves https")
		case sameOrigin && origin(u) != origin(issuer):
			return lie(e.name + " is on another origin than the issuer")
		}
	}
	return nil
}

// lie is an error for a document that is readable and cannot be trusted.
func lie(what string) error {
	return fmt.Errorf("%w: the server's OAuth metadata %s: its operator must repair that", smm.ErrForbidden, what)
}

// offersS256 reports whether the server takes PKCE with S256. A server that does
// not speak of PKCE gets it all the same: it ignores what it does not know (RFC
// 6749 section 3.1), and some know it without saying so.
func (m *Metadata) offersS256() bool {
	return m.CodeChallengeMethodsSupported == nil || slices.Contains(m.CodeChallengeMethodsSupported, "S256")
}

// parseEndpoint admits https, and http to this machine. Userinfo and fragments
// are refused; a query is kept, as RFC 6749 section 3.1 allows.
func parseEndpoint(s string) (*url.URL, error) {
	const longest = 2048
	u, err := url.Parse(s)
	if err != nil || len(s) > longest || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return nil, fmt.Errorf("%w: oauthx: not an absolute https URL", smm.ErrInvalid)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("%w: oauthx: not an https URL", smm.ErrInvalid)
	}
	return u, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && net.IP(addr.AsSlice()).IsLoopback()
}
