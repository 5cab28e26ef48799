package httpx

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// zeros gives n bytes without holding them.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestMultipartOnTheWire(t *testing.T) {
	type field struct{ name, file, contentType, value string }
	var got []field
	var length int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, length = nil, r.ContentLength
		mr, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		for {
			p, err := mr.NextPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			b, _ := io.ReadAll(p)
			_, params, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
			got = append(got, field{p.FormName(), params["filename"], p.Header.Get("Content-Type"), string(b)})
		}
	}))
	defer s.Close()
	c := testClient(t, s.URL, nil)
	send := func(size int64) error {
		_, err := c.Write(t.Context(), &Request{Op: "media", Method: http.MethodPost, URL: "/media", Body: Multipart(
			Part{Name: "description", Value: "a cat"},
			Part{Name: "file", FileName: "c\"a\r\nt: é.png", ContentType: "image/png\r\nX-Evil: 1", Reader: strings.NewReader("PNG"), Size: size},
			Part{Name: "data", Value: `{}`, ContentType: "application/json"},
		)})
		return err
	}
	want := []field{
		{"description", "", "", "a cat"},
		{"file", "c%22a%0D%0At: é.png", "image/pngX-Evil: 1", "PNG"},
		{"data", "", "application/json", "{}"},
	}
	require.NoError(t, send(3))
	require.Equal(t, want, got)
	require.Positive(t, length)
	require.NoError(t, send(-1))
	require.Equal(t, want, got)
	require.EqualValues(t, -1, length)
}

func TestMultipartHoldsPartsToTheirSize(t *testing.T) {
	for _, size := range []int64{2, 4} {
		b := Multipart(Part{Name: "f", Reader: strings.NewReader("abc"), Size: size})
		r, n, err := b.open(0)
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.Error(t, err)
		require.Less(t, int64(len(data)), n)
	}
	b := Multipart(Part{Value: "x"})
	require.ErrorIs(t, b.err, smm.ErrInvalid)
}

func TestStreamsAreNotHeldInMemory(t *testing.T) {
	const size = 300 << 20
	var read int64
	c := testClient(t, "https://api.example.com", func(cfg *Config) {
		cfg.HTTPClient = &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
			if r.ContentLength <= size {
				return nil, fmt.Errorf("length %d", r.ContentLength)
			}
			n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, make([]byte, 1<<20))
			if read = n; n != r.ContentLength {
				return nil, fmt.Errorf("%d bytes, %w", n, err)
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody, Header: http.Header{}}, nil
		})}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Write(t.Context(), &Request{Op: "upload", Method: http.MethodPost, URL: "/u", Body: Multipart(
		Part{Name: "f", FileName: "v.mp4", Reader: zeros(size), Size: size},
	)})
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Greater(t, read, int64(size))
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
}

func TestStreamIsNotReadAfterReturn(t *testing.T) {
	var kept io.ReadCloser
	c := testClient(t, "https://api.example.com", func(cfg *Config) {
		cfg.HTTPClient = &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
			kept = r.Body // as a transport does when the answer comes early
			return &http.Response{StatusCode: 413, Body: http.NoBody, Header: http.Header{}}, nil
		})}
	})
	src := bytes.NewReader([]byte("hello"))
	_, _, err := c.Commit(t.Context(), &Request{Op: "x", Method: http.MethodPost, URL: "/u", Body: Stream("a/b", src, 5)})
	require.ErrorIs(t, err, smm.ErrRejected)
	_, err = kept.Read(make([]byte, 1))
	require.Error(t, err)
	require.Equal(t, 5, src.Len())
}

