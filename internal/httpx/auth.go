package httpx

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/smm"
)

// Authorizer adds a credential to a request that is complete but for it. It is
// called once for each time that the request is sent, so it may sign. It must
// not read req.Body. Implementations are safe for concurrent use.
//
// An error prevents the request; it should match smm.ErrUnauthorized if a
// person must connect the account again, and it must not hold a secret.
type Authorizer interface {
	Authorize(ctx context.Context, req *http.Request) error
}

// Refresher is what an Authorizer may also have. Refresh is called after an
// answer with status 400 or 401 and reports whether the same request should be
// sent once more. It may say so only if the answer proves that the credential
// was refused before anything was done, and after it replaced the credential
// (or learnt the nonce that was missing). It is called at most twice for each
// call of a way out, Commit included: a nonce and a token can be over at the same
// time, and a server speaks of one of them only. So with every answer refused
// a request is on the wire three times at most.
//
// An error is returned instead of the platform's answer.
type Refresher interface {
	Refresh(ctx context.Context, resp *Response) (again bool, err error)
}

// maxRefreshes is how often one call may be sent again because its credential
// was refused.
const maxRefreshes = 2

// Observer is what an Authorizer may also have. Observe is shown every answer
// whose header arrived, whatever its status, before anything is decided by it:
// some platforms renew a part of the credential (a DPoP nonce) in any answer. req
// is the request that was answered, after redirects; resp may lack its body. It
// must not change either, and is called from the goroutine of the call.
type Observer interface {
	Observe(req *http.Request, resp *Response)
}

// AuthorizerFunc makes a function an Authorizer.
type AuthorizerFunc func(ctx context.Context, req *http.Request) error

// Authorize implements Authorizer.
func (f AuthorizerFunc) Authorize(ctx context.Context, req *http.Request) error { return f(ctx, req) }

// Bearer sends a fixed token in the Authorization header. An empty token is an
// error that matches smm.ErrUnauthorized.
func Bearer(token smm.Secret) Authorizer {
	return AuthorizerFunc(func(_ context.Context, req *http.Request) error {
		if token.IsZero() {
			return fmt.Errorf("%w: no access token", smm.ErrUnauthorized)
		}
		req.Header["Authorization"] = []string{"Bearer " + token.Reveal()}
		return nil
	})
}

// Anonymous sends no credential, also where Config.Auth is set.
func Anonymous() Authorizer {
	return AuthorizerFunc(func(context.Context, *http.Request) error { return nil })
}

// TokenSource sends what ts gives. Its errors lose the text of the token
// server's answer, which may quote what was sent; invalid_grant matches
// smm.ErrUnauthorized, the rest smm.ErrUnavailable.
func TokenSource(ts oauth2.TokenSource) Authorizer {
	return AuthorizerFunc(func(_ context.Context, req *http.Request) error {
		t, err := ts.Token()
		if err != nil {
			return tokenError(err)
		}
		t.SetAuthHeader(req)
		return nil
	})
}

func tokenError(err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		switch e.ErrorCode {
		case "invalid_grant", "unauthorized_client", "access_denied":
			return fmt.Errorf("%w (%s)", smm.ErrUnauthorized, e.ErrorCode)
		case "":
			status := 0
			if e.Response != nil {
				status = e.Response.StatusCode
			}
			return fmt.Errorf("%w: the token server answered with status %d", smm.ErrUnavailable, status)
		}
		return fmt.Errorf("%w: the token server answered %s", smm.ErrUnavailable, smm.CleanMessage(e.ErrorCode))
	}
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return err
	}
	return networkError(err)
}

func (c *Client) authorizer(r *Request) Authorizer {
	if r.Auth != nil {
		return r.Auth
	}
	return c.auth
}

// observe shows an answer to whoever authorized the request.
func (c *Client) observe(r *Request, req *http.Request, hres *http.Response, resp *Response) {
	o, ok := c.authorizer(r).(Observer)
	if !ok {
		return
	}
	if hres.Request != nil {
		req = hres.Request
	}
	o.Observe(req, resp)
}

// refresh reports whether r should be sent once more with a new credential.
// rounds is how often it was so far.
func (c *Client) refresh(ctx context.Context, r *Request, resp *Response, rounds int) (bool, error) {
	if rounds >= maxRefreshes || resp == nil || (resp.Status != http.StatusUnauthorized && resp.Status != http.StatusBadRequest) {
		return false, nil
	}
	f, ok := c.authorizer(r).(Refresher)
	if !ok {
		return false, nil
	}
	again, err := f.Refresh(ctx, resp)
	if err != nil {
		return false, c.wrap(r, smm.OutcomeRefused, err)
	}
	return again, nil
}
