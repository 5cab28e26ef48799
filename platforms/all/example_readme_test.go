package all_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func Example() {
	ctx := context.Background()
	world := sim.NewWorld() // simulators here; real servers need only other addresses and logins
	toots, skies := mastodontest.NewServer(world, nil), blueskytest.NewServer(world, nil)
	defer toots.Close()
	defer skies.Close()
	m, _ := toots.NewAccount("shop")
	b, _ := skies.NewAccount("shop.test")

	mast, onMastodon, err := mastodon.FromToken(ctx, toots.URL(), m.Login["MASTODON_TOKEN"], nil)
	if err != nil {
		panic(err)
	}
	sky, onBluesky, err := bluesky.FromAppPassword(ctx, skies.URL(), "shop.test", b.Login["BLUESKY_APP_PASSWORD"])
	if err != nil {
		panic(err)
	}
	client, err := smm.New([]smm.Driver{mast, sky})
	if err != nil {
		panic(err)
	}
	post := &smm.Post{Text: "We open at nine. #coffee", Languages: []string{"en"}}
	results, err := client.Publish(ctx, post, []smm.Ref{onMastodon.Ref, onBluesky.Ref}, nil)
	if err != nil {
		panic(err)
	}
	for _, r := range results {
		fmt.Println(r.Channel.Platform, r.Outcome, r.Err)
	}
	fmt.Println("public:", world.Ledger.Counts("").Posts)
	// Output:
	// mastodon published <nil>
	// bluesky published <nil>
	// public: 2
}
