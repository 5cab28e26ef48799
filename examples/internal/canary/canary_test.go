package canary

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// nest is where secrets are known and where they may not show up.
type nest struct {
	t *testing.T

	mu      sync.Mutex
	secrets map[string]string // value to what it is
	out     map[string]*bytes.Buffer
}

func newNest(t *testing.T) *nest {
	t.Helper()
	return &nest{t: t, secrets: make(map[string]string), out: make(map[string]*bytes.Buffer)}
}

// shortest is the length below which a value says nothing: "s256" is no secret.
const shortest = 12

// know makes a value one of the secrets.
func (n *nest) know(what, value string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(value) >= shortest {
		n.secrets[value] = what
	}
}

// knowAll makes secrets of all texts in a JSON document.
func (n *nest) knowAll(what, document string) {
	var v any
	if json.Unmarshal([]byte(document), &v) != nil {
		n.know(what, document)
		return
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case string:
			if !strings.Contains(v, "://") && !strings.HasPrefix(v, "did:") && !public[path[strings.LastIndexByte(path, '.')+1:]] {
				n.know(path, v)
			}
		case map[string]any:
			for k, x := range v {
				walk(path+"."+k, x)
			}
		case []any:
			for _, x := range v {
				walk(path, x)
			}
		}
	}
	walk(what, v)
}

// public are members of such documents that anybody may see.
var public = map[string]bool{"client_id": true, "ClientID": true, "handle": true, "kid": true, "x": true, "y": true, "scope": true, "scopes": true, "app": true}

// to is where a kind of output goes. It is an io.Writer that loggers share.
func (n *nest) to(where string) io.Writer { return writer{n, where} }

type writer struct {
	n     *nest
	where string
}

func (w writer) Write(p []byte) (int, error) {
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	b := w.n.out[w.where]
	if b == nil {
		b = new(bytes.Buffer)
		w.n.out[w.where] = b
	}
	return b.Write(p)
}

// show prints values in every way that a program prints values.
func (n *nest) show(where string, values ...any) {
	w := n.to(where)
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(w, verb+"\n", v)
		}
		if b, err := json.Marshal(v); err == nil {
			_, _ = w.Write(b)
		}
		slog.New(slog.NewTextHandler(w, nil)).Info("shown", "value", v)
		slog.New(slog.NewJSONHandler(w, nil)).Info("shown", "value", v)
	}
}

// fail prints an error and all that it wraps.
func (n *nest) fail(where string, err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		n.show(where, err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				n.fail(where, e)
			}
			return
		}
	}
}

// crash has a handler panic with values in hand, as net/http reports it.
func (n *nest) crash(values ...any) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(fmt.Sprintf("%+v %#v", values, values))
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(n.to("panics"), nil), slog.LevelError)
	s.Start()
	defer s.Close()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.URL, nil)
	require.NoError(n.t, err)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		n.t.Error("a handler that panics answered")
	}
}

// files reads what lies on the disk.
func (n *nest) files(dir string) {
	require.NoError(n.t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = n.to("the file " + d.Name()).Write(b)
		return err
	}))
}

// forms are the ways in which a secret may be written.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret)
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), string(bytes.Trim(quoted, `"`)), hex.EncodeToString([]byte(secret))}
	slices.Sort(all)
	return slices.Compact(all)
}

// search fails for every secret that got out, and returns how much was read.
func (n *nest) search() (secrets, size int) {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for where, b := range n.out {
		size += b.Len()
		for secret, what := range n.secrets {
			for _, form := range forms(secret) {
				if i := bytes.Index(b.Bytes(), []byte(form)); i >= 0 {
					before := b.Bytes()[max(0, i-120):i]
					n.t.Errorf("%s stands in %s, after %q", what, where, before)
					break
				}
			}
		}
	}
	return len(n.secrets), size
}

// TestTheNestFindsWhatGetsOut: a search that finds nothing proves something only
// if it finds what is there.
func TestTheNestFindsWhatGetsOut(t *testing.T) {
	for name, leak := range map[string]string{
		"plain": "Bearer t0k+n/with=signs", "escaped": "?token=" + url.QueryEscape("t0k+n/with=signs"), "hexadecimal": hex.EncodeToString([]byte("t0k+n/with=signs")),
	} {
		inner := newNest(&testing.T{})
		inner.know("a token", "t0k+n/with=signs")
		_, err := io.WriteString(inner.to("a log"), leak)
		require.NoError(t, err)
		inner.search()
		require.True(t, inner.t.Failed(), name)
	}
}
