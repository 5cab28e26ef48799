package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
	"github.com/smmkit/smmkit/smm/vault"
)

// Credentials lie sealed in the file, and outlive the process.
func ExampleDB_Credentials() {
	dir, _ := os.MkdirTemp("", "smm")
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	key, _ := vault.GenerateKey("2026-11")
	keys, _ := vault.NewKeyRing(key)
	shop := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "114"}

	process := func(work func(*vault.Store) error) {
		db, err := sqlitestore.Open(ctx, filepath.Join(dir, "smm.db"), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		credentials, err := vault.Open(db.Credentials(), keys, nil)
		if err == nil {
			err = work(credentials)
		}
		fmt.Println("done:", err, db.Close())
	}
	process(func(s *vault.Store) error {
		_, err := s.Swap(ctx, "", shop, 0, smm.Credential{AccessToken: smm.NewSecret("t0ken")})
		return err
	})
	process(func(s *vault.Store) error {
		c, err := s.Load(ctx, "", shop)
		fmt.Println(c.AccessToken.Reveal())
		return err
	})
	// Output:
	// done: <nil> <nil>
	// t0ken
	// done: <nil> <nil>
}
