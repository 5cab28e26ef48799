package bluesky

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/platforms/bluesky/scope"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// AppViewService answers app.bsky calls on the public network, as granular scopes
// name it.
const AppViewService = "did:web:api.bsky.app#bsky_appview"

// Guard makes requests to hosts that strangers name. *safehttp.Guard is one.
type Guard interface {
	Fetch(ctx context.Context, rawURL string) (*safehttp.Response, error)
	Client() *http.Client
	CheckURL(rawURL string) error
}

// Resolver finds accounts. *identity.Resolver is one; its errors are those that
// are wanted.
type Resolver interface {
	Resolve(ctx context.Context, identifier string) (identity.Identity, error)
}

// ConnectorConfig is what a Connector needs. The zero value makes one for a
// developer's machine, whose redirect address is on 127.0.0.1.
type ConnectorConfig struct {
	// Client is the app. Give the same to Config.OAuth of the driver.
	Client ClientIdentity
	// Info is what people see of the app. It goes into the document.
	Info ClientInfo
	// Redirects are the addresses that browsers may come back to, as
	// ConnectRequest.Redirect has them. Those on 127.0.0.1 need not be listed.
	Redirects []string
	// Capabilities are the most that will ever be asked for. The document lists
	// their scopes, and more cannot be granted. nil: all that the driver has.
	Capabilities []smm.Capability
	// Granular asks for the least scopes ("repo:app.bsky.feed.post?action=create")
	// instead of the transitional ones ("transition:generic"), which allow what an
	// app password allows. The latter are the default because every server knows
	// them, and a server's list of scopes does not tell whether it knows more.
	Granular bool
	// AppView and Labeler are the services that granular scopes name; "" for
	// AppViewService and LabelerService.
	AppView, Labeler string

	// Guard makes every request of a Connector: the account's owner chooses its
	// server, and anybody may type an address. nil: a strict one.
	Guard Guard
	// Resolver finds accounts; nil: one on Guard, if that is a *safehttp.Guard.
	Resolver Resolver
	// DefaultServer is where people sign in who type nothing or an e-mail address;
	// "" for the package's DefaultServer.
	DefaultServer string

	Clock     smm.Clock    // nil: the machine's
	Logger    *slog.Logger // nil: silence
	UserAgent string
}

func (cfg *ConnectorConfig) complete() error {
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	if cfg.Guard == nil {
		g, err := safehttp.New(safehttp.Options{MaxBytes: 1 << 20, UserAgent: "smmkit"})
		if err != nil {
			return err
		}
		cfg.Guard = g
	}
	if cfg.Resolver == nil {
		g, ok := cfg.Guard.(*safehttp.Guard)
		if !ok {
			return fmt.Errorf("%w: bluesky: set ConnectorConfig.Resolver beside a Guard of your own", smm.ErrInvalid)
		}
		r, err := identity.NewResolver(identity.Options{Guard: g})
		if err != nil {
			return err
		}
		cfg.Resolver = r
	}
	for p, v := range map[*string]string{&cfg.AppView: AppViewService, &cfg.Labeler: LabelerService, &cfg.DefaultServer: DefaultServer} {
		if *p == "" {
			*p = v
		}
	}
	if cfg.Capabilities == nil {
		cfg.Capabilities = ownCapabilities()
	}
	return nil
}

func (cfg *ConnectorConfig) services() scope.Services {
	return scope.Services{AppView: cfg.AppView, Chat: ChatService, Labeler: cfg.Labeler}
}

// ClientIdentity is the host's app as authorization servers know it. It is the
// same in ConnectorConfig, where accounts are connected, and in Config, where
// their tokens are renewed.
type ClientIdentity struct {
	// ID is the https URL of the app's client metadata document, which
	// Connector.Handler serves there. It is the app's name for good: a server asks
	// for consent anew if it changes, and tokens cannot be renewed under another.
	// "" on a developer's machine, where the redirect address is on 127.0.0.1 and
	// the id is made of it; and in Config for a host that has such accounts only.
	ID string
	// Key proves the app (private_key_jwt): a private key on P-256, as JWK or as PEM
	// in PKCS #8 or SEC 1 form. NewClientKey makes one. Zero is a public client,
	// whose sessions the reference server ends after two weeks instead of two
	// years.
	Key smm.Secret
	// KeyID names Key in the app's key set; "" for its RFC 7638 thumbprint.
	KeyID string
	// Retired are keys from before. Servers hold a session to the key that it began
	// with, so that they stay published and are used for those accounts until the
	// last of them was connected again.
	Retired []ClientKey
}

// ClientKey is a key with its name in the app's key set.
type ClientKey struct {
	Key   smm.Secret
	KeyID string // "" for the thumbprint
}

