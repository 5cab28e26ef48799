package utm_test

import (
	"fmt"

	"github.com/smmkit/smmkit/analytics/utm"
	"github.com/smmkit/smmkit/smm"
)

// The rest of the address keeps every byte.
func ExampleSet() {
	address, _ := utm.Set("https://example.com/a?b=%2F&utm_source=old#top", utm.Tags{Source: "mastodon", Medium: "social"})
	fmt.Println(address)
	// Output: https://example.com/a?b=%2F&utm_source=mastodon&utm_medium=social#top
}

// Every platform gets its own tags, as a variant of the post.
func ExampleBook_Post() {
	book, err := utm.Open(utm.Social())
	if err != nil {
		panic(err)
	}
	post := smm.Post{Text: "New: https://example.com/a", Labels: smm.Labels{Campaign: "Spring Sale", ContentType: "video"}}
	post, changes, err := book.Post(post, utm.Values{PostID: "p17"}, "linkedin", "mastodon")
	if err != nil {
		panic(err)
	}
	fmt.Println(post.For("mastodon").Text)
	fmt.Println("longer by", changes[1].Longer)
	// Output:
	// New: https://example.com/a?utm_source=mastodon&utm_medium=social&utm_campaign=spring-sale&utm_content=video_p17
	// longer by 85
}

func ExampleBook_Lint() {
	book, err := utm.Open(utm.Social())
	if err != nil {
		panic(err)
	}
	for _, f := range book.Lint("https://example.com/?utm_source=X&utm_medium=social&mail=jo%40example.com") {
		fmt.Println(f.Code, f.Path)
	}
	// Output:
	// utm.case utm_source
	// utm.required utm_campaign
	// utm.personal-data mail
}

// A landing address leads back to platform, campaign and post.
func ExampleBook_Origin() {
	book, err := utm.Open(utm.Social())
	if err != nil {
		panic(err)
	}
	o, err := book.Origin("https://example.com/a?utm_source=linkedin&utm_medium=social&utm_campaign=spring-sale&utm_content=video_p17")
	if err != nil {
		panic(err)
	}
	fmt.Println(o.Group, o.Platform, o.Values.Campaign, o.Values.PostID)
	// Output: Organic Social linkedin spring-sale p17
}
