package keep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// version is a credential on its way into the store.
type version struct {
	base smm.Credential // with the intent, as stored
	next smm.Credential
}

// saveTries is how often a store that fails is tried at once: for about a second.
const saveTries = 5

// save stores v.next in place of v.base and returns what is stored then: that,
// or what somebody else stored later. After an error v is kept for the next time.
func (k *Keeper) save(ctx context.Context, v *version) (smm.Credential, error) {
	// The time that asking took is not taken from it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*k.cfg.Limit)
	defer cancel()
	k.unsaved = v
	var err error
	wait := 50 * time.Millisecond
	for try := 0; try < saveTries; {
		var c smm.Credential
		c, err = k.saveOnce(ctx, v)
		switch {
		case err == nil, isMissing(err):
			k.unsaved = nil
			return c, err
		case errors.Is(err, errRebased):
			if ctx.Err() == nil {
				continue
			}
		}
		if try++; try == saveTries || !pause(ctx, wait) {
			break
		}
		wait *= 2
	}
	k.cfg.Logger.WarnContext(ctx, "a renewed credential could not be stored, and is kept in memory until it can",
		"account", k.cfg.Account.String(), "error", err)
	return smm.Credential{}, fmt.Errorf("the credential of %s was renewed and could not be stored; it is kept in memory and tried again: %w", k.cfg.Account, err)
}

// errRebased says that the store has a later version with the old tokens.
var errRebased = errors.New("a later version with the old tokens is stored")

func (k *Keeper) saveOnce(ctx context.Context, v *version) (smm.Credential, error) {
	n, err := k.cfg.Store.Swap(ctx, k.cfg.Tenant, k.cfg.Account, v.base.Version, v.next)
	if err == nil {
		v.next.Version = n
		return v.next, nil
	}
	if !errors.Is(err, smm.ErrConflict) {
		return smm.Credential{}, err
	}
	stored, err := k.load(ctx)
	switch {
	case err != nil:
		return smm.Credential{}, err
	case sameTokens(&stored, &v.next): // an earlier try succeeded and did not know it
		return stored, nil
	case stored.AccessToken.Equal(v.base.AccessToken) && stored.RefreshToken.Equal(v.base.RefreshToken):
		v.rebase(stored)
		return smm.Credential{}, errRebased
	}
	return stored, nil // newer than ours
}

// rebase makes v the successor of stored, which has the same tokens as v.base: a
// later intent, or something that the host changed beside them, which stays.
func (v *version) rebase(stored smm.Credential) {
	extra := maps.Clone(stored.Extra)
	for name, value := range v.next.Extra {
		if !value.Equal(v.base.Extra[name]) {
			if extra == nil {
				extra = make(map[string]smm.Secret)
			}
			extra[name] = value
		}
	}
	if v.next.Server == v.base.Server {
		v.next.Server = stored.Server
	}
	v.next.Extra, v.base = extra, stored
}
