package xtest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm/sim"
)

// A reply that is lost leaves the caller in doubt, and the duplicate check of the
// vendor does not say which post is in the way. What the public saw tells whether
// the program under test did the right thing.
func ExampleNewServer() {
	world := sim.NewWorldAt(sim.NewClock(epoch, true))
	server := xtest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	post := func(text string) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL()+"/2/tweets", strings.NewReader(`{"text":"`+text+`"}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+account.Login["X_ACCESS_TOKEN"])
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			fmt.Println("no answer")
			return
		}
		_ = resp.Body.Close()
		fmt.Println(resp.Status)
	}

	world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	post("Open until eight")
	post("Open until eight")
	for _, p := range server.Public("shop") {
		fmt.Println(p.Text)
	}
	fmt.Printf("%+v\n", world.Ledger.Counts(""))
	fmt.Printf("%d millionths of a dollar\n", server.Spent())
	// Output:
	// no answer
	// 403 Forbidden
	// Open until eight
	// {Posts:1 Replies:0 Messages:0 Duplicates:0 Removed:0 Visitors:0}
	// 15000 millionths of a dollar
}
