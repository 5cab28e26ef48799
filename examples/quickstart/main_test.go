package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// The tests run the real program in processes of its own, against simulators
// that live on in the test: the only way to kill it at any moment. The program
// is this test binary, told by the environment to be the program.
const actAsProgram = "QUICKSTART_TEST_IS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(actAsProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// What the calendar beside this file comes to.
const (
	wantItems       = 82 // of the rows that go out: channels times parts
	wantRows        = 26
	wantStopped     = 5
	wantNotApproved = 1
	wantModerated   = 6 // one on each platform
	wantAnswered    = 5
	wantComments    = 12 // of visitors
)

// outcome is what the program printed, in the form in which others read it.
type outcome struct {
	Mode        string `json:"mode"`
	Scheduled   int    `json:"scheduled"`
	Published   int    `json:"published"`
	Lost        *int   `json:"lost"`
	Duplicated  *int   `json:"duplicated"`
	Findings    int    `json:"findings"`
	Stopped     int    `json:"stopped"`
	NotApproved int    `json:"not_approved"`
	Moderated   int    `json:"moderated"`
	Answered    int    `json:"answered"`
	KPIs        []struct {
		Channel string `json:"channel"`
		Posts   int    `json:"posts"`
		Likes   struct {
			Value *int64 `json:"value"`
		} `json:"likes"`
	} `json:"kpis"`
	Report      string `json:"report"`
	FindingList []note `json:"finding_list"`
}

// simulators starts a local social web apart from the program.
func simulators(t *testing.T) *localweb.Web {
	t.Helper()
	w, err := localweb.Start(t.Context(), localweb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

// program returns a command that runs the program.
func program(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(append(os.Environ(), actAsProgram+"=1"), env...)
	return cmd
}

// finish runs the program to its end and reads its summary.
func finish(t *testing.T, env []string, args ...string) outcome {
	t.Helper()
	cmd := program(t, env, append(args, "-json")...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	start := time.Now()
	err := cmd.Run()
	require.NoError(t, err, "%s", errOut.String())
	t.Logf("a run to the end took %s", time.Since(start).Round(10*time.Millisecond))
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "one line for machines: %s", out.String())
	return read(t, out.Bytes())
}

func read(t *testing.T, b []byte) outcome {
	t.Helper()
	var o outcome
	require.NoError(t, json.Unmarshal(b, &o), "%s", b)
	return o
}

// requireWhole checks that the campaign is complete: everything out once,
// comments dealt with, the report there.
func requireWhole(t *testing.T, web *localweb.Web, o outcome) {
	t.Helper()
	require.Equal(t, wantItems, o.Scheduled)
	require.Equal(t, wantItems, o.Published)
	require.NotNil(t, o.Lost)
	require.NotNil(t, o.Duplicated)
	require.Zero(t, *o.Lost)
	require.Zero(t, *o.Duplicated)
	require.Equal(t, wantStopped, o.Stopped)
	require.Equal(t, wantNotApproved, o.NotApproved)
	require.Len(t, o.FindingList, o.Findings)
	require.Equal(t, wantModerated, o.Moderated)
	require.Equal(t, wantAnswered, o.Answered)
	require.Len(t, o.KPIs, len(platforms))
	for _, k := range o.KPIs {
		require.Positive(t, k.Posts)
		require.NotNil(t, k.Likes.Value, "%s", k.Channel)
		require.Positive(t, *k.Likes.Value, "%s", k.Channel)
	}
	page, err := os.ReadFile(o.Report)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(bytes.ToLower(page), []byte("<!doctype html>")))
	require.Contains(t, string(page), "Opening campaign")

	if web == nil {
		return
	}
	// The program says so; the public, asked past the program, agrees.
	c := web.World().Ledger.Counts("")
	require.Zero(t, c.Duplicates)
	require.Equal(t, wantItems+wantAnswered, c.Posts+c.Replies, "the calendar and the answers")
	require.Equal(t, wantComments, c.Visitors)
	var hidden []smm.Platform
	for _, i := range web.World().Ledger.Items() {
		if i.Hidden {
			require.True(t, i.Visitor, "%+v", i)
			hidden = append(hidden, i.Platform)
		}
	}
	require.ElementsMatch(t, []smm.Platform{"bluesky", "facebook", "instagram", "threads", "x"}, hidden, "Mastodon blocks instead")
}

func TestRunToTheEndAndAgain(t *testing.T) {
	t.Parallel()
	web, data := simulators(t), t.TempDir()
	start := time.Now()
	first := finish(t, nil, "-hurry", "-connect", web.URL(), "-data", data)
	require.Less(t, time.Since(start), 30*time.Second)
	require.Equal(t, "connect", first.Mode)
	requireWhole(t, web, first)
	require.Equal(t, filepath.Join(data, "report.html"), first.Report)

	before, signIns := web.World().Ledger.Items(), web.World().Faults.RequestsOf(sim.Auth)
	again := finish(t, nil, "-hurry", "-connect", web.URL(), "-data", data)
	requireWhole(t, web, again)
	require.Equal(t, before, web.World().Ledger.Items(), "the second run adds nothing")
	require.Equal(t, signIns, web.World().Faults.RequestsOf(sim.Auth), "the session was kept")

	// Another folder is another campaign, under another name.
	other := finish(t, nil, "-hurry", "-connect", web.URL(), "-data", t.TempDir())
	requireWhole(t, nil, other)
}

func TestOwnSimulators(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	o := finish(t, nil, "-data", data)
	require.Equal(t, "own", o.Mode)
	requireWhole(t, nil, o)
	// Its simulators are gone with their posts: the next run begins anew, in
	// the same folder.
	requireWhole(t, nil, finish(t, nil, "-data", data, "-step", "10ms"))
}

// TestTwoAtOnce is what happens when "go run" is killed and started again: what
// it had started still runs.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	web, data := simulators(t), t.TempDir()
	first := program(t, nil, "-hurry", "-connect", web.URL(), "-data", data, "-json", "-step", "50ms")
	var out bytes.Buffer
	first.Stdout = &out
	require.NoError(t, first.Start())
	second := finish(t, nil, "-hurry", "-connect", web.URL(), "-data", data, "-step", "50ms")
	require.NoError(t, first.Wait())
	requireWhole(t, web, second)
	requireWhole(t, web, read(t, out.Bytes()))
}