// NewClientKey makes a key for ClientIdentity.Key.
func NewClientKey() (smm.Secret, error) {
	k, err := oauthx.NewKey()
	if err != nil {
		return smm.Secret{}, err
	}
	return k.Secret(), nil
}

// clientKey is a ClientKey that was read.
type clientKey struct {
	id  string
	key *oauthx.Key
}

// takeKeys reads the keys of an identity, that in use first, and takes them out
// of it: fmt prints unexported fields without asking a Secret.
func (c *ClientIdentity) takeKeys() ([]clientKey, error) {
	all := slices.Clone(c.Retired)
	if !c.Key.IsZero() {
		all = slices.Insert(all, 0, ClientKey{c.Key, c.KeyID})
	} else if len(all) > 0 || c.KeyID != "" {
		return nil, fmt.Errorf("%w: bluesky: ClientIdentity has a KeyID or retired keys and no Key", smm.ErrInvalid)
	}
	var out []clientKey
	for _, k := range all {
		key, err := oauthx.ParseKey(k.Key)
		if err != nil {
			return nil, fmt.Errorf("bluesky: ClientIdentity: %w", err)
		}
		if k.KeyID == "" {
			k.KeyID = key.Thumbprint()
		}
		if slices.ContainsFunc(out, func(o clientKey) bool { return o.id == k.KeyID }) {
			return nil, fmt.Errorf("%w: bluesky: ClientIdentity has two keys named %q", smm.ErrInvalid, k.KeyID)
		}
		out = append(out, clientKey{k.KeyID, key})
	}
	*c = ClientIdentity{ID: c.ID}
	return out, nil
}

