package mastodon_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleClient uses the vendor's own methods, and reads a list to its end.
func ExampleClient() {
	server := mastodontest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, _ := server.NewAccount("alice")
	ctx := context.Background()
	for _, text := range []string{"first", "second", "third"} {
		if _, err := server.VisitorPosts(ctx, "bob@far.example", "", text+" #news"); err != nil {
			fmt.Println(err)
			return
		}
	}

	client, err := mastodon.NewClient(mastodon.ClientConfig{Server: server.URL(), Token: smm.NewSecret(account.Login["MASTODON_TOKEN"])})
	if err != nil {
		fmt.Println(err)
		return
	}
	list := mastodon.ListParams{Limit: 2}
	for {
		page, err := client.Timelines.Tag(ctx, "news", list)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, s := range page.Items {
			fmt.Println(s.Account.Acct, s.PlainText())
		}
		if page.Next == "" {
			break
		}
		list = mastodon.ListParams{Cursor: page.Next}
	}
	// Output:
	// bob@far.example third #news
	// bob@far.example second #news
	// bob@far.example first #news
}
