package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Fate says how a request that creates something ended. The zero value is that
// nothing is known.
type Fate int

// The fates.
const (
	FateUnknown  Fate = iota // it may have reached the platform: reset, time-out or cut after a connection was there
	FateNotSent              // proved: the platform did not get to process it
	FateAnswered             // status and whole body were read
)

// String implements fmt.Stringer.
func (f Fate) String() string {
	switch f {
	case FateNotSent:
		return "not-sent"
	case FateAnswered:
		return "answered"
	}
	return "unknown"
}

// OutcomeOf is what a fate and a status mean where the platform's table says
// nothing else. next is the earliest time for another try, if the answer gave
// one.
//
//	not sent                     NotSent
//	unknown, 1xx, 3xx, 5xx       Unknown: a redirect or an error may follow the deed
//	408, 425                     Unknown: the server may have read the request
//	429                          Refused, Retry
//	other 4xx                    Refused
//	2xx                          Unknown with EvidenceReply; the driver reads the answer and says more
func OutcomeOf(fate Fate, status int, next time.Time) smm.Outcome {
	switch fate {
	case FateNotSent:
		return smm.Outcome{State: smm.OutcomeNotSent, Retry: true, Next: next}
	case FateAnswered:
	default:
		return smm.Outcome{State: smm.OutcomeUnknown, Next: next}
	}
	o := smm.Outcome{State: smm.OutcomeUnknown, Next: next, Evidence: smm.EvidenceReply}
	if status == 429 {
		o.State, o.Retry = smm.OutcomeRefused, true
	} else if status >= 400 && status < 500 && status != 408 && status != 425 {
		o.State = smm.OutcomeRefused
	}
	return o
}

// fateTrace watches whether a request ever got a connection.
//
// Only the absence of a connection proves that nothing was sent. The later
// hooks prove nothing for the opposite: WroteHeaders is called from another
// goroutine, possibly after RoundTrip gave up, and a large header reaches the
// kernel before it. And only a transport that called GetConn is known to call
// GotConn: one that does not know httptrace proves nothing by silence.
type fateTrace struct {
	hooks      httptrace.ClientTrace
	asked, got atomic.Bool
}

func (t *fateTrace) attach(ctx context.Context) context.Context {
	t.hooks.GetConn = func(string) { t.asked.Store(true) }
	t.hooks.GotConn = func(httptrace.GotConnInfo) { t.got.Store(true) }
	return httptrace.WithClientTrace(ctx, &t.hooks)
}

// fate judges a RoundTrip that returned err.
func (t *fateTrace) fate(err error) Fate {
	if t.asked.Load() && !t.got.Load() {
		return FateNotSent
	}
	if unprocessed(err) {
		return FateNotSent
	}
	return FateUnknown
}

// The words of net/http, which has no types for these cases: all our bodies
// are such that it cannot repeat them, and then it wraps the cause as text. Should they
// change, the fate becomes unknown, which is safe; a test holds them.
const (
	goAwayUnprocessed = "http2: Transport received Server's graceful shutdown GOAWAY"
	goAwayFirstStream = "http2: Transport received GOAWAY from server ErrCode:"
	cannotRetryPrefix = "http2: Transport: cannot retry err ["
	cannotRetrySuffix = "] after Request.Body was written; define Request.GetBody to avoid this error"
	refusedPrefix     = "stream error: stream ID "
	refusedSuffix     = "; REFUSED_STREAM; received from peer"
)

// unprocessed reports whether the server said over HTTP/2 that it did not
// process the request: REFUSED_STREAM, or a GOAWAY whose last stream is before
// ours (RFC 9113 sections 6.8 and 8.7).
func unprocessed(err error) bool {
	s := err.Error()
	if inner, ok := strings.CutPrefix(s, cannotRetryPrefix); ok {
		s, ok = strings.CutSuffix(inner, cannotRetrySuffix)
		if !ok {
			return false
		}
		if strings.HasPrefix(s, refusedPrefix) && strings.HasSuffix(s, refusedSuffix) {
			return true
		}
	}
	return s == goAwayUnprocessed || strings.HasPrefix(s, goAwayFirstStream)
}

// certificateError reports whether the server's certificate was refused, which
// no repetition cures.
func certificateError(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}
