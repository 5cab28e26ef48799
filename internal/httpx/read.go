package httpx

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/smmkit/smmkit/smm"
)

// Read sends a request that changes nothing. It is retried after network
// failures and after 408, 425, 429, 500, 502, 503 and 504, within RetryPolicy,
// if its method is GET or HEAD or if it says that it is Repeatable. At most
// three redirects are followed, never from https to http; to another origin
// only harmless headers go along.
//
// A status outside 2xx, other than 304, comes with the Response and an
// *smm.Error from the platform's table.
func (c *Client) Read(ctx context.Context, r *Request) (*Response, error) {
	resp, err := c.read(ctx, r, 0)
	for round := 0; err != nil && resp != nil; round++ {
		again, rerr := c.refresh(ctx, r, resp, round)
		if rerr != nil {
			return resp, rerr
		}
		if !again {
			break
		}
		next, nerr := c.read(ctx, r, round+1)
		if errors.Is(nerr, errOnce) {
			break
		}
		resp, err = next, nerr
	}
	return resp, err
}

func (c *Client) read(ctx context.Context, r *Request, round int) (*Response, error) {
	ctx, cancel := c.limit(ctx, r)
	defer cancel()
	req, err := c.build(ctx, r, round)
	if err != nil {
		return nil, c.wrap(r, smm.OutcomeUnknown, err)
	}
	defer func() { _ = req.Body.Close() }()
	call := &readCall{c: c, ctx: ctx, r: r, round: round, host: req.URL.Host}
	call.repeatable = r.Repeatable || req.Method == http.MethodGet || req.Method == http.MethodHead
	if err := call.begin(req); err != nil {
		return nil, err
	}
	c.budget.first(call.host)
	rreq := &retryablehttp.Request{Request: req}
	rreq.SetResponseHandler(call.receive)
	hres, err := call.engine().Do(rreq)
	if hres != nil {
		_ = hres.Body.Close()
	}
	if err != nil {
		if call.resp != nil { // answered, but not readable to the end
			return call.resp, c.wrapStatus(r, call.resp, err)
		}
		return nil, c.wrap(r, smm.OutcomeUnknown, networkError(withContext(ctx, err)))
	}
	if !call.resp.OK() && call.resp.Status != http.StatusNotModified {
		return call.resp, c.errors.Error(r.Op, r.Channel, call.resp)
	}
	return call.resp, nil
}

// readCall is one Read through go-retryablehttp, which owns the loop and
// nothing else: what may be retried, how long to wait and on which clock are
// decided here.
type readCall struct {
	c          *Client
	ctx        context.Context
	r          *Request
	round      int
	host       string
	repeatable bool

	n     int  // finished attempts
	open  bool // an attempt is on its way and not yet reported
	cut   bool // its body broke off and it shall be repeated
	start time.Time
	grant smm.QuotaGrant
	req   *http.Request
	resp  *Response
	wait  time.Duration
}

func (call *readCall) engine() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   call.c.follow,
		RetryMax:     call.c.retry.Attempts,
		CheckRetry:   call.check,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }, // see again
		PrepareRetry: call.again,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// begin authorizes an attempt and takes its quota.
func (call *readCall) begin(req *http.Request) error {
	if err := call.c.authorize(call.ctx, call.r, req); err != nil {
		return err
	}
	grant, err := call.c.reserveWaiting(call.ctx, call.r)
	if err != nil {
		return err
	}
	call.grant, call.open, call.start, call.req = grant, true, call.c.clock.Now(), req
	return nil
}

// check implements retryablehttp.CheckRetry. It is called after the header of
// an answer, and again after its body; each attempt is reported once.
func (call *readCall) check(_ context.Context, hres *http.Response, err error) (bool, error) {
	c := call.c
	if !call.open { // receive reported it
		again := call.cut
		call.cut = false
		return again, nil
	}
	status, asked := 0, time.Duration(0)
	if hres != nil && err == nil {
		status = hres.StatusCode
		if !retryableStatus(status) {
			return false, nil
		}
		asked = waitFrom(status, hres.Header, c.clock.Now())
	}
	if !call.plan(status, asked, err) {
		if err != nil {
			call.finish(nil, err)
		}
		return false, nil
	}
	var resp *Response
	if err == nil {
		resp = &Response{Status: status, Header: hres.Header, At: c.clock.Now(), Wait: asked}
		c.observe(call.r, call.req, hres, resp)
	}
	call.finish(resp, err)
	return true, nil
}

// plan decides whether there is another attempt and sets its wait.
func (call *readCall) plan(status int, asked time.Duration, err error) bool {
	c := call.c
	if !call.repeatable || call.n+1 >= c.retry.Attempts || call.ctx.Err() != nil || (err != nil && !retryableError(err)) {
		return false
	}
	if call.r.Body.stream != nil { // not rewound inside one round
		return false
	}
	d, ok := c.retry.delay(call.n, status, asked)
	if !ok {
		return false
	}
	if endsWithin(call.ctx, d) {
		return false // the caller gets the answer now rather than a time-out later
	}
	if !c.budget.take(call.host) {
		return false
	}
	call.wait = d
	return true
}

// again implements retryablehttp.PrepareRetry: it waits on the client's clock,
// which the loop's own timer does not know.
func (call *readCall) again(req *http.Request) error {
	if err := call.c.clock.Sleep(call.ctx, call.wait); err != nil {
		return err
	}
	body, _, err := call.r.Body.open(0)
	if err != nil {
		return err
	}
	req.Body = body
	return call.begin(req)
}

// receive implements retryablehttp.ResponseHandlerFunc: it reads the answer
// that nobody wants to retry for its status.
func (call *readCall) receive(hres *http.Response) error {
	resp, err := call.c.receive(call.ctx, call.r, hres)
	call.c.observe(call.r, call.req, hres, resp)
	call.resp = resp
	if err != nil && call.plan(0, 0, err) {
		call.resp, call.cut = nil, true
	}
	call.finish(resp, err)
	return err
}

// finish reports an attempt to the quota and the log.
func (call *readCall) finish(resp *Response, err error) {
	c := call.c
	if resp != nil {
		c.report(call.ctx, call.r, call.grant, resp)
	} else {
		c.reportFailure(call.ctx, call.grant, true)
	}
	c.logExchange(call.ctx, call.r, call.req, resp, call.n+call.round*c.retry.Attempts, call.start, err)
	call.open = false
	call.n++
}

// endsWithin reports whether ctx ends before d is over. A context's deadline is
// of the machine's clock, whatever clock the client has.
func endsWithin(ctx context.Context, d time.Duration) bool {
	end, has := ctx.Deadline()
	return has && time.Until(end) < d
}
