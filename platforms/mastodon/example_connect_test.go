package mastodon_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleNewConnector connects an account without a page: it begins, plays the
// person who consents, finishes and stores what it got. In a product, package
// connect does all of it.
func ExampleNewConnector() {
	server := mastodontest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	if _, err := server.NewAccount("alice"); err != nil {
		fmt.Println(err)
		return
	}
	store := smm.NewMemoryCredentials()
	connector, err := mastodon.NewConnector(mastodon.ConnectorConfig{
		ClientName: "My calendar", Redirects: []string{"https://app.example/callback"}, Apps: store,
		Guard: guardFor(server), // not needed where servers are on the internet
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	scopes, err := connector.Scopes(smm.CapPost, smm.CapImage, smm.CapListMentions)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scopes)
	start, err := connector.Begin(ctx, smm.ConnectRequest{
		Server: server.URL(), Scopes: scopes, Redirect: "https://app.example/callback", State: "used-once",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := smm.ParseConnectReply(consent(start.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	accounts, err := connector.Finish(ctx, start, reply)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range accounts {
		if a.Err != nil {
			fmt.Println(a.Channel.Handle, a.Err)
			continue
		}
		_, err := store.Swap(ctx, "", a.Channel.Ref, 0, a.Credential)
		fmt.Println(a.Channel.Name, a.Channel.AccountType, a.Missing, err)
	}
	// Output:
	// [profile read:notifications read:statuses write:media write:statuses]
	// alice person [] <nil>
}

// consent opens the page, where the simulator consents for its first account,
// and returns what the browser brings back.
func consent(page string) url.Values {
	req, err := http.NewRequest(http.MethodGet, page, http.NoBody)
	if err != nil {
		return nil
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil
	}
	_ = resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		return nil
	}
	return to.Query()
}

// guardFor admits a server on this machine.
func guardFor(server *mastodontest.Server) *safehttp.Guard {
	guard, err := safehttp.New(safehttp.Options{
		AllowHTTP: true, Ports: []uint16{netip.MustParseAddrPort(server.Addr()).Port()},
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	if err != nil {
		panic(err)
	}
	return guard
}
