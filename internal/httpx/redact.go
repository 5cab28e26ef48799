package httpx

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/smmkit/smmkit/smm"
)

const redacted = "[redacted]"

// RedactURL returns u fit for people: scheme, host and path. Query values are
// masked and their names kept; userinfo and fragment are dropped. A path may
// hold a secret on some platforms (Telegram), so logs take Request.Op instead.
func RedactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	out := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if u.RawQuery != "" {
		q, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			return out.String() + "?" + redacted
		}
		for k := range q {
			q[k] = []string{redacted}
		}
		out.RawQuery = q.Encode()
	}
	return out.String()
}

// safeHeaders may be shown with their values. Everything else is masked: no
// list of secret names can know what a vendor calls his.
var safeHeaders = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Accept-Language": true, "Age": true, "Cache-Control": true,
	"Content-Encoding": true, "Content-Length": true, "Content-Type": true, "Date": true, "Deprecation": true,
	"Retry-After": true, "Server": true, "Sunset": true, "User-Agent": true, "Vary": true,
	"Ratelimit-Limit": true, "Ratelimit-Policy": true, "Ratelimit-Remaining": true, "Ratelimit-Reset": true,
	"X-Ratelimit-Limit": true, "X-Ratelimit-Remaining": true, "X-Ratelimit-Reset": true,
	"X-Rate-Limit-Limit": true, "X-Rate-Limit-Remaining": true, "X-Rate-Limit-Reset": true,
	"X-Request-Id": true,
}

// RedactHeader returns a copy of h in which only values of known harmless
// headers remain.
func RedactHeader(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for k, v := range h {
		k = http.CanonicalHeaderKey(k)
		if !safeHeaders[k] {
			v = []string{redacted}
		}
		out[k] = append(out[k], v...)
	}
	return out
}

// logExchange writes one line for a request: no path, query, header or body.
func (c *Client) logExchange(ctx context.Context, r *Request, req *http.Request, resp *Response, attempt int, start time.Time, err error) {
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("platform", string(c.platform)),
		slog.String("op", r.Op),
		slog.String("method", req.Method),
		slog.String("host", req.URL.Host),
		slog.Duration("took", c.clock.Now().Sub(start)),
	}
	if attempt > 0 {
		attrs = append(attrs, slog.Int("attempt", attempt+1))
	}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.Status))
		if resp.RequestID != "" {
			attrs = append(attrs, slog.String("request_id", resp.RequestID))
		}
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", networkErrorText(err)))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "http request", attrs...)
}

func networkErrorText(err error) string {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e.Error()
	}
	return networkError(err).Error()
}
