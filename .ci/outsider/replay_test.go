package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
)

// replay is a transport that answers the one request of a fixture.
type replay struct {
	Request struct{ Method, Path string }
	Answer  struct {
		Status int
		Body   json.RawMessage
	}
}

func (f *replay) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != f.Request.Method || r.URL.Path != f.Request.Path {
		return nil, fmt.Errorf("the fixture answers %s %s, not %s %s", f.Request.Method, f.Request.Path, r.Method, r.URL.Path)
	}
	return &http.Response{
		StatusCode: f.Answer.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(f.Answer.Body)),
		ContentLength: int64(len(f.Answer.Body)),
	}, nil
}

// TestReplay needs no server and no simulator: a client takes any transport.
func TestReplay(t *testing.T) {
	b, err := os.ReadFile("testdata/status.json")
	if err != nil {
		t.Fatal(err)
	}
	var fixture replay
	if err := json.Unmarshal(b, &fixture); err != nil {
		t.Fatal(err)
	}
	c, err := mastodon.NewClient(mastodon.ClientConfig{
		Server: "https://social.example", Token: smm.NewSecret("of the fixture"), HTTPClient: &http.Client{Transport: &fixture},
	})
	if err != nil {
		t.Fatal(err)
	}
	st, err := c.Statuses.Get(t.Context(), "103254962155278888")
	if err != nil || st.FavouritesCount.Value != 7 || st.Account.Acct != "alice" {
		t.Fatalf("got %+v, %v", st, err)
	}
	if _, err := c.Statuses.Get(t.Context(), "1"); err == nil {
		t.Fatal("the fixture answered another request")
	}
}
