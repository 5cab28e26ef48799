package keep

import (
	"maps"
	"math/rand/v2"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// need is how badly a credential must be replaced.
type need int

const (
	needNothing need = iota
	needEarly        // it works, and should be replaced
	needNow          // it is over or refused
)

// needs judges what is stored.
func (k *Keeper) needs(c, refused *smm.Credential) need {
	now := k.cfg.Clock.Now()
	switch {
	case k.cfg.Renew == nil:
		return needNothing
	case !usable(c, now), refused != nil && same(c, refused):
		return needNow
	case k.due(c, now):
		return needEarly
	}
	return needNothing
}

// usable reports whether the access token can be sent at now. A margin of a
// twentieth of its life, and at most ten seconds, is for clocks that differ and
// for the way.
func usable(c *smm.Credential, now time.Time) bool {
	margin := 10 * time.Second
	if life, ok := lifeOf(c); ok {
		margin = min(margin, life/20)
	}
	return !c.AccessToken.IsZero() && !c.Expired(now, margin)
}

// due reports whether it is time to renew what still works. Each process draws
// another share of each version's life.
func (k *Keeper) due(c *smm.Credential, now time.Time) bool {
	if k.cfg.Renew == nil {
		return false
	}
	if k.cfg.Grace && !c.Refreshing.IsZero() && k.age(c, now) > k.cfg.Limit {
		return true // somebody's reply was lost, and the grace runs out
	}
	life, ok := lifeOf(c)
	if !ok {
		return false
	}
	share := 0.5 + 0.3*rand.New(rand.NewPCG(k.seed, uint64(c.Obtained.UnixNano()))).Float64() //nolint:gosec // no secret
	return !now.Before(c.Obtained.Add(time.Duration(share * float64(life))))
}

// age is how old the intent is, by whichever clock is ahead.
func (k *Keeper) age(c *smm.Credential, now time.Time) time.Duration {
	return now.Sub(c.Refreshing).Abs()
}

// lifeOf is how long the access token lives from its beginning to its end, if
// both are known.
func lifeOf(c *smm.Credential) (time.Duration, bool) {
	if c.Expires.IsZero() || c.Obtained.IsZero() || !c.Obtained.Before(c.Expires) {
		return 0, false
	}
	return c.Expires.Sub(c.Obtained), true
}

// same reports whether the platform sees the same in a request with a as with b.
func same(a, b *smm.Credential) bool {
	return a.AccessToken.Equal(b.AccessToken) && maps.Equal(a.Extra, b.Extra)
}

// sameTokens reports whether b differs from a at most by an intent.
func sameTokens(a, b *smm.Credential) bool {
	return same(a, b) && a.RefreshToken.Equal(b.RefreshToken)
}

// restAfter is how long an early renewal that failed is not tried again: long
// for what lives long, and so that some more tries fit.
func restAfter(c *smm.Credential, now time.Time) time.Duration {
	if c.Expires.IsZero() {
		return time.Minute
	}
	return min(max(c.Expires.Sub(now)/8, 0), time.Minute)
}
