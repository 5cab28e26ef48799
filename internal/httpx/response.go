package httpx

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Response is a platform's answer, read to its end.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte // at most Config.MaxBody
	RequestID string // the vendor's, "" if it gave none
	// At is when the answer's header arrived, by the client's clock.
	At time.Time
	// Wait is how long the platform asks to wait, from Retry-After or, for a
	// 429, from a rate header that says that nothing is left. 0 if it does not.
	Wait time.Duration

	platform smm.Platform
	op       string
	channel  smm.Ref
}

// OK reports whether the status is 2xx.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// errTooLarge says that an answer went beyond Config.MaxBody.
var errTooLarge = fmt.Errorf("%w: the answer is larger than the client accepts", smm.ErrUnavailable)

// receive reads what hres holds. With an error the Response has all but the
// whole body.
func (c *Client) receive(ctx context.Context, r *Request, hres *http.Response) (*Response, error) {
	now := c.clock.Now()
	resp := &Response{
		Status: hres.StatusCode, Header: hres.Header, At: now,
		platform: c.platform, op: r.Op, channel: r.Channel,
	}
	for _, name := range c.idNames {
		if v := hres.Header[name]; len(v) > 0 && v[0] != "" {
			resp.RequestID = cleanID(v[0])
			break
		}
	}
	if resp.Status >= 300 {
		resp.Wait = waitFrom(resp.Status, hres.Header, now)
	}
	err := c.readBody(resp, hres)
	if err != nil {
		return resp, withContext(ctx, err)
	}
	return resp, nil
}

func (c *Client) readBody(resp *Response, hres *http.Response) error {
	defer func() { _ = hres.Body.Close() }()
	if n := hres.ContentLength; n > c.maxBody {
		return errTooLarge
	} else if n > 0 {
		// One byte more, so that the end is seen without growing.
		return resp.fill(hres.Body, make([]byte, 0, n+1), c.maxBody)
	}
	return resp.fill(hres.Body, make([]byte, 0, 512), c.maxBody)
}

func (r *Response) fill(body io.Reader, buf []byte, limit int64) error {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return errTooLarge
		}
		if err == io.EOF {
			r.Body = buf
			return nil
		}
		if err != nil {
			r.Body = buf
			return err
		}
	}
}

// cleanID keeps a request id fit for logs.
func cleanID(s string) string {
	if len(s) > 128 {
		s = s[:128]
	}
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] >= 0x7f {
			return smm.CleanMessage(s)
		}
	}
	return s
}

func canonicalNames(names []string) []string {
	if names == nil {
		return []string{"X-Request-Id", "X-Requestid", "Request-Id", "X-Amzn-Requestid", "X-Correlation-Id"}
	}
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = textproto.CanonicalMIMEHeaderKey(n)
	}
	return out
}
