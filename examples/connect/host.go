package main

import (
	"context"
	"net/http"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// newHost joins what a product needs: the flow that connects, and a client over
// the accounts that came of it.
func newHost(base string, w *world, credentials smm.CredentialStore, pending connect.Store, seal smm.Sealer) (http.Handler, error) {
	registered := w.mastodon
	registered.Apps = credentials
	toots, err := mastodon.NewConnector(registered)
	if err != nil {
		return nil, err
	}
	skies, err := bluesky.NewConnector(w.bluesky)
	if err != nil {
		return nil, err
	}
	flow, err := connect.New(connect.Config{
		Connectors: []smm.Connector{toots, skies}, Credentials: credentials, Store: pending, Sealer: seal,
		BaseURL:      base + "/connect",
		Capabilities: []smm.Capability{smm.CapPost, smm.CapReply, smm.CapListMentions, smm.CapListComments, smm.CapPostMetrics},
		Required:     []smm.Capability{smm.CapPost},
		Forms: map[smm.Platform]connect.Form{
			mastodon.Platform: {Name: "Mastodon", Server: connect.Field{Label: "Your server", Placeholder: "mastodon.social", Required: true}},
			bluesky.Platform: {
				Name:   "Bluesky",
				Server: connect.Field{Label: "Your handle", Placeholder: "user.bsky.social"},
			},
		},
		Identify: func(*http.Request) (smm.Tenant, error) { return "", nil }, // one tenant, whoever sits at this machine
	})
	if err != nil {
		return nil, err
	}
	client, err := w.client(credentials)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/connect/", flow)
	mux.Handle("/accounts", flow.HealthHandler(func(ctx context.Context, t smm.Tenant) ([]connect.AccountHealth, error) {
		return health(ctx, client.ForTenant(t), credentials)
	}))
	mux.Handle("/{$}", http.RedirectHandler("/connect/", http.StatusSeeOther))
	return mux, nil
}

// health looks at every account that is stored.
func health(ctx context.Context, client *smm.Client, credentials smm.CredentialStore) ([]connect.AccountHealth, error) {
	names := make(map[smm.Ref]string)
	channels, _ := client.Channels(ctx) // an account that is not found here has its own words below
	for _, ch := range channels {
		names[ch.Ref] = ch.Handle
	}
	var out []connect.AccountHealth
	for _, p := range client.Platforms() {
		accounts, err := credentials.Accounts(ctx, client.Tenant(), p)
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			if a.Kind != smm.KindChannel {
				continue // what a server gave the app when it was registered
			}
			h, err := client.Channel(a).Health(ctx)
			if err != nil {
				return nil, err
			}
			out = append(out, connect.AccountHealth{Name: names[a], Health: h})
		}
	}
	return out, nil
}
