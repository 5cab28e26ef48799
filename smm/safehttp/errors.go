package safehttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrBlocked is matched (errors.Is) by every [*BlockedError].
var ErrBlocked = errors.New("safehttp: address refused")

// Reason says which rule refused an address. The values are stable, so hosts
// may translate them.
type Reason string

const (
	// ReasonSyntax: not an absolute URL, or one that parsers read differently
	// (control characters, spaces, backslashes, over 4096 bytes).
	ReasonSyntax Reason = "syntax"
	// ReasonScheme: neither https nor, where allowed, http.
	ReasonScheme Reason = "scheme"
	// ReasonUserinfo: the URL has a user name or password.
	ReasonUserinfo Reason = "userinfo"
	// ReasonHost: the host is not a plain public DNS name or a canonical address.
	ReasonHost Reason = "host"
	// ReasonPort: the port is not among Options.Ports.
	ReasonPort Reason = "port"
	// ReasonAddress: the host is, or resolves only to, addresses that may not
	// be connected to. BlockedError.Addr is the first of them.
	ReasonAddress Reason = "address"
	// ReasonDowngrade: a redirect from https to http.
	ReasonDowngrade Reason = "downgrade"
	// ReasonRedirectBody: a redirect (307, 308) would send the request body to
	// another origin.
	ReasonRedirectBody Reason = "redirect-body"
	// ReasonEncoding: the answer has a Content-Encoding other than one gzip.
	ReasonEncoding Reason = "encoding"
)

// BlockedError reports an address, or an answer, that may not be used.
// Trying again does not help.
type BlockedError struct {
	// URL is scheme and host only, in printable ASCII; empty if the input had
	// no readable host.
	URL    string
	Reason Reason
	// Addr is the refused address for ReasonAddress, unmapped; else invalid.
	Addr netip.Addr
	// Detail says what was wrong and what is expected, without quoting input.
	Detail string
}

func (e *BlockedError) Error() string {
	var b strings.Builder
	b.WriteString("safehttp: refused")
	if e.URL != "" {
		b.WriteString(" " + e.URL)
	}
	if e.Addr.IsValid() {
		b.WriteString(" at " + e.Addr.String())
	}
	b.WriteString(" (" + string(e.Reason) + ")")
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// Is makes every BlockedError match [ErrBlocked].
func (e *BlockedError) Is(target error) bool { return target == ErrBlocked }

// Limit names a bound of [Options].
type Limit string

const (
	LimitBytes     Limit = "bytes"     // received bytes, before expansion; Max is bytes
	LimitExpanded  Limit = "expanded"  // bytes after expansion; Max is bytes
	LimitRatio     Limit = "ratio"     // expanded bytes per received byte; Max is the ratio
	LimitHeaders   Limit = "headers"   // response headers; Max is bytes
	LimitTime      Limit = "time"      // the whole exchange or one of its phases; Max is milliseconds, 0 for a phase
	LimitRate      Limit = "rate"      // Max is bytes per second
	LimitRedirects Limit = "redirects" // Max is the number of redirects followed
)

// LimitError reports an answer that went over a bound. What was read before is
// not returned.
type LimitError struct {
	URL   string // as in BlockedError
	Limit Limit
	Max   int64
}

func (e *LimitError) Error() string {
	what := map[Limit]string{
		LimitBytes:     "answer is larger than %d bytes",
		LimitExpanded:  "answer expands to more than %d bytes",
		LimitRatio:     "answer expands by more than %d times",
		LimitHeaders:   "response headers are larger than %d bytes",
		LimitTime:      "took longer than %d ms",
		LimitRate:      "body came slower than %d bytes per second",
		LimitRedirects: "more than %d redirects",
	}[e.Limit]
	if e.Limit == LimitTime && e.Max == 0 {
		return "safehttp: " + e.URL + ": connecting or the first answer took too long"
	}
	return "safehttp: " + e.URL + ": " + fmt.Sprintf(what, e.Max)
}

// Timeout reports whether the limit was one of time, as in net.Error.
func (e *LimitError) Timeout() bool { return e.Limit == LimitTime || e.Limit == LimitRate }

// Redact rewrites an error of an [http.Client] so that it names no path, query
// or userinfo: net/http prints whole URLs in its *url.Error. [Guard.Do] and
// [Guard.Fetch] have done it already; callers that hand [Guard.Client] to other
// code use it on what comes back. Other errors, and nil, are returned as they are.
func Redact(err error) error {
	var ue *url.Error
	if !errors.As(err, &ue) {
		return err
	}
	if be, ok := errors.AsType[*BlockedError](ue.Err); ok {
		return be
	}
	if le, ok := errors.AsType[*LimitError](ue.Err); ok {
		return le
	}
	if ue.Op == "parse" {
		return &BlockedError{Reason: ReasonSyntax, Detail: "not a URL"}
	}
	shown := ""
	if u, perr := url.Parse(ue.URL); perr == nil {
		shown = redactURL(u)
	}
	return fmt.Errorf("safehttp: %s %s: %w", strings.ToUpper(ue.Op), shown, Redact(ue.Err))
}

// typed turns a timeout of our own making into a LimitError. A deadline or
// cancellation of the caller's context stays what it is.
func typed(ctx context.Context, u *url.URL, total time.Duration, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	if _, ok := errors.AsType[*LimitError](err); ok {
		return err
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return &LimitError{URL: redactURL(u), Limit: LimitTime, Max: total.Milliseconds()}
	}
	return err
}

// redactURL keeps scheme and host. The host is an attacker's text: it is
// shortened and printed in ASCII so that it cannot forge a log line.
func redactURL(u *url.URL) string {
	if u == nil || u.Host == "" {
		return ""
	}
	host := u.Host
	if len(host) > 100 {
		host = host[:100] + "..."
	}
	quoted := strconv.QuoteToASCII(host)
	scheme := u.Scheme
	if len(scheme) > 20 {
		scheme = scheme[:20]
	}
	return scheme + "://" + quoted[1:len(quoted)-1]
}
