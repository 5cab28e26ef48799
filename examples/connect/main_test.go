package main

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// started runs the program and returns its address and what people can type.
func started(t *testing.T, dir string) (base string, hints map[string]string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-data", dir}, w, io.Discard)
		_ = w.Close()
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	hints = make(map[string]string)
	buf, text := make([]byte, 4096), ""
	for !strings.Contains(text, "Bluesky: ") || !strings.HasSuffix(text, "\n") {
		n, err := r.Read(buf)
		require.NoError(t, err, text)
		text += string(buf[:n])
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	base = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(text)
	for line := range strings.Lines(text) {
		if name, hint, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && hints[name] == "" {
			hints[name] = hint
		}
	}
	return base, hints
}

func page(t *testing.T, c *http.Client, address string, form url.Values) (int, string) {
	t.Helper()
	status, html, _ := visit(t, c, address, form)
	return status, html
}

// visit is page with the address where it ended.
func visit(t *testing.T, c *http.Client, address string, form url.Values) (int, string, *url.URL) {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := c.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(b), resp.Request.URL
}

// start is the form of a platform on the start page, filled in.
func start(t *testing.T, c *http.Client, base, platform, server string) (address string, form url.Values) {
	t.Helper()
	status, html := page(t, c, base+"/connect/", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, html, `action="/connect/start"`)
	require.Contains(t, html, `name="platform" value="`+platform+`"`)
	return base + "/connect/start", url.Values{"platform": {platform}, "server": {server}}
}

// TestConnectsAndShows goes through both platforms as a browser does.
func TestConnectsAndShows(t *testing.T) {
	dir := t.TempDir()
	base, hints := started(t, dir)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	for name, platform := range map[string]string{"Mastodon": "mastodon", "Bluesky": "bluesky"} {
		address, form := start(t, browser, base, platform, hints[name])
		status, html, at := visit(t, browser, address, form)
		if strings.Contains(html, "Simulated sign-in") { // Mastodon's simulator signs in its first account by itself
			q := at.Query()
			q.Set("login_as", hints[name])
			at.RawQuery = q.Encode()
			status, html = page(t, browser, at.String(), nil)
		}
		require.Equal(t, http.StatusOK, status, html)
		require.Contains(t, html, "Connected", html)
	}
	status, html := page(t, browser, base+"/accounts", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, html, "Mastodon")
	require.Contains(t, html, "Bluesky")
	require.Equal(t, 2, strings.Count(html, ">works<"), html)

	status, html = page(t, browser, base+"/connect/start", url.Values{"platform": {"mastodon"}, "server": {"http://169.254.169.254"}})
	require.Equal(t, http.StatusBadRequest, status, html)

	// What lies on the disk tells nothing without the keys.
	key, err := os.ReadFile(filepath.Join(dir, "keys"))
	require.NoError(t, err)
	require.NotEmpty(t, key)
	files, err := filepath.Glob(filepath.Join(dir, "smm.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NotContains(t, string(b), "sim-", "a Mastodon token is readable in %s", f)
		require.NotContains(t, string(b), "BEGIN", "a key is readable in %s", f)
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	err := run(t.Context(), []string{"-addr", "0.0.0.0:0", "-data", t.TempDir()}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "127.0.0.1")
}
