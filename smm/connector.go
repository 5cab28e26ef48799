package smm

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// Connector is a platform's way from a person's consent to a stored
// credential. Package connect drives it from HTTP handlers; a program without a
// browser of its own may call it directly. It keeps nothing between its calls
// that the caller does not hand back, so that any process can finish what
// another began.
//
// Errors are *Error values: ErrInvalid for what the person typed, ErrForbidden
// for a consent that was denied or an answer that is not what was asked for,
// ErrUnavailable for a server that does not answer, ErrUnauthorized for a code
// that is over. None of them harms an account that is connected already.
type Connector interface {
	Platform() Platform
	// Scopes returns the least scopes that a channel needs for all of caps,
	// sorted. A capability that no channel of the platform can ever have gives
	// an error that matches ErrUnsupported and names it.
	Scopes(caps ...Capability) ([]string, error)
	// Begin finds the server that the account lives on, registers the host's
	// app there if the platform asks for that, and says where to send the
	// person's browser.
	Begin(ctx context.Context, r ConnectRequest) (ConnectStart, error)
	// Finish redeems what the browser brought back and looks at every account
	// or page that it reaches. It is called at most once for each start.
	Finish(ctx context.Context, s ConnectStart, r ConnectReply) ([]Connected, error)
}

// TokenConnector is what a Connector may also have: it accepts a credential
// that the host got elsewhere, such as a token that somebody pasted, after
// looking at the account behind it.
type TokenConnector interface {
	// ConnectToken probes c and returns the accounts that it reaches. c holds
	// what the platform's package documents: an access token, or in Extra an app
	// password; and Server where there are many.
	ConnectToken(ctx context.Context, c Credential) ([]Connected, error)
}

// Revoker is what a Connector may also have.
type Revoker interface {
	// Revoke ends c at the platform. What is over already is no error.
	Revoke(ctx context.Context, account Ref, c Credential) error
}

// ConnectRequest asks a Connector to begin.
type ConnectRequest struct {
	Scopes   []string // from Connector.Scopes
	Server   string   // as the person typed it, where a platform has many servers: "social.example", or a handle
	Redirect string   // the address that the browser comes back to, compared exactly
	State    string   // a value used once, which must come back
	Account  Ref      // the account to connect again, and no other; zero for any
	Language string   // BCP 47, of the consent page where the platform can; "" for its own choice
}

// ConnectStart is an authorization under way. Whoever keeps it between Begin
// and Finish seals it: Private holds keys.
type ConnectStart struct {
	Platform Platform
	URL      string    // where to send the browser
	Issuer   string    // who must answer, as ConnectReply.Issuer (RFC 9207); "" where the platform names nobody
	Redirect string    // as in the request
	Scopes   []string  // as asked for
	Account  Ref       // as in the request
	Expires  time.Time // when the platform will not take the answer any more
	Private  Secret    // the connector's own: verifier, keys, the app's registration
}

// ConnectReply is what the browser brought back.
type ConnectReply struct {
	Code        Secret
	State       string
	Issuer      string // RFC 9207; "" if the platform sent none
	Error       string // the platform's code, "" if it granted: "access_denied"
	Description string // the platform's words, cleaned as by CleanMessage
}

// ParseConnectReply reads the query of the redirect address. Parameters that
// come twice, that are far too long, or that hold neither a code nor an error
// give an error that matches ErrInvalid and quotes none of them.
func ParseConnectReply(q url.Values) (ConnectReply, error) {
	const longest = 8 << 10
	var bad error
	one := func(name string) string {
		v := q[name]
		switch {
		case len(v) == 0:
			return ""
		case len(v) > 1:
			bad = fmt.Errorf("%w: the answer has %s twice: begin again", ErrInvalid, name)
		case len(v[0]) > longest:
			bad = fmt.Errorf("%w: the answer's %s is too long: begin again", ErrInvalid, name)
		}
		return v[0]
	}
	r := ConnectReply{
		Code: NewSecret(one("code")), State: one("state"), Issuer: one("iss"),
		Error: CleanMessage(one("error")), Description: CleanMessage(one("error_description")),
	}
	switch {
	case bad != nil:
		return ConnectReply{}, bad
	case r.State == "":
		return ConnectReply{}, fmt.Errorf("%w: the answer has no state: begin again", ErrInvalid)
	case r.Code.IsZero() == (r.Error == ""):
		return ConnectReply{}, fmt.Errorf("%w: the answer must have either a code or an error: begin again", ErrInvalid)
	}
	return r, nil
}

// Connected is one account or page that a consent reaches.
type Connected struct {
	Channel    Channel
	Credential Credential
	Missing    []string // scopes that were asked for and not granted
	// Err says why the account cannot be used: the probe failed. Such an account
	// is shown to the person and not stored.
	Err error
}
