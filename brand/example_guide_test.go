package brand_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/brand"
	"github.com/smmkit/smmkit/smm"
)

func ExampleLoad() {
	guide, err := brand.Load(strings.NewReader(`{
	  "schema": 1, "name": "Alpenglow Coffee",
	  "vocabulary": {
	    "banned": [{"term": "cheap", "reason": "it sounds low"}],
	    "names": ["Alpenglow"]
	  },
	  "tone": {"max_exclamations": 1}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	channel := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}
	post := &smm.Post{Text: "Cheap coffee at alpenglow!!!"}
	fixed, left, err := guide.Fix(context.Background(), channel, post)
	fmt.Println(fixed.Text, err)
	for _, f := range left {
		fmt.Println(f)
	}
	// Output:
	// Cheap coffee at Alpenglow! <nil>
	// error vocabulary.banned text: do not write "Cheap": it sounds low
}
