package facebook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleNewConnector connects the Pages of a person without a page of our own:
// it begins, plays the person who consents, and finishes. In a product, package
// connect does all of it and lets the person choose among the Pages.
func ExampleNewConnector() {
	server := facebooktest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	connector, err := facebook.NewConnector(facebook.ConnectorConfig{
		AppID: server.AppID(), AppSecret: smm.NewSecret(server.AppSecret()),
		BaseURL: server.URL(), // not needed on the internet
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	scopes, err := connector.Scopes(smm.CapPost, smm.CapImage)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scopes)
	start, err := connector.Begin(ctx, smm.ConnectRequest{Scopes: scopes, Redirect: "https://app.example/callback", State: "used-once"})
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := smm.ParseConnectReply(consent(start.URL, account.Login["FACEBOOK_USER"]))
	if err != nil {
		fmt.Println(err)
		return
	}
	pages, err := connector.Finish(ctx, start, reply)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range pages {
		fmt.Println(p.Channel.Name, p.Credential.Expires.IsZero(), p.Missing)
	}
	// Output:
	// [pages_manage_posts pages_read_engagement pages_show_list]
	// Page shop true []
}

// consent is a browser in which a person signs in and agrees to everything.
func consent(page, who string) url.Values {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(page + "&login_as=" + who)
	if err != nil {
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	to, err := resp.Location()
	if err != nil {
		return nil
	}
	return to.Query()
}
