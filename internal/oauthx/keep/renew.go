package keep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// verdict is a definite refusal.
type verdict struct {
	of  smm.Credential
	at  time.Time
	err error
}

// obtain returns what can be used, as stored, or why there is nothing.
func (k *Keeper) obtain(ctx context.Context, refused *smm.Credential) (smm.Credential, error) {
	var unsaved error
	if v := k.unsaved; v != nil {
		var c smm.Credential
		if c, unsaved = k.save(ctx, v); unsaved == nil {
			return c, nil
		}
	}
	c, err := k.load(ctx)
	if err != nil {
		return smm.Credential{}, err
	}
	if k.cfg.Renew == nil && c.AccessToken.IsZero() {
		return smm.Credential{}, fmt.Errorf("%w: the credential of %s has no access token", smm.ErrUnauthorized, k.cfg.Account)
	}
	urgency, now := k.needs(&c, refused), k.cfg.Clock.Now()
	switch {
	case urgency == needNothing, urgency == needEarly && (unsaved != nil || now.Before(k.rest)):
		return c, nil //nolint:nilerr // what is stored works, and what could not be is tried again
	case unsaved != nil:
		return smm.Credential{}, unsaved
	}
	next, err := k.renew(ctx, refused, urgency)
	if err != nil && urgency == needEarly && !isMissing(err) {
		k.rest = now.Add(restAfter(&c, now))
		if usable(&c, k.cfg.Clock.Now()) {
			return c, nil
		}
	}
	return next, err
}

func (k *Keeper) load(ctx context.Context) (smm.Credential, error) {
	c, err := k.cfg.Store.Load(ctx, k.cfg.Tenant, k.cfg.Account)
	switch {
	case errors.Is(err, smm.ErrNotFound):
		return smm.Credential{}, fmt.Errorf("%w: %w for %s", smm.ErrUnauthorized, errMissing, k.cfg.Account)
	case err != nil:
		return smm.Credential{}, fmt.Errorf("load the credential of %s: %w", k.cfg.Account, err)
	}
	return c, nil
}

// renew takes the lease and replaces the credential, unless somebody else did.
func (k *Keeper) renew(ctx context.Context, refused *smm.Credential, urgency need) (smm.Credential, error) {
	unlock, locked, err := k.lease(ctx, urgency)
	if err != nil {
		return smm.Credential{}, err
	}
	defer unlock()
	// What is sent under the lease is over before the lease is.
	sending, cancel := context.WithTimeout(ctx, k.cfg.Limit*5/2)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		c, err := k.load(ctx)
		if err != nil {
			return smm.Credential{}, err
		}
		urgency = k.needs(&c, refused)
		if urgency == needNothing {
			return c, nil
		}
		if v := k.dead; v != nil && sameTokens(&v.of, &c) && k.cfg.Clock.Now().Sub(v.at) < deadLife {
			return smm.Credential{}, v.err
		}
		next, err := k.attempt(ctx, sending, c, urgency, locked)
		switch {
		case errors.Is(err, errBusy) && !locked: // whoever set the intent is at work
			if !pause(ctx, wait) {
				return smm.Credential{}, k.inDoubt(c.Refreshing, nil)
			}
		case errors.Is(err, smm.ErrConflict):
			if ctx.Err() != nil {
				return smm.Credential{}, fmt.Errorf("%w: the stored credential of %s keeps changing", smm.ErrUnavailable, k.cfg.Account)
			}
		default:
			return next, err
		}
	}
}

// errBusy says that another process may be asking right now.
var errBusy = errors.New("another process renews the credential")

// leaseLife is longer than all that is sent under a lease, and as long as all
// that follows an intent: when one is older, its process can be taken for dead.
func (k *Keeper) leaseLife() time.Duration { return 3 * k.cfg.Limit }

