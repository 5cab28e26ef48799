package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/smmkit/smmkit/smm"
)

// Body is what a request carries. The zero value is no body.
//
// Bodies in memory may be sent any number of times. Streams are sent once,
// unless every reader is an io.Seeker: then they are rewound to where they
// stood for the repetitions that a refreshed credential asks for.
type Body struct {
	contentType []string // as http.Header wants it
	data        []byte
	stream      func(attempt int) (io.Reader, error)
	size        int64 // of stream; -1 if unknown
	err         error // found while building, told when sent
}

// Header values that all requests share and nobody changes.
var (
	typeJSON = []string{"application/json"}
	typeForm = []string{"application/x-www-form-urlencoded"}
)

// JSON is v as encoding/json writes it, without escaping HTML characters. An
// error of encoding is returned by the way out, and nothing is sent.
func JSON(v any) Body {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return Body{err: fmt.Errorf("%w: cannot encode the request: %w", smm.ErrInvalid, err)}
	}
	return Body{contentType: typeJSON, data: bytes.TrimSuffix(b.Bytes(), []byte{'\n'})}
}

// Form is v as application/x-www-form-urlencoded.
func Form(v url.Values) Body {
	return Body{contentType: typeForm, data: []byte(v.Encode())}
}

// Bytes is b as it stands; it must not change while it is in use.
func Bytes(contentType string, b []byte) Body {
	return Body{contentType: []string{contentType}, data: b}
}

// Stream is size bytes of r, never held in memory. A size of -1 means unknown
// and is sent chunked, which many vendors refuse. A reader that ends early
// fails the request. r is not closed, and is not read any more once the way
// out has returned.
func Stream(contentType string, r io.Reader, size int64) Body {
	if size < -1 {
		return Body{err: fmt.Errorf("%w: stream of negative size", smm.ErrInvalid)}
	}
	return Body{contentType: []string{contentType}, size: size, stream: rewinder(r)}
}

// errOnce says that a body cannot be sent a second time.
var errOnce = errors.New("the body can be read only once")

// rewinder returns a function that gives r, from where it stood at first, for
// each attempt.
func rewinder(r io.Reader) func(int) (io.Reader, error) {
	var start int64
	s, seeks := r.(io.Seeker)
	return func(attempt int) (io.Reader, error) {
		switch {
		case attempt == 0 && seeks:
			at, err := s.Seek(0, io.SeekCurrent)
			if err != nil {
				seeks = false
			}
			start = at
		case attempt > 0 && !seeks:
			return nil, errOnce
		case attempt > 0:
			if _, err := s.Seek(start, io.SeekStart); err != nil {
				return nil, fmt.Errorf("rewind the body: %w", err)
			}
		}
		return r, nil
	}
}

// open returns the reader for an attempt and its length as http.Request wants
// it. GetBody is never set anywhere: without it net/http cannot send a body a
// second time.
func (b *Body) open(attempt int) (io.ReadCloser, int64, error) {
	switch {
	case b.err != nil:
		return nil, 0, b.err
	case b.stream != nil:
		r, err := b.stream(attempt)
		if err != nil {
			return nil, 0, err
		}
		if b.size == 0 {
			return http.NoBody, 0, nil
		}
		return &guardedBody{r: r}, b.size, nil
	case len(b.data) > 0:
		// net/http knows this pair of types and sends header and body in one write.
		return io.NopCloser(bytes.NewReader(b.data)), int64(len(b.data)), nil
	}
	return http.NoBody, 0, nil
}

// guardedBody stops reading from the caller's reader for good once closed. The
// transport may still hold it after RoundTrip returned, when the answer came
// before the body was sent.
type guardedBody struct {
	mu     sync.Mutex
	r      io.Reader
	closed bool
}

func (g *guardedBody) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := g.r.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{err}
	}
	return n, err
}

func (g *guardedBody) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	return nil
}

// emptyBody is a body that net/http does not know to be empty.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }

// bodyError says that the caller's reader failed, not the network. The cause
// can be asked for by errors.Is and is not printed: a media store may put a
// signed address into its errors.
type bodyError struct{ cause error }

// Error implements error.
func (e *bodyError) Error() string {
	if s, ok := errors.AsType[*sizeError](e.cause); ok {
		return s.Error()
	}
	return "reading the request's body failed"
}

// Is reports whether the cause matches target.
func (e *bodyError) Is(target error) bool { return errors.Is(e.cause, target) }
