package xtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// attempt posts and says what came of it: a status, 0 for a connection that
// broke.
func (w *wire) attempt(text string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), "POST", w.URL()+"/2/tweets", strings.NewReader(`{"text":"`+text+`"}`))
	require.NoError(w.t, err)
	a, err := w.try(req, "Content-Type: application/json")
	if err != nil {
		return 0, ""
	}
	return a.status, a.body
}

// TestFaultsAndTheLedger: what the public sees tells lost replies from lost
// posts.
func TestFaultsAndTheLedger(t *testing.T) {
	for _, tc := range []struct {
		fault  sim.Fault
		status int
		posts  int // before the client tries again
	}{
		{sim.Fault{Kind: sim.CutBefore}, 0, 0},
		{sim.Fault{Kind: sim.CutBody}, 0, 0},
		{sim.Fault{Kind: sim.DropReply}, 0, 1},
		{sim.Fault{Kind: sim.CutReply, Bytes: 5}, 0, 1},
		{sim.Fault{Kind: sim.ErrorBefore, Status: 503}, 503, 0},
		{sim.Fault{Kind: sim.ErrorAfter}, 500, 1},
		{sim.Fault{Kind: sim.Late, Delay: time.Minute}, 0, 0},
		{sim.Fault{Kind: sim.Slow, Delay: time.Minute}, 201, 1},
		{sim.Fault{Kind: sim.Throttle}, 429, 0},
		{sim.Fault{Kind: sim.Expire}, 401, 0},
		{sim.Fault{Kind: sim.Garbage}, 200, 1},
	} {
		t.Run(string(tc.fault.Kind), func(t *testing.T) {
			w := open(t, nil)
			tc.fault.Op, tc.fault.Class, tc.fault.Platform = "POST /2/tweets", sim.Commit, xtest.Platform
			w.world.Faults.Add(tc.fault)
			status, body := w.attempt("once")
			require.Equal(t, tc.status, status, body)
			require.Equal(t, tc.posts, w.world.Ledger.Counts("").Posts)
			require.Len(t, w.Public("alice"), tc.posts)
			w.advance(time.Hour)
			again, _ := w.attempt("once")
			late := tc.fault.Kind == sim.Late
			require.Equal(t, tc.posts == 1 || late, again == 403, "the same words are refused, and nothing says which post has them")
			require.Equal(t, 1, w.world.Ledger.Counts("").Posts)
			require.Zero(t, w.world.Ledger.Counts("").Duplicates)
			require.Empty(t, w.world.Ledger.Lost([]sim.Item{{Platform: "x", Account: "alice", Text: "once"}}))
		})
	}
}

func TestDuplicatesAreCounted(t *testing.T) {
	w := open(t, &xtest.Options{DuplicateWindow: time.Minute})
	w.posted("twice")
	w.advance(time.Minute)
	w.posted("twice")
	require.Equal(t, 1, w.world.Ledger.Counts("").Duplicates)
	require.Len(t, w.Public("alice"), 2)
	require.Empty(t, w.Public("nobody"))
}

func TestFaultsSpeakTheVendorsWords(t *testing.T) {
	w := open(t, nil)
	w.world.Faults.Add(sim.Fault{Kind: sim.Throttle})
	a := w.get("/2/users/me").want(429)
	require.Equal(t, "0", a.header.Get("x-rate-limit-remaining"))
	require.NotEmpty(t, a.header.Get("x-rate-limit-reset"))
	w.world.Faults.Add(sim.Fault{Kind: sim.ErrorBefore, Status: 500})
	a = w.get("/2/users/me").want(500)
	require.Equal(t, "https://api.x.com/2/problems/internal-error", a.str("type"))
	w.world.Faults.Add(sim.Fault{Kind: sim.ErrorBefore, Status: 503})
	require.Equal(t, "about:blank", w.get("/2/users/me").want(503).str("type"))
	require.Equal(t, 3, w.world.Faults.Hits())
	require.Equal(t, 3, w.world.Faults.Requests(sim.Op{Platform: "x", Name: "GET /2/users/me", Class: sim.Read}))
	w.get("/2/nothing/here").want(404)
	require.Equal(t, 1, w.world.Faults.Requests(sim.Op{Platform: "x", Name: "GET /2/nothing/here", Class: sim.Read}))
}

func TestManyAtOnce(t *testing.T) {
	w := open(t, &xtest.Options{NoQuotas: true})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 20 {
				text := fmt.Sprintf("%d from %d", n, i)
				if status, body := w.attempt(text); status != 201 {
					t.Errorf("%d %s", status, body)
				}
				_, _ = w.VisitorPosts(t.Context(), fmt.Sprint("v", i), "", text)
				w.Public("alice")
				w.Deliver(t.Context(), nil)
			}
		})
	}
	wg.Wait()
	c := w.world.Ledger.Counts("")
	require.Equal(t, sim.Counts{Posts: 160, Visitors: 160}, c)
	require.Len(t, w.Charges(), 160)
}

func TestServer(t *testing.T) {
	w := open(t, &xtest.Options{Host: "x.sim.example"})
	require.Equal(t, "http://x.sim.example", w.URL())
	require.Equal(t, xtest.Platform, w.Platform())
	require.Equal(t, smm.Ref{Platform: "x", Kind: smm.KindAuthor, ID: w.me}, w.Author("alice"))
	l := open(t, nil)
	g, err := l.Guard()
	require.NoError(t, err)
	require.NotNil(t, g)
	require.NotNil(t, l.Handler())
	other := open(t, &xtest.Options{Addr: "127.0.0.1:0"})
	other.get("/2/users/me").want(200)
	_, err = w.VisitorPosts(t.Context(), "not a handle", "", "x")
	require.Error(t, err)
	_, err = w.VisitorPosts(t.Context(), "carol", "7", "x")
	require.Error(t, err)
	_, err = w.VisitorWrites(t.Context(), "carol", "nobody", "x")
	require.Error(t, err)
	require.Error(t, w.VisitorLikes(t.Context(), "carol", "7", false))
	require.Error(t, w.VisitorFollows(t.Context(), "carol", "nobody"))
	_, err = w.VisitorQuotes(t.Context(), "carol", "7", "x")
	require.Error(t, err)
	require.Error(t, w.VisitorVotes("carol", "7", 0))
}

// TestOneClock: two runs of the same calls give the same ids.
func TestOneClock(t *testing.T) {
	var ids [2][]string
	for i := range ids {
		w := open(t, nil)
		ids[i] = append(ids[i], w.me, w.posted("one"), w.visit("carol", "", "two"))
	}
	require.Equal(t, ids[0], ids[1])
}
