package spam_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/moderation/spam"
	"github.com/smmkit/smmkit/smm"
)

func ExampleNew() {
	f, err := spam.New(spam.Config{MaxHashtags: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := f.Filter(context.Background(), &smm.Message{Text: "#win #free #now #cash #deal #gift"})
	fmt.Println(v.Action, v.Reasons[0].Code, v.Reasons[0].Detail, err)
	// Output: hold spam.hashtags 6, at most 5 <nil>
}