// checkClientID refuses what no server takes as the URL of a document
// (atproto.com/specs/oauth, "Clients").
func checkClientID(id string) error {
	u, err := url.Parse(id)
	if err != nil || safehttp.CheckURL(id) != nil || u.Port() != "" || u.RawQuery != "" || u.Fragment != "" ||
		strings.Trim(u.Path, "/") == "" || strings.HasSuffix(u.Path, "/") || isAddress(u.Hostname()) {
		return fmt.Errorf("%w: bluesky: a client id must be an https URL with a public host name and a path, "+
			"such as https://app.example.com/bluesky/client-metadata.json", smm.ErrInvalid)
	}
	return nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// onLoopback reports whether a redirect address makes a development client: it
// must name the loopback address itself, which "localhost" need not be.
func onLoopback(redirect string) bool {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "http" {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.IsLoopback()
}

// loopbackPrefix begins the ids of development clients.
const loopbackPrefix = "http://localhost?"

// loopbackID is the id of a development client: servers read the document out of
// it.
func loopbackID(redirect string, scopes []string) string {
	return loopbackPrefix + "redirect_uri=" + url.QueryEscape(redirect) +
		"&scope=" + strings.ReplaceAll(url.QueryEscape(strings.Join(scopes, " ")), "+", "%20")
}

// ClientMetadata is a client metadata document (atproto.com/specs/oauth, "Client
// ID Metadata Document"; its members are those of RFC 7591 and RFC 9449).
type ClientMetadata struct {
	ClientID                    string   `json:"client_id"`
	ApplicationType             string   `json:"application_type"`
	ClientName                  string   `json:"client_name,omitempty"`
	ClientURI                   string   `json:"client_uri,omitempty"`
	LogoURI                     string   `json:"logo_uri,omitempty"`
	TermsURI                    string   `json:"tos_uri,omitempty"`
	PolicyURI                   string   `json:"policy_uri,omitempty"`
	RedirectURIs                []string `json:"redirect_uris"`
	Scope                       string   `json:"scope"`
	GrantTypes                  []string `json:"grant_types"`
	ResponseTypes               []string `json:"response_types"`
	TokenEndpointAuthMethod     string   `json:"token_endpoint_auth_method"`
	TokenEndpointAuthSigningAlg string   `json:"token_endpoint_auth_signing_alg,omitempty"`
	DPoPBoundAccessTokens       bool     `json:"dpop_bound_access_tokens"`
	JWKSURI                     string   `json:"jwks_uri,omitempty"`
	JWKS                        *JWKS    `json:"jwks,omitempty"`
}

// JWKS is a set of public keys (RFC 7517 section 5).
type JWKS struct {
	Keys []json.RawMessage `json:"keys"`
}

// ClientInfo is what people see of an app when they are asked for consent. The
// addresses must be https; URI must be on the client id's host and above its path.
type ClientInfo struct {
	Name, URI, LogoURI, TermsURI, PolicyURI string
	// JWKSURI names the key set at an address of its own, for apps whose document
	// is a static file. "" puts the keys into the document.
	JWKSURI string
}

func (cfg *ConnectorConfig) metadata(keys []clientKey, scopes []string) (ClientMetadata, error) {
	m := ClientMetadata{
		ClientID: cfg.Client.ID, ApplicationType: "web", ClientName: cfg.Info.Name, ClientURI: cfg.Info.URI, LogoURI: cfg.Info.LogoURI,
		TermsURI: cfg.Info.TermsURI, PolicyURI: cfg.Info.PolicyURI, RedirectURIs: cfg.Redirects, Scope: strings.Join(scopes, " "),
		GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"},
		TokenEndpointAuthMethod: string(oauthx.AuthNone), DPoPBoundAccessTokens: true,
	}
	if len(keys) > 0 {
		m.TokenEndpointAuthMethod, m.TokenEndpointAuthSigningAlg = string(oauthx.AuthPrivateKeyJWT), "ES256"
		if m.JWKSURI = cfg.Info.JWKSURI; m.JWKSURI == "" {
			set, err := keySet(keys)
			if err != nil {
				return ClientMetadata{}, err
			}
			m.JWKS = &set
		}
	}
	for _, u := range []string{m.ClientURI, m.LogoURI, m.TermsURI, m.PolicyURI, m.JWKSURI} {
		if u != "" && safehttp.CheckURL(u) != nil {
			return ClientMetadata{}, fmt.Errorf("%w: bluesky: %q in ConnectorConfig.Info is no public https URL", smm.ErrInvalid, u)
		}
	}
	if !parentOf(m.ClientURI, m.ClientID) {
		return ClientMetadata{}, fmt.Errorf("%w: bluesky: ClientInfo.URI must be of the client id's host and above it, which servers demand", smm.ErrInvalid)
	}
	if len(m.RedirectURIs) == 0 {
		return ClientMetadata{}, fmt.Errorf("%w: bluesky: ConnectorConfig.Redirects is empty: list the addresses that browsers come back to", smm.ErrInvalid)
	}
	for _, r := range m.RedirectURIs {
		if u, err := url.Parse(r); err != nil || safehttp.CheckURL(r) != nil || u.Fragment != "" {
			return ClientMetadata{}, fmt.Errorf("%w: bluesky: redirect address %q: want an https URL without a fragment; addresses on 127.0.0.1 need not be listed", smm.ErrInvalid, r)
		}
	}
	return m, nil
}

// parentOf reports whether a page is of the same origin as an address and its
// path the same or a beginning of the other's. "" is.
func parentOf(page, address string) bool {
	p, err1 := url.Parse(page)
	a, err2 := url.Parse(address)
	return page == "" || err1 == nil && err2 == nil && p.Scheme == a.Scheme && p.Host == a.Host &&
		(p.Path == a.Path || strings.HasPrefix(a.Path, strings.TrimSuffix(p.Path, "/")+"/"))
}

// keySet is the public half of keys.
func keySet(keys []clientKey) (JWKS, error) {
	var set JWKS
	for _, k := range keys {
		extra, err := json.Marshal(struct {
			Kid string `json:"kid"`
			Alg string `json:"alg"`
			Use string `json:"use"`
		}{k.id, "ES256", "sig"})
		if err != nil {
			return JWKS{}, err
		}
		public := bytes.TrimSuffix(k.key.PublicJWK(), []byte("}"))
		set.Keys = append(set.Keys, slices.Concat(public, []byte(","), extra[1:]))
	}
	return set, nil
}

// Handler serves the client metadata document, to be mounted at the path of
// ClientIdentity.ID; and, at the path of ClientInfo.JWKSURI if that is set, the
// key set. Both are made of the configuration that requests are made of, so they
// cannot disagree. Authorization servers fetch them, and may keep them for ten
// minutes. Without a client id it answers 404.
func (c *Connector) Handler() http.Handler {
	document, keys := newStatic(c.metadata), newStatic(c.keySet)
	keyPath := ""
	if u, err := url.Parse(c.metadata.JWKSURI); err == nil {
		keyPath = u.Path
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case c.metadata.ClientID == "":
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		case keyPath != "" && r.URL.Path == keyPath:
			keys.serve(w, r)
		default:
			document.serve(w, r)
		}
	})
}

// ClientMetadata returns the app's document, for hosts that publish it as a file.
func (c *Connector) ClientMetadata() ClientMetadata {
	m := c.metadata
	m.RedirectURIs = slices.Clone(m.RedirectURIs)
	return m
}

// static is a JSON document that does not change.
type static struct {
	body []byte
	etag string
}

func newStatic(v any) static {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		body = []byte("{}") // these types cannot fail
	}
	sum := sha256.Sum256(body)
	return static{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

func (s static) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=600")
	h.Set("ETag", s.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.body))
}
