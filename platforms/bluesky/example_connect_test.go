package bluesky_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// An account is connected by its owner's consent, in two steps with a browser
// between them. Package connect does this from HTTP handlers; here it is by hand,
// on a developer's machine, where the app needs neither an address nor a key.
func ExampleNewConnector() {
	ctx := context.Background()
	server := blueskytest.NewServer(sim.NewWorld(), nil) // stands in for the network
	defer server.Close()
	account, err := server.NewAccount("shop.example.com")
	if err != nil {
		log.Fatal(err)
	}
	guard, err := server.Guard() // leave both out for the real one
	if err != nil {
		log.Fatal(err)
	}
	resolver, err := server.Resolver()
	if err != nil {
		log.Fatal(err)
	}

	connector, err := bluesky.NewConnector(bluesky.ConnectorConfig{Guard: guard, Resolver: resolver})
	if err != nil {
		log.Fatal(err)
	}
	scopes, err := connector.Scopes(smm.CapPost, smm.CapListMentions)
	if err != nil {
		log.Fatal(err)
	}
	start, err := connector.Begin(ctx, smm.ConnectRequest{
		Server: "@shop.example.com", Scopes: scopes, Redirect: "http://127.0.0.1:8080/callback", State: "a-random-value",
	})
	if err != nil {
		log.Fatal(err)
	}

	// The browser is sent to start.URL and comes back with an answer.
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(start.URL + "&login_as=" + account.Handle)
	if err != nil {
		log.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		log.Fatal(err)
	}
	back, err := resp.Location()
	if err != nil {
		log.Fatal(err)
	}
	reply, err := smm.ParseConnectReply(back.Query())
	if err != nil {
		log.Fatal(err)
	}

	connected, err := connector.Finish(ctx, start, reply)
	if err != nil {
		log.Fatal(err)
	}
	one := connected[0]
	store := smm.NewMemoryCredentials()
	if _, err := store.Swap(ctx, "", one.Channel.Ref, 0, one.Credential); err != nil {
		log.Fatal(err)
	}
	driver, err := bluesky.New(bluesky.Config{Credentials: store})
	if err != nil {
		log.Fatal(err)
	}
	client, err := smm.New([]smm.Driver{driver})
	if err != nil {
		log.Fatal(err)
	}
	result, err := client.Channel(one.Channel.Ref).Publish(ctx, &smm.Post{Text: "Connected"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(one.Channel.Handle, one.Credential.TokenType, one.Credential.Scopes, len(one.Missing))
	fmt.Println(result.Outcome)
	// Output:
	// shop.example.com DPoP [atproto transition:generic] 0
	// published
}
