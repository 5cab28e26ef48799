package sim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func TestClockRunsWhatFallsDueInOrder(t *testing.T) {
	c := sim.NewClock(start, false)
	var got []string
	note := func(s string) func() {
		return func() { got = append(got, s+"@"+c.Now().Sub(start).String()) }
	}
	c.AfterFunc(3*time.Second, note("late"))
	c.AfterFunc(time.Second, func() {
		note("early")()
		c.AfterFunc(time.Second, note("chained"))
	})
	c.AfterFunc(time.Hour, note("never"))
	c.Advance(5 * time.Second)
	if s := strings.Join(got, " "); s != "early@1s chained@2s late@3s" {
		t.Fatal(s)
	}
	if d := c.Now().Sub(start); d != 5*time.Second {
		t.Fatalf("the clock stands at %s", d)
	}
	c.Advance(-time.Hour)
	if d := c.Now().Sub(start); d != 5*time.Second {
		t.Fatalf("the clock went back to %s", d)
	}
	if at, ok := c.NextTimer(); !ok || at.Sub(start) != time.Hour {
		t.Fatal(at, ok)
	}
}

func TestClockSleep(t *testing.T) {
	auto := sim.NewClock(start, true)
	if err := auto.Sleep(t.Context(), time.Minute); err != nil || auto.Now().Sub(start) != time.Minute {
		t.Fatal(err, auto.Now())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := auto.Sleep(ctx, time.Minute); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	manual := sim.NewClock(start, false)
	woke := make(chan error)
	go func() { woke <- manual.Sleep(t.Context(), time.Minute) }()
	for {
		if _, ok := manual.NextTimer(); ok {
			break
		}
	}
	manual.Advance(time.Minute)
	if err := <-woke; err != nil {
		t.Fatal(err)
	}
}

func TestSkippingClockSkipsSleepOnly(t *testing.T) {
	c := sim.SkippingClock()
	fired := make(chan time.Time, 1)
	c.AfterFunc(time.Nanosecond, func() { fired <- c.Now() })
	begun := time.Now()
	for time.Since(begun) < time.Millisecond { // the machine's time passes
		_ = c.Now()
	}
	select {
	case <-fired:
		t.Fatal("it fired although nobody moved the clock")
	default:
	}
	if err := c.Sleep(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > time.Minute {
		t.Fatalf("sleeping took %s of the machine's time", took)
	}
	if ahead := time.Until(c.Now()); ahead < 59*time.Minute || ahead > time.Hour {
		t.Fatalf("the clock is %s ahead", ahead)
	}
	select {
	case <-fired:
	default:
		t.Fatal("what was due did not run before Sleep returned")
	}
}

func TestRunningClockCanBeMovedAhead(t *testing.T) {
	c := sim.RunningClock()
	fired := false
	c.AfterFunc(time.Hour, func() { fired = true })
	before := c.Now()
	c.Advance(2 * time.Hour)
	if !fired || c.Now().Sub(before) < 2*time.Hour {
		t.Fatal(fired, c.Now().Sub(before))
	}
}

func TestLedgerCountsWhatThePublicSaw(t *testing.T) {
	var l sim.Ledger
	post := sim.Item{Platform: "x", Account: "a", Text: "hi", ID: "1", Media: []string{"f"}}
	l.Add(post)
	for _, other := range []sim.Item{
		{Platform: "y", Account: "a", Text: "hi", Media: []string{"f"}},
		{Platform: "x", Account: "b", Text: "hi", Media: []string{"f"}},
		{Platform: "x", Account: "a", Text: "hi", Media: []string{"g"}},
		{Platform: "x", Account: "a", Text: "hi", Media: []string{"f"}, Parent: "0"},
		{Platform: "x", Account: "a", Text: "hi", Media: []string{"f"}, Private: true},
		{Platform: "x", Account: "a", Text: "hi", Media: []string{"f"}, Visitor: true},
	} {
		l.Add(other)
	}
	if c := l.Counts(""); c.Duplicates != 0 || c.Posts != 4 || c.Replies != 1 || c.Messages != 1 || c.Visitors != 1 {
		t.Fatalf("%+v", c)
	}
	l.Update("x", "1", func(i *sim.Item) { i.Removed = true })
	again := post
	again.ID = "2"
	l.Add(again) // what was removed was seen all the same
	if c := l.Counts("x"); c.Duplicates != 1 || c.Removed != 1 {
		t.Fatalf("%+v", c)
	}
	lost := l.Lost([]sim.Item{post, {Platform: "x", Account: "a", Text: "missing"}})
	if len(lost) != 1 || lost[0].Text != "missing" {
		t.Fatalf("%+v", lost)
	}
}

// wired returns a server that counts effects behind the faults of a world.
func wired(t *testing.T) (*sim.World, *atomic.Int64, func() (int, string, error)) {
	t.Helper()
	world, effects := sim.NewWorldAt(sim.NewClock(start, true)), new(atomic.Int64)
	wire := sim.Wire{
		World:    world,
		Classify: func(*http.Request) sim.Op { return sim.Op{Platform: "x", Name: "create", Class: sim.Commit} },
		Throttle: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		Expire:   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
	}
	srv := httptest.NewServer(wire.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || string(b) != "body" {
			t.Errorf("the handler got %q, %v", b, err)
		}
		effects.Add(1)
		_, _ = io.WriteString(w, "created")
	})))
	t.Cleanup(srv.Close)
	return world, effects, func() (int, string, error) {
		resp, err := srv.Client().Post(srv.URL, "text/plain", strings.NewReader("body"))
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b), err
	}
}

