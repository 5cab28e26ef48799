// Package process is the worker of the campaign that is a process of its own, to be
// killed and stopped from outside, and the other end that starts it.
package process

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

const variable = "SMMKIT_CAMPAIGN_WORKER"

// Config is what a worker needs to know.
type Config struct {
	Path    string        // of the store
	Servers []Server      //
	Lease   time.Duration //
	Fast    int           // how many times faster its clock runs; 0 for once
	Bug     string        // a mistake that it makes on purpose
	// Announce makes it say "commit" on a line of its own before each request that
	// creates, wait a moment, and say "answered" when the answer is there.
	Announce bool
	// Careless sends such a request although its time is over, as the kernel does
	// with what it was given before the process froze.
	Careless bool
}

// Server is where a worker finds a platform.
type Server struct {
	Platform string // its Name
	URL      string
	Accounts []sim.Account
}

// Main runs as a worker, if this process was started as one, and reports whether it
// was.
func Main(bug func(string) ground.Bug) bool {
	raw := os.Getenv(variable)
	if raw == "" {
		return false
	}
	var c Config
	err := json.Unmarshal([]byte(raw), &c)
	if err == nil {
		err = work(&c, bug(c.Bug))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func work(c *Config, bug ground.Bug) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db, err := sqlitestore.Open(ctx, c.Path, nil)
	if err != nil {
		return err
	}
	clock := newFast(c.Fast)
	drivers, err := c.drivers(ctx, clock, bug)
	if err != nil {
		return err
	}
	client, err := smm.New(drivers, smm.WithClock(clock), smm.WithMediaStore(platform.Assets()))
	if err != nil {
		return err
	}
	store := db.Deliveries()
	if bug.Store != nil {
		store = bug.Store(store)
	}
	s, err := scheduler.New(client, store, scheduler.WithClock(clock), scheduler.WithLease(c.Lease),
		scheduler.WithPoll(20*time.Millisecond*time.Duration(max(c.Fast, 1))), scheduler.WithConcurrency(16))
	if err != nil {
		return err
	}
	go func() { // whoever started it closes its input to end it in peace
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	say("ready")
	return s.Run(ctx)
}

func say(line string) { _, _ = os.Stdout.WriteString(line + "\n") }

func (c *Config) drivers(ctx context.Context, clock smm.Clock, bug ground.Bug) ([]smm.Driver, error) {
	creds := smm.NewMemoryCredentials()
	have := make(map[smm.Platform]bool)
	var out []smm.Driver
	for _, s := range c.Servers {
		p := named(s.Platform) //nolint:contextcheck // servers outlive contexts
		if p == nil {
			return nil, fmt.Errorf("no platform %q", s.Platform)
		}
		for _, a := range s.Accounts {
			if _, err := creds.Swap(ctx, "", a.Channel, 0, p.Credential(a, s.URL)); err != nil {
				return nil, err
			}
		}
		d, err := p.Driver(platform.DriverOptions{Credentials: creds, Clock: clock, URL: s.URL, Transport: &carrier{
			Transport: http.Transport{MaxIdleConnsPerHost: 8}, announce: c.Announce, careless: c.Careless,
		}})
		if err != nil {
			return nil, err
		}
		if have[d.Platform()] {
			continue
		}
		have[d.Platform()] = true
		if bug.Driver != nil {
			d = bug.Driver(d)
		}
		out = append(out, d)
	}
	return out, nil
}

func named(name string) *platform.Platform {
	for _, p := range platform.All() {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// carrier tells of requests that create.
type carrier struct {
	http.Transport

	announce, careless bool
}

// freezeWindow is how long a request that was announced waits to be frozen.
const freezeWindow = 50 * time.Millisecond

// RoundTrip implements http.RoundTripper.
func (t *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.announce || !creates(r) {
		return t.Transport.RoundTrip(r)
	}
	say("commit")
	ground.Pause(freezeWindow)
	if t.careless {
		r = r.WithContext(context.WithoutCancel(r.Context()))
	}
	resp, err := t.Transport.RoundTrip(r)
	say("answered")
	return resp, err
}

// fast is a clock that runs faster than the machine's.
type fast struct {
	begun time.Time
	times int
}

func newFast(times int) smm.Clock {
	if times <= 1 {
		return smm.SystemClock()
	}
	return fast{time.Now(), times}
}

// Now implements smm.Clock.
func (f fast) Now() time.Time {
	return f.begun.Add(time.Since(f.begun) * time.Duration(f.times)).UTC()
}

// Sleep implements smm.Clock.
func (f fast) Sleep(ctx context.Context, d time.Duration) error {
	return smm.SystemClock().Sleep(ctx, d/time.Duration(f.times))
}

// Process is a worker that was started.
type Process struct {
	*exec.Cmd

	lines *bufio.Reader
	in    io.WriteCloser
}

// Start starts this program as a worker and waits until it is ready.
func Start(ctx context.Context, c *Config) (*Process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	p := &Process{Cmd: exec.CommandContext(ctx, exe)} //nolint:gosec // this program
	p.Env = append(os.Environ(), variable+"="+string(raw))
	p.Stderr = os.Stderr
	if p.in, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Cmd.Start(); err != nil {
		return nil, err
	}
	p.lines = bufio.NewReader(out)
	if err := p.Await("ready"); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// Await waits until the worker says something, at most for awaitBound: one that has
// nothing to say would hold up the campaign.
func (p *Process) Await(want string) error {
	said := make(chan error, 1)
	go func() {
		line, err := p.lines.ReadString('\n')
		if line == want+"\n" {
			err = nil
		} else {
			err = fmt.Errorf("the worker said %q and not %q: %w", line, want, err)
		}
		said <- err
	}()
	select {
	case err := <-said:
		return err
	case <-time.After(awaitBound):
		return fmt.Errorf("the worker has not said %q in %s", want, awaitBound)
	}
}

const awaitBound = 40 * time.Second

// Kill ends it by force.
func (p *Process) Kill() {
	_ = p.Process.Kill()
	_ = p.Wait() // it says that it was killed
}

// End ends it in peace.
func (p *Process) End() error {
	_ = p.in.Close()
	return p.Wait()
}
