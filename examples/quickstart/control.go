package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// control talks to the control API of the simulators: what no real platform
// has. It makes accounts, plays the public, and tells what the public saw.
type control struct {
	base string
	http http.Client
}

func newControl(base string) *control {
	return &control{base: base, http: http.Client{Timeout: 10 * time.Second}}
}

func (c *control) account(ctx context.Context, p smm.Platform, handle string) (localweb.Account, error) {
	return call[localweb.Account](ctx, c, http.MethodPost, "/accounts", localweb.AccountRequest{Platform: p, Handle: handle})
}

func (c *control) items(ctx context.Context) ([]sim.Item, error) {
	return call[[]sim.Item](ctx, c, http.MethodGet, "/items", nil)
}

func (c *control) counters(ctx context.Context) (localweb.Counters, error) {
	return call[localweb.Counters](ctx, c, http.MethodGet, "/counters", nil)
}

func (c *control) now(ctx context.Context) (localweb.ClockTime, error) {
	return call[localweb.ClockTime](ctx, c, http.MethodGet, "/clock", nil)
}

func (c *control) advance(ctx context.Context, by time.Duration) (localweb.ClockTime, error) {
	return call[localweb.ClockTime](ctx, c, http.MethodPost, "/clock", localweb.ClockAdvance{Advance: localweb.Duration(by)})
}

func (c *control) act(ctx context.Context, path string, what any) error {
	_, err := call[json.RawMessage](ctx, c, http.MethodPost, path, what)
	return err
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// call makes a request and decodes its answer.
func call[T any](ctx context.Context, c *control, method, path string, body any) (out T, err error) {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return out, err
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, payload)
	if err != nil {
		return out, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return out, fmt.Errorf("the simulators at %s do not answer: %w", c.base, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return out, fmt.Errorf("simulators: %s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		var refusal struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(b, &refusal) != nil || refusal.Error == "" {
			refusal.Error = "is this the control URL? " + smm.CleanMessage(string(b))
		}
		return out, fmt.Errorf("simulators: %s %s: %s: %s", method, path, resp.Status, refusal.Error)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, fmt.Errorf("simulators: %s %s: the answer is no JSON as expected: %w; is this the control URL?", method, path, err)
	}
	return out, nil
}
