package xtext_test

import (
	"fmt"

	"github.com/smmkit/smmkit/platforms/x/xtext"
)

// Places are in bytes, code points and UTF-16 code units.
func ExampleEntities() {
	text := "🚀 @ann: neu auf shop.example.com #größe $ACME"
	for _, e := range xtext.Entities(text) {
		s := e.Span.Start
		fmt.Println(e.Kind, e.Value, s.Byte, s.Rune, s.UTF16)
	}
	// Output:
	// mention ann 5 2 3
	// url shop.example.com 19 16 17
	// hashtag größe 36 33 34
	// cashtag ACME 45 40 41
}

// X charges more for a post with an address in it.
func ExampleFind() {
	fmt.Println(len(xtext.Find("see example.com", xtext.URL)) > 0)
	// Output: true
}
