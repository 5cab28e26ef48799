package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/safehttp"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/vault"
)

// story plays the product's day on a simulator and writes what happened.
func story(ctx context.Context, folder string, out io.Writer) error {
	world := sim.NewWorldAt(sim.NewClock(time.Date(2026, time.November, 26, 9, 0, 0, 0, time.UTC), true))
	server := mastodontest.NewServer(world, nil)
	defer server.Close()
	if _, err := server.NewAccount("alice"); err != nil {
		return err
	}
	var p *product
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeHTTP(w, r) }))
	defer site.Close()
	s, err := onSimulator(folder, site.URL, server, world)
	if err != nil {
		return err
	}
	if p, err = newProduct(s); err != nil {
		return err
	}

	page, err := browse(site.URL, server.URL())
	if err != nil {
		return err
	}
	accounts, err := p.accounts(ctx)
	if err != nil || len(accounts) != 1 {
		return errors.Join(err, fmt.Errorf("connected %d accounts; the last page says: %s", len(accounts), page))
	}
	fmt.Fprintln(out, "connected:", accounts[0].Kind, "on", accounts[0].Platform)

	if err := p.announce(ctx, "We open at nine.", accounts, world.Clock.Now().Add(time.Minute)); err != nil {
		return err
	}
	counts := world.Ledger.Counts("")
	fmt.Fprintln(out, "public:", counts.Posts, "post,", counts.Duplicates, "duplicates")

	if err := takeMention(ctx, p, server, accounts[0]); err != nil {
		return err
	}
	for c, err := range p.inbox.Store().List(ctx, tenant, inbox.Query{}) {
		if err != nil {
			return err
		}
		for it, err := range p.inbox.Store().Items(ctx, tenant, c.Channel, c.Ref) {
			if err != nil {
				return err
			}
			name, _, _ := strings.Cut(it.Message.Author.Handle, "@")
			fmt.Fprintln(out, "in the inbox:", name, "says", it.Message.Text)
		}
	}
	return nil
}

// onSimulator are settings for a simulator on this machine.
func onSimulator(folder, address string, server *mastodontest.Server, world *sim.World) (settings, error) {
	key, err := vault.GenerateKey("k1")
	if err != nil {
		return settings{}, err
	}
	keys, err := vault.NewKeyRing(key)
	if err != nil {
		return settings{}, err
	}
	guard, err := safehttp.New(safehttp.Options{
		AllowHTTP: true, Ports: []uint16{netip.MustParseAddrPort(server.Addr()).Port()},
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	return settings{Folder: folder, Address: address, Keys: keys, Guard: guard, Clock: world.Clock}, err
}

// browse is the person: asks to connect an account, consents, and comes back.
func browse(site, server string) (page string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &http.Client{Jar: jar}
	req, err := http.NewRequest(http.MethodPost, site+"/connect/start", strings.NewReader(url.Values{
		"platform": {"mastodon"}, "server": {server},
	}.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", site)
	resp, err := browser.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return string(b), err
}

// takeMention lets somebody mention the account while the product listens.
func takeMention(ctx context.Context, p *product, server *mastodontest.Server, channel smm.Ref) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	said := make(chan error, 1)
	go func() {
		for server.Streams() == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		_, err := server.VisitorPosts(ctx, "bob", "", "@alice are you open?")
		said <- err
	}()
	err := p.listen(ctx, channel, func(e smm.Event) bool { return e.Kind == smm.EventMessageReceived })
	cancel()
	return errors.Join(err, <-said)
}
