// Package keyfile keeps the keys that credentials are sealed with in a file, for
// examples. It lies beside the database there: whoever gets both can read
// everything. A product keeps its keys where it keeps its other secrets, or
// behind a vault.KMS.
package keyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// Open reads the ring in the file at path, and makes one with a first key if
// there is no file. A file that holds no ring gives an error that matches
// smm.ErrInvalid and says what to do.
func Open(path string) (*vault.KeyRing, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		ring, err := vault.ParseKeyRing(smm.NewSecret(strings.TrimSpace(string(b))))
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: put it back, or remove it and connect all accounts again: %w", path, err)
		}
		return ring, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := vault.GenerateKey("first")
	if err != nil {
		return nil, err
	}
	if err := write(path, key.Text().Reveal()+"\n"); err != nil {
		return nil, err
	}
	return vault.NewKeyRing(key)
}

// write makes a file whole or not at all: half a key opens nothing.
func write(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-") // readable by its owner alone
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says more
	}
	return err
}
