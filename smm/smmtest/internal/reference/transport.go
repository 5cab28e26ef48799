package reference

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// Transport leads to the server without a network. A handler that aborts cuts
// the connection, as it does in net/http.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	r, w := io.Pipe()
	a := &answer{header: http.Header{}, w: w, begun: make(chan struct{})}
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	go a.serve(t.s.handler, in)
	select {
	case <-a.begun:
	case <-req.Context().Done():
		_ = r.Close()
		return nil, req.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: r, Request: req, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// answer is the server's end of an exchange.
type answer struct {
	header http.Header
	status int
	err    error
	w      *io.PipeWriter
	begun  chan struct{}
	once   sync.Once
}

func (a *answer) serve(h http.Handler, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			err, ok := p.(error)
			if !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			a.once.Do(func() { a.err = io.ErrUnexpectedEOF; close(a.begun) })
			_ = a.w.CloseWithError(io.ErrUnexpectedEOF)
			return
		}
		a.WriteHeader(http.StatusOK)
		_ = a.w.Close()
	}()
	h.ServeHTTP(a, r)
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	a.once.Do(func() { a.status = status; close(a.begun) })
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.w.Write(b)
}
