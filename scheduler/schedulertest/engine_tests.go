package schedulertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var engineTests = map[string]func(*engineSuite){
	"wakes at the time given": func(e *engineSuite) {
		p := e.run(0, e.finish)
		due := time.Now().Add(300 * time.Millisecond)
		r := NewRecord("", "a", due)
		e.insert(r)
		e.ok(p.Wake(e.Context(), r.Key(), due))
		if c := e.waitCalls(1)[0]; c.key != r.Key() || c.at.Before(due) {
			e.Fatalf("handled %s at %s, want a at %s or later", c.key.ID, c.at, due)
		}
	},
	"finds what nobody woke it for": func(e *engineSuite) {
		e.insert(NewRecord("", "before", time.Now()), NewRecord("x", "other tenant", time.Now()))
		e.run(0, e.finish)
		e.waitCalls(2)
		due := time.Now().Add(200 * time.Millisecond)
		e.insert(NewRecord("", "after", due))
		if c := e.waitCalls(3)[2]; c.key.ID != "after" || c.at.Before(due) {
			e.Fatalf("handled %s at %s, want after at %s or later", c.key.ID, c.at, due)
		}
	},
	"comes again when the handler says": func(e *engineSuite) {
		var again time.Time
		e.insert(NewRecord("", "a", time.Now()))
		e.run(0, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			if !again.IsZero() {
				return e.finish(ctx, r)
			}
			again = time.Now().Add(300 * time.Millisecond)
			r.Delivery.Wake, r.LeaseUntil = again, time.Time{}
			return again, e.store.Save(ctx, r, time.Now())
		})
		if c := e.waitCalls(2)[1]; c.at.Before(again) {
			e.Fatalf("handled again at %s, want %s or later", c.at, again)
		}
	},
	"an error loses nothing": func(e *engineSuite) {
		e.insert(NewRecord("", "a", time.Now()), NewRecord("", "b", time.Now().Add(50*time.Millisecond)))
		var mu sync.Mutex
		failed := make(map[string]bool)
		p := e.run(0, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			mu.Lock()
			first := !failed[r.Delivery.ID]
			failed[r.Delivery.ID] = true
			mu.Unlock()
			if !first {
				return e.finish(ctx, r)
			}
			if r.Delivery.ID == "a" { // given back; b's lease runs out
				return time.Time{}, errors.Join(errors.New("a failed"), e.store.Renew(ctx, lease(r, time.Now())))
			}
			return time.Time{}, errors.New("the store was away")
		})
		e.waitCalls(4)
		p.stop()
		e.waitDone("Run", p.done)
		if a, b := e.phase("a"), e.phase("b"); p.err != nil || a != smm.PhasePublished || b != smm.PhasePublished {
			e.Fatalf("a is %s, b is %s, and Run says %v", a, b, p.err)
		}
	},
	"the end lets handlers return": func(e *engineSuite) {
		release, told, returned := make(chan struct{}), make(chan struct{}), make(chan struct{})
		e.insert(NewRecord("", "a", time.Now()))
		p := e.run(0, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			defer close(returned)
			e.wait(ctx.Done())
			close(told)
			e.wait(release)
			return e.finish(ctx, r)
		})
		e.waitCalls(1)
		p.stop()
		e.waitDone("the handler's context", told)
		select {
		case <-p.done:
			close(release)
			e.Fatalf("Run returned with a handler in flight")
		case <-time.After(100 * time.Millisecond):
		}
		close(release)
		e.waitDone("Run", p.done)
		e.waitDone("the handler", returned)
		if got := e.phase("a"); p.err != nil || got != smm.PhasePublished {
			e.Fatalf("phase %s, and Run says %v; want published and no error", got, p.err)
		}
	},
	"one handler at a time, and each record": func(e *engineSuite) {
		const n = 100
		rs := make([]*scheduler.Record, 0, n)
		for i := range n {
			rs = append(rs, NewRecord(smm.Tenant(fmt.Sprint(i%3)), numbered(i), time.Now()))
		}
		e.insert(rs...)
		var mu sync.Mutex
		in := make(map[scheduler.Key]bool)
		h := func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			mu.Lock()
			if in[r.Key()] {
				e.Errorf("record %s is in the hands of two", r.Delivery.ID)
			}
			in[r.Key()] = true
			mu.Unlock()
			return e.finish(ctx, r)
		}
		for who := range 3 {
			p := e.run(who, h)
			for _, r := range rs { // more often than needed: harmless
				e.ok(p.Wake(e.Context(), r.Key(), time.Now()))
			}
		}
		if calls := e.waitCalls(n); len(calls) > n {
			e.Errorf("%d calls for %d records", len(calls), n)
		}
	},
	"a lane goes in order": func(e *engineSuite) {
		const n = 12
		planned := time.Now().Add(-time.Minute)
		for i := range n {
			e.insert(inLane(numbered(i), planned.Add(time.Duration(i)*time.Second), fmt.Sprint(i%2)))
		}
		var mu sync.Mutex
		busy, last := make(map[string]int), make(map[string]string)
		h := func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			mu.Lock()
			busy[r.Lane]++
			if busy[r.Lane] > 1 || r.Delivery.ID < last[r.Lane] {
				e.Errorf("%s is handled after %s, with %d of the lane in hand", r.Delivery.ID, last[r.Lane], busy[r.Lane])
			}
			last[r.Lane] = r.Delivery.ID
			mu.Unlock()
			_ = smm.SystemClock().Sleep(ctx, 5*time.Millisecond)
			mu.Lock()
			busy[r.Lane]--
			mu.Unlock()
			return e.finish(ctx, r)
		}
		e.run(0, h)
		e.run(1, h)
		e.waitCalls(n)
	},
	"what a dead process held is taken over": func(e *engineSuite) {
		e.insert(NewRecord("", "a", time.Now()))
		hang := make(chan struct{})
		defer close(hang)
		dead := e.run(0, func(context.Context, *scheduler.Record) (time.Time, error) {
			e.wait(hang) // and never renews
			return time.Time{}, nil
		})
		first := e.waitCalls(1)[0]
		dead.stop() // what it has in hand stays there
		e.run(1, e.finish)
		c := e.waitCalls(2)[1]
		if c.who != 1 || c.at.Before(first.at.Add(e.lease/2)) {
			e.Fatalf("process %d took over after %s, want 1 after a lease of %s", c.who, c.at.Sub(first.at), e.lease)
		}
	},
}
