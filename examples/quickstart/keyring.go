package main

import (
	"errors"

	"github.com/smmkit/smmkit/examples/internal/keyfile"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// openVault keeps the sessions of simulated accounts sealed in the campaign's
// database: a program that signs in anew at each start soon meets the platform's
// limit of sign-ins. For real accounts this program keeps sessions in memory: it
// has no place for a key.
func (d *desk) openVault() (smm.CredentialStore, error) {
	keys, err := keyfile.Open(d.file("keys"))
	if errors.Is(err, smm.ErrInvalid) {
		return nil, usagef("%v", err)
	}
	if err != nil {
		return nil, err
	}
	return vault.Open(d.db.Credentials(), keys, nil)
}
