package threads_test

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleNewConnector connects an account without a page: it begins, plays the
// person who consents, finishes and stores what it got. In a product, package
// connect does all of it.
func ExampleNewConnector() {
	server := threadstest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	if _, err := server.NewAccount("alice"); err != nil {
		fmt.Println(err)
		return
	}
	connector, err := threads.NewConnector(threads.ConnectorConfig{
		AppID: server.AppID(), AppSecret: smm.NewSecret(server.AppSecret()), Redirects: []string{"https://app.example/callback"},
		BaseURL: server.URL(), // not needed on the internet
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	scopes, err := connector.Scopes(smm.CapPost, smm.CapListComments)
	if err != nil {
		fmt.Println(err)
		return
	}
	start, err := connector.Begin(ctx, smm.ConnectRequest{Scopes: scopes, Redirect: "https://app.example/callback", State: "used-once"})
	if err != nil {
		fmt.Println(err)
		return
	}
	query, err := server.Consent(start.URL, "alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := smm.ParseConnectReply(query)
	if err != nil {
		fmt.Println(err)
		return
	}
	accounts, err := connector.Finish(ctx, start, reply)
	if err != nil {
		fmt.Println(err)
		return
	}
	store := smm.NewMemoryCredentials()
	for _, a := range accounts {
		_, err := store.Swap(ctx, "", a.Channel.Ref, 0, a.Credential)
		fmt.Println(a.Channel.Handle, a.Credential.Scopes, a.Credential.Expires.Sub(a.Credential.Obtained).Round(time.Hour), err)
	}
	// Output:
	// alice [threads_basic threads_content_publish threads_read_replies] 1440h0m0s <nil>
}
