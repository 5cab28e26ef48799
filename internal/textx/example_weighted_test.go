package textx_test

import (
	"fmt"

	"github.com/smmkit/smmkit/internal/textx"
)

// X counts ideographs and emoji twice and every URL as 23.
func ExampleWeighted() {
	r := textx.Weighted("新商品 🚀 https://shop.example.com/products/new", textx.TwitterConfig())
	fmt.Println(r.Length, r.Valid)
	// Output: 33 true
}
