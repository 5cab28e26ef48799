package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/smm"
)

// stage is where the program acts: simulators or the real thing.
type stage struct {
	mode    string   // "own", "connect" or "live"; names the files in the data folder too
	control *control // nil on the real thing
	logins  []login  // one for each platform that there is an account on
	clock   *clock   // the simulators' time
	hurries bool     // may move it
	media   smm.MediaHost
	closers []func() error // what stops it, in reverse
}

// login is an account as its platform's client wants it: the values that the
// environment holds in live mode, by the same names.
type login struct {
	platform smm.Platform
	values   map[string]string

	handle  string  // of the author in the simulators' ledger; "" on the real thing
	channel smm.Ref // likewise known ahead in the simulators only
}

// openStage starts simulators, finds them, or reads credentials.
func openStage(ctx context.Context, o options, getenv func(string) string, scr *screen) (*stage, error) {
	switch {
	case o.live:
		logins, err := liveLogins(getenv)
		return &stage{mode: "live", logins: logins, clock: new(clock)}, err
	case o.connect != "":
		scr.say("Using the simulators at %s", o.connect)
		s := &stage{mode: "connect", control: newControl(o.connect), clock: new(clock), hurries: o.hurry}
		return s, s.setClock(ctx)
	}
	web, err := localweb.Start(ctx, localweb.Options{Handles: []string{}})
	if err != nil {
		return nil, err
	}
	scr.say("Simulators of all platforms run in this process; watch them at %s", web.URL())
	s := &stage{mode: "own", control: newControl(web.URL()), clock: new(clock), hurries: true, closers: []func() error{web.Close}}
	return s, s.setClock(ctx)
}

// setClock reads the simulators' time. It is not read again: a jump while a post
// is on its way would look as if this process had been frozen.
func (s *stage) setClock(ctx context.Context) error {
	now, err := s.control.now(ctx)
	if err == nil {
		s.clock.follow(now)
	}
	return err
}

// Close stops what openStage started.
func (s *stage) Close() {
	for _, stop := range slices.Backward(s.closers) {
		_ = stop() // the program ends
	}
}

// liveLogins reads the credentials of real accounts. One platform is enough,
// but half of a login is a mistake.
func liveLogins(getenv func(string) string) ([]login, error) {
	var logins []login
	var missing []string
	for _, p := range platforms {
		l := login{platform: p.name, values: make(map[string]string)}
		for _, name := range p.may {
			l.values[name] = getenv(name)
		}
		var lacks []string
		for _, name := range p.needs {
			if l.values[name] = getenv(name); l.values[name] == "" {
				lacks = append(lacks, name)
			}
		}
		switch len(lacks) {
		case 0:
			logins = append(logins, l)
		case len(p.needs):
			missing = append(missing, strings.Join(p.needs, " with "))
		default:
			return nil, usagef("-live: %s needs %s as well", p.name, strings.Join(lacks, " and "))
		}
	}
	if len(logins) == 0 {
		return nil, usagef("-live needs credentials in the environment: set %s", strings.Join(missing, ", or "))
	}
	return logins, nil
}

// makeAccounts gives the simulated brand an account on each platform. Asking
// again for the same handle gives the same account, with the credentials that
// its client needs.
func (s *stage) makeAccounts(ctx context.Context, handle string) error {
	s.logins = nil
	for _, p := range platforms {
		a, err := s.control.account(ctx, p.name, handle)
		if err != nil {
			return err
		}
		s.logins = append(s.logins, login{platform: p.name, values: a.Login, handle: a.Handle, channel: a.Channel})
	}
	return nil
}

// connect signs in everywhere. From here on nothing knows whether the account is
// a real one.
func (s *stage) connect(ctx context.Context, keys smm.CredentialStore, scr *screen) (drivers []smm.Driver, channels []smm.Channel, err error) {
	in := &entrance{keys: keys, media: s.media, clock: s.clock}
	for _, l := range s.logins {
		p := platformOf(l.platform)
		d, ch, err := patiently(ctx, scr, func() (smm.Driver, smm.Channel, error) { return p.signIn(ctx, in, l.values) })
		if err != nil {
			return nil, nil, fmt.Errorf("sign in to %s: %w", l.platform, err)
		}
		scr.say("Signed in to %s as %s", l.platform, cmp.Or(ch.Handle, ch.Name))
		drivers, channels = append(drivers, d), append(channels, ch)
	}
	return drivers, channels, nil
}

// patiently tries a read again as long as its failure may pass: a platform that
// is down for a moment, or that has seen too many sign-ins.
func patiently[A, B any](ctx context.Context, scr *screen, try func() (A, B, error)) (A, B, error) {
	for pause := 500 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		a, b, err := try()
		if err == nil || !smm.Temporary(err) || ctx.Err() != nil {
			return a, b, err
		}
		wait := pause
		if asked, ok := smm.RetryAfter(err); ok {
			wait = asked
		}
		scr.say("%v; trying again in %s", err, wait.Round(time.Millisecond))
		if smm.SystemClock().Sleep(ctx, wait) != nil {
			return a, b, err
		}
	}
}

// channelOf returns the channel on a platform.
func channelOf(channels []smm.Channel, p smm.Platform) (smm.Channel, bool) {
	i := slices.IndexFunc(channels, func(c smm.Channel) bool { return c.Ref.Platform == p })
	if i < 0 {
		return smm.Channel{}, false
	}
	return channels[i], true
}
