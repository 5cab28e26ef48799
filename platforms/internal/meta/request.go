package meta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Request is a call of a node or of one of its edges.
type Request struct {
	Op      string // the vendor's method, as errors and logs show it: "page.feed"; required
	Channel smm.Ref
	Method  string   // GET, POST or DELETE; "" for the way's own: GET for Read, POST for the others
	Path    []string // segments after the version, each escaped: {"17841", "media"}

	// Fields are what the answer shall hold, joined by commas. A POST may have
	// them too, to read back what it made.
	Fields []string
	// Params go into the query of a GET or DELETE and into the form of a POST.
	// Values that are not text are JSON. Tokens and secrets are refused.
	Params url.Values
	// JSON, if not nil, is the body in place of a form; Params go into the query.
	JSON any
	// Files make the form a multipart one.
	Files []httpx.Part

	// Bare leaves out the version, for the few methods that have none.
	Bare bool

	Cost     int64    // calls that it counts as; 0 for 1
	Buckets  []string // budgets of the account, not of calls, that it takes one from: posts of a day
	Priority smm.Priority
	Timeout  time.Duration
}

// Read sends a request that changes nothing and decodes the answer into the
// value that into points to, unless that is nil.
func (c *Client) Read(ctx context.Context, r *Request, into any) error {
	_, _, err := c.read(ctx, r, into)
	return err
}

func (c *Client) read(ctx context.Context, r *Request, into any) (*httpx.Response, *callAuth, error) {
	hr, auth, err := c.request(ctx, r, http.MethodGet)
	if err != nil {
		return nil, nil, c.refuse(r, err)
	}
	hr.Repeatable = true
	resp, err := c.http.Read(ctx, hr)
	if err := c.failure(r, auth, resp, err, resp != nil); err != nil {
		return resp, auth, err
	}
	return resp, auth, c.decode(r, resp, into)
}

// Write sends a request that may be repeated without harm: a delete, a hide, a
// setter, a step of an upload. It is sent once.
func (c *Client) Write(ctx context.Context, r *Request, into any) error {
	w := *r
	if w.Priority == 0 {
		w.Priority = smm.PriorityReply
	}
	_, _, err := c.commit(ctx, &w, into)
	return err
}

// Success is what most writes answer.
type Success struct {
	Success bool `json:"success"`
}

// Do is Write for a method that answers whether it worked. A false is an error
// that matches smm.ErrRejected.
func (c *Client) Do(ctx context.Context, r *Request) error {
	var ok Success
	if err := c.Write(ctx, r, &ok); err != nil {
		return err
	}
	if !ok.Success {
		return &smm.Error{
			Op: r.Op, Platform: c.table.platform, Channel: r.Channel, Outcome: smm.OutcomeRefused, Status: http.StatusOK,
			Err: fmt.Errorf("%w: it answered that it did not succeed", smm.ErrRejected),
		}
	}
	return nil
}

// Commit sends a request that creates something, once. Without an error the
// answer was decoded into the value that into points to, and it is for the
// caller to read the new id: the outcome is then OutcomeUnknown with
// EvidenceReply. With an error the outcome says what is known.
func (c *Client) Commit(ctx context.Context, r *Request, into any) (smm.Outcome, error) {
	resp, fate, err := c.commit(ctx, r, into)
	if err != nil && fate == httpx.FateAnswered && resp != nil && resp.OK() {
		if !failureIn(resp.Body) {
			return smm.Outcome{}, err // the answer cannot be read, and says nothing
		}
	}
	return c.table.Outcome(fate, resp), err
}

func (c *Client) commit(ctx context.Context, r *Request, into any) (*httpx.Response, httpx.Fate, error) {
	hr, auth, err := c.request(ctx, r, http.MethodPost)
	if err != nil {
		return nil, httpx.FateNotSent, c.refuse(r, err)
	}
	resp, fate, err := c.http.Commit(ctx, hr)
	if err := c.failure(r, auth, resp, err, fate == httpx.FateAnswered); err != nil {
		return resp, fate, err
	}
	return resp, fate, c.decode(r, resp, into)
}

