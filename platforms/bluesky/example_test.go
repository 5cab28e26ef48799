package bluesky_test

import (
	"context"
	"fmt"
	"log"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// All that a script needs: a server, a handle and an app password.
func ExampleFromAppPassword() {
	ctx := context.Background()
	server := blueskytest.NewServer(sim.NewWorld(), nil) // stands in for https://bsky.social
	defer server.Close()
	account, err := server.NewAccount("shop.example.com")
	if err != nil {
		log.Fatal(err)
	}

	driver, channel, err := bluesky.FromAppPassword(ctx, server.URL(), "shop.example.com", account.Login["BLUESKY_APP_PASSWORD"])
	if err != nil {
		log.Fatal(err)
	}
	client, err := smm.New([]smm.Driver{driver})
	if err != nil {
		log.Fatal(err)
	}
	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Fresh bread from 7 o'clock #bakery"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	post, err := client.Channel(channel.Ref).Post(ctx, result.Post)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Outcome, channel.Handle)
	fmt.Println(post.Text, post.Entities[0].Target)
	// Output:
	// published shop.example.com
	// Fresh bread from 7 o'clock #bakery bakery
}

// Bluesky's own settings go into the post's options.
func ExamplePostOptions() {
	post := &smm.Post{Text: "Only for those we follow"}
	err := bluesky.PostOptions{
		Replies:  bluesky.RepliesFollowing,
		NoQuotes: true,
		Tags:     []string{"announcement"},
	}.Set(post)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", post.Options[bluesky.Platform])
	// Output:
	// {"replies":"following","no_quotes":true,"tags":["announcement"]}
}

// The vendor's own client does what the portable surface lacks.
func ExampleClient() {
	ctx := context.Background()
	server := blueskytest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("shop.example.com")
	if err != nil {
		log.Fatal(err)
	}
	driver, channel, err := bluesky.FromAppPassword(ctx, server.URL(), account.Handle, account.Login["BLUESKY_APP_PASSWORD"])
	if err != nil {
		log.Fatal(err)
	}
	client, err := smm.New([]smm.Driver{driver})
	if err != nil {
		log.Fatal(err)
	}

	vendor, ok := smm.As[*bluesky.Client](ctx, client.Channel(channel.Ref))
	if !ok {
		log.Fatal("no vendor client")
	}
	written, err := vendor.Repo.PutRecord(ctx, bluesky.RecordWrite{
		Collection: "app.bsky.actor.status", Rkey: "self",
		Record: map[string]string{"$type": "app.bsky.actor.status", "status": "app.bsky.actor.status#live", "createdAt": "2026-11-22T09:00:00.000Z"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(written.URI == "at://"+vendor.DID()+"/app.bsky.actor.status/self", written.ValidationStatus)
	// Output:
	// true unknown
}
