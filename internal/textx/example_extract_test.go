package textx_test

import (
	"fmt"

	"github.com/smmkit/smmkit/internal/textx"
)

// Bluesky wants byte offsets of mentions, links and tags with each post.
func ExampleExtract() {
	text := "Grüße von @shop.example.com: neu auf example.com #neu"
	for _, e := range textx.Extract(text, textx.BlueskyRules()) {
		fmt.Println(e.Kind, e.Start, e.End, e.Value)
	}
	// Output:
	// mention 12 29 shop.example.com
	// url 39 50 example.com
	// hashtag 51 55 neu
}