func (k *Keeper) lease(ctx context.Context, urgency need) (unlock func(), locked bool, err error) {
	l, ok := k.cfg.Store.(smm.CredentialLocker)
	if !ok {
		return func() {}, false, nil
	}
	patience := k.leaseLife() + k.cfg.Limit
	if urgency == needEarly {
		patience = min(patience, earlyWait/2)
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unlock, err = l.LockCredential(waiting, k.cfg.Tenant, k.cfg.Account, k.leaseLife())
	switch {
	case err != nil && waiting.Err() != nil:
		return nil, false, fmt.Errorf("%w: %w of %s and does not finish", smm.ErrUnavailable, errBusy, k.cfg.Account)
	case err != nil:
		return nil, false, fmt.Errorf("lock the credential of %s: %w", k.cfg.Account, err)
	}
	return unlock, true, nil
}

// attempt stores the intent on c, asks, and stores what comes. ErrConflict means
// that somebody else changed the credential: look again.
func (k *Keeper) attempt(ctx, sending context.Context, c smm.Credential, urgency need, locked bool) (smm.Credential, error) {
	doubt := !c.Refreshing.IsZero()
	if doubt {
		young := k.age(&c, k.cfg.Clock.Now()) < k.leaseLife()
		switch {
		case urgency == needEarly && !(k.cfg.Grace && (locked || !young)):
			return smm.Credential{}, k.inDoubt(c.Refreshing, nil)
		case young && !locked:
			return smm.Credential{}, errBusy
		case young && !k.cfg.Grace:
			return smm.Credential{}, k.inDoubt(c.Refreshing, nil)
		}
	}
	// From here on everything has an end before others take this process for dead:
	// one Limit for the intent and the request, and two for the save.
	asking, cancel := context.WithTimeout(sending, k.cfg.Limit)
	defer cancel()
	before := c.Refreshing
	c.Refreshing = k.cfg.Clock.Now()
	begun := c.Refreshing
	if doubt {
		begun = before
	}
	v, err := k.cfg.Store.Swap(asking, k.cfg.Tenant, k.cfg.Account, c.Version, c)
	if err != nil {
		return smm.Credential{}, fmt.Errorf("store the intent to renew the credential of %s: %w", k.cfg.Account, err)
	}
	c.Version = v

	next, err := k.ask(asking, &c)
	if k.cfg.Grace && fateOf(err) == fateUnknown {
		doubt, before = true, c.Refreshing
		again, cancel := context.WithTimeout(sending, k.cfg.Limit)
		defer cancel()
		next, err = k.ask(again, &c)
	}
	switch fateOf(err) {
	case fateRenewed:
		return k.save(ctx, &version{base: c, next: next})
	case fateRefused:
		return k.refusedForGood(ctx, &c, doubt, begun, err)
	case fateUntaken:
		k.withdraw(ctx, c, before)
		return smm.Credential{}, fmt.Errorf("renew the credential of %s: %w", k.cfg.Account, err)
	default:
		return smm.Credential{}, k.inDoubt(begun, err)
	}
}

// ask makes one request and completes its answer.
func (k *Keeper) ask(ctx context.Context, c *smm.Credential) (smm.Credential, error) {
	if err := ctx.Err(); err != nil {
		return smm.Credential{}, &smm.Error{Op: "renew", Platform: k.cfg.Account.Platform, Outcome: smm.OutcomeNotSent, Err: smm.ErrUnavailable}
	}
	got, err := k.cfg.Renew(ctx, clone(*c))
	if err != nil {
		return smm.Credential{}, err
	}
	if got.AccessToken.IsZero() {
		return smm.Credential{}, fmt.Errorf("%w: the platform answered without an access token", smm.ErrUnavailable)
	}
	next := c.Renewed(got)
	if next.Scopes == nil {
		next.Scopes = c.Scopes // RFC 6749, section 5.1: as before if left out
	}
	if next.Obtained.IsZero() || next.Obtained.Equal(c.Obtained) {
		next.Obtained = k.cfg.Clock.Now()
	}
	return next, nil
}

// refusedForGood looks once more at the store before it believes that the
// account is over.
func (k *Keeper) refusedForGood(ctx context.Context, c *smm.Credential, doubt bool, begun time.Time, why error) (smm.Credential, error) {
	stored, err := k.load(ctx)
	switch {
	case err != nil:
		return smm.Credential{}, err
	case !sameTokens(&stored, c):
		return smm.Credential{}, smm.ErrConflict
	}
	if doubt {
		why = fmt.Errorf("a refresh of the credential of %s was begun at %s, its answer was lost, and what it replaced is refused now: %w",
			k.cfg.Account, begun.UTC().Format(time.RFC3339), why)
	} else {
		k.withdraw(ctx, stored, time.Time{})
		why = fmt.Errorf("renew the credential of %s: %w", k.cfg.Account, why)
	}
	k.dead = &verdict{of: *c, at: k.cfg.Clock.Now(), err: why}
	return smm.Credential{}, why
}

// withdraw takes an intent back of which nothing came, so that the doubt is as
// it was before. If that fails, the next time costs a delay.
func (k *Keeper) withdraw(ctx context.Context, c smm.Credential, before time.Time) {
	c.Refreshing = before
	_, _ = k.cfg.Store.Swap(ctx, k.cfg.Tenant, k.cfg.Account, c.Version, c)
}

// pause waits, and reports whether ctx goes on. It keeps the machine's time:
// what is waited for is another process.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
