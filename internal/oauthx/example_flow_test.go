package oauthx_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
	"github.com/smmkit/smmkit/smm"
)

// An app gets a token that is bound to a key, and later its successor.
func ExampleClient() {
	ctx := context.Background()
	auth, err := oauthtest.New(oauthtest.Options{
		Clients: func(id string) (oauthtest.Client, bool) {
			return oauthtest.Client{Redirects: []string{"https://host.example/callback"}}, id == "app"
		},
		Scopes: []string{"read"}, Refresh: true, Push: oauthtest.Required, DPoP: oauthtest.Required, NonceLife: time.Minute,
	})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(auth)
	defer server.Close()

	client, err := oauthx.NewClient(oauthx.ClientConfig{Platform: "sim", ID: "app", Metadata: oauthx.Metadata{
		Issuer:                             server.URL,
		AuthorizationEndpoint:              server.URL + "/oauth/authorize",
		TokenEndpoint:                      server.URL + "/oauth/token",
		PushedAuthorizationRequestEndpoint: server.URL + "/oauth/par",
	}})
	if err != nil {
		panic(err)
	}
	key, err := oauthx.NewKey()
	if err != nil {
		panic(err)
	}
	started, err := client.Start(ctx, oauthx.AuthRequest{
		Redirect: "https://host.example/callback", State: "one-time value", Scopes: []string{"read"}, Key: key,
	})
	if err != nil {
		panic(err)
	}
	reply := open(started.URL + "&login_as=alice") // the person's browser
	start := smm.ConnectStart{URL: started.URL, Issuer: server.URL}
	if err := oauthx.CheckReply(start, reply, true); err != nil {
		panic(err)
	}
	token, err := client.Exchange(ctx, reply.Code, "https://host.example/callback", started.Verifier, key)
	if err != nil {
		panic(err)
	}
	fmt.Println(token.Type, token.Scopes, token.Access)

	next, err := client.Refresh(ctx, token.Refresh, key)
	fmt.Println(err, next.Refresh.Equal(token.Refresh))

	_, err = client.Refresh(ctx, token.Refresh, key)
	fmt.Println(smm.NeedsReconnect(err), oauthx.Code(err))
	// Output:
	// DPoP [read] [secret]
	// <nil> false
	// true invalid_grant
}

func open(address string) smm.ConnectReply {
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(address)
	if err != nil {
		panic(err)
	}
	defer func() { _ = resp.Body.Close() }()
	back, err := resp.Location()
	if err != nil {
		panic(err)
	}
	reply, err := smm.ParseConnectReply(back.Query())
	if err != nil {
		panic(err)
	}
	return reply
}
