package oauthtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Demand says whether the server wants something of its clients.
type Demand int

// The demands. The zero value is that the server does not know it.
const (
	Off Demand = iota
	Optional
	Required
)

// Paths are where the endpoints are. "" for the default.
type Paths struct {
	Authorize string // "/oauth/authorize"
	Push      string // "/oauth/par"
	Token     string // "/oauth/token"
	Revoke    string // "/oauth/revoke"
}

// Client is an app as the server knows it.
type Client struct {
	ID        string
	Secret    string // "" for a public client, or one with Keys
	Redirects []string
	Scopes    []string          // the most it may ask for; nil for all that the server has
	Keys      []json.RawMessage // public EC keys as JWK: the client proves itself by private_key_jwt
	// AnyPort compares redirects to this machine without their port (RFC 8252
	// section 7.3).
	AnyPort bool
	// Bound demands DPoP of this client.
	Bound bool
}

// Options describe a server. The zero value is a server that knows no client,
// wants PKCE, and gives bearer tokens that do not expire and no refresh tokens.
type Options struct {
	// Now is the clock; nil for the machine's.
	Now func() time.Time

	// Base is the address that a request was sent to, without a trailing slash; nil
	// reads it from the request. Issuer gives the issuer for that address; nil for
	// the address itself.
	Base   func(*http.Request) string
	Issuer func(base string) string
	Paths  Paths

	// Accounts finds who signs in; nil takes every name as its own subject.
	Accounts func(login string) (subject string, ok bool)

	// Clients finds a registered app; nil knows none. Documents gets a client
	// metadata document, for servers that take addresses as client ids; nil takes
	// none. Loopback takes "http://localhost?redirect_uri=...&scope=..." as AT
	// Protocol does.
	Clients   func(id string) (Client, bool)
	Documents func(address string) ([]byte, error)
	Loopback  bool

	// Scopes are those in the metadata. ScopeOK decides which may be asked for; nil
	// for exactly Scopes. DefaultScope is granted where none is asked for.
	Scopes       []string
	ScopeOK      func(scope string) bool
	DefaultScope string

	TokenLife   time.Duration // of access tokens; 0 for no end, and no expires_in
	Refresh     bool          // gives refresh tokens
	RefreshLife time.Duration // of each; 0 for no end
	KeepRefresh bool          // does not rotate: the token stays the same
	// Grace is how long a used refresh token is answered with the same successor,
	// unless that was used too; later its return revokes the family.
	Grace    time.Duration
	CodeLife time.Duration // 0 for one minute

	PKCEOptional bool
	Push         Demand        // pushed authorization requests
	PushLife     time.Duration // 0 for five minutes
	DPoP         Demand
	NonceLife    time.Duration // 0: proofs need no nonce. A nonce is good for at least this and at most twice this
	ProofWindow  time.Duration // how far iat may be from Now; 0 for a minute

	OmitIss     bool // sends no iss parameter (RFC 9207)
	OmitScope   bool // token answers do not name the scopes
	SendSubject bool // token answers have "sub", as AT Protocol demands
	SendCreated bool // token answers have "created_at", as Mastodon's

	// Extra adds members to the metadata document, or replaces them.
	Extra func(base string) map[string]json.RawMessage
}

func (o Options) withDefaults() (Options, error) {
	if min(o.TokenLife, o.RefreshLife, o.Grace, o.CodeLife, o.PushLife, o.NonceLife, o.ProofWindow) < 0 {
		return o, fmt.Errorf("%w: oauthtest: negative duration", smm.ErrInvalid)
	}
	if o.KeepRefresh && o.Grace > 0 {
		return o, fmt.Errorf("%w: oauthtest: Grace is about rotation, which KeepRefresh turns off", smm.ErrInvalid)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Base == nil {
		o.Base = baseOf
	}
	if o.Issuer == nil {
		o.Issuer = func(base string) string { return base }
	}
	orDefault(&o.Paths.Authorize, "/oauth/authorize")
	orDefault(&o.Paths.Push, "/oauth/par")
	orDefault(&o.Paths.Token, "/oauth/token")
	orDefault(&o.Paths.Revoke, "/oauth/revoke")
	orDefault(&o.CodeLife, time.Minute)
	orDefault(&o.PushLife, 5*time.Minute)
	orDefault(&o.ProofWindow, time.Minute)
	return o, nil
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
