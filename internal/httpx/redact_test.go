package httpx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/smm"
)

const canary = "c4nary-s3cret"

// everyText prints err and all that can be reached from it.
func everyText(err error) string {
	var b strings.Builder
	var walk func(error)
	walk = func(e error) {
		if e == nil {
			return
		}
		fmt.Fprintf(&b, "%v\n%+v\n%#v\n", e, e, e)
		j, _ := json.Marshal(e)
		b.Write(j)
		switch u := e.(type) {
		case interface{ Unwrap() error }:
			walk(u.Unwrap())
		case interface{ Unwrap() []error }:
			for _, x := range u.Unwrap() {
				walk(x)
			}
		}
	}
	walk(err)
	if u, ok := errors.AsType[*url.Error](err); ok {
		b.WriteString(u.URL)
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Error("x", "err", err)
	return b.String()
}

func TestNoSecretReachesLogsOrErrors(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Echo", canary)
		w.Header().Set("Set-Cookie", "session="+canary)
		w.WriteHeader(400)
		_, _ = w.Write(append(b, r.URL.RawQuery...))
	}))
	defer echo.Close()
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "<html>"+canary)
	}))
	defer html.Close()
	dead := newRawServer(t, nil)
	dead.ln.Close()
	chatty := transportFunc(func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: fmt.Errorf("proxy says no to %s with %s", r.URL, r.Header)}
	})

	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))
	type ways map[string]func(c *Client, r *Request) error
	all := ways{
		"read":  func(c *Client, r *Request) error { _, err := c.Read(t.Context(), r); return err },
		"write": func(c *Client, r *Request) error { _, err := c.Write(t.Context(), r); return err },
		"commit": func(c *Client, r *Request) error {
			_, _, err := c.Commit(t.Context(), r)
			return err
		},
		"decode": func(c *Client, r *Request) error {
			resp, err := c.Write(t.Context(), r)
			if err == nil {
				err = resp.JSON(&struct{}{})
			}
			return err
		},
	}
	for name, url := range map[string]string{
		"echo": echo.URL, "html": html.URL, "dead": dead.url(), "chatty": "https://api.example.com", "unparsable": "https://%zz" + canary,
	} {
		for way, do := range all {
			c := testClient(t, "", func(cfg *Config) {
				cfg.Clock, cfg.Logger = newFakeClock(), logger
				if name == "chatty" {
					cfg.HTTPClient = &http.Client{Transport: chatty}
				}
			})
			err := do(c, &Request{
				Op: "create", Method: http.MethodPost, Repeatable: true,
				URL:   url + "/bot" + canary + "/send?access_token=" + canary,
				Query: map[string][]string{"key": {canary}}, Header: http.Header{"X-Api-Key": {canary}},
				Auth: Bearer(smm.NewSecret(canary)), Body: JSON(map[string]string{"password": canary}),
			})
			if name == "html" && way != "decode" {
				require.NoError(t, err)
				continue
			}
			require.Error(t, err, name+way)
			require.NotContains(t, everyText(err), canary, "%s %s", name, way)
		}
	}
	require.Contains(t, log.String(), "op=create")
	require.NotContains(t, log.String(), canary)
}

func TestTokenErrorsQuoteNothing(t *testing.T) {
	for code, want := range map[string]error{"invalid_grant": smm.ErrUnauthorized, "": smm.ErrUnavailable, "server_error": smm.ErrUnavailable} {
		err := tokenError(&oauth2.RetrieveError{
			Response: &http.Response{StatusCode: 400}, Body: []byte(canary), ErrorCode: code, ErrorDescription: canary,
		})
		require.ErrorIs(t, err, want)
		require.NotContains(t, everyText(err), canary)
	}
}

func TestRedact(t *testing.T) {
	u, err := url.Parse("https://me:" + canary + "@h.example/a/b?access_token=" + canary + "&x=" + canary + "#" + canary)
	require.NoError(t, err)
	require.Equal(t, "https://h.example/a/b?access_token=%5Bredacted%5D&x=%5Bredacted%5D", RedactURL(u))
	u.RawQuery = "%zz" + canary
	require.Equal(t, "https://h.example/a/b?[redacted]", RedactURL(u))
	require.Empty(t, RedactURL(nil))

	h := RedactHeader(http.Header{"Authorization": {canary}, "x-vendor": {canary}, "date": {"today"}, "Content-Type": {"a", "b"}})
	require.Equal(t, http.Header{"Authorization": {redacted}, "X-Vendor": {redacted}, "Date": {"today"}, "Content-Type": {"a", "b"}}, h)
}

func TestDisabledLogCostsNothing(t *testing.T) {
	c := testClient(t, "https://h.example", nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://h.example", http.NoBody)
	require.NoError(t, err)
	r, resp := get(), &Response{Status: 200}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		c.logExchange(context.Background(), r, req, resp, 0, noon, nil)
	}))
}
