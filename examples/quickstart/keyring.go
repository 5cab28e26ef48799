package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// openVault keeps the sessions of simulated accounts sealed in the campaign's
// database: a program that signs in anew at each start soon meets the platform's
// limit of sign-ins.
//
// The key lies in a file beside it, since nothing outside the simulator is worth
// more. For real accounts this program keeps sessions in memory; a host has a
// place for its keys.
func (d *desk) openVault() (smm.CredentialStore, error) {
	keys, err := keyRing(d.file("keys"))
	if err != nil {
		return nil, err
	}
	return vault.Open(d.db.Credentials(), keys, nil)
}

// keyRing reads the key in a file, and makes one if there is none.
func keyRing(path string) (*vault.KeyRing, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		ring, err := vault.ParseKeyRing(smm.NewSecret(strings.TrimSpace(string(b))))
		if err != nil {
			return nil, usagef("%s is damaged: put it back, or remove it together with the database: %v", path, err)
		}
		return ring, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := vault.GenerateKey("campaign")
	if err != nil {
		return nil, err
	}
	if err := writeFile(path, []byte(key.Text().Reveal()+"\n")); err != nil {
		return nil, err
	}
	return vault.NewKeyRing(key)
}