func TestReaderErrorsAreTold(t *testing.T) {
	s, _ := statusServer(t, nil, 200)
	c := testClient(t, s.URL, nil)
	secret := errors.New("GET https://bucket.example/v.mp4?sig=" + canary)
	for _, tt := range []struct {
		body Body
		text string
		is   error
	}{
		{Multipart(Part{Name: "video", Reader: strings.NewReader("abc"), Size: 4}), "\"video\" is shorter", smm.ErrUnavailable},
		{Stream("a/b", io.MultiReader(strings.NewReader("abc"), failing{fmt.Errorf("%w: %w", secret, io.ErrClosedPipe)}), 9), "body failed", io.ErrClosedPipe},
		{Stream("a/b", failing{fmt.Errorf("%w: %w", smm.ErrInvalid, secret)}, 9), "body failed", smm.ErrInvalid},
	} {
		_, fate, err := c.Commit(t.Context(), &Request{Op: "x", Method: http.MethodPost, URL: "/u", Body: tt.body})
		require.Equal(t, FateUnknown, fate)
		require.ErrorContains(t, err, tt.text)
		require.ErrorIs(t, err, tt.is)
		require.NotContains(t, everyText(err), canary)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// refresher is an Authorizer whose token is stale until it is refreshed.
type refresher struct {
	token    string
	err      error
	asked    int
	statuses []int
}

func (a *refresher) Authorize(_ context.Context, req *http.Request) error {
	req.Header.Set("Authorization", "Bearer "+a.token)
	return nil
}

func (a *refresher) Refresh(_ context.Context, resp *Response) (bool, error) {
	a.asked++
	a.statuses = append(a.statuses, resp.Status)
	if a.err != nil {
		return false, a.err
	}
	a.token = "fresh"
	return true, nil
}

func TestRefresh(t *testing.T) {
	var bodies []string
	status := 401
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Header.Get("Authorization")+" "+string(b))
		if r.Header.Get("Authorization") != "Bearer fresh" || r.URL.Path == "/never" {
			w.WriteHeader(status)
		}
	}))
	defer s.Close()
	c := testClient(t, s.URL, onClock(newFakeClock()))
	commit := func(r *Request) (Fate, error) {
		bodies = nil
		_, fate, err := c.Commit(t.Context(), r)
		return fate, err
	}

	for _, status = range []int{401, 400} {
		a := &refresher{token: "stale"}
		r := post("hello")
		r.Auth = a
		fate, err := commit(r)
		require.NoError(t, err)
		require.Equal(t, FateAnswered, fate)
		require.Equal(t, []string{"Bearer stale hello", "Bearer fresh hello"}, bodies)

		a.token, bodies = "stale", nil
		_, err = c.Read(t.Context(), &Request{Op: "get", URL: "/x", Auth: a})
		require.NoError(t, err)
		require.Len(t, bodies, 2)
	}
	status = 401

	// A seekable stream starts where it stood; another is sent once only.
	seek := strings.NewReader("XXhello")
	_, _ = seek.Seek(2, io.SeekStart)
	r := post("")
	r.Auth, r.Body = &refresher{token: "stale"}, Stream("a/b", seek, 5)
	_, err := commit(r)
	require.NoError(t, err)
	require.Equal(t, []string{"Bearer stale hello", "Bearer fresh hello"}, bodies)
	r.Auth, r.Body = &refresher{token: "stale"}, Stream("a/b", io.LimitReader(strings.NewReader("hello"), 5), 5)
	fate, err := commit(r)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, FateAnswered, fate)
	require.Len(t, bodies, 1)

	// It stays refused: a nonce and a token may be over, so there is a third try
	// and no fourth.
	a := &refresher{token: "stale"}
	r = post("hello")
	r.URL, r.Auth = "/never", a
	fate, err = commit(r)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, FateAnswered, fate)
	require.Len(t, bodies, 3)
	require.Equal(t, 2, a.asked)
	a.asked, bodies = 0, nil
	_, err = c.Read(t.Context(), &Request{Op: "get", URL: "/never", Auth: a})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Len(t, bodies, 3)
	require.Equal(t, 2, a.asked)

	// Nobody asks after another status.
	for _, status = range []int{403, 404, 500, 503} {
		a := &refresher{token: "stale"}
		r := post("hello")
		r.Auth = a
		_, err := commit(r)
		require.Error(t, err)
		require.Zero(t, a.asked)
		require.Len(t, bodies, 1)
	}
	status = 401

	// A refresh that fails: the answer proved that nothing was done.
	r = post("hello")
	r.Auth = &refresher{token: "stale", err: fmt.Errorf("%w: refresh failed", smm.ErrUnavailable)}
	fate, err = commit(r)
	require.Equal(t, FateNotSent, fate)
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

func TestACutAnswerIsNoReasonToRefresh(t *testing.T) {
	s := newRawServer(t, func(s *rawServer, c *net.TCPConn) {
		s.readRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nhel")
	})
	a := &refresher{token: "stale"}
	r := post("hello")
	r.Auth = a
	_, fate, err := testClient(t, s.url(), nil).Commit(t.Context(), r)
	require.Equal(t, FateUnknown, fate)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Zero(t, a.asked)
	require.Len(t, s.requests(), 1)
}

func TestAuthorizeErrorsPreventTheRequest(t *testing.T) {
	c := testClient(t, "https://api.example.com", func(cfg *Config) {
		cfg.Auth = Bearer(smm.Secret{})
		cfg.HTTPClient = &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("sent")
		})}
	})
	_, fate, err := c.Commit(t.Context(), post("x"))
	require.Equal(t, FateNotSent, fate)
	require.True(t, smm.NeedsReconnect(err))
	_, err = c.Read(t.Context(), get())
	require.True(t, smm.NeedsReconnect(err))
	r := get()
	r.Auth = Anonymous()
	_, err = c.Write(t.Context(), r)
	require.ErrorIs(t, err, smm.ErrUnavailable)
}
