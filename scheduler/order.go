package scheduler

import (
	"context"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// lane is the queue that a delivery goes out in: its channel, for posts. Parts
// wait for their parents, and an answer to somebody does not wait for a post.
func lane(d *smm.Delivery) string {
	if d.Parent != "" || !d.Request.Post.ReplyTo.IsZero() {
		return ""
	}
	return d.Request.Channel.String()
}

// apps bounds how many records of one platform and space are worked on at a time
// in this process. What is beyond that is given back for parkTime; when a place
// is free, the one that waits longest is due at once.
type apps struct {
	limit int

	mu   sync.Mutex
	apps map[app]*appQueue
}

type app struct {
	platform smm.Platform
	space    string
}

type appQueue struct {
	busy    int
	waiting []Lease // of parked records, by when they came
}

// parkTime is how long a record waits for its app if nobody calls it, which is
// so if this process ends.
const parkTime = 10 * time.Second

func appOf(r *Record) app {
	ch := r.Delivery.Request.Channel
	return app{ch.Platform, ch.Space}
}

// enter takes a place for r, or notes that it waits.
func (a *apps) enter(r *Record) bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.apps[appOf(r)]
	if q == nil {
		q = &appQueue{}
		if a.apps == nil {
			a.apps = make(map[app]*appQueue)
		}
		a.apps[appOf(r)] = q
	}
	for i := range q.waiting { // from when it was here before
		if q.waiting[i].Key == r.Key() {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			break
		}
	}
	if q.busy < a.limit {
		q.busy++
		return true
	}
	q.waiting = append(q.waiting, Lease{Key: r.Key(), Epoch: r.Epoch})
	return false
}

// leave frees r's place, and names those that wait for one, the first first.
func (a *apps) leave(r *Record) (next func() (Lease, bool)) {
	if a == nil {
		return func() (Lease, bool) { return Lease{}, false }
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.apps[appOf(r)]
	q.busy--
	return func() (Lease, bool) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(q.waiting) == 0 {
			return Lease{}, false
		}
		l := q.waiting[0]
		q.waiting = q.waiting[1:]
		return l, true
	}
}

// park gives a record back that finds no place in its app.
func (s *Scheduler) park(ctx context.Context, r *Record) (time.Time, error) {
	until := s.clock.Now().Add(parkTime)
	// If this fails, the lease runs out by itself.
	_ = s.store.Renew(ctx, Lease{Key: r.Key(), Epoch: r.Epoch, Until: until})
	return until, nil
}

// callNext frees the app's place that r had, and makes the next record due.
func (s *Scheduler) callNext(ctx context.Context, r *Record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackLimit)
	defer cancel()
	next := s.apps.leave(r)
	for l, ok := next(); ok; l, ok = next() {
		l.Until = s.clock.Now()
		if s.store.Renew(ctx, l) == nil { // else somebody else has it already
			_ = s.engine.Wake(ctx, l.Key, l.Until) // it is found in the store all the same
			return
		}
	}
}
