package x_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Example publishes a post with a token and nothing else, after a look at what it
// costs.
func Example() {
	server := xtest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("shop")
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	driver, channel, err := x.FromToken(ctx, account.Login["X_ACCESS_TOKEN"], &x.Config{
		BaseURL: server.URL(), // not needed for X itself
		Tier:    x.TierSelfServe,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := smm.New([]smm.Driver{driver})
	if err != nil {
		fmt.Println(err)
		return
	}
	post := &smm.Post{Text: "We are open again."}
	cost, err := x.CostOf(post)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("it costs", cost)
	result, err := client.Channel(channel.Ref).Publish(ctx, post, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Outcome, result.Post.Kind)
	fmt.Println(result.Deliveries[0].Prepared.Guarantee.Class)
	// Output:
	// it costs 0.015 USD
	// published post
	// read-back
}

// ExampleCostOf: a link makes a post 13 times as dear, wherever it stands.
func ExampleCostOf() {
	for _, p := range []*smm.Post{
		{Text: "News on our page"},
		{Text: "News: https://example.com/news"},
		{Text: "News", FirstComment: "https://example.com/news"},
		{Text: "News", Thread: []smm.Post{{Text: "more"}, {Text: "and more"}}},
	} {
		cost, err := x.CostOf(p)
		fmt.Println(cost, err)
	}
	// Output:
	// 0.015 USD <nil>
	// 0.20 USD <nil>
	// 0.215 USD <nil>
	// 0.045 USD <nil>
}

// ExamplePostOptions lets only those reply whom the account follows.
func ExamplePostOptions() {
	post := smm.Post{Text: "A question for our partners"}
	if err := (x.PostOptions{ReplySettings: x.RepliesFollowing}).Set(&post); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(post.Options[x.Platform]))
	// Output: {"reply_settings":"following"}
}
