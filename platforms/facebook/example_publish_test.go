package facebook_test

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Example publishes a post with the token of a Page and nothing else.
func Example() {
	server := facebooktest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("shop")
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	driver, channel, err := facebook.FromToken(ctx, account.Login["FACEBOOK_TOKEN"], &facebook.Config{
		BaseURL: server.URL(), // not needed on the internet
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
	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Open from eight.", FirstComment: "With coffee."}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Outcome, result.Post.Kind)
	fmt.Println(result.Deliveries[0].Prepared.Guarantee.Class)
	fmt.Println(len(server.Accounts()), "Page")
	// Output:
	// published post
	// handle
	// 1 Page
}

// ExamplePostOptions makes a reel of a video, which the vendor publishes the next
// day.
func ExamplePostOptions() {
	post := smm.Post{Text: "How we bake", Media: []smm.Media{{Name: "bread.mp4"}}}
	err := facebook.PostOptions{
		Format: facebook.FormatReel, Title: "Bread", ScheduledAt: time.Date(2026, time.December, 24, 8, 0, 0, 0, time.UTC),
	}.Set(&post)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(post.Options[facebook.Platform]))
	// Output: {"format":"reel","scheduled_at":"2026-12-24T08:00:00Z","title":"Bread"}
}
