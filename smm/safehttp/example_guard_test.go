package safehttp_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm/safehttp"
)

// A link card for an address that a user typed. What is refused is refused
// before any packet leaves.
func Example() {
	g, err := safehttp.New(safehttp.Options{UserAgent: "example-bot/1.0", MaxBytes: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, address := range []string{
		"http://example.com/",
		"https://0x7f.0.0.1/admin?token=secret",
		"https://169.254.169.254/latest/meta-data/",
		"https://user:password@example.com/",
	} {
		_, err := g.Fetch(context.Background(), address)
		fmt.Println(errors.Is(err, safehttp.ErrBlocked), err)
	}
	// Output:
	// true safehttp: refused http://example.com (scheme): use https
	// true safehttp: refused https://0x7f.0.0.1 (host): write IPv4 addresses in dotted decimal
	// true safehttp: refused https://169.254.169.254 at 169.254.169.254 (address): cloud metadata
	// true safehttp: refused https://example.com (userinfo): remove the user name and password
}

func ExampleCheckURL() {
	err := safehttp.CheckURL("https://[::ffff:10.0.0.1]/hook")
	if be, ok := errors.AsType[*safehttp.BlockedError](err); ok {
		fmt.Println(be.Reason, "-", be.Detail)
	}
	fmt.Println(safehttp.CheckURL("https://hooks.example.com/T0/B0"))
	// Output:
	// host - write IPv4 addresses in dotted decimal
	// <nil>
}
