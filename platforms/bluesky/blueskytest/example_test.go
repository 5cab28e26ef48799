package blueskytest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// A reply that is lost does not double the post.
func ExampleNewServer() {
	ctx := context.Background()
	world := sim.NewWorldAt(sim.NewClock(epoch, true))
	server := blueskytest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("shop.example.com")
	if err != nil {
		log.Fatal(err)
	}
	channel, credential, err := bluesky.SignIn(ctx, server.URL(), account.Handle, account.Login["BLUESKY_APP_PASSWORD"], nil)
	if err != nil {
		log.Fatal(err)
	}
	store := smm.NewMemoryCredentials()
	if _, err := store.Swap(ctx, "", channel.Ref, 0, credential); err != nil {
		log.Fatal(err)
	}
	driver, err := bluesky.New(bluesky.Config{Credentials: store, Clock: world.Clock})
	if err != nil {
		log.Fatal(err)
	}
	client, err := smm.New([]smm.Driver{driver}, smm.WithClock(world.Clock))
	if err != nil {
		log.Fatal(err)
	}

	world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Once only"}, nil)
	fmt.Println(result.Outcome, err)
	fmt.Printf("%+v\n", world.Ledger.Counts(""))
	// Output:
	// published <nil>
	// {Posts:1 Replies:0 Messages:0 Duplicates:0 Removed:0 Visitors:0}
}
