// Package account has what drivers of many accounts do alike: they find the
// credential of a channel, keep a session for each, list the channels that have
// credentials, and look at media.
package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/smmkit/smmkit/smm"
)

// Key is a channel of one tenant: two may hold the same one.
type Key struct {
	Tenant  smm.Tenant
	Channel smm.Ref
}

// KeyOf returns the key of a channel for the tenant of ctx.
func KeyOf(ctx context.Context, channel smm.Ref) Key { return Key{smm.TenantFrom(ctx), channel} }

// Max bounds a Cache; a session costs a few kilobytes.
const Max = 4096

// Cache keeps a driver's sessions. The zero value is empty and ready, and it is
// safe for concurrent use.
type Cache[S any] struct {
	mu       sync.Mutex
	sessions map[Key]*S
}

// Get returns the session of an account, nil if there is none.
func (c *Cache[S]) Get(k Key) *S {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[k]
}

// Put keeps a session in place of the one before. A full cache is emptied first:
// sessions are made again at no cost but an allocation.
func (c *Cache[S]) Put(k Key, s *S) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions == nil || len(c.sessions) >= Max {
		c.sessions = make(map[Key]*S)
	}
	c.sessions[k] = s
}

// Load reads the credential of an account. The error matches smm.ErrUnauthorized
// if none is stored.
func Load(ctx context.Context, store smm.CredentialStore, k Key) (smm.Credential, error) {
	cred, err := store.Load(ctx, k.Tenant, k.Channel)
	switch {
	case errors.Is(err, smm.ErrNotFound):
		return cred, fmt.Errorf("%w: no credential is stored for %s", smm.ErrUnauthorized, k.Channel)
	case err != nil:
		return cred, fmt.Errorf("load the credential of %s: %w", k.Channel, err)
	}
	return cred, nil
}

// List reads the channels of all credentials that ctx's tenant has on a platform,
// sorted by Ref. One that cannot be read does not hide the others; if none can be
// read the errors are returned.
func List(ctx context.Context, store smm.CredentialStore, p smm.Platform, read func(smm.Ref) (smm.Channel, error)) (smm.Page[smm.Channel], error) {
	var out smm.Page[smm.Channel]
	refs, err := store.Accounts(ctx, smm.TenantFrom(ctx), p)
	if err != nil {
		return out, fmt.Errorf("%s: list the stored accounts: %w", p, err)
	}
	slices.SortFunc(refs, func(a, b smm.Ref) int { return cmp.Compare(a.String(), b.String()) })
	var errs []error
	for _, ref := range refs {
		if ref.Kind != smm.KindChannel {
			continue // the registration of an app
		}
		ch, err := read(ref)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out.Items = append(out.Items, ch)
	}
	if len(out.Items) == 0 {
		return out, errors.Join(errs...)
	}
	return out, nil
}
