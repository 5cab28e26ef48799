package threads_test

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Example publishes a chain of posts with a token and nothing else.
func Example() {
	world := sim.NewWorldAt(sim.NewClock(time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC), true))
	server := threadstest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("alice")
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	driver, channel, err := threads.FromToken(ctx, account.Login["THREADS_TOKEN"], &threads.Config{
		Host: account.Login["THREADS_SERVER"], Clock: world.Clock, // neither is needed on the internet
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := smm.New([]smm.Driver{driver}, smm.WithClock(world.Clock))
	if err != nil {
		fmt.Println(err)
		return
	}
	post := smm.Post{Text: "Three things we learned.", Thread: []smm.Post{{Text: "First, listen."}, {Text: "Second, listen again."}}}
	if err := (threads.PostOptions{TopicTag: "Small Business", ReplyControl: threads.ReplyFollowers}).Set(&post); err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Channel(channel.Ref).Publish(ctx, &post, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(channel.Handle, result.Outcome)
	for _, i := range world.Ledger.Items() {
		fmt.Println(i.Text, i.Parent != "")
	}
	// Output:
	// alice published
	// Three things we learned. false
	// First, listen. true
	// Second, listen again. true
}

// ExampleDriver_Capabilities shows what a channel may do and what would have to be
// done for more.
func ExampleDriver_Capabilities() {
	server := threadstest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	store := smm.NewMemoryCredentials()
	token := smm.Credential{AccessToken: smm.NewSecret(account.Login["THREADS_TOKEN"]), Scopes: []string{threads.ScopeBasic, threads.ScopePublish}}
	if _, err := store.Swap(ctx, "", account.Channel, 0, token); err != nil {
		fmt.Println(err)
		return
	}
	driver, err := threads.New(threads.Config{Credentials: store, Host: server.URL()})
	if err != nil {
		fmt.Println(err)
		return
	}
	caps, err := driver.Capabilities(ctx, account.Channel)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, x := range []smm.Capability{smm.CapPost, smm.CapImage, smm.CapHide, smm.CapLike} {
		s := caps.Support(x)
		fmt.Printf("%s: %s\n", x, cmp.Or(s.Cure, string(s.State), "never"))
	}
	fmt.Println(caps.Support(smm.CapPost).Guarantee.Class)
	// Output:
	// post: granted
	// post.image: set threads.Config.MediaHost: the vendor fetches media from an address
	// hide: connect the account again and allow threads_manage_replies
	// like: never
	// handle
}
