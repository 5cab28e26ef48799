package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
)

// seed gives the moments of a campaign: QUICKSTART_SEED repeats one.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv("QUICKSTART_SEED"); s != "" {
		var err error
		n, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("QUICKSTART_SEED=%d", n)
	return rand.New(rand.NewPCG(n, 0))
}

// kill runs the program and kills it, without a chance to clean up, after a time
// or as soon as it says a word. It reports whether it came to that.
func kill(t *testing.T, after time.Duration, word string, args ...string) bool {
	t.Helper()
	cmd := program(t, nil, args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	errOut, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var said strings.Builder
	for lines := bufio.NewScanner(errOut); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if word != "" && strings.Contains(lines.Text(), word) {
			require.NoError(t, cmd.Process.Kill())
			break
		}
	}
	_, _ = io.Copy(&said, errOut)
	err = cmd.Wait()
	exit, failed := errors.AsType[*exec.ExitError](err)
	if failed && !exit.Exited() {
		return true
	}
	require.NoError(t, err, "%s", said.String())
	return false
}

// TestKilledAtAnyMoment kills the program again and again, at moments drawn by
// lot and at those where most is under way, and lets it finish once. The
// platforms take their time to answer, so that many a kill falls between a post
// and the answer that would have told of it.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	web, rng := simulators(t), seed(t)
	inForce(t, web, `{"class": "commit", "kind": "slow", "times": -1, "delay": "150ms"}`)
	args := []string{"-hurry", "-connect", web.URL(), "-data", t.TempDir(), "-step", "400ms"}
	kills := 0
	for range 20 { // all before the last post is due
		if kill(t, time.Duration(30+rng.IntN(550))*time.Millisecond, "", args...) {
			kills++
		}
	}
	for _, word := range []string{"Signed in", "Publishing", "of 82 published", "says", "answering", "Reading numbers"} {
		if kill(t, time.Minute, word, args...) {
			kills++
		}
	}
	require.GreaterOrEqual(t, kills, 20)
	o := finish(t, nil, args...)
	requireWhole(t, web, o)
	t.Logf("%d kills: %d published, %d lost, %d duplicated", kills, o.Published, *o.Lost, *o.Duplicated)
}

// inForce puts faults in force, as anybody would: through the control API.
func inForce(t *testing.T, web *localweb.Web, faults ...string) {
	t.Helper()
	for _, fault := range faults {
		resp, err := http.Post(web.URL()+"/faults", "application/json", strings.NewReader(fault))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, fault)
	}
}

// TestLostReplies breaks what is worst to break: the answers to requests that
// make something public.
func TestLostReplies(t *testing.T) {
	t.Parallel()
	web, rng := simulators(t), seed(t)
	inForce(t, web,
		`{"class": "commit", "kind": "drop-reply", "skip": 1, "times": 3}`,
		`{"class": "commit", "kind": "error-after", "skip": 2, "times": 3, "status": 502}`,
		`{"class": "commit", "kind": "late", "skip": 2, "times": 2, "delay": "1s"}`,
		`{"class": "commit", "kind": "garbage", "skip": 4}`,
		`{"class": "prepare", "kind": "cut-before"}`,
		`{"class": "read", "kind": "error-before", "times": 3, "status": 503}`,
	)
	args := []string{"-hurry", "-connect", web.URL(), "-data", t.TempDir()}
	for range 2 { // and as if that were not enough
		kill(t, time.Duration(500+rng.IntN(2500))*time.Millisecond, "", args...)
	}
	o := finish(t, nil, args...)
	requireWhole(t, web, o)
	hits := web.World().Faults.Hits()
	require.Empty(t, web.World().Faults.Active(), "all of them struck")
	t.Logf("%d faults struck: %d published, %d lost, %d duplicated", hits, o.Published, *o.Lost, *o.Duplicated)
}
