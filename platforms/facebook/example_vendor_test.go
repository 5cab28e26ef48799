package facebook_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// ExampleClient asks for metrics by the vendor's own names, of which one is dead.
func ExampleClient() {
	server := facebooktest.NewServer(sim.NewWorld(), nil)
	defer server.Close()
	account, err := server.NewAccount("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	server.SetInsight(account.Channel.ID, "page_media_view", "120")
	client, err := facebook.NewClient(facebook.ClientConfig{
		Page: facebook.ID(account.Channel.ID), Token: smm.NewSecret(account.Login["FACEBOOK_TOKEN"]), BaseURL: server.URL(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := client.Insights.Of(context.Background(), client.Page(), facebook.InsightParams{
		Metrics: []string{"page_media_view", "page_impressions"}, Period: facebook.PeriodLifetime,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range found.Metrics {
		fmt.Println(m.Name, m.Values[0].Number().Value)
	}
	fmt.Println("refused:", found.Refused)
	// Output:
	// page_media_view 120
	// refused: [page_impressions]
}
