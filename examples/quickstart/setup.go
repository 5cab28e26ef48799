package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
)

// stage is where the program acts: simulators or the real thing.
type stage struct {
	mode    string       // "own", "connect" or "live"; names the files in the data folder too
	control *control     // nil on the real thing
	logins  []login      // one for each platform that there is an account on
	close   func() error // nil if there is nothing to stop
}

// login is an account as its platform's client wants it: the values that the
// environment holds in live mode, by the same names.
type login struct {
	platform smm.Platform
	values   map[string]string

	handle  string  // of the author in the simulators' ledger; "" on the real thing
	channel smm.Ref // likewise known ahead in the simulators only
}

// variables are what a login takes, by platform, in the order of use.
var variables = []struct {
	platform smm.Platform
	names    []string
}{
	{bluesky.Platform, []string{"BLUESKY_SERVER", "BLUESKY_IDENTIFIER", "BLUESKY_APP_PASSWORD"}},
	{mastodon.Platform, []string{"MASTODON_SERVER", "MASTODON_TOKEN"}},
}

func liveVariables() []string {
	var all []string
	for _, v := range variables {
		all = append(all, v.names...)
	}
	return all
}

// openStage starts simulators, finds them, or reads credentials.
func openStage(ctx context.Context, o options, getenv func(string) string, scr *screen) (*stage, error) {
	switch {
	case o.live:
		logins, err := liveLogins(getenv)
		return &stage{mode: "live", logins: logins}, err
	case o.connect != "":
		scr.say("Using the simulators at %s", o.connect)
		return &stage{mode: "connect", control: newControl(o.connect)}, nil
	}
	web, err := localweb.Start(ctx, localweb.Options{Handles: []string{}})
	if err != nil {
		return nil, err
	}
	scr.say("Simulators of both platforms run in this process; watch them at %s", web.URL())
	return &stage{mode: "own", control: newControl(web.URL()), close: web.Close}, nil
}

// Close stops what openStage started.
func (s *stage) Close() {
	if s.close != nil {
		_ = s.close() // the program ends
	}
}

// liveLogins reads the credentials of real accounts. One platform is enough,
// but half of a login is a mistake.
func liveLogins(getenv func(string) string) ([]login, error) {
	var logins []login
	var missing []string
	for _, v := range variables {
		l := login{platform: v.platform, values: make(map[string]string)}
		var lacks []string
		for _, name := range v.names {
			if l.values[name] = getenv(name); l.values[name] == "" {
				lacks = append(lacks, name)
			}
		}
		switch len(lacks) {
		case 0:
			logins = append(logins, l)
		case len(v.names):
			missing = append(missing, strings.Join(v.names, ", "))
		default:
			return nil, usagef("-live: %s needs %s as well", v.platform, strings.Join(lacks, " and "))
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
	for _, v := range variables {
		a, err := s.control.account(ctx, v.platform, handle)
		if err != nil {
			return err
		}
		s.logins = append(s.logins, login{platform: v.platform, values: a.Login, handle: a.Handle, channel: a.Channel})
	}
	return nil
}

// connect signs in everywhere. From here on nothing knows whether the account is
// a real one.
func (s *stage) connect(ctx context.Context, keys smm.CredentialStore, scr *screen) (drivers []smm.Driver, channels []smm.Channel, err error) {
	for _, l := range s.logins {
		d, ch, err := patiently(ctx, scr, func() (smm.Driver, smm.Channel, error) { return signIn(ctx, keys, l) })
		if err != nil {
			return nil, nil, fmt.Errorf("sign in to %s: %w", l.platform, err)
		}
		scr.say("Signed in to %s as %s", l.platform, ch.Handle)
		drivers, channels = append(drivers, d), append(channels, ch)
	}
	return drivers, channels, nil
}

// signIn is where a platform's name becomes its driver.
func signIn(ctx context.Context, keys smm.CredentialStore, l login) (smm.Driver, smm.Channel, error) {
	switch v := l.values; l.platform {
	case bluesky.Platform:
		return signInBluesky(ctx, keys, v["BLUESKY_SERVER"], v["BLUESKY_IDENTIFIER"], v["BLUESKY_APP_PASSWORD"])
	case mastodon.Platform:
		// Whoever only has a token needs no store for it.
		return mastodon.FromToken(ctx, v["MASTODON_SERVER"], v["MASTODON_TOKEN"], nil)
	}
	return nil, smm.Channel{}, fmt.Errorf("%w: platform %q", errors.ErrUnsupported, l.platform)
}

// signInBluesky makes a driver over a credential store, as a host with many
// accounts does: the driver finds the session there, and puts it back whenever
// it renews it. A script would call bluesky.FromAppPassword.
func signInBluesky(ctx context.Context, keys smm.CredentialStore, server, identifier, password string) (smm.Driver, smm.Channel, error) {
	known, err := keys.Accounts(ctx, "", bluesky.Platform)
	if err != nil {
		return nil, smm.Channel{}, err
	}
	var ch smm.Channel
	for _, account := range known {
		kept, err := keys.Load(ctx, "", account)
		if err != nil {
			return nil, smm.Channel{}, err
		}
		if kept.Extra[bluesky.ExtraAppPassword].Equal(smm.NewSecret(password)) {
			ch = smm.Channel{Ref: account, Handle: identifier}
		} else if err := keys.Delete(ctx, "", account); err != nil {
			return nil, smm.Channel{}, err
		}
	}
	if ch.Ref.IsZero() {
		var session smm.Credential
		if ch, session, err = bluesky.SignIn(ctx, server, identifier, password, nil); err != nil {
			return nil, smm.Channel{}, err
		}
		if _, err := keys.Swap(ctx, "", ch.Ref, 0, session); err != nil {
			return nil, smm.Channel{}, err
		}
	}
	d, err := bluesky.New(bluesky.Config{Credentials: keys})
	return d, ch, err
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
