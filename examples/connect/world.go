package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// world is what the accounts are connected to.
type world struct {
	bluesky  bluesky.ConnectorConfig
	mastodon mastodon.ConnectorConfig
	http     *http.Client // for the drivers
	hints    []string     // what can be typed
	close    func()
}

const app = "smmkit's example"

// openWorld starts simulators, or leaves everything to the public networks. On
// them the connectors' own guards keep requests away from private addresses.
func openWorld(ctx context.Context, live bool) (*world, error) {
	w := &world{
		mastodon: mastodon.ConnectorConfig{ClientName: app},
		bluesky:  bluesky.ConnectorConfig{Info: bluesky.ClientInfo{Name: app}},
		close:    func() {},
	}
	if live {
		// Whoever connects an account chooses where its server is.
		guard, err := safehttp.New(safehttp.Options{MaxBytes: 64 << 20})
		if err != nil {
			return nil, err
		}
		w.http = guard.Client()
		w.hints = []string{"Mastodon: a server such as mastodon.social", "Bluesky: a handle such as user.bsky.social"}
		return w, nil
	}
	web, err := localweb.Start(ctx, localweb.Options{})
	if err != nil {
		return nil, err
	}
	w.close = func() { _ = web.Close() } // the program ends
	if err := w.simulate(web); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// simulate lets the connectors reach the simulators, which are where no
// stranger's server may be.
func (w *world) simulate(web *localweb.Web) error {
	skies, ok := web.Server(bluesky.Platform).(*blueskytest.Server)
	toots, ok2 := web.Server(mastodon.Platform).(*mastodontest.Server)
	if !ok || !ok2 {
		return fmt.Errorf("%w: a simulator is missing", smm.ErrInvalid)
	}
	guard, err := skies.Guard()
	if err != nil {
		return err
	}
	w.bluesky.Guard, w.bluesky.DefaultServer = guard, skies.URL()
	if w.bluesky.Resolver, err = skies.Resolver(); err != nil {
		return err
	}
	if w.mastodon.Guard, err = toots.Guard(); err != nil {
		return err
	}
	w.hints = append(w.hints, "Mastodon: "+toots.URL())
	for _, a := range skies.Accounts() {
		w.hints = append(w.hints, "Bluesky: "+a.Handle)
	}
	return nil
}

// client is one over the accounts that were connected.
func (w *world) client(credentials smm.CredentialStore) (*smm.Client, error) {
	toots, err := mastodon.New(mastodon.Config{Credentials: credentials, HTTPClient: w.http})
	if err != nil {
		return nil, err
	}
	skies, err := bluesky.New(bluesky.Config{Credentials: credentials, HTTPClient: w.http, OAuth: w.bluesky.Client})
	if err != nil {
		return nil, err
	}
	return smm.New([]smm.Driver{toots, skies})
}
