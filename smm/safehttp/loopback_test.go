package safehttp_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/smmkit/smmkit/smm/safehttp"
)

func TestAdmitLoopback(t *testing.T) {
	serve := func() *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("here")) }))
		t.Cleanup(s.Close)
		return s
	}
	known, other := serve(), serve()
	o, err := safehttp.Options{}.AdmitLoopback(known.URL + "/some/path")
	if err != nil {
		t.Fatal(err)
	}
	g, err := safehttp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := g.Fetch(t.Context(), known.URL)
	if err != nil || string(resp.Body) != "here" {
		t.Fatalf("the server that was admitted: %v, %v", resp, err)
	}
	if _, err := g.Fetch(t.Context(), other.URL); !errors.Is(err, safehttp.ErrBlocked) {
		t.Fatalf("another port of the machine: %v, want it refused", err)
	}
	if _, err := g.Fetch(t.Context(), "http://127.0.0.2/"); !errors.Is(err, safehttp.ErrBlocked) {
		t.Fatalf("another address of the machine: %v, want it refused", err)
	}
	for _, bad := range []string{
		"http://10.0.0.1:80", "http://example.com:80", "http://localhost:80", "http://127.0.0.1", "ftp://127.0.0.1:21", "%", "", "http://[::1%25lo]:80",
	} {
		if _, err := (safehttp.Options{}).AdmitLoopback(bad); err == nil {
			t.Errorf("%q was admitted", bad)
		}
	}
}
