package localweb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Options say what to start. The zero value starts every platform on free
// ports of the loopback interface.
type Options struct {
	Addr      string      // of the page and the control API, default "127.0.0.1:0"
	Platforms []Simulator // default Simulators()
	// Handles are accounts to make on every platform; nil means DefaultHandle
	// alone, an empty list none.
	Handles []string
	World   *sim.World // default a new one whose clock runs with the machine's
	// Remote allows an Addr that other machines can reach. Nothing is protected
	// by a password: leave it off except inside a container or a closed network.
	Remote bool
}

// DefaultHandle is the account that every platform has unless Options.Handles
// says otherwise.
const DefaultHandle = "lighthouse"

// Web is a running local social web. Its methods are safe for concurrent use.
type Web struct {
	world     *sim.World
	platforms []smm.Platform // in the order of Options
	servers   map[smm.Platform]sim.Server
	url       string

	http    *http.Server
	running context.Context // ends with the Web; streams watch it
	stop    func() error
}

// Start starts the simulators and the control server. They run until Close is
// called or ctx ends, whichever comes first. An address that is taken, or that
// Options.Remote does not allow, is an error, and nothing is left running.
func Start(ctx context.Context, o Options) (*Web, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &Web{world: o.World, servers: make(map[smm.Platform]sim.Server)}
	if err := w.startPlatforms(ctx, o); err != nil {
		w.closePlatforms()
		return nil, err
	}
	if err := w.serve(ctx, o); err != nil {
		w.closePlatforms()
		return nil, err
	}
	return w, nil
}

func (o *Options) complete() error {
	if o.Addr == "" {
		o.Addr = loopbackAny
	}
	if err := checkAddr(o.Addr, o.Remote); err != nil {
		return err
	}
	if o.Platforms == nil {
		o.Platforms = Simulators()
	}
	if o.Handles == nil {
		o.Handles = []string{DefaultHandle}
	}
	if o.World == nil {
		o.World = sim.NewWorld()
	}
	return nil
}

func (w *Web) startPlatforms(ctx context.Context, o Options) error {
	for _, start := range o.Platforms {
		s, err := start(ctx, w.world, o.Remote)
		if err != nil {
			return err
		}
		p := s.Platform()
		if w.servers[p] != nil {
			s.Close()
			return fmt.Errorf("localweb: %s is asked for twice", p)
		}
		w.platforms, w.servers[p] = append(w.platforms, p), s
		for _, h := range o.Handles {
			if _, err := s.NewAccount(h); err != nil {
				return fmt.Errorf("localweb: account %q on %s: %w", h, p, err)
			}
		}
	}
	return nil
}

func (w *Web) closePlatforms() {
	for _, p := range w.platforms {
		w.servers[p].Close()
	}
}

// serve starts the control server.
func (w *Web) serve(ctx context.Context, o Options) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("localweb: control address %s: %w", o.Addr, err)
	}
	w.url = "http://" + l.Addr().String()

	running, end := context.WithCancel(context.WithoutCancel(ctx))
	w.running = running
	w.http = &http.Server{
		Handler:           w.handler(o.Remote),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- w.http.Serve(l) }()

	w.stop = sync.OnceValue(func() error { //nolint:contextcheck // ctx may have ended, which is why it stops
		end()
		err := w.shutdown()
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		w.closePlatforms()
		return err
	})
	context.AfterFunc(ctx, func() { _ = w.stop() })
	return nil
}

// shutdown lets requests that are under way finish, but not for ever.
func (w *Web) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := w.http.Shutdown(ctx); err != nil {
		return w.http.Close()
	}
	return nil
}

// Close stops everything and waits until it has. Further calls do nothing and
// return the same error.
func (w *Web) Close() error { return w.stop() }

// URL is the base URL of the page and the control API, without a trailing
// slash.
func (w *Web) URL() string { return w.url }

// World is what the simulators share: clock, faults and ledger.
func (w *Web) World() *sim.World { return w.world }

// Server returns a simulator, or nil if the platform does not run.
func (w *Web) Server(p smm.Platform) sim.Server { return w.servers[p] }

// Doc says where everything is, as of now.
func (w *Web) Doc() Document {
	d := Document{Control: w.url, Platforms: make(map[smm.Platform]string), Accounts: []Account{}}
	for _, p := range w.platforms {
		d.Platforms[p] = w.servers[p].URL()
		for _, a := range w.servers[p].Accounts() {
			d.Accounts = append(d.Accounts, describe(p, a))
		}
	}
	return d
}

func describe(p smm.Platform, a sim.Account) Account {
	return Account{Platform: p, Handle: a.Handle, Channel: a.Channel, Login: maps.Clone(a.Login)}
}
