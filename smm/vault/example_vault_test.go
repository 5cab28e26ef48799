package vault_test

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// Credentials are sealed before they reach the store.
func Example() {
	ctx := context.Background()
	key, _ := vault.GenerateKey("2026-11") // once; keep key.Text() where the host keeps its secrets
	keys, _ := vault.ParseKeyRing(key.Text())
	rows := vault.NewMemory() // or db.Credentials() of package sqlitestore
	credentials, err := vault.Open(rows, keys, nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	shop := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "114"}
	version, err := credentials.Swap(ctx, "customer-7", shop, 0, smm.Credential{AccessToken: smm.NewSecret("t0ken"), Server: "https://social.example"})
	fmt.Println("stored:", version > 0, err)
	c, err := credentials.Load(ctx, "customer-7", shop)
	fmt.Println("loaded:", c.AccessToken, c.AccessToken.Reveal(), err)
	_, err = credentials.Load(ctx, "customer-8", shop)
	fmt.Println("another customer:", err)
	// Output:
	// stored: true <nil>
	// loaded: [secret] t0ken <nil>
	// another customer: credential of mastodon@social.example/channel/114: not found
}

// A static token is a credential that nothing renews. Whoever has one account
// and one token needs no vault.
func Example_staticToken() {
	shop := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "114"}
	credentials := smm.StaticToken(shop, "https://social.example", "t0ken")
	c, err := credentials.Load(context.Background(), "", shop)
	fmt.Println(c.AccessToken.Reveal(), c.Server, err)
	// Output: t0ken https://social.example <nil>
}

// To change keys, the new one is added, made the primary one, and everything is
// sealed anew; then the old one may go.
func ExampleStore_Rotate() {
	ctx, rows := context.Background(), vault.NewMemory()
	old, _ := vault.GenerateKey("2026-05")
	anew, _ := vault.GenerateKey("2026-11")
	shop := smm.Ref{Platform: "bluesky", Kind: smm.KindChannel, ID: "did:plc:shop"}

	before, _ := vault.NewKeyRing(old)
	credentials, _ := vault.Open(rows, before, nil)
	_, _ = credentials.Swap(ctx, "", shop, 0, smm.Credential{AccessToken: smm.NewSecret("t0ken")})

	during, _ := vault.NewKeyRing(anew, old)
	credentials, _ = vault.Open(rows, during, nil)
	done, err := credentials.Rotate(ctx)
	fmt.Println("sealed anew:", done.Resealed, "failed:", len(done.Failed), err)

	after, _ := vault.NewKeyRing(anew)
	credentials, _ = vault.Open(rows, after, nil)
	c, err := credentials.Load(ctx, "", shop)
	fmt.Println(c.AccessToken.Reveal(), err)

	credentials, _ = vault.Open(rows, before, nil)
	_, err = credentials.Load(ctx, "", shop)
	fmt.Println(err)
	// Output:
	// sealed anew: 1 failed: 0 <nil>
	// t0ken <nil>
	// credential of bluesky/channel/did:plc:shop: sealed with key "2026-11", which is not at hand: add it to the ring, or connect the account again
}
