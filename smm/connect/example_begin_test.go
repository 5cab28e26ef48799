package connect_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// A host with an interface of its own carries the binding itself, here in a
// variable, else in a cookie or a session.
func ExampleFlow_Begin() {
	ctx := context.Background()
	flow, err := connect.New(newExampleConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	begun, err := flow.Begin(ctx, connect.BeginRequest{Tenant: "t1", Platform: "chirp", Server: "chirp.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	kept := map[string]smm.Secret{begun.Name: begun.Binding}

	// The browser goes to begun.URL, and comes back to flow.RedirectURL("chirp")
	// with this query:
	at, err := url.Parse(begun.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	query := url.Values{"state": {at.Query().Get("state")}, "code": {"one-time"}}

	reply, err := smm.ParseConnectReply(query)
	if err != nil {
		fmt.Println(err)
		return
	}
	finish := connect.FinishRequest{Tenant: "t1", Platform: "chirp", Reply: reply, Binding: kept[connect.BindingName(reply.State)]}
	res, err := flow.Finish(ctx, finish)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range res.Stored() {
		fmt.Println("connected:", a.Channel.Name, a.Channel.Ref)
	}

	// A second time it is over.
	_, err = flow.Finish(ctx, finish)
	fmt.Println(connect.ProblemOf(err).Code)
	// Output:
	// connected: Name of a chirp/channel/a
	// state
}

// A token or an app password that somebody pasted.
func ExampleFlow_AcceptToken() {
	ctx := context.Background()
	flow, err := connect.New(newExampleConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := flow.AcceptToken(ctx, connect.TokenRequest{
		Tenant: "t1", Platform: "chirp", Credential: smm.Credential{AccessToken: smm.NewSecret("pasted"), Server: "https://chirp.example"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("connected:", res.Stored()[0].Channel.Ref)

	done, err := flow.Disconnect(ctx, connect.DisconnectRequest{Tenant: "t1", Account: res.Stored()[0].Channel.Ref})
	fmt.Println("revoked:", done.Revoked, err)
	// Output:
	// connected: chirp/channel/a
	// revoked: true <nil>
}
