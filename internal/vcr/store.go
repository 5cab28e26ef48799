package vcr

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/dnaeon/go-vcr/v2/cassette"
)

// exchange is one scrubbed request and its answer. This file alone knows how
// exchanges are stored.
type exchange struct {
	method, url   string
	requestHeader http.Header
	requestBody   string
	status        int
	header        http.Header
	body          string
}

func load(name string) ([]exchange, error) {
	c, err := cassette.Load(name)
	if err != nil {
		return nil, fmt.Errorf("vcr: reading %s: %w", cassetteFile(name), err)
	}
	out := make([]exchange, 0, len(c.Interactions))
	for i, in := range c.Interactions {
		if in == nil || in.Request.Method == "" || in.URL == "" || in.Code < 100 {
			return nil, fmt.Errorf("vcr: %s: interaction %d needs request.method, request.url and response.code", cassetteFile(name), i+1)
		}
		out = append(out, exchange{
			method: in.Request.Method, url: in.URL, requestHeader: canonicalKeys(in.Request.Headers), requestBody: in.Request.Body,
			status: in.Code, header: canonicalKeys(in.Response.Headers), body: in.Response.Body,
		})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("vcr: %s has no interactions", cassetteFile(name))
	}
	return out, nil
}

// encode returns the cassette file's bytes. go-vcr can only write to a path,
// truncating what is there, so it writes to a place of its own.
func encode(exchanges []exchange) (data []byte, err error) {
	dir, err := os.MkdirTemp("", "vcr")
	if err != nil {
		return nil, err
	}
	defer func() {
		if rerr := os.RemoveAll(dir); err == nil {
			err = rerr
		}
	}()
	c := cassette.New(filepath.Join(dir, "cassette"))
	for _, e := range exchanges {
		c.AddInteraction(&cassette.Interaction{
			Request:  cassette.Request{Method: e.method, URL: e.url, Headers: e.requestHeader, Body: e.requestBody},
			Response: cassette.Response{Code: e.status, Status: fmt.Sprintf("%d %s", e.status, http.StatusText(e.status)), Headers: e.header, Body: e.body},
		})
	}
	if err := c.Save(); err != nil {
		return nil, err
	}
	return os.ReadFile(c.File)
}

func cassetteFile(name string) string { return name + ".yaml" }

// writeFile replaces path as a whole or not at all.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error is the one to tell
	}
	return err
}

// canonicalKeys repairs header names of hand-written cassettes.
func canonicalKeys(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			out.Add(strings.TrimSpace(name), v)
		}
	}
	return out
}
