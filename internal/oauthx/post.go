package oauthx

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// call is one question to an endpoint.
type call struct {
	op   string
	url  string
	form url.Values
	key  *Key // binds the answer; nil for none
}

// post asks once, and once more if the server wants a nonce in the proof and
// gives it (RFC 9449 section 8): such an answer proves that nothing was done.
// Each time everything is signed anew, since a server takes an assertion and a
// proof once.
//
// Errors are *smm.Error. Their Outcome is OutcomeNotSent, OutcomeRefused after an
// answer that proves a refusal, and OutcomeUnknown where the server may have done
// what was asked.
func (c *Client) post(ctx context.Context, q call) (*httpx.Response, error) {
	resp, sent, err := c.send(ctx, q)
	if q.key != nil && Code(err) == "use_dpop_nonce" && resp != nil && nonceOf(resp.Header) != "" {
		resp, sent, err = c.send(ctx, q)
	}
	if err == nil {
		if _, _, failed := parseError(resp.Body); failed {
			err = c.fail(q.op, resp)
		}
	}
	if err != nil {
		return nil, c.explain(err, resp, sent)
	}
	return resp, nil
}

func (c *Client) send(ctx context.Context, q call) (resp *httpx.Response, sent []string, err error) {
	u, err := parseEndpoint(q.url)
	if err != nil {
		return nil, nil, c.refuse(q.op, err)
	}
	form := maps.Clone(q.form)
	basic, err := c.authenticate(form)
	if err != nil {
		return nil, nil, c.refuse(q.op, err)
	}
	for _, name := range []string{"code", "code_verifier", "refresh_token", "token", "client_secret", "client_assertion", "state"} {
		sent = append(sent, form.Get(name))
	}
	sent = append(sent, c.cfg.Secret.Reveal())
	auth := httpx.AuthorizerFunc(func(_ context.Context, req *http.Request) error {
		if basic != nil {
			req.Header["Authorization"] = basic
			sent = append(sent, basic[0])
		}
		if q.key == nil {
			return nil
		}
		proof, err := q.key.Proof(http.MethodPost, q.url, smm.Secret{}, c.nonces.Get(q.key, u), c.clock.Now())
		if err != nil {
			return err
		}
		req.Header["Dpop"] = []string{proof}
		sent = append(sent, proof)
		return nil
	})
	resp, _, err = c.http.Commit(ctx, &httpx.Request{Op: q.op, Method: http.MethodPost, URL: q.url, Body: httpx.Form(form), Auth: auth})
	if resp != nil && q.key != nil {
		c.nonces.Observe(q.key, u, resp.Header)
	}
	return resp, sent, err
}

// refuse is an error before anything was sent.
func (c *Client) refuse(op string, err error) error {
	return &smm.Error{Op: op, Platform: c.cfg.Platform, Outcome: smm.OutcomeNotSent, Err: err}
}

// fail judges an answer with status 2xx that holds an error: the status is
// believed to be the mistake, as vendors do answer so.
func (c *Client) fail(op string, resp *httpx.Response) error {
	code, _, _ := parseError(resp.Body)
	e := &smm.Error{Op: op, Platform: c.cfg.Platform, Outcome: smm.OutcomeRefused, Status: resp.Status, Code: code, RequestID: resp.RequestID}
	switch e.Err = sentinelOf(code); {
	case code == "":
		e.Err = smm.ErrUnavailable
		e.Outcome = smm.OutcomeUnknown
	case errors.Is(e.Err, smm.ErrUnavailable):
		e.Outcome = smm.OutcomeUnknown
	}
	return e
}

// broken is an error for a 2xx answer that cannot be used: what was asked may
// well have been done.
func (c *Client) broken(op string, resp *httpx.Response, sentinel, cause error) error {
	return &smm.Error{
		Op: op, Platform: c.cfg.Platform, Outcome: smm.OutcomeUnknown, Status: resp.Status, RequestID: resp.RequestID,
		Err: fmt.Errorf("%w: %w", sentinel, cause),
	}
}

// explain adds words to an error of an answer. An answer without a code is not
// one of an OAuth endpoint, whatever its status: a proxy or a wrong address must
// not end an account.
func (c *Client) explain(err error, resp *httpx.Response, sent []string) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok || resp == nil || e.Status == 0 {
		return err
	}
	if e.Code != "" {
		_, description, _ := parseError(resp.Body)
		e.Message = words(e.Code, description, sent)
		return e
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		e.Message = cures["invalid_client"]
	case e.Status >= 400 && e.Status < 500 && !errors.Is(e.Err, smm.ErrRateLimited):
		e.Err, e.Message = smm.ErrUnavailable, "the answer is not one of an OAuth endpoint: check the server's address, or try again later"
	}
	return e
}
