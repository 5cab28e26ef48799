package policy_test

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/moderation/policy"
)

func ExampleLoad() {
	_, err := policy.Load(strings.NewReader(`{"keywords": {"patterns": [{"patern": "x"}]}, "spam": {"max_hashtags": "five"}}`))
	fmt.Println(err)
	// Output:
	// invalid input: policy: keywords.patterns[0].patern: unknown key
	// invalid input: policy: spam.max_hashtags: want a whole number
}
