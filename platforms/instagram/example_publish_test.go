package instagram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Example publishes a picture with a token and nothing else. Instagram fetches the
// picture from a MediaHost: package mediahost has one with addresses that expire.
func Example() {
	world := sim.NewWorldAt(sim.NewClock(time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC), true))
	server := instagramtest.NewServer(world, nil)
	defer server.Close()
	account, err := server.NewAccount("alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	web := httptest.NewServer(http.FileServerFS(assets))
	defer web.Close()

	ctx := context.Background()
	driver, channel, err := instagram.FromToken(ctx, account.Login["INSTAGRAM_TOKEN"], &instagram.Config{
		MediaHost: mediaHost{web.URL + "/", world.Clock}, Clock: world.Clock,
		BaseURL: server.URL(), // not needed on the internet
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := smm.New([]smm.Driver{driver}, smm.WithMediaStore(smm.FSMedia(assets)), smm.WithClock(world.Clock))
	if err != nil {
		fmt.Println(err)
		return
	}
	post := smm.Post{Text: "Hello, Instagram! #hello", Media: []smm.Media{{Name: "red.jpg", AltText: "A red square"}}, FirstComment: "What do you think?"}
	result, err := client.Channel(channel.Ref).Publish(ctx, &post, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Outcome, result.Post.Kind)
	fmt.Println(result.Deliveries[0].Prepared.Guarantee.Class)
	fmt.Printf("%+v\n", world.Ledger.Counts(instagram.Platform))
	// Output:
	// published post
	// handle
	// {Posts:1 Replies:1 Messages:0 Duplicates:0 Removed:0 Visitors:0}
}

// ExamplePostOptions makes a reel that two accounts share.
func ExamplePostOptions() {
	post := smm.Post{Text: "Together", Media: []smm.Media{{Name: "clip.mp4", Thumbnail: "cover.jpg"}}}
	err := instagram.PostOptions{Format: instagram.FormatReel, Collaborators: []string{"bob"}, LocationID: "1234"}.Set(&post)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(post.Options[instagram.Platform]))
	// Output: {"format":"reel","location_id":"1234","collaborators":["bob"]}
}

// ExampleSignWebhook signs what a host's test delivers.
func ExampleSignWebhook() {
	secret := smm.NewSecret("app secret")
	driver, err := instagram.New(instagram.Config{
		Credentials: smm.NewMemoryCredentials(),
		Webhooks:    instagram.Webhooks{VerifyToken: smm.NewSecret("verify"), AppSecrets: []smm.Secret{secret}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	body := []byte(`{"object":"instagram","entry":[{"id":"178","time":1767322800,"changes":[{"field":"comments","value":
		{"id":"C1","text":"Is it red?","from":{"id":"7","username":"bob"},"media":{"id":"M1"}}}]}]}`)
	header := instagram.SignWebhook(secret, body)
	fmt.Println(driver.VerifyWebhook(header, body, time.Now()))
	for event, err := range driver.DecodeWebhook(header, body) {
		fmt.Println(event.Kind, event.Actor.Handle, event.Message.Text, err)
	}
	// Output:
	// <nil>
	// message.received bob Is it red? <nil>
}
