package httpx

import (
	"context"
	"errors"
	"net/http"

	"github.com/smmkit/smmkit/smm"
)

// Commit sends a request that creates something: once. It is not retried, no
// redirect is followed and net/http cannot replay it, not even with an
// Idempotency-Key header on a connection that broke. The one exception is an
// answer that proves that the credential was refused, see Refresher: such an
// answer proves that nothing was done, so the request still takes effect at most once.
//
// The Fate says how it ended, also without an error. With FateAnswered the
// Response is there; a status outside 2xx comes with an *smm.Error from the
// platform's table. With FateUnknown a Response may hold a status whose body
// was cut; it proves nothing. Client.Outcome turns both into an smm.Outcome.
//
// It never waits for a quota: a budget that is spent is FateNotSent with an
// *smm.RateLimitError.
func (c *Client) Commit(ctx context.Context, r *Request) (*Response, Fate, error) {
	resp, fate, err := c.send(ctx, r, 0)
	for round := 0; err != nil && fate == FateAnswered; round++ {
		again, rerr := c.refresh(ctx, r, resp, round)
		if rerr != nil {
			return resp, FateNotSent, rerr // the answer proved that nothing was done
		}
		if !again {
			break
		}
		next, nextFate, nextErr := c.send(ctx, r, round+1)
		if errors.Is(nextErr, errOnce) {
			break
		}
		resp, fate, err = next, nextFate, nextErr
	}
	return resp, fate, err
}

// Write sends a request that may be repeated by the caller without harm: a
// delete, a like, an upload step, a setter. It is sent once, and again only if
// a Refresher asks for it; redirects are not followed. A status outside 2xx
// comes with the Response and an *smm.Error.
func (c *Client) Write(ctx context.Context, r *Request) (*Response, error) {
	resp, _, err := c.Commit(ctx, r)
	return resp, err
}

// send is one exchange on the wire.
func (c *Client) send(ctx context.Context, r *Request, attempt int) (*Response, Fate, error) {
	ctx, cancel := c.limit(ctx, r)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, FateNotSent, c.wrap(r, smm.OutcomeNotSent, networkError(err))
	}
	var trace fateTrace
	req, err := c.build(trace.attach(ctx), r, attempt)
	if err != nil {
		return nil, FateNotSent, c.wrap(r, smm.OutcomeNotSent, err)
	}
	defer func() { _ = req.Body.Close() }() // from here on the caller's reader is his again
	if err := c.authorize(ctx, r, req); err != nil {
		return nil, FateNotSent, err
	}
	grant, err := c.reserve(ctx, r)
	if err != nil {
		return nil, FateNotSent, err
	}
	unreplayable(req)
	start := c.clock.Now()
	hres, err := c.rt.RoundTrip(req) //nolint:bodyclose // receive reads and closes it
	if err != nil {
		fate := trace.fate(err)
		c.reportFailure(ctx, grant, fate != FateNotSent)
		c.logExchange(ctx, r, req, nil, attempt, start, err)
		return nil, fate, c.wrap(r, outcomeState(fate), networkError(withContext(ctx, err)))
	}
	resp, err := c.receive(ctx, r, hres)
	c.observe(r, req, hres, resp)
	c.report(ctx, r, grant, resp)
	c.logExchange(ctx, r, req, resp, attempt, start, err)
	if err != nil {
		return resp, FateUnknown, c.wrapStatus(r, resp, err)
	}
	if !resp.OK() {
		return resp, FateAnswered, c.errors.Error(r.Op, r.Channel, resp)
	}
	return resp, FateAnswered, nil
}

// unreplayable takes from net/http every reason to send req a second time.
//
// A body without GetBody cannot be sent twice. Without a body net/http would
// resend a request with an idempotency key over HTTP/1, and any request after
// PROTOCOL_ERROR over HTTP/2; so the body becomes one that is empty but not
// known to be. "identity" and the header in lower case, which HTTP/1 writes as
// it stands and HTTP/2 drops, keep its length on the wire at "0" instead of
// chunked coding, which some servers refuse.
func unreplayable(req *http.Request) {
	req.GetBody = nil
	if req.Body != nil && req.Body != http.NoBody {
		return
	}
	req.Body, req.ContentLength = emptyBody{}, 0
	req.TransferEncoding = []string{"identity"}
	req.Header["content-length"] = []string{"0"}
}

// limit gives ctx an end if it has none.
func (c *Client) limit(ctx context.Context, r *Request) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok || r.Timeout < 0 {
		return ctx, func() {}
	}
	t := c.timeout
	if r.Timeout > 0 {
		t = r.Timeout
	}
	return context.WithTimeout(ctx, t)
}

func outcomeState(f Fate) smm.OutcomeState {
	if f == FateNotSent {
		return smm.OutcomeNotSent
	}
	return smm.OutcomeUnknown
}

// Outcome judges a commit by its fate, the platform's table and the defaults
// of OutcomeOf. For a 2xx the state is OutcomeUnknown: what the answer says is
// for the driver to read.
func (c *Client) Outcome(fate Fate, resp *Response) smm.Outcome {
	return c.errors.Outcome(fate, resp)
}

func (c *Client) authorize(ctx context.Context, r *Request, req *http.Request) error {
	a := c.authorizer(r)
	if a == nil {
		return nil
	}
	if err := a.Authorize(ctx, req); err != nil {
		return c.wrap(r, smm.OutcomeNotSent, err)
	}
	return nil
}

// withContext prefers the reason that the context ended over its effects on
// the connection.
func withContext(ctx context.Context, err error) error {
	if cerr := ctx.Err(); cerr != nil && !errors.Is(err, cerr) {
		return cerr
	}
	return err
}
