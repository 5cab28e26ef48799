package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/safehttp"
	"github.com/smmkit/smmkit/smm/vault"
)

// settings are what the product needs to know of where it runs.
type settings struct {
	Folder  string          // of its files
	Address string          // under which browsers reach it
	Keys    *vault.KeyRing  //
	Guard   *safehttp.Guard // nil: the servers of the internet
	Clock   smm.Clock       //
	Client  *http.Client    // nil: one of its own
	Logger  *slog.Logger    // nil: silence
}

// product connects accounts, publishes on schedule and keeps an inbox.
type product struct {
	http.Handler

	credentials smm.CredentialStore
	driver      *mastodon.Driver
	client      *smm.Client
	calendar    *scheduler.Scheduler
	inbox       *inbox.Inbox
}

func newProduct(s settings) (*product, error) {
	rows, err := openRows(filepath.Join(s.Folder, "credentials.json"), s.Clock)
	if err != nil {
		return nil, err
	}
	credentials, err := vault.Open(rows, s.Keys, nil)
	if err != nil {
		return nil, err
	}
	deliveries, err := openDeliveries(filepath.Join(s.Folder, "deliveries.json"))
	if err != nil {
		return nil, err
	}
	p := &product{credentials: credentials}
	if err := p.connections(s); err != nil {
		return nil, err
	}
	p.driver, err = mastodon.New(mastodon.Config{Credentials: credentials, Clock: s.Clock, HTTPClient: s.Client, Logger: s.Logger})
	if err != nil {
		return nil, err
	}
	if p.client, err = smm.New([]smm.Driver{p.driver}, smm.WithClock(s.Clock)); err != nil {
		return nil, err
	}
	if p.calendar, err = scheduler.New(p.client, deliveries, scheduler.WithClock(s.Clock)); err != nil {
		return nil, err
	}
	p.inbox, err = inbox.New(inbox.NewMemoryStore(), inbox.WithClock(s.Clock))
	return p, err
}

// connections mounts the pages on which a person connects an account.
func (p *product) connections(s settings) error {
	connector, err := mastodon.NewConnector(mastodon.ConnectorConfig{
		ClientName: "Outsider", Redirects: []string{s.Address + "/connect/callback/mastodon"}, Apps: p.credentials,
		Guard: s.Guard, Clock: s.Clock,
	})
	if err != nil {
		return err
	}
	flow, err := connect.New(connect.Config{
		Connectors: []smm.Connector{connector}, Credentials: p.credentials,
		Store: connect.NewMemoryStore(s.Clock), Sealer: vault.NewSealer(s.Keys), BaseURL: s.Address + "/connect",
		Capabilities: []smm.Capability{smm.CapPost, smm.CapListMentions, smm.CapStream},
		Identify:     func(*http.Request) (smm.Tenant, error) { return tenant, nil },
		Clock:        s.Clock, Logger: s.Logger,
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/connect/", flow)
	p.Handler = mux
	return nil
}

// tenant is the one customer that this product has.
const tenant smm.Tenant = "customer 1"

// accounts lists what is connected.
func (p *product) accounts(ctx context.Context) ([]smm.Ref, error) {
	return p.credentials.Accounts(ctx, tenant, mastodon.Platform)
}

// announce plans a post and works until nothing is left to do for now.
func (p *product) announce(ctx context.Context, text string, channels []smm.Ref, at time.Time) error {
	post := &smm.Post{Text: text, Languages: []string{"en"}}
	_, findings, err := p.calendar.Schedule(ctx, post, channels, at, &scheduler.ScheduleOptions{Tenant: tenant, Token: text})
	if err != nil {
		return fmt.Errorf("%v: %w", findings, err)
	}
	return p.calendar.RunUntilIdle(ctx, time.Hour)
}

// listen takes what happens to a channel into the inbox, until stop says that it
// was enough.
func (p *product) listen(ctx context.Context, channel smm.Ref, stop func(smm.Event) bool) error {
	ctx = smm.ContextWithTenant(ctx, tenant)
	for e, err := range p.driver.StreamEvents(ctx, channel) {
		if err != nil {
			return err
		}
		if _, err := p.inbox.Ingest(ctx, tenant, e); err != nil {
			return err
		}
		if stop(e) {
			return nil
		}
	}
	return ctx.Err()
}
