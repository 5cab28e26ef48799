package xtext_test

import (
	"fmt"

	"github.com/smmkit/smmkit/platforms/x/xtext"
)

// Ideographs and emoji count two, every address 23.
func ExampleLength() {
	c := xtext.Length("新商品 🚀 https://shop.example.com/products/new")
	fmt.Println(c.Length, c.Remaining(), c.Valid)
	// Output: 33 247 true
}

// What does not fit begins where Fits ends, in the unit of whoever marks it.
func ExampleLengthMax() {
	text := "Grüße 🚀 aus Köln"
	c := xtext.LengthMax(text, 11)
	fmt.Printf("%q fits, %q does not\n", text[:c.Fits.Byte], text[c.Fits.Byte:])
	fmt.Println(c.Fits.Byte, c.Fits.Rune, c.Fits.UTF16)
	// Output:
	// "Grüße 🚀 au" fits, "s Köln" does not
	// 15 10 11
}

// A text is shortened to what X takes, with its address whole or gone.
func ExampleTruncate() {
	fmt.Println(xtext.Truncate("Read more about it at https://example.com/news", 40, "…"))
	// Output: Read more about it at…
}
