package vcr

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// RoundTrip implements http.RoundTripper.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		if cerr := req.Body.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, fmt.Errorf("vcr: reading the request body: %w", err)
		}
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	w := want{method, r.scrub.url(req.URL.String()), r.scrub.requestBody(req.Header.Get("Content-Type"), body)}
	if r.recording {
		return r.record(req, w, body)
	}
	return r.replay(req, w)
}

// replay answers with the first unused exchange that is equal, so that equal
// requests get their answers in the order of recording.
func (r *Recorder) replay(req *http.Request, w want) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil, errors.New("vcr: the recorder is stopped")
	}
	for i := range r.exchanges {
		if !r.used[i] && r.recorded[i] == w {
			r.used[i] = true
			e := r.exchanges[i]
			return response(req, e.status, e.header, []byte(e.body)), nil
		}
	}
	return nil, unmatched(cassetteFile(r.name), w, r.recorded, r.used)
}

// record sends the request and keeps a scrubbed copy. The caller gets the real
// answer.
func (r *Recorder) record(req *http.Request, w want, body []byte) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Body, out.ContentLength = http.NoBody, 0
	if len(body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	// Left to the transport, which then undoes it: what is compressed cannot
	// be scrubbed.
	out.Header.Del("Accept-Encoding")
	// The transport says it itself where there is no body; twice is once too often.
	delete(out.Header, "content-length")
	resp, err := r.real.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err == nil && len(data) > maxBody {
		err = fmt.Errorf("vcr: an answer is larger than %d bytes", maxBody)
	}
	var clean string
	if err == nil {
		clean, err = r.scrub.responseBody(resp.Header, data)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.broken = errors.Join(r.broken, fmt.Errorf("%s %s: %w", w.method, pathOf(w.url), err))
		return nil, err
	}
	r.exchanges = append(r.exchanges, exchange{
		method: w.method, url: w.url, requestHeader: r.scrub.header(req.Header, requestHeaders), requestBody: w.body,
		status: resp.StatusCode, header: r.scrub.header(resp.Header, responseHeaders), body: clean,
	})
	return response(req, resp.StatusCode, resp.Header, data), nil
}

// save writes cassette and provenance, after a last look for secrets. On an
// error nothing is written.
func (r *Recorder) save() error {
	if r.broken != nil {
		return fmt.Errorf("vcr: %s is not written: %w", cassetteFile(r.name), r.broken)
	}
	if len(r.exchanges) == 0 {
		return fmt.Errorf("vcr: %s is not written: nothing was recorded", cassetteFile(r.name))
	}
	data, err := encode(r.exchanges)
	if err != nil {
		return fmt.Errorf("vcr: encoding %s: %w", cassetteFile(r.name), err)
	}
	if r.scrub.leaks(data) {
		return fmt.Errorf("vcr: %s is not written: a value given to SecretValues is still in it", cassetteFile(r.name))
	}
	if found := scan(cassetteFile(r.name), data); len(found) > 0 {
		lines := make([]string, len(found))
		for i, f := range found {
			lines[i] = f.String()
		}
		return fmt.Errorf("vcr: %s is not written: it still has what looks like secrets; name their fields with SecretFields:\n\t%s", cassetteFile(r.name), strings.Join(lines, "\n\t"))
	}
	if err := writeFile(cassetteFile(r.name), data); err != nil {
		return fmt.Errorf("vcr: %w", err)
	}
	p := r.from
	p.Date = r.now().UTC().Format(time.DateOnly)
	p.SHA256 = fmt.Sprintf("%x", sha256.Sum256(data))
	if err := p.write(r.name); err != nil {
		return fmt.Errorf("vcr: %w", err)
	}
	return nil
}

func response(req *http.Request, status int, h http.Header, body []byte) *http.Response {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Del("Content-Length") // scrubbing changes it
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}
