package link_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/moderation/link"
	"github.com/smmkit/smmkit/smm"
)

func ExampleNew() {
	f, err := link.New(link.Config{Deny: []string{"spam.example"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := f.Filter(context.Background(), &smm.Message{Text: "Win at https://www.spam.example/now"})
	fmt.Println(v.Action, v.Reasons[0].Code, v.Reasons[0].Pattern, err)
	// Output: hide link.denied spam.example <nil>
}
