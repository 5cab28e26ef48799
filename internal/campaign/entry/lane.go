package entry

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/internal/campaign/process"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// lane is a store on disk with simulators in this process, for workers in others.
type lane struct {
	place *ground.Place
	path  string
	db    *sqlitestore.DB
	host  *ground.Worker // plans, and never runs
}

func openLane(ctx context.Context, dir, name string, accounts int, ps ...*platform.Platform) (*lane, error) {
	l := &lane{place: ground.Outside(ps...), path: filepath.Join(dir, name+".db")}
	var err error
	if l.db, err = sqlitestore.Open(ctx, l.path, nil); err != nil {
		return nil, err
	}
	if err := l.place.OpenReal(ctx, l.db.Deliveries(), accounts); err != nil {
		return nil, err
	}
	l.host, err = l.place.NewWorker(ground.WorkerOptions{})
	return l, err
}

func (l *lane) close() {
	l.host.Stop()
	_ = l.db.Close()
	l.place.CloseOutside()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(l.path + suffix)
	}
}

// config is that of a worker on the lane.
func (l *lane) config(lease time.Duration) process.Config {
	c := process.Config{Path: l.path, Lease: lease}
	for _, s := range l.place.Stands() {
		srv := process.Server{Platform: s.Platform.Name, URL: s.Server.URL()}
		for _, sc := range s.Scenes {
			srv.Accounts = append(srv.Accounts, sc.Account)
		}
		c.Servers = append(c.Servers, srv)
	}
	return c
}

// finish lets a worker whose clock runs fast work until nothing is left. The
// servers' clock goes with it: one that lags behind by more than drivers allow for
// makes what is there look older than the attempt.
func (l *lane) finish(ctx context.Context, c process.Config) error {
	const times = 100
	c.Fast, c.Lease = times, 10*time.Minute // 6 s
	w, err := process.Start(ctx, &c)
	if err != nil {
		return err
	}
	clock, begun := l.place.World.Clock, time.Now()
	idle, err := pollUntil(ctx, 30*time.Second, func() (bool, error) {
		clock.Advance(begun.Add(time.Since(begun) * times).Sub(clock.Now()))
		return l.place.Idle(ctx)
	})
	if eerr := w.End(); err == nil {
		err = eerr
	}
	if err == nil && !idle {
		return nil // the judge says what is stuck
	}
	return err
}

// pollUntil looks every few milliseconds.
func pollUntil(ctx context.Context, bound time.Duration, look func() (bool, error)) (bool, error) {
	for end := time.Now().Add(bound); ; {
		ok, err := look()
		if ok || err != nil || time.Now().After(end) {
			return ok, err
		}
		if err := smm.SystemClock().Sleep(ctx, 10*time.Millisecond); err != nil {
			return false, err
		}
	}
}

// committing notes the commits that stand interrupted in the store.
func (l *lane) committing(ctx context.Context, found map[string]smm.Class) error {
	q := scheduler.Query{AllTenants: true, Phases: []smm.Phase{smm.PhaseCommitting}}
	for r, err := range l.place.Store.List(ctx, q) {
		if err != nil {
			return err
		}
		d := &r.Delivery
		found[fmt.Sprint(d.ID, d.Attempt.Intent.UnixNano())] = d.Prepared.Guarantee.Class
	}
	return nil
}
