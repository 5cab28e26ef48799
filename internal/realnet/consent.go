package realnet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// Consent plays the user of an authorization page of the PDS: it opens authURL,
// signs in and consents, or denies if deny is set, and returns the address that
// the browser would be sent to, with its parameters. Nothing is asked of that
// address.
func (n *Network) Consent(t testing.TB, authURL, handle, password string, deny bool) *url.URL {
	t.Helper()
	back, err := consent(t, authURL, handle, password, deny)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func consent(t testing.TB, authURL, handle, password string, deny bool) (*url.URL, error) {
	node, path, err := script("consent.mjs")
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(map[string]any{"url": authURL, "handle": handle, "password": password, "deny": deny})
	if err != nil {
		return nil, err
	}
	var errs tail
	cmd := exec.CommandContext(t.Context(), node, path) //nolint:gosec // our own script
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %w\n%s", errConsent, err, errs.String())
	}
	return url.Parse(strings.TrimSpace(string(out)))
}
