package x_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleNewConnector connects an account without a page: it begins, plays the
// person who consents, finishes and stores what it got. In a product, package
// connect does all of it.
func ExampleNewConnector() {
	server := xtest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	if _, err := server.NewAccount("shop"); err != nil {
		fmt.Println(err)
		return
	}
	connector, err := x.NewConnector(x.ConnectorConfig{
		ClientID: server.App().ID, ClientSecret: smm.NewSecret(server.App().Secret),
		BaseURL: server.URL(), // not needed for X itself
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
	start, err := connector.Begin(ctx, smm.ConnectRequest{Scopes: scopes, Redirect: xtest.DefaultRedirect, State: "used-once"})
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := server.Consent(start.URL, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := replyOf(back)
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
		fmt.Println(a.Channel.Handle, a.Missing, err)
	}
	// Output:
	// [media.write offline.access tweet.read tweet.write users.read]
	// shop [] <nil>
}

// replyOf reads the address that the browser came back to.
func replyOf(address string) (smm.ConnectReply, error) {
	u, err := url.Parse(address)
	if err != nil {
		return smm.ConnectReply{}, err
	}
	return smm.ParseConnectReply(u.Query())
}
