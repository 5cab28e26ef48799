package sim

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// maxBody bounds what a simulator keeps of a request whose reply it holds back.
const maxBody = 512 << 20

// Wire applies the faults of a world to a vendor's handler, where the network
// would.
type Wire struct {
	World    *World
	Classify func(*http.Request) Op
	// Throttle and Expire answer in the vendor's words.
	Throttle func(http.ResponseWriter, *http.Request)
	Expire   func(http.ResponseWriter, *http.Request)
	// Error answers with a status in the vendor's words; nil: the bare status.
	Error func(http.ResponseWriter, *http.Request, int)
}

// Handler wraps next.
func (w Wire) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		f, struck := w.World.Faults.Take(w.Classify(r))
		if !struck {
			next.ServeHTTP(rw, r)
			return
		}
		w.strike(f, rw, r, next)
	})
}

func (w Wire) strike(f Fault, rw http.ResponseWriter, r *http.Request, next http.Handler) {
	switch f.Kind {
	case CutBefore:
		hangUp()
	case CutBody:
		_, _ = io.CopyN(io.Discard, r.Body, 1)
		hangUp()
	case ErrorBefore:
		w.fail(rw, r, f.Status)
	case Throttle:
		w.Throttle(rw, r)
	case Expire:
		w.Expire(rw, r)
	case Late:
		held := hold(r)
		w.World.Clock.AfterFunc(f.Delay, func() { next.ServeHTTP(newRecorder(), held) })
		hangUp()
	default:
		w.afterEffect(f, rw, r, next)
	}
}

// afterEffect lets the request take effect and then spoils the reply.
func (w Wire) afterEffect(f Fault, rw http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := newRecorder()
	next.ServeHTTP(rec, r)
	switch f.Kind {
	case ErrorAfter:
		w.fail(rw, r, f.Status)
	case Garbage:
		rw.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(rw, page)
	case Spoil:
		w.spoil(f, rw, r, rec)
	case CutReply:
		rec.copyHeader(rw)
		rw.Header().Set("Content-Length", strconv.Itoa(rec.body.Len()+1))
		rw.WriteHeader(rec.status)
		_, _ = rw.Write(rec.body.Bytes()[:min(f.Bytes, rec.body.Len())])
		flush(rw)
		hangUp()
	case Slow:
		if w.World.Clock.Sleep(r.Context(), f.Delay) != nil {
			hangUp()
		}
		rec.copyHeader(rw)
		rw.WriteHeader(rec.status)
		_, _ = rw.Write(rec.body.Bytes())
	default: // DropReply
		hangUp()
	}
}

func (w Wire) fail(rw http.ResponseWriter, r *http.Request, status int) {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if w.Error != nil {
		w.Error(rw, r, status)
		return
	}
	rw.WriteHeader(status)
}

// hangUp closes the connection without a (further) byte.
func hangUp() { panic(http.ErrAbortHandler) }

func flush(rw http.ResponseWriter) {
	if f, ok := rw.(http.Flusher); ok {
		f.Flush()
	}
}

// hold keeps a request beyond the life of its connection.
func hold(r *http.Request) *http.Request {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	held := r.Clone(context.WithoutCancel(r.Context()))
	held.Body = io.NopCloser(bytes.NewReader(body))
	return held
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newRecorder() *recorder { return &recorder{header: make(http.Header), status: http.StatusOK} }

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func (r *recorder) copyHeader(rw http.ResponseWriter) {
	maps.Copy(rw.Header(), r.header)
}
