package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"

	"github.com/smmkit/smmkit/smm"
)

// networkError turns what a transport returned into an error that says what
// failed and quotes no URL. It matches smm.ErrUnavailable, and
// context.DeadlineExceeded where time ran out; after a cancellation by the
// caller it matches context.Canceled alone, since nothing is unavailable.
//
// Text of unknown types is dropped, not scrubbed: a host's transport may put a
// whole URL with its token into its errors.
func networkError(err error) error {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*bodyError](err); ok {
		err = e // without what the transport says around it
	}
	for _, known := range sentinels {
		if errors.Is(err, known) { // an error of this library, which holds no secret
			return stripURL(err)
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", smm.ErrUnavailable, context.DeadlineExceeded)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", smm.ErrUnavailable, os.ErrDeadlineExceeded)
	}
	return fmt.Errorf("%w: %w", smm.ErrUnavailable, plainCause(err))
}

var sentinels = []error{
	smm.ErrNotFound, smm.ErrUnauthorized, smm.ErrForbidden, smm.ErrRateLimited,
	smm.ErrRejected, smm.ErrDuplicate, smm.ErrInvalid, smm.ErrUnavailable, smm.ErrConflict,
}

// plainCause finds the part of err that is known to hold no secret.
func plainCause(err error) error {
	if e, ok := errors.AsType[*bodyError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return e // a host name
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		if no, ok := errors.AsType[syscall.Errno](e); ok {
			return &net.OpError{Op: e.Op, Net: e.Net, Addr: e.Addr, Err: no}
		}
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("tls: the server's certificate was refused: %w", e)
	}
	if e, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return e
	}
	if e, ok := errors.AsType[tls.AlertError](err); ok {
		return e
	}
	for _, known := range []error{io.ErrUnexpectedEOF, io.EOF, net.ErrClosed, errOnce, errRedirect} {
		if errors.Is(err, known) {
			return known
		}
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no
	}
	if se, ok := errors.AsType[streamError](err); ok {
		return streamError{Code: se.Code} // the cause is the server's text
	}
	return errors.New("the connection failed")
}

// stripURL takes the *url.Error off err, whose text and field hold the URL.
func stripURL(err error) error {
	for {
		e, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = e.Err
	}
}

// streamError has the shape of net/http's HTTP/2 stream error, which converts
// itself to any struct of that shape through errors.As.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error implements error, as errors.As demands.
func (e streamError) Error() string { return fmt.Sprintf("http2 stream error %d", e.Code) }

// wrap makes err an *smm.Error of r, unless it is one.
func (c *Client) wrap(r *Request, o smm.OutcomeState, err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e
	}
	return &smm.Error{Op: r.Op, Platform: c.platform, Channel: r.Channel, Outcome: o, Err: stripURL(err)}
}

// wrapStatus is wrap for an answer that could not be read to its end.
func (c *Client) wrapStatus(r *Request, resp *Response, err error) error {
	return &smm.Error{
		Op: r.Op, Platform: c.platform, Channel: r.Channel, Status: resp.Status, RequestID: resp.RequestID,
		Err: networkError(err),
	}
}
