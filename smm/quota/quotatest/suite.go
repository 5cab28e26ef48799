package quotatest

import (
	"context"
	"testing"

	"github.com/smmkit/smmkit/smm/quota"
)

// Run runs the suite. open returns an empty store, and is called for each
// check.
func Run(t *testing.T, open func(t *testing.T) quota.Store) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

type check struct {
	name string
	run  func(ctx context.Context, s quota.Store) error
}

func checks() []check {
	return []check{
		{"nothing is no error", checkNothing},
		{"round trip", checkRoundTrip},
		{"versions", checkVersions},
		{"conflicts", checkConflicts},
		{"every field of a key counts", checkKeys},
		{"bytes are copied", checkCopies},
		{"expired", checkExpired},
		{"a cancelled caller", checkCancelled},
		{"race", checkRace},
	}
}