// failure is the error of an answer, whichever way it was given.
func (c *Client) failure(r *Request, auth *callAuth, resp *httpx.Response, err error, whole bool) error {
	switch {
	case err != nil && (!whole || !errors.Is(err, errAnswered)):
		return err
	case err != nil:
		return c.table.Error(r.Op, r.Channel, resp, auth.secrets()...)
	}
	if failureIn(resp.Body) {
		return c.table.Error(r.Op, r.Channel, resp, auth.secrets()...)
	}
	return nil
}

func (c *Client) decode(r *Request, resp *httpx.Response, into any) error {
	if into == nil {
		return nil
	}
	if err := resp.JSON(into); err != nil {
		return c.blame(r, err)
	}
	return nil
}

// blame gives an error of httpx, which knows the request by its own, our names.
func (c *Client) blame(r *Request, err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return c.refuse(r, err)
	}
	out := *e
	out.Op, out.Platform, out.Channel = r.Op, c.table.platform, r.Channel
	return &out
}

func (c *Client) refuse(r *Request, err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e
	}
	return &smm.Error{Op: r.Op, Platform: c.table.platform, Channel: r.Channel, Outcome: smm.OutcomeNotSent, Err: err}
}

// request brings r into the form of httpx.
func (c *Client) request(ctx context.Context, r *Request, method string) (*httpx.Request, *callAuth, error) {
	if r.Method != "" {
		method = r.Method
	}
	if err := checkParams(r.Params); err != nil {
		return nil, nil, err
	}
	params := url.Values{}
	maps.Copy(params, r.Params)
	if len(r.Fields) > 0 {
		params.Set("fields", strings.Join(r.Fields, ","))
	}
	auth := &callAuth{c: c, scheme: bearer}
	hr := &httpx.Request{
		Op: r.Op, Channel: r.Channel, Method: method, URL: c.path(r), Auth: auth,
		Charges: c.charges(ctx, r), Priority: r.Priority, Timeout: r.Timeout,
	}
	switch {
	case method != http.MethodPost:
		if r.JSON != nil || len(r.Files) > 0 {
			return nil, nil, fmt.Errorf("%w: meta: a %s has no body", smm.ErrInvalid, method)
		}
		hr.Query = params
	case r.JSON != nil && len(r.Files) > 0:
		return nil, nil, fmt.Errorf("%w: meta: a body is JSON or has files", smm.ErrInvalid)
	case r.JSON != nil:
		hr.Query, hr.Body = params, httpx.JSON(r.JSON)
	case len(r.Files) > 0:
		hr.Body = multipart(params, r.Files)
	default:
		hr.Body = httpx.Form(params)
	}
	return hr, auth, nil
}

func (c *Client) path(r *Request) string {
	if r.Bare {
		return httpx.Path("", r.Path...)
	}
	return httpx.Path("/"+c.version, r.Path...)
}

// multipart puts the fields before the files, so that a server can judge them
// before it has read those.
func multipart(params url.Values, files []httpx.Part) httpx.Body {
	parts := make([]httpx.Part, 0, len(params)+len(files))
	for _, name := range sortedKeys(params) {
		for _, v := range params[name] {
			parts = append(parts, httpx.Part{Name: name, Value: v})
		}
	}
	return httpx.Multipart(append(parts, files...)...)
}

// Get reads a value.
func Get[T any](ctx context.Context, c *Client, r *Request) (T, error) {
	var v T
	err := c.Read(ctx, r, &v)
	return v, err
}

// Delete deletes a node.
func (c *Client) Delete(ctx context.Context, op, id string) error {
	return c.Do(ctx, &Request{Op: op, Method: http.MethodDelete, Path: []string{id}})
}