func TestSimulatorsThatForgot(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for range 2 { // the second pair knows nothing of the first campaign
		web := simulators(t)
		requireWhole(t, web, finish(t, nil, "-hurry", "-connect", web.URL(), "-data", data, "-step", "10ms"))
	}
}

// variables are the logins of a simulation as an environment.
func variables(web *localweb.Web) []string {
	var env []string
	for _, a := range web.Doc().Accounts {
		for name, value := range a.Login {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// TestLive runs the program as on real accounts: logins from the environment,
// no control API, nobody who plays the public. Videos take their time there.
func TestLive(t *testing.T) {
	t.Parallel()
	web, data := simulators(t), t.TempDir()
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	require.NoError(t, free.Close())
	var kept []sim.Item
	for run := range 2 {
		o := finish(t, variables(web), "-live", "-data", data, "-step", "10ms", "-media-addr", addr, "-media-url", "http://"+addr+"/media")
		require.Equal(t, "live", o.Mode)
		require.Equal(t, wantItems, o.Published)
		require.Nil(t, o.Lost, "nobody can tell on real accounts")
		require.Nil(t, o.Duplicated)
		require.Zero(t, o.Moderated)
		c := web.World().Ledger.Counts("")
		require.Zero(t, c.Duplicates)
		require.Zero(t, c.Visitors)
		require.Equal(t, wantItems, c.Posts+c.Replies)
		if run == 1 {
			require.Equal(t, kept, web.World().Ledger.Items())
		}
		kept = web.World().Ledger.Items()
	}
}

// TestLiveWithoutMediaHost has no address from which Instagram and Threads could
// take media: what needs it is a finding, and what does not goes out.
func TestLiveWithoutMediaHost(t *testing.T) {
	t.Parallel()
	web := simulators(t)
	o := finish(t, variables(web), "-live", "-data", t.TempDir(), "-step", "10ms")
	require.Equal(t, o.Scheduled, o.Published)
	stopped := make(map[string]bool)
	for _, f := range o.FindingList {
		if strings.Contains(f.Message, "MediaHost") {
			require.Contains(t, []smm.Platform{"instagram", "threads"}, f.Platform)
			require.Equal(t, smm.SeverityError, f.Severity)
			stopped[f.Row] = true
		}
	}
	require.Equal(t, map[string]bool{
		"oven-film": true, "good-morning": true, "new-loaf": true, "carousel": true, "rolls": true, "christmas": true,
	}, stopped)
	for _, i := range web.World().Ledger.Items() {
		require.False(t, i.Platform == "threads" && len(i.Media) > 0, "%+v", i)
	}
}

// runHere runs the program in this process.
func runHere(t *testing.T, env map[string]string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.WithoutCancel(t.Context()), args, func(name string) string { return env[name] }, &o, &e)
	return code, o.String(), e.String()
}

func TestTablesForPeople(t *testing.T) {
	t.Parallel()
	code, out, errOut := runHere(t, nil, "-data", t.TempDir(), "-step", "1ms")
	require.Zero(t, code, errOut)
	for _, want := range []string{
		"miracle cure", "has no text alternative", "at most 300 allowed", "at most 280 allowed", "needs a picture or film", `"2026-02-30 09:00" is no date`, // the rows that are stopped
		"exclamation marks", // a warning
		"CHANNEL", "at least", "Published", "0 lost, 0 duplicated", "report.html",
	} {
		require.Contains(t, out, want)
	}
	require.Contains(t, errOut, "82 of 82 published")
	require.NotContains(t, out, "of 82 published", "progress is no result")
}
