package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// desk is where the work happens: everything that a host keeps for as long as
// it runs.
type desk struct {
	plan  *plan
	stage *stage
	scr   *screen
	step  time.Duration

	dir      string
	lock     *os.File            // held: this process has the campaign
	db       *sqlitestore.DB     // deliveries, and what the inbox knows
	keys     smm.CredentialStore // sessions
	client   *smm.Client
	channels []smm.Channel
	sched    *scheduler.Scheduler
	inbox    *inbox.Inbox

	changed chan struct{} // a delivery moved
	stopped chan error    // the scheduler's end
	stop    context.CancelFunc
}

// openDesk joins the pieces. Nothing is sent by it.
func openDesk(ctx context.Context, o options, s *stage, p *plan, scr *screen) (_ *desk, err error) {
	d := &desk{plan: p, stage: s, scr: scr, step: o.step, changed: make(chan struct{}, 1), stopped: make(chan error, 1)}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if d.dir, err = dataFolder(o, s); err != nil {
		return nil, err
	}
	scr.say("Data: %s", d.dir)
	if err := d.openFiles(ctx); err != nil {
		return nil, err
	}
	media, err := s.openMedia(ctx, o, p, scr)
	if err != nil {
		return nil, err
	}
	drivers, channels, err := s.connect(ctx, d.keys, scr)
	if err != nil {
		return nil, err
	}
	d.channels = channels

	// A gate sees every post, on every channel, before it leaves. The brand
	// guide is one; a rule of your own is a function, see smm.GateFunc.
	d.client, err = smm.New(drivers, smm.WithMediaStore(media), smm.WithGates(p.voice), smm.WithClock(s.clock))
	if err != nil {
		return nil, err
	}
	return d, d.openOffice(ctx)
}

// openOffice starts what works on its own: the scheduler, which publishes what
// is due, and the inbox, whose answers go through the same database.
func (d *desk) openOffice(ctx context.Context) (err error) {
	opts := []scheduler.Option{scheduler.WithPoll(200 * time.Millisecond), scheduler.WithEvents(d.onEvent), scheduler.WithClock(d.stage.clock)}
	if d.stage.control != nil {
		// What a killed process held is taken up when its lease is over. Short
		// leases suit a demonstration; a real platform may take its time.
		opts = append(opts, scheduler.WithLease(4*time.Second), scheduler.WithDrain(3*time.Second))
	}
	store := d.db.Deliveries()
	if d.sched, err = scheduler.New(d.client, store, opts...); err != nil {
		return err
	}
	if d.inbox, err = inbox.New(d.db.Inbox(), inbox.WithEnqueuer(d.sched), inbox.WithClock(d.stage.clock)); err != nil {
		return err
	}
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx)) // ends with Close, after the last step
	go func() { d.stopped <- d.sched.Run(ctx) }()
	return nil
}

// Close lets what is in flight finish and closes the files.
func (d *desk) Close() {
	if d.stop != nil {
		d.stop()
		if err := <-d.stopped; err != nil {
			d.scr.say("scheduler: %v", err)
		}
	}
	if d.db != nil {
		_ = d.db.Close() // every write was on disk before it was used
	}
	if d.lock != nil {
		_ = d.lock.Close()
	}
}

// refs are the channels as calls take them.
func (d *desk) refs() []smm.Ref {
	out := make([]smm.Ref, 0, len(d.channels))
	for _, c := range d.channels {
		out = append(out, c.Ref)
	}
	return out
}

// onEvent is told by the scheduler what happens. Events are for screens: what
// really is, is in the database.
func (d *desk) onEvent(e scheduler.Event) {
	switch e.Kind {
	case scheduler.EventRetry:
		if f := e.Delivery.Failure; f != nil { // else the platform only takes its time, over a video for example
			d.scr.say("%s on %s: %s; trying again", nameOf(&e.Delivery), e.Delivery.Request.Channel.Platform, f.Message)
		}
	case scheduler.EventFailed, scheduler.EventHuman, scheduler.EventExpired:
		why := "no reason given"
		if f := e.Delivery.Failure; f != nil {
			why = f.Message
		}
		d.scr.say("%s on %s: %s: %s", nameOf(&e.Delivery), e.Delivery.Request.Channel.Platform, e.Kind, why)
	case scheduler.EventError:
		d.scr.say("scheduler: %v", e.Err)
	}
	select {
	case d.changed <- struct{}{}:
	default: // somebody is told already
	}
}

// nameOf names a delivery for people: by the beginning of its text.
// A story has none.
func nameOf(d *smm.Delivery) string {
	if p := &d.Request.Post; p.Text == "" && len(p.Media) > 0 {
		return p.Media[0].Name
	}
	return fmt.Sprintf("%q", shorten(d.Request.Post.Text, 32))
}

// dataFolder makes the folder for everything that lasts.
func dataFolder(o options, s *stage) (string, error) {
	dir := o.data
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		dir = filepath.Join(cache, "smmkit-quickstart")
		switch s.mode {
		case "own": // its simulators end with the process, so nothing is worth coming back to
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return "", err
			}
			return os.MkdirTemp(dir, "run-")
		case "connect": // the same simulators, the same place
			dir = filepath.Join(dir, safeName(o.connect))
		}
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", usagef("-data: %v", err)
	}
	return dir, nil
}

// safeName makes a file name of an address.
func safeName(s string) string {
	out := []byte(s)
	for i, b := range out {
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && b != '.' {
			out[i] = '-'
		}
	}
	return string(out)
}