func TestEveryFaultDoesWhatItSays(t *testing.T) {
	for _, c := range []struct {
		fault   sim.Fault
		status  int // 0: no answer
		cut     bool
		effects int64 // once everything has arrived
	}{
		{sim.Fault{Kind: sim.CutBefore}, 0, true, 0},
		{sim.Fault{Kind: sim.CutBody}, 0, true, 0},
		{sim.Fault{Kind: sim.DropReply}, 0, true, 1},
		{sim.Fault{Kind: sim.CutReply, Bytes: 3}, 200, true, 1},
		{sim.Fault{Kind: sim.ErrorBefore, Status: 503}, 503, false, 0},
		{sim.Fault{Kind: sim.ErrorAfter}, 500, false, 1},
		{sim.Fault{Kind: sim.Late, Delay: time.Minute}, 0, true, 1},
		{sim.Fault{Kind: sim.Slow, Delay: time.Second}, 200, false, 1},
		{sim.Fault{Kind: sim.Throttle}, 429, false, 0},
		{sim.Fault{Kind: sim.Expire}, 401, false, 0},
		{sim.Fault{Kind: sim.Garbage}, 200, false, 1},
		{sim.Fault{Kind: sim.Spoil}, 200, false, 1},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			world, effects, post := wired(t)
			world.Faults.Add(c.fault)
			status, body, err := post()
			if status != c.status || (err != nil) != c.cut {
				t.Fatalf("status %d, body %q, error %v", status, body, err)
			}
			if c.fault.Kind == sim.Late && effects.Load() != 0 {
				t.Fatal("a late request took effect at once")
			}
			world.Clock.Advance(time.Hour)
			if effects.Load() != c.effects {
				t.Fatalf("%d effects, want %d", effects.Load(), c.effects)
			}
			if status, body, err := post(); status != 200 || body != "created" || err != nil {
				t.Fatalf("the fault struck again: %d %q %v", status, body, err)
			}
		})
	}
}

func TestAllKindsAreTested(t *testing.T) {
	if n := len(sim.FaultKinds()); n != 12 {
		t.Fatalf("%d kinds of faults; extend the table above", n)
	}
}

func TestScriptMatchesSkipsAndRepeats(t *testing.T) {
	var s sim.Script
	a := sim.Op{Platform: "x", Name: "a", Class: sim.Read}
	b := sim.Op{Platform: "x", Name: "b", Class: sim.Commit}
	s.Add(sim.Fault{Op: "a", Kind: sim.Throttle, Skip: 1, Times: 2})
	forever := s.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply, Times: -1})
	var got []bool
	for range 4 {
		_, struck := s.Take(a)
		got = append(got, struck)
	}
	if got[0] || !got[1] || !got[2] || got[3] {
		t.Fatalf("struck: %v", got)
	}
	for range 3 {
		if f, struck := s.Take(b); !struck || f.Kind != sim.DropReply {
			t.Fatal(f, struck)
		}
	}
	if s.Requests(a) != 4 || s.RequestsOf(sim.Commit) != 3 || s.Hits() != 5 {
		t.Fatal(s.Requests(a), s.RequestsOf(sim.Commit), s.Hits())
	}
	s.Remove(forever)
	if _, struck := s.Take(b); struck || len(s.Active()) != 0 {
		t.Fatal("a removed fault struck")
	}
	if _, struck := s.Take(sim.Op{Platform: smm.Platform("y")}); struck {
		t.Fatal("struck out of nowhere")
	}
}
