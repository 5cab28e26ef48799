package connect

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// BeginRequest asks for an authorization.
type BeginRequest struct {
	Tenant   smm.Tenant
	Platform smm.Platform
	Server   string  // as the person typed it: a server or handle, where the platform has many servers
	Account  smm.Ref // to connect again this account and no other; zero for any
	Language string  // BCP 47, of the platform's page; "" for its own choice
	Return   string  // a path of the host's own origin to go to in the end, or ""
}

// Begun is an authorization under way.
type Begun struct {
	// URL is where to send the browser. It holds the state.
	URL string
	// Binding must be kept with the browser, where nobody else can read or set
	// it, and handed to Finish.
	Binding smm.Secret
	// Name is a name to keep Binding under, BindingName of the state: when the
	// browser is back, BindingName of ConnectReply.State finds it again.
	Name    string
	Expires time.Time
}

// Begin asks the platform's connector for an authorization and keeps it. Errors
// are those of smm.Connector, ErrInvalid for a request that cannot be right,
// ErrUnsupported for a platform without a connector, and those of the stores.
func (f *Flow) Begin(ctx context.Context, r BeginRequest) (Begun, error) {
	p, err := f.known(r.Platform)
	if err != nil {
		return Begun{}, err
	}
	if err = r.check(); err != nil {
		return Begun{}, err
	}
	if r.Server == "" {
		r.Server = r.Account.Space
	}
	state := random()
	start, err := p.Begin(ctx, smm.ConnectRequest{
		Scopes: p.scopes, Server: r.Server, Redirect: f.RedirectURL(p.name), State: state, Account: r.Account, Language: r.Language,
	})
	if err != nil {
		return Begun{}, &inputError{fmt.Errorf("begin with %s: %w", p.name, err)}
	}
	now := f.clock.Now()
	expires := now.Add(f.expiry)
	if !start.Expires.IsZero() && start.Expires.Before(expires) {
		expires = start.Expires
	}
	switch {
	case !f.mayVisit(start.URL):
		return Begun{}, fmt.Errorf("%w: the consent page of %s is not at an https address", smm.ErrForbidden, p.name)
	case !now.Before(expires):
		return Begun{}, fmt.Errorf("%w: the authorization of %s was over before it began: compare the clocks", smm.ErrUnavailable, p.name)
	}
	// What the request says is not the connector's to change.
	start.Platform, start.Redirect, start.Account = p.name, f.RedirectURL(p.name), r.Account
	binding, err := f.put(ctx, stageConsent, state, pending{
		Tenant: r.Tenant, Platform: p.name, Expires: expires, Account: r.Account, Return: r.Return, Start: toWireStart(start),
	})
	if err != nil {
		return Begun{}, err
	}
	return Begun{URL: start.URL, Binding: binding, Name: BindingName(state), Expires: expires}, nil
}

func (r BeginRequest) check() error {
	if len(r.Server) > 2048 || strings.ContainsFunc(r.Server, isControl) {
		return &inputError{fmt.Errorf("%w: the server's name is too long or has characters that no name has", smm.ErrInvalid)}
	}
	if err := checkAccount(r.Account, r.Platform); err != nil {
		return err
	}
	return checkReturn(r.Return)
}

func checkAccount(account smm.Ref, p smm.Platform) error {
	if account.IsZero() {
		return nil
	}
	if err := account.Check(); err != nil {
		return err
	}
	if account.Platform != p || account.Kind != smm.KindChannel {
		return fmt.Errorf("%w: the account to connect again must be a channel of the same platform", smm.ErrInvalid)
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// mayVisit reports whether a browser may be sent to raw. A connector may have
// the address from a server that a stranger named, so "javascript:" and the like
// are possible.
func (f *Flow) mayVisit(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsFunc(raw, isControl) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && f.loopback && isLoopback(u.Hostname())
}
