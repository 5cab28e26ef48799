package wire

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Spoiler is a transport that puts other bytes in the place of an answer's body,
// as a server does that is not what it should be.
type Spoiler struct {
	Next  http.RoundTripper
	Match func(*http.Request) bool
	Spoil func(body []byte) []byte // nil: not now
}

// RoundTrip implements http.RoundTripper.
func (s *Spoiler) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.Next.RoundTrip(r)
	if err != nil || s.Spoil == nil || !s.Match(r) {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	body = s.Spoil(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return resp, nil
}
