package reference

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// send makes one request and reads its JSON answer into out. status is 0 if
// there was no answer that can be trusted.
func (d *Driver) send(ctx context.Context, channel smm.Ref, method, path string, body io.Reader, out any) (status int, err error) {
	if channel.Platform != Platform || channel.Kind != smm.KindChannel {
		return 0, d.fail(method, channel, 0, fmt.Errorf("%w: %s is no channel of this platform", smm.ErrInvalid, channel))
	}
	cred, err := d.Credentials.Load(ctx, smm.TenantFrom(ctx), channel)
	if err != nil {
		return 0, d.fail(method, channel, 0, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://reference.invalid"+path, body)
	if err != nil {
		return 0, d.fail(method, channel, 0, fmt.Errorf("%w: %w", smm.ErrInvalid, err))
	}
	req.Header.Set("Authorization", "Bearer "+cred.AccessToken.Reveal())
	resp, err := d.HTTP.RoundTrip(req)
	if err != nil {
		return 0, d.fail(method, channel, 0, fmt.Errorf("%w: %w", smm.ErrUnavailable, err))
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = errors.New("the answer is too long")
	}
	if err != nil {
		return 0, d.fail(method, channel, 0, fmt.Errorf("%w: %w", smm.ErrUnavailable, err))
	}
	if resp.StatusCode >= 300 {
		return resp.StatusCode, d.fail(method, channel, resp.StatusCode, sentinel(resp))
	}
	if json.Unmarshal(b, out) != nil || lacking(out) || !unequivocal(b) {
		return 0, d.fail(method, channel, 0, fmt.Errorf("%w: unreadable answer", smm.ErrUnavailable))
	}
	return resp.StatusCode, nil
}

func (d *Driver) fail(op string, channel smm.Ref, status int, err error) error {
	return &smm.Error{Op: op, Platform: Platform, Channel: channel, Status: status, Err: err}
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// made is what the server says of what it made.
type made struct {
	ID string `json:"id"`
}

// lacking reports whether an answer has not even what all of its kind have. An
// empty object is no empty list.
func lacking(out any) bool {
	switch v := out.(type) {
	case *item:
		return v.ID == ""
	case *made:
		return v.ID == ""
	case *container:
		return v.ID == ""
	case *account:
		return v.Handle == ""
	case *page:
		return v.Items == nil
	}
	return false
}

// unequivocal reports whether b names each member of its objects once, so that all
// decoders read it alike.
func unequivocal(b []byte) bool {
	var open []map[string]bool // nil for a list
	d, name := json.NewDecoder(bytes.NewReader(b)), false
	for {
		token, err := d.Token()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if key, ok := token.(string); ok && name {
			names := open[len(open)-1]
			if names[key] {
				return false
			}
			names[key], name = true, false
			continue
		}
		switch token {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}

func sentinel(resp *http.Response) error {
	switch s := resp.StatusCode; {
	case s == http.StatusUnauthorized:
		return smm.ErrUnauthorized
	case s == http.StatusForbidden:
		return smm.ErrForbidden
	case s == http.StatusNotFound:
		return smm.ErrNotFound
	case s == http.StatusTooManyRequests:
		n, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil || n < 1 {
			n = 60
		}
		return &smm.RateLimitError{Scope: "all", After: time.Duration(n) * time.Second}
	case s >= 500:
		return smm.ErrUnavailable
	}
	return smm.ErrRejected
}

// get reads, with two more tries where a read deserves them.
func (d *Driver) get(ctx context.Context, channel smm.Ref, path string, out any) error {
	for try := 0; ; try++ {
		_, err := d.send(ctx, channel, http.MethodGet, path, nil, out)
		if err == nil || try == 2 || !errors.Is(err, smm.ErrUnavailable) || ctx.Err() != nil {
			return err
		}
		if err := d.Clock.Sleep(ctx, time.Second<<try); err != nil {
			return d.fail("GET", channel, 0, fmt.Errorf("%w: %w", smm.ErrUnavailable, err))
		}
	}
}

func (d *Driver) post(ctx context.Context, channel smm.Ref, path string, in, out any) (int, error) {
	b, err := json.Marshal(in)
	if err != nil {
		return 0, d.fail("POST", channel, 0, fmt.Errorf("%w: %w", smm.ErrInvalid, err))
	}
	return d.send(ctx, channel, http.MethodPost, path, bytes.NewReader(b), out)
}
