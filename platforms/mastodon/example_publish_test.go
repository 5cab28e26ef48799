package mastodon_test

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Example publishes a post with a token and nothing else.
func Example() {
	server := mastodontest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("alice")
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	driver, channel, err := mastodon.FromToken(ctx, account.Login["MASTODON_SERVER"], account.Login["MASTODON_TOKEN"], nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := smm.New([]smm.Driver{driver})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Hello, fediverse!"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Outcome, result.Post.Kind)
	fmt.Println(result.Deliveries[0].Prepared.Guarantee.Class)
	// Output:
	// published post
	// key
}

// ExamplePostOptions hands a post to the server, which publishes it the next
// day.
func ExamplePostOptions() {
	post := smm.Post{Text: "Good morning!"}
	err := mastodon.PostOptions{
		ScheduledAt: time.Date(2026, time.December, 24, 8, 0, 0, 0, time.UTC),
		QuotePolicy: "followers",
	}.Set(&post)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(post.Options[mastodon.Platform]))
	// Output: {"scheduled_at":"2026-12-24T08:00:00Z","quote_policy":"followers"}
}

// ExampleCountStatus counts as servers do.
func ExampleCountStatus() {
	fmt.Println(mastodon.CountStatus("@alice@a.very.long.host.example look: https://example.com/a/long/path", "", 0))
	// Output: 36
}
