// Package wire records exchanges at the transport of a client, and plays
// recorded answers back.
//
// # Design notes
//
// It sits at http.RoundTripper because that is the last place which the code
// under test passes: what it sees is what is sent, after authorization, retries
// and encoding. Rejected: a proxy of its own (the same bytes, with a listener
// more), and package vcr, which makes cassettes to be committed and scrubs what
// must be seen here.
package wire

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// Exchange is one request with its answer.
type Exchange struct {
	Request *http.Request // its body is read
	Sent    []byte
	Status  int
	Header  http.Header
	Got     []byte
}

// OK reports whether the server did what it was asked.
func (e Exchange) OK() bool { return e.Status >= 200 && e.Status < 300 }

// Recorder is a transport that keeps every exchange that had an answer.
// Streams, whose answers never end, must not go through it.
type Recorder struct {
	Next http.RoundTripper
	// Judge, if set, sees every exchange before its sender does. It is called by
	// one goroutine at a time.
	Judge func(Exchange)

	mu   sync.Mutex
	seen []Exchange
}

// RoundTrip implements http.RoundTripper.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := r.Next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err != nil || cerr != nil {
		return nil, errors.Join(err, cerr)
	}
	resp.Body = io.NopCloser(bytes.NewReader(got))

	r.mu.Lock()
	defer r.mu.Unlock()
	e := Exchange{Request: req, Sent: sent, Status: resp.StatusCode, Header: resp.Header.Clone(), Got: got}
	r.seen = append(r.seen, e)
	if r.Judge != nil {
		r.Judge(e)
	}
	return resp, nil
}

// CloseIdleConnections passes the call on.
func (r *Recorder) CloseIdleConnections() {
	if c, ok := r.Next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Exchanges returns what was recorded so far.
func (r *Recorder) Exchanges() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

// Playback is a transport that gives recorded answers in their order; the last
// one is repeated, for clients that ask again.
type Playback struct {
	Answers []Exchange

	mu   sync.Mutex
	next int
}

// RoundTrip implements http.RoundTripper.
func (p *Playback) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.Answers) == 0 {
		return nil, errors.New("nothing to play back")
	}
	e := p.Answers[min(p.next, len(p.Answers)-1)]
	p.next++
	h := e.Header.Clone()
	h.Set("Content-Length", strconv.Itoa(len(e.Got)))
	return &http.Response{
		Status: http.StatusText(e.Status), StatusCode: e.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(e.Got)), ContentLength: int64(len(e.Got)), Request: req,
	}, nil
}
