package keep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Config says whose credential is kept, and how it is renewed.
type Config struct {
	Store   smm.CredentialStore // required; its leases are used if it is an smm.CredentialLocker
	Tenant  smm.Tenant
	Account smm.Ref
	Clock   smm.Clock // default smm.SystemClock

	// Renew asks the platform for the successor of c; what it leaves out is taken
	// from c, as by smm.Credential.Renewed. nil: credentials of this kind are never
	// renewed, and the store is only read again.
	//
	// An error that matches smm.ErrUnauthorized is a definite refusal: the token
	// that renews is over. An *smm.Error with smm.OutcomeNotSent or
	// smm.OutcomeRefused, or an error that matches smm.ErrRateLimited,
	// ErrForbidden, ErrRejected, ErrInvalid, ErrUnsupported or ErrNotFound, says
	// that nothing was renewed. Every other error means that nobody knows.
	Renew func(ctx context.Context, c smm.Credential) (smm.Credential, error)
	// Grace: the platform answers a refresh token that comes a second time,
	// because the reply was lost, with tokens that work.
	Grace bool
	// Reread is how long the credential at hand is used without asking the store;
	// default one minute.
	Reread time.Duration
	// Limit is the most that one call of Renew takes; default 15 s. Storing what it
	// gave may take twice as long, and a lease lasts three times as long: after that
	// other processes take this one for dead. It must be the same for all of them.
	Limit time.Duration
	// Logger is told when a new version could not be stored. nil: nobody.
	Logger *slog.Logger
}

// Keeper keeps the credential of one account. It is safe for concurrent use.
type Keeper struct {
	cfg  Config
	seed uint64

	mu     sync.Mutex
	cred   smm.Credential // as stored
	read   time.Time      // when it was, zero if there is none
	flight *flight        // what is being done about it

	// Of the flight alone.
	unsaved *version  // what the platform gave and the store did not take
	dead    *verdict  // what the platform refused for good
	rest    time.Time // no early renewal before
}

// flight is one visit to the store or the platform, for all who wait for it.
type flight struct {
	done chan struct{}
	cred smm.Credential
	err  error
}

const (
	// earlyWait is how long a caller waits for a renewal that it does not need yet.
	earlyWait = 10 * time.Second
	// deadLife is how long a refusal is believed without asking again.
	deadLife = 10 * time.Minute
)

// New makes a Keeper.
func New(c Config) (*Keeper, error) {
	if c.Store == nil {
		return nil, fmt.Errorf("%w: keep: a keeper needs a store", smm.ErrInvalid)
	}
	if err := c.Account.Check(); err != nil {
		return nil, fmt.Errorf("keep: %w", err)
	}
	if c.Reread < 0 || c.Limit < 0 {
		return nil, fmt.Errorf("%w: keep: negative duration", smm.ErrInvalid)
	}
	if c.Clock == nil {
		c.Clock = smm.SystemClock()
	}
	if c.Reread == 0 {
		c.Reread = time.Minute
	}
	if c.Limit == 0 {
		c.Limit = 15 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Keeper{cfg: c, seed: rand.Uint64()}, nil //nolint:gosec // to renew at different times is all
}

// Credential returns what can be used now. It renews what is over, and what is
// past a share of its life that is drawn at random between 50 and 80 %, so that
// processes do not do it all at once; the latter never makes it fail while the
// old one works. Concurrent calls share what they wait for.
//
// An error matches smm.ErrUnauthorized if a person must connect the account
// again, smm.ErrUnavailable if the platform could not be asked or it is not known
// what became of an earlier renewal, and otherwise is the store's.
func (k *Keeper) Credential(ctx context.Context) (smm.Credential, error) {
	if err := ctx.Err(); err != nil {
		return smm.Credential{}, err
	}
	k.mu.Lock()
	old, now := k.cred, k.cfg.Clock.Now()
	works := k.fresh(now) && usable(&old, now)
	if works && (k.flight != nil || !k.due(&old, now)) {
		k.mu.Unlock()
		return clone(old), nil
	}
	f, _ := k.join(ctx, nil)
	k.mu.Unlock()

	var impatient <-chan time.Time
	if works {
		t := time.NewTimer(earlyWait)
		defer t.Stop()
		impatient = t.C
	}
	select {
	case <-f.done:
		return clone(f.cred), f.err
	case <-impatient:
		return clone(old), nil
	case <-ctx.Done():
		return smm.Credential{}, ctx.Err()
	}
}

// Refused tells that the platform refused used, which came from Credential, and
// reports whether there is another one now, which Credential returns. (false,
// nil) means that there is none and nothing to be done about it here: the
// platform's own answer says all. Errors are those of Credential; in particular
// one that matches smm.ErrUnavailable says that the refusal is no reason to
// connect the account again.
func (k *Keeper) Refused(ctx context.Context, used smm.Credential) (again bool, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		k.mu.Lock()
		if now := k.cfg.Clock.Now(); k.fresh(now) && !same(&k.cred, &used) && usable(&k.cred, now) {
			k.mu.Unlock()
			return true, nil
		}
		f, mine := k.join(ctx, &used)
		k.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		switch {
		case f.err != nil:
			return false, f.err
		case !same(&f.cred, &used):
			return true, nil
		case mine:
			return false, nil
		}
	}
}

// fresh reports whether what is at hand may be used without asking the store.
func (k *Keeper) fresh(now time.Time) bool {
	return !k.read.IsZero() && now.Sub(k.read) < k.cfg.Reread
}

// join returns the flight under way or begins one. It must be called with mu held.
func (k *Keeper) join(ctx context.Context, refused *smm.Credential) (f *flight, mine bool) {
	if k.flight != nil {
		return k.flight, false
	}
	f = &flight{done: make(chan struct{})}
	k.flight = f
	go k.fly(context.WithoutCancel(ctx), f, refused)
	return f, true
}

func (k *Keeper) fly(ctx context.Context, f *flight, refused *smm.Credential) {
	ctx, cancel := context.WithTimeout(ctx, 8*k.cfg.Limit)
	defer cancel()
	begun := k.cfg.Clock.Now()
	f.cred, f.err = k.obtain(ctx, refused)
	if errors.Is(f.err, context.DeadlineExceeded) && !errors.Is(f.err, smm.ErrUnavailable) {
		f.err = fmt.Errorf("%w: %w", smm.ErrUnavailable, f.err) // the end was the flight's, and no caller's
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch k.flight = nil; {
	case f.err == nil:
		k.cred, k.read = f.cred, begun
	case isMissing(f.err):
		k.cred, k.read = smm.Credential{}, time.Time{}
	}
	close(f.done)
}

func clone(c smm.Credential) smm.Credential {
	c.Scopes, c.Extra = slices.Clone(c.Scopes), maps.Clone(c.Extra)
	return c
}
