package smm

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// The sentinels say what the caller can do next. Every error of this library
// that stems from a platform matches at most one of them through errors.Is.
var (
	// ErrUnsupported: neither the platform nor this kind of channel can do it,
	// ever. It is errors.ErrUnsupported, so that either name matches.
	ErrUnsupported = errors.ErrUnsupported
	// ErrNotFound: the thing is gone, private, or never was.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the credential is invalid, expired or revoked; the
	// account must be connected again. See NeedsReconnect.
	ErrUnauthorized = errors.New("not authorized: connect the account again")
	// ErrForbidden: the credential is good but may not do this; a scope, role,
	// plan or audit is missing. The error or the capability names the cure.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too much was asked; see RetryAfter.
	ErrRateLimited = errors.New("rate limited")
	// ErrRejected: the platform looked at the content or the request and
	// refused it for good. Sending it again unchanged will not help.
	ErrRejected = errors.New("rejected by the platform")
	// ErrDuplicate: the platform says that it has this content already. It is
	// a signal, never a proof, that an earlier attempt went through.
	ErrDuplicate = errors.New("refused as a duplicate")
	// ErrInvalid: the input is wrong and nothing was sent.
	ErrInvalid = errors.New("invalid input")
	// ErrUnavailable: the platform or the way to it failed for now. For a read
	// it means: try again later. For a create the Outcome says what is known.
	ErrUnavailable = errors.New("temporarily unavailable")
	// ErrConflict: a compare-and-swap lost; read again and decide anew.
	ErrConflict = errors.New("changed by somebody else")
	// ErrSealed: something stored cannot be opened: its key is not in the ring,
	// or it was changed or moved. Nothing is lost while the key can be found.
	ErrSealed = errors.New("sealed and cannot be opened: its key is missing, or it was changed or moved")
)

// Error describes a failed call to a platform. It keeps the vendor's code and
// request id for support cases, and never a token, a query string or a body.
type Error struct {
	Op        string       // what was tried, for example "publish" or the vendor's method name
	Platform  Platform     //
	Channel   Ref          // the channel acted for, if any
	Outcome   OutcomeState // for creates: what is known about the item; OutcomeUnknown otherwise
	Status    int          // HTTP status, 0 if there was no answer
	Code      string       // the vendor's own code, verbatim ("InvalidSwap", "190/463")
	Message   string       // the vendor's words, cut at 300 bytes, control characters removed; for people, never for decisions
	RequestID string       // the vendor's id of the request, if it gave one
	Err       error        // a sentinel of this package, possibly wrapped
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Platform))
	if e.Op != "" {
		b.WriteString(" " + e.Op)
	}
	b.WriteString(": ")
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	} else {
		b.WriteString("failed")
	}
	if e.Status != 0 {
		b.WriteString(" (status " + strconv.Itoa(e.Status))
		if e.Code != "" {
			b.WriteString(", code " + e.Code)
		}
		b.WriteString(")")
	} else if e.Code != "" {
		b.WriteString(" (code " + e.Code + ")")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// LogValue implements slog.LogValuer.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("op", e.Op), slog.String("platform", string(e.Platform))}
	if !e.Channel.IsZero() {
		attrs = append(attrs, slog.String("channel", e.Channel.String()))
	}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	if e.Code != "" {
		attrs = append(attrs, slog.String("code", e.Code))
	}
	if e.RequestID != "" {
		attrs = append(attrs, slog.String("request_id", e.RequestID))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// CleanMessage prepares a vendor's words for Error.Message: control characters
// and line separators become spaces, and the text is cut at 300 bytes on a
// rune boundary, so that a hostile answer can neither forge a log line nor
// flood it.
func CleanMessage(s string) string {
	const limit = 300
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return ' '
		}
		return r
	}, s)
	if len(s) <= limit {
		return strings.TrimSpace(s)
	}
	cut := limit
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return strings.TrimSpace(s[:cut])
}

// RateLimitError says which quota was spent and when it comes back. It matches
// ErrRateLimited.
type RateLimitError struct {
	Scope     string        // the vendor's name of the quota, for example "statuses" or "app"
	Limit     int64         // the size of the window, 0 if unknown
	Remaining int64         // what was left when the answer was written
	Reset     time.Time     // when the window opens again, zero if unknown
	After     time.Duration // how long to wait from now, clamped by the caller's policy
}

// Error implements error.
func (e *RateLimitError) Error() string {
	s := ErrRateLimited.Error()
	if e.Scope != "" {
		s += " (" + e.Scope + ")"
	}
	if e.After > 0 {
		s += fmt.Sprintf(": try again in %s", e.After.Round(time.Second))
	}
	return s
}

// Unwrap returns ErrRateLimited.
func (e *RateLimitError) Unwrap() error { return ErrRateLimited }

// RetryAfter reports how long the platform asks to wait before a request like
// the one that failed with err may be sent. It is false if the platform did not
// say, or named a time that is over.
func RetryAfter(err error) (d time.Duration, ok bool) {
	if rl, is := errors.AsType[*RateLimitError](err); is && rl.After > 0 {
		return rl.After, true
	}
	return 0, false
}

// NeedsReconnect reports whether err means that the account must be connected
// again by a person. A network failure never does.
func NeedsReconnect(err error) bool { return errors.Is(err, ErrUnauthorized) }

// kinds are the sentinels in durable form; the order decides where an error
// matches several.
func kinds() []struct {
	name string
	err  error
} {
	return []struct {
		name string
		err  error
	}{
		{"rate-limited", ErrRateLimited}, {"unauthorized", ErrUnauthorized}, {"forbidden", ErrForbidden}, {"not-found", ErrNotFound},
		{"unsupported", ErrUnsupported}, {"duplicate", ErrDuplicate}, {"rejected", ErrRejected}, {"invalid", ErrInvalid},
		{"conflict", ErrConflict}, {"sealed", ErrSealed}, {"unavailable", ErrUnavailable},
	}
}

func kindOf(err error) string {
	for _, k := range kinds() {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return ""
}

// Temporary reports whether the same read may succeed later without anybody
// changing anything. It says nothing about creates: their Outcome decides.
func Temporary(err error) bool {
	return errors.Is(err, ErrRateLimited) || errors.Is(err, ErrUnavailable)
}
