package textx_test

import (
	"fmt"

	"github.com/smmkit/smmkit/internal/textx"
)

// A text that is too long for one post becomes the parts of a thread.
func ExampleSplit() {
	text := "We open on Monday. Come and see https://shop.example.com/new for the whole range, or ask @team."
	parts, err := textx.Split(text, textx.SplitOptions{
		Limit:  60,
		Count:  textx.Graphemes,
		Rules:  textx.MastodonRules(),
		Number: func(part, total int) string { return fmt.Sprintf(" (%d/%d)", part, total) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range parts {
		fmt.Println(p)
	}
	// Output:
	// We open on Monday. (1/3)
	// Come and see https://shop.example.com/new for the (2/3)
	// whole range, or ask @team. (3/3)
}
