package instagram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleConnector connects an account by Instagram's own login. Package connect
// does the same from HTTP handlers.
func ExampleConnector() {
	server := instagramtest.NewServer(sim.NewWorld(), &instagramtest.Options{Login: instagramtest.Instagram})
	defer server.Close()
	person, err := server.Person("alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	connector, err := instagram.NewConnector(instagram.ConnectorConfig{
		Login: instagram.InstagramLogin, AppID: server.AppID(), AppSecret: smm.NewSecret(server.AppSecret()),
		BaseURL: server.URL(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	scopes, err := connector.Scopes(smm.CapPost, smm.CapReply)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	start, err := connector.Begin(ctx, smm.ConnectRequest{Scopes: scopes, Redirect: "https://app.example/callback", State: "used once"})
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := browser(start.URL, person)
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := smm.ParseConnectReply(back)
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
		fmt.Println(a.Channel.Handle, a.Channel.AccountType, len(a.Missing))
	}
	// Output: alice business 0
}

// browser consents for a person of the simulator, and returns the query that it
// comes back with.
func browser(address, person string) (url.Values, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(address + "&login_as=" + person)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	to, err := resp.Location()
	if err != nil {
		return nil, err
	}
	return to.Query(), nil
}
