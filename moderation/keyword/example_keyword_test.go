package keyword_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/moderation"
	"github.com/smmkit/smmkit/moderation/keyword"
	"github.com/smmkit/smmkit/smm"
)

func ExampleNew() {
	f, err := keyword.New(keyword.Config{
		Patterns: []keyword.Pattern{
			{Pattern: "idiot*", Action: moderation.ActionHide, Category: "abuse"},
			{Pattern: "free money", Action: moderation.ActionDelete, Category: "spam"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := &smm.Message{Text: "You 1d10t, get free-money here"}
	v, err := f.Filter(context.Background(), m)
	fmt.Println(v.Action, err)
	for _, r := range v.Reasons {
		fmt.Println(r.Code, r.Category, m.Text[r.Span.Start:r.Span.End])
	}
	// Output:
	// delete <nil>
	// keyword.disguised abuse 1d10t
	// keyword.match spam free-money
}
