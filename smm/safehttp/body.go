package safehttp

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// bound checks what the headers tell and puts the bounded reader in place of
// the body.
func (t *transport) bound(resp *http.Response, cancel context.CancelFunc) error {
	o := &t.guard.opts
	u := resp.Request.URL
	// net/http parses Location only after us and quotes it whole on failure.
	if loc := resp.Header.Get("Location"); loc != "" && o.MaxRedirects >= 0 && resp.StatusCode/100 == 3 {
		if strings.ContainsFunc(loc, confusing) || len(loc) > maxURLLength {
			return &BlockedError{URL: redactURL(u), Reason: ReasonSyntax, Detail: "redirects to an address with a space, backslash or control character"}
		}
		if _, err := u.Parse(loc); err != nil {
			return &BlockedError{URL: redactURL(u), Reason: ReasonSyntax, Detail: "redirects to something that is not a URL"}
		}
	}
	if resp.ContentLength > o.MaxBytes && resp.Request.Method != http.MethodHead {
		return &LimitError{URL: redactURL(u), Limit: LimitBytes, Max: o.MaxBytes}
	}
	wire := &wireReader{body: resp.Body, url: u, max: o.MaxBytes, rate: o.MinRate, cancel: cancel}
	body := &boundedBody{wire: wire, src: wire, max: o.MaxBytes}
	switch enc := strings.ToLower(strings.Join(resp.Header.Values("Content-Encoding"), ",")); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		body.gzip = true
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
		resp.Uncompressed = true
	default:
		return &BlockedError{URL: redactURL(u), Reason: ReasonEncoding, Detail: "only gzip is accepted"}
	}
	resp.Body = body
	return nil
}

// headerOverflow recognises net/http's error for Transport.MaxResponseHeaderBytes,
// which has no type; a test holds the wording to the Go release in use.
func headerOverflow(err error) bool {
	return strings.Contains(err.Error(), "server response headers exceeded")
}

// wireReader counts what comes from the server and how fast.
type wireReader struct {
	body   io.ReadCloser
	url    *url.URL
	max    int64
	rate   int64
	cancel context.CancelFunc

	total  int64
	waited time.Duration // time spent in Read in the current window
	got    int64         // bytes in the current window
}

func (w *wireReader) Read(p []byte) (int, error) {
	need := w.rate * int64(rateWindow/time.Second)
	// The connection is torn down from outside, since a Read that gets nothing
	// never comes back to look at the clock. A window that has its bytes
	// already still may not last forever.
	limit := rateWindow - w.waited
	if w.got >= need {
		limit += rateWindow
	}
	timer := time.AfterFunc(limit, func() { w.cancel() })
	start := time.Now()
	n, err := w.body.Read(p)
	if !timer.Stop() {
		return 0, w.exceeded(LimitRate, w.rate)
	}
	w.waited += time.Since(start)
	w.total += int64(n)
	w.got += int64(n)
	if w.total > w.max {
		return 0, w.exceeded(LimitBytes, w.max)
	}
	if w.waited >= rateWindow { // and so w.got >= need: the timer saw to it
		w.waited, w.got = 0, 0
	}
	return n, err
}

func (w *wireReader) exceeded(l Limit, limit int64) *LimitError {
	return &LimitError{URL: redactURL(w.url), Limit: l, Max: limit}
}

// boundedBody is the body a caller sees.
type boundedBody struct {
	wire *wireReader
	src  io.Reader
	gzip bool // src is still to be wrapped
	max  int64

	expanded int64
	err      error // sticky
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.gzip {
		if b.err = b.unwrap(); b.err != nil {
			return 0, b.err
		}
	}
	n, err := b.src.Read(p)
	b.expanded += int64(n)
	switch {
	case b.expanded > b.max:
		err = b.wire.exceeded(LimitExpanded, b.max)
	case b.expanded > ratioFloor && b.expanded > maxRatio*b.wire.total:
		err = b.wire.exceeded(LimitRatio, maxRatio)
	}
	if le, ok := errors.AsType[*LimitError](err); ok {
		n, err = 0, le
	}
	b.err = err
	return n, err
}

// unwrap starts the expansion. An empty body is no gzip stream but is what
// HEAD and 304 answers have.
func (b *boundedBody) unwrap() error {
	b.gzip = false
	buffered := bufio.NewReader(b.wire)
	if _, err := buffered.Peek(1); err != nil {
		return err
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return err
	}
	b.src = z
	return nil
}

func (b *boundedBody) Close() error {
	err := b.wire.body.Close()
	b.wire.cancel()
	if b.err == nil {
		b.err = http.ErrBodyReadAfterClose
	}
	return err
}
