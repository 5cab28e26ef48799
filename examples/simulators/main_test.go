package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/smm"
)

// asProgram makes the test binary behave as the program, so that tests can
// start and stop it as a user does.
const asProgram = "SIMULATORS_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// program starts the program; its standard output is read line by line.
func program(t *testing.T, args ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewReader(out)
}

func TestJSON(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			cmd, out := program(t, "-json")
			line, err := out.ReadBytes('\n')
			require.NoError(t, err)
			var d localweb.Document
			require.NoError(t, json.Unmarshal(line, &d))
			require.Len(t, d.Platforms, len(platforms))
			require.Len(t, d.Accounts, len(platforms))
			for _, p := range platforms {
				require.NotEmpty(t, d.Platforms[smm.Platform(strings.ToLower(p.name))], p.name)
			}

			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.Control+"/platforms", nil)
			require.NoError(t, err)
			resp, err := new(http.Client).Do(r)
			require.NoError(t, err)
			again, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.JSONEq(t, string(line), string(again))

			require.NoError(t, cmd.Process.Signal(s))
			rest, err := io.ReadAll(out)
			require.NoError(t, err)
			require.Empty(t, rest, "one line and nothing else")
			require.NoError(t, cmd.Wait(), "a stop is no failure")
		})
	}
}

func TestFailureIsReported(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-addr", "0.0.0.0:0")
	cmd.Env = append(os.Environ(), asProgram+"=1")
	b, err := cmd.CombinedOutput()
	require.ErrorContains(t, err, "exit status 1")
	require.True(t, strings.HasPrefix(string(b), "simulators: "), string(b))
}

// lines is a writer that tells of what was written.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func TestText(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := make(lines, 1), make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-accounts", " bakery ,florist"}, out, t.Output()) }()
	text := <-out
	cancel()
	require.NoError(t, <-ended)
	for _, want := range []string{
		"Open http://127.0.0.1:", "Ctrl-C",
		"bluesky at http://127.0.0.1:", "account bakery.", "account florist.",
		"mastodon at http://127.0.0.1:", "account bakery\n", "account florist\n",
		"  channel mastodon@127.0.0.1:", "  channel bluesky/channel/did:plc:",
		"  export BLUESKY_SERVER=http://127.0.0.1:", "  export BLUESKY_IDENTIFIER=bakery.", "  export BLUESKY_APP_PASSWORD=",
		"  export MASTODON_SERVER=http://127.0.0.1:", "  export MASTODON_TOKEN=",
		"facebook at http://127.0.0.1:", "  channel facebook/channel/", "  export FACEBOOK_TOKEN=",
		"  export INSTAGRAM_TOKEN=", "  export THREADS_TOKEN=", "  export X_ACCESS_TOKEN=",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, localweb.DefaultHandle)
}

func TestFlags(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"unknown":           {[]string{"-port", "80"}, "flag provided but not defined"},
		"an argument":       {[]string{"bluesky"}, `"bluesky" is no flag`},
		"bad address":       {[]string{"-addr", "8080"}, "want host:port"},
		"remote":            {[]string{"-addr", "0.0.0.0:0"}, "reached from other machines"},
		"remote simulator":  {[]string{"-bluesky-addr", ":0"}, "reached from other machines"},
		"remote simulator ": {[]string{"-mastodon-addr", ":0"}, "reached from other machines"},
		"remote X":          {[]string{"-x-addr", ":0"}, "reached from other machines"},
		"bad account":       {[]string{"-accounts", "a b"}, `account "a b"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.ErrorContains(t, run(t.Context(), tt.args, &out, io.Discard), tt.want)
			require.Empty(t, out.String())
		})
	}
	t.Run("help", func(t *testing.T) {
		var help bytes.Buffer
		require.ErrorIs(t, run(t.Context(), []string{"-help"}, io.Discard, &help), flag.ErrHelp)
		for _, p := range platforms {
			require.Contains(t, help.String(), "-"+strings.ToLower(p.name)+"-addr")
		}
	})
}
