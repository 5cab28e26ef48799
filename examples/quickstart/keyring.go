package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// keyring keeps the sessions of simulated accounts in a file: a program that
// signs in anew at each start soon meets the platform's limit of sign-ins.
//
// The tokens in the file are readable, and worth nothing outside the simulator.
// For real accounts this program keeps sessions in memory; a host brings a
// store that seals them.
type keyring struct {
	smm.CredentialStore // in memory

	path string
	mu   sync.Mutex
	kept map[smm.Ref]session
}

// session is a credential in readable form: an smm.Secret prints and marshals as
// a mask, and Reveal is the one way to its value.
type session struct {
	Server   string            `json:"server"`
	Access   string            `json:"access"`
	Refresh  string            `json:"refresh"`
	Extra    map[string]string `json:"extra"`
	Expires  time.Time         `json:"expires,omitzero"`
	Obtained time.Time         `json:"obtained,omitzero"`
}

func openKeyring(ctx context.Context, path string) (*keyring, error) {
	k := &keyring{CredentialStore: smm.NewMemoryCredentials(), path: path, kept: make(map[smm.Ref]session)}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &k.kept); err != nil {
		return nil, usagef("%s is damaged: remove it to sign in anew: %v", path, err)
	}
	for ref, s := range k.kept {
		if _, err := k.CredentialStore.Swap(ctx, "", ref, 0, s.credential()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return k, nil
}

// Swap implements smm.CredentialStore. A new token is on disk before it is
// used: one that was renewed and then forgotten would lock the account out.
func (k *keyring) Swap(ctx context.Context, t smm.Tenant, account smm.Ref, old int64, c smm.Credential) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	version, err := k.CredentialStore.Swap(ctx, t, account, old, c)
	if err != nil {
		return 0, err
	}
	k.kept[account] = readable(c)
	b, err := json.Marshal(k.kept)
	if err != nil {
		return 0, err
	}
	return version, writeFile(k.path, b)
}

func readable(c smm.Credential) session {
	s := session{
		Server: c.Server, Access: c.AccessToken.Reveal(), Refresh: c.RefreshToken.Reveal(),
		Extra: make(map[string]string), Expires: c.Expires, Obtained: c.Obtained,
	}
	for name, secret := range c.Extra {
		s.Extra[name] = secret.Reveal()
	}
	return s
}

func (s session) credential() smm.Credential {
	c := smm.Credential{
		Server: s.Server, AccessToken: smm.NewSecret(s.Access), RefreshToken: smm.NewSecret(s.Refresh),
		Extra: make(map[string]smm.Secret), Expires: s.Expires, Obtained: s.Obtained,
	}
	for name, value := range s.Extra {
		c.Extra[name] = smm.NewSecret(value)
	}
	return c
}
