package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// keyRing reads the keys that credentials are sealed with, and makes the first
// one. They lie beside the database only because this is an example: whoever
// gets both can read everything. A product keeps them where it keeps its other
// secrets, or behind a vault.KMS.
func keyRing(path string) (*vault.KeyRing, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return vault.ParseKeyRing(smm.NewSecret(strings.TrimSpace(string(b))))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := vault.GenerateKey(time.Now().UTC().Format("2006-01-02"))
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, []byte(key.Text().Reveal()+"\n"), 0o600); err != nil {
		return nil, err
	}
	return vault.NewKeyRing(key)
}
