package httpx

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// turning is a credential of two parts that are over at different times: a
// nonce, which comes with every answer, and a token, which is renewed.
type turning struct {
	nonce, token string
	seen         []string
	refreshed    int
}

func (a *turning) Authorize(_ context.Context, req *http.Request) error {
	req.Header.Set("X-Nonce", a.nonce)
	req.Header.Set("X-Token", a.token)
	return nil
}

func (a *turning) Observe(req *http.Request, resp *Response) {
	a.seen = append(a.seen, fmt.Sprint(resp.Status, " ", req.URL.Path))
	if n := resp.Header.Get("X-New-Nonce"); n != "" {
		a.nonce = n
	}
}

func (a *turning) Refresh(_ context.Context, resp *Response) (bool, error) {
	a.refreshed++
	if resp.Header.Get("X-Refused") == "token" {
		a.token = "fresh"
	}
	return true, nil
}

func TestNonceAndTokenMayBeOverAtOnce(t *testing.T) {
	effects := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-New-Nonce", "n2")
		switch {
		case r.Header.Get("X-Nonce") != "n2":
			w.Header().Set("X-Refused", "nonce")
			w.WriteHeader(http.StatusUnauthorized)
		case r.Header.Get("X-Token") != "fresh":
			w.Header().Set("X-Refused", "token")
			w.WriteHeader(http.StatusUnauthorized)
		default:
			effects++
		}
	}))
	defer s.Close()
	c := testClient(t, s.URL, nil)
	for name, call := range map[string]func(*Request) error{
		"commit": func(r *Request) error { _, _, err := c.Commit(t.Context(), r); return err },
		"write":  func(r *Request) error { _, err := c.Write(t.Context(), r); return err },
		"read":   func(r *Request) error { _, err := c.Read(t.Context(), r); return err },
	} {
		a := &turning{nonce: "n1", token: "stale"}
		effects = 0
		r := post("hello")
		r.Auth = a
		require.NoError(t, call(r), name)
		require.Equal(t, 1, effects, "%s takes effect once", name)
		require.Equal(t, 2, a.refreshed, name)
		require.Equal(t, []string{"401 /create", "401 /create", "200 /create"}, a.seen, name)
	}
}

func TestEveryAnswerIsObserved(t *testing.T) {
	status := []int{503, 200}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusFound)
			return
		}
		w.WriteHeader(status[0])
		if len(status) > 1 {
			status = status[1:]
		}
	}))
	defer s.Close()
	c := testClient(t, s.URL, onClock(newFakeClock()))
	a := &turning{}
	_, err := c.Read(t.Context(), &Request{Op: "get", URL: "/from", Auth: a})
	require.NoError(t, err)
	require.Equal(t, []string{"503 /to", "200 /to"}, a.seen, "each try, where it ended")

	for _, code := range []int{200, 404, 500} {
		status, a.seen = []int{code}, nil
		r := post("x")
		r.URL, r.Auth = "/commit", a
		_, _, err := c.Commit(t.Context(), r)
		require.Equal(t, code == 200, err == nil)
		require.Equal(t, []string{fmt.Sprint(code, " /commit")}, a.seen)
	}
}

func TestAnswersCutInTheBodyAreObserved(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		w.Header().Set("X-New-Nonce", "n9")
		_, _ = w.Write([]byte("cut"))
	}))
	defer s.Close()
	a := &turning{}
	r := post("x")
	r.Auth = a
	_, fate, err := testClient(t, s.URL, nil).Commit(t.Context(), r)
	require.Equal(t, FateUnknown, fate)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, "n9", a.nonce, "the header came")
}
