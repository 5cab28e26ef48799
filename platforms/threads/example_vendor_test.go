package threads_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleClient uses the vendor's own words: a container is made, looked at and
// published.
func ExampleClient() {
	server := threadstest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := threads.NewClient(threads.ClientConfig{Token: smm.NewSecret(account.Login["THREADS_TOKEN"]), Host: account.Login["THREADS_SERVER"]})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	container, err := client.Containers.Create(ctx, &threads.ContainerParams{Type: threads.MediaText, Text: "Tea or coffee?", Poll: []string{"Tea", "Coffee"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	state, err := client.Containers.Get(ctx, container)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(state.Status)
	id, err := client.Containers.Publish(ctx, container)
	if err != nil {
		fmt.Println(err)
		return
	}
	post, err := client.Posts.Get(ctx, id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(post.Text, post.Poll.OptionA, post.Poll.OptionB)
	limit, err := client.Containers.Limit(ctx)
	fmt.Println(limit.Posts.Used, limit.Posts.Total, err)
	// Output:
	// FINISHED
	// Tea or coffee? Tea Coffee
	// 1 250 <nil>
}
